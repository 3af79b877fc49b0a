"""A bundle: everything a model is, as text, hashed and signed.

LightGBM's text format is not a safe one: an edited index kills the process that reads it.
So signature and hashes are checked before anything is parsed, a child process reads the
bundle first and repeats its golden predictions, and only then does this process read it.
Nothing is ever unpickled.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from features.catalogue import FEATURES
from features.errors import NoSuchModel
from features.whole_files import creating_folder
from models.bundles import aliases
from models.bundles.aliases import sha256
from models.bundles.home import Home
from models.law.parameters import Law
from models.learned import trees
from models.learned.consumption import ExpectedConsumption
from models.learned.hidden_income import Amounts, Calibration, HiddenIncome
from models.learned.inputs import BESIDES_INPUTS, digest, named
from models.learned.predict import COLUMNS, Models
from models.learned.review_capacity import ReviewBars
from models.learned.welfare import STEPS, Welfare

__all__ = ["Models", "load", "verify", "write"]

FORMAT: Final = 2
_REMEDY: Final = "Run `tarazy train` and `tarazy promote VERSION`."
_PATIENCE: Final = 120
"""Seconds that the child may take to read a bundle."""
_CHILD: Final = """
import sys
sys.modules["pandas"] = sys.modules["sklearn"] = None
from models.bundles.bundle import trial
sys.exit(trial(*sys.argv[1:]))
"""
"""What the child runs. LightGBM imports pandas and scikit-learn where it can and needs
neither to predict; without them the trial takes two seconds less."""
_FILES: Final = (
    "consumption.txt",
    "hidden_income.txt",
    "hidden_amount.txt",
    *(f"welfare_{step}.txt" for step in range(1, STEPS + 1)),
)


@dataclass(frozen=True, slots=True)
class Verified:
    """The bytes of a bundle, after signature and hashes were found right."""

    manifest: dict[str, Any]
    manifest_sha256: str
    files: dict[str, bytes]


def texts(models: Models) -> dict[str, bytes]:
    """Return the boosters as LightGBM text files by name."""
    boosters = (
        models.consumption.booster,
        models.hidden_income.detector,
        models.hidden_income.amounts.booster,
        *models.welfare.boosters,
    )
    return {name: trees.as_text(b).encode() for name, b in zip(_FILES, boosters, strict=True)}


def numbers(models: Models) -> dict[str, Any]:
    """Return what the models need besides the boosters, ready for the manifest."""
    hidden = models.hidden_income
    return {
        "consumption": {"inputs": [i.name for i in models.consumption.inputs]},
        "hidden_income": {
            "inputs": [i.name for i in hidden.inputs],
            "calibration": asdict(hidden.calibration),
            "spread": hidden.amounts.spread,
            "tails": list(hidden.tails),
            "unknown_high": hidden.unknown_high,
            "unknown_estimate": hidden.unknown_estimate,
            "threshold": models.threshold,
            "review_bars": models.review_bars.told(),
            "always_known": sorted(models.always_known),
        },
        "welfare": {
            "inputs": [i.name for i in models.welfare.inputs],
            "bar": models.welfare.bar,
            "silence": dict(models.welfare.silence),
        },
        "features_digest": digest(_read_by(models) | BESIDES_INPUTS),
    }


def write(folder: Path, models: Models, told: Mapping[str, Any], key: Ed25519PrivateKey) -> str:
    """Write a signed bundle; returns the hash of its manifest.

    Parameters
    ----------
    folder : becomes the bundle; it appears whole or not at all, and must not exist.
    models : what is bundled.
    told : everything else the manifest shall tell: what it was trained on, metrics,
        certificate, law editions, golden rows (`golden`).
    """
    files = texts(models)
    manifest = dict(told) | {
        "format": FORMAT,
        "version": models.version,
        "models": numbers(models),
        "inputs": [i.described() for i in named(sorted(_read_by(models)))],
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
        aliases.sign(content, draft / "manifest.sig", key)
    return sha256(content)


def verify(folder: Path, public_key: Ed25519PublicKey) -> Verified:
    """Check the signature, then every hash, before a single byte is parsed as a model."""
    path = folder / "manifest.json"
    if not path.is_file():
        raise NoSuchModel(f"{folder.name} holds no model bundle (no manifest.json). {_REMEDY}")
    content = path.read_bytes()
    aliases.check_signature(content, path.with_suffix(".sig"), public_key)
    return _hashed(folder, content)


def load(home: Home, name: str) -> Models:
    """Return the models behind an alias or a version, verified and tried out.

    Raises ``NoSuchModel`` with the remedy when there is none, when a byte differs from
    what was signed, when the alias was given to other bytes, when the features are no
    longer defined as in training, or when the child that reads it first does not survive.
    """
    override, pinned = None, None
    version = name
    if not re.fullmatch(r"\d{1,9}", name):
        names = aliases.read(home).names
        if name not in names:
            raise NoSuchModel(f"No model is promoted as {name!r}. {_REMEDY}")
        version, override, pinned = (
            names[name].version,
            names[name].override,
            names[name].manifest_sha256,
        )
    folder = home.bundles / version
    if not folder.is_dir():
        raise NoSuchModel(f"There is no model version {version}. {_REMEDY}")
    found = verify(folder, home.public_key())
    if pinned is not None and found.manifest_sha256 != pinned:
        raise NoSuchModel(
            f"Model version {version} is not the one that was promoted as {name!r}: its manifest "
            "has another hash. Promote it again, or restore the bundle."
        )
    if found.manifest["version"] != version:
        raise NoSuchModel(
            f"Folder {version} holds the bundle of version {found.manifest['version']}: "
            "restore the folders' names."
        )
    try_in_child(folder, found.manifest_sha256)
    return assemble(found, override=override)


def try_in_child(folder: Path, manifest_sha256: str) -> None:
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


def assemble(found: Verified, *, override: str | None = None) -> Models:
    """Build the models from verified bytes."""
    manifest = found.manifest
    if manifest.get("format") != FORMAT:
        raise NoSuchModel(
            f"Model version {manifest.get('version')} has bundle format {manifest.get('format')}; "
            f"this release reads {FORMAT}. Train it again."
        )
    told = manifest["models"]
    boosters = {name: trees.from_text(found.files[name].decode()) for name in _FILES}
    hidden = told["hidden_income"]
    models = Models(
        version=manifest["version"],
        consumption=ExpectedConsumption(
            named(told["consumption"]["inputs"]), boosters["consumption.txt"]
        ),
        hidden_income=HiddenIncome(
            inputs=named(hidden["inputs"]),
            detector=boosters["hidden_income.txt"],
            amounts=Amounts(
                booster=boosters["hidden_amount.txt"],
                spread=hidden["spread"],
            ),
            calibration=Calibration(**hidden["calibration"]),
            tails=tuple(hidden["tails"]),
            unknown_high=hidden["unknown_high"],
            unknown_estimate=hidden["unknown_estimate"],
        ),
        welfare=Welfare(
            inputs=named(told["welfare"]["inputs"]),
            boosters=tuple(boosters[f"welfare_{step}.txt"] for step in range(1, STEPS + 1)),
            bar=told["welfare"]["bar"],
            silence=told["welfare"]["silence"],
        ),
        threshold=hidden["threshold"],
        review_bars=ReviewBars.read(hidden.get("review_bars", {})),
        always_known=frozenset(hidden["always_known"]),
        manifest=manifest | {"override": override, "manifest_sha256": found.manifest_sha256},
    )
    if digest(_read_by(models) | BESIDES_INPUTS) != told["features_digest"]:
        raise NoSuchModel(
            f"Model version {models.version} was trained on features that are defined otherwise "
            "today: train it again."
        )
    return models


def golden(models: Models, rows: pl.DataFrame, as_of: date) -> dict[str, Any]:
    """Return synthetic families with what the models say of them, ready for the manifest."""
    cases = []
    for silent in ((), ("incomes",), ("loans", "vehicles")):
        said = models.predict(silenced(rows, silent), Law(as_of), silent)
        cases.append({"silent": list(silent), "expected": said.to_dicts()})
    return {"as_of": as_of.isoformat(), "rows": rows.to_dicts(), "cases": cases}


def golden_differences(models: Models, told: Mapping[str, Any]) -> int:
    """Return how many golden predictions the models do not repeat to the last bit."""
    schema = {"household_id": pl.Int64()} | {f.name: f.dtype for f in FEATURES.values()}
    rows = pl.DataFrame(told["rows"], schema=schema)
    law = Law(date.fromisoformat(told["as_of"]))
    wrong = 0
    for case in told["cases"]:
        said = models.predict(silenced(rows, case["silent"]), law, case["silent"])
        expected = pl.DataFrame(case["expected"], schema=COLUMNS)
        wrong += sum(a != b for a, b in zip(said.rows(), expected.rows(), strict=True))
    return wrong


def silenced(features: pl.DataFrame, silent: tuple[str, ...] | list[str]) -> pl.DataFrame:
    """Return the features as they are while these registers are silent."""
    gone = [f for f in FEATURES.values() if set(f.registers) & set(silent)]
    return features.with_columns(pl.lit(None, f.dtype).alias(f.name) for f in gone)


def _read_by(models: Models) -> set[str]:
    groups = (models.consumption.inputs, models.hidden_income.inputs, models.welfare.inputs)
    return {i.name for group in groups for i in group}


def _hashed(folder: Path, content: bytes) -> Verified:
    manifest = json.loads(content)
    files = {}
    for name, expected in manifest["files"].items():
        path = folder / Path(name).name
        found = path.read_bytes() if path.is_file() else b""
        if sha256(found) != expected:
            raise NoSuchModel(
                f"{folder.name}/{Path(name).name} is not the file that was signed (its hash "
                "differs): restore the bundle, or train again."
            )
        files[name] = found
    return Verified(manifest, sha256(content), files)


def trial(place: str, manifest_sha256: str) -> str | None:
    """Read a bundle and repeat its golden predictions; return what is wrong, or nothing.

    Meant for a process of its own: it reads a booster that nobody has read before.
    """
    folder = Path(place)
    content = (folder / "manifest.json").read_bytes()
    if sha256(content) != manifest_sha256:
        return "its manifest changed while it was being read."
    try:
        models = assemble(_hashed(folder, content))
    except NoSuchModel as problem:
        return str(problem)
    wrong = golden_differences(models, models.manifest["golden"])
    return f"{wrong} golden predictions differ from those it was signed with." if wrong else None
