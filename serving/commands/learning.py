"""Verbs that learn: a simulated population, training, a fitted scorecard."""

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from features.files import tables
from serving.commands import sources, training_side
from serving.commands.terminal import (
    DAY,
    FOLDER,
    SNAP,
    Answer,
    Terminal,
    as_of_option,
    day,
    examples,
    seed_option,
    snap_argument,
    unsigned_option,
    verb,
)


class _OfWorlds(click.Command):
    """A verb whose help lists the worlds, read only when somebody asks for help."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, and after them each world with its line."""
        super().format_options(ctx, formatter)
        with formatter.section("Worlds"):
            formatter.write_dl(
                [(name, world.about) for name, world in training_side.worlds.worlds().items()]
            )


@click.command(
    cls=_OfWorlds,
    epilog=examples(
        "tarazy simulate --out DATA --report world",
        "tarazy simulate --households 5000 --seed 7 --world drought --out DATA",
        "tarazy simulate --as-of 2026-01-01 --months 13 --out YEAR",
    ),
)
@click.option(
    "--households",
    type=click.IntRange(min=1),
    default=20_000,
    show_default=True,
    metavar="N",
    help="Families to make.",
)
@seed_option
@click.option(
    "--as-of",
    type=DAY,
    default="2026-01-01",
    show_default=True,
    metavar="DAY",
    help="The day of the registers.",
)
@click.option(
    "--months",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Data sets of the same families, a month apart, up to that day; two or more lie in "
    "folders named by their day.",
)
@click.option(
    "--world",
    default="ordinary",
    show_default=True,
    metavar="NAME",
    help="One of those below.",
)
@click.option("--out", type=FOLDER, required=True, metavar="DATA", help="The folder to make.")
@click.option(
    "--report",
    type=FOLDER,
    metavar="FOLDER",
    help="Keep every figure with its target, and pictures of the country, as a page.",
)
@verb
def simulate(
    terminal: Terminal,
    households: int,
    seed: int,
    as_of: datetime,
    months: int,
    world: str,
    out: Path,
    report: Path | None,
) -> Answer:
    """Make a country to learn in: families, and what the registers see of them.

    The truth about them lies apart, in the folder truth/ of each data set, which no other
    verb reads.
    """
    with terminal.bar() as progress:
        summary = training_side.population.simulate(
            out,
            households=households,
            seed=seed,
            as_of=as_of.date(),
            months=months,
            world=world,
            progress=progress,
        )
    words: list[Table | str] = [*_figures(summary), _pictures(summary), *_promises(summary)]
    words.append(f"{out}: done.")
    if report is not None:
        page = training_side.world_page.write(report, summary)
        words.append(f"{page}: open it in a browser.")
    return Answer({"out": str(out), **summary}, words)


@click.command(
    epilog=examples(
        "tarazy train SNAP",
        "tarazy train OLDER NEWER --tune 20 --preregistration promises.json",
    )
)
@click.argument("snaps", type=FOLDER, nargs=-1, required=True, metavar="SNAP...", help=SNAP)
@unsigned_option
@seed_option
@click.option(
    "--tune",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="N",
    help="Trials of a search for hyper-parameters, for each of four stages; families of the random "
    "arm take no part. 0: the shipped ones.",
)
@click.option(
    "--refits",
    type=click.IntRange(min=0),
    default=4,
    show_default=True,
    metavar="N",
    help="Other seeds to grow the detector with, to see how far the outcome hangs on the seed; "
    "the bundle is the same whatever their number. 0: none.",
)
@click.option(
    "--preregistration",
    type=FOLDER,
    metavar="FILE",
    help="Metrics and bounds promised before the run, as JSON; hashed before any data is read.",
)
@as_of_option
@verb
def train(
    terminal: Terminal,
    snaps: tuple[Path, ...],
    seed: int,
    tune: int,
    refits: int,
    preregistration: Path | None,
    as_of: datetime | None,
) -> Answer:
    """Train, evaluate on the random inspections, and register a candidate version in MLflow."""
    learn = training_side.train.train  # where nothing can be learned, it is said before any work
    opened = [sources.opened(snap, day(as_of), terminal)[0].folder for snap in snaps]
    with terminal.bar() as progress:
        result = learn(
            opened,
            home=sources.home(),
            as_of=day(as_of),
            seed=seed,
            tune=tune,
            refits=refits,
            preregistration=preregistration,
            progress=progress,
        )
    training_side.known_snapshots.remember(sources.home(), opened)
    return Answer(
        {"version": result.version, **result.summary()},
        [
            *result.words(),
            f"Version {result.version} is registered. Next: `tarazy promote {result.version}`.",
        ],
    )


@click.command(
    "fit-scorecard",
    epilog=examples("tarazy fit-scorecard SNAP --scorecard pilot_2025 --out pilot.yaml"),
)
@snap_argument
@click.option("--scorecard", required=True, metavar="NAME", help="A card on file: its steps.")
@click.option("--out", type=FOLDER, required=True, metavar="FILE.yaml", help="The card to write.")
@seed_option
@as_of_option
@verb
def fit_scorecard(
    terminal: Terminal, snap: Path, scorecard: str, out: Path, seed: int, as_of: datetime | None
) -> Answer:
    """Fit a card's unpublished points and cut-offs to the survey's ladder; write them as a card.

    Nothing changes until the file stands in models/law/values/scorecards/.
    """
    tables.refuse_ending(out, ".yaml")
    snapshot, _ = sources.opened(snap, day(as_of), terminal)
    with terminal.bar() as progress:
        card = training_side.scorecard.fit_scorecard(
            snapshot, card=scorecard, seed=seed, progress=progress
        )
    training_side.card_file.save(card, out)
    fitted = card["fitted"]
    table = Table("agreement with the ladder (quadratic kappa)", "", "95 % interval", box=None)
    for key, words in _AGREEMENT.items():
        kappa = fitted["agreement"][key]
        table.add_row(words, f"{kappa['value']:.3f}", f"{kappa['low']:.3f} to {kappa['high']:.3f}")
    same = f"{fitted['stability']['same']:.1%}"
    return Answer(
        {"out": str(out), **fitted},
        [
            table,
            f"Fitted on halves of the survey, two cards agree on {same} of the families.",
            f"{out}: done.",
        ],
    )


_AGREEMENT = {
    "out_of_sample": "fitted, on families not seen",
    "before": "the card as it was",
    "better_by": "difference",
}


def _figures(summary: dict[str, Any]) -> list[Table]:
    """Return verdicts by group, and target against achieved for the figures not met."""
    verdicts = ("met", "explained", "missed")
    groups = Table("figures of", *verdicts, box=None)
    lines = summary["calibration"]
    for group in dict.fromkeys(line["group"] for line in lines):
        verdicts_of_group = Counter(line["verdict"] for line in lines if line["group"] == group)
        groups.add_row(group, *(str(verdicts_of_group[verdict] or "") for verdict in verdicts))
    table = Table("figure not met", "target", "achieved", "tolerance", "", box=None)
    for line in lines:
        if line["verdict"] == "met":
            continue
        achieved = "no case" if line["achieved"] is None else f"{line['achieved']:,.4g}"
        table.add_row(
            line["figure"],
            f"{line['target']:,.4g}",
            achieved,
            f"{line['tolerance']:,.4g}",
            line["explained"] or line["verdict"],
        )
    return [groups, table] if table.row_count else [groups]


def _pictures(summary: dict[str, Any]) -> Table:
    """Return the main distributions as lines of blocks, each with its middle."""
    spark, quantile = training_side.pictures.spark, training_side.pictures.quantile
    table = Table("distribution", "", "median", box=None)
    for name, drawn in summary["distributions"].items():
        middle = quantile(drawn["edges"], drawn["counts"], 0.5)
        table.add_row(name.replace("_", " "), spark(drawn["counts"]), f"{middle:,.4g}")
    return table


def _promises(summary: dict[str, Any]) -> list[Table]:
    """Return what the world promised against what it shows, and the faults it made."""
    table = Table(
        f"promise of the world {summary['world']}", "target", "achieved", "tolerance", "", box=None
    )
    for line in summary["promises"]:
        achieved = "no case" if line["achieved"] is None else f"{line['achieved']:,.4g}"
        table.add_row(
            line["promise"],
            f"{line['target']:,.4g}",
            achieved,
            f"{line['tolerance']:,.4g}",
            "" if line["kept"] else "broken",
        )
    if not summary["faults"]:
        return [table]
    made = Table("fault", "register", "column", "rows", box=None)
    for fault in summary["faults"]:
        made.add_row(fault["kind"], fault["register"], fault["column"], f"{fault['rows']:,}")
    return [table, made]
