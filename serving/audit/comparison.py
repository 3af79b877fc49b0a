"""The model beside the rules: how often they agree, in which direction they part, and for whom.

Everything here is counted on all families of the snapshot. The first list is of those
whom the model takes for *poorer* than the rules do: help may be missing there.
"""

from collections.abc import Sequence
from typing import Any, Final

import polars as pl

from features.registers.declared import REGIONS
from models.assessment.metrics import share
from serving.audit.families import RED_FLAG
from serving.shown import LEVELS, SHOWN_FROM

FLAGS: Final[dict[bool | None, str]] = {True: "yes", False: "no", None: "unknown"}
GROUPS: Final[dict[str, dict[str, str]]] = {
    "region": dict(REGIONS),
    "settlement": {"urban": "urban", "rural": "rural"},
    "children": {"0": "no child", "1-3": "one to three children", "4+": "four or more children"},
    "disability": {"yes": "a member with a disability", "no": "no member with a disability"},
    "head": {"f": "headed by a woman", "m": "headed by a man"},
}
"""Groups, and the name of each of their values; a value that is not known comes last."""
UNKNOWN: Final = "unknown"
POORER: Final = pl.col("model_category") < pl.col("rule_category")
RICHER: Final = pl.col("model_category") > pl.col("rule_category")
_INSIDE: Final = pl.col("model_category_set").list.contains(pl.col("rule_category"))
_RATES: Final[dict[str, pl.Expr]] = {
    "review": pl.col("status") == "review",
    "follow_up": pl.col("follow_up"),
    "rule_flag": pl.col("rule_flag"),
    "model_flag": pl.col("model_flag"),
    "model_poorer": POORER,
    "model_richer": RICHER,
}
"""What is compared between groups; null: not known for the family."""


def categories(table: pl.DataFrame) -> dict[str, Any]:
    """Return the table of categories: rules by model, and where they part, poorer first."""
    counted = {
        (rule, model): (families, outside)
        for rule, model, families, outside in table.group_by("rule_category", "model_category")
        .agg(pl.len(), (~_INSIDE).sum())
        .rows()
    }
    silent = table["model_category"].null_count()
    models: list[int | None] = [*LEVELS, *([None] if silent else [])]
    cells = [
        {
            "rule": rule,
            "model": model,
            "direction": direction(rule, model),
            "families": families,
            "share": _part(families, table.height),
            "rule_outside_model_set": None if model is None else outside,
        }
        for rule in LEVELS
        for model in models
        for families, outside in [counted.get((rule, model), (0, 0))]
    ]
    parted = [c for c in cells if c["families"] and c["direction"] in ("poorer", "richer")]
    compared = table.height - silent
    return {
        "cells": cells,
        "rule": _counts(table, "rule_category"),
        "model": _counts(table, "model_category"),
        "directions": {
            name: {"families": count, "share": _part(count, table.height)}
            for name in ("same", "poorer", "richer", UNKNOWN)
            for count in [sum(c["families"] for c in cells if c["direction"] == name)]
        },
        "rule_inside_model_set": {
            "families": (inside := int(table.select(_INSIDE.sum()).item())),
            "of": compared,
            "share": _part(inside, compared),
        },
        "disagreements": sorted(
            parted,
            key=lambda c: (
                c["direction"] == "richer",
                -abs(c["model"] - c["rule"]),
                -c["families"],
                c["rule"],
            ),
        ),
    }


def direction(rule: int, model: int | None) -> str:
    """Say in which direction the model parts from the rules; category 1 is the poorest."""
    if model is None:
        return UNKNOWN
    return "same" if model == rule else "poorer" if model < rule else "richer"


def flags(table: pl.DataFrame) -> dict[str, Any]:
    """Return the table of flags, rules by model; what is not known has a row of its own."""
    cells = {
        (rule, model): (families, amount)
        for rule, model, families, amount in table.group_by("rule_flag", "model_flag")
        .agg(pl.len(), pl.col("hidden_income_estimate").quantile(0.5, "lower"))
        .rows()
    }
    return {
        "cells": [
            {
                "rule_flag": FLAGS[rule],
                "model_flag": FLAGS[model],
                "families": families,
                "share": _part(families, table.height),
                "hidden_income_estimate_median": None if amount is None else int(amount),
            }
            for rule in values(table, "rule_flag")
            for model in values(table, "model_flag")
            for families, amount in [cells.get((rule, model), (0, None))]
        ],
        "material": _yes_no(table["material"]),
        "red_flags": {
            name.removeprefix(RED_FLAG): _yes_no(table[name]) for name in red_flags(table)
        },
    }


def values(table: pl.DataFrame, flag: str) -> list[bool | None]:
    """Return what a flag may be: yes, no, and unknown where it is so for some family."""
    return [True, False, *([None] if table[flag].null_count() else [])]


def red_flags(table: pl.DataFrame) -> list[str]:
    """Return the columns that hold the published red flags."""
    return [name for name in table.columns if name.startswith(RED_FLAG)]


def groups(table: pl.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Return how often families of each group are reviewed, flagged, or placed elsewhere.

    A group of fewer than ten families is told as such, without a number.
    """
    return {
        name: [_group(table, name, each, shown) for each, shown in _named(table, name)]
        for name in GROUPS
    }


def places(table: pl.DataFrame) -> list[dict[str, Any]]:
    """Return the shares of the categories by region and settlement, of the rules and the model."""
    rows = []
    for (region, settlement), mine in sorted(
        table.group_by("region", "settlement"), key=lambda item: tuple(map(str, item[0]))
    ):
        shown = mine.height >= SHOWN_FROM
        rows.append(
            {
                "region": region or UNKNOWN,
                "name": REGIONS.get(str(region), UNKNOWN),
                "settlement": settlement or UNKNOWN,
                "suppressed": not shown,
                "families": mine.height if shown else None,
                "rule": _shares(mine, "rule_category") if shown else None,
                "model": _shares(mine, "model_category") if shown else None,
            }
        )
    return rows


def targeted_assistance(table: pl.DataFrame) -> dict[str, Any]:
    """Return how many families lie below the line of targeted assistance by their declared income.

    Information only: assistance is out of reach of every decision.
    """
    below = table.filter(pl.col("below_assistance_line"))
    return {
        **_yes_no(table["below_assistance_line"]),
        "amount": int(below["assistance_amount"].sum()),
        "rule": _counts(below, "rule_category"),
    }


def _group(table: pl.DataFrame, name: str, value: str | None, title: str) -> dict[str, Any]:
    mine = table.filter(pl.col(name).eq_missing(pl.lit(value)))
    head: dict[str, Any] = {"value": value or UNKNOWN, "name": title}
    if mine.height < SHOWN_FROM:
        return head | {"suppressed": True, "families": None} | dict.fromkeys(_RATES)
    rates = {}
    for rate, expression in _RATES.items():
        known = mine.select(expression.alias(rate))[rate].drop_nulls()
        shown = len(known) >= SHOWN_FROM
        rates[rate] = (
            {"families": int(known.sum()), "of": len(known)}
            | share(int(known.sum()), len(known)).as_json()
            if shown
            else None
        )
    return head | {"suppressed": False, "families": mine.height} | rates


def _named(table: pl.DataFrame, group: str) -> list[tuple[str | None, str]]:
    """Return the values of a group that occur, in their declared order, with their names."""
    there = set(table[group].unique().to_list())
    named: list[tuple[str | None, str]] = [
        (value, name) for value, name in GROUPS[group].items() if value in there
    ]
    return [*named, *([(None, "not known")] if None in there else [])]


def _counts(table: pl.DataFrame, column: str) -> dict[str, int]:
    families = dict(table.group_by(column).len().rows())
    counts = {str(level): families.get(level, 0) for level in LEVELS}
    return counts | ({UNKNOWN: families[None]} if None in families else {})


def _shares(table: pl.DataFrame, column: str) -> dict[str, float | None]:
    return {level: _part(n, table.height) for level, n in _counts(table, column).items()}


def _yes_no(flag: pl.Series) -> dict[str, int]:
    raised, unknown = int(flag.sum() or 0), flag.null_count()
    return {"yes": raised, "no": len(flag) - raised - unknown, UNKNOWN: unknown}


def _part(count: int, of: int) -> float | None:
    return round(count / of, 6) if of else None


def total(cells: Sequence[dict[str, Any]]) -> int:
    """Return how many families some cells hold together."""
    return sum(int(c["families"]) for c in cells)
