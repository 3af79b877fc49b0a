"""From registers to one row a family."""

import warnings
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl

from features.build import Registers, build
from features.checking.check import faults
from features.errors import InputError
from features.registers import snapshot as snapshots
from features.registers.reading.load import open_data_set
from features.registers.snapshot import Snapshot
from models.bundles import seals
from models.bundles.home import Home
from models.law.facts import treatment
from models.law.parameters import Law
from models.rules.citations import warnings_of

Families = Snapshot | Registers
"""A snapshot, or the registers of some families as `Snapshot.registers` returns them."""


def make_snapshot(
    data: Path | str,
    out: Path | str,
    *,
    as_of: date | None = None,
    home: Path | str | None = None,
) -> Snapshot:
    """Freeze checked registers for a day, as `tarazy snapshot` does: hashed, signed, never changed.

    A data set with faults is refused with every fault at once, and nothing is written.

    Parameters
    ----------
    data : a folder with a file or a folder for each register.
    out : the folder to make; the same registers and day find their snapshot there again.
    as_of : the day of the decisions. Default: the first after the newest month of incomes that
        is covered.
    home : the folder of all state, whose key signs it. Default: TARAZY_HOME, or ``var`` here.

    Examples
    --------
    >>> import tarazy
    >>> snapshot = tarazy.make_snapshot("country", "snapshot")
    >>> str(snapshot.as_of), snapshot.households, snapshot.silent
    ('2026-01-01', 4000, ())

    """
    from serving.commands.sources import dated, refuse  # late: it loads what talks to terminals

    owner = _home(home)
    opened = open_data_set(Path(data))
    on = as_of or dated(opened)
    if existing := snapshots.existing(Path(out), opened, on):
        seals.check(existing, owner)
        return existing
    every_fault = faults(opened, on, treatment(Law(on)))
    refuse(opened.folder, every_fault)
    made = snapshots.make(
        opened,
        on,
        Path(out),
        sign=seals.sealing(owner),
        warnings=[f.sentence for f in every_fault if not f.is_error],
        least_share=Law(on).coverage_least_share,
    )
    for line in warnings_of(made, Law(on)):
        warnings.warn(line, stacklevel=2)
    return made


def open_snapshot(
    folder: Path | str, *, home: Path | str | None = None, unsigned: bool = False
) -> Snapshot:
    """Open a snapshot; its files are verified against their hashes as they are read.

    ``registers(0)`` of it are the frames of its first partition, to look at or to change;
    a changed copy may be handed to `tarazy.build_features` and `tarazy.decide` instead of
    the snapshot. Raises SnapshotError for a folder that is none, and for one that no home signed
    which this one trusts; ``unsigned=True`` takes that one as well, with a warning.

    Parameters
    ----------
    folder : what `make_snapshot` or `tarazy snapshot` made.
    home : the folder of all state, whose keys are trusted. Default: TARAZY_HOME, or ``var`` here.
    unsigned : use it even though nobody who is trusted vouches for it.

    Examples
    --------
    >>> import tarazy
    >>> snapshot = tarazy.open_snapshot("snapshot")
    >>> snapshot.registers(0)["vehicles"].columns[:3]
    ['household_id', 'person_id', 'kind']

    """
    snapshot, owner = Snapshot.open(Path(folder)), _home(home)
    if unsigned and (doubt := seals.doubt(snapshot, owner)):
        warnings.warn(f"{doubt}; it is used all the same.", stacklevel=2)
        return snapshot
    seals.check(snapshot, owner)
    return snapshot


def build_features(families: Families, *, as_of: date | None = None) -> pl.DataFrame:
    """Build every declared feature, one row a family: the same bytes as `tarazy features`.

    Money is whole tenge. Null: a register was silent, or a value is unknown; never zero.

    Parameters
    ----------
    families : a snapshot, or registers of which every row carries its ``household_id``.
    as_of : the day of the decision. Default: the snapshot's; registers alone have none.

    Returns
    -------
    A Polars frame sorted by ``household_id``; ``.to_pandas()`` turns it into a pandas one,
    where pandas is installed (it comes with ``tarazy[train]``).

    Examples
    --------
    >>> import tarazy
    >>> snapshot = tarazy.open_snapshot("snapshot")
    >>> features = tarazy.build_features(snapshot)
    >>> features.height
    4000
    >>> frame = features.to_pandas().set_index("household_id")
    >>> bool((frame["members"] >= frame["children"]).all())
    True

    Without the register of vehicles nobody is known to have a car, nor to have none:

    >>> registers = snapshot.registers(0) | {"vehicles": None}
    >>> blind = tarazy.build_features(registers, as_of=snapshot.as_of)
    >>> blind["recent_vehicles"].null_count()
    4000

    """
    day = day_of(families, as_of)
    law = treatment(Law(day))
    return pl.concat(build(r, day, law) for r in partitions(families, day)).sort("household_id")


def day_of(families: Families, as_of: date | None) -> date:
    """Return the day that is meant: the one given, or the snapshot's own."""
    if as_of is not None:
        return as_of
    if isinstance(families, Snapshot):
        return families.as_of
    raise InputError("Registers have no day of their own: pass as_of=date(…).")


def partitions(families: Families, day: date) -> Iterator[Registers]:
    """Yield the registers of each partition for a decision on ``day``."""
    if isinstance(families, Snapshot):
        yield from (families.registers(number, day) for number in families.partitions)
    else:
        yield families


def _home(home: Path | str | None) -> Home:
    from serving.commands.sources import home as of_environment  # late, as above

    return of_environment() if home is None else Home(home)
