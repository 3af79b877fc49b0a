"""Hyper-parameters: a fixed budget and seed, and the random arm out of sight."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import InputError
from models.law.parameters import Law
from models.learned import trees
from models.learned.hyperparameters import SHIPPED, Boosting, Hyperparameters
from tests.training.made_up import DAY, made_up
from training.evaluation import served_scores, temporal
from training.fitting import tuning
from training.fitting.fit import fit
from training.fitting.tuning import SPACE, searched, tune

LAW = Law(DAY)


def distance(hyper: Hyperparameters) -> float:
    """A loss whose best setting is known: few leaves and a slow rate."""
    boosting = hyper.hidden_income
    return (boosting.leaves - 5) ** 2 + abs(boosting.rate - 0.02)


def test_the_same_budget_and_seed_choose_the_same():
    first, again = (
        searched("hidden_income", distance, start=SHIPPED, trials=15, seed=3) for _ in range(2)
    )
    assert first == again
    assert (
        first.trials != searched("hidden_income", distance, start=SHIPPED, trials=15, seed=4).trials
    )


def test_the_budget_is_kept_and_the_shipped_values_come_first():
    tried = []

    def evaluate(hyper):
        tried.append(hyper.hidden_income)
        return distance(hyper)

    search = searched("hidden_income", evaluate, start=SHIPPED, trials=7, seed=1)
    assert len(tried) == len(search.trials) == 7
    assert tried[0] == SHIPPED.hidden_income
    assert search.shipped_loss == distance(SHIPPED)
    assert search.chosen_loss == min(trial["loss"] for trial in search.trials)


def test_nothing_changes_without_a_gain():
    search = searched("welfare", lambda _: 1.0, start=SHIPPED, trials=6, seed=1)
    assert search.chosen == SHIPPED.welfare


@pytest.mark.parametrize("trials", [1, 12])
def test_the_search_is_never_worse_than_the_shipped_values(trials):
    search = searched("hidden_income", distance, start=SHIPPED, trials=trials, seed=2)
    assert search.chosen_loss <= search.shipped_loss


def test_every_shipped_value_lies_in_the_space_that_is_searched():
    for stage, values in SHIPPED.as_json().items():
        for name, value in values.items():
            assert SPACE[name].low <= value <= SPACE[name].high, f"{stage}.{name}"


def test_hyperparameters_read_back_as_they_were_told():
    other = replace(SHIPPED, welfare=Boosting(trees=10, rate=0.1, leaves=4))
    assert Hyperparameters.read(other.as_json()) == other
    assert other != SHIPPED


@given(st.lists(st.booleans(), min_size=1, max_size=30))
def test_no_family_of_the_random_arm_takes_part_in_the_search(random):
    all_labels = made_up(len(random), np.array(random))
    again = replace(  # a family inspected at random once, and another time by suspicion
        all_labels,
        inspections=pl.concat(
            [
                all_labels.inspections,
                all_labels.inspections.with_columns(design=pl.lit("complaint")),
            ]
        ),
    )
    arm = {place for place, drawn in enumerate(random) if drawn}
    seen = tuning.outside_random_arm(again)
    for labels in (seen.inspections, seen.survey):
        assert set(labels["household_id"]) == set(range(len(random))) - arm


@pytest.fixture
def two_stages(monkeypatch):
    """The stages that are quick to grow."""
    monkeypatch.setattr(tuning, "STAGES", ("consumption", "hidden_income"))


@pytest.mark.usefixtures("two_stages")
def test_what_random_inspections_found_changes_nothing_of_the_search():
    """Even if every finding and answer of the arm were turned round."""
    random = np.arange(150) % 3 == 0
    labels = made_up(150, random)
    is_random = pl.Series(random)
    turned = replace(
        labels,
        inspections=labels.inspections.with_columns(
            hidden_income_monthly=pl.when(is_random)
            .then(300_000 - pl.col("hidden_income_monthly"))
            .otherwise(pl.col("hidden_income_monthly"))
        ),
        survey=labels.survey.with_columns(
            consumption_monthly=pl.when(is_random)
            .then(9e6)
            .otherwise(pl.col("consumption_monthly"))
        ),
    )
    one, other = (tune(f, law=LAW, trials=2, seed=5) for f in (labels, turned))
    assert one == other
    assert one.seen["inspections"] == 100
    assert one.seen["inspections_left_out"] == 50
    assert one.table().height == 4
    assert one.as_json()["stages"]["hidden_income"]["why_not"] is None
    # The same turn among the others would be seen.
    seen = replace(labels, inspections=turned.inspections.with_columns(design=pl.lit("targeted")))
    unseen = replace(labels, inspections=labels.inspections.with_columns(design=pl.lit("targeted")))
    losses = [tuning._Task.of(f, LAW, 5).hidden_income(SHIPPED) for f in (seen, unseen)]
    assert losses[0] != losses[1]


@pytest.mark.usefixtures("two_stages")
def test_a_stage_with_too_few_labels_keeps_the_shipped_values_and_says_so():
    labels = made_up(240, np.ones(240, dtype=bool))
    tuned = tune(labels, law=LAW, trials=2, seed=5)
    assert tuned.chosen == SHIPPED
    assert tuned.as_json()["stages"]["hidden_income"]["why_not"].startswith("only 0 inspections")
    assert tuned.table().is_empty()


def test_a_search_without_a_trial_is_refused():
    with pytest.raises(InputError, match="--tune 1"):
        tune(made_up(3, np.zeros(3, dtype=bool)), law=LAW, trials=0, seed=1)


def test_what_is_grown_again_to_be_judged_is_grown_like_the_served_models(monkeypatch):
    labels = made_up(240, np.ones(240, dtype=bool))
    few = {stage: Boosting(trees=3, rate=0.1) for stage in SHIPPED.as_json()}
    hyper = Hyperparameters(
        **few
        | {
            "consumption": Boosting(trees=5, rate=0.1),
            "hidden_income": Boosting(trees=7, rate=0.1),
        }
    )
    fitted = fit(labels, law=LAW, seed=1, generator=np.random.default_rng(1), hyper=hyper)
    assert fitted.hyper == hyper
    assert fitted.models.hidden_income.detector.num_trees() == 7
    grown, grow = [], trees.grow

    def counted(*given, **options):
        booster = grow(*given, **options)
        grown.append(booster.num_trees())
        return booster

    monkeypatch.setattr(trees, "grow", counted)
    served_scores.surveyed_income(labels, fitted, np.random.default_rng(2))
    assert grown == [5] * served_scores.BLIND_FOLDS
    older = np.arange(240) < 160
    temporal._by_the_older(labels, fitted, older, ~older)
    assert grown[served_scores.BLIND_FOLDS :] == [7]
