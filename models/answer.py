"""The answer to a family, declared once: what is encoded, written and described.

`POST /score` encodes these structs, OpenAPI describes them, and those fields of `Answer` that
are columns make up the table of a batch. A field's words here are the ones that users read.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
import polars as pl


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of an answer: it has exactly its fields, all of them, and nothing changes one.

    So parts that are the law's alone are made once for a day and stand in every answer.
    """

    def as_json(self) -> dict[str, Any]:
        """Return the part as plain values, as whoever decodes the answer has them."""
        fields: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(self))
        return fields


def about(words: str, **schema: Any) -> msgspec.Meta:
    """Return what a field tells whoever reads the answer; ``schema``: what else it promises."""
    return msgspec.Meta(description=words, **schema)


Basis = Literal["published", "assumed"]
Status = Literal["automatic", "review"]
Verdict = Literal["eligible", "not_eligible", "review"]
Standing = Literal["published", "proposal", "assumed"]
"""Of an act."""


class Texts(Part, frozen=True, kw_only=True):
    """One text in the three languages of the country's letters."""

    kk: str
    ru: str
    en: str

    def __getitem__(self, language: str) -> str:
        """Return the text in one language; KeyError where it has none."""
        if language not in self.__struct_fields__:
            raise KeyError(language)
        text: str = getattr(self, language)
        return text


class Act(Part, frozen=True, kw_only=True):
    """The act that a reason rests on."""

    act: Annotated[str, about("Its key among the acts on file, or ACT:CLAUSE.")]
    title: Texts
    number: Annotated[
        str | None, about("Under which it was registered; null: it has none, or none is on file.")
    ]
    date: Annotated[
        "date | None", about("The day it was passed; null: it was not, or no day is on file.")
    ]
    url: Annotated[str | None, about("Where it can be read; null: no address is on file.")]
    status: Standing


class Source(Part, frozen=True, kw_only=True):
    """Where a condition or a programme stands: the clause, and the act that it is of."""

    act: Annotated[str, about("The act's key among the acts on file, or ACT:CLAUSE.")]
    article: Annotated[
        str | None, about("The article of the act; null: it names none, or none is on file.")
    ]
    url: str | None
    checked: Annotated[
        "date | None", about("The day a lawyer compared it with the act; null: nobody did.")
    ]
    title: Texts
    number: str | None
    status: Standing


class Period(Part, frozen=True, kw_only=True):
    """First and last day that facts cover: one and the same for what stood so on the day."""

    first: date = msgspec.field(name="from")
    last: date = msgspec.field(name="to")


class Reason(Part, frozen=True, kw_only=True):
    """One reason with the facts it rests on."""

    code: str
    basis: Annotated[Basis, about("Whether the rule is published or our assumption.")]
    source: Annotated[Act, about("Where the rule comes from.")]
    facts: Annotated[
        dict[str, Any],
        about("Every number the text quotes; what is not known, as a list of codes."),
    ]
    register: Annotated[
        str | None, about("The register the facts come from; null: none in particular.")
    ]
    registers: Annotated[tuple[str, ...], about("It and further ones that the facts come from.")]
    period: Annotated[Period, about("First and last day that the facts cover.")]
    text: Texts
    remedy: Annotated[Texts, about("What the family or the clerk can do.")]


class EligibilityReason(Part, frozen=True, kw_only=True):
    """A condition that speaks for a programme, refuses it, or is not known."""

    code: str
    text: Texts
    source: Source


class Adverse(Part, frozen=True, kw_only=True):
    """What must precede the end of running support of a family in category 6."""

    notice_days: Annotated[
        int,
        about("Full days from the notice to the first day on which support may end: at least 1."),
    ]
    hearing: bool
    support_meanwhile: Literal["continued"]


class Eligibility(Part, frozen=True, kw_only=True):
    """What the rules say of a family and one local programme."""

    service: Annotated[str, about("Code of the programme.")]
    name: Texts
    verdict: Annotated[
        Verdict,
        about(
            "By declared facts and the rules' category; no model takes part. "
            "What is unknown never refuses."
        ),
    ]
    reasons: Annotated[
        tuple[EligibilityReason, ...], about("The conditions met, not met, or not known.")
    ]
    basis: Basis
    source: Source
    remains: Annotated[Texts, about("What is checked when the family applies.")]
    adverse: Annotated[
        Adverse | None,
        about("What must come before running support may end, where the category is the reason."),
    ]


class Offer(Part, frozen=True, kw_only=True):
    """One thing a family may be offered unasked: a programme, or help of the catalogue."""

    code: str
    kind: Annotated[str, about("programme, or one of the four kinds of help.")]
    kind_name: Texts
    name: Texts
    text: Texts
    why: Annotated[tuple[Texts, ...], about("The conditions that the family meets.")]
    people: Annotated[int | None, about("Members it is for; null: all.")]
    urgency: Annotated[str | None, about("By the category; null for a programme.")]
    urgency_name: Texts | None
    basis: Basis
    source: Source


class Versions(Part, frozen=True, kw_only=True):
    """Everything that an identical decision needs, besides the registers."""

    law: str
    scorecard: str
    policy: str
    model: Annotated[
        str | None, about("With the beginning of its manifest's hash; null: no model was asked.")
    ]
    features: str
    code: str


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


@dataclass(frozen=True, slots=True)
class Column:
    """Marks a field that is a column of a file: its type there, and who has a say in it."""

    dtype: pl.DataType
    origin: Origin


class Answer(Part, frozen=True, kw_only=True):
    """One decision in full: its columns, with reasons said in full, and what follows from them.

    The columns come first, in the order in which they are written and answered; in a file a
    reason is its code.
    """

    household_id: Annotated[
        int | str | None,
        Column(pl.Int64(), Origin.KEY),
        about("The key that was sent; null where none was."),
    ]
    as_of: Annotated[
        date,
        Column(pl.Date(), Origin.KEY),
        about("The day of the decision."),
    ]
    category: Annotated[
        int,
        Column(pl.Int8(), Origin.RULES),
        about("What is served: the category by the rules, 1 to 6; 1 needs help most."),
    ]
    proposed_category: Annotated[
        int | None,
        Column(pl.Int8(), Origin.POLICY),
        about("What the policy proposes to a person; null: it proposes nothing."),
    ]
    status: Annotated[
        Status,
        Column(pl.String(), Origin.POLICY),
        about(
            "automatic: it is in force; or review: nothing follows before a person decides, or the "
            "register answers on which it hangs."
        ),
    ]
    rule_category: Annotated[
        int,
        Column(pl.Int8(), Origin.RULES),
        about("The category by scorecard and hard rule, from declared facts only."),
    ]
    model_category: Annotated[
        int | None,
        Column(pl.Int8(), Origin.PREDICTION),
        about("The category the model expects; an opinion beside the rules, never served."),
    ]
    model_category_set: Annotated[
        list[int] | None,
        Column(pl.List(pl.Int8()), Origin.PREDICTION),
        about("The categories that cannot be excluded at 90 %."),
    ]
    rule_flag: Annotated[
        bool | None,
        Column(pl.Boolean(), Origin.RULES),
        about("Whether a published red flag for hidden income is raised."),
    ]
    model_flag: Annotated[
        bool | None,
        Column(pl.Boolean(), Origin.PREDICTION),
        about("Whether the model suspects hidden income; null: it cannot tell."),
    ]
    material: Annotated[
        bool | None,
        Column(pl.Boolean(), Origin.MODEL),
        about("Whether the suspicion would change the category."),
    ]
    hidden_income_probability: Annotated[
        float | None,
        Column(pl.Float64(), Origin.PREDICTION),
        about(
            "The model's probability of hidden income, 0 to 1; null: no model was asked, or it "
            "cannot tell."
        ),
    ]
    hidden_income_low: Annotated[
        int | None,
        Column(pl.Int64(), Origin.PREDICTION),
        about("Hidden income, KZT a month: low end of the 90 % interval."),
    ]
    hidden_income_estimate: Annotated[
        int | None,
        Column(pl.Int64(), Origin.PREDICTION),
        about("Hidden income, KZT a month: the estimate."),
    ]
    hidden_income_high: Annotated[
        int | None,
        Column(pl.Int64(), Origin.PREDICTION),
        about("Hidden income, KZT a month: high end of the 90 % interval."),
    ]
    reasons: Annotated[
        tuple[Reason, ...],
        Column(pl.List(pl.String()), Origin.RULES),
        about("Why this category, at most four, the weightiest first."),
    ]
    review_reasons: Annotated[
        tuple[Reason, ...],
        Column(pl.List(pl.String()), Origin.POLICY),
        about("What the decision waits for; empty where it waits for nothing."),
    ]
    follow_up: Annotated[
        bool,
        Column(pl.Boolean(), Origin.POLICY),
        about("Whether a person looks later; the decision is in force and waits for nothing."),
    ]
    follow_up_reasons: Annotated[
        tuple[Reason, ...],
        Column(pl.List(pl.String()), Origin.POLICY),
        about("Why a person looks later; empty where none does."),
    ]
    model_version: Annotated[
        str | None,
        Column(pl.String(), Origin.MODEL),
        about("The version of the model; null where rules answered alone."),
    ]
    law_version: Annotated[
        str,
        Column(pl.String(), Origin.RULES),
        about("The edition of the law on file that was applied."),
    ]
    eligible_services: Annotated[
        list[str],
        Column(pl.List(pl.String()), Origin.RULES),
        about("Codes of the local programmes that the family may receive, sorted."),
    ]
    services_in_review: Annotated[
        list[str],
        Column(pl.List(pl.String()), Origin.RULES),
        about("Codes of those about which a person must decide, sorted."),
    ]
    eligibility: Annotated[
        tuple[Eligibility, ...],
        about("For the programme asked for, or for all: what the rules say."),
    ]
    offers: Annotated[
        tuple[Offer, ...],
        about("What the family may be offered unasked: programmes, then help."),
    ]
    versions: Annotated[
        Versions,
        about("Everything that decided: law, scorecard, policy, model, features, code."),
    ]
