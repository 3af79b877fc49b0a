"""What every verb shares: the answer on standard output, progress on standard error."""

import functools
import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console, RenderableType
from rich.table import Table

from features.files import tables
from features.progress import Progress
from serving.commands.terminal import progress

DAY = click.DateTime(formats=["%Y-%m-%d"])
_WIDE = 400
FOLDER = click.Path(path_type=Path)
SNAP = (
    "A snapshot, or a folder of registers: a snapshot is then made of it under TARAZY_HOME, once."
)
"""What may stand where a verb asks for a snapshot."""
DATA = "A folder of registers, Parquet or CSV, named as in the register contract."
Decorated = TypeVar("Decorated", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Answer:
    """What a verb has to say: a JSON object for scripts, lines and tables for people."""

    json: dict[str, Any]
    words: Sequence[RenderableType] = ()
    exit_code: int = 0


@dataclass(slots=True)
class Terminal:
    """The two streams: answers go to standard output, everything else to standard error."""

    as_json: bool
    unsigned: bool = False
    """Whether snapshots that no trusted home signed may be used."""
    unsigned_snapshots: dict[str, str] = field(default_factory=dict)
    """What was so used, each with the doubt in it: part of every answer."""
    errors: Console = field(default_factory=lambda: _console(stderr=True))
    warnings: list[str] = field(default_factory=list)
    """What was warned of on the way: it stands in the JSON answer, too."""

    def say(self, message: str) -> None:
        """Tell a person something that is not the answer."""
        click.echo(message, err=True)

    def warn(self, message: str) -> None:
        """Warn a person, and whoever reads the JSON answer; of the same only once."""
        if message in self.warnings:
            return
        self.warnings.append(message)
        self.say(f"warning: {message}")

    def answer(self, answer: Answer) -> int:
        """Print the answer and return the exit code."""
        if self.as_json:
            doubts = {"unsigned_snapshots": self.unsigned_snapshots}
            warned = {"warnings": self.warnings} if self.warnings else {}
            shown = warned | answer.json | (doubts if self.unsigned_snapshots else {})
            click.echo(json.dumps(shown, ensure_ascii=False, default=_plain))
        else:
            console = _console(stderr=False)
            doubted = [f"warning: {doubt}" for doubt in self.unsigned_snapshots.values()]
            for line in (*answer.words, *doubted):
                if isinstance(line, str):
                    click.echo(line)
                else:
                    console.print(_whole(line))
        return answer.exit_code

    def bar(self, what: str = "working") -> AbstractContextManager[Progress]:
        """Return a progress bar for long work; where nobody watches, a line every ten seconds."""
        if self.errors.is_terminal:
            return progress.as_a_bar(self.errors, what)
        return progress.as_lines(self.say, what)


def verb(function: Decorated) -> Decorated:
    """Give a verb its `--json` flag and its terminal; its `Answer` becomes output and exit code.

    ``--unsigned``, of a verb that takes snapshots, is the terminal's as well: it is meant for
    whatever the verb opens, and its answer says of what it was needed.
    """

    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object for scripts.")
    @functools.wraps(function)
    def run(*args: Any, as_json: bool, unsigned: bool = False, **options: Any) -> int:
        terminal = Terminal(as_json, unsigned)
        return terminal.answer(function(terminal, *args, **options))

    return run  # type: ignore[return-value]  # click replaces it by a command anyway


def examples(*commands: str) -> str:
    """Return an epilog of commands to copy, one a line; one that goes on is broken by hand."""
    return "\b\nExamples:\n" + "\n".join(f"  {command}" for command in commands)


def day(value: datetime | None) -> date | None:
    """Return the day that an option names, if it was given."""
    return None if value is None else value.date()


def table_option(function: Decorated) -> Decorated:
    """Add ``--out``, the file or folder that a table is written to."""
    return click.option(
        "--out",
        type=FOLDER,
        required=True,
        metavar=tables.METAVAR,
        help=tables.ABOUT,
    )(function)


def snap_argument(function: Decorated) -> Decorated:
    """Add ``SNAP``, the families that a verb is about."""
    argument = click.argument("snap", type=FOLDER, metavar="SNAP", help=SNAP)
    return argument(unsigned_option(function))


def unsigned_option(function: Decorated) -> Decorated:
    """Add ``--unsigned`` to a verb that takes snapshots; `verb` hands it to the terminal."""
    return click.option(
        "--unsigned",
        is_flag=True,
        help="Use a snapshot even though no home that this one trusts signed it; the answer says "
        "so.",
    )(function)


def data_argument(function: Decorated) -> Decorated:
    """Add ``DATA``, registers as they arrive."""
    return click.argument("data", type=FOLDER, metavar="DATA", help=DATA)(function)


def as_of_option(function: Decorated) -> Decorated:
    """Add `--as-of DAY`, the decision date."""
    return click.option(
        "--as-of",
        type=DAY,
        metavar="DAY",
        help="The decision date, such as 2026-01-01. Default: the snapshot's; for bare data the "
        "first day after the newest covered month of incomes.",
    )(function)


def as_of_data_option(function: Decorated) -> Decorated:
    """Add `--as-of DAY` where there is no snapshot yet."""
    return click.option(
        "--as-of",
        type=DAY,
        metavar="DAY",
        help="The decision date, such as 2026-01-01. Default: the first day after the newest "
        "covered month of incomes.",
    )(function)


def seed_option(function: Decorated) -> Decorated:
    """Add `--seed N`, from which all that is drawn follows."""
    return click.option(
        "--seed",
        type=click.IntRange(min=0),
        default=20_260_101,
        show_default=True,
        metavar="N",
        help="All that is drawn follows from it: the same seed gives the same result.",
    )(function)


def model_option(function: Decorated) -> Decorated:
    """Add `--model champion|challenger|VERSION|none`; "none" leaves the rules alone."""
    return click.option(
        "--model",
        default="champion",
        show_default=True,
        metavar="MODEL",
        help="Which model stands beside the rules: champion, challenger, the number of a version, "
        "or none.",
    )(function)


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False)
    if not console.is_terminal:
        # Nobody's window limits a pipe or a file: a row stays on one line there.
        console.width = _WIDE
    return console


def _whole(shown: RenderableType) -> RenderableType:
    """Let what does not fit a column go on in the next line: a key or a number is never cut."""
    if isinstance(shown, Table):
        for column in shown.columns:
            column.overflow = "fold"
    return shown


def _plain(value: object) -> Any:
    if isinstance(value, date | datetime | Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
