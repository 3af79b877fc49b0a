"""How many families are sent to a person, for the policy in force and for others."""

from datetime import date
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from models.law.parameters import Law, parameters
from models.learned.review_capacity import ReviewBars
from tests.training.made_up import made_up
from training.evaluation import review_load
from training.evaluation.review_load import (
    Load,
    Population,
    _by_region,
    limited,
    looked_at,
    section,
    words,
)
from training.fitting.fit import fit

LAW = Law(date(2026, 1, 1))
HUNDRED = Population(
    margin=np.arange(100.0),
    changes=np.arange(100) % 2 == 1,
    region=pl.Series([35, 62] * 50, dtype=pl.Int64),
)
"""Half of them live in each region; the flag changes the category of one region only."""


@pytest.fixture(scope="module")
def nothing_to_learn():
    """Labels in which nothing tells who hides income, so that no flag can be promised."""
    labels = made_up(240, np.arange(240) % 2 == 0)
    return labels, fit(labels, law=LAW, seed=1, generator=np.random.default_rng(1))


def flag_all_above(monkeypatch, levels):
    """As if the labels supported these thresholds."""
    monkeypatch.setattr(
        review_load, "certified", lambda *_, unconfirmed: (levels.get(unconfirmed), {})
    )


def test_a_load_counts_the_flagged_the_material_and_those_who_ask():
    load = Load.of(HUNDRED, 80.0, 0.10)
    assert load.bars.by_region == {35: 80.0, 62: 91.0}
    assert load.shares() == {"flagged": 0.2, "material": 0.1, "asking": 0.05}
    assert Load.of(HUNDRED, 80.0, None).shares()["asking"] == 0.1


def test_without_a_threshold_there_are_no_bars_and_nobody_asks(nothing_to_learn):
    assert Load.of(HUNDRED, None, 0.10).shares() == {"flagged": 0, "material": 0, "asking": 0}
    labels, fitted = nothing_to_learn
    assert fitted.models.threshold is None
    limited_fit, load = limited(labels, fitted, LAW)
    assert limited_fit.models.review_bars == ReviewBars()
    assert words(load) == ["Nobody is flagged, so the model asks for nobody's review."]
    assert "| 20% | none | 0.00% | 0.00% | 0.00% |" in section(load)
    predicted = limited_fit.models.predict(labels.population, LAW)
    assert not predicted["within_capacity"].any()


def test_the_load_is_told_for_each_promise_and_each_capacity(nothing_to_learn, monkeypatch):
    labels, fitted = nothing_to_learn
    middle, high = np.quantile(fitted.population, [0.5, 0.9])
    flag_all_above(monkeypatch, {0.10: None, 0.20: high, 0.30: middle})
    # Nothing is to be learned here, so no flag would matter by itself.
    monkeypatch.setattr(review_load.outcome, "material", lambda opinion, *_: opinion["model_flag"])
    monkeypatch.setattr(Law, "review_days", 2.5, raising=False)
    _, load = limited(labels, fitted, LAW)
    flagged = {row["unconfirmed_at_most"]: row["flagged"] for row in load["grid"]}
    assert flagged[0.10] == 0
    assert flagged[0.20] == pytest.approx(0.1, abs=0.01)
    assert flagged[0.30] == pytest.approx(0.5, abs=0.01)
    assert [row["capacity"] for row in load["grid"]] == [0.01, 0.02, 0.05, None] * 3
    for row in load["grid"]:
        assert row["asking"] <= row["material"] <= row["flagged"]
        assert row["asking"] <= (1 if row["capacity"] is None else row["capacity"])
        assert row["person_days"] == round(row["asking"] * labels.households * 2.5)
    assert load["review_days"] == 2.5
    asking = {(row["unconfirmed_at_most"], row["capacity"]): row["asking"] for row in load["grid"]}
    assert asking[0.30, None] == flagged[0.30]
    assert asking[0.20, None] == flagged[0.20]


def test_a_region_works_for_all_the_families_that_those_counted_stand_for():
    load = Load.of(HUNDRED, 80.0, 0.10)
    rows = {row["region"]: row for row in _by_region(HUNDRED, load, days=1.5 * 20)}
    assert (rows["62"]["asking"], rows["62"]["person_days"]) == (5, 150)
    assert (rows["35"]["asking"], rows["35"]["person_days"]) == (0, 0)


def test_a_family_of_whom_a_register_is_silent_is_neither_flagged_nor_sent(nothing_to_learn):
    labels, fitted = nothing_to_learn
    silent = labels.population["household_id"] == labels.population["household_id"][0]
    population = labels.population.with_columns(
        income_quarter=pl.when(silent).then(None).otherwise("income_quarter")
    )
    changed = SimpleNamespace(population=population)
    seen = looked_at(changed, fitted, [float(fitted.population.min())], LAW)
    assert np.isnan(seen.margin[0])
    assert not seen.changes[0]
    assert not np.isnan(seen.margin[1:]).any()


def test_capacity_and_the_days_of_a_review_are_assumed_and_say_so():
    for name in ("review_capacity", "review_days"):
        assert all(edition.assumed for edition in parameters()[name].editions)
    assert (LAW.review_capacity, LAW.review_days) == (0.02, 1)
    load = Load.of(HUNDRED, 80.0, 0.02)
    load_entry = {
        "shares": load.shares(),
        "capacity": 0.02,
        "capacity_assumed": True,
        "households": 5000,
        "review_days": 1.5,
        "review_days_assumed": True,
        "person_days": 75,
    }
    [sentence] = words(load_entry)
    assert (
        "within a capacity of 2.0% of each region's families a year, assumed, 1.0% ask" in sentence
    )
    assert sentence.endswith(
        "about 50 families, or 75 working days of one person (1.5 for each review, assumed)."
    )
