"""What a run was made of: data by hash, code by commit, libraries and features."""

import hashlib
import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from features.catalogue import FEATURES
from features.registers.snapshot import Snapshot
from models.learned.inputs import declared_inputs, digest, named
from training.gates import preregistration

_ROOT: Final = Path(__file__).resolve().parents[2]
_NAME: Final = re.compile(r"^[A-Za-z0-9._-]+")
_PATIENCE: Final = 10
"""Seconds that git may take to name a commit."""


def data(snapshots: Sequence[Snapshot]) -> list[dict[str, Any]]:
    """Return the hashes of each snapshot: of the whole, of each partition, of the labels.

    A partition's is the SHA-256 over its files' hashes by register.
    """
    return [
        {
            "as_of": s.as_of.isoformat(),
            "digest": s.digest,
            "households": s.households,
            "partitions": [
                {
                    "name": part["name"],
                    "households": part["households"],
                    "sha256": _of_files(part["files"]),
                }
                for part in s.manifest["partitions"]
            ],
            "labels": {name: entry["sha256"] for name, entry in s.manifest["learning"].items()},
        }
        for s in snapshots
    ]


def code() -> dict[str, Any]:
    """Return the version of the code, and its commit where it runs from its own repository.

    ``changed`` says whether the tree differed from the commit; both are null elsewhere.
    """
    try:
        version = metadata.version("tarazy")
    except metadata.PackageNotFoundError:
        version = "not installed"
    # An installed copy may lie inside somebody else's repository, whose commit says nothing.
    if _git("ls-files", "--error-unmatch", "training/record/provenance.py") is None:
        return {"version": version, "commit": None, "changed": None}
    return {
        "version": version,
        "commit": _git("rev-parse", "HEAD"),
        "changed": bool(_git("status", "--porcelain", "--untracked-files=no")),
    }


def libraries() -> dict[str, str]:
    """Return the installed version of every library that the project names as its need."""
    try:
        named_needs = metadata.requires("tarazy") or []
    except metadata.PackageNotFoundError:
        return {}
    versions = {}
    for need in named_needs:
        name = _NAME.match(need)
        if name is None or "extra ==" in need:
            continue
        try:
            versions[name[0]] = metadata.version(name[0])
        except metadata.PackageNotFoundError:  # not needed on this platform
            continue
    return dict(sorted(versions.items()))


def features(names: Sequence[str]) -> dict[str, Any]:
    """Return what the models read, each by how it is made, with one digest over all."""
    known = {i.name for i in declared_inputs()}
    inputs = {i.name: i.described() for i in named(n for n in names if n in known)}
    return {
        "digest": digest(names),
        "features": [
            inputs.get(name, {"name": name})
            | {
                "about": FEATURES[name].about,
                "basis": FEATURES[name].basis,
                "digest": digest([name]),
            }
            for name in sorted(names)
        ],
    }


def preregistered(path: Path | None) -> dict[str, Any] | None:
    """Read what was promised before the run: metrics and bounds, with the hash of the file.

    Raises ``InputError`` where the file is no JSON or bounds no metric by a number.
    """
    if path is None:
        return None
    promised = preregistration.read(path)
    return {
        "sha256": promised.sha256,
        "content": {
            "registered_on": promised.registered_on.isoformat(),
            "metrics": {name: dict(bound) for name, bound in promised.metrics.items()},
        },
    }


def _of_files(files: Mapping[str, Mapping[str, Any]]) -> str:
    hashes = json.dumps({name: entry["sha256"] for name, entry in files.items()}, sort_keys=True)
    return hashlib.sha256(hashes.encode()).hexdigest()


def _git(*words: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(_ROOT), *words],
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
