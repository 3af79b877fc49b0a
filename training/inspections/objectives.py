"""What the list is drawn *for* decides whom it reaches: several objectives side by side.

The American audits of the poor were the work of an objective, not of a feature (Elzayn et
al. 2024): so the same visits are given to whoever is likeliest to have anything
confirmed, to whom the largest amount is expected of, to everybody alike, and as the list
does it, and the share of each group is shown. The groups are read for this table alone;
no draw reads them.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl

from models.learned.arrays import Vector
from training.inspections import design
from training.inspections.design import Drawn
from training.inspections.policy import Policy

FEWEST: Final = 10
"""Families that a group must have to be shown."""
OBJECTIVES: Final[dict[str, str]] = {
    "even": "evenly: every family alike",
    "hit_rate": "hit rate: whoever is likeliest to have anything confirmed",
    "amount": "amount: whoever is expected to have most confirmed",
    "list": "this list: its random arm and, in the rest, amount beyond the burden",
}


def audit(selection: Drawn, groups: pl.DataFrame, *, policy: Policy) -> dict[str, Any]:
    """Compare whom visits reach under each objective, and what they are expected to confirm.

    Parameters
    ----------
    selection : the list, and everybody who could have been on it.
    groups : ``household_id`` and one text column for each kind of group; null: not known.
    policy : by which the list was drawn.

    Returns
    -------
    For each objective the visits, what they are expected to confirm, and of each group its
    share of the visits. The list's are expectations under its chances, not the luck of one
    draw; hit rate and amount are pursued to the end, without a random arm, as an authority
    with that one aim would. ``times_even`` is the share over that under the even
    objective. Groups of fewer than `FEWEST` families are left out.
    """
    chances = selection.chances
    everybody = chances.join(groups, on="household_id", how="left")
    ways = _ways(selection, policy)
    return {
        "objectives": [
            {"objective": name, "about": OBJECTIVES[name], **_yield(chances, chance)}
            for name, chance in ways.items()
        ],
        "groups": [
            row
            for kind in groups.columns
            if kind != "household_id"
            for row in _shares(everybody[kind], kind, ways)
        ],
    }


def _ways(selection: Drawn, policy: Policy) -> dict[str, Vector]:
    """Return the chance of each family under each objective, for the same number of visits."""
    chances, visits = selection.chances, selection.list.height
    return {
        "even": np.full(chances.height, visits / chances.height),
        "hit_rate": _most(chances["expected_confirmed"], visits),
        "amount": _most(chances["expected_amount"], visits),
        "list": _of_the_list(selection, policy),
    }


def _most(values: pl.Series, visits: int) -> Vector:
    """Return 1 for the families with the most; those level on the edge share what is left."""
    value = values.cast(pl.Float64).fill_null(-1.0).to_numpy()
    edge = np.sort(value)[-visits]
    level = value == edge
    left = (visits - int((value > edge).sum())) / int(level.sum())
    return np.where(level, left, np.where(value > edge, 1.0, 0.0))


def _of_the_list(selection: Drawn, policy: Policy) -> Vector:
    """Return the chance of each family to be on the list, as it was before the random arm fell."""
    chance = selection.chances["random_chance"].to_numpy().copy()
    regions, worth = (selection.chances[name].to_numpy() for name in ("region", "worth"))
    for region, visits in selection.targeted_by_region().items():
        here = regions == region
        chance[here] += design.chances(worth[here], visits, floor=policy.floor, cap=policy.cap)
    return chance


def _yield(chances: pl.DataFrame, chance: Vector) -> dict[str, Any]:
    known = chances["expected_confirmed"].is_not_null().to_numpy()
    confirmed = chances["expected_confirmed"].fill_null(0.0).to_numpy()
    amount = chances["expected_amount"].fill_null(0).to_numpy()
    known_visits = float(chance[known].sum())
    return {
        "visits": float(chance.sum()),
        "expected_confirmed": float(chance @ confirmed),
        "expected_precision": float(chance @ confirmed) / known_visits if known_visits else None,
        "expected_amount": round(float(chance @ amount)),
    }


def _shares(group: pl.Series, kind: str, ways: Mapping[str, Vector]) -> list[dict[str, Any]]:
    sizes = group.drop_nulls().value_counts().sort(kind)
    rows = []
    for value, families in sizes.iter_rows():
        if families < FEWEST:
            continue
        mine = (group == value).fill_null(value=False).to_numpy()
        shares = {name: float(chance[mine].sum() / chance.sum()) for name, chance in ways.items()}
        rows.append(
            {
                "kind": kind,
                "group": value,
                "families": families,
                "share_of_visits": shares,
                "times_even": {name: share / shares["even"] for name, share in shares.items()},
            }
        )
    return rows
