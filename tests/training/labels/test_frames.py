"""Labels in pandas: what stands in the frames, and under which directions."""

import numpy as np
import pandas as pd
import pytest

from features.errors import InputError
from models.learned.consumption import consumption_inputs
from models.learned.hidden_income import GAP, hidden_income_inputs
from models.learned.inputs import declared_inputs
from tests.training.made_up import made_up
from training.fitting.evidence import findings
from training.labels import gather
from training.labels.frames import in_frames

LABELS = made_up(200, np.arange(200) % 2 == 0)


@pytest.fixture(scope="module")
def families():
    return in_frames(LABELS)


def test_every_frame_is_indexed_by_household_and_holds_the_declared_inputs(families):
    names = [i.name for i in declared_inputs()]
    for each in (families.inspected, families.surveyed):
        assert list(each.x.columns) == names
        assert list(each.x.index) == list(range(200))
        assert each.x.index.name == "household_id"
        assert each.weight.index.equals(each.x.index)


def test_inputs_labels_and_weights_are_those_of_training(families):
    inspections, survey = LABELS.inspections, LABELS.survey
    amount, confirmed = findings(inspections)
    inspected, surveyed = families.inspected, families.surveyed
    assert np.array_equal(
        inspected.x, gather.encoded(inspections, declared_inputs()), equal_nan=True
    )
    assert np.array_equal(inspected.amount, amount)
    assert np.array_equal(inspected.confirmed, confirmed)
    assert np.array_equal(inspected.declared, gather.declared(inspections))
    assert np.array_equal(inspected.weight, gather.training_weights(inspections))
    assert np.array_equal(inspected.random_weight, gather.random_weights(inspections))
    assert np.array_equal(surveyed.spending, gather.consumption(survey))
    assert list(surveyed.level) == survey["subjective_level"].to_list()


def test_only_the_random_arm_has_a_weight_to_judge_by(families):
    inspected = families.inspected
    assert ((inspected.random_weight > 0) == (inspected.design == "random")).all()


def test_directions_name_what_each_stage_reads(families):
    harmless = [i.name for i in hidden_income_inputs(declared_inputs())]
    assert list(families.inspected.directions) == [GAP, *harmless]
    assert families.inspected.directions[GAP] == 1
    lives = [i.name for i in consumption_inputs(declared_inputs())]
    assert list(families.surveyed.directions) == lives
    assert set(families.surveyed.directions.values()) == {-1, 0, 1}


def test_the_gap_is_what_declared_income_does_not_cover(families):
    table = families.inspected.with_gap(np.full(200, 2.0))
    assert list(table.columns) == list(families.inspected.directions)
    assert np.allclose(table[GAP] + families.inspected.declared, 2.0)
    assert isinstance(table, pd.DataFrame)


def test_a_gap_needs_an_expectation_for_each_inspection(families):
    with pytest.raises(InputError, match="3 expectations were given for 200 inspections"):
        families.inspected.with_gap([1.0, 2.0, 3.0])
