"""What families say of themselves: the survey's six-step ladder, beside any category.

Agreement is Cohen's kappa with quadratic weights under the survey's weights; its interval
is a bootstrap that draws whole clusters, as the survey did.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from models.assessment.metrics import Estimate, quadratic_kappa, with_interval
from models.learned.arrays import Codes, Matrix, Vector


def answers(survey: pl.DataFrame) -> pl.DataFrame:
    """Return the newest answer of each family that placed itself on the ladder.

    Returns
    -------
    ``household_id``, ``step`` (Int64, 1 cannot afford food … 6 no material difficulty),
    ``weight`` (Float64; a family without one counts as the mean) and ``cluster`` (Int64:
    the survey's own, or the family itself where the survey names none).
    """
    columns = survey.columns
    weight = pl.col("weight").cast(pl.Float64) if "weight" in columns else pl.lit(1.0)
    cluster = pl.col("cluster").cast(pl.Int64) if "cluster" in columns else pl.lit(None, pl.Int64)
    # A family that stands for itself must not share a number with a cluster.
    alone = -1 - pl.col("household_id").rank("dense").cast(pl.Int64)
    usable = pl.when(weight > 0).then(weight)
    return (
        survey.filter(pl.col("subjective_level").is_not_null())
        .sort("household_id", "quarter")
        .unique("household_id", keep="last", maintain_order=True)
        .select(
            "household_id",
            step=pl.col("subjective_level").cast(pl.Int64),
            weight=usable.fill_null(usable.mean()).fill_null(1.0),
            cluster=pl.coalesce(cluster, alone),
        )
    )


def on_scale(step: Codes, ladder: Mapping[int, int]) -> Codes:
    """Return the category that stands for each family's step of the ladder."""
    table = np.array([ladder[n] for n in sorted(ladder)], dtype=np.int64)
    placed: Codes = table[step - 1]
    return placed


def agreement(truth: Codes, predicted: Codes, weights: Vector, drawn: Matrix) -> Estimate:
    """Return the quadratic-weighted kappa of two categories with its interval.

    ``drawn`` as `models.assessment.metrics.draws` returns it for the clusters.
    """
    return with_interval(lambda mass: quadratic_kappa(truth, predicted, mass), weights, drawn)


def difference(
    truth: Codes, predicted: Codes, other: Codes, weights: Vector, drawn: Matrix
) -> Estimate:
    """Return by how much ``said`` agrees better than ``other``, paired on the same families."""
    return with_interval(
        lambda mass: quadratic_kappa(truth, predicted, mass) - quadratic_kappa(truth, other, mass),
        weights,
        drawn,
    )


def shares(category: Codes, weights: Vector, categories: int) -> dict[str, Any]:
    """Return the weighted share of each category, 1 the poorest."""
    mass = np.bincount(category, weights=weights, minlength=categories + 1)[1:]
    return {str(n): round(float(m / mass.sum()), 6) for n, m in enumerate(mass, start=1)}
