"""The four models as scikit-learn estimators: for notebooks, searches and comparisons.

They wrap what serving uses (`models.learned.trees`, `models.learned.conformal`) in the
interface that a data scientist knows: frames with named columns, directions, sample weights, `fit`,
`predict`. Serving needs none of this and never imports scikit-learn; nothing that serving
imports may import this package (an import contract).

All four share three promises (`models.estimators.monotone`): a prediction moves only the
way `directions` allow; it is the same alone and in company; and a fit depends neither on
the order of rows nor on how a weight is split over equal rows.
"""

from models.estimators.expected_consumption import ExpectedConsumptionRegressor
from models.estimators.hidden_amount import HiddenAmountRegressor
from models.estimators.hidden_income import HiddenIncomeClassifier
from models.estimators.welfare_category import WelfareCategoryClassifier

__all__ = [
    "ExpectedConsumptionRegressor",
    "HiddenAmountRegressor",
    "HiddenIncomeClassifier",
    "WelfareCategoryClassifier",
]
