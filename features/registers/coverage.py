"""For which months a register answers, in the country and by region, and what is said of the rest.

A month that nobody has reported yet is silence, not an income of zero.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from features.registers.fault import DATA_OWNER, Fault
from features.units import Span, add_months, months_of

COVERED: Final = "covered"
"""Name under which registers carry, for each household, how far back each of them answers."""
QUARTER: Final = len(months_of(Span.QUARTER, date(2026, 1, 1)))
"""So many complete months before its day every decision needs."""
LOOKS_BACK: Final = {"incomes": 12, "transfers": QUARTER, "utilities": QUARTER}
"""So many complete months back the features of a register look; a test holds it against them."""


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
