"""By how much the detector ranks better than another, on random and targeted inspections.

The random arm alone is often too small to tell, so inspections that were chosen by suspicion
join it where the chance to be chosen is known: under the inverse of that chance they speak
for the population as well (`training.labels.both_arms.pooled`).
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from models.assessment import metrics
from models.learned.arrays import Codes, Vector
from training.labels import both_arms
from training.labels.both_arms import CLIP

ALONE: Final = "auc_above_logistic_regression"
"""The measure on random inspections alone."""
STRENGTHENED: Final = "auc_above_logistic_regression_strengthened"
"""The measure's name in a run's record."""

Words = npt.NDArray[np.object_]


def strengthened_difference(
    confirmed: Vector,
    mine: Vector,
    rival: Vector,
    *,
    design: Words,
    probability: Vector,
    households: Codes,
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
    if not is_random.any():
        return None
    both = both_arms.pooled(
        is_random, (design == "targeted") & (not knows_more), probability, clip=clip
    )
    used = both.weights > 0
    drawn = metrics.draws(households[used], generator, replicas)
    difference = metrics.auc_difference(
        confirmed[used], mine[used], rival[used], both.weights[used] * used.sum(), drawn
    )
    return difference.as_json() | {
        "random": int(is_random.sum()),
        "targeted": int(both.targeted.sum()),
        "share_of_targeted": round(both.share_of_targeted, 6),
        "clip": clip,
        "clipped": int(both.clipped.sum()),
    }
