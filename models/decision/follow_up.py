"""Whom a person looks at later, and what a look is worth: nothing waits for it.

A follow-up changes no category, no entitlement and no date. Each region has room for so many:
who reaches its bar is followed up, whatever the reason, so that the looks that are worth most
come first. The bars are fixed at training, so that a family is treated alike alone and in
company.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from models.decision import materiality
from models.decision.by_rules import ByRules
from models.law.parameters import Law
from models.law.policy import (
    MATERIAL_HIDDEN_INCOME,
    NO_ADULT,
    VALUE_UNKNOWN,
    Consequence,
    Policy,
    Worth,
)
from models.learned.flag_evidence import FlagEvidence
from models.learned.hidden_income import places
from models.learned.predict import Models

IN_NEED: Final = 2
"""Up to this category a family lacks money for food or clothes."""
WORTH_DIGITS: Final = 6
"""A worth is compared with six decimals, so that it is the same everywhere."""
LOOKS: Final[dict[str, pl.DataType]] = {
    "household_id": pl.Int64(),
    "codes": pl.List(pl.String()),
    "worth": pl.Float64(),
    "best": pl.String(),
    "chance": pl.Float64(),
    "category_then": pl.Int8(),
    "protected": pl.Boolean(),
    "follow_up": pl.Boolean(),
}
_CANDIDATE: Final[dict[str, pl.DataType]] = {
    "household_id": pl.Int64(),
    "code": pl.String(),
    "chance": pl.Float64(),
    "category_then": pl.Int8(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """What a model suspects of households, row by row as the rules' tables stand.

    ``material``: whether its flag would change the category; null: it gave none. ``asks``: the
    flag asks for a look by itself, within the room that a region has for flags.
    """

    opinion: pl.DataFrame
    material: pl.Series
    asks: pl.Series
    category_at_low: pl.Series


def looks(
    facts: ByRules,
    doubts: pl.DataFrame,
    suspicion: Suspicion,
    models: Models | None,
    waiting: pl.Series,
) -> pl.DataFrame:
    """Return who is to be looked at later, why, and what the look is worth.

    Parameters
    ----------
    facts : what the rules say; ``doubts``: their doubts (`models.decision.outcome.doubts`).
    suspicion : what the models say; ``models`` hold the evidence on red flags and the bars.
    waiting : whose decision waits for a person anyway: nobody looks at them twice.

    Returns
    -------
    The columns of `LOOKS`, a row for each family that something asks to be looked at, by
    household: the reasons in the order of the policy's kinds, the worth, the reason that makes it
    (``best``, of equals the first) with its chance and the category the family would have then,
    whether no capacity may put the look off (``protected``), and whether it is made
    (``follow_up``). Empty by a policy that knows no follow-up.
    """
    law = facts.law
    if law.policy.worth is None:
        return pl.DataFrame(schema=LOOKS)
    bars = None if models is None else models.follow_up_bars
    evidence = FlagEvidence() if models is None else models.flag_evidence
    # A bundle that fixed no bars for all reasons has those of its own flag alone.
    asks = suspicion.asks if bars is None else suspicion.material.fill_null(value=False)
    candidates = pl.concat(
        [
            _of_rules(doubts, facts, law),
            _of_flags(facts, evidence, law.policy),
            _of_model(facts, asks, suspicion, law.policy),
        ],
        how="vertical_relaxed",
    ).join(facts.ruled.filter(waiting), on="household_id", how="anti", maintain_order="left")
    if candidates.is_empty():
        return pl.DataFrame(schema=LOOKS)
    asking = candidates.select("household_id").unique()
    chances = materiality.chance_of_change(
        facts.counted,
        suspicion.opinion.join(asking, on="household_id", how="semi", maintain_order="left"),
        facts.ruled,
        facts.eligibility,
        law,
    )
    valued = _valued(candidates, chances, facts.ruled, law.policy, law.policy.worth)
    region = valued.join(
        facts.features.select("household_id", "region_code"),
        on="household_id",
        how="left",
        maintain_order="left",
    )["region_code"]
    room = (
        pl.repeat(value=True, n=valued.height, eager=True)
        if bars is None
        else pl.Series(bars.reached(valued["worth"].to_numpy(), region))
    )
    return valued.with_columns(follow_up=pl.col("protected") | room).select(*LOOKS)


def columns(looks: pl.DataFrame, households: pl.Series) -> list[pl.Series]:
    """Return the columns ``follow_up`` and ``follow_up_reasons`` of a decision, row by row."""
    made = looks.filter("follow_up").select("household_id", "codes")
    codes = (
        pl.DataFrame({"household_id": households})
        .join(made, on="household_id", how="left", maintain_order="left")["codes"]
        .rename("follow_up_reasons")
    )
    return [
        codes.is_not_null().rename("follow_up"),
        codes.fill_null(pl.Series([[]], dtype=pl.List(pl.String))),
    ]


def _of_rules(doubts: pl.DataFrame, facts: ByRules, law: Law) -> pl.DataFrame:
    """Return what the rules alone ask for, with the chance that a look changes the answer."""
    policy = law.policy
    unknown = 0.0 if policy.worth is None else policy.worth.chance_of_unknown
    chances = {
        NO_ADULT: (1.0, facts.ruled["rule_category"]),
        VALUE_UNKNOWN: (unknown, facts.unknown["richest_by_papers"]),
    }
    return pl.concat(
        [
            pl.DataFrame(schema=_CANDIDATE),
            *(
                facts.ruled.select(
                    "household_id",
                    code=pl.lit(code),
                    chance=pl.lit(chance),
                    category_then=then,
                ).filter(doubts[code])
                for code, (chance, then) in chances.items()
                if policy.of(code) is Consequence.FOLLOW_UP
            ),
        ],
        how="vertical_relaxed",
    )


def _of_flags(facts: ByRules, evidence: FlagEvidence, policy: Policy) -> pl.DataFrame:
    """Return what red flags ask for: those that matter, and that inspections support."""
    material = facts.material_flags
    asking = [
        code
        for code in material["code"].unique(maintain_order=True).to_list()
        if policy.of(code, red_flag=True) is Consequence.FOLLOW_UP
    ]
    where = facts.ruled.select("household_id", category="rule_category").with_columns(
        place=pl.Series(places(facts.features))
    )
    placed = material.filter(pl.col("code").is_in(asking)).join(
        where, on="household_id", how="left", maintain_order="left"
    )
    precision: Mapping[str, float] = evidence.precision()
    chance = pl.col("code").replace_strict(precision, default=0.0, return_dtype=pl.Float64)
    return placed.filter(evidence.asks(placed)).select(
        "household_id", "code", chance.alias("chance"), "category_then"
    )


def _of_model(
    facts: ByRules, asks: pl.Series, suspicion: Suspicion, policy: Policy
) -> pl.DataFrame:
    """Return what a model asks for: a flag that matters."""
    if policy.of(MATERIAL_HIDDEN_INCOME) is not Consequence.FOLLOW_UP:
        return pl.DataFrame(schema=_CANDIDATE)
    return facts.ruled.select(
        "household_id",
        code=pl.lit(MATERIAL_HIDDEN_INCOME),
        chance=pl.lit(0.0),
        category_then=suspicion.category_at_low,
    ).filter(asks)


def _valued(
    candidates: pl.DataFrame,
    chances: pl.DataFrame,
    ruled: pl.DataFrame,
    policy: Policy,
    worth: Worth,
) -> pl.DataFrame:
    """Return what a look at each family that asks for one is worth: that of its best reason.

    The chance by the model's word goes before a flag's own precision; a paper or a child alone
    is nothing that a model knows of.
    """
    by_model = chances.select("household_id", model_chance="chance")
    of_rules = pl.col("code").is_in((NO_ADULT, VALUE_UNKNOWN))
    return (
        candidates.join(by_model, on="household_id", how="left", maintain_order="left")
        .join(
            ruled.select("household_id", "rule_category"),
            on="household_id",
            how="left",
            maintain_order="left",
        )
        .with_columns(
            chance=pl.when(of_rules).then("chance").otherwise(pl.coalesce("model_chance", "chance"))
        )
        .with_columns(worth=_worth(worth).round(WORTH_DIGITS))
        .group_by("household_id", maintain_order=True)
        .agg(
            codes="code",
            worth=pl.col("worth").max(),
            best=pl.col("code").get(pl.col("worth").arg_max()),
            chance=pl.col("chance").get(pl.col("worth").arg_max()),
            category_then=pl.col("category_then").get(pl.col("worth").arg_max()),
            protected=pl.col("code").is_in(sorted(policy.beyond_capacity)).any(),
        )
        .sort("household_id")
    )


def _worth(worth: Worth) -> pl.Expr:
    """Chance that the answer changes × what changes × how urgent, minus the burden otherwise."""
    now, then, chance = pl.col("rule_category"), pl.col("category_then"), pl.col("chance")
    stake = (
        pl.when((then <= IN_NEED) & (now > IN_NEED))
        .then(worth.into_need)
        .when(then < now)
        .then(worth.too_rich)
        .otherwise(worth.too_poor)
    )
    of_help = then.replace_strict(worth.urgency_of_category, default=1.0, return_dtype=pl.Float64)
    urgency = pl.when(then < now).then(of_help).otherwise(1.0)  # as `Worth.urgency_of`
    return chance * stake * urgency - (1 - chance) * worth.burden
