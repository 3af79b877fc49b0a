"""The law on file, as the API and the pages show it."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from features.errors import TarazyError
from models.law import described, parameters
from models.law.lapse import lapsed
from models.law.parameters import Law
from serving.requests.problems import Fault, invalid, of_lapse
from serving.requests.request import read_as_of


@cache
def newest() -> str | None:
    """Return the version of the newest law on file; None: the files are not in order."""
    try:
        return Law(date.max).version
    except TarazyError:
        return None


def every_edition() -> list[dict[str, Any]]:
    """Return every edition of every legal value, oldest first, ready for JSON."""
    return described.every_edition()


def in_force(day: date) -> list[dict[str, Any]]:
    """Return the law of a day, entry by entry, ready for JSON; empty before the first edition."""
    entries = described.describe(day)
    return entries if any(e["kind"] == "parameter" for e in entries) else []


def version(day: date) -> str:
    """Return the version of the law of a day."""
    return Law(day).version


def warnings(day: date) -> list[Fault]:
    """Return the values of a day that can be known only until an earlier one."""
    return [of_lapse(ended) for ended in lapsed(Law(day))]


def first_day() -> date:
    """Return the day from which the first legal value on file is in force."""
    return min(p.editions[0].since for p in parameters.parameters().values())


def by_kind(day: date | None) -> dict[str, list[dict[str, Any]]]:
    """Return the law of a day, or the newest on file, by kind: what the page of the law shows."""
    kinds: dict[str, list[dict[str, Any]]] = {}
    for entry in in_force(day or date.max):
        kinds.setdefault(entry["kind"], []).append(entry)
    return kinds


def requested_day(query: Mapping[str, str]) -> date | None:
    """Read the day whose law is asked for; None: every edition. Refuses what is no such day."""
    if unknown := set(query) - {"as_of"}:
        raise invalid([Fault(f"query: {n[:60]}", "unknown", "send as_of") for n in sorted(unknown)])
    if "as_of" not in query:
        return None
    faults: list[Fault] = []
    day = read_as_of(query["as_of"], faults)
    if day is None:
        raise invalid(faults)
    if day < (first := first_day()):
        raise invalid([Fault("as_of", "before the first law on file", f"ask from {first} on")])
    return day
