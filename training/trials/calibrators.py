"""From a score to a probability: the shipped line against others, by the number of labels.

Scores stay as they are; the random labels are drawn again and again, and what each
calibrator makes of them is compared with the truth of all other families.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from scipy.optimize import isotonic_regression, minimize
from sklearn.isotonic import IsotonicRegression

from models.learned import hidden_income, trees
from models.learned.arrays import Matrix, Vector
from training.trials.judged import expected_error

SIZES: Final = (150, 300, 600, 1_200, 2_400)
"""Random labels, from what a small region has to more than a year's arm."""
SENSITIVITIES: Final = (0.75, 0.83, 0.90)
"""Of the inspectors in truth; what is assumed is the law's."""
_GRID: Final = 200
"""Scores at which Venn–Abers is worked out; between them it is read off."""

Calibrator = Callable[[Vector, Vector, Vector, float], Vector]
"""From scores and findings of the labelled, scores to judge and the sensitivity that is
assumed, to the probability that each family hides income."""


def line(margins: Vector, confirmed: Vector, ask: Vector, sensitivity: float) -> Vector:
    """Shipped: Platt's line with a known miss rate, by maximum likelihood."""
    once = np.ones(len(margins))
    return hidden_income.calibrate(margins, confirmed, once, sensitivity=sensitivity).hides(ask)


def none(margins: Vector, confirmed: Vector, ask: Vector, sensitivity: float) -> Vector:
    """The score's own logistic, scaled up by the sensitivity: no label is used."""
    del margins, confirmed
    return np.minimum(trees.logistic(ask) / sensitivity, 1.0)


def isotonic(margins: Vector, confirmed: Vector, ask: Vector, sensitivity: float) -> Vector:
    """Isotonic regression of the findings (scikit-learn), divided by the sensitivity."""
    steps = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
    predicted = steps.fit(margins, confirmed).predict(ask)
    return np.minimum(np.asarray(predicted, dtype=np.float64) / sensitivity, 1.0)


def beta(margins: Vector, confirmed: Vector, ask: Vector, sensitivity: float) -> Vector:
    """Beta calibration (Kull et al. 2017) with a known miss rate.

    The log-odds of the probability are c + a·ln p − b·ln(1 − p) of the score's own
    probability p, with a and b never negative; a = b is Platt's line.
    """

    def sides(margin: Vector) -> Matrix:
        return np.column_stack([-np.logaddexp(0, -margin), np.logaddexp(0, margin)])

    columns = sides(margins)

    def loss(at: Vector) -> float:
        hides = 1 / (1 + np.exp(-np.clip(at[0] + columns @ at[1:], -30, 30)))
        chance = np.clip(sensitivity * hides, 1e-9, 1 - 1e-9)
        log_likelihood = confirmed * np.log(chance) + (1 - confirmed) * np.log1p(-chance)
        return float(-log_likelihood.sum() + 0.5 * ((at[1:] - 1) ** 2).sum())

    bounds = [(-20.0, 20.0), (0.0, 20.0), (0.0, 20.0)]
    best = minimize(loss, np.array([0.0, 1.0, 1.0]), method="L-BFGS-B", bounds=bounds).x
    return trees.logistic(best[0] + sides(ask) @ best[1:])


def venn_abers(margins: Vector, confirmed: Vector, ask: Vector, sensitivity: float) -> Vector:
    """Venn–Abers (Vovk & Petej 2014): isotonic with the family in question once clear, once not.

    The two answers p₀ ≤ p₁ are merged to p₁ ÷ (1 − p₀ + p₁), then divided by the sensitivity.
    """
    order = np.argsort(margins, kind="stable")
    known, findings = margins[order], confirmed[order]
    grid = np.quantile(ask, np.linspace(0, 1, _GRID))
    merged = np.empty(_GRID)
    for i, place in enumerate(np.searchsorted(known, grid, side="left")):
        clear, hiding = (
            isotonic_regression(np.insert(findings, place, label)).x[place] for label in (0.0, 1.0)
        )
        merged[i] = hiding / (1 - clear + hiding)
    return np.minimum(np.interp(ask, grid, merged) / sensitivity, 1.0)


CALIBRATORS: Final[Mapping[str, Calibrator]] = {
    c.__name__: c for c in (line, beta, isotonic, venn_abers, none)
}


def compared(
    margins: Vector,
    hides: Vector,
    findings: Callable[[np.random.Generator], Vector],
    *,
    assumed: float,
    draws: int,
    generator: np.random.Generator,
    sizes: Sequence[int] = SIZES,
) -> list[dict[str, Any]]:
    """Return the calibration error of each calibrator for each number of random labels.

    Parameters
    ----------
    margins, hides : of families that the scoring model had not seen, and their truth.
    findings : draws what a visit to every one of them would confirm.
    assumed : the sensitivity that calibrators take inspectors to have.
    draws : how often the labels are drawn again for each size.

    Returns
    -------
    A row a calibrator and size: mean, standard deviation and 95th percentile of the
    expected calibration error (15 bins, against the truth of all families not drawn).
    """
    rows: list[dict[str, Any]] = []
    for size in sizes:
        errors: dict[str, list[float]] = {name: [] for name in CALIBRATORS}
        for _ in range(draws):
            confirmed = findings(generator)
            drawn = np.zeros(len(margins), dtype=bool)
            drawn[generator.choice(len(margins), size, replace=False)] = True
            for name, calibrate in CALIBRATORS.items():
                predicted = calibrate(margins[drawn], confirmed[drawn], margins[~drawn], assumed)
                errors[name].append(expected_error(predicted, hides[~drawn]))
        rows += [
            {
                "calibrator": name,
                "labels": size,
                "ece": float(np.mean(drawn_errors)),
                "sd": float(np.std(drawn_errors)),
                "ece_of_the_worst_twentieth": float(np.quantile(drawn_errors, 0.95)),
            }
            for name, drawn_errors in errors.items()
        ]
    return rows


def at_sensitivity(hides: Vector, sensitivity: float) -> Callable[[np.random.Generator], Vector]:
    """Return findings of inspectors who miss one and the same share of all who hide."""

    def findings(generator: np.random.Generator) -> Vector:
        return hides * (generator.random(len(hides)) < sensitivity)

    return findings
