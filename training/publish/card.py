"""The model card: a machine-learning bill of materials in CycloneDX, with every measured number.

The library writes everything but the card itself, which it does not model; the card is
put in by hand, and the whole is validated by the strict schema that the library brings.
"""

import copy
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Commit, Component, ComponentType, Pedigree
from cyclonedx.model.contact import OrganizationalEntity
from cyclonedx.model.dependency import Dependency
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from features.errors import DeclarationError
from models.bundles.aliases import Standing
from models.learned.predict import COLUMNS
from training.evaluation.measures import Measure
from training.publish.authority import DRAFT, MUST_FILL, declared
from training.publish.register import published
from training.report import certificate_words

UNKNOWN: Final = "unknown"
"""What stands for a number that the labels cannot give."""
_PERSONAL: Final = ("income", "property", "debts", "composition of the family", "disability")


def card(
    manifest: Mapping[str, Any],
    manifest_sha256: str,
    answers: Mapping[str, str],
    standing: Standing,
    when: datetime,
) -> dict[str, Any]:
    """Return the card as CycloneDX 1.6, ready for JSON; arguments as of `register.record`.

    Every number of the evaluation is a performance metric, on its slice and with its
    interval; a number that the labels cannot give is there as ``unknown``.
    """
    owner = OrganizationalEntity(name=answers["organisation"])
    model = Component(
        type=ComponentType.MACHINE_LEARNING_MODEL,
        name="tarazy",
        version=manifest["version"],
        bom_ref=f"tarazy-model-{manifest['version']}",
        description=" ".join(declared()["fields"]["overview"]["description"]["text"].split()),
        manufacturer=owner,
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=manifest_sha256)],
        pedigree=_pedigree(manifest["code"]),
        components=[
            Component(
                type=ComponentType.FILE,
                name=name,
                bom_ref=f"file-{name}",
                hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)],
            )
            for name, digest in manifest["files"].items()
        ],
    )
    libraries = [
        Component(
            type=ComponentType.LIBRARY,
            name=name,
            version=version,
            bom_ref=f"{name}@{version}",
            purl=PackageURL("pypi", None, name.lower(), version),
        )
        for name, version in manifest["libraries"].items()
    ]
    bom = Bom(
        serial_number=uuid.uuid5(uuid.NAMESPACE_URL, f"tarazy:{manifest_sha256}"),
        metadata=BomMetaData(
            component=model,
            timestamp=when,
            supplier=owner,
            properties=[Property(name="tarazy:legal_basis", value=answers["legal_basis"])],
        ),
        components=libraries,
        dependencies=[
            Dependency(model.bom_ref, [Dependency(each.bom_ref) for each in libraries]),
            *(Dependency(each.bom_ref) for each in libraries),
        ],
    )
    document: dict[str, Any] = json.loads(JsonV1Dot6(bom).output_as_string())
    document["metadata"]["component"]["modelCard"] = _card(manifest, answers, standing)
    return document


def drafted(model_card: Mapping[str, Any]) -> dict[str, Any]:
    """Return a card that says of itself, to people and to programs, that it is a draft."""
    drawn = copy.deepcopy(dict(model_card))
    component = drawn["metadata"]["component"]
    component["description"] = f"{DRAFT}. {component['description']}"
    component["modelCard"]["properties"].insert(0, {"name": "tarazy:draft", "value": DRAFT})
    return drawn


def check(document: Mapping[str, Any]) -> None:
    """Raise ``DeclarationError`` where the card is not as CycloneDX 1.6 wants it: ours to mend."""
    fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(document))
    if fault is not None:
        raise DeclarationError(
            f"The model card breaks the schema of CycloneDX 1.6: {str(fault).splitlines()[0][:200]}"
        )


def differences(document: Mapping[str, Any], manifest: Mapping[str, Any]) -> list[str]:
    """Return every number of the card that is not the evaluation's, and each that is missing."""
    model_card = document["metadata"]["component"]["modelCard"]
    shown = {
        (m["type"], m.get("slice")): (
            m["value"],
            m.get("confidenceInterval", {}).get("lowerBound"),
            m.get("confidenceInterval", {}).get("upperBound"),
        )
        for m in model_card["quantitativeAnalysis"]["performanceMetrics"]
    }
    measured = {(m.name, m.slice): (m.value, m.low, m.high) for m in published(manifest)}
    faults = [f"{_place(key)} is not in the card" for key in measured.keys() - shown.keys()]
    faults += [f"{_place(key)} was never measured" for key in shown.keys() - measured.keys()]
    for key in measured.keys() & shown.keys():
        if tuple(map(_number, shown[key])) != measured[key]:
            faults.append(f"{_place(key)} differs from the evaluation")
    return sorted(faults)


def _card(
    manifest: Mapping[str, Any], answers: Mapping[str, str], standing: Standing
) -> dict[str, Any]:
    texts = declared()
    measures = published(manifest)
    return {
        "modelParameters": {
            "approach": {"type": "supervised"},
            "task": "binary classification of hidden income; ordinal classification of welfare; "
            "regression of consumption and of the amount hidden",
            "architectureFamily": "gradient-boosted decision trees",
            "modelArchitecture": "LightGBM with monotone constraints",
            "datasets": list(_datasets(manifest, answers)),
            "inputs": [
                {"format": f"{i['name']}: {i['unit']}; of {', '.join(i['registers'])}"}
                for i in manifest["inputs"]
            ],
            "outputs": [{"format": f"{name}: {dtype}"} for name, dtype in COLUMNS.items()],
        },
        "quantitativeAnalysis": {"performanceMetrics": [_metric(m) for m in measures]},
        "considerations": {
            "users": texts["users"],
            "useCases": texts["uses"],
            "technicalLimitations": [*texts["limitations"], *_limits(manifest, standing)],
            "performanceTradeoffs": texts["tradeoffs"],
            "ethicalConsiderations": [
                {"name": r["name"], "mitigationStrategy": r["mitigation"]} for r in texts["risks"]
            ],
            "fairnessAssessments": [
                *(
                    {
                        "groupAtRisk": g["group"],
                        "benefits": g["benefits"],
                        "harms": g["harms"],
                        "mitigationStrategy": g["mitigation"],
                    }
                    for g in texts["groups_at_risk"]
                ),
                *_verdicts(measures),
            ],
        },
        "properties": list(_properties(manifest, answers, standing)),
    }


def _pedigree(code: Mapping[str, Any]) -> Pedigree:
    changed = " with changes that were not committed" if code["changed"] else ""
    notes = f"Code version {code['version']}{changed}."
    if code["commit"] is None:
        return Pedigree(notes=f"{notes} It ran outside its repository, so no commit is known.")
    return Pedigree(commits=[Commit(uid=code["commit"])], notes=notes)


def _datasets(manifest: Mapping[str, Any], answers: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    governance = {"owners": [{"organization": {"name": answers["organisation"]}}]}
    for s in manifest["data"]:
        hashes = {"sha256": s["digest"]}
        hashes |= {f"sha256 of {p['name']}": p["sha256"] for p in s["partitions"]}
        hashes |= {f"sha256 of {name}": digest for name, digest in s["labels"].items()}
        yield {
            "type": "dataset",
            "name": f"Snapshot of the registers of {s['as_of']}",
            "description": f"{s['households']} families, with inspections and survey; used for "
            "training and, by folds of families, for evaluation.",
            "sensitiveData": list(_PERSONAL),
            "contents": {"properties": [{"name": n, "value": v} for n, v in hashes.items()]},
            "governance": governance,
        }


def _metric(m: Measure) -> dict[str, Any]:
    metric: dict[str, Any] = {"type": m.name, "value": _text(m.value)}
    if m.slice is not None:
        metric["slice"] = m.slice
    if m.low is not None and m.high is not None:
        metric["confidenceInterval"] = {"lowerBound": _text(m.low), "upperBound": _text(m.high)}
    return metric


def _limits(manifest: Mapping[str, Any], standing: Standing) -> Iterator[str]:
    arm, certificate = manifest["metrics"]["random_arm"], manifest["certificate"]
    if arm["why_no_auc"]:
        yield f"Nothing is claimed of the quality of the detector: {arm['why_no_auc']}."
    yield certificate_words.promise(certificate)
    yield f"The promise of the flag holds {certificate['holds']}."
    yield from certificate_words.choices(certificate)
    for e in manifest["law"]["editions"]:
        if e["assumed"]:
            yield f"{e['name']} since {e['since']} is assumed ({e['act']}), not published as law."
    if standing.override:
        yield f"A person let this version pass a gate: {standing.override}"


def _verdicts(measures: Sequence[Measure]) -> Iterator[dict[str, str]]:
    """Tell of each group with a verdict that is not PASS; its numbers stand among the metrics."""
    by_group: dict[str, list[str]] = {}
    for m in measures:
        if m.verdict not in (None, "PASS") and m.slice is not None:
            by_group.setdefault(m.slice, []).append(f"{m.name}: verdict {m.verdict}")
    for group, verdicts in by_group.items():
        yield {
            "groupAtRisk": group,
            "harms": f"{'; '.join(verdicts)}. The figures stand among the metrics.",
            "mitigationStrategy": "UNKNOWN is no pass: it blocks a promotion but for a "
            "person's recorded word, and so does FAIL.",
        }


def _properties(
    manifest: Mapping[str, Any], answers: Mapping[str, str], standing: Standing
) -> Iterator[dict[str, str]]:
    promised, tuning = manifest["preregistration"], manifest["tuning"]
    properties = {
        "seed": manifest["seed"],
        "law_version": manifest["law"]["version"],
        "features_digest": manifest["features"]["digest"],
        "preregistration_sha256": promised["sha256"] if promised else "none",
        "tuning_trials_a_stage": tuning["trials_a_stage"] if tuning else 0,
        "override": standing.override or "none",
        "appeals_and_review": answers["appeals_and_review"],
        "authority_must_fill": ", ".join(n for n, t in answers.items() if t == MUST_FILL) or "none",
    }
    properties |= {
        f"hyperparameter:{stage}.{name}": value
        for stage, values in manifest["hyperparameters"].items()
        for name, value in values.items()
    }
    properties |= {
        f"law:{e['name']} since {e['since']}": f"{e['value']} ({e['act']}"
        f"{', assumed' if e['assumed'] else ''})"
        for e in manifest["law"]["editions"]
    }
    for name, value in properties.items():
        yield {"name": f"tarazy:{name}", "value": str(value)}


def _text(value: float | None) -> str:
    """Return a number as text that reads back to the same number."""
    if value is None:
        return UNKNOWN
    return str(int(value)) if value.is_integer() else repr(value)


def _number(text: str | None) -> float | None:
    return None if text is None or text == UNKNOWN else float(text)


def _place(key: tuple[str, str | None]) -> str:
    return key[0] if key[1] is None else f"{key[0]} of {key[1]}"
