"""Where a verb's input comes from: a snapshot, or bare data of which one is made."""

import os
import shutil
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from features.errors import RegisterFaults, SnapshotError
from features.registers import snapshot as snapshots
from features.registers.check import decision_date, faults
from features.registers.fault import Fault
from features.registers.load import DataSet, open_data_set
from features.registers.snapshot import Snapshot
from models.bundles import seals
from models.bundles.home import Home
from models.law.facts import treatment
from models.law.parameters import Law
from serving.commands.terminal import Terminal


def home() -> Home:
    """Return the folder of all state: TARAZY_HOME, or var/ in the working folder."""
    return Home(Path(os.environ.get("TARAZY_HOME", "var")))


def opened(place: Path, as_of: date | None, terminal: Terminal) -> tuple[Snapshot, date]:
    """Open a snapshot, or make one of bare data under the home; return it and the decision date.

    Raises RegisterFaults with every fault of bare data, SnapshotError for a snapshot that no
    trusted home signed where ``--unsigned`` does not allow it, and ParameterNotInForce for a
    decision date before the first edition of the law, before anything is written.
    """
    if (place / "manifest.json").is_file():
        snapshot = sealed(place, terminal)
        on = as_of or snapshot.as_of
        in_force(on)
        _warn(snapshot.warnings, terminal)
        return _with_silence_shown(snapshot, on, terminal), on
    data = open_data_set(place)
    on = as_of or dated(data)
    in_force(on)
    if data.faults:
        refuse(data.folder, faults(data, on))
    name = f"{place.resolve().name}-{on}-{snapshots.source_digest(data)[:12]}"
    folder = home().snapshots / name
    _make_room(folder, terminal)
    return _with_silence_shown(packed(data, on, folder, terminal), on, terminal), on


def sealed(folder: Path, terminal: Terminal) -> Snapshot:
    """Open a snapshot that a trusted home signed; another one where ``--unsigned`` allows it."""
    snapshot = Snapshot.open(folder)
    if terminal.unsigned and (doubt := seals.doubt(snapshot, home())):
        terminal.unsigned_snapshots[str(folder)] = f"{doubt}; it was used because of --unsigned."
    else:
        seals.check(snapshot, home())
    return snapshot


def _make_room(folder: Path, terminal: Terminal) -> None:
    """Remove a snapshot under the home that no trusted home signed: its registers are at hand."""
    if not (folder / "manifest.json").is_file():
        return
    try:
        seals.check(Snapshot.open(folder), home())
    except SnapshotError as problem:
        terminal.say(f"warning: it is made again, for {problem}")
        shutil.rmtree(folder)


def _warn(warnings: Iterable[str], terminal: Terminal) -> None:
    for line in warnings:
        terminal.say(f"warning: {line}")


def _with_silence_shown(snapshot: Snapshot, on: date, terminal: Terminal) -> Snapshot:
    """Say which monthly registers end too early for the day: they count as silent."""
    registers = snapshot.manifest["registers"]
    for name in snapshot.silent_on(on):
        if name in registers:
            terminal.say(
                f"warning: {name} ends with {registers[name]['latest_month'][:7]}, before the last "
                f"complete month of a decision on {on}; it counts as silent. Pass an earlier "
                "--as-of, or bring the later months."
            )
    return snapshot


def in_force(on: date) -> Law:
    """Return the law of the day; raise ParameterNotInForce before its first edition."""
    law = Law(on)
    law.edition("subsistence_minimum")  # raises before the first one
    return law


def packed(data: DataSet, as_of: date, out: Path, terminal: Terminal) -> Snapshot:
    """Check the registers and make a snapshot of them, signed; an identical one is reused.

    Raises SnapshotError where an identical one is there that no trusted home signed.
    """
    if already := snapshots.existing(out, data, as_of):
        seals.check(already, home())
        _warn(already.warnings, terminal)
        return already
    found_faults = faults(data, as_of, treatment(Law(as_of)))
    contradictions = [f.sentence for f in found_faults if not f.is_error]
    _warn((*data.warnings, *contradictions), terminal)
    refuse(data.folder, found_faults)
    terminal.say(f"Making the snapshot {out} of {data.folder} for {as_of}.")
    with terminal.bar() as progress:
        sign = seals.sealing(home())
        return snapshots.make(
            data, as_of, out, sign=sign, warnings=contradictions, progress=progress
        )


def dated(data: DataSet) -> date:
    """Return the decision date of bare data; its faults of reading come first."""
    if data.faults:
        refuse(data.folder, faults(data, None))
    return decision_date(data)


def refuse(folder: Path, every_fault: list[Fault] | tuple[Fault, ...]) -> None:
    """Raise RegisterFaults when any fault is an error, with one line for each."""
    errors = [f for f in every_fault if f.is_error]
    if errors:
        lines = "\n".join(f"  {f.sentence}" for f in errors)
        raise RegisterFaults(
            f"{folder} breaks the register contract in {len(errors)} "
            f"place{'' if len(errors) == 1 else 's'}; nothing was written.\n{lines}"
        )
