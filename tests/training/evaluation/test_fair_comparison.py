"""Estimators compared: nobody is scored by who had seen them, and only the lot judges."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from features.errors import InputError
from models.assessment import metrics
from models.estimators import HiddenIncomeClassifier
from tests.training.made_up import made_up
from training.evaluation.fair_comparison import blind_scores, compare
from training.labels.frames import in_frames


@pytest.fixture(scope="module")
def inspected():
    """400 families, every other one drawn by lot; their inputs tell nothing."""
    return in_frames(made_up(400, np.arange(400) % 2 == 0)).inspected


@pytest.fixture(scope="module")
def x(inspected):
    return inspected.x[["members"]]


class Memory(ClassifierMixin, BaseEstimator):
    """Certain of whom it had seen, and of nobody else."""

    def __init__(self, random_state=None):
        self.random_state = random_state

    def fit(self, X, y, sample_weight=None, families=None):
        self.classes_ = np.unique(y)
        self.seen_, self.weights_, self.families_ = set(X.index), sample_weight, families
        return self

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def predict_proba(self, X):
        sure = np.array([household in self.seen_ for household in X.index], dtype=float)
        return np.column_stack([1 - sure, sure])


class Weighed(Memory):
    """Answers with what its fit was handed."""

    def predict_proba(self, X):
        total = np.full(len(X), float(self.weights_.sum() + self.families_.sum()))
        return np.column_stack([-total, total])


class Seeded(Memory):
    def predict_proba(self, X):
        return np.column_stack([np.zeros(len(X)), np.full(len(X), float(self.random_state))])


def test_nobody_is_scored_by_a_copy_that_had_seen_another_row_of_the_family(inspected):
    """Two inspections of each family: by row, half of them would be remembered."""
    twice = made_up(400, np.arange(400) % 2 == 0)
    rows = twice.inspections.with_columns(household_id=twice.inspections["household_id"] // 2)
    doubled = in_frames(type(twice)(**{**fields(twice), "inspections": rows})).inspected
    scores = blind_scores(Memory(), doubled.x, doubled, seeds=range(3))
    assert (scores == 0).all(axis=None)


def fields(labels):
    return {name: getattr(labels, name) for name in labels.__slots__}


def test_each_seed_is_the_random_state_and_deals_other_folds(inspected, x):
    scores = blind_scores(Seeded(), x, inspected, seeds=[3, 8])
    assert scores.columns.name == "seed"
    assert scores.nunique().tolist() == [1, 1]
    assert scores.iloc[0].tolist() == [3, 8]
    logistic = blind_scores(LogisticRegression(), x, inspected, seeds=[3, 8])
    assert not logistic[3].equals(logistic[8])


def test_the_random_state_of_a_step_is_set_as_well(inspected, x):
    steps = make_pipeline(FunctionTransformer(), Seeded())
    assert blind_scores(steps, x, inspected, seeds=[5]).iloc[0].item() == 5


@pytest.mark.parametrize("wrapped", [False, True])
def test_weights_and_families_reach_a_fit_that_takes_them(inspected, x, wrapped):
    estimator = make_pipeline(FunctionTransformer(), Weighed()) if wrapped else Weighed()
    scores = blind_scores(estimator, x, inspected, seeds=[0])[0]
    everything = inspected.weight.sum() + inspected.x.index.to_numpy().sum()
    assert scores.nunique() == 5  # one sum a fold
    assert scores.drop_duplicates().sum() == pytest.approx(4 * everything)


def test_an_estimator_of_ours_is_scored_like_any_other(inspected, x):
    ours = HiddenIncomeClassifier({"members": 1}, trees=3, folds=2)
    scores = blind_scores(ours, x, inspected, seeds=[0])
    assert scores[0].between(0, 1).all()
    same = blind_scores(ours, x, inspected, seeds=[0])
    assert scores.equals(same)


def test_families_in_another_order_are_refused(inspected, x):
    with pytest.raises(InputError, match="keep the index"):
        blind_scores(Memory(), x[::-1], inspected, seeds=[0])
    with pytest.raises(InputError, match="scores upside down are of other rows"):
        compare({"upside down": x["members"][::-1]}, inspected)


def truth(inspected):
    return inspected.confirmed.astype(float)


def test_only_families_drawn_by_lot_count(inspected):
    """A perfect score of all others changes nothing."""
    perfect = truth(inspected).where(inspected.design != "random", 0.5)
    table = compare({"nobody knows": perfect}, inspected, replicas=50)
    assert table.loc["nobody knows", ["auc", "auc_low", "auc_high"]].tolist() == [0.5] * 3


def test_the_first_differs_from_itself_by_nothing_and_others_by_the_difference(inspected):
    noise = pd.Series(np.random.default_rng(1).random(400), index=inspected.x.index)
    table = compare({"noise": noise, "truth": truth(inspected)}, inspected, replicas=200)
    gains = ["gain", "gain_low", "gain_high", "gain_least", "gain_most"]
    assert table.loc["noise", gains].tolist() == [0] * 5
    assert table.loc["truth", "auc"] == 1
    assert table.loc["truth", "gain"] == pytest.approx(1 - table.loc["noise", "auc"])
    assert table.loc["noise", "auc_low"] < 0.5 < table.loc["noise", "auc_high"]


def test_it_is_the_interval_of_the_report_where_there_is_one_seed(inspected):
    score = inspected.x["members"] + np.random.default_rng(2).random(400)
    other = inspected.x["children"] + np.random.default_rng(3).random(400)
    row = compare({"other": other, "score": score}, inspected, seed=9).loc["score"]
    arm = inspected.random_weight.to_numpy() > 0
    labels, weights = truth(inspected).to_numpy()[arm], inspected.random_weight.to_numpy()[arm]
    drawn = metrics.draws(inspected.x.index.to_numpy()[arm], np.random.default_rng(9))
    gain = metrics.auc_difference(
        labels, score.to_numpy()[arm], other.to_numpy()[arm], weights, drawn
    )
    assert [row["gain"], row["gain_low"], row["gain_high"]] == pytest.approx(
        [gain.value, gain.low, gain.high]
    )


def test_a_gain_is_the_mean_over_seeds_and_its_spread_is_shown(inspected):
    good = truth(inspected)
    seeds = pd.DataFrame({0: good, 1: 1 - good, 2: good})
    row = compare({"level": good * 0, "seeds": seeds}, inspected, replicas=50).loc["seeds"]
    assert row["gain"] == pytest.approx((0.5 - 0.5 + 0.5) / 3)
    assert [row["gain_least"], row["gain_most"]] == [-0.5, 0.5]


def test_scores_of_other_seeds_are_not_paired(inspected):
    frame = pd.DataFrame({0: truth(inspected)})
    with pytest.raises(InputError, match="different seeds cannot be paired"):
        compare({"a": frame, "b": frame.rename(columns={0: 1})}, inspected)


@pytest.mark.parametrize(("lot", "refused"), [(99, True), (100, False)])
def test_without_a_random_arm_of_a_hundred_no_auc_is_told(lot, refused):
    few = in_frames(made_up(400, np.arange(400) < lot)).inspected
    if refused:
        with pytest.raises(InputError, match="99 inspections were drawn at random"):
            compare({"members": few.x["members"]}, few)
    else:
        assert compare({"members": few.x["members"]}, few, replicas=5)["auc"].notna().all()


def test_a_random_arm_where_all_were_found_the_same_compares_nothing(inspected):
    labels = made_up(400, np.arange(400) % 2 == 0)
    clear = labels.inspections.with_columns(hidden_income_monthly=0)
    same = in_frames(type(labels)(**{**fields(labels), "inspections": clear})).inspected
    with pytest.raises(InputError, match="0 of them confirmed"):
        compare({"members": same.x["members"]}, same)
