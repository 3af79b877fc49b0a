"""Both laws applied to every family: one row a family, under today's law and the reformed one."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from features.build import build
from features.errors import InputError
from features.progress import Progress, silent
from features.registers.snapshot import Snapshot
from models.law.facts import treatment
from models.law.parameters import Law
from models.poverty import targeted_assistance, yardsticks
from models.rules import category, programmes
from serving.shown import places

NOW: Final = "_now"
THEN: Final = "_then"
_VERDICT: Final = "verdict_"
FAMILY_TYPES: Final = {
    "large": "four children or more",
    "one_parent": "one parent with children",
    "children": "other families with children",
    "elderly": "members over 62 only",
    "adults": "other families without children",
}
_SHOWN_FACTS: Final = (
    "members",
    "children",
    "income_per_member",
    "dwellings",
    "vehicles",
    "active_businesses",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Both:
    """Every family under both laws.

    ``table`` has one row a family, sorted by ``household_id``: ``category`` and
    ``richest_category`` under each law (suffixes ``_now`` and ``_then``), ``members``,
    ``income_per_member`` and a few facts that a person asks for first, ``family_type``,
    ``region``, ``settlement``, ``decile`` (of declared income a member, people counted;
    null where income is unknown), and ``below_line`` under each law: whether it lies below
    the line of targeted assistance. ``verdicts`` counts families by ``service``,
    ``verdict_now`` and ``verdict_then``; null: no such programme under that law.
    ``assistance`` has one row for each law: families and people below the line of targeted
    assistance, and what they lack together, tenge a month. Information: nothing decides by it.
    """

    table: pl.DataFrame
    verdicts: pl.DataFrame
    assistance: pl.DataFrame
    facts: pl.DataFrame | None
    """Features of the surveyed families that the yardsticks of poverty read; None: no survey."""


def under_both(
    snapshot: Snapshot,
    *,
    now: Law,
    then: Law,
    progress: Progress = silent,
) -> Both:
    """Apply two laws of one day to every family; its registers are read once.

    Features are built once, too, unless the reform changes how facts are counted (who is a member
    while away, grants paid once, other currencies). What is shown of a family beside its category
    is as today's law counts it.

    Raises InputError where the two are of different days: a family has one set of registers.
    """
    if now.day != then.day:
        raise InputError(f"The laws are of {now.day} and of {then.day}: compare them on one day.")
    as_of = now.day
    survey, read = snapshot.learning("survey"), ["household_id", *yardsticks.facts_read(now)]
    parts = snapshot.partitions
    counted_now, counted_then = treatment(now), treatment(then)
    tables, verdicts, lacking, facts = [], [], [], []
    for number in parts:
        progress("deciding under both laws", number, len(parts))
        registers = snapshot.registers(number, as_of)
        features = build(registers, as_of, counted_now)
        features_then = (
            features if counted_then == counted_now else build(registers, as_of, counted_then)
        )
        table = features.select("household_id", *_SHOWN_FACTS, family_type=_family_type())
        if survey is not None:
            facts.append(features.select(read).join(survey, on="household_id", how="semi"))
        where = places(registers, as_of).drop("head")
        entitled = []
        regions = where.select("household_id", "region")
        for law, suffix, counted in ((now, NOW, features), (then, THEN, features_then)):
            ruled = category.rule_category(counted, law)
            assistance = targeted_assistance.assistance(counted, law, regions)
            table = table.with_columns(
                ruled["rule_category"].alias(f"category{suffix}"),
                ruled["richest_category"].alias(f"richest_category{suffix}"),
                assistance["below_assistance_line"].alias(f"below_line{suffix}"),
            )
            entitled.append(programmes.eligibility(counted, ruled, law))
            lacking.append(_lacking(assistance, counted["members"], suffix))
        verdicts.append(_counted(*entitled))
        tables.append(table.join(where, on="household_id", how="left", maintain_order="left"))
    progress("deciding under both laws", len(parts), len(parts))
    return Both(
        table=_with_decile(pl.concat(tables).sort("household_id")),
        verdicts=pl.concat(verdicts)
        .group_by("service", "verdict_now", "verdict_then")
        .agg(pl.col("families").sum())
        .sort("service", "verdict_now", "verdict_then"),
        assistance=pl.concat(lacking)
        .group_by("law", maintain_order=True)
        .agg(pl.col("families", "people", "amount", "unknown").sum()),
        facts=pl.concat(facts).sort("household_id") if facts else None,
    )


def _lacking(assistance: pl.DataFrame, members: pl.Series, suffix: str) -> pl.DataFrame:
    """Add up who of one partition lies below the line of targeted assistance."""
    below = pl.col("below_assistance_line")
    return assistance.with_columns(members).select(
        law=pl.lit(suffix.removeprefix("_")),
        families=below.sum().cast(pl.Int64),
        people=pl.col("members").filter(below).sum().cast(pl.Int64),
        amount=pl.col("assistance_amount").sum().cast(pl.Int64),
        unknown=below.null_count().cast(pl.Int64),
    )


def _counted(now: pl.DataFrame, then: pl.DataFrame) -> pl.DataFrame:
    """Count families of one partition by their verdicts for each programme of either law."""
    columns = [c for c in now.columns if c.startswith(_VERDICT)]
    columns += [c for c in then.columns if c.startswith(_VERDICT) and c not in columns]
    silent = pl.lit(None, pl.String)
    counts = []
    for column in columns:
        pair = pl.select(
            verdict_now=now[column].cast(pl.String) if column in now.columns else silent,
            verdict_then=then[column].cast(pl.String) if column in then.columns else silent,
        )
        counts.append(
            pair.group_by("verdict_now", "verdict_then")
            .agg(families=pl.len().cast(pl.Int64))
            .with_columns(service=pl.lit(column.removeprefix(_VERDICT)))
        )
    empty = pl.DataFrame(
        schema={
            "verdict_now": pl.String,
            "verdict_then": pl.String,
            "families": pl.Int64,
            "service": pl.String,
        }
    )
    return pl.concat([empty, *counts])


def _family_type() -> pl.Expr:
    """Return the first type of `FAMILY_TYPES` that fits; null where members are unknown."""
    children, adults = pl.col("children"), pl.col("adults")
    return (
        pl.when(children >= 4)
        .then(pl.lit("large"))
        .when((children > 0) & (adults == 1))
        .then(pl.lit("one_parent"))
        .when(children > 0)
        .then(pl.lit("children"))
        .when((adults > 0) & (pl.col("members_over_sixty_two") == pl.col("members")))
        .then(pl.lit("elderly"))
        .when(pl.col("members") > 0)
        .then(pl.lit("adults"))
    )


def _with_decile(table: pl.DataFrame) -> pl.DataFrame:
    """Add the tenth of all people in which a family stands by declared income a member.

    A family stands where its middle member stands, so a large one is not pushed upwards;
    families of one income share a tenth.
    """
    people = (
        table.filter(pl.col("income_per_member").is_not_null() & (pl.col("members") > 0))
        .group_by("income_per_member")
        .agg(pl.col("members").sum())
        .sort("income_per_member")
    )
    total = people["members"].sum()
    if not total:
        return table.with_columns(decile=pl.lit(None, pl.Int8))
    before = pl.col("members").cum_sum() - pl.col("members") / 2
    tenth = people.select(
        "income_per_member",
        decile=(before * 10 / total).floor().clip(0, 9).cast(pl.Int8) + 1,
    )
    return table.join(tenth, on="income_per_member", how="left", maintain_order="left")
