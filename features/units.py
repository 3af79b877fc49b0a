"""Units of measure and calendar months: said once, where a number is born."""

from calendar import isleap
from datetime import MAXYEAR, MINYEAR, date
from enum import StrEnum

import polars as pl

from features.errors import DayError


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
    CODE = "code"
    """A number that only names something: neither its size nor its order means anything."""


class Span(StrEnum):
    """The time a sum of money covers: what it must be divided by to be a month's."""

    QUARTER = "the three complete months before the decision"
    PREVIOUS_QUARTER = "the three complete months before those"
    YEAR = "the twelve complete months before the decision"
    LAST_MONTH = "the complete month before the decision"
    HALF_YEAR = "the six complete months before the decision"
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

    Raises DayError beyond the calendar, which has the years 1 to 9999.

    >>> add_months(date(2026, 1, 15), -3)
    datetime.date(2025, 10, 1)
    """
    index = month.year * 12 + month.month - 1 + count
    return _of_calendar(index // 12, index % 12 + 1, 1)


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
        Span.LAST_MONTH: (-1, -1),
        Span.HALF_YEAR: (-6, -1),
        Span.MONTH: (0, 0),
        Span.STOCK: (0, 0),
    }[span]
    return tuple(add_months(this, back) for back in range(first, last + 1))


def aged(birth: pl.Expr, as_of: date, least: int, most: int | None = None) -> pl.Expr:
    """Return whether a person has lived ``least`` full years on the day, and at most ``most``.

    A person born on 29 February ages on 1 March. Compared with two days instead of
    counting years: the same answer, several times faster over a country.
    """
    old_enough = birth <= years_before(as_of, least)
    return old_enough if most is None else old_enough & (birth > years_before(as_of, most + 1))


def years_before(day: date, years: int) -> date:
    """Return the day so many years earlier; 29 February becomes the 28th where there is none."""
    leap_day = (day.month, day.day) == (2, 29) and not isleap(day.year - years)
    return _of_calendar(day.year - years, day.month, 28 if leap_day else day.day)


def _of_calendar(year: int, month: int, day: int) -> date:
    if not MINYEAR <= year <= MAXYEAR:
        other = "an earlier" if year > MAXYEAR else "a later"
        raise DayError(
            f"A day of the year {year} would be needed, and the calendar has the years {MINYEAR} "
            f"to {MAXYEAR}: ask for {other} day."
        )
    return date(year, month, day)
