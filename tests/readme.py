"""The README under test: its commands are run, its outputs are what they print, its map is true.

``python -m tests.readme`` runs every command of the README in an empty folder and writes
what they print, and the map of the tree, back into it. The tests run the same commands
(their country, model and decisions are the ones that the other tests share) and compare.
"""

import ast
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
_MAP = re.compile(r"(<!-- map -->\n```text\n)(.*?)(```\n<!-- end of map -->)", re.DOTALL)
_SHOWN = ("features", "models", "training", "serving", "tarazy", "tests")
_BY_NAME = {
    ".gitignore": "what is made and never kept",
    "serving/letters/fonts/OFL.txt": "the licence of the typefaces: SIL Open Font License 1.1",
    "serving/letters/letter.typ": "a letter as typst sets it: tagged, with title and language",
    "tests/law/README.md": "how a lawyer adds a case without Python",
    ".ci/run": "what must be green before anything lands: calls `make test`",
    "tests/law/coverage.toml": "which code the branches of the law are measured in",
    "tests/mutation/parameters.toml": "how mutants of parameters are made, and which tests must fail",
    "tests/mutation/poverty.toml": "how mutants of poverty are made, and which tests must fail",
    "tests/mutation/programmes.toml": "how mutants of programmes are made, and which tests must fail",
    "tests/mutation/rules.toml": "how mutants of rules are made, and which tests must fail",
    "tests/mutation/scorecard.toml": "how mutants of scorecard are made, and which tests must fail",
    "CHANGELOG.md": "what changed, for people",
    "LICENSE": "Apache License 2.0",
    "Makefile": "setup, serve, test, test-all, bench",
    "README.md": "this page",
    "pyproject.toml": "the distribution, its dependencies, the rules of style and of imports",
    "requirements.lock": "every dependency with its hashes; names no host",
}


_BINARY = {".ttf": "a typeface with the Kazakh letters, embedded into letters"}


@dataclass(frozen=True)
class Example:
    """One command of the README and the output that stands under it."""

    command: str
    output: str
    place: tuple[int, int]
    """First and last line of the output in the README, counted from 0, the last not included."""

    @property
    def is_tarazy(self) -> bool:
        return self.command.startswith("tarazy ") and not self.command.startswith("tarazy serve")

    @property
    def is_request(self) -> bool:
        return self.command.startswith("curl ")

    @property
    def body(self) -> dict:
        """What a curl sends."""
        words = shlex.split(self.command)
        return json.loads(words[words.index("-d") + 1])


def examples(text: str | None = None) -> list[Example]:
    """Return the commands of all console blocks, in order."""
    lines = (text if text is not None else README.read_text("utf-8")).splitlines()
    found, inside, at = [], False, 0
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
            found.append(Example(command, "\n".join(lines[start:end]).strip(), (start, end)))
            at = end - 1
        at += 1
    return found


def run(
    command: str,
    folder: Path,
    home: str = "var",
    environment: Mapping[str, str] = os.environ,
) -> str:
    """Run one `tarazy` command in a folder; return what it printed to standard output."""
    words = shlex.split(command)
    code = "from serving.commands import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, *words[1:]],
        cwd=folder,
        env={**environment, "TARAZY_HOME": home, "PYTHONPATH": str(ROOT), "COLUMNS": "100"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    if done.returncode:
        raise AssertionError(f"$ {command}\n{done.stdout}{done.stderr}")
    return "\n".join(line.rstrip() for line in done.stdout.strip("\n").splitlines())


def masked(output: str) -> str:
    """Return an output with every number as # and every run of blanks as one.

    Numbers may differ in their last digits on another kind of processor.
    """
    return re.sub(r"\s+", " ", re.sub(r"\d[\d.,\u202f]*", "#", output)).strip()


def tree() -> str:
    """Return the map: every file that git tracks, with the first sentence it says of itself."""
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    files = sorted(set(tracked), key=lambda p: ("/" in p and p.split("/")[0] in _SHOWN, p))
    return "\n".join(_lines(files)) + "\n"


def _lines(files: list[str]) -> Iterator[str]:
    shown: list[str] = []
    for name in files:
        *folders, leaf = name.split("/")
        for depth, folder in enumerate(folders):
            if folders[: depth + 1] != shown[: depth + 1]:
                yield f"{'  ' * depth}{folder}/"
        shown = folders
        yield f"{'  ' * len(folders) + leaf:38} {_said(name)}".rstrip()


def _said(name: str) -> str:
    """Return the first sentence of a file about itself."""
    if name in _BY_NAME:
        return _BY_NAME[name]
    return re.split(r"(?<=[.;])\s", _about(name))[0]


def _about(name: str) -> str:
    path = ROOT / name
    if path.suffix in _BINARY:
        return _BINARY[path.suffix]
    text = path.read_text("utf-8")
    if path.suffix == ".py":
        about = ast.get_docstring(ast.parse(text)) or ""
    elif path.suffix in (".yaml", ".yml"):
        about = _of_yaml(text)
    elif path.suffix == ".json":
        about = str(json.loads(text).get("description") or json.loads(text).get("title") or "")
    else:
        about = " ".join(re.split(r"\{#|/\*|<!--", text)[1:2])
        about = re.split(r"#\}|\*/|-->", about)[0]
    return " ".join(about.split("\n\n")[0].split())


def _of_yaml(text: str) -> str:
    if text.startswith("#"):
        return text.splitlines()[0].lstrip("# ")
    about = re.search(r"^about:\s*(>-\s*\n)?(.*?)(?=^\S)", text, re.DOTALL | re.MULTILINE)
    return re.split(r"(?<=[.;])\s", " ".join(about.group(2).split()))[0] if about else ""


def written() -> str:
    """Run everything and return the README with real outputs and a true map."""
    lines = README.read_text("utf-8").splitlines()
    with tempfile.TemporaryDirectory() as folder:
        outputs = [
            (e, run(e.command, Path(folder))) if e.is_tarazy else (e, None) for e in examples()
        ]
        answers = _asked([e for e, _ in outputs if e.is_request], Path(folder) / "var")
    for example, output in reversed(outputs):
        new = answers.get(example.command) if output is None else output
        if new is not None:
            start, end = example.place
            lines[start:end] = (
                [*new.splitlines(), ""] if lines[end].startswith("$") else new.splitlines()
            )
    text = "\n".join(lines) + "\n"
    return _MAP.sub(lambda m: m.group(1) + tree() + m.group(3), text)


def _asked(requests: list[Example], home: Path) -> dict[str, str]:
    import httpx

    from tests.serving.running import running

    if not requests:
        return {}
    with running(home, home / "server.log") as url:
        return {
            e.command: shown(shortened(httpx.post(f"{url}/score", json=e.body, timeout=60).json()))
            for e in requests
        }


def shortened(answer: dict) -> dict:
    """Return an answer as the README shows it: of each reason its code, facts and English text."""
    return answer | {
        name: [
            {"code": r["code"], "basis": r["basis"], "facts": r["facts"], "text": r["text"]["en"]}
            for r in answer[name]
        ]
        for name in ("reasons", "review_reasons")
    }


def shown(answer: dict) -> str:
    """Return an answer as JSON, one field or one reason a line."""

    def line(value: object) -> str:
        return json.dumps(value, ensure_ascii=False)

    fields = []
    for name, value in answer.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            inner = ",\n".join(f"  {line(each)}" for each in value)
            fields.append(f' "{name}": [\n{inner}\n ]')
        else:
            fields.append(f' "{name}": {line(value)}')
    return "{\n" + ",\n".join(fields) + "\n}"


def map_in(text: str) -> str:
    """Return the map that stands in a README."""
    found = _MAP.search(text)
    assert found, "README.md has no map between its markers"
    return found.group(2)


if __name__ == "__main__":
    README.write_text(written(), "utf-8")
