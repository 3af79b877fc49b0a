"""Verbs about registers: check them, take a snapshot, build the features."""

import json
from datetime import date, datetime
from pathlib import Path

import click
import polars as pl
from rich.table import Table

from features import table_files
from features.build import build
from features.catalogue import FEATURES
from features.errors import InputError
from features.registers.check import decision_date, faults
from features.registers.fault import Fault
from features.registers.load import DataSet, open_data_set
from features.whole_files import replacing
from serving.commands import sources
from serving.commands.terminal import (
    FOLDER,
    Answer,
    Terminal,
    as_of_option,
    day,
    table_option,
    verb,
)


@click.command(epilog="Example: tarazy check DATA --report faults.json")
@click.argument("data", type=FOLDER)
@click.option("--report", type=FOLDER, metavar="FILE", help="Write the faults as JSON, too.")
@as_of_option
@verb
def check(_: Terminal, data: Path, report: Path | None, as_of: datetime | None) -> Answer:
    """Find every fault of a data set at once, say what to do about each and whose job it is."""
    opened = open_data_set(data)
    on, undated = day(as_of), ""
    if on is None:
        try:
            on = decision_date(opened)
        except InputError as problem:
            undated = f"Dates were not compared with a decision date: {problem}"
    found = faults(opened, on)
    errors = sum(f.is_error for f in found)
    result = {
        "data": str(data),
        "as_of": on,
        "errors": errors,
        "warnings": len(found) - errors,
        "faults": [f.to_dict() for f in found],
        "notes": [*opened.warnings, *([undated] if undated else [])],
    }
    if report is not None:
        with replacing(report) as path:
            path.write_text(
                json.dumps(result, ensure_ascii=False, indent=1, default=str) + "\n", "utf-8"
            )
    verdict = (
        f"{data}: {errors} errors, {len(found) - errors} warnings"
        f"{f', decision date {on}' if on else ''}. " + _verdict(errors, on)
    )
    words = [*_shown(opened, found), *([undated] if undated else []), verdict]
    return Answer(result, words, exit_code=1 if errors else 0)


@click.command(epilog="Example: tarazy snapshot DATA --as-of 2026-01-01 --out SNAP")
@click.argument("data", type=FOLDER)
@click.option("--out", type=FOLDER, required=True, metavar="SNAP", help="The folder to make.")
@as_of_option
@verb
def snapshot(terminal: Terminal, data: Path, out: Path, as_of: datetime | None) -> Answer:
    """Freeze checked registers for a day: partitioned, sorted, hashed, never changed again."""
    opened = open_data_set(data)
    on = day(as_of) or sources.dated(opened)
    made = sources.packed(opened, on, out, terminal)
    rows = {name: entry["rows"] for name, entry in made.manifest["registers"].items()}
    return Answer(
        {
            "snapshot": str(out),
            "as_of": made.as_of,
            "digest": made.digest,
            "households": made.households,
            "partitions": len(made.partitions),
            "rows": rows,
            "silent_registers": list(made.silent),
        },
        [
            f"{out}: {made.households:,} households as of {made.as_of}, "
            f"{len(made.partitions)} partitions, digest {made.digest[:12]}.",
            f"Silent registers: {', '.join(made.silent) or 'none'}.",
        ],
    )


@click.command(epilog="Example: tarazy features SNAP --out features.parquet, or --out features.csv")
@click.argument("snap", type=FOLDER)
@table_option
@as_of_option
@verb
def features(terminal: Terminal, snap: Path, out: Path, as_of: datetime | None) -> Answer:
    """Build every declared feature, one row a family; null where a register was silent."""
    table_files.may_hold_a_table(out)
    opened, on = sources.opened(snap, day(as_of), terminal)
    parts = []
    with terminal.bar() as progress:
        for number in opened.partitions:
            progress("building features", number, len(opened.partitions))
            parts.append(build(opened.registers(number, on), on))
    table = pl.concat(parts).sort("household_id")
    table_files.write(table, out)
    unknown = [name for name in FEATURES if table[name].null_count() == table.height]
    return Answer(
        {
            "out": str(out),
            "as_of": on,
            "households": table.height,
            "features": len(FEATURES),
            "silent_features": unknown,
        },
        [
            f"{out}: {len(FEATURES)} features of {table.height:,} families as of {on}.",
            f"Silent for every family: {', '.join(unknown) or 'none'}.",
        ],
    )


def _verdict(errors: int, on: date | None) -> str:
    if errors:
        return "It cannot be used as it is."
    return "It can be used." if on else "It can be used for a day that --as-of names."


def _shown(data: DataSet, found: list[Fault]) -> list[Table | str]:
    lines: list[Table | str] = [f"note: {line}" for line in data.warnings]
    if not found:
        return lines
    table = Table("", "place", "rule", "rows", "such as", "what to do", "whose job", box=None)
    for f in found:
        table.add_row(
            "error" if f.is_error else "warning",
            f.place,
            f.rule,
            f"{f.rows:,}" if f.rows else "",
            ", ".join(map(str, f.examples)),
            f.remedy,
            f.owner,
        )
    return [*lines, table]
