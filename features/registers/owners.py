"""Whose rows the registers hold: each row's household or person, and where that lives.

A delivery mostly has the rows of one person side by side. Neighbours of one owner are counted
together before the owner is looked up: of a country's incomes a tenth is left then. Rows in any
other order give the same answer, later.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from features.registers.declared import REGISTERS
from features.registers.reading.load import UNREADABLE

_NAMES: Final = pl.Enum(list(REGISTERS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Owners:
    """The owners of the rows of every register that points to households or persons."""

    homes: pl.DataFrame | None
    """``household_id``, each once, and ``region`` (null: not told); None: of none is it told."""
    by_key: Mapping[str, pl.DataFrame]
    """By the key of owners whose own register is there: ``register``, the key, ``rows`` (so many
    side by side), ``at`` (their order), ``known`` (null: not in the owners' own register) and
    ``region`` (null: not told)."""

    def regions_of_rows(self, register: str, key: str) -> pl.Series | None:
        """Return the region of each row of a register, in their order; None: it cannot be told."""
        if key not in self.by_key:
            return None
        owners = self.by_key[key].filter(pl.col("register") == register).sort("at")
        if owners.is_empty():
            return None
        places = np.arange(owners.height, dtype=np.uint32)
        return owners["region"].gather(np.repeat(places, owners["rows"].to_numpy()))


def owners_of(registers: Mapping[str, pl.LazyFrame | None]) -> Owners:
    """Return whose the rows of the registers are, of those that can be read.

    Who stands in two households lives in one of both.
    """
    by_key: dict[str, pl.DataFrame] = {}
    homes = persons = None
    with suppress(*UNREADABLE):
        homes = _homes(registers.get("households"))
    if homes is not None:
        by_key["household_id"] = _looked_up(registers, homes, "household_id")
    with suppress(*UNREADABLE):
        persons = _persons(registers.get("persons"), Owners(homes=homes, by_key=by_key))
    if persons is not None:
        by_key["person_id"] = _looked_up(registers, persons, "person_id")
    if homes is not None and "region" not in homes.columns:
        homes = None
    return Owners(homes=homes, by_key=by_key)


def _homes(households: pl.LazyFrame | None) -> pl.DataFrame | None:
    if households is None or "household_id" not in (columns := households.collect_schema()):
        return None
    if "region" not in columns:
        return households.select("household_id").unique().collect(engine="streaming")
    homes = (
        households.select("household_id", pl.col("region").cast(pl.String))
        .unique("household_id")
        .collect(engine="streaming")
    )
    # A closed list of regions is a small number in each row: half of the work of texts.
    listed = pl.Enum(homes["region"].drop_nulls().unique().sort())
    return homes.with_columns(pl.col("region").cast(listed))


def _persons(persons: pl.LazyFrame | None, of_households: Owners) -> pl.DataFrame | None:
    if persons is None or "person_id" not in persons.collect_schema():
        return None
    members = persons.select("person_id").collect(engine="streaming")
    regions = of_households.regions_of_rows("persons", "household_id")
    members = members if regions is None else members.with_columns(region=regions)
    if not np.diff(np.sort(members["person_id"].drop_nulls().to_numpy())).all():
        members = members.lazy().unique("person_id").collect(engine="streaming")
    return members


def _looked_up(
    registers: Mapping[str, pl.LazyFrame | None], owners: pl.DataFrame, key: str
) -> pl.DataFrame:
    """Look up all owners in one go: the table to look in is made once."""
    none = pl.DataFrame(schema={"register": _NAMES, key: pl.Int64, "rows": pl.UInt32})
    rows = pl.concat([none, *_rows_by_owner(registers, key)]).with_row_index("at")
    known = owners.lazy().with_columns(known=pl.lit(value=True))
    if "region" not in owners.columns:
        known = known.with_columns(region=pl.lit(None, pl.String))
    looked_up = rows.lazy().join(known, on=key, how="left")
    return looked_up.collect(engine="streaming")


def _rows_by_owner(
    registers: Mapping[str, pl.LazyFrame | None], key: str
) -> Iterator[pl.DataFrame]:
    for name, frame in registers.items():
        points = key in REGISTERS[name] and REGISTERS[name][key].points_to is not None
        if frame is None or not points or key not in frame.collect_schema():
            continue
        with suppress(*UNREADABLE):
            owners = frame.select(key).collect(engine="streaming").to_series()
            yield (
                owners.rle()
                .struct.unnest()
                .select(
                    pl.lit(name, _NAMES).alias("register"), pl.col("value").alias(key), rows="len"
                )
            )
