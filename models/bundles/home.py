"""Where Tarazy keeps what it makes, and the key with which it signs.

Everything lies under one folder, ``TARAZY_HOME``. Signing needs the private key; reading
a model needs only the public one, so a serving machine never holds a secret.
"""

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from features.errors import InputError, NoSuchModel


class Home:
    """The folder of all state; its parts are made when something is first written there."""

    def __init__(self, root: Path | str) -> None:
        """Name the folder; nothing is made yet."""
        self.root = Path(root).resolve()

    def __repr__(self) -> str:
        return f"Home({str(self.root)!r})"

    @property
    def bundles(self) -> Path:
        """Signed model bundles by version, with ``aliases.json`` and ``ledger.jsonl`` beside."""
        return self.root / "bundles"

    @property
    def snapshots(self) -> Path:
        """Immutable snapshots of the registers."""
        return self.root / "snapshots"

    @property
    def mlflow_database(self) -> str:
        """The tracking address of the MLflow database that is used without a server."""
        return f"sqlite:///{self.root / 'mlflow.db'}"

    @property
    def artefacts(self) -> Path:
        """What runs leave behind: reports, pictures, bundles."""
        return self.root / "artefacts"

    @property
    def keys(self) -> Path:
        """The key pair that signs bundles and aliases."""
        return self.root / "keys"

    @property
    def audit(self) -> Path:
        """Reports for auditors."""
        return self.root / "audit"

    @property
    def explanations(self) -> Path:
        """Explanations of single decisions."""
        return self.root / "explanations"

    def signing_key(self) -> Ed25519PrivateKey:
        """Return the private key; on first need make the pair, readable by its owner alone."""
        path = self.keys / "signing.pem"
        if not path.exists():
            self._make_keys(path)
        try:
            key = load_pem_private_key(path.read_bytes(), password=None)
        except ValueError as problem:
            raise InputError(
                f"{path} is no Ed25519 private key: restore it from its backup."
            ) from problem
        if not isinstance(key, Ed25519PrivateKey):
            raise InputError(f"{path} is no Ed25519 private key: restore it from its backup.")
        return key

    def public_key(self) -> Ed25519PublicKey:
        """Return the key that verifies; a home that never signed has none."""
        path = self.keys / "public.pem"
        if not path.exists():
            raise NoSuchModel(
                f"{path} does not exist, so no model can be verified: run `tarazy train` and "
                "`tarazy promote VERSION`, or bring the public key of the machine that trained."
            )
        try:
            key = load_pem_public_key(path.read_bytes())
        except ValueError as problem:
            raise InputError(f"{path} is no Ed25519 public key: restore it.") from problem
        if not isinstance(key, Ed25519PublicKey):
            raise InputError(f"{path} is no Ed25519 public key: restore it.")
        return key

    def _make_keys(self, path: Path) -> None:
        self.keys.mkdir(parents=True, exist_ok=True, mode=0o700)
        key = Ed25519PrivateKey.generate()
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        shown = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:  # another process was first: its key is ours
            return
        with os.fdopen(handle, "wb") as file:
            file.write(secret)
        (self.keys / "public.pem").write_bytes(shown)
