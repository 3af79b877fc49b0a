"""Where Tarazy keeps what it makes, and the key with which it signs.

Everything lies under one folder, ``TARAZY_HOME``. Signing a model needs the private key; reading
one needs only the public one, so a serving machine never holds a secret that could sign a model.
What a machine makes for itself, snapshots and the work of unfinished runs, it seals with a key of
its own.
"""

import os
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from features.errors import InputError, NoSuchModel
from features.files.whole import replacing


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

    @property
    def trusted(self) -> Path:
        """Public sealing keys of other homes (``*.pem``) whose snapshots are as good as our own."""
        return self.keys / "trusted"

    def signing_key(self) -> Ed25519PrivateKey:
        """Return the private key; on first need make the pair, readable by its owner alone."""
        return self._private_key(self.keys / "signing.pem", self.keys / "public.pem")

    def public_key(self) -> Ed25519PublicKey:
        """Return the key that verifies; a home that never signed has none."""
        path = self.keys / "public.pem"
        if not path.exists():
            raise NoSuchModel(
                f"{path} does not exist, so no model can be verified: run `tarazy train` and "
                "`tarazy promote VERSION`, or bring the public key of the machine that trained."
            )
        return _public_key(path)

    def sealing_key(self) -> Ed25519PrivateKey:
        """Return the key that seals snapshots made here; on first need make it."""
        return self._private_key(*self._sealing)

    def sealing_keys(self) -> tuple[Ed25519PublicKey, ...]:
        """Return the keys whose snapshots are believed: this home's, and those it trusts."""
        own, _ = self._sealing
        made_here = [self.sealing_key().public_key()] if own.exists() else []
        return (*made_here, *map(_public_key, sorted(self.trusted.glob("*.pem"))))

    def slices_key(self) -> bytes:
        """Return the secret that binds unfinished work to this home: 32 bytes.

        Derived from the sealing key, so that there is one secret to keep and none to forget.
        """
        secret = self.sealing_key().private_bytes_raw()
        return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"tarazy slices").derive(
            secret
        )

    @property
    def _sealing(self) -> tuple[Path, Path]:
        return self.keys / "sealing.pem", self.keys / "sealing.public.pem"

    def _private_key(self, path: Path, public: Path) -> Ed25519PrivateKey:
        if not path.exists():
            self._make_keys(path, public)
        try:
            key = load_pem_private_key(path.read_bytes(), password=None)
        except ValueError as problem:
            raise InputError(
                f"{path} is no Ed25519 private key: restore it from its backup."
            ) from problem
        if not isinstance(key, Ed25519PrivateKey):
            raise InputError(f"{path} is no Ed25519 private key: restore it from its backup.")
        if not public.exists():
            _show(key, public)
        return key

    def _make_keys(self, path: Path, public: Path) -> None:
        self.keys.mkdir(parents=True, exist_ok=True, mode=0o700)
        key = Ed25519PrivateKey.generate()
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        # No name of another process, which may have this one's number in a container of its own;
        # mkstemp makes it its owner's alone.
        handle, draft = tempfile.mkstemp(
            dir=self.keys, prefix=f".{path.name}.", suffix=f".{os.getpid()}"
        )
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(secret)
            try:
                os.link(draft, path)  # whole, and only where no key is yet
            except FileExistsError:  # another process was first: its key is ours
                return
        finally:
            Path(draft).unlink(missing_ok=True)
        _show(key, public)


def _show(key: Ed25519PrivateKey, public: Path) -> None:
    shown = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    with replacing(public) as draft:
        draft.write_bytes(shown)


def _public_key(path: Path) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(path.read_bytes())
    except ValueError as problem:
        raise InputError(f"{path} is no Ed25519 public key: restore it.") from problem
    if not isinstance(key, Ed25519PublicKey):
        raise InputError(f"{path} is no Ed25519 public key: restore it.")
    return key
