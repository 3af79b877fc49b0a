"""The note that comes with a delivery: which months it is for, how many rows, which bytes.

Where a folder of registers holds such a note, it decides which months are covered, and what it
says must be so: a file of another hash, or with other rows, was not what was delivered.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl

from features.registers.declared import REGIONS, REGISTERS
from features.registers.fault import DATA_OWNER, Fault
from features.registers.reading.convert import convert
from features.registers.schema import Column, Kind
from features.units import add_months

NAME: Final = "deliveries"
ABOUT: Final = (
    "What was delivered, a row a delivery: `deliveries.csv`, `.parquet` or `.json`. It says which "
    "months a register covers, instead of its own rows, and must agree with the files: every file "
    "of a register that it names stands in it by its hash, and the rows of all deliveries of a "
    "file are the rows of the file."
)
_ENDINGS: Final = ("csv", "parquet", "json")
_LAST_MONTH: Final = date(date.max.year, 12, 1)
COLUMNS: Final = (
    Column(name="register", kind=Kind.TEXT, about="The register delivered.", required=True),
    Column(
        name="covers_from", kind=Kind.MONTH, about="The first month that the delivery is whole for."
    ),
    Column(name="covers_to", kind=Kind.MONTH, about="The last one."),
    Column(name="rows", kind=Kind.COUNT, about="Rows of the delivery.", required=True),
    Column(
        name="sha256",
        kind=Kind.TEXT,
        about="SHA-256 of the file that they stand in, in hexadecimal digits.",
        required=True,
    ),
    Column(
        name="delivered_on",
        kind=Kind.DATE,
        about="The day it arrived: earlier decisions know nothing of it. Null: always known.",
    ),
    Column(
        name="region",
        kind=Kind.TEXT,
        about="The region it is for, two digits of KATO. Null: the whole country.",
    ),
)
"""What a note of deliveries says of each delivery."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One delivery of one register: for which months and region, and what was delivered."""

    register: str
    covers_from: date | None
    covers_to: date | None
    rows: int | None
    sha256: str | None
    delivered_on: date | None
    region: str | None

    @property
    def months(self) -> Iterator[date]:
        """The months it covers, oldest first; none for a register without months."""
        month = self.covers_from
        while month is not None and self.covers_to is not None and month <= self.covers_to:
            yield month
            # An open end is written as the last month of the calendar: there is none after it.
            month = None if month >= _LAST_MONTH else add_months(month, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """The deliveries of a folder, the files they were read from, and what is wrong with them."""

    deliveries: tuple[Delivery, ...] = ()
    files: tuple[Path, ...] = ()
    faults: tuple[Fault, ...] = ()


def read(folder: Path) -> Note:
    """Read the note of a folder; an empty one where there is none."""
    places = [folder / f"{NAME}.{ending}" for ending in _ENDINGS]
    # A link that leads nowhere is there as well: what cannot be read is never silence.
    files = [place for place in places if place.is_symlink() or place.exists()]
    if not files:
        return Note()
    if strange := [file.name for file in files if not file.is_file()]:
        return Note(faults=(_fault(f"{', '.join(strange)} is no file", "write it, or remove it"),))
    if len(files) > 1:
        names = ", ".join(file.name for file in files)
        return Note(files=tuple(files), faults=(_fault(f"given twice: {names}", "keep one"),))
    try:
        table = _table(files[0])
    except (pl.exceptions.PolarsError, OSError, ValueError, TypeError):
        broken = _fault(
            f"{files[0].name} cannot be read: truncated, damaged or in another format",
            "write it again: a table with the columns " + ", ".join(c.name for c in COLUMNS),
        )
        return Note(files=tuple(files), faults=(broken,))
    faults, deliveries = _rows(table)
    return Note(deliveries=tuple(deliveries), files=tuple(files), faults=tuple(faults))


def _table(file: Path) -> pl.DataFrame:
    if file.suffix == ".csv":
        return pl.read_csv(file, infer_schema=False, null_values="")
    if file.suffix == ".parquet":
        return pl.read_parquet(file)
    document = json.loads(file.read_bytes())
    rows = document.get(NAME) if isinstance(document, dict) else document
    return pl.DataFrame(rows, infer_schema_length=None)


def _rows(table: pl.DataFrame) -> tuple[list[Fault], list[Delivery]]:
    faults: list[Fault] = []
    read: dict[str, list[Any]] = {}
    for column in COLUMNS:
        read[column.name] = [None] * table.height
        if column.name not in table.columns:
            if column.required:
                faults.append(_fault("a required column is missing", "add it", column.name))
            continue
        cells = table[column.name]
        if column.kind is Kind.MONTH and cells.dtype == pl.String:
            # A month is written with its first day, or without a day.
            cells = cells.str.replace(r"^(\d{4}-\d{2})$", "${1}-01")
        conversion = convert(column, cells.dtype)
        if conversion is None:
            faults.append(_fault(f"a wrong type: {cells.dtype}", "write it as text", column.name))
            continue
        values = cells.to_frame().select(conversion.value).to_series()
        read[column.name] = values.to_list()
        unreadable = cells.is_not_null() & values.is_null()
        if column.required:
            unreadable |= cells.is_null()
        if wrong := int(unreadable.sum()):
            what = "may not be empty, and must be readable" if column.required else "not readable"
            faults.append(_fault(what, f"write {column.kind}", column.name, wrong))
    deliveries = [
        Delivery(**{name: values[row] for name, values in read.items()})
        for row in range(table.height)
    ]
    for number, delivery in enumerate(deliveries, 1):
        faults += _broken(delivery, number)
    return faults, deliveries


def _broken(delivery: Delivery, number: int) -> Iterator[Fault]:
    register = REGISTERS.get(delivery.register)
    place = f"row {number}"
    if delivery.register is not None and register is None:
        yield _fault(f"{place} names no register of the contract", "correct it", "register")
    if delivery.region is not None and delivery.region not in REGIONS:
        yield _fault(f"{place} names no region of KATO", "write its two digits", "region")
    if register is None or "month" not in register:
        return
    first, last = delivery.covers_from, delivery.covers_to
    if first is None or last is None or first.day != 1 or last.day != 1 or first > last:
        yield _fault(
            f"{place} names no months from the first to the last",
            "write the first and the last month of the delivery, each by its first day",
            "covers_from",
        )


def disagreements(
    deliveries: Sequence[Delivery], folder: Path, files: Sequence[Path]
) -> Iterator[Fault]:
    """Yield where a note and the files of a folder say otherwise, in counts and in hashes."""
    of_register: dict[str, list[Delivery]] = defaultdict(list)
    for delivery in deliveries:
        if delivery.register in REGISTERS:
            of_register[delivery.register].append(delivery)
    for register, mine in of_register.items():
        hashes = {_sha256(f): f for f in files if _register_of(f, folder) == register}
        named = {(d.sha256 or "").lower() for d in mine}
        if lost := len(named - hashes.keys()):
            yield _fault(
                f"{lost} {'hash is' if lost == 1 else 'hashes are'} of no file that is there",
                "copy what was delivered again, or correct the note",
                "sha256",
                register=register,
            )
        for sha256, file in hashes.items():
            if sha256 not in named:
                yield _fault(
                    f"{file.name} is not among the deliveries, by its hash",
                    "copy what was delivered again, or add its delivery",
                    "sha256",
                    register=register,
                )
                continue
            there = _height(file)
            noted = sum(d.rows or 0 for d in mine if (d.sha256 or "").lower() == sha256)
            if there is not None and there != noted:
                yield _fault(
                    f"{file.name} has {there:,} rows, and its deliveries {noted:,}",
                    "copy what was delivered again, or correct the note",
                    "rows",
                    register=register,
                )


def _register_of(file: Path, folder: Path) -> str:
    return file.relative_to(folder).parts[0].removesuffix(".parquet").removesuffix(".csv")


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _height(file: Path) -> int | None:
    """Return the rows of a file; None where it cannot be read, which is reported elsewhere."""
    try:
        scan = (
            pl.scan_csv(file, infer_schema=False, glob=False)
            if file.suffix == ".csv"
            else pl.scan_parquet(file, glob=False)
        )
        return int(scan.select(pl.len()).collect(engine="streaming").item())
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        return None


def _fault(
    rule: str, remedy: str, column: str | None = None, rows: int = 0, register: str | None = None
) -> Fault:
    rule = f"{register}: {rule}" if register else rule
    return Fault(
        register=NAME, column=column, rule=rule, rows=rows, remedy=remedy, owner=DATA_OWNER
    )
