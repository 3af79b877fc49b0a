"""What has moved between two snapshots: inputs, scores, shares, categories by place and service."""

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from features.registers.declared import REGIONS
from models.assessment import drift
from models.assessment.drift import Change, Judged
from models.law.parameters import Law
from models.rules import programmes
from serving.monitor.seen import SCORES, Seen
from serving.shown import LEVELS, SHOWN_FROM

SECTIONS: Final = {
    "inputs": "what the models read of a family",
    "since_training": "what the models read, against the families they were trained on",
    "scores": "what the model says of a family",
    "shares": "shares of families",
    "categories": "categories",
    "regions": "categories of the rules by region",
    "services": "categories of the rules among those who applied, by service",
}
"""Parts of the comparison, and their words."""
SHARES: Final[dict[str, pl.Expr]] = {
    "rule_flag": pl.col("rule_flag"),
    "model_flag": pl.col("model_flag"),
    "material": pl.col("material"),
    "review": pl.col("status") == "review",
    "follow_up": pl.col("follow_up"),
}
"""Whom a person is asked to look at; null: not known for the family."""


def between(
    before: Seen, after: Seen, trained_on: Mapping[str, Any] | None = None
) -> dict[str, list[Judged]]:
    """Compare two snapshots; everything is judged together, so that luck raises no alarm.

    Parameters
    ----------
    before, after : of the same model, so of the same inputs.
    trained_on : what `models.assessment.drift.reference` kept at training; None: nothing.

    Returns
    -------
    Judged changes by the names of `SECTIONS`. Groups with fewer than ten families on either
    side are left out.
    """
    sections = {
        "inputs": [
            drift.values(name, before.inputs[:, place], after.inputs[:, place])
            for place, name in enumerate(before.names)
        ],
        "since_training": (
            drift.since(trained_on, after.names, after.inputs) if trained_on else []
        ),
        "scores": [
            drift.values(name, before.scores[:, place], after.scores[:, place])
            for place, name in enumerate(SCORES)
            if before.scores.size and after.scores.size
        ],
        "shares": _shares(before, after),
        "categories": [
            _fallen(name, *(side.table[name] for side in (before, after)))
            for name in ("rule_category", "model_category")
            if before.table[name].count() and after.table[name].count()
        ],
        "regions": _regions(before, after),
        "services": _services(before, after),
    }
    every = iter(drift.judged([change for part in sections.values() for change in part]))
    return {name: [next(every) for _ in part] for name, part in sections.items()}


def fall(categories: pl.Series) -> list[int]:
    """Count families in each category, those without one last."""
    return [*(int((categories == level).sum()) for level in LEVELS), categories.null_count()]


def _shares(before: Seen, after: Seen) -> list[Change]:
    changes = []
    for name, of in SHARES.items():
        counts = []
        for side in (before, after):
            known = side.table.select(of.alias("told")).to_series().drop_nulls()
            counts.append((int(known.sum()), len(known)))
        if all(number for _, number in counts):
            changes.append(drift.share(name, *counts, families=[n for _, n in counts]))
    return changes


def _regions(before: Seen, after: Seen) -> list[Change]:
    return [
        change
        for code, name in REGIONS.items()
        if (
            change := _group(
                code,
                name,
                *(side.table.filter(pl.col("region") == code) for side in (before, after)),
            )
        )
    ]


def _services(before: Seen, after: Seen) -> list[Change]:
    if before.applications is None or after.applications is None:
        return []
    changes = []
    for programme in programmes.in_force(Law(after.as_of)):
        sides = [
            side.table.join(
                side.applications.filter(pl.col("service") == programme.code),
                on="household_id",
                how="semi",
            )
            for side in (before, after)
            if side.applications is not None
        ]
        if change := _group(programme.code, programme.name["en"], *sides):
            changes.append(change)
    return changes


def _group(code: str, words: str, before: pl.DataFrame, after: pl.DataFrame) -> Change | None:
    """Compare the categories of one group; None: too few families to be shown."""
    if min(before.height, after.height) < SHOWN_FROM:
        return None
    return _fallen(code, before["rule_category"], after["rule_category"], about=words)


def _fallen(name: str, before: pl.Series, after: pl.Series, **details: Any) -> Change:
    """Compare how two groups of families fall on the categories, and keep the shares of each."""
    falls = [fall(side) for side in (before, after)]
    return drift.categories(
        name,
        *falls,
        families=[len(before), len(after)],
        shares=[[round(n / sum(counts), 4) for n in counts[:-1]] for counts in falls],
        **details,
    )
