"""Who the errors fall on: rates by group of families, proxies, and how stable the order is.

The groups come from the store of audit attributes (`training.evaluation.groups.audit_attributes`),
which is read here and nowhere earlier: when everything is learned and only judging is left.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import polars as pl

from features.registers.snapshot import Snapshot
from models.assessment import metrics
from models.learned.arrays import Vector
from training.evaluation import deciles
from training.evaluation.groups import audit_attributes, group_table, label_noise, proxies
from training.evaluation.groups.group_table import Rate
from training.evaluation.policy_value import CAPACITY
from training.evaluation.served_scores import Population
from training.fitting.fit import Fitted, survey_weights
from training.labels.gather import Labels

POOR: Final = 0.20
"""The fifth that spends least, a member: who must not be missed (survey, by weight)."""
AMONG_THE_POOREST: Final = 3
"""The last of the categories for which help is meant first."""
_POOR: Final = "of the surveyed fifth that spends least a member (counted without weights)"
_WITHOUT_ARM: Final = ("flag_rate", "missed_by_the_rules", "missed_by_the_model")
_REPLICAS: Final = 300


def flagged_share(fitted: Fitted) -> float:
    """Return the share of the population that is flagged; capacity where nobody may be."""
    return float(fitted.certificate["flagged_share"]) or CAPACITY


def what_is_judged(fitted: Fitted) -> str:
    """Say which families count as flagged where errors are judged."""
    if fitted.certificate["flagged_share"]:
        return "the flagged"
    return (
        f"the most suspicious {CAPACITY:.0%}, whom an inspector would see first: nobody is flagged"
    )


def judged_by_group(
    labels: Labels,
    fitted: Fitted,
    served: Population,
    snapshots: Sequence[Snapshot],
    spent: Vector,
    rules: Vector,
    generator: np.random.Generator,
) -> dict[str, Any]:
    """Return ``groups``, ``proxies`` and ``label_noise``, ready for JSON.

    Parameters
    ----------
    served : what the served detector says of the population.
    snapshots : those that ``labels`` was gathered from.
    spent, rules : surveyed consumption of each surveyed family, and its category by the rules.

    Without a random arm only what needs no inspector's finding is told.
    """
    inspected = fitted.inspected
    rates = _rates(labels, fitted, served, spent, rules, audit_attributes.read(snapshots, labels))
    arm = inspected.in_random_arm
    if arm.any():
        shown = list(rates.values())
    else:
        shown = [r for r in rates.values() if r.name in _WITHOUT_ARM]
    tables: dict[str, Any] = {
        "groups": group_table.table(shown) | {"judged": what_is_judged(fitted)},
        "proxies": proxies.table(rates["flag_rate"].groups, served.score, served.inputs, generator),
    }
    if arm.any():
        gap, unconfirmed = rates["calibration_gap"], rates["unconfirmed"]
        drawn = metrics.draws(inspected.households[arm], generator, replicas=_REPLICAS)
        gone = group_table.hidden_groups(shown)
        tables["groups"]["calibration_inside"] = group_table.calibration_inside(
            gap, gone, inspected.random[arm], drawn, generator
        )
        tables["groups"]["precision_inside"] = group_table.precision_inside(unconfirmed, gap, gone)
        tables["label_noise"] = label_noise.stability(
            gap.groups, unconfirmed.could, gap.has, generator
        )
    return tables


def _rates(
    labels: Labels,
    fitted: Fitted,
    served: Population,
    spent: Vector,
    rules: Vector,
    attributes: pl.DataFrame,
) -> dict[str, Rate]:
    """Declare every rate of the group table; on the random arm where findings are needed."""
    inspected, line = fitted.inspected, flagged_share(fitted)
    arm, judged = inspected.in_random_arm, what_is_judged(fitted)
    of_arm = audit_attributes.beside(labels.inspections.filter(arm), attributes)
    of_all = audit_attributes.beside(
        labels.population.with_columns(as_of=pl.lit(labels.as_of)), attributes
    )
    of_survey = audit_attributes.beside(labels.survey, attributes)
    flagged, confirmed = inspected.rank[arm] < line, inspected.confirmed[arm] > 0
    latest = (
        labels.survey.select(pl.struct("household_id").is_last_distinct()).to_series().to_numpy()
    )
    poor = deciles.poorest(spent, survey_weights(labels), POOR) & latest
    sensitivity = fitted.models.hidden_income.calibration.sensitivity
    model = deciles.model_says(labels, fitted)
    rates = [
        Rate(
            name="flag_rate",
            blocks=False,
            groups=of_all,
            about=f"{judged}, of all families; groups differ in how many hide income, so this "
            "is no error by itself",
            could=np.isfinite(served.score),
            has=served.rank < line,
        ),
        Rate(
            name="false_alarms",
            linked="random arm",
            groups=of_arm,
            could=~confirmed,
            has=flagged,
            about=f"{judged}, of the random inspections that confirmed nothing (inspectors "
            "miss some)",
        ),
        Rate(
            name="unconfirmed",
            groups=of_arm,
            could=flagged,
            has=~confirmed,
            about=f"not confirmed, of {judged} among the random inspections: 1 − precision",
        ),
        Rate(
            name="missed_by_the_rules",
            blocks=False,
            groups=of_survey,
            could=poor,
            has=rules > AMONG_THE_POOREST,
            about=f"category 4 or above by the rules, {_POOR}; no model changes a category, so "
            "this is for those who make the rules",
        ),
        Rate(
            name="missed_by_the_model",
            blocks=False,
            groups=of_survey,
            could=poor & (model > 0),
            has=model > AMONG_THE_POOREST,
            about=f"model category 4 or above, {_POOR}; it is told to people and decides nothing",
        ),
        Rate(
            name="calibration_gap",
            linked="random arm",
            groups=of_arm,
            could=np.ones(int(arm.sum()), dtype=bool),
            has=confirmed,
            predicted=sensitivity * inspected.hides[arm],
            about="P(confirmed) less the share confirmed on the random inspections; above zero "
            "the group looks more suspicious than it is",
        ),
    ]
    return {rate.name: rate for rate in rates}
