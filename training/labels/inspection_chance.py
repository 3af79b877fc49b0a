"""How likely each inspected family was to be inspected, by whichever way.

Random inspections stand for the population but are few; targeted ones are many, where it
matters. Together they stand for it too, if each counts by the inverse of its chance to be
in either (a multiple-frame design, Hartley 1962): chances are taken where they are known,
estimated from what both ways found, and kept from being tiny.
"""

from typing import Final

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import polars as pl

from models.learned import trees
from models.learned.inputs import Matrix

Flags = npt.NDArray[np.bool_]
Whole = npt.NDArray[np.int64]

_MOST: Final = 0.98
"""A family is never taken for surer than this to have been targeted rather than drawn."""
_FEWEST: Final = 100
"""Inspections of each way below which the other's chances are not estimated."""
_GROWN: Final = {
    "objective": "binary",
    "learning_rate": 0.05,
    "num_leaves": 8,
    "max_depth": 3,
    "min_data_in_leaf": 20,
    "lambda_l2": 5.0,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}
_TREES: Final = 120


def suspected(
    inspections: pl.DataFrame,
    random: Matrix,
    margin: Matrix,
    x: Matrix,
    fold: Whole,
    *,
    seed: int,
) -> Matrix | None:
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


def union_weights(inspections: pl.DataFrame, random: Matrix, expected: Matrix | None) -> Matrix:
    """Return the inverse chance to be inspected at random or by suspicion; complaints get zero.

    Parameters
    ----------
    inspections : the register's columns ``design`` and ``probability``, one row a label.
    random : inverse inclusion probabilities of the random arm, zero outside it.
    expected : as `suspected` returns it; None: the random arm's own weights come back.

    It takes suspicion to follow what the registers show: where inspectors know more, a
    targeted family is likelier to hide than one that looks the same, and
    `training.fitting.fit.certified` looks for that before it leans on these weights. Where the
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


def usual_chance(random: Matrix) -> float:
    """Return the chance of a family to be drawn at random: the middle one of the arm."""
    return 1.0 / float(np.median(random[random > 0]))


def targeted_chance(chosen: Flags, random: Matrix, x: Matrix, fold: Whole, *, seed: int) -> Matrix:
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
            booster = lgb.train(
                _GROWN | {"seed": seed}, lgb.Dataset(x[rest], chosen[rest].astype(float)), _TREES
            )
            share = trees.logistic(trees.margin(booster, x[mine]))
        share = np.minimum(share, _MOST)
        odds[mine] = share / (1.0 - share)
    return usual_chance(random) * odds
