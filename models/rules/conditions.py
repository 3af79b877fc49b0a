"""Conditions as the law's files declare them: a feature and what it must be.

One declaration answers twice: as an expression over a frame of families, and for one
family's facts in plain Python. A condition without a feature is one that no register
shows: its answer is never known, so it may send a family to a person and never refuse it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from features.catalogue import FEATURES
from features.errors import DeclarationError
from models.law.parameters import Citation, Law
from models.rules.bounds import TESTS, Bound, bound_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One condition: a feature, and the bound that it is compared with.

    ``feature`` and ``bound`` are None where no register shows what is asked. ``name`` and
    ``source`` are empty where the file says them of the whole rule.
    """

    code: str
    feature: str | None
    bound: Bound | None
    name: Mapping[str, str]
    source: Mapping[str, Any]

    @property
    def column(self) -> str:
        """The column that says whether a family meets it."""
        return f"met_{self.code}"

    @property
    def cites(self) -> tuple[Citation, ...]:
        """The edition of the legal value that prices it; empty: its file gives the number."""
        return (self.bound.priced_by,) if self.bound and self.bound.priced_by else ()

    def met(self) -> pl.Expr:
        """Return whether a family meets it; null where the feature is unknown."""
        if self.feature is None or self.bound is None:
            return pl.lit(None, pl.Boolean)
        return self.bound.reached(pl.col(self.feature))

    def met_by(self, facts: Mapping[str, Any]) -> bool | None:
        """Return the same of one family, its features by name; None where it is unknown."""
        if self.feature is None or self.bound is None:
            return None
        return self.bound.reached_by(facts[self.feature])


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
    return {code: condition(file, code, entry, law) for code, entry in raw.items()}


def requirements(
    file: str, raw: list[Any], conditions: Mapping[str, Condition]
) -> tuple[Requirement, ...]:
    """Return what must hold: each entry names a condition, or several of which one suffices."""
    named = [entry["any"] if isinstance(entry, Mapping) else [entry] for entry in raw]
    if unknown := sorted({code for codes in named for code in codes} - conditions.keys()):
        raise DeclarationError(f"{file}: {', '.join(unknown)} is declared under no `conditions`.")
    return tuple(tuple(conditions[code] for code in codes) for codes in named)


def condition(file: str, code: str, raw: Mapping[str, Any], law: Law) -> Condition:
    """Return one declared condition; raise DeclarationError as `compiled` does."""
    place, feature = f"{file}, {code}", raw["feature"]
    if feature is not None and feature not in FEATURES:
        raise DeclarationError(f"{place}: {feature!r} is no declared feature.")
    bound = None if feature is None else bound_of(place, feature, raw, law)
    if (feature is None) != TESTS.keys().isdisjoint(raw):
        raise DeclarationError(f"{place}: a feature needs one comparison, and only it does.")
    if bound and (FEATURES[feature].dtype == pl.Boolean) != (bound.test == "is"):
        raise DeclarationError(f"{place}: `is` compares yes or no, a bound a number.")
    return Condition(
        code=code,
        feature=feature,
        bound=bound,
        name=raw.get("name", {}),
        source=raw.get("source", {}),
    )
