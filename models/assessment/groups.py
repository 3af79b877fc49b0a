"""Who a family is, for judging only: region, settlement, sex of the head, and the like.

These are the groups in which errors are counted. No model reads them: they are taken from
the registers here, apart from the features, and joined to what a model said only when it
is judged. An import contract keeps every module that learns or scores away from this one.
Ethnicity and language are not here: they are neither used, nor kept, nor inferred.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from features.build import Registers, known_households, visible
from features.registers.declared import REGIONS
from features.units import Span, aged, months_of

UNKNOWN: Final = "unknown"
"""The value of a family of whom the registers do not tell; it is a group like any other."""
SEASON: Final = 9
"""Months of earnings in a year, at most, for work to count as seasonal (assumed)."""

_WORK: Final = ("wage", "self_employment", "business")
_MAIN: Final[dict[str, tuple[str, ...]]] = {
    "wage": ("wage",),
    "self_employed": ("self_employment", "business"),
    "pension": ("pension",),
    "state_support": ("allowance", "targeted_assistance", "scholarship"),
    "other": ("alimony", "rent", "other"),
}
_HERD: Final = ("cattle", "horses", "camels", "sheep", "goats", "pigs")
_YES_NO: Final = {"yes": "yes", "no": "no"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One way of sorting families into groups, with the name of each group.

    ``why_the_score_may_tell`` is the written justification of a score that tells these
    groups apart (check E3); empty where nothing would justify it.
    """

    name: str
    about: str
    groups: Mapping[str, str]
    why_the_score_may_tell: str = ""


_COMPOSITION: Final = (
    "the composition of a family is an input by law (need is counted a member); with the gap a "
    "member held fixed it may only lower the probability, never raise it"
)
_MEANS: Final = (
    "where income is earned off the books, more of it is hidden: the groups differ in what "
    "inspections find, and the error rates in the table say whether they differ in mistakes"
)

ATTRIBUTES: Final = (
    Attribute(name="region", about="Region", groups=dict(REGIONS)),
    Attribute(name="settlement", about="Settlement", groups={"urban": "urban", "rural": "rural"}),
    Attribute(
        name="head", about="Sex of the head", groups={"f": "headed by a woman", "m": "by a man"}
    ),
    Attribute(
        name="single_parent",
        about="One adult with children",
        groups=_YES_NO,
        why_the_score_may_tell=_COMPOSITION,
    ),
    Attribute(
        name="children",
        about="Children under eighteen",
        groups={"0": "no child", "1-3": "one to three", "4+": "four or more"},
        why_the_score_may_tell=_COMPOSITION,
    ),
    Attribute(
        name="disability",
        about="A member with a disability",
        groups=_YES_NO,
        why_the_score_may_tell="a disability is an input that may only lower the probability",
    ),
    Attribute(
        name="pensioners_only",
        about="Pensioners only",
        groups=_YES_NO,
        why_the_score_may_tell="income of pensioners is paid by the state, so little of it can "
        "be hidden",
    ),
    Attribute(
        name="head_age",
        about="Age of the head",
        groups={"under_25": "under 25", "25_64": "25 to 64", "65_plus": "65 or older"},
        why_the_score_may_tell="who is past working age earns little off the books; age itself "
        "has no direction in the detector",
    ),
    Attribute(
        name="main_income",
        about="Main declared income of the last twelve months",
        groups={
            "wage": "wage",
            "self_employed": "own work or business",
            "pension": "pension",
            "state_support": "allowances and scholarships",
            "other": "alimony, rent, other",
            "none": "nothing declared",
        },
        why_the_score_may_tell=_MEANS,
    ),
    Attribute(
        name="seasonal",
        about=f"Earnings in one to {SEASON} of the last twelve months",
        groups=_YES_NO,
        why_the_score_may_tell=_MEANS,
    ),
    Attribute(
        name="livestock",
        about="Keeps livestock (poultry does not count)",
        groups=_YES_NO,
        why_the_score_may_tell=_MEANS,
    ),
)
"""Every way in which families are sorted for judging (check E4)."""

PAIRS: Final = (
    ("region", "settlement"),
    ("head", "children"),
    ("head", "settlement"),
    ("settlement", "main_income"),
)
"""The two-way tables: where two disadvantages meet."""


def of(registers: Registers, as_of: date) -> pl.DataFrame:
    """Return the group of each household in every way of sorting.

    Parameters
    ----------
    registers : a frame for each register of the contract, as `features.build.build` takes them.
    as_of : rows that the state learned later do not count.

    Returns
    -------
    ``household_id``, sorted, then one String column for each of `ATTRIBUTES`; ``unknown``
    where a register was silent or says nothing of the family.
    """
    table = visible("households", known_households(registers), as_of).select(
        "household_id", pl.col("region", "settlement").cast(pl.String)
    )
    for counted in (_people(registers, as_of), _income(registers, as_of), _herd(registers, as_of)):
        table = table.join(counted, on="household_id", how="left")
    sorted_out = table.with_columns(
        # Where the register answered, a family without rows has none; silence stays unknown.
        pl.col(name).fill_null(pl.lit(empty))
        for name, register, empty in (
            ("main_income", "incomes", "none"),
            ("seasonal", "incomes", "no"),
            ("livestock", "livestock", "no"),
        )
        if registers.get(register) is not None
    )
    return (
        sorted_out.select("household_id", *(pl.col(a.name).fill_null(UNKNOWN) for a in ATTRIBUTES))
        .sort("household_id")
        .collect()
    )


def _people(registers: Registers, as_of: date) -> pl.LazyFrame:
    """Composition of each household with members; the first head by key, where two are stated."""
    persons = registers.get("persons")
    if persons is None:
        names = ("head", "single_parent", "children", "disability", "pensioners_only", "head_age")
        return _nobody(*names)
    born, head = pl.col("birth_date"), pl.col("relation") == "head"
    children = aged(born, as_of, 0, 17).sum()
    disabled = pl.col("disability") != "none"
    retired = pl.col("activity") == "pensioner"
    aged_head = (
        pl.when(aged(born, as_of, 0, 24))
        .then(pl.lit("under_25"))
        .when(aged(born, as_of, 25, 64))
        .then(pl.lit("25_64"))
        .when(aged(born, as_of, 65))
        .then(pl.lit("65_plus"))
    )
    return (
        visible("persons", persons, as_of)
        .sort("household_id", "person_id")
        .group_by("household_id", maintain_order=True)
        .agg(
            head=pl.col("sex").cast(pl.String).filter(head).first(),
            head_age=aged_head.filter(head).first(),
            single_parent=_yes_or_no((children > 0) & (aged(born, as_of, 18).sum() == 1)),
            children=pl.when(children == 0)
            .then(pl.lit("0"))
            .when(children <= 3)
            .then(pl.lit("1-3"))
            .otherwise(pl.lit("4+")),
            # Known as soon as one member has it; unknown where nobody has and one is not told of.
            disability=_yes_or_no(disabled.any(ignore_nulls=False)),
            pensioners_only=_yes_or_no(retired.all(ignore_nulls=False)),
        )
    )


def _income(registers: Registers, as_of: date) -> pl.LazyFrame:
    """The largest kind of declared income, and whether work pays only a part of the year."""
    incomes = registers.get("incomes")
    if incomes is None:
        return _nobody("main_income", "seasonal")
    year = months_of(Span.YEAR, as_of)
    source, amount = pl.col("source"), pl.col("amount")
    totals = [amount.filter(source.is_in(kinds)).sum() for kinds in _MAIN.values()]
    earning = pl.col("month").filter(source.is_in(_WORK) & (amount > 0)).n_unique()
    largest = pl.concat_list(totals).list.arg_max()
    named = largest.replace_strict(dict(enumerate(_MAIN)), return_dtype=pl.String)
    return (
        visible("incomes", incomes, as_of)
        .filter(pl.col("month").is_in(year))
        .group_by("household_id")
        .agg(
            main_income=pl.when(amount.sum() > 0).then(named).otherwise(pl.lit("none")),
            seasonal=_yes_or_no(earning.is_between(1, SEASON)),
        )
    )


def _herd(registers: Registers, as_of: date) -> pl.LazyFrame:
    livestock = registers.get("livestock")
    if livestock is None:
        return _nobody("livestock")
    heads = pl.col("heads").filter(pl.col("species").is_in(_HERD))
    return (
        visible("livestock", livestock, as_of)
        .group_by("household_id")
        .agg(livestock=_yes_or_no(heads.sum() > 0))
    )


def _yes_or_no(answer: pl.Expr) -> pl.Expr:
    return pl.when(answer).then(pl.lit("yes")).when(~answer).then(pl.lit("no"))


def _nobody(*names: str) -> pl.LazyFrame:
    return pl.LazyFrame(schema={"household_id": pl.Int64(), **dict.fromkeys(names, pl.String())})
