"""A simulated country, its truth, and models trained in it as always.

The only module that opens the truth. It is joined to families after the models have been
trained, and handed to nothing that learns but an oracle that says so in its name.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from features.errors import InputError
from features.progress import Progress, silent
from features.registers.snapshot import Snapshot
from models.law.parameters import Law
from models.learned.arrays import Mask, Vector
from models.learned.predict import Look
from training.fitting.fit import Fitted, fit
from training.labels.gather import FEWEST, Labels, gather
from training.population import truth
from training.population.registers import labels as inspectors

ASIDE: Final = 0.2
"""Share of the survey's answers that no model learns from, so that sets can be judged by them."""
_HIDDEN: Final = "hidden_income_monthly"
_NOT_INCOME: Final = ("household_id", "members", _HIDDEN, "consumption_monthly", "ladder")


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A simulated country before anything is learned: its labels and its truth.

    ``labels`` holds the labels that came with it; ``aside`` survey answers taken out of
    them; ``features`` every family that somebody lives in; ``real`` its truth, in the
    same order.
    """

    labels: Labels
    aside: pl.DataFrame
    features: pl.DataFrame
    real: pl.DataFrame
    law: Law
    silent: tuple[str, ...]

    @property
    def hides(self) -> Vector:
        """1 where the family truly hides income of the material size, else 0."""
        return truly_hides(self.real, self.law)

    @property
    def hidden(self) -> Vector:
        """True hidden income, tenge a month."""
        return self.real[_HIDDEN].cast(pl.Float64).to_numpy()

    @property
    def income(self) -> Vector:
        """True income from all sources, hidden ones among them, tenge a month."""
        sources = [name for name in self.real.columns if name not in _NOT_INCOME]
        return self.real.select(pl.sum_horizontal(sources).cast(pl.Float64)).to_series().to_numpy()

    def verified(self, generator: np.random.Generator) -> tuple[Vector, Vector]:
        """Let inspectors visit every family: what they find, and 1 where it is material."""
        return visited(self.real, self.law, generator)


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """A trained country: its labels, its models, the features of every family.

    ``look`` is what the models get to see of these families.
    """

    labels: Labels
    fitted: Fitted
    features: pl.DataFrame
    look: Look
    law: Law
    silent: tuple[str, ...]

    @property
    def labelled(self) -> Mask:
        """Which families some label speaks of: nothing is judged on them."""
        known = pl.concat(
            [f["household_id"] for f in (self.labels.inspections, self.labels.survey)]
        )
        return self.features["household_id"].is_in(known.unique().implode()).to_numpy()


def opened(made: Snapshot, data: Path, *, seed: int, progress: Progress = silent) -> World:
    """Return the country of a snapshot, a fifth of its survey set aside, and its truth.

    Raises InputError where the data hold no truth, or too little of a survey.
    """
    generator = np.random.default_rng(seed)
    labels = gather([made], generator=generator, progress=progress)
    households = labels.survey["household_id"].unique(maintain_order=True)
    kept_aside = generator.random(len(households)) < ASIDE
    is_aside = labels.survey["household_id"].is_in(households.filter(kept_aside).implode())
    learned = labels.survey.filter(~is_aside)
    if learned["subjective_level"].count() < FEWEST:
        raise InputError(
            f"Register survey leaves {learned.height} families after a fifth is set aside; "
            f"training needs {FEWEST}. Simulate more families."
        )
    features = labels.population.filter(pl.col("members") > 0)
    real = features.select("household_id", "members").join(
        truth.read(data), on="household_id", how="left", maintain_order="left"
    )
    return World(
        labels=replace(labels, survey=learned),
        aside=labels.survey.filter(is_aside),
        features=features,
        real=real,
        law=Law(made.as_of),
        silent=made.silent,
    )


def trained(
    labels: Labels, law: Law, silent: tuple[str, ...], *, seed: int, progress: Progress = silent
) -> Country:
    """Train on labels as `training.train` does, recording nothing."""
    generator = np.random.default_rng(seed)
    fitted = fit(labels, law=law, seed=seed % 2**31, generator=generator, progress=progress)
    features = labels.population.filter(pl.col("members") > 0)
    return Country(
        labels=labels,
        fitted=fitted,
        features=features,
        look=Look.at(fitted.models, features, law, silent),
        law=law,
        silent=silent,
    )


def truly_hides(real: pl.DataFrame, law: Law) -> Vector:
    """Return 1 where the family's true hidden income is material on the day of the law."""
    return material(real[_HIDDEN], real["members"], law)


def material(amount: pl.Series, members: pl.Series, law: Law) -> Vector:
    """Return 1 where an amount in tenge a month counts as hidden income, for each member."""
    line = float(law.hidden_income_materiality) * float(law.subsistence_minimum)
    return (amount / members >= line).cast(pl.Float64).to_numpy()


def visited(real: pl.DataFrame, law: Law, generator: np.random.Generator) -> tuple[Vector, Vector]:
    """Return what inspectors verify at each family, tenge a month, and 1 where it is material.

    They miss as the simulation's own inspectors do: small sums more often than large.
    """
    hidden = real[_HIDDEN].cast(pl.Float64).to_numpy()
    amount = pl.Series(inspectors.verified_income(generator, hidden))
    return amount.cast(pl.Float64).to_numpy(), material(amount, real["members"], law)
