"""The trial of a bundle: another process reads it first and repeats its golden predictions.

A crash of the parser, which no exception can catch, ends that process only.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from features.errors import NoSuchModel
from models.bundles import bundle, golden
from models.bundles.signing import sha256

_PATIENCE: Final = 120
"""Seconds that the child may take to read a bundle."""
_CHILD: Final = """
import sys
sys.modules["pandas"] = sys.modules["sklearn"] = None
from models.bundles.trial import verdict
sys.exit(verdict(*sys.argv[1:]))
"""
"""What the child runs. LightGBM imports pandas and scikit-learn where it can and needs
neither to predict; without them the trial takes two seconds less."""


def in_child(folder: Path, manifest_sha256: str) -> None:
    """Let another process read the bundle and repeat its golden predictions.

    A crash of the parser, which no exception can catch, ends the child only.
    """
    root = str(Path(__file__).resolve().parents[2])
    inherited = os.environ.get("PYTHONPATH")
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([root, inherited] if inherited else [root]),
        "OMP_NUM_THREADS": "1",
        "POLARS_MAX_THREADS": "1",
    }
    try:
        child = subprocess.run(
            [sys.executable, "-c", _CHILD, str(folder), manifest_sha256],
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired as problem:
        raise NoSuchModel(
            f"Model version {folder.name} could not be read within {_PATIENCE} s: train it again."
        ) from problem
    if child.returncode < 0:
        raise NoSuchModel(
            f"Model version {folder.name} is signed but broken: the process that read it first "
            f"was killed by signal {-child.returncode}. Train it again."
        )
    if child.returncode:
        reason = child.stderr.strip().splitlines()[-1:] or ["no reason given"]
        raise NoSuchModel(f"Model version {folder.name} failed its trial: {reason[0]}")


def verdict(place: str, manifest_sha256: str) -> str | None:
    """Read a bundle and repeat its golden predictions; return what is wrong, or nothing.

    Meant for a process of its own: it reads a booster that nobody has read before.
    """
    folder = Path(place)
    content = (folder / "manifest.json").read_bytes()
    if sha256(content) != manifest_sha256:
        return "its manifest changed while it was being read."
    try:
        models = bundle.assemble(bundle.hashed(folder, content))
    except NoSuchModel as problem:
        return str(problem)
    wrong = golden.differences(models, models.manifest["golden"])
    return f"{wrong} golden predictions differ from those it was signed with." if wrong else None
