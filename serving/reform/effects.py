"""What a reform does, counted: who moves where, of which groups, and whom to look at.

A lower category means more need: who moves to a lower one may receive more, and who moves
into category 6 loses local support after notice and hearing.
"""

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from features.registers.declared import REGIONS
from models.rules.programmes import Programme
from serving.reform.families import FAMILY_TYPES, NOW, THEN
from serving.shown import LEVELS, SHOWN_FROM, hash_order

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
    "below_the_line": pl.col(f"below_line{THEN}") & ~pl.col(f"below_line{NOW}"),
    "above_the_line": pl.col(f"below_line{NOW}") & ~pl.col(f"below_line{THEN}"),
    "newly_in_review": (pl.col(f"richest_category{THEN}") != _AFTER)
    & (pl.col(f"richest_category{NOW}") == _BEFORE),
}
"""What can happen to a family, as conditions on its row."""


def moves(table: pl.DataFrame) -> list[dict[str, Any]]:
    """Return the table of moves: families and people from each category to each other."""
    cells = {
        (before, after): (families, people)
        for before, after, families, people in table.group_by(f"category{NOW}", f"category{THEN}")
        .agg(pl.len(), pl.col("members").sum())
        .rows()
    }
    return [
        {"from": before, "to": after, "families": families, "people": people}
        for before in LEVELS
        for after in LEVELS
        for families, people in [cells.get((before, after), (0, 0))]
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


def programmes(
    verdicts: pl.DataFrame, declared: Mapping[str, Programme], costs: Mapping[str, int]
) -> list[dict[str, Any]]:
    """Return for each local programme how many families it reaches under each law.

    ``declared``: the programmes of either law by code. ``costs`` are tenge a family a month,
    by programme, as the drafter of the reform gives them: no unit cost is published, so
    without one no cost can be told.
    """
    rows = []
    for service in verdicts["service"].unique().sort():
        mine = verdicts.filter(pl.col("service") == service)

        def of(law: str, verdict: str, mine: pl.DataFrame = mine) -> int:
            return int(mine.filter(pl.col(f"verdict{law}") == verdict)["families"].sum())

        reached = {law: of(law, "eligible") for law in (NOW, THEN)}
        cost = costs.get(service)
        rows.append(
            {
                "service": service,
                "name": declared[service].name.as_json(),
                "assumed": declared[service].assumed,
                "eligible_now": reached[NOW],
                "eligible_then": reached[THEN],
                "review_now": of(NOW, "review"),
                "review_then": of(THEN, "review"),
                "gain": int(
                    mine.filter(
                        (pl.col(f"verdict{THEN}") == "eligible")
                        & pl.col(f"verdict{NOW}").ne_missing(pl.lit("eligible"))
                    )["families"].sum()
                ),
                "lose": int(
                    mine.filter(
                        (pl.col(f"verdict{NOW}") == "eligible")
                        & pl.col(f"verdict{THEN}").ne_missing(pl.lit("eligible"))
                    )["families"].sum()
                ),
                "cost_of_a_family": cost,
                "cost_now": None if cost is None else cost * reached[NOW],
                "cost_then": None if cost is None else cost * reached[THEN],
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
