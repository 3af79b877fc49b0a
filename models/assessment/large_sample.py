"""Intervals by formula instead of by lot: a page made twice must be the same page.

`metrics` draws bootstrap samples from a generator that training hands in; the auditors'
pages have no generator, and none is needed for these two measures.
"""

from typing import Final

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

from models.assessment.metrics import CONFIDENCE, UNKNOWN, Estimate, auc, quadratic_kappa
from models.learned.arrays import Codes, Vector

_Z: Final = float(norm.ppf(1 - (1 - CONFIDENCE) / 2))
_STEPS: Final = 6
_ASIDE: Final = 1e-9
"""Where the search begins beside what was found: at 0 and 1 that is a root of its own."""


def auc_interval(truth: Vector, score: Vector) -> Estimate:
    """Return the AUC with its score interval; unknown without both kinds of families.

    Newcombe (2006), method 5: it stays inside 0…1 and has a width even where the two
    kinds are told apart without a mistake.
    """
    hiding, clear = int(truth.sum()), int(len(truth) - truth.sum())
    if not hiding or not clear:
        return UNKNOWN
    observed = auc(truth, score)
    spare = (hiding + clear) / 2 - 1

    def distance(area: float) -> float:
        spread = 1 + spare * ((1 - area) / (2 - area) + area / (1 + area))
        return (area - observed) ** 2 - _Z**2 * area * (1 - area) * spread / (hiding * clear)

    low = 0.0 if observed == 0 else float(brentq(distance, 0.0, observed - _ASIDE))
    high = 1.0 if observed == 1 else float(brentq(distance, observed + _ASIDE, 1.0))
    return Estimate(observed, low, high)


def kappa_interval(
    truth: Codes,
    predicted: Codes,
    weights: Vector,
    clusters: Codes | None = None,
) -> Estimate:
    """Return the quadratic-weighted kappa of up to six categories with its interval.

    The variance is that of the linearised statistic (Fleiss, Cohen & Everitt 1969,
    extended to survey weights); one answer a family. ``clusters``: those of the survey's
    design, between which it is taken; without them the interval is a little too narrow.
    Unknown where all agree that there is one category only, or where nobody answered.
    """
    if len(truth) < 2:
        return UNKNOWN
    mass = weights / weights.sum()
    seen = np.zeros((_STEPS, _STEPS))
    np.add.at(seen, (truth - 1, predicted - 1), mass)
    steps = np.arange(_STEPS)
    cost = (steps[:, None] - steps[None, :]) ** 2
    rows, columns = seen.sum(axis=1), seen.sum(axis=0)
    chance = float((cost * np.outer(rows, columns)).sum())
    if not chance:
        return UNKNOWN
    missed = float((cost * seen).sum())
    moved = (cost @ columns)[:, None] + (rows @ cost)[None, :] - 2 * chance
    influence = -(cost - missed) / chance + missed / chance**2 * moved
    pulls = mass * influence[truth - 1, predicted - 1]
    if clusters is not None:
        pulls = np.bincount(np.unique(clusters, return_inverse=True)[1], weights=pulls)
    error = float(np.sqrt((pulls**2).sum()))
    value = quadratic_kappa(truth, predicted, weights)
    return Estimate(value, max(-1.0, value - _Z * error), min(1.0, value + _Z * error))
