"""Small worlds drawn as text, so that a test reads like a page of a register."""

from datetime import date

import polars as pl

from features.registers.declared import REGISTERS


def table(text: str) -> pl.DataFrame:
    """Read a drawn table; an empty cell is null.

    >>> table("household_id | month\\n 1 | 2025-10-01").row(0)
    (1, datetime.date(2025, 10, 1))
    """
    head, *rows = ([c.strip() for c in line.split("|")] for line in text.strip().splitlines())
    return pl.DataFrame([[_value(c) for c in row] for row in rows], schema=head, orient="row")


def register(name: str, text: str) -> pl.DataFrame:
    """Read a drawn register, in the types of the contract."""
    types = REGISTERS[name].schema
    drawn = table(text)
    return drawn.cast({c: types[c] for c in drawn.columns if c in types})


def _value(cell: str) -> int | float | bool | date | str | None:
    if cell in ("yes", "no"):
        return cell == "yes"
    for read in (int, float, date.fromisoformat):
        try:
            return read(cell)
        except ValueError:
            pass
    return cell or None
