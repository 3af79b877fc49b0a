"""What every page about a country shows alike: levels, how few are hidden, which are examples."""

from datetime import date
from typing import Final

import numpy as np
import polars as pl

from features.build import Registers, known_households, visible
from models.assessment.suppression import SHOWN_FROM

__all__ = ["LEVELS", "SHOWN_FROM", "hash_order", "places"]

LEVELS: Final = range(1, 7)
"""The categories, from the poorest on."""
_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX: Final = ((30, np.uint64(0xBF58476D1CE4E5B9)), (27, np.uint64(0x94D049BB133111EB)))
"""Constants of SplitMix64 (Steele, Lea & Flood 2014)."""


def hash_order(household_ids: pl.Series) -> pl.Series:
    """Return a number for each household that has nothing to do with who it is (SplitMix64)."""
    with np.errstate(over="ignore"):
        mixed = household_ids.to_numpy().astype(np.int64).view(np.uint64) + _GOLDEN
        for shift, factor in _MIX:
            mixed = (mixed ^ (mixed >> np.uint64(shift))) * factor
        mixed = mixed ^ (mixed >> np.uint64(31))
    return pl.Series(mixed)


def places(registers: Registers, as_of: date) -> pl.DataFrame:
    """Region, settlement and sex of the head; where two heads are stated, of the first by key."""
    persons = registers.get("persons")
    where = visible("households", known_households(registers), as_of).select(
        "household_id", pl.col("region", "settlement").cast(pl.String)
    )
    if persons is None:
        return where.with_columns(head=pl.lit(None, pl.String)).collect()
    heads = (
        visible("persons", persons, as_of)
        .filter(pl.col("relation") == "head")
        .sort("household_id", "person_id")
        .unique("household_id", keep="first", maintain_order=True)
        .select("household_id", head=pl.col("sex").cast(pl.String))
    )
    return where.join(heads, on="household_id", how="left").collect()
