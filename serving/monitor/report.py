"""The monitor's report: what has changed, what was found, and whether anything must be done."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl

from features.errors import InputError
from features.files.whole import replacing_folder
from features.progress import Progress, silent
from features.registers.snapshot import Snapshot
from models.assessment import drift
from models.assessment.drift import Judged, Verdict
from models.bundles import aliases
from models.bundles.home import Home
from models.law.parameters import Law
from models.learned.predict import Models
from serving.monitor import changes, inspected, promises, record, wording
from serving.monitor.seen import Seen, look

KIND: Final = "tarazy-monitor"
FORMAT: Final = 1
_FILES: Final = frozenset({"index.html", "report.json"})


def monitor(
    reference: Snapshot,
    new: Snapshot,
    *,
    models: Models | None,
    home: Home,
    remember: bool = True,
    learned_until: date | None = None,
    decisions: pl.DataFrame | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Compare a new snapshot with a reference and look whether the model keeps its promises.

    Parameters
    ----------
    reference, new : each as of its own day; the reference is not the later one.
    models : the live model; None: rules alone, so no promise is watched.
    remember : write the new inspections to the model's record under ``home``. What was
        counted in earlier runs counts in any case.
    learned_until : the last day of inspections that the model learned from; None: what its
        manifest says (``labels_until``), and if it says nothing, whatever the reference holds.
    decisions : what `tarazy score` wrote before the inspections; None: decided again.

    Returns
    -------
    The report, ready for JSON. The same snapshots, model and record give the same bytes.
    """
    if reference.as_of > new.as_of:
        raise InputError(
            f"The reference is of {reference.as_of}, after the new snapshot of {new.as_of}: give "
            "the older one first."
        )
    manifest = {} if models is None else models.manifest
    given = None
    if decisions is not None:
        given = inspected.decided(decisions, None if models is None else models.version)
    before = look(reference, as_of=reference.as_of, models=models, progress=progress)
    after = look(new, as_of=new.as_of, models=models, progress=progress)
    moved_by_section = changes.between(before, after, manifest.get("reference"))
    report = {
        "report": KIND,
        "format": FORMAT,
        "header": _header(before, after, models, home),
        "changes": {
            name: [each.as_json() for each in part] for name, part in moved_by_section.items()
        },
        "summary": {name: _summary(part) for name, part in moved_by_section.items()},
        **_promises(
            models,
            home,
            before,
            after,
            registers={
                n: s.learning("inspections") for n, s in (("before", reference), ("after", new))
            },
            learned_until=learned_until or _day(manifest.get("labels_until")),
            decisions=given,
            remember=remember,
        ),
    }
    moved = drift.worst(each.verdict for part in moved_by_section.values() for each in part)
    crossed = [entry["question"] for entry in report["watch"] if entry["act"]]
    report["verdict"] = str(Verdict.ACT if crossed else moved)
    report["drift"] = str(moved)
    report["crossed"] = crossed
    report["action"] = _action(bool(crossed))
    report["words"] = wording.words(report)
    return report


def reason(report: Mapping[str, Any]) -> str:
    """Return why the model goes back to shadow, for the record that is kept and shown."""
    crossed = [entry for entry in report["watch"] if entry["act"]]
    return "monitor: " + "; ".join(wording.proof(entry) for entry in crossed)


def acted(report: Mapping[str, Any], when: str, not_mirrored: str | None) -> dict[str, Any]:
    """Return the report with the action noted.

    ``not_mirrored`` says why the ledger of experiments still shows what was; None: it does not.
    """
    noted = {**report, "action": _action(True, when, not_mirrored)}
    return {**noted, "words": wording.words(noted)}


def _action(
    back_to_shadow: bool, when: str | None = None, not_mirrored: str | None = None
) -> dict[str, Any]:
    return {
        "back_to_shadow": back_to_shadow,
        "done": when is not None,
        "when": when,
        "not_mirrored": not_mirrored,
    }


def may_take(out: Path) -> None:
    """Refuse a folder that holds anything else than an earlier report, before any work."""
    if not out.exists():
        return
    try:
        ours = {path.name for path in out.iterdir()} <= _FILES
        earlier = json.loads((out / "report.json").read_bytes()) if any(out.iterdir()) else None
        ours = ours and (earlier is None or earlier["report"] == KIND)
    except (OSError, ValueError, KeyError, TypeError):
        ours = False
    if not ours:
        raise InputError(
            f"{out} holds something else than a report of the monitor; only an earlier report is "
            "replaced. Choose another --out, or empty it first."
        )


def write(report: Mapping[str, Any], page: str, out: Path) -> None:
    """Write page and numbers to a folder that appears whole, or not at all."""
    may_take(out)
    with replacing_folder(out) as draft:
        text = json.dumps(report, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
        (draft / "report.json").write_text(text, encoding="utf-8")
        (draft / "index.html").write_text(page, encoding="utf-8")


def _promises(
    models: Models | None,
    home: Home,
    before: Seen,
    after: Seen,
    *,
    registers: Mapping[str, pl.DataFrame | None],
    learned_until: date | None,
    decisions: pl.DataFrame | None,
    remember: bool,
) -> dict[str, Any]:
    """Count the new inspections, and ask of all that were counted what they prove."""
    if models is None:
        return {"inspections": None, "kept": None, "watch": []}
    # As the model was calibrated; a bundle of before this was told is read by today's law.
    stated = (models.manifest.get("law") or {}).get("inspection_sensitivity")
    sensitivity = float(stated or Law(after.as_of).inspection_sensitivity)
    joined = inspected.joined(
        before,
        after,
        registers,
        learned_until=learned_until,
        decisions=decisions,
        sensitivity=sensitivity,
    )
    path = record.place(home, models)
    counted = record.read(path)
    added = record.continued(counted, inspected.as_lines(joined.rows), after.digest[:16])
    if remember:
        record.append(path, added)
    lines = [*counted, *added]
    certificate = models.manifest.get("certificate") or {}
    flags = models.threshold is not None
    promised = certificate.get("unconfirmed_at_most") if flags else None
    # A bundle of before this was told is held to its promise alone.
    refuted_above = certificate.get("refuted_above") or promised
    return {
        "inspections": {
            "register": registers["after"] is not None,
            "new": len(added),
            "counted": len(lines),
            "counted_before": len(counted),
            "until": max((line["inspected_on"] for line in lines), default=None),
            "remembered": remember,
            "learned_until": None if learned_until is None else learned_until.isoformat(),
            "left_out": joined.left_out,
            "sensitivity": sensitivity,
        },
        "kept": promises.kept(lines, promised),
        "watch": promises.watched(lines, promised, refuted_above),
    }


def _header(before: Seen, after: Seen, models: Models | None, home: Home) -> dict[str, Any]:
    sides = {
        name: {
            "digest": side.digest,
            "as_of": side.as_of.isoformat(),
            "households": side.table.height,
            "families_compared": len(side.inputs),
            "silent_registers": list(side.silent),
        }
        for name, side in (("reference", before), ("new", after))
    }
    if models is None:
        return {**sides, "model": None}
    digest = str(models.manifest.get("manifest_sha256"))
    standing = aliases.read(home).standing(models.version, digest)
    return {
        **sides,
        "model": {
            "version": models.version,
            "aliases": list(standing.names),
            "override": models.override,
            "trained_on": models.manifest.get("trained_on"),
            "as_of": models.manifest.get("as_of"),
            "flags_anybody": models.threshold is not None,
            "certificate": models.manifest.get("certificate"),
        },
    }


def _summary(part: Sequence[Judged]) -> dict[str, Any]:
    counts = {str(verdict): sum(e.verdict is verdict for e in part) for verdict in Verdict}
    return {
        "compared": len(part),
        **counts,
        "proven_but_small": sum(e.proven and e.verdict is Verdict.CALM for e in part),
    }


def _day(text: object) -> date | None:
    return date.fromisoformat(text) if isinstance(text, str) else None
