"""How good a model is, always with how sure we can be.

Shares of few families get exact (Clopper–Pearson) intervals; ranking measures get a
bootstrap over families, so that one inspected twice counts as one witness. The generator
is handed in: the same labels and seed give the same interval.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from scipy.stats import beta, norm, rankdata

from features.errors import InputError
from models.learned.arrays import Codes, Matrix, Vector

CONFIDENCE: Final = 0.95
"""Of every interval, unless it says otherwise."""
REPLICAS: Final = 1_000

Measure = Callable[[Vector], float]
"""A number computed from labels under given weights, one weight a label."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with the ends of its 95 % interval; null where the labels cannot tell."""

    value: float | None
    low: float | None
    high: float | None

    @property
    def known(self) -> tuple[float, float, float]:
        """The number and both ends; raises InputError where the labels cannot tell them."""
        if self.value is None or self.low is None or self.high is None:
            raise InputError("There are no labels to tell this number from; count them first.")
        return self.value, self.low, self.high

    def as_json(self) -> dict[str, Any]:
        """Ready for JSON, rounded to six digits."""
        return {k: None if v is None else round(v, 6) for k, v in asdict(self).items()}

    def __str__(self) -> str:
        if self.value is None:
            return "unknown"
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


UNKNOWN: Final = Estimate(None, None, None)


def share(count: int, of: int) -> Estimate:
    """Return a share with its exact interval (Clopper & Pearson 1934); nobody: unknown.

    >>> str(share(0, 10))
    '0.000 [0.000, 0.308]'
    """
    if not of:
        return UNKNOWN
    tail = (1 - CONFIDENCE) / 2
    low = 0.0 if count == 0 else float(beta.ppf(tail, count, of - count + 1))
    high = 1.0 if count == of else float(beta.ppf(1 - tail, count + 1, of - count))
    return Estimate(count / of, low, high)


def auc(truth: Vector, score: Vector, weights: Vector | None = None) -> float:
    """Return the chance that a hiding family scores above a clear one, ties counting half."""
    return float(aucs(truth, score, _ones(truth, weights)[None, :])[0])


def average_precision(truth: Vector, score: Vector, weights: Vector | None = None) -> float:
    """Return precision averaged over the hiding families in order of suspicion.

    Families of one score are taken together. Without a hiding family: not a number.
    """
    mass = _ones(truth, weights)
    order = np.argsort(-score, kind="stable")
    hits, seen = np.cumsum((mass * truth)[order]), np.cumsum(mass[order])
    if hits[-1] <= 0:
        return float("nan")
    last = np.flatnonzero(np.append(np.diff(score[order]) != 0, True))
    gained = np.diff(np.concatenate([[0.0], hits[last]]))
    return float((gained * hits[last] / np.maximum(seen[last], 1e-300)).sum() / hits[-1])


def precision_at(
    truth: Vector, score: Vector, capacity: float, weights: Vector | None = None
) -> float:
    """Return the share of hiding families among the most suspicious ``capacity`` of all.

    A family on the edge counts by the part of it that fits, so ties favour nobody.
    """
    mass = _ones(truth, weights)
    values, group = np.unique(-score, return_inverse=True)
    size = np.bincount(group, weights=mass, minlength=len(values))
    hits = np.bincount(group, weights=mass * truth, minlength=len(values))
    room = capacity * mass.sum()
    taken = np.clip(room - np.concatenate([[0.0], np.cumsum(size)[:-1]]), 0.0, size)
    return float((hits * taken / np.where(size > 0, size, 1.0)).sum() / room)


def lift_at(truth: Vector, score: Vector, capacity: float, weights: Vector | None = None) -> float:
    """Return how many times likelier a hiding family is at ``capacity`` than anywhere.

    Without a hiding family there is nothing to be likelier than: not a number.
    """
    usual = float(np.average(truth, weights=_ones(truth, weights)))
    return precision_at(truth, score, capacity, weights) / usual if usual > 0 else float("nan")


def brier(truth: Vector, probability: Vector, weights: Vector | None = None) -> float:
    """Return the mean squared distance of the probabilities from what was found."""
    return float(np.average((truth - probability) ** 2, weights=_ones(truth, weights)))


def calibration_line(
    truth: Vector, probability: Vector, weights: Vector | None = None
) -> tuple[float, float]:
    """Return intercept and slope of the findings on the log-odds: 0 and 1 where honest.

    A slope below one: the probabilities are too sure of themselves (Cox 1958). Newton's
    method with a touch of ridge, so that separable samples still end. Families of one
    kind have no such line: two times not a number.
    """
    mass = _ones(truth, weights)
    if not 0 < float(mass @ truth) < float(mass.sum()):
        return float("nan"), float("nan")
    p = np.clip(probability, 1e-6, 1 - 1e-6)
    x = np.column_stack([np.ones_like(p), np.log(p / (1 - p))])
    line = np.array([0.0, 1.0])
    for _ in range(30):
        fitted = 1 / (1 + np.exp(-np.clip(x @ line, -30, 30)))
        slope = x.T @ (mass * (truth - fitted))
        bend = (x * (mass * fitted * (1 - fitted))[:, None]).T @ x + 1e-6 * np.eye(2)
        step = np.clip(np.linalg.solve(bend, slope), -1.0, 1.0)
        line = line + step
        if np.abs(step).max() < 1e-9:
            break
    return float(line[0]), float(line[1])


def quadratic_kappa(truth: Codes, predicted: Codes, weights: Vector | None = None) -> float:
    """Return agreement of ordered categories beyond chance, far mistakes weighing more.

    Cohen's kappa with quadratic weights (Cohen 1968).
    """
    mass = np.ones(len(truth)) if weights is None else weights
    top = int(max(truth.max(), predicted.max()))
    seen = np.zeros((top, top))
    np.add.at(seen, (truth - 1, predicted - 1), mass)
    seen /= seen.sum()
    steps = np.arange(top)
    cost = (steps[:, None] - steps[None, :]) ** 2
    expected = np.outer(seen.sum(axis=1), seen.sum(axis=0))
    chance = float((cost * expected).sum())
    return 1.0 - float((cost * seen).sum()) / chance if chance else 1.0


def draws(families: Codes, generator: np.random.Generator, replicas: int = REPLICAS) -> Matrix:
    """Return how often each label is drawn in each bootstrap replica, families drawn whole."""
    _, place = np.unique(families, return_inverse=True)
    count = int(place.max()) + 1
    drawn = generator.multinomial(count, np.full(count, 1 / count), size=replicas)
    return drawn[:, place].astype(np.float64)


def with_interval(measure: Measure, weights: Vector, drawn: Matrix) -> Estimate:
    """Return a measure with its percentile bootstrap interval.

    A replica in which the measure is undefined (not a number) does not count; a measure
    undefined on the labels themselves is unknown.
    """
    replicas = np.array([measure(weights * counts) for counts in drawn])
    return percentiles(measure(weights), replicas)


def auc_with_interval(truth: Vector, score: Vector, weights: Vector, drawn: Matrix) -> Estimate:
    """Return the AUC with its bootstrap interval; unknown without both kinds of families."""
    if not _both(truth):
        return UNKNOWN
    return percentiles(auc(truth, score, weights), aucs(truth, score, weights * drawn))


def auc_difference(
    truth: Vector, score: Vector, other: Vector, weights: Vector, drawn: Matrix
) -> Estimate:
    """Return by how much ``score`` ranks better than ``other`` on the same families, paired."""
    if not _both(truth):
        return UNKNOWN
    replicas = aucs(truth, score, weights * drawn) - aucs(truth, other, weights * drawn)
    return percentiles(auc(truth, score, weights) - auc(truth, other, weights), replicas)


def aucs(truth: Vector, score: Vector, weights: Matrix) -> Vector:
    """Return the AUC under each row of weights; not a number where one kind has no weight."""
    order = np.argsort(score, kind="stable")
    ranked, label = score[order], truth[order]
    start = np.concatenate([[0], np.flatnonzero(np.diff(ranked) != 0) + 1])
    mass = weights[:, order]
    hiding = np.add.reduceat(mass * label, start, axis=1)
    clear = np.add.reduceat(mass * (1 - label), start, axis=1)
    below = np.cumsum(clear, axis=1) - clear / 2
    pairs = hiding.sum(axis=1) * clear.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        areas: Vector = (hiding * below).sum(axis=1) / pairs
    return areas


def percentiles(value: float, replicas: Vector) -> Estimate:
    """Return a measure with the middle 95 % of its replicas; unknown where it is undefined."""
    if not np.isfinite(value) or not np.isfinite(replicas).any():
        return UNKNOWN
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.nanpercentile(replicas, [tail, 100 - tail])
    return Estimate(float(value), float(low), float(high))


def auc_exactly(truth: Vector, score: Vector) -> Estimate:
    """Return the AUC with DeLong's interval (DeLong et al. 1988): no lot is drawn.

    For thousands of families, where a bootstrap would take minutes; by mid-ranks (Sun & Xu
    2014). Unknown without both kinds.
    """
    if not _both(truth):
        return UNKNOWN
    hiding = truth > 0
    m, n = int(hiding.sum()), int((~hiding).sum())
    every = rankdata(score)
    first = (every[hiding] - rankdata(score[hiding])) / n
    second = 1 - (every[~hiding] - rankdata(score[~hiding])) / m
    value = float(first.mean())
    spread = sum(float(v.var(ddof=1)) / len(v) if len(v) > 1 else 0.25 for v in (first, second))
    reach = float(norm.ppf(1 - (1 - CONFIDENCE) / 2)) * float(np.sqrt(spread))
    return Estimate(value, max(value - reach, 0.0), min(value + reach, 1.0))


def _both(truth: Vector) -> bool:
    return bool(0 < truth.sum() < len(truth))


def _ones(truth: Vector, weights: Vector | None) -> Vector:
    return np.ones(len(truth)) if weights is None else weights
