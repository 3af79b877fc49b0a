"""What the monitor has counted of a model: one line an inspection, added to and never rewritten.

The evidence against a model is the whole of its life: who begins anew each month could look
often enough to find anything. So each inspection counts once, in the order in which the monitor
learned of it (then by day, then by key), and a later run goes on from there. Each line holds the
hash of the line before: what was edited, dropped or reordered is found.

A line names no family: its key is a hash of household, day and design, and the household's own
key is a pseudonym already.
"""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from features.errors import InputError
from features.files.whole import alone_in
from models.bundles.home import Home
from models.learned.predict import Models

_START: Final = "0" * 64


def place(home: Home, models: Models) -> Path:
    """Return the file of a model: a version number alone repeats from home to home."""
    manifest = str(models.manifest.get("manifest_sha256", "unsigned"))[:12]
    return home.root / "monitor" / f"version-{models.version}-{manifest}.jsonl"


def read(path: Path) -> list[dict[str, Any]]:
    """Return what was counted so far, oldest first; nothing yet: an empty list.

    Raises InputError where a line is not the one that followed the line before it.
    """
    if not path.exists():
        return []
    counted, before = [], _START
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            entry = json.loads(line)
            whole = entry["after"] == before
        except (ValueError, KeyError, TypeError):
            whole = False
        if not whole:
            raise InputError(
                f"{path}, line {number} does not follow the line before it: the record was "
                "edited or cut. Restore it from its backup; the monitor counts on its order."
            )
        counted.append(entry)
        before = _hash(line)
    return counted


def continued(
    counted: Sequence[Mapping[str, Any]], newly: Sequence[Mapping[str, Any]], snapshot: str
) -> list[dict[str, Any]]:
    """Return the lines that inspections add to what was counted; each counts once.

    ``weight`` is the least chance of the batch's random inspections ÷ the own one: known
    before any finding, so bets may use it. An arm without chances was drawn evenly.
    """
    known = {line["key"] for line in counted}
    fresh = sorted(
        (one for one in newly if one["key"] not in known),
        key=lambda one: (one["inspected_on"], one["key"]),
    )
    chances = [c for one in fresh if one["design"] == "random" and (c := one["probability"])]
    usual, least = (float(np.median(chances)), min(chances)) if chances else (1.0, 1.0)
    batch = 1 + max((line["batch"] for line in counted), default=0)
    return [
        {
            **one,
            "batch": batch,
            "snapshot": snapshot,
            "weight": least / (one["probability"] or usual) if one["design"] == "random" else None,
        }
        for one in fresh
    ]


def append(path: Path, lines: Sequence[Mapping[str, Any]]) -> None:
    """Add lines to the record, on disk before this returns."""
    if not lines:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with alone_in(path.parent):
        written = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        before = _hash(written[-1]) if written else _START
        with path.open("a", encoding="utf-8") as file:
            for entry in lines:
                line = json.dumps({**entry, "after": before}, ensure_ascii=False, sort_keys=True)
                file.write(line + "\n")
                before = _hash(line)
            file.flush()
            os.fsync(file.fileno())


def _hash(line: str) -> str:
    return hashlib.sha256(line.encode()).hexdigest()
