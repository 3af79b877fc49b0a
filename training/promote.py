"""Whether a candidate may serve: gates, each with a verdict, a number and a reason.

PASS, FAIL or UNKNOWN (too little evidence). UNKNOWN is not PASS and blocks. A person may
pass a gate of quality by a recorded word that is shown wherever the model is shown; a
broken signature or a golden prediction that differs nobody can pass.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from features.errors import InputError, NoSuchModel
from models import aliases, bundle
from models.home import Home
from training.directions import violations
from training.labels import FEWEST_RANDOM
from training.registry import Registry

_WIDEST: Final = 2.0
"""A calibration slope whose interval reaches beyond one half or two says too little."""


class Verdict(StrEnum):
    """What a gate says."""

    PASS = "PASS"
    FAIL = "FAIL"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One question that a candidate must answer, and its answer."""

    name: str
    verdict: Verdict
    number: float | None
    why: str
    may_be_overridden: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """What every gate said, and whether the alias moved."""

    version: str
    alias: str
    gates: tuple[Gate, ...]
    override: str | None
    promoted: bool

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)


def promote(
    version: str,
    *,
    home: Home,
    override: str | None,
    alias: str = "champion",
    when: datetime,
) -> Promotion:
    """Ask every gate; if all say PASS, or a person gives a reason, let the alias move.

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
    registry = Registry(home)
    registry.knows(version)
    gates, manifest_sha256 = asked(folder, home)
    closed = [g for g in gates if g.verdict is not Verdict.PASS]
    passed = not closed or (override is not None and all(g.may_be_overridden for g in closed))
    used = override.strip() if override is not None and passed else None
    if passed:
        tags = {f"gate.{g.name}": str(g.verdict) for g in gates}
        registry.alias(alias, version, tags | {"override": used or "none"})
        aliases.write(home, alias, version, manifest_sha256, override=used, when=when)
    promotion = Promotion(version=version, alias=alias, gates=gates, override=used, promoted=passed)
    _remember(home.bundles / "ledger.jsonl", promotion, manifest_sha256, when)
    return promotion


def asked(folder: Path, home: Home) -> tuple[tuple[Gate, ...], str]:
    """Ask every gate of a bundle; also return the hash of its manifest ("" if unsigned).

    The gates of quality read the manifest only after its signature was found right.
    """
    try:
        found = bundle.verify(folder, home.public_key())
    except NoSuchModel as problem:
        return (_unsigned(str(problem)), *_not_asked()), ""
    signature = Gate(
        name="signature", verdict=Verdict.PASS, number=None, may_be_overridden=False,
        why="signed by this home's key; every file has the hash that was signed",
    )  # fmt: skip
    try:
        bundle.try_in_child(folder, found.manifest_sha256)
        models = bundle.assemble(found)
    except NoSuchModel as problem:
        broken = Gate(
            name="golden_predictions", verdict=Verdict.FAIL, number=None, why=str(problem),
            may_be_overridden=False,
        )  # fmt: skip
        return (signature, broken, *_not_asked()[1:]), found.manifest_sha256
    golden = Gate(
        name="golden_predictions", verdict=Verdict.PASS, number=0, may_be_overridden=False,
        why="repeated to the last bit in another process",
    )  # fmt: skip
    metrics = found.manifest["metrics"]
    wrong = violations(models, found.manifest["golden"])
    return (
        signature,
        golden,
        random_arm(metrics),
        quality(metrics),
        calibration(metrics),
        Gate(
            name="directions",
            verdict=Verdict.FAIL if wrong else Verdict.PASS,
            number=wrong,
            why="predictions that moved against a declared direction on made-up families",
        ),
    ), found.manifest_sha256


def random_arm(metrics: Mapping[str, Any]) -> Gate:
    """Say whether enough families were inspected at random for anything to be said."""
    labels = metrics["random_arm"]["labels"]
    if not labels:
        return _gate("random_arm", Verdict.UNKNOWN, labels, metrics["random_arm"]["why_no_auc"])
    if labels < FEWEST_RANDOM:
        why = f"random inspections, too few to tell: at least {FEWEST_RANDOM} are needed"
        return _gate("random_arm", Verdict.UNKNOWN, labels, why)
    return _gate("random_arm", Verdict.PASS, labels, "random inspections")


def quality(metrics: Mapping[str, Any]) -> Gate:
    """Say whether it ranks better than the better logistic regression on the same families."""
    said = metrics["auc_above_logistic_regression"]
    what = "AUC above a logistic regression's on the random inspections"
    if said is None or said["value"] is None:
        why = f"{what}: no random inspections of both kinds to tell"
        return _gate("quality", Verdict.UNKNOWN, None, why)
    if said.get("than") == "logistic_regression_with_gap":
        what = what.replace("regression's", "regression's that is given the gap,")
    interval = f"{what}: 95 % interval {said['low']:.3f} to {said['high']:.3f}"
    if said["low"] > 0:
        return _gate("quality", Verdict.PASS, said["value"], interval)
    if said["high"] < 0:
        return _gate("quality", Verdict.FAIL, said["value"], f"{interval}: it is worse")
    return _gate("quality", Verdict.UNKNOWN, said["value"], f"{interval} holds zero")


def calibration(metrics: Mapping[str, Any]) -> Gate:
    """Say whether the probabilities mean what they say."""
    said = metrics["hidden_income"]
    if said is None:
        return _gate("calibration", Verdict.UNKNOWN, None, "no random inspections to tell")
    slope, intercept = said["calibration_slope"], said["calibration_intercept"]
    if slope["value"] is None or intercept["value"] is None:
        why = "the random inspections found one kind of family only"
        return _gate("calibration", Verdict.UNKNOWN, None, why)
    why = (
        f"slope {slope['low']:.2f} to {slope['high']:.2f}, "
        f"intercept {intercept['low']:.2f} to {intercept['high']:.2f}"
    )
    honest = slope["low"] <= 1 <= slope["high"] and intercept["low"] <= 0 <= intercept["high"]
    if not honest:
        return _gate("calibration", Verdict.FAIL, slope["value"], f"{why}: not 1 and 0")
    if slope["low"] < 1 / _WIDEST or slope["high"] > _WIDEST:
        return _gate("calibration", Verdict.UNKNOWN, slope["value"], f"{why}: too wide to tell")
    return _gate("calibration", Verdict.PASS, slope["value"], why)


def _gate(name: str, verdict: Verdict, number: float | None, why: str) -> Gate:
    return Gate(name=name, verdict=verdict, number=number, why=why)


def _unsigned(why: str) -> Gate:
    return Gate(
        name="signature", verdict=Verdict.FAIL, number=None, why=why, may_be_overridden=False
    )


def _not_asked() -> tuple[Gate, ...]:
    names = ("golden_predictions", "random_arm", "quality", "calibration", "directions")
    return tuple(
        _gate(n, Verdict.UNKNOWN, None, "not asked: a gate before it failed") for n in names
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
