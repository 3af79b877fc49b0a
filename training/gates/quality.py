"""Whether the detector ranks families better than a logistic regression of the same inputs.

Paired: both are judged on the same families, by models that had not seen them; where it can
be, on targeted inspections as well (`training.evaluation.strengthened`).
"""

import math
from collections.abc import Mapping
from typing import Any, Final

from training.evaluation.policy_value import CAPACITY
from training.evaluation.strengthened import ALONE, STRENGTHENED
from training.gates.verdict import Gate, Verdict, gate
from training.labels.gather import FEWEST_RANDOM

YEARLY: Final = CAPACITY
"""Share of the families that can be visited in a year: nobody is helped by a larger number.

Assumed, as wherever a capacity is judged. Labels gathered over many years would be of other
prices and other law, so another year of visits is what a doubt may ask for.
"""


def random_arm(metrics: Mapping[str, Any]) -> Gate:
    """Say whether enough families were inspected at random for anything to be said."""
    labels = metrics["random_arm"]["labels"]
    if not labels:
        return gate("random_arm", Verdict.UNKNOWN, labels, metrics["random_arm"]["why_no_auc"])
    if labels < FEWEST_RANDOM:
        why = f"random inspections, too few to tell: at least {FEWEST_RANDOM} are needed"
        return gate("random_arm", Verdict.UNKNOWN, labels, why)
    return gate("random_arm", Verdict.PASS, labels, "random inspections")


def quality(metrics: Mapping[str, Any], families: int | None = None) -> Gate:
    """Say whether it ranks better than the better logistic regression on the same families.

    FAIL only where it is worse; while the interval holds zero, UNKNOWN with the number of
    random inspections that would tell, if more of them showed the same difference. Where
    that takes more than another year of visits (`YEARLY`), it cannot be told here.

    Parameters
    ----------
    told : what was measured at training.
    families : of the population that the model was trained for; None: not known, so no
        number is too large.
    """
    strengthened = metrics.get(STRENGTHENED)
    difference = strengthened or metrics[ALONE]
    what = "AUC above a logistic regression's on the random inspections"
    if difference is None or difference["value"] is None:
        why = f"{what}: no random inspections of both kinds to tell"
        return gate("quality", Verdict.UNKNOWN, None, why)
    if difference.get("than") == "logistic_regression_with_gap":
        what = what.replace("regression's", "regression's that is given the gap,")
    if strengthened and strengthened.get("targeted"):
        what += f" and {strengthened['targeted']} targeted ones of known probability"
    interval = f"{what}: 95 % interval {difference['low']:.3f} to {difference['high']:.3f}"
    if difference["low"] > 0:
        return gate("quality", Verdict.PASS, difference["value"], interval)
    if difference["high"] < 0:
        return gate("quality", Verdict.FAIL, difference["value"], f"{interval}: it is worse")
    needed = _needed(difference, metrics.get("random_arm", {}).get("labels"), families)
    why = f"{interval} holds zero; {needed}"
    return gate("quality", Verdict.UNKNOWN, difference["value"], why)


def labels_needed(difference: Mapping[str, Any], labels: int) -> int | None:
    """Return how many random inspections would set the difference apart from nothing.

    The half of an interval shrinks with the square root of the labels; all kinds of them
    are taken to grow alike. None: the difference is exactly nothing, no number would do.
    """
    value, low, high = (float(difference[end]) for end in ("value", "low", "high"))
    if not value:
        return None
    half = value - low if value > 0 else high - value
    # One more than the number at which the interval just touches zero.
    return max(math.floor(labels * (half / abs(value)) ** 2) + 1, labels + 1)


def _needed(difference: Mapping[str, Any], labels: int | None, families: int | None) -> str:
    if not labels:
        return "more random inspections are needed to tell"
    needed = labels_needed(difference, labels)
    if needed is None:
        return "the difference is exactly nothing, so no number of inspections would tell"
    if families is not None and needed - labels > YEARLY * families:
        return (
            "which of the two ranks better cannot be told here: if further random inspections "
            "showed the same difference, it would take more of them than a year has visits "
            f"({YEARLY * families:,.0f}, {YEARLY:.0%} of {families:,} families)"
        )
    better = "better" if difference["value"] > 0 else "worse"
    return (
        f"about {needed:,} random inspections instead of {labels:,} would tell that it is "
        f"{better}, if they showed the same difference"
    )
