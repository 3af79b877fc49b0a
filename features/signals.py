"""Signals of income that no register shows: transfers that look like trade, paid work unseen.

A signal is evidence with limits, never a ground for refusal by itself.
"""

from datetime import date

import polars as pl

from features.declare import Block, derived, feature, view
from features.units import Span, Unit, months_of

_BASIS = "kgd-698:mobile-transfers"
MANY_SENDERS = 100
"""Different senders a month from which the order of the tax authority speaks of trade.

The law on file has the number with its dates, and refuses a flag that would count by another.
"""


@view(register="transfers")
def transfers_by_member(rows: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """Incoming transfers of the last three complete months, one row a member who received any.

    ``least_senders``: senders in the poorest of the three months (0 for a month without
    a row); ``total``: the sum of the three months.
    """
    months = months_of(Span.QUARTER, as_of)
    by_month = (
        rows.filter(pl.col("month").is_between(months[0], months[-1]))
        .group_by("household_id", "person_id", "month")
        .agg(pl.col("senders").sum(), pl.col("amount").sum())
    )
    return by_month.group_by("household_id", "person_id").agg(
        pl.when(pl.len() == len(months))
        .then(pl.col("senders").min())
        .otherwise(0)
        .alias("least_senders"),
        pl.col("amount").sum().alias("total"),
    )


@feature(
    block=Block.HIDDEN_INCOME,
    source="transfers_by_member",
    unit=Unit.COUNT,
    empty=0,
    direction=+1,
    basis=_BASIS,
)
def transfer_senders(as_of: date) -> pl.Expr:
    """Different senders in each of the last three months, for the member who has most of them.

    The number of the poorest of the three months, as the test of the tax authority asks
    for so many senders in each.
    """
    return pl.col("least_senders").max()


@feature(
    block=Block.HIDDEN_INCOME,
    source="transfers_by_member",
    unit=Unit.TENGE,
    span=Span.QUARTER,
    empty=0,
    direction=0,
    basis=_BASIS,
    model_input=False,
)
def transfers_of_top_receiver_quarter(as_of: date) -> pl.Expr:
    """Transfers of three months to the member with most senders, KZT; the larger sum if several.

    Where two members receive from very many senders, the other one's larger sum is not seen
    here, but in `transfers_from_many_senders_quarter`.
    """
    return pl.col("total").filter(pl.col("least_senders") == pl.col("least_senders").max()).max()


@feature(
    block=Block.HIDDEN_INCOME,
    source="transfers_by_member",
    unit=Unit.TENGE,
    span=Span.QUARTER,
    empty=0,
    direction=+1,
    basis=_BASIS,
    model_input=False,
)
def transfers_from_many_senders_quarter(as_of: date) -> pl.Expr:
    """Largest sum of three months that one member received of a hundred senders or more in each.

    For the tax authority's test alone, which asks both things of the same person: every
    member is looked at. 0 where nobody has so many senders in each of the three months.
    """
    many = pl.col("least_senders") >= MANY_SENDERS
    return pl.when(many).then(pl.col("total")).otherwise(0).max()


@feature(
    block=Block.HIDDEN_INCOME,
    source="transfers_by_member",
    unit=Unit.TENGE,
    span=Span.QUARTER,
    empty=0,
    direction=+1,
    basis=_BASIS,
)
def transfers_quarter(as_of: date) -> pl.Expr:
    """Incoming transfers of three months to all members, KZT.

    Help from relatives looks the same as trade here; the number of senders tells them apart.
    """
    return pl.col("total").sum()


@derived(block=Block.HIDDEN_INCOME, unit=Unit.COUNT, direction=+1, basis="pilot-2025:hidden-income")
def workers_without_earnings(as_of: date) -> pl.Expr:
    """Members who count as working, but for whom no earnings were declared in the quarter."""
    return (pl.col("working_members") - pl.col("earners")).clip(lower_bound=0)
