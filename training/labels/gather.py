"""Whose label, seen as of when: inspections and survey answers joined to what was known before.

A label is joined to the newest snapshot at or before its date, so that no feature knows
what the inspection found. A label older than every snapshot is joined to the oldest and
counted as late. Families that nobody inspected are never taken for clear.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from features.build import build
from features.errors import InputError
from features.progress import Progress, silent
from features.registers.snapshot import Snapshot
from models.assessment.target import at_each
from models.law.facts import treatment
from models.law.parameters import Law
from models.learned.arrays import Codes, Matrix, Vector
from models.learned.inputs import Input, declared_income, encode

POPULATION_SAMPLE: Final = 200_000
"""Families of the newest snapshot that stand for its population; all, if there are fewer."""
FEWEST: Final = 60
"""Labels below which nothing is learned, let alone judged."""
FEWEST_RANDOM: Final = 100
"""Random inspections below which nothing is promised of the population.

The exact 95 % interval of a share is at worst ten points to each side with a hundred of
them; with fewer it could not tell a flag that is right from one that is wrong.
"""
_CLIP: Final = 1.5
_ONE_LABEL: Final = {
    "inspections": ("household_id", "inspected_on", "design"),
    "survey": ("household_id", "quarter"),
}
"""What makes two rows one label, whatever else they say."""
_QUARTERS: Final = r"^(\d{4})Q([1-4])$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """What training learns from.

    ``inspections`` and ``survey`` hold one row a label: its columns, the family's features,
    ``as_of`` (the snapshot it was joined to), ``late``. ``population`` holds features of
    (a sample of) the newest snapshot's families. ``strangers`` counts labels of families
    that the snapshot does not know, or knows no member of; they are left out.
    """

    inspections: pl.DataFrame
    survey: pl.DataFrame
    population: pl.DataFrame
    households: int
    as_of: date
    late: int
    strangers: int


def gather(
    snapshots: Sequence[Snapshot],
    *,
    generator: np.random.Generator,
    as_of: date | None = None,
    progress: Progress = silent,
) -> Labels:
    """Join every label of the snapshots to the features its family had before it.

    Parameters
    ----------
    snapshots : one or several of different days; a label that several of them carry counts once.
    generator : draws the sample of the population.
    as_of : another day, not after the snapshot's, to look at a single snapshot.
    """
    ordered = sorted(snapshots, key=lambda s: s.as_of)
    days = [s.as_of for s in ordered]
    if not ordered:
        raise InputError("No snapshot was given: make one with `tarazy snapshot DATA --out SNAP`.")
    if len(set(days)) < len(days):
        raise InputError(
            f"{len(days)} snapshots were given for {len(set(days))} days: give one for each day."
        )
    if as_of is not None:
        if len(days) > 1 or as_of > days[0]:
            raise InputError(
                f"--as-of {as_of} needs one snapshot of that day or later, but "
                f"{len(days)} up to {days[-1]} were given."
            )
        days = [as_of]
    inspected = placed(_register(ordered, "inspections"), pl.col("inspected_on"), days)
    surveyed = placed(_register(ordered, "survey"), quarter_end(pl.col("quarter")), days)
    inspections, survey, population = [], [], pl.DataFrame()
    steps = sum(len(s.partitions) for s in ordered)
    done = 0
    for number, (snapshot, day) in enumerate(zip(ordered, days, strict=True)):
        newest = number == len(ordered) - 1
        sample = []
        for partition in snapshot.partitions:
            progress("building features", done, steps)
            done += 1
            mine = [f.filter(as_of=day) for f in (inspected, surveyed)]
            features = _features(
                snapshot,
                partition,
                day,
                None if newest else pl.concat([f.select("household_id") for f in mine]),
            )
            lived_in = features.filter(pl.col("members") > 0)
            inspections.append(mine[0].join(lived_in, on="household_id", how="inner"))
            survey.append(mine[1].join(lived_in, on="household_id", how="inner"))
            if newest:
                sample.append(_drawn(features, snapshot.households, generator))
        if newest:
            population = pl.concat(sample)
    progress("building features", steps, steps)
    joined = [
        pl.concat(rows).sort("household_id", "day", maintain_order=True)
        for rows in (inspections, survey)
    ]
    for frame, register in zip(joined, ("inspections", "survey"), strict=True):
        if frame.height < FEWEST:
            raise InputError(
                f"Register {register} labels {frame.height} families of the snapshot; training "
                f"needs at least {FEWEST}. Bring a data set with more of them."
            )
    answered = joined[1]["subjective_level"].count()
    if answered < FEWEST:
        raise InputError(
            f"Register survey has {joined[1].height} families of the snapshot, but only "
            f"{answered} of them answered subjective_level; training needs at least {FEWEST}. "
            "Bring a survey that asked for it."
        )
    return Labels(
        inspections=joined[0],
        survey=joined[1],
        population=population,
        households=ordered[-1].households,
        as_of=days[-1],
        late=sum(int(f["late"].sum()) for f in joined),
        strangers=inspected.height + surveyed.height - sum(f.height for f in joined),
    )


def placed(labels: pl.DataFrame, day: pl.Expr, days: Sequence[date]) -> pl.DataFrame:
    """Add ``day``, the ``as_of`` of the newest snapshot at or before it, and ``late``.

    ``days`` of the snapshots are sorted, oldest first.
    """
    as_of = pl.lit(days[0])
    for each in days[1:]:
        as_of = pl.when(pl.col("day") >= each).then(pl.lit(each)).otherwise(as_of)
    return labels.with_columns(day.alias("day")).with_columns(
        as_of.alias("as_of"), (pl.col("day") < days[0]).alias("late")
    )


def quarter_end(quarter: pl.Expr) -> pl.Expr:
    """Return the first day after a quarter such as ``2025Q4``: when its answers are complete."""
    year = quarter.str.extract(_QUARTERS, 1).cast(pl.Int32)
    number = quarter.str.extract(_QUARTERS, 2).cast(pl.Int32)
    return pl.date(year + number // 4, number % 4 * 3 + 1, 1)


def encoded(labels: pl.DataFrame, inputs: Sequence[Input]) -> Matrix:
    """Return the model inputs of each labelled family, each at the prices of its own day."""
    x = np.empty((labels.height, len(inputs)))
    for day, rows in by_day(labels):
        x[rows] = encode(labels[rows], inputs, Law(day))
    return x


def declared(labels: pl.DataFrame) -> Vector:
    """Return declared income of each labelled family, ПМ a member a month."""
    income = np.empty(labels.height)
    for day, rows in by_day(labels):
        income[rows] = declared_income(labels[rows], Law(day))
    return income


def consumption(survey: pl.DataFrame) -> Vector:
    """Return surveyed consumption in ПМ a member a month, at the ПМ of the quarter's last month."""
    last = survey["day"].dt.offset_by("-1d")
    minimum = at_each(last, lambda law: float(law.subsistence_minimum))
    spent: Vector = _numbers(survey, "consumption_monthly") / (
        minimum * _numbers(survey, "members")
    )
    return spent


def training_weights(inspections: pl.DataFrame) -> Vector:
    """Return how much each inspection counts when the detector is grown.

    The square root of the inverse inclusion probability, clipped to a factor of one and
    a half around its median; an unknown probability counts as the median. Selection by
    what the features show biases no probability given the features, so the full inverse
    would pay with most of the sample for a bias that is hardly there (on 846 pilot
    inspections the AUC on the random arm fell by 0.02).
    """
    probability = _numbers(inspections, "probability")
    known = np.isfinite(probability) & (probability > 0)
    if not known.any():
        return np.ones(inspections.height)
    root = 1 / np.sqrt(np.where(known, probability, 1.0))
    middle = float(np.median(root[known]))
    return np.clip(np.where(known, root, middle), middle / _CLIP, middle * _CLIP)


def random_weights(inspections: pl.DataFrame) -> Vector:
    """Return the inverse inclusion probability of random inspections, zero for all others.

    Under these weights the random arm stands for the population. An arm without
    probabilities was drawn evenly.
    """
    is_random = (inspections["design"].cast(pl.String) == "random").to_numpy()
    probability = _numbers(inspections, "probability")
    known = np.isfinite(probability) & (probability > 0)
    weights = np.where(known, 1 / np.where(known, probability, 1.0), np.nan)
    usual = np.nanmedian(weights[is_random]) if (is_random & known).any() else 1.0
    return np.where(is_random, np.where(known, weights, usual), 0.0)


def folds(households: Sequence[Codes], count: int, generator: np.random.Generator) -> list[Codes]:
    """Return the fold of each label, one array for each given; a family never straddles."""
    every = np.unique(np.concatenate(households))
    fold = np.empty(len(every), dtype=np.int64)
    fold[generator.permutation(len(every))] = np.arange(len(every)) % count
    return [fold[np.searchsorted(every, ids)] for ids in households]


def _register(snapshots: Sequence[Snapshot], name: str) -> pl.DataFrame:
    frames = [f for s in snapshots if (f := s.learning(name)) is not None]
    if not frames:
        raise InputError(
            f"Register {name} is missing: a model cannot be trained without it. Add "
            f"{name}.parquet to the data set and make the snapshot again."
        )
    rows = pl.concat(frames, how="diagonal_relaxed")
    # The newest snapshot stands last: where it corrects a finding, the correction counts.
    return rows.unique(subset=list(_ONE_LABEL[name]), keep="last", maintain_order=True)


def _features(
    snapshot: Snapshot, partition: int, day: date, households: pl.DataFrame | None
) -> pl.DataFrame:
    registers = snapshot.registers(partition, day)
    if households is not None:
        registers = {
            name: None if rows is None else rows.join(households, on="household_id", how="semi")
            for name, rows in registers.items()
        }
    return build(registers, day, treatment(Law(day)))


def _drawn(features: pl.DataFrame, households: int, generator: np.random.Generator) -> pl.DataFrame:
    if households <= POPULATION_SAMPLE:
        return features
    kept = round(features.height * POPULATION_SAMPLE / households)
    return features[np.sort(generator.choice(features.height, kept, replace=False))]


def by_day(labels: pl.DataFrame) -> list[tuple[date, Codes]]:
    """Return the rows of each snapshot day, to look at them by the law of that day."""
    days = labels["as_of"].to_numpy()
    return [(day, np.flatnonzero(days == np.datetime64(day))) for day in labels["as_of"].unique()]


def _numbers(frame: pl.DataFrame, name: str) -> Vector:
    values: Vector = frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    return values
