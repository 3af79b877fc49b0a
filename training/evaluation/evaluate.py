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
from models.learned.inputs import Matrix
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
    found: Labels,
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
    said = fitted.inspected
    told: dict[str, Any] = {
        "random_arm": _arm(said, found.households),
        **dict.fromkeys(_ON_THE_ARM),
        "welfare": _welfare(fitted.surveyed, generator),
        "labels": {
            "inspections": found.inspections.height,
            "by_design": _by_design(found),
            "survey": found.survey.height,
            "late": found.late,
            "of_strangers": found.strangers,
        },
    }
    served = served_scores.population(found, fitted)
    income = served_scores.surveyed_income(found, fitted, generator)
    rules = deciles.rules_say(found.survey)
    told["deciles"] = deciles.table(found, fitted, income, rules)
    told["temporal"] = temporal.table(found, fitted, generator)
    if said.in_random_arm.any():
        told |= _judged(found, fitted, served, generator)
    else:
        told["policy_value"] = {"why_not": _NO_ARM}
    if snapshots:
        told |= judged_by_group(found, fitted, served, snapshots, income.spent, rules, generator)
    return told


def _judged(
    found: Labels, fitted: Fitted, served: Population, generator: np.random.Generator
) -> dict[str, Any]:
    """Everything that only the random inspections can say."""
    said, told = fitted.inspected, dict[str, Any]()
    arm = said.in_random_arm
    drawn = metrics.draws(said.households[arm], generator)
    truth, weights = said.confirmed[arm], said.random[arm]
    rivals = rival.rivals(found, fitted, served, generator)

    def ranking(score: Matrix) -> dict[str, Any]:
        mine = score[arm]

        def at_capacity(measure: Callable[..., float]) -> dict[str, Any]:
            if not tells_at_capacity(truth):
                return UNKNOWN.told()
            return metrics.with_interval(
                lambda w: measure(truth, mine, CAPACITY, w), weights, drawn
            ).told()

        return {
            "auc": metrics.auc_with_interval(truth, mine, weights, drawn).told(),
            "precision_at_capacity": at_capacity(metrics.precision_at),
            "lift_at_capacity": at_capacity(metrics.lift_at),
        }

    detector = ranking(said.margin)
    lines = drawn[:_REPLICAS_OF_LINES]
    chance = fitted.models.hidden_income.calibration.sensitivity * said.hides[arm]
    for name, measure in _of_probabilities(truth, chance, said.margin[arm]).items():
        detector[name] = metrics.with_interval(measure, weights, lines).told()
    told["hidden_income"] = detector | _flags(said, fitted.certificate["flagged_share"])
    told["baselines"] = {name: ranking(each.score) for name, each in rivals.items()}
    better = max(
        ("logistic_regression", "logistic_regression_with_gap"),
        key=lambda name: told["baselines"][name]["auc"]["value"] or 0.0,
    )
    told["auc_above_logistic_regression"] = metrics.auc_difference(
        truth, said.margin[arm], rivals[better].score[arm], weights, drawn
    ).told() | {"than": better}
    strengthened = strengthened_difference(
        said.confirmed,
        said.margin,
        rivals[better].score,
        design=found.inspections["design"].cast(pl.String).to_numpy(),
        probability=found.inspections["probability"].cast(pl.Float64).to_numpy(),
        knows_more=said.choice.knows_more("targeted"),
        households=said.households,
        generator=generator,
    )
    told[STRENGTHENED] = strengthened and strengthened | {"than": better}
    told["amounts"] = _amounts(said)
    sensitivity = fitted.models.hidden_income.calibration.sensitivity
    line = flagged_share(fitted)
    told["reliability"] = random_arm.calibration(said, sensitivity, drawn, generator)
    told["sensitivity_band"] = random_arm.over_the_band(said, line, drawn)
    flagged = arm & (said.rank < line)
    told["flags_against_prevalence"] = random_arm.flags_against_prevalence(
        metrics.share(int(said.confirmed[flagged].sum()), int(flagged.sum())),
        metrics.share(int(truth.sum()), len(truth)),
    ) | {"of": what_is_judged(fitted)}
    ours = Rival(
        score=said.margin,
        above=said.rank,
        beside=np.zeros(len(said.rank)),
        population=served.score,
    )
    told["policy_value"] = policy_value.table(found, fitted, ours, rivals, CAPACITY, generator)
    return told


def tells_at_capacity(truth: Matrix) -> bool:
    """Say whether enough families stand at capacity, and both kinds were found at all."""
    return len(truth) * CAPACITY >= AT_CAPACITY and 0 < truth.sum() < len(truth)


def _of_probabilities(
    truth: Matrix, chance: Matrix, margin: Matrix
) -> dict[str, Callable[[Matrix], float]]:
    return {
        "average_precision": lambda w: metrics.average_precision(truth, margin, w),
        "brier": lambda w: metrics.brier(truth, chance, w),
        "calibration_intercept": lambda w: metrics.calibration_line(truth, chance, w)[0],
        "calibration_slope": lambda w: metrics.calibration_line(truth, chance, w)[1],
    }


def _flags(said: Inspected, flagged_share: float) -> dict[str, Any]:
    """Precision and recall of the flag on the random arm, with exact intervals.

    These are the labels that set the threshold, so both are optimistic.
    """
    arm = said.in_random_arm
    flagged = arm & (said.rank < flagged_share)
    hiding = arm & (said.confirmed > 0)
    both = int((flagged & hiding).sum())
    return {
        "flag_precision": metrics.share(both, int(flagged.sum())).told(),
        "flag_recall": metrics.share(both, int(hiding.sum())).told(),
    }


def _amounts(said: Inspected) -> dict[str, Any]:
    """Whether intervals hold the verified amounts on the random arm, and where they miss.

    Their tail was set on the same scores, so the level is reached by construction.
    """
    arm = said.in_random_arm
    amount, low, high = said.amount[arm], said.low[arm], said.high[arm]
    return {
        "level": 0.90,
        "held": metrics.share(int(((low <= amount) & (amount <= high)).sum()), len(amount)).told(),
        "below": metrics.share(int((amount < low).sum()), len(amount)).told(),
        "above": metrics.share(int((amount > high).sum()), len(amount)).told(),
    }


def _welfare(said: Surveyed, generator: np.random.Generator) -> dict[str, Any]:
    drawn = metrics.draws(said.households, generator, replicas=200)
    category = conformal.median_category(said.exceeds)
    first, last = conformal.category_bounds(said.exceeds, np.full(len(category), said.bar))
    held = ((first <= said.category) & (said.category <= last)).astype(np.float64)
    return {
        "families": len(category),
        "quadratic_kappa": metrics.with_interval(
            lambda w: metrics.quadratic_kappa(said.category, category, w), said.weights, drawn
        ).told(),
        "level": 0.90,
        "set_held": metrics.with_interval(lambda w: _mean(held, w), said.weights, drawn).told(),
        "mean_set_size": float(np.average(last - first + 1, weights=said.weights)),
        "mean_set_size_when_silent": dict(said.sizes_when_silent),
    }


def _arm(said: Inspected, households: int) -> dict[str, Any]:
    """What the random arm is, and what can be said of the population without a model.

    Without an arm the only honest figure is a bound: families found to hide income do.
    """
    arm = said.in_random_arm
    found = int(said.confirmed.sum())
    if not arm.any():
        families = len(np.unique(said.households[said.confirmed > 0]))
        return {
            "labels": 0,
            "why_no_auc": _NO_ARM,
            "at_least_hiding_among_inspected": found,
            "hiding_share_at_least": round(families / households, 6),
            "base_rates": random_arm.base_rates(said),
        }
    confirmed = metrics.share(int(said.confirmed[arm].sum()), int(arm.sum()))
    return {
        "labels": int(arm.sum()),
        "why_no_auc": None,
        "confirmed": confirmed.told(),
        "hiding_by_sensitivity": {
            f"{sensitivity:.2f}": _scaled(confirmed, sensitivity).told()
            for sensitivity in SENSITIVITIES
        },
        "base_rate_of_other_inspections": metrics.share(
            int(said.confirmed[~arm].sum()), int((~arm).sum())
        ).told(),
        "base_rates": random_arm.base_rates(said),
    }


def _scaled(confirmed: Estimate, sensitivity: float) -> Estimate:
    if confirmed.value is None or confirmed.low is None or confirmed.high is None:
        return UNKNOWN
    ends = (min(v / sensitivity, 1.0) for v in (confirmed.value, confirmed.low, confirmed.high))
    return Estimate(*ends)


def _by_design(found: Labels) -> dict[str, int]:
    counts = found.inspections.group_by("design").len().sort("design")
    return {str(design): int(count) for design, count in counts.rows()}


def _mean(values: Matrix, weights: Matrix) -> float:
    return float(np.average(values, weights=weights))
