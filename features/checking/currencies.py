"""Balances in other currencies: whether the law on file can turn each into tenge."""

import re
from collections.abc import Iterator
from typing import Final

import polars as pl

from features.facts.treatment import TENGE, Treatment
from features.registers.declared import REGISTERS, SUMMABLE
from features.registers.fault import DATA_OWNER, EXAMPLES, Fault, keeper

_DEPOSITS: Final = REGISTERS["deposits"]
_CODE: Final = re.compile(r"[A-Z]{3}", re.ASCII)
"""What is none breaks the column's own promise, and is never repeated: it may be anything."""


def without_rate(deposits: pl.LazyFrame, law: Treatment) -> Iterator[Fault]:
    """Return a fault for each currency whose official rate is missing, or that makes too much."""
    columns = deposits.collect_schema().names()
    if not {"currency", "balance"} <= set(columns):
        return
    currency, balance = pl.col("currency"), pl.col("balance")
    key = pl.col(_DEPOSITS.key) if _DEPOSITS.key in columns else pl.lit(None, pl.Int64)
    foreign = (
        deposits.filter(currency.is_not_null() & (currency != TENGE))
        .group_by("currency")
        .agg(rows=pl.len(), most=balance.max(), examples=key.bottom_k(EXAMPLES).sort())
        .sort("currency")
        .collect(engine="streaming")
    )
    for name, rows, most, examples in foreign.rows():
        problem = unpriced(name, most, law)
        if problem is not None:
            rule, remedy = problem
            yield Fault(
                register=_DEPOSITS.name,
                column="currency",
                rule=rule,
                rows=rows,
                examples=tuple(key for key in examples if key is not None),
                remedy=remedy,
                owner=DATA_OWNER if name in law.rates else keeper(_DEPOSITS),
            )


def unpriced(currency: str, balance: int | None, law: Treatment) -> tuple[str, str] | None:
    """Return what is wrong with a balance in a currency and what to do; None: it has a price."""
    if currency == TENGE or not _CODE.fullmatch(currency):
        return None
    if currency not in law.rates:
        return (
            f"no official rate of {currency} for {law.rates_of} is on file",
            "add it to models/law/values/official_exchange_rate.yaml with its source, or send the "
            "balance in tenge",
        )
    if balance is not None and balance * law.rates[currency] > SUMMABLE:
        return f"at most {SUMMABLE:,} tenge", "check the currency, the unit and the digits"
    return None
