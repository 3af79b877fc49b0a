"""A full disk is nobody's fault but is named: the place, exit code 1, and nothing half-written.

/dev/full answers every byte as a full disk does.
"""

import shutil
import sqlite3
from types import SimpleNamespace

import polars as pl
import pytest

from features.files import tables
from features.files.whole import is_full, replacing
from features.registers import packing
from serving.commands import main
from tests.features import data_sets


@pytest.fixture
def refused(tmp_path, monkeypatch, capsys):
    """What the command says where it leaves with 1, in a folder and a home of its own."""
    monkeypatch.setenv("TARAZY_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    data_sets.write(tmp_path / "data")

    def call(*words):
        with pytest.raises(SystemExit) as left:
            main([*words])
        assert left.value.code == 1
        return capsys.readouterr().err

    return call


@pytest.mark.parametrize(
    "write",
    [
        lambda path: data_sets.INCOMES.write_parquet(path),
        lambda path: data_sets.INCOMES.write_csv(path),
        lambda path: data_sets.INCOMES.lazy().sink_parquet(path),
        lambda path: path.write_text("a family"),
    ],
    ids=["parquet", "csv", "a stream", "text"],
)
def test_whoever_writes_the_place_is_named_and_nothing_is_left(tmp_path, write):
    def onto_a_full_disk(out):
        with replacing(out) as draft:
            draft.unlink()
            draft.symlink_to("/dev/full")
            write(draft)

    with pytest.raises(OSError, match=r"No space left on device: .*/list") as full:
        onto_a_full_disk(tmp_path / "list")
    assert full.value.filename == str(tmp_path / "list")
    assert list(tmp_path.iterdir()) == []


def test_a_table_that_does_not_fit_is_no_fault_of_ours(refused, tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "_to_csv", lambda table, _: table.write_csv("/dev/full"))
    message = refused("features", "data", "--out", "f.csv")
    assert "f.csv cannot be read or written (No space left on device)" in message
    assert "make room there" in message
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "home"]


def test_a_snapshot_that_does_not_fit_is_no_fault_of_ours(refused, tmp_path, monkeypatch):
    monkeypatch.setattr(packing, "pack", lambda rows, *_: rows.write_csv("/dev/full"))
    message = refused("snapshot", "data", "--out", "snap")
    assert "snap cannot be read or written (No space left on device)" in message
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "home"]


def test_a_writer_that_fails_without_a_reason_on_a_full_disk_is_understood(tmp_path, monkeypatch):
    def fails(out):
        with replacing(out):
            raise pl.exceptions.ComputeError("Invalid thrift: transport error")

    with pytest.raises(pl.exceptions.ComputeError):
        fails(tmp_path / "list")
    full = SimpleNamespace(free=4_096)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    with pytest.raises(OSError, match="No space left"):
        fails(tmp_path / "list")


def test_what_a_database_says_of_a_full_disk_is_understood():
    assert is_full(sqlite3.OperationalError("database or disk is full"))
    assert not is_full(pl.exceptions.ComputeError("cannot cast"))
