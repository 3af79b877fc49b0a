"""The rivals: what anybody would try first, ranked on the same families and folds."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from models.law.parameters import Law
from models.learned.arrays import Mask, Matrix, Vector
from models.rules.red_flags import red_flags
from training.evaluation.served_scores import Population, encoded_population
from training.fitting.evidence import FOLDS
from training.fitting.fit import Fitted
from training.fitting.hidden_income import Inspected
from training.labels import gather as label
from training.labels.gather import Labels


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """How one way of ranking orders the inspected families, and the population.

    ``score`` of each inspected family, by a model that had not seen it; ``above`` and
    ``beside``: the shares of the population that the same model ranks strictly above it
    and level with it; ``population``: the score of each family of the population.
    """

    score: Vector
    above: Vector
    beside: Vector
    population: Vector


def ranked(score: Vector, population: Vector) -> tuple[Vector, Vector]:
    """Return for each score the shares of the population strictly above it and level with it."""
    ordered = np.sort(population)
    last = np.searchsorted(ordered, score, side="right")
    first = np.searchsorted(ordered, score, side="left")
    return (len(ordered) - last) / len(ordered), (last - first) / len(ordered)


def rivals(
    labels: Labels, fitted: Fitted, served: Population, generator: np.random.Generator
) -> dict[str, Rival]:
    """Return every rival by name.

    Two logistic regressions (one is given the gap), the gap alone, the 20 % gap rule, the
    payments rule, the published red flags, and chance.
    """
    inspected = fitted.inspected
    x, of_all = label.encoded(labels.inspections, fitted.inputs), encoded_population(labels, fitted)
    gap = np.where(np.isfinite(served.gap), served.gap, np.nan)
    today = Law(labels.as_of)
    # A gap above a fifth of what is expected, the gap of the population being all there is.
    expected = gap + label.declared(_dated(labels))
    return {
        "logistic_regression": _logistic(x, of_all, inspected),
        "logistic_regression_with_gap": _logistic(
            np.column_stack([x, inspected.gap]), np.column_stack([of_all, gap]), inspected
        ),
        "gap_alone": _rule(inspected.gap, served.gap),
        "gap_above_20_percent": _rule(
            (inspected.gap > 0.2 * inspected.expected).astype(np.float64),
            (gap > 0.2 * expected).astype(np.float64),
        ),
        "payments_above_twice_income": _rule(
            payments_rule(labels.inspections), payments_rule(labels.population)
        ),
        "red_flags": _rule(_red_flags(labels.inspections), _raised(labels.population, today)),
        "random": _rule(generator.random(len(inspected.gap)), generator.random(len(served.gap))),
    }


def payments_rule(features: pl.DataFrame) -> Vector:
    """Return 1 where loan payments exceed twice the declared income, 0 elsewhere."""
    due = features.select(3 * pl.col("loan_payments_month") > 2 * pl.col("income_quarter"))
    return due.to_series().fill_null(value=False).cast(pl.Float64).to_numpy()


def signed_log(x: Matrix) -> Matrix:
    """Return sign(x) · log(1 + |x|): amounts a hundredfold apart end up a few steps apart."""
    return np.asarray(np.sign(x) * np.log1p(np.abs(x)), dtype=np.float64)


def regression() -> Pipeline:
    """Return the rival, unfitted: a regression of inputs on a signed logarithmic scale.

    Medians stand for what is missing.
    """
    return make_pipeline(
        FunctionTransformer(signed_log),
        SimpleImputer(strategy="median", keep_empty_features=True),
        StandardScaler(),
        LogisticRegression(C=0.1, max_iter=2_000),
    )


def _logistic(x: Matrix, population: Matrix, inspected: Inspected) -> Rival:
    """Return log-odds of a logistic regression that had not seen the family.

    It is given every input, and the detector's weights and folds. The gap between
    expected and declared income is withheld from it, unless the caller makes it one more
    column of ``x``: then it is the out-of-fold gap, by a model that had not seen the
    family either. The population is scored by the mean of the folds.
    """
    score, above, beside = (np.empty(len(x)) for _ in range(3))
    of_all = np.zeros(len(population))
    for mine, model in blind_regressions(x, inspected):
        score[mine] = model.decision_function(x[mine])
        now = model.decision_function(population)
        above[mine], beside[mine] = ranked(score[mine], now)
        of_all += now / FOLDS
    return Rival(score=score, above=above, beside=beside, population=of_all)


def blind_regressions(x: Matrix, inspected: Inspected) -> Iterator[tuple[Mask, Pipeline]]:
    """Yield each fold's families with the regression that had not seen them."""
    for k in range(FOLDS):
        mine, rest = inspected.fold == k, inspected.fold != k
        yield (
            mine,
            regression().fit(
                x[rest],
                inspected.confirmed[rest],
                logisticregression__sample_weight=inspected.weights[rest],
            ),
        )


def _rule(score: Vector, population: Vector) -> Rival:
    above, beside = ranked(score, population)
    return Rival(score=score, above=above, beside=beside, population=population)


def _dated(labels: Labels) -> pl.DataFrame:
    return labels.population.with_columns(as_of=pl.lit(labels.as_of))


def _red_flags(inspections: pl.DataFrame) -> Vector:
    raised = np.zeros(inspections.height)
    for day, rows in label.by_day(inspections):
        raised[rows] = _raised(inspections[rows], Law(day))
    return raised


def _raised(features: pl.DataFrame, law: Law) -> Vector:
    flags = red_flags(features, law)["rule_flag"]
    return flags.fill_null(value=False).cast(pl.Float64).to_numpy()
