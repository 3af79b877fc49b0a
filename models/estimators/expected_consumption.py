"""Expected consumption as a scikit-learn regressor, with quantiles."""

from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin

from models.estimators.monotone import FOLDS, Directions, Frame, Labels, MonotoneEstimator
from models.learned import conformal, trees
from models.learned.arrays import Vector


class ExpectedConsumptionRegressor(RegressorMixin, MonotoneEstimator):  # type: ignore[misc]
    """What a family that lives like this one spends: the typical amount, or any quantile.

    Trees learn the logarithm of consumption; its quantiles are those of the errors that
    models made on families they had not seen (cross-conformal, Vovk 2015). LightGBM
    refuses monotone constraints with its quantile objective; this way they hold for every
    quantile, and quantiles never cross. The errors are taken to be as wide, in shares,
    for every family.

    Parameters
    ----------
    directions : −1, 0 or +1 for each column, by name or in order; +1: consumption never
        falls when the column rises. Default: all free.
    least : consumption below it is read as that much; in the unit of ``y``. With ПМ a
        member, a fiftieth.
    trees, rate, leaf : how many trees, how fast they learn, and the fewest distinct rows
        that a leaf speaks for.
    folds : how many models are grown to judge each other.
    random_state : a whole number; the same data and number give the same bytes.

    Examples
    --------
    >>> import pandas as pd
    >>> rooms = pd.DataFrame({"rooms": [1, 2, 3, 4] * 50, "cars": [0, 0, 1, 1, 0, 1] * 33 + [0, 1]})
    >>> spent = 1.0 + rooms["rooms"] + rooms["cars"]
    >>> model = ExpectedConsumptionRegressor({"rooms": +1, "cars": +1})
    >>> one, four = model.fit(rooms, spent, families=rooms.index).predict(rooms.iloc[[0, 3]])
    >>> round(float(one), 1), round(float(four), 1)
    (2.0, 6.0)

    """

    def __init__(
        self,
        directions: Directions = None,
        *,
        least: float = 0.02,
        trees: int = 300,
        rate: float = 0.05,
        leaf: int = trees.LEAF,
        folds: int = FOLDS,
        random_state: int = 0,
    ) -> None:
        self.directions = directions
        self.least = least
        self.trees = trees
        self.rate = rate
        self.leaf = leaf
        self.folds = folds
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = True
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
        """Learn from surveyed families.

        Parameters
        ----------
        X : one row a family; NaN where unknown.
        y : consumption, never negative, in one unit for all (ПМ a member a month).
        sample_weight : of the survey; quantiles speak of the population under it.
        calibration_weight : where quantiles should rest on other weights than trees.
        families : whose row each is. Rows of one family share a fold; equal rows of two
            families count as two. Default: equal rows are one family's.

        """
        x, spent = self._matrix_and_target(X, y, numeric=True)
        if below := int((spent < 0).sum()):
            raise ValueError(f"y is negative in {below} rows: consumption is zero or more.")
        logs = np.log(np.maximum(spent.astype(np.float64), self.least))
        rows = self._rows(
            x,
            logs,
            sample_weight=sample_weight,
            calibration_weight=calibration_weight,
            families=families,
        )
        errors = np.empty(len(rows.y))
        for k in rows.folds:
            mine, rest = rows.fold == k, rows.fold != k
            blind = self._grown(rows.x[rest], rows.y[rest], rows.weights[rest], objective="l2")
            errors[mine] = rows.y[mine] - trees.margin(blind, rows.x[mine])
        self.booster_ = self._grown(rows.x, rows.y, rows.weights, objective="l2")
        judged = rows.judged > 0
        self.errors_ = errors[judged]
        self.error_weights_ = rows.judged[judged]
        return self

    def predict(self, X: Frame, quantile: float | None = None) -> Vector:
        """Return expected consumption of each row, in the unit of ``y``.

        Without ``quantile`` the typical amount, which is what the gap to declared income
        is measured from. With it, the amount that a share ``quantile`` of such families
        stays below; infinite above and zero below where there are too few labels to tell.
        """
        x = self._matrix(X)
        logs = trees.margin(self.booster_, x)
        return trees.exponential(logs if quantile is None else logs + self._error(quantile))

    def _error(self, quantile: float) -> float:
        if not 0 < quantile < 1:
            raise ValueError(f"quantile={quantile} is no share between 0 and 1.")
        if quantile >= 0.5:
            return conformal.upper_quantile(self.errors_, self.error_weights_, quantile)
        return -conformal.upper_quantile(-self.errors_, self.error_weights_, 1 - quantile)
