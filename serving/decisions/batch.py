"""Decisions for all: a map over slices of a snapshot, resumable after a kill.

A slice of some thousand households is the unit of work. Its decisions are written
whole and renamed into place, so a killed run has finished slices and nothing half
done; the same command goes on behind the last one. Since a family's decision never
depends on its company, a resumed run gives the same bytes as an undisturbed one.

A finished slice is taken up only with the mark of this home's secret over its bytes, its name and
all that its decisions depend on: whoever can write into the working folder decides nothing.
"""

import hashlib
import hmac
import io
import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl

from features.build import Registers
from features.errors import InputError
from features.files import tables
from features.files.whole import alone_in, write_durably
from features.progress import Progress, silent
from features.registers.snapshot import Snapshot
from models.columns import SCORE_SCHEMA
from models.decision.pipeline import Decisions, decide, versions
from models.law.parameters import Law
from models.law.policy import REGISTER_SILENT
from models.learned.predict import Models
from serving.decisions import lineage

HOUSEHOLDS_PER_SLICE: Final = 20_000
WORKING_FOLDER: Final = re.compile(r"\.(?P<out>.+)\.[0-9a-f]{16}", re.DOTALL)
"""Beside what it writes a run keeps its finished slices in a folder of such a name."""


@dataclass(frozen=True, slots=True)
class Scored:
    """Where the decisions of a snapshot lie, and how they fall."""

    out: Path
    table: pl.DataFrame
    resumed: int
    """Slices that an earlier, killed run had finished."""
    awaited: Mapping[str, int] = field(default_factory=dict)
    """Families whose decision waits for each silent register; one may wait for several."""

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
            "review_reasons": listed("review_reasons"),
            "follow_up": counts("follow_up"),
            "follow_up_reasons": listed("follow_up_reasons"),
            "rule_flag": counts("rule_flag"),
            "model_flag": counts("model_flag"),
            "material": counts("material"),
            "eligible_services": listed("eligible_services"),
            "services_in_review": listed("services_in_review"),
            "awaited_registers": dict(sorted(self.awaited.items())),
            "resumed_slices": self.resumed,
        }


_AWAITED: Final = "awaited"
"""Under this name a finished slice keeps how many of its families wait for each register."""


@dataclass(frozen=True, slots=True)
class _Slice:
    """The decisions for some thousand families, and how many wait for each silent register."""

    table: pl.DataFrame
    awaited: Mapping[str, int]

    @classmethod
    def of(cls, decisions: Decisions) -> "_Slice":
        """Keep what a run needs of the decisions."""
        waits = decisions.table["review_reasons"].list.contains(REGISTER_SILENT)
        registers = decisions.by_rules.unknown.filter(waits)["silent_registers"].explode()
        return cls(decisions.table, dict(Counter(registers.drop_nulls().to_list())))


@dataclass(frozen=True, slots=True)
class _Work:
    """The working folder of one run: its finished slices, each bound to what it was made of."""

    folder: Path
    identity: bytes
    """Everything that the decisions depend on."""
    key: bytes

    def write(self, name: str, finished: "_Slice") -> None:
        """Keep a finished slice; its mark lies there before it, so that none is ever without."""
        buffer = io.BytesIO()
        finished.table.write_parquet(buffer, metadata={_AWAITED: json.dumps(finished.awaited)})
        content = buffer.getvalue()
        write_durably(self._mark_of(name), self._mark(name, content))
        write_durably(self.folder / name, content)

    def read(self, name: str) -> "_Slice | None":
        """Return a finished slice; None: it is yet to be decided.

        Raises InputError for one that this home did not write for this very work.
        """
        path = self.folder / name
        if not path.exists():
            return None
        # The very bytes that were verified are parsed: nothing can change in between.
        content = path.read_bytes()
        mark = self._mark_of(name)
        written = mark.read_bytes() if mark.is_file() else b""
        if not hmac.compare_digest(written, self._mark(name, content)):
            raise InputError(
                f"{path} was not written by an unfinished run of this home: 0 of its decisions "
                f"were used, and nothing was written. Find out who put it there, remove the folder "
                f"{self.folder}, and give the same command again: every family is decided anew."
            )
        noted = pl.read_parquet_metadata(io.BytesIO(content))
        return _Slice(pl.read_parquet(io.BytesIO(content)), json.loads(noted[_AWAITED]))

    def _mark_of(self, name: str) -> Path:
        return self.folder / f"{name}.hmac"

    def _mark(self, name: str, content: bytes) -> bytes:
        what = hashlib.sha256(self.identity).digest() + hashlib.sha256(name.encode()).digest()
        return hmac.digest(self.key, what + content, "sha256")


def score(
    snapshot: Snapshot,
    *,
    as_of: date,
    models: Models | None,
    out: Path,
    key: bytes,
    keep: Sequence[str] = tuple(SCORE_SCHEMA),
    progress: Progress = silent,
) -> Scored:
    """Decide for every household of a snapshot and write one row each, sorted by household.

    ``key`` is the secret that binds a killed run's slices to this home (`Home.slices_key`).
    ``keep`` names the columns that are written, and the ending of ``out`` the form
    (`features.files.tables`). A killed run goes on whatever the form: what it finished is kept
    apart from ``out`` until all is decided. What the decisions were made of is written into the
    file (`serving.decisions.lineage`).
    """
    law = Law(as_of)
    out = tables.may_hold_a_table(out)
    identity = _identity(snapshot, law, models)
    work = out.parent / f".{out.name}.{hashlib.sha256(identity).hexdigest()[:16]}"
    _make_private(work)
    with alone_in(work):
        scored = _score(snapshot, law, models, out, keep, _Work(work, identity, key), progress)
    _clear(out)
    return scored


def _make_private(work: Path) -> None:
    """Make the working folder, or take up the one that is there: its owner's alone, and no link."""
    work.mkdir(mode=0o700, parents=True, exist_ok=True)
    if work.is_symlink():
        raise InputError(
            f"{work} is a link, and no run makes one: nothing was decided. Find out who put it "
            "there, remove it, and give the same command again."
        )
    work.chmod(0o700)


def _score(
    snapshot: Snapshot,
    law: Law,
    models: Models | None,
    out: Path,
    keep: Sequence[str],
    work: _Work,
    progress: Progress,
) -> Scored:
    finished, resumed, awaited = list[pl.DataFrame](), 0, Counter[str]()
    progress("deciding", 0, snapshot.households)
    done = 0
    for number in snapshot.partitions:
        registers: Registers | None = None
        for first, last, count in _slices(snapshot, number):
            name = f"part-{number:05d}-{first}.parquet"
            part = work.read(name)
            if part is None:
                registers = registers or snapshot.registers(number, law.day)
                part = _Slice.of(decide(_between(registers, first, last), models, law))
                work.write(name, part)
            else:
                resumed += 1
            finished.append(part.table)
            awaited.update(part.awaited)
            done += count
            progress("deciding", done, snapshot.households)
    table = pl.concat(finished) if finished else pl.DataFrame(schema=SCORE_SCHEMA)
    table = table.sort("household_id").select(keep)
    noted = {lineage.KEY: lineage.lineage(snapshot, law, models).as_json()}
    tables.write(table, out, noted)
    return Scored(out, table, resumed, awaited)


def _clear(out: Path) -> None:
    """Remove the finished work of this output, and what older runs of it left unfinished."""
    for leftover in out.parent.iterdir():
        named = WORKING_FOLDER.fullmatch(leftover.name)
        if named and named["out"] == out.name and leftover.is_dir():
            # Another model may be deciding into the same file at this moment: left alone.
            with suppress(InputError), alone_in(leftover):
                shutil.rmtree(leftover, ignore_errors=True)


def one_household(snapshot: Snapshot, household_id: int, as_of: date) -> Registers | None:
    """Return the registers of one household for a day; None: it holds no such household."""
    number = snapshot.partition_holding(household_id)
    registers = _between(snapshot.registers(number, as_of), household_id, household_id)
    households = registers["households"]
    return None if households is None or households.is_empty() else registers


def _identity(snapshot: Snapshot, law: Law, models: Models | None) -> bytes:
    """Return everything that the decisions of a run depend on."""
    manifest = hashlib.sha256(snapshot.written).hexdigest()
    decided_by = versions(law, models).as_json()
    identity = [manifest, law.day.isoformat(), decided_by, HOUSEHOLDS_PER_SLICE, _AWAITED]
    return json.dumps(identity, sort_keys=True).encode()


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
