"""Directions are proved leaf by leaf: what breaks one is found, what keeps it is not blamed."""

import lightgbm as lgb
import numpy as np
import pytest

from features.errors import InputError
from training.gates.directions import leaves, tree_violations


class HandMade:
    """A booster of trees written down by hand, as LightGBM dumps them."""

    def __init__(self, *trees, names=("income", "rooms")):
        self.trees, self.names = trees, list(names)

    def dump_model(self):
        return {
            "feature_names": self.names,
            "tree_info": [{"tree_structure": tree} for tree in self.trees],
        }


def leaf(value):
    return {"leaf_value": value}


def split(column, at, left, right, *, unknown_left=False, missing="NaN", kind="<="):
    return {
        "split_feature": column,
        "threshold": at,
        "left_child": left,
        "right_child": right,
        "default_left": unknown_left,
        "missing_type": missing,
        "decision_type": kind,
    }


def broken(tree, **directions):
    return tree_violations(HandMade(tree), {"income": 0, "rooms": 0} | directions)


RISES = split(0, 5.0, leaf(1.0), leaf(2.0))


def test_a_tree_that_rises_keeps_plus_one_and_breaks_minus_one():
    assert broken(RISES, income=1) == 0
    assert broken(RISES, income=0) == 0
    assert broken(RISES, income=-1) == 1


def test_leaves_of_one_value_break_nothing():
    flat = split(0, 5.0, leaf(1.0), leaf(1.0))
    assert broken(flat, income=1) == broken(flat, income=-1) == 0


def test_a_tree_that_never_split_breaks_nothing():
    assert broken(leaf(0.3), income=1, rooms=-1) == 0


def test_leaves_that_no_change_of_one_input_joins_are_not_compared():
    # Rooms up to 2: income lifts 1 to 2. Rooms above 2: income lifts 5 to 6.
    # 5 (little income, many rooms) above 2 (much income, few rooms) breaks nothing: both differ.
    tree = split(1, 2.0, split(0, 5.0, leaf(1.0), leaf(2.0)), split(0, 5.0, leaf(5.0), leaf(6.0)))
    assert broken(tree, income=1, rooms=1) == 0


def test_a_fall_hidden_behind_another_split_is_found():
    # Income rises within each half, but from income 4 (left: 3.0) to 6 (right) it falls to 2.5
    # where rooms are few.
    tree = split(0, 5.0, split(0, 3.0, leaf(1.0), leaf(3.0)), split(1, 2.0, leaf(2.5), leaf(4.0)))
    assert broken(tree, income=1) == 1
    assert broken(tree, rooms=1) == 0


def test_families_of_whom_the_other_input_is_unknown_are_families_too():
    # Known rooms never meet: up to 2 on the left, above 2 on the right. Unknown ones go to both.
    def tree(unknown_right):
        return split(
            0,
            5.0,
            split(1, 2.0, leaf(3.0), leaf(0.0), unknown_left=True),
            split(1, 2.0, leaf(9.0), leaf(1.0), unknown_left=unknown_right),
        )

    # Left unknown 3.0. Right: if unknown goes with few rooms it meets 9.0, else 1.0: a fall.
    assert broken(tree(True), income=1) == 0
    assert broken(tree(False), income=1) == 1


def test_an_unknown_value_without_a_way_of_its_own_is_taken_for_zero():
    few = split(1, 2.0, leaf(1.0), leaf(2.0), missing="None")
    known_only = [each_leaf.without_unknown for each_leaf in leaves(few)]
    assert known_only == [frozenset(), frozenset({1})]


@pytest.mark.parametrize(("kind", "missing"), [("==", "NaN"), ("<=", "Zero")])
def test_splits_without_an_order_cannot_be_told(kind, missing):
    with pytest.raises(InputError, match="cannot be told"):
        broken(split(0, 5.0, leaf(1.0), leaf(2.0), kind=kind, missing=missing), income=1)


def test_a_column_without_a_declared_direction_is_named():
    with pytest.raises(InputError, match="rooms"):
        tree_violations(HandMade(RISES), {"income": 1})


def swept(booster, column, values, others):
    """The fewest-step proof by trial: every value of a column, with the others held fixed."""
    table = np.repeat(others, len(values), axis=0)
    table[:, column] = np.tile(values, len(others))
    predicted = booster.predict(table).reshape(len(others), len(values))
    return int((np.diff(predicted, axis=1) < 0).sum())


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("constrained", [False, True])
def test_the_proof_agrees_with_trying_every_cell(seed, constrained):
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 6, (400, 3)).astype(float)
    x[rng.random(x.shape) < 0.15] = np.nan
    y = np.nan_to_num(x[:, 0]) * np.nan_to_num(x[:, 1], nan=2.5) + rng.standard_normal(400)
    booster = lgb.train(
        {
            "monotone_constraints": [1, 0, 0] if constrained else [0, 0, 0],
            "num_leaves": 8,
            "min_data_in_leaf": 10,
            "verbosity": -1,
            "num_threads": 1,
            "boost_from_average": False,
        },
        lgb.Dataset(x, y, feature_name=["a", "b", "c"]),
        num_boost_round=1,
    )
    cells = np.array([*range(6), np.nan])
    others = np.stack([g.ravel() for g in np.meshgrid(cells, cells, cells)], axis=1)
    by_trial = swept(booster, 0, np.arange(6.0), others)
    proved = tree_violations(booster, {"a": 1, "b": 0, "c": 0})
    assert (proved > 0) == (by_trial > 0)
    assert not (constrained and proved)
