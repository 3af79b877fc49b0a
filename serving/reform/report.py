"""The report of a reform: every number as one JSON object, in a folder that appears whole."""

import json
import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

from features.errors import InputError
from features.files.whole import replacing_folder
from features.progress import Progress, silent
from features.registers.snapshot import Snapshot
from models.law.files import plain
from models.law.parameters import Law
from models.law.poverty_line import poverty_line
from models.law.reform import Reform
from models.rules import programmes
from serving.reform import effects, targeting
from serving.reform.families import under_both

KIND: Final = "tarazy-reform"
FORMAT: Final = 2
_HELD: Final = frozenset({"index.html", "report.json", "law"})


def compare(
    reform: Reform,
    snapshot: Snapshot,
    *,
    as_of: date,
    law: Path,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Count what a reform would change on every family of a snapshot.

    ``law`` is the folder in which the reform was enacted (`models.law.reform.Reform.enact`).
    The same snapshot, day and laws give the same report, byte for byte.
    """
    now, then = Law(as_of), Law(as_of, law)
    both = under_both(snapshot, now=now, then=then, progress=progress)
    table = both.table
    declared = {p.code: p for law_ in (then, now) for p in programmes.in_force(law_)}
    return {
        "report": KIND,
        "format": FORMAT,
        "about": reform.about,
        "source": reform.source,
        "changes": plain(reform.as_json(as_of)),
        "as_of": as_of.isoformat(),
        "snapshot": {"digest": snapshot.digest, "as_of": snapshot.as_of.isoformat()},
        "law": {"now": now.version, "then": then.version},
        "households": table.height,
        "people": int(table["members"].sum() or 0),
        "totals": effects.totals(table),
        "moves": effects.moves(table),
        "programmes": effects.programmes(both.verdicts, declared, reform.costs),
        "targeted_assistance": {
            row.pop("law"): row | _line(law_)
            for row, law_ in zip(both.assistance.to_dicts(), (now, then), strict=True)
        },
        "targeting": targeting.targeting(table, both.facts, snapshot.learning("survey")),
        "groups": effects.groups(table),
        "examples": effects.examples(table),
    }


def _line(law: Law) -> dict[str, Any]:
    """Return the line of targeted assistance of the whole country, and what stands in for it."""
    line = poverty_line(law)
    return {"line": float(line.amount), "stands_in": line.stands_in}


def may_take(out: Path) -> None:
    """Refuse a folder that holds anything else than an earlier report of a reform."""
    if not out.exists():
        return
    if not out.is_dir() or not {path.name for path in out.iterdir()} <= _HELD:
        raise InputError(
            f"{out} holds something else than the report of a reform; only an earlier report is "
            "replaced. Choose another --out, or empty it first."
        )


def write(report: Mapping[str, Any], page: str, law: Path, out: Path) -> None:
    """Write page, numbers and the reformed law to a folder that appears whole, or not at all."""
    may_take(out)
    with replacing_folder(out) as draft:
        text = json.dumps(report, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
        (draft / "report.json").write_text(text, encoding="utf-8")
        (draft / "index.html").write_text(page, encoding="utf-8")
        shutil.copytree(law, draft / "law")
