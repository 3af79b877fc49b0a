"""Whom a person looks at, for which reason, and what that catches by the random inspections.

Families who wait and families who are followed up are counted apart. A confirmed inspection
stands for an answer that would change; it is not the same, and the page says so.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import polars as pl

from models.assessment import looks, target
from models.law.parameters import Law
from models.law.policy import Consequence
from models.learned.hidden_income import PLACES
from models.learned.predict import Models
from serving.audit.comparison import GROUPS
from serving.audit.witnesses import NO_RANDOM_ARM, NO_REGISTER

_BY: Final = ("category", *GROUPS)
_REASONS: Final = {Consequence.WAIT: "review_reasons", Consequence.FOLLOW_UP: "codes"}


def section(
    families: pl.DataFrame, table: pl.DataFrame, inspections: pl.DataFrame | None, as_of: date
) -> dict[str, Any]:
    """Return who waits and who is followed up, by reason and by group, and what looks confirm.

    Parameters
    ----------
    families : as `serving.audit.families.looked_at` returns them.
    table : the same families with their groups and ``members``, as
        `serving.audit.families.look` returns them.
    inspections : the register; None: it was not in the data.
    as_of : the decision date.

    Without a random arm numbers of families stand, what they catch is null, and ``why_not`` says
    why.
    """
    law = Law(as_of)
    known = _confirmed(table, inspections)
    judged = (
        families.drop("region")
        .join(table.select("household_id", *GROUPS), on="household_id", how="left")
        .join(known, on="household_id", how="left")
    )
    measured = looks.measured(judged, _BY, review_days=float(law.review_days)).as_json()
    return {
        "why_not": None if known.height else NO_REGISTER if inspections is None else NO_RANDOM_ARM,
        "earlier_policy_until": looks.BEFORE.isoformat(),
        "capacity": float(law.review_capacity),
        "reasons": _reasons(families),
        **measured,
        "groups": {name: _named(name, rows) for name, rows in measured["groups"].items()},
    }


def evidence(models: Models) -> list[dict[str, Any]]:
    """Return what random inspections said of each red flag when the model was trained."""
    return [
        cell.as_json()
        | {
            "verdict": cell.verdict,
            "where": "anywhere" if cell.place is None else PLACES[cell.place],
        }
        for cell in models.flag_evidence.cells
    ]


def _confirmed(table: pl.DataFrame, inspections: pl.DataFrame | None) -> pl.DataFrame:
    """Return whether the first random inspection of each family confirmed, and its weight."""
    empty = {"household_id": pl.Int64(), "changed": pl.Boolean(), "weight": pl.Float64()}
    if inspections is None:
        return pl.DataFrame(schema=empty)
    first = (
        inspections.filter(pl.col("design").cast(pl.String) == "random")
        .sort("household_id", "inspected_on", "hidden_income_monthly")
        .unique("household_id", keep="first", maintain_order=True)
        .join(table.select("household_id", "members"), on="household_id", how="inner")
        .sort("household_id")
    )
    chance = pl.col("probability") if "probability" in first else pl.lit(None, pl.Float64)
    usual = pl.when(chance > 0).then(1 / chance)
    return (
        first.with_columns(changed=target.confirmed(first))
        .filter(pl.col("changed").is_not_null())
        .select("household_id", "changed", weight=pl.coalesce(usual, usual.median(), 1.0))
    )


def _reasons(families: pl.DataFrame) -> list[dict[str, Any]]:
    """Return how many families each reason concerns, and how many of them are looked at later."""
    return [
        {"reason": code, "consequence": str(consequence), "families": asking, "followed_up": made}
        for consequence, column in _REASONS.items()
        for code, asking, made in families.select(column, "follow_up")
        .explode(column)
        .drop_nulls(column)
        .group_by(column)
        .agg(pl.len(), pl.col("follow_up").sum())
        .sort(column)
        .rows()
    ]


def _named(group: str, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    names = GROUPS.get(group, {})
    return [
        row
        | {"name": "not known" if row["value"] is None else names.get(row["value"], row["value"])}
        for row in rows
    ]
