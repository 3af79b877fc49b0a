"""JSON values of one declared column, read into the type that the contract hands over.

The same column reads from a file in `features.registers.reading.convert`; there a table has
one type a column, here every cell of a request may be of another.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Final

import polars as pl

from features.registers.reading.convert import expected
from features.registers.schema import Column, Kind

_EXACT: Final = 2**53
"""Up to here a whole number written with a point, such as 12.0, has lost no digit."""
_STORED: Final = 2**63
_KEY: Final = re.compile(r"-?\d{1,19}", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def read_cells(
    column: Column, values: Sequence[Any]
) -> tuple[pl.Series, list[tuple[int, str, str]]]:
    """Return a column of the contract and the cells of it that cannot be read.

    ``values`` are as JSON gave them; None is unknown. The series is in the contract's
    type, null where a cell is null or unreadable. With it comes (row, what is wrong,
    what to do) for each unreadable cell. Whether a column may be empty is the
    contract's matter, not this function's.
    """
    unreadable: list[tuple[int, str, str]] = []
    read = _READERS[column.kind]
    cells: list[Any] = []
    for row, value in enumerate(values):
        try:
            cells.append(None if value is None else read(value))
        except _TooGreatError:
            unreadable.append((row, *_too_great(column)))
            cells.append(None)
        except ValueError:
            unreadable.append((row, *expected(column)))
            cells.append(None)
    return pl.Series(column.name, cells, column.kind.dtype), unreadable


def _too_great(column: Column) -> tuple[str, str]:
    if column.kind is Kind.IDENTIFIER:
        return "too great a number for a key", "send the key as text, with all its digits"
    return "too great a number", "check the unit and the digits"


def read_day(value: object) -> date:
    """Return the day that a text such as 2025-12-31 names; ValueError: it names none."""
    if not isinstance(value, str):
        raise ValueError
    return _day(value)


def understood(column: Column, value: Any) -> Any:
    """Return a readable cell as canonical JSON holds it: same meaning, same text.

    12 and 12.0 are one number, and "12" is the same key. A number that RFC 8785 could not carry
    exactly (beyond 2^53) or that writers of JSON put down in different ways is kept as its
    decimal text.
    """
    if column.kind not in _NUMBERS or value is None:
        return value
    if column.kind is Kind.IDENTIFIER:
        value = read_key(value)
    number = int(value) if value == int(value) else float(value)
    if abs(number) >= _EXACT or (isinstance(number, float) and abs(number) < 1e-5):
        return repr(number)
    return number


def read_key(value: Any) -> int:
    """Return the key that a whole number, or its digits as text, names; ValueError: it names none.

    Text carries every digit through any reader of JSON. A number written with a point may have
    lost digits of a key from 2^53 on, and names nobody for certain.
    """
    if type(value) is str and _KEY.fullmatch(value):
        value = int(value)
    if type(value) is float and abs(value) >= _EXACT:
        raise _TooGreatError
    return _whole(value)


class _TooGreatError(ValueError):
    """A number beyond what 64 bits can store without losing a digit."""


@lru_cache(maxsize=4096)
def _day(text: str) -> date:
    if not _DAY.fullmatch(text):
        raise ValueError
    return date.fromisoformat(text)


def _whole(value: Any) -> int:
    if type(value) is not int:  # a bool is an int to Python, and no number to us
        if type(value) is not float or not value.is_integer():
            raise ValueError
        if abs(value) > _EXACT:
            raise _TooGreatError
    if not -_STORED <= value < _STORED:
        raise _TooGreatError
    return int(value)


def _decimal(value: Any) -> float:
    if type(value) not in (int, float):
        raise ValueError
    if not -_STORED <= value < _STORED:
        raise _TooGreatError
    return float(value)


def _flag(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError
    return value


def _text(value: Any) -> str:
    if type(value) is not str:
        raise ValueError
    return value


_READERS: Final[dict[Kind, Callable[[Any], Any]]] = {
    Kind.IDENTIFIER: read_key,
    Kind.COUNT: _whole,
    Kind.AMOUNT: _whole,
    Kind.DECIMAL: _decimal,
    Kind.DATE: read_day,
    Kind.MONTH: read_day,
    Kind.TEXT: _text,
    Kind.FLAG: _flag,
}
_NUMBERS: Final = frozenset({Kind.IDENTIFIER, Kind.COUNT, Kind.AMOUNT, Kind.DECIMAL})


def columns_of(columns: Iterable[Column], row: dict[str, Any]) -> dict[str, Any]:
    """Return what a row says in the contract's columns, canonically, without its nulls."""
    return {c.name: understood(c, value) for c in columns if (value := row.get(c.name)) is not None}
