"""Whether the grown trees keep the declared directions, tried out on made-up families.

Monotone constraints promise it; this looks. Every input of every model is swept over its
range with all else held fixed.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from features.catalogue import FEATURES
from models import consumption_model, hidden_income, trees
from models.inputs import Matrix
from models.parameters import Law
from models.predict import Look, Models


def violations(models: Models, golden: Mapping[str, Any]) -> int:
    """Return how many steps of a sweep move a prediction against a declared direction.

    Swept are the gap and every input of the detector and of the amounts, and every input
    of expected consumption and of the welfare steps; the families are the golden rows.
    """
    schema = {"household_id": pl.Int64()} | {f.name: f.dtype for f in FEATURES.values()}
    families = pl.DataFrame(golden["rows"], schema=schema)
    look = Look.at(models, families, Law(date.fromisoformat(golden["as_of"])), ())
    detector = models.hidden_income
    table = hidden_income.columns(look.gap, look.detector)
    ways = hidden_income.directions(detector.inputs)
    welfare = [i.direction for i in models.welfare.inputs]
    spending = consumption_model.directions(models.consumption.inputs)
    wrong = against(lambda x: trees.margin(detector.detector, x), table, ways)
    wrong += against(detector.amounts.centre, table, ways)
    wrong += against(models.consumption.expected, look.consumption, spending)
    return wrong + against(models.welfare.exceeds, look.welfare, welfare)


def against(predict: Callable[[Matrix], Matrix], table: Matrix, directions: Sequence[int]) -> int:
    """Count the steps against a direction when each column runs over its own sorted values.

    ``predict`` may give one number a row or several.
    """
    wrong = 0
    for column, direction in enumerate(directions):
        values = np.unique(table[:, column][~np.isnan(table[:, column])])
        if not direction or len(values) < 2:
            continue
        swept = np.repeat(table, len(values), axis=0)
        swept[:, column] = np.tile(values, len(table))
        said = predict(swept).reshape(len(table), len(values), -1)
        wrong += int((direction * np.diff(said, axis=1) < 0).sum())
    return wrong
