"""What the product says of a case, asked by the names that cases give its answers."""

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from features.build import build
from features.catalogue import FEATURES
from features.errors import DeclarationError, InputError
from models.law.files import LAW, plain
from models.law.parameters import Law
from models.law.poverty_line import poverty_line
from models.rules import programmes
from models.rules.actions import actions
from models.rules.category import rule_category
from models.rules.red_flags import red_flags
from models.rules.scorecard import Scorecard, assess
from serving.requests.problems import Problem
from serving.requests.request import read_one
from tests.law.cases import Case

SAID = {True: "met", False: "not met", None: "unknown"}


def faults(case: Case, folder: Path = LAW) -> list[str]:
    """Return what comes out otherwise than the case says, a sentence each; none: it holds."""
    refused = case.expect.get("refused")
    try:
        answers = Answers(case, amended(folder, json.dumps(plain(case.law))))
        differences = list(_compared(case.expect, answers))
    except (InputError, DeclarationError, Problem) as fault:
        refusal = _words(fault)
        if refused is None:
            return [f"it was refused: {refusal}"]
        return [] if refused in refusal else [f"refused: expected {refused!r}, got {refusal!r}"]
    return (
        differences if refused is None else [f"refused: expected {refused!r}, but it was answered"]
    )


def _compared(expect: Mapping[str, Any], answers: "Answers") -> Iterator[str]:
    expected = {what: wanted for what, wanted in expect.items() if what != "refused"}
    for keys, wanted in _leaves(expected or {"rule_category": None}):
        if (got := answers(*keys)) != wanted:
            what = ", ".join(map(str, keys))
            yield f"{what}: expected {_shown(wanted)}, got {_shown(got)}"


def _leaves(expected: Any, keys: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(expected, Mapping):
        for key, value in expected.items():
            yield from _leaves(value, (*keys, key))
    else:
        yield keys, expected


def _shown(value: Any) -> Any:
    return "nothing (unknown, or not in force)" if value is None else plain(value)


def _words(fault: Exception) -> str:
    if isinstance(fault, Problem):
        return "; ".join(f"{f.place}: {f.problem}; {f.remedy}" for f in fault.faults)
    return str(fault)


class Answers:
    """All that can be asked of a case; each answer is worked out when it is expected."""

    def __init__(self, case: Case, folder: Path) -> None:
        self.case = case
        self.law = Law(case.as_of, folder)

    def __call__(self, what: str, *keys: Any) -> Any:
        return getattr(self, f"_{what}")(*keys)

    @cached_property
    def table(self) -> pl.DataFrame:
        """The family as the rules see it, by its facts or by its registers."""
        if self.case.household is None:
            return _by_facts(self.case.family)
        request = read_one(
            {"as_of": self.law.day.isoformat(), "household": plain(self.case.household)}
        )
        ((_, registers),) = request.alike()
        return build(registers, request.as_of)

    @cached_property
    def ruled(self) -> dict[str, Any]:
        if self.case.card is not None:
            return assess(self.table, self.law, self.case.card).row(0, named=True)
        return rule_category(self.table, self.law).row(0, named=True)

    @cached_property
    def flagged(self) -> dict[str, Any]:
        return red_flags(self.table, self.law).row(0, named=True)

    @cached_property
    def known(self) -> dict[str, Any]:
        """Facts, categories and verdicts of the programmes together."""
        by_rules = rule_category(self.table, self.law)
        entitled = programmes.eligibility(self.table, by_rules, self.law)
        return self.table.row(0, named=True) | entitled.row(0, named=True) | self.ruled

    @cached_property
    def services(self) -> dict[str, Any]:
        return {
            eligibility.service: eligibility
            for eligibility in programmes.eligibility_of(self.known, self.law)
        }

    @cached_property
    def card(self) -> Scorecard:
        return Scorecard.named(self.case.card or self.law.policy.scorecard, self.law)

    def _rule_category(self) -> int:
        return self.ruled["rule_category"]

    def _richest_category(self) -> int:
        return self.ruled["richest_category"]

    def _hard_rule(self) -> str:
        return SAID[self.ruled["hard_rule_met"]]

    def _points(self, criterion: str) -> int | None:
        return self.ruled[f"points_{criterion}"]

    def _steps(self, feature: str) -> int:
        """Which step of the card a fact reaches, from 1: points may be changed, lines seldom."""
        part = next(p for c in self.card.criteria for p in c.parts if p.feature == feature)
        value = pl.col(feature)
        if FEATURES[feature].dtype == pl.Boolean:
            value = value.cast(pl.Int64)
        reached = [step.bound.reached(value) for step in part.steps[1:]]
        return 1 + sum(self.table.select(pl.concat_list(reached)).item().to_list())

    def _flags(self) -> list[str]:
        return self.flagged["raised_flags"]

    def _rule_flag(self) -> bool | None:
        return self.flagged["rule_flag"]

    def _facts(self, feature: str) -> Any:
        return self.table.row(0, named=True)[feature]

    def _level(self, end: str = "poorest") -> str:
        codes = {c.category: c.code for c in self.card.categories}
        return codes[self.ruled[f"category_{end}"]]

    def _richest_level(self) -> str:
        return self._level("richest")

    def _services(self, code: str) -> str | None:
        return self.services[code].verdict if code in self.services else None

    def _because(self, code: str) -> list[str]:
        return [reason.code for reason in self.services[code].reasons]

    def _actions(self) -> list[str]:
        return [action.code for action in actions(self.known | self.ruled, self.law)]

    def _values(self, name: str, key: str | None = None) -> Any:
        """A legal value, or one of a table; None: none is in force on the day."""
        if not self.law.has(name):
            return None
        return self.law.edition(name).value if key is None else self.law.of(name, key)

    def _multiples(self, name: str, multiple: int | Decimal) -> int:
        return self.law.amount(multiple, name)

    def _policy(self, what: str) -> Any:
        return getattr(self.law.policy, what)

    def _poverty_line(self, region: str) -> Decimal:
        return poverty_line(self.law, None if region == "country" else region).amount


def _by_facts(facts: Mapping[str, Any]) -> pl.DataFrame:
    """A family by its facts; what the case does not name is nought."""
    named = {
        name: pl.Series([plain(fact)]).cast(FEATURES[name].dtype) for name, fact in facts.items()
    }
    return _nought().with_columns(**named)


@cache
def _nought() -> pl.DataFrame:
    """A family of which every fact is nought."""
    columns = {name: pl.Series([0]).cast(f.dtype) for name, f in FEATURES.items()}
    return pl.DataFrame({"household_id": pl.Series([1], dtype=pl.Int64), **columns})


@cache
def amended(folder: Path, changes: str) -> Path:
    """Return the folder of the law, or a copy of it with some places of its files changed.

    A place is written as in an error of the law's files: ``editions.0.combinator``.
    """
    if changes == "{}":
        return folder
    copy = Path(tempfile.mkdtemp(prefix="law")) / "law"
    shutil.copytree(folder, copy)
    for file, places in json.loads(changes).items():
        content = yaml.load((copy / file).read_bytes(), Loader=yaml.CSafeLoader)
        for place, value in places.items():
            *way, last = (int(step) if step.isdigit() else step for step in place.split("."))
            inner = content
            for step in way:
                inner = inner[step]
            inner[last] = value
        text = yaml.dump(content, Dumper=yaml.CSafeDumper, allow_unicode=True)
        (copy / file).write_text(text, encoding="utf-8")
    return copy
