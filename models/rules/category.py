"""The rules' answer for a family: its points' category, and the hard rule of category 6.

Declared facts only; nothing here is learned. The hard rule has three answers: it is
met, it is not, or the registers cannot tell.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import polars as pl

from features.catalogue import FEATURES
from features.errors import DeclarationError
from models.law.parameters import Citation, Law, each_once
from models.rules.conditions import Condition, condition
from models.rules.scorecard import assess

RICHEST: Final = 6
"""The category to which the hard rule leads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HardRule:
    """The rule of category 6 in force on a day: so many of its conditions must be met."""

    since: date
    combinator: str
    needed: int
    conditions: tuple[Condition, ...]
    act: str
    reading_is_open: bool
    """Whether the file doubts how its text is to be read, so that the reading applied is ours."""

    @classmethod
    def in_force(cls, law: Law) -> "HardRule":
        """Return the rule of the law's day; raise ParameterNotInForce before there is one."""
        return _compiled(law.folder, law.day)

    @classmethod
    def read(cls, raw: Mapping[str, Any], law: Law) -> "HardRule":
        """Return the rule of an edition, its bounds at the prices of the law's day."""
        conditions = tuple(_condition(entry, law) for entry in raw["conditions"])
        return cls(
            since=raw["since"],
            combinator=raw["combinator"],
            needed=_needed(raw, len(conditions)),
            conditions=conditions,
            act=raw["source"]["act"],
            reading_is_open=bool(
                raw["assumed"] or raw.get("doubt") or any(c.get("doubt") for c in raw["conditions"])
            ),
        )

    @property
    def cites(self) -> tuple[Citation, ...]:
        """The editions of the legal values that price its conditions, each once."""
        return each_once(cited for c in self.conditions for cited in c.cites)

    def met(self) -> pl.Expr:
        """Return whether enough conditions are met, in Kleene's logic of three values.

        True when the known ones suffice whatever the unknown are; false when even all
        unknown ones would not; null otherwise. ``all`` and ``any`` are k = n and k = 1.
        """
        return enough([pl.col(c.column) for c in self.conditions], self.needed)


def enough(answers: Sequence[pl.Expr], needed: int) -> pl.Expr:
    """Return whether so many answers are true, whatever the unknown ones turn out to be."""
    surely = pl.sum_horizontal(answer.fill_null(value=False) for answer in answers)
    perhaps = pl.sum_horizontal(answer.fill_null(value=True) for answer in answers)
    return (
        pl.when(surely >= needed)
        .then(pl.lit(value=True))
        .when(perhaps < needed)
        .then(pl.lit(value=False))
    )


def hard_rule(features: pl.DataFrame, law: Law) -> pl.DataFrame:
    """Say of every family whether the hard rule of category 6 is met.

    Returns ``household_id``, ``met`` (Boolean, null: cannot be told) and ``met_CODE``
    for each condition. Unknown features never meet a condition and never fail one.
    """
    rule = HardRule.in_force(law)
    conditions = features.select(
        "household_id", *(c.met().alias(c.column) for c in rule.conditions)
    )
    return conditions.select("household_id", rule.met().alias("met"), *_columns(rule))


def rule_category(features: pl.DataFrame, law: Law) -> pl.DataFrame:
    """Give every family the category of the rules, and the richest it could be.

    Parameters
    ----------
    features
        One row a family, as `features.build.build` makes it.
    law
        Of the decision date.

    Returns
    -------
    ``household_id``; ``rule_category`` (Int8): 6 where the hard rule is met, else by the
    points, every unknown at its poorest; ``richest_category``: the same with every
    unknown at its richest; ``hard_rule_met`` and ``met_CODE`` as `hard_rule` gives
    them; then the columns of `models.rules.scorecard.assess`. Where both categories agree,
    nothing that is unknown could change the outcome. Rows stand in the order given.
    """
    points = assess(features, law).drop("household_id")
    hard = hard_rule(features, law).rename({"met": "hard_rule_met"})
    met, richest = pl.col("hard_rule_met"), pl.lit(RICHEST, pl.Int8)
    both = pl.concat([hard, points], how="horizontal")
    return both.select(
        "household_id",
        pl.when(met).then(richest).otherwise("category_poorest").alias("rule_category"),
        pl.when(met.fill_null(value=True))
        .then(richest)
        .otherwise("category_richest")
        .alias("richest_category"),
        *both.columns[1:],
    )


def _columns(rule: HardRule) -> tuple[str, ...]:
    return tuple(c.column for c in rule.conditions)


@lru_cache(maxsize=256)
def _compiled(folder: Path, day: date) -> HardRule:
    law = Law(day, folder)
    return HardRule.read(law.hard_rule, law)


def _condition(raw: Mapping[str, Any], law: Law) -> Condition:
    declared = condition("hard_rule.yaml", raw["code"], raw, law)
    if declared.feature is None or FEATURES[declared.feature].direction <= 0:
        raise DeclarationError(
            f"hard_rule.yaml, {declared.code}: {declared.feature} must rise with wealth, or losing "
            "it would lead a family into category 6."
        )
    return declared


def _needed(raw: Mapping[str, Any], conditions: int) -> int:
    """Return how many conditions must be met under the combinator."""
    combinator, k = raw["combinator"], raw["k"]
    if combinator != "k_of_n":
        if k is not None:
            raise DeclarationError("hard_rule.yaml: k is null unless the combinator is k_of_n.")
        return {"all": conditions, "any": 1}[combinator]
    if k is None or k > conditions:
        raise DeclarationError(f"hard_rule.yaml: k_of_n needs a k from 1 to {conditions}.")
    return int(k)
