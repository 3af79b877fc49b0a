"""A snapshot: registers as they were on a day, immutable, hashed, partitioned by household.

Everything after it is a map over partitions. That bounds memory, lets a killed run
resume, makes any past run repeatable, and is the unit that a cluster spreads.

Layout of the folder::

    manifest.json                    what it holds, with a hash of every file
    manifest.sig                     the manifest, signed by the home that made the snapshot
    coverage.parquet                 rows that arrived, by register, region, month and day
    part-00000/households.parquet    scoring registers, sorted by household, compact types
    learning/inspections.parquet     registers that only training may read
"""

import hashlib
import io
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl

from features.errors import InputError, SnapshotError
from features.files.whole import creating_folder
from features.progress import Progress, silent
from features.registers import packing
from features.registers.coverage import COVERED, Coverage
from features.registers.covered_months import HALF, judged
from features.registers.declared import CONTRACT_VERSION, LEARNING, REGISTERS, SCORING
from features.registers.reading import sealed
from features.registers.reading.load import DataSet
from features.registers.rows_arrived import rows_arrived
from features.registers.schema import Register

FORMAT: Final = 2
HOUSEHOLDS_PER_PARTITION: Final = 100_000
SIGNATURE: Final = "manifest.sig"
Sign = Callable[[bytes], bytes]
"""Returns the signature of a manifest: a home's, which features know nothing of."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An opened snapshot: its manifest, and its partitions on demand, verified as they are read."""

    folder: Path
    manifest: Mapping[str, Any]
    written: bytes
    """The manifest as it lies on disk: what is signed."""

    @classmethod
    def open(cls, folder: Path) -> "Snapshot":
        """Open a snapshot; refuse a folder that is none, is of another format, or was edited.

        The digest is computed again from the manifest's hashes, and each file is held against
        its hash as it is read: so whatever is read is what the digest names. Who wrote it all is
        for the signature to say (`models.bundles.seals`), which only a home can check.
        """
        sealed.refuse_place(folder)
        path = folder / "manifest.json"
        if not path.is_file():
            raise SnapshotError.not_one(folder)
        try:
            written = path.read_bytes()
            manifest = json.loads(written)
            known = manifest["format"] == FORMAT
        except (ValueError, KeyError, TypeError):
            raise SnapshotError.unreadable(path) from None
        if not known:
            raise SnapshotError.of_another_format(folder, written=manifest["format"], reads=FORMAT)
        try:
            digest = _digest(manifest)
        except (KeyError, TypeError):
            raise SnapshotError.unreadable(path) from None
        if digest != manifest.get("digest"):
            raise SnapshotError.of_another_digest(path)
        return cls(folder, manifest, written)

    @property
    def signature(self) -> bytes | None:
        """What signs the manifest as it was written; None: nobody signed it."""
        path = self.folder / SIGNATURE
        return path.read_bytes() if path.is_file() else None

    @property
    def as_of(self) -> date:
        """The day the registers are for."""
        return date.fromisoformat(self.manifest["as_of"])

    @property
    def digest(self) -> str:
        """SHA-256 over the as-of date, the contract version and every file's hash."""
        return str(self.manifest["digest"])

    @property
    def households(self) -> int:
        """Households in all partitions."""
        return int(self.manifest["registers"]["households"]["rows"])

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the check of the registers warned of when the snapshot was made."""
        return tuple(self.manifest["warnings"])

    @property
    def partitions(self) -> range:
        """Numbers of the partitions."""
        return range(len(self.manifest["partitions"]))

    @property
    def silent(self) -> tuple[str, ...]:
        """Scoring registers that did not answer when the snapshot was made."""
        return self.silent_on(self.as_of)

    def silent_on(self, day: date) -> tuple[str, ...]:
        """Scoring registers that say nothing of a decision on ``day``.

        Those that did not answer, and monthly ones that no region has the three complete
        months before the day of: a month that nobody has reported yet is silence, not an
        income of zero.
        """
        return self._silent(self.coverage(day))

    def _silent(self, coverage: Coverage) -> tuple[str, ...]:
        behind, present = coverage.silent, self.manifest["registers"]
        return tuple(r.name for r in SCORING if r.name not in present or r.name in behind)

    def coverage(self, day: date) -> Coverage:
        """Return which months the monthly registers cover, by what was known on ``day``."""
        entry = self.manifest["coverage"]
        table = pl.read_parquet(io.BytesIO(self._verified("coverage.parquet", entry)))
        return judged(table, day, entry["least_share"])

    def registers(self, partition: int, day: date | None = None) -> dict[str, pl.DataFrame | None]:
        """Read the scoring registers of one partition for a decision on ``day``.

        Every row carries its ``household_id``; types are the contract's, but for
        enumerations, which come as closed lists. None: the register is silent
        (`silent_on`). Where a monthly register does not reach far enough back for some
        household, a frame `covered` says how far it does (`Coverage.of_households`).
        Without ``day`` the snapshot's own date counts.
        """
        entry = self.manifest["partitions"][partition]
        coverage = self.coverage(day or self.as_of)
        silent = self._silent(coverage)
        read = {
            r.name: None
            if r.name in silent
            else self._read(f"{entry['name']}/{r.name}.parquet", entry["files"].get(r.name), r)
            for r in SCORING
        }
        households = read["households"]
        covered = None if households is None else coverage.of_households(households)
        return read if covered is None else {**read, COVERED: covered}

    def household_ids(self, partition: int) -> pl.Series:
        """Return the households of one partition, sorted."""
        entry = self.manifest["partitions"][partition]
        name = f"{entry['name']}/households.parquet"
        frame = self._read(name, entry["files"]["households"], REGISTERS["households"])
        if frame is None:
            raise SnapshotError.incomplete(self.folder, name)
        return frame["household_id"]

    def partition_holding(self, household_id: int) -> int:
        """Return the number of the partition in which a household lies, if anywhere."""
        return int(packing.partition_of(pl.Series([household_id]), len(self.partitions))[0])

    def learning(self, register: str) -> pl.DataFrame | None:
        """Read a register that only training may read; None: it was not in the data."""
        return self._read(
            f"learning/{register}.parquet",
            self.manifest["learning"].get(register),
            REGISTERS[register],
        )

    def _read(
        self, name: str, entry: Mapping[str, Any] | None, register: Register
    ) -> pl.DataFrame | None:
        if entry is None:
            return None
        frame = pl.read_parquet(io.BytesIO(self._verified(name, entry)))
        types = packing.working_types(register)
        return frame.cast({c: t for c, t in types.items() if c in frame.columns})

    def _verified(self, name: str, entry: Mapping[str, Any]) -> bytes:
        """Return a file's bytes; the very bytes that were verified are what is parsed."""
        try:
            content = (self.folder / name).read_bytes()
        except OSError:
            content = b""
        if hashlib.sha256(content).hexdigest() != entry["sha256"]:
            raise SnapshotError.altered(self.folder / name)
        return content


def _digest(manifest: Mapping[str, Any]) -> str:
    """Compute the digest of what a manifest names: day, contract, and the hash of every file."""
    files: Sequence[Any] = [
        *(entry["files"] for entry in manifest["partitions"]),
        manifest["learning"],
        manifest["coverage"],
    ]
    identity = [manifest["format"], manifest["contract"], manifest["as_of"], files]
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()


def source_digest(data: DataSet) -> str:
    """SHA-256 over the names and bytes of every register file of a data set."""
    whole = hashlib.sha256()
    for path in data.files:
        whole.update(os.fsencode(path.relative_to(data.folder)))
        with path.open("rb") as file:
            whole.update(hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()


def existing(folder: Path, data: DataSet, as_of: date) -> Snapshot | None:
    """Return the snapshot in ``folder`` if it was made of the same bytes for the same day."""
    if not (folder / "manifest.json").is_file():
        return None
    snapshot = Snapshot.open(folder)
    same = (
        snapshot.manifest["source"] == source_digest(data)
        and snapshot.as_of == as_of
        and snapshot.manifest["contract"] == CONTRACT_VERSION
    )
    return snapshot if same else None


def make(
    data: DataSet,
    as_of: date,
    out: Path,
    *,
    sign: Sign | None = None,
    households_per_partition: int = HOUSEHOLDS_PER_PARTITION,
    warnings: Sequence[str] = (),
    least_share: float = HALF,
    progress: Progress = silent,
) -> Snapshot:
    """Write a snapshot of checked registers; nothing half-written is ever left under ``out``.

    ``sign`` signs its manifest; without it the snapshot is one of nobody's, which the verbs
    refuse unless they are told to take it.

    The registers must have passed `features.checking.check`: this function joins,
    sorts and packs, it does not judge; ``warnings`` are what the check said, kept for
    whoever decides by the snapshot, and ``least_share``, by which its coverage is judged.
    Raises InputError when ``out`` holds something else already: a snapshot is never
    overwritten.
    """
    if already := existing(out, data, as_of):
        return already
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(
            f"{out} exists already and holds something else than this snapshot; snapshots are "
            "never overwritten. Choose another --out, or remove it first."
        )
    with creating_folder(out) as draft:
        _write(data, as_of, draft, households_per_partition, warnings, least_share, progress)
        if sign is not None:
            (draft / SIGNATURE).write_bytes(sign((draft / "manifest.json").read_bytes()))
    return Snapshot.open(out)


def _write(
    data: DataSet,
    as_of: date,
    folder: Path,
    households_per_partition: int,
    warnings: Sequence[str],
    least_share: float,
    progress: Progress,
) -> None:
    members = packing.members_of(data, households_per_partition)
    present = [r for r in SCORING if data.registers.get(r.name) is not None]
    partitions = members.partitions
    steps = len(present) * (partitions + 1) + len(LEARNING)
    done = 0
    scattered = folder / "scattered"
    scattered.mkdir()  # nothing is scattered where nobody lives
    for register in present:
        progress(f"reading {register.name}", done, steps)
        packing.scatter(data, register, members, scattered / register.name)
        done += 1
    entries = []
    for number in range(partitions):
        name = f"part-{number:05d}"
        files = {}
        for register in present:
            progress(f"packing {name}", done, steps)
            rows = packing.gathered(scattered / register.name, number, register)
            files[register.name] = packing.pack(rows, register, folder / name)
            done += 1
        entries.append({"name": name, "households": files["households"]["rows"], "files": files})
    shutil.rmtree(scattered)
    learning = {}
    for register in LEARNING:
        if (frame := data.registers.get(register.name)) is not None:
            learning[register.name] = packing.pack(frame.collect(), register, folder / "learning")
        done += 1
    progress("writing the manifest", done, steps)
    coverage = {"least_share": float(least_share), **_write_coverage(data, folder)}
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "contract": CONTRACT_VERSION,
        "as_of": as_of.isoformat(),
        "digest": "",  # its place among the lines; made of the rest
        "source": source_digest(data),
        "registers": {
            r.name: {"rows": sum(e["files"][r.name]["rows"] for e in entries)} for r in present
        },
        "coverage": coverage,
        "partitions": entries,
        "learning": learning,
        "warnings": [*data.warnings, *warnings],
    }
    manifest["digest"] = _digest(manifest)
    (folder / "manifest.json").write_text(
        json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def _write_coverage(data: DataSet, folder: Path) -> dict[str, Any]:
    path = folder / "coverage.parquet"
    arrived = rows_arrived(data)
    arrived.write_parquet(path, compression="lz4", statistics=False)
    return {"rows": arrived.height, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
