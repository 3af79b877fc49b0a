"""The audit report: every number of it as one JSON object, in a folder that appears whole.

The page (`serving.audit.pages`) shows what stands here and computes nothing.
"""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl

from features.errors import InputError
from features.files.whole import replacing_folder
from features.progress import Progress, silent
from features.registers.snapshot import Snapshot
from models.decision.pipeline import versions
from models.law import described
from models.law.parameters import Law
from models.learned.predict import Models
from models.rules import red_flags
from models.rules.citations import lapsed_values, warnings_of
from serving.audit import comparison, looks, services, witnesses, yardsticks
from serving.audit.families import CELLS, Families, examples, look

KIND: Final = "tarazy-audit"
FORMAT: Final = 1
FILES: Final = frozenset({"index.html", "report.json"})
"""What an audit folder holds; a folder with anything else is not ours to replace."""


def audit(
    snapshot: Snapshot,
    *,
    as_of: date,
    models: Models | None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Compare the model with the rules on every family of a snapshot; returns the report.

    The same snapshot, day, law and model give the same report, byte for byte; the order
    of rows in the data does not matter. Raises LawLapsed for a day on which no decision may be
    made, before any work.
    """
    law = Law(as_of)
    lapsed_values(law)
    families = look(snapshot, models=models, law=law, progress=progress)
    return {
        "report": KIND,
        "format": FORMAT,
        "header": header(snapshot, models, law),
        **numbers(
            families,
            as_of=as_of,
            inspections=snapshot.learning("inspections"),
            survey=snapshot.learning("survey"),
        ),
    }


def numbers(
    families: Families,
    *,
    as_of: date,
    inspections: pl.DataFrame | None,
    survey: pl.DataFrame | None,
) -> dict[str, Any]:
    """Return every part of the report that is counted on families.

    ``inspections`` and ``survey`` are the learning registers as frames; None: not in the data.
    """
    table = families.table
    return {
        "households": table.height,
        "categories": comparison.categories(table),
        "flags": comparison.flags(table),
        "inspections": witnesses.random_inspections(table, inspections, as_of),
        "looks": None
        if families.looks is None
        else looks.section(families.looks, table, inspections, as_of),
        "survey": witnesses.surveyed(table, survey),
        "targeting": yardsticks.targeting(table, families.facts, survey),
        "targeted_assistance": comparison.targeted_assistance(table),
        "groups": comparison.groups(table),
        "places": comparison.places(table),
        "services": services.by_service(table, families.applications, Law(as_of)),
        **_illustrated(families),
    }


def header(snapshot: Snapshot, models: Models | None, law: Law) -> dict[str, Any]:
    """Return what the report is about: data, day, versions, and what is only assumed."""
    return {
        "snapshot": {
            "digest": snapshot.digest,
            "as_of": snapshot.as_of.isoformat(),
            "contract": snapshot.manifest["contract"],
            "households": snapshot.households,
            "silent_registers": list(snapshot.silent_on(law.day)),
        },
        "as_of": law.day.isoformat(),
        "versions": versions(law, models).as_json(),
        "model": None if models is None else _model(models, snapshot),
        "red_flags": [
            {"code": flag.code, "about": flag.about, "status": flag.status}
            for flag in red_flags.in_force(law)
        ],
        "assumed": assumptions(law.day),
        "warnings": warnings_of(snapshot, law),
    }


def assumptions(as_of: date) -> list[dict[str, Any]]:
    """Return what in the law on file is our assumption, with the doubt in words."""
    return [
        {"kind": e["kind"], "name": e["name"], "doubt": e.get("doubt") or e.get("about")}
        for e in described.describe(as_of)
        if e.get("assumed")
    ]


def key_numbers(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return the few numbers that a script or a person asks for first."""
    checked = report["inspections"]
    flags = checked["flags"]
    return {
        "as_of": report["header"]["as_of"],
        "households": report["households"],
        "model_version": report["header"]["versions"]["model"],
        "model_override": (report["header"]["model"] or {}).get("override"),
        "law_version": report["header"]["versions"]["law"],
        "directions": {
            name: direction["families"]
            for name, direction in report["categories"]["directions"].items()
        },
        "rule_inside_model_set": report["categories"]["rule_inside_model_set"],
        "flags": [
            {key: cell[key] for key in ("rule_flag", "model_flag", "families")}
            for cell in report["flags"]["cells"]
        ],
        "inspections": {
            "why_not": checked["why_not"],
            "random": checked["random"],
            "precision": {n: flags[n]["precision"] for n in ("rule_flag", "model_flag")}
            if flags
            else None,
            "recall": {n: flags[n]["recall"] for n in ("rule_flag", "model_flag")}
            if flags
            else None,
            "auc": checked["auc"],
        },
        "agreement": report["survey"]["agreement"],
        "measured_at_training": ((report["header"]["model"] or {}).get("metrics") or {}).get(
            "hidden_income"
        ),
        "model_has_seen_these_families": (report["header"]["model"] or {}).get("has_seen_families"),
    }


def may_take(out: Path) -> None:
    """Refuse a folder that holds anything else than an earlier audit, before any work is done."""
    if not out.exists():
        return
    if not out.is_dir():
        raise InputError(f"{out} is a file; --out names the folder of the report.")
    held = {path.name for path in out.iterdir()}
    if held and not (held <= FILES and _is_report(out / "report.json")):
        raise InputError(
            f"{out} holds something else than an audit report; only an earlier report is "
            "replaced. Choose another --out, or empty it first."
        )


def write(report: Mapping[str, Any], page: str, out: Path) -> None:
    """Write page and numbers to a folder that appears whole, or not at all."""
    may_take(out)
    with replacing_folder(out) as draft:
        text = json.dumps(report, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
        (draft / "report.json").write_text(text, encoding="utf-8")
        (draft / "index.html").write_text(page, encoding="utf-8")


def _model(models: Models, snapshot: Snapshot) -> dict[str, Any]:
    manifest = models.manifest
    trained_on = manifest.get("trained_on")
    return {
        "version": models.version,
        "override": models.override,
        "trained_on": trained_on,
        "has_seen_families": snapshot.digest in json.dumps(trained_on, default=str),
        "certificate": manifest.get("certificate"),
        "metrics": manifest.get("metrics"),
        "review_load": manifest.get("review_load"),
        "flags_anybody": models.threshold is not None,
        "flag_evidence": looks.evidence(models),
    }


def _illustrated(families: Families) -> dict[str, Any]:
    """Return the families that stand for each cell, and what was decided about them."""
    table, shown = families.table, set[int]()
    cells: dict[str, list[dict[str, Any]]] = {}
    for name, columns in CELLS.items():
        ids = examples(table, columns)
        shown.update(ids)
        chosen = table.filter(pl.col("household_id").is_in(ids)).select("household_id", *columns)
        place = {household: cell for household, *cell in chosen.rows()}
        grouped: dict[tuple[Any, ...], list[int]] = {}
        for household in ids:
            grouped.setdefault(tuple(place[household]), []).append(household)
        cells[name] = [
            {**dict(zip(columns, cell, strict=True)), "households": grouped[cell]}
            for cell in sorted(grouped, key=lambda c: tuple((v is None, v or 0) for v in c))
        ]
    return {
        "examples": cells,
        "families": {
            str(household): {
                key: value
                for key, value in families.answers[household].as_json().items()
                if key not in ("versions", "as_of", "law_version", "model_version")
            }
            for household in sorted(shown)
        },
    }


def _is_report(path: Path) -> bool:
    try:
        return bool(json.loads(path.read_bytes())["report"] == KIND)
    except (OSError, ValueError, KeyError, TypeError):
        return False
