"""Promises that need no model to be right, kept over many draws and at their edges."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.learned import conformal


def ones(count):
    return np.ones(count)


def test_the_upper_quantile_counts_the_new_family_as_one_more():
    scores = np.array([1.0, 2.0, 3.0, 4.0])
    # 80 % of 4 + 1 families is the 4th score; 81 % needs a fifth, which is the unknown one.
    assert conformal.upper_quantile(scores, ones(4), 0.80) == 4.0
    assert conformal.upper_quantile(scores, ones(4), 0.81) == np.inf


def test_no_family_at_all_promises_nothing():
    assert conformal.upper_quantile(np.zeros(0), np.zeros(0), 0.9) == np.inf
    assert conformal.lower_quantile(np.zeros(0), np.zeros(0), 0.9) == 0.0


def test_a_family_that_stands_for_more_counts_for_more():
    scores = np.array([1.0, 2.0, 3.0])
    assert conformal.upper_quantile(scores, ones(3), 0.5) == 2.0
    assert conformal.upper_quantile(scores, np.array([1.0, 1.0, 8.0]), 0.5) == 3.0
    assert conformal.upper_quantile(scores, np.array([8.0, 1.0, 1.0]), 0.4) == 1.0


def test_amount_intervals_hold_nine_in_ten_over_many_draws():
    """The mixture is misspecified on purpose: the promise does not need it to be right."""
    generator = np.random.default_rng(3)
    held = []
    for _ in range(200):
        hides = generator.uniform(0.05, 0.95, 400)
        centre = generator.normal(0, 0.5, 400)
        amount = np.where(
            generator.random(400) < hides**2, np.exp(centre + generator.standard_t(4, 400)), 0.0
        )
        known, new = slice(0, 300), slice(300, 400)
        scores = conformal.amount_score(hides[known], centre[known], 0.6, amount[known])
        tail = conformal.lower_quantile(scores, ones(300), 0.90)
        low, high = conformal.amount_bounds(hides[new], centre[new], 0.6, tail)
        held.append(((low <= amount[new]) & (amount[new] <= high)).mean())
    assert 0.89 <= np.mean(held) <= 0.93


@given(
    hides=st.floats(0.001, 0.999),
    more=st.floats(0, 0.5),
    centre=st.floats(-2, 2),
    step=st.floats(0, 1),
    tail=st.floats(0.01, 0.4),
)
def test_both_ends_rise_with_suspicion_and_with_the_amount(hides, more, centre, step, tail):
    before = conformal.amount_bounds(np.array([hides]), np.array([centre]), 0.7, tail)
    after = conformal.amount_bounds(
        np.array([min(hides + more, 1.0)]), np.array([centre + step]), 0.7, tail
    )
    assert before[0][0] <= before[1][0] or before[1][0] == 0
    assert all(b[0] <= a[0] * (1 + 1e-9) + 1e-12 for b, a in zip(before, after, strict=True))


@pytest.mark.parametrize(("hides", "positive"), [(0.90, False), (0.901, True)])
def test_the_low_end_leaves_zero_only_when_hiding_nothing_can_be_excluded(hides, positive):
    low, _ = conformal.amount_bounds(np.array([hides]), np.array([0.0]), 0.7, 0.10)
    assert bool(low[0] > 0) == positive


def test_the_category_set_is_contiguous_and_holds_the_median():
    exceeds = np.array([[0.99, 0.95, 0.7, 0.3, 0.05], [0.1, 0.05, 0.01, 0.0, 0.0]])
    first, last = conformal.category_bounds(exceeds, np.array([0.15, 0.15]))
    assert conformal.median_category(exceeds).tolist() == [4, 1]
    # P(at most 3) = 0.3 and P(at least 5) = 0.3 both reach the bar of 0.15; 2 and 6 do not.
    assert list(zip(first, last, strict=True)) == [(3, 5), (1, 1)]


def test_a_lower_bar_never_narrows_the_set():
    exceeds = np.sort(np.random.default_rng(0).random((500, 5)), axis=1)[:, ::-1]
    sizes = []
    for bar in (0.5, 0.3, 0.1, 0.01, 0.0):
        first, last = conformal.category_bounds(exceeds, np.full(500, bar))
        sizes.append(last - first)
        assert (first <= conformal.median_category(exceeds)).all()
        assert (last >= conformal.median_category(exceeds)).all()
    assert all((wide >= narrow).all() for narrow, wide in itertools.pairwise(sizes))


def test_category_sets_hold_nine_in_ten_over_many_draws():
    generator = np.random.default_rng(1)
    held = []
    for _ in range(200):
        middle = generator.uniform(0, 6, 500)
        category = np.clip(np.rint(middle + generator.normal(0, 1.2, 500)), 1, 6).astype(int)
        exceeds = 1 / (1 + np.exp(-(middle[:, None] - np.arange(1, 6) - 0.5) / 0.4))
        known, new = slice(0, 400), slice(400, 500)
        bar = conformal.lower_quantile(
            conformal.category_score(exceeds[known], category[known]), ones(400), 0.90
        )
        first, last = conformal.category_bounds(exceeds[new], np.full(100, bar))
        held.append(((first <= category[new]) & (category[new] <= last)).mean())
    assert 0.89 <= np.mean(held) <= 0.92


def drawn(generator, labels, population, skill):
    """Ranks, truths of a random arm and of a population under one detector."""
    hides = generator.random(labels + population) < 0.35
    score = skill * hides + generator.normal(0, 1, labels + population)
    of_all = score[labels:]
    ordered = np.sort(of_all)
    above = len(ordered) - np.searchsorted(ordered, score[:labels], side="right")
    return above / population, ~hides[:labels], of_all, ~hides[labels:]


def test_of_the_flagged_at_most_the_promised_share_is_clear_on_average():
    generator = np.random.default_rng(5)
    shares, flagged = [], 0
    for _ in range(300):
        ranks, clear, scores, clear_of_all = drawn(generator, 400, 2_000, 2.0)
        chosen = conformal.select(ranks, clear, ones(400), unconfirmed=0.20, population=2_000)
        if chosen.share is None:
            shares.append(0.0)
            continue
        bar = conformal.threshold_for(scores, chosen.share)
        hit = scores >= bar
        flagged += hit.sum() > 0
        shares.append(clear_of_all[hit].mean())
    assert np.mean(shares) <= 0.20
    assert flagged > 250  # the promise is not kept by flagging nobody


def test_a_detector_without_skill_seldom_flags_anybody():
    """Of what it would flag 65 % are clear, so it may flag in 0.20 / 0.65 of the draws at most."""
    generator = np.random.default_rng(6)
    flagged = [
        conformal.select(
            *drawn(generator, 300, 1_000, 0.0)[:2], ones(300), unconfirmed=0.2, population=1_000
        ).share
        for _ in range(50)
    ]
    assert sum(share is not None for share in flagged) <= 15


def test_too_few_labels_flag_nobody_and_say_what_they_would_support():
    # One of five is clear. Flagging the 30 % who look worse promises (0 + 1) / 6 / 0.3 = 0.56;
    # flagging everybody promises (1 + 1) / 6 / 1 = 0.33, the best there is.
    ranks = np.array([0.1, 0.2, 0.3, 0.15, 0.05])
    clear = np.array([False, False, True, False, False])
    chosen = conformal.select(ranks, clear, ones(5), unconfirmed=0.2, population=10)
    assert chosen.share is None
    assert chosen.labels_needed == 17  # 0.2 of the first 30 % leave 0.06 for the one in 17
    assert chosen.least_supported == pytest.approx(1 / 3)
    assert conformal.select(ranks, clear, ones(5), unconfirmed=0.34, population=10).share == 1


def test_without_labels_nothing_is_promised():
    none = np.zeros(0)
    chosen = conformal.select(none, none > 0, none, unconfirmed=0.2, population=10)
    assert chosen.share is None
    assert chosen.least_supported == 1.0


def test_families_of_one_score_are_flagged_together_or_not_at_all():
    scores = np.array([5.0, 4.0, 4.0, 4.0, 1.0])
    assert conformal.threshold_for(scores, 0.2) == 5.0
    assert conformal.threshold_for(scores, 0.6) == 5.0
    assert conformal.threshold_for(scores, 0.8) == 4.0
    assert conformal.threshold_for(np.array([4.0, 4.0]), 0.5) is None


@pytest.mark.parametrize(("hides", "some"), [(0.66, False), (0.67, True)])
def test_an_amount_is_nothing_as_long_as_hiding_nothing_is_likely_enough(hides, some):
    amount = conformal.amount_at(np.array([hides]), np.array([0.3]), 0.7, 1 / 3)
    assert bool(amount[0] > 0) is some


def test_a_family_that_surely_hides_gets_the_quantile_of_the_amounts():
    middle = conformal.amount_at(np.array([1.0]), np.array([0.3]), 0.7, 0.5)
    assert middle[0] == pytest.approx(np.exp(0.3))


def test_each_family_may_have_a_tail_of_its_own():
    hides, centre = np.full(2, 0.95), np.zeros(2)
    low, high = conformal.amount_bounds(hides, centre, 0.7, np.array([0.06, 0.2]))
    assert low[0] < low[1]
    assert high[0] > high[1]


def test_a_weighted_quantile_is_where_its_part_of_the_weight_is_reached():
    values = np.array([5.0, 0.0, 1.0])
    assert conformal.quantile(values, np.ones(3), 0.5) == 1.0
    assert conformal.quantile(values, np.ones(3), 1 / 4) == 0.0
    assert conformal.quantile(values, np.array([3.0, 1.0, 1.0]), 0.5) == 5.0
    assert conformal.quantile(values, np.array([1.0, 2.0, 1.0]), 0.5) == 0.0
