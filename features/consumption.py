"""What the family is seen to spend and owe: loans, their payments, utility bills."""

from datetime import date

import polars as pl

from features.declare import Block, derived, feature, view
from features.units import Span, Unit, months_of

_BASIS = "pilot-2025:material"
_NOT_FOR_LIVING = ("business",)


@view(register="loans")
def loans_of_the_quarter(rows: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """Money lent in the last three complete months, or on a day that is not known.

    Mortgages and instalments are left out, so that what is unknown of them matters nowhere.
    """
    months = months_of(Span.QUARTER, as_of)
    lent = pl.col("issued_on")
    in_quarter = lent.dt.month_start().is_between(months[0], months[-1])
    return rows.filter(
        (lent.is_null() | in_quarter) & ~pl.col("kind").is_in(("mortgage", "instalment"))
    )


@feature(
    block=Block.MATERIAL,
    source="loans",
    unit=Unit.COUNT,
    empty=0,
    direction=0,
    basis=_BASIS,
)
def loans_open(as_of: date) -> pl.Expr:
    """Open loans of the members, of every kind.

    More than half of the country's adults have one: a loan as such says nothing.
    """
    return pl.len()


@feature(
    block=Block.HIDDEN_INCOME,
    source="loans",
    unit=Unit.TENGE,
    span=Span.MONTH,
    empty=0,
    direction=+1,
    basis="pilot-2025:hidden-income",
)
def loan_payments_month(as_of: date) -> pl.Expr:
    """Payments due each month on all loans but those of a business, KZT."""
    due = pl.col("kind").is_in(_NOT_FOR_LIVING)
    return pl.when(due).then(0).otherwise(pl.col("monthly_payment")).sum()


@feature(
    block=Block.MATERIAL,
    source="loans",
    unit=Unit.TENGE,
    span=Span.MONTH,
    empty=0,
    direction=+1,
    basis=_BASIS,
)
def mortgage_payments_month(as_of: date) -> pl.Expr:
    """Payments due each month on mortgages, KZT."""
    mortgage = pl.col("kind") == "mortgage"
    return pl.when(mortgage).then(pl.col("monthly_payment")).otherwise(0).sum()


@feature(
    block=Block.MATERIAL,
    source="loans",
    unit=Unit.COUNT,
    empty=0,
    direction=-1,
    basis=_BASIS,
)
def micro_loans_open(as_of: date) -> pl.Expr:
    """Open micro-loans: more often a sign of distress than of means."""
    return (pl.col("kind") == "micro").sum()


@feature(
    block=Block.MATERIAL,
    source="loans",
    unit=Unit.TENGE,
    empty=0,
    direction=0,
    basis=_BASIS,
)
def loans_outstanding(as_of: date) -> pl.Expr:
    """Amount still owed on all loans, KZT."""
    return pl.col("outstanding").sum()


@feature(
    block=Block.MATERIAL,
    source="loans",
    unit=Unit.DAYS,
    empty=0,
    direction=-1,
    basis=_BASIS,
)
def days_overdue(as_of: date) -> pl.Expr:
    """Days that the loan most in arrears is overdue; 0: all are paid on time."""
    return pl.col("days_overdue").max()


@feature(
    block=Block.HIDDEN_INCOME,
    source="loans_of_the_quarter",
    unit=Unit.TENGE,
    span=Span.QUARTER,
    empty=0,
    direction=+1,
    basis="asp-reform-2025:loans",
)
def loan_principal_quarter(as_of: date) -> pl.Expr:
    """Amounts lent in the three complete months before the decision, mortgages left out, KZT.

    Interest-free instalments are left out as well: they are goods, not cash. Never
    approximated from what is still owed: unknown where principal or date are.
    """
    return pl.col("principal").filter(pl.col("issued_on").is_not_null()).sum()


@derived(
    block=Block.HIDDEN_INCOME,
    unit=Unit.TENGE,
    span=Span.MONTH,
    direction=+1,
    basis="asp-reform-2025:imputed-income",
    model_input=False,
)
def imputed_loan_income(as_of: date) -> pl.Expr:
    """Amounts lent in the quarter as if they were income: ÷ 3 months ÷ members, KZT a month.

    The minister's example: three million lent to a family of three make 333,333 tenge
    each. Mortgages and instalments are left out. Whole tenge, rounded down; null for a
    household without members, and where a principal or a date of issue is unknown.
    """
    return pl.when(pl.col("members") > 0).then(
        pl.col("loan_principal_quarter") // (3 * pl.col("members"))
    )


@feature(
    block=Block.HIDDEN_INCOME,
    source="utilities",
    unit=Unit.TENGE,
    span=Span.QUARTER,
    empty=0,
    direction=+1,
    basis="pilot-2025:hidden-income",
)
def utilities_quarter(as_of: date) -> pl.Expr:
    """Utility bills of the three complete months before the decision, KZT."""
    months = months_of(Span.QUARTER, as_of)
    billed = pl.col("month").is_between(months[0], months[-1])
    return pl.when(billed).then(pl.col("amount")).otherwise(0).sum()


@derived(block=Block.MATERIAL, unit=Unit.SHARE, direction=-1, basis=_BASIS, model_input=False)
def payment_burden(as_of: date) -> pl.Expr:
    """Loan payments as a share of the quarter's counted income.

    0 without payments; 1 where payments are due and there is no income to pay them from.
    Capped at 1, so that a family in distress and one in deep distress read alike.
    """
    paid, income = 3 * pl.col("loan_payments_month"), pl.col("counted_income_quarter")
    return (
        pl.when(paid == 0)
        .then(0.0)
        .when(paid >= income)
        .then(1.0)
        .when(paid < income)
        .then(paid / income)
    )
