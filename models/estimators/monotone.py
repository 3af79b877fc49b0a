"""What the four estimators share: named columns, directions, weights, seeds.

Errors here are ``ValueError`` as scikit-learn's callers expect them. Like everywhere, a
message names a column, a count and a remedy, never a family's value.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import lightgbm as lgb
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import (
    _check_sample_weight,
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from models.estimators.rows import Rows, distinct
from models.learned import trees
from models.learned.arrays import Codes, Matrix, Vector

FOLDS: Final = 5
Directions = Mapping[str, int] | Sequence[int] | None
Labels = Any
"""A column of a frame, a list or an array, one entry a row."""
Frame = Any
"""A pandas or Polars frame, or a matrix; one row a family, one column an input, NaN unknown."""


class MonotoneEstimator(BaseEstimator):  # type: ignore[misc]
    """A booster whose predictions move only the way they may, with what every fit checks."""

    directions: Directions
    trees: int
    rate: float
    leaf: int
    folds: int
    random_state: int

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def _matrix(self, X: Frame) -> Matrix:
        """Return the columns of a fitted estimator; other names or another order are refused."""
        check_is_fitted(self)
        x = validate_data(self, X, reset=False, dtype=np.float64, ensure_all_finite="allow-nan")
        return np.ascontiguousarray(x)

    def _matrix_and_target(self, X: Frame, y: Labels, *, numeric: bool) -> tuple[Matrix, Any]:
        """Check a training table and remember its columns."""
        x, target = validate_data(
            self,
            X,
            y,
            dtype=np.float64,
            ensure_all_finite="allow-nan",
            ensure_min_samples=2,
            y_numeric=numeric,
        )
        self.directions_ = _one_each(
            self.directions, x.shape[1], getattr(self, "feature_names_in_", None)
        )
        return x, column_or_1d(target, warn=True)

    def _rows(
        self,
        x: Matrix,
        y: Vector,
        *,
        sample_weight: Labels = None,
        calibration_weight: Labels = None,
        families: Labels = None,
        group: Codes | None = None,
        kinds: Codes | None = None,
    ) -> Rows:
        """Return the distinct rows that trees are grown on, with what judges them."""
        if self.folds < 2:
            raise ValueError(
                f"folds={self.folds}: a promise needs models that had not seen the family, so at "
                "least two folds."
            )
        weights = _check_sample_weight(sample_weight, x, dtype=np.float64, ensure_non_negative=True)
        judged = weights
        if calibration_weight is not None:
            judged = _check_sample_weight(
                calibration_weight, x, dtype=np.float64, ensure_non_negative=True
            )
        if not (judged[weights > 0] > 0).any():
            raise ValueError(
                "calibration_weight is zero wherever sample_weight is positive: nothing is left "
                "to calibrate on. Give some rows both weights."
            )
        none = np.zeros(len(y), dtype=np.int64)
        return distinct(
            x,
            y,
            weights,
            judged,
            families=None if families is None else coded(families, x)[1],
            group=none if group is None else group,
            kinds=none if kinds is None else kinds,
            folds=self.folds,
            seed=self.random_state,
        )

    def _grown(
        self, x: Matrix, y: Vector, weights: Vector, *, objective: str, **more: Any
    ) -> lgb.Booster:
        """Grow one booster with this estimator's parameters; ``more`` overrides them."""
        names = getattr(self, "feature_names_in_", None)
        options = {"trees": self.trees, "rate": self.rate, "seed": self.random_state} | more
        return trees.grow(
            x,
            y,
            weights=weights,
            directions=self.directions_,
            names=[f"x{k}" for k in range(x.shape[1])] if names is None else names.tolist(),
            objective=objective,
            leaf=self.leaf,
            **options,
        )


def coded(labels: Labels, x: Vector | Matrix) -> tuple[Any, Codes]:
    """Return the distinct labels, sorted, and the place of each row's label among them."""
    values = column_or_1d(np.asarray(labels))
    check_consistent_length(x, values)
    each, place = np.unique(values, return_inverse=True)
    return each, place.astype(np.int64)


def _one_each(directions: Directions, columns: int, names: Any) -> list[int]:
    """Return the direction of each column; a column that none is given for moves freely."""
    if directions is None:
        return [0] * columns
    if isinstance(directions, Mapping):
        if names is None:
            raise ValueError(
                "directions are given by name, but the columns of X have none: give a frame, or "
                "one direction for each column."
            )
        if strangers := sorted(set(directions) - set(names)):
            raise ValueError(
                f"directions name {len(strangers)} columns that X does not have "
                f"({', '.join(strangers[:3])}): correct the names, or add the columns."
            )
        ways = [directions.get(name, 0) for name in names]
    else:
        ways = list(directions)
    if len(ways) != columns:
        raise ValueError(
            f"{len(ways)} directions were given for {columns} columns: give one for each."
        )
    if wrong := sum(way not in (-1, 0, 1) for way in ways):
        raise ValueError(f"{wrong} directions are none of −1, 0, +1: correct them.")
    return [int(way) for way in ways]
