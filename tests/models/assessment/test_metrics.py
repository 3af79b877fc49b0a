"""Measures against worked examples and against scikit-learn, with weights and ties."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, cohen_kappa_score, roc_auc_score

from models.assessment import metrics


@pytest.fixture
def labels():
    generator = np.random.default_rng(2)
    truth = (generator.random(300) < 0.35).astype(float)
    score = np.round(truth + generator.normal(0, 1, 300), 1)  # rounded: many ties
    return truth, score, generator.uniform(0.2, 5, 300)


def test_measures_agree_with_scikit_learn_under_weights_and_ties(labels):
    truth, score, weights = labels
    assert metrics.auc(truth, score, weights) == pytest.approx(
        roc_auc_score(truth, score, sample_weight=weights)
    )
    assert metrics.average_precision(truth, score, weights) == pytest.approx(
        average_precision_score(truth, score, sample_weight=weights)
    )


def test_quadratic_kappa_agrees_with_scikit_learn():
    generator = np.random.default_rng(3)
    truth = generator.integers(1, 7, 200)
    predicted = np.clip(truth + generator.integers(-1, 2, 200), 1, 6)
    weights = generator.uniform(0.5, 2, 200)
    assert metrics.quadratic_kappa(truth, predicted, weights) == pytest.approx(
        cohen_kappa_score(truth, predicted, weights="quadratic", sample_weight=weights)
    )
    assert metrics.quadratic_kappa(truth, truth) == 1.0


def test_precision_at_capacity_gives_families_on_the_edge_their_part():
    truth = np.array([1, 0, 1, 0, 0, 0, 0, 0, 0, 0.0])
    score = np.array([9, 8, 8, 1, 1, 1, 1, 1, 1, 1.0])
    assert metrics.precision_at(truth, score, 0.1) == 1.0
    assert metrics.precision_at(truth, score, 0.2) == pytest.approx(0.75)  # 1 + half of 1, of 2
    assert metrics.precision_at(truth, score, 0.3) == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [(0, 10, 0.0, 0.3085), (10, 10, 0.6915, 1.0), (5, 10, 0.1871, 0.8129)],
)
def test_exact_intervals_are_those_of_clopper_and_pearson(count, of, low, high):
    estimate = metrics.share(count, of)
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx(
        (count / of, low, high), abs=1e-4
    )


def test_a_share_of_nobody_is_unknown_not_zero():
    assert metrics.share(0, 0) == metrics.UNKNOWN
    assert str(metrics.UNKNOWN) == "unknown"


def test_an_auc_of_one_kind_of_family_is_unknown():
    ones = np.ones(20)
    drawn = metrics.draws(np.arange(20), np.random.default_rng(0), 50)
    assert metrics.auc_with_interval(ones, np.arange(20.0), ones, drawn) == metrics.UNKNOWN


def test_the_calibration_line_finds_what_was_put_in():
    generator = np.random.default_rng(4)
    log_odds = generator.normal(0, 2, 60_000)
    truth = (generator.random(60_000) < 1 / (1 + np.exp(-(0.5 + 0.6 * log_odds)))).astype(float)
    predicted = 1 / (1 + np.exp(-log_odds))
    assert metrics.calibration_line(truth, predicted) == pytest.approx((0.5, 0.6), abs=0.05)


def test_a_family_inspected_twice_is_drawn_whole():
    drawn = metrics.draws(np.array([7, 7, 8, 9]), np.random.default_rng(0), 200)
    assert (drawn[:, 0] == drawn[:, 1]).all()
    assert (drawn[:, 0] + drawn[:, 2] + drawn[:, 3] == 3).all()


def test_intervals_of_the_auc_hold_the_true_one_most_of_the_time():
    generator = np.random.default_rng(8)
    inside = 0
    for _ in range(100):
        truth = (generator.random(250) < 0.35).astype(float)
        score = truth + generator.normal(0, 1, 250)  # true AUC: Phi(1 / sqrt 2) = 0.760
        drawn = metrics.draws(np.arange(250), generator, 200)
        estimate = metrics.auc_with_interval(truth, score, np.ones(250), drawn)
        inside += estimate.low <= 0.7602 <= estimate.high
    assert inside >= 87


def test_the_difference_of_a_model_to_itself_is_nothing(labels):
    truth, score, weights = labels
    drawn = metrics.draws(np.arange(300), np.random.default_rng(0), 100)
    difference = metrics.auc_difference(truth, score, score, weights, drawn)
    assert (difference.value, difference.low, difference.high) == (0, 0, 0)


def test_the_same_generator_gives_the_same_interval(labels):
    truth, score, weights = labels
    estimates = [
        metrics.auc_with_interval(
            truth, score, weights, metrics.draws(np.arange(300), np.random.default_rng(1), 100)
        )
        for _ in range(2)
    ]
    assert estimates[0] == estimates[1]


def test_replicas_without_a_hiding_family_do_not_count():
    truth = np.array([1.0, 0, 0, 0, 0])
    score, ones = np.arange(5.0, 0, -1), np.ones(5)
    drawn = metrics.draws(np.arange(5), np.random.default_rng(0), 300)
    assert (drawn[:, 0] == 0).any()
    for measure in (
        lambda w: metrics.lift_at(truth, score, 0.2, w),
        lambda w: metrics.average_precision(truth, score, w),
    ):
        estimate = metrics.with_interval(measure, ones, drawn)
        assert np.isfinite([estimate.value, estimate.low, estimate.high]).all()
    assert metrics.lift_at(truth, score, 0.2) == pytest.approx(5.0)


def test_where_nobody_hides_what_needs_a_hiding_family_is_unknown():
    truth, score, ones = np.zeros(20), np.linspace(0.1, 0.9, 20), np.ones(20)
    drawn = metrics.draws(np.arange(20), np.random.default_rng(0), 50)
    for measure in (
        lambda w: metrics.lift_at(truth, score, 0.2, w),
        lambda w: metrics.average_precision(truth, score, w),
        lambda w: metrics.calibration_line(truth, score, w)[0],
        lambda w: metrics.calibration_line(truth, score, w)[1],
    ):
        assert metrics.with_interval(measure, ones, drawn) == metrics.UNKNOWN
