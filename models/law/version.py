"""The version of the law of a day: its newest change, and a hash of everything that may count."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from models.law.files import LawFiles, dated

_NOTES: Final = frozenset({"about", "checked", "doubt", "fitted"})
"""What may be added without changing the law: left out of its version."""


def version_of(
    files: LawFiles,
    day: date,
    *,
    scorecard: Mapping[str, Any] | None,
    red_flags: tuple[Mapping[str, Any], ...],
) -> str:
    """Return ``law-DAY-HASH``: the day of the newest change by ``day``, and what has begun by it.

    ``scorecard`` and ``red_flags`` are those of the day. A value that holds for a time
    only changes the law twice: on its first day and on the day after its last.
    """
    begun: dict[str, Any] = {
        name: kept
        for name, content in dated(files).items()
        if (kept := [e for e in content["editions"] if e["since"] <= day])
    }
    days = [edition["since"] for kept in begun.values() for edition in kept]
    ended = {name: end for name, kept in begun.items() if (end := kept[-1].get("until"))}
    over = sorted(name for name, end in ended.items() if end < day)
    days += [ended[name] + timedelta(days=1) for name in over]
    begun["over"] = over
    begun["red_flags"] = list(red_flags)
    programmes, actions = begun_programmes(files, day), begun_actions(files, day)
    if programmes:
        begun["programmes"] = [programmes, files.programmes["conditions"]]
    if actions:
        begun["actions"] = [actions, files.actions["conditions"], files.actions["urgency"]]
    days += [edition["since"] for kept in programmes.values() for edition in kept]
    days += [action["since"] for action in actions.values()]
    if scorecard is not None:
        begun["scorecard"] = scorecard
        days.append(scorecard["since"])
    text = json.dumps(_canonical(begun), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    return f"law-{max(days, default=day)}-{digest}"


def begun_programmes(files: LawFiles, day: date) -> dict[str, list[Mapping[str, Any]]]:
    """Return by code the editions of each programme that have begun by the day, oldest first."""
    return {
        code: kept
        for code, programme in files.programmes["programmes"].items()
        if (kept := [e for e in programme["editions"] if e["since"] <= day])
    }


def begun_actions(files: LawFiles, day: date) -> dict[str, Mapping[str, Any]]:
    """Return by code the actions of the day."""
    return {
        code: raw
        for code, raw in files.actions["actions"].items()
        if raw["since"] <= day and (raw["until"] is None or day < raw["until"])
    }


def _canonical(value: Any) -> Any:
    """Return the law without notes; decimals as text, so that 0.2 and 0.20 are one number."""
    if isinstance(value, Mapping):
        return {k: _canonical(inner) for k, inner in value.items() if k not in _NOTES}
    if isinstance(value, list | tuple):
        return [_canonical(inner) for inner in value]
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if isinstance(value, date) else value
