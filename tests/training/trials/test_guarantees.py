"""Guarantees: labels are drawn again and again, and what is promised must hold on average.

The families and their scores stay; only who is inspected, and what inspectors miss, is
left to chance. Each draw goes through the shipped functions.
"""

import numpy as np
import pytest

from tests.training.evaluation import worlds_of_scores
from training.trials import guarantees
from training.trials.regimes import Chosen, drawn, not_drawn

PLACES = 3


@pytest.fixture(scope="module")
def families():
    return worlds_of_scores.scored(10_000)


def by_score(families):
    """Suspicion that follows the score, with its chances on record."""
    pull = np.exp(0.6 * families.margin)
    return Chosen(pull=pull, logged=pull)


def by_what_is_hidden(families):
    """Inspectors who know what no register shows, and do not say so."""
    logged = np.exp(0.6 * families.margin)
    return Chosen(pull=logged * (1 + 9 * (families.amount > 0)), logged=logged)


def rows(families, chosen, draws, capacity, seed=0):
    flag_rows = guarantees.flags(
        families, chosen, np.random.default_rng(seed), draws=draws, capacity=capacity
    )
    return {(row["way"], row["q"]): row for row in flag_rows}


def test_of_the_flagged_at_most_q_are_not_confirmed_over_two_hundred_random_arms(families):
    by_way = rows(families, None, draws=200, capacity=0.06)  # 600 random inspections each time
    for q in guarantees.Q:
        row = by_way["shipped", q]
        assert row["draws"] == 200
        assert row["unconfirmed"] <= q + 2 * row["standard_error"]
        assert row["unconfirmed"] > q - 0.06  # the promise is used, not avoided
        assert row["unconfirmed"] <= row["where_anybody_is_flagged"]
        assert row["flagged"] > 0.05
        assert row["sd"] > 0


def test_targeted_inspections_make_the_promise_steadier(families):
    by_way = rows(families, by_score(families), draws=16, capacity=0.12)
    for q in guarantees.Q:
        union, alone = by_way["union", q], by_way["random_arm", q]
        assert union["unconfirmed"] <= q + 2 * union["standard_error"]
        assert union["sd"] < alone["sd"]


def test_where_inspectors_know_more_the_arm_contradicts_them_and_is_listened_to(families):
    by_way = rows(families, by_what_is_hidden(families), draws=16, capacity=0.12)
    for q in guarantees.Q:
        assert by_way["union", q]["unconfirmed"] > q + 2 * by_way["union", q]["standard_error"]
        assert by_way["shipped", q]["unconfirmed"] < by_way["union", q]["unconfirmed"] - 0.05
    assert by_way["shipped", 0.25]["fell_back"] > 0.5


def test_with_few_random_inspections_nobody_is_flagged_rather_than_anybody_wrongly(families):
    by_way = rows(families, None, draws=5, capacity=0.007)  # 70 of them: below the fewest
    assert by_way["shipped", 0.20]["flagged_nobody"] == 1
    assert by_way["shipped", 0.20]["flagged"] == 0


def test_intervals_hold_the_true_amount_of_nine_families_in_ten(families):
    coverage = guarantees.intervals(families, np.random.default_rng(1), draws=20, share=0.1)
    held = coverage["held"]
    assert held["all"]["mean"] == pytest.approx(0.90, abs=0.012)
    assert len(held) == 1 + PLACES
    for place, row in held.items():
        assert row["mean"] == pytest.approx(0.90, abs=0.02), place


def test_inspectors_who_are_just_as_assumed_leave_the_level_where_it_was_promised(families):
    coverage = guarantees.intervals(
        families, np.random.default_rng(1), draws=20, share=0.1, exact_inspectors=True
    )
    assert coverage["held"]["all"]["mean"] == pytest.approx(0.90, abs=0.01)


def test_category_sets_hold_the_true_step_of_nine_families_in_ten(families):
    coverage = guarantees.categories(families, np.random.default_rng(2), draws=200, answers=500)
    assert coverage["held"]["all"]["mean"] == pytest.approx(0.90, abs=0.01)
    for row in coverage["held"].values():
        assert row["mean"] == pytest.approx(0.90, abs=0.02)


@pytest.mark.long
@pytest.mark.parametrize("suspicion", [by_score, by_what_is_hidden])
def test_the_promise_over_two_hundred_draws_of_both_arms(suspicion):
    families = worlds_of_scores.scored(20_000, seed=1)
    by_way = rows(families, suspicion(families), draws=200, capacity=0.12)
    for q in guarantees.Q:
        alone, shipped = by_way["random_arm", q], by_way["shipped", q]
        assert alone["unconfirmed"] <= q + 2 * alone["standard_error"]
        if suspicion is by_score:
            assert shipped["unconfirmed"] <= q + 2 * shipped["standard_error"]
            assert shipped["sd"] < alone["sd"]
            assert shipped["fell_back"] < 0.1
        else:
            assert by_way["union", q]["unconfirmed"] > q
            assert shipped["fell_back"] > 0.5


@pytest.mark.long
def test_intervals_and_sets_over_two_hundred_draws():
    families = worlds_of_scores.scored(20_000, seed=1)
    generator = np.random.default_rng(3)
    intervals = guarantees.intervals(families, generator, draws=200, share=0.06)
    sets = guarantees.categories(families, generator, draws=200, answers=2_000)
    for coverage in (intervals, sets):
        assert coverage["held"]["all"]["mean"] == pytest.approx(0.90, abs=0.01)
        for row in coverage["held"].values():
            assert row["mean"] == pytest.approx(0.90, abs=0.02)


def test_families_that_were_left_stand_for_all_by_the_inverse_of_their_chance_to_be_left():
    generator = np.random.default_rng(4)
    hides = generator.random(40_000) < 0.3
    chosen = Chosen(pull=np.where(hides, 4.0, 1.0), logged=None)
    left = np.ones(40_000, dtype=bool)
    left[drawn(chosen, 40_000, generator, capacity=0.3).family] = False
    weights = 1 / not_drawn(chosen, 40_000, capacity=0.3)
    assert hides[left].mean() < hides.mean() - 0.02
    assert np.average(hides[left], weights=weights[left]) == pytest.approx(hides.mean(), abs=0.01)
    assert weights[left].sum() == pytest.approx(40_000, rel=0.01)
