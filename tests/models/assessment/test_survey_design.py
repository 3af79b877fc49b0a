"""Shares of a survey with intervals that know its design, against an outside package and by hand."""

import numpy as np
import polars as pl
import pytest

from models.assessment.survey_design import (
    Design,
    below_share_of_median,
    difference,
    interval,
    median,
    ratio,
)

ROWS = pl.DataFrame(
    {
        "household_id": range(1, 13),
        "stratum": ["a"] * 6 + ["b"] * 6,
        "cluster": [1, 1, 2, 2, 3, 3, 4, 4, 4, 5, 5, 6],
    }
)
WEIGHT = np.array([10.0, 12, 8, 15, 9, 11, 20, 25, 18, 22, 30, 17])
PERSONS = np.array([3.0, 1, 5, 2, 4, 6, 2, 3, 1, 7, 5, 2])
POOR = np.array([1.0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 1, 0])
DESIGN = Design.of(ROWS, WEIGHT)


def error(above, below, design=DESIGN):
    value = ratio(above, below, design).value
    return design.variance((above - value * below) / (design.weight @ below)) ** 0.5


def test_a_share_of_persons_is_that_of_another_package():
    # samplics 0.6.1, TaylorEstimator: ratio 0.6423357664, standard error 0.2505051669
    assert ratio(POOR * PERSONS, PERSONS, DESIGN).value == pytest.approx(0.6423357664)
    assert error(POOR * PERSONS, PERSONS) == pytest.approx(0.2505051669)


def test_a_share_of_families_and_its_interval_are_those_of_another_package():
    # samplics 0.6.1: proportion 0.4111675127, error 0.2536564113, 0.0366850363 to 0.9275553340
    estimate = ratio(POOR, np.ones(12), DESIGN)
    assert estimate.value == pytest.approx(0.4111675127)
    assert error(POOR, np.ones(12)) == pytest.approx(0.2536564113)
    assert (estimate.low, estimate.high) == pytest.approx((0.0366850363, 0.9275553340))


def test_four_families_by_hand():
    # one stratum, each its own unit, weight 1: p = 1/2; z = ±1/8; variance 4/3 × 4/64 = 1/12
    rows = pl.DataFrame({"household_id": [1, 2, 3, 4]})
    design = Design.of(rows, np.ones(4))
    assert design.degrees == 3
    assert error(np.array([1.0, 1, 0, 0]), np.ones(4), design) == pytest.approx((1 / 12) ** 0.5)


def test_neighbours_who_are_alike_tell_less_than_as_many_strangers():
    alike = np.repeat([1.0, 0.0, 1.0, 0.0], 3)
    strangers = Design.of(ROWS.drop("cluster"), np.ones(12))
    together = Design.of(ROWS.with_columns(cluster=np.repeat([1, 2, 3, 4], 3)), np.ones(12))
    assert error(alike, np.ones(12), together) > 1.5 * error(alike, np.ones(12), strangers)


def test_the_same_cluster_number_in_two_strata_is_two_units():
    rows = ROWS.with_columns(cluster=pl.Series([1, 1, 1, 2, 2, 2] * 2))
    assert len(Design.of(rows, WEIGHT).stratum_of_unit) == 4


def test_a_stratum_with_one_unit_widens_the_interval_instead_of_being_overlooked():
    lone = ROWS.with_columns(stratum=pl.Series(["a"] * 6 + ["b"] * 5 + ["c"]))
    design = Design.of(lone, WEIGHT)
    silent = np.where(design.unit == design.unit[-1], 0.0, POOR)
    assert error(POOR + (design.unit == design.unit[-1]), np.ones(12), design) > 0
    assert error(silent, np.ones(12), design) > 0


def test_nobody_poor_has_an_upper_end_and_nobody_asked_none():
    nobody = ratio(np.zeros(12), np.ones(12), DESIGN)
    assert (nobody.value, nobody.low) == (0, 0)
    assert nobody.high == pytest.approx(1 - 0.025 ** (1 / 6))  # six units
    everybody = ratio(np.ones(12), np.ones(12), DESIGN)
    assert (everybody.low, everybody.high) == (pytest.approx(0.025 ** (1 / 6)), 1)
    assert ratio(np.zeros(12), np.zeros(12), DESIGN).value is None


def test_a_domain_keeps_the_whole_design():
    inside = np.array([1.0] * 6 + [0] * 6)
    estimate = ratio(POOR * inside, inside, DESIGN)
    assert estimate.value == pytest.approx((10 + 8 + 11) / 65)
    assert 0 < estimate.low < estimate.value < estimate.high < 1


def test_the_weighted_median_has_half_the_weight_at_or_below_it():
    assert median(np.array([3.0, 1, 2]), np.array([1.0, 1, 1])) == 2
    assert median(np.array([3.0, 1, 2]), np.array([10.0, 1, 1])) == 3
    assert median(np.array([1.0, 2]), np.array([1.0, 1])) == 1


def test_of_five_families_one_lies_below_half_the_median():
    rows = pl.DataFrame({"household_id": range(5)})
    values = np.array([40.0, 60, 100, 140, 200])
    share, line = below_share_of_median(values, np.ones(5), 0.5, Design.of(rows, np.ones(5)))
    assert (share.value, line) == (0.2, 50)


@pytest.mark.parametrize("share", [0.5, 0.6])
def test_an_estimated_line_is_covered_as_often_as_promised(share):
    # Lognormal consumption with sigma 0.55: the true share is Φ(ln(share) / 0.55).
    from scipy.stats import norm

    truth = norm.cdf(np.log(share) / 0.55)
    rng = np.random.default_rng(5)
    rows = pl.DataFrame({"household_id": range(900)})
    design = Design.of(rows, np.ones(900))
    estimates = [
        below_share_of_median(np.exp(0.55 * rng.standard_normal(900)), np.ones(900), share, design)[
            0
        ]
        for _ in range(300)
    ]
    covered = np.mean([e.low <= truth <= e.high for e in estimates])
    assert 0.91 <= covered <= 0.99  # 95 % promised; three errors of 300 trials are 3.8 points
    spread = np.std([e.value for e in estimates])
    assert np.mean([(e.high - e.low) / 3.92 for e in estimates]) == pytest.approx(spread, rel=0.15)


def test_weights_that_are_all_doubled_change_nothing():
    twice = Design(2 * DESIGN.weight, DESIGN.unit, DESIGN.stratum_of_unit)
    once, again = (ratio(POOR * PERSONS, PERSONS, d) for d in (DESIGN, twice))
    assert once.as_json() == again.as_json()
    assert interval(0.5, np.zeros(12), DESIGN, np.ones(12)).low == 0.5


ALL = np.ones(12)
LATER = np.array([1.0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0])  # the third and the tenth are out of it


def test_a_share_of_the_same_families_changes_by_the_share_of_those_who_changed():
    change = difference((LATER, ALL), (POOR, ALL), DESIGN)
    assert change.value == pytest.approx(-ratio(POOR - LATER, ALL, DESIGN).value)
    # Student's t with six units less two strata: 2.7764
    assert change.high - change.value == pytest.approx(2.7764451 * error(POOR - LATER, ALL))


def test_one_of_four_families_by_hand():
    # d = -1, 0, 0, 0: mean -1/4; z = -3/16, 1/16 thrice; variance 4/3 × 12/256 = 1/16; t(3) 3.1824
    design = Design.of(pl.DataFrame({"household_id": [1, 2, 3, 4]}), np.ones(4))
    now, then = np.array([1.0, 1, 0, 0]), np.array([0.0, 1, 0, 0])
    change = difference((then, np.ones(4)), (now, np.ones(4)), design)
    assert change.value == -0.25
    assert change.high == pytest.approx(-0.25 + 3.1824463 / 4)
    assert change.low == -1.0  # no share changes by more than a whole


def test_a_change_of_the_same_families_is_surer_than_that_of_two_surveys():
    change = difference((LATER, ALL), (POOR, ALL), DESIGN)
    apart = (error(POOR, ALL) ** 2 + error(LATER, ALL) ** 2) ** 0.5
    assert (change.high - change.low) / 2 < 2.7764451 * apart / 2


def test_the_order_of_two_shares_turns_the_sign_of_their_difference():
    there = difference((LATER * PERSONS, PERSONS), (POOR, ALL), DESIGN)
    back = difference((POOR, ALL), (LATER * PERSONS, PERSONS), DESIGN)
    assert (there.value, there.low, there.high) == pytest.approx(
        (-back.value, -back.high, -back.low)
    )


@pytest.mark.parametrize(
    ("first", "second", "value", "low", "high"),
    [
        ([1.0, 1, 0, 0], [1.0, 1, 0, 0], 0.0, -0.602365, 0.602365),  # nobody asked has changed
        ([1.0, 1, 1, 1], [0.0, 0, 0, 0], 1.0, 0.397635, 1.0),  # everybody has
        ([0.0, 0, 0, 0], [1.0, 1, 1, 1], -1.0, -1.0, -0.397635),
    ],
)
def test_where_all_four_tell_the_same_the_change_is_no_surer_than_four_draws(
    first, second, value, low, high
):
    # Clopper and Pearson's end of none in four: 1 - 0.025 to the power 1/4
    design = Design.of(pl.DataFrame({"household_id": [1, 2, 3, 4]}), np.ones(4))
    change = difference((np.array(first), np.ones(4)), (np.array(second), np.ones(4)), design)
    assert (change.value, change.low, change.high) == pytest.approx((value, low, high), abs=1e-6)


def test_without_anybody_below_one_of_them_no_difference_can_be_told():
    nobody = (np.zeros(12), np.zeros(12))
    assert difference(nobody, (POOR, ALL), DESIGN).value is None
    assert difference((POOR, ALL), nobody, DESIGN).value is None
