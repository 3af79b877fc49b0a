"""Which rows stand on a day: known, not struck off, not over.

A row that is not in sight was learned, or happened, later. A row that is over says
something that held once: a membership that ended, a loan repaid, a house pulled down.
"""

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Final

import polars as pl

from features.registers.declared import REGISTERS
from features.registers.schema import NotAfterDecision

Columns = frozenset[str]
"""The columns of which a row may tell something."""


def dead(as_of: date) -> pl.Expr:
    """A member who died on or before the day."""
    return pl.col("died_on") <= as_of


def away(as_of: date, columns: Columns) -> pl.Expr:
    """A member who is away on the day; an unknown first day is long ago."""
    if "away_since" not in columns:
        return pl.col("away").is_not_null()
    since = pl.col("away_since")
    return pl.col("away").is_not_null() & (since.is_null() | (since <= as_of))


def repaid(as_of: date, columns: Columns) -> pl.Expr:
    """A loan that was closed on or before the day, or of which nothing is left."""
    tests = [pl.lit(value=False)]
    if "closed_on" in columns:
        tests.append((pl.col("closed_on") <= as_of).fill_null(value=False))
    if "outstanding" in columns:
        tests.append((pl.col("outstanding") == 0).fill_null(value=False))
    return pl.any_horizontal(tests)


def suspended(as_of: date, columns: Columns) -> pl.Expr:
    """A business that is suspended on the day."""
    since = pl.col("suspended_since") <= as_of
    if "suspended_until" not in columns:
        return since
    until = pl.col("suspended_until")
    return since & (until.is_null() | (until >= as_of))


_OVER: Final[dict[str, tuple[tuple[str, Callable[[date, Columns], pl.Expr]], ...]]] = {
    "persons": (
        ("joined_on", lambda as_of, _: pl.col("joined_on") > as_of),
        ("left_on", lambda as_of, _: pl.col("left_on") <= as_of),
        ("died_on", lambda as_of, _: dead(as_of)),
    ),
    "loans": (
        ("closed_on", repaid),
        ("outstanding", repaid),
        ("role", lambda *_: pl.col("role") == "guarantor"),
    ),
    "businesses": (("suspended_since", suspended),),
    "vehicles": (("status", lambda *_: pl.col("status") == "written_off"),),
    "properties": (("status", lambda *_: pl.col("status") == "demolished"),),
}
"""By register: how a row is over, and the column without which that cannot be told."""


def standing(register: str, rows: pl.DataFrame, as_of: date) -> pl.LazyFrame:
    """Keep the rows that the state knew on the day, and that were neither struck off nor over."""
    filled = frozenset(name for name in rows.columns if rows[name].null_count() < rows.height)
    gone = no_longer(register, filled, as_of)
    return rows.lazy().filter(~pl.any_horizontal(gone)) if gone else rows.lazy()


@lru_cache(maxsize=1024)
def no_longer(register: str, columns: Columns, as_of: date) -> tuple[pl.Expr, ...]:
    """Return the tests by which a row with these columns does not stand on the day."""
    tests = []
    for column in REGISTERS[register]:
        value = pl.col(column.name)
        if column.name not in columns:
            continue
        if column.name == "removed_on":
            tests.append(value <= as_of)
        elif column.name == "known_on" or any(
            isinstance(c, NotAfterDecision) for c in column.constraints
        ):
            tests.append(value > as_of)
    tests += [over(as_of, columns) for name, over in _OVER.get(register, ()) if name in columns]
    return tuple(test.fill_null(value=False) for test in tests)
