"""The command as its users meet it: one clear line for bad input, nothing half-written."""

import json
import shutil
from functools import partial

import polars as pl
import pytest

from tests.conftest import Command
from tests.features import data_sets


@pytest.fixture
def process(tmp_path):
    """The command as a process of its own, with a home in which nothing is."""
    return Command(tmp_path / "home")


@pytest.fixture
def fresh(tmp_path, in_process):
    """The command in this process, with a home in which nothing is."""
    return partial(in_process, tmp_path / "home")


@pytest.fixture
def data(tmp_path, simulated_data):
    """A copy of the simulated country that a test may spoil."""
    folder = tmp_path / "data"
    shutil.copytree(simulated_data, folder, ignore=shutil.ignore_patterns("truth"))
    return folder


@pytest.fixture
def three_families(tmp_path):
    """A small data set without a fault, that a test may spoil."""
    return data_sets.write(tmp_path / "three")


def rewrite(folder, register, change):
    """Replace a register by what ``change`` makes of it."""
    place = folder / register
    frame = pl.read_parquet(place / "*.parquet" if place.is_dir() else f"{place}.parquet")
    shutil.rmtree(place, ignore_errors=True)
    change(frame).write_parquet(folder / f"{register}.parquet")


def refused(run, *words):
    """The run ended with exit 1, said these words, and showed no trace."""
    assert run.code == 1, run.out + run.err
    for word in words:
        assert word in run.out + run.err
    assert "Traceback" not in run.out + run.err


def test_a_clean_data_set_passes_the_check_and_says_so_in_json(process, simulated_data):
    run = process("check", simulated_data, "--json")
    assert run.code == 0, run.out
    assert run.json["errors"] == 0
    assert run.json["as_of"] == "2026-01-01"


SPOILED = {
    "a missing column": ("persons", lambda f: f.drop("birth_date"), "persons.birth_date"),
    "a text where a number belongs": (
        "loans",
        lambda f: f.with_columns(monthly_payment=pl.lit("a lot")),
        "loans.monthly_payment",
    ),
    "duplicate keys": ("households", lambda f: pl.concat([f, f.head(2)]), "households"),
    "orphans": (
        "vehicles",
        lambda f: f.with_columns(person_id=pl.col("person_id") + 1_000_000_007),
        "vehicles.person_id",
    ),
    "negative money": (
        "incomes",
        lambda f: f.with_columns(amount=-pl.col("amount") - 1),
        "incomes.amount",
    ),
    "an unknown region": (
        "households",
        lambda f: f.with_columns(region=pl.lit("99")),
        "households.region",
    ),
    "a birth after the decision date": (
        "persons",
        lambda f: f.with_columns(birth_date=pl.lit("2031-01-01").str.to_date()),
        "persons.birth_date",
    ),
}


@pytest.mark.parametrize("case", SPOILED)
def test_a_fault_gets_one_line_with_place_count_and_remedy(fresh, three_families, tmp_path, case):
    register, change, place = SPOILED[case]
    rewrite(three_families, register, change)
    run = fresh("check", three_families, "--report", tmp_path / "faults.json")
    refused(run, place.split(".")[0])
    faults = json.loads((tmp_path / "faults.json").read_text())["faults"]
    assert any(place.startswith(f["register"]) and f["remedy"] for f in faults)
    run = fresh("snapshot", three_families, "--as-of", "2026-01-01", "--out", tmp_path / "snap")
    refused(run, place, "nothing was written")
    assert not (tmp_path / "snap").exists()


def test_an_empty_and_a_truncated_file_are_named(process, three_families, tmp_path):
    whole = (three_families / "incomes.parquet").read_bytes()
    (three_families / "incomes.parquet").write_bytes(whole[: len(whole) // 2])
    (three_families / "vehicles.parquet").write_bytes(b"")
    run = process("check", three_families)
    refused(run, "incomes", "truncated", "vehicles", "empty file")
    refused(process("score", three_families, "--out", tmp_path / "d.parquet"), "incomes")
    assert not (tmp_path / "d.parquet").exists()


def test_a_folder_without_registers_and_a_folder_that_is_none(fresh, tmp_path):
    refused(fresh("check", tmp_path), "0 registers")
    refused(fresh("snapshot", tmp_path / "nowhere", "--out", tmp_path / "s"), "does not exist")


def test_a_day_before_the_first_edition_of_the_law_is_refused_before_anything_is_written(
    fresh, simulated_data, tmp_path
):
    out = tmp_path / "d.parquet"
    run = fresh("score", simulated_data, "--as-of", "2018-01-01", "--out", out)
    refused(run, "2018-01-01")
    assert not out.exists()


def test_the_report_of_a_check_is_written_as_json(fresh, data, tmp_path):
    rewrite(data, "households", lambda f: f.with_columns(region=pl.lit("99")))
    run = fresh("check", data, "--report", tmp_path / "faults.json")
    assert run.code == 1
    faults = json.loads((tmp_path / "faults.json").read_text())["faults"]
    assert faults[0]["register"] == "households"
    assert len(faults[0]["examples"]) <= 3
    assert fresh("check", data, "--json").json["faults"] == faults


def test_a_decision_long_after_the_last_incomes_treats_them_as_silent_and_says_so(
    fresh, simulated_snapshot, tmp_path
):
    out = tmp_path / "late.parquet"
    run = fresh(
        "score",
        simulated_snapshot,
        "--unsigned",
        "--model",
        "none",
        "--as-of",
        "2026-06-01",
        "--out",
        out,
    )
    assert run.code == 0
    assert "2026-01 to 2026-05 are not covered in the whole country" in run.err
    late = pl.read_parquet(out)
    assert (late["status"] == "review").mean() > 0.5


def test_without_a_promoted_model_the_remedy_is_named(fresh, simulated_snapshot, tmp_path):
    run = fresh("score", simulated_snapshot, "--out", tmp_path / "d.parquet", "--unsigned")
    refused(run, "tarazy train", "tarazy promote")


def test_wrong_usage_leaves_with_two_and_says_so_in_json_where_asked(process):
    assert process("no-such-verb").code == 2
    run = process("check", "x", "--as-of", "yesterday", "--json")
    assert run.code == 2
    assert run.json["exit_code"] == 2


def test_a_place_that_cannot_be_written_is_no_fault_of_ours(fresh, simulated_snapshot):
    run = fresh("features", simulated_snapshot, "--out", "/proc/no/such.parquet", "--unsigned")
    refused(run, "cannot be read or written", "--out")


def test_an_error_is_json_too_where_json_was_asked_for(fresh, tmp_path):
    run = fresh("check", tmp_path / "nowhere", "--json")
    assert run.code == 1
    assert run.json["exit_code"] == 1


def test_features_are_one_row_a_family_with_null_for_a_silent_register(fresh, data, tmp_path):
    shutil.rmtree(data / "deposits", ignore_errors=True)
    (data / "deposits.parquet").unlink(missing_ok=True)
    run = fresh("features", data, "--out", tmp_path / "f.parquet", "--json")
    assert run.code == 0, run.err
    table = pl.read_parquet(tmp_path / "f.parquet")
    assert table["deposits_balance"].null_count() == table.height
    assert run.json["silent_features"] == ["deposits_balance"]
    assert run.json["features"] >= 45
