"""Other ways to learn from selected labels, beside the shipped one, on the same inputs.

Each variant is one small function from a `Lesson` to a score for every family. All but
those that say otherwise use the shipped trees, constraints and the out-of-fold gap; they
differ in which labels they learn from, in what weight, and in what stands for the target.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import lightgbm as lgb
import numpy as np
import polars as pl

from models.learned import hidden_income, trees
from models.learned.arrays import Codes, Mask, Matrix, Vector
from models.learned.hyperparameters import Boosting, shipped
from models.learned.inputs import Input
from training.evaluation.evaluate import regression
from training.labels import gather as label
from training.labels import unmeasured_selection
from training.trials.country import Country

_CLIP: Final = 5.0
"""Inverse probabilities are kept within this factor of their median, where they are clipped."""
_UNLABELLED: Final = 20_000
"""Families without a label that a variant learns from, at most."""
_ROUNDS: Final = 3
_THRESHOLDS: Final = (0.5, 1.0, 2.0)
"""Multiples of the amount from which income counts as hidden."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What every variant is given.

    ``table`` and ``families`` hold the gap and the detector's inputs, of inspections and of
    all families; ``amount`` what was found, in multiples of the material sum, so that
    ``confirmed`` is ``amount ≥ 1``; ``weights`` the shipped ones; ``offset``
    what the inspectors' choice tells beside each finding
    (`training.labels.unmeasured_selection`), None where nothing; ``probability`` the logged
    chance of inspection, NaN where unknown; ``unlabelled`` rows of ``families`` that no
    inspection speaks of; ``survey`` the detector's inputs of surveyed families and
    ``unexplained`` what they spend above what they declare.
    """

    inputs: tuple[Input, ...]
    table: Matrix
    confirmed: Vector
    amount: Vector
    weights: Vector
    offset: Vector | None
    probability: Vector
    at_random: Mask
    families: Matrix
    unlabelled: Codes
    survey: Matrix
    unexplained: Vector
    sensitivity: float
    hyper: Boosting
    seed: int

    def grow(
        self,
        x: Matrix,
        y: Vector,
        weights: Vector,
        *,
        objective: str = "binary",
        more: tuple[str, ...] = (),
    ) -> lgb.Booster:
        """Grow the shipped trees under the shipped constraints; ``more`` names added columns."""
        return trees.grow(
            x,
            y,
            weights=weights,
            objective=objective,
            seed=self.seed,
            directions=[*hidden_income.directions(self.inputs), *(1 for _ in more)],
            names=[hidden_income.GAP, *(i.name for i in self.inputs), *more],
            **self.hyper.options(),
        )

    def ranked(self, y: Vector, weights: Vector, **how: Any) -> Vector:
        """Learn ``y`` from the inspections and score every family."""
        return trees.margin(self.grow(self.table, y, weights, **how), self.families)


Variant = Callable[[Lesson], Vector]


def lesson(country: Country) -> Lesson:
    """Return what the variants learn from in a trained country: its own folds and gaps."""
    cross_fitted, labels = country.fitted.inspected, country.labels
    inputs = country.fitted.models.hidden_income.inputs
    x = label.encoded(labels.inspections, inputs)
    survey = label.encoded(labels.survey, inputs)
    expected = country.fitted.models.consumption
    gap = expected.expected(label.encoded(labels.survey, expected.inputs)) - label.declared(
        labels.survey
    )
    inspected = country.features["household_id"].is_in(labels.inspections["household_id"].implode())
    line = float(country.law.hidden_income_materiality)
    probability = labels.inspections["probability"].cast(pl.Float64).fill_null(float("nan"))

    return Lesson(
        inputs=inputs,
        table=hidden_income.columns(cross_fitted.gap, x),
        confirmed=cross_fitted.confirmed,
        amount=cross_fitted.amount / line,
        weights=cross_fitted.weights,
        offset=cross_fitted.choice.offset(unmeasured_selection.design(labels.inspections)),
        probability=probability.to_numpy(),
        at_random=cross_fitted.in_random_arm,
        families=hidden_income.columns(country.look.gap, country.look.detector),
        unlabelled=np.flatnonzero(~inspected.to_numpy()),
        survey=hidden_income.columns(gap, survey),
        unexplained=label.consumption(labels.survey) - label.declared(labels.survey),
        sensitivity=float(country.law.inspection_sensitivity),
        hyper=shipped(labels.inspections.height).hidden_income,
        seed=0,
    )


def shipped_detector(given: Lesson) -> Vector:
    """Two stages, and what an inspector's choice alone tells is set beside the finding."""
    booster = hidden_income.fit_detector(
        given.inputs,
        given.table,
        given.confirmed,
        given.weights,
        seed=given.seed,
        hyper=given.hyper,
        offset=given.offset,
    )
    return trees.margin(booster, given.families)


def two_stage_gap(given: Lesson) -> Vector:
    """The same inspections and weights (root of the inverse chance, gently clipped), pooled.

    Blind to how a family came to be inspected; so are all the others below.
    """
    return given.ranked(given.confirmed, given.weights)


def naive_pooling(given: Lesson) -> Vector:
    """Every inspection counts the same, as if all had been drawn at random."""
    return given.ranked(given.confirmed, np.ones(len(given.confirmed)))


def without_the_gap(given: Lesson) -> Vector:
    """Shipped, but blind to the survey: the gap is taken away."""
    blind, families = given.table.copy(), given.families.copy()
    blind[:, 0], families[:, 0] = 0.0, 0.0
    booster = given.grow(blind, given.confirmed, given.weights)
    return trees.margin(booster, families)


def inverse_probability(given: Lesson) -> Vector:
    """Each inspection counts by the inverse of its logged chance, however large."""
    return given.ranked(given.confirmed, _inverse(given))


def inverse_probability_clipped(given: Lesson) -> Vector:
    """The same, kept within a factor of five of the median."""
    weights = _inverse(given)
    middle = float(np.median(weights))
    return given.ranked(given.confirmed, np.clip(weights, middle / _CLIP, middle * _CLIP))


def random_arm_only(given: Lesson) -> Vector:
    """Only inspections drawn at random teach; no selection, but a third of the labels."""
    arm = given.at_random
    booster = given.grow(given.table[arm], given.confirmed[arm], np.ones(int(arm.sum())))
    return trees.margin(booster, given.families)


def positive_unlabelled(given: Lesson) -> Vector:
    """Confirmed families against the population, unconfirmed ones forgotten.

    Elkan & Noto (2008): where positives are found at random, this ranks as the truth does.
    """
    rows = _some(given)
    x = np.vstack([given.table[given.confirmed > 0], given.families[rows]])
    positives = int(given.confirmed.sum())
    y = np.repeat([1.0, 0.0], [positives, len(rows)])
    weights = np.repeat([1.0 / max(positives, 1), 1.0 / len(rows)], [positives, len(rows)])
    return trees.margin(given.grow(x, y, weights), given.families)


def semi_supervised(given: Lesson) -> Vector:
    """Families without a label join with what the shipped detector thinks of them.

    They weigh as much as the inspections together (self-training with soft labels).
    """
    rows = _some(given)
    first = trees.logistic(two_stage_gap(given)[rows])
    x = np.vstack([given.table, given.families[rows]])
    y = np.concatenate([given.confirmed, first])
    share = given.weights.sum() / len(rows)
    weights = np.concatenate([given.weights, np.full(len(rows), share)])
    return trees.margin(given.grow(x, y, weights, objective="cross_entropy"), given.families)


def missed_hiders(given: Lesson) -> Vector:
    """Unconfirmed families count as hiding by the chance that the inspector missed it (EM)."""
    soft = given.confirmed
    for _ in range(_ROUNDS):
        booster = given.grow(given.table, soft, given.weights, objective="cross_entropy")
        hides = trees.logistic(trees.margin(booster, given.table))
        unseen = hidden_income.missed(hides, given.sensitivity)
        soft = np.where(given.confirmed > 0, 1.0, unseen)
    return given.ranked(soft, given.weights, objective="cross_entropy")


def verified_amount(given: Lesson) -> Vector:
    """The amount is learned instead of whether it is material: log(1 + amount)."""
    return given.ranked(np.log1p(given.amount), given.weights, objective="regression")


def several_thresholds(given: Lesson) -> Vector:
    """The mean of detectors of half, once and twice the sum that counts as hidden."""
    scores = [
        given.ranked((given.amount >= times).astype(np.float64), given.weights)
        for times in _THRESHOLDS
    ]
    return np.asarray(np.mean(scores, axis=0), dtype=np.float64)


def survey_proxy(given: Lesson) -> Vector:
    """One more input: what surveyed families like this one spend above what they declare."""
    proxy = given.grow(
        given.survey, given.unexplained, np.ones(len(given.survey)), objective="regression"
    )
    x, families = (
        np.column_stack([rows, trees.margin(proxy, rows)]) for rows in (given.table, given.families)
    )
    booster = given.grow(x, given.confirmed, given.weights, more=("unexplained_by_survey",))
    return trees.margin(booster, families)


def logistic_regression_with_gap(given: Lesson) -> Vector:
    """No trees: a regression of the gap and the detector's inputs."""
    line = regression().fit(
        given.table, given.confirmed, logisticregression__sample_weight=given.weights
    )
    return np.asarray(line.decision_function(given.families), dtype=np.float64)


VARIANTS: Final[Mapping[str, Variant]] = {
    v.__name__: v
    for v in (
        shipped_detector,
        two_stage_gap,
        naive_pooling,
        without_the_gap,
        inverse_probability,
        inverse_probability_clipped,
        random_arm_only,
        positive_unlabelled,
        semi_supervised,
        missed_hiders,
        verified_amount,
        several_thresholds,
        survey_proxy,
        logistic_regression_with_gap,
    )
}


def scores(country: Country) -> dict[str, Vector]:
    """Return how each variant ranks every family of the country."""
    given = lesson(country)
    return {name: variant(given) for name, variant in VARIANTS.items()}


def _inverse(given: Lesson) -> Vector:
    """Inverse logged chances; an unknown one counts as the median of the known."""
    known = np.isfinite(given.probability)
    if not known.any():
        return np.ones(len(known))
    weights = 1.0 / np.where(known, given.probability, 1.0)
    return np.where(known, weights, np.median(weights[known]))


def _some(given: Lesson) -> Codes:
    generator = np.random.default_rng(given.seed)
    count = min(_UNLABELLED, len(given.unlabelled))
    return np.sort(generator.choice(given.unlabelled, count, replace=False))
