"""Where the snapshots lie that models were trained on: a link for each, named by its digest.

A manifest names a snapshot by its digest, never by a place: places differ from machine to
machine and are nobody's business. This home remembers its own.
"""

from collections.abc import Iterable
from pathlib import Path

from features.errors import TarazyError
from features.registers.snapshot import Snapshot
from models.bundles.home import Home


def remember(home: Home, folders: Iterable[Path]) -> None:
    """Leave a link to each snapshot under the home; one that moved is linked anew."""
    known = _links(home)
    known.mkdir(parents=True, exist_ok=True)
    for folder in folders:
        link = known / Snapshot.open(folder).digest
        if link.is_dir() and not link.is_symlink():
            continue  # a home that was copied holds the snapshot itself
        link.unlink(missing_ok=True)
        link.symlink_to(folder.resolve(), target_is_directory=True)


def find(home: Home, digest: str) -> Snapshot | None:
    """Return the snapshot of this digest if it still lies where it was; None: it does not."""
    kept = sorted(home.snapshots.iterdir()) if home.snapshots.is_dir() else []
    for folder in (_links(home) / digest, *kept):
        try:
            snapshot = Snapshot.open(folder)
        except (TarazyError, OSError):
            continue
        if snapshot.digest == digest:
            return snapshot
    return None


def _links(home: Home) -> Path:
    return home.snapshots / "by-digest"
