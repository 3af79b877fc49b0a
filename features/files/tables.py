"""Tables as files, as the name ends: Parquet, CSV, or a folder of Parquet.

Whole or not at all, and in the order of the rows that were handed in. CSV is UTF-8 with a
line of names, commas, decimal points, days as 2026-01-01 and true or false. A list is one
cell there, its entries joined by ``;``. An empty list is an empty text in quotes (``""``),
and nothing between two commas is unknown: readers that know of no difference (pandas) take
both for unknown, so ask Parquet where it matters.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import polars as pl

from features.errors import InputError
from features.files.whole import may_be_written, replacing, replacing_folder

METAVAR: Final = "FILE.parquet|FILE.csv|FOLDER"
ABOUT: Final = (
    "Written as the name ends: .parquet, .csv, or a folder of Parquet where it has no ending. "
    "In CSV a list is one cell joined by ';'."
)
"""What a verb says of its ``--out``."""
ROWS_OF_A_PART: Final = 200_000
_ENDINGS: Final = (".parquet", ".csv")
_PART: Final = re.compile(r"part-\d{5}\.parquet")
_JOINED_BY: Final = ";"


def refuse_ending(path: Path, *endings: str) -> None:
    """Refuse a file whose name ends otherwise, naming what is written."""
    if path.suffix.lower() not in endings:
        raise InputError(
            f"{path.name} ends in {path.suffix or 'nothing'}: written are {', '.join(endings)}. "
            "Name one of these."
        )


def may_hold_a_table(out: Path) -> Path:
    """Return the file or folder that a table may be written to; refuse others before any work.

    Raises InputError for an ending that is not written, for what is neither file nor
    folder, and for a folder that holds anything else than an earlier table.
    """
    if not out.suffix:
        return _may_hold_parts(out.resolve())
    if out.suffix.lower() not in _ENDINGS:
        raise InputError(
            f"{out.name}: a table is written to {', '.join(_ENDINGS)}, or to a folder of Parquet "
            "where the name has no ending. Choose one of these."
        )
    return may_be_written(out)


def write(table: pl.DataFrame, out: Path, noted: Mapping[str, str] | None = None) -> None:
    """Write a table as the name of ``out`` says; an earlier one of that name is replaced.

    ``noted``: what else the file shall say of itself, JSON by name. Parquet has it in its key-value
    metadata, every part of a folder too; beside a CSV it stands in a file of the same name with
    ``.json`` behind it, together with the SHA-256 of the CSV that it speaks of.
    """
    out = may_hold_a_table(out)
    if out.suffix.lower() == ".csv":
        with replacing(out) as draft:
            _to_csv(table, draft)
        if noted:
            _write_beside(out, noted)
        return
    if out.suffix:
        with replacing(out) as draft:
            table.write_parquet(draft, metadata=dict(noted or {}) or None)
        return
    with replacing_folder(out) as folder:
        for number, first in enumerate(range(0, max(1, table.height), ROWS_OF_A_PART)):
            part = table.slice(first, ROWS_OF_A_PART)
            name = f"part-{number:05d}.parquet"
            part.write_parquet(folder / name, metadata=dict(noted or {}) or None)


def beside(csv: Path) -> Path:
    """Return where what is noted of a CSV stands."""
    return csv.with_name(f"{csv.name}.json")


def _write_beside(csv: Path, noted: Mapping[str, str]) -> None:
    with csv.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    entries = {"sha256": digest} | {name: json.loads(text) for name, text in noted.items()}
    with replacing(beside(csv)) as draft:
        draft.write_text(json.dumps(entries, ensure_ascii=False, indent=1) + "\n", "utf-8")


def read(place: Path, schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """Read a table back from any of its forms, with its rows in the order they were written.

    ``schema`` gives the types of a CSV's columns; Parquet keeps its own. Raises InputError
    for what cannot be read as such a table.
    """
    try:
        if place.suffix.lower() == ".csv":
            return _from_csv(place, schema)
        return pl.read_parquet(place / "*.parquet" if place.is_dir() else place)
    except (OSError, pl.exceptions.PolarsError):
        raise InputError(
            f"{place} cannot be read as a table: bring a file that ends in "
            f"{' or '.join(_ENDINGS)}, or a folder of Parquet."
        ) from None


def _may_hold_parts(out: Path) -> Path:
    if out.exists() and not (
        out.is_dir() and all(_PART.fullmatch(path.name) for path in out.iterdir())
    ):
        raise InputError(
            f"{out} holds something else than a table; only an earlier table is replaced. Choose "
            "another --out, or empty it first."
        )
    return out


def _to_csv(table: pl.DataFrame, path: Path) -> None:
    lists = [name for name, dtype in table.schema.items() if dtype == pl.List]
    joined = pl.col(lists).cast(pl.List(pl.String)).list.join(_JOINED_BY)
    table.with_columns(joined if lists else []).write_csv(path)


def _from_csv(path: Path, schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    lists = {name: dtype for name, dtype in schema.items() if isinstance(dtype, pl.List)}
    text = pl.read_csv(path, schema_overrides=dict(schema) | dict.fromkeys(lists, pl.String()))
    return text.with_columns(
        # An empty text cut at its joints is one empty entry; an empty list has none.
        pl.col(name).str.split(_JOINED_BY).list.filter(pl.element() != "").cast(dtype)
        for name, dtype in lists.items()
        if name in text.columns
    )
