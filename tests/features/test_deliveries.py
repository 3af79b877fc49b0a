"""A note of the deliveries decides which months are covered, and must agree with the files."""

import hashlib
import json
from datetime import date

import polars as pl
import pytest

from features.checking.check import decision_date, faults
from features.registers.covered_months import gaps_as_faults
from features.registers.reading.load import open_data_set
from tests.features import data_sets
from tests.features.test_coverage import (
    DAY,
    FAMILIES,
    WORKERS,
    YEAR,
    country,
    coverage_of,
    month,
    paid,
)


def written(folder, incomes=None, ending="csv", **changes):
    """A country with a note of its deliveries: one of the incomes, for the year."""
    country(folder, paid() if incomes is None else incomes)
    file = folder / "incomes.parquet"
    delivery = {
        "register": "incomes",
        "covers_from": "2025-01-01",
        "covers_to": "2025-12-01",
        "rows": pl.read_parquet(file).height,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "delivered_on": "2026-01-01",
    }
    note(folder, [delivery | changes], ending)
    return open_data_set(folder)


def note(folder, deliveries, ending="csv"):
    table = pl.DataFrame(deliveries, infer_schema_length=None)
    path = folder / f"deliveries.{ending}"
    if ending == "csv":
        table.write_csv(path)
    elif ending == "parquet":
        table.write_parquet(path)
    else:
        path.write_text(json.dumps(deliveries), encoding="utf-8")


def rules(data):
    return [f.rule for f in faults(data, DAY) if f.register == "deliveries"]


@pytest.mark.parametrize("ending", ["csv", "parquet", "json"])
def test_what_was_delivered_is_covered_though_few_earned_anything(tmp_path, ending):
    few = pl.concat([paid(YEAR[:-1]), paid(YEAR[-1:], WORKERS[:1])])
    data = written(tmp_path, few, ending)
    assert rules(data) == []
    assert data.warnings == ()
    assert coverage_of(data, DAY).reach("incomes") == 12
    assert gaps_as_faults(data, DAY) == []
    assert decision_date(data) == DAY


def test_a_month_may_be_written_without_its_day(tmp_path):
    data = written(tmp_path, covers_from="2025-07", covers_to="2025-12")
    assert rules(data) == []
    assert coverage_of(data, DAY).reach("incomes") == 6


def test_what_was_not_delivered_is_not_covered_though_rows_are_there(tmp_path):
    data = written(tmp_path, covers_to="2025-10-01")
    assert coverage_of(data, DAY).silent == ("incomes",)
    assert decision_date(data) == month(11)
    [fault] = gaps_as_faults(data, DAY)
    assert fault.rows == 2 * FAMILIES
    assert "2025-11 to 2025-12 are not covered in the whole country" in fault.rule


def test_a_delivery_of_a_later_day_covers_nothing_before_it(tmp_path):
    data = written(tmp_path, delivered_on="2026-01-15")
    assert coverage_of(data, date(2026, 1, 14)).silent == ("incomes",)
    assert coverage_of(data, date(2026, 1, 15)).silent == ()


def test_a_delivery_of_one_region_covers_no_other(tmp_path):
    coverage = coverage_of(written(tmp_path, region="71"), DAY)
    assert coverage.reach("incomes", "71") == 12
    assert coverage.reach("incomes", "10") == 0
    assert coverage.silent == ()
    assert [gap.regions for gap in coverage.gaps()] == [("10",)]


def test_an_open_end_covers_every_month_of_the_calendar(tmp_path):
    data = written(tmp_path, covers_to="9999-12-01")
    assert rules(data) == []
    assert coverage_of(data, DAY).reach("incomes") == 12


def test_deliveries_of_months_add_up_to_their_file(tmp_path):
    written(tmp_path)
    file = tmp_path / "incomes.parquet"
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    each = [
        {
            "register": "incomes",
            "covers_from": str(m),
            "covers_to": str(m),
            "rows": FAMILIES,
            "sha256": sha256.upper(),
        }
        for m in YEAR
        if m != month(5)
    ]
    each[0]["rows"] += FAMILIES  # the rows of May came with another month
    note(tmp_path, each)
    data = open_data_set(tmp_path)
    assert rules(data) == []
    assert coverage_of(data, DAY).reach("incomes") == 7


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"rows": 287}, "incomes.parquet has 288 rows, and its deliveries 287"),
        ({"sha256": "0" * 64}, "1 hash is of no file that is there"),
        ({"sha256": None}, "may not be empty"),
        ({"register": "income"}, "names no register of the contract"),
        ({"covers_to": "2024-12-01"}, "names no months from the first to the last"),
        ({"covers_from": "2025-01-15"}, "names no months from the first to the last"),
        ({"covers_from": "January"}, "not readable"),
        ({"region": "1O"}, "names no region of KATO"),
    ],
)
def test_a_note_that_says_otherwise_than_the_files_is_an_error(tmp_path, changes, rule):
    data = written(tmp_path, **changes)
    assert any(rule in each for each in rules(data)), rules(data)
    assert any(f.is_error for f in faults(data, DAY))


def test_a_file_that_no_delivery_names_is_an_error(tmp_path):
    data = written(tmp_path, sha256="0" * 64)
    assert any("incomes.parquet is not among the deliveries" in rule for rule in rules(data))


@pytest.mark.parametrize("content", ["", "{", '{"deliveries": 3}', "[1, 2]"])
def test_a_note_that_cannot_be_read_is_an_error_and_no_silence(tmp_path, content):
    country(tmp_path, paid())
    (tmp_path / "deliveries.json").write_text(content, encoding="utf-8")
    assert rules(open_data_set(tmp_path))


def test_a_note_that_is_a_link_to_nowhere_is_an_error_and_no_silence(tmp_path):
    country(tmp_path, paid())
    (tmp_path / "deliveries.csv").symlink_to(tmp_path / "gone.csv")
    assert rules(open_data_set(tmp_path)) == ["deliveries.csv is no file"]


def test_two_notes_are_an_error(tmp_path):
    written(tmp_path)
    (tmp_path / "deliveries.json").write_text("[]", encoding="utf-8")
    assert any("given twice" in rule for rule in rules(open_data_set(tmp_path)))


def test_a_register_that_the_note_does_not_name_is_judged_by_its_rows(tmp_path):
    data_sets.write(tmp_path)
    sha256 = hashlib.sha256((tmp_path / "vehicles.parquet").read_bytes()).hexdigest()
    note(tmp_path, [{"register": "vehicles", "rows": 1, "sha256": sha256}])
    data = open_data_set(tmp_path)
    assert rules(data) == []
    assert coverage_of(data, DAY).reach("incomes") == 3
