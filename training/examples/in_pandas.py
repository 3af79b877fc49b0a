"""A data scientist's path in pandas: features, any estimator of scikit-learn, a fair comparison.

    python -m training.examples.in_pandas SNAP

Every family is judged by an estimator that had not seen it, and only inspections drawn at
random count; the difference is paired, on the same families.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
import polars as pl
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.model_selection import GroupKFold

from features.registers.snapshot import Snapshot
from models.assessment import metrics
from models.learned.consumption import consumption_inputs
from models.learned.hidden_income import GAP, hidden_income_inputs
from models.learned.inputs import Input, Matrix, declared_inputs
from training.evaluation.evaluate import regression
from training.fitting.evidence import findings
from training.labels import gather
from training.labels.gather import Labels

SEED = 20_260_101
KNOWN = 50
"""Families that must have a value, or a column is left out: a silent register teaches nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """Inspected families in pandas: ``x`` one column an input, ``y`` 1 where income was hidden."""

    x: pd.DataFrame
    y: pd.Series
    households: pd.Series
    weights: Matrix
    random: Matrix


def inspected(found: Labels) -> Inspected:
    """Return what a detector may learn from: the gap, and the declared inputs.

    Expected consumption is learned from surveyed families that nobody inspected, so the
    gap of an inspected family comes from a model that had not seen it.
    """
    asked = found.survey.join(found.inspections, on="household_id", how="anti")
    lived = frame(asked, consumption_inputs(declared_inputs()))
    spending = HistGradientBoostingRegressor(**settings(lived)).fit(
        lived, np.log(gather.consumption(asked).clip(0.02)), asked["weight"].cast(pl.Float64)
    )
    every = frame(found.inspections, declared_inputs(), known=0)
    x = frame(found.inspections, hidden_income_inputs(declared_inputs()))
    spends = np.exp(spending.predict(every[lived.columns]))
    x.insert(0, GAP, spends - gather.declared(found.inspections))
    return Inspected(
        x=x,
        y=pd.Series(findings(found.inspections)[1], name="hides_income"),
        households=found.inspections["household_id"].to_pandas(),
        weights=gather.training_weights(found.inspections),
        random=gather.random_weights(found.inspections),
    )


def frame(rows: pl.DataFrame, inputs: Sequence[Input], *, known: int = KNOWN) -> pd.DataFrame:
    """Return model inputs in pandas, by their declared names; unknown values are NaN."""
    x = pd.DataFrame(gather.encoded(rows, inputs), columns=[i.name for i in inputs])
    return x if not known else x.loc[:, (x.notna().sum() >= known) & (x.nunique() > 1)]


def settings(x: pd.DataFrame) -> dict[str, Any]:
    """Return how scikit-learn's boosting is grown here: monotone, as the inputs are declared."""
    directions = {i.name: i.direction for i in declared_inputs()} | {GAP: 1}
    return {
        "monotonic_cst": {name: directions[name] for name in x.columns},
        "max_iter": 150,
        "max_leaf_nodes": 8,
        "learning_rate": 0.05,
        "random_state": SEED,
    }


def rivals(x: pd.DataFrame) -> dict[str, Any]:
    """Return the estimators to compare, the one to beat first: put yours here."""
    return {
        "logistic regression": regression(),
        "monotone boosting": HistGradientBoostingClassifier(**settings(x)),
    }


def blind_scores(estimator: Any, families: Inspected, folds: int = 5) -> Matrix:
    """Return the score of each family by a copy of the estimator that had not seen it."""
    score = np.empty(len(families.y))
    weight = "sample_weight"
    if hasattr(estimator, "steps"):
        weight = f"{estimator.steps[-1][0]}__{weight}"
    for train, test in GroupKFold(folds).split(families.x, families.y, families.households):
        fitted = clone(estimator).fit(
            families.x.iloc[train], families.y.iloc[train], **{weight: families.weights[train]}
        )
        score[test] = fitted.predict_proba(families.x.iloc[test])[:, 1]
    return score


def compared(families: Inspected, scores: Mapping[str, Matrix]) -> pd.DataFrame:
    """Return each score's AUC on the random arm, and its difference to the first, paired."""
    arm = families.random > 0
    truth, weights = families.y.to_numpy()[arm], families.random[arm]
    drawn = metrics.draws(families.households.to_numpy()[arm], np.random.default_rng(SEED))
    first = next(iter(scores))
    rows = {
        name: {
            "AUC": metrics.auc_with_interval(truth, score[arm], weights, drawn),
            f"above {first}": metrics.auc_difference(
                truth, score[arm], scores[first][arm], weights, drawn
            ),
        }
        for name, score in scores.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").map(str)


def main(place: str) -> pd.DataFrame:
    """Walk the path on one snapshot and return the table."""
    snapshot = Snapshot.open(Path(place))
    families = inspected(gather.gather([snapshot], generator=np.random.default_rng(SEED)))
    scores = {name: blind_scores(each, families) for name, each in rivals(families.x).items()}
    return compared(families, scores)


if __name__ == "__main__":
    click.echo(main(sys.argv[1]).to_string())
