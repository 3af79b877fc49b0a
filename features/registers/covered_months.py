"""Which months are covered: as deliveries say, or judged by how many rows arrived for each.

One row that came early covers no month: each is held against the median month, in the country and
in each region, and fewer rows are missing only beyond what chance leaves out.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from math import sqrt
from statistics import median
from typing import Final

import polars as pl

from features.registers.coverage import Coverage
from features.registers.declared import REGISTERS
from features.registers.fault import DATA_OWNER, Fault
from features.registers.owners import Owners
from features.registers.reading.load import DataSet
from features.registers.rows_arrived import (
    MONTHLY,
    months_delivered,
    rows_arrived,
    rows_counted,
)
from features.registers.schema import Register
from features.units import first_of_month

HALF: Final = 0.5
"""The share of the contract, where no law is at hand: `coverage_least_share` has it by date."""
_SLIP: Final = 0.05
"""A month with no more of the largest month's rows is a slip of the pen or hardly begun
(assumed, November 2026).

A handful of mistyped years must not become the months that the median is taken of.
"""
_CHANCE: Final = 3.0
"""A count of n rows moves by √n of itself: a region's month must miss three times as many
(assumed, November 2026).

Where a region is so small that it has fewer than nine rows a month, a month without any may as
well be a family that lost its only wage.
"""

_THIN: Final = 0.9
"""A covered month with fewer of the median month's rows is warned of: part may be missing
(assumed, November 2026)."""


def newest_month(data: DataSet, register: Register, least_share: float = HALF) -> date | None:
    """Return the newest month that a register covers anywhere; None: none, or it is silent.

    Raises what Polars raises where the register cannot be read.
    """
    mine = tuple(d for d in data.deliveries if d.register == register.name)
    arrived = months_delivered(mine) if mine else rows_counted(data, register, None)
    covered = judged(arrived, date.max, least_share).months.get(register.name, {})
    return max((month for months in covered.values() for month in months), default=None)


def judged(arrived: pl.DataFrame, day: date, least_share: float = HALF) -> Coverage:
    """Return which months before ``day`` are covered, by what the state knew on it.

    Parameters
    ----------
    arrived : as `rows_arrived.rows_arrived` returns it.
    day : of the decision. Its own month is never complete and never counts.
    least_share : of the rows of a register's median month; a month with fewer is not covered.
    """
    seen = arrived.filter(
        pl.col("known_on").is_null() | (pl.col("known_on") <= day),
        pl.col("month").is_null() | (pl.col("month") < first_of_month(day)),
    )
    homes = seen.filter(pl.col("register") == "households").select("region", "rows")
    named = arrived["register"].unique().to_list()
    months: dict[str, Mapping[str | None, frozenset[date]]] = {}
    rows: dict[tuple[str, date], int] = {}
    empty: list[str] = []
    thin: list[tuple[str, str | None, frozenset[date]]] = []
    for register in (r.name for r in MONTHLY if r.name in named):
        mine = seen.filter(pl.col("register") == register, pl.col("month").is_not_null())
        counts = (
            mine.filter(~pl.col("by_delivery"))
            .group_by("region", "month")
            .agg(pl.col("rows").sum())
        )
        sizes = dict(counts.group_by("month").agg(pl.col("rows").sum()).iter_rows())
        rows |= {(register, month): size for month, size in sizes.items()}
        whose = pl.col("register") == register
        if arrived.filter(whose & pl.col("by_delivery")).height:
            months[register] = _as_delivered(mine.filter("by_delivery"), homes["region"])
        elif REGISTERS[register].optional and not arrived.filter(whose)["rows"].sum():
            empty.append(register)
        else:
            of_regions = _sizes_by_region(sizes, counts, dict(homes.iter_rows()))
            months[register] = _inferred(sizes, of_regions, least_share)
            thin += [
                (register, *place) for place in _thin_months(sizes, of_regions, months[register])
            ]
    return Coverage(day=day, months=months, rows=rows, thin=tuple(thin), empty=tuple(empty))


def gaps_as_faults(
    data: DataSet, day: date, least_share: float = HALF, owners: Owners | None = None
) -> list[Fault]:
    """Return what is not covered as warnings of the validator, rows beyond the day among them."""
    arrived = rows_arrived(data, owners)
    return [*judged(arrived, day, least_share).faults(), *_beyond(arrived, day)]


def _beyond(arrived: pl.DataFrame, day: date) -> Iterable[Fault]:
    """Rows of the month that begins on the day itself: none of it can have passed."""
    counts = (
        arrived.filter(pl.col("month") == day, ~pl.col("by_delivery"))
        .group_by("register")
        .agg(pl.col("rows").sum())
        .sort("register")
    )
    for register, rows in counts.iter_rows():
        yield Fault(
            register=register,
            column="month",
            rule=f"{day:%Y-%m} had not begun by the decision date: what falls in it counts for "
            "nobody",
            rows=rows,
            remedy="remove later months, or decide for the day that the data are for",
            owner=DATA_OWNER,
            severity="warning",
        )


def _as_delivered(rows: pl.DataFrame, regions: pl.Series) -> dict[str | None, frozenset[date]]:
    """Months by region; what was delivered for the whole country counts in every region.

    A region that no delivery names has no more than that, and its gap is seen.
    """
    kept: dict[str | None, set[date]] = {None: set(), **{r: set() for r in regions.drop_nulls()}}
    for region, month in rows.select("region", "month").iter_rows():
        kept.setdefault(region, set()).add(month)
    return {region: frozenset(months | kept[None]) for region, months in kept.items()}


@dataclass(frozen=True, slots=True)
class _InRegion:
    """Rows of one region by month, and how many a month of it usually has."""

    sizes: Mapping[date, int]
    usual: float

    def lacks(self, month: date, share: float) -> bool:
        """Whether a month has fewer than this share, by more than chance leaves out."""
        size = self.sizes.get(month, 0)
        return lacks(size, self.usual, share)


def lacks(size: int, usual: float, share: float) -> bool:
    """Whether so many rows are fewer than a share of the usual, by more than chance leaves out."""
    return size < share * usual and usual - size >= _CHANCE * sqrt(usual)


def _sizes_by_region(
    sizes: Mapping[date, int], counts: pl.DataFrame, homes: Mapping[str | None, int]
) -> dict[str, _InRegion]:
    in_region: dict[str, dict[date, int]] = {region: {} for region in homes if region}
    for region, month, size in counts.iter_rows():
        if region is not None:
            in_region.setdefault(region, {})[month] = size
    delivering = sum(homes.get(region, 0) for region, mine in in_region.items() if mine)
    a_home = _median(sizes.values()) / max(1, delivering)
    # Where nothing ever came, as many rows a family are looked for as in the other regions.
    return {
        region: _InRegion(mine, _median(mine.values()) if mine else a_home * homes[region])
        for region, mine in in_region.items()
    }


def _inferred(
    sizes: Mapping[date, int], of_regions: Mapping[str, _InRegion], least_share: float
) -> dict[str | None, frozenset[date]]:
    """Months with enough rows; in a region with far fewer than it has otherwise, fewer months."""
    usual = _median(sizes.values())
    country = frozenset(m for m, size in sizes.items() if size >= least_share * usual)
    covered: dict[str | None, frozenset[date]] = {None: country}
    for region, mine in of_regions.items():
        if missing := {month for month in country if mine.lacks(month, least_share)}:
            covered[region] = country - missing
    return covered


def _thin_months(
    sizes: Mapping[date, int],
    of_regions: Mapping[str, _InRegion],
    covered: Mapping[str | None, frozenset[date]],
) -> Iterator[tuple[str | None, frozenset[date]]]:
    """Yield a region, or None for the country, and its covered months that may lack a part."""
    usual = _median(sizes.values())
    country = frozenset(m for m in covered[None] if lacks(sizes[m], usual, _THIN))
    if country:
        yield None, country
    for region, mine in of_regions.items():
        kept = covered.get(region, covered[None]) - country
        if months := frozenset(month for month in kept if mine.lacks(month, _THIN)):
            yield region, months


def _median(sizes: Iterable[int]) -> float:
    every = sorted(sizes)
    real = [size for size in every if size > _SLIP * every[-1]]
    return median(real) if real else 0.0
