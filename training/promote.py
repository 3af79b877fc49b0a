"""Whether a candidate may serve: gates, each with a verdict, a number and a reason.

PASS, FAIL, UNKNOWN (too little evidence) or NOT_APPLICABLE (nothing of the kind is there).
UNKNOWN is not PASS and blocks. A person may pass a gate of quality by a recorded word that is
shown wherever the model is shown; a broken signature, a golden prediction that differs or a
category that the model moved nobody can pass.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from features.errors import InputError, NoSuchModel
from features.files.whole import write_durably
from features.progress import Progress, silent
from features.registers.snapshot import Snapshot
from models.bundles import aliases, bundle, loading, signing, trial
from models.bundles.home import Home
from models.learned.predict import Models
from models.writing import version_shown
from training.gates import blast_radius, effects, preregistration, promises, quality, structure
from training.gates.blast_radius import Radius
from training.gates.directions import boosters
from training.gates.preregistration import Preregistration
from training.gates.verdict import Gate, Verdict, gate, hard
from training.record import known_snapshots
from training.registry import Registry

_AFTER_SIGNATURE: Final = (
    "golden_predictions",
    "random_arm",
    "quality",
    "calibration",
    "guarantee_flags",
    "guarantee_amounts",
    "guarantee_categories",
    "groups",
    "directions",
    "leaves",
    "preregistered",
    "blast_radius",
    "off_switch",
)
"""Every gate behind the signature, in the order in which they are asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """What every gate said, and whether the alias moved.

    ``override`` is the word that was needed now; ``shown`` the version as people are shown it,
    with the words of this and of earlier promotions.
    """

    version: str
    shown: str
    alias: str
    gates: tuple[Gate, ...]
    override: str | None
    promoted: bool

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateVerdicts:
    """The answers of all gates, and what they were asked about.

    ``manifest_sha256`` is "" where the signature is not right; ``radius`` says who would be
    touched, None where that could not be measured.
    """

    gates: tuple[Gate, ...]
    manifest_sha256: str
    radius: Radius | None = None


def promote(
    version: str,
    *,
    home: Home,
    override: str | None,
    alias: str = "champion",
    on: Path | None = None,
    registered: Path | None = None,
    when: datetime,
    progress: Progress = silent,
) -> Promotion:
    """Ask every gate; if all say PASS, or a person gives a reason, let the alias move.

    ``on`` is the snapshot on which the candidate is compared with the champion; by default
    the newest one that it was trained on, if this home knows where it lies. ``registered``
    is the pre-registration of the run.

    Raises ``NoSuchModel`` for a version that was never trained and ``InputError`` when
    MLflow does not answer: then nothing changes. The word of a person, once given, is kept
    in the signed aliases, the ledger and MLflow, even where every gate would have passed.
    """
    if alias not in aliases.ALIASES:
        raise InputError(f"{alias!r} is no alias: use {' or '.join(aliases.ALIASES)}.")
    if override is not None and not override.strip():
        raise InputError("An override needs a reason: it is shown wherever the model is shown.")
    folder = home.bundles / version
    if not version.isdigit() or not folder.is_dir():
        raise NoSuchModel(f"There is no model version {version!r}. Run `tarazy train` first.")
    given = None if registered is None else preregistration.read(registered)
    snapshot = None if on is None else Snapshot.open(on)
    registry = Registry(home)
    registry.knows(version)
    answered = ask_gates(folder, home, on=snapshot, registered=given, progress=progress)
    closed = [g for g in answered.gates if g.verdict.blocks]
    passed = not closed or (override is not None and all(g.may_be_overridden for g in closed))
    used = override.strip() if override is not None and passed else None
    if answered.radius is not None:
        keep(answered.radius, home.artefacts / f"version-{version}", home)
    stands = aliases.read(home)
    verdicts = {f"gate.{g.name}": str(g.verdict) for g in answered.gates}
    if passed:
        numbers = {name: each.version for name, each in stands.names.items()}
        tags = {"override": used or "none", "taken_back": "none"}
        registry.alias(numbers | {alias: version}, version, verdicts | tags)
        stands = aliases.write(
            home, alias, version, answered.manifest_sha256, override=used, when=when
        )
    else:
        doubts = ", ".join(f"{g.name} {g.verdict}" for g in closed)
        why = f"{when.isoformat(timespec='seconds')} as {alias}: {doubts}"
        registry.refuse(version, verdicts | {"refused": why})
    promotion = Promotion(
        version=version,
        shown=version_shown(version, stands.standing(version, answered.manifest_sha256).override),
        alias=alias,
        gates=answered.gates,
        override=used,
        promoted=passed,
    )
    _remember(home.bundles / "ledger.jsonl", promotion, answered.manifest_sha256, when)
    return promotion


def ask_gates(
    folder: Path,
    home: Home,
    *,
    on: Snapshot | None = None,
    registered: Preregistration | None = None,
    progress: Progress = silent,
) -> GateVerdicts:
    """Ask every gate of a bundle.

    The gates of quality read the manifest only after its signature was found right.
    """
    try:
        verified = bundle.verify(folder, home.public_key())
    except NoSuchModel as problem:
        unsigned = hard("signature", Verdict.FAIL, None, str(problem))
        return GateVerdicts(gates=(unsigned, *_not_judged(0)), manifest_sha256="")
    signature = hard(
        "signature",
        Verdict.PASS,
        None,
        "signed by this home's key; every file has the hash that was signed",
    )
    try:
        trial.in_child(folder, verified.manifest_sha256)
        models = bundle.assemble(verified)
    except NoSuchModel as problem:
        broken = hard("golden_predictions", Verdict.FAIL, None, str(problem))
        gates = (signature, broken, *_not_judged(1))
        return GateVerdicts(gates=gates, manifest_sha256=verified.manifest_sha256)
    golden = hard(
        "golden_predictions", Verdict.PASS, 0, "repeated to the last bit in another process"
    )
    radius, missing = _radius(models, home, on, progress)
    gates = (
        signature,
        golden,
        *of_metrics(verified.manifest),
        *structure.of_trees(models, boosters(models)),
        preregistration.preregistered(verified.manifest, registered),
        effects.blast_radius(radius, missing),
        effects.off_switch(radius, missing),
    )
    return GateVerdicts(gates=gates, manifest_sha256=verified.manifest_sha256, radius=radius)


def of_metrics(manifest: Mapping[str, Any]) -> tuple[Gate, ...]:
    """Ask the gates that read what was measured at training."""
    metrics = manifest["metrics"]
    families = (manifest.get("certificate") or {}).get("population")
    return (
        quality.random_arm(metrics),
        quality.quality(metrics, families),
        promises.calibration(metrics),
        promises.flags(manifest.get("certificate")),
        promises.amounts(metrics),
        promises.categories(metrics),
        promises.groups(metrics),
    )


def keep(radius: Radius, folder: Path, home: Home) -> Path:
    """Write who would be touched as ``blast_radius.json``, signed beside it (R8)."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(radius.as_json(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    path = folder / "blast_radius.json"
    write_durably(path, text.encode())
    signing.sign(text.encode(), path.with_suffix(".sig"), home.signing_key())
    return path


def _radius(
    models: Models, home: Home, on: Snapshot | None, progress: Progress
) -> tuple[Radius | None, str]:
    """Measure who would be touched beside the champion; or say why that cannot be told."""
    newest = max(models.manifest["trained_on"], key=lambda each: str(each["as_of"]))
    snapshot = on or known_snapshots.find(home, newest["digest"])
    if snapshot is None:
        return None, (
            f"the snapshot it was trained on ({newest['digest'][:12]}… of {newest['as_of']}) is "
            "not where it was: pass --on SNAP"
        )
    try:
        serving = aliases.read(home).names.get("champion")
        champion = None if serving is None else loading.load(home, "champion")
    except NoSuchModel as problem:
        return None, f"the champion cannot be read, so nothing can be compared with it: {problem}"
    trained_here = snapshot.digest == newest["digest"]
    day = date.fromisoformat(models.manifest["as_of"]) if trained_here else snapshot.as_of
    return blast_radius.measured(
        snapshot, as_of=day, before=champion, after=models, progress=progress
    ), ""


def _not_judged(behind: int) -> tuple[Gate, ...]:
    return tuple(
        gate(n, Verdict.UNKNOWN, None, "not asked: a gate before it failed")
        for n in _AFTER_SIGNATURE[behind:]
    )


def _remember(path: Path, promotion: Promotion, manifest_sha256: str, when: datetime) -> None:
    """Add one line to the ledger of what was asked and what was decided; nothing is rewritten."""
    line = json.dumps(
        {"when": when.isoformat(timespec="seconds"), "manifest_sha256": manifest_sha256}
        | promotion.to_dict(),
        ensure_ascii=False,
        sort_keys=True,
    )
    with path.open("a", encoding="utf-8") as ledger:
        ledger.write(line + "\n")
        ledger.flush()
        os.fsync(ledger.fileno())
