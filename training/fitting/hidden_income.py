"""Learning to detect hidden income, judged only by models that had not seen the family."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import polars as pl

from features.errors import InputError
from models.assessment import target
from models.law.parameters import Law
from models.learned import conformal, hidden_income, trees
from models.learned.consumption import ExpectedConsumption
from models.learned.hidden_income import Amounts, Calibration, HiddenIncome
from models.learned.hyperparameters import SHIPPED, Hyperparameters
from models.learned.inputs import Input, Matrix, declared_income
from training.labels import both_arms, inspection_chance
from training.labels import gather as label
from training.labels import unmeasured_selection as choices
from training.labels.gather import Labels
from training.labels.unmeasured_selection import UNTOLD, Choice

FOLDS: Final = 5
FEWEST_OF_A_KIND: Final = 10
"""Inspected families of each kind, hiding and clear, below which no detector is grown."""
LEVEL: Final = 0.90
"""What intervals and category sets promise to hold."""
SHRINK: Final = 200
"""Families of all places that the tail of one place is tempered with."""
MARGIN: Final = 1.10
"""How much wider silence must be than knowing, on the mean of the training population."""

Flags = npt.NDArray[np.bool_]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """What was found at each inspected family, and what models said that had not seen it.

    ``hides`` is calibrated on the other folds' random inspections; ``rank`` is the share
    of the population that looks strictly more suspicious to the same model; ``random`` is
    the inverse inclusion probability in the random arm, zero outside it; ``standing``
    lets random and targeted inspections together stand for the population
    (`training.labels.inspection_chance`), zero for complaints; ``truth`` lets findings
    stand for the truth; ``place`` is where the family lives, by `hidden_income.PLACES`;
    ``choice`` what it tells to have been chosen. Amounts and gap
    in ПМ a member a month.
    """

    households: Whole
    confirmed: Matrix
    amount: Matrix
    expected: Matrix
    gap: Matrix
    margin: Matrix
    rank: Matrix
    hides: Matrix
    low: Matrix
    high: Matrix
    weights: Matrix
    random: Matrix
    standing: Matrix
    truth: Matrix
    place: Whole
    fold: Whole
    choice: Choice = UNTOLD

    @property
    def in_random_arm(self) -> Flags:
        """Which of them were inspected at random."""
        return self.random > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What the detector learns from: labels, inputs of the labelled and of the population."""

    found: Labels
    inputs: tuple[Input, ...]
    x: Matrix
    x_population: Matrix
    fold: Whole
    law: Law
    seed: int
    hyper: Hyperparameters = SHIPPED


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """The served detector, its findings on labelled families, its scores of the population."""

    detector: HiddenIncome
    inspected: Inspected
    population: Matrix


@dataclass(frozen=True, slots=True)
class Consumption:
    """The served model of expected consumption, and for each fold one that is blind to it.

    ``kept`` are the places of its inputs among all.
    """

    full: ExpectedConsumption
    blind: tuple[ExpectedConsumption, ...]
    kept: Whole

    def expected_blindly(self, x: Matrix, fold: Whole) -> Matrix:
        """Return what each family is expected to spend by the model that had not seen it."""
        expected = np.empty(len(x))
        for k, model in enumerate(self.blind):
            expected[fold == k] = model.expected(x[fold == k][:, self.kept])
        return expected


def places(inputs: tuple[Input, ...], wanted: tuple[Input, ...]) -> Whole:
    """Return where the wanted inputs stand among all."""
    at = {i.name: place for place, i in enumerate(inputs)}
    return np.array([at[i.name] for i in wanted], dtype=np.int64)


def findings(inspections: pl.DataFrame) -> tuple[Matrix, Matrix]:
    """Return the amount found at each inspected family, and 1 where it is material, else 0."""
    amount = target.hidden_amount(inspections)
    return amount, (amount >= target.materiality(inspections)).astype(np.float64)


def require_both_kinds(inspections: pl.DataFrame, fold: Whole) -> None:
    """Raise ``InputError`` unless families of both kinds suffice, also outside every fold.

    Families are counted, not inspections: one inspected five times is one witness.
    """
    confirmed = findings(inspections)[1] > 0
    if confirmed.all() or not confirmed.any():
        raise InputError(
            f"All {len(confirmed)} inspections found the same: a detector needs families that "
            "hide income and families that do not. Bring more inspections."
        )
    households = inspections["household_id"].to_numpy()
    hiding, clear = (len(np.unique(households[kind])) for kind in (confirmed, ~confirmed))
    if min(hiding, clear) < FEWEST_OF_A_KIND:
        raise InputError(
            f"Inspections confirmed hidden income at {hiding} families and none at {clear}: a "
            f"detector needs at least {FEWEST_OF_A_KIND} of each. Bring more inspections."
        )
    for k in range(FOLDS):
        others = confirmed[fold != k]
        if others.all() or not others.any():
            raise InputError(
                f"Of {hiding} families that hide income and {clear} that do not, all of one kind "
                f"fell into one of {FOLDS} folds. Bring more inspections, or take another seed."
            )


def learn(material: Material, consumption: Consumption, tell: Callable[[str], None]) -> Detected:
    """Fit the detector of hidden income, its calibration and its intervals.

    Where there is no random arm, the line and the intervals rest on the pooled
    inspections; nothing is promised then, and the certificate says so.
    """
    found, seed = material.found, material.seed
    mine = hidden_income.hidden_income_inputs(material.inputs)
    kept = places(material.inputs, mine)
    amount, confirmed = findings(found.inspections)
    weights = label.training_weights(found.inspections)
    random = label.random_weights(found.inspections)
    judged = random if random.any() else weights
    expected = consumption.expected_blindly(material.x, material.fold)
    gap = expected - label.declared(found.inspections)
    table = hidden_income.columns(gap, material.x[:, kept])
    income = declared_income(found.population, material.law)

    def seen(model: ExpectedConsumption) -> Matrix:
        of_all = model.expected(material.x_population[:, consumption.kept]) - income
        return hidden_income.columns(of_all, material.x_population[:, kept])

    def grown(rows: Flags, apart: Matrix | None) -> lgb.Booster:
        tell("hidden income")
        return hidden_income.fit_detector(
            mine,
            table[rows],
            confirmed[rows],
            weights[rows],
            seed=seed,
            hyper=material.hyper.hidden_income,
            offset=None if apart is None else apart[rows],
        )

    blindly = [(material.fold == k, blind) for k, blind in enumerate(consumption.blind)]
    design = choices.design(found.inspections)
    margin, rank = np.empty(len(table)), np.empty(len(table))
    boosters = [grown(~out, None) for out, _ in blindly]
    for (out, _), booster in zip(blindly, boosters, strict=True):
        margin[out] = trees.margin(booster, table[out])
    # Whether the choice tells is asked of detectors that were grown as if it told nothing.
    suspected = inspection_chance.suspected(
        found.inspections, random, margin, material.x, material.fold, seed=seed
    )
    choice = choices.seen(margin, confirmed, design, suspected)
    apart = choice.offset(design)
    if apart is not None:
        boosters = [grown(~out, apart) for out, _ in blindly]
    for (out, blind), booster in zip(blindly, boosters, strict=True):
        margin[out] = trees.margin(booster, table[out])
        rank[out] = rank_among(margin[out], trees.margin(booster, seen(blind)))
    calibration, hides = calibrated(
        margin, confirmed, judged, material.fold, float(material.law.inspection_sensitivity)
    )
    tell("hidden amounts")
    centre, amounts = amounts_of(mine, table, amount, confirmed > 0, weights, material)
    truth = hidden_income.truth_weights(confirmed > 0, hides, calibration.sensitivity)
    place = hidden_income.places(found.inspections)
    agreement = conformal.amount_score(hides, centre, amounts.spread, amount)
    tails = tails_by_place(agreement, judged * truth, place)
    low, high = conformal.amount_bounds(hides, centre, amounts.spread, np.array(tails)[place])
    standing = conformal.raked(rank, both_arms.union_weights(found.inspections, random, suspected))
    inspected = Inspected(
        households=found.inspections["household_id"].to_numpy(),
        confirmed=confirmed,
        amount=amount,
        expected=expected,
        gap=gap,
        margin=margin,
        rank=rank,
        hides=hides,
        low=low,
        high=high,
        weights=weights,
        random=random,
        standing=standing,
        truth=truth,
        place=place,
        fold=material.fold,
        choice=choice,
    )
    tell("hidden income of all")
    of_all = seen(consumption.full)
    known = HiddenIncome(
        inputs=mine,
        detector=grown(np.ones(len(table), dtype=bool), apart),
        amounts=amounts,
        calibration=calibration,
        tails=tails,
        unknown_high=0.0,
        unknown_estimate=conformal.quantile(amount, judged * truth, hidden_income.LEANING),
    )
    said = known.outcome(
        of_all[:, 0],
        of_all[:, 1:],
        hidden_income.places(found.population),
        np.zeros(len(of_all), dtype=bool),
    )
    high_of_any = unknown_high(amount, judged * truth, said.high - said.low, found)
    return Detected(
        detector=replace(known, unknown_high=high_of_any),
        inspected=inspected,
        population=said.margin,
    )


def tails_by_place(agreement: Matrix, weights: Matrix, place: Whole) -> tuple[float, ...]:
    """Return the tail that makes the interval hold nine in ten, for each kind of place.

    Mondrian conformal prediction (Vovk et al. 2005, ch. 4): each kind of place is
    calibrated on its own families, and drawn towards the tail of all of them by the
    weight of `SHRINK` families, for a few labels set a tail by chance.
    """
    counted = weights > 0
    of_all = conformal.lower_quantile(agreement[counted], weights[counted], LEVEL)
    tails = []
    for each in range(len(hidden_income.PLACES)):
        mine = counted & (place == each)
        own = conformal.lower_quantile(agreement[mine], weights[mine], LEVEL) if mine.any() else 0.0
        trust = mine.sum() / (mine.sum() + SHRINK)
        tails.append(float(trust * own + (1 - trust) * of_all))
    return tuple(tails)


def amounts_of(
    inputs: tuple[Input, ...],
    table: Matrix,
    amount: Matrix,
    hiding: Flags,
    weights: Matrix,
    material: Material,
) -> tuple[Matrix, Amounts]:
    """Return what is predicted for each family by a model blind to it, and the served amounts.

    The spread of the served amounts is that of the blind predictions' errors.
    """
    centre = np.empty(len(table))
    for k in range(FOLDS):
        mine_now, rows = material.fold == k, hiding & (material.fold != k)
        blind = hidden_income.fit_amounts(
            inputs,
            table[rows],
            amount[rows],
            weights[rows],
            seed=material.seed,
            hyper=material.hyper.hidden_amount,
        )
        centre[mine_now] = trees.margin(blind, table[mine_now])
    errors = np.log(amount[hiding]) - centre[hiding]
    full = hidden_income.fit_amounts(
        inputs,
        table[hiding],
        amount[hiding],
        weights[hiding],
        seed=material.seed,
        hyper=material.hyper.hidden_amount,
    )
    return centre, Amounts(
        booster=full,
        spread=max(float(np.sqrt(np.average(errors**2, weights=weights[hiding]))), 0.05),
    )


def rank_among(margins: Matrix, population: Matrix) -> Matrix:
    """Return for each family the share of the population that looks strictly more suspicious.

    Ranks can be compared between models that scores cannot: each flags its own first tenth.
    """
    ordered = np.sort(population)
    above = len(ordered) - np.searchsorted(ordered, margins, side="right")
    return np.asarray(above / len(ordered), dtype=np.float64)


def calibrated(
    margins: Matrix, confirmed: Matrix, weights: Matrix, fold: Whole, sensitivity: float
) -> tuple[Calibration, Matrix]:
    """Return the line through all judged labels, and probabilities by the others' lines.

    Labels of weight zero are not judged; they get probabilities all the same.
    """

    def line(rows: Flags) -> Calibration:
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


def unknown_high(amount: Matrix, weights: Matrix, widths: Matrix, found: Labels) -> float:
    """Return the high end for a family of whom a register is silent, ПМ a member a month.

    What nine families in ten do not exceed, whoever they are; and never less than the
    mean width of the intervals of the known population, by member or by household:
    silence must not look like knowledge.
    """
    judged = weights > 0
    marginal = conformal.upper_quantile(amount[judged], weights[judged], LEVEL)
    marginal = marginal if np.isfinite(marginal) else float(amount.max())
    members = found.population["members"].cast(pl.Float64).fill_null(0.0).to_numpy()
    known = np.isfinite(widths) & (members > 0)
    by_member = float(widths[known].mean())
    by_household = float(np.average(widths[known], weights=members[known]))
    return max(marginal, MARGIN * by_member, MARGIN * by_household)
