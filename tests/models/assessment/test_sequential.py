"""Testing by betting: honest models are left alone, broken promises are found, by simulation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from models.assessment import sequential
from models.assessment.sequential import above, apart, fewest_to_prove, off, refuted_above

LIVES = 5_000


def crossed(gains, stakes, *more, proof=20.0):
    """In which lives the money ever reached the proof: one life a row, looked at every time.

    ``more``: other gains and their stakes, on which the rest of the money was laid.
    """
    bets = [(gains, stake) for stake in stakes]
    bets += [(g, stake) for g, some in zip(more[::2], more[1::2], strict=True) for stake in some]
    money = sum(
        np.exp(np.cumsum(np.log1p(np.float32(stake) * g.astype(np.float32)), axis=1))
        for g, stake in bets
    )
    return money.max(axis=1) >= proof * len(bets)


def stakes_against(promised):
    return [(worse - 1) / (1 - promised) for worse in sequential.WORSE]


BOTH_WAYS = [side * stake for stake in sequential.APART for side in (1, -1)]


# ── an honest model ──


def test_a_kept_promise_is_blamed_in_at_most_one_life_of_twenty():
    unconfirmed = np.random.default_rng(1).random((LIVES, 600)) < 0.2
    assert 0.01 < crossed(unconfirmed - 0.2, stakes_against(0.2)).mean() <= 0.05


def test_a_promise_more_than_kept_is_hardly_ever_blamed():
    unconfirmed = np.random.default_rng(2).random((LIVES, 400)) < 0.15
    assert crossed(unconfirmed - 0.2, stakes_against(0.2)).mean() <= 0.005


@pytest.mark.parametrize(
    "rate", [0.1, *(pytest.param(rate, marks=pytest.mark.long) for rate in (0.02, 0.4))]
)
def test_groups_with_equal_errors_are_told_apart_in_at_most_one_life_of_twenty(rate):
    drawn = np.random.default_rng(3).random((2, LIVES, 500)) < rate
    gains = drawn[0].astype(float) - drawn[1]
    assert crossed(gains, BOTH_WAYS).mean() <= 0.05


def test_honest_probabilities_are_blamed_in_at_most_one_life_of_twenty():
    rng = np.random.default_rng(4)
    predicted = rng.beta(1, 2, (LIVES, 250))
    # Off by the whole tolerance: the hardest case in which the promise still holds.
    away = (rng.random(predicted.shape) < np.minimum(predicted + 0.05, 1)) - predicted
    low, high = away - 0.05, -away - 0.05
    lives = crossed(low, sequential.AWAY, high, sequential.AWAY)
    assert lives.mean() <= 0.05
    seen = [off((away + predicted)[n], predicted[n], 0.05) for n in range(50)]
    assert [one.crossed_at is not None for one in seen] == lives[:50].tolist()


# ── a broken promise ──


def test_half_again_as_many_unconfirmed_flags_are_seen_within_the_usual_sample():
    # A single look at 293 a group sees 0.30 beside 0.20 with 80 % power (two groups, 5 %).
    unconfirmed = np.random.default_rng(5).random((2_000, 293)) < 0.3
    assert crossed(unconfirmed - 0.2, stakes_against(0.2)).mean() >= 0.9


@pytest.mark.parametrize(
    ("rate", "size", "least"),
    [
        pytest.param(0.02, 3_825, 0.60, marks=pytest.mark.long),
        pytest.param(0.05, 1_470, 0.60, marks=pytest.mark.long),
        (0.1, 686, 0.60),
        (0.2, 293, 0.58),
        (0.4, 97, 0.45),
    ],
)
def test_looking_at_any_time_costs_power_between_groups_and_half_again_the_sample_buys_it_back(
    rate, size, least
):
    """``size`` a group gives a single look 80 % power at a ratio of 1.5."""
    rng = np.random.default_rng(6)
    longer = int(1.6 * size)
    gains = (rng.random((1_000, longer)) < 1.5 * rate) - (rng.random((1_000, longer)) < rate) * 1.0
    assert crossed(gains[:, :size], BOTH_WAYS).mean() >= least
    assert crossed(gains, BOTH_WAYS).mean() >= 0.8


def test_probabilities_off_by_fifteen_points_are_seen():
    rng = np.random.default_rng(7)
    predicted = rng.beta(1, 2, 600)
    observed = (rng.random(600) < np.minimum(predicted + 0.15, 1)) * 1.0
    assert off(observed, predicted, 0.05).crossed_at
    assert off(observed, predicted, 0.2).crossed_at is None


# ── what the functions do is what was simulated ──


def test_the_money_is_what_the_bets_make_of_one_tenge():
    # Promised 0.2; stakes 0.25/0.8, 0.5/0.8, 1/0.8. Unconfirmed, then confirmed.
    stakes = [0.3125, 0.625, 1.25]
    first = np.mean([1 + s * 0.8 for s in stakes])
    second = np.mean([(1 + s * 0.8) * (1 - s * 0.2) for s in stakes])
    assert above(np.array([1.0, 0.0]), 0.2).path == pytest.approx([first, second])


def test_groups_meet_within_a_batch_the_larger_shared_out_over_the_smaller():
    values = np.array([1.0, 0.0, 0.0])
    first = np.array([True, False, False])
    together = apart(values, first, np.array([1, 1, 1]))
    # One meeting: 1 beside the mean of 0 and 0.
    gains = [1.0]
    expected = np.mean([np.prod([1 + s * g for g in gains]) for s in BOTH_WAYS])
    assert together.path == pytest.approx([expected])
    assert apart(values[:1], first[:1], np.array([1])).path.size == 0


def test_a_batch_with_one_group_only_waits_for_the_other():
    values, first = np.array([1.0, 1.0, 0.0]), np.array([True, True, False])
    waited = apart(values, first, np.array([1, 2, 3]))
    assert len(waited.path) == 1
    assert waited.value == apart(values, first, np.array([1, 1, 1])).value


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.integers(1, 59))
@settings(max_examples=50)
def test_what_was_once_proof_stays_proof_and_going_on_changes_no_past(outcomes, cut):
    whole = above(np.array(outcomes, dtype=float), 0.2)
    part = above(np.array(outcomes[:cut], dtype=float), 0.2)
    assert np.array_equal(whole.path[: len(part.path)], part.path)
    assert whole.highest >= part.highest
    if part.crossed_at:
        assert whole.crossed_at == part.crossed_at


@given(st.permutations([1.0] * 4 + [0.0] * 7))
@settings(max_examples=30)
def test_the_evidence_in_the_end_does_not_depend_on_the_order(outcomes):
    assert above(np.array(outcomes), 0.2).value == pytest.approx(
        above(np.array([1.0] * 4 + [0.0] * 7), 0.2).value
    )


def test_unequal_chances_are_weighed_so_that_no_bet_makes_money_on_average():
    # Two kinds of families, three to one drawn: 0.3 and 0.1 unconfirmed, 0.2 in the country.
    rng = np.random.default_rng(8)
    easy = rng.random((LIVES, 400)) < 0.75
    unconfirmed = rng.random(easy.shape) < np.where(easy, 0.3, 0.1)
    weights = np.where(easy, 1 / 3, 1.0)
    honest = crossed((unconfirmed - 0.2) * weights, stakes_against(0.2)).mean()
    naive = crossed(unconfirmed - 0.2, stakes_against(0.2)).mean()
    assert honest <= 0.05 < naive
    one = above(unconfirmed[0].astype(float), 0.2, weights=weights[0])
    assert (one.crossed_at is not None) == crossed(
        ((unconfirmed - 0.2) * weights)[:1], stakes_against(0.2)
    )[0]


# ── what a certificate leaves possible ──


def arm(unconfirmed, of):
    return np.arange(of) < unconfirmed


def test_what_refutes_a_certificate_is_the_exact_bound_of_its_own_random_arm():
    bound = refuted_above(arm(6, 30), np.full(30, 40.0), 0.2)
    # So few of thirty unconfirmed happens once in twenty where the share is the bound.
    assert binom.cdf(6, 30, bound) == pytest.approx(1 - sequential.SURE)
    assert bound == pytest.approx(0.357, abs=0.001)
    assert refuted_above(arm(60, 300), np.ones(300), 0.2) == pytest.approx(0.242, abs=0.001)


def test_a_lucky_arm_never_makes_the_watch_stricter_than_the_promise():
    assert refuted_above(arm(0, 100), np.ones(100), 0.2) == 0.2


def test_unequal_chances_leave_more_possible():
    even, uneven = np.ones(40), np.where(np.arange(40) % 2, 4.0, 1.0)
    assert refuted_above(arm(8, 40), uneven, 0.2) > refuted_above(arm(8, 40), even, 0.2)


@pytest.mark.parametrize("unconfirmed", [arm(0, 0), arm(3, 3)])
def test_an_arm_that_confirmed_no_flag_can_refute_nothing(unconfirmed):
    assert refuted_above(unconfirmed, np.ones(len(unconfirmed)), 0.2) == 1.0


def test_nothing_seen_is_no_evidence():
    empty = above(np.array([]), 0.2)
    assert (empty.value, empty.highest, empty.crossed_at) == (1.0, 1.0, None)
    assert off(np.array([]), np.array([]), 0.05).value == 1.0


@pytest.mark.parametrize("promised", [0.01, 0.5, 0.85, 0.99])
def test_no_promise_can_ruin_the_gambler(promised):
    for value in (0.0, 1.0):
        path = above(np.full(50, value), promised).path
        assert np.isfinite(path).all()
        assert (path > 0).all()
    assert above(np.ones(2_000), promised).crossed_at


def test_about_a_hundred_flags_prove_half_again_as_many_unconfirmed():
    # ln 20 ÷ (0.3 ln 1.5 + 0.7 ln 0.875) = 2.996 ÷ 0.02817
    assert fewest_to_prove(0.2) == 107
