"""From features to model inputs: money becomes months of subsistence, everything else stays.

A feature is whole tenge; a model that learned the prices of one year must not meet
those of another. So every amount is divided by the subsistence minimum (ПМ) of the
months it covers and, where it belongs to the household, by its members. Sex, language
and identifiers are no features and so can be no inputs; region and settlement are
features that are declared to be none.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from features.catalogue import FEATURES, definition
from features.declare import Feature
from features.errors import InputError
from features.units import Span, Unit, months_of
from models.law.parameters import Citation, Law
from models.learned.arrays import Matrix, Vector

DECLARED: Final = "incomes"
"""The register whose amounts a family declares; what it hides is measured against it."""

BESIDES_INPUTS: Final = frozenset(
    {"income_quarter", "members", "lives_in_village", "lives_in_republican_city", "region_code"}
)
"""What is read of a family besides any input: declared income a member, the kind of place
by which intervals are set apart, and the region that has room for so many reviews."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One column that a model reads, and how it is made from the feature of that name.

    ``direction`` is the feature's: +1 means the family looks better off when it rises.
    ``span`` names the months whose ПМ an amount is divided by; None: no amount.
    """

    name: str
    direction: int
    registers: tuple[str, ...]
    span: Span | None
    per_member: bool
    derived: bool
    moved_by_work: bool
    """Whether a member who finds or loses work changes the value."""
    moved_by_size: bool = False
    """Whether a member who is born or leaves changes the value by the count of members."""

    @property
    def reads_declared_income(self) -> bool:
        """Whether declared income has any part in the value."""
        return DECLARED in self.registers

    def described(self) -> dict[str, Any]:
        """The input in the words of a manifest."""
        unit = "as the feature" if self.span is None else f"ПМ of {self.span.value}"
        return {
            "name": self.name,
            "direction": self.direction,
            "unit": unit + (", a member" if self.per_member else ""),
            "registers": list(self.registers),
        }


def declared_inputs() -> tuple[Input, ...]:
    """Return every feature that a model may read, in the order of declaration.

    Only an amount that makes a family look better off (direction +1) is divided by the
    members: one child more would shrink any other, and so could make the family look richer.
    """
    return tuple(_input(f) for f in FEATURES.values() if f.model_input)


def named(names: Iterable[str]) -> tuple[Input, ...]:
    """Return the inputs of these names, in this order."""
    known = {i.name: i for i in declared_inputs()}
    if unknown := [n for n in names if n not in known]:
        raise InputError(
            f"A model reads {len(unknown)} inputs that are no longer declared "
            f"({', '.join(unknown[:3])}): train it again."
        )
    return tuple(known[n] for n in names)


def _input(feature: Feature) -> Input:
    amount = feature.unit is Unit.TENGE
    reads = _columns(feature)
    return Input(
        name=feature.name,
        direction=feature.direction,
        registers=feature.registers,
        span=feature.span if amount else None,
        per_member=amount and feature.direction > 0,
        derived=feature.is_derived,
        moved_by_work="activity" in reads,
        moved_by_size=feature.name == "members" or "members" in reads,
    )


def _columns(feature: Feature) -> frozenset[str]:
    """Return every register column that the feature reads, through whatever it derives from."""
    columns = set(feature.reads)
    for part in feature.reads:
        if feature.is_derived and part in FEATURES:
            columns |= _columns(FEATURES[part])
    return frozenset(columns)


def encode(features: pl.DataFrame, inputs: Sequence[Input], law: Law) -> Matrix:
    """Turn features into a matrix of model inputs, one row a family, one column an input.

    Parameters
    ----------
    features : as `features.build.build` returns them; unknown values are null.
    inputs : which columns, in which order.
    law : of the decision date; it says which months an amount covers and what ПМ was then.

    Returns
    -------
    float64; an unknown value is NaN. Each amount is divided once, by a whole number, so
    a family has the same bytes alone and in company.
    """
    prices = {span: subsistence(span, law) for span in {i.span for i in inputs} if span}
    table = _numbers(features, [i.name for i in inputs])
    members = _members(features)
    for place, each in enumerate(inputs):
        if each.span is not None:
            divisor = prices[each.span]
            table[:, place] /= divisor * members if each.per_member else divisor
    return table


def declared_income(features: pl.DataFrame, law: Law) -> Vector:
    """Return declared income, all sources, in ПМ a member a month; NaN where unknown."""
    divisor = subsistence(Span.QUARTER, law) * _members(features)
    quarter: Vector = _numbers(features, ["income_quarter"])[:, 0] / divisor
    return quarter


def subsistence(span: Span, law: Law) -> float:
    """Return the sum of the subsistence minimum over the months of ``span``, KZT a person.

    The sum, not months times today's value: a quarter may straddle a new year's law.
    """
    return float(sum(cited.edition.number for cited in priced_by(span, law)))


def priced_by(span: Span, law: Law) -> tuple[Citation, ...]:
    """Return the edition of the subsistence minimum that prices each month of ``span``."""
    return tuple(law.cite("subsistence_minimum", month) for month in months_of(span, law.day))


def in_tenge(amount: Vector, features: pl.DataFrame, law: Law) -> pl.Series:
    """Turn ПМ a member a month back into whole tenge a month for the household.

    At the ПМ of the decision date; null where the amount or the members are unknown.
    """
    tenge = np.rint(amount * (law.subsistence_minimum * _members(features)))
    return pl.Series(tenge, dtype=pl.Float64, nan_to_null=True).cast(pl.Int64)


def registers_of(inputs: Iterable[Input]) -> frozenset[str]:
    """Return every register that any of the inputs reads."""
    return frozenset(r for each in inputs for r in each.registers)


def digest(names: Iterable[str]) -> str:
    """Return a hash of how these features are computed, with all that they are derived from.

    A model that was trained on one definition must never be fed by another.
    """
    wanted, queue = set[str](), list(names)
    while queue:
        name = queue.pop()
        if name in FEATURES and name not in wanted:
            wanted.add(name)
            queue.extend(FEATURES[name].reads)
    hashed = hashlib.sha256()
    for name in sorted(wanted):
        hashed.update(definition(name).encode())
    return hashed.hexdigest()


def _numbers(features: pl.DataFrame, names: Sequence[str]) -> Matrix:
    """Return columns as float64, one row a family; null becomes NaN.

    Column by column: an expression over all of them would wake the query engine, which
    costs one family of a request ten times what its predictions cost.
    """
    table = np.empty((features.height, len(names)), dtype=np.float64)
    for place, name in enumerate(names):
        table[:, place] = features.get_column(name).cast(pl.Float64).to_numpy()
    return table


def _members(features: pl.DataFrame) -> Vector:
    """Return the members of each household; NaN for a household without any."""
    members = _numbers(features, ["members"])[:, 0]
    return np.where(members > 0, members, np.nan)
