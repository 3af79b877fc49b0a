"""Verdicts on groups: no false alarm on equal groups, a true wrong is found, the small are hidden."""

import itertools

import numpy as np
import pytest
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.stats import fisher_exact, hypergeom

from models.assessment import fairness
from models.assessment.fairness import Verdict, against_rest, calibration, hidden
from models.assessment.suppression import SHOWN_FROM
from tests.drawn import drawn

GROUPS, FAMILIES, ERROR = 40, 150, 0.10


def seen(generator, rates, families):
    of = np.full(len(rates), families)
    return generator.binomial(of, rates), of


@pytest.fixture
def without_power(monkeypatch):
    """Power decides between PASS and UNKNOWN only, and takes most of the time."""
    monkeypatch.setattr(fairness, "power", lambda of, *_: np.zeros(len(of)))


@pytest.mark.parametrize("runs", [40, pytest.param(120, marks=pytest.mark.long)])
def test_among_forty_equal_groups_few_runs_raise_a_false_alarm(without_power, runs):
    generator = np.random.default_rng(1)
    alarms, by_ratio = 0, 0
    for _ in range(runs):
        count, of = seen(generator, np.full(GROUPS, ERROR), FAMILIES)
        findings = against_rest(count, of, count.sum(), of.sum())
        alarms += any(f.verdict is Verdict.FAIL for f in findings)
        by_ratio += any(f.ratio > 1.25 for f in findings)
    # The exact chance is at most 5 %; 40 runs tell it to seven points, 120 to about four.
    assert alarms / runs <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / runs)
    assert by_ratio / runs > 0.98  # the rule of a fixed ratio: nearly always a false alarm


def test_a_significant_difference_below_a_quarter_more_is_no_failure():
    finding = against_rest(np.array([2_200]), np.array([20_000]), 4_200, 40_000)[0]
    assert finding.p_adjusted < 0.05
    assert finding.ratio == pytest.approx(1.1)
    assert finding.verdict is Verdict.PASS


@pytest.mark.parametrize(("families", "failing"), [(150, (0.0, 0.35)), (2_000, (0.95, 1.0))])
def test_a_group_with_half_as_many_errors_again_is_found_where_there_are_enough(
    families, failing, without_power
):
    generator = np.random.default_rng(3)
    rates = np.full(GROUPS, ERROR)
    rates[7] = 1.5 * ERROR
    failed = []
    for _ in range(40):
        count, of = seen(generator, rates, families)
        failed.append(against_rest(count, of, count.sum(), of.sum())[7].verdict is Verdict.FAIL)
    assert failing[0] <= np.mean(failed) <= failing[1]


@pytest.mark.parametrize(("families", "verdict"), [(150, Verdict.UNKNOWN), (2_000, Verdict.PASS)])
def test_an_equal_group_passes_only_where_a_wrong_would_have_been_found(families, verdict):
    count, of = np.full(GROUPS, families // 10), np.full(GROUPS, families)
    assert against_rest(count, of, count.sum(), of.sum())[0].verdict is verdict


def test_power_is_how_often_the_test_would_find_such_a_group():
    generator = np.random.default_rng(4)
    of, rest, rate, level = 700, 7_000, 0.1, 0.05 / 11
    power = fairness.power(np.array([of]), np.array([700]), np.array([rest]), level)[0]
    count, others = generator.binomial(of, 1.5 * rate, 3_000), generator.binomial(rest, rate, 3_000)
    detected = hypergeom.sf(count - 1, of + rest, count + others, of) <= level
    assert power == pytest.approx(detected.mean(), abs=0.02)


def test_the_p_value_is_fishers():
    finding = against_rest(np.array([9]), np.array([40]), 20, 200)[0]
    assert finding.p == pytest.approx(fisher_exact([[9, 31], [11, 149]], alternative="greater")[1])
    assert finding.rest == pytest.approx(11 / 160)
    assert finding.ratio == pytest.approx((9 / 40) / (11 / 160))


def test_fewer_errors_than_the_rest_are_no_failure():
    finding = against_rest(np.array([0]), np.array([3_000]), 600, 6_000)[0]
    assert finding.verdict is Verdict.PASS
    assert finding.p_adjusted == 1


def test_failing_one_group_only_fail_it_though_no_ratio_can_be_told():
    finding = against_rest(np.array([40]), np.array([400]), 40, 2_000)[0]
    assert finding.ratio is None
    assert finding.verdict is Verdict.FAIL


def test_nobody_to_compare_with_is_unknown():
    assert against_rest(np.array([3]), np.array([30]), 3, 30)[0].verdict is Verdict.UNKNOWN


def test_holm_stops_where_one_step_down_is_not_enough():
    # 0.01·3 = 0.03 · 0.04·2 = 0.08 · 0.03·… sorted: 0.01, 0.03, 0.04 → 0.03, 0.06, 0.06
    assert fairness.holm(np.array([0.04, 0.01, 0.03])) == pytest.approx([0.06, 0.03, 0.06])


@pytest.mark.parametrize(
    ("predicted", "confirmed", "verdict"),
    [(0.45, 300, Verdict.FAIL), (0.30, 300, Verdict.PASS), (0.20, 300, Verdict.PASS)],
)
def test_a_group_fails_where_far_more_is_said_than_found(predicted, confirmed, verdict):
    truth = (np.arange(1_000) < confirmed).astype(float)
    finding = calibration([np.full(1_000, predicted)], [truth])[0]
    assert finding.verdict is verdict
    assert finding.rate.value == pytest.approx(predicted - 0.3)
    assert finding.rate.low < predicted - 0.3 < finding.rate.high


def test_a_gap_in_twenty_families_is_unknown():
    finding = calibration([np.full(20, 0.4)], [(np.arange(20) < 6).astype(float)])[0]
    assert finding.verdict is Verdict.UNKNOWN


def test_one_failure_fails_all_and_one_doubt_is_doubt():
    good, bad, doubt = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN
    assert fairness.together([good, doubt, bad]) is bad
    assert fairness.together([good, doubt]) is doubt
    assert fairness.together([good, good]) is good
    assert fairness.together([]) is doubt


@pytest.mark.parametrize(
    ("families", "not_shown"),
    [
        ([10, 50, 80], [0, 0, 0]),
        ([9, 50, 80], [1, 1, 0]),  # alone it would be the total less the others
        ([9, 8, 80], [1, 1, 0]),
        ([0, 50, 80], [0, 0, 0]),
        ([0, 0, 9], [1, 0, 1]),  # nobody else is there: an empty group is hidden with it
    ],
)
def test_a_group_below_ten_is_hidden_and_so_is_another(families, not_shown):
    assert hidden(np.array(families)).astype(int).tolist() == not_shown


@drawn(
    15,
    40,
    st.integers(2, 4).flatmap(
        lambda columns: st.lists(
            st.lists(st.integers(0, 60), min_size=columns, max_size=columns), min_size=2, max_size=5
        )
    ),
)
def test_no_small_cell_follows_from_the_sums_unless_nothing_is_left_to_hide(rows):
    table = np.array(rows)
    gone = hidden(table, 30)
    small = (table > 0) & (table < SHOWN_FROM)
    assert gone[small].all()
    places = list(zip(*np.nonzero(gone), strict=True))
    lines = [[p[0] == r for p in places] for r in range(table.shape[0])]
    lines += [[p[1] == c for p in places] for c in range(table.shape[1])]
    sums = np.array(lines, dtype=float) @ np.array([table[p] for p in places], dtype=float)
    for number, place in enumerate(places):
        if not small[place]:
            continue
        aim = np.zeros(len(places))
        aim[number] = 1.0
        # Real numbers on either side of nought: what the sums alone leave open.
        free = {"A_eq": np.array(lines, dtype=float), "b_eq": sums, "bounds": (-1e3, 1e3)}
        ends = [linprog(side * aim, **free).fun for side in (1, -1)]
        line = itertools.chain(
            ((place[0], c) for c in range(table.shape[1])),
            ((r, place[1]) for r in range(table.shape[0])),
        )
        nothing_left = all(gone[p] for p in line)
        assert nothing_left or -ends[1] - ends[0] > 1e-6
