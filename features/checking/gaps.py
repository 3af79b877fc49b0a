"""What is missing without a trace: a region that sent nothing, months that bear another's name.

No row is wrong where rows are absent or stand under the wrong month. Both show only beside the
rest of the register, so they are warnings.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import reduce
from statistics import median_low
from typing import Final

import polars as pl

from features.registers.covered_months import lacks
from features.registers.declared import SCORING
from features.registers.declared.regions import REPUBLICAN_CITIES
from features.registers.fault import DATA_OWNER, Fault
from features.registers.owners import Owners
from features.units import add_months

LEAST_SHARE: Final = 0.1
"""Of the rows that its families would have at the rate of the country; a region with fewer has
sent a part, or nothing (assumed, November 2026)."""
_WHEREVER: Final = ("properties", "vehicles", "loans", "businesses", "deposits")
"""Registers of things that families own in every region."""
_OUTSIDE_CITIES: Final = ("livestock",)
"""Registers of things that families own in every region that is no city of its own."""
SOME_OWN: Final = 1_000
"""Families of whom some own a thing of every kind: a register without a row for so many has not
arrived (assumed, December 2026)."""
TIMES: Final = 5
"""A month breaks so many times as many runs of income as the median month: it is another's
(assumed, November 2026)."""
FEWEST: Final = 10
"""Broken runs from which a month can be told from others."""


def warnings(
    registers: Mapping[str, pl.LazyFrame], owners: Owners, as_of: date | None
) -> list[Fault]:
    """Return the regions and months that do not fit the rest of their register.

    A register without the columns that tell, and a person without a region, are left out;
    months are judged only with a decision date, of the year before it.
    """
    months = () if as_of is None else _months(registers, as_of)
    return [*_regions(registers, owners), *months]


def _regions(registers: Mapping[str, pl.LazyFrame], owners: Owners) -> Iterator[Fault]:
    if owners.homes is None or "person_id" not in owners.by_key:
        return
    everywhere = dict(_counted(owners.homes, pl.len()).iter_rows())
    counted = _counted(owners.by_key["person_id"], pl.col("rows").sum(), "register")
    judged = (*_WHEREVER, *_OUTSIDE_CITIES)
    for register in (r.name for r in SCORING if r.name in judged and r.name in registers):
        if "person_id" not in registers[register].collect_schema():
            continue
        rows = dict(counted.filter(pl.col("register") == register).drop("register").iter_rows())
        if not rows and sum(everywhere.values()) >= SOME_OWN:
            yield _empty(register, sum(everywhere.values()))
        homes = everywhere
        if register in _OUTSIDE_CITIES:
            homes = {r: n for r, n in everywhere.items() if r not in REPUBLICAN_CITIES}
            rows = {r: n for r, n in rows.items() if r in homes}
        if len(homes) < 2:
            continue
        rate = sum(rows.values()) / sum(homes.values())
        for region in sorted(homes):
            expected, arrived = rate * homes[region], rows.get(region, 0)
            if lacks(arrived, expected, LEAST_SHARE):
                yield Fault(
                    register=register,
                    rule=f"region {region} has sent {arrived:,} rows, where its families would "
                    f"have about {expected:,.0f} at the rate of the country",
                    rows=arrived,
                    remedy="ask for the delivery of the region; its families count as owning "
                    "nothing of the kind",
                    owner=DATA_OWNER,
                    severity="warning",
                )


def _empty(register: str, families: int) -> Fault:
    return Fault(
        register=register,
        rule=f"it has no row of any of {families:,} families",
        rows=0,
        remedy="ask for the delivery; the families count as owning nothing of the kind",
        owner=DATA_OWNER,
        severity="warning",
    )


def _counted(rows: pl.DataFrame, count: pl.Expr, *also_by: str) -> pl.DataFrame:
    """Count by region, and by what else is named before it; nulls are of no region."""
    by_region = rows.lazy().drop_nulls("region").group_by(*also_by, "region").agg(count)
    named = by_region.with_columns(pl.col("region").cast(pl.String))
    return named.collect(engine="streaming")


def _months(registers: Mapping[str, pl.LazyFrame], as_of: date) -> Iterator[Fault]:
    """Find months that break runs of income: one absent between two, or alone between none."""
    incomes = registers.get("incomes")
    if incomes is None or not {"person_id", "month", "source"} <= set(incomes.collect_schema()):
        return
    broken = _broken(incomes, add_months(as_of, -1))
    usual = median_low(broken.values())
    for month, runs in sorted(broken.items()):
        if runs >= FEWEST and runs > TIMES * usual:
            yield Fault(
                register="incomes",
                column="month",
                rule=f"{month:%Y-%m} does not fit its neighbours: so many incomes are interrupted "
                "in it, or paid in it alone, that it may bear another month's name",
                rows=runs,
                remedy="compare the delivery of the month with its source: two months may be "
                "swapped",
                owner=DATA_OWNER,
                severity="warning",
            )


_LOOKS_BACK: Final = 12


def _broken(incomes: pl.LazyFrame, newest: date) -> dict[date, int]:
    """Return by month how many incomes of a person it interrupts, or holds alone.

    Each income has a bit for each month, the newest the lowest. It is known by a hash of 64 bits:
    among a country's incomes hardly two share one, and the counts are compared with many.
    """
    firsts = [add_months(newest, -at) for at in range(_LOOKS_BACK)]
    month = pl.col("month")
    bit = reduce(
        lambda earlier, at: pl.when(month >= firsts[at]).then(1 << at).otherwise(earlier),
        reversed(range(_LOOKS_BACK)),
        pl.lit(0),
    )
    income = pl.col("person_id").hash(0) ^ pl.col("source").hash(1)
    runs = (
        incomes.filter((month >= firsts[-1]) & (month < add_months(newest, 1)))
        .select(income=income, paid=bit.cast(pl.Int16))
        .group_by("income")
        .agg(pl.col("paid").bitwise_or())
        .group_by("paid")
        .len()
        .collect(engine="streaming")
    )
    counted = dict.fromkeys(firsts[1:-1], 0)
    for paid, people in runs.iter_rows():
        for at in range(1, _LOOKS_BACK - 1):
            before, now, after = (bool(paid >> (at + step) & 1) for step in (1, 0, -1))
            if before == after != now:
                counted[add_months(newest, -at)] += people
    return counted
