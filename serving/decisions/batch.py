"""Decisions for all: a map over slices of a snapshot, resumable after a kill.

A slice of some thousand households is the unit of work. Its decisions are written
whole and renamed into place, so a killed run has finished slices and nothing half
done; the same command goes on behind the last one. Since a family's decision never
depends on its company, a resumed run gives the same bytes as an undisturbed one.
"""

import hashlib
import json
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl

from features.build import Registers
from features.errors import InputError
from features.files import tables
from features.files.whole import alone_in, replacing
from features.progress import Progress, silent
from features.registers.snapshot import Snapshot
from models.columns import SCORE_SCHEMA
from models.decision.pipeline import decide, versions
from models.law.parameters import Law
from models.learned.predict import Models

HOUSEHOLDS_PER_SLICE: Final = 20_000


@dataclass(frozen=True, slots=True)
class Scored:
    """Where the decisions of a snapshot lie, and how they fall."""

    out: Path
    table: pl.DataFrame
    resumed: int
    """Slices that an earlier, killed run had finished."""

    def summary(self) -> dict[str, Any]:
        """Return counts of categories, statuses and flags: no family, only numbers."""
        table = self.table

        def counts(column: str) -> dict[str, int]:
            grouped = table.group_by(column).len().sort(column)
            return {str(value): count for value, count in grouped.rows()}

        def listed(column: str) -> dict[str, int]:
            codes = table.select(pl.col(column).explode().drop_nulls())
            return dict(codes.group_by(column).len().sort(column).iter_rows())

        return {
            "households": table.height,
            "category": counts("category"),
            "model_category": counts("model_category"),
            "status": counts("status"),
            "rule_flag": counts("rule_flag"),
            "model_flag": counts("model_flag"),
            "material": counts("material"),
            "eligible_services": listed("eligible_services"),
            "services_in_review": listed("services_in_review"),
            "resumed_slices": self.resumed,
        }


def score(
    snapshot: Snapshot,
    *,
    as_of: date,
    models: Models | None,
    out: Path,
    keep: Sequence[str] = tuple(SCORE_SCHEMA),
    progress: Progress = silent,
) -> Scored:
    """Decide for every household of a snapshot and write one row each, sorted by household.

    ``keep`` names the columns that are written, and the ending of ``out`` the form
    (`features.files.tables`). A killed run goes on whatever the form: what it finished is kept
    apart from ``out`` until all is decided.
    """
    law = Law(as_of)
    out = tables.may_hold_a_table(out)
    work = out.parent / f".{out.name}.{_key(snapshot, law, models)}"
    work.mkdir(parents=True, exist_ok=True)
    with alone_in(work):
        scored = _score(snapshot, law, models, out, keep, work, progress)
    _clear(out)
    return scored


def _score(
    snapshot: Snapshot,
    law: Law,
    models: Models | None,
    out: Path,
    keep: Sequence[str],
    work: Path,
    progress: Progress,
) -> Scored:
    finished, resumed = [], 0
    progress("deciding", 0, snapshot.households)
    done = 0
    for number in snapshot.partitions:
        slices = _slices(snapshot, number)
        registers: Registers | None = None
        for first, last, count in slices:
            part = work / f"part-{number:05d}-{first}.parquet"
            if part.is_file():
                resumed += 1
            else:
                registers = registers or snapshot.registers(number, law.day)
                decisions = decide(_between(registers, first, last), models, law)
                with replacing(part) as path:
                    decisions.table.write_parquet(path)
            finished.append(part)
            done += count
            progress("deciding", done, snapshot.households)
    table = (
        pl.concat([pl.read_parquet(part) for part in finished])
        if finished
        else pl.DataFrame(schema=SCORE_SCHEMA)
    ).sort("household_id")
    table = table.select(keep)
    tables.write(table, out)
    return Scored(out, table, resumed)


def _clear(out: Path) -> None:
    """Remove the finished work of this output, and what older runs of it left unfinished."""
    ours = re.compile(re.escape(f".{out.name}.") + r"[0-9a-f]{16}")
    for leftover in out.parent.iterdir():
        if leftover.is_dir() and ours.fullmatch(leftover.name):
            # Another model may be deciding into the same file at this moment: left alone.
            with suppress(InputError), alone_in(leftover):
                shutil.rmtree(leftover, ignore_errors=True)


def one_household(snapshot: Snapshot, household_id: int, as_of: date) -> Registers | None:
    """Return the registers of one household for a day; None: it holds no such household."""
    number = snapshot.partition_holding(household_id)
    registers = _between(snapshot.registers(number, as_of), household_id, household_id)
    households = registers["households"]
    return None if households is None or households.is_empty() else registers


def _key(snapshot: Snapshot, law: Law, models: Models | None) -> str:
    """Name the work by everything that its result depends on."""
    identity = [
        snapshot.digest,
        law.day.isoformat(),
        versions(law, models).as_json(),
        HOUSEHOLDS_PER_SLICE,
    ]
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]


def _slices(snapshot: Snapshot, partition: int) -> Iterator[tuple[int, int, int]]:
    """Yield the first and last household of each slice of a partition, and their number."""
    ids = snapshot.household_ids(partition)
    for start in range(0, ids.len(), HOUSEHOLDS_PER_SLICE):
        part = ids.slice(start, HOUSEHOLDS_PER_SLICE)
        yield int(part[0]), int(part[-1]), part.len()


def _between(registers: Registers, first: int, last: int) -> Registers:
    """Cut the rows of a range of households out of sorted registers, without copying."""
    cut: dict[str, pl.DataFrame | None] = {}
    for name, rows in registers.items():
        if rows is None:
            cut[name] = None
            continue
        ids = rows["household_id"]
        start = ids.search_sorted(first, side="left")
        end = ids.search_sorted(last, side="right")
        cut[name] = rows.slice(start, end - start)
    return cut
