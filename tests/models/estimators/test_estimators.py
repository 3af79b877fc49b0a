"""The four models as scikit-learn estimators: what any data scientist may rely on."""

import doctest
import importlib
from typing import ClassVar

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.utils.estimator_checks import check_classifiers_train, parametrize_with_checks

from models.estimators import (
    ExpectedConsumptionRegressor,
    HiddenAmountRegressor,
    HiddenIncomeClassifier,
    WelfareCategoryClassifier,
)
from models.estimators.rows import distinct
from models.learned import trees

KINDS = (
    ExpectedConsumptionRegressor,
    HiddenIncomeClassifier,
    HiddenAmountRegressor,
    WelfareCategoryClassifier,
)
DIRECTIONS = {"rooms": +1, "cars": +1, "children": -1}


class Likeliest(WelfareCategoryClassifier):
    """The same ladder, but for the answer: the likeliest category, as scikit-learn wants it."""

    exempted_checks: ClassVar[dict[str, str]] = {}

    def predict(self, X):
        place = self.predict_proba(X).argmax(axis=1)
        return self.classes_[place]


def small(kind, **more):
    """Few, fast trees whose leaves may hold a single row, so that even fifteen rows are split."""
    few_trees = {"trees": 8, "rate": 0.6, "leaf": 1, "folds": 2}
    if kind is HiddenAmountRegressor:
        few_trees |= {"detector_trees": 8, "detector_rate": 0.6}
    return kind(**(few_trees | more))


def country(families: int, seed: int, *, noise: float = 1.0) -> pd.DataFrame:
    """Families with a few facts, some unknown, and what they live on."""
    generator = np.random.default_rng(seed)
    seen = pd.DataFrame(
        {
            "rooms": generator.integers(1, 6, families),
            "cars": generator.poisson(0.6, families),
            "children": generator.integers(0, 5, families),
            "area": generator.uniform(20, 120, families).round(),
        }
    )
    seen.loc[generator.random(families) < 0.1, "area"] = np.nan
    pull = 0.4 * seen["rooms"] + 0.5 * seen["cars"] - 0.3 * seen["children"]
    seen["means"] = pull + noise * generator.normal(size=families)
    return seen


def labels(kind, means: pd.Series) -> pd.Series:
    """What a survey or an inspector would say of families of such means."""
    if kind is ExpectedConsumptionRegressor:
        return np.exp(means)
    if kind is HiddenIncomeClassifier:
        return (means > 1).astype(int)
    if kind is HiddenAmountRegressor:
        return np.where(means > 1, np.exp(means), 0.0)
    return 1 + (means.to_numpy()[:, None] > [-0.5, 0.2, 0.8, 1.5, 2.5]).sum(axis=1)


def learned(kind, families: int = 600, seed: int = 1, **more):
    """An estimator fitted to such families, and the families."""
    lives = country(families, seed)
    seen = lives.drop(columns="means")
    return small(kind, **more).fit(seen, labels(kind, lives["means"])), seen


def boosters(model) -> list:
    """Every booster that a fitted estimator holds."""
    own = list(getattr(model, "boosters_", ())) or [model.booster_]
    return own + ([model.detector_] if getattr(model, "detector_", None) is not None else [])


def monotone_outputs(model, x) -> np.ndarray:
    """Everything that must not fall when a family looks better off, one row a family."""
    if isinstance(model, ExpectedConsumptionRegressor):
        return np.column_stack([model.predict(x, q) for q in (None, 0.1, 0.5, 0.9)])
    if isinstance(model, HiddenIncomeClassifier):
        return model.predict_proba(x)[:, 1:]
    if isinstance(model, HiddenAmountRegressor):
        return np.column_stack([model.predict(x), model.predict_interval(x, 0.8)])
    sets = model.predict_set(x, 0.8)
    above = 1 - model.predict_proba(x).cumsum(axis=1).round(12)
    last = sets.shape[1] - sets[:, ::-1].argmax(axis=1)
    return np.column_stack([model.predict(x), above, sets.argmax(axis=1), last])


# scikit-learn's own checks -------------------------------------------------------------


@parametrize_with_checks(
    [small(kind) for kind in KINDS],
    expected_failed_checks=lambda model: getattr(model, "exempted_checks", {}),
)
def test_scikit_learn_finds_nothing(estimator, check):
    check(estimator)


@pytest.mark.parametrize("more", [{}, {"readonly_memmap": True}, {"X_dtype": "float32"}])
def test_only_the_median_keeps_the_ladder_from_the_exempted_check(more):
    check_classifiers_train("Likeliest", small(Likeliest), **more)


@pytest.mark.long
@parametrize_with_checks(
    [kind() for kind in (*KINDS, Likeliest)],
    expected_failed_checks=lambda model: getattr(model, "exempted_checks", {}),
)
def test_scikit_learn_finds_nothing_in_the_models_as_they_are_used(estimator, check):
    check(estimator)


@pytest.mark.parametrize("kind", KINDS)
def test_the_check_of_weights_meets_trees_that_split(kind):
    # The sample of scikit-learn's own check: fifteen rows, weights 0 to 4.
    generator = np.random.RandomState(42)
    x, y = generator.rand(15, 30), generator.randint(0, 3, size=15)
    weights = generator.randint(0, 5, size=15)
    y = np.minimum(y, 1) if kind is HiddenIncomeClassifier else y + 1
    model = small(kind).fit(x, y, sample_weight=weights)
    assert any(b.trees_to_dataframe()["split_gain"].notna().any() for b in boosters(model))


def test_examples_in_the_documentation_run():
    for name in ("expected_consumption", "hidden_income", "hidden_amount", "welfare_category"):
        examples = doctest.testmod(importlib.import_module(f"models.estimators.{name}"))
        assert examples.attempted > 2
        assert not examples.failed


# Weights, order, families --------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_fit_depends_neither_on_row_order_nor_on_how_a_weight_is_split(kind):
    lives = country(500, seed=2)
    seen, y = lives.drop(columns="means"), pd.Series(labels(kind, lives["means"]))
    generator = np.random.default_rng(0)
    weights = generator.integers(0, 4, 500)  # some families do not count at all
    order = generator.permutation(500)
    again = np.repeat(order, weights[order])
    plain = small(kind, leaf=20).fit(seen, y, sample_weight=weights)
    split = small(kind, leaf=20).fit(seen.iloc[again], y.iloc[again])
    for one, other in zip(boosters(plain), boosters(split), strict=True):
        assert one.trees_to_dataframe()["split_gain"].notna().any()
        assert trees.as_text(one) == trees.as_text(other)
    assert (monotone_outputs(plain, seen) == monotone_outputs(split, seen)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_no_leaf_speaks_for_fewer_than_twenty_families(kind):
    lives = country(500, seed=3)
    seen = lives.drop(columns="means")
    model = small(kind, leaf=20).fit(seen, labels(kind, lives["means"]))
    # Rows that repeat a family do not fill a leaf.
    twice = small(kind, leaf=20).fit(
        pd.concat([seen, seen]), np.tile(labels(kind, lives["means"]), 2)
    )
    for fitted in (model, twice):
        assert min(trees.smallest_leaf(b) for b in boosters(fitted)) >= 20
    assert [trees.as_text(b) for b in boosters(model)] == [
        trees.as_text(b) for b in boosters(twice)
    ]


def test_a_family_never_stands_in_two_folds():
    generator = np.random.default_rng(4)
    family = generator.integers(0, 40, 200)
    # The only column names the family, so that the rows can be found again.
    rows = distinct(
        np.column_stack([family, generator.random(200)]),
        generator.random(200),
        np.ones(200),
        np.ones(200),
        families=family,
        group=np.zeros(200, dtype=int),
        kinds=generator.integers(0, 2, 200),
        folds=5,
        seed=0,
    )
    of_family = pd.Series(rows.fold).groupby(rows.x[:, 0]).nunique()
    assert len(of_family) == len(np.unique(family))
    assert of_family.max() == 1
    assert sorted(np.unique(rows.fold)) == [0, 1, 2, 3, 4]


def test_families_that_look_alike_are_several_when_told_apart():
    rooms = pd.DataFrame({"rooms": [1, 2, 3] * 100})
    poor = (np.arange(300) % 10 < 4).astype(int)  # whatever the rooms
    with pytest.warns(UserWarning, match="300 rows hold 6 different ones"):
        small(HiddenIncomeClassifier).fit(rooms, poor)
    model = small(HiddenIncomeClassifier, leaf=20).fit(rooms, poor, families=range(300))
    assert np.allclose(model.predict_proba(rooms)[:, 1], 0.4, atol=0.03)


def test_each_fold_holds_its_share_of_either_kind():
    hides = np.repeat([0, 1], [90, 10])
    rows = distinct(
        np.arange(100.0)[:, None],
        hides.astype(float),
        np.ones(100),
        np.ones(100),
        families=None,
        group=np.zeros(100, dtype=int),
        kinds=hides,
        folds=5,
        seed=0,
    )
    assert np.bincount(rows.fold, weights=rows.y).tolist() == [2, 2, 2, 2, 2]


# Directions ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seeds", [3, pytest.param(36, marks=pytest.mark.long)])
def test_looking_better_off_never_lowers_what_is_said(kind, seeds):
    """Of a few countries in every run and many in a long one; in every column of each."""
    for seed in range(seeds):
        generator = np.random.default_rng(seed)
        seen = country(150, seed).drop(columns="means")
        # Labels that pull every way: only the constraint can hold the direction.
        y = labels(kind, pd.Series(generator.normal(1, 2, 150) - seen["rooms"]))
        model = small(kind, directions=DIRECTIONS).fit(seen, y)
        before = monotone_outputs(model, seen)
        for column, direction in DIRECTIONS.items():
            for by in (0.5, generator.uniform(0, 5)):
                better = seen.assign(**{column: seen[column] + direction * by})
                assert (monotone_outputs(model, better) >= before).all(), (seed, column, by)


def test_without_directions_anything_may_fall():
    seen = country(400, seed=5).drop(columns="means")
    model = small(HiddenIncomeClassifier).fit(seen, (seen["rooms"] < 3).astype(int))
    better = seen.assign(rooms=seen["rooms"] + 3)
    assert (model.predict_proba(better)[:, 1] < model.predict_proba(seen)[:, 1]).any()


# Promises ------------------------------------------------------------------------------


def held(inside: np.ndarray, group: pd.Series) -> pd.Series:
    return pd.Series(inside).groupby(group.to_numpy()).mean()


def test_a_share_of_families_spends_less_than_the_quantile_says():
    lives, others = country(1_500, seed=6), country(4_000, seed=7)
    model = small(ExpectedConsumptionRegressor, leaf=20, trees=30, rate=0.2, folds=5).fit(
        lives.drop(columns="means"), np.exp(lives["means"])
    )
    for quantile in (0.1, 0.5, 0.9):
        below = np.exp(others["means"]) <= model.predict(others.drop(columns="means"), quantile)
        assert abs(below.mean() - quantile) < 0.03
    with pytest.raises(ValueError, match="quantile=1.5 is no share"):
        model.predict(others.drop(columns="means"), 1.5)


def test_intervals_hold_nine_amounts_in_ten_also_within_each_group():
    def drawn(families: int, seed: int) -> tuple[pd.DataFrame, np.ndarray, pd.Series]:
        lives = country(families, seed)
        rural = lives["area"].fillna(0).lt(60)
        # Rural amounts scatter twice as much: one tail for all would hold too few of them.
        extra = np.random.default_rng(seed).normal(0, 1.5, families) * rural
        means = lives["means"] + extra
        y = np.where(means > 0.5, np.exp(means), 0.0)
        return lives[["rooms", "cars", "children"]], y, rural.map({True: "rural", False: "urban"})

    seen, y, where = drawn(3_000, 8)
    others, truth, there = drawn(8_000, 9)
    model = small(
        HiddenAmountRegressor,
        leaf=20,
        trees=30,
        rate=0.2,
        detector_trees=30,
        detector_rate=0.2,
        folds=5,
    )
    model.fit(seen, y, groups=where)

    def inside(ends: np.ndarray) -> np.ndarray:
        return (ends[:, 0] <= truth) & (truth <= ends[:, 1])

    assert abs(inside(model.predict_interval(others, 0.9)).mean() - 0.9) < 0.025
    by_group = held(inside(model.predict_interval(others, 0.9, groups=there)), there)
    assert (abs(by_group - 0.9) < 0.03).all()
    alike = held(inside(model.predict_interval(others, 0.9)), there)
    assert np.ptp(by_group) < np.ptp(alike)
    with pytest.raises(ValueError, match="1 groups were not among the 2 of fit"):
        model.predict_interval(others[:1], 0.9, groups=["moon"])


def test_sets_hold_the_category_of_nine_families_in_ten_also_by_group():
    lives, others = country(2_500, seed=10), country(6_000, seed=11)
    model = small(WelfareCategoryClassifier, leaf=20, trees=20, rate=0.2, folds=5)
    model.fit(lives.drop(columns="means"), labels(WelfareCategoryClassifier, lives["means"]))
    truth = labels(WelfareCategoryClassifier, others["means"])
    sets = model.predict_set(others.drop(columns="means"), 0.9)
    inside = sets[np.arange(len(truth)), truth - 1]
    # Tails of discrete categories are coarse: a set holds a little more than promised.
    assert 0.89 < inside.mean() < 0.95
    assert held(inside, others["children"]).between(0.86, 0.97).all()
    narrow = model.predict_set(others.drop(columns="means"), 0.6)
    assert (narrow <= sets).all()
    assert narrow.sum() < sets.sum()
    holes = np.abs(np.diff(sets.astype(int), axis=1)).sum(axis=1)
    assert (holes <= 2).all()
    assert sets[np.arange(len(truth)), model.predict(others.drop(columns="means")) - 1].all()


@pytest.mark.parametrize(("sensitivity", "expected"), [(1.0, 0.8), (0.8, 1.0)])
def test_probabilities_answer_for_the_truth_given_what_inspectors_miss(sensitivity, expected):
    lives = country(4_000, seed=12)
    confirmed = (lives["means"] > 1) & (np.random.default_rng(0).random(4_000) < 0.8)
    model = small(
        HiddenIncomeClassifier, sensitivity=sensitivity, leaf=20, trees=30, rate=0.2, folds=5
    ).fit(lives.drop(columns="means"), confirmed.astype(int))
    hides = model.predict_proba(lives.drop(columns="means"))[:, 1]
    assert hides.mean() == pytest.approx(expected * (lives["means"] > 1).mean(), rel=0.03)


def test_probabilities_rest_on_the_random_arm_where_it_is_named():
    lives = country(3_000, seed=14)
    seen, hides = lives.drop(columns="means"), lives["means"] > 1
    random = np.arange(3_000) < 1_500
    # Targeted inspections went where something was to be found: twice the hiding families.
    picked = random | hides | (np.random.default_rng(1).random(3_000) < 0.4)
    model = small(HiddenIncomeClassifier, leaf=20, trees=30, rate=0.2, folds=5)
    pooled = clone(model).fit(seen[picked], hides[picked])
    honest = clone(model).fit(seen[picked], hides[picked], calibration_weight=random[picked] * 1.0)
    truth = hides.mean()
    assert honest.predict_proba(seen)[:, 1].mean() == pytest.approx(truth, abs=0.02)
    assert pooled.predict_proba(seen)[:, 1].mean() > truth + 0.05


def test_too_few_labels_promise_nothing():
    model, seen = learned(ExpectedConsumptionRegressor, families=9)
    assert np.isinf(model.predict(seen, 0.95)).all()
    assert (model.predict(seen, 0.05) == 0).all()
    ladder, seen = learned(WelfareCategoryClassifier, families=12)
    assert ladder.predict_set(seen, 0.99).all()


# Frames and what is refused ------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_family_is_told_the_same_alone_and_in_company(kind):
    model, seen = learned(kind)
    whole = monotone_outputs(model, pd.concat([seen] * 4))  # more rows than one thread is given
    alone = np.vstack([monotone_outputs(model, seen[k : k + 1]) for k in range(20)])
    assert (whole[:20] == alone).all()


@pytest.mark.parametrize("kind", KINDS)
def test_pandas_and_polars_frames_teach_the_same(kind):
    lives = country(300, seed=15)
    seen, y = lives.drop(columns="means"), labels(kind, lives["means"])
    polars = pl.from_pandas(seen, nan_to_null=True)
    assert polars["area"].null_count() > 0
    one = small(kind, directions=DIRECTIONS).fit(seen, y)
    other = small(kind, directions=DIRECTIONS).fit(polars, pl.Series(np.asarray(y)))
    assert list(other.feature_names_in_) == ["rooms", "cars", "children", "area"]
    assert (monotone_outputs(one, seen) == monotone_outputs(other, polars)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_other_columns_or_another_order_are_refused(kind):
    model, seen = learned(kind)
    with pytest.raises(ValueError, match=r"(?s)feature names should match.*phones"):
        model.predict(seen.rename(columns={"cars": "phones"}))
    with pytest.raises(ValueError, match="same order"):
        model.predict(seen[["cars", "rooms", "children", "area"]])
    assert boosters(model)[0].feature_name() == ["rooms", "cars", "children", "area"]


def test_what_cannot_be_learned_from_is_refused_with_a_remedy():
    seen, y = country(50, seed=16).drop(columns="means"), np.arange(50) % 2

    def refused(match: str, model=None, x=seen, y=y, **more):
        with pytest.raises(ValueError, match=match):
            (model or small(HiddenIncomeClassifier)).fit(x, y, **more)

    def given(directions):
        return small(HiddenIncomeClassifier, directions=directions)

    refused("1 columns that X does not have .phones.: correct", given({"phones": 1}))
    refused("3 directions were given for 4 columns", given([1, 0, 0]))
    refused("1 directions are none of", given([2, 0, 0, 0]))
    refused("columns of X have none: give a frame", given({"rooms": 1}), x=seen.to_numpy())
    refused("Only binary classification is supported", y=np.arange(50) % 3)
    refused("one class only", y=np.zeros(50))
    refused("at least two folds", small(HiddenIncomeClassifier, folds=1))
    refused("sensitivity=0.0 is no share", small(HiddenIncomeClassifier, sensitivity=0.0))
    refused("nothing is left to calibrate on", sample_weight=y, calibration_weight=1 - y)
    refused("Only one sample has any weight", sample_weight=(np.arange(50) == 3) * 1.0)
    refused("negative in 25 rows", small(ExpectedConsumptionRegressor), y=np.where(y, 1, -1))
    refused("negative in 25 rows", small(HiddenAmountRegressor), y=np.where(y, 1, -1))
    refused("found in 1 rows", small(HiddenAmountRegressor), y=(np.arange(50) == 0) * 1.0)
    with pytest.raises(ValueError, match="fit was given no groups"):
        learned(HiddenAmountRegressor)[0].predict_interval(seen, 0.9, groups=y)


def test_scikit_learn_can_search_over_them():
    lives = country(300, seed=17)
    search = GridSearchCV(
        small(HiddenIncomeClassifier), {"rate": [0.1, 0.6]}, scoring="roc_auc", cv=3
    )
    search.fit(lives.drop(columns="means"), labels(HiddenIncomeClassifier, lives["means"]))
    assert search.best_score_ > 0.6
