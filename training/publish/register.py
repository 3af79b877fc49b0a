"""One record of a public algorithm register, made from the signed manifest and the authority."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import jsonschema

from features.errors import DeclarationError
from features.registers.declared import REGISTERS
from models.bundles.aliases import Standing
from training.evaluation import review_load
from training.evaluation.measures import Measure, measured
from training.publish.authority import DRAFT, MUST_FILL, declared, fields
from training.report import certificate_words

SCHEMA: Final = Path(__file__).parent / "register_record.schema.json"


def record(
    manifest: Mapping[str, Any],
    manifest_sha256: str,
    answers: Mapping[str, str],
    standing: Standing,
    when: datetime,
) -> dict[str, Any]:
    """Return the record, ready for JSON.

    Parameters
    ----------
    manifest : of the bundle, after its signature was verified.
    answers : the authority's answers by field (`authority.answers`).
    standing : the aliases that point to this version, and the words that let it pass gates.
    when : the moment of publication.
    """
    quoted = _quoted(manifest, standing)
    document: dict[str, Any] = {
        "format": 1,
        "published_on": when.date().isoformat(),
        "language": "en",
    }
    for section, name, field in fields():
        text = answers[name] if "asks" in field else field["text"].format(**quoted)
        document.setdefault(section, {})[name] = " ".join(text.split())
    preregistration = manifest["preregistration"]
    return document | {
        "risks": [
            {f"risk_{key}": risk[key] for key in ("name", "description", "mitigation")}
            for risk in declared()["risks"]
        ],
        "measured": [
            {"measure": m.name, "slice": m.slice, "value": m.value, "low": m.low, "high": m.high}
            for m in published(manifest)
        ],
        "provenance": {
            "version": manifest["version"],
            "manifest_sha256": manifest_sha256,
            "code_version": manifest["code"]["version"],
            "code_commit": manifest["code"]["commit"],
            "law_version": manifest["law"]["version"],
            "features_digest": manifest["features"]["digest"],
            "data": [
                {"as_of": s["as_of"], "sha256": s["digest"], "households": s["households"]}
                for s in manifest["trained_on"]
            ],
            "seed": manifest["seed"],
            "preregistration_sha256": preregistration["sha256"] if preregistration else None,
            "override": standing.override,
        },
        "authority_must_fill": [name for name, text in answers.items() if text == MUST_FILL],
    }


def drafted(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record that says of itself that it is a draft."""
    return {**record, "draft": DRAFT}


def published(manifest: Mapping[str, Any]) -> list[Measure]:
    """Return every number that is published: of the evaluation and of the flag's promise."""
    return measured(manifest["metrics"]) + measured({"certificate": manifest["certificate"]})


def check(document: Mapping[str, Any]) -> None:
    """Raise ``DeclarationError`` where the record is not as its schema says: ours to mend."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(
        schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    faults = [
        f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(document)
    ]
    if faults:
        raise DeclarationError("The register record breaks its schema: " + "; ".join(faults))


def page(document: Mapping[str, Any]) -> str:
    """Return the record in Markdown, for people."""
    name, day = document["overview"]["name"], document["published_on"]
    lines = (
        [f"# DRAFT: {name}", "", f"**{document['draft']}.** Made on {day}.", ""]
        if "draft" in document
        else [f"# {name}", "", f"Published on {day}.", ""]
    )
    if document["authority_must_fill"]:
        lines += [
            f"**{len(document['authority_must_fill'])} fields wait for the authority** and say "
            f"{MUST_FILL}.",
            "",
        ]
    section = ""
    for place, name, field in fields():
        if place != section:
            section = place
            lines += [f"## {place.replace('_', ' ').capitalize()}", ""]
        lines += [f"**{field['title']}.** {document[place][name]}", ""]
    lines += ["## Risks", ""]
    for risk in document["risks"]:
        lines += [f"**{risk['risk_name']}.** {risk['risk_description']} {risk['risk_mitigation']}"]
        lines += [""]
    lines += ["## Measured", "", "| measure | families | value | 95 % interval |"]
    lines += ["|---|---|---|---|", *(_row(m) for m in document["measured"]), ""]
    lines += ["## Provenance", ""]
    for name, value in document["provenance"].items():
        if name != "data":
            shown = "none" if value is None else value
            lines.append(f"* {name.replace('_', ' ')}: {shown}")
    lines += [
        f"* data of {d['as_of']}: {d['households']} families, sha256 {d['sha256']}"
        for d in document["provenance"]["data"]
    ]
    return "\n".join(lines) + "\n"


def _row(m: Mapping[str, Any]) -> str:
    value = "unknown" if m["value"] is None else f"{m['value']:.6g}"
    ends = "" if m["low"] is None else f"{m['low']:.6g} to {m['high']:.6g}"
    return f"| {m['measure'].replace('_', ' ')} | {m['slice'] or 'all'} | {value} | {ends} |"


def _quoted(manifest: Mapping[str, Any], standing: Standing) -> dict[str, str]:
    """Return what the texts of the record quote from the manifest."""
    certificate, baselines = manifest["certificate"], manifest["metrics"]["baselines"]
    read = sorted({r for each in manifest["inputs"] for r in each["registers"]})
    registers = [f"{name} ({REGISTERS[name].about.rstrip('.')})" for name in read]
    learning = sorted({name for s in manifest["data"] for name in s["labels"]})
    return {
        "version": manifest["version"],
        "baselines": ", ".join(name.replace("_", " ") for name in baselines)
        if baselines
        else "nothing, for no family was inspected at random",
        "boosters": ", ".join(
            f"{stage.replace('_', ' ')} {boosting['trees']} trees of {boosting['leaves']} leaves"
            for stage, boosting in manifest["hyperparameters"].items()
        ),
        "standing": _standing(standing),
        "flag": certificate_words.promise(certificate),
        "load": " ".join(review_load.words(manifest["review_load"]))
        if "review_load" in manifest
        else "",
        "registers": f"Read for every family: {'; '.join(registers)}. Read in training only: "
        f"{', '.join(learning)}.",
    }


def _standing(standing: Standing) -> str:
    word = standing.override
    passed = f" A person let it pass a gate: {word!r}." if word else ""
    if not standing.names:
        return f"Development: a candidate that serves nobody.{passed}"
    listed = [f"{name} since {alias.since[:10]}" for name, alias in sorted(standing.names.items())]
    phase = "Production" if "champion" in standing.names else "Development"
    return f"{phase}: {', '.join(listed)}.{passed}"
