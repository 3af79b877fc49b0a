"""What the random inspections say beside the ranking: calibration, base rates, inspectors' misses.

Every function here expects a random arm; without one nothing of this is printed.
"""

from typing import Any, Final

import numpy as np

from models.assessment import metrics, reliability
from models.assessment.fairness import Verdict
from models.assessment.metrics import Estimate
from models.learned.arrays import Matrix, Vector
from training.fitting.hidden_income import Inspected

SENSITIVITIES: Final = (0.75, 0.83, 0.90)
"""The plausible band of the share of hiding families that an inspection finds."""
BASE_RATES_APART: Final = 2.0
"""Other inspections may find so many times the random arm's share before it must be corrected."""
FLAGS_ABOVE: Final = 2.0
FLAGS_AT_LEAST: Final = 0.5
"""Precision of flags: above twice the prevalence and one half, at its low end (E11, assumed)."""
_LINES: Final = 300


def calibration(
    inspected: Inspected, sensitivity: float, drawn: Matrix, generator: np.random.Generator
) -> dict[str, Any]:
    """Return ECE over fifteen bins, its chance under perfect calibration, and the table.

    Compared are P(an inspector confirms) and what inspectors found; each probability is by
    the calibration of the other folds.
    """
    arm = inspected.in_random_arm
    truth, chance, weights = (
        inspected.confirmed[arm],
        sensitivity * inspected.hides[arm],
        inspected.random[arm],
    )
    error = reliability.calibration_error(truth, chance, weights, drawn, generator)
    return error.as_json() | {"bins": reliability.table(truth, chance, weights)}


def over_the_band(inspected: Inspected, flagged_share: float, drawn: Matrix) -> dict[str, Any]:
    """Return what follows for the truth, were inspectors to find 75, 83 or 90 % of the hiding.

    An inspector who misses a family for reasons of his own leaves hiding families among the
    unconfirmed; so the AUC against findings is nearer to one half than the AUC against the
    truth: AUC of findings − ½ = (1 − m)(AUC of truth − ½), m the share of missed families
    among the unconfirmed. ``clear_among_flagged`` and ``hiding_found_by_flags`` follow alike.
    """
    arm = inspected.in_random_arm
    truth, score, weights = inspected.confirmed[arm], inspected.margin[arm], inspected.random[arm]
    flagged = inspected.rank[arm] < flagged_share
    few = drawn[:_LINES]
    band: dict[str, Any] = {}
    for sensitivity in SENSITIVITIES:

        def hiding(mass: Vector, detected_share: float = sensitivity) -> float:
            return min(float(np.average(truth, weights=mass)) / detected_share, 1.0)

        def auc(mass: Vector, detected_share: float = sensitivity) -> float:
            rate, prevalence = float(np.average(truth, weights=mass)), hiding(mass, detected_share)
            missed = (prevalence - rate) / (1 - rate) if rate < 1 else 1.0
            if missed >= 1:
                return float("nan")
            seen = metrics.auc(truth, score, mass)
            return min(0.5 + (seen - 0.5) / (1 - missed), 1.0)

        def clear(mass: Vector, detected_share: float = sensitivity) -> float:
            of_flagged = float(mass[flagged].sum())
            if of_flagged <= 0:
                return float("nan")
            confirmed = float(mass[flagged] @ truth[flagged]) / of_flagged
            return max(1 - confirmed / detected_share, 0.0)

        both = 0 < truth.sum() < len(truth)
        band[f"{sensitivity:.2f}"] = {
            "hiding": metrics.with_interval(hiding, weights, few).as_json(),
            "auc_against_the_truth": (
                metrics.with_interval(auc, weights, few) if both else metrics.UNKNOWN
            ).as_json(),
            "clear_among_flagged": metrics.with_interval(clear, weights, few).as_json(),
        }
    return band


def base_rates(inspected: Inspected) -> dict[str, Any]:
    """Compare how often other inspections confirm with the random arm (check E9).

    Training on families chosen by suspicion teaches a base rate that is not the country's.
    The probabilities here are calibrated on the random arm alone, which corrects for it;
    without an arm nothing does, and a ratio above two would fail.
    """
    arm = inspected.in_random_arm
    other = metrics.share(int(inspected.confirmed[~arm].sum()), int((~arm).sum()))
    random = metrics.share(int(inspected.confirmed[arm].sum()), int(arm.sum()))
    ratio = other.value / random.value if other.value is not None and random.value else None
    corrected = bool(arm.any())
    if not corrected:
        verdict, why = Verdict.UNKNOWN, "no random arm to compare with, and no correction"
    elif ratio is None:
        verdict, why = Verdict.UNKNOWN, "nothing to compare"
    elif ratio > BASE_RATES_APART:
        verdict = Verdict.PASS
        why = "far apart, but probabilities are calibrated on the random arm: corrected"
    else:
        verdict, why = Verdict.PASS, "not far apart, and probabilities are calibrated on the arm"
    return {
        "random_arm": random.as_json(),
        "others": other.as_json(),
        "ratio": None if ratio is None else round(ratio, 4),
        "corrected": corrected,
        "verdict": str(verdict),
        "why": why,
    }


def flags_against_prevalence(precision: Estimate, prevalence: Estimate) -> dict[str, Any]:
    """Say whether flags are right more often than chance would be (check E11).

    At its low end the precision must exceed twice the prevalence, and one half. Where half of
    all hide income, twice the prevalence cannot be exceeded by anything: unknown.
    """
    bar = None if prevalence.value is None else max(FLAGS_ABOVE * prevalence.value, FLAGS_AT_LEAST)
    if precision.low is None or precision.high is None or bar is None or bar >= 1:
        verdict = Verdict.UNKNOWN
    elif precision.low > bar:
        verdict = Verdict.PASS
    else:
        verdict = Verdict.FAIL if precision.high < bar else Verdict.UNKNOWN
    return {
        "precision": precision.as_json(),
        "prevalence": prevalence.as_json(),
        "bar": None if bar is None else round(bar, 6),
        "verdict": str(verdict),
    }
