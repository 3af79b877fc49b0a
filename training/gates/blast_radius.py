"""Who would be touched by another model: every family of a snapshot, decided by both (R8).

The served category is the rules' and moves for nobody; what may move is whose file a person
must look at, whom the model flags, and where the model places a family. Counted on the whole
population and by group, before the model serves anyone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl

from features.build import Registers, known_households, visible
from features.progress import Progress, silent
from features.registers.declared import REGIONS
from features.registers.snapshot import Snapshot
from models.assessment.suppression import SHOWN_FROM
from models.decision.pipeline import Decisions, decide
from models.law.parameters import Law
from models.law.policy import MATERIAL_HIDDEN_INCOME
from models.learned.predict import Models

BEFORE: Final = "_before"
AFTER: Final = "_after"
COMPARED: Final = ("status", "follow_up", "by_model", "model_flag", "material", "model_category")
"""What is compared: `by_model` says that a person looks for no other reason than the model."""
LEGAL: Final = (
    "household_id",
    "as_of",
    "category",
    "rule_category",
    "rule_flag",
    "reasons",
    "law_version",
    "eligible_services",
    "services_in_review",
)
"""Columns of a decision that no model may touch."""
GROUPS: Final[dict[str, dict[str, str]]] = {
    "region": dict(REGIONS),
    "settlement": {"urban": "urban", "rural": "rural"},
    "children": {"0": "no child", "1-3": "one to three children", "4+": "four or more children"},
    "disability": {"yes": "a member with a disability", "no": "no member with a disability"},
}
SLICE: Final = 20_000
"""Families decided at once: this bounds memory."""


def _became(column: str) -> pl.Expr:
    return pl.col(column + AFTER).eq_missing(True) & ~pl.col(column + BEFORE).eq_missing(True)


def _ceased(column: str) -> pl.Expr:
    return pl.col(column + BEFORE).eq_missing(True) & ~pl.col(column + AFTER).eq_missing(True)


def _looked_at(when: str) -> pl.Expr:
    """Whether a person looks at the family: the decision waits for one, or one looks later."""
    return (pl.col("status" + when) == "review") | pl.col("follow_up" + when)


CHANGES: Final[dict[str, pl.Expr]] = {
    "newly_in_review": _looked_at(AFTER) & ~_looked_at(BEFORE),
    "no_longer_in_review": _looked_at(BEFORE) & ~_looked_at(AFTER),
    "newly_flagged": _became("model_flag"),
    "no_longer_flagged": _ceased("model_flag"),
    "newly_material": _became("material"),
    "no_longer_material": _ceased("material"),
    "poorer_by_model": (pl.col("model_category_after") < pl.col("model_category_before")).fill_null(
        value=False
    ),
    "richer_by_model": (pl.col("model_category_after") > pl.col("model_category_before")).fill_null(
        value=False
    ),
}
"""What can happen to a family when the model is changed, as conditions on its row."""
WORDS: Final[dict[str, str]] = {
    "newly_in_review": "newly to be looked at by a person",
    "no_longer_in_review": "no longer to be looked at",
    "newly_flagged": "newly flagged",
    "no_longer_flagged": "no longer flagged",
    "newly_material": "flag newly matters for the category",
    "no_longer_material": "flag no longer matters",
    "poorer_by_model": "placed poorer by the model",
    "richer_by_model": "placed richer by the model",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Radius:
    """Every family under both models; a model that is None leaves the rules alone.

    ``table`` has one row a family, sorted by ``household_id``: the columns of `COMPARED`
    with the suffixes ``_before`` and ``_after``, and one column for each of `GROUPS`.
    ``before_override`` is the word by which a person let the first pass a gate.
    ``touched`` counts families for whom anything that law decides differs between the model
    and its absence: the off switch (E19) holds if it is zero.
    """

    table: pl.DataFrame
    touched: int
    before: str | None
    after: str | None
    snapshot: str
    as_of: date
    before_override: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return who moves, in all and by group, ready for JSON; no family is named.

        ``review`` states the load: families at whom a person looks, before the decision has effect
        or later; those that wait for it; and those for whom the model is the only reason.
        """
        table = self.table
        return {
            "before": self.before,
            "before_override": self.before_override,
            "after": self.after,
            "snapshot": self.snapshot,
            "as_of": self.as_of.isoformat(),
            "families": table.height,
            "served_category_changed": self.touched,
            "review": {
                when: {
                    "all": _counted(table, _looked_at(suffix)),
                    "waiting": _counted(table, pl.col("status" + suffix) == "review"),
                    "by_model_alone": _counted(table, pl.col("by_model" + suffix)),
                }
                for when, suffix in (("before", BEFORE), ("after", AFTER))
            },
            "changes": {name: _counted(table, test) for name, test in CHANGES.items()},
            "groups": {name: _by_group(table, name) for name in GROUPS},
        }


def measured(
    snapshot: Snapshot,
    *,
    as_of: date,
    before: Models | None,
    after: Models,
    progress: Progress = silent,
) -> Radius:
    """Decide for every family with both models, and with none; keep what differs.

    The same snapshot, day and models give the same table, whatever the order of rows.
    """
    law = Law(as_of)
    rows, touched, done = [], 0, 0
    for registers in slices(snapshot, as_of):
        progress("deciding with both models", done, snapshot.households)
        alone = decide(registers, None, law)
        new = decide(registers, after, law)
        old = alone if before is None else decide(registers, before, law)
        touched += _touched(alone, new)
        rows.append(
            pl.concat(
                [
                    alone.table.select("household_id"),
                    _of(old).rename(lambda name: name + BEFORE),
                    _of(new).rename(lambda name: name + AFTER),
                ],
                how="horizontal",
            ).join(
                _groups(new, registers, as_of), on="household_id", how="left", maintain_order="left"
            )
        )
        done += alone.table.height
    progress("deciding with both models", done, snapshot.households)
    return Radius(
        table=pl.concat(rows).sort("household_id"),
        touched=touched,
        before=None if before is None else before.version,
        before_override=None if before is None else before.override,
        after=after.version,
        snapshot=snapshot.digest,
        as_of=as_of,
    )


def slices(snapshot: Snapshot, as_of: date) -> Iterator[Registers]:
    """Yield the registers of some thousand families after another."""
    for number in snapshot.partitions:
        registers = snapshot.registers(number, as_of)
        ids = snapshot.household_ids(number)
        for start in range(0, ids.len(), SLICE):
            part = ids.slice(start, SLICE)
            yield of_families(registers, part)


def of_families(registers: Registers, households: pl.Series) -> Registers:
    """Return the rows of these households alone; a silent register stays silent."""
    wanted = pl.DataFrame({"household_id": households})
    return {
        name: None
        if rows is None
        else rows.join(wanted, on="household_id", how="semi", maintain_order="left")
        for name, rows in registers.items()
    }


def _of(decisions: Decisions) -> pl.DataFrame:
    """Return what is compared of each family."""
    reasons = pl.concat_list("review_reasons", "follow_up_reasons")
    only = reasons == [MATERIAL_HIDDEN_INCOME]
    return decisions.table.with_columns(by_model=only).select(COMPARED)


def _touched(alone: Decisions, new: Decisions) -> int:
    """Count families for whom something that law decides differs between two decisions.

    Compared are the legal columns of the decision, every fact that the rules counted, each
    published flag and each entitlement, and the reasons for review that are not the model's.
    """
    differs = pl.Series([False] * alone.table.height, dtype=pl.Boolean)
    for mine, others in (
        (alone.table.select(LEGAL), new.table.select(LEGAL)),
        (_review(alone), _review(new)),
        (alone.features, new.features),
        (alone.ruled, new.ruled),
        (alone.flags, new.flags),
        (alone.eligibility, new.eligibility),
    ):
        for column in mine.columns:
            differs = differs | mine[column].ne_missing(others[column])
    return int(differs.sum())


def _review(decisions: Decisions) -> pl.DataFrame:
    of_rules = pl.element().filter(pl.element() != MATERIAL_HIDDEN_INCOME)
    return decisions.table.select(pl.col("review_reasons").list.eval(of_rules))


def _groups(decisions: Decisions, registers: Registers, as_of: date) -> pl.DataFrame:
    """Return the groups that each family is counted in; null: not known."""
    where = visible("households", known_households(registers), as_of).select(
        "household_id", pl.col("region", "settlement").cast(pl.String)
    )
    children, disabled = pl.col("children"), pl.col("members_with_disability")
    return decisions.features.select(
        "household_id",
        children=pl.when(children == 0)
        .then(pl.lit("0"))
        .when(children <= 3)
        .then(pl.lit("1-3"))
        .when(children > 3)
        .then(pl.lit("4+")),
        disability=pl.when(disabled > 0).then(pl.lit("yes")).when(disabled == 0).then(pl.lit("no")),
    ).join(where.collect(), on="household_id", how="left", maintain_order="left")


def _counted(table: pl.DataFrame, test: pl.Expr) -> dict[str, Any]:
    families = int(table.select(test.fill_null(value=False).sum()).item())
    share = round(families / table.height, 6) if table.height else None
    return {"families": families, "share": share}


def _by_group(table: pl.DataFrame, group: str) -> list[dict[str, Any]]:
    """Return what happens to the families of each value; few families show no number."""
    counts = table.group_by(group).agg(pl.len(), *(t.sum().alias(n) for n, t in CHANGES.items()))
    counted = {value: numbers for value, *numbers in counts.rows()}
    rows = []
    for value, name in [*GROUPS[group].items(), (None, "not known")]:
        if value not in counted:
            continue
        families, *happened = counted[value]
        shown = families >= SHOWN_FROM
        numbers = happened if shown else [None] * len(happened)
        rows.append(
            {
                "value": value,
                "name": name,
                "families": families if shown else None,
                **dict(zip(CHANGES, numbers, strict=True)),
            }
        )
    return rows
