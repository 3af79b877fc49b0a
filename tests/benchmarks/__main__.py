"""`make bench`: check, features and decisions against a bare read and pandas, in one run.

Every measured step is a process of its own, so that its peak memory is its own; the
steps take turns, and medians are printed with ratios. No assertion depends on a time.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path

DAY = date(2026, 1, 1)
ROOT = Path(__file__).resolve().parents[2]


def bare_read(snapshot: Path) -> None:
    """Read every column of every partition, as the snapshot verifies and hands it over."""
    from features.registers.snapshot import Snapshot

    opened = Snapshot.open(snapshot)
    for number in opened.partitions:
        opened.registers(number)


def registers_read(snapshot: Path) -> None:
    """Read every column of every register, as the files lie in the data set."""
    import polars as pl

    from features.registers.declared import REGISTERS

    for name in REGISTERS:
        if parts := list((snapshot.parent / "data" / name).glob("*.parquet")):
            pl.read_parquet(parts)


def check(snapshot: Path) -> None:
    """Look for every fault of the same registers, as `tarazy check` does."""
    from features.checking.check import decision_date, faults
    from features.registers.reading.load import open_data_set
    from models.law.facts import treatment
    from models.law.parameters import Law

    data = open_data_set(snapshot.parent / "data")
    day = decision_date(data)
    faults(data, day, treatment(Law(day)), Law(day).coverage_least_share)


def our_features(snapshot: Path) -> None:
    """Build every declared feature, partition by partition, and write them."""
    from features.build import build
    from features.registers.snapshot import Snapshot

    opened = Snapshot.open(snapshot)
    for number in opened.partitions:
        table = build(opened.registers(number), opened.as_of)
        table.write_parquet(snapshot.parent / f"features-{number}.parquet")


def pandas_features(snapshot: Path) -> None:
    """Build the same features by a straightforward pandas group-by, and write them."""
    from tests.benchmarks import pandas_features as peer

    peer.features(snapshot, DAY).to_parquet(snapshot.parent / "features-pandas.parquet")


def decisions(snapshot: Path) -> None:
    """Decide for all: rules, red flags, both models, reasons."""
    from features.registers.snapshot import Snapshot
    from models.bundles.home import Home
    from models.bundles.loading import load
    from serving.decisions.batch import score

    home, opened = Home(snapshot.parent / "home"), Snapshot.open(snapshot)
    models, out = load(home, "champion"), snapshot.parent / "decisions.parquet"
    score(opened, as_of=opened.as_of, models=models, out=out, key=home.slices_key())


STEPS = {
    "registers, bare read": registers_read,
    "check": check,
    "bare read": bare_read,
    "features": our_features,
    "features, pandas": pandas_features,
    "score": decisions,
}


READ_OF = dict.fromkeys(("registers, bare read", "check"), "registers, bare read")
"""The bare read that a step is held against, where it is not that of the snapshot."""


def prepared(households: int, folder: Path) -> Path:
    """Simulate the families, make their snapshot and train on it: each once."""
    from features.registers.reading.load import open_data_set
    from features.registers.snapshot import make
    from models.bundles.home import Home
    from training.population import simulate
    from training.promote import promote
    from training.train import train

    data, snapshot = folder / "data", folder / "snapshot"
    if not data.is_dir():
        print(f"simulating {households:,} families …", file=sys.stderr)
        simulate(data, households=households, seed=20_260_101, as_of=DAY)
    make(open_data_set(data), DAY, snapshot)
    home = Home(folder / "home")
    if not (home.bundles / "aliases.json").is_file():
        print("training …", file=sys.stderr)
        trained = train([snapshot], home=home, refits=0)
        promote(trained.version, home=home, override="benchmark", when=datetime.now(UTC))
    return snapshot


def measured(step: str, snapshot: Path) -> dict[str, float]:
    """Run one step in a process of its own; wall seconds and peak memory of the whole process."""
    command = [sys.executable, "-m", "tests.benchmarks", "--step", step, str(snapshot)]
    began = time.perf_counter()
    output = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    wall = time.perf_counter() - began
    return {"process": wall} | json.loads(output.stdout.splitlines()[-1])


def main() -> None:
    """Measure every step in turn and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--households", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--step", nargs=2, metavar=("NAME", "SNAPSHOT"))
    options = parser.parse_args()
    if options.step:
        name, snapshot = options.step
        began, before = time.perf_counter(), time.process_time()
        STEPS[name](Path(snapshot))
        wall, cpu = time.perf_counter() - began, time.process_time() - before
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(json.dumps({"wall": wall, "cpu": cpu, "peak": peak}))
        return
    snapshot = prepared(options.households, ROOT / "var" / f"benchmark-{options.households}")
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in STEPS}
    for _ in range(options.runs):
        for name in STEPS:
            runs[name].append(measured(name, snapshot))
    median = {
        name: {key: statistics.median(r[key] for r in of) for key in ("wall", "cpu", "peak")}
        for name, of in runs.items()
    }
    print(f"{options.households:,} families, {os.cpu_count()} cores, {options.runs} runs in turn")
    print(
        f"{'':20} {'wall s':>8} {'min–max':>13} {'cpu s':>7} {'peak GiB':>9} {'× bare read':>12} "
        f"{'cpu ×':>7} {'× pandas':>9}"
    )
    for name, of in median.items():
        walls, read = [r["wall"] for r in runs[name]], median[READ_OF.get(name, "bare read")]
        print(
            f"{name:20} {of['wall']:8.2f} {min(walls):6.2f}–{max(walls):<6.2f} {of['cpu']:7.2f} "
            f"{of['peak']:9.2f} {of['wall'] / read['wall']:12.2f} {of['cpu'] / read['cpu']:7.2f} "
            f"{of['wall'] / median['features, pandas']['wall']:9.2f}"
        )


if __name__ == "__main__":
    main()
