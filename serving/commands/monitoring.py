"""The verb that watches a live model: what has changed, and whether promises are kept."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from features.files import tables
from serving.commands import sources, training_side
from serving.commands.decisions import chosen
from serving.commands.terminal import (
    DAY,
    FOLDER,
    SNAP,
    Answer,
    Terminal,
    day,
    examples,
    model_option,
    unsigned_option,
    verb,
)


@click.command(
    epilog=examples(
        "tarazy monitor LAST_MONTH THIS_MONTH --dry-run",
        "tarazy monitor LAST_MONTH THIS_MONTH --out monitor --act",
    )
)
@click.argument(
    "reference", type=FOLDER, metavar="REFERENCE", help=f"What is compared with. {SNAP}"
)
@click.argument("new", type=FOLDER, metavar="NEW", help="What has come since.")
@unsigned_option
@click.option(
    "--out",
    type=FOLDER,
    metavar="FOLDER",
    help="The folder to make: a page and its numbers. Default: monitor/report/ under TARAZY_HOME.",
)
@click.option(
    "--decisions",
    "decided",
    type=FOLDER,
    metavar=tables.METAVAR,
    help="What `tarazy score` wrote before the inspections. Default: decided again.",
)
@click.option(
    "--learned-until",
    type=DAY,
    metavar="DAY",
    help="The last day of inspections that the model learned from. Default: what the model tells; "
    "if it does not, all that REFERENCE holds.",
)
@click.option(
    "--act",
    is_flag=True,
    help="Take the champion back to shadow if it has broken a promise. Needs the signing key.",
)
@click.option("--dry-run", is_flag=True, help="Remember no inspection, and never act.")
@model_option
@verb
def monitor(
    terminal: Terminal,
    reference: Path,
    new: Path,
    out: Path | None,
    decided: Path | None,
    learned_until: datetime | None,
    act: bool,
    dry_run: bool,
    model: str,
) -> Answer:
    """Say what has changed since a reference, and whether the model keeps its promises.

    New inspections are counted once and remembered, so a run goes on from the last. Exit code 1:
    something must be done and was not.
    """
    # Imported here: `--help` must answer at once, without LightGBM.
    from models.columns import SCORE_SCHEMA
    from serving.monitor import report as reports
    from serving.monitor import shadow
    from serving.monitor.pages import page

    if act and dry_run:
        raise click.UsageError("--act and --dry-run exclude each other.")
    home = sources.home()
    folder = out or home.root / "monitor" / "report"
    reports.may_take(folder)
    before, after = (sources.opened(snap, None, terminal)[0] for snap in (reference, new))
    models = chosen(home, model)
    with terminal.bar() as progress:
        report = reports.monitor(
            before,
            after,
            models=models,
            home=home,
            remember=not dry_run,
            learned_until=day(learned_until),
            decisions=None if decided is None else tables.read(decided, SCORE_SCHEMA),
            progress=progress,
        )
    if act and report["crossed"] and models is not None and shadow.is_champion(home, models):
        now = datetime.now(UTC)
        shadow.retire(home, reports.reason(report), now)
        not_mirrored = training_side.registry.mirror_retirement(home, "champion", models.version)
        report = reports.acted(report, now.isoformat(timespec="seconds"), not_mirrored)
    reports.write(report, page(report), folder)
    place = folder / "index.html"
    left = report["verdict"] == "act" and not (
        report["action"]["done"] and report["drift"] != "act"
    )
    return Answer(
        {"out": str(folder), "page": str(place), **_key_numbers(report)},
        [*report["words"], *_tables(report), f"{place}: open it in a browser."],
        exit_code=1 if left else 0,
    )


def _key_numbers(report: dict[str, Any]) -> dict[str, Any]:
    """Return what a script asks for first; every comparison stands in the report's own file."""
    return {
        **{
            n: report[n]
            for n in (
                "verdict",
                "drift",
                "crossed",
                "action",
                "words",
                "summary",
                "inspections",
                "kept",
            )
        },
        "watch": [{k: v for k, v in entry.items() if k != "path"} for entry in report["watch"]],
        "moved": [
            {"section": section, **entry}
            for section, part in report["changes"].items()
            for entry in part
            if entry["verdict"] != "calm"
        ],
    }


def _tables(report: dict[str, Any]) -> list[Table]:
    from serving.monitor.changes import SECTIONS
    from serving.monitor.wording import QUESTIONS

    moved = Table("compared", "", "act", "look", "proven but small", box=None)
    for name, entry in report["summary"].items():
        if entry["compared"]:
            counts = (entry[n] for n in ("compared", "act", "look", "proven_but_small"))
            moved.add_row(SECTIONS[name], *map(str, counts))
    if not report["watch"]:
        return [moved]
    watch = Table("would prove that", "observations", "evidence", "proof", box=None)
    for entry in report["watch"]:
        evidence = "–" if entry["evidence"] is None else f"{entry['evidence']:.3g}"
        watch.add_row(
            QUESTIONS[entry["question"]],
            f"{entry['observations']:,}",
            evidence,
            f"{entry['proof']:g}",
        )
    return [moved, watch]
