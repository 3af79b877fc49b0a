"""The hidden amount as a scikit-learn regressor, with conformal intervals."""

from typing import Any, Self

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
from sklearn.base import RegressorMixin

from models.estimators.hidden_income import detector
from models.estimators.monotone import FOLDS, Directions, Frame, Labels, MonotoneEstimator, coded
from models.estimators.rows import Rows
from models.learned import conformal, hidden_income, trees
from models.learned.arrays import Codes, Matrix, Vector

_NARROWEST = 0.05
"""A spread of the logarithm below this would be a sample too small to show one."""


class HiddenAmountRegressor(RegressorMixin, MonotoneEstimator):  # type: ignore[misc]
    """How much income no register shows: the expected amount, and an interval that holds.

    A family hides nothing, or an amount that is log-normal around what trees say. The
    interval is made so that, of families drawn like the calibrating ones, a share
    ``level`` lies inside (distributional conformal prediction, Chernozhukov et al. 2021);
    with ``groups``, inside each group (Mondrian, Vovk et al. 2005). The promise is on
    average over samples, and approximate because blind models of the folds stand for
    the one served.

    Parameters
    ----------
    directions : −1, 0 or +1 for each column, by name or in order; +1: neither end of the
        interval falls when the column rises. Default: all free.
    sensitivity : share of hiding families that an inspection finds. 1: the labels are the
        truth. Below it the interval speaks of the amount hidden, not of the amount found.
    materiality : the least amount that counts as hiding, in the unit of ``y``.
    level : what `predict_interval` promises unless told otherwise; `predict` stays inside.
    trees, rate : of the amounts. ``detector_trees``, ``detector_rate``, ``columns``: of
        the probability, as in `HiddenIncomeClassifier`; not used when every amount is
        positive.
    leaf, folds, random_state : as in `HiddenIncomeClassifier`.

    Examples
    --------
    >>> import pandas as pd
    >>> seen = pd.DataFrame({"gap": range(400), "children": [0, 1, 2, 3] * 100})
    >>> found = (seen["gap"] - 150).clip(lower=0) * 1.0
    >>> model = HiddenAmountRegressor({"gap": +1, "children": -1}).fit(seen, found)
    >>> low, high = model.predict_interval(seen[-1:])[0]
    >>> bool(0 < low < model.predict(seen[-1:])[0] < high)
    True

    """

    def __init__(
        self,
        directions: Directions = None,
        *,
        sensitivity: float = 1.0,
        materiality: float = 0.0,
        level: float = 0.9,
        trees: int = 120,
        rate: float = 0.05,
        detector_trees: int = 200,
        detector_rate: float = 0.04,
        columns: float = 0.7,
        leaf: int = trees.LEAF,
        folds: int = FOLDS,
        random_state: int = 0,
    ) -> None:
        self.directions = directions
        self.sensitivity = sensitivity
        self.materiality = materiality
        self.level = level
        self.trees = trees
        self.rate = rate
        self.detector_trees = detector_trees
        self.detector_rate = detector_rate
        self.columns = columns
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
        groups: Labels = None,
    ) -> Self:
        """Learn from inspected families.

        Parameters
        ----------
        X : one row an inspection; NaN where unknown.
        y : the amount found, never negative; 0 where none was.
        sample_weight : what trees are grown with.
        calibration_weight : what the interval rests on, such as the inverse inclusion
            probability of random inspections. Default: ``sample_weight``.
        families : whose row each is. Rows of one family share a fold; equal rows of two
            families count as two. Default: equal rows are one family's.
        groups : a kind of family that the interval should hold within, such as region
            type × settlement; no input of the model.

        """
        if not 0 < self.sensitivity <= 1:
            raise ValueError(f"sensitivity={self.sensitivity} is no share above 0 and up to 1.")
        x, amount = self._matrix_and_target(X, y, numeric=True)
        if below := int((amount < 0).sum()):
            raise ValueError(f"y is negative in {below} rows: a hidden amount is zero or more.")
        self.groups_: Any = None
        group = None
        if groups is not None:
            self.groups_, group = coded(groups, x)
        rows = self._rows(
            x,
            amount.astype(np.float64),
            sample_weight=sample_weight,
            calibration_weight=calibration_weight,
            families=families,
            group=group,
            kinds=self._hides(amount).astype(np.int64),
        )
        hides = self._probability(rows)
        centre, errors = self._amounts(rows)
        hiding = self._hides(rows.y)
        share = rows.weights[hiding]
        self.spread_ = max(float(np.sqrt(np.average(errors**2, weights=share))), _NARROWEST)
        self.smear_ = float(np.average(np.exp(errors), weights=share))
        # Never quite certain: a sure finder meets a sure hider with a chance of 0 ÷ 0.
        hides = np.minimum(hides, 1 - 1e-12)
        truth = hidden_income.truth_weights(hiding, hides, self.sensitivity)
        judged = rows.judged > 0
        self.agreement_ = conformal.amount_score(hides, centre, self.spread_, rows.y)[judged]
        self.agreement_weights_ = (rows.judged * truth)[judged]
        self.agreement_group_ = rows.group[judged]
        return self

    def predict(self, X: Frame) -> Vector:
        """Return the expected hidden amount of each family, in the unit of ``y``.

        Probability times mean amount, held between the ends of the interval at ``level``.
        """
        hides, centre = self._predicted(X)
        mean = hides * self.smear_ * trees.exponential(centre)
        tail = np.full(len(mean), self._tail(self.level, None))
        low, high = self._ends(hides, centre, tail)
        return np.asarray(np.clip(mean, low, high), dtype=np.float64)

    def predict_interval(
        self, X: Frame, level: float | None = None, groups: Labels = None
    ) -> Matrix:
        """Return the low and the high end for each family, as two columns.

        Parameters
        ----------
        X : one row a family.
        level : share of families whose amount lies inside. Default: that of the estimator.
        groups : the kind of each family, among those of `fit`; the interval then holds
            within each kind. Widest where a kind has too few labels for the level.

        """
        hides, centre = self._predicted(X)
        wanted = self.level if level is None else level
        if groups is None:
            tail = np.full(len(hides), self._tail(wanted, None))
        else:
            code = self._group_codes(groups, centre)
            tails = {int(k): self._tail(wanted, int(k)) for k in np.unique(code)}
            tail = np.array([tails[k] for k in code.tolist()])
        return np.column_stack(self._ends(hides, centre, tail))

    def _hides(self, amount: npt.NDArray[Any]) -> Any:
        return (amount > 0) & (amount >= self.materiality)

    def _probability(self, rows: Rows) -> Vector:
        """Fit the probability of hiding; return what blind models say of each row."""
        hiding = self._hides(rows.y)
        self.detector_ = None
        if hiding.all():
            return np.ones(len(rows.y))
        if hiding.sum() < 2:
            raise ValueError(
                f"An amount was found in {int(hiding.sum())} rows: amounts need at least two."
            )

        def grow(x: Matrix, y: Vector, weights: Vector) -> lgb.Booster:
            return self._grown(
                x,
                y,
                weights,
                objective="binary",
                trees=self.detector_trees,
                rate=self.detector_rate,
                feature_fraction=self.columns,
            )

        fitted = detector(rows, hiding.astype(np.float64), grow, self.sensitivity)
        self.detector_, self.calibration_ = fitted.booster, fitted.calibration
        return fitted.blind

    def _amounts(self, rows: Rows) -> tuple[Vector, Vector]:
        """Fit the amounts; return the blind centre of each row, and the errors of the hiding."""
        hiding = self._hides(rows.y)
        logs = np.log(np.where(hiding, rows.y, 1.0))

        def grown(chosen: Any) -> lgb.Booster:
            return self._grown(rows.x[chosen], logs[chosen], rows.weights[chosen], objective="l2")

        centre = np.empty(len(logs))
        for k in rows.folds:
            blind = grown(hiding & (rows.fold != k))
            centre[rows.fold == k] = trees.margin(blind, rows.x[rows.fold == k])
        self.booster_ = grown(hiding)
        return centre, (logs - centre)[hiding]

    def _predicted(self, X: Frame) -> tuple[Vector, Vector]:
        """Return the probability of hiding and the centre of the amount's logarithm."""
        x = self._matrix(X)
        centre = trees.margin(self.booster_, x)
        if self.detector_ is None:
            return np.ones(len(x)), centre
        return self.calibration_.hides(trees.margin(self.detector_, x)), centre

    def _tail(self, level: float, group: int | None) -> float:
        """Return the least agreement that stays inside."""
        if not 0 < level < 1:
            raise ValueError(f"level={level} is no share between 0 and 1.")
        mine = slice(None) if group is None else self.agreement_group_ == group
        weights = self.agreement_weights_[mine]
        if not len(weights):
            return 0.0
        return conformal.lower_quantile(self.agreement_[mine], weights, level)

    def _group_codes(self, groups: Labels, like: Vector) -> Codes:
        if self.groups_ is None:
            raise ValueError("fit was given no groups: fit with groups first.")
        each, place = coded(groups, like)
        if strangers := len(np.setdiff1d(each, self.groups_)):
            raise ValueError(
                f"{strangers} groups were not among the {len(self.groups_)} of fit: nothing is "
                "promised of them. Leave groups out, or fit with them."
            )
        return np.asarray(np.searchsorted(self.groups_, each)[place], dtype=np.int64)

    def _ends(self, hides: Vector, centre: Vector, tail: Vector) -> tuple[Vector, Vector]:
        low, high = np.empty(len(hides)), np.empty(len(hides))
        for each in np.unique(tail):
            rows = tail == each
            low[rows], high[rows] = conformal.amount_bounds(
                hides[rows], centre[rows], self.spread_, float(each)
            )
        return low, high
