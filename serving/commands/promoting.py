"""Verbs between training and serving: compare two versions, promote one, see which was live."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click
from rich.table import Table

from features.errors import InputError
from features.whole_files import replacing_folder
from models.bundles import aliases
from serving.commands import sources
from serving.commands.lazily import training
from serving.commands.terminal import DAY, FOLDER, Answer, Terminal, verb

_HELD: Final = {"index.html", "report.json"}
_SEED: Final = 20_260_101
"""Of the resampling behind a comparison's intervals."""


@click.command(
    epilog='Example: tarazy promote 3 --on SNAP, or: tarazy promote 3 --override "demonstration"'
)
@click.argument("version")
@click.option(
    "--override",
    metavar="REASON",
    help="Pass gates that fail or cannot tell by a person's word; recorded and shown with the "
    "model ever after.",
)
@click.option(
    "--alias",
    type=click.Choice(aliases.ALIASES),
    default="champion",
    show_default=True,
    help="The challenger runs in shadow, without effect.",
)
@click.option(
    "--on",
    type=FOLDER,
    metavar="SNAP",
    help="The population on which it is compared with the champion. Default: the newest snapshot "
    "that it was trained on.",
)
@click.option(
    "--preregistration",
    type=FOLDER,
    metavar="FILE",
    help="What was promised before the run; its hash must stand in the signed manifest.",
)
@verb
def promote(
    terminal: Terminal,
    version: str,
    override: str | None,
    alias: str,
    on: Path | None,
    preregistration: Path | None,
) -> Answer:
    """Let a version through the gates and give it an alias; say which gate failed."""
    population = None if on is None else sources.opened(on, None, terminal)[0].folder
    with terminal.bar() as progress:
        promotion = training("promote:promote")(
            version,
            home=sources.home(),
            override=override,
            alias=alias,
            on=population,
            registered=preregistration,
            when=datetime.now(UTC),
            progress=progress,
        )
    table = Table("gate", "verdict", "number", "why", box=None)
    for gate in promotion.gates:
        number = "" if gate.number is None else f"{gate.number:.4g}"
        table.add_row(gate.name, gate.verdict, number, gate.why)
    verdict = (
        f"Version {version} is {alias} now."
        if promotion.promoted
        else f"Version {version} was not promoted: a gate says no or cannot tell. To pass it by "
        'a person\'s word: --override "reason".'
    )
    return Answer(
        {"version": version, "alias": alias, **promotion.to_dict()},
        [table, verdict],
        exit_code=0 if promotion.promoted else 1,
    )


@click.command(epilog="Example: tarazy compare champion 4 --on SNAP --out comparison")
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@click.option(
    "--on",
    type=FOLDER,
    metavar="SNAP",
    help="The families to compare them on. Default: the newest snapshot that B was trained on.",
)
@click.option("--out", type=FOLDER, metavar="FOLDER", help="Make a page and the numbers there.")
@verb
def compare(
    terminal: Terminal, first: str, second: str, on: Path | None, out: Path | None
) -> Answer:
    """Hold two versions or aliases beside each other on the same families; say who moves and why.

    Families are named by their key alone; no value of a family is written.
    """
    if out is not None:
        _may_take(out)
    home = sources.home()
    snapshot = None if on is None else sources.opened(on, None, terminal)[0]
    two = training("comparison.compare:pair")(first, second, home=home, on=snapshot)
    with terminal.bar() as progress:
        told = training("comparison.compare:compare")(two, home=home, seed=_SEED, progress=progress)
    words: list[Table | str] = [_figures(told), *_unseen(told), _moves(told)]
    if out is not None:
        page = training("comparison.page:page")(told)
        with replacing_folder(out) as draft:
            text = json.dumps(told, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
            (draft / "report.json").write_text(text, encoding="utf-8")
            (draft / "index.html").write_text(page, encoding="utf-8")
        words.append(f"{out / 'index.html'}: open it in a browser.")
    return Answer({"out": None if out is None else str(out), **told}, words)


@click.command(epilog="Example: tarazy models --on 2026-03-01")
@click.option(
    "--on",
    "moment",
    type=DAY,
    metavar="DAY",
    help="Say which version was live at the end of that day (UTC) instead of the whole history.",
)
@verb
def models(_: Terminal, moment: datetime | None) -> Answer:
    """Say which version stands behind each alias, and which one was live when."""
    told = aliases.read(sources.home())
    if moment is not None:
        end = moment.replace(hour=23, minute=59, second=59, tzinfo=UTC)
        live = {name: told.live_at(end, name) for name in aliases.ALIASES}
        moves = [move for move in live.values() if move is not None]
    else:
        moves = list(told.history)
    table = Table(
        "alias", "version", "since", "by the word of a person", "taken back because", box=None
    )
    for move in moves:
        table.add_row(
            move.name, move.version or "none", move.since, move.override or "", move.reason or ""
        )
    listed = [_told(move) for move in moves]
    return Answer(
        {
            "on": None if moment is None else moment.date(),
            "aliases": {name: alias.version for name, alias in told.names.items()},
            "history": listed,
        },
        [table] if moves else ["No model was live."],
    )


def _told(move: aliases.Move) -> dict[str, Any]:
    return {name: getattr(move, name) for name in aliases.Move.__dataclass_fields__}


def _may_take(out: Path) -> None:
    """Refuse a folder that holds anything else than an earlier comparison."""
    if out.exists() and not (out.is_dir() and {p.name for p in out.iterdir()} <= _HELD):
        raise InputError(
            f"{out} holds something else than a comparison; only an earlier one is replaced. "
            "Choose another --out, or empty it first."
        )


def _figures(told: dict[str, Any]) -> Table:
    names = [f"version {told[which]['version']}" for which in ("first", "second")]
    same = told["metrics"]["same_labels"]
    title = "measured at training, on the same labels" if same else "measured on DIFFERENT labels"
    table = Table(title, *names, box=None)
    for row in told["metrics"]["rows"]:
        if row["name"].startswith("baselines"):
            continue
        table.add_row(row["name"], *(_estimate(row[which]) for which in ("first", "second")))
    return table


def _unseen(told: dict[str, Any]) -> list[str]:
    unseen = told["unseen"]
    if unseen["why_not"]:
        return [f"On inspections that neither has learned from: {unseen['why_not']}."]
    return [
        f"On {unseen['labels']:,} random inspections that neither has learned from, AUC "
        f"{_estimate(unseen['auc_first'])} and {_estimate(unseen['auc_second'])}; second less "
        f"first {_estimate(unseen['auc_difference'])}."
    ]


def _moves(told: dict[str, Any]) -> Table:
    moves = told["moves"]
    table = Table(f"of {moves['families']:,} families", "families", "share", box=None)
    for name, counted in moves["changes"].items():
        share = "" if counted["share"] is None else f"{counted['share']:.2%}"
        table.add_row(name.replace("_", " "), f"{counted['families']:,}", share)
    return table


def _estimate(told: dict[str, Any] | None) -> str:
    if told is None or told["value"] is None:
        return "not measured"
    return f"{told['value']:.3f} [{told['low']:.3f}, {told['high']:.3f}]"
