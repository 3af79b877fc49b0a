"""How long work shows where it stands: a bar for who watches, a line now and then for a log."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from features.progress import Progress

SECONDS_BETWEEN_LINES: Final = 10.0


@contextmanager
def as_a_bar(console: Console, what: str) -> Iterator[Progress]:
    """Draw a bar that is gone once the work is done; yields what the work reports to."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Bars(*columns, TimeElapsedColumn(), console=console, transient=True) as bars:
        task = bars.add_task(what, total=None)

        def report(what: str, done: int, total: int) -> None:
            bars.update(task, description=what, completed=done, total=total)

        yield report


@contextmanager
def as_lines(
    say: Callable[[str], None], what: str, every: float = SECONDS_BETWEEN_LINES
) -> Iterator[Progress]:
    """Say every few seconds where the work stands, by a thread: work may be busy for minutes.

    Nothing is said of work that ends within the first ``every`` seconds.
    """
    stand = _Stand(what)
    over = threading.Event()

    def speak() -> None:
        while not over.wait(every):
            say(stand.line())

    speaker = threading.Thread(target=speak, name="progress", daemon=True)
    speaker.start()
    try:
        yield stand.report
    finally:
        over.set()
        speaker.join()


@dataclass(slots=True)
class _Stand:
    """Where the work stands."""

    what: str
    done: int = 0
    total: int = 0
    begun: float = field(default_factory=time.monotonic)

    def report(self, what: str, done: int, total: int) -> None:
        self.what, self.done, self.total = what, done, total

    def line(self) -> str:
        counted = f" {self.done:,} of {self.total:,}" if self.total else ""
        minutes, seconds = divmod(int(time.monotonic() - self.begun), 60)
        return f"… {self.what}{counted}, {minutes}:{seconds:02} so far"
