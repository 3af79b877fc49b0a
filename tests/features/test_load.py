"""A data set is read without loss, whatever the types its files happen to have."""

from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from features.errors import InputError
from features.registers.declared import REGISTERS
from features.registers.reading.load import DataSet, open_data_set
from tests.features.data_sets import GOOD, HOUSEHOLDS, INCOMES, PERSONS, VEHICLES, write


def frame(data: DataSet, register: str) -> pl.DataFrame:
    lazy = data.registers[register]
    assert lazy is not None
    return lazy.collect()


def read(folder: Path, register: str, stored: pl.DataFrame) -> pl.DataFrame:
    data = open_data_set(write(folder, {register: stored}))
    assert data.faults == ()
    return frame(data, register)


def only_fault(folder: Path, register: str, stored: pl.DataFrame):
    [fault] = open_data_set(write(folder, {register: stored})).faults
    assert fault.register == register
    return fault


# --- what may be read ---------------------------------------------------------------------


def test_frames_hold_declared_columns_in_the_order_and_types_of_the_contract(tmp_path):
    shuffled = INCOMES.select("amount", "source", pl.lit("x").alias("clerk"), "month", "person_id")
    incomes = read(tmp_path, "incomes", shuffled)
    assert incomes.columns == ["person_id", "month", "source", "amount"]
    declared = REGISTERS["incomes"].schema
    assert all(dtype == declared[name] for name, dtype in incomes.schema.items())


def test_an_absent_register_is_silent_and_an_empty_one_is_empty(tmp_path):
    data = open_data_set(write(tmp_path, {"loans": None, "vehicles": VEHICLES.clear()}))
    assert data.registers["loans"] is None
    assert frame(data, "vehicles").height == 0
    assert set(data.registers) == set(REGISTERS)


@pytest.mark.parametrize(
    ("register", "column", "dtype"),
    [
        ("households", "rooms", pl.Int8),
        ("households", "rooms", pl.UInt64),
        ("households", "rooms", pl.Float64),
        ("households", "rooms", pl.Decimal(10, 2)),
        ("households", "rooms", pl.String),
        ("households", "region", pl.Categorical),
        ("households", "region", pl.Int16),
        ("households", "living_area_m2", pl.Float32),
        ("households", "living_area_m2", pl.String),
        ("households", "piped_water", pl.UInt8),
        ("persons", "birth_date", pl.Datetime("ns")),
        ("persons", "birth_date", pl.Datetime("ms", "Asia/Almaty")),
        ("persons", "birth_date", pl.String),
        ("persons", "sex", pl.Enum(["f", "m"])),
        ("incomes", "amount", pl.Int32),
        ("incomes", "amount", pl.Float64),
        ("incomes", "person_id", pl.UInt32),
    ],
)
def test_what_loses_nothing_is_read(tmp_path, register, column, dtype):
    good = GOOD[register]
    stored = good.with_columns(pl.col(column).cast(dtype))
    if dtype == pl.Datetime("ms", "Asia/Almaty"):
        local = pl.col(column).cast(pl.Datetime("ms")).dt.replace_time_zone("Asia/Almaty")
        stored = good.with_columns(local)
    assert_frame_equal(read(tmp_path, register, stored), good)


def test_a_column_without_any_value_takes_its_declared_type(tmp_path):
    stored = VEHICLES.with_columns(status=pl.lit(None), removed_on=pl.lit(None, pl.Datetime("ms")))
    vehicles = read(tmp_path, "vehicles", stored)
    assert vehicles.schema["status"] == pl.String
    assert vehicles.schema["removed_on"] == pl.Date
    assert vehicles.row(0)[-2:] == (None, None)


def test_csv_reads_as_the_same_registers_as_parquet(tmp_path):
    parquet = open_data_set(write(tmp_path / "parquet"))
    (tmp_path / "csv").mkdir()
    for name, good in GOOD.items():
        good.write_csv(tmp_path / "csv" / f"{name}.csv")
    csv = open_data_set(tmp_path / "csv")
    assert csv.faults == ()
    for name in GOOD:
        assert_frame_equal(frame(csv, name), frame(parquet, name))


def test_csv_as_spreadsheets_and_pandas_write_it(tmp_path):
    write(tmp_path, {"households": None})
    (tmp_path / "households.csv").write_text(
        "\ufeffhousehold_id,region,settlement,rooms,piped_water\n"
        '1,"71","urban",3.0,TRUE\n'
        '2,75,urban,"",0\n'
        "3,61,rural,,\n",
        encoding="utf-8",
    )
    data = open_data_set(tmp_path)
    assert data.faults == ()
    assert frame(data, "households")["rooms"].to_list() == [3, None, None]
    assert frame(data, "households")["piped_water"].to_list() == [True, False, None]


def test_parts_of_different_but_readable_types_are_one_register(tmp_path):
    write(tmp_path, {"incomes": None})
    parts = tmp_path / "incomes"
    parts.mkdir()
    INCOMES[:1].write_parquet(parts / "a.parquet")
    INCOMES[1:2].with_columns(
        pl.col("amount").cast(pl.Int32), pl.col("source").cast(pl.Categorical)
    ).write_parquet(parts / "b.parquet")
    INCOMES[2:].with_columns(
        pl.col("month").cast(pl.Datetime("us")), known_on=date(2026, 1, 1)
    ).write_parquet(parts / "c.parquet")
    (parts / "_SUCCESS").touch()
    data = open_data_set(tmp_path)
    assert data.faults == ()
    incomes = frame(data, "incomes")
    assert_frame_equal(incomes.drop("known_on"), INCOMES)
    assert incomes["known_on"].null_count() == 2


def test_a_folder_named_like_a_file_is_read_as_its_parts(tmp_path):
    write(tmp_path, {"vehicles": None})
    (tmp_path / "vehicles.parquet").mkdir()
    VEHICLES.write_parquet(tmp_path / "vehicles.parquet" / "part-0.parquet")
    assert_frame_equal(frame(open_data_set(tmp_path), "vehicles"), VEHICLES)


def test_the_truth_of_a_simulated_population_is_not_looked_at(tmp_path):
    write(tmp_path)
    (tmp_path / "truth").mkdir()
    (tmp_path / "truth" / "incomes.parquet").write_bytes(b"not ours to read")
    data = open_data_set(tmp_path)
    assert (data.faults, data.warnings) == ((), ())


# --- warnings -----------------------------------------------------------------------------


def test_unknown_columns_are_ignored_with_one_warning_a_register(tmp_path):
    stored = VEHICLES.with_columns(colour=pl.lit("red"), plate=pl.lit("001AAA01"))
    data = open_data_set(write(tmp_path, {"vehicles": stored}))
    assert data.warnings == ("vehicles: 2 columns outside the contract ignored: colour, plate.",)
    assert_frame_equal(frame(data, "vehicles"), VEHICLES)


def test_a_slip_in_a_register_s_name_is_told_for_otherwise_it_would_be_silence(tmp_path):
    write(tmp_path)
    (tmp_path / "vehicles.parquet").rename(tmp_path / "vehicle.parquet")
    data = open_data_set(tmp_path)
    assert data.registers["vehicles"] is None
    assert data.warnings == (
        "vehicle.parquet is no register of the contract and was ignored (did you mean vehicles?).",
    )


def test_a_csv_file_without_a_header_shows_nobody_in_the_messages(tmp_path):
    write(tmp_path, {"persons": None})
    (tmp_path / "persons.csv").write_text("987654,Aigerim,1985-03-01\n11,Daniyar,1990-01-01\n")
    data = open_data_set(tmp_path)
    assert {f.column for f in data.faults} == {"person_id", "household_id", "birth_date", "sex"}
    messages = " ".join([*data.warnings, *(f.sentence for f in data.faults)])
    assert "persons: 3 columns outside the contract ignored." in messages
    for value in ("987654", "Aigerim", "1985"):
        assert value not in messages


# --- what cannot be read ------------------------------------------------------------------


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(InputError, match=r"nowhere does not exist.*Pass the folder"):
        open_data_set(tmp_path / "nowhere")


def test_a_file_is_no_folder_of_registers(tmp_path):
    file = write(tmp_path) / "persons.parquet"
    with pytest.raises(InputError, match="is a file"):
        open_data_set(file)


def test_a_folder_without_registers_says_what_to_put_there(tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(InputError, match=r"holds 0 registers.*households\.parquet"):
        open_data_set(tmp_path)


def test_a_missing_required_register_is_a_fault(tmp_path):
    [fault] = open_data_set(write(tmp_path, {"persons": None})).faults
    assert (fault.register, fault.rule) == ("persons", "a required register is missing")
    assert "persons.parquet" in fault.remedy


def test_a_missing_required_column_is_a_fault_with_its_count(tmp_path):
    fault = only_fault(tmp_path, "incomes", INCOMES.drop("amount"))
    assert (fault.place, fault.rows) == ("incomes.amount", 4)
    assert fault.rule == "a required column is missing"


def test_an_empty_file_is_a_fault_and_not_an_empty_register(tmp_path):
    write(tmp_path)
    (tmp_path / "loans.parquet").write_bytes(b"")
    data = open_data_set(tmp_path)
    [fault] = data.faults
    assert fault.sentence.startswith("loans: loans.parquet is an empty file; write it again")


def test_an_empty_csv_file_is_a_fault_and_a_bare_header_an_empty_register(tmp_path):
    write(tmp_path, {"loans": None, "vehicles": None})
    (tmp_path / "loans.csv").write_bytes(b"")
    (tmp_path / "vehicles.csv").write_text("person_id,kind\n")
    data = open_data_set(tmp_path)
    assert [f.register for f in data.faults] == ["loans"]
    assert frame(data, "vehicles").height == 0


@pytest.mark.parametrize("keep", [0.9, 0.5, 0.01])
def test_a_truncated_parquet_file_is_a_fault(tmp_path, keep):
    path = write(tmp_path) / "incomes.parquet"
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])
    [fault] = open_data_set(tmp_path).faults
    assert fault.register == "incomes"
    assert "incomes.parquet cannot be read" in fault.rule
    assert "copy the file again" in fault.remedy


def test_a_damaged_part_does_not_hide_the_faults_of_the_others(tmp_path):
    write(tmp_path, {"incomes": None})
    parts = tmp_path / "incomes"
    parts.mkdir()
    (parts / "a.parquet").write_bytes(b"PAR1 and nothing more")
    INCOMES.with_columns(pl.lit("x").alias("amount")).write_parquet(parts / "b.parquet")
    rules = [f.rule for f in open_data_set(tmp_path).faults]
    assert rules[0].startswith("a.parquet cannot be read")
    assert rules[1] == "not a whole number"


def test_a_csv_file_in_another_encoding_is_a_fault(tmp_path):
    write(tmp_path, {"households": None})
    (tmp_path / "households.csv").write_bytes(
        "household_id,region,settlement\n1,71,қала\n".encode("utf-16")
    )
    faults = open_data_set(tmp_path).faults
    assert {f.register for f in faults} == {"households"}


@pytest.mark.parametrize("header", ["person_id,kind", "person_id,kind,colour"])
def test_a_csv_line_with_too_many_cells_is_a_fault(tmp_path, header):
    write(tmp_path, {"vehicles": None})
    (tmp_path / "vehicles.csv").write_text(f"{header}\n11,car\n11,car,red,1999\n")
    [fault] = open_data_set(tmp_path).faults
    assert (fault.register, "cannot be read" in fault.rule) == ("vehicles", True)


def test_a_register_given_twice_is_a_fault_that_names_both(tmp_path):
    write(tmp_path)
    VEHICLES.write_csv(tmp_path / "vehicles.csv")
    [fault] = open_data_set(tmp_path).faults
    assert fault.rule == "given 2 times: vehicles.parquet, vehicles.csv"
    assert fault.remedy == "keep one of them"


def test_a_register_s_folder_without_parts_is_neither_silent_nor_empty(tmp_path):
    write(tmp_path, {"vehicles": None})
    (tmp_path / "vehicles").mkdir()
    [fault] = open_data_set(tmp_path).faults
    assert (fault.register, fault.rule) == ("vehicles", "an empty folder")


@pytest.mark.parametrize("text", [True, False], ids=["csv", "parquet"])
def test_text_where_a_number_belongs_is_counted_and_never_repeated(tmp_path, text):
    stored = INCOMES.with_columns(amount=pl.Series(["300000", "much", "9 0000", "secret 12"]))
    write(tmp_path, {"incomes": None if text else stored})
    if text:
        stored.write_csv(tmp_path / "incomes.csv")
    [fault] = open_data_set(tmp_path).faults
    assert (fault.place, fault.rule, fault.rows) == ("incomes.amount", "not a whole number", 3)
    assert fault.examples == (12, 21, 31)
    assert "secret" not in fault.sentence
    assert "much" not in fault.sentence


def test_where_the_key_itself_is_unreadable_its_row_is_shown(tmp_path):
    stored = INCOMES.with_columns(person_id=pl.Series(["11", "850301300123X", "21", "31"]))
    fault = only_fault(tmp_path, "incomes", stored)
    assert (fault.rows, fault.examples) == (1, ("row 2",))


@pytest.mark.parametrize(
    ("register", "column", "cells", "broken"),
    [
        ("incomes", "amount", [1.0, 2.5, float("nan"), float("inf")], 3),
        ("incomes", "amount", [1.0, 2.0, 3.0, 2.0**53 + 2], 1),
        ("incomes", "amount", ["1", "2.0", "2.5", "1e30"], 2),
        ("incomes", "month", ["2025-12-01", "2025-12-01 00:00:00", "2025-13-01", "1.12.2025"], 2),
        ("incomes", "month", [datetime(2025, 12, 1), datetime(2025, 12, 1, 5), None, None], 1),
        ("households", "piped_water", ["true", "maybe", None], 1),
        ("households", "piped_water", [0, 1, 2], 1),
        ("households", "living_area_m2", ["40.5", "40,5", None], 1),
    ],
)
def test_what_would_lose_something_is_counted(tmp_path, register, column, cells, broken):
    stored = GOOD[register].with_columns(pl.Series(column, cells))
    fault = only_fault(tmp_path, register, stored)
    assert (fault.column, fault.rows) == (column, broken)


@pytest.mark.parametrize(
    ("register", "column", "cells"),
    [
        ("households", "rooms", [True, False, True]),
        ("households", "region", [7.1, 7.5, 6.1]),
        ("persons", "birth_date", [19850301] * 6),
        ("persons", "sex", [["m"]] * 6),
    ],
)
def test_a_type_that_can_never_be_meant_is_a_fault_of_all_rows(tmp_path, register, column, cells):
    fault = only_fault(tmp_path, register, GOOD[register].with_columns(pl.Series(column, cells)))
    assert fault.rule.startswith("a wrong type: stored as ")
    assert (fault.column, fault.rows) == (column, len(cells))


def test_all_faults_are_met_at_once(tmp_path):
    write(
        tmp_path,
        {
            "households": HOUSEHOLDS.drop("region"),
            "persons": PERSONS.with_columns(pl.lit("x").alias("birth_date")),
            "incomes": None,
        },
    )
    (tmp_path / "loans.parquet").write_bytes(b"")
    places = [(f.register, f.column) for f in open_data_set(tmp_path).faults]
    assert places == [("households", "region"), ("persons", "birth_date"), ("loans", None)]


@pytest.mark.parametrize(
    ("key", "read"), [(2.0**53 - 1, True), (2.0**53, False), (2.0**53 + 2, False)]
)
@pytest.mark.parametrize("stored", [pl.Float64, pl.String])
def test_a_float_as_a_key_is_an_error_from_two_to_the_fifty_third_on(tmp_path, key, read, stored):
    keys = pl.Series("household_id", [key, 2.0, 3.0])
    keys = (
        keys.cast(stored)
        if stored is pl.Float64
        else pl.Series("household_id", [repr(key), "2", "3"])
    )
    write(tmp_path, {"households": HOUSEHOLDS.with_columns(keys)})
    wrong = [f for f in open_data_set(tmp_path).faults if f.column == "household_id"]
    assert [f.rows for f in wrong] == ([] if read else [1])
    assert all("2^53" in f.rule for f in wrong)
