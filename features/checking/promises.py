"""What every row of a register promises, as expressions that a nation and one request share."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

import polars as pl

from features.registers.declared import REGISTERS
from features.registers.fault import DATA_OWNER, keeper
from features.registers.schema import Kind, NotAfterDecision

NEVER_EMPTY: Final = ("may not be empty", "fill it in at the source, or leave the row out")
NOWHERE: Final = ("points to no row of {}", "send the missing row of {}, or leave this one out")


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """One promise about each row: where it stands, what it says, which rows break it."""

    column: str
    rule: str
    remedy: str
    owner: str
    broken: pl.Expr
    """True in a row that breaks the promise; null counts as kept."""


@lru_cache(maxsize=512)
def promises(name: str, columns: tuple[str, ...], as_of: date | None) -> tuple[Promise, ...]:
    """Return the promises that rows of the register ``name`` with these columns make.

    Promises about later dates are left out without ``as_of``. They bind only rows that
    the state knew on that day: a row learned later is invisible, not wrong.
    """
    register = REGISTERS[name]
    made: list[Promise] = []
    for column in register:
        if column.name not in columns:
            continue
        value = pl.col(column.name)
        owner = DATA_OWNER if column.kind is Kind.IDENTIFIER else keeper(register)

        def promise(
            rule: str, remedy: str, broken: pl.Expr, column: str = column.name, owner: str = owner
        ) -> None:
            made.append(
                Promise(column=column, rule=rule, remedy=remedy, owner=owner, broken=broken)
            )

        if column.required:
            promise(*NEVER_EMPTY, value.is_null())
        if column.kind is Kind.DECIMAL:
            promise("a finite number", "leave the unknown empty", ~value.is_finite())
        for constraint in column.constraints:
            broken = constraint.broken(value, as_of)
            if broken is None:
                continue
            if column.kind is Kind.DECIMAL:
                broken &= value.is_finite()
            if isinstance(constraint, NotAfterDecision) and as_of is not None:
                if constraint.spans in columns:
                    broken &= ~constraint.begun(value, as_of)
                if "known_on" in columns:
                    broken &= known(as_of)
            promise(constraint.rule, constraint.remedy, broken)
    made += [
        Promise(
            column=rule.columns[-1],
            rule=rule.rule,
            remedy=rule.remedy,
            owner=keeper(register),
            broken=rule.broken(),
        )
        for rule in register.rules
        if set(rule.columns) <= set(columns)
    ]
    return tuple(made)


def known(as_of: date | None) -> pl.Expr:
    """Rows that the state had learned on the day; without a day of learning, always."""
    learned = pl.col("known_on")
    return learned.is_null() | (learned <= as_of)


def in_sight(frame: pl.LazyFrame, columns: Sequence[str], as_of: date) -> pl.LazyFrame:
    """Keep the rows that were known and not yet struck off on the day ``as_of``."""
    if "known_on" in columns:
        frame = frame.filter(known(as_of))
    if "removed_on" in columns:
        struck = pl.col("removed_on")
        frame = frame.filter(struck.is_null() | (struck > as_of))
    return frame
