"""Income that the registers show: by source, over the complete months before the decision.

Amounts are sums over a named span of complete months, never an annual figure spread
over shorter periods: averaging a year into fortnights is how Robodebt invented debts.
"""

from datetime import date

import polars as pl

from features.declare import Block, derived, feature
from features.units import Span, Unit, months_of

_BASIS = "pilot-2025:material"
_BENEFITS = (
    "pension",
    "allowance",
    "targeted_assistance",
    "child_disability_benefit",
    "scholarship",
)
_EARNED = ("wage", "self_employment", "business")


def _within(span: Span, as_of: date) -> pl.Expr:
    months = months_of(span, as_of)
    return pl.col("month").is_between(months[0], months[-1])


def _sum(span: Span, as_of: date, *sources: str) -> pl.Expr:
    counted = _within(span, as_of)
    if sources:
        counted = counted & pl.col("source").is_in(sources)
    return pl.when(counted).then(pl.col("amount")).otherwise(0).sum()


def _per_member(total: pl.Expr, months: int) -> pl.Expr:
    """Return a sum of so many months for each member and month; null without members."""
    return pl.when(pl.col("members") > 0).then(total // (months * pl.col("members")))


@feature(
    block=Block.MATERIAL,
    source="incomes",
    unit=Unit.TENGE,
    span=Span.QUARTER,
    empty=0,
    direction=+1,
    basis=_BASIS,
)
def income_quarter(as_of: date) -> pl.Expr:
    """All income declared or paid by the state in the last three complete months."""
    return _sum(Span.QUARTER, as_of)


@feature(
    block=Block.MATERIAL,
    source="incomes",
    unit=Unit.TENGE,
    span=Span.PREVIOUS_QUARTER,
    empty=0,
    direction=+1,
    basis=_BASIS,
)
def income_previous_quarter(as_of: date) -> pl.Expr:
    """All income of the three complete months before the last three."""
    return _sum(Span.PREVIOUS_QUARTER, as_of)


@feature(
    block=Block.MATERIAL,
    source="incomes",
    unit=Unit.TENGE,
    span=Span.YEAR,
    empty=0,
    direction=+1,
    basis=_BASIS,
)
def income_year(as_of: date) -> pl.Expr:
    """All income declared or paid by the state in the last twelve complete months."""
    return _sum(Span.YEAR, as_of)


@feature(
    block=Block.MATERIAL,
    source="incomes",
    unit=Unit.TENGE,
    span=Span.QUARTER,
    empty=0,
    direction=+1,
    basis=_BASIS,
)
def wage_quarter(as_of: date) -> pl.Expr:
    """Wages of the three complete months before the decision."""
    return _sum(Span.QUARTER, as_of, "wage")


@feature(
    block=Block.MATERIAL,
    source="incomes",
    unit=Unit.TENGE,
    span=Span.YEAR,
    empty=0,
    direction=+1,
    basis=_BASIS,
)
def wage_year(as_of: date) -> pl.Expr:
    """Wages of the twelve complete months before the decision."""
    return _sum(Span.YEAR, as_of, "wage")


@feature(
    block=Block.MATERIAL,
    source="incomes",
    unit=Unit.TENGE,
    span=Span.QUARTER,
    empty=0,
    direction=+1,
    basis=_BASIS,
)
def enterprise_income_quarter(as_of: date) -> pl.Expr:
    """Income from self-employment and business in the last three complete months."""
    return _sum(Span.QUARTER, as_of, "self_employment", "business")


@feature(
    block=Block.MATERIAL,
    source="incomes",
    unit=Unit.TENGE,
    span=Span.YEAR,
    empty=0,
    direction=+1,
    basis=_BASIS,
)
def enterprise_income_year(as_of: date) -> pl.Expr:
    """Income from self-employment and business in the last twelve complete months."""
    return _sum(Span.YEAR, as_of, "self_employment", "business")


@feature(
    block=Block.MATERIAL,
    source="incomes",
    unit=Unit.TENGE,
    span=Span.QUARTER,
    empty=0,
    direction=0,
    basis=_BASIS,
)
def pension_quarter(as_of: date) -> pl.Expr:
    """Pensions of the three complete months before the decision."""
    return _sum(Span.QUARTER, as_of, "pension")


@feature(
    block=Block.MATERIAL,
    source="incomes",
    unit=Unit.TENGE,
    span=Span.QUARTER,
    empty=0,
    direction=0,
    basis=_BASIS,
)
def allowance_quarter(as_of: date) -> pl.Expr:
    """State allowances of the three complete months before the decision, without АСП."""
    return _sum(Span.QUARTER, as_of, "allowance")


@feature(
    block=Block.MATERIAL,
    source="incomes",
    unit=Unit.TENGE,
    span=Span.QUARTER,
    empty=0,
    direction=-1,
    basis=_BASIS,
)
def targeted_assistance_quarter(as_of: date) -> pl.Expr:
    """Targeted social assistance (АСП) of the three complete months before the decision."""
    return _sum(Span.QUARTER, as_of, "targeted_assistance")


@feature(
    block=Block.MATERIAL,
    source="incomes",
    unit=Unit.TENGE,
    span=Span.QUARTER,
    empty=0,
    direction=0,
    basis=_BASIS,
    model_input=False,
)
def child_disability_benefit_quarter(as_of: date) -> pl.Expr:
    """Benefits for a child with a disability in the three complete months before the decision.

    Where a register does not tell them apart, they stand among the allowances, and count.
    """
    return _sum(Span.QUARTER, as_of, "child_disability_benefit")


@feature(
    block=Block.MATERIAL,
    source="incomes",
    unit=Unit.TENGE,
    span=Span.QUARTER,
    empty=0,
    direction=+1,
    basis=_BASIS,
)
def other_income_quarter(as_of: date) -> pl.Expr:
    """Rent, alimony and other income of the three complete months before the decision."""
    return _sum(Span.QUARTER, as_of, "rent", "alimony", "other")


@feature(
    block=Block.MATERIAL,
    source="incomes",
    unit=Unit.TENGE,
    span=Span.QUARTER,
    empty=0,
    direction=-1,
    basis=_BASIS,
    model_input=False,
)
def benefits_quarter(as_of: date) -> pl.Expr:
    """Pensions, allowances, benefits, assistance and scholarships of the last three months."""
    return _sum(Span.QUARTER, as_of, *_BENEFITS)


@feature(
    block=Block.MATERIAL,
    source="incomes",
    unit=Unit.COUNT,
    empty=0,
    direction=+1,
    basis=_BASIS,
)
def earners(as_of: date) -> pl.Expr:
    """Members with a wage or an income of their own work in the last three complete months."""
    earned = _within(Span.QUARTER, as_of) & pl.col("source").is_in(_EARNED)
    return pl.col("person_id").filter(earned & (pl.col("amount") > 0)).n_unique()


@feature(
    block=Block.MATERIAL,
    source="incomes",
    unit=Unit.MONTHS,
    over=Span.YEAR,
    empty=0,
    direction=+1,
    basis=_BASIS,
)
def months_with_earnings(as_of: date) -> pl.Expr:
    """Of the last twelve complete months, those in which somebody in the household earned."""
    earned = _within(Span.YEAR, as_of) & pl.col("source").is_in(_EARNED)
    earned = earned & (pl.col("amount") > 0)
    # One question for each month: counting distinct months costs seven times as much.
    return pl.sum_horizontal(
        (earned & (pl.col("month") == month)).any() for month in months_of(Span.YEAR, as_of)
    )


@derived(
    block=Block.MATERIAL,
    unit=Unit.TENGE,
    span=Span.QUARTER,
    direction=+1,
    basis=_BASIS,
    model_input=False,
)
def counted_income_quarter(as_of: date) -> pl.Expr:
    """Income that tests of need count: all of the quarter's but two kinds of help.

    Neither targeted assistance nor the benefits for a child with a disability are counted
    as income (rules of АСП in force 2019-2024; a mother lost free meals in January 2026
    because they were).
    """
    not_counted = pl.col("targeted_assistance_quarter") + pl.col("child_disability_benefit_quarter")
    return pl.col("income_quarter") - not_counted


@derived(
    block=Block.MATERIAL,
    unit=Unit.TENGE,
    span=Span.MONTH,
    direction=+1,
    basis=_BASIS,
    model_input=False,
)
def income_per_member(as_of: date) -> pl.Expr:
    """Counted income for each member, KZT a month: the quarter's sum ÷ 3 ÷ members.

    Whole tenge, rounded down: a fraction of a tenge never takes a family over a line.
    Null for a household without members.
    """
    return _per_member(pl.col("counted_income_quarter"), 3)


@derived(
    block=Block.MATERIAL,
    unit=Unit.TENGE,
    span=Span.MONTH,
    direction=+1,
    basis=_BASIS,
    model_input=False,
)
def wage_per_member(as_of: date) -> pl.Expr:
    """Wages for each member, KZT a month, whole tenge, rounded down."""
    return _per_member(pl.col("wage_quarter"), 3)


@derived(
    block=Block.MATERIAL,
    unit=Unit.TENGE,
    span=Span.MONTH,
    direction=+1,
    basis=_BASIS,
    model_input=False,
)
def enterprise_income_per_member(as_of: date) -> pl.Expr:
    """Income of self-employment and business for each member, KZT a month, rounded down."""
    return _per_member(pl.col("enterprise_income_quarter"), 3)


@derived(
    block=Block.MATERIAL,
    unit=Unit.TENGE,
    span=Span.MONTH,
    direction=+1,
    basis=_BASIS,
    model_input=False,
)
def income_besides_benefits_per_member(as_of: date) -> pl.Expr:
    """Income besides pensions, allowances and other state payments, KZT a month for each member.

    Whole tenge, rounded down. Low where a family depends on the state; unlike the share
    that the state pays, it does not rise when a pension or an allowance is lost.
    """
    return _per_member(pl.col("income_quarter") - pl.col("benefits_quarter"), 3)


@feature(
    block=Block.MATERIAL,
    source="incomes",
    unit=Unit.TENGE,
    span=Span.LAST_MONTH,
    empty=0,
    direction=+1,
    basis=_BASIS,
    model_input=False,
)
def income_last_month(as_of: date) -> pl.Expr:
    """All income declared or paid by the state in the last complete month."""
    return _sum(Span.LAST_MONTH, as_of)


@feature(
    block=Block.MATERIAL,
    source="incomes",
    unit=Unit.TENGE,
    span=Span.LAST_MONTH,
    empty=0,
    direction=-1,
    basis=_BASIS,
    model_input=False,
)
def targeted_assistance_last_month(as_of: date) -> pl.Expr:
    """Targeted social assistance (АСП) of the last complete month."""
    return _sum(Span.LAST_MONTH, as_of, "targeted_assistance")


@feature(
    block=Block.MATERIAL,
    source="incomes",
    unit=Unit.TENGE,
    span=Span.HALF_YEAR,
    empty=0,
    direction=-1,
    basis=_BASIS,
    model_input=False,
)
def targeted_assistance_half_year(as_of: date) -> pl.Expr:
    """Targeted social assistance (АСП) of the last six complete months."""
    return _sum(Span.HALF_YEAR, as_of, "targeted_assistance")


@feature(
    block=Block.MATERIAL,
    source="incomes",
    unit=Unit.TENGE,
    span=Span.YEAR,
    empty=0,
    direction=-1,
    basis=_BASIS,
    model_input=False,
)
def targeted_assistance_year(as_of: date) -> pl.Expr:
    """Targeted social assistance (АСП) of the last twelve complete months."""
    return _sum(Span.YEAR, as_of, "targeted_assistance")


@derived(
    block=Block.MATERIAL,
    unit=Unit.TENGE,
    span=Span.MONTH,
    direction=+1,
    basis=_BASIS,
    model_input=False,
)
def income_per_member_last_month(as_of: date) -> pl.Expr:
    """Counted income of the last complete month for each member, KZT, rounded down."""
    return _per_member(pl.col("income_last_month") - pl.col("targeted_assistance_last_month"), 1)


@derived(
    block=Block.MATERIAL,
    unit=Unit.TENGE,
    span=Span.MONTH,
    direction=+1,
    basis=_BASIS,
    model_input=False,
)
def income_per_member_half_year(as_of: date) -> pl.Expr:
    """Counted income of the last six complete months for each member, KZT a month.

    Whole tenge, rounded down.
    """
    return _per_member(
        pl.col("income_quarter")
        + pl.col("income_previous_quarter")
        - pl.col("targeted_assistance_half_year"),
        6,
    )


@derived(
    block=Block.MATERIAL,
    unit=Unit.TENGE,
    span=Span.MONTH,
    direction=+1,
    basis=_BASIS,
    model_input=False,
)
def income_per_member_year(as_of: date) -> pl.Expr:
    """Counted income of the last twelve complete months for each member, KZT a month.

    Whole tenge, rounded down.
    """
    return _per_member(pl.col("income_year") - pl.col("targeted_assistance_year"), 12)
