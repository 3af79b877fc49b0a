"""How many random inspections it takes to prove what, before anybody is visited.

A promise that the inspections cannot support is worth nothing, however good the model.
Everything is for two-sided 95 % intervals and a chance of 80 % to see what is
true, by exact binomial probabilities where there are any.
"""

from typing import Any, Final

import numpy as np
from scipy.stats import beta, binom, norm

from models.assessment.metrics import CONFIDENCE
from models.learned.arrays import Counts

POWER: Final = 0.80
_MOST: Final = 200_000
_TAIL: Final = 1e-10

BASES: Final = (0.02, 0.05, 0.10, 0.20, 0.40)
RATIOS: Final = (1.25, 1.5)
_PRECISIONS: Final = ((0.5, 0.6), (0.5, 0.7), (0.5, 0.8), (0.8, 0.85), (0.8, 0.9), (0.8, 0.95))
_SHARES: Final = (0.02, 0.05, 0.10)
_LABELS: Final = (150, 300, 600, 1_200, 2_500)
_PREVALENCES: Final = (0.07, 0.20, 0.35, 0.50)
_DIFFERENCES: Final = (0.01, 0.02, 0.03, 0.05)


def without_a_failure(share: float) -> int:
    """Return how many families must be found without a failure to claim less than ``share``.

    At 95 %, one-sided: the smallest number for which none in a row would be a surprise.

    >>> [without_a_failure(p) for p in (0.02, 0.01, 0.005)]
    [149, 299, 598]
    """
    return int(np.ceil(np.log(1 - CONFIDENCE) / np.log1p(-share)))


def for_precision(bound: float, precision: float) -> int:
    """Return how many flagged families must be inspected to prove a precision above a bound.

    The smallest number from which on the exact lower end (Clopper & Pearson 1934) reaches
    ``bound`` in four cases of five when the true precision is ``precision``. The chance
    goes up and down with the number, so it is the last number that falls short, plus one.
    """
    most = 500
    while most <= _MOST:
        n = np.arange(1, most + 1)
        needed = binom.isf((1 - CONFIDENCE) / 2, n, bound) + 1
        short = np.flatnonzero(binom.sf(needed - 1, n, precision) < POWER)
        # The last tenth must hold: an edge of the table is no proof that nothing follows.
        if short[-1] < 0.9 * most:
            return int(short[-1]) + 2
        most *= 4
    raise ValueError(f"no number up to {_MOST} tells {precision} from {bound}")


def for_ratio(base: float, ratio: float) -> int:
    """Return how many families of each group show that one's error is ``ratio`` times the other's.

    Two shares, pooled test (Fleiss, Levin & Paik 2003, eq. 4.14). How exact the formula is
    says `power_of_ratio`.
    """
    other, sure, seen = base * ratio, norm.ppf((1 + CONFIDENCE) / 2), norm.ppf(POWER)
    middle = (base + other) / 2
    spread = base * (1 - base) + other * (1 - other)
    root = sure * np.sqrt(2 * middle * (1 - middle)) + seen * np.sqrt(spread)
    return int(np.ceil((root / (other - base)) ** 2))


def power_of_ratio(base: float, ratio: float, families: int) -> float:
    """Return the exact chance that the pooled test sees the ratio with so many in each group.

    Every pair of counts is looked at, but for those rarer than one in ten thousand million.
    """
    first, second = _likely(families, base), _likely(families, base * ratio)
    a, b = first[:, None], second[None, :]
    middle = (a + b) / (2 * families)
    error = np.sqrt(2 * middle * (1 - middle) * families)
    seen = np.abs(b - a) > norm.ppf((1 + CONFIDENCE) / 2) * error
    chance = np.outer(binom.pmf(first, families, base), binom.pmf(second, families, base * ratio))
    return float(chance[seen].sum())


def for_auc_difference(
    difference: float, *, auc: float, prevalence: float, correlation: float
) -> int:
    """Return how many random inspections show that one model ranks better than another.

    Both judge the same families. Errors of the two AUC by Hanley & McNeil (1982), their
    ``correlation`` as in Hanley & McNeil (1983); ``auc`` is the lower of the two.
    """

    # Only what falls with one over n: the rest does not matter from a few dozen on.
    def error(a: float) -> float:
        two_hiding, two_clear = a / (2 - a), 2 * a * a / (1 + a)
        return (two_hiding - a * a) / (1 - prevalence) + (two_clear - a * a) / prevalence

    low, high = error(auc), error(auc + difference)
    both = low + high - 2 * correlation * np.sqrt(low * high)
    seen = norm.ppf((1 + CONFIDENCE) / 2) + norm.ppf(POWER)
    return int(np.ceil(both * (seen / difference) ** 2))


def for_prevalence(prevalence: float, margin: float = 0.02) -> int:
    """Return how many random inspections give a share to within a margin, on the average.

    The mean half-width of the exact interval (Clopper & Pearson 1934), over what may be found.
    """
    low, high = 1, _MOST
    while low < high:
        middle = (low + high) // 2
        if mean_half_width(prevalence, middle) <= margin:
            high = middle
        else:
            low = middle + 1
    return low


def mean_half_width(prevalence: float, inspections: int) -> float:
    """Return half the width of the exact interval of a share, averaged over what may be found."""
    confirmed = _likely(inspections, prevalence)
    tail = (1 - CONFIDENCE) / 2
    with np.errstate(invalid="ignore"):
        low = np.where(confirmed == 0, 0.0, beta.ppf(tail, confirmed, inspections - confirmed + 1))
        high = np.where(
            confirmed == inspections,
            1.0,
            beta.ppf(1 - tail, confirmed + 1, inspections - confirmed),
        )
    chance = binom.pmf(confirmed, inspections, prevalence)
    return float((chance * (high - low)).sum() / (2 * chance.sum()))


def smallest_promise(inspections: int, *, flagged: float, precision: float) -> float:
    """Return the smallest q with which so many random inspections let that share be flagged.

    q is the share of unconfirmed families among the flagged that is promised at most. The
    flag of a share is promised from (1 + unconfirmed found above it) ÷ (inspections + 1) ÷
    share on (conformal selection, Jin & Candès 2023; `models.learned.conformal.select`); this is
    what it takes in four cases of five, when ``precision`` of the flagged would be
    confirmed. Above 1 nothing can be promised.
    """
    unconfirmed = binom.ppf(POWER, inspections, flagged * (1 - precision))
    return float((1 + unconfirmed) / ((inspections + 1) * flagged))


def table(*, correlation: float = 0.81, auc: float = 0.83, base: float = 0.34) -> dict[str, Any]:
    """Return everything at once, ready for JSON.

    Parameters
    ----------
    correlation, auc, base : correlation of the two models' AUC, the lower AUC and the share
        confirmed, for the differences. *Assumed* from one pilot of 291 random inspections:
        with them the formula gives the width that its paired interval had (0.063). Nearer
        to one, fewer inspections are needed.

    """
    return {
        "level": CONFIDENCE,
        "power": POWER,
        "precision": [
            {"bound": bound, "precision": true, "flagged_inspected": n}
            | {"random_inspections": {f"{s:g}": int(np.ceil(n / s)) for s in _SHARES}}
            for bound, true in _PRECISIONS
            for n in (for_precision(bound, true),)
        ],
        "groups": [
            {
                "base": error,
                "ratio": ratio,
                "in_each_group": n,
                "exact_power": round(power_of_ratio(error, ratio, n), 4),
            }
            for error in BASES
            for ratio in RATIOS
            for n in (for_ratio(error, ratio),)
        ],
        "auc": {
            "assumed": {"correlation": correlation, "auc": auc, "confirmed": base},
            "differences": [
                {
                    "difference": d,
                    "random_inspections": for_auc_difference(
                        d, auc=auc, prevalence=base, correlation=correlation
                    ),
                }
                for d in _DIFFERENCES
            ],
        },
        "prevalence": [
            {"prevalence": p, "margin": 0.02, "random_inspections": for_prevalence(p)}
            for p in _PREVALENCES
        ],
        "promise": [
            {
                "random_inspections": n,
                "flagged": share,
                "precision": 0.9,
                "smallest_q": smallest_promise(n, flagged=share, precision=0.9),
            }
            for n in _LABELS
            for share in _SHARES
        ],
        "without_a_failure": [
            {"below": share, "inspections": without_a_failure(share)}
            for share in (0.05, 0.02, 0.01, 0.005)
        ],
    }


def _likely(families: int, share: float) -> Counts:
    """Return the counts that have more than a vanishing chance."""
    low, high = binom.ppf([_TAIL, 1 - _TAIL], families, share)
    return np.arange(int(low), int(high) + 1)
