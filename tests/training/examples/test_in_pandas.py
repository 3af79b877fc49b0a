"""The script in pandas, on families about whom there is nothing to learn."""

import numpy as np
import pytest

from models.learned.hidden_income import GAP, hidden_income_inputs
from models.learned.inputs import declared_inputs
from tests.training.made_up import made_up
from training.examples import in_pandas
from training.labels.gather import Labels


def with_survey_of_others(found: Labels) -> Labels:
    """Half of the families inspected, the other half surveyed."""
    half = found.households // 2
    return Labels(
        inspections=found.inspections.head(half),
        survey=found.survey.tail(half),
        population=found.population,
        households=found.households,
        as_of=found.as_of,
        late=0,
        strangers=0,
    )


@pytest.fixture(scope="module")
def families() -> in_pandas.Inspected:
    found = made_up(400, np.arange(400) % 2 == 0)
    return in_pandas.inspected(with_survey_of_others(found))


def test_the_frame_has_the_gap_and_the_declared_inputs_by_name(families):
    declared = [i.name for i in hidden_income_inputs(declared_inputs())]
    assert families.x.columns[0] == GAP
    assert set(families.x.columns[1:]) <= set(declared)
    assert len(families.x) == len(families.y) == 200


def test_noise_ranks_nobody_and_the_first_differs_from_itself_by_nothing(families):
    fast = {"max_iter": 5}
    scores = {
        name: in_pandas.blind_scores(
            each.set_params(**fast) if hasattr(each, "max_iter") else each, families
        )
        for name, each in in_pandas.rivals(families.x).items()
    }
    told = in_pandas.compared(families, scores)
    assert told.iloc[0, 1] == "0.000 [0.000, 0.000]"
    for auc in told["AUC"]:
        low, high = auc.partition("[")[2].rstrip("]").split(", ")
        assert float(low) < 0.6
        assert float(high) > 0.4


def test_only_families_drawn_at_random_count(families):
    """A perfect score of all others changes nothing."""
    arm = families.random > 0
    perfect = np.where(arm, 0.5, families.y)
    told = in_pandas.compared(families, {"nobody knows": perfect})
    assert told["AUC"].item().startswith("0.500")
