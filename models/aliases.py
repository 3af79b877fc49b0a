"""Which model is the champion: a signed file beside the bundles, and nothing else.

Serving reads only this file and the bundles. It never asks MLflow, so a registry that is
down, slow or tampered with changes nothing for the families.
"""

import hashlib
import json
import os
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from features.errors import NoSuchModel
from models.home import Home

ALIASES: Final = ("champion", "challenger")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """The version a name stands for, pinned by the hash of its manifest.

    ``override`` is the reason for which a person passed a gate; null: every gate said yes.
    """

    version: str
    manifest_sha256: str
    override: str | None
    since: str


@dataclass(frozen=True, slots=True)
class Aliases:
    """All names, with a number that only grows: an older file can be told from a newer."""

    sequence: int
    names: dict[str, Alias]


def read(home: Home) -> Aliases:
    """Read the aliases after checking their signature; none written yet: no names."""
    path = home.bundles / "aliases.json"
    if not path.exists():
        return Aliases(0, {})
    content = path.read_bytes()
    check_signature(content, path.with_suffix(".sig"), home.public_key())
    told = json.loads(content)
    return Aliases(
        int(told["sequence"]), {name: Alias(**alias) for name, alias in told["aliases"].items()}
    )


def write(
    home: Home, name: str, version: str, manifest_sha256: str, *, override: str | None,
    when: datetime,
) -> Aliases:  # fmt: skip
    """Let ``name`` stand for a version from ``when`` on, signed; returns what now stands.

    The signature is replaced after the file; a machine that stops between the two
    refuses to serve a model rather than serve the wrong one.
    """
    before = read(home)
    alias = Alias(
        version=version,
        manifest_sha256=manifest_sha256,
        override=override,
        since=when.isoformat(timespec="seconds"),
    )
    after = replace(before, sequence=before.sequence + 1, names=before.names | {name: alias})
    content = _bytes(
        {"sequence": after.sequence, "aliases": {n: asdict(a) for n, a in after.names.items()}}
    )
    home.bundles.mkdir(parents=True, exist_ok=True)
    path = home.bundles / "aliases.json"
    replace_file(path, content)
    replace_file(path.with_suffix(".sig"), home.signing_key().sign(content))
    return after


def sign(content: bytes, path: Path, key: Ed25519PrivateKey) -> None:
    """Write the signature of ``content`` to ``path``."""
    replace_file(path, key.sign(content))


def check_signature(content: bytes, path: Path, key: Ed25519PublicKey) -> None:
    """Refuse content that the key did not sign, before anything parses it."""
    try:
        key.verify(path.read_bytes(), content)
    except (InvalidSignature, FileNotFoundError) as problem:
        raise NoSuchModel(
            f"{path.parent.name}/{path.with_suffix('.json').name} is not signed by this home's "
            "key, so no model is loaded: restore it, or run `tarazy promote VERSION` again."
        ) from problem


def replace_file(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old bytes or the new ones, never a part."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def sha256(content: bytes) -> str:
    """Return the SHA-256 of some bytes in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def _bytes(told: dict[str, Any]) -> bytes:
    return (json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
