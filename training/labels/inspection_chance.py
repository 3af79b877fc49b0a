"""How likely each inspected family was to be targeted, whichever way it came.

Chances are taken where the register tells them, and estimated here from how the families
that either way chose look (`both_arms` weighs inspections by them).
"""

from typing import Final

import numpy as np
import polars as pl

from models.learned import trees
from models.learned.arrays import Codes, Mask, Matrix, Vector
from training.labels.both_arms import usual_chance

_MOST: Final = 0.98
"""A family is never taken for surer than this to have been targeted rather than drawn."""
_FEWEST: Final = 100
"""Inspections of each way below which the other's chances are not estimated."""
_TREES: Final = 120
_RATE: Final = 0.05


def suspected(
    inspections: pl.DataFrame,
    random: Vector,
    margin: Vector,
    x: Matrix,
    fold: Codes,
    *,
    seed: int,
) -> Vector | None:
    """Return the chance of each inspected family to be targeted, whichever way it came.

    Parameters
    ----------
    inspections : the register's column ``design``, one row a label.
    random : inverse inclusion probabilities of the random arm, zero outside it.
    margin, x : the detector's blind score and all inputs: what suspicion may have followed.
    fold : of each label; a family's chance is estimated by a model that had not seen it.

    None without two arms of a hundred.
    """
    chosen = (inspections["design"].cast(pl.String) == "targeted").to_numpy()
    if min((random > 0).sum(), chosen.sum()) < _FEWEST:
        return None
    return targeted_chance(chosen, random, np.column_stack([margin, x]), fold, seed=seed)


def targeted_chance(chosen: Mask, random: Vector, x: Matrix, fold: Codes, *, seed: int) -> Vector:
    """Return the chance of each inspected family to be targeted, as its looks let expect.

    Parameters
    ----------
    chosen : which inspections were targeted.
    random : inverse inclusion probabilities of the random arm, zero outside it.
    x : what is known of each inspected family, one row a label.
    fold : of each label; a family's chance is estimated by a model that had not seen it.

    The random arm looks as the population does, so how many times likelier a family that
    looks so was to be chosen than drawn, times the chance to be drawn, is its chance to be
    chosen. It may exceed one where the estimate errs; zero where nobody was targeted.
    """
    counted, odds = chosen | (random > 0), np.zeros(len(x))
    for k in np.unique(fold):
        rest, mine = counted & (fold != k), fold == k
        share = np.full(mine.sum(), chosen[rest].mean() if rest.any() else 0.0)
        if 0 < chosen[rest].sum() < rest.sum():
            booster = trees.auxiliary(
                x[rest],
                chosen[rest].astype(float),
                objective="binary",
                trees=_TREES,
                rate=_RATE,
                lambda_l2=5.0,
                seed=seed,
            )
            share = trees.logistic(trees.margin(booster, x[mine]))
        share = np.minimum(share, _MOST)
        odds[mine] = share / (1.0 - share)
    return usual_chance(random) * odds
