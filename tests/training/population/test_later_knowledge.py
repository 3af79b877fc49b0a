"""What the state learns later teaches nothing about the days before."""

import tempfile
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.registers.reading.load import open_data_set
from features.registers.snapshot import Snapshot, make
from tests.features import data_sets
from tests.features.data_sets import AS_OF
from tests.tables import table
from training.labels import gather

INSPECTIONS = table(
    """
    household_id | inspected_on | design   | probability | hidden_income_monthly
    1            | 2026-04-02   | random   | 0.01        | 0
    2            | 2026-01-01   | targeted | 0.2         | 90000
    3            | 2026-02-11   | targeted |             | 0
    """
)
SURVEY = table(
    """
    household_id | quarter | weight | consumption_monthly | subjective_level
    1            | 2025Q4  | 100.0  | 400000              | 4
    2            | 2026Q1  | 90.0   | 150000              | 2
    3            | 2026Q1  | 80.0   | 120000              | 3
    """
)
BASE = data_sets.GOOD | {"inspections": INSPECTIONS, "survey": SURVEY}

MORE = {
    "vehicles": {"person_id": 21, "kind": "car", "model_year": 2025, "value": 90_000_000},
    "loans": {"person_id": 11, "kind": "consumer", "monthly_payment": 900_000},
    "incomes": {"person_id": 21, "month": date(2025, 12, 1), "source": "wage", "amount": 700_000},
    "persons": {
        "person_id": 29,
        "household_id": 2,
        "birth_date": date(2020, 1, 1),
        "sex": "f",
        "relation": "child",
    },
}
"""A row of each register that would change its family's features, were it known."""
DATED = {"vehicles": "registered_on", "loans": "issued_on"}
"""Registers whose rows carry a day of their own, after the decision: not yet there."""


@pytest.fixture(autouse=True)
def three_families_suffice(monkeypatch):
    monkeypatch.setattr(gather, "FEWEST", 1)


def snapshot(registers, as_of=AS_OF) -> Snapshot:
    folder = Path(tempfile.mkdtemp(prefix="later-"))
    return make(open_data_set(data_sets.write(folder / "data", registers)), as_of, folder / "snap")


def rows(*snapshots):
    labels = gather.gather(snapshots, generator=np.random.default_rng(0))
    order = ["household_id", "as_of"]
    return [f.sort(order) for f in (labels.inspections, labels.survey)] + [
        labels.population.sort("household_id")
    ]


def same(before, after) -> bool:
    return all(a.equals(b) for a, b in zip(before, after, strict=True))


BEFORE = {}


def before():
    if not BEFORE:
        BEFORE["rows"] = rows(snapshot(BASE))
    return BEFORE["rows"]


def added(register, **columns):
    frame = BASE[register]
    row = MORE[register] | columns
    if register == "vehicles" and "value" not in frame.columns:
        frame = frame.with_columns(value=pl.lit(None, pl.Int64))
    return BASE | {register: data_sets.with_row(frame, **row)}


@pytest.mark.parametrize("register", MORE)
def test_the_row_would_count_if_it_were_known_on_the_day(register):
    """Otherwise the tests below could not fail."""
    assert not same(before(), rows(snapshot(added(register, known_on=AS_OF))))


@settings(max_examples=8, deadline=None)
@given(st.sampled_from(sorted(MORE)), st.integers(min_value=1, max_value=500))
def test_a_row_that_becomes_known_after_the_day_changes_no_training_row(register, later):
    known = added(register, known_on=AS_OF + timedelta(days=later))
    assert same(before(), rows(snapshot(known)))


@settings(max_examples=4, deadline=None)
@given(st.sampled_from(sorted(DATED)), st.integers(min_value=1, max_value=500))
def test_a_thing_registered_after_the_day_changes_no_training_row(register, later):
    dated = added(register, **{DATED[register]: AS_OF + timedelta(days=later)})
    assert same(before(), rows(snapshot(dated)))


def test_months_that_become_known_later_do_not_end_the_silence_of_a_register():
    """Incomes that end in October are silent in January, whatever arrives in March."""
    early = BASE["incomes"].with_columns(month=pl.lit(date(2025, 10, 1)))
    late = data_sets.with_row(early, **MORE["incomes"], known_on=date(2026, 3, 1))
    silent = rows(snapshot(BASE | {"incomes": early}))
    assert silent[2]["income_quarter"].null_count() == 3
    assert same(silent, rows(snapshot(BASE | {"incomes": late})))


def test_a_label_sees_its_own_snapshot_though_a_newer_one_knows_more():
    """Family 1 was inspected on 30 June: the car of July does not exist for that label."""
    inspected = INSPECTIONS.with_columns(
        inspected_on=pl.Series([date(2026, 6, 30), date(2026, 7, 1), date(2026, 7, 2)])
    )
    old = BASE | {"inspections": inspected}
    incomes = BASE["incomes"].with_columns(pl.col("month").dt.offset_by("6mo"))
    cars = data_sets.with_row(
        BASE["vehicles"], person_id=11, kind="car", model_year=2025, known_on=date(2026, 3, 1)
    )
    new = old | {"vehicles": cars, "incomes": incomes}
    january, july = snapshot(old), snapshot(new, date(2026, 7, 1))
    inspections = rows(january, july)[0].sort("household_id")
    assert inspections["as_of"].to_list() == [AS_OF, date(2026, 7, 1), date(2026, 7, 1)]
    assert inspections.filter(household_id=1).equals(rows(january)[0].filter(household_id=1))
    last = gather.gather([july], generator=np.random.default_rng(0)).inspections
    fresh = last.filter(household_id=1)["recent_vehicles"].item()
    assert fresh == inspections.filter(household_id=1)["recent_vehicles"].item() + 1


@pytest.mark.parametrize(
    ("quarter", "joined"),
    [("2025Q4", date(2026, 1, 1)), ("2026Q1", date(2026, 1, 1)), ("2026Q2", date(2026, 7, 1))],
)
def test_answers_of_a_quarter_join_the_snapshot_of_the_first_day_after_it(quarter, joined):
    """The second quarter of 2026 ends where the July snapshot begins: that one, day included."""
    placed_answers = gather.placed(
        pl.DataFrame({"quarter": [quarter]}),
        gather.quarter_end(pl.col("quarter")),
        [date(2026, 1, 1), date(2026, 7, 1)],
    )
    assert placed_answers["as_of"].item() == joined
    assert not placed_answers["late"].item()


DAYS = st.dates(date(2024, 1, 1), date(2027, 1, 1))


@given(st.lists(DAYS, min_size=1, max_size=5, unique=True).map(sorted), st.lists(DAYS, min_size=1))
def test_every_label_joins_the_newest_snapshot_at_or_before_it(days, inspected):
    placed_labels = gather.placed(pl.DataFrame({"on": inspected}), pl.col("on"), days)
    for day, as_of, late in placed_labels.select("on", "as_of", "late").rows():
        at_or_before = [d for d in days if d <= day]
        assert as_of == (max(at_or_before) if at_or_before else days[0])
        assert late == (not at_or_before)
