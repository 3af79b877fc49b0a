"""Verbs about registers: check them, take a snapshot, build the features."""

import json
from datetime import date, datetime
from pathlib import Path

import click
import polars as pl
from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from features.build import build
from features.catalogue import FEATURES
from features.checking.check import decision_date, faults
from features.errors import InputError
from features.files import tables
from features.files.whole import replacing
from features.registers.covered_months import HALF
from features.registers.fault import Fault
from features.registers.reading.load import DataSet, open_data_set
from models.law.facts import treatment
from models.law.parameters import Law
from models.rules.citations import warnings_of
from serving.commands import sources
from serving.commands.terminal import (
    FOLDER,
    Answer,
    Terminal,
    as_of_data_option,
    as_of_option,
    data_argument,
    day,
    examples,
    snap_argument,
    table_option,
    verb,
)


@click.command(
    epilog=examples("tarazy check DATA", "tarazy check DATA --report faults.json"),
)
@data_argument
@click.option("--report", type=FOLDER, metavar="FILE", help="Write the faults as JSON, too.")
@as_of_data_option
@verb
def check(terminal: Terminal, data: Path, report: Path | None, as_of: datetime | None) -> Answer:
    """Find every fault of a data set at once, say what to do about each and whose job it is.

    Exit code 1: there is an error. Warnings alone leave with 0.
    """
    opened = open_data_set(data)
    on, undated = day(as_of), ""
    if on is None:
        try:
            on = decision_date(opened, sources.newest_share())
        except InputError as problem:
            undated = f"Dates were not compared with a decision date: {problem}"
    with terminal.bar("checking the registers"):
        every_fault = _judged(opened, on)
    errors = sum(f.is_error for f in every_fault)
    result = {
        "data": str(data),
        "as_of": on,
        "errors": errors,
        "warnings": len(every_fault) - errors,
        "faults": [f.to_dict() for f in every_fault],
        "notes": [*opened.warnings, *([undated] if undated else [])],
    }
    if report is not None:
        with replacing(report) as path:
            path.write_text(
                json.dumps(result, ensure_ascii=False, indent=1, default=str) + "\n", "utf-8"
            )
    verdict = (
        f"{data}: {_counted(errors, 'error')}, {_counted(len(every_fault) - errors, 'warning')}"
        f"{f', decision date {on}' if on else ''}. " + _verdict(errors, on)
    )
    words = [*_shown(opened, every_fault), *([undated] if undated else []), verdict]
    return Answer(result, words, exit_code=1 if errors else 0)


@click.command(epilog=examples("tarazy snapshot DATA --as-of 2026-01-01 --out SNAP"))
@data_argument
@click.option("--out", type=FOLDER, required=True, metavar="SNAP", help="The folder to make.")
@as_of_data_option
@verb
def snapshot(terminal: Terminal, data: Path, out: Path, as_of: datetime | None) -> Answer:
    """Freeze checked registers for a day: partitioned, sorted, hashed, never changed again."""
    opened = open_data_set(data)
    on = day(as_of) or sources.dated(opened)
    made = sources.packed(opened, on, out, terminal)
    warned = warnings_of(made, Law(on))
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
            "warnings": warned,
        },
        [
            f"{out}: {made.households:,} households as of {made.as_of}, "
            f"{len(made.partitions)} partitions, digest {made.digest[:12]}.",
            f"Silent registers: {', '.join(made.silent) or 'none'}.",
            *(f"warning: {line}" for line in warned),
        ],
    )


@click.command(
    epilog=examples(
        "tarazy features SNAP --out features.parquet", "tarazy features SNAP --out features.csv"
    )
)
@snap_argument
@table_option
@as_of_option
@verb
def features(terminal: Terminal, snap: Path, out: Path, as_of: datetime | None) -> Answer:
    """Build every declared feature, one row a family; null where a register was silent."""
    tables.may_hold_a_table(out)
    opened, on = sources.opened(snap, day(as_of), terminal)
    parts = []
    with terminal.bar() as progress:
        for number in opened.partitions:
            progress("building features", number, len(opened.partitions))
            parts.append(build(opened.registers(number, on), on, treatment(Law(on))))
    table = pl.concat(parts).sort("household_id")
    tables.write(table, out)
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


def _judged(data: DataSet, on: date | None) -> list[Fault]:
    if on is None:
        return faults(data, None)
    return faults(data, on, treatment(Law(on)), _least_share(on))


def _least_share(on: date) -> float:
    """Return the least share of a covered month by the law of a day; the contract's before it."""
    law = Law(on)
    return law.coverage_least_share if law.has("coverage_least_share") else HALF


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _verdict(errors: int, on: date | None) -> str:
    if errors:
        return "It cannot be used as it is."
    return "It can be used." if on else "It can be used for a day that --as-of names."


def _shown(data: DataSet, every_fault: list[Fault]) -> list[RenderableType]:
    """Return a few lines for each fault: a table of all this fits no window."""
    lines: list[RenderableType] = [f"note: {line}" for line in data.warnings]
    for f in every_fault:
        count = f" ({_counted(f.rows, 'row')})" if f.rows else ""
        lines.append(Text(f"{'error' if f.is_error else 'warning'}  {f.place}: {f.rule}{count}"))
        keys = [f"such as: {', '.join(map(str, f.examples))}"] if f.examples else []
        more = (*keys, f"what to do: {f.remedy}", f"whose job: {f.owner}")
        lines.extend(Padding(Text(each), (0, 0, 0, 9), expand=False) for each in more)
    return lines
