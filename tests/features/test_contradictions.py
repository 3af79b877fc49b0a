"""Facts that contradict each other, of families that moved, died, or were paid beforehand."""

from datetime import date

import polars as pl
import pytest

from features.checking.check import faults
from features.registers.reading.load import open_data_set
from tests.features.data_sets import AS_OF, INCOMES, PERSONS, VEHICLES, with_row, write


def rules(folder, **registers):
    return [
        (f.place, f.rule, f.rows) for f in faults(open_data_set(write(folder, registers)), AS_OF)
    ]


@pytest.mark.parametrize(
    ("left", "died", "families"),
    [
        (date(2020, 1, 1), date(2025, 6, 1), 1),
        (date(2025, 6, 1), date(2025, 6, 1), 2),
    ],
)
def test_a_family_that_somebody_left_before_dying_holds_nothing_of_the_dead(
    tmp_path, left, died, families
):
    """A man of family 1 who joined family 2 when he left, and has a car."""
    gone = pl.col("person_id") == 11
    persons = PERSONS.with_columns(
        left_on=pl.when(gone).then(pl.lit(left)),
        joined_on=pl.lit(None, pl.Date),
        died_on=pl.when(gone).then(pl.lit(died)),
    )
    there = {"household_id": 2, "relation": "other", "joined_on": left, "left_on": None}
    persons = with_row(persons, **persons.row(0, named=True) | there)
    held = [rows for place, rule, rows in rules(tmp_path, persons=persons, vehicles=VEHICLES)
            if "died" in rule and place != "incomes.month"]  # fmt: skip
    assert held == [families]


def test_months_that_break_their_promise_are_one_error_and_no_work(tmp_path):
    """Amount and months were swapped: no row is spread over three hundred thousand months."""
    swapped = INCOMES.with_columns(months=pl.col("amount"), amount=pl.lit(1))
    seen = [(place, rows) for place, _, rows in rules(tmp_path, incomes=swapped)]
    assert ("incomes.months", 4) in seen
