"""Reading a data set: a folder of Parquet or CSV registers, as lazy frames of the contract.

Nothing is loaded into memory and nothing is repaired: what cannot be read without
loss becomes a `Fault` with its place, its count and its remedy.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import polars as pl

from features.errors import InputError
from features.registers import deliveries
from features.registers.declared import REGISTERS
from features.registers.deliveries import Delivery
from features.registers.fault import DATA_OWNER, EXAMPLES, Fault, show
from features.registers.masked import masked
from features.registers.reading import sealed, text_files
from features.registers.reading.arrivals import Arrival, Source, arrival, names_in
from features.registers.reading.convert import convert, expected
from features.registers.schema import Register

UNREADABLE: Final = (
    pl.exceptions.ComputeError,
    pl.exceptions.NoDataError,
    pl.exceptions.PanicException,
    OSError,
)
"""What the reader raises on bytes that are no register; a panic is how Polars says the worst."""

os.environ.setdefault("POLARS_IGNORE_TIMEZONE_PARSE_ERROR", "1")
"""A zone that Polars does not know is a fault of its column (`convert`), not a panic."""

_BLANK: Final = "every cell is empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """Every register of a folder, read by the contract; a silent register is None.

    Frames hold declared columns only, in contract order and types; an optional column
    that did not arrive is not in its frame. They are lazy: collecting one can still
    meet a damaged page of a file, which `check.faults` reports.
    """

    folder: Path
    registers: Mapping[str, pl.LazyFrame | None]
    files: tuple[Path, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    """What the note of the deliveries says; empty where there is none."""
    faults: tuple[Fault, ...] = ()
    warnings: tuple[str, ...] = ()


def _scan(source: Source, files: list[Path], separator: str) -> pl.LazyFrame:
    if source.text:
        return pl.scan_csv(
            files, infer_schema=False, null_values="", glob=False, separator=separator
        )
    return pl.scan_parquet(files, glob=False)


@dataclass(slots=True, kw_only=True)
class _Reading:
    """What reading one register gave so far."""

    register: Register
    frame: pl.LazyFrame | None = None
    faults: list[Fault] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def fault(self, rule: str, remedy: str, **where: Any) -> None:
        self.faults.append(
            Fault(register=self.register.name, rule=rule, remedy=remedy, owner=DATA_OWNER, **where)
        )


def open_data_set(folder: Path) -> DataSet:
    """Open the registers of a folder, without loading them.

    A register is ``NAME.parquet``, a folder ``NAME/*.parquet``, ``NAME.csv`` or
    ``NAME/*.csv``. What a simulated country keeps apart from its registers is not looked at,
    and refused where it stands for one (`sealed`). Parts of one register may differ in
    their types as long as each can be read without loss. Raises InputError where there is
    no folder, no register in it, or one that no register can be.
    """
    sealed.refuse_place(folder)
    names = _names_in(folder)
    arrived = {name: arrival(folder, name, names) for name in REGISTERS}
    if not any(each.sources or each.unusable for each in arrived.values()):
        refuse_snapshot(folder)
        raise InputError(
            f"{folder} holds 0 registers. Put at least households.parquet and persons.parquet "
            "(or .csv) there, named as in the register contract."
        )
    files = tuple(file for each in arrived.values() for file in each.files)
    sealed.refuse_place(*files)
    readings = [_read(REGISTERS[name], each) for name, each in arrived.items()]
    note = deliveries.read(folder)
    return DataSet(
        folder=folder,
        registers={r.register.name: r.frame for r in readings},
        files=(*files, *note.files),
        deliveries=note.deliveries,
        faults=(*note.faults, *(fault for r in readings for fault in r.faults)),
        warnings=(*_strays(folder, names), *(line for r in readings for line in r.warnings)),
    )


def _names_in(folder: Path) -> list[str]:
    try:
        return names_in(folder)
    except OSError as problem:
        if isinstance(problem, FileNotFoundError):
            what = "does not exist"
        elif isinstance(problem, NotADirectoryError):
            what = "is a file"
        else:
            what = f"cannot be looked into ({problem.strerror})"
        raise InputError(
            f"{folder} {what}: 0 registers read. Pass the folder that holds "
            "households.parquet and persons.parquet."
        ) from None


def refuse_snapshot(folder: Path) -> None:
    """Raise InputError for a snapshot where registers are asked for, and say what it is."""
    if (folder / "manifest.json").is_file() and any(folder.glob("part-*/households.parquet")):
        raise InputError(
            f"{folder} is a snapshot, not a folder of registers: they were checked before it was "
            "made, and never change again. Pass the folder that it was made of, or hand the "
            "snapshot to `tarazy score`, `features`, `train` or `audit`."
        )


def unreadable(register: Register, place: str = "") -> Fault:
    """Return the fault of a file whose bytes are no register, or no longer one."""
    return Fault(
        register=register.name,
        rule=f"{place or 'a file of it'} cannot be read: truncated, damaged or in another format",
        remedy="write or copy the file again and compare its size with the source's",
        owner=DATA_OWNER,
    )


def _read(register: Register, arrived: Arrival) -> _Reading:
    reading = _Reading(register=register)
    for unusable in arrived.unusable:
        reading.fault(unusable.rule, unusable.remedy)
    for place in arrived.ignored:
        reading.warnings.append(f"{place} is no part of a register and was ignored.")
    sources = arrived.sources
    if not sources:
        if register.required and not arrived.unusable:
            reading.fault(
                "a required register is missing",
                f"add {register.name}.parquet or {register.name}.csv to the folder",
            )
        return reading
    source, *others = sources
    if others:
        reading.fault(
            f"given {len(sources)} times: {', '.join(s.place for s in sources)}",
            "keep one of them",
        )
    kinds = list(_parts(reading, source))
    parts = [_part(reading, source, *kind) for kind in kinds]
    _missing_columns(reading, parts)
    _unknown_columns(reading, source, parts)
    if not (readable := [part.frame for part in parts if part.read]):
        return reading
    names = {name for part in parts for name in part.read}
    whole = pl.concat(readable, how="diagonal")
    marks = [c.name for c in register if any(c.name in part.marked for part in parts)]
    try:
        _unreadable_values(reading, whole, marks)
    except UNREADABLE:
        _why_unreadable(reading, source)
        return reading
    if source.text:
        for kind in kinds:
            _short_rows(reading, source, *kind)
    reading.frame = whole.select(c.name for c in register if c.name in names)
    return reading


def _why_unreadable(reading: _Reading, source: Source) -> None:
    """Add the fault of bytes that are no register: of text, whether it is its encoding."""
    if source.text:
        for file in source.files:
            try:
                text_files.refuse_other_encoding(file)
            except text_files.NotThisText as problem:
                reading.fault(f"{masked(file.name)}: {problem.rule}", problem.remedy)
                return
    reading.faults.append(unreadable(reading.register, source.place))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    """How one file stores a register: its columns with their types, and what separates cells."""

    file: Path
    columns: dict[str, pl.DataType]
    separator: str


def _parts(reading: _Reading, source: Source) -> Iterator[tuple[list[Path], _Stored]]:
    """Files with how they are stored, neighbours of one kind together."""
    kinds = groupby(_stored(reading, source), key=lambda each: (each.columns, each.separator))
    for _, group in kinds:
        alike = list(group)
        yield [each.file for each in alike], alike[0]


def _stored(reading: _Reading, source: Source) -> Iterator[_Stored]:
    declared = [column.name for column in reading.register]
    for file in source.files:
        name = masked(file.name)
        try:
            if file.stat().st_size == 0:
                reading.fault(
                    f"{name} is an empty file",
                    "write it again; a register without rows still names its columns",
                )
                continue
            separator = text_files.separator(file, declared) if source.text else ","
            columns = dict(_scan(source, [file], separator).collect_schema())
            yield _Stored(file=file, columns=columns, separator=separator)
        except text_files.NotThisText as problem:
            reading.fault(f"{name}: {problem.rule}", problem.remedy)
        except pl.exceptions.DuplicateError:
            reading.fault(f"{name} names a column twice", "keep one of them")
        except (*UNREADABLE, pl.exceptions.InvalidOperationError):
            reading.faults.append(unreadable(reading.register, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Files of one schema: their columns as the contract wants them, and what is in the way."""

    frame: pl.LazyFrame
    """Columns that can be read, with a mark beside each whose values may not be."""
    read: tuple[str, ...]
    marked: tuple[str, ...]
    missing: tuple[str, ...]
    unknown: tuple[str, ...]
    rows: int
    """Counted only where a whole column is at fault."""


def _part(reading: _Reading, source: Source, files: list[Path], kind: _Stored) -> _Part:
    register, stored = reading.register, kind.columns
    scan = _scan(source, files, kind.separator)
    sealed.refuse_columns(register, source.place, stored)
    values: dict[str, pl.Expr] = {}
    marks: dict[str, pl.Expr] = {}
    wrong: list[str] = []
    for column in register:
        if column.name not in stored:
            continue
        conversion = convert(column, stored[column.name])
        if conversion is None:
            wrong.append(column.name)
            continue
        values[column.name] = conversion.value
        if conversion.unreadable is not None:
            marks[column.name] = conversion.unreadable.alias(_mark(column.name))
    # Only when every column is read does a line with too many cells come to light.
    blank = [pl.all_horizontal(pl.all().is_null()).alias(_BLANK)] if source.text else []
    missing = tuple(c.name for c in register if c.required and c.name not in stored)
    rows = _height(reading, source, scan) if missing or wrong else 0
    for name in wrong:
        wanted = register[name].kind
        reading.fault(
            f"a wrong type: stored as {masked(stored[name])}, expected {wanted}",
            f"store the column as {wanted.dtype}",
            column=name,
            rows=rows,
        )
    return _Part(
        frame=scan.select(*values.values(), *marks.values(), *blank),
        read=tuple(values),
        marked=tuple(marks),
        missing=missing,
        unknown=tuple(name for name in stored if name not in register),
        rows=rows,
    )


def _short_rows(reading: _Reading, source: Source, files: list[Path], kind: _Stored) -> None:
    """Add the fault of rows that end before the last column: what is cut off reads as empty."""
    if rows := text_files.short_rows(files, kind.separator, len(kind.columns)):
        reading.fault(
            f"{source.place} has rows with fewer cells than its first line names columns",
            "write the file again; a cell without a value still has its separator",
            rows=rows,
        )


def _height(reading: _Reading, source: Source, scan: pl.LazyFrame) -> int:
    try:
        return int(scan.select(pl.len()).collect(engine="streaming").item())
    except UNREADABLE:
        reading.faults.append(unreadable(reading.register, source.place))
        return 0


def _mark(column: str) -> str:
    return f"{column} is unreadable"


def _missing_columns(reading: _Reading, parts: list[_Part]) -> None:
    for column in reading.register:
        lacking = [part for part in parts if column.name in part.missing]
        if lacking:
            reading.fault(
                "a required column is missing",
                "add the column; the first line of a CSV file names the columns",
                column=column.name,
                rows=sum(part.rows for part in lacking),
            )


def _unknown_columns(reading: _Reading, source: Source, parts: list[_Part]) -> None:
    unknown = sorted({name for part in parts for name in part.unknown})
    if not unknown:
        return
    # A CSV file without a header shows its first family where the names should be.
    headless = source.text and any(part.missing for part in parts)
    named = "" if headless else f": {', '.join(map(masked, unknown))}"
    columns = "1 column" if len(unknown) == 1 else f"{len(unknown)} columns"
    reading.warnings.append(
        f"{reading.register.name}: {columns} outside the contract ignored{named}."
    )


def _unreadable_values(reading: _Reading, whole: pl.LazyFrame, columns: list[str]) -> None:
    present = whole.collect_schema().names()
    marks = [name for name in (*map(_mark, columns), _BLANK) if name in present]
    if not marks:
        return
    counts = whole.select(pl.col(name).sum() for name in marks).collect(engine="streaming")
    key = pl.col(reading.register.key) if reading.register.key in present else pl.lit(None)
    for name, (count,) in zip(columns, counts.iter_columns(), strict=False):
        if not count:
            continue
        shown = (
            whole.with_row_index("row")
            .filter(pl.col(_mark(name)))
            .select(key.alias("key"), "row")
            .head(EXAMPLES)
            .collect(engine="streaming")
        )
        rule, remedy = expected(reading.register[name])
        reading.fault(rule, remedy, column=name, rows=int(count), examples=show(shown.rows()))


def _strays(folder: Path, names: list[str]) -> Iterator[str]:
    """Name what looks like a register but is none: a slip of the pen would make it silent."""
    for place in (folder / name for name in names):
        if place.name == sealed.FOLDER or place.name.startswith((".", "_")):
            continue
        if place.stem == deliveries.NAME:
            continue
        if place.name in REGISTERS or place.name.removesuffix(place.suffix) in REGISTERS:
            if place.suffix not in ("", ".parquet", ".csv"):
                yield f"{masked(place.name)} is neither Parquet nor CSV and was ignored."
            continue
        if place.suffix in (".parquet", ".csv") or (
            place.is_dir() and any((*place.glob("*.parquet"), *place.glob("*.csv")))
        ):
            if place.stem.lower() in REGISTERS:
                continue  # a fault of that register already
            close = get_close_matches(place.stem, REGISTERS, n=1)
            hint = f" (did you mean {close[0]}?)" if close else ""
            yield f"{masked(place.name)} is no register of the contract and was ignored{hint}."
