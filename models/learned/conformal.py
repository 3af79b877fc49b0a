"""Guarantees that need no model to be right: for intervals, category sets and flags.

Every function here is pure arithmetic on scores of families that the scoring model had
not seen. The promise is on average over families drawn like the calibrating ones
(exchangeable, or weighted by the inverse of the chance to be drawn); it is exact for a
split sample and approximate when the scores come from cross-fitting.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from models.learned.arrays import Codes, Mask, Matrix, Vector


def upper_quantile(scores: Vector, weights: Vector, level: float) -> float:
    """Return the smallest score that a new family stays at or below with chance ``level``.

    The new family counts as one more, with the largest weight and an infinite score:
    that is the finite-sample correction of Vovk et al. (2005, ch. 2). Infinite when
    there are too few families for the level.
    """
    order = np.argsort(scores, kind="stable")
    reached = np.cumsum(weights[order])
    total = float(reached[-1]) + float(weights.max()) if len(scores) else 0.0
    if not total:
        return float("inf")
    place = int(np.searchsorted(reached, level * total - 1e-12 * total, side="left"))
    return float("inf") if place >= len(scores) else float(scores[order[place]])


def lower_quantile(scores: Vector, weights: Vector, level: float) -> float:
    """Return the largest score that a new family reaches with chance ``level``; 0 at least.

    For scores that measure agreement and are never negative: with too few families for
    the level, zero, and nothing is excluded.
    """
    return max(-upper_quantile(-scores, weights, level), 0.0)


def quantile(values: Vector, weights: Vector, level: float) -> float:
    """Return the weighted quantile: the smallest value that ``level`` of the weight reaches."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, level * reached[-1])])


def amount_score(hides: Vector, centre: Vector, spread: float, amount: Vector) -> Vector:
    """Return how well each family's amount agrees with what was predicted for it.

    The prediction is a mixture: nothing with chance 1 − ``hides``, otherwise log-normal
    around ``centre`` (of the logarithm). The score is the smaller tail of the amount
    (distributional conformal prediction, Chernozhukov et al. 2021).
    """
    some = amount > 0
    z = (np.log(np.where(some, amount, 1.0)) - centre) / spread
    at_least = np.where(some, hides * ndtr(-z), 1.0)
    at_most = np.where(some, (1.0 - hides) + hides * ndtr(z), 1.0 - hides)
    return np.asarray(np.minimum(at_least, at_most), dtype=np.float64)


def amount_bounds(
    hides: Vector, centre: Vector, spread: float, tail: Vector | float
) -> tuple[Vector, Vector]:
    """Return the amounts between which both tails keep ``tail`` or more, family by family.

    The low end is zero as long as "hides nothing" cannot be excluded, which takes a
    probability above 1 − ``tail``. Both ends rise with ``hides`` and ``centre``.
    """
    tail = np.clip(tail, 1e-6, 0.5)
    certain = np.maximum(hides, 1e-12)
    low = np.where(hides > 1 - tail, (tail - (1 - hides)) / certain, 0.0)
    high = np.where(hides > tail, (hides - tail) / certain, 0.0)
    return _amounts(low, centre, spread), _amounts(high, centre, spread)


def amount_at(hides: Vector, centre: Vector, spread: float, level: float) -> Vector:
    """Return the amount that a family does not exceed with chance ``level``.

    Zero as long as hiding nothing alone has that chance.
    """
    clear = 1.0 - hides
    inside = np.where(clear < level, (level - clear) / np.maximum(hides, 1e-12), 0.0)
    return _amounts(inside, centre, spread)


def _amounts(level: Vector, centre: Vector, spread: float) -> Vector:
    """Return the log-normal's quantile of each level; a level of zero is no amount at all."""
    logs = centre + spread * ndtri(np.clip(level, 1e-12, 1 - 1e-12))
    amount = np.fromiter(map(math.exp, logs.tolist()), dtype=np.float64, count=len(logs))
    return np.where(level > 0, amount, 0.0)


def category_score(exceeds: Matrix, category: Codes) -> Vector:
    """Return how well each family's own category agrees with the ordinal prediction.

    Parameters
    ----------
    exceeds : one row a family, one column a step k: P(category > k), falling in k.
    category : the true ones, 1 to the number of columns plus one.

    Returns
    -------
    The smaller tail: min(P(at most the category), P(at least the category)).
    """
    at_least, at_most = _tails(exceeds)
    rows = np.arange(len(category))
    return np.minimum(at_least[rows, category - 1], at_most[rows, category - 1])


def category_bounds(exceeds: Matrix, least: Vector) -> tuple[Codes, Codes]:
    """Return the first and last category whose smaller tail reaches ``least``, row by row.

    The set between is contiguous, holds the median category as long as ``least`` is at
    most one half, and both its ends rise when the family looks better off.
    """
    at_least, at_most = _tails(exceeds)
    bar = np.minimum(least, 0.5)[:, None]
    first = 1 + (at_most < bar).sum(axis=1)
    last = (at_least >= bar).sum(axis=1)
    return first.astype(np.int64), last.astype(np.int64)


def median_category(exceeds: Matrix) -> Codes:
    """Return the category that half the probability lies at or below and half at or above."""
    return np.asarray(1 + (exceeds > 0.5).sum(axis=1), dtype=np.int64)


def _tails(exceeds: Matrix) -> tuple[Matrix, Matrix]:
    """P(category ≥ k) and P(category ≤ k) for every category k."""
    ends = np.ones((exceeds.shape[0], 1))
    at_least = np.hstack([ends, exceeds])
    at_most = np.hstack([1.0 - exceeds, ends])
    return at_least, at_most


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which share of a population is flagged, and what is promised of the flagged.

    ``share`` is null when nobody can be flagged at the level asked for.
    ``least_supported`` is the smallest level at which these labels would flag anybody;
    ``labels_needed`` about how many it takes to flag somebody at the level asked for, if
    more labels showed the same shares (null: no number would do).
    """

    share: float | None
    unconfirmed: float | None
    least_supported: float
    labels_needed: int | None


def select(
    ranks: Vector, clear: Mask, weights: Vector, *, unconfirmed: float, population: int
) -> Selection:
    """Return the largest share of a population that can be flagged at this level.

    Conformal selection (Jin & Candès 2023): a family's p-value is the weighted share of
    clear families that look at least as suspicious; Benjamini–Hochberg at level
    ``unconfirmed`` over the population keeps the *expected* share of unconfirmed
    families among the flagged at or below it.

    Parameters
    ----------
    ranks : for each calibrating family the share of the population that looks strictly
        more suspicious to the model that had not seen it (0: nobody does).
    clear : whether an inspector confirmed nothing.
    weights : the inverse of the chance to be drawn, any scale.
    unconfirmed : q, the promise.
    population : how many families the promise speaks of.

    """
    if not len(ranks):
        return Selection(share=None, unconfirmed=None, least_supported=1.0, labels_needed=None)
    own = float(weights.max())
    total = float(weights.sum()) + own
    at = np.sort(ranks[clear])
    mass = own + np.concatenate([[0.0], np.cumsum(weights[clear][np.argsort(ranks[clear])])])
    ends = np.concatenate([at, [1.0]])
    whole = np.floor(ends * population) / population
    with np.errstate(divide="ignore"):
        promise = np.where(whole > 0, mass / total / np.where(whole > 0, whole, 1.0), np.inf)
    least = float(min(promise.min(), 1.0))
    room = unconfirmed * whole - (mass - own) / (total - own)
    one = own / (total - own) * len(ranks)
    needed = int(np.ceil(one / room.max())) if room.max() > 0 else None
    kept = np.flatnonzero(promise <= unconfirmed)
    if not len(kept):
        return Selection(share=None, unconfirmed=None, least_supported=least, labels_needed=needed)
    best = int(kept[-1])
    return Selection(
        share=float(whole[best]),
        unconfirmed=float(promise[best]),
        least_supported=least,
        labels_needed=needed,
    )


def raked(ranks: Vector, weights: Vector, *, least: int = 20) -> Vector:
    """Return the weights scaled so that every stretch of the ranking holds its share of families.

    A rank is a share of the population, so between rank 0.1 and 0.2 lies a tenth of it,
    whoever was inspected there: scaling to that (post-stratification, Holt & Smith 1979)
    takes away what chance alone made heavy or light. Stretches are those of `_STRETCHES`,
    joined until each holds ``least`` families that count. Weights of zero stay zero; the
    sum is one.
    """
    counted = weights > 0
    kept = [0.0]
    for edge in _STRETCHES:
        if (counted & (ranks >= kept[-1]) & (ranks < edge)).sum() >= least:
            kept.append(edge)
    if len(kept) > 1 and (counted & (ranks >= kept[-1])).sum() < least:
        kept.pop()
    edges = np.array([*kept, np.inf])
    stretch = np.clip(np.searchsorted(edges, ranks, side="right") - 1, 0, len(edges) - 2)
    held = np.bincount(stretch, weights=weights, minlength=len(edges) - 1)
    wide = np.diff(np.minimum(edges, 1.0))
    scaled: Vector = weights * (wide / np.where(held > 0, held, 1.0))[stretch]
    return scaled


_STRETCHES: tuple[float, ...] = (
    0.01,
    0.02,
    0.035,
    0.05,
    0.075,
    0.10,
    0.13,
    0.17,
    0.22,
    0.30,
    0.40,
    0.55,
    0.75,
)
"""Ends of the stretches, finer where families are flagged."""


def threshold_for(population: Vector, share: float) -> float | None:
    """Return the score from which at most ``share`` of the population is flagged.

    A flag is a score at or above it. Families of one score are flagged together or not
    at all; None when the highest score is shared by more than may be flagged.
    """
    allowed = int(np.floor(share * len(population) + 1e-9))
    values, counts = np.unique(population, return_counts=True)
    flagged = np.cumsum(counts[::-1])
    reached = int(np.searchsorted(flagged, allowed, side="right"))
    return None if reached == 0 else float(values[::-1][reached - 1])
