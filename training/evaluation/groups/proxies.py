"""Can the score, or what the detector reads, tell who a family is? (Proxy test, check E3).

A detector that is given no region may still sort families by region, through what it reads.
So each group is predicted from the score alone, and from the detector's inputs with the
same kind of learner. A score that tells a group apart better than 0.60 needs a written
reason; where none is declared (`models.assessment.groups`), it fails.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from models.assessment import metrics
from models.assessment.fairness import Verdict
from models.assessment.groups import ATTRIBUTES, UNKNOWN, Attribute
from models.assessment.metrics import Estimate
from models.assessment.suppression import SHOWN_FROM
from models.learned import trees
from models.learned.arrays import Codes, Matrix, Vector

BOUND: Final = 0.60
"""How well the score alone may tell a group apart without a written reason (assumed)."""
FAMILIES: Final = 3_000
"""Families that the inputs are tried on: more would cost minutes and move the figures little."""
FOLDS: Final = 5
_TREES: Final = 25
_RATE: Final = 0.15


def table(
    groups: pl.DataFrame, score: Vector, inputs: Matrix, generator: np.random.Generator
) -> dict[str, Any]:
    """Return how well every group of the population is told apart.

    Parameters
    ----------
    groups : of each family of the population, one column an attribute.
    score : of the served detector; families of whom nothing is said do not count.
    inputs : what the detector reads of them, the gap first.

    Returns
    -------
    ``rows``: one a group with ten families: ``from_score`` and ``from_inputs`` are the area
    under the curve with its interval, the first turned so that one half is the least; the
    group's verdict on the first: PASS within the bound, or with a written reason (``note``);
    FAIL beyond it without one; UNKNOWN where its interval holds the bound. The interval of
    the second is of the out-of-fold predictions as they stand.
    """
    known = np.flatnonzero(np.isfinite(score))
    rows: list[dict[str, Any]] = []
    few = known
    if len(known) > FAMILIES:
        few = np.sort(generator.choice(known, FAMILIES, replace=False))
    fold = generator.permutation(len(few)) % FOLDS
    for attribute in ATTRIBUTES:
        values = groups[attribute.name].to_numpy()
        there = [v for v in _named(attribute) if (values[known] == v).sum() >= SHOWN_FROM]
        if len(there) < 2:
            continue
        tried = [v for v in there if (values[few] == v).sum() >= SHOWN_FROM]
        guessed = _guessed(inputs[few], values[few], tried, fold)
        # Of two groups one mirrors the other.
        for value in there if len(there) > 2 else there[:1]:
            alone = metrics.auc_exactly((values[known] == value).astype(float), score[known])
            alone = _turned(alone)
            verdict, note = _judged(attribute, alone)
            from_inputs = (
                metrics.auc_exactly((values[few] == value).astype(float), guessed[value])
                if value in guessed
                else metrics.UNKNOWN
            )
            rows.append(
                {
                    "by": attribute.name,
                    "group": value,
                    "name": _named(attribute)[value],
                    "from_score": alone.as_json(),
                    "from_inputs": from_inputs.as_json(),
                    "verdict": str(verdict),
                    "note": note,
                }
            )
    verdicts = [Verdict(row["verdict"]) for row in rows]
    return {
        "bound": BOUND,
        "families": len(known),
        "families_for_inputs": len(few),
        "failed": [f"{r['by']}: {r['group']}" for r in rows if r["verdict"] == Verdict.FAIL],
        "unknown": verdicts.count(Verdict.UNKNOWN),
        "rows": rows,
    }


def _guessed(
    x: Matrix, values: npt.NDArray[np.object_], there: Sequence[str], fold: Codes
) -> dict[str, Vector]:
    """Return for each group the out-of-fold score of being in it; empty with fewer than two."""
    if len(there) < 2:
        return {}
    place = {value: number for number, value in enumerate(there)}
    usable = np.isin(values, list(there))
    label = np.array([place.get(v, 0) for v in values], dtype=np.float64)
    many = len(there) > 2
    scores = np.zeros((len(x), len(there)))
    task: dict[str, Any] = {"objective": "binary"}
    if many:
        task = {"objective": "multiclass", "num_class": len(there)}
    for k in range(FOLDS):
        rest = usable & (fold != k)
        booster = trees.auxiliary(
            x[rest], label[rest], trees=_TREES, rate=_RATE, max_bin=63, **task
        )
        predicted = np.asarray(booster.predict(x[fold == k]))
        scores[fold == k] = predicted if many else np.column_stack([1 - predicted, predicted])
    return {value: scores[:, number] for value, number in place.items()}


def _turned(estimate: Estimate) -> Estimate:
    """Return the estimate on the side of one half and above: which way it points is no matter."""
    if (
        estimate.value is None
        or estimate.low is None
        or estimate.high is None
        or estimate.value >= 0.5
    ):
        return estimate
    return Estimate(1 - estimate.value, 1 - estimate.high, 1 - estimate.low)


def _judged(attribute: Attribute, estimate: Estimate) -> tuple[Verdict, str | None]:
    if estimate.high is None or estimate.low is None:
        return Verdict.UNKNOWN, None
    if estimate.high <= BOUND:
        return Verdict.PASS, None
    if attribute.why_the_score_may_tell:
        return Verdict.PASS, attribute.why_the_score_may_tell
    return (Verdict.FAIL if estimate.low > BOUND else Verdict.UNKNOWN), None


def _named(attribute: Attribute) -> dict[str, str]:
    return {**attribute.groups, UNKNOWN: "not known"}
