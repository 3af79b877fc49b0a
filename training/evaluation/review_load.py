"""How many families a model sends to a person: fixed within capacity, and told for the nation.

The promise of the flag (q), what is material and what a region can review together make a load,
told in families and in working days (`review_days`, assumed). It is counted on the population
that the thresholds were fixed on, for the policy in force and for others, so that whoever sets
the policy sees what each would cost.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import polars as pl

from models.decision import outcome
from models.decision.materiality import category_at_low_end
from models.law.parameters import Law
from models.learned import review_capacity
from models.learned.arrays import Mask, Vector
from models.learned.review_capacity import ReviewBars
from models.rules import category as rules
from training.fitting.certificate import certified
from training.fitting.fit import Fitted
from training.labels.gather import Labels

UNCONFIRMED: Final = (0.10, 0.20, 0.30)
"""Levels of q that the load is shown for …"""
CAPACITIES: Final = (0.01, 0.02, 0.05, None)
"""… each with these capacities; null: every material flag asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """What is known of each family of the population, row by row.

    ``margin`` is the raw score, NaN where the model says nothing. ``changes`` says whether
    the category would change at the low end, asked of those who look suspicious enough
    for any of the thresholds.
    """

    margin: Vector
    changes: Mask
    region: pl.Series


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Who is flagged, whose flag is material, and who asks for a person's look."""

    bars: ReviewBars
    flagged: Mask
    material: Mask
    asking: Mask

    @classmethod
    def of(cls, population: Population, threshold: float | None, room: float | None) -> "Load":
        """Count under one threshold (null: nobody is flagged) and one capacity (null: any)."""
        flagged = population.margin >= (np.inf if threshold is None else threshold)
        material = flagged & population.changes
        bars = review_capacity.fix(
            population.margin, material, population.region, threshold=threshold, capacity=room
        )
        asking = material & bars.reached(population.margin, population.region)
        return cls(bars=bars, flagged=flagged, material=material, asking=asking)

    def shares(self) -> dict[str, float]:
        """The share of all families that each step leaves."""
        steps = {"flagged": self.flagged, "material": self.material, "asking": self.asking}
        return {name: round(float(who.mean()), 6) for name, who in steps.items()}


def limited(labels: Labels, fitted: Fitted, law: Law) -> tuple[Fitted, dict[str, Any]]:
    """Give the models the bars of the capacity in force, and tell the load, ready for JSON.

    Parameters
    ----------
    labels : labels with the population that stands for the nation.
    fitted : models whose threshold is fixed; nobody asks for a review by them yet.
    law : of the day of the newest snapshot; its q fixed the threshold already.
    """
    thresholds = {
        q: certified(fitted.inspected, fitted.population, labels, unconfirmed=q)[0]
        for q in UNCONFIRMED
    }
    room, served = float(law.review_capacity), fitted.models.threshold
    days = float(law.review_days)
    population = looked_at(labels, fitted, [*thresholds.values(), served], law)
    load = Load.of(population, served, room)
    grid = [
        {"unconfirmed_at_most": q, "capacity": c, **shares}
        | {"person_days": round(shares["asking"] * labels.households * days)}
        for q, threshold in thresholds.items()
        for c in CAPACITIES
        for shares in [Load.of(population, threshold, c).shares()]
    ]
    review_load = {
        "unconfirmed_at_most": float(law.flag_error_rate),
        "capacity": room,
        "capacity_assumed": law.edition("review_capacity").assumed,
        "review_days": days,
        "review_days_assumed": law.edition("review_days").assumed,
        "households": labels.households,
        "counted": labels.population.height,
        "shares": load.shares(),
        "person_days": round(load.shares()["asking"] * labels.households * days),
        "regions": _by_region(
            population, load, days * labels.households / labels.population.height
        ),
        "grid": grid,
    }
    return replace(fitted, models=replace(fitted.models, review_bars=load.bars)), review_load


def looked_at(
    labels: Labels, fitted: Fitted, thresholds: list[float | None], law: Law
) -> Population:
    """Ask the rules of every family that some threshold flags, as serving would ask them."""
    margin, region = fitted.population.copy(), labels.population["region_code"]
    changes = np.zeros(len(margin), dtype=bool)
    least = min((t for t in thresholds if t is not None), default=np.inf)
    rows = np.flatnonzero(margin >= least)
    if len(rows):
        families = labels.population[rows]
        opinion = replace(fitted.models, threshold=least).predict(families, law)
        category = rules.rule_category(families, law)["rule_category"]
        at_low = category_at_low_end(families, opinion, category, law)
        matters = outcome.material(opinion, category, at_low)
        changes[rows] = matters.fill_null(value=False).to_numpy()
        margin[rows] = np.where(opinion["model_flag"].is_null().to_numpy(), np.nan, margin[rows])
    return Population(margin=margin, changes=changes, region=region)


def words(load: Mapping[str, Any]) -> list[str]:
    """Return the load in a sentence."""
    shares = load["shares"]
    if not shares["flagged"]:
        return ["Nobody is flagged, so the model asks for nobody's review."]
    assumed = ", assumed" if load["capacity_assumed"] else ""
    return [
        f"The flags of {shares['material']:.1%} of all families would change the category; "
        f"within a capacity of {load['capacity']:.1%} of each region's families a year{assumed}, "
        f"{shares['asking']:.1%} ask for a person's look: about "
        f"{round(shares['asking'] * load['households'])} families, or {load['person_days']:,} "
        f"working days of one person ({_days(load)})."
    ]


def _days(load: Mapping[str, Any]) -> str:
    """Say how long a review takes, and whose number that is."""
    assumed = ", assumed" if load["review_days_assumed"] else ""
    return f"{load['review_days']:g} for each review{assumed}"


def section(load: Mapping[str, Any]) -> str:
    """Return the load as a part of the run's report, in Markdown."""
    lines = ["", "## Reviews that the model asks for", "", *(f"* {line}" for line in words(load))]
    lines += [
        f"* counted on {load['counted']} of {load['households']} families, once for a year; "
        "reviews that the rules or red flags ask for come on top",
        f"* a working day is one person's: {_days(load)}",
        "",
        "| q | capacity | flagged | material | asking | working days |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['unconfirmed_at_most']:.0%} | {_room(row['capacity'])} | {row['flagged']:.2%} | "
        f"{row['material']:.2%} | {row['asking']:.2%} | {row['person_days']:,} |"
        for row in load["grid"]
    ]
    lines += [
        "",
        "| region | families | flagged | material | asking | working days |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['region']} | {row['families']} | {row['flagged']} | {row['material']} | "
        f"{row['asking']} | {row['person_days']:,} |"
        for row in load["regions"]
    ]
    if small := [r["region"] for r in load["regions"] if r["families"] * load["capacity"] < 1]:
        lines += [
            "",
            f"No room for a single review in {', '.join(map(str, small))}: a share of "
            f"{load['capacity']:.1%} of so few families is less than one of them.",
        ]
    return "\n".join(lines) + "\n"


def _room(share: float | None) -> str:
    return "none" if share is None else f"{share:.0%}"


def _by_region(population: Population, load: Load, days: float) -> list[dict[str, Any]]:
    """Return families of the population, counted by region; null: the region is unknown.

    ``days``: of work for each family counted that asks, those it stands for included.
    """
    table = pl.DataFrame(
        {
            "region": population.region.cast(pl.String),
            "flagged": load.flagged,
            "material": load.material,
            "asking": load.asking,
        }
    )
    counted = table.group_by("region").agg(
        pl.len().alias("families"), pl.col("flagged", "material", "asking").sum()
    )
    work = (pl.col("asking") * days).round().cast(pl.Int64)
    return counted.with_columns(person_days=work).sort("region").to_dicts()
