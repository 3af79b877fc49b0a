"""Reading the files of the law: exact numbers, no key unknown or given twice, read once.

What stands in `models/law/values/` is the law as we read it. A file that its JSON schema does
not know is refused as a whole, with the place of every fault.
"""

import json
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import jsonschema
import yaml

from features.errors import DeclarationError
from models.law.policy import refuse_unsafe

LAW: Final = Path(__file__).with_name("values")
SCHEMAS: Final = Path(__file__).with_name("schemas")
_RULES: Final = ("decision_policy", "hard_rule", "targeted_assistance")
"""Files of dated editions that are rules, not values: each has a schema of its own name."""
_DEEPEST: Final = 40
"""Levels of lists and keys in one another; the law on file has a dozen."""
_NOT_PARAMETERS: Final = frozenset(
    {"acts", "actions", "poverty_yardsticks", "programmes", "red_flags", "rights", *_RULES}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LawFiles:
    """Everything a folder of law holds, as read and validated: one plain mapping per file."""

    parameters: Mapping[str, Mapping[str, Any]]
    scorecards: Mapping[str, Mapping[str, Any]]
    acts: Mapping[str, Mapping[str, Any]]
    rules: Mapping[str, Mapping[str, Any]]
    red_flags: Mapping[str, Any]
    yardsticks: Mapping[str, Any]
    programmes: Mapping[str, Any]
    actions: Mapping[str, Any]
    rights: Mapping[str, Any]


@lru_cache(maxsize=16)
def read_law(folder: Path = LAW) -> LawFiles:
    """Read a folder of law once per process; raise DeclarationError where it is not in order."""
    parameters = {
        path.stem: _read(path, "parameter")
        for path in sorted(folder.glob("*.yaml"))
        if path.stem not in _NOT_PARAMETERS
    }
    files = LawFiles(
        parameters=MappingProxyType(parameters),
        scorecards=MappingProxyType(
            {p.stem: _read(p, "scorecard") for p in sorted((folder / "scorecards").glob("*.yaml"))}
        ),
        acts=_read(folder / "acts.yaml", "acts"),
        rules=MappingProxyType({n: _read(folder / f"{n}.yaml", n) for n in _RULES}),
        red_flags=_read(folder / "red_flags.yaml", "red_flags"),
        yardsticks=_read(folder / "poverty_yardsticks.yaml", "poverty_yardsticks"),
        programmes=_read(folder / "programmes.yaml", "programmes"),
        actions=_read(folder / "actions.yaml", "actions"),
        rights=_read(folder / "rights.yaml", "rights"),
    )
    _check_order(files)
    _check_citations(files)
    refuse_unsafe(
        files.rules["decision_policy"]["editions"],
        frozenset(flag["code"] for flag in files.red_flags["flags"]),
        folder / "decision_policy.yaml",
    )
    return files


def read_exactly(path: Path) -> Any:
    """Read one YAML file: decimals as `Decimal`, as they are written; a key twice is refused.

    So is what looks like a number or a day and is none, and what is nested deeper than law is.
    """
    try:
        content = yaml.load(path.read_bytes(), Loader=_ExactLoader)
    except OSError:
        raise DeclarationError(f"{path.name} is missing from {path.parent.name}/.") from None
    except yaml.YAMLError as fault:
        raise DeclarationError(f"{path.name} is not readable YAML: {fault}") from None
    except RecursionError:
        content = None
    else:
        if not _deeper(content, _DEEPEST):
            return content
    raise DeclarationError(
        f"{path.name} nests lists and keys more than {_DEEPEST} deep: no file of law does. "
        "Write it flatter."
    )


def _deeper(value: Any, levels: int) -> bool:
    """Whether lists and mappings stand in one another more than so many times."""
    layer = {id(value): value}  # once each, however often it is referred to
    for _ in range(levels + 1):
        layer = {
            id(inner): inner
            for outer in layer.values()
            if isinstance(outer, list | dict)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        }
    return bool(layer)


def plain(value: Any) -> Any:
    """Return a value of the law as JSON can carry it: dates in ISO form, decimals as numbers.

    >>> plain({"since": date(2025, 1, 1), "value": Decimal("0.25")})
    {'since': '2025-01-01', 'value': 0.25}
    """
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, date):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value


class _ExactLoader(yaml.CSafeLoader):
    """YAML's safe types only; law is exact, so no binary fraction ever arises."""


def _decimal(loader: _ExactLoader, node: yaml.ScalarNode) -> Decimal:
    number = Decimal(str(loader.construct_scalar(node)).replace("_", ""))
    if not number.is_finite():
        raise ValueError
    return number


def _of_text(
    construct: Callable[[_ExactLoader, yaml.ScalarNode], Any],
) -> Callable[[_ExactLoader, yaml.ScalarNode], Any]:
    """Let what looks like a number or a day and is none be a fault with its place."""

    def constructed(loader: _ExactLoader, node: yaml.ScalarNode) -> Any:
        try:
            return construct(loader, node)
        except (ValueError, ArithmeticError):
            what = f"{str(node.value)[:20]!r} is no number, or no day of the calendar"
            raise yaml.constructor.ConstructorError(None, None, what, node.start_mark) from None

    return constructed


def _mapping(loader: _ExactLoader, node: yaml.MappingNode) -> dict[Hashable, Any]:
    keys = [loader.construct_object(key) for key, _ in node.value]
    if twice := sorted({str(key) for key in keys if keys.count(key) > 1}):
        raise yaml.constructor.ConstructorError(
            None, None, f"the same key is given twice: {', '.join(twice)}", node.start_mark
        )
    return loader.construct_mapping(node, deep=True)


_ExactLoader.add_constructor("tag:yaml.org,2002:float", _of_text(_decimal))
_ExactLoader.add_constructor("tag:yaml.org,2002:int", _of_text(_ExactLoader.construct_yaml_int))
_ExactLoader.add_constructor(
    "tag:yaml.org,2002:timestamp", _of_text(_ExactLoader.construct_yaml_timestamp)
)
_ExactLoader.add_constructor("tag:yaml.org,2002:map", _mapping)


def _is_date(_: Any, value: Any) -> bool:
    return type(value) is date


@lru_cache(maxsize=8)
def _validator(schema: str) -> Any:
    document = json.loads((SCHEMAS / f"{schema}.json").read_bytes())
    draft = jsonschema.Draft202012Validator
    checker = draft.TYPE_CHECKER.redefine("date", _is_date)
    # The schema files use a type `date`, which the meta-schema does not list: not checked here.
    validator: Any = jsonschema.validators
    return validator.extend(draft, type_checker=checker)(document)


def _read(path: Path, schema: str) -> Mapping[str, Any]:
    content = read_exactly(path)
    faults = [
        f"{'.'.join(str(step) for step in fault.absolute_path) or 'file'}: {fault.message}"
        for fault in _validator(schema).iter_errors(content)
    ]
    if faults:
        raise DeclarationError(f"{path.name} does not fit its schema: {'; '.join(sorted(faults))}.")
    return MappingProxyType(content)


def dated(files: LawFiles) -> dict[str, Mapping[str, Any]]:
    """Return every file of dated editions by name: the values, then the rules."""
    return {**files.parameters, **files.rules}


def _check_order(files: LawFiles) -> None:
    ordered = {
        **dated(files),
        **{
            f"programmes, {code}": programme
            for code, programme in files.programmes["programmes"].items()
        },
        **{f"rights {code}": right for code, right in files.rights["rights"].items()},
    }
    for name, content in ordered.items():
        days = [edition["since"] for edition in content["editions"]]
        if days != sorted(set(days)):
            raise DeclarationError(f"{name}.yaml: editions must stand oldest first, one for a day.")
        ends = [edition.get("until", edition["since"]) for edition in content["editions"]]
        overlap = any(end >= day for end, day in zip(ends, days[1:], strict=False))
        if overlap or any(end < day for end, day in zip(ends, days, strict=True)):
            raise DeclarationError(
                f"{name}.yaml: `until` is the last day of an edition, before the next one begins."
            )


def _check_citations(files: LawFiles) -> None:
    """Refuse a source whose act is not in acts.yaml: a repealed act must find all it bears."""
    known = cited_keys(files.acts)
    for name, act in _citations(files):
        if act not in known:
            raise DeclarationError(f"{name}.yaml cites {act!r}, which acts.yaml does not know.")


def cited_keys(acts: Mapping[str, Mapping[str, Any]]) -> frozenset[str]:
    """Return every key that may be cited: an act, or ACT:CLAUSE."""
    clauses = {f"{key}:{clause}" for key, act in acts.items() for clause in act.get("clauses", {})}
    return frozenset(acts) | clauses


def _citations(files: LawFiles) -> list[tuple[str, str]]:
    cited = [
        (name, edition["source"]["act"])
        for name, content in dated(files).items()
        for edition in content["editions"]
    ]
    cited += [
        ("rights", edition["source"]["act"])
        for right in files.rights["rights"].values()
        for edition in right["editions"]
    ]
    cited += [
        ("decision_policy", act)
        for edition in files.rules["decision_policy"]["editions"]
        for act in _acts_within(edition.get("consequences", []))
    ]
    cited += [("red_flags", flag["source"]["act"]) for flag in files.red_flags["flags"]]
    cited += [("poverty_yardsticks", act) for act in _acts_within(files.yardsticks)]
    cited += [("programmes", act) for act in _acts_within(files.programmes)]
    cited += [("actions", act) for act in _acts_within(files.actions)]
    for name, card in files.scorecards.items():
        # A criterion leans on its block of the card's act, and where it is published on more.
        blocks = {criterion["block"]: None for criterion in card["criteria"]}
        cited += [(name, card["source"]["act"])]
        cited += [(name, f"{card['source']['act']}:{block}") for block in blocks]
        cited += [(name, c["source"]["act"]) for c in card["criteria"] if "source" in c]
    return cited


def _acts_within(part: Any) -> Iterator[str]:
    """Yield the act of every source in a file, wherever it stands."""
    if isinstance(part, Mapping):
        if {"act", "checked"} <= part.keys():
            yield part["act"]
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from _acts_within(inner)
