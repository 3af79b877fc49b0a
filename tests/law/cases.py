"""The cases of this folder: read, and refused with the place of the fault.

`README.md` beside this file says how one is written, `case.json` is the schema of a page,
`answers.py` asks the product.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

from features.catalogue import FEATURES
from features.errors import DeclarationError
from models.law.files import cited_keys, plain, read_exactly, read_law

FOLDER = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class Case:
    """A family by its facts or by its registers, a day or a moment, and what must come out.

    ``law``: files of the law with what the case changes in them, for a reading that is not
    in force. ``card``: another scorecard than the one that decides.
    """

    page: str
    name: str
    as_of: date
    family: Mapping[str, Any]
    household: Mapping[str, Any] | None
    card: str | None
    law: Mapping[str, Mapping[str, Any]]
    expect: Mapping[str, Any]
    source: str

    @property
    def title(self) -> str:
        return f"tests/law/{self.page}.yaml: {self.name!r}"

    def failed(self, differences: list[str]) -> str:
        """A failed case as a lawyer reads it: where, what came out, of whom, by which source."""
        described = self.family if self.household is None else self.household
        facts = ", ".join(f"{name}: {plain(value)}" for name, value in described.items())
        sentences = "".join(f"\n    {sentence}" for sentence in differences)
        return (
            f"{self.title}{sentences}\n    on {self.as_of}, of {facts}\n    source: {self.source}"
        )


def read(folder: Path = FOLDER) -> list[Case]:
    """Read every page; DeclarationError names the page, the case and what is wrong there."""
    return [case for path in sorted(folder.glob("*.yaml")) for case in _page(path)]


def _page(path: Path) -> Iterator[Case]:
    page = read_exactly(path)
    violations = [
        f"{_place(page, list(fault.absolute_path))}: {fault.message}"
        for fault in _schema().iter_errors(_as_json(page))
    ]
    if violations:
        raise DeclarationError(
            f"tests/law/{path.name} is not written as cases are: {violations[0]}"
        )
    names = [entry["name"] for entry in page["cases"]]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise DeclarationError(f"tests/law/{path.name}: two cases are named {twice[0]!r}.")
    for entry in page["cases"]:
        yield _checked(
            Case(
                page=path.stem,
                name=entry["name"],
                as_of=entry["as_of"],
                family=page.get("family", {}) | entry.get("family", {}),
                household=_household(page, entry),
                card=page.get("scorecard"),
                law=entry.get("law", {}),
                expect=entry["expect"],
                source=entry.get("source") or page.get("source", ""),
            )
        )


def _household(page: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any] | None:
    """The registers of a case: those of its page, with the case's own in their place."""
    if "household" not in page and "household" not in entry:
        return None
    return page.get("household", {}) | entry.get("household", {})


def _checked(case: Case) -> Case:
    if case.source not in _acts() and not case.source.startswith("https://"):
        raise DeclarationError(
            f"{case.title} cites {case.source!r}: give it, or its page, a `source` that "
            "models/law/values/acts.yaml knows, or a link."
        )
    naming_facts = (case.family, case.expect.get("facts", {}), case.expect.get("steps", {}))
    for name in (name for facts in naming_facts for name in facts):
        if name not in FEATURES:
            near = get_close_matches(name, FEATURES, n=1)
            hint = f"did you mean {near[0]}?" if near else "see /features for all of them."
            raise DeclarationError(f"{case.title} names {name!r}, which is no fact; {hint}")
    return case


def _place(page: Mapping[str, Any], path: list[Any]) -> str:
    """Name the case that a fault lies in, by its name where it has one."""
    if path[:1] == ["cases"] and len(path) > 1:
        name = page["cases"][path[1]].get("name", f"case {path[1] + 1}")
        return f"{name!r}, {'.'.join(map(str, path[2:])) or 'the case'}"
    return ".".join(map(str, path)) or "the page"


def _as_json(page: Any) -> Any:
    """The page as a schema can read it: every key a word, dates as text, decimals as numbers."""
    if isinstance(page, Mapping):
        return {str(key): _as_json(value) for key, value in page.items()}
    return [_as_json(value) for value in page] if isinstance(page, list) else plain(page)


@cache
def _schema() -> Any:
    return jsonschema.Draft202012Validator(json.loads((FOLDER / "case.json").read_bytes()))


@cache
def _acts() -> frozenset[str]:
    return cited_keys(read_law().acts)
