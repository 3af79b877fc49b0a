"""What the served models say of the population, and of surveyed families blind to them."""

from dataclasses import dataclass

import numpy as np

from models.law.parameters import Law
from models.learned import consumption, hidden_income, trees
from models.learned.arrays import Matrix, Vector
from models.learned.hidden_income import places
from models.learned.inputs import encode
from models.learned.predict import Look
from training.fitting.fit import Fitted, survey_weights
from training.fitting.hidden_income import rank_among
from training.labels import gather as label
from training.labels.gather import Labels

BLIND_FOLDS = 2
"""Halves: each surveyed family is judged by a model of expected consumption of the other half."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """What the served detector says of each family of the population.

    ``rank``: the share of the population that looks strictly more suspicious; families of
    whom nothing can be said (a register was silent) come last. ``inputs``: what the
    detector reads of them, the gap first.
    """

    score: Vector
    rank: Vector
    gap: Vector
    inputs: Matrix


def population(labels: Labels, fitted: Fitted) -> Population:
    """Ask the served models about the population that the labels came with."""
    look = Look.at(fitted.models, labels.population, Law(labels.as_of), ())
    detector = fitted.models.hidden_income.detector
    margin = trees.margin(detector, hidden_income.columns(look.gap, look.detector))
    score = np.where(look.unknown, -np.inf, margin)
    return Population(
        score=score,
        rank=rank_among(score, score),
        gap=np.where(np.isnan(look.gap), -np.inf, look.gap),
        inputs=np.column_stack([look.gap, look.detector]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyedIncome:
    """Of each surveyed family, ПМ a member a month: what it spent, declared, is thought to have.

    ``expected``: consumption by a model blind to its answer. ``estimate`` and ``low``: its
    hidden income by the served detector, given the gap to that blind expectation.
    """

    spent: Vector
    declared: Vector
    expected: Vector
    estimate: Vector
    low: Vector


def surveyed_income(
    labels: Labels, fitted: Fitted, generator: np.random.Generator
) -> SurveyedIncome:
    """Return what is thought of surveyed families by models that did not see their answers.

    The served model of expected consumption saw them all, so two more are grown, each on
    one half, with the served inputs and hyper-parameters; the detector reads no survey.
    """
    declared, spent = label.declared(labels.survey), label.consumption(labels.survey)
    weights = survey_weights(labels)
    look_at = {
        day: Look.at(fitted.models, labels.survey[rows], Law(day), ())
        for day, rows in label.by_day(labels.survey)
    }
    inputs = fitted.models.consumption.inputs
    x = label.encoded(labels.survey, inputs)
    ids = labels.survey["household_id"].to_numpy()
    fold = label.folds([ids], BLIND_FOLDS, generator)[0]
    expected, estimate, low = (np.empty(len(x)) for _ in range(3))
    for k in range(BLIND_FOLDS):
        mine, others = fold == k, fold != k
        model = consumption.fit(
            inputs,
            x[others],
            spent[others],
            weights[others],
            seed=k,
            hyper=fitted.hyper.consumption,
        )
        expected[mine] = model.expected(x[mine])
    for day, rows in label.by_day(labels.survey):
        look = look_at[day]
        outcome = fitted.models.hidden_income.outcome(
            expected[rows] - declared[rows],
            look.detector,
            places(labels.survey[rows]),
            look.unknown,
        )
        estimate[rows], low[rows] = outcome.estimate, outcome.low
    return SurveyedIncome(
        spent=spent, declared=declared, expected=expected, estimate=estimate, low=low
    )


def encoded_population(labels: Labels, fitted: Fitted) -> Matrix:
    """Return every model input of the population, at the prices of its day."""
    return encode(labels.population, fitted.inputs, Law(labels.as_of))
