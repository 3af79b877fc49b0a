"""The four models as scikit-learn estimators: for notebooks, searches and comparisons.

They need scikit-learn, which comes with the extra ``tarazy[train]``. Each has its example;
what they share stands in `models.estimators`.
"""

from tarazy.extras import needs_train_extra

with needs_train_extra("tarazy.estimators"):
    from models.estimators import (
        ExpectedConsumptionRegressor,
        HiddenAmountRegressor,
        HiddenIncomeClassifier,
        WelfareCategoryClassifier,
    )

__all__ = [
    "ExpectedConsumptionRegressor",
    "HiddenAmountRegressor",
    "HiddenIncomeClassifier",
    "WelfareCategoryClassifier",
]
