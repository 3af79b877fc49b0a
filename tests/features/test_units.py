"""Calendar months, told from the decision date alone."""

from datetime import date

import pytest

from features.units import Span, add_months, months_of


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
