"""Whether the grown trees keep the declared directions: proved leaf by leaf, then tried out.

Monotone constraints promise it; this looks. A booster is a sum of trees, and a tree is a
list of boxes with a value each. Where every tree rises along an input, so does their sum,
for every family there can be and not only for those that were tried.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import lightgbm as lgb
import numpy as np
import polars as pl

from features.catalogue import FEATURES
from features.errors import InputError
from models.law.parameters import Law
from models.learned import consumption, hidden_income, trees
from models.learned.arrays import Matrix, Vector
from models.learned.inputs import declared_inputs
from models.learned.predict import Look, Models

_EVERYWHERE: Final = (-np.inf, np.inf)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf as the box of families that it speaks for.

    ``bounds`` are the values, above the first and up to the second, of each column that the
    tree split on the way; ``without_unknown`` are the columns that must be known to get here.
    """

    value: float
    bounds: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    without_unknown: frozenset[int] = frozenset()

    def along(self, column: int) -> tuple[float, float]:
        """Return between what this column lies in the box."""
        return self.bounds.get(column, _EVERYWHERE)

    def meets(self, other: "Leaf", column: int) -> bool:
        """Say whether some family can be in both boxes when ``column`` alone is changed."""
        for each in self.bounds.keys() | other.bounds.keys():
            if each == column:
                continue
            (a, b), (c, d) = self.along(each), other.along(each)
            both_unknown = each not in self.without_unknown and each not in other.without_unknown
            if max(a, c) >= min(b, d) and not both_unknown:
                return False
        return True


def boosters(models: Models) -> dict[str, lgb.Booster]:
    """Return every booster of a bundle by the name of its file, whatever the models are made of."""
    return models.boosters()


def declared_directions(name: str) -> dict[str, int]:
    """Return how the booster of this name may move with each input: +1 rises, −1 falls, 0 either.

    Expected consumption is bound by less than the others (`consumption_model.directions`).
    """
    inputs = declared_inputs()
    if name.startswith("consumption"):
        ways = consumption.directions(inputs)
        return dict(zip([i.name for i in inputs], ways, strict=True))
    return {hidden_income.GAP: 1} | {i.name: i.direction for i in inputs}


def tree_violations(booster: lgb.Booster, directions: Mapping[str, int]) -> int:
    """Return how many pairs of leaves of one tree break a declared direction; 0 proves it kept.

    Two leaves are compared where a family can move from one to the other by a change of a
    single input: they overlap in every other input (an unknown value overlaps an unknown
    one). The leaf on the higher side must not say less where the direction is +1, nor more
    where it is −1. That is necessary and sufficient for the tree, and sufficient for the
    booster: trees that break it could still cancel out, which is reported all the same.

    Parameters
    ----------
    booster : as LightGBM reads it from text.
    directions : by the name of the column; each column that the booster reads must be named.

    Raises ``InputError`` for a column without a declared direction, and for splits that have
    no order (categories) or that take zero for unknown.
    """
    dump = booster.dump_model()
    names = dump["feature_names"]
    if nameless := [n for n in names if n not in directions]:
        raise InputError(
            f"{len(nameless)} columns of a booster have no declared direction "
            f"({', '.join(nameless[:3])}): declare it, or train again."
        )
    declared = {place: directions[name] for place, name in enumerate(names) if directions[name]}
    return sum(_violations(leaves(tree["tree_structure"]), declared) for tree in dump["tree_info"])


def leaves(node: Mapping[str, Any], here: Leaf | None = None) -> list[Leaf]:
    """Return the leaves of a tree, as LightGBM dumps it, with the box that each speaks for."""
    here = here or Leaf(0.0)
    if "split_feature" not in node:
        return [Leaf(float(node["leaf_value"]), here.bounds, here.without_unknown)]
    if node["decision_type"] != "<=" or node["missing_type"] == "Zero":
        raise InputError(
            "A tree splits by categories or takes zero for unknown: its directions cannot be told. "
            "Grow it with numbers only and zero_as_missing off."
        )
    column, at = int(node["split_feature"]), float(node["threshold"])
    low, high = here.along(column)
    # Without a way of their own, unknown values are taken for zero.
    goes_left = node["default_left"] if node["missing_type"] == "NaN" else at >= 0
    tree_leaves = []
    for child, bounds, holds in (
        (node["left_child"], (low, min(high, at)), goes_left),
        (node["right_child"], (max(low, at), high), not goes_left),
    ):
        gone = here.without_unknown if holds else here.without_unknown | {column}
        tree_leaves += leaves(child, Leaf(0.0, {**here.bounds, column: bounds}, gone))
    return tree_leaves


def _violations(tree_leaves: Sequence[Leaf], declared: Mapping[int, int]) -> int:
    wrong = 0
    split = {column for leaf in tree_leaves for column in leaf.bounds}
    for column in sorted(split & declared.keys()):
        for lower in tree_leaves:
            for higher in tree_leaves:
                (a, b), (c, d) = lower.along(column), higher.along(column)
                apart = a < b and c < d and b <= c
                falls = declared[column] * (higher.value - lower.value) < 0
                wrong += apart and falls and lower.meets(higher, column)
    return wrong


def violations(models: Models, golden: Mapping[str, Any]) -> int:
    """Return how many steps of a sweep move a prediction against a declared direction.

    Swept are the gap and every input of the detector and of the amounts, and every input
    of expected consumption and of the welfare steps; the families are the golden rows.
    This tries what is served, with all that stands around the boosters.
    """
    schema = {"household_id": pl.Int64()} | {f.name: f.dtype for f in FEATURES.values()}
    families = pl.DataFrame(golden["rows"], schema=schema)
    look = Look.at(models, families, Law(date.fromisoformat(golden["as_of"])), ())
    detector = models.hidden_income
    table = hidden_income.columns(look.gap, look.detector)
    ways = hidden_income.directions(detector.inputs)
    welfare = [i.direction for i in models.welfare.inputs]
    spending = consumption.directions(models.consumption.inputs)
    wrong = against(lambda x: trees.margin(detector.detector, x), table, ways)
    wrong += against(detector.amounts.centre, table, ways)
    wrong += against(models.consumption.expected, look.consumption, spending)
    return wrong + against(models.welfare.exceeds, look.welfare, welfare)


def against(
    predict: Callable[[Matrix], Vector | Matrix], table: Matrix, directions: Sequence[int]
) -> int:
    """Count the steps against a direction when each column runs over its own sorted values.

    ``predict`` may give one number a row or several.
    """
    wrong = 0
    for column, direction in enumerate(directions):
        values = np.unique(table[:, column][~np.isnan(table[:, column])])
        if not direction or len(values) < 2:
            continue
        swept = np.repeat(table, len(values), axis=0)
        swept[:, column] = np.tile(values, len(table))
        predicted = predict(swept).reshape(len(table), len(values), -1)
        wrong += int((direction * np.diff(predicted, axis=1) < 0).sum())
    return wrong
