"""Whose label, seen as of when."""

import shutil
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from features.errors import InputError
from features.registers.reading.load import open_data_set
from features.registers.snapshot import Snapshot, make
from tests.tables import table
from training.labels import gather as labels
from training.labels.gather import (
    folds,
    gather,
    placed,
    quarter_end,
    random_weights,
    training_weights,
)

DAYS = [date(2025, 7, 1), date(2026, 1, 1)]


def test_a_label_is_joined_to_the_newest_snapshot_at_or_before_it():
    placed_labels = placed(
        table(
            """
            household_id | inspected_on
            1            | 2025-06-30
            2            | 2025-07-01
            3            | 2025-12-31
            4            | 2026-01-01
            5            | 2026-05-05
            """
        ),
        pl.col("inspected_on"),
        DAYS,
    )
    assert placed_labels["as_of"].to_list() == [DAYS[0], DAYS[0], DAYS[0], DAYS[1], DAYS[1]]
    assert placed_labels["late"].to_list() == [True, False, False, False, False]


@pytest.mark.parametrize(
    ("quarter", "day"),
    [
        ("2025Q1", date(2025, 4, 1)),
        ("2025Q3", date(2025, 10, 1)),
        ("2025Q4", date(2026, 1, 1)),
    ],
)
def test_answers_of_a_quarter_are_dated_by_the_first_day_after_it(quarter, day):
    dated = pl.DataFrame({"quarter": [quarter]}).select(quarter_end(pl.col("quarter")))
    assert dated.item() == day


INSPECTIONS = table(
    """
    household_id | design    | probability
    1            | random    | 0.01
    2            | targeted  | 0.16
    3            | complaint |
    4            | random    |
    5            | random    | 0.02
    """
)


def test_only_random_inspections_stand_for_the_population():
    # 1/0.01, none, none, the arm's middle (100 and 50), 1/0.02
    assert random_weights(INSPECTIONS).tolist() == pytest.approx([100, 0, 0, 75, 50])


def test_an_arm_without_probabilities_was_drawn_evenly():
    even = INSPECTIONS.with_columns(probability=pl.lit(None, pl.Float64))
    assert random_weights(even).tolist() == [1, 0, 0, 1, 1]
    assert training_weights(even).tolist() == [1] * 5


def test_training_weights_are_roots_clipped_around_their_middle():
    weights = training_weights(INSPECTIONS)
    middle = 1 / np.sqrt(0.02)
    assert weights.tolist() == pytest.approx([10, middle / 1.5, middle, middle, middle])


def test_a_family_never_straddles_folds():
    first, second = np.array([5, 5, 7, 8, 9]), np.array([9, 5, 11])
    fold_of = folds([first, second], 3, np.random.default_rng(0))
    of = dict(zip(first, fold_of[0], strict=True))
    assert fold_of[0][0] == fold_of[0][1]
    assert fold_of[1][0] == of[9]
    assert fold_of[1][1] == of[5]


@pytest.fixture(scope="module")
def snapshot(simulated_snapshot):
    return Snapshot.open(simulated_snapshot)


def copied(data, folder, *, without):
    """The same data set without one register, whether it is one file or a folder of parts."""
    ignored = shutil.ignore_patterns(without, f"{without}.*", "truth")
    return Path(shutil.copytree(data, folder, ignore=ignored))


def gathered(*snapshots, **more):
    return gather(snapshots, generator=np.random.default_rng(0), **more)


def test_what_becomes_known_later_changes_no_training_row(
    snapshot, simulated_data, tmp_path_factory
):
    """A second car that the state learns of in March does not exist for a January label."""
    later = copied(simulated_data, tmp_path_factory.mktemp("later") / "data", without="vehicles")
    cars = pl.read_parquet(next(simulated_data.glob("vehicles*")))
    if "known_on" not in cars.columns:
        cars = cars.with_columns(known_on=pl.lit(None, pl.Date))
    more = cars.with_columns(
        known_on=pl.lit(date(2026, 3, 1)), value=pl.lit(90_000_000, cars["value"].dtype)
    )
    if "record_id" in more.columns:
        more = more.with_columns(record_id=pl.col("record_id") + 10**9)
    pl.concat([cars, more]).write_parquet(later / "vehicles.parquet")
    again = make(open_data_set(later), snapshot.as_of, later.parent / "snap")
    assert again.digest != snapshot.digest
    before, after = gathered(snapshot), gathered(again)
    assert after.inspections.equals(before.inspections)
    assert after.survey.equals(before.survey)


def test_every_label_carries_its_familys_features_and_its_day(snapshot):
    gathered_labels = gathered(snapshot)
    assert gathered_labels.inspections.height > 0
    assert (gathered_labels.inspections["as_of"] == snapshot.as_of).all()
    assert gathered_labels.inspections["members"].min() >= 1
    assert gathered_labels.population.height == gathered_labels.households == snapshot.households


def test_a_look_at_an_earlier_day_sees_earlier_months(snapshot):
    early = gathered(snapshot, as_of=date(2025, 10, 1))
    assert early.as_of == date(2025, 10, 1)
    same = early.inspections["income_quarter"] == gathered(snapshot).inspections["income_quarter"]
    assert not same.all()


def test_a_look_later_than_the_snapshot_is_refused(snapshot):
    with pytest.raises(InputError, match="needs one snapshot of that day or later"):
        gathered(snapshot, as_of=date(2026, 2, 1))


def test_two_snapshots_of_one_day_are_refused(snapshot):
    with pytest.raises(InputError, match="one for each day"):
        gathered(snapshot, snapshot)


@pytest.mark.parametrize("missing", ["inspections", "survey"])
def test_a_data_set_without_labels_says_which_register_is_missing(
    missing, simulated_data, tmp_path
):
    bare = copied(simulated_data, tmp_path / "data", without=missing)
    unlabelled = make(open_data_set(bare), date(2026, 1, 1), tmp_path / "snap")
    with pytest.raises(InputError, match=f"Register {missing} is missing"):
        gathered(unlabelled)


def test_a_handful_of_labels_is_refused(snapshot, monkeypatch):
    monkeypatch.setattr(labels, "FEWEST", 10**6)
    with pytest.raises(InputError, match="needs at least"):
        gathered(snapshot)


def test_a_survey_that_never_asked_for_the_ladder_is_refused(snapshot, monkeypatch):
    read = Snapshot.learning

    def unasked(self, name):
        rows = read(self, name)
        if name == "survey" and rows is not None:
            return rows.with_columns(subjective_level=pl.lit(None, rows["subjective_level"].dtype))
        return rows

    monkeypatch.setattr(Snapshot, "learning", unasked)
    with pytest.raises(InputError, match="only 0 of them answered subjective_level"):
        gathered(snapshot)


class Held:
    """What a snapshot hands to learning."""

    def __init__(self, rows: str) -> None:
        self.rows = table(rows)

    def learning(self, register: str) -> pl.DataFrame | None:
        return self.rows if register == "inspections" else None


def test_an_inspection_that_two_snapshots_carry_is_one_label_and_the_newer_finding_counts():
    older = Held(
        """
        household_id | inspected_on | design   | hidden_income_monthly
        1            | 2025-08-01   | random   | 0
        2            | 2025-08-02   | random   | 70000
        """
    )
    newer = Held(
        """
        household_id | inspected_on | design   | hidden_income_monthly
        1            | 2025-08-01   | random   | 90000
        1            | 2025-08-01   | targeted | 90000
        1            | 2026-01-09   | random   | 0
        """
    )
    inspections = labels._register([older, newer], "inspections").sort(
        "household_id", "inspected_on"
    )
    assert inspections.rows() == [
        (1, date(2025, 8, 1), "random", 90_000),
        (1, date(2025, 8, 1), "targeted", 90_000),
        (1, date(2026, 1, 9), "random", 0),
        (2, date(2025, 8, 2), "random", 70_000),
    ]
