"""Lossless steps from the type a file happens to have to the type the contract hands over.

A writer may shrink whole numbers, keep them as floats because some are missing, or
write dates as midnight timestamps; CSV writes everything as text. Whatever can be
read without losing anything is read; the rest is counted, never guessed.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import polars as pl

from features.registers.schema import Column, Kind

_EXACT_IN_FLOAT: Final[dict[pl.DataType, int]] = {
    pl.Float64(): 2**53,
    pl.Float32(): 2**24,
    pl.Float16(): 2**11,
}
"""From here on a float may have lost digits of the key or amount that it was made from."""

_DIGITS: Final = 38
"""Decimals of more are written by others, and read by nothing here."""

_WHOLE: Final = frozenset({Kind.IDENTIFIER, Kind.COUNT, Kind.AMOUNT})

_EXPECTED: Final[dict[Kind, tuple[str, str]]] = {
    **dict.fromkeys(
        _WHOLE,
        ("not a whole number", "write digits only: no text, no fraction, no separators"),
    ),
    Kind.IDENTIFIER: (
        "not a whole number, or a float from 2^53 on, which may have lost digits of the key",
        "write keys as whole numbers or as their digits in text, never as floats",
    ),
    Kind.DECIMAL: ("not a number", "write digits with a decimal point; leave the unknown empty"),
    **dict.fromkeys(
        (Kind.DATE, Kind.MONTH),
        ("not a date", "write dates as 2025-12-31, or as timestamps at midnight"),
    ),
    Kind.FLAG: ("neither true nor false", "write true or false; leave the unknown empty"),
    Kind.TEXT: ("not text", "write the column as text"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """How one column of one file becomes a column of the contract."""

    value: pl.Expr
    """The column in the contract's type; null where it cannot be read."""
    unreadable: pl.Expr | None
    """True where something stands that cannot be read; None: cannot happen."""


def expected(column: Column) -> tuple[str, str]:
    """Return what is wrong with an unreadable value of the column, and what to do."""
    return _EXPECTED[column.kind]


def convert(column: Column, stored: pl.DataType) -> Conversion | None:
    """Return how a column stored as ``stored`` is read; None: its type can never be."""
    raw, target = pl.col(column.name), column.kind.dtype
    if stored == target:
        return Conversion(value=raw, unreadable=None)
    if stored == pl.Null:
        return Conversion(value=raw.cast(target), unreadable=None)
    if isinstance(stored, (pl.Categorical, pl.Enum)):
        raw, stored = raw.cast(pl.String), pl.String()
        if target == pl.String:
            return Conversion(value=raw.alias(column.name), unreadable=None)
    if isinstance(stored, pl.Decimal) and stored.precision > _DIGITS:
        return None
    if stored == pl.String:
        value = _from_text(raw, column.kind)
        return _counted(column, raw, value)
    return _from_stored(column, raw, stored)


def _from_stored(column: Column, raw: pl.Expr, stored: pl.DataType) -> Conversion | None:
    """Numbers and timestamps: cast, and cast back to see that nothing was lost."""
    target = column.kind.dtype
    if column.kind in _WHOLE and stored.is_numeric():
        if stored.is_signed_integer() and stored != pl.Int128:
            return Conversion(value=raw.cast(target), unreadable=None)
        value = raw.cast(target, strict=False)
        exact = value.cast(stored, strict=False) == raw
        if stored.is_float():
            exact &= _exact(raw, stored, column.kind)
        return _counted(column, raw, pl.when(exact).then(value))
    if column.kind is Kind.DECIMAL and stored.is_numeric():
        return Conversion(value=raw.cast(target), unreadable=None)
    if target == pl.Date and isinstance(stored, pl.Datetime) and _is_zone(stored.time_zone):
        local = raw.dt.replace_time_zone(None)
        return _counted(
            column, raw, pl.when(local == local.dt.truncate("1d")).then(local.dt.date())
        )
    if column.kind is Kind.FLAG and stored.is_integer():
        return _counted(column, raw, pl.when(raw.is_in([0, 1])).then(raw == 1))
    if column.kind is Kind.TEXT and stored.is_integer():
        return Conversion(value=raw.cast(target), unreadable=None)
    return None


@cache
def _is_zone(name: str | None) -> bool:
    """Whether Polars knows a time zone; a timestamp without one is of the register's own place."""
    try:
        pl.Series([], dtype=pl.Datetime("us")).dt.replace_time_zone(name)
    except pl.exceptions.ComputeError:
        return False
    return True


def _exact(number: pl.Expr, stored: pl.DataType, kind: Kind) -> pl.Expr:
    """Whether a float still is the number it was made from; two keys may share one from 2^53 on."""
    most = _EXACT_IN_FLOAT[stored]
    return number.abs() < most if kind is Kind.IDENTIFIER else number.abs() <= most


def _from_text(raw: pl.Expr, kind: Kind) -> pl.Expr:
    if kind in _WHOLE:
        number = raw.cast(pl.Float64, strict=False)
        whole = number.cast(pl.Int64, strict=False)
        exact = (whole.cast(pl.Float64) == number) & _exact(number, pl.Float64(), kind)
        # A writer that met a missing value prints whole numbers as 12.0.
        return pl.coalesce(raw.cast(pl.Int64, strict=False), pl.when(exact).then(whole))
    if kind is Kind.DECIMAL:
        return raw.cast(pl.Float64, strict=False)
    if kind in (Kind.DATE, Kind.MONTH):
        day = raw.str.extract(r"^(\d{4}-\d{2}-\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?Z?)?$", 1)
        return day.str.to_date("%Y-%m-%d", strict=False)
    if kind is Kind.FLAG:
        word = raw.str.to_lowercase()
        yes, no = word.is_in(["true", "t", "1"]), word.is_in(["false", "f", "0"])
        return pl.when(yes).then(True).when(no).then(False)
    return raw


def _counted(column: Column, raw: pl.Expr, value: pl.Expr) -> Conversion:
    return Conversion(
        value=value.alias(column.name), unreadable=raw.is_not_null() & value.is_null()
    )
