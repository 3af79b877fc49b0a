"""A register that nobody delivered is silent; one that is there and cannot be read is a fault."""

import gzip
import os
from pathlib import Path

import polars as pl
import pytest

from features.checking.check import faults
from features.errors import InputError
from features.registers.masked import masked
from features.registers.reading.load import open_data_set
from tests.features.data_sets import AS_OF, INCOMES, VEHICLES, write

PERSON = "850101300123"


def refused(folder):
    """The one sentence that is said of incomes, which are there and cannot be read."""
    data = open_data_set(folder)
    [fault] = data.faults
    assert (fault.register, fault.is_error) == ("incomes", True)
    assert data.registers["incomes"] is None
    return fault.sentence


@pytest.fixture
def folder(tmp_path):
    """A good data set without incomes."""
    return write(tmp_path / "data", {"incomes": None})


@pytest.fixture(params=["incomes.parquet", "incomes.csv", "incomes"])
def place(folder, request):
    """Where incomes are looked for."""
    return folder / request.param


def test_a_link_into_nowhere_is_a_fault(folder, place):
    place.symlink_to("nowhere")
    assert "is there but cannot be read (No such file" in refused(folder)


def test_a_link_to_itself_is_a_fault(folder, place):
    place.symlink_to(place.name)
    assert "Too many levels" in refused(folder)


def test_a_pipe_is_a_fault_and_is_not_waited_for(folder, place):
    os.mkfifo(place)
    assert "pipe" in refused(folder)


def test_a_file_that_may_not_be_looked_at_is_a_fault(folder, place, monkeypatch):
    INCOMES.write_parquet(place)
    usual = Path.stat

    def locked(self, **options):
        if self == place:
            raise PermissionError(13, "Permission denied", str(self))
        return usual(self, **options)

    monkeypatch.setattr(Path, "stat", locked)
    assert "Permission denied" in refused(folder)


@pytest.mark.skipif(os.geteuid() == 0, reason="whoever may read everything is never refused")
def test_a_locked_file_and_a_locked_folder_are_faults(folder):
    INCOMES.write_parquet(folder / "incomes.parquet")
    (folder / "incomes.parquet").chmod(0)
    assert "cannot be read" in refused(folder)


def test_a_locked_folder_of_parts_is_neither_empty_nor_silent(folder, monkeypatch):
    (folder / "incomes").mkdir()
    usual = Path.iterdir

    def locked(self):
        if self == folder / "incomes":
            raise PermissionError(13, "Permission denied", str(self))
        return usual(self)

    monkeypatch.setattr(Path, "iterdir", locked)
    assert "cannot be read (Permission denied)" in refused(folder)


def test_a_locked_folder_of_registers_is_said_to_be_one(folder, monkeypatch):
    def locked(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", locked)
    with pytest.raises(InputError, match=r"cannot be looked into \(Permission denied\)"):
        open_data_set(folder)


@pytest.mark.parametrize("name", ["incomes.csv.gz", "incomes.parquet.zst", "incomes.gz"])
def test_a_compressed_register_is_a_fault(folder, name):
    (folder / name).write_bytes(gzip.compress(b"person_id\n"))
    assert f"{name} is compressed; unpack it" in refused(folder)


@pytest.mark.parametrize("name", ["Incomes.csv", "INCOMES.PARQUET", "incomes.CSV", "Incomes"])
def test_a_register_in_capitals_is_a_fault_and_not_silence(folder, name):
    (folder / name).write_text("person_id\n")
    assert f"rename it to {name.lower()}" in refused(folder)


def test_a_register_in_another_format_is_named(folder):
    (folder / "incomes.xlsx").write_bytes(b"PK\x03\x04")
    [warning] = open_data_set(folder).warnings
    assert warning == "incomes.xlsx is neither Parquet nor CSV and was ignored."


@pytest.mark.parametrize(
    ("spoil", "wording"),
    [
        (lambda part: part.symlink_to("nowhere"), "is there but cannot be read"),
        (os.mkfifo, "is a pipe"),
        (lambda part: part.mkdir(), "is a folder among its parts"),
    ],
)
def test_a_part_that_cannot_be_read_is_a_fault_beside_parts_that_can(folder, spoil, wording):
    (folder / "incomes").mkdir()
    INCOMES.write_parquet(folder / "incomes" / "a.parquet")
    spoil(folder / "incomes" / "b.parquet")
    [fault] = open_data_set(folder).faults
    assert f"incomes/b.parquet {wording}" in fault.rule


@pytest.mark.parametrize("name", ["b.PARQUET", "b.parquet.gz"])
def test_a_part_that_would_be_passed_over_is_a_fault(folder, name):
    (folder / "incomes").mkdir()
    INCOMES.write_parquet(folder / "incomes" / "a.parquet")
    (folder / "incomes" / name).touch()
    [fault] = open_data_set(folder).faults
    assert f"incomes/{name}" in fault.rule


def test_what_lies_among_parts_and_is_none_is_named(folder):
    (folder / "incomes").mkdir()
    INCOMES.write_parquet(folder / "incomes" / "a.parquet")
    for name in ("README.md", "_SUCCESS", ".a.parquet.crc"):
        (folder / "incomes" / name).touch()
    data = open_data_set(folder)
    assert data.faults == ()
    assert data.warnings == ("incomes/README.md is no part of a register and was ignored.",)


def test_a_part_whose_name_is_no_text_is_a_fault_that_can_be_printed(folder):
    (folder / "incomes").mkdir()
    INCOMES.write_parquet(folder / "incomes" / "a.parquet")
    (folder / "incomes" / os.fsdecode(b"b\xff.parquet")).touch()
    [fault] = open_data_set(folder).faults
    assert fault.sentence.encode() == (
        b"incomes: incomes/b?.parquet has a name that is no UTF-8 text; rename it (data owner)."
    )


# --- names are data


@pytest.mark.parametrize("name", [f"of_{PERSON}", "850101 300123", "two\nlines", "x" * 500])
def test_a_column_is_named_on_one_line_without_a_personal_number(folder, name):
    stored = VEHICLES.with_columns(pl.lit("red").alias(name))
    [warning] = open_data_set(write(folder, {"vehicles": stored, "incomes": None})).warnings
    assert len(warning) < 200
    for never in (PERSON, "300123", "\n"):
        assert never not in warning


def test_files_and_parts_are_named_without_a_personal_number(folder):
    (folder / f"vehicle_{PERSON}.csv").touch()
    (folder / "incomes").mkdir()
    (folder / "incomes" / f"of\n{PERSON}.parquet").write_bytes(b"PAR1 and no more")
    (folder / "incomes" / f"{PERSON}.txt").touch()
    data = open_data_set(folder)
    lines = [*data.warnings, *(fault.sentence for fault in faults(data, AS_OF))]
    assert len(lines) >= 3
    assert not any(PERSON in line or "\n" in line for line in lines)


def test_a_type_is_named_without_what_it_holds(folder):
    odd = pl.Series([{PERSON: 1}])
    stored = VEHICLES.with_columns(model_year=odd)
    [fault] = open_data_set(write(folder, {"vehicles": stored, "incomes": None})).faults
    assert "a wrong type" in fault.rule
    assert PERSON not in fault.sentence


@pytest.mark.parametrize("name", ["2025-12-31", "part-00000-c000.snappy.parquet", "20251231"])
def test_days_and_the_numbers_of_parts_are_shown(name):
    assert masked(name) == name


# --- what a file holds


def test_a_zone_that_nobody_knows_is_a_fault_of_its_column_and_no_panic(folder, capfd):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    zoned = pyarrow.array([0] * 4, pyarrow.timestamp("us", tz="Mars/Olympus"))
    table = INCOMES.to_arrow().append_column("known_on", zoned)
    parquet.write_table(table, folder / "incomes.parquet")
    [fault] = open_data_set(folder).faults
    assert fault.place == "incomes.known_on"
    assert "Mars/Olympus" in fault.rule
    assert "panicked" not in capfd.readouterr().err


@pytest.mark.parametrize("precision", [20, 50])
def test_a_wide_decimal_is_read_or_refused(folder, precision):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    wide = INCOMES["amount"].to_arrow().cast(pyarrow.decimal256(precision, 0))
    at = INCOMES.columns.index("amount")
    table = INCOMES.to_arrow().set_column(at, "amount", wide)
    parquet.write_table(table, folder / "incomes.parquet")
    data = open_data_set(folder)
    assert len(data.faults) == (precision > 38)
    if not data.faults:
        assert data.registers["incomes"].collect().equals(INCOMES)
