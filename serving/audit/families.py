"""Everything an audit counts, one row a family; and the families to look at by name of their key.

Registers are read partition by partition; what is kept of a family is its decision, the
published red flags, and the groups it is counted in. Sex of the head and region are no
inputs of anything; they are read here, for this purpose only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from features.build import Registers, visible
from features.progress import Progress, silent
from features.registers.snapshot import Snapshot
from models.answer import Answer
from models.assessment import looks
from models.decision.pipeline import Decisions, decide
from models.law.parameters import Law
from models.learned.predict import Models
from models.poverty import yardsticks
from models.poverty.targeted_assistance import assistance
from models.rules import red_flags
from serving.shown import hash_order, places

RED_FLAG: Final = "red_flag_"
"""Beginning of the columns that hold the published red flags, one each."""
EXAMPLES: Final = 3
"""Families shown of each cell."""
CELLS: Final[dict[str, tuple[str, str]]] = {
    "categories": ("rule_category", "model_category"),
    "flags": ("rule_flag", "model_flag"),
}
"""The two tables whose cells are illustrated, and the columns that span them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Families:
    """All families of a snapshot as an audit sees them.

    ``table`` has one row a family, sorted by ``household_id``: the columns of a decision
    without its reasons, then ``members``, the groups (`region`, `settlement`, `children`,
    `disability`, `head`; null: not known) and one Boolean column for each red flag.
    ``answers`` holds decisions in full for the families that illustrate the cells.
    ``applications`` says who applied for which service (None: the register was silent).
    """

    table: pl.DataFrame
    answers: Mapping[int, Answer]
    applications: pl.DataFrame | None = None
    facts: pl.DataFrame | None = None
    """Features of the surveyed families that the yardsticks of poverty read; None: no survey."""
    looks: pl.DataFrame | None = None
    """Who waits, who is looked at later and why (`looked_at`); None: not counted."""


def look(
    snapshot: Snapshot,
    *,
    models: Models | None,
    law: Law,
    progress: Progress = silent,
) -> Families:
    """Decide for every family of a snapshot as of the law's day and keep what an audit counts."""
    as_of = law.day
    tables: list[pl.DataFrame] = []
    answers: dict[int, Answer] = {}
    applied: list[pl.DataFrame] = []
    facts: list[pl.DataFrame] = []
    asking: list[pl.DataFrame] = []
    survey, read = snapshot.learning("survey"), ["household_id", *yardsticks.facts_read(law)]
    parts = snapshot.partitions
    for number in parts:
        progress("deciding", number, len(parts))
        registers = snapshot.registers(number, as_of)
        decisions = decide(registers, models, law)
        table = counted(decisions, registers, as_of)
        tables.append(table)
        asking.append(looked_at(decisions))
        if survey is not None:
            facts.append(
                decisions.features.select(read).join(survey, on="household_id", how="semi")
            )
        if (rows := registers.get("applications")) is not None:
            known = visible("applications", rows, as_of).select("household_id", "service")
            applied.append(known.unique().collect())
        ids = decisions.table["household_id"]
        for chosen in sorted(set().union(*(examples(table, c) for c in CELLS.values()))):
            answers[chosen] = decisions.answer(int(ids.index_of(chosen) or 0))
    progress("deciding", len(parts), len(parts))
    return Families(
        table=pl.concat(tables).sort("household_id"),
        answers=answers,
        applications=pl.concat(applied) if applied else None,
        facts=pl.concat(facts).sort("household_id") if facts else None,
        looks=pl.concat(asking).sort("household_id"),
    )


def looked_at(decisions: Decisions) -> pl.DataFrame:
    """Return what is counted of each family: `models.assessment.looks.of`, and every reason.

    ``review_reasons``: for which the decision waits; ``codes``: which ask for a look later, made
    or not (null: none).
    """
    asking = decisions.looks.select("household_id", "codes")
    return (
        looks.of(decisions)
        .with_columns(decisions.table["review_reasons"])
        .join(asking, on="household_id", how="left", maintain_order="left")
    )


def counted(decisions: Decisions, registers: Registers, as_of: date) -> pl.DataFrame:
    """Return what an audit counts of the families of one partition."""
    features = decisions.features
    published = [flag.code for flag in red_flags.in_force(decisions.law)]
    table = decisions.table.drop(
        "reasons", "review_reasons", "follow_up_reasons", "as_of", "law_version"
    )
    where = places(registers, as_of)
    information = assistance(features, decisions.law, where.select("household_id", "region"))
    return table.with_columns(
        features["members"],
        information["below_assistance_line"],
        information["assistance_amount"],
        children=features.select(
            pl.when(pl.col("children") == 0)
            .then(pl.lit("0"))
            .when(pl.col("children") <= 3)
            .then(pl.lit("1-3"))
            .when(pl.col("children") > 3)
            .then(pl.lit("4+"))
        ).to_series(),
        disability=features.select(
            pl.when(pl.col("members_with_disability") > 0)
            .then(pl.lit("yes"))
            .when(pl.col("members_with_disability") == 0)
            .then(pl.lit("no"))
        ).to_series(),
        **{RED_FLAG + code: decisions.flags[code] for code in published},
    ).join(where, on="household_id", how="left", maintain_order="left")


def examples(table: pl.DataFrame, cell: Sequence[str], count: int = EXAMPLES) -> list[int]:
    """Return up to ``count`` families of each cell, the first in the order of a hash.

    So nobody chose them, and they stay the same when the audit is repeated, whatever
    the order or the company in which families come.
    """
    return (
        table.select("household_id", *cell, _order=hash_order(table["household_id"]))
        .sort("_order", "household_id")
        .group_by(cell, maintain_order=True)
        .head(count)["household_id"]
        .to_list()
    )
