"""What stands beside a decision in its snapshot: which snapshot it is, and what inspectors saw."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from features.registers.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """A verified visit: its day, why the family was visited, income that no register showed."""

    inspected_on: date
    design: str
    hidden_income_monthly: int
    """KZT a month; 0: none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The snapshot by its digest, and the inspections of one family in it, oldest first.

    ``inspections`` None: the snapshot has no such register.
    """

    digest: str
    inspections: tuple[Inspection, ...] | None = None


def record(snapshot: Snapshot, household_id: int) -> Record:
    """Return what a snapshot has of one family beside its registers: no decision reads it."""
    register = snapshot.learning("inspections")
    if register is None:
        return Record(digest=snapshot.digest)
    visits = register.filter(household_id=household_id).sort("inspected_on", "design")
    columns = visits.select(
        "inspected_on", pl.col("design").cast(pl.String), "hidden_income_monthly"
    )
    return Record(
        digest=snapshot.digest,
        inspections=tuple(Inspection(**row) for row in columns.iter_rows(named=True)),
    )
