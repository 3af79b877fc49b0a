"""What every verb shares: the answer on standard output, progress on standard error."""

import functools
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from features import table_files
from features.progress import Progress, silent

DAY = click.DateTime(formats=["%Y-%m-%d"])
_WIDE = 400
FOLDER = click.Path(path_type=Path)
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
    errors: Console = field(default_factory=lambda: _console(stderr=True))

    def say(self, message: str) -> None:
        """Tell a person something that is not the answer."""
        click.echo(message, err=True)

    def answer(self, answer: Answer) -> int:
        """Print the answer and return the exit code."""
        if self.as_json:
            click.echo(json.dumps(answer.json, ensure_ascii=False, default=_plain))
        else:
            console = _console(stderr=False)
            for line in answer.words:
                if isinstance(line, str):
                    click.echo(line)
                else:
                    console.print(line)
        return answer.exit_code

    def bar(self) -> "_Bar":
        """Return a progress bar for long work; nothing is drawn where nobody watches."""
        return _Bar(self)


class _Bar:
    """A progress bar on standard error, as the callable that long work reports to."""

    def __init__(self, terminal: Terminal) -> None:
        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=terminal.errors,
            transient=True,
        )
        self._shown = terminal.errors.is_terminal

    def __enter__(self) -> Progress:
        if not self._shown:
            return silent
        self._bars.start()
        task = self._bars.add_task("", total=None)

        def report(what: str, done: int, total: int) -> None:
            self._bars.update(task, description=what, completed=done, total=total)

        return report

    def __exit__(self, *_: object) -> None:
        if self._shown:
            self._bars.stop()


def verb(function: Decorated) -> Decorated:
    """Give a verb its `--json` flag and its terminal; its `Answer` becomes output and exit code."""

    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object for scripts.")
    @functools.wraps(function)
    def run(*args: Any, as_json: bool, **options: Any) -> int:
        terminal = Terminal(as_json)
        return terminal.answer(function(terminal, *args, **options))

    return run  # type: ignore[return-value]  # click replaces it by a command anyway


def day(value: datetime | None) -> date | None:
    """Return the day that an option names, if it was given."""
    return None if value is None else value.date()


def table_option(function: Decorated) -> Decorated:
    """Add ``--out``, the file or folder that a table is written to."""
    return click.option(
        "--out",
        type=FOLDER,
        required=True,
        metavar=table_files.METAVAR,
        help=table_files.ABOUT,
    )(function)


def as_of_option(function: Decorated) -> Decorated:
    """Add `--as-of DAY`, the decision date."""
    return click.option(
        "--as-of",
        type=DAY,
        metavar="DAY",
        help="The decision date, such as 2026-01-01. Default: the snapshot's; for bare data the "
        "first day after the latest month of incomes.",
    )(function)


def model_option(function: Decorated) -> Decorated:
    """Add `--model champion|challenger|VERSION|none`; "none" leaves the rules alone."""
    return click.option(
        "--model",
        default="champion",
        show_default=True,
        metavar="champion|challenger|VERSION|none",
        help="Which registered model stands beside the rules.",
    )(function)


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False)
    if not console.is_terminal:
        # Nobody's window limits a pipe or a file: a row stays on one line there.
        console.width = _WIDE
    return console


def _plain(value: object) -> Any:
    if isinstance(value, date | datetime | Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
