"""From a score to a probability: what each calibrator makes of few labels and of many."""

import numpy as np
import pytest
from scipy.optimize import isotonic_regression

from models.learned.trees import logistic
from training.trials import calibrators
from training.trials.judged import expected_error


@pytest.fixture(scope="module")
def families():
    """Scores twice too steep and half a step too high, and who hides."""
    generator = np.random.default_rng(4)
    score = 1.5 * generator.standard_normal(12_000)
    hides = (generator.random(12_000) < logistic(0.5 * score - 0.5)).astype(float)
    return score, hides


@pytest.fixture(scope="module")
def table(families):
    score, hides = families
    findings = calibrators.at_sensitivity(hides, 0.83)
    rows = calibrators.compared(
        score,
        hides,
        findings,
        assumed=0.83,
        draws=6,
        generator=np.random.default_rng(5),
        sizes=(150, 2_400),
    )
    return {(row["calibrator"], row["labels"]): row["ece"] for row in rows}


@pytest.mark.parametrize("name", calibrators.CALIBRATORS)
def test_probabilities_rise_with_the_score_and_stay_between_zero_and_one(families, name):
    score, hides = families
    ask = np.linspace(-5, 5, 300)
    predicted = calibrators.CALIBRATORS[name](score[:400], hides[:400], ask, 0.83)
    assert (np.diff(predicted) >= -1e-12).all()
    assert predicted.min() >= 0
    assert predicted.max() <= 1


@pytest.mark.parametrize("name", ["line", "beta", "isotonic", "venn_abers"])
def test_many_labels_bring_every_calibrator_near_the_truth_and_few_do_not(table, name):
    assert table[name, 2_400] < 0.03 < table["none", 2_400]
    assert table[name, 2_400] < table[name, 150]


def test_a_line_with_two_numbers_to_find_needs_fewer_labels_than_free_steps(table):
    assert table["line", 150] < table["isotonic", 150]


def test_inspectors_who_miss_more_than_is_assumed_make_all_too_timid(families):
    score, hides = families
    generator = np.random.default_rng(6)
    for sensitivity, sign in ((0.70, -1), (0.96, 1)):
        findings = calibrators.at_sensitivity(hides, sensitivity)(generator)
        predicted = calibrators.line(score, findings, score, 0.83)
        assert np.sign(predicted.mean() - hides.mean()) == sign
        assert expected_error(predicted, hides) > 0.03


def test_venn_abers_asks_with_the_family_once_clear_and_once_hiding(families):
    score, hides = families
    known, findings = score[:60], hides[:60]
    ask = np.sort(score[60:260])
    predicted = calibrators.venn_abers(known, findings, ask, 1.0)
    for one in (0, 100, 199):
        order = np.argsort(np.append(known, ask[one] - 1e-9))
        place = int(np.flatnonzero(order == 60)[0])
        clear, hiding = (
            isotonic_regression(np.append(findings, label)[order]).x[place] for label in (0.0, 1.0)
        )
        assert predicted[one] == pytest.approx(hiding / (1 - clear + hiding), abs=0.02)
