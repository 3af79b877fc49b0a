"""The files of a drawn list: read with care, and sealed where they are secret."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import polars as pl

from features.errors import InputError
from features.files.whole import replacing

_REPORT: Final = frozenset({"index.html", "report.json"})


def may_take(folder: Path) -> None:
    """Refuse a folder that holds anything else than the report of an earlier draw."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; --report names a folder.")
    held = {path.name for path in folder.iterdir()} if folder.exists() else set()
    if not held <= _REPORT:
        raise InputError(
            f"{folder} holds something else than the report of a draw; choose another --report, "
            "or empty it first."
        )


def refuse_existing(path: Path) -> None:
    """Refuse to write a seed where a file is: a lost seed takes the proof of its list with it."""
    if path.exists():
        raise InputError(
            f"{path} exists, and a sealed seed is never overwritten: draw by it with --sealed, or "
            "name another file."
        )


def write_seal(path: Path, seal: Mapping[str, str]) -> None:
    """Write the seed to a new file that only its owner may read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:  # another draw was first
        refuse_existing(path)
        raise
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(json.dumps(seal, indent=1) + "\n")


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a record whole or not at all."""
    with replacing(path) as partial:
        text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
        partial.write_text(text, encoding="utf-8")


def read_json(path: Path) -> Any:
    """Read what a draw wrote beside its list."""
    try:
        return json.loads(path.read_bytes())
    except OSError:
        raise InputError(f"{path} cannot be read; bring the file that the draw wrote.") from None
    except ValueError:
        raise InputError(f"{path} is no JSON; bring the file that the draw wrote.") from None


def read_list(path: Path) -> pl.DataFrame:
    """Read a drawn list."""
    try:
        return pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError):
        raise InputError(f"{path} cannot be read as a list: take the file of the draw.") from None


def households(path: Path) -> pl.Series:
    """Read the households that may be visited."""
    try:
        return pl.read_parquet(path, columns=["household_id"])["household_id"].cast(pl.Int64)
    except (OSError, pl.exceptions.PolarsError):
        raise InputError(
            f"{path} cannot be read: name a Parquet file with a column household_id of whole "
            "numbers."
        ) from None


def record_beside(listed: Path) -> Any:
    """Read the record of a list, which lies beside it."""
    return read_json(listed.with_suffix(".json"))


def visits_by_region(path: Path) -> dict[str, int]:
    """Read how many visits each region can make, one line a region."""
    remedy = (
        "name a CSV file with the columns region (two digits of KATO) and visits (whole "
        "numbers), one line a region."
    )
    try:
        table = pl.read_csv(path, schema_overrides={"region": pl.String, "visits": pl.Int64})
        visits = table.select("region", "visits")
    except (OSError, pl.exceptions.PolarsError):
        raise InputError(f"{path} cannot be read: {remedy}") from None
    if visits.drop_nulls().height < visits.height or visits["region"].n_unique() < visits.height:
        raise InputError(f"{path} has an empty cell or a region twice: {remedy}")
    return dict(visits.iter_rows())
