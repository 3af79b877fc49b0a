"""Whether a group of families meets more errors than the rest: verdicts, never one number.

A fixed rule such as "a ratio above 1.25 fails" is noise on small groups: with forty equal
groups of 150 families it raises a false alarm nearly every time. So a group *fails* when an
exact test, corrected for the number of groups, speaks against equality and the ratio is
above 1.25; it *passes* when a ratio of 1.5 would have been found; otherwise the answer is
*unknown*, and unknown is not a pass. (Checks E4 and E16.)

Rates are of errors that hurt a family: higher is worse, and tests look to that side.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln
from scipy.stats import binom, hypergeom, poisson_binom

from models.assessment.metrics import UNKNOWN as NOT_KNOWN
from models.assessment.metrics import Estimate, share
from models.assessment.suppression import SHOWN_FROM
from models.learned.arrays import Counts, Vector

SIGNIFICANCE: Final = 0.05
RATIO: Final = 1.25
"""A group meets too many errors only from this ratio on (assumed; trust.md, E4)."""
FOUND_RATIO: Final = 1.5
"""A group passes only where such a ratio would have been found ..."""
POWER: Final = 0.8
"""... with this chance."""
TWO_WAY_FROM: Final = 30
_QUANTILES: Final = (np.arange(11) + 0.5) / 11

Cells = npt.NDArray[np.bool_]
"""Which cells of some counts are meant: as many dimensions as the counts have."""


class Verdict(StrEnum):
    """What is said of a group: UNKNOWN means too little evidence, and is no pass."""

    PASS = "PASS"
    FAIL = "FAIL"
    UNKNOWN = "UNKNOWN"


def together(verdicts: Sequence[Verdict]) -> Verdict:
    """Return the verdict on all: one failure fails, one doubt is doubt, nothing is unknown."""
    if Verdict.FAIL in verdicts:
        return Verdict.FAIL
    return Verdict.PASS if verdicts and set(verdicts) == {Verdict.PASS} else Verdict.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rate of one group beside the rest.

    ``rate`` is exact (Clopper–Pearson); ``rest`` the rate of all others; ``ratio`` null
    where the rest has no errors; ``p`` one-sided and exact, ``p_adjusted`` after Holm;
    ``power`` the chance that a ratio of 1.5 would have been found.
    """

    count: int
    of: int
    rate: Estimate
    rest: float | None
    ratio: float | None
    p: float
    p_adjusted: float
    power: float
    verdict: Verdict

    def as_json(self) -> dict[str, Any]:
        """Ready for JSON."""
        numbers = {
            name: None if (value := getattr(self, name)) is None else round(value, 4)
            for name in ("rest", "ratio", "p", "p_adjusted", "power")
        }
        return {
            "count": self.count,
            "of": self.of,
            **self.rate.as_json(),
            **numbers,
            "verdict": str(self.verdict),
        }


def against_rest(
    count: Counts, of: Counts, all_count: Counts | int, all_of: Counts | int
) -> list[Finding]:
    """Compare the error rate of each group with that of everybody else.

    Parameters
    ----------
    count, of : families with the error, and families that could have it, one entry a group.
    all_count, all_of : the same of the group and its rest together.

    Returns
    -------
    One finding a group. The test is Fisher's, one-sided, on the 2 × 2 table; Holm's step-down
    correction (1979) runs over the groups given. Power is that of this very test at the first
    step of the correction (level ÷ groups): a pass must not rest on a test that was not run.
    """
    if not len(count):
        return []
    whole_count = np.broadcast_to(np.asarray(all_count), count.shape)
    whole_of = np.broadcast_to(np.asarray(all_of), of.shape)
    p = hypergeom.sf(count - 1, whole_of, whole_count, of)
    adjusted = holm(p)
    others, others_of = whole_count - count, whole_of - of
    powers = power(of, others, others_of, SIGNIFICANCE / len(count))
    findings = []
    for place in range(len(count)):
        rate = share(int(count[place]), int(of[place]))
        rest = float(others[place] / others_of[place]) if others_of[place] else None
        findings.append(
            _finding(
                int(count[place]),
                int(of[place]),
                rate,
                rest,
                _ratio(rate.value, rest),
                float(p[place]),
                float(adjusted[place]),
                float(powers[place]),
            )
        )
    return findings


def calibration(predicted: Sequence[Vector], observed: Sequence[Vector]) -> list[Finding]:
    """Compare what was said of each group with what inspectors found there.

    Parameters
    ----------
    said, found : for each group P(confirmed) of its families, and 1 where it was confirmed.

    Returns
    -------
    One finding a group: ``rate`` is the calibration gap (mean said − share found; above zero:
    the group is made to look worse than it is), ``rest`` the mean said, ``ratio`` said ÷ found.
    The test is exact: the chance to confirm so few if every probability were right (Poisson
    binomial), corrected by Holm. Power: that of finding that 1.5 times too much is said.
    """
    tests = []
    for mine, truth in zip(predicted, observed, strict=True):
        tests.append((mine, int(truth.sum()), len(truth)))
    p = np.array([float(poisson_binom.cdf(k, s)) for s, k, _ in tests])
    adjusted = holm(p)
    level = SIGNIFICANCE / max(len(tests), 1)
    findings = []
    for (mine, k, n), chance, after in zip(tests, p, adjusted, strict=True):
        value, low, high = share(k, n).known
        mean = float(mine.mean())
        gap = Estimate(mean - value, mean - high, mean - low)
        every = np.arange(n + 1)
        reached = np.flatnonzero(poisson_binom.cdf(every, mine) <= level)
        likely = float(poisson_binom.cdf(reached[-1], mine / FOUND_RATIO)) if len(reached) else 0.0
        findings.append(
            _finding(k, n, gap, mean, _ratio(mean, value), float(chance), float(after), likely)
        )
    return findings


def _finding(
    count: int,
    of: int,
    rate: Estimate,
    rest: float | None,
    ratio: float | None,
    p: float,
    adjusted: float,
    likely: float,
) -> Finding:
    too_much = ratio is None and adjusted < SIGNIFICANCE
    if adjusted < SIGNIFICANCE and (too_much or (ratio is not None and ratio > RATIO)):
        verdict = Verdict.FAIL
    elif likely < POWER:
        verdict = Verdict.UNKNOWN
    else:
        verdict = Verdict.PASS
    return Finding(
        count=count,
        of=of,
        rate=rate,
        rest=rest,
        ratio=ratio,
        p=p,
        p_adjusted=adjusted,
        power=likely,
        verdict=verdict,
    )


def _ratio(mine: float | None, other: float | None) -> float | None:
    return None if mine is None or not other else mine / other


def holm(p: Vector) -> Vector:
    """Return p-values corrected for their number (Holm 1979): the chance of any false alarm."""
    order = np.argsort(p, kind="stable")
    steps = len(p) - np.arange(len(p))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * steps), 1.0)
    return adjusted


def power(of: Counts, others: Counts, others_of: Counts, level: float) -> Vector:
    """Return the chance that the exact test finds a group with 1.5 times the rest's rate.

    The rest's rate is taken as seen, and its chance variation is averaged over; zero where
    the rest has no errors, or is nobody.
    """
    chances = np.zeros(len(of))
    for place, (n, errors, m) in enumerate(zip(of, others, others_of, strict=True)):
        if not n or not errors:
            continue
        rate = errors / m
        drawn = binom.ppf(_QUANTILES, m, rate).astype(np.int64)
        least = _least_significant(int(n), drawn, int(m), level)
        chances[place] = binom.sf(least - 1, n, min(FOUND_RATIO * rate, 1.0)).mean()
    return chances


def _least_significant(of: int, others: Counts, others_of: int, level: float) -> Counts:
    """Return the smallest count of a group that the test calls too high; of + 1: none.

    One answer for each count of ``others``, by bisection: the p-value falls as the count
    rises. SciPy's own tail takes a hundred times as long over these thousands of tables.
    """
    rate = float(others.max() + of) / (of + others_of)
    reach = np.arange(int(12 * np.sqrt(of * rate * (1 - rate))) + 20)
    low = np.floor(others / others_of * of).astype(np.int64)
    high = np.full(len(others), of + 1)
    while (low < high).any():
        middle = (low + high) // 2
        count = middle[:, None] + reach
        rest = others[:, None] - reach
        inside = (count <= of) & (rest >= 0)
        logs = _choose(of, np.where(inside, count, 0)) + _choose(
            others_of, np.where(inside, rest, 0)
        )
        tail = np.exp(logs - _choose(of + others_of, middle + others)[:, None])
        p = np.where(inside, tail, 0.0).sum(axis=1)
        enough = p <= level
        low, high = np.where(enough, low, middle + 1), np.where(enough, middle, high)
        low = np.minimum(low, high)
    return high


def _choose(of: int, count: Counts) -> npt.NDArray[np.float64]:
    return np.asarray(gammaln(of + 1) - gammaln(count + 1) - gammaln(of - count + 1))


def hidden(families: Counts, shown_from: int = SHOWN_FROM) -> Cells:
    """Return which cells of a table are not shown, so that no small one can be worked out.

    Parameters
    ----------
    families : counts of a table with one or two dimensions whose margins are published.
    shown_from : cells with fewer are not shown.

    Returns
    -------
    True where a cell is not shown. Cells below `SHOWN_FROM` are protected: as long as
    one of them follows from the margins and the cells shown, the smallest cell that shares
    a line with it is hidden, too (complementary suppression). An empty cell holds nobody and
    is hidden only where nothing else is left to hide.
    """
    table = np.atleast_2d(families)
    gone = (table > 0) & (table < shown_from)
    small = (table > 0) & (table < SHOWN_FROM)
    while (more := _beside_a_given_away(table, gone, small, lines=families.ndim)) is not None:
        gone[more] = True
    return gone.reshape(families.shape)


def _beside_a_given_away(
    table: Counts, gone: Cells, small: Cells, lines: int
) -> tuple[int, int] | None:
    """Return the cell to hide next to protect a small one; None: none is given away, or can be."""
    for row, column in np.argwhere(small & _follows(gone, lines)):
        beside = np.zeros_like(gone)
        beside[row, :] = True
        if lines == 2:
            beside[:, column] = True
        for candidates in (beside & ~gone & (table > 0), beside & ~gone):
            if candidates.any():
                size = np.where(candidates, table, np.iinfo(np.int64).max)
                first, second = np.unravel_index(int(size.argmin()), size.shape)
                return int(first), int(second)
    return None


def _follows(gone: Cells, lines: int) -> Cells:
    """Return which hidden cells the sums of the lines determine: those no null vector moves."""
    places = np.argwhere(gone)
    if not len(places):
        return np.zeros_like(gone)
    sums = [(places[:, 0] == row) for row in range(gone.shape[0])]
    if lines == 2:
        sums += [(places[:, 1] == column) for column in range(gone.shape[1])]
    _, values, free = np.linalg.svd(np.array(sums, dtype=np.float64), full_matrices=True)
    rank = int((values > 1e-9).sum())
    fixed = (
        np.abs(free[rank:]).max(axis=0) < 1e-9
        if rank < len(places)
        else np.ones(len(places), dtype=bool)
    )
    implied = np.zeros_like(gone)
    implied[places[fixed, 0], places[fixed, 1]] = True
    return implied


__all__ = [
    "FOUND_RATIO",
    "NOT_KNOWN",
    "POWER",
    "RATIO",
    "SHOWN_FROM",
    "SIGNIFICANCE",
    "TWO_WAY_FROM",
    "Finding",
    "Verdict",
    "against_rest",
    "calibration",
    "hidden",
    "holm",
    "power",
    "together",
]
