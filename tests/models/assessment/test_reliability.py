"""Calibration error: what chance alone would show stands beside what is seen."""

import numpy as np
import pytest

from models.assessment import metrics, reliability


def judged(labels, off=0.0, seed=0):
    generator = np.random.default_rng(seed)
    chance = generator.beta(1, 2, labels)
    truth = (generator.random(labels) < chance).astype(float)
    predicted = np.clip(chance + off, 0, 1)
    drawn = metrics.draws(np.arange(labels), generator, replicas=100)
    return reliability.calibration_error(truth, predicted, np.ones(labels), drawn, generator)


def test_a_perfect_model_is_off_by_as_much_as_chance_makes_it():
    calibrations = [judged(250, seed=seed) for seed in range(30)]
    assert all(
        f.error.value > 0.02 for f in calibrations
    )  # a raw threshold would fail many of them
    assert 0.2 < np.mean([f.chance for f in calibrations]) < 0.8


def test_a_model_that_says_ten_points_too_much_is_found_with_a_thousand_labels():
    calibration = judged(1_000, off=0.10)
    assert calibration.error.value > calibration.if_perfect.high
    assert calibration.chance < 0.01


@pytest.mark.parametrize(("labels", "bins"), [(300, 15), (149, 14), (5, 1)])
def test_a_bin_holds_at_least_ten_families_and_there_are_fifteen_at_most(labels, bins):
    predicted = np.random.default_rng(0).random(labels)
    placed = reliability.bins_of(predicted, np.ones(labels))
    assert placed.max() + 1 == bins
    assert bins == 1 or np.bincount(placed).min() >= 10
    order = np.argsort(predicted)
    assert (np.diff(placed[order]) >= 0).all()


def test_the_table_counts_what_was_said_and_found():
    predicted = np.repeat([0.2, 0.8], 10)
    truth = np.array([1, 1] + [0] * 8 + [1] * 9 + [0], dtype=float)
    low, high = reliability.table(truth, predicted, np.ones(20))
    assert (low["said"], low["value"], low["families"]) == (0.2, 0.2, 10)
    assert (high["said"], high["value"]) == (0.8, 0.9)


def test_delongs_interval_agrees_with_the_bootstrap_and_needs_both_kinds():
    generator = np.random.default_rng(5)
    truth = (generator.random(800) < 0.3).astype(float)
    score = np.round(truth + generator.normal(0, 1.2, 800), 1)
    drawn = metrics.draws(np.arange(800), generator)
    exact = metrics.auc_exactly(truth, score)
    resampled = metrics.auc_with_interval(truth, score, np.ones(800), drawn)
    assert exact.value == pytest.approx(resampled.value)
    assert exact.low == pytest.approx(resampled.low, abs=0.01)
    assert exact.high == pytest.approx(resampled.high, abs=0.01)
    assert metrics.auc_exactly(np.ones(5), np.arange(5.0)) == metrics.UNKNOWN
