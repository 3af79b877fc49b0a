"""The welfare category as a scikit-learn classifier of ordered classes, with conformal sets."""

from typing import Any, ClassVar, Self

import lightgbm as lgb
import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets

from models.estimators.monotone import FOLDS, Directions, Frame, Labels, MonotoneEstimator
from models.estimators.rows import Rows
from models.learned import conformal, trees, welfare
from models.learned.arrays import Mask, Matrix


class WelfareCategoryClassifier(ClassifierMixin, MonotoneEstimator):  # type: ignore[misc]
    """Which of several ordered categories a family stands in, and which cannot be excluded.

    One booster answers "is the family above step k?" for each step (Frank & Hall 2001);
    none ever says "poorer" when a family looks better off. The set of categories is
    contiguous and holds the true one for a share ``level`` of families drawn like the
    surveyed ones, on average over samples; approximately so, for blind models of the
    folds stand for the ones served. Silent registers are met as NaN; how much wider a set
    must be then is the pipeline's matter (`models.learned.welfare`).

    Parameters
    ----------
    directions : −1, 0 or +1 for each column, by name or in order; +1: the category never
        falls when the column rises. Default: all free.
    trees, rate, leaf, columns, folds, random_state : as in `HiddenIncomeClassifier`. A
        leaf also holds a quarter of ``leaf`` in hessian, the most that many rows can have.

    Examples
    --------
    >>> import pandas as pd
    >>> lives = pd.DataFrame({"rooms": [1, 2, 3, 4, 5, 6] * 60})
    >>> model = WelfareCategoryClassifier({"rooms": +1})
    >>> model = model.fit(lives, lives["rooms"], families=lives.index)
    >>> model.predict(lives[:6]).tolist()
    [1, 2, 3, 4, 5, 6]
    >>> model.predict_set(lives[:6]).shape
    (6, 6)

    """

    exempted_checks: ClassVar[dict[str, str]] = {
        "check_classifiers_train": "it wants the likeliest class; the median is predicted, for "
        "the likeliest may fall when a family looks better off",
    }
    """What of scikit-learn's `check_estimator` does not apply, and why."""

    def __init__(
        self,
        directions: Directions = None,
        *,
        trees: int = 200,
        rate: float = 0.06,
        leaf: int = trees.LEAF,
        columns: float = 0.7,
        folds: int = FOLDS,
        random_state: int = 0,
    ) -> None:
        self.directions = directions
        self.trees = trees
        self.rate = rate
        self.leaf = leaf
        self.columns = columns
        self.folds = folds
        self.random_state = random_state

    def fit(
        self,
        X: Frame,
        y: Labels,
        sample_weight: Labels = None,
        *,
        calibration_weight: Labels = None,
        families: Labels = None,
    ) -> Self:
        """Learn from families whose category is known.

        Parameters
        ----------
        X : one row a family; NaN where unknown.
        y : categories; their sorted order is the order of welfare.
        sample_weight : of the survey.
        calibration_weight : where sets should rest on other weights than trees.
        families : whose row each is. Rows of one family share a fold; equal rows of two
            families count as two. Default: equal rows are one family's.

        """
        x, y = self._matrix_and_target(X, y, numeric=False)
        check_classification_targets(y)
        self.classes_, place = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError("y holds one class only: categories need at least two.")
        rows = self._rows(
            x,
            place.astype(np.float64),
            sample_weight=sample_weight,
            calibration_weight=calibration_weight,
            families=families,
            kinds=place.astype(np.int64),
        )
        exceeds = np.empty((len(rows.y), len(self.classes_) - 1))
        for k in rows.folds:
            blind = self._steps(rows, rows.fold != k)
            exceeds[rows.fold == k] = welfare.exceeds(blind, rows.x[rows.fold == k])
        self.boosters_ = self._steps(rows, np.ones(len(rows.y), dtype=bool))
        judged = rows.judged > 0
        self.agreement_ = conformal.category_score(exceeds, rows.y.astype(np.int64) + 1)[judged]
        self.agreement_weights_ = rows.judged[judged]
        return self

    def predict_proba(self, X: Frame) -> Matrix:
        """Return the probability of each category, in the order of ``classes_``."""
        exceeds = self._exceeds(X)
        ends = np.ones((len(exceeds), 1)), np.zeros((len(exceeds), 1))
        return -np.diff(np.hstack([ends[0], exceeds, ends[1]]), axis=1)

    def predict(self, X: Frame) -> Any:
        """Return the median category: half the probability lies at or below, half at or above.

        Not always the likeliest one; the median is what never moves against a direction.
        """
        middle = conformal.median_category(self._exceeds(X))
        return self.classes_[middle - 1]

    def predict_set(self, X: Frame, level: float = 0.9) -> Any:
        """Return which categories cannot be excluded: one column a class, true where kept.

        The set holds the median, has no holes, and both its ends rise when a family
        looks better off. With too few labels for the level it holds every category.
        """
        if not 0 < level < 1:
            raise ValueError(f"level={level} is no share between 0 and 1.")
        exceeds = self._exceeds(X)
        bar = conformal.lower_quantile(self.agreement_, self.agreement_weights_, level)
        first, last = conformal.category_bounds(exceeds, np.full(len(exceeds), bar))
        each = np.arange(1, len(self.classes_) + 1)
        return (first[:, None] <= each) & (each <= last[:, None])

    def _exceeds(self, X: Frame) -> Matrix:
        x = self._matrix(X)
        return welfare.exceeds(self.boosters_, x)

    def _steps(self, rows: Rows, chosen: Mask) -> tuple[lgb.Booster, ...]:
        return tuple(
            self._grown(
                rows.x[chosen],
                (rows.y[chosen] >= step).astype(np.float64),
                rows.weights[chosen],
                objective="binary",
                seed=self.random_state + step,
                feature_fraction=self.columns,
                min_sum_hessian_in_leaf=self.leaf / 4,
            )
            for step in range(1, len(self.classes_))
        )
