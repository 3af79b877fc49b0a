"""Trials: what is said of a detector where the truth is known."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from features.registers.reading.load import open_data_set
from features.registers.snapshot import make
from models.assessment import metrics
from models.assessment.metrics import Estimate, auc
from models.law.parameters import Law
from models.learned.hyperparameters import Boosting
from models.learned.inputs import declared_inputs
from models.learned.trees import logistic
from tests.training.evaluation import worlds_of_scores
from training.population import simulate
from training.trials import (
    __main__,
    country,
    elsewhere,
    judged,
    pages,
    rankings,
    regimes,
    variants,
)

AS_OF = date(2026, 1, 1)


def test_a_family_hides_from_a_quarter_of_the_subsistence_minimum_per_member_on():
    line = 0.25 * Law(AS_OF).subsistence_minimum  # 12,712.75 tenge a member
    real = pl.DataFrame({"hidden_income_monthly": [25_425, 25_426, 0], "members": [2, 2, 1]})
    assert 2 * line == 25_425.5
    assert country.truly_hides(real, Law(AS_OF)).tolist() == [0.0, 1.0, 0.0]


def test_true_income_counts_every_source_once_and_hidden_ones_too():
    world = worlds_of_scores.world(50)  # a wage of 100,000 each, and 300,000 hidden by some
    assert set(world.income) == {100_000, 400_000}
    assert (world.income == 400_000).tolist() == (world.hides > 0).tolist()


def test_our_share_of_the_oracles_distance_starts_at_chance():
    def reached(ours):
        return rankings.reached(Estimate(ours, ours, ours), 0.9)

    assert reached(0.5) == 0
    assert reached(0.7) == pytest.approx(0.5)
    assert reached(0.9) == 1


def test_a_world_that_check_refuses_stands_in_the_table_with_its_reason():
    trial = {
        "households": 5_000,
        "seed": 1,
        "worlds": {"register_faults": {"refused": "18 kinds of errors"}},
    }
    assert "| register_faults | 18 kinds of errors |" in pages.page(trial)


@pytest.mark.parametrize(
    ("chance", "truth", "error"),
    [
        ([0.2, 0.2, 0.9, 0.9], [0, 0, 1, 1], 0.15),  # a fifth and a tenth off, half of all each
        ([0.5, 0.5], [0, 1], 0.0),
        ([1.0, 1.0], [0, 0], 1.0),
        ([0.30, 0.34], [0, 1], 0.48),  # 4.5 and 5.1 fifteenths: two bins, 0.30 and 0.66 off
        ([0.34, 0.38], [0, 1], 0.14),  # 5.1 and 5.7 fifteenths: one bin, 0.36 said, 0.50 true
    ],
)
def test_calibration_error_is_the_mean_distance_of_what_was_said_from_the_truth(
    chance, truth, error
):
    assert judged.expected_error(np.array(chance), np.array(truth, float)) == pytest.approx(error)


def test_bins_of_equal_numbers_hold_families_that_equal_widths_would_throw_together():
    chance = np.array([0.001] * 14 + [0.002] * 16)  # bins of two: seven of the one, eight of
    truth = np.array([0.0] * 14 + [1.0] * 16)  # the other, all within the first fifteenth
    predicted = (14 * 0.001 + 16 * 0.002) / 30
    assert judged.expected_error(chance, truth) == pytest.approx(16 / 30 - predicted)
    apart = judged.expected_error(chance, truth, equal_numbers=True)
    assert apart == pytest.approx((14 * 0.001 + 16 * 0.998) / 30)


# Regimes of selection.


@pytest.fixture(scope="module")
def world():
    return worlds_of_scores.world(4_000)


def chosen(world, regime):
    score = np.random.default_rng(1).standard_normal(len(world.hides))
    return regimes.REGIMES[regime](world, score), score


def test_under_the_random_regime_nobody_is_targeted(world):
    assert chosen(world, "random")[0] is None
    lot = regimes.drawn(None, 10_000, np.random.default_rng(0))
    assert lot.at_random.all()
    assert set(lot.probability) == {regimes.CAPACITY}
    assert abs(len(lot.family) - 400) < 100


@pytest.mark.parametrize("regime", [r for r in regimes.REGIMES if r != "random"])
def test_suspicion_leaves_a_third_of_the_inspections_to_chance(world, regime):
    pull, _ = chosen(world, regime)
    lot = regimes.drawn(pull, 4_000, np.random.default_rng(0), capacity=0.3)
    assert lot.at_random.mean() == pytest.approx(1 / 3, abs=0.06)
    assert len(lot.family) == pytest.approx(1_200, abs=120)
    assert np.allclose(lot.probability[lot.at_random], 0.1)


def test_rules_call_families_that_a_rule_points_at_and_log_it(world):
    pull, _ = chosen(world, "rules")
    assert sorted(set(pull.pull)) == [1.0, 8.0]
    assert pull.logged is pull.pull


def test_the_earlier_detector_calls_families_the_oftener_the_higher_their_score(world):
    pull, score = chosen(world, "score_driven")
    assert (np.argsort(pull.pull) == np.argsort(score)).all()


def test_a_private_signal_draws_those_who_hide_and_the_register_does_not_say_so(world):
    pull, _ = chosen(world, "private_signal")
    line = 0.25 * float(world.law.subsistence_minimum) * 3  # each family has three members
    hiding = world.hides > 0
    assert np.allclose((pull.pull / pull.logged)[hiding], 1 + 300_000 / line)
    assert np.allclose((pull.pull / pull.logged)[~hiding], 1)
    assert chosen(world, "private_signal_unlogged")[0].logged is None


def test_chances_keep_their_mean_though_nobody_is_surer_than_the_surest():
    chance = regimes.scaled(np.array([1.0] * 90 + [400.0] * 10), 0.1)
    assert chance.max() == regimes.SUREST
    assert chance.mean() == pytest.approx(0.1)
    gentle = regimes.scaled(np.array([1.0] * 50 + [3.0] * 50), 0.1)
    assert gentle[-1] / gentle[0] == pytest.approx(3)


def test_inspectors_find_nothing_where_nothing_is_hidden_and_miss_some_of_the_rest(world):
    labels = regimes.inspected(
        world, "rules", np.zeros(4_000), np.random.default_rng(2), capacity=0.5
    )
    rows = labels.inspections.join(
        world.real.select("household_id", hidden="hidden_income_monthly"), on="household_id"
    )
    assert (rows.filter(hidden=0)["hidden_income_monthly"] == 0).all()
    hiding = rows.filter(pl.col("hidden") > 0)
    # 300,000 tenge: 0.93 ÷ (1 + exp(−1.1 − 0.75 · ln(300 ÷ 70))) = 0.837
    assert (hiding["hidden_income_monthly"] > 0).mean() == pytest.approx(0.837, abs=0.05)
    assert (labels.inspections["inspected_on"] > world.labels.as_of).all()
    assert labels.survey is world.labels.survey


# Ways of learning.


@pytest.fixture(scope="module")
def lesson():
    """A made-up lesson: hiding follows gap and one input; suspicion follows the input."""
    generator = np.random.default_rng(3)
    inputs = tuple(i for i in declared_inputs() if i.direction > 0)[:2]

    def families(count):
        return generator.standard_normal((count, 3))

    everyone, table, survey = families(6_000), families(900), families(900)
    amount = np.exp(table[:, 0] + 0.5 * table[:, 1] + 0.6 * generator.standard_normal(900) - 0.5)
    amount[generator.random(900) < 0.17] = 0.0
    probability = np.where(table[:, 1] > 0, 0.04, 0.01)
    probability[:30] = np.nan
    return variants.Lesson(
        inputs=inputs,
        table=table,
        confirmed=(amount >= 1).astype(float),
        amount=amount,
        weights=np.ones(900),
        offset=None,
        probability=probability,
        at_random=np.arange(900) < 300,
        families=everyone,
        unlabelled=np.arange(5_000),
        survey=survey,
        unexplained=survey[:, 0] + generator.standard_normal(900),
        sensitivity=0.83,
        hyper=Boosting(trees=40, rate=0.1),
        seed=0,
    )


@pytest.mark.parametrize("name", variants.VARIANTS)
def test_every_way_of_learning_ranks_families_it_never_saw(lesson, name):
    hidden = lesson.families[:, 0] + 0.5 * lesson.families[:, 1] > 0.5
    score = variants.VARIANTS[name](lesson)
    assert auc(hidden.astype(float), score) > (0.6 if name == "without_the_gap" else 0.85)


def test_an_unknown_chance_of_inspection_counts_as_the_median(lesson):
    weights = variants._inverse(lesson)
    assert weights[0] == np.median(weights[30:])
    assert set(weights[30:]) == {25.0, 100.0}


def test_a_score_alone_says_how_families_that_no_label_speaks_of_are_ranked():
    generator = np.random.default_rng(0)
    score = generator.standard_normal(3_000)
    hides = (generator.random(3_000) < logistic(score)).astype(float)
    ways = {"oracle": score, "random": generator.random(3_000), "our_own": score + 1}
    among = np.arange(3_000) < 2_000
    by_way = rankings.against_truth(ways, hides, among)
    assert list(by_way) == ["random", "oracle", "our_own"]
    assert by_way["our_own"]["auc"] == by_way["oracle"]["auc"]
    assert by_way["our_own"]["share_of_the_oracles_distance"] == pytest.approx(1)
    assert abs(by_way["random"]["share_of_the_oracles_distance"]) < 0.1
    assert by_way["oracle"]["auc"]["value"] == pytest.approx(
        auc(hides[among], score[among]), abs=1e-6
    )


def test_placements_give_the_interval_that_resampling_gives():
    generator = np.random.default_rng(7)
    score = np.round(generator.standard_normal(2_000), 1)  # with ties
    hides = (generator.random(2_000) < logistic(score)).astype(float)
    by_placement = rankings.placed(hides, score)
    drawn = metrics.draws(np.arange(2_000), generator, replicas=400)
    resampled = metrics.auc_with_interval(hides, score, np.ones(2_000), drawn)
    assert by_placement.value == pytest.approx(resampled.value)
    assert by_placement.low == pytest.approx(resampled.low, abs=0.004)
    assert by_placement.high == pytest.approx(resampled.high, abs=0.004)
    assert rankings.placed(np.ones(5), score[:5]).value is None


@pytest.mark.long
def test_in_a_simulated_country_the_oracle_is_best_and_chance_is_worst(tmp_path):
    simulate(tmp_path / "country", households=12_000, seed=5, as_of=AS_OF)
    snapshot = make(open_data_set(tmp_path / "country"), AS_OF, tmp_path / "snapshot")
    tried = __main__._first(snapshot, tmp_path / "country", 5)
    base = tried.base
    row_of_country = __main__.one_country(base, tried, own=True, others=False)
    auc_of = {name: way["auc"]["value"] for name, way in row_of_country["ways"].items()}
    assert (
        row_of_country["true"]["judged"]
        == int((~base.labelled).sum())
        < row_of_country["true"]["families"]
    )
    assert abs(auc_of["random"] - 0.5) < 0.02
    assert auc_of["oracle_without_invariants"] > auc_of["oracle"] > auc_of["tarazy"]
    assert auc_of["tarazy"] > auc_of["red_flags"] > 0.5
    assert 0.75 < row_of_country["ways"]["tarazy"]["share_of_the_oracles_distance"] < 1
    assert row_of_country["true"]["calibration"]["ece"] < 0.15
    assert 0.8 < row_of_country["true"]["intervals"]["all"] < 1
    assert row_of_country["true"]["welfare"]["true_ladder"]["kappa"]["true"] == 1
    by_measure = {row["measure"]: row for row in row_of_country["own"]}
    assert by_measure["AUC"]["low"] < by_measure["AUC"]["true"] < by_measure["AUC"]["high"]
    assert {row["measure"] for row in row_of_country["own"]} >= {"lift at 5 %", "calibration slope"}
    itself = elsewhere.crossed(base, base, seed=5)["tarazy"]
    assert itself.low < itself.value < itself.high
    apart = elsewhere.differences(base, base)
    assert np.allclose(apart["overlap"], 0.5)
