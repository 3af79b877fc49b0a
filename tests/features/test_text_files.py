"""A text file is read as what it is, or named once as what it is not."""

import codecs
import gzip

import polars as pl
import pytest

from features.registers.reading.load import open_data_set
from tests.features.data_sets import GOOD, INCOMES, VEHICLES, write

TEXT = "person_id,month,source,amount\n11,2025-12-01,wage,300000\n"


def written(folder, content):
    """A good data set whose incomes are this text or these bytes."""
    write(folder, {"incomes": None})
    content = content.encode() if isinstance(content, str) else content
    (folder / "incomes.csv").write_bytes(content)
    return open_data_set(folder)


def only_fault(data):
    [fault] = data.faults
    assert fault.register == "incomes"
    assert data.warnings == ()
    return fault.sentence


@pytest.mark.parametrize("sign", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_commas_semicolons_and_tabs_are_recognised_with_and_without_a_mark(tmp_path, sign, mark):
    data = written(tmp_path, mark + TEXT.replace(",", sign))
    assert (data.faults, data.warnings) == ((), ())
    assert data.registers["incomes"].collect().rows() == INCOMES.head(1).rows()


def test_parts_may_be_separated_each_in_its_own_way(tmp_path):
    write(tmp_path, {"incomes": None})
    (tmp_path / "incomes").mkdir()
    (tmp_path / "incomes" / "a.csv").write_text(TEXT)
    (tmp_path / "incomes" / "b.csv").write_text(TEXT.replace(",", ";"))
    data = open_data_set(tmp_path)
    assert data.faults == ()
    assert data.registers["incomes"].collect().height == 2


def test_a_semicolon_in_a_cell_of_a_file_with_commas_is_no_separator(tmp_path):
    data = written(tmp_path, TEXT.replace("wage", '"a;b;c;d"'))
    assert data.registers["incomes"].collect()["source"].to_list() == ["a;b;c;d"]


def test_another_separator_is_one_fault_and_not_a_missing_column_after_another(tmp_path):
    sentence = only_fault(written(tmp_path, TEXT.replace(",", "|")))
    assert "incomes.csv: its cells are not separated by commas, semicolons, tabs" in sentence


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (TEXT.encode("utf-16"), "UTF-16"),
        (TEXT.encode("utf-16-be"), "UTF-16"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "UTF-16"),
        (TEXT.encode("utf-32"), "UTF-32"),
        (TEXT.replace("wage", "зарплата").encode("cp1251"), "Windows-1251"),
        (TEXT.encode() * 3_000 + TEXT.replace("wage", "доход").encode("cp1251"), "Windows-1251"),
    ],
)
def test_another_encoding_is_one_fault_that_names_it(tmp_path, content, named):
    sentence = only_fault(written(tmp_path, content))
    assert named in sentence
    assert "write the file again as UTF-8" in sentence


def test_windows_1251_is_named_with_the_line_where_it_begins(tmp_path):
    late = TEXT.encode() + b"11,2025-11-01,wage,1\n" * 9_000 + "12,,доход,\n".encode("cp1251")
    assert "from line 9,003 on" in only_fault(written(tmp_path, late))


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (gzip.compress(TEXT.encode()), "gzip"),
        (b"PK\x03\x04workbook", "workbook"),
        (b"\x28\xb5\x2f\xfdpacked", "zstd"),
        (b"PAR1........PAR1", "Parquet"),
    ],
    ids=["gzip", "workbook", "zstd", "Parquet"],  # a gzip holds the time of its making
)
def test_another_format_under_the_ending_of_text_is_refused(tmp_path, content, named):
    assert f"it is {named}" in only_fault(written(tmp_path, content)).replace("zip (or a ", "")


@pytest.mark.parametrize("cut", [1, 2, 7, len("300000\n")])
def test_a_file_that_does_not_end_where_a_row_ends_is_cut_off(tmp_path, cut):
    assert "it is cut off" in only_fault(written(tmp_path, TEXT[:-cut]))


def test_a_file_that_ends_within_a_return_is_cut_off_and_one_that_ends_after_it_is_not(tmp_path):
    text = TEXT.replace("\n", "\r\n")
    assert written(tmp_path / "whole", text).faults == ()
    assert "it is cut off" in only_fault(written(tmp_path / "cut", text[:-1]))


def test_a_file_that_ends_within_quotes_is_not_read(tmp_path):
    assert "cannot be read" in only_fault(written(tmp_path, TEXT + '11,2025-11-01,"wage,1\n'))


def test_rows_that_end_too_early_are_counted_and_never_filled_up(tmp_path):
    sentence = only_fault(
        written(tmp_path, TEXT.replace("source,amount", "source,amount,known_on"))
    )
    assert "fewer cells" in sentence
    assert "(1 row)" in sentence


def test_lines_of_a_cell_in_quotes_are_no_rows(tmp_path):
    data = written(tmp_path, TEXT.replace("wage", '"one\ntwo\nthree"'))
    assert data.faults == ()
    assert data.registers["incomes"].collect()["source"].to_list() == ["one\ntwo\nthree"]


def test_lines_that_end_in_a_return_alone_are_named(tmp_path):
    assert "carriage return" in only_fault(written(tmp_path, TEXT.replace("\n", "\r")))


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_column_that_is_named_twice_is_refused(tmp_path, ending):
    if ending == "csv":
        data = written(tmp_path, TEXT.replace("source", "amount"))
        assert "its first line names amount twice" in only_fault(data)
        return
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    write(tmp_path, {"incomes": None})
    columns = [pyarrow.array([11]), pyarrow.array([12])]
    twice = pyarrow.Table.from_arrays(columns, names=["person_id", "person_id"])
    parquet.write_table(twice, tmp_path / "incomes.parquet")
    assert "names a column twice" in only_fault(open_data_set(tmp_path))


def test_every_register_of_another_encoding_is_one_fault(tmp_path):
    """As a spreadsheet saves a whole folder."""
    for name, good in GOOD.items():
        (tmp_path / f"{name}.csv").write_bytes(good.write_csv().encode("utf-16"))
    faults = open_data_set(tmp_path).faults
    assert sorted(fault.register for fault in faults) == sorted(GOOD)
    assert all("UTF-16" in fault.rule for fault in faults)


# --- keys


@pytest.mark.parametrize(
    ("cell", "lost"),
    [
        (2.0**53 - 1, False),
        (2.0**53, True),
        ("9007199254740991.0", False),
        ("9007199254740993.0", True),
        ("9007199254740993", False),
        ("-9007199254740993", False),
    ],
)
def test_a_key_as_a_float_is_an_error_from_2_to_the_53_on(tmp_path, cell, lost):
    stored = VEHICLES.with_columns(person_id=pl.Series([cell]))
    faults = open_data_set(write(tmp_path, {"vehicles": stored})).faults
    assert [fault.place for fault in faults] == ["vehicles.person_id"] * lost


@pytest.mark.parametrize(("cell", "lost"), [(2**24 - 1, False), (2**24, True)])
def test_a_float_of_half_the_width_loses_digits_sooner(tmp_path, cell, lost):
    stored = VEHICLES.with_columns(person_id=pl.Series([float(cell)], dtype=pl.Float32))
    assert bool(open_data_set(write(tmp_path, {"vehicles": stored})).faults) is lost
