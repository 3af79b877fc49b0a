"""Where a verb's input comes from: a snapshot, or bare data of which one is made."""

import os
import shutil
from datetime import date
from pathlib import Path

from features.checking.check import decision_date, faults
from features.errors import InputError, RegisterFaults, SnapshotError
from features.registers import snapshot as snapshots
from features.registers.fault import Fault, without_examples
from features.registers.reading.load import DataSet, open_data_set
from features.registers.snapshot import Snapshot
from models.bundles import seals
from models.bundles.home import Home
from models.law.facts import treatment
from models.law.parameters import Law
from models.rules.citations import lapsed_values, warnings_of
from serving.commands.terminal import Terminal


def home() -> Home:
    """Return the folder of all state: TARAZY_HOME, or var/ in the working folder."""
    return Home(Path(os.environ.get("TARAZY_HOME", "var")))


def opened(
    place: Path, as_of: date | None, terminal: Terminal, *, for_one_family: bool = False
) -> tuple[Snapshot, date]:
    """Open a snapshot, or make one of bare data under the home; return it and the decision date.

    Raises RegisterFaults with every fault of bare data, SnapshotError for a snapshot that no
    trusted home signed where ``--unsigned`` does not allow it, and ParameterNotInForce for a
    decision date before the first edition of the law, before anything is written.

    ``for_one_family``: the answer is about one family, so warnings show no key of another.
    """
    if (place / "manifest.json").is_file():
        snapshot = sealed(place, terminal)
        on = as_of or snapshot.as_of
        in_force(on)
        _warn(snapshot, on, terminal, for_one_family=for_one_family)
        return snapshot, on
    data = open_data_set(place)
    on = as_of or dated(data)
    in_force(on)
    if data.faults:
        refuse(data.folder, faults(data, on, treatment(Law(on))))
    name = f"{place.resolve().name}-{on}-{snapshots.source_digest(data)[:12]}"
    folder = home().snapshots / name
    _make_room(folder, terminal)
    snapshot = packed(data, on, folder, terminal)
    _warn(snapshot, on, terminal, for_one_family=for_one_family)
    return snapshot, on


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
        doubt = seals.doubt(Snapshot.open(folder), home())
    except SnapshotError as problem:
        doubt = str(problem).removesuffix(".")
    if doubt:
        terminal.warn(f"{doubt}: it is made again.")
        shutil.rmtree(folder)


def _warn(snapshot: Snapshot, on: date, terminal: Terminal, *, for_one_family: bool) -> None:
    for line in warnings_of(snapshot, Law(on)):
        terminal.warn(without_examples(line) if for_one_family else line)


def in_force(on: date) -> Law:
    """Return the law of the day; raise DayError before its first edition, or far after its last."""
    law = Law(on)
    law.edition("subsistence_minimum")  # raises before the first one
    lapsed_values(law)
    return law


def packed(data: DataSet, as_of: date, out: Path, terminal: Terminal) -> Snapshot:
    """Check the registers and make a snapshot of them, signed; an identical one is reused.

    Raises SnapshotError where an identical one is there that no trusted home signed.
    """
    if already := snapshots.existing(out, data, as_of):
        seals.check(already, home())
        return already
    every_fault = faults(data, as_of, treatment(Law(as_of)))
    refuse(data.folder, every_fault)
    terminal.say(f"Making the snapshot {out} of {data.folder} for {as_of}.")
    with terminal.bar() as progress:
        return snapshots.make(
            data,
            as_of,
            out,
            sign=seals.sealing(home()),
            warnings=[f.sentence for f in every_fault if not f.is_error],
            least_share=Law(as_of).coverage_least_share,
            progress=progress,
        )


def dated(data: DataSet) -> date:
    """Return the decision date of bare data; where it cannot be read, every fault is said first."""
    try:
        on = decision_date(data, newest_share())
    except InputError:
        if data.faults:
            refuse(data.folder, faults(data, None))
        raise
    if data.faults:
        refuse(data.folder, faults(data, on, treatment(Law(on))))
    return on


def newest_share() -> float:
    """Return the least share of a covered month by the newest law: the day is not known yet."""
    return Law(date.max).coverage_least_share


def refuse(folder: Path, every_fault: list[Fault] | tuple[Fault, ...]) -> None:
    """Raise RegisterFaults when any fault is an error, with one line for each."""
    errors = [f for f in every_fault if f.is_error]
    if errors:
        lines = "\n".join(f"  {f.sentence}" for f in errors)
        raise RegisterFaults(
            f"{folder} breaks the register contract in {len(errors)} "
            f"place{'' if len(errors) == 1 else 's'}; nothing was written.\n{lines}"
        )
