"""Families that do not exist, to try a bundle on: each number plausible, none a real family's."""

import numpy as np
import polars as pl

from features.catalogue import FEATURES
from features.declare import Feature
from features.units import Unit
from models.learned.arrays import Codes

ROWS = 24
_LEVELS = (0.02, 0.98)
_WHOLE = 10_000


def families(population: pl.DataFrame, generator: np.random.Generator) -> pl.DataFrame:
    """Return made-up families whose every feature runs over the range of the population's.

    The levels of each feature are shuffled on their own, so no row is anybody's; amounts
    are rounded to ten thousand tenge, so no number is anybody's either. A feature that
    nobody has stays unknown.
    """
    columns = {"household_id": pl.Series(range(1, ROWS + 1), dtype=pl.Int64)}
    for f in FEATURES.values():
        columns[f.name] = _levels(f, population[f.name], generator.permutation(ROWS))
    table = pl.DataFrame(columns)
    return table.with_columns(pl.col("members").fill_null(1).clip(lower_bound=1))


def _levels(feature: Feature, values: pl.Series, order: Codes) -> pl.Series:
    known = values.drop_nulls().cast(pl.Float64)
    if known.is_empty():
        return pl.Series(feature.name, [None] * ROWS, dtype=feature.dtype)
    levels = np.linspace(*_LEVELS, ROWS)[order]
    quantiles = np.quantile(known.to_numpy(), levels)
    if feature.unit is Unit.TENGE:
        quantiles = np.rint(quantiles / _WHOLE) * _WHOLE
    elif feature.unit is Unit.SHARE:
        quantiles = np.round(quantiles, 2)
    else:
        quantiles = np.rint(quantiles)
    return pl.Series(feature.name, quantiles).cast(feature.dtype)
