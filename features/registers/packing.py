"""How a snapshot is packed: rows joined to households, scattered over partitions, sorted, shrunk.

The same rows in any order give the same bytes: a snapshot is known by them.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from features.errors import InputError, SnapshotError
from features.registers.reading.load import DataSet
from features.registers.schema import Kind, Register

_MIX: Final = np.uint64(0x9E3779B97F4A7C15)
"""Multiplier of Fibonacci hashing (Knuth, TAOCP vol. 3, 6.4): spreads any pattern of keys."""


def working_types(register: Register) -> dict[str, pl.DataType]:
    """Types in memory: the contract's, with enumerations as closed lists (fast to compare).

    Integers are wide again: a sum of 32-bit integers stays 32 bits wide and would overflow.
    """
    types = dict(register.schema)
    for column in register:
        if values := column.enumeration:
            types[column.name] = pl.Enum(values)
    return types


def partition_of(household_ids: pl.Series, partitions: int) -> pl.Series:
    """Return the partition of each household: a hash of its key, the same everywhere."""
    keys = household_ids.to_numpy().astype(np.int64).view(np.uint64)
    with np.errstate(over="ignore"):
        mixed = (keys * _MIX) >> np.uint64(32)
    return pl.Series("partition", (mixed % np.uint64(partitions)).astype(np.uint16))


@dataclass(frozen=True, slots=True)
class Membership:
    """Who belongs to which household, each household to which partition, and since when known."""

    partitions: int
    households: pl.DataFrame
    persons: pl.DataFrame

    def owners(self, register: Register) -> pl.DataFrame:
        """Return the key to join a register by, its household, its partition, its visibility."""
        return self.persons if register.by_person else self.households


def members_of(data: DataSet, households_per_partition: int) -> Membership:
    """Return who belongs where: persons with every household that they were a member of."""
    households = _keys(data, "households", "household_id")
    partitions = max(1, -(-households.height // households_per_partition))
    households = households.with_columns(partition_of(households["household_id"], partitions))
    rows = _keys(data, "persons", "person_id", "household_id")
    # What a person earns and owns lies with every family the person was a member of: which of
    # them it counts for is a matter of the day.
    persons = (
        rows.group_by("person_id", "household_id", maintain_order=True)
        .agg(_first_known())
        .join(households, on="household_id", suffix="_of_household")
    )
    return Membership(
        partitions,
        households,
        persons.with_columns(
            owner_known_on=pl.max_horizontal("owner_known_on", "owner_known_on_of_household")
        ).drop("owner_known_on_of_household"),
    )


def _first_known() -> pl.Expr:
    """The day the first row of a membership was known; null: always."""
    known = pl.col("owner_known_on")
    return pl.when(known.null_count() == 0).then(known.min()).alias("owner_known_on")


def _keys(data: DataSet, register: str, *keys: str) -> pl.DataFrame:
    frame = data.registers[register]
    if frame is None:
        raise InputError(f"Register {register} is missing: no snapshot can be made without it.")
    return _with_known_on(frame).select(*keys, owner_known_on="known_on").collect()


def _with_known_on(frame: pl.LazyFrame) -> pl.LazyFrame:
    if "known_on" in frame.collect_schema():
        return frame
    return frame.with_columns(known_on=pl.lit(None, pl.Date))


def scatter(data: DataSet, register: Register, members: Membership, folder: Path) -> None:
    """Join each row to its household and stream it into the folder of its partition.

    A row is known no earlier than the member and the household it belongs to: facts
    of a person who is not yet known to live there must not count.
    """
    frame = data.registers[register.name]
    if frame is None:
        raise SnapshotError.without_rows(register.name)
    owners = members.owners(register)
    joined = _with_known_on(frame).join(owners.lazy(), on=owners.columns[0], how="inner")
    joined.with_columns(known_on=pl.max_horizontal("known_on", "owner_known_on")).drop(
        "owner_known_on"
    ).sink_parquet(
        pl.PartitionBy(folder, key="partition", include_key=False), mkdir=True, compression="lz4"
    )


def gathered(folder: Path, partition: int, register: Register) -> pl.DataFrame:
    """Return what was scattered into one partition of a register; no rows where nothing was."""
    files = sorted((folder / f"partition={partition}").glob("*.parquet"))
    if files:
        return pl.concat([pl.read_parquet(f) for f in files])
    schema = register.schema | ({"household_id": pl.Int64()} if register.by_person else {})
    return pl.DataFrame(schema=schema)


def pack(rows: pl.DataFrame, register: Register, folder: Path) -> dict[str, Any]:
    """Write one register of one partition, canonically ordered and compact; return its entry."""
    names = ["household_id", *(c.name for c in register if c.name in rows.columns)]
    rows = rows.select(list(dict.fromkeys(names)))
    if "known_on" in rows.columns and rows["known_on"].null_count() == rows.height:
        rows = rows.drop("known_on")
    types = working_types(register)
    # Ordered by every column, so that the same rows in any order give the same bytes.
    rows = rows.cast({c: t for c, t in types.items() if c in rows.columns}).sort(rows.columns)
    rows = rows.with_columns(
        rows[c.name].shrink_dtype()
        for c in register
        if c.name in rows.columns and c.kind in (Kind.COUNT, Kind.AMOUNT)
    )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{register.name}.parquet"
    rows.write_parquet(path, compression="lz4", statistics=False)
    return {
        "rows": rows.height,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
