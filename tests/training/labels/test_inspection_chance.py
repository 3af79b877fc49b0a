"""Inspected families stand for the population: by their chance to be inspected, whichever way."""

import numpy as np
import polars as pl
import pytest

from models.learned import conformal
from training.labels.both_arms import union_weights
from training.labels.gather import random_weights
from training.labels.inspection_chance import suspected, targeted_chance

FOLDS = 5


def drawn(generator, families=40_000, *, logged=("random", "targeted"), few=False):
    """A population whose score tells its risk, inspected at random and by its looks."""
    looks = generator.normal(0, 1, families)
    score = looks + generator.normal(0, 1, families)
    clear = generator.random(families) > 1 / (1 + np.exp(-(1.5 * score - 1)))
    rank = np.argsort(np.argsort(-score)) / families
    by_suspicion = np.clip(0.03 * np.exp(looks), 0.002, 0.3)
    at_random = 0.002 if few else 0.015
    random = generator.random(families) < at_random
    targeted = generator.random(families) < by_suspicion
    rows = np.concatenate([np.flatnonzero(random), np.flatnonzero(targeted)])
    ways = np.repeat(["random", "targeted"], [random.sum(), targeted.sum()])
    chance = np.where(ways == "random", at_random, by_suspicion[rows])
    chance = np.where(np.isin(ways, logged), chance, np.nan)
    inspections = pl.DataFrame({"design": ways, "probability": pl.Series(chance).fill_nan(None)})
    weights = random_weights(inspections)
    fold = generator.integers(0, FOLDS, len(rows))
    expected = suspected(inspections, weights, score[rows], looks[rows, None], fold, seed=1)
    together = union_weights(inspections, weights, expected)
    return rank[rows], clear[rows], weights, together, (rank, clear)


@pytest.mark.parametrize("logged", [("random", "targeted"), ("random",), ("targeted",), ()])
def test_both_ways_together_stand_for_the_population_as_the_random_arm_does(logged):
    rank, clear, random, together, (of_all, clear_of_all) = drawn(
        np.random.default_rng(1), logged=logged
    )
    if "random" in logged:
        assert together.sum() == pytest.approx(40_000, rel=0.12)
    top = rank < 0.1
    truth = clear_of_all[of_all < 0.1].mean()
    assert np.average(clear[top], weights=together[top]) == pytest.approx(truth, abs=0.04)
    # Taken as they come, the targeted ones would make the top look surer than it is, and
    # the middle family would look more suspicious.
    assert np.average(rank, weights=together) == pytest.approx(0.5, abs=0.03)
    assert np.average(rank) < 0.4
    assert ((together > 0) & top).sum() > 3 * ((random > 0) & top).sum()


def test_over_many_draws_two_arms_err_less_than_one():
    generator = np.random.default_rng(2)
    alone, both = [], []
    for _ in range(25):
        rank, clear, random, together, (of_all, clear_of_all) = drawn(generator, families=12_000)
        truth, top = clear_of_all[of_all < 0.1].mean(), rank < 0.1
        together = conformal.raked(rank, together)
        for errors, weights in ((alone, random), (both, together)):
            errors.append(np.average(clear[top], weights=weights[top]) - truth)
    assert abs(np.mean(both)) < 0.02
    assert np.std(both) < 0.8 * np.std(alone)


def test_who_was_targeted_is_learned_from_those_drawn_at_random():
    generator = np.random.default_rng(5)
    old = generator.normal(size=40_000)
    eligible = old > 0.84
    random = generator.random(40_000) < 0.02
    targeted = eligible & (generator.random(40_000) < 0.20)
    rows = np.concatenate([np.flatnonzero(random), np.flatnonzero(targeted)])
    chosen = np.repeat([False, True], [random.sum(), targeted.sum()])
    x = np.column_stack([generator.normal(size=len(rows)), old[rows]])
    fold = generator.integers(0, FOLDS, len(rows))
    chance = targeted_chance(chosen, np.where(chosen, 0.0, 50.0), x, fold, seed=0)
    assert np.mean(chance[eligible[rows]]) == pytest.approx(0.20, abs=0.04)
    assert np.mean(chance[~eligible[rows]]) < 0.01


def test_where_nobody_is_targeted_no_family_has_a_chance_to_be():
    x, fold = np.arange(60.0)[:, None], np.arange(60) % FOLDS
    nobody = np.zeros(60, dtype=bool)
    assert (targeted_chance(nobody, np.full(60, 50.0), x, fold, seed=0) == 0).all()


def test_with_too_few_of_one_way_the_random_arm_stands_alone():
    _, _, random, together, _ = drawn(np.random.default_rng(3), families=10_000, few=True)
    assert (random > 0).sum() < 100
    assert (together == random).all()


def test_complaints_stand_for_nobody():
    inspections = pl.DataFrame(
        {
            "design": ["random"] * 150 + ["targeted"] * 150 + ["complaint"] * 50,
            "probability": [0.01] * 150 + [0.1] * 150 + [None] * 50,
        }
    )
    random = np.repeat([100.0, 0.0, 0.0], [150, 150, 50])
    generator = np.random.default_rng(0)
    expected = suspected(
        inspections,
        random,
        generator.random(350),
        generator.random((350, 2)),
        generator.integers(0, FOLDS, 350),
        seed=0,
    )
    weights = union_weights(inspections, random, expected)
    assert (weights[300:] == 0).all()
    assert (weights[:300] > 0).all()


def test_raked_weights_hold_in_every_stretch_what_the_population_holds():
    generator = np.random.default_rng(4)
    rank = generator.random(3_000) ** 2
    weights = generator.uniform(0.5, 4.0, 3_000)
    raked = conformal.raked(rank, weights)
    assert raked.sum() == pytest.approx(1.0)
    for low, high in ((0.0, 0.01), (0.05, 0.075), (0.3, 0.4), (0.75, 1.0)):
        inside = (rank >= low) & (rank < high)
        assert raked[inside].sum() == pytest.approx(high - low)
        ratio = raked[inside] / weights[inside]
        assert ratio == pytest.approx(ratio[0])


@pytest.mark.parametrize(("families", "joined"), [(19, True), (20, False)])
def test_a_stretch_of_fewer_than_twenty_joins_the_next(families, joined):
    rank = np.concatenate([np.full(families, 0.005), np.full(100, 0.015), np.full(100, 0.9)])
    raked = conformal.raked(rank, np.ones(len(rank)))
    alone = raked[:families].sum() == pytest.approx(0.01)
    assert alone is not joined


def test_a_family_of_no_weight_keeps_none():
    rank = np.linspace(0, 0.999, 200)
    weights = np.where(np.arange(200) % 2, 1.0, 0.0)
    raked = conformal.raked(rank, weights)
    assert (raked[::2] == 0).all()
    assert raked.sum() == pytest.approx(1.0)
