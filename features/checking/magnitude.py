"""Whether amounts are tenge: a feed in thousands makes a country poor without one wrong row.

No single amount shows it, so the middle one of many is looked at: of the whole register, and
of each month beside the other months.
"""

from collections.abc import Mapping
from datetime import date
from statistics import median
from typing import Final

import polars as pl

from features.facts.treatment import TENGE
from features.registers.fault import DATA_OWNER, Fault

LEAST_MEDIANS: Final = {
    ("incomes", "amount"): 6_000,
    ("properties", "value"): 500_000,
    ("vehicles", "value"): 100_000,
    ("loans", "monthly_payment"): 2_000,
    ("loans", "principal"): 40_000,
    ("loans", "outstanding"): 25_000,
    ("businesses", "turnover_12m"): 150_000,
    ("transfers", "amount"): 2_500,
    ("deposits", "balance"): 8_000,
    ("utilities", "amount"): 700,
}
"""Tenge. Below it the middle amount of many is no tenge (assumed, November 2026).

In the pilot and in simulated countries the middle of the amounts above zero lies at least ten
times above, and a thousandth of it at least eight times below.
"""
FEWEST: Final = 30
"""Amounts above zero from which a middle says something of the register."""
APART: Final = 100
"""Between two units of money lie at least so many times; between two months never."""


def unlikely(registers: Mapping[str, pl.LazyFrame]) -> list[Fault]:
    """Return the registers and months whose amounts cannot all be tenge.

    A month that is a hundred times smaller or larger than the others is an error; a whole
    register below its least middle is a warning, for that bound is assumed.
    """
    return [
        fault
        for register, columns in _columns(registers).items()
        for column in columns
        for fault in _faults(register, column, _middles(registers[register], column))
    ]


def _columns(registers: Mapping[str, pl.LazyFrame]) -> dict[str, list[str]]:
    present = {name: set(frame.collect_schema()) for name, frame in registers.items()}
    kept: dict[str, list[str]] = {}
    for register, column in LEAST_MEDIANS:
        if column in present.get(register, ()):
            kept.setdefault(register, []).append(column)
    return kept


def _middles(frame: pl.LazyFrame, column: str) -> pl.DataFrame:
    """Return the middle amount above zero, and of how many, by month or for all at once.

    A month that cannot be read is left out, and so are balances in other currencies.
    """
    columns = frame.collect_schema().names()
    counted, month = pl.col(column) > 0, pl.lit(None, pl.Date)
    if "month" in columns:
        counted &= pl.col("month").is_between(date.min, date.max)
        month = pl.col("month").dt.truncate("1mo")
    if "currency" in columns:
        counted &= pl.col("currency").fill_null(TENGE) == TENGE
    return (
        frame.filter(counted)
        .group_by(month.alias("month"))
        .agg(middle=pl.col(column).median(), amounts=pl.len())
        .filter(pl.col("amounts") >= FEWEST)
        .sort("month")
        .collect(engine="streaming")
    )


def _faults(register: str, column: str, middles: pl.DataFrame) -> list[Fault]:
    if middles.is_empty():
        return []
    usual = float(median(middles["middle"]))
    least = LEAST_MEDIANS[register, column]
    apart = middles.filter(
        (pl.col("middle") * APART <= usual) | (pl.col("middle") >= usual * APART)
    )
    faults = [
        _apart(register, column, month, rows)
        for month, rows in apart.select("month", "amounts").iter_rows()
    ]
    if usual < least:
        faults.append(_small(register, column, int(middles["amounts"].sum())))
    return faults


def _apart(register: str, column: str, month: date, rows: int) -> Fault:
    return Fault(
        register=register,
        column=column,
        rule=f"amounts of {month:%Y-%m} are not in the unit of the other months: half of them "
        f"differ more than {APART} times",
        rows=rows,
        remedy="send the month in whole tenge; thousands of tenge are the likeliest cause",
        owner=DATA_OWNER,
    )


def _small(register: str, column: str, rows: int) -> Fault:
    least = LEAST_MEDIANS[register, column]
    return Fault(
        register=register,
        column=column,
        rule=f"half of the amounts above zero are below {least:,} KZT (assumed bound)",
        rows=rows,
        remedy="check the unit: whole tenge are expected, not thousands or another currency",
        owner=DATA_OWNER,
        severity="warning",
    )
