"""Any estimators compared fairly: on the same families, unseen, drawn at random, over many seeds.

Four ways to fool oneself are closed. Every family is scored by a copy that had not seen it,
nor another row of it. Only inspections drawn at random judge: whom inspectors chose stands
for nobody else. The difference is paired, with an interval over families. And as one seed
can make a winner of anything, each comparison is repeated with other folds and other random
states, and the spread is shown beside the interval.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.utils.validation import has_fit_parameter

from features.errors import InputError
from models.assessment import metrics
from models.learned.arrays import Matrix, Vector
from training.labels.frames import Inspected
from training.labels.gather import FEWEST_RANDOM

FOLDS: Final = 5
SEEDS: Final = tuple(range(10))


def blind_scores(
    estimator: Any,
    x: pd.DataFrame,
    inspected: Inspected,
    *,
    seeds: Iterable[int] = SEEDS,
    folds: int = FOLDS,
) -> pd.DataFrame:
    """Return the score of each inspected family by copies of an estimator that had not seen it.

    Parameters
    ----------
    estimator : unfitted, with ``predict_proba``; a pipeline, or one of `models.estimators`.
        It is fitted under the inspections' weights where its ``fit`` takes them.
    x : what it reads, one row an inspection in the order of ``inspected``.
    inspected : the labels, as `training.labels.frames` returns them.
    seeds : each deals the families into other folds, and is the estimator's random state.
    folds : how many copies share the work.

    Returns
    -------
    One row an inspection, one column a seed: the probability that income is hidden.

    Examples
    --------
    >>> import tarazy
    >>> from sklearn.dummy import DummyClassifier
    >>> inspected = tarazy.labels(tarazy.open_snapshot("snapshot")).inspected
    >>> scores = tarazy.blind_scores(DummyClassifier(), inspected.x, inspected, seeds=range(3))
    >>> list(scores.columns)
    [0, 1, 2]

    """
    if not x.index.equals(inspected.x.index):
        raise InputError(
            f"x has {len(x)} rows for {len(inspected.x)} inspections, or another order: keep the "
            "index of the inspections."
        )
    scores = {seed: _of_one_seed(estimator, x, inspected, seed, folds) for seed in seeds}
    return pd.DataFrame(scores, index=x.index).rename_axis(columns="seed")


def _of_one_seed(
    estimator: Any, x: pd.DataFrame, inspected: Inspected, seed: int, folds: int
) -> Vector:
    states = [name for name in estimator.get_params() if name.split("__")[-1] == "random_state"]
    probability: Matrix = cross_val_predict(
        clone(estimator).set_params(**dict.fromkeys(states, seed)),
        x,
        inspected.confirmed,
        groups=x.index,
        cv=GroupKFold(folds, shuffle=True, random_state=seed),
        method="predict_proba",
        params=_weights(estimator, inspected),
    )
    return probability[:, 1]


def _weights(estimator: Any, inspected: Inspected) -> dict[str, Any]:
    """Return what ``fit`` takes of weights and families, by the names under which it does."""
    prefix, last = "", estimator
    while hasattr(last, "steps"):
        name, last = last.steps[-1]
        prefix += f"{name}__"
    known = {
        "sample_weight": inspected.weight,
        "calibration_weight": inspected.random_weight,
        "families": inspected.x.index.to_series(),
    }
    return {
        prefix + name: values.to_numpy()
        for name, values in known.items()
        if has_fit_parameter(last, name)
    }


def compare(
    scores: Mapping[str, pd.DataFrame | pd.Series],
    inspected: Inspected,
    *,
    seed: int = 0,
    replicas: int = metrics.REPLICAS,
) -> pd.DataFrame:
    """Return how well each score ranks on the random arm, and by how much better than the first.

    Parameters
    ----------
    scores : by name, the one to beat first: as `blind_scores` returns them, or one column
        for a rule that no seed moves. Only their order counts. All have the same seeds.
    inspected : the labels; only those drawn at random judge.
    seed : draws the families of each replica of the interval.
    replicas : of the bootstrap over families.

    Returns
    -------
    One row a score. ``auc`` is the chance that a confirmed family ranks above another, the
    mean over seeds, and ``auc_low``, ``auc_high`` its 95 % interval over families. ``gain``
    is the paired difference to the first score, with its interval; ``gain_least`` and
    ``gain_most`` are the smallest and the largest of any seed. The interval does not hold
    what another sample of labels to learn from would change.

    Raises
    ------
    InputError
        Fewer than a hundred random inspections, or all of them found the same: without a
        random arm no AUC can be told.

    Examples
    --------
    >>> import tarazy
    >>> inspected = tarazy.labels(tarazy.open_snapshot("snapshot")).inspected
    >>> rules = {"poor first": -inspected.declared, "rich first": inspected.declared}
    >>> table = tarazy.compare(rules, inspected)
    >>> float(round(table["auc"].sum(), 6))
    1.0

    """
    arm = inspected.random_weight.to_numpy() > 0
    truth = inspected.confirmed.to_numpy(dtype=np.float64)[arm]
    if arm.sum() < FEWEST_RANDOM or not 0 < truth.sum() < len(truth):
        raise InputError(
            f"{int(arm.sum())} inspections were drawn at random, {int(truth.sum())} of them "
            f"confirmed: a comparison needs {FEWEST_RANDOM}, of both kinds. Bring more of them."
        )
    weights = inspected.random_weight.to_numpy()[arm]
    families = inspected.x.index.to_numpy()[arm]
    drawn = weights * metrics.draws(families, np.random.default_rng(seed), replicas)
    # The first row is the labels themselves; each further one is a replica.
    every = np.vstack([weights, drawn])
    aucs = {
        name: np.array([metrics.aucs(truth, column[arm], every) for column in columns])
        for name, columns in _by_seed(scores, inspected).items()
    }
    first = next(iter(aucs.values()))
    return pd.DataFrame.from_dict(
        {name: _row(each, each - first) for name, each in aucs.items()}, orient="index"
    )


def _by_seed(
    scores: Mapping[str, pd.DataFrame | pd.Series], inspected: Inspected
) -> dict[str, list[Vector]]:
    """Return the columns of each score, as many for all: a rule is the same with every seed."""
    if strangers := [n for n, s in scores.items() if not s.index.equals(inspected.x.index)]:
        raise InputError(
            f"The scores {', '.join(strangers)} are of other rows than the inspections, or in "
            "another order: keep the index of the inspections."
        )
    seeds = {tuple(s.columns) for s in scores.values() if isinstance(s, pd.DataFrame)}
    if len(seeds) > 1:
        raise InputError("Scores of different seeds cannot be paired: score all with the same.")
    count = len(next(iter(seeds), ("none",)))
    return {
        name: [s[seed].to_numpy() for seed in s.columns]
        if isinstance(s, pd.DataFrame)
        else [s.to_numpy()] * count
        for name, s in scores.items()
    }


def _row(aucs: Matrix, gains: Matrix) -> dict[str, float | None]:
    """Return one line of the table from AUCs and gains, one row a seed, labels first."""
    auc, gain = (metrics.percentiles(e[:, 0].mean(), e[:, 1:].mean(axis=0)) for e in (aucs, gains))
    return {
        "auc": auc.value,
        "auc_low": auc.low,
        "auc_high": auc.high,
        "gain": gain.value,
        "gain_low": gain.low,
        "gain_high": gain.high,
        "gain_least": float(gains[:, 0].min()),
        "gain_most": float(gains[:, 0].max()),
    }
