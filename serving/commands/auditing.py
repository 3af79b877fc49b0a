"""The verb for auditors: the model against the rules, as a page and as numbers."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from models.bundles.home import Home
from serving.commands import sources
from serving.commands.decisions import chosen
from serving.commands.terminal import (
    FOLDER,
    Answer,
    Terminal,
    as_of_option,
    day,
    examples,
    model_option,
    snap_argument,
    verb,
)


@click.command(epilog=examples("tarazy audit SNAP", "tarazy audit SNAP --out report"))
@snap_argument
@click.option(
    "--out",
    type=FOLDER,
    metavar="FOLDER",
    help="The folder to make. Default: audit/ under TARAZY_HOME, which `tarazy serve` shows.",
)
@click.option(
    "--language",
    type=click.Choice(["kk", "ru", "en"]),
    default="en",
    show_default=True,
    help="Language of the reasons.",
)
@model_option
@as_of_option
@verb
def audit(
    terminal: Terminal,
    snap: Path,
    out: Path | None,
    language: str,
    model: str,
    as_of: datetime | None,
) -> Answer:
    """Compare the model with the rules for auditors: tables, inspections, groups, families."""
    home = sources.home()
    folder = out or home.audit
    key_numbers = audited(snap, day(as_of), home, model, folder, language, terminal)
    return Answer(
        {"out": str(folder), "page": str(folder / "index.html"), **key_numbers},
        [*_tables(key_numbers), f"{folder / 'index.html'}: open it in a browser."],
    )


def audited(
    snap: Path,
    as_of: date | None,
    home: Home,
    model: str,
    folder: Path,
    language: str,
    terminal: Terminal,
) -> dict[str, Any]:
    """Write the report of a snapshot into a folder; return its key numbers."""
    # Imported here: `--help` must answer at once, without LightGBM.
    from serving.audit.pages import page
    from serving.audit.report import audit as compared
    from serving.audit.report import key_numbers, may_take, write

    may_take(folder)
    snapshot, on = sources.opened(snap, as_of, terminal)
    models = chosen(home, model)
    with terminal.bar() as progress:
        report = compared(snapshot, as_of=on, models=models, progress=progress)
    write(report, page(report, language), folder)
    return key_numbers(report)


def _tables(key_numbers: dict[str, Any]) -> list[Table | str]:
    directions, flags, checked = (
        key_numbers["directions"],
        key_numbers["flags"],
        key_numbers["inspections"],
    )
    where = Table("the model places the family", "families", box=None)
    for name in ("same", "poorer", "richer", "unknown"):
        where.add_row(_DIRECTIONS[name], f"{directions[name]:,}")
    raised = Table("rule flag", "model flag", "families", box=None)
    for cell in flags:
        raised.add_row(cell["rule_flag"], cell["model_flag"], f"{cell['families']:,}")
    word = key_numbers["model_override"]
    passed = [f"The model passed a gate by a person's word: {word}."] if word else []
    if checked["why_not"]:
        return [where, raised, checked["why_not"], *passed]
    right = Table("on the random inspections", "confirmed among the flagged", "found", box=None)
    for flag in ("rule_flag", "model_flag"):
        right.add_row(
            flag.replace("_", " "),
            _estimate(checked["precision"][flag]),
            _estimate(checked["recall"][flag]),
        )
    lines: list[Table | str] = [where, raised, right, *passed]
    if key_numbers["model_has_seen_these_families"]:
        lines.append("The model was trained on these families, so it looks better here than it is.")
    return lines


_DIRECTIONS = {
    "same": "as the rules",
    "poorer": "poorer than the rules",
    "richer": "richer than the rules",
    "unknown": "nowhere",
}


def _estimate(estimate: dict[str, float | None]) -> str:
    if estimate["value"] is None:
        return "nobody to ask"
    return f"{estimate['value']:.1%} ({estimate['low']:.1%} to {estimate['high']:.1%})"
