"""No row counts twice: by the register's own keys, or equal in every column, on both ways in."""

from datetime import date

import polars as pl
import pytest

from features.checking.check import broken_places, faults
from features.registers.reading.load import open_data_set
from tests.features.data_sets import (
    AS_OF,
    GOOD,
    INCOMES,
    INSPECTIONS,
    LOANS,
    PERSONS,
    VEHICLES,
    with_row,
    write,
)

SURVEY = pl.DataFrame(
    {"household_id": [1], "quarter": ["2025Q4"], "weight": [1.0], "consumption_monthly": [90_000]}
)
TRANSFERS = pl.DataFrame(
    {"person_id": [11], "month": [date(2025, 12, 1)], "senders": [60], "amount": [5]}
)
UTILITIES = pl.DataFrame({"household_id": [1], "month": [date(2025, 12, 1)], "amount": [5]})
LIVESTOCK = pl.DataFrame({"person_id": [11], "species": ["sheep"], "heads": [5]})
RECORDED = VEHICLES.with_columns(record_id=9)


def errors(folder, **registers):
    every_fault = faults(open_data_set(write(folder, registers)), AS_OF)
    return [(f.place, f.rule, f.rows) for f in every_fault if f.is_error]


def places(**registers):
    return [(p.register, p.row, p.column, p.rule) for p in broken_places(GOOD | registers, AS_OF)]


TWICE = [
    ("incomes", with_row(INCOMES, **INCOMES.row(0, named=True) | {"amount": 7}), None, "payer"),
    ("transfers", with_row(TRANSFERS, **TRANSFERS.row(0, named=True) | {"amount": 7}), None, "mon"),
    ("livestock", with_row(LIVESTOCK, **LIVESTOCK.row(0, named=True) | {"heads": 7}), None, "spec"),
    ("vehicles", with_row(RECORDED, person_id=21, kind="car", record_id=9), "record_id", "record"),
    ("loans", pl.concat([LOANS, LOANS[:1]]), None, "rows equal in every column"),
    ("vehicles", pl.concat([VEHICLES, VEHICLES]), None, "rows equal in every column"),
]


@pytest.mark.parametrize(("register", "rows", "column", "rule"), TWICE)
def test_a_row_that_stands_twice_is_an_error_with_its_count(tmp_path, register, rows, column, rule):
    [(place, broken, count)] = errors(tmp_path, **{register: rows})
    assert (place, count) == (register if column is None else f"{register}.{column}", 2)
    assert rule in broken


@pytest.mark.parametrize(("register", "rows", "column", "rule"), TWICE)
def test_a_request_names_the_row_that_stands_there_already(register, rows, column, rule):
    [(where, row, at, broken)] = places(**{register: rows})
    assert (where, row, at) == (register, rows.height - 1, column)
    assert rule in broken


@pytest.mark.parametrize(
    ("register", "row", "rule"),
    [
        ("utilities", UTILITIES, "household and month"),
        ("survey", SURVEY, "household and quarter"),
        ("inspections", INSPECTIONS, "household, day and design"),
    ],
)
def test_a_household_has_one_row_a_month_a_quarter_and_a_visit(tmp_path, register, row, rule):
    [(place, broken, count)] = errors(tmp_path, **{register: pl.concat([row, row])})
    assert (place, count) == (register, 2)
    assert rule in broken


def test_a_delivery_that_arrived_twice_is_counted_whole(tmp_path):
    [(place, _, count)] = errors(tmp_path, incomes=pl.concat([INCOMES, INCOMES]))
    assert (place, count) == ("incomes", 2 * INCOMES.height)


@pytest.mark.parametrize(
    ("register", "rows"),
    [
        ("incomes", with_row(INCOMES, **INCOMES.row(0, named=True) | {"payer_id": 2})),
        ("livestock", pl.concat([LIVESTOCK, LIVESTOCK]).with_columns(record_id=pl.Series([1, 2]))),
        ("vehicles", with_row(RECORDED, person_id=11, kind="car", model_year=2012, record_id=10)),
    ],
)
def test_what_has_a_key_of_its_own_is_another_row(tmp_path, register, rows):
    assert errors(tmp_path, **{register: rows}) == []
    assert places(**{register: rows}) == []


def test_one_of_two_herds_without_a_record_is_the_same_herd_again(tmp_path):
    herds = pl.concat([LIVESTOCK, LIVESTOCK]).with_columns(record_id=pl.Series([1, None]))
    assert [place for place, _, _ in errors(tmp_path, livestock=herds)] == ["livestock"]
    assert [row for _, row, _, _ in places(livestock=herds)] == [1]


def moved(left, joined):
    """Person 13 left family 1 on one day and joined family 2 on another."""
    periods = PERSONS.with_columns(
        left_on=pl.when(pl.col("person_id") == 13).then(pl.lit(left, pl.Date)),
        joined_on=pl.lit(None, pl.Date),
    )
    there = PERSONS.row(2, named=True) | {"household_id": 2, "joined_on": joined}
    return with_row(periods, **there)


@pytest.mark.parametrize(
    ("left", "joined", "broken"),
    [
        (date(2025, 6, 1), date(2025, 6, 1), False),
        (date(2025, 6, 1), date(2025, 5, 31), True),
        (date(2025, 6, 1), None, True),
        (None, date(2025, 6, 1), True),
        (None, None, True),
        (date(2025, 6, 1), date(2026, 6, 1), False),
    ],
)
def test_a_person_has_one_family_at_a_time(tmp_path, left, joined, broken):
    rule = [("persons.person_id", "stands more than once", 2)] if broken else []
    assert errors(tmp_path, persons=moved(left, joined)) == rule
    in_message = [("persons", 6, "person_id", "stands more than once")] if broken else []
    assert places(persons=moved(left, joined)) == in_message


def test_rows_of_one_person_agree_on_birth_and_sex(tmp_path):
    persons = moved(date(2025, 6, 1), date(2025, 6, 1))
    persons = persons.with_columns(sex=pl.Series([*persons["sex"][:6], "m"]))
    rule = "rows of one person that disagree"
    assert errors(tmp_path, persons=persons) == [("persons.person_id", rule, 2)]
    assert places(persons=persons) == [("persons", 6, "person_id", rule)]


def test_a_row_that_was_struck_off_and_its_correction_need_not_agree(tmp_path):
    persons = moved(date(2025, 6, 1), date(2025, 6, 1))
    persons = persons.with_columns(
        sex=pl.Series([*persons["sex"][:6], "m"]),
        removed_on=pl.Series([None, None, date(2025, 6, 1), None, None, None, None], dtype=pl.Date),
    )
    assert errors(tmp_path, persons=persons) == []
    assert places(persons=persons) == []
