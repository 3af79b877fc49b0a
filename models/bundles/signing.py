"""Signatures and hashes: what lies on disk is bound to whoever wrote it, before it is parsed."""

import hashlib
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from features.errors import NoSuchModel
from features.files.whole import write_durably


def sign(content: bytes, path: Path, key: Ed25519PrivateKey) -> None:
    """Write the signature of ``content`` to ``path``."""
    write_durably(path, key.sign(content))


def check_signature(content: bytes, path: Path, key: Ed25519PublicKey) -> None:
    """Refuse content that the key did not sign, before anything parses it."""
    try:
        key.verify(path.read_bytes(), content)
    except (InvalidSignature, FileNotFoundError) as problem:
        raise NoSuchModel(
            f"{path.parent.name}/{path.with_suffix('.json').name} is not signed by this home's "
            "key, so no model is loaded: restore it, or run `tarazy promote VERSION` again."
        ) from problem


def sha256(content: bytes) -> str:
    """Return the SHA-256 of some bytes in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()
