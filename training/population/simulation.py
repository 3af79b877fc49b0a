"""Writing the simulated country: partition after partition, whole or not at all."""

import os
import shutil
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from features.errors import InputError
from features.progress import Progress, silent
from training.population import truth
from training.population.calibration import Sums, compare, merged
from training.population.distributions import drawn
from training.population.figures import Verdict, figures
from training.population.partition import tell
from training.population.promises import judge, of_registers
from training.population.worlds import ORDINARY, Shifts
from training.population.worlds import world as find

FAMILIES_OF_A_PARTITION: Final = 50_000
"""Bounds memory: one partition at a time is in it."""
_EARLIEST: Final = date(2019, 1, 1)
_LATEST: Final = date(2099, 12, 31)


def simulate(
    out: Path,
    *,
    households: int,
    seed: int,
    as_of: date,
    world: str = ORDINARY,
    progress: Progress = silent,
) -> dict[str, object]:
    """Write a simulated country as a data set of the register contract, its truth apart.

    ``out`` receives one folder a register with a Parquet part for every 50,000 families,
    and ``truth/``, which `check` and `snapshot` ignore. The same arguments give the same
    bytes. Money is at the prices of 2025, whatever the day.

    Returns counts of rows, target against achieved for every calibrated figure, and how
    many figures were met; what the ``world`` promised and whether it kept it; the rows of
    every fault that it made. Figures are calibrated for the ordinary world: another misses
    those that it shifts. Raises InputError where ``out`` holds something already, for less
    than one family, a negative seed, an unknown world, or a day outside 2019-2099; then
    nothing is written, and a run that is killed leaves nothing under ``out`` either.
    """
    if households < 1:
        raise InputError(f"{households} families make no country: ask for at least 1.")
    if seed < 0:
        raise InputError("A seed is a whole number from 0 upwards: pass another --seed.")
    if not _EARLIEST <= as_of <= _LATEST:
        raise InputError(
            f"--as-of {as_of} is outside {_EARLIEST} to {_LATEST}: the world knows no other prices."
        )
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(
            f"{out} exists already and is not empty; a data set is never overwritten. "
            "Choose another --out, or remove it first."
        )
    chosen = find(world)
    out.parent.mkdir(parents=True, exist_ok=True)
    staging = out.with_name(f".{out.name}.{os.getpid()}")
    shutil.rmtree(staging, ignore_errors=True)
    try:
        rows, taken, parts = _write(staging, households, seed, as_of, chosen.shifts, progress)
        if out.exists():
            out.rmdir()
        staging.rename(out)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    told = merged(parts)
    totals = Sums({**told.quotients, **of_registers(chosen.shifts, rows, taken)}, told.counts)
    calibration = compare(totals)
    targets = {name: figure.value for name, figure in figures().items()}
    return {
        "out": str(out),
        "households": households,
        "seed": seed,
        "as_of": as_of.isoformat(),
        "world": chosen.name,
        "rows": rows,
        "calibration": calibration,
        "figures_met": sum(line["verdict"] == Verdict.MET for line in calibration),
        "figures": len(calibration),
        "distributions": drawn(totals.counts),
        "promises": judge(chosen.promises, totals, targets),
        "faults": [
            {"register": register, "column": column, "kind": kind, "rows": count}
            for (register, column, kind), count in taken.items()
        ],
    }


def _write(
    folder: Path, households: int, seed: int, as_of: date, shifts: Shifts, progress: Progress
) -> tuple[dict[str, int], dict[tuple[str, str, str], int], list[Sums]]:
    """Rows by register, rows by fault, and the sums of every partition."""
    rows = dict.fromkeys(shifts.silent, 0)
    faults: list[tuple[str, str, str]] = [
        (fault.register, fault.column, fault.kind) for fault in shifts.faults
    ]
    taken = dict.fromkeys(faults, 0)
    parts: list[Sums] = []
    for number, first in enumerate(range(0, households, FAMILIES_OF_A_PARTITION)):
        progress("families", first, households)
        size = min(FAMILIES_OF_A_PARTITION, households - first)
        partition = tell(number, size, households, seed, as_of, shifts)
        for name, frame in (*partition.registers.items(), (truth.FOLDER, partition.truth)):
            _store(frame, folder / name / f"part-{number:05d}.parquet")
            rows[name] = rows.get(name, 0) + frame.height
        for fault, count in zip(faults, partition.faults, strict=True):
            taken[fault] += count
        parts.append(partition.sums)
    progress("families", households, households)
    return rows, taken, parts


def _store(frame: pl.DataFrame, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(path, compression="zstd", compression_level=1)
