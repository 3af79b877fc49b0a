"""Whether the detector ranks families better than a logistic regression of the same inputs.

Paired: both are judged on the same families, by models that had not seen them. The random
arm alone is often too small to tell, so inspections that were chosen by suspicion join it
where the chance to be chosen is known: under the inverse of that chance they speak for the
population as well.
"""

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from models.assessment import metrics
from models.learned.inputs import Matrix
from training.gates.verdict import Gate, Verdict, gate
from training.labels.gather import FEWEST_RANDOM

CLIP: Final = 5.0
"""A targeted inspection counts at most so many times the median targeted one."""
STRENGTHENED: Final = "auc_above_logistic_regression_strengthened"
ALONE: Final = "auc_above_logistic_regression"

Words = npt.NDArray[np.str_]


def random_arm(told: Mapping[str, Any]) -> Gate:
    """Say whether enough families were inspected at random for anything to be said."""
    labels = told["random_arm"]["labels"]
    if not labels:
        return gate("random_arm", Verdict.UNKNOWN, labels, told["random_arm"]["why_no_auc"])
    if labels < FEWEST_RANDOM:
        why = f"random inspections, too few to tell: at least {FEWEST_RANDOM} are needed"
        return gate("random_arm", Verdict.UNKNOWN, labels, why)
    return gate("random_arm", Verdict.PASS, labels, "random inspections")


def quality(told: Mapping[str, Any]) -> Gate:
    """Say whether it ranks better than the better logistic regression on the same families.

    FAIL only where it is worse; while the interval holds zero, UNKNOWN with the number of
    random inspections that would tell, if more of them showed the same difference.
    """
    strengthened = told.get(STRENGTHENED)
    said = strengthened or told[ALONE]
    what = "AUC above a logistic regression's on the random inspections"
    if said is None or said["value"] is None:
        why = f"{what}: no random inspections of both kinds to tell"
        return gate("quality", Verdict.UNKNOWN, None, why)
    if said.get("than") == "logistic_regression_with_gap":
        what = what.replace("regression's", "regression's that is given the gap,")
    if strengthened and strengthened.get("targeted"):
        what += f" and {strengthened['targeted']} targeted ones of known probability"
    interval = f"{what}: 95 % interval {said['low']:.3f} to {said['high']:.3f}"
    if said["low"] > 0:
        return gate("quality", Verdict.PASS, said["value"], interval)
    if said["high"] < 0:
        return gate("quality", Verdict.FAIL, said["value"], f"{interval}: it is worse")
    why = f"{interval} holds zero; {_needed(said, told.get('random_arm', {}).get('labels'))}"
    return gate("quality", Verdict.UNKNOWN, said["value"], why)


def labels_needed(said: Mapping[str, Any], labels: int) -> int | None:
    """Return how many random inspections would set the difference apart from nothing.

    The half of an interval shrinks with the square root of the labels; all kinds of them
    are taken to grow alike. None: the difference is exactly nothing, no number would do.
    """
    value, low, high = (float(said[end]) for end in ("value", "low", "high"))
    if not value:
        return None
    half = value - low if value > 0 else high - value
    # One more than the number at which the interval just touches zero.
    return max(math.floor(labels * (half / abs(value)) ** 2) + 1, labels + 1)


def strengthened_difference(
    confirmed: Matrix,
    mine: Matrix,
    rival: Matrix,
    *,
    design: Words,
    probability: Matrix,
    households: npt.NDArray[np.int64],
    generator: np.random.Generator,
    knows_more: bool = False,
    clip: float = CLIP,
    replicas: int = metrics.REPLICAS,
) -> dict[str, Any] | None:
    """Return by how much ``mine`` ranks better than ``rival``, on random and targeted labels.

    Each arm stands for the population under the inverse of its inclusion probabilities
    (Horvitz & Thompson 1952); the arms are pooled in proportion to their effective sizes
    (Kish 1965), as two samples of one population are (Hartley 1962). The weights of the
    targeted arm are clipped at ``clip`` times their median: families that were hardly ever
    chosen would else rule it. Clipping leans the targeted part towards suspicious families;
    how many it touched is told. The interval is a bootstrap over families, drawn whole from
    both arms together.

    Parameters
    ----------
    confirmed : 1 where an inspector found hidden income, else 0; one row an inspection.
    mine, rival : scores by models that had not seen the family.
    design : ``random``, ``targeted`` or anything else, which is left out.
    probability : of inclusion under that design; NaN where unknown. Targeted inspections
        without one are left out; random ones count as the median of their arm.
    knows_more : whether suspicion follows what no register shows
        (`training.labels.unmeasured_selection`): then the logged chances are not the true
        ones, and all targeted inspections are left out.
    households : whose inspection it is.

    Returns
    -------
    ``value``, ``low``, ``high``, the number of ``random`` and ``targeted`` inspections used,
    the ``share_of_targeted`` in the weight, ``clip`` and ``clipped`` inspections; None
    without a random arm: then nothing anchors the targeted one.
    """
    is_random = design == "random"
    known = np.isfinite(probability) & (probability > 0)
    is_targeted = (design == "targeted") & known & (not knows_more)
    if not is_random.any():
        return None
    inverse = 1.0 / np.where(known, probability, 1.0)
    usual = float(np.median(inverse[is_random & known])) if (is_random & known).any() else 1.0
    weights = np.where(is_random, np.where(known, inverse, usual), 0.0)
    bar = clip * float(np.median(inverse[is_targeted])) if is_targeted.any() else np.inf
    targeted = np.where(is_targeted, np.minimum(inverse, bar), 0.0)
    sizes = [_effective(weights), _effective(targeted)]
    part = sizes[1] / sum(sizes)
    pooled = (1 - part) * weights / weights.sum()
    if is_targeted.any():
        pooled = pooled + part * targeted / targeted.sum()
    used = pooled > 0
    drawn = metrics.draws(households[used], generator, replicas)
    said = metrics.auc_difference(
        confirmed[used], mine[used], rival[used], pooled[used] * used.sum(), drawn
    )
    return said.told() | {
        "random": int(is_random.sum()),
        "targeted": int(is_targeted.sum()),
        "share_of_targeted": round(part, 6),
        "clip": clip,
        "clipped": int((is_targeted & (inverse > bar)).sum()),
    }


def _effective(weights: Matrix) -> float:
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares else 0.0


def _needed(said: Mapping[str, Any], labels: int | None) -> str:
    if not labels:
        return "more random inspections are needed to tell"
    needed = labels_needed(said, labels)
    if needed is None:
        return "the difference is exactly nothing, so no number of inspections would tell"
    better = "better" if said["value"] > 0 else "worse"
    return (
        f"about {needed:,} random inspections instead of {labels:,} would tell that it is "
        f"{better}, if they showed the same difference"
    )
