"""Whether amounts are tenge: a feed in thousands makes a country poor without one wrong row.

No single amount shows it, so the median of many is looked at: of the whole register, and
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
"""Tenge. Below it the median of many amounts is no tenge (assumed, November 2026).

In the pilot and in simulated countries the median of the amounts above zero lies at least ten
times above, and a thousandth of it at least eight times below.
"""
FEWEST: Final = 30
"""Amounts above zero from which their median says something of the register."""
APART: Final = 100
"""Between two units of money lie at least so many times; between two months never."""


def unlikely(registers: Mapping[str, pl.LazyFrame]) -> list[Fault]:
    """Return the registers and months whose amounts cannot all be tenge.

    A month that is a hundred times smaller or larger than the others is an error; a whole
    register below its least median is a warning, for that bound is assumed.
    """
    return [
        fault
        for register, columns in _columns(registers).items()
        for column in columns
        if _in_doubt(registers[register], column, LEAST_MEDIANS[register, column])
        for fault in _faults(register, column, _medians(registers[register], column))
    ]


def _columns(registers: Mapping[str, pl.LazyFrame]) -> dict[str, list[str]]:
    present = {name: set(frame.collect_schema()) for name, frame in registers.items()}
    kept: dict[str, list[str]] = {}
    for register, column in LEAST_MEDIANS:
        if column in present.get(register, ()):
            kept.setdefault(register, []).append(column)
    return kept


def _in_doubt(frame: pl.LazyFrame, column: str, least: int) -> bool:
    """Tell cheaply whether a median may be unlikely: from how many amounts each has of its digits.

    Amounts are counted by their binary digits. So every median is known to a factor of two, and
    the bounds lie a hundred times apart: a country is rarely sorted to learn no more.
    """
    counted, month = _amounts(frame, column)
    digits = 64 - pl.col(column).bitwise_leading_zeros().cast(pl.Int64)
    counts = (
        frame.filter(counted)
        .group_by(month.alias("month"), digits.alias("digits"))
        .agg(rows=pl.len().cast(pl.Int64))
        .collect(engine="streaming")
    )
    if "month" in frame.collect_schema():
        counts = counts.with_columns(pl.col("month").dt.truncate("1mo"))
    bounds = [
        _of_median(of_month.sort("digits"))
        for _, of_month in counts.group_by("month")
        if of_month["rows"].sum() >= FEWEST
    ]
    if not bounds:
        return False
    lows, highs = ([each[end] for each in bounds] for end in (0, 1))
    lowest, highest = median(lows), median(highs)
    return lowest < least or min(lows) * APART <= highest or max(highs) >= lowest * APART


def _of_median(counts: pl.DataFrame) -> tuple[int, int]:
    """Return between which powers of two a median lies, of counts by digits in their order."""
    up_to, rows = counts["rows"].cum_sum(), counts["rows"].sum()
    lower, upper = ((up_to > place).arg_true()[0] for place in ((rows - 1) // 2, rows // 2))
    return 2 ** (counts["digits"][lower] - 1), 2 ** counts["digits"][upper]


def _medians(frame: pl.LazyFrame, column: str) -> pl.DataFrame:
    """Return the median amount above zero, and of how many, by month or for all at once.

    A month that cannot be read is left out, and so are balances in other currencies.
    """
    counted, month = _amounts(frame, column)
    return (
        frame.filter(counted)
        .group_by(month.dt.truncate("1mo").alias("month"))
        .agg(median=pl.col(column).median(), amounts=pl.len())
        .filter(pl.col("amounts") >= FEWEST)
        .sort("month")
        .collect(engine="streaming")
    )


def _amounts(frame: pl.LazyFrame, column: str) -> tuple[pl.Expr, pl.Expr]:
    """Return which rows are counted, and the day by which their month is known."""
    columns = frame.collect_schema().names()
    counted, month = pl.col(column) > 0, pl.lit(None, pl.Date)
    if "month" in columns:
        month = pl.col("month")
        counted &= month.is_between(date.min, date.max)
    if "currency" in columns:
        counted &= pl.col("currency").fill_null(TENGE) == TENGE
    return counted, month


def _faults(register: str, column: str, medians: pl.DataFrame) -> list[Fault]:
    if medians.is_empty():
        return []
    usual = float(median(medians["median"]))
    least = LEAST_MEDIANS[register, column]
    apart = medians.filter(
        (pl.col("median") * APART <= usual) | (pl.col("median") >= usual * APART)
    )
    faults = [
        _apart(register, column, month, rows)
        for month, rows in apart.select("month", "amounts").iter_rows()
    ]
    if usual < least:
        faults.append(_small(register, column, int(medians["amounts"].sum())))
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
