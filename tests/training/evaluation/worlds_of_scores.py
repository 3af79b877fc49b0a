"""Worlds for trials that need no simulation: a score each family, and what it hides."""

import numpy as np
import polars as pl

from models.law.parameters import Law
from models.learned.arrays import Matrix
from models.learned.trees import logistic
from tests.training.made_up import DAY, made_up
from training.trials.country import World
from training.trials.guarantees import Scored


def world(families: int, seed: int = 0) -> World:
    """Families with plausible features, of whom four in ten hide 300,000 tenge a month."""
    labels = made_up(families, np.ones(families, dtype=bool), seed)
    hides = np.random.default_rng(seed).random(families) < 0.4
    real = pl.DataFrame(
        {
            "household_id": labels.population["household_id"],
            "members": labels.population["members"],
            "official_wage": pl.Series([100_000] * families),
            "hidden_wage": np.where(hides, 300_000, 0),
            "hidden_income_monthly": np.where(hides, 300_000, 0),
            "consumption_monthly": pl.Series([200_000] * families),
            "ladder": pl.Series([3] * families),
        }
    )
    return World(
        labels=labels,
        aside=labels.survey.head(0),
        features=labels.population,
        real=real,
        law=Law(DAY),
        silent=(),
    )


def scored(families: int, seed: int = 0) -> Scored:
    """Families of one member whose score is the log-odds that they hide, about 300,000 tenge."""
    generator = np.random.default_rng(seed)
    score = 2.0 * generator.standard_normal(families) - 0.8
    hides = generator.random(families) < logistic(score)
    centre = np.log(300_000 / float(Law(DAY).subsistence_minimum)) + 0.1 * score
    amount = np.exp(centre + 0.4 * generator.standard_normal(families))
    tenge = np.rint(np.where(hides, amount, 0) * float(Law(DAY).subsistence_minimum))
    exceeds = np.column_stack([logistic(score - step) for step in (-2, -1, 0, 1, 2)])
    ladder = 1 + (generator.random(families)[:, None] < exceeds).sum(axis=1)
    return Scored(
        margin=score,
        x=_seen(generator, families),
        centre=centre,
        spread=0.4,
        exceeds=exceeds,
        ladder=ladder,
        place=generator.integers(0, 3, families),
        labels=made_up(60, np.ones(60) > 0),
        law=Law(DAY),
        real=pl.DataFrame({"hidden_income_monthly": tenge, "members": np.ones(families)}),
    )


def _seen(generator: np.random.Generator, families: int) -> Matrix:
    return generator.standard_normal((families, 1))
