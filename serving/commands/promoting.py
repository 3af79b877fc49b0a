"""Verbs between training and serving: compare two versions, promote one, see which was live."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click
from rich.table import Table

from features.errors import InputError, NoSuchModel
from features.files.whole import replacing_folder
from models.bundles import aliases
from models.learned.flag_evidence import REFUTED, Cell
from models.writing import version_shown
from serving.commands import sources, training_side
from serving.commands.terminal import DAY, FOLDER, Answer, Terminal, examples, unsigned_option, verb

_HELD: Final = {"index.html", "report.json"}
_BOTH: Final = ("first", "second")
_CHAMPION: Final = "champion"
_DECISIVE: Final = (
    "hidden_income.auc",
    "hidden_income.average_precision",
    "hidden_income.precision_at_capacity",
    "amounts.held",
    "welfare.quadratic_kappa",
    "welfare.set_held",
)
"""The figures of training that are shown unasked, of some seventy."""
_PROMISES: Final = {
    "flagged_share": "families flagged",
    "unconfirmed_at_most": "unconfirmed among them, promised at most",
    "refuted_above": "possible for this version, broken above",
}
_SEED: Final = 20_260_101
"""Of the resampling behind a comparison's intervals."""


@click.command(
    epilog=examples(
        "tarazy promote 3 --on SNAP",
        "tarazy promote 3 --alias challenger",
        'tarazy promote 3 --override "a first look"',
    )
)
@click.argument("version", metavar="VERSION", help="Its number, as `tarazy train` gave it.")
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
@unsigned_option
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
    """Let a version through the gates and give it an alias; say which gate failed.

    Exit code 1: a gate says no, and the version was not promoted.
    """
    population = None if on is None else sources.opened(on, None, terminal)[0].folder
    with terminal.bar() as progress:
        promotion = training_side.promote.promote(
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
        f"Version {promotion.shown} is {alias} now."
        if promotion.promoted
        else f"Version {promotion.shown} was not promoted: a gate says no or cannot tell. To pass "
        'it by a person\'s word: --override "reason".'
    )
    return Answer(
        {"version": version, "alias": alias, **promotion.to_dict()},
        [table, verdict],
        exit_code=0 if promotion.promoted else 1,
    )


@click.command(
    epilog=examples(
        "tarazy compare champion 4",
        "tarazy compare 3 4 --on SNAP --out comparison",
        "tarazy compare 3 4 --all",
    )
)
@click.argument("first", metavar="A", help="The one that is there: a version or an alias.")
@click.argument("second", metavar="B", help="The one that may come.")
@unsigned_option
@click.option(
    "--on",
    type=FOLDER,
    metavar="SNAP",
    help="The families to compare them on. Default: the newest snapshot that B was trained on.",
)
@click.option("--out", type=FOLDER, metavar="FOLDER", help="Make a page and the numbers there.")
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Print every figure that training measured; --json and the page have them anyhow.",
)
@verb
def compare(
    terminal: Terminal, first: str, second: str, on: Path | None, out: Path | None, everything: bool
) -> Answer:
    """Hold two versions or aliases beside each other on the same families; say who moves and why.

    First how far their AUC differs, whom each flags and who moves, then the figures of training.
    Families are named by their key alone; no value of a family is written.
    """
    if out is not None:
        _may_take(out)
    home = sources.home()
    snapshot = None if on is None else sources.opened(on, None, terminal)[0]
    two = training_side.compare.pair(first, second, home=home, on=snapshot)
    with terminal.bar() as progress:
        comparison = training_side.compare.compare(two, home=home, seed=_SEED, progress=progress)
    words: list[Table | str] = [
        _named(comparison),
        *_auc(comparison),
        _flags(comparison),
        _moves(comparison),
        *_looks(comparison),
        *_figures(comparison, everything=everything),
    ]
    if out is not None:
        page = training_side.comparison_page.page(comparison)
        with replacing_folder(out) as draft:
            text = json.dumps(comparison, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
            (draft / "report.json").write_text(text, encoding="utf-8")
            (draft / "index.html").write_text(page, encoding="utf-8")
        words.append(f"{out / 'index.html'}: open it in a browser.")
    return Answer({"out": None if out is None else str(out), **comparison}, words)


@click.command(epilog=examples("tarazy models", "tarazy models 3", "tarazy models --on 2026-03-01"))
@click.argument(
    "version",
    required=False,
    metavar="VERSION",
    help="A version or an alias whose red flags are shown. Default: the champion, if there is one.",
)
@click.option(
    "--on",
    "moment",
    type=DAY,
    metavar="DAY",
    help="Say which version was live at the end of that day (UTC) instead of the whole history.",
)
@verb
def models(_: Terminal, version: str | None, moment: datetime | None) -> Answer:
    """Say which version stands behind each alias, which one was live when, and what flags may ask.

    A red flag asks for a look only where random inspections support it: shown are the flags
    anywhere, and where they are refuted.
    """
    standing = aliases.read(sources.home())
    if moment is not None:
        end = moment.replace(hour=23, minute=59, second=59, tzinfo=UTC)
        live = {name: standing.live_at(end, name) for name in aliases.ALIASES}
        moves = [move for move in live.values() if move is not None]
    else:
        moves = list(standing.history)
    table = Table(
        "alias", "version", "since", "by the word of a person", "taken back because", box=None
    )
    overrides = {
        move.version: standing.standing(move.version, move.manifest_sha256 or "").override
        for move in moves
        if move.version is not None
    }
    for move in moves:
        word = "" if move.version is None else overrides[move.version] or ""
        table.add_row(move.name, move.version or "none", move.since, word, move.reason or "")
    listed = [_move_as_json(move) for move in moves]
    words: list[Table | str] = [table] if moves else ["No model was live."]
    cells: Sequence[Cell] = ()
    if version is not None:
        cells = _evidence(version)
        words += _flag_evidence(version, cells)
    elif moment is None and _CHAMPION in standing.names:
        try:
            cells = _evidence(_CHAMPION)
            words += _flag_evidence(_CHAMPION, cells)
        except NoSuchModel as absent:  # who is live is told even where its bundle cannot be read
            words.append(f"The champion's red flags cannot be shown. {absent}")
    return Answer(
        {
            "on": None if moment is None else moment.date(),
            "aliases": {name: alias.version for name, alias in standing.names.items()},
            "overrides": overrides,
            "history": listed,
            "flag_evidence": [
                cell.as_json() | {"verdict": cell.verdict, "where": _where(cell)} for cell in cells
            ],
        },
        words,
    )


def _evidence(name: str) -> Sequence[Cell]:
    """Return what a version knows of each red flag: anywhere, and where it is refuted."""
    from models.bundles.loading import load

    return [
        cell
        for cell in load(sources.home(), name).flag_evidence.cells
        if (cell.place is None and cell.category is None) or cell.verdict == REFUTED
    ]


def _flag_evidence(name: str, cells: Sequence[Cell]) -> list[Table | str]:
    if not cells:
        return [f"Of red flags {name} knows no random inspections: none asks for a look."]
    table = Table(
        f"red flags, {name}",
        "where",
        "raised",
        "confirmed",
        "95 % interval",
        "of all",
        "",
        box=None,
    )
    for cell in cells:
        ends = "" if cell.precision is None else f"{cell.low:.1%} to {cell.high:.1%}"
        table.add_row(
            cell.flag,
            _where(cell),
            f"{cell.raised:,} of {cell.inspected:,}",
            "unknown" if cell.precision is None else f"{cell.precision:.1%}",
            ends,
            "unknown" if cell.prevalence is None else f"{cell.prevalence:.1%}",
            cell.verdict,
        )
    return [
        table,
        "By the random inspections that the version has learned from. A supported flag asks for a "
        "look where it matters and is not refuted; an untold one is information.",
    ]


def _where(cell: Cell) -> str:
    from models.learned.hidden_income import PLACES

    place = "anywhere" if cell.place is None else PLACES[cell.place]
    return place if cell.category is None else f"{place}, category {cell.category}"


def _move_as_json(move: aliases.Move) -> dict[str, Any]:
    return {name: getattr(move, name) for name in aliases.Move.__dataclass_fields__}


def _may_take(out: Path) -> None:
    """Refuse a folder that holds anything else than an earlier comparison."""
    if out.exists() and not (out.is_dir() and {p.name for p in out.iterdir()} <= _HELD):
        raise InputError(
            f"{out} holds something else than a comparison; only an earlier one is replaced. "
            "Choose another --out, or empty it first."
        )


def _named(comparison: dict[str, Any]) -> str:
    first, second = (
        version_shown(comparison[which]["version"], comparison[which]["override"])
        for which in ("first", "second")
    )
    return f"Version {first} beside version {second}."


def _figures(comparison: dict[str, Any], *, everything: bool) -> list[Table | str]:
    """Return what training measured: the figures that decide, or every one of them."""
    title = "measured at training, on the same labels"
    if not comparison["metrics"]["same_labels"]:
        title = "measured at training, on DIFFERENT labels"
    table = Table(title, *_versions(comparison), box=None)
    rows = {row["name"]: row for row in comparison["metrics"]["rows"]}
    names = list(rows) if everything else [name for name in _DECISIVE if name in rows]
    for name in names:
        table.add_row(name, *(_estimate(rows[name][which]) for which in _BOTH))
    left = len(rows) - len(names)
    more = [f"{left} more figures: --all prints them, --json and the page have them."]
    return [table, *(more if left else [])]


def _flags(comparison: dict[str, Any]) -> Table:
    """Return whom each of the two flags in its own population, and what it promises of them."""
    table = Table("flags", *_versions(comparison), box=None)
    for key, name in _PROMISES.items():
        shares = (comparison[which][key] for which in _BOTH)
        table.add_row(name, *("not said" if s is None else f"{s:.1%}" for s in shares))
    return table


def _looks(comparison: dict[str, Any]) -> list[Table | str]:
    """Return whom each of the two sends somebody to and what that catches; nothing: unknown."""
    both = [comparison["looks"][which] for which in _BOTH]
    if both == [None, None]:
        return []
    table = Table("looks, counted at training", *_versions(comparison), box=None)
    for key, name in training_side.comparison_looks.SHARES.items():
        table.add_row(name, *("not counted" if of is None else f"{of[key]:.2%}" for of in both))
    for key, name in training_side.comparison_looks.CONFIRMED.items():
        table.add_row(name, *(_estimate(None if of is None else of[key]) for of in both))
    ratios = (None if of is None else of["ratio"] for of in both)
    table.add_row(
        "times the queue before", *("not measured" if r is None else f"{r:.2f}" for r in ratios)
    )
    return [table, training_side.comparison_looks.SEEN]


def _versions(comparison: dict[str, Any]) -> list[str]:
    return [f"version {comparison[which]['version']}" for which in _BOTH]


def _auc(comparison: dict[str, Any]) -> list[str]:
    """Return how far the two differ in AUC: in pairs, where inspections are left that tell."""
    unseen = comparison["unseen"]
    if not unseen["why_not"]:
        return [
            f"On {unseen['labels']:,} random inspections that neither has learned from, AUC "
            f"{_estimate(unseen['auc_first'])} and {_estimate(unseen['auc_second'])}; second less "
            f"first {_estimate(unseen['auc_difference'])}."
        ]
    lines = [f"On inspections that neither has learned from: {unseen['why_not']}."]
    rows = {row["name"]: row for row in comparison["metrics"]["rows"]}
    first, second = (rows.get(_DECISIVE[0], {}).get(which) for which in _BOTH)
    if first and second:
        same = "the same" if comparison["metrics"]["same_labels"] else "DIFFERENT"
        lines.append(
            f"AUC at training, on {same} labels: {_estimate(first)} and {_estimate(second)}; "
            f"second less first {second['value'] - first['value']:+.3f}, not judged in pairs and "
            "so without an interval."
        )
    return lines


def _moves(comparison: dict[str, Any]) -> Table:
    moves = comparison["moves"]
    table = Table(f"of {moves['families']:,} families", "families", "share", box=None)
    for name, counted in moves["changes"].items():
        share = "" if counted["share"] is None else f"{counted['share']:.2%}"
        table.add_row(name.replace("_", " "), f"{counted['families']:,}", share)
    return table


def _estimate(estimate: dict[str, Any] | None) -> str:
    if estimate is None or estimate["value"] is None:
        return "not measured"
    return f"{estimate['value']:.3f} [{estimate['low']:.3f}, {estimate['high']:.3f}]"
