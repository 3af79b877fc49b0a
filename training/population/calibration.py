"""Target and achieved: how near the simulated country comes to the published one.

Each figure is a quotient whose two parts add up over partitions, so a country of any size
is judged without holding it. Medians and shares of the top are means of the partitions'
own, weighted by their families: exact for one partition, near enough for several.
"""

from collections.abc import Iterable, Mapping
from datetime import date

import numpy as np
import polars as pl

from training.population.chance import Flags, Floats, Ints
from training.population.families import Families, People
from training.population.figures import figures, law, subsistence_minimum
from training.population.standing import ECONOMIES_OF_SIZE
from training.population.support import Support
from training.population.work import Terms, Work

Sums = Mapping[str, tuple[float, float]]
"""Numerator and denominator of each figure."""

MATERIAL: float = 0.25
"""Hidden income per member, in subsistence minimums, from which a family counts as hiding."""


def sums(
    families: Families,
    people: People,
    work: Work,
    aid: Support,
    home: pl.DataFrame,
    registers: Mapping[str, pl.DataFrame],
    paid: pl.DataFrame,
    truth: pl.DataFrame,
    as_of: date,
) -> Sums:
    """The parts of every figure in one partition."""
    persons, count = len(people), len(families)
    grown, workers = people.age >= 15, work.at_work
    informal = (work.terms == Terms.GREY_WAGE) | (work.terms >= Terms.UNDER_DECLARED)
    last = (pl.col("source") == "wage") & (pl.col("month") == pl.col("month").max())
    wages = paid.filter(last)["amount"].to_numpy()
    pensions = aid.pension[aid.pension > 0]
    benefits = aid.disability[aid.disability > 0]
    helped = paid.filter(pl.col("source") == "targeted_assistance")["person"].n_unique()
    hidden = truth["hidden_income_monthly"].to_numpy()
    declared = truth.select(
        pl.sum_horizontal("official_wage", "declared_business", "pension", "benefits",
                          "alimony", "declared_rent")
    ).to_series().to_numpy()  # fmt: skip
    material = hidden >= MATERIAL * subsistence_minimum(as_of) * families.size
    return {
        "people_per_family": (persons, count),
        "urban_people": _share(families.urban[people.family]),
        "people_under_18": _share(people.age < 18),
        "people_over_60": _share(people.age >= 60),
        "people_in_families_of_5": _share(families.size[people.family] >= 5),
        "large_families": _share(families.children >= 4),
        "disability": _share(people.disability > 0),
        "pensioners": _share(aid.pension > 0),
        "higher_education": _share(people.education[grown] >= 4),
        "employment": _share(workers[grown]),
        "self_employment": _share(work.terms[workers] >= Terms.HONEST_BUSINESS),
        "informal_work": _share((informal | (work.side_job > 0))[workers]),
        "wage_mean": _mean(wages),
        "wage_median": _weighted(np.median(wages) if len(wages) else 0.0, count),
        "pension_mean": _mean(pensions),
        "disability_benefit_mean": _mean(benefits),
        "targeted_assistance": (float(helped), count),
        "income_per_head": (float((declared + hidden).sum()), persons),
        "hidden_share": (float(hidden.sum()), float((declared + hidden).sum())),
        "hiding_families": _share(material),
        **_owned(people, home, registers, as_of),
        **_surveyed(registers),
    }


def _owned(
    people: People, home: pl.DataFrame, registers: Mapping[str, pl.DataFrame], as_of: date
) -> Sums:
    count = home.height
    adults = int((people.age >= 18).sum())
    dwellings = registers["properties"].filter(pl.col("kind").is_in(["apartment", "house"]))
    vehicles = registers["vehicles"].filter(pl.col("kind") == "car")
    ages = as_of.year - vehicles["model_year"].to_numpy()
    open_ones = registers["businesses"].filter(
        (pl.col("form") == "IP") & pl.col("closed_on").is_null()
    )
    debts = registers["loans"]
    consumer = debts.filter(pl.col("kind") == "consumer")["principal"].to_numpy()
    return {
        "dwellings": (float(dwellings["share"].sum()), count),
        "owner_families": _share((home["tenure"] == "owned").to_numpy()),
        "three_rooms": _share((home["rooms"] >= 3).to_numpy()),
        "flats": _share(home["flat"].to_numpy()),
        "cars": (vehicles.height, count),
        "cars_over_20": _share(ages > 20),
        "entrepreneurs": (open_ones.height, count),
        "borrowers": (debts["person_id"].n_unique(), adults),
        "consumer_principal": _weighted(np.median(consumer) if len(consumer) else 0.0, count),
        "debt_per_family": (float(debts["outstanding"].sum()), count),
    }


def _surveyed(registers: Mapping[str, pl.DataFrame]) -> Sums:
    sizes = registers["persons"].group_by("household_id").agg(size=pl.len())
    answers = registers["survey"].join(sizes, on="household_id", maintain_order="left")
    weight = (answers["weight"] * answers["size"]).to_numpy()
    spent = answers["consumption_monthly"].to_numpy()
    food = answers["food_consumption_monthly"].to_numpy()
    per_head = spent / answers["size"].to_numpy()
    equal = spent / answers["size"].to_numpy() ** ECONOMIES_OF_SIZE
    order = np.argsort(per_head, kind="stable")
    below = np.cumsum(weight[order]) <= 0.9 * weight.sum()
    total = float((per_head * weight).sum())
    rich = total - float((per_head * weight)[order][below].sum())
    by_family = answers["weight"].to_numpy()
    return {
        "survey_per_head": (total, float(weight.sum())),
        "survey_top_tenth": (rich, total),
        "poverty": (float(weight[equal < law("actual_minimum")].sum()), float(weight.sum())),
        "food_share": (float((food * by_family).sum()), float((spent * by_family).sum())),
    }


def _share(true: Flags) -> tuple[float, float]:
    return float(true.sum()), float(len(true))


def _mean(amounts: Floats | Ints) -> tuple[float, float]:
    return float(amounts.sum()), float(len(amounts))


def _weighted(value: float, weight: float) -> tuple[float, float]:
    return float(value) * weight, float(weight)


def added(parts: Iterable[Sums]) -> Sums:
    """The sums of all partitions together."""
    totals: dict[str, tuple[float, float]] = {}
    for part in parts:
        for name, (top, bottom) in part.items():
            so_far = totals.get(name, (0.0, 0.0))
            totals[name] = (so_far[0] + top, so_far[1] + bottom)
    return totals


def compare(totals: Sums) -> list[dict[str, object]]:
    """Target, achieved value, tolerance and verdict of every figure that has a target."""
    lines: list[dict[str, object]] = []
    for name, figure in figures().items():
        if figure.tolerance is None:
            continue
        top, bottom = totals[name]
        achieved = top / bottom if bottom else 0.0
        lines.append(
            {
                "figure": name,
                "about": figure.about,
                "unit": figure.unit,
                "target": figure.value,
                "achieved": round(achieved, 4 if abs(achieved) < 100 else 0),
                "tolerance": figure.tolerance,
                "met": figure.met_by(achieved),
                "source": figure.source,
                "assumed": figure.assumed,
            }
        )
    return lines
