"""Payments: what twelve months of the registers of income hold of all that.

Envelopes, shadow business and side jobs leave no row here. Targeted social assistance is
paid on what the registers show, so that a family which hides may receive it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from features.units import add_months
from training.population.chance import Flags, Floats, Ints, tenge, words
from training.population.people.families import ADULT, Families, People
from training.population.people.support import Support
from training.population.people.work import MONTHS, Terms, Work

SOURCES: Final = (
    "wage",
    "self_employment",
    "business",
    "pension",
    "allowance",
    "targeted_assistance",
    "scholarship",
    "alimony",
    "rent",
    "other",
)
_QUARTER: Final = 3
_TAKE_UP: Final = 0.071
"""Share of families below the line by their registers that ask for targeted assistance: the
published number of receiving families is far below that of families with little declared."""
_GAIN_BY_SIZE: Final = 1.5
"""Large families ask more often: what they stand to gain grows with their size; assumed."""
_STUDY_YEAR: Final = 4
"""Months of the present year of study, for which scholarships are told at first; assumed."""
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
    months: int = MONTHS,
) -> list[Stream]:
    """Every stream of declared or paid income but assistance, over the last ``months``."""
    count = len(people)
    entered = np.zeros(count, dtype=np.bool_)
    entered[enterprises["person"].to_numpy()] = True
    formal = (work.terms >= Terms.HONEST_BUSINESS) & entered
    infant_months = _months_since_birth(families, people)
    always, never, flat = np.full(count, MONTHS), np.zeros(count, np.int64), np.zeros(count)
    infant = np.where(infant_months > 0, infant_months, MONTHS)
    studies = np.full(count, _STUDY_YEAR)
    entries: list[tuple[str, Floats, Ints, Floats | None, Ints]] = [
        ("wage", work.official_wage, work.months_in_job, work.swing, never),
        ("wage", work.lost_wage, always, work.swing, work.months_since_loss),
        ("business", np.where(formal, work.declared_business, 0.0), always, flat + 0.3, never),
        (
            "self_employment",
            np.where(formal, 0.0, work.declared_business),
            always,
            flat + 0.3,
            never,
        ),
        ("pension", support.pension, _months_of_pension(people), None, never),
        ("allowance", support.disability, always, None, never),
        ("allowance", support.allowance, infant, None, never),
        ("scholarship", support.scholarship, studies, None, never),
        ("alimony", support.alimony, always, flat + 0.15, never),
    ]
    return [
        *(
            _stream(rng, source, amount, since, noise, until, months)
            for source, amount, since, noise, until in entries
        ),
        _rents(properties, months),
    ]


def _stream(
    rng: np.random.Generator,
    source: str,
    amount: Floats,
    since: Ints,
    noise: Floats | None,
    until: Ints,
    months: int,
) -> Stream:
    """Payments in the last ``since`` months, but not in the last ``until`` of them."""
    person = np.flatnonzero(amount > 0)
    back = np.arange(months - 1, -1, -1)
    active = (back < since[person, None]) & (back >= until[person, None])
    each = np.repeat(amount[person, None], months, axis=1)
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


def _rents(properties: pl.DataFrame, months: int) -> Stream:
    let = (
        properties.filter(pl.col("rent_declared"))
        .group_by("person", maintain_order=True)
        .agg(pl.col("rent").sum())
    )
    amounts = np.repeat(tenge(let["rent"].to_numpy())[:, None], months, axis=1)
    return Stream("rent", let["person"].to_numpy(), amounts)


def quarter(paid: pl.DataFrame, people: People, families: int, as_of: date) -> Floats:
    """Declared income of each family, tenge a month over the last three months."""
    last = paid.filter(pl.col("month") >= add_months(as_of, -_QUARTER))
    by_person = np.bincount(last["person"].to_numpy(), last["amount"].to_numpy(), len(people))
    return people.in_family(by_person / _QUARTER, families)


def chance_of_asking(families: Families) -> Floats:
    """How likely each family is to ask for targeted assistance, were it entitled."""
    return np.minimum(_TAKE_UP * (families.size / 4.0) ** _GAIN_BY_SIZE, 0.9)


def assistance(
    families: Families,
    people: People,
    asking: Flags,
    per_head: Floats,
    vehicles: pl.DataFrame,
    since: Ints,
    until: Ints,
    line: float,
    months: int = MONTHS,
) -> Stream:
    """Assistance up to the line, to families with children that have little declared and ask.

    ``per_head`` is what registers show of the last quarter, ``since`` for how many months
    each family has received,
    ``until`` how many months ago it last did (0: it still does).
    """
    count = len(families)
    cars = np.bincount(people.family[vehicles["person"].to_numpy()], minlength=count)
    children = people.in_family(people.age < ADULT, count)
    entitled: Flags = (per_head < line) & (children > 0) & (cars < _EXCLUDED_CARS)
    paid = np.flatnonzero(entitled & asking)
    back = np.arange(months - 1, -1, -1)
    active = (back < since[paid, None]) & (back >= until[paid, None])
    amount = tenge((line - per_head[paid]) * families.size[paid], 1)
    return Stream("targeted_assistance", families.start[paid], np.where(active, amount[:, None], 0))


def incomes(streams_: list[Stream], months: Sequence[date]) -> pl.DataFrame:
    """Rows of the register of incomes, with ``person`` instead of a key."""
    first = np.array(months, dtype="datetime64[D]")
    parts = []
    for stream in streams_:
        row, month = np.nonzero(stream.amounts)
        parts.append(
            pl.DataFrame(
                {
                    "person": stream.person[row],
                    "month": first[month],
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
