"""The probability of hidden income as a scikit-learn classifier."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import lightgbm as lgb
import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from models.estimators.monotone import FOLDS, Directions, Frame, Labels, MonotoneEstimator
from models.estimators.rows import Rows
from models.learned import trees
from models.learned.arrays import Mask, Matrix, Vector
from models.learned.hidden_income import Calibration, calibrate


class HiddenIncomeClassifier(ClassifierMixin, MonotoneEstimator):  # type: ignore[misc]
    """How likely a family has income that no register shows, given what inspectors miss.

    Monotone trees rank the families; a line through the scores of families that the
    ranking models had not seen turns them into probabilities (`models.learned.hidden_income.
    calibrate`). It is fitted to findings, and answers for the truth: an inspector
    confirms a hiding family with chance ``sensitivity`` and never a clear one.

    Parameters
    ----------
    directions : −1, 0 or +1 for each column, by name or in order; +1: the probability
        never falls when the column rises. Default: all free.
    sensitivity : share of hiding families that an inspection finds. 1: the labels are the
        truth. For real inspections `models.law.parameters.Law(day).inspection_sensitivity`.
    trees, rate, leaf : how many trees, how fast they learn, and the fewest distinct rows
        that a leaf speaks for.
    columns : share of the columns that each tree may look at.
    folds : how many models are grown to judge each other.
    random_state : a whole number; the same data and number give the same bytes.

    Examples
    --------
    >>> import pandas as pd
    >>> seen = pd.DataFrame({"gap": range(200), "children": [0, 1, 2, 3] * 50})
    >>> hides = (seen["gap"] > 120).astype(int)
    >>> model = HiddenIncomeClassifier({"gap": +1, "children": -1}, sensitivity=0.83)
    >>> poor, rich = model.fit(seen, hides).predict_proba(seen.iloc[[10, 190]])[:, 1]
    >>> bool(poor < 0.1), bool(rich > 0.9)
    (True, True)

    """

    def __init__(
        self,
        directions: Directions = None,
        *,
        sensitivity: float = 1.0,
        trees: int = 200,
        rate: float = 0.04,
        leaf: int = trees.LEAF,
        columns: float = 0.7,
        folds: int = FOLDS,
        random_state: int = 0,
    ) -> None:
        self.directions = directions
        self.sensitivity = sensitivity
        self.trees = trees
        self.rate = rate
        self.leaf = leaf
        self.columns = columns
        self.folds = folds
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags

    def fit(
        self,
        X: Frame,
        y: Labels,
        sample_weight: Labels = None,
        *,
        calibration_weight: Labels = None,
        families: Labels = None,
    ) -> Self:
        """Learn from inspected families; uninspected ones are no negatives and stay out.

        Parameters
        ----------
        X : one row an inspection; NaN where unknown.
        y : two classes; the one sorted last means *confirmed*.
        sample_weight : what trees are grown with.
        calibration_weight : what the line is fitted with: for probabilities that hold in
            the population, the inverse inclusion probability of random inspections, and
            zero for all others. Default: ``sample_weight``.
        families : whose row each is. Rows of one family share a fold; equal rows of two
            families count as two. Default: equal rows are one family's.

        """
        if not 0 < self.sensitivity <= 1:
            raise ValueError(f"sensitivity={self.sensitivity} is no share above 0 and up to 1.")
        x, y = self._matrix_and_target(X, y, numeric=False)
        self.classes_, confirmed = _two_classes(y)
        rows = self._rows(
            x,
            confirmed,
            sample_weight=sample_weight,
            calibration_weight=calibration_weight,
            families=families,
            kinds=confirmed.astype(np.int64),
        )
        fitted = detector(rows, rows.y, self._tree, self.sensitivity)
        self.booster_, self.calibration_ = fitted.booster, fitted.calibration
        return self

    def decision_function(self, X: Frame) -> Vector:
        """Return the log-odds that each family hides income."""
        x = self._matrix(X)
        line = self.calibration_
        return np.asarray(line.intercept + line.slope * trees.margin(self.booster_, x))

    def predict_proba(self, X: Frame) -> Matrix:
        """Return P(clear) and P(hides income) of each family, in the order of ``classes_``."""
        hides = trees.logistic(self.decision_function(X))
        return np.column_stack([1.0 - hides, hides])

    def predict(self, X: Frame) -> Any:
        """Return the likelier class of each family. A flag needs a certified threshold instead."""
        hides = self.decision_function(X) > 0
        return self.classes_[hides.astype(np.int64)]

    def _tree(self, x: Matrix, y: Vector, weights: Vector) -> lgb.Booster:
        return self._grown(x, y, weights, objective="binary", feature_fraction=self.columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """A ranking booster, its line, and what blind models and lines said of the labelled."""

    booster: lgb.Booster
    calibration: Calibration
    blind: Vector


def detector(
    rows: Rows,
    confirmed: Vector,
    grow: Callable[[Matrix, Vector, Vector], lgb.Booster],
    sensitivity: float,
) -> Detector:
    """Grow a detector and calibrate it on scores of families that its twins had not seen."""
    margins = np.empty(len(confirmed))
    for k in rows.folds:
        margins[rows.fold == k] = _blind(rows, confirmed, k, grow)

    def line(chosen: Mask) -> Calibration:
        return calibrate(
            margins[chosen], confirmed[chosen], rows.judged[chosen], sensitivity=sensitivity
        )

    judged = rows.judged > 0
    blind = np.empty(len(confirmed))
    for k in rows.folds:
        mine, rest = rows.fold == k, judged & (rows.fold != k)
        blind[mine] = (line(rest) if rest.any() else line(judged)).hides(margins[mine])
    return Detector(
        booster=grow(rows.x, confirmed, rows.weights), calibration=line(judged), blind=blind
    )


def _blind(
    rows: Rows,
    confirmed: Vector,
    fold: int,
    grow: Callable[[Matrix, Vector, Vector], lgb.Booster],
) -> Vector:
    """Return the scores of one fold by a model of the others.

    Where the others are all of one kind nobody can be ranked: each gets the log-odds of
    half a family of the missing kind.
    """
    mine, rest = rows.fold == fold, rows.fold != fold
    seen = confirmed[rest]
    if 0 < seen.sum() < len(seen):
        return trees.margin(grow(rows.x[rest], seen, rows.weights[rest]), rows.x[mine])
    return np.full(int(mine.sum()), np.log((seen.sum() + 0.5) / (len(seen) - seen.sum() + 0.5)))


def _two_classes(y: Any) -> tuple[Any, Vector]:
    """Return the two classes, and 1 where a row is of the second."""
    check_classification_targets(y)
    kind = type_of_target(y, input_name="y", raise_unknown=True)
    if kind != "binary":
        raise ValueError(
            f"Only binary classification is supported. The type of the target is {kind}."
        )
    classes, place = np.unique(y, return_inverse=True)
    if len(classes) < 2:
        raise ValueError(
            "y holds one class only: a detector needs families that hide income and families "
            "that do not."
        )
    return classes, place.astype(np.float64)
