"""Registers spoiled on purpose, as deliveries are: one kind of harm, one register, one seed.

Each spoiler returns the frame as it would have arrived, and whose families it touched. What
is spoiled is drawn by the generator that is passed; the same seed spoils the same rows.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from features.registers.declared import REGISTERS, SCORING
from features.units import add_months

Data = Mapping[str, pl.DataFrame]
MONEY: Final = {
    "incomes": ("amount",),
    "transfers": ("amount",),
    "utilities": ("amount",),
    "properties": ("value",),
    "vehicles": ("value",),
    "loans": ("monthly_payment", "principal", "outstanding"),
    "businesses": ("turnover_12m",),
    "deposits": ("balance",),
}
_DAYS: Final = {
    "persons": "birth_date",
    "properties": "registered_on",
    "vehicles": "registered_on",
    "loans": "issued_on",
    "businesses": "opened_on",
}
_TOUCHED: Final = "_touched"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoiled:
    """One register as it would have arrived."""

    kind: str
    register: str
    frame: pl.DataFrame
    rows: int
    households: pl.Series
    """Whose rows are not as they were."""


Spoiler = Callable[[pl.DataFrame, str, Data, np.random.Generator], pl.DataFrame | None]


def _newest(frame: pl.DataFrame) -> date:
    return frame["month"].max()


def newest_month_twice(frame, register, data, generator):
    """The last month was delivered again, or every row where there are no months."""
    again = pl.col("month") == _newest(frame) if "month" in frame.columns else pl.lit(value=True)
    return pl.concat(
        [
            frame.with_columns(pl.lit(value=False).alias(_TOUCHED)),
            frame.filter(again).with_columns(pl.lit(value=True).alias(_TOUCHED)),
        ]
    )


def newest_month_partly_twice(frame, register, data, generator):
    """A tenth of the last month, or of all rows, arrived twice: one file sent by mistake."""
    picked = pl.Series(generator.random(frame.height) < 0.1)
    if "month" in frame.columns:
        picked = picked & (frame["month"] == _newest(frame))
    return pl.concat(
        [
            frame.with_columns(pl.lit(value=False).alias(_TOUCHED)),
            frame.filter(picked).with_columns(pl.lit(value=True).alias(_TOUCHED)),
        ]
    )


def half_of_the_newest_month(frame, register, data, generator):
    """The feed broke off after half of the last month."""
    if "month" not in frame.columns:
        return None
    lost = pl.Series(generator.random(frame.height) < 0.55) & (frame["month"] == _newest(frame))
    return frame.with_columns(lost.alias(_TOUCHED), _lost=lost)


def a_month_in_the_middle_missing(frame, register, data, generator):
    """The month before the last never came."""
    if "month" not in frame.columns:
        return None
    lost = frame["month"] == add_months(_newest(frame), -1)
    return frame.with_columns(lost.alias(_TOUCHED), _lost=lost)


def one_future_row(frame, register, data, generator):
    """One row is of a year that has not come."""
    column = "month" if "month" in frame.columns else _DAYS.get(register)
    if column is None or column not in frame.columns:
        return None
    known = frame.with_row_index("_row").filter(pl.col(column).is_not_null())
    [row] = generator.choice(known["_row"].to_numpy(), 1)
    touched = pl.int_range(pl.len()) == int(row)
    return frame.with_columns(
        touched.alias(_TOUCHED),
        pl.when(touched)
        .then(pl.col(column).dt.offset_by("36y"))
        .otherwise(pl.col(column))
        .alias(column),
    )


def keys_as_floats(frame, register, data, generator):
    """A tool in between made floating-point numbers of the keys."""
    key = REGISTERS[register].key
    return frame.with_columns(pl.col(key).cast(pl.Float64), pl.lit(value=True).alias(_TOUCHED))


def a_region_missing(frame, register, data, generator):
    """One region sent nothing at all of the last month, or of the register."""
    region = generator.choice(sorted(data["households"]["region"].unique()))
    homes = data["households"].filter(pl.col("region") == region).select("household_id")
    owners = (
        homes
        if "household_id" in frame.columns
        else data["persons"].join(homes, on="household_id", how="semi").select("person_id")
    )
    key = owners.columns[0]
    lost = pl.col(key).is_in(owners[key].implode())
    if "month" in frame.columns:
        lost &= pl.col("month") == _newest(frame)
    return frame.with_columns(lost.alias(_TOUCHED), _lost=lost)


def newest_month_in_thousands(frame, register, data, generator):
    """Amounts of the last month are thousands of tenge."""
    if "month" not in frame.columns:
        return None
    return _in_thousands(frame, register, pl.col("month") == _newest(frame))


def all_in_thousands(frame, register, data, generator):
    """Every amount of the register is thousands of tenge."""
    return _in_thousands(frame, register, pl.lit(value=True))


def _in_thousands(frame, register, where):
    columns = [c for c in MONEY.get(register, ()) if c in frame.columns]
    if not columns:
        return None
    return frame.with_columns(
        where.alias(_TOUCHED),
        *(pl.when(where).then(pl.col(c) // 1_000).otherwise(pl.col(c)).alias(c) for c in columns),
    )


def two_months_swapped(frame, register, data, generator):
    """The newest month bears the name of the one four months before, and the other way round."""
    if "month" not in frame.columns:
        return None
    newest = _newest(frame)
    other = add_months(newest, -4)
    month = pl.col("month")
    return frame.with_columns(
        month.is_in([newest, other]).alias(_TOUCHED),
        month=pl.when(month == newest)
        .then(pl.lit(other))
        .when(month == other)
        .then(pl.lit(newest))
        .otherwise(month),
    )


SPOILERS: Final[tuple[Spoiler, ...]] = (
    newest_month_twice,
    newest_month_partly_twice,
    half_of_the_newest_month,
    a_month_in_the_middle_missing,
    one_future_row,
    keys_as_floats,
    a_region_missing,
    newest_month_in_thousands,
    all_in_thousands,
    two_months_swapped,
)


def spoiled(data: Data, generator: np.random.Generator) -> list[Spoiled]:
    """Return every register that decides spoiled in every way that can befall it."""
    made = []
    for spoiler in SPOILERS:
        for register in (r.name for r in SCORING if r.name in data and r.name != "households"):
            frame = spoiler(data[register], register, data, generator)
            if frame is not None and frame[_TOUCHED].any():
                made.append(_of(spoiler.__name__, register, frame, data))
    return made


def _of(kind: str, register: str, frame: pl.DataFrame, data: Data) -> Spoiled:
    touched = frame.filter(_TOUCHED)
    arrived = frame.filter(~pl.col("_lost")) if "_lost" in frame.columns else frame
    owner = REGISTERS[register].key
    if owner == "person_id" and "household_id" not in touched.columns:
        ids = touched.select(pl.col("person_id").cast(pl.Int64)).join(
            data["persons"].select("person_id", "household_id"), on="person_id"
        )["household_id"]
    else:
        ids = touched["household_id"]
    return Spoiled(
        kind=kind,
        register=register,
        frame=arrived.drop(_TOUCHED, "_lost", strict=False),
        rows=touched.height,
        households=ids.unique(),
    )
