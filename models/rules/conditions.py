"""Conditions as the law's files declare them: a feature and what it must be.

One declaration answers twice: as an expression over a frame of families, and for one
family's facts in plain Python. A condition without a feature is one that no register
shows: its answer is never known, so it may send a family to a person and never refuse it.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from features.catalogue import FEATURES
from features.errors import DeclarationError
from models.law.parameters import Law
from models.rules.scorecard import bound_of

_TESTS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "from": operator.ge,
    "above": operator.gt,
    "at_most": operator.le,
    "below": operator.lt,
    "is": operator.eq,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One condition: a feature, how it is compared, and with what.

    ``name`` and ``source`` are empty where the file says them of the whole rule.
    """

    code: str
    feature: str | None
    test: str | None
    bound: int | float | bool | None
    unit: str | None
    name: Mapping[str, str]
    source: Mapping[str, Any]

    @property
    def column(self) -> str:
        """The column that says whether a family meets it."""
        return f"met_{self.code}"

    def met(self) -> pl.Expr:
        """Return whether a family meets it; null where the feature is unknown.

        A family exactly on the bound of `above` or `below` does not meet it.
        """
        if self.feature is None or self.test is None:
            return pl.lit(None, pl.Boolean)
        answer: pl.Expr = _TESTS[self.test](pl.col(self.feature), pl.lit(self.bound))
        return answer

    def met_by(self, facts: Mapping[str, Any]) -> bool | None:
        """Return the same of one family, its features by name; None where it is unknown."""
        value = None if self.feature is None else facts[self.feature]
        if value is None or self.test is None:
            return None
        return bool(_TESTS[self.test](value, self.bound))


Requirement = tuple[Condition, ...]
"""Conditions of which one suffices."""


def requirement_met(requirement: Requirement, facts: Mapping[str, Any]) -> bool | None:
    """Return whether one of the conditions is met, in Kleene's logic of three values."""
    answers = [condition.met_by(facts) for condition in requirement]
    if True in answers:
        return True
    return None if None in answers else False


def compiled(file: str, raw: Mapping[str, Mapping[str, Any]], law: Law) -> dict[str, Condition]:
    """Return the declared conditions of a file by code, bounds in whole units of the law's day.

    Raises DeclarationError where a condition asks for what is no feature, or compares a
    yes-or-no feature with a bound.
    """
    return {code: condition(file, code, told, law) for code, told in raw.items()}


def requirements(
    file: str, raw: list[Any], conditions: Mapping[str, Condition]
) -> tuple[Requirement, ...]:
    """Return what must hold: each entry names a condition, or several of which one suffices."""
    named = [entry["any"] if isinstance(entry, Mapping) else [entry] for entry in raw]
    if unknown := sorted({code for codes in named for code in codes} - conditions.keys()):
        raise DeclarationError(f"{file}: {', '.join(unknown)} is declared under no `conditions`.")
    return tuple(tuple(conditions[code] for code in codes) for codes in named)


def condition(file: str, code: str, told: Mapping[str, Any], law: Law) -> Condition:
    """Return one declared condition; raise DeclarationError as `compiled` does."""
    feature, unit = told["feature"], told.get("unit")
    test = next((name for name in _TESTS if name in told), None)
    if (feature is None) != (test is None) or len(_TESTS.keys() & told.keys()) > 1:
        raise DeclarationError(f"{file}, {code}: a feature needs one comparison, and only it does.")
    if feature is not None:
        if feature not in FEATURES:
            raise DeclarationError(f"{file}, {code}: {feature!r} is no declared feature.")
        if (FEATURES[feature].dtype == pl.Boolean) != (test == "is"):
            raise DeclarationError(f"{file}, {code}: `is` compares yes or no, a bound a number.")
    bound = told[test] if test else None
    if bound is not None and test != "is":
        bound = bound_of(f"{file}, {code}", feature, bound, unit, law)
    return Condition(
        code=code,
        feature=feature,
        test=test,
        bound=bound,
        unit=unit,
        name=told.get("name", {}),
        source=told.get("source", {}),
    )
