"""A table is the same in every form it is written in, and a form that nobody reads is refused."""

from datetime import date

import pandas as pd
import polars as pl
import pytest

from features.errors import InputError
from features.files import tables
from features.files.tables import may_hold_a_table, read, refuse_ending, write

FORMS = ("t.parquet", "t.csv", "t")


@pytest.fixture
def table():
    """Three families: codes, none, and a register that was silent; not in the order of keys."""
    return pl.DataFrame(
        {
            "household_id": [9_007_199_254_740_993, 2, 3],
            "as_of": [date(2026, 1, 1)] * 3,
            "codes": [["A", "B_1"], [], None],
            "levels": [[4, 5], [6], None],
            "flag": [True, False, None],
            "share": [0.1 + 0.2, 1e-7, None],
            "word": ['with "quotes", and a comma', "", None],
        },
        schema_overrides={"codes": pl.List(pl.String), "levels": pl.List(pl.Int8)},
    )


@pytest.mark.parametrize("name", FORMS)
def test_a_table_reads_back_as_it_was_written_null_zero_and_empty_apart(table, tmp_path, name):
    write(table, tmp_path / name)
    again = read(tmp_path / name, table.schema)
    assert again.schema == table.schema
    assert again.equals(table)


def test_in_csv_a_list_is_one_cell_joined_by_semicolons(table, tmp_path):
    write(table.select("household_id", "codes", "levels", "flag"), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text("utf-8").splitlines() == [
        "household_id,codes,levels,flag",
        "9007199254740993,A;B_1,4;5,true",
        '2,"",6,false',
        "3,,,",
    ]


def test_pandas_reads_the_same_csv(table, tmp_path):
    write(table, tmp_path / "t.csv")
    frame = pd.read_csv(tmp_path / "t.csv")
    assert frame["household_id"].to_list() == table["household_id"].to_list()
    assert frame["codes"][0].split(";") == ["A", "B_1"]


def test_a_folder_holds_parts_that_follow_each_other(table, tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "ROWS_OF_A_PART", 2)
    write(table, tmp_path / "t")
    assert sorted(p.name for p in (tmp_path / "t").iterdir()) == [
        "part-00000.parquet",
        "part-00001.parquet",
    ]
    assert read(tmp_path / "t", table.schema).equals(table)
    write(table.head(1), tmp_path / "t")
    assert read(tmp_path / "t", table.schema).height == 1  # no part of the longer table is left


@pytest.mark.parametrize("name", FORMS)
def test_a_table_without_rows_still_names_its_columns(table, tmp_path, name):
    write(table.clear(), tmp_path / name)
    assert read(tmp_path / name, table.schema).equals(table.clear())


@pytest.mark.parametrize("name", ["t.xlsx", "t.json", "t.csv.gz", "2026.01"])
def test_another_ending_is_refused_with_the_list_of_what_is_written(table, tmp_path, name):
    with pytest.raises(InputError, match=r"\.parquet, \.csv, or to a folder of Parquet"):
        write(table, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_endings_are_read_in_capitals_too(table, tmp_path):
    write(table, tmp_path / "T.CSV")
    assert (tmp_path / "T.CSV").read_text().startswith("household_id,")


def test_a_folder_with_anything_else_is_not_replaced(table, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    for place in (tmp_path / "mine", tmp_path / "mine" / "notes"):
        (tmp_path / "mine" / "notes").write_text("a file that has no ending")
        with pytest.raises(InputError, match="something else than a table"):
            may_hold_a_table(place)
    assert (tmp_path / "mine" / "notes.txt").read_text() == "keep"


@pytest.mark.parametrize("name", ["t.csv", "t.parquet", "nowhere.csv", "empty"])
def test_what_is_no_table_is_said_so(table, tmp_path, name):
    (tmp_path / "t.csv").write_text("household_id\nno number\n")
    (tmp_path / "t.parquet").write_bytes(b"PAR1")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="cannot be read as a table"):
        read(tmp_path / name, table.schema)


def test_a_file_of_another_kind_is_refused_with_its_kinds(tmp_path):
    refuse_ending(tmp_path / "letter.PDF", ".html", ".pdf")
    for name in ("letter.doc", "letter"):
        with pytest.raises(InputError, match=r"written are \.html, \.pdf"):
            refuse_ending(tmp_path / name, ".html", ".pdf")
