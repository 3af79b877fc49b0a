"""Writing the simulated country: partition after partition, whole or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from features.errors import InputError
from features.files.whole import creating_folder
from features.progress import Progress, silent
from features.units import add_months
from training.population import truth
from training.population.calibration.calibration import Sums, compare, merged
from training.population.calibration.figures import Verdict, figures
from training.population.calibration.promises import judge, of_registers
from training.population.distributions import drawn
from training.population.partition import tell
from training.population.worlds import ORDINARY, Shifts, World
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
    months: int = 1,
    world: str = ORDINARY,
    progress: Progress = silent,
) -> dict[str, object]:
    """Write a simulated country as a data set of the register contract, its truth apart.

    ``out`` receives one folder a register with a Parquet part for every 50,000 families,
    and ``truth/``, which `check` and `snapshot` ignore. With two ``months`` or more it
    receives such a data set of the same families for the first day of each month before
    ``as_of``, and for ``as_of``, in a folder named by the day. The same arguments give the
    same bytes. Money is at the prices of 2025, whatever the day.

    Returns, of the last day, counts of rows, target against achieved for every calibrated
    figure, and how many figures were met; what the ``world`` promised and whether it kept
    it; the rows of every fault that it made; and the same of every day, in ``months``.
    Figures are calibrated for the ordinary world: another misses those that it shifts.
    Raises InputError where ``out`` holds something already, for less than one family or
    month, a negative seed, an unknown world, or a day outside 2019-2099; then nothing is
    written, and a run that is killed leaves nothing under ``out`` either.
    """
    if households < 1:
        raise InputError(f"{households} families make no country: ask for at least 1.")
    if seed < 0:
        raise InputError("A seed is a whole number from 0 upwards: pass another --seed.")
    if months < 1:
        raise InputError(f"{months} months are no time: ask for at least 1.")
    days = [*(add_months(as_of, -back) for back in range(months - 1, 0, -1)), as_of]
    if not _EARLIEST <= as_of <= _LATEST or days[0] < _EARLIEST:
        raise InputError(
            f"{days[0]} to {as_of} is not within {_EARLIEST} to {_LATEST}: the world knows no "
            "other prices. Pass another --as-of, or fewer --months."
        )
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(
            f"{out} exists already and is not empty; a data set is never overwritten. "
            "Choose another --out, or remove it first."
        )
    chosen = find(world)
    with creating_folder(out) as draft:
        written = _write(draft, households, seed, days, chosen.shifts, progress)
    summaries = [_summary(each, chosen) for each in written]
    return {
        "out": str(out),
        "households": households,
        "seed": seed,
        "as_of": as_of.isoformat(),
        "world": chosen.name,
        **summaries[-1],
        "months": [
            {"as_of": day.isoformat(), **each} for day, each in zip(days, summaries, strict=True)
        ]
        if months > 1
        else [],
    }


@dataclass(slots=True)
class _Written:
    """What was written of one data set."""

    rows: dict[str, int]
    """By register, and of the truth."""
    taken: dict[tuple[str, str, str], int]
    """Rows by register, column and kind of fault."""
    parts: list[Sums] = field(default_factory=list)
    """The sums of every partition."""


def _summary(written: _Written, chosen: World) -> dict[str, object]:
    """What is told of one data set."""
    sums = merged(written.parts)
    promised = of_registers(chosen.shifts, written.rows, written.taken)
    totals = Sums({**sums.quotients, **promised}, sums.counts)
    calibration = compare(totals)
    targets = {name: figure.value for name, figure in figures().items()}
    return {
        "rows": written.rows,
        "calibration": calibration,
        "figures_met": sum(line["verdict"] == Verdict.MET for line in calibration),
        "figures": len(calibration),
        "distributions": drawn(totals.counts),
        "promises": judge(chosen.promises, totals, targets),
        "faults": [
            {"register": register, "column": column, "kind": kind, "rows": count}
            for (register, column, kind), count in written.taken.items()
        ],
    }


def _write(
    folder: Path,
    households: int,
    seed: int,
    days: Sequence[date],
    shifts: Shifts,
    progress: Progress,
) -> list[_Written]:
    """Write a data set for each of the days; several days have a folder each."""
    faults: list[tuple[str, str, str]] = [
        (fault.register, fault.column, fault.kind) for fault in shifts.faults
    ]
    written = [_Written(dict.fromkeys(shifts.silent, 0), dict.fromkeys(faults, 0)) for _ in days]
    whole = households * len(days)
    for number, first in enumerate(range(0, households, FAMILIES_OF_A_PARTITION)):
        size = min(FAMILIES_OF_A_PARTITION, households - first)
        progress("families", first * len(days), whole)
        partitions = tell(number, size, households, seed, days, shifts)
        for month, (day, partition) in enumerate(zip(days, partitions, strict=True)):
            place = folder / day.isoformat() if len(days) > 1 else folder
            data = written[month]
            for name, frame in (*partition.registers.items(), (truth.FOLDER, partition.truth)):
                _store(frame, place / name / f"part-{number:05d}.parquet")
                data.rows[name] = data.rows.get(name, 0) + frame.height
            for fault, count in zip(faults, partition.faults, strict=True):
                data.taken[fault] += count
            data.parts.append(partition.sums)
            if month + 1 < len(days):
                progress("families", first * len(days) + size * (month + 1), whole)
    progress("families", whole, whole)
    return written


def _store(frame: pl.DataFrame, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(path, compression="zstd", compression_level=1)
