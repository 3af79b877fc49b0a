"""Payments: what twelve months of the registers of income hold of all that.

Envelopes, shadow business and side jobs leave no row here. Targeted social assistance is
paid on what the registers show, so that a family which hides may receive it.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from features.units import Span, add_months, months_of
from training.population.chance import Flags, Floats, Ints, happens, tenge, words
from training.population.families import ADULT, Families, People
from training.population.support import Support
from training.population.work import MONTHS, Terms, Work
from training.population.worlds import Shifts

SOURCES: Final = (
    "wage", "self_employment", "business", "pension", "allowance", "targeted_assistance",
    "scholarship", "alimony", "rent", "other",
)  # fmt: skip
_QUARTER: Final = 3
_TAKE_UP: Final = 0.12
"""Share of families below the line by their registers that ask for targeted assistance: the
published number of receiving families is far below that of families with little declared."""
_EXCLUDED_CARS: Final = 2


@dataclass(frozen=True, slots=True)
class Stream:
    """Payments of one source: their owners, and one column a month, oldest first, whole tenge."""

    source: str
    person: Ints
    amounts: Ints

    @property
    def rows(self) -> int:
        """Number of months in which something was paid."""
        return int((self.amounts > 0).sum())


def streams(
    rng: np.random.Generator,
    families: Families,
    people: People,
    work: Work,
    support: Support,
    properties: pl.DataFrame,
    enterprises: pl.DataFrame,
    vehicles: pl.DataFrame,
    shifts: Shifts,
) -> list[Stream]:
    """Every stream of declared or paid income over the last twelve months."""
    entered = np.zeros(len(people), dtype=np.bool_)
    entered[enterprises["person"].to_numpy()] = True
    formal = (work.terms >= Terms.HONEST_BUSINESS) & entered
    infant_months = _months_since_birth(families, people)
    grey = work.terms == Terms.GREY_WAGE
    declared = [
        # An envelope keeps the official wage flat; honest wages carry overtime and premiums.
        _stream(rng, "wage", work.official_wage, work.months_in_job,
                np.where(grey, 0.012, 0.05)),
        _stream(rng, "wage", work.lost_wage, np.full(len(people), MONTHS), np.full(len(people),
                0.05), until=work.months_since_loss),
        _stream(rng, "business", np.where(formal, work.declared_business, 0.0),
                np.full(len(people), MONTHS), np.full(len(people), 0.3)),
        _stream(rng, "self_employment", np.where(formal, 0.0, work.declared_business),
                np.full(len(people), MONTHS), np.full(len(people), 0.3)),
        _stream(rng, "pension", support.pension, _months_of_pension(people), None),
        _stream(rng, "allowance", support.disability, np.full(len(people), MONTHS), None),
        _stream(rng, "allowance", support.allowance,
                np.where(infant_months > 0, infant_months, MONTHS), None),
        _stream(rng, "scholarship", support.scholarship, np.full(len(people), 4), None),
        _stream(rng, "alimony", support.alimony, np.full(len(people), MONTHS),
                np.full(len(people), 0.15)),
        _rents(properties),
    ]  # fmt: skip
    line = float(shifts.of_law("poverty_line"))
    return [*declared, _targeted_assistance(rng, families, people, declared, vehicles, line)]


def _stream(
    rng: np.random.Generator,
    source: str,
    amount: Floats,
    since: Ints,
    noise: Floats | None,
    *,
    until: Ints | None = None,
) -> Stream:
    """Payments in the last ``since`` months, but not in the last ``until`` of them."""
    person = np.flatnonzero(amount > 0)
    back = np.arange(MONTHS - 1, -1, -1)
    active = back < since[person, None]
    if until is not None:
        active &= back >= until[person, None]
    each = np.repeat(amount[person, None], MONTHS, axis=1)
    if noise is not None:
        swing = noise[person, None]
        each = each * np.exp(swing * rng.standard_normal(each.shape) - swing**2 / 2)
    return Stream(source, person, np.where(active, tenge(each), 0))


def _months_since_birth(families: Families, people: People) -> Ints:
    """Whole months since the birth of the family's infant; 0: it has none."""
    youngest = np.full(len(families), 99.0)
    np.minimum.at(youngest, people.family, people.age)
    months = np.where(youngest < 1.0, 1 + np.floor(12 * youngest), 0)
    return months[people.family].astype(np.int64)


def _months_of_pension(people: People) -> Ints:
    retired = people.age - np.where(people.female, 61.0, 63.0)
    months = np.where(retired >= 0, 1 + np.floor(12 * retired), MONTHS)
    return np.minimum(months, MONTHS).astype(np.int64)


def _rents(properties: pl.DataFrame) -> Stream:
    let = properties.filter(pl.col("rent_declared")).group_by("person", maintain_order=True).agg(
        pl.col("rent").sum()
    )  # fmt: skip
    amounts = np.repeat(tenge(let["rent"].to_numpy())[:, None], MONTHS, axis=1)
    return Stream("rent", let["person"].to_numpy(), amounts)


def quarter(streams_: list[Stream], people: People, families: int) -> Floats:
    """Declared income of each family, tenge a month over the last three months."""
    by_person = np.zeros(len(people))
    for stream in streams_:
        np.add.at(by_person, stream.person, stream.amounts[:, -_QUARTER:].sum(axis=1) / _QUARTER)
    return people.in_family(by_person, families)


def _targeted_assistance(
    rng: np.random.Generator,
    families: Families,
    people: People,
    declared: list[Stream],
    vehicles: pl.DataFrame,
    line: float,
) -> Stream:
    """Assistance up to the line, to families with children that have little declared."""
    count = len(families)
    per_head = quarter(declared, people, count) / families.size
    cars = np.bincount(people.family[vehicles["person"].to_numpy()], minlength=count)
    children = people.in_family(people.age < ADULT, count)
    entitled: Flags = (per_head < line) & (children > 0) & (cars < _EXCLUDED_CARS)
    paid = np.flatnonzero(entitled & happens(rng, _TAKE_UP, count))
    since = 3 * rng.integers(1, 5, len(paid))
    active = np.arange(MONTHS - 1, -1, -1) < since[:, None]
    amount = tenge((line - per_head[paid]) * families.size[paid], 1)
    return Stream("targeted_assistance", families.start[paid], np.where(active, amount[:, None], 0))


def incomes(streams_: list[Stream], as_of: date) -> pl.DataFrame:
    """Rows of the register of incomes, with ``person`` instead of a key."""
    months = np.array(months_of(Span.YEAR, as_of), dtype="datetime64[D]")
    assert months[0] == np.datetime64(add_months(as_of, -MONTHS))
    parts = []
    for stream in streams_:
        row, month = np.nonzero(stream.amounts)
        parts.append(
            pl.DataFrame(
                {
                    "person": stream.person[row],
                    "month": months[month],
                    "source": words(SOURCES, np.full(len(row), SOURCES.index(stream.source))),
                    "amount": stream.amounts[row, month],
                }
            )
        )
    # One row a person, month and source: an infant's and a large family's benefit are one.
    table = pl.concat(parts)
    return table.group_by("person", "month", "source", maintain_order=True).agg(
        pl.col("amount").sum()
    )
