"""What arrived of the monthly registers: rows by region, month and day of learning.

From it alone `features.registers.coverage` judges which months are covered.
"""

from collections.abc import Iterable
from datetime import date
from typing import Final

import polars as pl

from features.registers.declared import SCORING
from features.registers.deliveries import Delivery
from features.registers.owners import Owners, owners_of
from features.registers.reading.load import UNREADABLE, DataSet
from features.registers.schema import Register

MONTHLY: Final = tuple(r for r in SCORING if "month" in r)
"""Registers that answer by months."""
ARRIVED: Final = {
    "register": pl.String,
    "region": pl.String,
    "month": pl.Date,
    "known_on": pl.Date,
    "rows": pl.Int64,
    "by_delivery": pl.Boolean,
}
"""The columns of what arrived; null ``region``: of the whole country, or not told."""


def rows_arrived(data: DataSet, owners: Owners | None = None) -> pl.DataFrame:
    """Count what arrived: rows by monthly register, region, month and day of learning.

    Beside them stand the months that deliveries name (``by_delivery``; their ``rows`` are null),
    and under the name of the register `households` how many of them each region has. What
    cannot be read is left out: the validator reports it. A register that is there has a line
    without a month, too. ``owners`` of the rows are looked up where the caller has not done so.
    """
    owners = owners or owners_of(data.registers)
    parts = [pl.DataFrame(schema=ARRIVED), months_delivered(data.deliveries)]
    if owners.homes is not None:
        parts.append(_households(owners.homes))
    for register in MONTHLY:
        try:
            parts += [_present(data, register), rows_counted(data, register, owners)]
        except UNREADABLE:
            continue
    return pl.concat(parts).sort(list(ARRIVED), nulls_last=False)


def months_delivered(deliveries: Iterable[Delivery]) -> pl.DataFrame:
    """Return the months that deliveries name, a row each; their ``rows`` are null."""
    monthly = {register.name for register in MONTHLY}
    return pl.DataFrame(
        [
            (d.register, d.region, month, d.delivered_on, None, True)
            for d in deliveries
            if d.register in monthly
            for month in d.months
        ],
        schema=ARRIVED,
        orient="row",
    ).unique()


def _present(data: DataSet, register: Register) -> pl.DataFrame:
    frame = data.registers.get(register.name)
    there = frame is not None and "month" in frame.collect_schema()
    return pl.DataFrame(
        [(register.name, None, None, None, 0, False)] if there else [],
        schema=ARRIVED,
        orient="row",
    )


def _households(homes: pl.DataFrame) -> pl.DataFrame:
    counted = homes.group_by("region").agg(pl.len().cast(pl.Int64).alias("rows"))
    return counted.select(
        pl.lit("households").alias("register"),
        pl.col("region").cast(pl.String),
        pl.lit(None, pl.Date).alias("month"),
        pl.lit(None, pl.Date).alias("known_on"),
        "rows",
        pl.lit(value=False).alias("by_delivery"),
    )


def rows_counted(data: DataSet, register: Register, owners: Owners | None) -> pl.DataFrame:
    """Count one register's rows by region, month and day of learning, nulls left out.

    Without ``owners`` it is counted for the country alone.
    """
    frame = data.registers.get(register.name)
    if frame is None:
        return pl.DataFrame(schema=ARRIVED)
    columns = frame.collect_schema().names()
    if "month" not in columns:
        return pl.DataFrame(schema=ARRIVED)
    learned = pl.col("known_on") if "known_on" in columns else pl.lit(None, pl.Date)
    rows = frame.select("month", learned.alias("known_on"))
    # A damaged date may lie beyond what Python calls a date.
    real = pl.col("month").is_between(date.min, date.max)
    regions = None if owners is None else owners.regions_of_rows(register.name, register.key)
    by = ["month", "known_on"]
    if regions is not None:
        rows = rows.collect(engine="streaming").with_columns(region=regions).lazy()
        by.append("region")
    counted = (
        rows.group_by(by)
        .agg(pl.len().cast(pl.Int64).alias("rows"))
        .filter(real)
        .collect(engine="streaming")
    )
    if regions is None:
        counted = counted.with_columns(region=pl.lit(None, pl.String))
    return (
        # Some days of a month are left by now, and no longer as many as there are rows.
        counted.group_by("region", pl.col("month").dt.truncate("1mo"), "known_on")
        .agg(pl.col("rows").sum())
        .select(
            pl.lit(register.name).alias("register"),
            pl.col("region").cast(pl.String),
            "month",
            "known_on",
            "rows",
            pl.lit(value=False).alias("by_delivery"),
        )
    )
