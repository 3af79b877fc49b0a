"""The families from whom inspections are drawn: what the model says of each, and where it lives.

Beside them stand the groups that an audit counts. They come as a table of their own, so
that whoever draws cannot read them by mistake.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl

from features.progress import Progress, silent
from features.registers.snapshot import Snapshot
from models.decision.pipeline import Decisions, decide, versions
from models.law.parameters import Law
from models.learned.predict import Models
from serving.shown import places

_READ: Final = ("household_id", "hidden_income_probability", "hidden_income_estimate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Families to draw from, the groups they are counted in, and what both come from.

    ``families`` has ``household_id``, ``region``, ``settlement``, ``members`` and what the
    model says (null: nothing). ``groups`` has ``household_id`` and one text column a kind
    of group; null: not known. ``decided`` has what a month's list reads of every family:
    household, place, members, category, what its decision waits for, raised flags, and what asks
    for a look (`models.decision.follow_up.LOOKS`; null: nothing does). ``inputs`` names
    snapshot, day, model and versions.
    """

    families: pl.DataFrame
    groups: pl.DataFrame
    decided: pl.DataFrame
    inputs: Mapping[str, Any]


def pool(
    snapshot: Snapshot,
    *,
    as_of: date,
    models: Models | None,
    among: pl.Series | None = None,
    progress: Progress = silent,
) -> Pool:
    """Decide for every family of a snapshot, as `tarazy score` does, and keep what a draw needs.

    ``among``: the households that may be visited; None: no list was handed in.
    """
    law = Law(as_of)
    families, groups, decided = [], [], []
    parts = snapshot.partitions
    for number in parts:
        progress("deciding", number, len(parts))
        registers = snapshot.registers(number, as_of)
        decisions = decide(registers, models, law)
        where = places(registers, as_of)
        families.append(
            decisions.table.select(_READ)
            .with_columns(decisions.features["members"])
            .join(where.drop("head"), on="household_id", how="left", maintain_order="left")
        )
        groups.append(_groups(decisions, where))
        decided.append(_decided(decisions, where))
    progress("deciding", len(parts), len(parts))
    table = pl.concat(families).sort("household_id")
    if among is not None:
        table = table.filter(pl.col("household_id").is_in(among.implode()))
    return Pool(
        families=table,
        groups=pl.concat(groups).sort("household_id"),
        decided=pl.concat(decided).sort("household_id"),
        inputs={
            "snapshot": snapshot.digest,
            "as_of": as_of.isoformat(),
            "model": None
            if models is None
            else {
                "version": models.version,
                "manifest_sha256": models.manifest.get("manifest_sha256"),
                "override": models.override,
            },
            "versions": versions(law, models).as_json(),
            "among": among is not None,
        },
    )


def _decided(decisions: Decisions, where: pl.DataFrame) -> pl.DataFrame:
    """Return what a month's list reads of each family: no group that is only audited."""
    return (
        decisions.table.select("household_id", "category", "review_reasons")
        .with_columns(decisions.features["members"], decisions.flags["raised_flags"])
        .join(where.drop("head"), on="household_id", how="left", maintain_order="left")
        .join(decisions.looks, on="household_id", how="left", maintain_order="left")
    )


def _groups(decisions: Decisions, where: pl.DataFrame) -> pl.DataFrame:
    """Return the groups of each family: audited, and no input of any draw."""
    features = decisions.features
    children, old = pl.col("children"), pl.col("members_over_sixty_two")
    return features.select(
        "household_id",
        children=pl.when(children == 0)
        .then(pl.lit("0"))
        .when(children <= 3)
        .then(pl.lit("1-3"))
        .when(children > 3)
        .then(pl.lit("4+")),
        single_parent=_yes_or_no(pl.col("single_parent")),
        disability=_yes_or_no(pl.col("members_with_disability") > 0),
        pensioners_only=_yes_or_no((old > 0) & (old == pl.col("members"))),
    ).join(
        where.rename({"head": "sex_of_head"}),
        on="household_id",
        how="left",
        maintain_order="left",
    )


def _yes_or_no(holds: pl.Expr) -> pl.Expr:
    return pl.when(holds).then(pl.lit("yes")).when(~holds).then(pl.lit("no"))
