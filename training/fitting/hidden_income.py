"""Learning to detect hidden income, judged only by models that had not seen the family.

The way: blind scores → what an inspector's choice adds → calibration → amounts → intervals →
the served detector, which saw every label. What is kept of each inspected family
(`Inspected`) is what the blind models say of it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import lightgbm as lgb
import numpy as np

from models.learned import conformal, hidden_income, trees
from models.learned.arrays import Codes, Mask, Vector
from models.learned.hidden_income import Amounts, Calibration, HiddenIncome
from training.fitting.evidence import (
    FOLDS,
    Consumption,
    Evidence,
    FitInputs,
    evidence_of,
    population_table,
)
from training.fitting.intervals import tails_by_place, unknown_high
from training.labels import both_arms, inspection_chance, unmeasured_selection
from training.labels.unmeasured_selection import NO_EFFECT_KNOWN, SelectionEffects

Step = Callable[[str], None]
"""Tells whoever waits what is being done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """What was found at each inspected family, and what models said that had not seen it.

    ``hides`` is calibrated on the other folds' random inspections; ``rank`` is the share
    of the population that looks strictly more suspicious to the same model; ``random`` is
    the inverse inclusion probability in the random arm, zero outside it; ``standing``
    lets random and targeted inspections together stand for the population
    (`training.labels.both_arms`), zero for complaints; ``truth`` lets findings
    stand for the truth; ``place`` is where the family lives, by `hidden_income.PLACES`;
    ``choice`` what it tells to have been chosen. Amounts and gap
    in ПМ a member a month.
    """

    households: Codes
    confirmed: Vector
    amount: Vector
    expected: Vector
    gap: Vector
    margin: Vector
    rank: Vector
    hides: Vector
    low: Vector
    high: Vector
    weights: Vector
    random: Vector
    standing: Vector
    truth: Vector
    place: Codes
    fold: Codes
    choice: SelectionEffects = NO_EFFECT_KNOWN

    @property
    def in_random_arm(self) -> Mask:
        """Which of them were inspected at random."""
        return self.random > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """The served detector, its findings on labelled families, its scores of the population."""

    detector: HiddenIncome
    inspected: Inspected
    population: Vector


@dataclass(frozen=True, slots=True)
class BlindScores:
    """What detectors that had not seen a family say of it; one booster a fold."""

    boosters: tuple[lgb.Booster, ...]
    margin: Vector


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What it tells to have been chosen, and how likely each family was to be targeted.

    ``offset`` is what the choice moved each finding by, as log-odds; None: by nothing.
    """

    effect: SelectionEffects
    suspected: Vector | None
    offset: Vector | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervals:
    """The tails of the served intervals, what weights findings by truth, and blind intervals."""

    tails: tuple[float, ...]
    truth: Vector
    low: Vector
    high: Vector


def learn(given: FitInputs, consumption: Consumption, step: Step) -> Detected:
    """Fit the detector of hidden income, its calibration and its intervals.

    Where there is no random arm, the line and the intervals rest on the pooled
    inspections; nothing is promised then, and the certificate says so.
    """
    evidence = evidence_of(given, consumption)
    scores, selection = scored_blindly(given, evidence, step)
    rank = ranks(given, evidence, consumption, scores)
    sensitivity = float(given.law.inspection_sensitivity)
    calibration, hides = calibrated(
        scores.margin, evidence.confirmed, evidence.judged, evidence.fold, sensitivity
    )
    step("hidden amounts")
    centre, amounts = amounts_of(given, evidence)
    intervals = intervals_of(evidence, calibration, hides, centre, amounts)
    step("hidden income of all")
    detector, population = served(
        given, evidence, consumption, selection, calibration, amounts, intervals, step
    )
    union = both_arms.union_weights(given.labels.inspections, evidence.random, selection.suspected)
    inspected = Inspected(
        households=evidence.households,
        confirmed=evidence.confirmed,
        amount=evidence.amount,
        expected=evidence.expected,
        gap=evidence.gap,
        margin=scores.margin,
        rank=rank,
        hides=hides,
        low=intervals.low,
        high=intervals.high,
        weights=evidence.weights,
        random=evidence.random,
        standing=conformal.raked(rank, union),
        truth=intervals.truth,
        place=evidence.place,
        fold=evidence.fold,
        choice=selection.effect,
    )
    return Detected(detector=detector, inspected=inspected, population=population)


def scored_blindly(
    given: FitInputs, evidence: Evidence, step: Step
) -> tuple[BlindScores, Selection]:
    """Score each family by a detector that had not seen it, with what the choice adds set apart.

    Whether the choice tells is asked of detectors that were grown as if it told nothing;
    where it does, all are grown again beside it.
    """
    scores = blind_scores(given, evidence, None, step)
    suspected = inspection_chance.suspected(
        given.labels.inspections,
        evidence.random,
        scores.margin,
        given.x,
        evidence.fold,
        seed=given.seed,
    )
    effect = unmeasured_selection.seen(
        scores.margin, evidence.confirmed, evidence.design, suspected
    )
    offset = effect.offset(evidence.design)
    if offset is not None:
        scores = blind_scores(given, evidence, offset, step)
    return scores, Selection(effect=effect, suspected=suspected, offset=offset)


def blind_scores(
    given: FitInputs, evidence: Evidence, offset: Vector | None, step: Step
) -> BlindScores:
    """Grow one detector a fold on the other folds, and score the fold by it."""
    margin = np.empty(len(evidence.table))
    boosters = []
    for k in range(FOLDS):
        fold_rows = evidence.fold == k
        booster = grown(given, evidence, ~fold_rows, offset, step)
        margin[fold_rows] = trees.margin(booster, evidence.table[fold_rows])
        boosters.append(booster)
    return BlindScores(tuple(boosters), margin)


def grown(
    given: FitInputs, evidence: Evidence, rows: Mask, offset: Vector | None, step: Step
) -> lgb.Booster:
    """Grow a detector on some of the inspected families."""
    step("hidden income")
    return hidden_income.fit_detector(
        evidence.inputs,
        evidence.table[rows],
        evidence.confirmed[rows],
        evidence.weights[rows],
        seed=given.seed,
        hyper=given.hyper.hidden_income,
        offset=None if offset is None else offset[rows],
    )


def ranks(
    given: FitInputs, evidence: Evidence, consumption: Consumption, scores: BlindScores
) -> Vector:
    """Return for each family the share of the population that its blind detector ranks above it."""
    rank = np.empty(len(evidence.table))
    for k, (booster, blind) in enumerate(zip(scores.boosters, consumption.blind, strict=True)):
        fold_rows = evidence.fold == k
        population = population_table(given, evidence, consumption, blind)
        rank[fold_rows] = rank_among(scores.margin[fold_rows], trees.margin(booster, population))
    return rank


def rank_among(margins: Vector, population: Vector) -> Vector:
    """Return for each family the share of the population that looks strictly more suspicious.

    Ranks can be compared between models that scores cannot: each flags its own first tenth.
    """
    ordered = np.sort(population)
    above = len(ordered) - np.searchsorted(ordered, margins, side="right")
    return np.asarray(above / len(ordered), dtype=np.float64)


def calibrated(
    margins: Vector, confirmed: Vector, weights: Vector, fold: Codes, sensitivity: float
) -> tuple[Calibration, Vector]:
    """Return the line through all judged labels, and probabilities by the others' lines.

    Labels of weight zero are not judged; they get probabilities all the same.
    """

    def line(rows: Mask) -> Calibration:
        return hidden_income.calibrate(
            margins[rows], confirmed[rows], weights[rows], sensitivity=sensitivity
        )

    judged = weights > 0
    hides = np.empty(len(margins))
    for k in range(FOLDS):
        rest = judged & (fold != k)
        chosen = line(rest) if rest.any() else line(judged)
        hides[fold == k] = chosen.hides(margins[fold == k])
    return line(judged), hides


def amounts_of(given: FitInputs, evidence: Evidence) -> tuple[Vector, Amounts]:
    """Return what is predicted for each family by a model blind to it, and the served amounts.

    The spread of the served amounts is that of the blind predictions' errors.
    """
    hiding = evidence.hiding
    centre = np.empty(len(evidence.table))
    for k in range(FOLDS):
        fold_rows = evidence.fold == k
        blind = _grown_amounts(given, evidence, hiding & ~fold_rows)
        centre[fold_rows] = trees.margin(blind, evidence.table[fold_rows])
    errors = np.log(evidence.amount[hiding]) - centre[hiding]
    spread = float(np.sqrt(np.average(errors**2, weights=evidence.weights[hiding])))
    return centre, Amounts(
        booster=_grown_amounts(given, evidence, hiding), spread=max(spread, 0.05)
    )


def _grown_amounts(given: FitInputs, evidence: Evidence, rows: Mask) -> lgb.Booster:
    return hidden_income.fit_amounts(
        evidence.inputs,
        evidence.table[rows],
        evidence.amount[rows],
        evidence.weights[rows],
        seed=given.seed,
        hyper=given.hyper.hidden_amount,
    )


def intervals_of(
    evidence: Evidence,
    calibration: Calibration,
    hides: Vector,
    centre: Vector,
    amounts: Amounts,
) -> Intervals:
    """Set the tails so that intervals hold the true amounts of nine families in ten."""
    truth = hidden_income.truth_weights(evidence.hiding, hides, calibration.sensitivity)
    agreement = conformal.amount_score(hides, centre, amounts.spread, evidence.amount)
    tails = tails_by_place(agreement, evidence.judged * truth, evidence.place)
    low, high = conformal.amount_bounds(
        hides, centre, amounts.spread, np.array(tails)[evidence.place]
    )
    return Intervals(tails=tails, truth=truth, low=low, high=high)


def served(
    given: FitInputs,
    evidence: Evidence,
    consumption: Consumption,
    selection: Selection,
    calibration: Calibration,
    amounts: Amounts,
    intervals: Intervals,
    step: Step,
) -> tuple[HiddenIncome, Vector]:
    """Return the detector that saw every label, and its raw scores of the population."""
    population = given.labels.population
    table = population_table(given, evidence, consumption, consumption.full)
    everybody = np.ones(len(evidence.table), dtype=bool)
    weights = evidence.judged * intervals.truth
    detector = HiddenIncome(
        inputs=evidence.inputs,
        detector=grown(given, evidence, everybody, selection.offset, step),
        amounts=amounts,
        calibration=calibration,
        tails=intervals.tails,
        unknown_high=0.0,
        unknown_estimate=conformal.quantile(evidence.amount, weights, hidden_income.LEANING),
    )
    outcome = detector.outcome(
        table[:, 0],
        table[:, 1:],
        hidden_income.places(population),
        np.zeros(len(table), dtype=bool),
    )
    high = unknown_high(evidence.amount, weights, outcome.high - outcome.low, given.labels)
    return replace(detector, unknown_high=high), outcome.margin
