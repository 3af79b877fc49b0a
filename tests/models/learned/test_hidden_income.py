"""The detector finds hidden income, not poverty, and says nothing where it cannot know."""

import numpy as np
import polars as pl
import pytest

from models.learned import hidden_income, trees
from models.learned.consumption import consumption_inputs
from models.learned.consumption import directions as consumption_directions
from models.learned.inputs import declared_inputs


@pytest.fixture(scope="module")
def inspected():
    """Families whose hiding depends on the gap, with every input noise."""
    generator = np.random.default_rng(0)
    inputs = hidden_income.hidden_income_inputs(declared_inputs())
    x = np.round(np.abs(generator.normal(0, 2, (700, len(inputs)))), 1)
    gap = generator.normal(0, 1.5, 700)
    hides = generator.random(700) < 1 / (1 + np.exp(-(1.5 * gap - 1)))
    return inputs, hidden_income.columns(gap, x), hides.astype(float)


@pytest.fixture(scope="module")
def detector(inspected):
    inputs, table, hides = inspected
    return hidden_income.fit_detector(inputs, table, hides, np.ones(len(hides)), seed=1)


def test_expected_consumption_never_reads_a_declaration():
    assert consumption_inputs(declared_inputs())
    assert all("incomes" not in i.registers for i in consumption_inputs(declared_inputs()))


def test_declared_income_enters_only_where_more_of_it_looks_richer():
    for i in hidden_income.hidden_income_inputs(declared_inputs()):
        if "incomes" in i.registers:
            assert i.direction == 1, i.name
            assert not i.derived, i.name


def test_what_rises_when_earnings_vanish_is_no_input():
    """Workers without earnings point at informal work, but at poverty just as well."""
    names = {i.name for i in hidden_income.hidden_income_inputs(declared_inputs())}
    assert "workers_without_earnings" not in names
    assert "targeted_assistance_quarter" not in names


def test_every_direction_holds_in_the_grown_trees(inspected, detector):
    inputs, table, _ = inspected
    for place, direction in enumerate(hidden_income.directions(inputs)):
        richer = table.copy()
        richer[:, place] += 1.3
        moved = trees.margin(detector, richer) - trees.margin(detector, table)
        if direction:
            assert (direction * moved >= 0).all(), place


def test_the_detector_learns_the_gap(inspected, detector):
    _inputs, table, _ = inspected
    wider = table.copy()
    wider[:, 0] += 2
    assert (trees.margin(detector, wider) > trees.margin(detector, table)).mean() > 0.5


def test_the_same_data_and_seed_grow_the_same_bytes(inspected, detector):
    inputs, table, hides = inspected
    again = hidden_income.fit_detector(inputs, table, hides, np.ones(len(hides)), seed=1)
    assert trees.as_text(again) == trees.as_text(detector)


def test_no_leaf_speaks_for_fewer_than_twenty_families(inspected, detector):
    _, table, _ = inspected
    leaves = detector.predict(table, pred_leaf=True).astype(int)
    counts = [np.bincount(tree)[np.unique(tree)].min() for tree in leaves.T]
    assert min(counts) == trees.smallest_leaf(detector) >= 20


def test_scores_are_the_same_alone_and_in_company_and_after_reading_the_text(inspected, detector):
    _, table, _ = inspected
    together = trees.margin(detector, np.vstack([table] * 4))[: len(table)]
    alone = np.array([trees.margin(detector, row[None, :])[0] for row in table[:50]])
    again = trees.margin(trees.from_text(trees.as_text(detector)), table)
    assert (together[:50] == alone).all()
    assert (again == together).all()


def test_calibration_finds_the_truth_behind_what_inspectors_missed():
    generator = np.random.default_rng(4)
    margins = generator.normal(0, 1.5, 40_000)
    hides = generator.random(40_000) < 1 / (1 + np.exp(-(0.3 + 1.4 * margins)))
    confirmed = (hides & (generator.random(40_000) < 0.83)).astype(float)
    line = hidden_income.calibrate(margins, confirmed, np.ones(40_000), sensitivity=0.83)
    assert (line.intercept, line.slope) == pytest.approx((0.3, 1.4), abs=0.08)
    assert line.hides(margins).mean() == pytest.approx(hides.mean(), abs=0.01)
    assert line.confirmed(margins).mean() == pytest.approx(confirmed.mean(), abs=0.01)


def test_a_slope_is_never_turned_round_by_a_few_labels():
    margins = np.array([2.0, 1.0, 0.0, -1.0])
    line = hidden_income.calibrate(margins, np.array([0.0, 0, 1, 1]), np.ones(4), sensitivity=0.83)
    assert line.slope > 0


def test_findings_stand_for_the_truth():
    """Of 100 families of one kind 50 hide; 40 are found (sensitivity 0.8), 60 are not."""
    confirmed = np.array([True] * 40 + [False] * 60)
    weights = hidden_income.truth_weights(confirmed, np.full(100, 0.5), 0.8)
    assert weights[confirmed].sum() == pytest.approx(50)
    assert weights[~confirmed].sum() == pytest.approx(50)


@pytest.fixture(scope="module")
def model(inspected, detector):
    inputs, table, hides = inspected
    amount = np.where(hides > 0, np.exp(0.3 * table[:, 0]), 0.0)
    hiding = hides > 0
    booster = hidden_income.fit_amounts(
        inputs, table[hiding], amount[hiding], np.ones(hiding.sum()), seed=1
    )
    return hidden_income.HiddenIncome(
        inputs=inputs,
        detector=detector,
        amounts=hidden_income.Amounts(booster=booster, spread=0.4),
        calibration=hidden_income.Calibration(intercept=0.0, slope=1.0, sensitivity=0.83),
        tails=(0.08, 0.08, 0.05),
        unknown_high=4.0,
        unknown_estimate=0.9,
    )


def test_the_ends_are_in_order_and_never_negative(inspected, model):
    _, table, _ = inspected
    place = np.arange(len(table)) % 3
    outcome = model.outcome(table[:, 0], table[:, 1:], place, np.zeros(len(table), dtype=bool))
    assert (outcome.low >= 0).all()
    assert (outcome.low <= outcome.estimate).all()
    assert (outcome.estimate <= outcome.high).all()
    assert ((outcome.probability >= 0) & (outcome.probability <= 1)).all()


def test_a_silent_register_leaves_no_probability_and_what_holds_for_anybody(inspected, model):
    _, table, _ = inspected
    unknown = np.arange(len(table)) < 3
    place = np.zeros(len(table), dtype=np.int64)
    outcome = model.outcome(table[:, 0], table[:, 1:], place, unknown)
    assert np.isnan(outcome.probability[:3]).all()
    assert np.isnan(outcome.margin[:3]).all()
    assert not np.isnan(outcome.probability[3:]).any()
    assert set(zip(outcome.low[:3], outcome.estimate[:3], outcome.high[:3], strict=True)) == {
        (0, 0.9, 4)
    }


def test_where_a_family_lives_moves_its_interval_and_nothing_else(inspected, model):
    _, table, _ = inspected
    nobody = np.zeros(len(table), dtype=bool)
    in_town, in_village = (
        model.outcome(table[:, 0], table[:, 1:], np.full(len(table), kind), nobody)
        for kind in (1, 2)
    )
    assert (in_town.probability == in_village.probability).all()
    assert (in_town.margin == in_village.margin).all()
    assert (in_village.low <= in_town.low).all()
    assert (in_village.high >= in_town.high).all()
    assert (in_village.high > in_town.high).any()


def test_a_place_that_is_unknown_counts_as_a_town():
    rows = pl.DataFrame(
        {
            "lives_in_village": [True, False, False, None],
            "lives_in_republican_city": [False, True, False, None],
        }
    )
    kinds = [hidden_income.PLACES[k] for k in hidden_income.places(rows)]
    assert kinds == ["village", "city of republican significance", "other town", "other town"]


def test_expected_consumption_is_bound_by_everything_but_work():
    inputs = consumption_inputs(declared_inputs())
    bound = dict(zip([i.name for i in inputs], consumption_directions(inputs), strict=True))
    assert bound["children"] == bound["dependency_ratio"] == -1
    assert bound["members_with_disability"] == -1
    assert bound["cars"] == bound["property_value"] == 1
    assert bound["self_employed_members"] == bound["adults_without_work"] == 0
