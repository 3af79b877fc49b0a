"""What a decision is: the rules' category, the model's opinion, what a person must see.

The invariants of the design live here. No output of a model ever changes the served
category: it can only ask for a person's look. What the rules do not know takes its poorest
points, and is served; what waits for a person or a register, the dated policy says.
"""

from typing import Final

import polars as pl

from models import columns
from models.answer import Origin
from models.columns import SCORE_SCHEMA
from models.law.parameters import Law
from models.law.policy import (
    ADVERSE_CATEGORY,
    DEPENDS_ON_UNKNOWN,
    MATERIAL_HIDDEN_INCOME,
    NO_ADULT,
    NO_MEMBERS,
    REGISTER_SILENT,
    VALUE_UNKNOWN,
    Consequence,
)
from models.rules.category import RICHEST

MODEL_OUTPUTS: Final = columns.of(Origin.PREDICTION)
"""What a model says of a family; all null where no model is declared."""


def without_model(households: pl.DataFrame) -> pl.DataFrame:
    """Return the outputs of a model that is declared absent: null for every family."""
    return households.select(
        "household_id",
        *(pl.lit(None, SCORE_SCHEMA[name]).alias(name) for name in MODEL_OUTPUTS),
        within_capacity=pl.lit(None, pl.Boolean),
    )


def material(opinion: pl.DataFrame, category: pl.Series, category_at_low: pl.Series) -> pl.Series:
    """Return whether a flag matters: the category would change at the interval's low end.

    Null where the model gave no flag; false where it raised none.
    """
    changed = category_at_low != category
    flag = pl.col("model_flag")
    # Not `flag & changed` alone: null and false would be false, and silence is not a no.
    return opinion.select(pl.when(flag.is_not_null()).then(flag & changed).alias("material"))[
        "material"
    ]


def model_asks(is_material: pl.Series, opinion: pl.DataFrame) -> pl.Series:
    """Return whether a model asks for a person's look: a flag that matters, within capacity.

    A material flag beyond what the region can review is information. Silence asks nothing.
    """
    return is_material.fill_null(value=False) & opinion["within_capacity"].fill_null(value=False)


def proposed(asks: pl.Series, category_at_low: pl.Series, law: Law) -> pl.Series:
    """Return what the policy `assisted` proposes to a person; null under `advisory`.

    A proposal is made only where the model asks for a person, or nobody would ever take
    it up; it is never served by itself.
    """
    if law.policy.policy != "assisted":
        return pl.repeat(None, asks.len(), dtype=pl.Int8, eager=True)
    frame = pl.DataFrame({"asks": asks, "at_low": category_at_low})
    return frame.select(pl.when(pl.col("asks")).then(pl.col("at_low"))).to_series()


def doubts(features: pl.DataFrame, ruled: pl.DataFrame, unknown: pl.DataFrame) -> pl.DataFrame:
    """Say of each family which doubts of the rules there are, whatever they lead to.

    Parameters
    ----------
    features, ruled : as the rules make them. ``unknown``: as `models.rules.unknown.whose` says.

    Returns
    -------
    A Boolean column for each code, never null, in the order in which reasons are told: nobody to
    decide for, what is not known, a category that takes help away.
    """
    differs = ruled["richest_category"] != ruled["rule_category"]
    codes = {
        NO_MEMBERS: features["members"] == 0,
        NO_ADULT: (features["members"] > 0) & (features["adults"] == 0),
        DEPENDS_ON_UNKNOWN: differs,
        REGISTER_SILENT: unknown["silent_registers"].list.len() > 0,
        VALUE_UNKNOWN: unknown["richest_by_papers"] != ruled["rule_category"],
        ADVERSE_CATEGORY: ruled["rule_category"] == RICHEST,
    }
    return pl.DataFrame({code: mask.fill_null(value=False) for code, mask in codes.items()})


def waits(doubts: pl.DataFrame, flags: pl.DataFrame, asking: pl.Series, law: Law) -> pl.Series:
    """Return the codes for which a decision has no effect yet; an empty list: automatic.

    The dated policy says which doubts wait. Order: those of the rules, published red flags, the
    model. ``flags``: a Boolean column for each red flag that exists on the day.
    """
    policy = law.policy
    masks = {code: doubts[code] for code in doubts.columns if policy.of(code) is Consequence.WAIT}
    masks |= {
        code: flags[code].fill_null(value=False)
        for code in flags.columns
        if policy.of(code, red_flag=True) is Consequence.WAIT
    }
    if policy.of(MATERIAL_HIDDEN_INCOME) is Consequence.WAIT:
        masks[MATERIAL_HIDDEN_INCOME] = asking
    if not masks:
        return pl.Series("review_reasons", [[]] * doubts.height, dtype=pl.List(pl.String))
    return (
        pl.DataFrame(masks)
        .select(
            pl.concat_list(pl.when(pl.col(code)).then(pl.lit(code)) for code in masks)
            .list.drop_nulls()
            .alias("review_reasons")
        )
        .to_series()
    )
