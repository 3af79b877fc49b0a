"""Who is to be followed up: fixed within each region's room, on evidence about every reason.

Red flags are asked of the random inspections first. Then every family of the newest snapshot
is decided as serving would decide it, and each region gets its bar: the worth from which a look
is made, so that no more families reach it than there is room for, whatever the reasons.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import polars as pl

from features.progress import Progress, silent
from features.registers.snapshot import Snapshot
from models.assessment import flag_precision, target
from models.assessment.looks import Looks
from models.decision.pipeline import decide
from models.law.parameters import Law
from models.learned import review_capacity
from models.learned.flag_evidence import FlagEvidence
from models.learned.hidden_income import PLACES, places
from models.learned.review_capacity import ReviewBars
from models.rules import category as rules
from models.rules import red_flags
from training.evaluation import looks as caught
from training.fitting.fit import Fitted
from training.labels.gather import POPULATION_SAMPLE, Labels

WORTH_ITS_BURDEN: Final = 0.0
"""A look that is worth less than its burden on the family is not made, whatever the room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUps:
    """What was fixed, and how many families it asks to be looked at.

    ``looks`` has a row for each family that something asks to be looked at: the columns of
    `models.decision.follow_up.LOOKS` with ``region`` (null: unknown); ``families`` counts all
    by region. ``caught``: what the looks cost and, by random inspections, confirm.
    """

    evidence: FlagEvidence
    bars: ReviewBars
    capacity: float
    looks: pl.DataFrame
    families: Mapping[int | None, int]
    caught: Looks

    def as_json(self) -> dict[str, Any]:
        """Ready for JSON: loads by region and by reason, and what supports each flag."""
        made = self.looks.filter("follow_up")
        by_reason = {
            str(code): {"asking": asking, "followed_up": followed}
            for code, asking, followed in self.looks.explode("codes")
            .group_by("codes")
            .agg(pl.len(), pl.col("follow_up").sum())
            .sort("codes")
            .rows()
        }
        asking, followed = (dict(t.group_by("region").len().rows()) for t in (self.looks, made))
        return {
            "capacity": self.capacity,
            "families": sum(self.families.values()),
            "asking": self.looks.height,
            "followed_up": made.height,
            "by_reason": by_reason,
            "by_region": [
                {
                    "region": region,
                    "families": families,
                    "asking": asking.get(region, 0),
                    "followed_up": followed.get(region, 0),
                }
                for region, families in sorted(self.families.items(), key=str)
            ],
            "flags": [cell.as_json() | {"verdict": cell.verdict} for cell in self.evidence.cells],
            "looks": self.caught.as_json(),
        }


def evidence(labels: Labels) -> FlagEvidence:
    """Ask the random inspections of every red flag, each by the law of the day it was seen on."""
    drawn = (
        labels.inspections.filter(pl.col("design").cast(pl.String) == "random")
        .sort("household_id", "inspected_on", "hidden_income_monthly")
        .unique("household_id", keep="first", maintain_order=True)
    )
    seen = [_seen(mine) for _, mine in drawn.group_by("as_of", maintain_order=True)]
    if not seen:
        return FlagEvidence()
    table = pl.concat(seen, how="diagonal").filter(pl.col("confirmed").is_not_null())
    codes = [name for name in table.columns if name not in _OF_A_FAMILY]
    return flag_precision.evidence(table, codes)


def fixed(
    labels: Labels,
    fitted: Fitted,
    snapshot: Snapshot,
    law: Law,
    *,
    progress: Progress = silent,
) -> tuple[Fitted, FollowUps | None]:
    """Give the models the evidence on flags and the bars of all looks.

    Null, and no bars, by a policy of the day that knows no follow-up.

    Parameters
    ----------
    snapshot : the newest one, whose families stand for the nation; of a larger one its first
        partitions, as far as they hold `POPULATION_SAMPLE` families.
    law : of the day of the newest snapshot.
    """
    known = evidence(labels)
    if law.policy.worth is None:
        return replace(fitted, models=replace(fitted.models, flag_evidence=known)), None
    models = replace(fitted.models, flag_evidence=known, follow_up_bars=ReviewBars())
    looks, families, done = [], [], 0
    total = min(snapshot.households, POPULATION_SAMPLE)
    for number in snapshot.partitions:
        if done >= total:
            break
        progress("weighing follow-ups", done, total)
        registers = snapshot.registers(number, law.day)
        decided = decide(registers, models, law)
        rows = caught.of(decided, registers, law.day)
        families.append(rows)
        looks.append(
            decided.looks.join(rows.select("household_id", "region"), on="household_id", how="left")
        )
        done += rows.height
    progress("weighing follow-ups", total, total)
    everybody, asking = pl.concat(families), pl.concat(looks).sort("household_id")
    bars = _bars(everybody, asking, float(law.review_capacity))
    room = bars.reached(asking["worth"].to_numpy(), asking["region"])
    asking = asking.with_columns(follow_up=pl.col("protected") | pl.Series(room))
    served = everybody.drop("follow_up").join(
        asking.select("household_id", "follow_up"), on="household_id", how="left"
    )
    follow_ups = FollowUps(
        evidence=known,
        bars=bars,
        capacity=float(law.review_capacity),
        looks=asking,
        families=dict(everybody.group_by("region").len().rows()),
        caught=caught.by_inspections(
            served.with_columns(pl.col("follow_up").fill_null(value=False)), labels, law
        ),
    )
    return replace(fitted, models=replace(models, follow_up_bars=bars)), follow_ups


def words(load: Mapping[str, Any]) -> list[str]:
    """Return the load in a sentence."""
    if not load["families"]:
        return ["There are no families, so nobody is followed up."]
    return [
        f"{load['asking'] / load['families']:.1%} of the families give a reason to look at them "
        f"later; within a capacity of {load['capacity']:.1%} of each region's families a month "
        f"(assumed) {load['followed_up'] / load['families']:.1%} are followed up. No decision "
        "waits for it."
    ]


def section(load: Mapping[str, Any]) -> str:
    """Return the load, and what supports each red flag, as a part of the run's report."""
    lines = ["", "## Follow-ups", "", *(f"* {line}" for line in words(load)), ""]
    lines += ["| reason | asking | followed up |", "|---|---|---|"]
    lines += [
        f"| {code} | {row['asking']} | {row['followed_up']} |"
        for code, row in load["by_reason"].items()
    ]
    lines += [
        "",
        "A red flag asks for a look only where random inspections confirm it surely more often "
        "than families in general, and where what it shows would change the category or an "
        "entitlement. What cannot be told is information.",
        "",
        "| red flag | where | category | inspected | raised | confirmed | precision | prevalence "
        "| verdict |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {cell['flag']} | {_place(cell['place'])} | {cell['category'] or 'any'} | "
        f"{cell['inspected']} | {cell['raised']} | {cell['confirmed']} | {_share(cell)} | "
        f"{'-' if cell['prevalence'] is None else format(cell['prevalence'], '.1%')} | "
        f"{cell['verdict']} |"
        for cell in load["flags"]
    ]
    return "\n".join(lines) + "\n"


_OF_A_FAMILY: Final = ("household_id", "place", "category", "confirmed")


def _seen(inspected: pl.DataFrame) -> pl.DataFrame:
    """Return what was known of families before their inspection, all on one day."""
    law = Law(inspected["as_of"][0])
    flags = red_flags.red_flags(inspected, law).drop("rule_flag", "raised_flags")
    return flags.with_columns(
        place=pl.Series(places(inspected)),
        category=rules.rule_category(inspected, law)["rule_category"],
        confirmed=target.confirmed(inspected),
    )


def _bars(everybody: pl.DataFrame, asking: pl.DataFrame, capacity: float) -> ReviewBars:
    """Return the worth from which a look is made, so that each region has room for them all."""
    worth = everybody.select("household_id").join(
        asking.filter(~pl.col("protected")).select("household_id", "worth"),
        on="household_id",
        how="left",
        maintain_order="left",
    )["worth"]
    margin = worth.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    return review_capacity.fix(
        margin,
        np.nan_to_num(margin, nan=-1.0) > WORTH_ITS_BURDEN,
        everybody["region"],
        threshold=WORTH_ITS_BURDEN,
        capacity=capacity,
    )


def _place(place: int | None) -> str:
    return "anywhere" if place is None else PLACES[place]


def _share(cell: Mapping[str, Any]) -> str:
    if cell["precision"] is None:
        return "-"
    return f"{cell['precision']:.1%} [{cell['low']:.1%}, {cell['high']:.1%}]"
