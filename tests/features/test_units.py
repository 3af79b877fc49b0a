"""Calendar months, told from the decision date alone."""

from datetime import date

import polars as pl
import pytest

from features.errors import DayError
from features.units import Span, add_months, aged, months_of


@pytest.mark.parametrize(
    ("as_of", "first", "last"),
    [
        (date(2026, 1, 1), date(2025, 10, 1), date(2025, 12, 1)),
        (date(2025, 12, 31), date(2025, 9, 1), date(2025, 11, 1)),
        (date(2024, 2, 29), date(2023, 11, 1), date(2024, 1, 1)),
    ],
)
def test_the_quarter_is_the_three_complete_months_before_the_decision(as_of, first, last):
    months = months_of(Span.QUARTER, as_of)
    assert (months[0], months[-1], len(months)) == (first, last, 3)


def test_a_year_is_twelve_complete_months():
    months = months_of(Span.YEAR, date(2026, 1, 15))
    assert (months[0], months[-1], len(months)) == (date(2025, 1, 1), date(2025, 12, 1), 12)


def test_months_cross_the_year_both_ways():
    assert add_months(date(2025, 12, 5), 1) == date(2026, 1, 1)
    assert add_months(date(2026, 1, 5), -1) == date(2025, 12, 1)


@pytest.mark.parametrize(
    ("day", "months"), [(date.min, -1), (date(1, 12, 1), -12), (date.max, 1), (date(9999, 9, 1), 4)]
)
def test_a_month_beyond_the_calendar_is_the_days_own_error(day, months):
    with pytest.raises(DayError, match="the calendar has the years 1 to 9999"):
        add_months(day, months)


def test_the_first_and_the_last_month_of_the_calendar_are_reached():
    assert add_months(date(1, 12, 31), -11) == date.min
    assert add_months(date(9999, 9, 30), 3) == date(9999, 12, 1)


def test_an_age_that_reaches_before_the_calendar_is_the_days_own_error():
    with pytest.raises(DayError, match="ask for a later day"):
        aged(pl.col("birth_date"), date(18, 2, 28), 18)
    born = pl.DataFrame({"birth_date": [date.min, date(1, 1, 2)]})
    assert born.select(aged(pl.col("birth_date"), date(19, 1, 1), 18)).to_series().to_list() == [
        True,
        False,
    ]
