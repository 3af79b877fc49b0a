"""Random and targeted inspections together, standing for the population: three estimators.

Each is right under its own condition, and each takes suspicion to follow what the registers
show: where inspectors know more (`training.labels.unmeasured_selection`), none may be leant on.

* `union_weights`: by the inverse chance to be inspected in either way (a multiple-frame
  design, Hartley 1962). Right where the chance of the way a family did *not* come by can be
  estimated as well; it wastes no inspection, so flags and amounts are fitted under it.
* `shared`: by the inverse chance of the way a family did come by, each way taking a part of
  the work. Right for any split of the work, so an error in the estimated chance costs
  precision and no bias; values of policies, which name a sum of money, are estimated so.
* `pooled`: each arm stands for the population by itself, and the arms are averaged by their
  effective sizes (Kish 1965). Right where logged chances are; nothing is estimated, so it
  decides a gate.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from models.learned.arrays import Mask, Vector

CLIP: Final = 5.0
"""A targeted inspection counts at most so many times the median targeted one when pooled."""


def union_weights(inspections: pl.DataFrame, random: Vector, expected: Vector | None) -> Vector:
    """Return the inverse chance to be inspected at random or by suspicion; complaints get zero.

    Parameters
    ----------
    inspections : the register's columns ``design`` and ``probability``, one row a label.
    random : inverse inclusion probabilities of the random arm, zero outside it.
    expected : as `suspected` returns it; None: the random arm's own weights come back.

    It takes suspicion to follow what the registers show: where inspectors know more, a
    targeted family is likelier to hide than one that looks the same, and
    `training.fitting.certificate` looks for that before it leans on these weights. Where the
    register does not tell how likely a random inspection was, the weights hold up to a
    common factor.
    """
    if expected is None:
        return random
    design = inspections["design"].cast(pl.String).to_numpy()
    drawn, chosen = random > 0, design == "targeted"
    known = inspections["probability"].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    at_random = usual_chance(random)
    if not (known[drawn] > 0).any():
        # How often anybody is drawn is not known: only how the two ways compare is.
        return np.where(drawn | chosen, 1.0 / (1.0 + expected / at_random), 0.0)
    by_suspicion = np.where(chosen & (known > 0), known, expected)
    either = at_random + by_suspicion - at_random * np.minimum(by_suspicion, 1.0)
    return np.where(drawn | chosen, 1.0 / np.clip(either, at_random, 1.0), 0.0)


def shared(probability: Vector, random: Mask, arm: float, targeted: Vector) -> Vector:
    """Return how much each inspection counts: its inverse probability times its part of the work.

    ``arm`` is the usual probability of a random inspection, ``targeted`` the chance of each
    family to be targeted, as its inputs let expect. Where nobody is targeted all the work
    falls to the random arm; where many are, most falls to them.
    """
    part = arm / (arm + targeted)
    return np.where(random, part, 1.0 - part) / probability


@dataclass(frozen=True, slots=True)
class Pooled:
    """Both arms as one sample of the population.

    ``weights`` sum to one over all inspections, zero for those left out; ``targeted`` are
    the targeted ones used, ``clipped`` those of them whose weight was cut;
    ``share_of_targeted`` is their part of the weight.
    """

    weights: Vector
    targeted: Mask
    clipped: Mask
    share_of_targeted: float


def pooled(random: Mask, targeted: Mask, probability: Vector, *, clip: float = CLIP) -> Pooled:
    """Return both arms, averaged in proportion to their effective sizes.

    Parameters
    ----------
    random, targeted : which inspections were drawn, and which chosen; at least one drawn.
    probability : of inclusion under its own design, NaN where unknown. Targeted inspections
        without one are left out; random ones count as the median of their arm.
    clip : families that were hardly ever chosen would else rule the targeted arm: its
        weights are cut at so many times their median, which leans it towards suspicion.
    """
    known = np.isfinite(probability) & (probability > 0)
    chosen = targeted & known
    inverse = 1.0 / np.where(known, probability, 1.0)
    usual = float(np.median(inverse[random & known])) if (random & known).any() else 1.0
    drawn = np.where(random, np.where(known, inverse, usual), 0.0)
    bar = clip * float(np.median(inverse[chosen])) if chosen.any() else np.inf
    aimed = np.where(chosen, np.minimum(inverse, bar), 0.0)
    sizes = effective_size(drawn), effective_size(aimed)
    part = sizes[1] / sum(sizes)
    weights = (1 - part) * drawn / drawn.sum()
    if chosen.any():
        weights = weights + part * aimed / aimed.sum()
    return Pooled(weights, chosen, chosen & (inverse > bar), part)


def effective_size(weights: Vector) -> float:
    """Return how many equally weighted inspections say as much (Kish 1965)."""
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares else 0.0


def usual_chance(random: Vector) -> float:
    """Return the chance of a family to be drawn at random: the middle one of the arm."""
    return 1.0 / float(np.median(random[random > 0]))
