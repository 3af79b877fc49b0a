"""Walks: pages of commands with all that they print, run again and compared.

A page beside this module is a walk. ``country.md`` is walked once in every run of the
tests, which share what it leaves behind; the others are walked by the long tests.
``python -m tests.walks`` writes them anew.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
COUNTRY: Final = Path(__file__).with_name("country.md")
AUDITOR: Final = Path(__file__).with_name("auditor.md")
PILOT: Final = Path(__file__).with_name("pilot.md")
PILOT_DATA: Final = ROOT.parent / "shared" / "data" / "pilot"
"""The pilot data set lies beside the project, never in it."""

HASH: Final = r"\b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{12,64}\b"
NUMBER: Final = r"\d[\d.,\u202f]*"


@dataclass(frozen=True, slots=True)
class Example:
    """One command of a page and what stands under it."""

    command: str
    output: str
    place: tuple[int, int]
    """First and last line of the output in the page, counted from 0, the last not included."""

    @property
    def is_tarazy(self) -> bool:
        return self.command.startswith("tarazy ")

    @property
    def is_request(self) -> bool:
        return self.command.startswith("curl ")


def examples(page: Path) -> list[Example]:
    """Return the commands of all console blocks of a page, in order."""
    lines = page.read_text("utf-8").splitlines()
    shown, inside, at = [], False, 0
    while at < len(lines):
        line = lines[at]
        if line.startswith("```"):
            inside = line == "```console"
        elif inside and line.startswith("$ "):
            command = line[2:]
            while command.count("'") % 2:  # a quoted text goes on over lines
                at += 1
                command += "\n" + lines[at]
            start = end = at + 1
            while not lines[end].startswith(("$ ", "```")):
                end += 1
            shown.append(Example(command, "\n".join(lines[start:end]).strip("\n"), (start, end)))
            at = end - 1
        at += 1
    return shown


def run(
    command: str,
    folder: Path,
    home: str = "var",
    environment: Mapping[str, str] = os.environ,
) -> str:
    """Run one `tarazy` command in a folder; return what it printed to standard output.

    Exit codes 0 and 1 (the input or a gate says no) are answers; any other is a failure.
    """
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from serving.commands import main; main()",
            *shlex.split(command)[1:],
        ],
        cwd=folder,
        env={**environment, "TARAZY_HOME": home, "PYTHONPATH": str(ROOT), "COLUMNS": "100"},
        capture_output=True,
        text=True,
        timeout=1_200,
    )
    if done.returncode not in (0, 1) or (done.returncode and not done.stdout.strip()):
        raise AssertionError(f"$ {command}\n{done.stdout}{done.stderr}")
    return "\n".join(line.rstrip() for line in done.stdout.strip("\n").splitlines())


def walk(page: Path, folder: Path, home: str = "var", tell: Callable[[str], Any] = str) -> None:
    """Run every command of a page in a folder and write what they print into the page.

    What was printed is kept in the folder as well: a walk that was stopped goes on from there.
    """
    kept = folder / f"{page.stem}.json"
    outputs: dict[str, str] = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
    for example in examples(page):
        if example.command not in outputs:
            tell(f"$ {example.command}")
            outputs[example.command] = run(example.command, folder, home)
            kept.write_text(json.dumps(outputs, ensure_ascii=False, indent=1), "utf-8")
    lines = page.read_text("utf-8").splitlines()
    for example in reversed(examples(page)):
        start, end = example.place
        after = [""] if lines[end].startswith("$") else []
        lines[start:end] = [*outputs[example.command].splitlines(), *after]
    page.write_text("\n".join(lines) + "\n", "utf-8")


def masked(output: str) -> str:
    """Return an output with every number and hash as # and every run of blanks as one.

    Numbers may differ in their last digits on another kind of processor.
    """
    return re.sub(r"\s+", " ", re.sub(f"{HASH}|{NUMBER}", "#", output)).strip()
