"""Whether a snapshot is what this home made: its manifest bears the seal of a key that it trusts.

A snapshot holds a hash of every file and a digest of the hashes, which tell that nothing broke.
Whoever edits a file can write new hashes too; what cannot be written anew is the signature.
"""

from typing import Final

from cryptography.exceptions import InvalidSignature

from features.errors import SnapshotError
from features.registers.snapshot import Sign, Snapshot
from models.bundles.home import Home

_PURPOSE: Final = b"tarazy snapshot\n"
"""Signed before the manifest, so that no signature of anything else will do for a snapshot's."""


def sealing(home: Home) -> Sign:
    """Return what signs the manifests of snapshots that are made in this home."""
    key = home.sealing_key()
    return lambda manifest: key.sign(_PURPOSE + manifest)


def doubt(snapshot: Snapshot, home: Home) -> str | None:
    """Return why a snapshot is not to be believed; None: a trusted key signed it as it stands."""
    signature = snapshot.signature
    if signature is None:
        return f"{snapshot.folder} is not signed: nobody vouches for what it holds"
    for key in home.sealing_keys():
        try:
            key.verify(signature, _PURPOSE + snapshot.written)
        except InvalidSignature:
            continue
        return None
    return (
        f"{snapshot.folder} is not signed by this home ({home.root}) or one that it trusts: "
        "another home made it, or its manifest was replaced"
    )


def check(snapshot: Snapshot, home: Home) -> None:
    """Raise SnapshotError for a snapshot that is not to be believed."""
    if reason := doubt(snapshot, home):
        raise SnapshotError.doubted(reason, home.trusted)
