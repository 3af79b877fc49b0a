"""A snapshot is made whole or not at all, says what it holds, and never changes."""

import json
from datetime import date

import polars as pl
import pytest

from features.build import build
from features.errors import InputError, SnapshotError
from features.registers import packing
from features.registers.reading.load import open_data_set
from features.registers.snapshot import Snapshot, make
from tests.tables import register

DAY = date(2026, 1, 1)
HOUSEHOLDS = 40


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    ids = list(range(100, 100 + HOUSEHOLDS))
    pl.DataFrame(
        {"household_id": ids, "region": ["35"] * HOUSEHOLDS, "settlement": ["urban"] * HOUSEHOLDS}
    ).write_parquet(folder / "households.parquet")
    pl.DataFrame(
        {
            "person_id": [i * 10 for i in ids],
            "household_id": ids,
            "birth_date": [date(1980, 1, 1)] * HOUSEHOLDS,
            "sex": ["f"] * HOUSEHOLDS,
        }
    ).write_parquet(folder / "persons.parquet")
    pl.DataFrame(
        {
            "person_id": [i * 10 for i in ids] * 3,
            "month": [date(2025, month, 1) for month in (10, 11, 12) for _ in ids],
            "source": ["wage"] * HOUSEHOLDS * 3,
            # Beyond 32 bits when summed, though each fits into them.
            "amount": [0] * HOUSEHOLDS * 2 + [2_000_000_000] * HOUSEHOLDS,
        }
    ).write_parquet(folder / "incomes.parquet")
    register(
        "inspections",
        """
        household_id | inspected_on | design | hidden_income_monthly
        100          | 2026-02-01   | random | 0
        """,
    ).write_parquet(folder / "inspections.parquet")
    return folder


def all_features(snapshot):
    parts = [build(snapshot.registers(i), snapshot.as_of) for i in snapshot.partitions]
    return pl.concat(parts).sort("household_id")


def test_partitions_hold_every_household_once_and_give_the_same_features(data, tmp_path):
    opened = open_data_set(data)
    whole = make(opened, DAY, tmp_path / "whole")
    parted = make(opened, DAY, tmp_path / "parted", households_per_partition=7)
    assert len(whole.partitions) == 1
    assert len(parted.partitions) == 6
    assert all_features(parted).equals(all_features(whole))
    assert all_features(whole).height == HOUSEHOLDS


def test_a_household_lies_in_the_partition_that_its_key_names(data, tmp_path):
    snapshot = make(open_data_set(data), DAY, tmp_path / "s", households_per_partition=7)
    for number in snapshot.partitions:
        for household in snapshot.household_ids(number):
            assert snapshot.partition_holding(household) == number


def test_the_manifest_says_what_there_is_and_what_was_silent(data, tmp_path):
    snapshot = make(open_data_set(data), DAY, tmp_path / "s")
    assert snapshot.as_of == DAY
    assert snapshot.households == HOUSEHOLDS
    assert snapshot.manifest["contract"] == "2.0"
    assert "vehicles" in snapshot.silent
    assert "incomes" not in snapshot.silent
    assert snapshot.learning("inspections").height == 1
    assert snapshot.learning("survey") is None
    assert "inspections" not in snapshot.registers(0)


def test_the_same_rows_in_another_order_give_the_same_digest(data, tmp_path):
    first = make(open_data_set(data), DAY, tmp_path / "first")
    for path in data.glob("*.parquet"):
        pl.read_parquet(path).reverse().write_parquet(path)
    second = make(open_data_set(data), DAY, tmp_path / "second")
    assert first.digest == second.digest
    assert first.manifest["source"] != second.manifest["source"]


def test_an_identical_snapshot_is_reused_and_another_is_never_overwritten(data, tmp_path):
    out = tmp_path / "s"
    make(open_data_set(data), DAY, out)
    written = (out / "manifest.json").stat().st_mtime_ns
    make(open_data_set(data), DAY, out)
    assert (out / "manifest.json").stat().st_mtime_ns == written
    with pytest.raises(InputError, match="never overwritten"):
        make(open_data_set(data), date(2026, 1, 2), out)


def test_a_killed_run_leaves_no_half_snapshot(data, tmp_path, monkeypatch):
    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(packing, "pack", killed)
    with pytest.raises(KeyboardInterrupt):
        make(open_data_set(data), DAY, tmp_path / "s")
    assert [p.name for p in tmp_path.iterdir()] == ["data"]


def test_a_changed_byte_is_found_before_anything_is_parsed(data, tmp_path):
    snapshot = make(open_data_set(data), DAY, tmp_path / "s")
    path = tmp_path / "s" / "part-00000" / "incomes.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(SnapshotError, match="not the file that the manifest names"):
        snapshot.registers(0)


def test_a_folder_without_a_manifest_is_no_snapshot(tmp_path):
    with pytest.raises(SnapshotError, match="no manifest.json"):
        Snapshot.open(tmp_path)


def test_a_manifest_of_another_format_asks_for_a_new_snapshot(data, tmp_path):
    make(open_data_set(data), DAY, tmp_path / "s")
    path = tmp_path / "s" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 99}))
    with pytest.raises(SnapshotError, match="make the snapshot again"):
        Snapshot.open(tmp_path / "s")


def test_facts_of_a_person_who_is_not_yet_known_to_live_there_do_not_count(data, tmp_path):
    late = pl.lit(date(2026, 1, 2))
    path = data / "persons.parquet"
    pl.read_parquet(path).with_columns(known_on=late).write_parquet(path)
    snapshot = make(open_data_set(data), DAY, tmp_path / "s")
    before = build(snapshot.registers(0), DAY)
    after = build(snapshot.registers(0), date(2026, 1, 2))
    assert before["members"].sum() == 0
    assert before["income_quarter"].sum() == 0
    assert after["income_quarter"].sum() == HOUSEHOLDS * 2_000_000_000


def test_sums_do_not_overflow_the_compact_types(data, tmp_path):
    twice = pl.read_parquet(data / "incomes.parquet")
    pl.concat([twice, twice]).write_parquet(data / "incomes.parquet")
    snapshot = make(open_data_set(data), DAY, tmp_path / "s")
    assert all_features(snapshot)["income_quarter"].to_list() == [4_000_000_000] * HOUSEHOLDS


def test_a_register_that_ends_before_the_last_complete_month_is_silent_and_not_zero(data, tmp_path):
    snapshot = make(open_data_set(data), DAY, tmp_path / "s")
    in_time, too_late = date(2026, 1, 31), date(2026, 2, 1)
    assert "incomes" not in snapshot.silent_on(in_time)
    assert "incomes" in snapshot.silent_on(too_late)
    assert build(snapshot.registers(0, in_time), in_time)["income_quarter"].null_count() == 0
    features = build(snapshot.registers(0, too_late), too_late)
    assert features["income_quarter"].null_count() == HOUSEHOLDS
