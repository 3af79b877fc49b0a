"""The law as people read it: every value, rule, card and act of a day, ready for JSON.

What stands here only shows the files of the law; nothing is computed with it.
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from features.errors import ParameterNotInForce
from models.law.files import plain
from models.law.parameters import Edition, Law, Parameter, in_force, parameters
from models.law.poverty_line import poverty_line
from models.law.version import begun_actions, begun_programmes


def describe(day: date, folder: Path | None = None) -> list[dict[str, Any]]:
    """Return the law of a day for reading: one entry per value, rule, card, programme and act.

    Each entry has ``kind`` and ``name``, what is in force and since when, its source with
    the act's title, whether it is assumed, and the doubts. What has no value on the day
    is left out. Ready for JSON.
    """
    law = Law(day, folder)
    acts = law.acts
    entries = [_parameter_entry(p, day) for p in parameters(folder).values() if p.in_force(day)]
    for kind, read in (
        ("policy", _policy_of),
        ("hard_rule", _hard_rule_of),
        ("scorecard", _card_of),
        ("targeted_assistance", _assistance_of),
    ):
        try:
            entries.append({"kind": kind, **read(law)})
        except ParameterNotInForce:
            continue
    entries += [
        {"kind": "red_flag", "name": f["code"], "assumed": f["status"] != "published", **f}
        for f in law.red_flags
    ]
    entries += [
        {"kind": "right", "name": code, **in_force(code, right["editions"], day)}
        for code, right in law.files.rights["rights"].items()
        if right["editions"][0]["since"] <= day
    ]
    entries += _help_of(law)
    for entry in entries:
        act = acts[entry["source"]["act"].partition(":")[0]]
        entry["source"] = {**entry["source"], "title": act["title"], "status": act["status"]}
    entries += [
        {"kind": "act", "name": key, "assumed": act["status"] == "assumed", **act}
        for key, act in acts.items()
    ]
    return [plain(entry) for entry in entries]


def every_edition(folder: Path | None = None) -> list[dict[str, Any]]:
    """Return every edition of every parameter, oldest first, ready for JSON."""
    return [
        plain(_edition_entry(parameter, edition))
        for parameter in parameters(folder).values()
        for edition in parameter.editions
    ]


def _policy_of(law: Law) -> dict[str, Any]:
    return {
        "name": law.policy.policy,
        **in_force("decision_policy", law.files.rules["decision_policy"]["editions"], law.day),
    }


def _hard_rule_of(law: Law) -> dict[str, Any]:
    return {"name": "category_6", **law.hard_rule}


def _card_of(law: Law) -> dict[str, Any]:
    card = law.scorecard
    return {"name": law.policy.scorecard, "assumed": card["status"] == "assumed", **card}


def _help_of(law: Law) -> list[dict[str, Any]]:
    """Return the programmes and actions of the day; before the first, nothing is out of scope.

    Each carries the conditions it names, and a programme what was published of it.
    """
    file = law.programmes
    begun = begun_programmes(law.files, law.day)
    programmes: list[dict[str, Any]] = [
        {"kind": "programme", "name": code, "title": file["programmes"][code]["name"], **kept[-1]}
        | {
            "conditions": _named(kept[-1]["requires"], file["conditions"]),
            "published": [p for p in file["published"] if p["service"] == code],
        }
        for code, kept in begun.items()
    ]
    if programmes:
        programmes += [
            {"kind": "out_of_scope", "name": name, "assumed": False, **group}
            for name, group in file["out_of_scope"].items()
        ]
    actions = begun_actions(law.files, law.day)
    return programmes + [
        {**raw, "kind": "action", "name": code, "help": raw["kind"], "title": raw["name"]}
        | {"conditions": _named(raw["requires"], law.actions["conditions"])}
        for code, raw in actions.items()
    ]


def _named(requires: list[Any], conditions: Mapping[str, Any]) -> dict[str, Any]:
    """Return the conditions that a list of requirements names, by code."""
    groups = [r["any"] if isinstance(r, Mapping) else [r] for r in requires]
    return {code: conditions[code] for codes in groups for code in codes}


def _assistance_of(law: Law) -> dict[str, Any]:
    editions = law.files.rules["targeted_assistance"]["editions"]
    entry = {
        "name": "targeted_assistance",
        "about": law.files.rules["targeted_assistance"]["about"],
        **in_force("targeted_assistance", editions, law.day),
    }
    try:
        line = poverty_line(law)
    except ParameterNotInForce:
        return {**entry, "line_of_the_country": None}
    return {**entry, "line_of_the_country": {"amount": line.amount, "stands_in": line.stands_in}}


def _parameter_entry(parameter: Parameter, day: date) -> dict[str, Any]:
    return _edition_entry(parameter, parameter.at(day))


def _edition_entry(parameter: Parameter, edition: Edition) -> dict[str, Any]:
    source = edition.source
    return {
        "kind": "parameter",
        "name": parameter.name,
        "about": parameter.about,
        "unit": parameter.unit,
        "since": edition.since,
        "until": edition.until,
        "known_until": edition.known_until,
        "value": edition.value,
        "by": parameter.by,
        "values": edition.values or None,
        "assumed": edition.assumed,
        "doubt": edition.doubt,
        "source": {
            "act": source.act,
            "article": source.article,
            "url": source.url,
            "checked": source.checked,
        },
    }
