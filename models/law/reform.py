"""A reform: changed values, points or rules, enacted as a folder of law beside today's.

A lawyer writes what changes, and nothing else; the rest is today's law. The reformed law
is a full folder that the same schemas judge and the same engine applies, so nothing of
the product can tell it from an act.
"""

import shutil
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import yaml

from features.errors import DeclarationError, InputError
from models.law.files import LAW, read_exactly, read_law
from models.law.parameters import in_force

ACT: Final = "reform"
"""The act that a reform cites: a proposal until somebody signs it."""
_KEYS: Final = frozenset({"about", "source", "changes", "costs"})
_NEVER: Final = frozenset({"acts"})
"""Files that hold no law of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reform:
    """What somebody proposes: a sentence, where it was read, and changes by file of law.

    ``costs`` are what a programme costs for a family, tenge a month, as the drafter reckons.
    """

    about: str
    source: str | None
    changes: Mapping[str, Mapping[str, Any]]
    costs: Mapping[str, int]

    def enact(self, out: Path, day: date, folder: Path = LAW) -> Path:
        """Write today's law with the changes in force from ``day`` on; returns ``out``.

        A file with editions gets one more, made of the one in force with the changes laid
        over it; another file is changed as it stands. Raises InputError where a file, a
        code or a value is not one that the law knows; then ``out`` holds nothing.
        """
        drafts = {
            path: _changed(path, name, self.changes[name], day, self.about)
            for name, path in self._files(folder).items()
        }
        shutil.copytree(folder, out, ignore=shutil.ignore_patterns("schemas", "__pycache__"))
        try:
            for path, content in drafts.items():
                _write(out / path.relative_to(folder), content)
            _cite(out / "acts.yaml", self, day)
            read_law(out)
        except DeclarationError as fault:
            shutil.rmtree(out)
            raise InputError(f"The reform makes no law: {fault}") from None
        return out

    def as_json(self, day: date, folder: Path = LAW) -> list[dict[str, Any]]:
        """Return every value that changes: its place, today's value and the new one.

        ``assumed``: whether today's value is (null: its file does not say). A value of None
        among the new ones: the entry is removed.
        """
        changes: list[dict[str, Any]] = []
        for name, path in self._files(folder).items():
            content = read_exactly(path)
            if "editions" in content:
                content = in_force(name, content["editions"], day)
            changes += _leaves(self.changes[name], content, (name,), content.get("assumed"))
        return changes

    def _files(self, folder: Path) -> dict[str, Path]:
        known = {
            str(path.relative_to(folder).with_suffix("")): path
            for path in sorted(folder.rglob("*.yaml"))
            if path.stem not in _NEVER
        }
        if unknown := [name for name in self.changes if name not in known]:
            raise InputError(
                f"changes: the law has no file {unknown[0]!r}. It has {', '.join(known)}."
            )
        return {name: known[name] for name in self.changes}


def read(path: Path) -> Reform:
    """Read a reform from a YAML file; raise InputError with the place of a fault.

    ``about`` (a sentence), ``source`` (optional) and ``changes``: for each file of
    models/law/values/, by its name without ending, the keys that change. Entries of a list that
    have a ``code`` (or a ``category``) are addressed by it. ``costs`` (optional): whole
    tenge a month that a programme costs for a family, by its code.
    """
    if not path.is_file():
        raise InputError(f"{path} is no file: name the YAML file of a reform.")
    try:
        raw = read_exactly(path)
    except DeclarationError as fault:
        raise InputError(str(fault)) from None
    if not isinstance(raw, dict) or not isinstance(raw.get("changes"), dict):
        raise InputError(f"{path.name} needs `about` and `changes`: FILE OF LAW → what changes.")
    if unknown := sorted(set(map(str, raw)) - _KEYS):
        raise InputError(
            f"{path.name}: {unknown[0]!r} is no key of a reform ({', '.join(sorted(_KEYS))})."
        )
    if not isinstance(raw.get("about"), str) or not raw["changes"]:
        raise InputError(f"{path.name} needs a sentence `about` and at least one change.")
    if wrong := [name for name, change in raw["changes"].items() if not isinstance(change, dict)]:
        raise InputError(f"{path.name}: changes.{wrong[0]} must name the keys that change.")
    costs = raw.get("costs") or {}
    if not isinstance(costs, dict) or any(type(c) is not int or c < 0 for c in costs.values()):
        raise InputError(f"{path.name}: costs are whole tenge a month by code of programme.")
    return Reform(about=raw["about"], source=raw.get("source"), changes=raw["changes"], costs=costs)


def _changed(
    path: Path, name: str, change: Mapping[str, Any], day: date, about: str
) -> dict[str, Any]:
    """Return a file of law with its change; one with editions gets an edition of the day."""
    content, place = deepcopy(read_exactly(path)), f"changes.{name}"
    if "editions" not in content:
        return dict(laid_over(content, change, place))
    begun = [edition for edition in content["editions"] if edition["since"] <= day]
    if not begun:
        raise InputError(f"{place}: there is nothing in force on {day} to change.")
    edition = laid_over(begun[-1], change, place)
    edition["since"] = day
    edition["source"] = {"act": ACT, "article": None, "url": None, "checked": None}
    edition |= {"assumed": True, "doubt": f"A proposal: {about}"}
    # Whatever was to follow later gives way: the reform is judged as the law from now on.
    content["editions"] = [*(e for e in begun if e["since"] < day), edition]
    return dict(content)


def laid_over(base: Any, change: Any, place: str) -> Any:
    """Return ``base`` with a change laid over it: mappings merge, anything else is replaced.

    A list of entries with a code takes a mapping from code to change; an entry changed to
    null is removed. Raises InputError for a key or code that ``base`` does not have.
    """
    if isinstance(base, Mapping) and isinstance(change, Mapping):
        if unknown := [key for key in change if key not in base]:
            raise InputError(
                f"{place}: there is no {unknown[0]!r} to change; there is "
                f"{', '.join(map(str, base))}."
            )
        return {
            key: laid_over(value, change[key], f"{place}.{key}") if key in change else value
            for key, value in base.items()
        }
    if isinstance(base, list) and isinstance(change, Mapping):
        coded = {_code(entry): entry for entry in base}
        if None in coded or (unknown := [key for key in change if key not in coded]):
            shown = ", ".join(str(code) for code in coded if code is not None)
            missing = unknown[0] if None not in coded else next(iter(change))
            raise InputError(f"{place}: no entry {missing!r}; entries are {shown or 'unnamed'}.")
        return [
            laid_over(entry, change[code], f"{place}.{code}") if code in change else entry
            for code, entry in coded.items()
            if change.get(code, entry) is not None
        ]
    return change


def _leaves(
    change: Any, today: Any, place: tuple[str, ...], assumed: bool | None
) -> list[dict[str, Any]]:
    """Return the values that change within a part of a file, with the nearest `assumed` above."""
    if not isinstance(change, Mapping) or not isinstance(today, Mapping | list):
        return [{"place": list(place), "now": today, "then": change, "assumed": assumed}]
    parts = today if isinstance(today, Mapping) else {_code(entry): entry for entry in today}
    return [
        leaf
        for key, inner in change.items()
        for part in [parts[key]]
        for nearer in [part.get("assumed", assumed) if isinstance(part, Mapping) else assumed]
        for leaf in _leaves(inner, part, (*place, str(key)), nearer)
    ]


def _code(entry: Any) -> Any:
    if not isinstance(entry, Mapping):
        return None
    return entry.get("code", entry.get("category"))


class _Plain(yaml.SafeDumper):
    """Writes decimals as they were read."""


def _decimal(dumper: yaml.SafeDumper, value: Decimal) -> yaml.ScalarNode:
    text = f"{value:f}"
    return dumper.represent_scalar("tag:yaml.org,2002:float", text if "." in text else f"{text}.0")


_Plain.add_representer(Decimal, _decimal)


def _write(path: Path, content: Mapping[str, Any]) -> None:
    text = yaml.dump(dict(content), Dumper=_Plain, allow_unicode=True, sort_keys=False, width=96)
    path.write_text(text, encoding="utf-8")


def _cite(path: Path, reform: Reform, day: date) -> None:
    acts = dict(read_exactly(path))
    acts[ACT] = {
        "title": dict.fromkeys(("kk", "ru", "en"), reform.about),
        "number": None,
        "date": day,
        "url": reform.source,
        "status": "proposal",
    }
    _write(path, acts)
