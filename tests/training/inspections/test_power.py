"""How many random inspections prove what: each number is enough, and one fewer is not."""

import numpy as np
import pytest
from scipy.stats import binom

from models.assessment.metrics import share
from models.learned import conformal
from training.inspections import power

# Base error | to see 1.25 times | to see 1.5 times: published by others for two-sided 5 %, 80 %.
TABLE = [
    (0.02, 13_809, 3_825),
    (0.05, 5_332, 1_470),
    (0.10, 2_507, 686),
    (0.20, 1_094, 293),
    (0.40, 387, 97),
]


@pytest.mark.parametrize(("base", "quarter", "half"), TABLE)
def test_the_table_of_error_ratios_agrees_with_the_published_one(base, quarter, half):
    assert power.for_ratio(base, 1.25) == pytest.approx(quarter, rel=0.01)
    assert power.for_ratio(base, 1.5) == pytest.approx(half, rel=0.01)


@pytest.mark.parametrize("base", [base for base, *_ in TABLE if base > 0.02])
@pytest.mark.parametrize("ratio", [1.25, 1.5])
def test_the_exact_power_at_that_number_is_the_promised_one_and_lower_below(base, ratio):
    families = power.for_ratio(base, ratio)
    assert power.power_of_ratio(base, ratio, families) == pytest.approx(0.80, abs=0.008)
    assert power.power_of_ratio(base, ratio, round(0.9 * families)) < 0.785
    assert power.power_of_ratio(base, ratio, round(1.1 * families)) > 0.82


def test_the_exact_power_is_what_a_simulation_finds():
    chance = np.random.default_rng(3)
    a, b = chance.binomial(97, 0.4, 40_000), chance.binomial(97, 0.6, 40_000)
    middle = (a + b) / 194
    seen = np.abs(a - b) / 97 > 1.959964 * np.sqrt(2 * middle * (1 - middle) / 97)
    assert power.power_of_ratio(0.4, 1.5, 97) == pytest.approx(seen.mean(), abs=0.01)


@pytest.mark.parametrize(("below", "needed"), [(0.02, 149), (0.01, 299), (0.005, 598)])
def test_never_having_seen_a_failure_proves_a_share_from_a_number_on(below, needed):
    assert power.without_a_failure(below) == needed
    assert (1 - below) ** needed <= 0.05 < (1 - below) ** (needed - 1)


def proves(bound, precision, flagged):
    """The chance that the exact lower end of so many inspections reaches the bound."""
    counts = np.arange(flagged + 1)
    reached = [share(int(c), flagged).low >= bound for c in counts]
    return binom.pmf(counts, flagged, precision)[reached].sum()


@pytest.mark.parametrize(("bound", "precision"), [(0.5, 0.7), (0.5, 0.8), (0.8, 0.9), (0.8, 0.95)])
def test_a_precision_is_proved_from_a_number_on_and_not_with_one_fewer(bound, precision):
    needed = power.for_precision(bound, precision)
    assert proves(bound, precision, needed - 1) < 0.8
    assert all(proves(bound, precision, needed + more) >= 0.8 for more in range(12))


def test_a_precision_hardly_above_its_bound_is_refused_rather_than_guessed():
    with pytest.raises(ValueError, match="no number up to 200000"):
        power.for_precision(0.5, 0.501)


@pytest.mark.parametrize("prevalence", [0.07, 0.35, 0.5])
def test_a_prevalence_is_known_to_two_points_from_a_number_on(prevalence):
    needed = power.for_prevalence(prevalence)
    assert power.mean_half_width(prevalence, needed) <= 0.02
    assert power.mean_half_width(prevalence, needed - 1) > 0.02


def test_the_half_width_is_the_mean_of_the_exact_intervals():
    ends = [share(c, 30) for c in range(31)]
    widths = np.array([(e.high - e.low) / 2 for e in ends])
    expected = binom.pmf(np.arange(31), 30, 0.2) @ widths
    assert power.mean_half_width(0.2, 30) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("labels", "flagged"), [(300, 0.05), (300, 0.10), (1_200, 0.05)])
def test_a_promise_can_be_given_in_four_cases_of_five_and_a_smaller_one_cannot(labels, flagged):
    q = power.smallest_promise(labels, flagged=flagged, precision=0.9)
    unconfirmed = binom(labels, flagged * 0.1)

    def chance(level):
        return unconfirmed.cdf(np.floor(level * (labels + 1) * flagged + 1e-9) - 1)

    assert chance(q) >= 0.8
    assert chance(q - 1e-6) < 0.8


def test_the_promise_is_the_one_that_training_could_give():
    # 300 labels; of the tenth that looks most suspicious nine in ten are confirmed, of the rest 0.28.
    chance, labels, flagged = np.random.default_rng(1), 300, 0.10
    q = power.smallest_promise(labels, flagged=flagged, precision=0.9)
    given = {q: 0, 0.10: 0}
    for _ in range(300):
        rank = chance.random(labels)
        clear = chance.random(labels) >= np.where(rank < flagged, 0.9, 0.28)
        for level in given:
            selection = conformal.select(
                rank, clear, np.ones(labels), unconfirmed=level, population=100_000
            )
            given[level] += selection.share is not None and selection.share >= flagged
    assert given[q] >= 0.8 * 300
    # With 300 labels q = 0.10 leaves them unflagged more often than not.
    assert given[0.10] < 0.5 * 300


def test_an_auc_difference_as_wide_as_the_pilots_interval_takes_as_many_as_the_pilot_had():
    # The pilot's paired interval was 0.0632 wide with 291 random inspections: 2.8 of its errors.
    seen = 2.8016 * 0.0632 / 3.92
    needed = power.for_auc_difference(seen, auc=0.83, prevalence=0.337, correlation=0.81)
    assert needed == pytest.approx(291, rel=0.03)


def test_a_smaller_difference_and_less_likeness_take_more_inspections():
    def needed(difference, correlation):
        return power.for_auc_difference(
            difference, auc=0.83, prevalence=0.34, correlation=correlation
        )

    assert needed(0.02, 0.8) > needed(0.03, 0.8) > needed(0.03, 0.9)


def test_the_table_tells_every_question_with_its_number():
    table = power.table()
    assert len(table["groups"]) == 10
    for question in ("precision", "prevalence", "promise", "without_a_failure"):
        assert table[question]
    assert all(row["random_inspections"] > 0 for row in table["auc"]["differences"])
