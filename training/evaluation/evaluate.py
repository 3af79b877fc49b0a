"""How good the models are: measured on random inspections, by models blind to each family.

Families that were inspected because they looked suspicious say nothing about how well
suspicion works. Without a random arm no AUC and no precision is printed, only bounds,
and the report says why.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import polars as pl

from features.registers.snapshot import Snapshot
from models.assessment import metrics
from models.assessment.metrics import UNKNOWN, Estimate
from models.learned import conformal
from models.learned.arrays import Vector
from training.evaluation import baselines as rival
from training.evaluation import deciles, policy_value, random_arm, served_scores, temporal
from training.evaluation.baselines import Rival, payments_rule, regression, signed_log
from training.evaluation.groups.by_group import (
    flagged_share,
    judged_by_group,
    what_is_judged,
)
from training.evaluation.policy_value import CAPACITY
from training.evaluation.random_arm import SENSITIVITIES
from training.evaluation.served_scores import Population
from training.evaluation.strengthened import STRENGTHENED, strengthened_difference
from training.fitting.fit import Fitted
from training.fitting.hidden_income import Inspected
from training.fitting.intervals import COVERAGE
from training.fitting.welfare import Surveyed
from training.labels.gather import Labels

__all__ = ["CAPACITY", "evaluate", "payments_rule", "regression", "signed_log", "tells_at_capacity"]

AT_CAPACITY: Final = 10
"""Random inspections that must stand at capacity before their precision is a figure.

The resampled interval of a family or two at the top is a point, as if it were certain.
"""
_REPLICAS_OF_LINES: Final = 300
_ON_THE_ARM: Final = (
    "hidden_income",
    "baselines",
    "auc_above_logistic_regression",
    STRENGTHENED,
    "amounts",
    "reliability",
    "sensitivity_band",
    "flags_against_prevalence",
    "policy_value",
    "temporal",
    "groups",
    "proxies",
    "label_noise",
)
_NO_ARM: Final = (
    "no family was inspected at random: the inspected ones were chosen by suspicion, so no AUC, "
    "precision or calibration on them would speak of the population"
)


def evaluate(
    labels: Labels,
    fitted: Fitted,
    generator: np.random.Generator,
    snapshots: Sequence[Snapshot] = (),
) -> dict[str, Any]:
    """Return every measure with its interval, ready for JSON; null where nothing can be said.

    The baselines stand beside: a logistic regression of the same inputs on the same folds,
    another that is given the out-of-fold gap as well, published red flags, the payments
    rule, the gap alone, the 20 % gap rule, chance. ``auc_above_logistic_regression`` is
    the difference to whichever of the two regressions ranks better; ``than`` names it;
    ``…_strengthened`` is the same with the targeted inspections of known probability.

    Parameters
    ----------
    snapshots : those that the labels were gathered from: their registers say who the judged
        families are. Without them nothing is said by group (``groups``, ``proxies``,
        ``label_noise`` are null).

    Returns
    -------
    ``random_arm`` (with ``base_rates``, check E9), ``hidden_income``, ``baselines``,
    ``auc_above_logistic_regression``, ``amounts``, ``welfare``, ``labels``; then

    * ``reliability``: ECE, what chance makes of it, fifteen bins (`random_arm`);
    * ``sensitivity_band``: hiding, AUC against the truth, clear families among the flagged,
      were inspectors to find 75, 83 or 90 %;
    * ``flags_against_prevalence``: check E11;
    * ``policy_value``: what inspecting by each score would bring (`policy_value`);
    * ``temporal``: the newest inspections by a detector of the older (`temporal`);
    * ``deciles``: errors by tenth of true consumption, check E7 (`deciles`);
    * ``groups``: errors by group with verdicts, checks E4, E11, E16 (`group_table`);
    * ``proxies``: whether the score tells who a family is, check E3 (`proxies`);
    * ``label_noise``: check E18 (`label_noise`).

    Lists are tables, for reports; every other number is a measure. Without a random arm
    ``hidden_income``, ``baselines``, ``reliability``, ``sensitivity_band``,
    ``flags_against_prevalence`` and ``label_noise`` are null.
    """
    inspected = fitted.inspected
    evaluation: dict[str, Any] = {
        "random_arm": _arm(inspected, labels.households),
        **dict.fromkeys(_ON_THE_ARM),
        "welfare": _welfare(fitted.surveyed, generator),
        "labels": {
            "inspections": labels.inspections.height,
            "by_design": _by_design(labels),
            "survey": labels.survey.height,
            "late": labels.late,
            "of_strangers": labels.strangers,
        },
    }
    served = served_scores.population(labels, fitted)
    income = served_scores.surveyed_income(labels, fitted, generator)
    rules = deciles.rules_say(labels.survey)
    evaluation["deciles"] = deciles.table(labels, fitted, income, rules)
    evaluation["temporal"] = temporal.table(labels, fitted, generator)
    if inspected.in_random_arm.any():
        evaluation |= _judged(labels, fitted, served, generator)
    else:
        evaluation["policy_value"] = {"why_not": _NO_ARM}
    if snapshots:
        evaluation |= judged_by_group(
            labels, fitted, served, snapshots, income.spent, rules, generator
        )
    return evaluation


def _judged(
    labels: Labels, fitted: Fitted, served: Population, generator: np.random.Generator
) -> dict[str, Any]:
    """Everything that only the random inspections can say."""
    inspected, evaluation = fitted.inspected, dict[str, Any]()
    arm = inspected.in_random_arm
    drawn = metrics.draws(inspected.households[arm], generator)
    truth, weights = inspected.confirmed[arm], inspected.random[arm]
    rivals = rival.rivals(labels, fitted, served, generator)

    def ranking(score: Vector) -> dict[str, Any]:
        mine = score[arm]

        def at_capacity(measure: Callable[..., float]) -> dict[str, Any]:
            if not tells_at_capacity(truth):
                return UNKNOWN.as_json()
            return metrics.with_interval(
                lambda w: measure(truth, mine, CAPACITY, w), weights, drawn
            ).as_json()

        return {
            "auc": metrics.auc_with_interval(truth, mine, weights, drawn).as_json(),
            "precision_at_capacity": at_capacity(metrics.precision_at),
            "lift_at_capacity": at_capacity(metrics.lift_at),
        }

    detector = ranking(inspected.margin)
    lines = drawn[:_REPLICAS_OF_LINES]
    chance = fitted.models.hidden_income.calibration.sensitivity * inspected.hides[arm]
    for name, measure in _of_probabilities(truth, chance, inspected.margin[arm]).items():
        detector[name] = metrics.with_interval(measure, weights, lines).as_json()
    evaluation["hidden_income"] = detector | _flags(inspected, fitted.certificate["flagged_share"])
    evaluation["baselines"] = {name: ranking(each.score) for name, each in rivals.items()}
    better = max(
        ("logistic_regression", "logistic_regression_with_gap"),
        key=lambda name: evaluation["baselines"][name]["auc"]["value"] or 0.0,
    )
    evaluation["auc_above_logistic_regression"] = metrics.auc_difference(
        truth, inspected.margin[arm], rivals[better].score[arm], weights, drawn
    ).as_json() | {"than": better}
    strengthened = strengthened_difference(
        inspected.confirmed,
        inspected.margin,
        rivals[better].score,
        design=labels.inspections["design"].cast(pl.String).to_numpy(),
        probability=labels.inspections["probability"].cast(pl.Float64).to_numpy(),
        knows_more=inspected.choice.knows_more("targeted"),
        households=inspected.households,
        generator=generator,
    )
    evaluation[STRENGTHENED] = strengthened and strengthened | {"than": better}
    evaluation["amounts"] = _amounts(inspected)
    sensitivity = fitted.models.hidden_income.calibration.sensitivity
    line = flagged_share(fitted)
    evaluation["reliability"] = random_arm.calibration(inspected, sensitivity, drawn, generator)
    evaluation["sensitivity_band"] = random_arm.over_the_band(inspected, line, drawn)
    flagged = arm & (inspected.rank < line)
    evaluation["flags_against_prevalence"] = random_arm.flags_against_prevalence(
        metrics.share(int(inspected.confirmed[flagged].sum()), int(flagged.sum())),
        metrics.share(int(truth.sum()), len(truth)),
    ) | {"of": what_is_judged(fitted)}
    ours = Rival(
        score=inspected.margin,
        above=inspected.rank,
        beside=np.zeros(len(inspected.rank)),
        population=served.score,
    )
    evaluation["policy_value"] = policy_value.table(
        labels, fitted, ours, rivals, CAPACITY, generator
    )
    return evaluation


def tells_at_capacity(truth: Vector) -> bool:
    """Say whether enough families stand at capacity, and both kinds were found at all."""
    return len(truth) * CAPACITY >= AT_CAPACITY and 0 < truth.sum() < len(truth)


def _of_probabilities(
    truth: Vector, chance: Vector, margin: Vector
) -> dict[str, Callable[[Vector], float]]:
    return {
        "average_precision": lambda w: metrics.average_precision(truth, margin, w),
        "brier": lambda w: metrics.brier(truth, chance, w),
        "calibration_intercept": lambda w: metrics.calibration_line(truth, chance, w)[0],
        "calibration_slope": lambda w: metrics.calibration_line(truth, chance, w)[1],
    }


def _flags(inspected: Inspected, flagged_share: float) -> dict[str, Any]:
    """Precision and recall of the flag on the random arm, with exact intervals.

    These are the labels that set the threshold, so both are optimistic.
    """
    arm = inspected.in_random_arm
    flagged = arm & (inspected.rank < flagged_share)
    hiding = arm & (inspected.confirmed > 0)
    both = int((flagged & hiding).sum())
    return {
        "flag_precision": metrics.share(both, int(flagged.sum())).as_json(),
        "flag_recall": metrics.share(both, int(hiding.sum())).as_json(),
    }


def _amounts(inspected: Inspected) -> dict[str, Any]:
    """Whether intervals hold the verified amounts on the random arm, and where they miss.

    Their tail was set on the same scores, so the level is reached by construction.
    """
    arm = inspected.in_random_arm
    amount, low, high = inspected.amount[arm], inspected.low[arm], inspected.high[arm]
    return {
        "level": COVERAGE,
        "held": metrics.share(
            int(((low <= amount) & (amount <= high)).sum()), len(amount)
        ).as_json(),
        "below": metrics.share(int((amount < low).sum()), len(amount)).as_json(),
        "above": metrics.share(int((amount > high).sum()), len(amount)).as_json(),
    }


def _welfare(surveyed: Surveyed, generator: np.random.Generator) -> dict[str, Any]:
    drawn = metrics.draws(surveyed.households, generator, replicas=200)
    category = conformal.median_category(surveyed.exceeds)
    first, last = conformal.category_bounds(surveyed.exceeds, np.full(len(category), surveyed.bar))
    held = ((first <= surveyed.category) & (surveyed.category <= last)).astype(np.float64)
    return {
        "families": len(category),
        "quadratic_kappa": metrics.with_interval(
            lambda w: metrics.quadratic_kappa(surveyed.category, category, w),
            surveyed.weights,
            drawn,
        ).as_json(),
        "level": COVERAGE,
        "set_held": metrics.with_interval(
            lambda w: _mean(held, w), surveyed.weights, drawn
        ).as_json(),
        "mean_set_size": float(np.average(last - first + 1, weights=surveyed.weights)),
        "mean_set_size_when_silent": dict(surveyed.sizes_when_silent),
    }


def _arm(inspected: Inspected, households: int) -> dict[str, Any]:
    """What the random arm is, and what can be said of the population without a model.

    Without an arm the only honest figure is a bound: families found to hide income do.
    """
    arm = inspected.in_random_arm
    hiding = int(inspected.confirmed.sum())
    if not arm.any():
        families = len(np.unique(inspected.households[inspected.confirmed > 0]))
        return {
            "labels": 0,
            "why_no_auc": _NO_ARM,
            "at_least_hiding_among_inspected": hiding,
            "hiding_share_at_least": round(families / households, 6),
            "base_rates": random_arm.base_rates(inspected),
        }
    confirmed = metrics.share(int(inspected.confirmed[arm].sum()), int(arm.sum()))
    return {
        "labels": int(arm.sum()),
        "why_no_auc": None,
        "confirmed": confirmed.as_json(),
        "hiding_by_sensitivity": {
            f"{sensitivity:.2f}": _scaled(confirmed, sensitivity).as_json()
            for sensitivity in SENSITIVITIES
        },
        "base_rate_of_other_inspections": metrics.share(
            int(inspected.confirmed[~arm].sum()), int((~arm).sum())
        ).as_json(),
        "base_rates": random_arm.base_rates(inspected),
    }


def _scaled(confirmed: Estimate, sensitivity: float) -> Estimate:
    if confirmed.value is None or confirmed.low is None or confirmed.high is None:
        return UNKNOWN
    ends = (min(v / sensitivity, 1.0) for v in (confirmed.value, confirmed.low, confirmed.high))
    return Estimate(*ends)


def _by_design(labels: Labels) -> dict[str, int]:
    counts = labels.inspections.group_by("design").len().sort("design")
    return {str(design): int(count) for design, count in counts.rows()}


def _mean(values: Vector, weights: Vector) -> float:
    return float(np.average(values, weights=weights))
