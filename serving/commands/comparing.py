"""Verbs that hold the law beside itself: scorecards, and readings of the hard rule."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from features.files import tables
from models.law import lapse
from models.law.parameters import Law
from serving.commands import sources
from serving.commands.terminal import (
    DAY,
    FOLDER,
    Answer,
    Terminal,
    as_of_option,
    day,
    examples,
    snap_argument,
    verb,
)


@click.command(
    epilog=examples(
        "tarazy cards SNAP",
        "tarazy cards SNAP --scorecard social_card_2021 --out levels.csv",
    )
)
@snap_argument
@click.option(
    "--scorecard",
    "scorecards",
    multiple=True,
    metavar="NAME",
    help="A card on file; may be given several times. Default: every card of the day.",
)
@click.option(
    "--out",
    type=FOLDER,
    metavar=tables.METAVAR,
    help=f"One row a family and card. {tables.ABOUT}",
)
@as_of_option
@verb
def cards(
    terminal: Terminal,
    snap: Path,
    scorecards: tuple[str, ...],
    out: Path | None,
    as_of: datetime | None,
) -> Answer:
    """Place every family by every scorecard; compare the cards with each other and the survey.

    Only the policy's card decides; `tarazy score` never reads another.
    """
    from serving.law_comparison.cards import by_card, compared

    if out is not None:
        tables.may_hold_a_table(out)
    snapshot, on = sources.opened(snap, day(as_of), terminal)
    with terminal.bar() as progress:
        placed = by_card(snapshot, as_of=on, cards=scorecards, progress=progress)
    comparison = compared(snapshot, placed, on)
    words: list[Table | str] = [_distributions(comparison), _agreements(comparison)]
    if any(card["fitted_on_these_families"] for card in comparison["cards"]):
        words.append(
            "A card was fitted to these very families, so it looks better here than it is: "
            "`fitted` in its file has the agreement on families not seen."
        )
    if out is not None:
        tables.write(placed, out)
        words.append(f"{out}: {placed.height:,} rows.")
    return Answer({"out": None if out is None else str(out), **comparison}, words)


@click.command(
    epilog=examples("tarazy check-law", "tarazy check-law --as-of 2026-12-01 --within 90")
)
@click.option(
    "--within",
    type=click.IntRange(min=0),
    default=lapse.SOON,
    show_default=True,
    metavar="DAYS",
    help="So many days ahead.",
)
@click.option("--as-of", type=DAY, metavar="DAY", help="The day to look from. Default: today.")
@verb
def check_law(
    terminal: Terminal,  # noqa: ARG001 - every verb has one
    within: int,
    as_of: datetime | None,
) -> Answer:
    """List the legal values that end soon: for later decisions the next ones must be on file.

    Exit code 1: one on file has ended; decisions that lean on it carry a warning, later ones are
    refused.
    """
    on = day(as_of) or Law(datetime.now(UTC)).day
    Law(on).edition("subsistence_minimum")  # raises before the first one
    ending = lapse.expiring(on, within)
    ended = sum(one.days_late > 0 for one in ending)
    table = Table("value", "since", "known until", "days left", box=None)
    for one in ending:
        table.add_row(one.name, str(one.since), str(one.known_until), f"{-one.days_late:,}")
    remedies = [f"{one.name}: {one.remedy}." for one in ending]
    verdict = f"As of {on}: {ended} ended, {len(ending) - ended} end within {within} days."
    return Answer(
        {
            "as_of": on,
            "within_days": within,
            "ended": ended,
            "values": [
                {
                    "name": one.name,
                    "since": one.since,
                    "known_until": one.known_until,
                    "days_left": -one.days_late,
                    "remedy": one.remedy,
                }
                for one in ending
            ],
        },
        [*([table] if ending else []), *remedies, verdict],
        exit_code=1 if ended else 0,
    )


@click.command(epilog=examples("tarazy readings SNAP"))
@snap_argument
@as_of_option
@verb
def readings(terminal: Terminal, snap: Path, as_of: datetime | None) -> Answer:
    """Count who would be in category 6 by each reading of the hard rule, beside the pilot."""
    from serving.law_comparison.readings import report

    snapshot, on = sources.opened(snap, day(as_of), terminal)
    with terminal.bar() as progress:
        comparison = report(snapshot, as_of=on, progress=progress)
    words: list[Table | str] = [_of_families(comparison)]
    words += [comparison["why_not"]] if comparison["why_not"] else [_of_services(comparison)]
    return Answer(comparison, words)


def _distributions(comparison: dict[str, Any]) -> Table:
    table = Table("card", "category", "families", "share", box=None)
    for card in comparison["cards"]:
        for category in card["categories"]:
            table.add_row(
                card["name"],
                f"{category['category']} {category['name']['en']}",
                f"{category['families']:,}",
                f"{category['share']:.1%}",
            )
    return table


def _agreements(comparison: dict[str, Any]) -> Table:
    table = Table("agreement (quadratic kappa)", "", "95 % interval", box=None)
    for card in comparison["cards"]:
        estimate = card["agreement_with_ladder"]
        if estimate is None or estimate["value"] is None:
            table.add_row(f"{card['name']} with the survey's ladder", "cannot be told", "")
            continue
        interval = f"{estimate['low']:.3f} to {estimate['high']:.3f}"
        name = f"{card['name']} with the survey's ladder"
        table.add_row(name, f"{estimate['value']:.3f}", interval)
    for pair in comparison["between"]:
        kappa = "cannot be told" if pair["kappa"] is None else f"{pair['kappa']:.3f}"
        table.add_row(" with ".join(pair["cards"]), kappa, "all families")
    return table


def _of_families(comparison: dict[str, Any]) -> Table:
    """Return one line an answer and one column a combinator: shares of all families."""
    combinators = list(
        dict.fromkeys(e["combinator"] for e in comparison["readings"] if e["combinator"])
    )
    table = Table("in category 6, of all families", *combinators, box=None)
    lines: dict[str, dict[str | None, str]] = {}
    for entry in comparison["readings"]:
        lines.setdefault(_named(entry), {})[entry["combinator"]] = f"{entry['share']:.2%}"
    for name, cells in lines.items():
        table.add_row(name, *(cells.get(c, cells.get(None, "")) for c in combinators))
        if None in cells:
            break
    return table


def _of_services(comparison: dict[str, Any]) -> Table:
    """Return the shares of applications for each service, by the reading in force and beside."""
    services = [
        s
        for s in comparison["published"]
        if any(s in e["services"] for e in comparison["readings"])
    ]
    table = Table("in category 6, of applications", *services, "mean distance", box=None)
    published = (f"{comparison['published'][s]['share']:.2%}" for s in services)
    table.add_row("published by the pilot", *published, "")
    shown = [e for e in comparison["readings"] if e["question"] is None]
    if comparison["nearest"] and comparison["nearest"] not in shown:
        shown.append(comparison["nearest"])
    for entry in shown:
        shares = (
            f"{entry['services'][s]['share']:.2%}" if s in entry["services"] else ""
            for s in services
        )
        name = " ".join(filter(None, [entry["combinator"], _named(entry)]))
        table.add_row(name, *shares, f"{entry['distance']:.2%}")
    return table


def _named(entry: dict[str, Any]) -> str:
    answer = entry["answer"].replace("_", " ")
    month = f" of {entry['minimum_of']}" if entry["minimum_of"] else ""
    return f"{entry['question'].lower()}: {answer}{month}" if entry["question"] else answer
