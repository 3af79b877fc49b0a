"""What stands in a family's registers and counts for nothing on a day, and why: for people to read.

The same tests by which `features.facts.standing` and the features leave rows out; here they are
counted, so that a family sees that a dead member or a repaid loan was left out on purpose.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from features.facts.in_force import Registers
from features.facts.standing import Columns, away, dead, repaid, standing, suspended
from features.facts.treatment import Treatment
from features.registers.declared import REGISTERS

_Test = Callable[[date, Columns], pl.Expr]


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncounted:
    """How many members, or records of the registers, count for nothing for one cause."""

    cause: str
    number: int


CAUSES: Final[tuple[tuple[str, str, str, _Test], ...]] = (
    ("REPAID", "loans", "closed_on", repaid),
    ("REPAID", "loans", "outstanding", repaid),
    ("GUARANTOR", "loans", "role", lambda *_: pl.col("role") == "guarantor"),
    ("CLOSED", "businesses", "closed_on", lambda as_of, _: pl.col("closed_on") <= as_of),
    ("SUSPENDED", "businesses", "suspended_since", suspended),
    ("NOT_USABLE", "vehicles", "status", lambda *_: pl.col("status") != "normal"),
    ("DEMOLISHED", "properties", "status", lambda *_: pl.col("status") == "demolished"),
)
"""By cause: the register, the column without which it cannot be told, and the test of a row.

A row has the first cause that holds of it.
"""
_OF_ANY: Final[tuple[tuple[str, str, _Test], ...]] = (
    ("STRUCK_OFF", "removed_on", lambda as_of, _: pl.col("removed_on") <= as_of),
    ("LEARNED_LATER", "known_on", lambda as_of, _: pl.col("known_on") > as_of),
)
_OF_MEMBERS: Final[tuple[tuple[str, str, _Test], ...]] = (
    ("DIED", "died_on", lambda as_of, columns: dead(as_of) & _stayed(columns)),
    ("LEFT", "left_on", lambda as_of, _: pl.col("left_on") <= as_of),
    ("JOINS_LATER", "joined_on", lambda as_of, _: pl.col("joined_on") > as_of),
)
ORDER: Final = (
    *(cause for cause, *_ in _OF_MEMBERS),
    "AWAY",
    *dict.fromkeys(cause for cause, *_ in CAUSES),
    "ONE_OFF",
    *(cause for cause, *_ in _OF_ANY),
)
"""Every cause, in the order in which people are told."""


def uncounted(
    registers: Registers, as_of: date, treatment: Treatment | None = None
) -> tuple[Uncounted, ...]:
    """Return what counts for nothing on the day in the registers of one household, by cause.

    Members come first, each once, whatever is in their name; then records, each by the first
    cause that holds of it. ``treatment`` is the law's word on members who are away and on grants
    paid once. A cause that holds of nothing is left out.
    """
    counts: Counter[str] = Counter()
    for name, rows in registers.items():
        if rows is None or name not in REGISTERS or rows.is_empty():
            continue
        filled = frozenset(c for c in rows.columns if rows[c].null_count() < rows.height)
        causes = [
            *((c, column, test) for c, column, test in _OF_ANY),
            *((c, column, test) for c, of, column, test in CAUSES if of == name),
        ]
        cause = _first(causes, filled, as_of)
        if name == "persons":
            counts += _members(rows.filter(cause.is_null()), filled, as_of, treatment)
        elif name == "incomes" and "source" in filled and not _one_off_counts(treatment):
            once = pl.col("source").cast(pl.String) == "one_off"
            cause = pl.coalesce(cause, pl.when(once).then(pl.lit("ONE_OFF")))
        counts.update(rows.select(cause.alias("cause")).to_series().drop_nulls().to_list())
    order = {cause: place for place, cause in enumerate(ORDER)}
    return tuple(
        Uncounted(cause=cause, number=counts[cause])
        for cause in sorted(counts, key=order.__getitem__)
    )


def _first(causes: list[tuple[str, str, _Test]], filled: Columns, as_of: date) -> pl.Expr:
    """Return the first cause that holds of a row; null: none does."""
    held = [
        pl.when(test(as_of, filled).fill_null(value=False)).then(pl.lit(cause))
        for cause, column, test in causes
        if column in filled
    ]
    return pl.coalesce(*held, pl.lit(None, pl.String))


def _members(
    persons: pl.DataFrame, filled: Columns, as_of: date, treatment: Treatment | None
) -> Counter[str]:
    """Count those who are no members on the day; a person may have several rows."""
    members = standing("persons", persons, as_of).collect()
    gone = persons.filter(~pl.col("person_id").is_in(members["person_id"].implode()))
    why = gone.with_columns(cause=_first(list(_OF_MEMBERS), filled, as_of))
    counts = Counter(
        {cause: why.filter(cause=cause)["person_id"].n_unique() for cause, _, _ in _OF_MEMBERS}
    )
    if "away" in filled:
        counted = sorted(treatment.members_while_away) if treatment else []
        absent = away(as_of, filled) & ~pl.col("away").cast(pl.String).is_in(counted)
        counts["AWAY"] = members.filter(absent)["person_id"].n_unique()
    return +counts


def _stayed(columns: Columns) -> pl.Expr:
    """Who had left before dying is another family's dead."""
    if "left_on" not in columns:
        return pl.lit(value=True)
    return (pl.col("left_on") >= pl.col("died_on")).fill_null(value=True)


def _one_off_counts(treatment: Treatment | None) -> bool:
    return treatment is not None and treatment.one_off_counts
