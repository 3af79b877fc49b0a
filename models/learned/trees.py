"""How every booster here is grown, kept as text and asked: small, monotone, repeatable.

Trees are small (`hyperparameters`), so exact contributions cost next to nothing. Monotone
constraints are LightGBM's "intermediate" ones: they bind only where two leaves really meet,
which leaves a tree more freedom than the "basic" ones, and hold as strictly. The same data
and seed grow the same bytes on any number of threads.
"""

import math
from collections.abc import Sequence
from typing import Any, Final

import lightgbm as lgb
import numpy as np

from models.learned.arrays import Matrix, Vector

LEAF: Final = 20
"""Families that a leaf speaks for at least: fewer could be recognised in it."""
_SMALL: Final[dict[str, Any]] = {
    "max_depth": 3,
    "num_leaves": 8,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}
_COMMON: Final[dict[str, Any]] = _SMALL | {
    "max_bin": 127,
    "lambda_l2": 5.0,
    "monotone_constraints_method": "intermediate",
}
_AUXILIARY: Final[dict[str, Any]] = _SMALL | {"min_data_in_leaf": LEAF}
_MANY_ROWS: Final = 2_000


def grow(
    x: Matrix,
    y: Vector,
    *,
    weights: Vector,
    directions: Sequence[int],
    names: Sequence[str],
    objective: str,
    trees: int,
    rate: float,
    seed: int,
    leaf: int = LEAF,
    offset: Vector | None = None,
    **more: Any,
) -> lgb.Booster:
    """Grow a booster whose prediction moves only the way ``directions`` allow.

    Parameters
    ----------
    x, y, weights : one row a label; weights are scaled to a mean of one, so that the
        regularisation means the same whatever the survey's weights.
    directions : +1, 0 or −1 for each column of ``x``.
    names : of the columns, kept in the text of the booster.
    leaf : the fewest rows that a leaf may speak for. LightGBM only estimates how many
        it holds, so the booster is counted and, where it erred, grown again more strictly.
    offset : added to the score of each row while the trees grow, and to no prediction
        afterwards: what moves a label for a reason that no family shows.
    """
    parameters = _COMMON | {
        "objective": objective,
        "learning_rate": rate,
        "monotone_constraints": list(directions),
        "seed": seed,
        **more,
    }
    least = leaf
    while True:
        data = lgb.Dataset(
            x,
            label=y,
            weight=weights / weights.mean(),
            init_score=offset,
            feature_name=list(names),
            params={"max_bin": _COMMON["max_bin"], "min_data_in_leaf": least, "verbosity": -1},
        )
        booster = lgb.train(parameters | {"min_data_in_leaf": least}, data, num_boost_round=trees)
        if smallest_leaf(booster) >= min(leaf, len(y)):
            return booster
        least += max(least // 5, 1)


def auxiliary(
    x: Matrix, y: Vector, *, objective: str, trees: int, rate: float, **more: Any
) -> lgb.Booster:
    """Grow a small booster that judges or weighs, and is never part of a model that serves.

    As small and as repeatable as the others, but bound to no direction. ``more`` are
    LightGBM's own options, such as ``lambda_l2``, ``seed`` or ``num_class``.
    """
    parameters = _AUXILIARY | {"objective": objective, "learning_rate": rate, **more}
    return lgb.train(parameters, lgb.Dataset(x, label=y), num_boost_round=trees)


def smallest_leaf(booster: lgb.Booster) -> int:
    """Return the fewest training rows that any leaf of the booster speaks for.

    A tree that never split speaks for all of them.
    """
    counts: list[int] = []

    def visit(node: dict[str, Any]) -> None:
        if "leaf_index" in node:
            counts.append(int(node["leaf_count"]))
        elif "left_child" in node:
            visit(node["left_child"])
            visit(node["right_child"])

    for tree in booster.dump_model()["tree_info"]:
        visit(tree["tree_structure"])
    return min(counts, default=2**31)


def margin(booster: lgb.Booster, x: Matrix) -> Vector:
    """Return the booster's raw score for each row.

    A row's score never depends on the rows beside it or on the threads, so one thread
    serves few rows (waking more costs ten times the work) and all of them many.
    """
    if not x.shape[0]:
        return np.zeros(0)
    threads = {"num_threads": 1} if x.shape[0] < _MANY_ROWS else {}
    raw = booster.predict(x, raw_score=True, **threads)
    return np.asarray(raw, dtype=np.float64)


def contributions(booster: lgb.Booster, x: Matrix) -> Matrix:
    """Return exact TreeSHAP contributions: one column an input, the base value last."""
    return np.asarray(booster.predict(x, pred_contrib=True, num_threads=1), dtype=np.float64)


def as_text(booster: lgb.Booster) -> str:
    """Return the booster in LightGBM's text format."""
    return str(booster.model_to_string())


def from_text(text: str) -> lgb.Booster:
    """Read a booster from text that was verified before: the parser trusts its input."""
    return lgb.Booster(model_str=text)


def logistic(margins: Vector) -> Vector:
    """Return 1 ÷ (1 + e⁻ᵐ), value by value.

    One scalar call a value: vectorised exponentials may round a value differently
    at the end of an array than in its middle.
    """
    return np.fromiter(map(_logistic, margins.tolist()), dtype=np.float64, count=len(margins))


def exponential(logs: Vector) -> Vector:
    """Return eˣ value by value, for the same reason."""
    return np.fromiter(map(math.exp, logs.tolist()), dtype=np.float64, count=len(logs))


def _logistic(m: float) -> float:
    if m >= 0:
        return 1.0 / (1.0 + math.exp(-m))
    grown = math.exp(m)
    return grown / (1.0 + grown)
