"""Whose rows the registers hold: the same answer in any order of the rows, and from any register."""

import polars as pl
import pytest

from features.registers.owners import owners_of

HOUSEHOLDS = pl.LazyFrame({"household_id": [1, 2, 3], "region": ["10", "71", None]})
PERSONS = pl.LazyFrame({"person_id": [11, 12, 21, 31], "household_id": [1, 1, 2, 3]})
PAID = [11, 11, 12, 11, 21, 31, 99, None]  # 99 is nobody's
LIVES = ["10", "10", "10", "10", "71", None, None, None]


def owners(paid, **registers):
    paid = pl.LazyFrame({"person_id": paid}, schema={"person_id": pl.Int64})
    return owners_of({"households": HOUSEHOLDS, "persons": PERSONS, "incomes": paid} | registers)


@pytest.mark.parametrize("order", [1, -1])
def test_each_row_has_the_region_of_its_person_in_the_order_of_the_rows(order):
    regions = owners(PAID[::order]).regions_of_rows("incomes", "person_id")
    assert regions.cast(pl.String).to_list() == LIVES[::order]


def test_rows_of_nobody_are_counted_under_the_key_that_they_name():
    rows = owners(PAID).by_key["person_id"].filter(pl.col("known").is_null())
    assert rows.drop_nulls("person_id").select("person_id", "rows").rows() == [(99, 1)]


def test_a_person_in_two_households_counts_each_row_once():
    moved = pl.concat([PERSONS, pl.LazyFrame({"person_id": [11], "household_id": [2]})])
    regions = owners(PAID, persons=moved).regions_of_rows("incomes", "person_id")
    assert len(regions) == len(PAID)


def test_where_no_region_is_told_owners_are_still_known():
    unplaced = owners(PAID, households=HOUSEHOLDS.drop("region"))
    assert unplaced.homes is None
    assert unplaced.by_key["person_id"]["known"].sum() == 5  # neighbours 11 and 11 are one


def test_without_its_own_register_an_owner_cannot_be_told():
    assert owners(PAID, persons=None).regions_of_rows("incomes", "person_id") is None
