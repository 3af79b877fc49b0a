"""Watching a live model without ever watching too often: testing by betting.

A gambler who does not believe in the model's promise bets on each inspection before its
finding is known. As long as the promise holds, no way of betting makes money on average; so
whoever has ever turned one tenge into twenty has seen something that happens at most once in
twenty lives of an honest model (Ville 1939). The money is the evidence. One may look after
every inspection, stop, and go on later: no other price is paid for looking.

Bets are a few fixed stakes, the money split evenly between them, so nothing is drawn and
nothing tuned to what came (Waudby-Smith & Ramdas 2024, "diversified Kelly betting"; error
rates of groups by Chugg, Cortes-Gomez, Wilder & Ramdas, NeurIPS 2023).

What it needs: families drawn at random, with chances known before the finding. Unequal chances
are weighed by ``weights`` = least chance of the draw ÷ own chance, at most 1. A draw without
putting back from a country of families counts as one with it.

A certificate "at most q unconfirmed" holds on average over sets of labels; the share of the one
model that was promoted lies above q about as often as below. Held against q itself, honest models
would be taken back: of those certified at 0.20 by 300, 600 or 1,200 random inspections, 0.30, 0.22
and 0.15 of lives within 300 flagged inspections. So what is held against a model is what the
certificate's own random arm leaves possible (`refuted_above`): 0.02, 0.01 and 0.01 of lives then,
and 0.03, 0.02 and 0.02 within 1,000 (tests/training/trials/test_watched_promise.py). The price: a
model of twice q is seen within 200 flagged inspections in 0.48, 0.66 and 0.84 of lives and within
800 in 0.71, 0.86 and 0.94; half of them within 220, 116 and 72, which took about 1,900, 1,200 and
800 random inspections, as a tenth of the families was flagged. More random inspections at training
buy a sharper watch.

Measured by simulation (tests/models/assessment/test_sequential.py): an honest model crosses within
1,000 inspections in 2 to 5 % of lives. Half again as many unconfirmed flags as promised (0.30 for
0.20) are seen within 293 flagged inspections in 94 % of lives. Half again as high an error rate of
one group takes more than a single look at the end would: at the sample size that gives that look
80 % power, it is seen in 0.62 to 0.64 of lives (0.50 where the lower rate is 0.4), and in 80 % of
them at 1.4 to 1.5 times the size. That is the price of looking at any time. Where four pairs share
one chance of blaming the model wrongly: 0.41 to 0.44 (0.22), and 1.9 to 2 times.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.stats import beta

from models.learned.arrays import Codes, Mask, Vector

ERROR: Final = 0.05
"""Lives of an honest model, of all, in which the evidence may ever cross."""
WORSE: Final = (1.25, 1.5, 2.0)
"""How many times the promised share each bet against a promise expects; conventions."""
SURE: Final = 0.95
"""How surely the share of a certified model lies below what it may be taken back for; a
convention. With 0.90 twice as many honest lives end, near one in twenty."""
APART: Final = (0.2, 0.3)
"""Stakes between two groups: best for a ratio of 1.5 where rates are low, and of 2 or 1.5 where
they are near 0.4; conventions."""
AWAY: Final = (0.1, 0.2, 0.4, 0.8)
"""Stakes on a mean that is off; conventions."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one tenge has become after each observation, and from which sum on it is proof."""

    path: Vector
    proof: float

    @property
    def crossed_at(self) -> int | None:
        """The number of observations, from 1, after which it first was proof; None: never."""
        over = np.flatnonzero(self.path >= self.proof)
        return int(over[0]) + 1 if len(over) else None

    @property
    def value(self) -> float:
        """The evidence now; 1 before the first observation."""
        return float(self.path[-1]) if len(self.path) else 1.0

    @property
    def highest(self) -> float:
        """The most it ever was: once proof, always proof."""
        return float(self.path.max(initial=1.0))


def above(
    values: Vector, promised: float, *, weights: Vector | None = None, error: float = ERROR
) -> Evidence:
    """Watch whether a share is above what was promised.

    Parameters
    ----------
    values : 0 or 1 an observation, or anything between, in the order of finding.
    promised : the mean of which the promise says "at most", above 0 and below 1.

    Each stake is the best one (Kelly) against a share of `WORSE` times the promise.
    """
    stakes = [(worse - 1) / (1 - promised) for worse in WORSE if worse * promised < 1]
    gains = (values - promised) * _ones(values, weights)
    # A promise so loose that nothing is 1.25 times worse: one stake that can never ruin.
    return Evidence(_money(gains, stakes or [1.0]), 1 / error)


def refuted_above(unconfirmed: Mask, weights: Vector, promised: float) -> float:
    """Return the share of unconfirmed flags above which a model has broken its certificate.

    Parameters
    ----------
    unconfirmed : of each flagged family of the random arm, whether nothing was found.
    weights : the inverse of its chance to be drawn.
    promised : q, what the certificate promises on average over sets of labels.

    The one-sided exact bound (Clopper & Pearson 1934; with unequal weights on Kish's effective
    number) of the share among the flagged, never below q. The families helped to set the
    threshold, so the bound is a little too low: of models certified at 0.20 by 300 to 1,200
    random inspections, 0.06 to 0.10 lie above it, nine in ten of these by less than five
    points. Nobody flagged in the arm, or none confirmed: 1, and nothing can refute it.
    """
    if not len(unconfirmed):
        return 1.0
    effective = float(weights.sum() ** 2 / (weights**2).sum())
    count = effective * float(np.average(unconfirmed, weights=weights))
    if effective - count < 1e-9:
        return 1.0
    return max(promised, float(beta.ppf(SURE, count + 1, effective - count)))


def apart(
    values: Vector,
    first: Mask,
    batch: Codes,
    *,
    weights: Vector | None = None,
    error: float = ERROR,
) -> Evidence:
    """Watch whether two groups have different error rates, in either direction.

    Parameters
    ----------
    values : 1 where the model erred on a family, 0 where not, in the order of finding.
    first : which of them belong to the first group; the others to the second.
    batch : a number that never falls; what has the same one became known together. Members of
        the groups meet within a batch, the larger group shared out evenly over the smaller; a
        batch with one group only waits for the next. Who meets whom depends on the groups,
        never on the errors, so that the bets stay fair.

    Returns
    -------
    The evidence after each meeting; with none, an empty path.
    """
    mass = _ones(values, weights)
    gains: list[float] = []
    start = 0
    for end in [*np.flatnonzero(np.diff(batch)) + 1, len(values)]:
        mine = np.arange(start, end)
        ones, others = mine[first[start:end]], mine[~first[start:end]]
        if not (len(ones) and len(others)):
            continue
        few, many, sign = (ones, others, 1) if len(ones) <= len(others) else (others, ones, -1)
        for one, met in zip(few, np.array_split(many, len(few)), strict=True):
            gains.append(sign * mass[one] * float((mass[met] * (values[one] - values[met])).mean()))
        start = end
    stakes = [side * stake for stake in APART for side in (1, -1)]
    return Evidence(_money(np.array(gains), stakes), 1 / error)


def off(
    observed: Vector,
    predicted: Vector,
    tolerance: float,
    *,
    weights: Vector | None = None,
    error: float = ERROR,
) -> Evidence:
    """Watch whether predicted probabilities are off by more than a tolerance on average.

    ``found`` is 0 or 1 an observation. One half of the money bets on too low predictions, the
    other on too high ones.
    """
    away, mass = observed - predicted, _ones(observed, weights)
    halves = [_money((side * away - tolerance) * mass, AWAY) for side in (1, -1)]
    return Evidence(np.mean(halves, axis=0), 1 / error)


def fewest_to_prove(promised: float, worse: float = 1.5, error: float = ERROR) -> int:
    """Return about how many observations prove a share of ``worse`` times the promise.

    Proof ÷ the growth of the best bet, the Kullback–Leibler distance of the two shares (Wald
    1945): no valid test needs fewer on average.
    """
    p, q = promised, min(worse * promised, 1 - 1e-9)
    growth = q * np.log(q / p) + (1 - q) * np.log((1 - q) / (1 - p))
    return int(np.ceil(np.log(1 / error) / growth))


def _money(gains: Vector, stakes: Sequence[float]) -> Vector:
    """Return the mean, over the stakes, of what each makes of one tenge, after every gain.

    Summed as logarithms: a long run neither overflows nor drops to nothing.
    """
    logs = np.array([np.cumsum(np.log1p(stake * gains)) for stake in stakes])
    split = np.logaddexp.reduce(logs, axis=0) - np.log(len(stakes))
    return np.asarray(np.exp(np.clip(split, -700, 700)), dtype=np.float64)


def _ones(values: Vector, weights: Vector | None) -> Vector:
    return np.ones(len(values)) if weights is None else weights
