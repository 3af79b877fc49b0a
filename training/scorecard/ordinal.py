"""Proportional odds with coefficients that may not be negative: an additive score by likelihood.

McCullagh (1980), Regression models for ordinal data: one latent score, a sum over what is
known of a family, and a threshold between each two categories. Here every input is a step
towards the rich side, so a coefficient below zero would reward poverty: none is allowed.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from models.learned.arrays import Codes, Matrix, Vector

RIDGE: Final = 1e-3
"""Weight of the squared coefficients against the mean log-likelihood: enough that steps which
few families take end at a definite value. From 1e-5 to 1e-2 the kappa out of sample moves in
the third digit only."""
_APART: Final = 1e-4
"""Least distance of two thresholds, in log-odds."""
_LEAST: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Score:
    """A fitted score: what each step adds, and the thresholds between the categories."""

    steps: Vector
    thresholds: Vector


def fit(x: Matrix, category: Codes, weights: Vector, categories: int) -> Score:
    """Fit the score by weighted maximum likelihood; the problem is convex.

    Parameters
    ----------
    x : one row a family, one column a step: 1 where the family has taken it, else 0.
    category : 1 … ``categories``, 1 the poorest.
    weights : of the survey.
    """
    mass, columns = weights / weights.sum(), x.shape[1]
    is_in = (category[:, None] == np.arange(1, categories + 1)).astype(np.float64)
    # A category lies above one threshold and below the next; the first and last have only one.
    above, below = is_in[:, 1:], is_in[:, :-1]

    def loss(point: Vector) -> tuple[float, Vector]:
        steps, thresholds = point[:columns], np.cumsum(point[columns:])
        exceeds = expit((x @ steps)[:, None] - thresholds)
        chance = np.maximum(is_in[:, 0] + ((above - below) * exceeds).sum(axis=1), _LEAST)
        pull = (mass / chance)[:, None] * (above - below) * exceeds * (1 - exceeds)
        value = RIDGE / 2 * float(steps @ steps) - float(mass @ np.log(chance))
        of_steps = RIDGE * steps - x.T @ pull.sum(axis=1)
        # Each threshold is the first plus the distances up to it.
        of_thresholds = np.cumsum(pull.sum(axis=0)[::-1])[::-1]
        return value, np.concatenate([of_steps, of_thresholds])

    start = np.concatenate([np.full(columns, 0.1), _of_shares(category, mass, categories)])
    bounds = [(0.0, None)] * columns + [(None, None)] + [(_APART, None)] * (categories - 2)
    solution = minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 5_000}
    )
    return Score(solution.x[:columns], np.cumsum(solution.x[columns:]))


def _of_shares(category: Codes, mass: Vector, categories: int) -> Vector:
    """Return the thresholds of a score that knows nothing: the first, then the distances."""
    poorer = np.cumsum(np.bincount(category, weights=mass, minlength=categories + 1)[1:-1])
    poorer = np.clip(poorer, 1e-3, 1 - 1e-3)
    odds = np.log(poorer / (1 - poorer))
    return np.concatenate([odds[:1], np.maximum(np.diff(odds), _APART)])
