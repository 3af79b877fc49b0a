"""The columns of a decision, declared once: what is written, answered, described and compared.

The file that `tarazy score` writes, the answer of the API and its description, the opinion of
a challenger and the documentation all read this table.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import polars as pl


class Origin(StrEnum):
    """Who has a say in a column."""

    KEY = "key"
    """Whose decision it is, and of which day."""
    RULES = "rules"
    """Declared facts and dated rules alone."""
    PREDICTION = "prediction"
    """A model says it of the family; null where none is declared."""
    MODEL = "model"
    """Follows from what a model says."""
    POLICY = "policy"
    """The dated policy says it, from rules and model: what is proposed, who waits for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its type, what it tells whoever reads the answer, and who has a say in it.

    ``values``: all that it may hold, where they are few words.
    """

    name: str
    dtype: pl.DataType
    about: str
    origin: Origin
    values: tuple[str, ...] | None = None


COLUMNS: Final = (
    Column(
        name="household_id",
        dtype=pl.Int64(),
        about="The key that was sent; null where none was.",
        origin=Origin.KEY,
    ),
    Column(name="as_of", dtype=pl.Date(), about="The day of the decision.", origin=Origin.KEY),
    Column(
        name="category",
        dtype=pl.Int8(),
        about="What is served: the category by the rules, 1 to 6; 1 needs help most.",
        origin=Origin.RULES,
    ),
    Column(
        name="proposed_category",
        dtype=pl.Int8(),
        about="What the policy proposes to a person; null: it proposes nothing.",
        origin=Origin.POLICY,
    ),
    Column(
        name="status",
        dtype=pl.String(),
        about="automatic, or review: a person must look before anything follows.",
        origin=Origin.POLICY,
        values=("automatic", "review"),
    ),
    Column(
        name="rule_category",
        dtype=pl.Int8(),
        about="The category by scorecard and hard rule, from declared facts only.",
        origin=Origin.RULES,
    ),
    Column(
        name="model_category",
        dtype=pl.Int8(),
        about="The category the model expects; an opinion beside the rules, never served.",
        origin=Origin.PREDICTION,
    ),
    Column(
        name="model_category_set",
        dtype=pl.List(pl.Int8()),
        about="The categories that cannot be excluded at 90 %.",
        origin=Origin.PREDICTION,
    ),
    Column(
        name="rule_flag",
        dtype=pl.Boolean(),
        about="Whether a published red flag for hidden income is raised.",
        origin=Origin.RULES,
    ),
    Column(
        name="model_flag",
        dtype=pl.Boolean(),
        about="Whether the model suspects hidden income; null: it cannot tell.",
        origin=Origin.PREDICTION,
    ),
    Column(
        name="material",
        dtype=pl.Boolean(),
        about="Whether the suspicion would change the category.",
        origin=Origin.MODEL,
    ),
    Column(
        name="hidden_income_probability",
        dtype=pl.Float64(),
        about="The model's probability of hidden income.",
        origin=Origin.PREDICTION,
    ),
    Column(
        name="hidden_income_low",
        dtype=pl.Int64(),
        about="Hidden income, KZT a month: low end of the 90 % interval.",
        origin=Origin.PREDICTION,
    ),
    Column(
        name="hidden_income_estimate",
        dtype=pl.Int64(),
        about="Hidden income, KZT a month: the estimate.",
        origin=Origin.PREDICTION,
    ),
    Column(
        name="hidden_income_high",
        dtype=pl.Int64(),
        about="Hidden income, KZT a month: high end of the 90 % interval.",
        origin=Origin.PREDICTION,
    ),
    Column(
        name="reasons",
        dtype=pl.List(pl.String()),
        about="Why this category, at most four, the weightiest first.",
        origin=Origin.RULES,
    ),
    Column(
        name="review_reasons",
        dtype=pl.List(pl.String()),
        about="Why a person must look; empty where none must.",
        origin=Origin.POLICY,
    ),
    Column(
        name="model_version",
        dtype=pl.String(),
        about="The version of the model; null where rules answered alone.",
        origin=Origin.MODEL,
    ),
    Column(
        name="law_version",
        dtype=pl.String(),
        about="The edition of the law on file that was applied.",
        origin=Origin.RULES,
    ),
    Column(
        name="eligible_services",
        dtype=pl.List(pl.String()),
        about="Codes of the local programmes that the family may receive, sorted.",
        origin=Origin.RULES,
    ),
    Column(
        name="services_in_review",
        dtype=pl.List(pl.String()),
        about="Codes of those about which a person must decide, sorted.",
        origin=Origin.RULES,
    ),
)
"""In the order in which they are written and answered."""

SCORE_SCHEMA: Final[dict[str, pl.DataType]] = {c.name: c.dtype for c in COLUMNS}


def of(*origins: Origin) -> tuple[str, ...]:
    """Return the names of the columns in which these have a say, in the order of the table."""
    return tuple(c.name for c in COLUMNS if c.origin in origins)
