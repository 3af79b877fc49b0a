"""Under-reporting put into real declarations, so that somebody knows who hides what.

Real registers never say who under-reports. Here families are chosen at random among the
self-employed and part of their self-employment income is struck from the register, month
by month alike. What was struck is returned and written nowhere: the data set that is
left looks like any other. A survey and random inspections are made up around it.

Three leaks are closed on purpose. A person's activity follows the income that is *left*
(it was set by which income was larger, so it would tell on those who hide). Nobody's
declared income falls to nothing, so that "self-employed" means the same before and after.
Who is chosen depends on nothing but chance.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from features.errors import InputError
from features.registers.reading.load import open_data_set
from features.units import add_months, first_of_month
from models.law.parameters import Law

SOURCE: Final = "self_employment"
_STEPS: Final = 6
_ASKED: Final = 300
"""Families that are asked for their step of the ladder: enough for training to run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Injection:
    """How much is struck, and who is asked afterwards.

    ``chosen``: share of the self-employed families that under-report. ``struck``: between
    which shares of their self-employment income is struck, evenly drawn. ``inspected``
    and ``surveyed``: shares of all families, drawn at random. ``scatter``: standard
    deviation of the logarithm of spending around true income, *assumed*. ``placebo``:
    families are chosen and told to inspectors, but nothing is struck.
    """

    chosen: float = 0.5
    struck: tuple[float, float] = (0.3, 0.9)
    inspected: float = 0.5
    surveyed: float = 0.25
    scatter: float = 0.3
    placebo: bool = False


def inject(
    data: Path, out: Path, how: Injection, *, as_of: date, generator: np.random.Generator
) -> pl.DataFrame:
    """Write a data set in which some self-employed families under-report; return the truth.

    Parameters
    ----------
    data : a data set with households, persons and incomes; it is not changed.
    out : folder of the new one, with ``inspections`` (random, nothing missed) and
        ``survey`` (spending out of *true* income) added.
    as_of : the first day after the latest month of incomes.

    Returns
    -------
    One row a household: ``household_id``, ``members``, ``self_employed`` (has such income,
    before and after), ``under_reports``, ``hidden_income_monthly`` (whole tenge, mean of
    the months; in a placebo what would have been struck).

    """
    opened = open_data_set(data)
    households, persons, incomes = (
        _read(opened.registers.get(name), name) for name in ("households", "persons", "incomes")
    )
    declared, hidden = _struck(persons, incomes, how, generator)
    months = incomes["month"].n_unique()
    truth = (
        households.select("household_id")
        .join(persons.group_by("household_id").len("members"), on="household_id", how="left")
        .join(hidden, on="household_id", how="left")
        .with_columns(
            pl.col("members").fill_null(0).cast(pl.Int64),
            pl.col("self_employed", "under_reports").fill_null(value=False),
            (pl.col("struck").fill_null(0) // months).alias("hidden_income_monthly"),
        )
        .drop("struck")
        .sort("household_id")
    )
    kept = incomes if how.placebo else declared
    out.mkdir(parents=True, exist_ok=True)
    households.write_parquet(out / "households.parquet")
    _doing(persons, kept).write_parquet(out / "persons.parquet")
    kept.write_parquet(out / "incomes.parquet")
    _inspections(truth, how, as_of, generator).write_parquet(out / "inspections.parquet")
    earned = _monthly(persons, incomes, months)
    _survey(truth, earned, how, as_of, generator).write_parquet(out / "survey.parquet")
    return truth


def _read(frame: pl.LazyFrame | None, name: str) -> pl.DataFrame:
    if frame is None:
        raise InputError(f"Register {name} is missing: under-reporting is injected into incomes.")
    return frame.collect()


def _struck(
    persons: pl.DataFrame, incomes: pl.DataFrame, how: Injection, generator: np.random.Generator
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the incomes that are left, and what each self-employed family lost in all."""
    own = (pl.col("source").cast(pl.String) == SOURCE) & (pl.col("amount") > 0)
    whose = persons.select("person_id", "household_id")
    earning = incomes.filter(own).join(whose, on="person_id")["household_id"].unique().sort()
    if earning.len() < 2:
        raise InputError(
            f"{earning.len()} families have self-employment income: under-reporting needs more."
        )
    picked = generator.permutation(earning.len()) < round(how.chosen * earning.len())
    shares = generator.uniform(*how.struck, earning.len())
    families = pl.DataFrame(
        {
            "household_id": earning,
            "under_reports": picked,
            "share": np.where(picked, shares, 0.0),
        }
    )
    person_shares = whose.join(families, on="household_id", how="left").select("person_id", "share")
    left = (pl.col("amount") * (1 - pl.col("share"))).round().cast(pl.Int64).clip(lower_bound=1)
    after = incomes.join(
        person_shares, on="person_id", how="left", maintain_order="left"
    ).with_columns(pl.when(own).then(left).otherwise(pl.col("amount")).alias("left"))
    lost = (
        after.join(whose, on="person_id")
        .group_by("household_id")
        .agg((pl.col("amount") - pl.col("left")).sum().alias("struck"))
    )
    declared = after.with_columns(pl.col("left").alias("amount")).drop("left", "share")
    families = families.join(lost, on="household_id").drop("share")
    return declared, families.with_columns(pl.lit(value=True).alias("self_employed"))


def _doing(persons: pl.DataFrame, incomes: pl.DataFrame) -> pl.DataFrame:
    """Return persons whose activity follows the larger of the incomes that they declare."""
    name = pl.col("source").cast(pl.String)
    sums = incomes.group_by("person_id").agg(
        pl.col("amount").filter(name == SOURCE).sum().alias("own"),
        pl.col("amount").filter(name == "wage").sum().alias("wage"),
    )
    both = (pl.col("own") > 0) & (pl.col("wage") > 0)
    larger = pl.when(pl.col("own") > pl.col("wage")).then(pl.lit("self_employed"))
    activity = pl.col("activity").cast(pl.String)
    return (
        persons.join(sums, on="person_id", how="left", maintain_order="left")
        .with_columns(
            pl.when(both)
            .then(larger.otherwise(pl.lit("employee")))
            .otherwise(activity)
            .alias("activity")
        )
        .drop("own", "wage")
    )


def _monthly(persons: pl.DataFrame, incomes: pl.DataFrame, months: int) -> pl.DataFrame:
    return (
        incomes.join(persons.select("person_id", "household_id"), on="person_id")
        .group_by("household_id")
        .agg((pl.col("amount").sum() / months).alias("earned"))
    )


def _inspections(
    truth: pl.DataFrame, how: Injection, as_of: date, generator: np.random.Generator
) -> pl.DataFrame:
    """Inspect a random share of all families, a month after the day; nothing is missed."""
    drawn = _drawn(truth, how.inspected, generator)
    return drawn.select(
        "household_id",
        pl.lit(add_months(first_of_month(as_of), 1)).alias("inspected_on"),
        pl.lit("random").alias("design"),
        pl.lit(how.inspected).alias("probability"),
        "hidden_income_monthly",
    )


def _survey(
    truth: pl.DataFrame,
    earned: pl.DataFrame,
    how: Injection,
    as_of: date,
    generator: np.random.Generator,
) -> pl.DataFrame:
    """Ask a random share of all families what they spend.

    Spending is true income, at least half a subsistence minimum a member, times scatter.
    The step of the ladder, asked of few, is the sixth of the sample by spending a member:
    nothing here is learned from it, but training does not run without.
    """
    surveyed = _drawn(truth.filter(pl.col("members") > 0), how.surveyed, generator).join(
        earned, on="household_id", how="left", maintain_order="left"
    )
    members = surveyed["members"].cast(pl.Float64).to_numpy()
    least = 0.5 * float(Law(as_of).subsistence_minimum) * members
    means = np.maximum(surveyed["earned"].fill_null(0.0).to_numpy(), least)
    spent = np.rint(means * np.exp(generator.normal(0.0, how.scatter, len(means))))
    order = np.argsort(np.argsort(spent / members, kind="stable"), kind="stable")
    quarter = add_months(first_of_month(as_of), -1)
    return surveyed.select("household_id").with_columns(
        pl.lit(f"{quarter.year}Q{(quarter.month + 2) // 3}").alias("quarter"),
        pl.lit(1 / how.surveyed).alias("weight"),
        pl.Series("consumption_monthly", spent).cast(pl.Int64),
        pl.Series("subjective_level", 1 + order * _STEPS // len(order))
        .cast(pl.Int64)
        .set(pl.Series(np.arange(len(order)) >= _ASKED), None),
    )


def _drawn(frame: pl.DataFrame, share: float, generator: np.random.Generator) -> pl.DataFrame:
    count = round(share * frame.height)
    return frame[np.sort(generator.choice(frame.height, count, replace=False))]
