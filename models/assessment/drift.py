"""How far families, and what is said of them, have moved since a reference.

Two numbers for each thing compared. The *size*: the population stability index (PSI) over ten
quantile bins of the reference, with silence as a bin of its own; or, for a share, how many
times higher or lower it is. The *proof*: a p-value, adjusted by Holm for everything that is
looked at together, so that a month in which nothing changed raises any alarm at all in at most
one month of twenty. A change counts when it is both proven and of a size that matters: with
millions of families a trifle is proven, with forty a large number may be luck.

The bounds 0.10 and 0.25 of the PSI are conventions of credit scoring, without a derivation
(Siddiqi 2006; their sampling behaviour: Yurdakul & Naranjo 2020). The bounds 1.25 and 1.5 of a
ratio are our choice. The same families seen twice are more alike than two samples of families:
then the p-values err on the side of calm.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import numpy as np
import polars as pl
from scipy.stats import chi2_contingency, fisher_exact, ks_2samp, kstwobign

from models.law.parameters import Law
from models.learned.arrays import Counts, Matrix, Vector
from models.learned.inputs import Input, encode

BINS: Final = 10
PSI_LOOK, PSI_ACT = 0.10, 0.25
RATIO_LOOK, RATIO_ACT = 1.25, 1.5
ERROR: Final = 0.05
"""The chance of any alarm among all that is judged together, if nothing changed."""
_FEWEST_EXPECTED: Final = 5
"""Families expected in a bin from which the χ² approximation is trusted (Cochran 1954)."""


class Verdict(StrEnum):
    """What a change asks for, mildest first."""

    CALM = "calm"
    LOOK = "look"
    ACT = "act"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing compared, before it is known what else was looked at.

    ``size`` is a PSI or a ratio (infinite where a share rose from nothing), which ``measure``
    says; ``p`` the chance of so much by luck; ``told`` what else a reader wants to see.
    """

    name: str
    measure: str
    size: float
    p: float
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A change with its p-value adjusted for everything looked at beside it."""

    change: Change
    adjusted: float
    verdict: Verdict

    @property
    def proven(self) -> bool:
        """Whether it is more than luck; a proven change may still be too small to matter."""
        return self.adjusted < ERROR

    def as_json(self) -> dict[str, Any]:
        """Ready for JSON; an infinite ratio has no number."""
        size = self.change.size
        return {
            "name": self.change.name,
            "measure": self.change.measure,
            "size": round(size, 6) if np.isfinite(size) else None,
            "p_adjusted": _rounded(self.adjusted),
            "proven": self.proven,
            "verdict": str(self.verdict),
            **self.change.details,
        }


def judged(changes: Sequence[Change]) -> list[Judged]:
    """Judge changes that are looked at together (Holm 1979)."""
    bounds = {"psi": (PSI_LOOK, PSI_ACT), "ratio": (RATIO_LOOK, RATIO_ACT)}
    verdicts = []
    for change, adjusted in zip(changes, holm([c.p for c in changes]), strict=True):
        look, act = bounds[change.measure]
        verdict = Verdict.CALM
        if adjusted < ERROR and change.size >= look:
            verdict = Verdict.ACT if change.size >= act else Verdict.LOOK
        verdicts.append(Judged(change=change, adjusted=adjusted, verdict=verdict))
    return verdicts


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict that asks for most; nothing judged: calm."""
    return max(verdicts, key=list(Verdict).index, default=Verdict.CALM)


def holm(p: Sequence[float]) -> list[float]:
    """Return p-values adjusted so that any false alarm at all is rare, whatever depends on what."""
    if not p:
        return []
    order = np.argsort(p, kind="stable")
    stepped = np.asarray(p)[order] * np.arange(len(p), 0, -1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return [float(each) for each in adjusted]


def values(name: str, before: Vector, after: Vector) -> Change:
    """Compare the values of two groups of families; NaN is silence.

    The p-value is twice the smaller of two: Kolmogorov–Smirnov on what is known, χ² on the
    bins with silence among them.
    """
    edges = quantile_edges(before)
    old, new = before[~np.isnan(before)], after[~np.isnan(after)]
    if min(len(old), len(new)) > 1:
        tested = ks_2samp(old, new, method="asymp")
        distance, p = float(tested.statistic), float(tested.pvalue)
    else:
        distance, p = None, 1.0
    counts = in_bins(before, edges), in_bins(after, edges)
    return _spread(name, *counts, distance, p, {"median": [_middle(old), _middle(new)]})


def reference(population: pl.DataFrame, inputs: Sequence[Input], law: Law) -> dict[str, Any]:
    """Return what a manifest keeps of the families that a model was trained on.

    ``population`` holds features of the day of ``law``. Per input: the quantile edges and how
    many families lie in each bin, those of whom it is unknown last. Bins of a country, no family.
    """
    table = encode(population, inputs, law)
    kept = []
    for place, each in enumerate(inputs):
        edges = quantile_edges(table[:, place])
        counts = in_bins(table[:, place], edges)
        kept.append({"name": each.name, "edges": edges.tolist(), "counts": counts.tolist()})
    return {"as_of": law.day.isoformat(), "families": population.height, "inputs": kept}


def since(kept: Mapping[str, Any], names: Sequence[str], table: Matrix) -> list[Change]:
    """Compare families with what `reference` kept; ``table`` has one column a name.

    The values themselves were not kept: Kolmogorov–Smirnov's distance is the largest at an
    edge, which is never too large.
    """
    known = {entry["name"]: entry for entry in kept["inputs"]}
    changes = []
    for place, name in enumerate(names):
        if name not in known:
            continue
        before = np.array(known[name]["counts"], dtype=np.int64)
        after = in_bins(table[:, place], np.array(known[name]["edges"]))
        distance, p = _distance(before[:-1], after[:-1])
        changes.append(_spread(name, before, after, distance, p, {}))
    return changes


def categories(name: str, before: Sequence[int], after: Sequence[int], **details: Any) -> Change:
    """Compare how families fall on the same categories, counted before and after."""
    return _spread(name, np.array(before), np.array(after), None, 1.0, details, silence=False)


def share(name: str, before: tuple[int, int], after: tuple[int, int], **details: Any) -> Change:
    """Compare two shares, each as (how many, of how many)."""
    table = np.array([[count, of - count] for count, of in (before, after)], dtype=np.int64)
    old, new = (count / of if of else float("nan") for count, of in (before, after))
    size = max(old, new) / min(old, new) if min(old, new) > 0 else float("inf")
    if np.isnan(old) or np.isnan(new) or old == new:
        size = 1.0
    rates = [None if np.isnan(rate) else round(rate, 6) for rate in (old, new)]
    return Change(
        name=name,
        measure="ratio",
        size=size,
        p=_two_by_two(table),
        details={"share": rates, **details},
    )


def quantile_edges(reference: Vector, bins: int = BINS) -> Vector:
    """Return the inner edges of quantile bins, each a value that occurs; equal ones once.

    A value that many families share makes fewer bins, not empty ones.
    """
    known = reference[~np.isnan(reference)]
    if not len(known):
        return np.empty(0)
    levels = np.arange(1, bins) / bins
    return np.unique(np.quantile(known, levels, method="inverted_cdf"))


def in_bins(values: Vector, edges: Vector) -> Counts:
    """Count families in each bin, an edge belonging to the bin below it; the silent last."""
    known = ~np.isnan(values)
    bins = np.searchsorted(edges, values[known], side="left")
    counts = np.bincount(bins, minlength=len(edges) + 1)
    return np.append(counts, np.count_nonzero(~known)).astype(np.int64)


def psi(before: Counts, after: Counts) -> float:
    """Return the population stability index of counts over the same bins; the same: 0.

    Half a family is added to each bin in which anybody was, so that an empty bin weighs much
    and not everything.
    """
    anybody = (before + after) > 0
    if not before.sum() or not after.sum():
        return 0.0
    parts = [(counts[anybody] + 0.5) / (counts[anybody] + 0.5).sum() for counts in (before, after)]
    return float(((parts[1] - parts[0]) * np.log(parts[1] / parts[0])).sum())


def _spread(
    name: str,
    before: Counts,
    after: Counts,
    distance: float | None,
    p_of_distance: float,
    details: Mapping[str, Any],
    *,
    silence: bool = True,
) -> Change:
    """Return a change of a distribution; the last bin is silence where it can be."""
    details = dict(details)
    if silence:
        details |= {
            "ks": None if distance is None else round(distance, 6),
            "silent": [_part(counts[-1], counts.sum()) for counts in (before, after)],
        }
    p = _alike(before, after)
    return Change(
        name=name,
        measure="psi",
        size=psi(before, after),
        p=min(1.0, 2 * min(p, p_of_distance)) if silence else p,
        details=details,
    )


def _alike(before: Counts, after: Counts) -> float:
    """Return the p-value of one distribution behind both counts (χ²).

    Bins too thin for the approximation are taken together, and if they still are, left out.
    """
    table = np.array([before, after], dtype=np.int64)
    if not table.sum(axis=1).all():
        return 1.0
    expected = table.sum(axis=0) * table.sum(axis=1).min() / table.sum()
    thin = expected < _FEWEST_EXPECTED
    table = np.column_stack([table[:, ~thin], table[:, thin].sum(axis=1)])
    if expected[thin].sum() < _FEWEST_EXPECTED:
        table = table[:, :-1]
    if table.shape[1] < 2:
        return 1.0
    return float(chi2_contingency(table, correction=False).pvalue)


def _two_by_two(table: Counts) -> float:
    """Return the p-value of equal shares: exact where families are few, else by χ²."""
    if not table.sum(axis=1).all() or not table.sum(axis=0).all():
        return 1.0
    least = float(table.sum(axis=0).min() * table.sum(axis=1).min() / table.sum())
    if least < _FEWEST_EXPECTED:
        return float(fisher_exact(table).pvalue)
    return float(chi2_contingency(table, correction=True).pvalue)


def _distance(before: Counts, after: Counts) -> tuple[float | None, float]:
    """Return Kolmogorov–Smirnov's distance at the edges and its asymptotic p-value."""
    n, m = int(before.sum()), int(after.sum())
    if not n or not m:
        return None, 1.0
    distance = float(np.abs(np.cumsum(before) / n - np.cumsum(after) / m).max())
    return distance, float(kstwobign.sf(distance * np.sqrt(n * m / (n + m))))


def _middle(known: Vector) -> float | None:
    return round(float(np.median(known)), 6) if len(known) else None


def _part(count: int, of: int) -> float | None:
    return round(float(count / of), 6) if of else None


def _rounded(p: float) -> float:
    """Four digits, so that the smallest p-value is not told as nothing."""
    return float(f"{p:.4g}")
