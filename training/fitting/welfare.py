"""Learning the welfare category, and how much wider its set must be when a register is silent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np

from models.learned import conformal, welfare
from models.learned.arrays import Codes, Matrix, Vector
from models.learned.hyperparameters import SHIPPED, Boosting
from models.learned.inputs import Input
from models.learned.welfare import Welfare
from training.fitting.evidence import FOLDS
from training.fitting.intervals import COVERAGE, WIDER_WHEN_SILENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveyed:
    """The ladder answer of each surveyed family, and what a model said that had not seen it."""

    households: Codes
    category: Codes
    exceeds: Matrix
    weights: Vector
    bar: float
    sizes_when_silent: Mapping[str, float]


def learn(
    inputs: tuple[Input, ...],
    x: Matrix,
    category: Codes,
    weights: Vector,
    households: Codes,
    fold: Codes,
    *,
    seed: int,
    generator: np.random.Generator,
    tell: Callable[[str], None],
    hyper: Boosting = SHIPPED.welfare,
) -> tuple[Welfare, Surveyed]:
    """Fit the ladder's boosters, the bar of its sets and the bars of silence.

    Every family is shown twice, the second time with registers blanked, so that the
    boosters know how to answer without them.
    """
    again = welfare.shown_with_silence(inputs, x, generator)
    silent = welfare.can_fall_silent(inputs)
    exceeds = np.empty((len(x), welfare.STEPS))
    without = {register: np.empty_like(exceeds) for register in silent}
    without_any = np.empty_like(exceeds)
    for k in range(FOLDS):
        tell("welfare category")
        mine, others = fold == k, fold != k
        blind = _grown(
            inputs, x[others], again[others], category[others], weights[others], seed, hyper
        )
        exceeds[mine] = welfare.exceeds(blind, x[mine])
        for register in silent:
            gone = welfare.blanked(inputs, x[mine], (register,))
            without[register][mine] = welfare.exceeds(blind, gone)
        gone = welfare.blanked(inputs, x[mine], silent)
        without_any[mine] = welfare.exceeds(blind, gone)
    bar = conformal.lower_quantile(conformal.category_score(exceeds, category), weights, COVERAGE)
    factors = {
        register: silence_factor(exceeds_without, category, weights, bar, exceeds)
        for register, exceeds_without in without.items()
    }
    tell("welfare category of all")
    model = Welfare(
        inputs=inputs,
        boosters=_grown(inputs, x, again, category, weights, seed, hyper),
        bar=bar,
        silence=_together(factors, without_any, category, weights, bar),
    )
    surveyed = Surveyed(
        households=households,
        category=category,
        exceeds=exceeds,
        weights=weights,
        bar=bar,
        sizes_when_silent={
            register: welfare.mean_size(exceeds_without, model.bar_when((register,)), weights)
            for register, exceeds_without in without.items()
        },
    )
    return model, surveyed


def silence_factor(
    exceeds_without: Matrix, category: Codes, weights: Vector, bar: float, knowing: Matrix
) -> float:
    """Return by what the bar is multiplied while one register is silent, at most one.

    Low enough to hold the category of nine families in ten without the register, and
    for the mean set to be wider than with it, by a margin that other populations eat.
    """
    held = conformal.lower_quantile(
        conformal.category_score(exceeds_without, category), weights, COVERAGE
    )
    factor = min(held / bar, 1.0) if bar else 1.0
    wanted = WIDER_WHEN_SILENT * welfare.mean_size(knowing, bar, weights)
    wanted = min(wanted, float(len(welfare.CATEGORIES)))
    while factor > 1e-6 and welfare.mean_size(exceeds_without, factor * bar, weights) < wanted:
        factor *= 0.9
    return factor


def _together(
    factors: Mapping[str, float], without_any: Matrix, category: Codes, weights: Vector, bar: float
) -> dict[str, float]:
    """Lower every factor alike until the set holds with all registers silent at once."""
    held = conformal.lower_quantile(
        conformal.category_score(without_any, category), weights, COVERAGE
    )
    product = float(np.prod(list(factors.values()))) * bar
    if not factors or not product or product <= held:
        return dict(factors)
    less = (held / product) ** (1 / len(factors))
    return {register: factor * less for register, factor in factors.items()}


def _grown(
    inputs: tuple[Input, ...],
    x: Matrix,
    again: Matrix,
    category: Codes,
    weights: Vector,
    seed: int,
    hyper: Boosting,
) -> tuple[lgb.Booster, ...]:
    return welfare.fit_steps(
        inputs,
        np.vstack([x, again]),
        np.concatenate([category, category]),
        np.concatenate([weights, weights]),
        seed=seed,
        hyper=hyper,
    )
