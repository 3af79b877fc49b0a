"""What a policy would bring, in a world whose truth is known: ours is right, pooling is not."""

import numpy as np
import pytest

from models.assessment import metrics
from training.evaluation.baselines import ranked
from training.evaluation.policy_value import Sample, chance_of_inspection, estimate
from training.labels.both_arms import shared

FAMILIES, CAPACITY, RANDOM, TARGETED = 20_000, 0.10, 0.02, 0.20


class World:
    """Families with a sign of hiding, an old suspicion, and a private reason that only the
    old suspicion follows; the suspicious fifth is targeted."""

    def __init__(self, seed):
        self.generator = np.random.default_rng(seed)
        self.sign, old = self.generator.normal(size=(2, FAMILIES))
        self.old = old
        self.eligible = old > 0.84
        self.chance = 1 / (1 + np.exp(-(1.2 * self.sign + 1.0 * old - 1.2)))
        self.hides = (self.generator.random(FAMILIES) < self.chance).astype(float)
        above, beside = ranked(self.sign, self.sign)
        self.chosen = chance_of_inspection(above, beside, CAPACITY)
        self.truth = float(np.average(self.hides, weights=self.chosen))

    def inspected(self):
        """Draw both arms; return which, whether at random, and the probability of its design."""
        at_random = self.generator.random(FAMILIES) < RANDOM
        targeted = self.eligible & (self.generator.random(FAMILIES) < TARGETED)
        rows = np.concatenate([np.flatnonzero(at_random), np.flatnonzero(targeted)])
        random = np.repeat([True, False], [at_random.sum(), targeted.sum()])
        return rows, random, np.where(random, RANDOM, TARGETED)


def worth_and_pooled(world, expected, *, untrue=1.0):
    rows, random, probability = world.inspected()
    expected_targeted = np.where(world.eligible, TARGETED, 0.0)[rows]
    weights = shared(probability * np.where(random, 1.0, untrue), random, RANDOM, expected_targeted)
    if untrue != 1.0:
        weights = weights * np.exp(0.7 * world.old[rows])  # wrong, in step with the old suspicion
    sample = Sample(
        households=rows, weights=weights, value=world.hides[rows], expected=expected[rows]
    )
    drawn = metrics.draws(rows, world.generator, replicas=50)
    worth = estimate(sample, world.chosen[rows], world.chosen, expected, drawn)
    pooled = float(np.average(world.hides[rows], weights=world.chosen[rows]))
    return worth, pooled


def test_with_true_probabilities_it_is_right_whatever_the_outcome_model_and_pooling_is_not():
    ours, pooled, held = [], [], []
    for seed in range(40):
        world = World(seed)
        worth, naive = worth_and_pooled(
            world, np.full(FAMILIES, 0.3)
        )  # an outcome model that knows nothing
        ours.append(worth.value.value - world.truth)
        pooled.append(naive - world.truth)
        held.append(worth.value.low <= world.truth <= worth.value.high)
    error = np.std(ours) / np.sqrt(len(ours))
    assert abs(np.mean(ours)) < 3 * error
    assert error < 0.01
    assert np.mean(pooled) > 0.05
    assert np.mean(held) > 0.8


def test_with_a_true_outcome_model_it_is_right_though_the_probabilities_are_not():
    off, by_weights = [], []
    for seed in range(40):
        world = World(100 + seed)
        off.append(worth_and_pooled(world, world.chance, untrue=0.4)[0].value.value - world.truth)
        wrong = worth_and_pooled(world, np.zeros(FAMILIES), untrue=0.4)[0].value.value - world.truth
        by_weights.append(wrong)
    assert abs(np.mean(off)) < 3 * np.std(off) / np.sqrt(len(off)) + 0.005
    assert np.mean(by_weights) > 0.04


def test_a_better_outcome_model_narrows_the_interval():
    world = World(7)
    blind, knowing = (
        worth_and_pooled(world, expected)[0].value
        for expected in (np.full(FAMILIES, 0.3), world.chance)
    )
    assert knowing.high - knowing.low < blind.high - blind.low


def test_the_work_is_shared_so_that_a_family_counts_once():
    # 0.02 and 0.20 can both draw it: the expected weights add up to one.
    random, targeted = (
        shared(np.array([p]), np.array([at_random]), RANDOM, np.array([TARGETED]))[0]
        for p, at_random in ((RANDOM, True), (TARGETED, False))
    )
    assert RANDOM * random + TARGETED * targeted == pytest.approx(1)
    alone = shared(np.array([RANDOM]), np.array([True]), RANDOM, np.array([0.0]))[0]
    assert RANDOM * alone == pytest.approx(1)


def test_families_that_stand_level_share_the_last_places():
    score = np.array([3.0, 2.0, 2.0, 1.0])
    above, beside = ranked(score, score)
    assert chance_of_inspection(above, beside, 0.5).tolist() == [1.0, 0.5, 0.5, 0.0]
    assert chance_of_inspection(above, beside, 0.25).tolist() == [1.0, 0.0, 0.0, 0.0]


def test_one_inspection_never_carries_more_than_a_tenth_and_few_say_nothing():
    weights = np.concatenate([[1_000.0], np.ones(99)])
    sample = Sample(
        households=np.arange(100), weights=weights, value=np.ones(100), expected=np.zeros(100)
    )
    drawn = np.ones((5, 100))
    worth = estimate(sample, np.ones(100), np.ones(9), np.zeros(9), drawn)
    assert worth.clipped == 0.01
    assert worth.value.value is None  # effective inspections: far below twenty
    even = Sample(
        households=np.arange(100), weights=np.ones(100), value=np.ones(100), expected=np.zeros(100)
    )
    worth = estimate(even, np.ones(100), np.ones(9), np.zeros(9), drawn)
    assert (worth.effective, worth.clipped, worth.largest) == (100, 0, 0.01)
    assert worth.value.value == 1.0
