"""Twenty rounds of model, visits and model again: honest with the random arm, not without."""

from datetime import date

import numpy as np
import pytest

from models.assessment.metrics import share
from models.law.parameters import Law
from training.inspections import feedback
from training.inspections.policy import policy_of

POLICY = policy_of(Law(date(2026, 1, 1)), random_least=0)
LIST, TOP, CHOSEN = feedback.WAYS


def loop(way, runs, seed=7, **world):
    return feedback.simulate(
        way,
        runs=runs,
        policy=POLICY,
        generator=np.random.default_rng(seed),
        world=feedback.World(**world),
    )


def test_with_the_list_the_interval_holds_and_no_group_is_flagged_more_and_more():
    outcome = loop(LIST, 40)
    # Forty runs cannot tell 95 from 93 or 97 in a hundred: their interval must reach there.
    coverage = share(outcome.covered, outcome.runs)
    assert coverage.low <= 0.97
    assert coverage.high >= 0.93
    assert abs(outcome.drift) <= feedback.DRIFT_WITHIN
    assert abs(outcome.error) < 0.01


@pytest.mark.parametrize("way", [TOP, CHOSEN])
def test_without_the_arm_the_same_check_fails(way):
    outcome = loop(way, 8)
    assert outcome.covered == 0
    assert outcome.error > 0.2
    assert not outcome.honest(coverage_within=0.2)


def test_inspectors_who_choose_make_a_group_look_worse_than_it_is():
    assert loop(CHOSEN, 8).drift > 0.5
    # Where inspectors hear as much of the one as of the other, it is the arm alone that is missing.
    assert abs(loop(CHOSEN, 8, talk=(1.0, 1.0)).drift) < 0.5


def test_both_sides_of_what_counts_as_honest():
    def outcome(covered, last):
        return feedback.Outcome(way="w", runs=1_000, covered=covered, error=0.0, ratios=(1.0, last))

    assert outcome(930, 1.0).honest()
    assert not outcome(929, 1.0).honest()
    assert outcome(970, 1.0).honest()
    assert not outcome(971, 1.0).honest()
    assert outcome(950, 1.1 - 1e-9).honest()
    assert not outcome(950, 1.101).honest()
    assert not outcome(950, 0.899).honest()


def test_the_same_seed_gives_the_same_loop():
    assert loop(LIST, 2).as_json() == loop(LIST, 2).as_json()


@pytest.mark.long
def test_over_two_thousand_runs_the_coverage_is_95_percent_within_two_points():
    outcome = loop(LIST, 2_000)
    assert abs(outcome.coverage - 0.95) <= feedback.COVERAGE_WITHIN
    assert outcome.honest()
    assert abs(outcome.error) < 0.002


@pytest.mark.long
@pytest.mark.parametrize("way", [TOP, CHOSEN])
def test_over_two_hundred_runs_without_the_arm_no_interval_ever_held(way):
    outcome = loop(way, 200)
    assert outcome.covered == 0
    assert not outcome.honest()
