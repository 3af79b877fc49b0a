"""What looks cost and catch, as far as inspections drawn at random can say: by group, as a curve.

A look that *confirms* hidden income need not change a category, and an inspection is no paper:
`confirmed` stands for a changed answer, and every page says so. Who a family is, is joined here,
after everything has been decided.
"""

from datetime import date
from typing import Final

import polars as pl

from features.build import Registers
from models.assessment import groups, looks, target
from models.assessment.looks import Looks
from models.decision.pipeline import Decisions
from models.law.parameters import Law
from training.labels.gather import Labels, random_weights

GROUPS: Final = ("category", *(a.name for a in groups.ATTRIBUTES))
"""By what looks are counted apart."""


def named(group: str, value: str | None) -> str:
    """Return the name of a group of families for reading; null: unknown."""
    if value is None:
        return groups.UNKNOWN
    names = {a.name: a.groups for a in groups.ATTRIBUTES}.get(group, {})
    return names.get(value, value)


def of(decisions: Decisions, registers: Registers, as_of: date) -> pl.DataFrame:
    """Return one row a family: the columns of `models.assessment.looks.of`, and its groups.

    ``region`` is that of the decision, a number; null: unknown.
    """
    attributes = groups.of(registers, as_of).drop("region")
    return looks.of(decisions).join(
        attributes, on="household_id", how="left", maintain_order="left"
    )


def by_inspections(families: pl.DataFrame, labels: Labels, law: Law) -> Looks:
    """Return what looks cost and catch, where random inspections say what they confirm.

    Parameters
    ----------
    families : one row a family, as `of` returns them of the newest day, with ``follow_up`` as it
        is served. The models that made them have learned from the inspections that judge them
        here, so what a model asks for looks better than it is.
    labels : whose random inspections judge, the first of each family, under the inverse of
        their chance.
    """
    drawn = (
        labels.inspections.filter(pl.col("design").cast(pl.String) == "random")
        .sort("household_id", "inspected_on", "hidden_income_monthly")
        .unique("household_id", keep="first", maintain_order=True)
    )
    known = drawn.select(
        "household_id",
        changed=target.confirmed(drawn),
        weight=pl.Series(random_weights(drawn), dtype=pl.Float64),
    )
    judged = families.join(known, on="household_id", how="left", maintain_order="left")
    return looks.measured(judged, GROUPS, review_days=float(law.review_days))
