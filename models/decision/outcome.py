"""What a decision is: the rules' category, the model's opinion, what a person must see.

The invariants of the design live here. No output of a model ever changes the served
category: it can only ask for a person's review. What the rules do not know takes its
poorest points, and goes to a person where the richest would change the category.
"""

from typing import Final

import polars as pl

from models import columns
from models.answer import Origin
from models.columns import SCORE_SCHEMA
from models.law.parameters import Law
from models.rules.category import RICHEST

MODEL_OUTPUTS: Final = columns.of(Origin.PREDICTION)
"""What a model says of a family; all null where no model is declared."""

DEPENDS_ON_UNKNOWN: Final = "CATEGORY_DEPENDS_ON_UNKNOWN"
ADVERSE_CATEGORY: Final = "CATEGORY_6_ADVERSE"
MATERIAL_HIDDEN_INCOME: Final = "HIDDEN_INCOME_MATERIAL"
NO_MEMBERS: Final = "NO_MEMBERS"
NO_ADULT: Final = "NO_ADULT"


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


def review_reasons(
    features: pl.DataFrame,
    ruled: pl.DataFrame,
    raised_flags: pl.Series,
    asking: pl.Series,
    law: Law,
) -> pl.Series:
    """Return the codes for which a person must look at a family; an empty list: automatic.

    The dated policy says which kinds of doubt ask for a person. Order: what the rules
    do not know, a category that takes help away, facts that contradict each other,
    published red flags, the model.
    """
    asks = law.policy.review_on
    codes = {
        NO_MEMBERS: features["members"] == 0,
        NO_ADULT: (features["members"] > 0) & (features["adults"] == 0),
        DEPENDS_ON_UNKNOWN: ruled["richest_category"] != ruled["rule_category"],
        ADVERSE_CATEGORY: ruled["rule_category"] == RICHEST,
    }
    single = [
        pl.when(mask.fill_null(value=False)).then(pl.lit(code)).alias(code)
        for code, mask in codes.items()
        if code in asks
    ]
    table = features.select(*single) if single else features.select()
    lists = [pl.concat_list(*(pl.col(c) for c in table.columns))] if table.columns else []
    frame = table.with_columns(
        _flags=raised_flags if "RED_FLAG" in asks else pl.lit([], pl.List(pl.String)),
        _model=asking & (MATERIAL_HIDDEN_INCOME in asks),
    )
    return frame.select(
        pl.concat_list(
            *lists,
            "_flags",
            pl.when("_model").then(pl.lit(MATERIAL_HIDDEN_INCOME)),
        )
        .list.drop_nulls()
        .alias("review_reasons")
    )["review_reasons"]
