"""What inspections drawn with known chances say of everybody, and how surely.

Every inspected family stands for one over its chance. The mean under these weights
(Hájek 1971) estimates the share that inspections would confirm; divided by the share of
hiding families that inspectors find, it estimates how many hide income.
"""

import numpy as np
from scipy.stats import norm

from models.assessment.metrics import CONFIDENCE, UNKNOWN, Estimate
from models.learned.arrays import Vector


def total(observed: Vector, chance: Vector) -> float:
    """Return the total over everybody by Horvitz & Thompson (1952): found over chance, added up."""
    return float((observed / chance).sum())


def prevalence(confirmed: Vector, chance: Vector, *, sensitivity: float = 1.0) -> Estimate:
    """Return the share of families that hide income, with its 95 % interval.

    Parameters
    ----------
    confirmed : 1 where the inspection confirmed hidden income, 0 where it did not.
    chance : with which each family was drawn, above zero.
    sensitivity : share of hiding families that an inspector finds, taken as known.

    The variance is linearised, as if families were drawn one by one: in a sample spread
    evenly over strata that is a little too wide, never too narrow. Fewer than two
    inspections: unknown.
    """
    if len(confirmed) < 2:
        return UNKNOWN
    weight = (1 / chance) / (1 / chance).sum()
    share = float(weight @ confirmed)
    spread = weight * (confirmed - share)
    error = float(np.sqrt(len(confirmed) / (len(confirmed) - 1) * (spread @ spread)))
    reach = float(norm.ppf((1 + CONFIDENCE) / 2)) * error
    return Estimate(
        share / sensitivity, max(share - reach, 0.0) / sensitivity, (share + reach) / sensitivity
    )
