"""The law on file, as the API and the pages show it."""

from datetime import date
from functools import cache
from typing import Any

from features.errors import TarazyError
from models import parameters
from models.parameters import Law


@cache
def newest() -> str | None:
    """Return the version of the newest law on file; None: the files are not in order."""
    try:
        return Law(date.max).version
    except TarazyError:
        return None


def every_edition() -> list[dict[str, Any]]:
    """Return every edition of every legal value, oldest first, ready for JSON."""
    return parameters.every_edition()


def in_force(day: date) -> list[dict[str, Any]]:
    """Return the law of a day, entry by entry, ready for JSON; empty before the first edition."""
    entries = parameters.describe(day)
    return entries if any(e["kind"] == "parameter" for e in entries) else []


def version(day: date) -> str:
    """Return the version of the law of a day."""
    return Law(day).version


def first_day() -> date:
    """Return the day from which the first legal value on file is in force."""
    return min(p.editions[0].since for p in parameters.parameters().values())


def newest_by_kind() -> dict[str, list[dict[str, Any]]]:
    """Return the newest law on file, its entries by kind: what the page of the law shows."""
    kinds: dict[str, list[dict[str, Any]]] = {}
    for entry in in_force(date.max):
        kinds.setdefault(entry["kind"], []).append(entry)
    return kinds
