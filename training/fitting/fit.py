"""Learning the models: every promise is measured on families the scoring model had not seen.

Labelled families are split into folds by household, once for all stages. What is said of
a family while we judge comes from models that saw neither its label nor its survey
answers; what is served comes from models that saw all of them.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from features.progress import Progress, silent
from models.law.parameters import Law
from models.learned import consumption as consumption_model
from models.learned.arrays import Codes, Mask, Matrix, Vector
from models.learned.consumption import ExpectedConsumption
from models.learned.hyperparameters import Boosting, Hyperparameters, shipped
from models.learned.inputs import Input, declared_inputs, encode
from models.learned.predict import Models
from training.fitting import hidden_income, welfare
from training.fitting.certificate import certified
from training.fitting.evidence import FOLDS, Consumption, FitInputs, places, require_both_kinds
from training.fitting.hidden_income import Detected, Inspected, Step
from training.fitting.welfare import Surveyed
from training.labels import gather as label
from training.labels.gather import Labels

_KNOWN: Final = 20
"""Families that must lack an input in training before its absence says anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """The models, what they promise, and what the promises were measured on.

    ``population`` is the raw score of each family that the threshold was fixed on; ``hyper``
    how the boosters were grown: whoever grows one again for a comparison grows it the same.
    """

    models: Models
    certificate: dict[str, Any]
    inspected: Inspected
    surveyed: Surveyed
    inputs: tuple[Input, ...]
    population: Vector
    hyper: Hyperparameters


def fit(
    labels: Labels,
    *,
    law: Law,
    seed: int,
    generator: np.random.Generator,
    hyper: Hyperparameters | None = None,
    progress: Progress = silent,
) -> Fitted:
    """Learn expected consumption, hidden income and welfare category.

    Parameters
    ----------
    labels : labels with their features.
    law : of the day of the newest snapshot: how many hiding families inspectors miss.
    seed : of the boosters. ``generator`` draws the folds and the blanked registers.
    hyper : how the boosters of each stage are grown; default: as shipped for so many labels.
    """
    hyper = hyper or shipped(labels.inspections.height)
    step = _Steps(progress, 4 * FOLDS + 3)
    encoded = Encoded.of(labels, law)
    grown = detect(labels, encoded, law=law, seed=seed, generator=generator, hyper=hyper, step=step)
    inputs, detected = encoded.inputs, grown.detected
    answered = labels.survey["subjective_level"].is_not_null().to_numpy()
    ladder, surveyed = welfare.learn(
        inputs,
        encoded.survey[answered],
        labels.survey["subjective_level"].drop_nulls().cast(pl.Int64).to_numpy(),
        survey_weights(labels)[answered],
        labels.survey["household_id"].to_numpy()[answered],
        grown.fold_survey[answered],
        seed=seed,
        generator=generator,
        tell=step,
        hyper=hyper.welfare,
    )
    threshold, certificate = certified(
        detected.inspected, detected.population, labels, unconfirmed=float(law.flag_error_rate)
    )
    models = Models(
        version="0",
        consumption=grown.consumption.full,
        hidden_income=detected.detector,
        welfare=ladder,
        threshold=threshold,
        always_known=_always_known(inputs, encoded.survey, encoded.inspections),
        manifest={},
    )
    return Fitted(
        models=models,
        certificate=certificate,
        inspected=detected.inspected,
        surveyed=surveyed,
        inputs=inputs,
        population=detected.population,
        hyper=hyper,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """Labels and population as the models read them: one row a label or family.

    ``inputs`` are those that tell families apart; the columns of each table.
    """

    inputs: tuple[Input, ...]
    survey: Matrix
    inspections: Matrix
    population: Matrix

    @classmethod
    def of(cls, labels: Labels, law: Law) -> "Encoded":
        """Encode each label at the prices of its day, the population at those of the law's."""
        population = encode(labels.population, declared_inputs(), law)
        inputs, kept = informative(declared_inputs(), population)
        return cls(
            inputs=inputs,
            survey=label.encoded(labels.survey, inputs),
            inspections=label.encoded(labels.inspections, inputs),
            population=population[:, kept],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """Expected consumption and the detector, as one draw of the folds and one seed grow them."""

    consumption: Consumption
    detected: Detected
    fold_survey: Codes


def detect(
    labels: Labels,
    encoded: Encoded,
    *,
    law: Law,
    seed: int,
    generator: np.random.Generator,
    hyper: Hyperparameters,
    step: Step,
) -> Grown:
    """Split the families into folds, then learn expected consumption and hidden income.

    All that a flag rests on, and all of it that a seed can move; the welfare category is
    learned beside it, on the same folds.
    """
    households = [f["household_id"].to_numpy() for f in (labels.survey, labels.inspections)]
    fold_survey, fold_inspected = label.folds(households, FOLDS, generator)
    require_both_kinds(labels.inspections, fold_inspected)
    consumption = _consumption(
        labels, encoded.inputs, encoded.survey, fold_survey, seed, hyper.consumption, step
    )
    detected = hidden_income.learn(
        FitInputs(
            labels=labels,
            inputs=encoded.inputs,
            x=encoded.inspections,
            x_population=encoded.population,
            fold=fold_inspected,
            law=law,
            seed=seed,
            hyper=hyper,
        ),
        consumption,
        step,
    )
    return Grown(consumption=consumption, detected=detected, fold_survey=fold_survey)


def informative(inputs: tuple[Input, ...], x: Matrix) -> tuple[tuple[Input, ...], Codes]:
    """Keep the inputs that differ between families; a silent register drops out here.

    A model that never met a register's facts must not change its answer when they come.
    """
    lowest = np.nanmin(np.where(np.isnan(x), np.inf, x), axis=0)
    highest = np.nanmax(np.where(np.isnan(x), -np.inf, x), axis=0)
    kept = np.flatnonzero(lowest < highest)
    return tuple(inputs[place] for place in kept), kept


def survey_weights(labels: Labels) -> Vector:
    """Return the survey's weights; a family without one counts as the mean."""
    weights = labels.survey["weight"].cast(pl.Float64)
    filled: Vector = weights.fill_null(weights.mean()).to_numpy()
    return filled


@dataclass(slots=True)
class _Steps:
    """Counts the steps of a fit and tells how many are done."""

    progress: Progress
    of: int
    done: int = 0

    def __call__(self, what: str) -> None:
        self.done += 1
        self.progress(what, min(self.done, self.of), self.of)


def _consumption(
    labels: Labels,
    inputs: tuple[Input, ...],
    x: Matrix,
    fold: Codes,
    seed: int,
    hyper: Boosting,
    step: Step,
) -> Consumption:
    own = consumption_model.consumption_inputs(inputs)
    columns = places(inputs, own)
    spent, weights = label.consumption(labels.survey), survey_weights(labels)

    def grown(rows: Mask) -> ExpectedConsumption:
        step("expected consumption")
        return consumption_model.fit(
            own, x[rows][:, columns], spent[rows], weights[rows], seed=seed, hyper=hyper
        )

    blind = tuple(grown(fold != k) for k in range(FOLDS))
    return Consumption(grown(np.ones(len(x), dtype=bool)), blind, columns)


def _always_known(inputs: tuple[Input, ...], *tables: Matrix) -> frozenset[str]:
    """Return the inputs that some table of labels hardly ever lacked."""
    return frozenset(
        i.name
        for place, i in enumerate(inputs)
        if any(np.isnan(table[:, place]).sum() < _KNOWN for table in tables)
    )
