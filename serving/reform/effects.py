"""What a reform does, counted: who moves where, of which groups, and whom to look at.

A lower category means more need: who moves to a lower one may receive more, and who moves
into category 6 loses local support after notice and hearing.
"""

from typing import Any, Final

import polars as pl

from features.registers.declared import REGIONS
from serving.audit.comparison import LEVELS, SHOWN_FROM
from serving.audit.families import hash_order
from serving.reform.families import FAMILY_TYPES, NOW, THEN

GROUPS: Final[dict[str, dict[Any, str]]] = {
    "region": dict(REGIONS),
    "settlement": {"urban": "urban", "rural": "rural"},
    "family_type": dict(FAMILY_TYPES),
    "decile": {n: f"tenth {n}" for n in range(1, 11)},
}
"""Groups that a reform is counted by; tenth 1 declares least a member."""
EXAMPLES: Final = 3
_RICHEST: Final = 6
_BEFORE, _AFTER = pl.col(f"category{NOW}"), pl.col(f"category{THEN}")
DIRECTIONS: Final[dict[str, pl.Expr]] = {
    "to_more_need": _AFTER < _BEFORE,
    "to_less_need": _AFTER > _BEFORE,
    "into_category_6": (_AFTER == _RICHEST) & (_BEFORE != _RICHEST),
    "out_of_category_6": (_AFTER != _RICHEST) & (_BEFORE == _RICHEST),
    "newly_in_review": (_AFTER != pl.col(f"richest_category{THEN}"))
    & (_BEFORE == pl.col(f"richest_category{NOW}")),
}
"""What can happen to a family, as conditions on its row."""


def moves(table: pl.DataFrame) -> list[dict[str, Any]]:
    """Return the table of moves: families and people from each category to each other."""
    found = {
        (before, after): (families, people)
        for before, after, families, people in table.group_by(
            f"category{NOW}", f"category{THEN}"
        )
        .agg(pl.len(), pl.col("members").sum())
        .rows()
    }
    return [
        {"from": before, "to": after, "families": families, "people": people}
        for before in LEVELS
        for after in LEVELS
        for families, people in [found.get((before, after), (0, 0))]
    ]


def totals(table: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """Return for each direction how many families and people go there, and their share."""
    return {
        name: {
            "families": mine.height,
            "people": int(mine["members"].sum() or 0),
            "share": round(mine.height / table.height, 6) if table.height else None,
        }
        for name, condition in DIRECTIONS.items()
        for mine in [table.filter(condition)]
    }


def groups(table: pl.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Return what happens in every group; one of fewer than ten families shows no number."""
    return {name: _group(table, name, named) for name, named in GROUPS.items()}


def _group(table: pl.DataFrame, group: str, named: dict[Any, str]) -> list[dict[str, Any]]:
    counted = {
        value: numbers
        for value, *numbers in table.group_by(group)
        .agg(pl.len(), *(c.sum().alias(name) for name, c in DIRECTIONS.items()))
        .rows()
    }
    rows = []
    for value, name in [*named.items(), (None, "not known")]:
        if value not in counted:
            continue
        families, *happened = counted[value]
        shown = families >= SHOWN_FROM
        rows.append(
            {
                "value": value,
                "name": name,
                "suppressed": not shown,
                "families": families if shown else None,
                **dict(zip(DIRECTIONS, happened if shown else [None] * len(happened), strict=True)),
            }
        )
    return rows


def examples(table: pl.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Return a few families of each direction, chosen by a hash of their key: by nobody."""
    shown = {}
    for name, condition in DIRECTIONS.items():
        mine = table.filter(condition)
        first = (
            mine.with_columns(_order=hash_order(mine["household_id"]))
            .sort("_order", "household_id")
            .head(EXAMPLES)
            .drop("_order")
        )
        shown[name] = first.to_dicts()
    return shown
