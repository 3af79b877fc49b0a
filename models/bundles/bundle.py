"""A bundle: everything a model is, as text, hashed and signed.

LightGBM's text format is not a safe one: an edited index kills the process that reads it.
So signature and hashes are checked before anything is parsed, a child process reads the
bundle first and repeats its golden predictions, and only then does this process read it.
Nothing is ever unpickled.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from features.errors import NoSuchModel
from features.files.whole import creating_folder
from models.bundles import signing
from models.bundles.signing import sha256
from models.learned import trees
from models.learned.inputs import BESIDES_INPUTS, digest, named
from models.learned.predict import Models

FORMAT: Final = 2
REMEDY: Final = "Run `tarazy train` and `tarazy promote VERSION`."


@dataclass(frozen=True, slots=True)
class Verified:
    """The bytes of a bundle, after signature and hashes were found right."""

    manifest: dict[str, Any]
    manifest_sha256: str
    files: dict[str, bytes]


def texts(models: Models) -> dict[str, bytes]:
    """Return the boosters as LightGBM text files by name."""
    return {name: trees.as_text(b).encode() for name, b in models.boosters().items()}


def numbers(models: Models) -> dict[str, Any]:
    """Return what the models need besides the boosters, ready for the manifest."""
    return models.numbers() | {"features_digest": digest(models.reads | BESIDES_INPUTS)}


def write(folder: Path, models: Models, record: Mapping[str, Any], key: Ed25519PrivateKey) -> str:
    """Write a signed bundle; returns the hash of its manifest.

    Parameters
    ----------
    folder : becomes the bundle; it appears whole or not at all, and must not exist.
    models : what is bundled.
    told : everything else the manifest shall tell: what it was trained on, metrics,
        certificate, law editions, golden rows (`golden`).
    """
    files = texts(models)
    manifest = dict(record) | {
        "format": FORMAT,
        "version": models.version,
        "models": numbers(models),
        "inputs": [i.described() for i in named(sorted(models.reads))],
        "files": {name: sha256(content) for name, content in files.items()},
    }
    return write_files(folder, manifest, files, key)


def write_files(
    folder: Path, manifest: Mapping[str, Any], files: Mapping[str, bytes], key: Ed25519PrivateKey
) -> str:
    """Write manifest, files and signature to a folder that appears whole or not at all."""
    content = (
        json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False) + "\n"
    ).encode()
    with creating_folder(folder) as draft:
        for name, text in files.items():
            (draft / name).write_bytes(text)
        (draft / "manifest.json").write_bytes(content)
        signing.sign(content, draft / "manifest.sig", key)
    return sha256(content)


def verify(folder: Path, public_key: Ed25519PublicKey) -> Verified:
    """Check the signature, then every hash, before a single byte is parsed as a model."""
    path = folder / "manifest.json"
    if not path.is_file():
        raise NoSuchModel(f"{folder.name} holds no model bundle (no manifest.json). {REMEDY}")
    content = path.read_bytes()
    signing.check_signature(content, path.with_suffix(".sig"), public_key)
    return hashed(folder, content)


def assemble(verified: Verified, *, override: str | None = None) -> Models:
    """Build the models from verified bytes."""
    manifest = verified.manifest
    if manifest.get("format") != FORMAT:
        raise NoSuchModel(
            f"Model version {manifest.get('version')} has bundle format {manifest.get('format')}; "
            f"this release reads {FORMAT}. Train it again."
        )
    numbers = manifest["models"]
    models = Models.read(
        manifest["version"],
        numbers,
        lambda name: trees.from_text(verified.files[name].decode()),
        manifest | {"override": override, "manifest_sha256": verified.manifest_sha256},
    )
    if digest(models.reads | BESIDES_INPUTS) != numbers["features_digest"]:
        raise NoSuchModel(
            f"Model version {models.version} was trained on features that are defined otherwise "
            "today: train it again."
        )
    return models


def hashed(folder: Path, content: bytes) -> Verified:
    """Read the files of a manifest whose signature was checked, and check their hashes."""
    manifest = json.loads(content)
    files = {}
    for name, expected in manifest["files"].items():
        path = folder / Path(name).name
        content_read = path.read_bytes() if path.is_file() else b""
        if sha256(content_read) != expected:
            raise NoSuchModel(
                f"{folder.name}/{Path(name).name} is not the file that was signed (its hash "
                "differs): restore the bundle, or train again."
            )
        files[name] = content_read
    return Verified(manifest, sha256(content), files)
