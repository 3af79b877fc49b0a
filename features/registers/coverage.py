"""For which months a register answers: as its deliveries say, or as its own rows show.

A month that nobody has reported yet is silence, not an income of zero; nor does one row that
came early end a silence. So a month is judged by how many rows arrived for it, in the country
and in each region, never by the newest row.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from math import sqrt
from statistics import median
from typing import Final

import polars as pl

from features.registers.declared import REGISTERS
from features.registers.fault import DATA_OWNER, Fault
from features.registers.reading.load import DataSet
from features.registers.rows_arrived import (
    MONTHLY,
    months_delivered,
    rows_arrived,
    rows_counted,
)
from features.registers.schema import Register
from features.units import Span, add_months, first_of_month, months_of

COVERED: Final = "covered"
"""Name under which registers carry, for each household, how far back each of them answers."""
QUARTER: Final = len(months_of(Span.QUARTER, date(2026, 1, 1)))
"""So many complete months before its day every decision needs."""
LOOKS_BACK: Final = {"incomes": 12, "transfers": QUARTER, "utilities": QUARTER}
"""So many complete months back the features of a register look; a test holds it against them."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Months of one register that no delivery covers, in some regions or the whole country."""

    register: str
    months: tuple[date, ...]
    regions: tuple[str, ...]
    """Empty: the whole country."""
    silent: bool
    """Whether a month that every decision needs is among them."""
    rows: int
    """Rows that did arrive for these months: they count for nobody."""

    @property
    def where(self) -> str:
        """The months and the regions in words."""
        country = "in the whole country"
        places = f"in {_listed('region', self.regions)}" if self.regions else country
        return f"{spelled(self.months)} {'is' if len(self.months) == 1 else 'are'} not covered " + (
            places
        )

    @property
    def effect(self) -> str:
        """What it does to decisions."""
        if self.silent:
            return "the register counts as silent there"
        return "what looks further back is unknown there"

    def fault(self) -> Fault:
        """Return the gap as the validator shows it."""
        return Fault(
            register=self.register,
            column="month",
            rule=f"{self.where}: {self.effect}",
            rows=self.rows,
            remedy="bring the missing rows, or say in deliveries.csv that the months are whole",
            owner=DATA_OWNER,
            severity="warning",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Which months before a day each monthly register covers, in the country and by region."""

    day: date
    months: Mapping[str, Mapping[str | None, frozenset[date]]]
    """Register, then region, then months. None: what counts where a region is not named."""
    rows: Mapping[tuple[str, date], int]
    """Rows by register and month, known on the day."""
    thin: tuple[tuple[str, str | None, frozenset[date]], ...] = ()
    """Register, region (None: the country) and covered months that have fewer rows than others."""
    empty: tuple[str, ...] = ()
    """Optional registers that are there without a row, and without a word of their delivery."""

    def covered(self, register: str, region: str | None = None) -> frozenset[date]:
        """Return the months that a register covers in a region; None: in the country at large."""
        by_region = self.months.get(register, {})
        return by_region.get(region, by_region.get(None, frozenset()))

    def reach(self, register: str, region: str | None = None) -> int:
        """Return how many complete months before the day are covered without a gap."""
        return reach(self.covered(register, region), self.day, LOOKS_BACK[register])

    @property
    def silent(self) -> tuple[str, ...]:
        """Registers that no region has the three months of which every decision needs."""
        return tuple(
            register
            for register, by_region in self.months.items()
            if all(self.reach(register, region) < QUARTER for region in by_region)
        )

    def span(self, register: str, region: str | None = None) -> tuple[date, date] | None:
        """Return the first and last month of the newest unbroken run, as a request tells it."""
        covered = self.covered(register, region)
        if not covered:
            return None
        first = last = max(covered)
        while (earlier := add_months(first, -1)) in covered:
            first = earlier
        return first, last

    def of_households(self, households: pl.DataFrame) -> pl.DataFrame | None:
        """Return how far back each register reaches for each household; None: far enough.

        ``households`` has ``household_id`` and, where known, ``region``. A column stands for
        a register that falls short in some region: whole months, 0 for none.
        """
        short = [
            pl.lit(self.reach(register), pl.Int8).alias(register)
            if "region" not in households.columns
            else pl.col("region")
            .cast(pl.String)
            .replace_strict(
                {region: self.reach(register, region) for region in by_region if region},
                default=self.reach(register),
                return_dtype=pl.Int8,
            )
            .alias(register)
            for register, by_region in self.months.items()
            if any(self.reach(register, r) < LOOKS_BACK[register] for r in (None, *by_region))
        ]
        return households.select("household_id", *short) if short else None

    def faults(self) -> list[Fault]:
        """Return what is not covered, or not known to be, as warnings of the validator."""
        return [
            *(gap.fault() for gap in self.gaps()),
            *(_thin(*place) for place in self._thin_places()),
            *(_empty(name) for name in self.empty),
        ]

    def _thin_places(self) -> Iterator[tuple[str, list[date], list[str]]]:
        """Yield a register, months that it looks at, and the regions where they are thin."""
        places: dict[tuple[str, tuple[date, ...]], list[str]] = {}
        for register, region, months in self.thin:
            first = add_months(self.day, -LOOKS_BACK[register])
            if seen := tuple(sorted(month for month in months if month >= first)):
                places.setdefault((register, seen), []).extend([region] if region else [])
        for (register, seen), regions in places.items():
            yield register, list(seen), regions

    def gaps(self) -> tuple[Gap, ...]:
        """Return what is not covered of the months that features look at, by register."""
        return tuple(gap for register in self.months for gap in self._gaps_of(register))

    def _gaps_of(self, register: str) -> Iterable[Gap]:
        needed = [add_months(self.day, -back) for back in range(LOOKS_BACK[register], 0, -1)]
        by_region = self.months[register]
        everywhere = [m for m in needed if all(m not in kept for kept in by_region.values())]
        places: dict[tuple[date, ...], list[str]] = {}
        for region in sorted(filter(None, by_region)):
            lacking = tuple(m for m in needed if m not in by_region[region] and m not in everywhere)
            if lacking:
                places.setdefault(lacking, []).append(region)
        for months, regions in ((tuple(everywhere), []), *places.items()):
            if months:
                yield Gap(
                    register=register,
                    months=months,
                    regions=tuple(regions),
                    silent=any(month >= needed[-QUARTER] for month in months),
                    rows=0 if regions else sum(self.rows.get((register, m), 0) for m in months),
                )


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


def reach(covered: Iterable[date], day: date, most: int) -> int:
    """Return how many complete months before ``day`` are covered without a gap, ``most`` at most.

    >>> reach({date(2025, 12, 1), date(2025, 11, 1), date(2025, 9, 1)}, date(2026, 1, 15), 12)
    2
    """
    kept = set(covered)
    for back in range(most):
        if add_months(day, -1 - back) not in kept:
            return back
    return most


def spelled(months: Iterable[date]) -> str:
    """Return months in words, neighbours as a range.

    >>> spelled([date(2025, 9, 1), date(2025, 11, 1), date(2025, 12, 1)])
    '2025-09, 2025-11 to 2025-12'
    """
    runs: list[list[date]] = []
    for month in sorted(months):
        if runs and add_months(runs[-1][-1], 1) == month:
            runs[-1].append(month)
        else:
            runs.append([month])
    return ", ".join(
        f"{run[0]:%Y-%m}" if len(run) == 1 else f"{run[0]:%Y-%m} to {run[-1]:%Y-%m}" for run in runs
    )


def _listed(what: str, names: tuple[str, ...]) -> str:
    return f"{what}{'' if len(names) == 1 else 's'} {', '.join(names)}"


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


def coverage_of(data: DataSet, day: date, least_share: float = HALF) -> Coverage:
    """Return the coverage of a data set for a decision on ``day``."""
    return judged(rows_arrived(data), day, least_share)


def gaps_as_faults(data: DataSet, day: date, least_share: float = HALF) -> list[Fault]:
    """Return what is not covered as warnings of the validator, rows beyond the day among them."""
    arrived = rows_arrived(data)
    return [*judged(arrived, day, least_share).faults(), *_beyond(arrived, day)]


def _thin(register: str, months: list[date], regions: list[str]) -> Fault:
    where = f"in {_listed('region', tuple(regions))}" if regions else "in the whole country"
    has = "has" if len(months) == 1 else "have"
    return Fault(
        register=register,
        column="month",
        rule=f"{spelled(months)} {has} over a tenth fewer rows than the median month {where}: "
        "a part may be missing, and who is in it looks poorer",
        remedy="ask whether all was delivered, and say in deliveries.csv what is whole",
        owner=DATA_OWNER,
        severity="warning",
    )


def _empty(register: str) -> Fault:
    return Fault(
        register=register,
        rule="holds no row: it counts as empty, though nothing says that it was delivered",
        remedy="remove it if it did not arrive, or say in deliveries.csv which months it covers",
        owner=DATA_OWNER,
        severity="warning",
    )


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
