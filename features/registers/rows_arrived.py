"""What arrived of the monthly registers: rows by region, month and day of learning.

From it alone `features.registers.coverage` judges which months are covered.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

import polars as pl

from features.registers.declared import SCORING
from features.registers.deliveries import Delivery
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


def rows_arrived(data: DataSet) -> pl.DataFrame:
    """Count what arrived: rows by monthly register, region, month and day of learning.

    Beside them stand the months that deliveries name (``by_delivery``; their ``rows`` are null),
    and under the name of the register `households` how many of them each region has. What
    cannot be read is left out: the validator reports it. A register that is there has a line
    without a month, too.
    """
    regions = regions_by_key(data.registers)
    parts = [pl.DataFrame(schema=ARRIVED), months_delivered(data.deliveries)]
    if "household_id" in regions:
        parts.append(_households(regions["household_id"]))
    for register in MONTHLY:
        try:
            of_owners = regions.get(register.key)
            parts += [_present(data, register), rows_counted(data, register, of_owners)]
        except UNREADABLE:
            continue
    return pl.concat(parts).sort(list(ARRIVED), nulls_last=False)


def regions_by_key(registers: Mapping[str, pl.LazyFrame | None]) -> dict[str, pl.DataFrame]:
    """Return the region of every household and person, by the key that names them.

    Under ``household_id`` and ``person_id`` a frame of that key and ``region``, each key once;
    null: not told. A key of which the registers cannot tell is left out, as is one whose register
    cannot be read: the validator reports it. Who stands in two households counts in one of both.
    """
    households, persons = registers.get("households"), registers.get("persons")
    if households is None or not {"household_id", "region"} <= set(households.collect_schema()):
        return {}
    try:
        homes = households.select("household_id", "region").unique("household_id").collect()
        # A closed list of regions is a small number in each row: half of the work of texts.
        listed = pl.Enum(homes["region"].cast(pl.String).drop_nulls().unique().sort())
        homes = homes.with_columns(pl.col("region").cast(pl.String).cast(listed))
        keys = ["person_id", "household_id"]
        if persons is None or not set(keys) <= set(persons.collect_schema()):
            return {"household_id": homes}
        members = persons.select(keys).unique("person_id").collect()
    except UNREADABLE:
        return {}
    of_persons = members.join(homes, on="household_id", how="left").select("person_id", "region")
    return {"household_id": homes, "person_id": of_persons}


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


def rows_counted(data: DataSet, register: Register, regions: pl.DataFrame | None) -> pl.DataFrame:
    """Count one register's rows by region, month and day of learning, nulls left out.

    ``regions`` has its key and ``region``; None: it is counted for the country alone.
    """
    frame = data.registers.get(register.name)
    if frame is None:
        return pl.DataFrame(schema=ARRIVED)
    columns = frame.collect_schema().names()
    if "month" not in columns:
        return pl.DataFrame(schema=ARRIVED)
    region = pl.lit(None, pl.String)
    if regions is not None and register.key in columns:
        frame = frame.join(regions.lazy(), on=register.key, how="left")
        region = pl.col("region")
    counted = (
        # A damaged date may lie beyond what Python calls a date.
        frame.filter(pl.col("month").is_between(date.min, date.max))
        .select(
            region.alias("region"),
            "month",
            (pl.col("known_on") if "known_on" in columns else pl.lit(None, pl.Date)).alias(
                "known_on"
            ),
        )
        .group_by("region", "month", "known_on")
        .agg(pl.len().cast(pl.Int64).alias("rows"))
        .collect(engine="streaming")
    )
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
