"""Intervals of hidden amounts: by kind of place, and for families of whom nothing is known."""

from typing import Final

import numpy as np
import polars as pl

from models.learned import conformal, hidden_income
from models.learned.arrays import Codes, Vector
from training.labels.gather import Labels

COVERAGE: Final = 0.90
"""What intervals and category sets promise to hold."""
SHRINK: Final = 200
"""Families of all places that the tail of one place is tempered with."""
WIDER_WHEN_SILENT: Final = 1.10
"""How much wider silence must be than knowing, on the mean of the training population."""


def tails_by_place(agreement: Vector, weights: Vector, place: Codes) -> tuple[float, ...]:
    """Return the tail that makes the interval hold nine in ten, for each kind of place.

    Mondrian conformal prediction (Vovk et al. 2005, ch. 4): each kind of place is
    calibrated on its own families, and drawn towards the tail of all of them by the
    weight of `SHRINK` families, for a few labels set a tail by chance.
    """
    counted = weights > 0
    of_all = conformal.lower_quantile(agreement[counted], weights[counted], COVERAGE)
    tails = []
    for each in range(len(hidden_income.PLACES)):
        here = counted & (place == each)
        own = (
            conformal.lower_quantile(agreement[here], weights[here], COVERAGE)
            if here.any()
            else 0.0
        )
        trust = here.sum() / (here.sum() + SHRINK)
        tails.append(float(trust * own + (1 - trust) * of_all))
    return tuple(tails)


def unknown_high(amount: Vector, weights: Vector, widths: Vector, labels: Labels) -> float:
    """Return the high end for a family of whom a register is silent, ПМ a member a month.

    What nine families in ten do not exceed, whoever they are; and never less than the
    mean width of the intervals of the known population, by member or by household:
    silence must not look like knowledge.
    """
    judged = weights > 0
    marginal = conformal.upper_quantile(amount[judged], weights[judged], COVERAGE)
    marginal = marginal if np.isfinite(marginal) else float(amount.max())
    members = labels.population["members"].cast(pl.Float64).fill_null(0.0).to_numpy()
    known = np.isfinite(widths) & (members > 0)
    by_member = float(widths[known].mean())
    by_household = float(np.average(widths[known], weights=members[known]))
    return max(marginal, WIDER_WHEN_SILENT * by_member, WIDER_WHEN_SILENT * by_household)
