"""Whether the run kept what was written down before it (R20).

A pre-registration is a JSON file: the day, and for each metric the bounds that it must
keep. Its hash goes into the signed manifest as the run begins, so that nobody can choose
the bounds after the result::

    {"registered_on": "2026-01-15",
     "metrics": {"hidden_income.auc": {"at_least": 0.75, "of": "low"},
                 "amounts.held": {"at_least": 0.85}}}

Names are paths into the manifest's metrics; ``of`` is ``value`` (default), ``low`` or ``high``.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from features.errors import InputError
from models.bundles.signing import sha256
from training.gates.verdict import Gate, Verdict, gate

_BOUNDS: Final = ("at_least", "at_most")
_ENDS: Final = ("value", "low", "high")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preregistration:
    """What was promised before the run, and the hash of the file that says so."""

    sha256: str
    registered_on: date
    metrics: Mapping[str, Mapping[str, Any]]


def read(path: Path) -> Preregistration:
    """Read a pre-registration; raises ``InputError`` that names the fault and the remedy."""
    try:
        content = path.read_bytes()
        registration = json.loads(content)
        day, bounds = date.fromisoformat(registration["registered_on"]), registration["metrics"]
    except FileNotFoundError:
        raise InputError(f"{path} does not exist: name the pre-registration of the run.") from None
    except OSError:
        raise InputError(
            f"{path} cannot be read: name the file that pre-registered the run, in JSON."
        ) from None
    except (ValueError, KeyError, TypeError) as problem:
        raise InputError(
            f'{path.name} is no pre-registration: it needs "registered_on", a day such as '
            '2026-01-15, and "metrics", bounds by the name of the metric.'
        ) from problem
    if not isinstance(bounds, dict) or not bounds or not all(map(_is_bound, bounds.values())):
        raise InputError(
            f'{path.name}: every metric needs numbers at_least or at_most, and "of" may be '
            f"one of {', '.join(_ENDS)}."
        )
    return Preregistration(sha256=sha256(content), registered_on=day, metrics=bounds)


def preregistered(manifest: Mapping[str, Any], given: Preregistration | None) -> Gate:
    """Say whether the file was registered before the run and each of its bounds was kept.

    The number counts the bounds that were missed.
    """
    name = "preregistered"
    recorded = (manifest.get("preregistration") or {}).get("sha256")
    if given is None:
        why = (
            "nothing was pre-registered before the run, so nothing can be checked against it"
            if recorded is None
            else f"the run was pre-registered ({recorded[:12]}…): pass --preregistration FILE"
        )
        return gate(name, Verdict.UNKNOWN, None, why)
    if recorded != given.sha256:
        other = "none" if recorded is None else f"another ({recorded[:12]}…)"
        why = (
            f"this file ({given.sha256[:12]}…) was not registered before the run: the manifest "
            f"names {other}"
        )
        return gate(name, Verdict.FAIL, None, why)
    missed, unknown = [], []
    for metric, bound in given.metrics.items():
        measured = _measured(manifest["metrics"], metric, bound.get("of", "value"))
        if measured is None:
            unknown.append(metric)
        elif not bound.get("at_least", measured) <= measured <= bound.get("at_most", measured):
            missed.append(f"{metric} is {measured:.4g}")
    bounds = f"{len(given.metrics)} bounds registered on {given.registered_on}"
    if missed:
        why = f"{len(missed)} of {bounds} missed: {', '.join(missed)}"
        return gate(name, Verdict.FAIL, len(missed), why)
    if unknown:
        why = f"none of {bounds} missed, but these were not measured: {', '.join(unknown)}"
        return gate(name, Verdict.UNKNOWN, 0, why)
    return gate(name, Verdict.PASS, 0, f"none of {bounds} missed")


def _measured(metrics: Mapping[str, Any], path: str, end: str) -> float | None:
    """Return a number of the metrics by its path; null: not measured, or not a number."""
    here: Any = metrics
    for step in path.split("."):
        here = here.get(step) if isinstance(here, Mapping) else None
    if isinstance(here, Mapping):
        here = here.get(end)
    return float(here) if _is_number(here) else None


def _is_bound(bound: Any) -> bool:
    if not isinstance(bound, dict) or not set(bound) <= {*_BOUNDS, "of"}:
        return False
    numbers = [bound[b] for b in _BOUNDS if b in bound]
    return bool(numbers) and all(map(_is_number, numbers)) and bound.get("of", "value") in _ENDS


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
