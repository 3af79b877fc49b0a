"""Units of measure and calendar months: said once, where a number is born."""

from datetime import date
from enum import StrEnum

import polars as pl


class Unit(StrEnum):
    """What one step of a number means."""

    COUNT = "count"
    YES_NO = "yes/no"
    TENGE = "KZT"
    SHARE = "share"
    YEARS = "years"
    MONTHS = "months"
    DAYS = "days"
    SQUARE_DECIMETRES = "dm2"
    MILLIONTHS = "millionths"
    CATTLE_HUNDREDTHS = "hundredths of one head of cattle"
    LEVEL = "level"


class Span(StrEnum):
    """The time a sum of money covers: what it must be divided by to be a month's."""

    QUARTER = "the three complete months before the decision"
    PREVIOUS_QUARTER = "the three complete months before those"
    YEAR = "the twelve complete months before the decision"
    MONTH = "one month"
    STOCK = "the day of the decision"


def first_of_month(day: date) -> date:
    """Return the first day of the month of ``day``.

    >>> first_of_month(date(2025, 12, 31))
    datetime.date(2025, 12, 1)
    """
    return day.replace(day=1)


def add_months(month: date, count: int) -> date:
    """Return the first day of the month ``count`` months after the month of ``month``.

    >>> add_months(date(2026, 1, 15), -3)
    datetime.date(2025, 10, 1)
    """
    index = month.year * 12 + month.month - 1 + count
    return date(index // 12, index % 12 + 1, 1)


def months_of(span: Span, as_of: date) -> tuple[date, ...]:
    """Return the first days of the months that ``span`` covers, oldest first.

    The month of the decision itself is never complete and never counts, except
    for stocks and monthly instalments, which are as they stand on the day.

    >>> [m.month for m in months_of(Span.QUARTER, date(2026, 1, 1))]
    [10, 11, 12]
    """
    this = first_of_month(as_of)
    first, last = {
        Span.QUARTER: (-3, -1),
        Span.PREVIOUS_QUARTER: (-6, -4),
        Span.YEAR: (-12, -1),
        Span.MONTH: (0, 0),
        Span.STOCK: (0, 0),
    }[span]
    return tuple(add_months(this, back) for back in range(first, last + 1))


def age(birth: pl.Expr, as_of: date) -> pl.Expr:
    """Full years lived on the day ``as_of``; a person born on 29 February ages on 1 March."""
    birthday = birth.dt.month().cast(pl.Int32) * 100 + birth.dt.day().cast(pl.Int32)
    today = as_of.month * 100 + as_of.day
    return as_of.year - birth.dt.year() - (birthday > today).cast(pl.Int32)
