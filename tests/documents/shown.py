"""What the documents show of commands: whole, or shortened by hand where a line says `…`.

A shown line stands in the whole output as it is shown, but for runs of blanks and for a `…`
within it. Lines stand in the order of the output; only over a line `…` may some be left out.
"""

import json
import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import httpx

from tests.walks.walk import AUDITOR, COUNTRY, HASH, NUMBER, PILOT, ROOT, Example, examples

README: Final = ROOT / "README.md"
ELIDED: Final = "…"
_PIECE: Final = re.compile(
    rf"(?P<elided>{ELIDED})|(?P<hash>{HASH})|(?P<number>{NUMBER})|(?P<blank>\s+)"
)


def documents() -> list[Path]:
    """Return every page that is written for readers, but the generated map."""
    pages = [README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
    return [page for page in pages if page.name != "map.md"]


def outputs_of(page: Path) -> dict[str, str]:
    """Return what the walks that a page shows say that their commands print."""
    walks = (PILOT,) if page.name == "retrain.md" else (COUNTRY, AUDITOR)
    return {e.command: e.output for walk in walks for e in examples(walk)}


class Untrue(AssertionError):
    """A document shows a line that its command does not print there."""


def refreshed(shown: str, whole: str) -> str:
    """Return what is shown with the numbers of the whole output; raise Untrue where it is not so."""
    printed = [line for line in whole.splitlines() if line.strip()]
    result: list[str] = []
    at, free = 0, False
    lines = shown.splitlines()
    for number, line in enumerate(lines):
        if line.strip() == ELIDED:
            free = True
            result.append(line)
        elif not line.strip():
            result.append(line)
        else:
            at = _where(_run(lines, number) if free else [line], printed, at, free=free)
            result.append(_renumbered(line, printed[at]))
            at, free = at + 1, False
    if not free and at < len(printed):
        raise Untrue(
            f"after the last line shown comes more; end with a line {ELIDED}:\n{printed[at]}"
        )
    return "\n".join(result)


def _run(lines: list[str], start: int) -> list[str]:
    """Return the lines from ``start`` to the next elision, which stand together in the output."""
    run = []
    for line in lines[start:]:
        if line.strip() == ELIDED:
            break
        if line.strip():
            run.append(line)
    return run


def _where(run: list[str], printed: list[str], at: int, *, free: bool) -> int:
    patterns = [_pattern(line) for line in run]
    last = len(printed) - len(run) if free else at
    for place in range(at, last + 1):
        if place + len(run) <= len(printed) and all(
            p.fullmatch(printed[place + n].strip()) for n, p in enumerate(patterns)
        ):
            return place
    rest = "\n".join(printed[at : at + 3]) or "nothing more"
    raise Untrue(
        f"no line of the output is this one:\n{run[0]}\nthere stands, from here on:\n{rest}"
    )


def _pattern(line: str) -> re.Pattern[str]:
    """Return what a line must look like: numbers of any value, blanks of any width."""
    parts, at = [], 0
    line = line.strip()
    for piece in _PIECE.finditer(line):
        parts.append(re.escape(line[at : piece.start()]))
        parts.append(
            {"elided": ".*", "hash": f"({HASH})", "number": f"({NUMBER})", "blank": r"\s+"}[
                str(piece.lastgroup)
            ]
        )
        at = piece.end()
    parts.append(re.escape(line[at:]))
    return re.compile("".join(parts))


def _renumbered(line: str, printed: str) -> str:
    """Return a shown line with the numbers and hashes of the printed one."""
    match = _pattern(line).fullmatch(printed.strip())
    assert match
    new = iter(match.groups())
    return _PIECE.sub(
        lambda piece: next(new) if piece.lastgroup in ("hash", "number") else piece.group(), line
    )


def refresh(page: Path, whole: dict[str, str]) -> Iterator[str]:
    """Write the numbers of whole outputs into a page; yield what no longer is so."""
    lines = page.read_text("utf-8").splitlines()
    for example in reversed(examples(page)):
        if example.command not in whole:
            continue
        start, end = example.place
        try:
            new = refreshed("\n".join(lines[start:end]), whole[example.command])
        except Untrue as untrue:
            yield f"{page.relative_to(ROOT)}, line {start + 1}: {untrue}"
        else:
            after = [""] if lines[end].startswith("$") else []
            lines[start:end] = [*new.rstrip().splitlines(), *after]
    page.write_text("\n".join(lines) + "\n", "utf-8")


def answer_to(example: Example, url: str) -> str:
    """Send what a `curl` of a document sends, to another address; return the answer as shown."""
    words = shlex.split(example.command)
    address = next(word for word in words if word.startswith("http://127.0.0.1:3000"))
    options = dict(_options(words))
    body = options.get("-d")
    if body is not None and body.startswith("@"):
        body = (ROOT / body[1:]).read_text("utf-8")
    headers = dict([options["-H"].split(": ", 1)]) if "-H" in options else {}
    answer = httpx.request(
        "GET" if body is None else "POST",
        url + address.removeprefix("http://127.0.0.1:3000"),
        content=body,
        headers=headers,
        timeout=60,
    )
    if "-o" in options:
        assert answer.status_code == 200, answer.text
        return ""
    return as_shown(answer.json()) if "json" in answer.headers["content-type"] else answer.text


def _options(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    words = iter(words)
    for word in words:
        if word in ("-d", "-H", "-o"):
            yield word, next(words)


def as_shown(answer: dict[str, Any]) -> str:
    """Return an answer as JSON, one field or one entry of a list a line."""

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
