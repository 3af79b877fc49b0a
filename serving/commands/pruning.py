"""The verb that removes what killed runs left: drafts and finished slices that nobody works on."""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path

import click

from features.errors import InputError
from features.files.whole import abandoned, alone_in, remove
from serving.commands import sources
from serving.commands.terminal import FOLDER, Answer, Terminal, examples, verb

_OF_A_SNAPSHOT = re.compile(
    r"scattered|learning|part-\d{5}(\.parquet)?|coverage\.parquet|manifest\.(json|sig)"
)
_TABLES = (".parquet", ".csv")


@click.command(
    epilog=examples("tarazy prune --dry-run", "tarazy prune", "tarazy prune /where/snapshots/lie")
)
@click.argument("folders", type=FOLDER, nargs=-1, metavar="[FOLDER]...", help="Where to look.")
@click.option("--dry-run", is_flag=True, help="Say what would be removed, and remove nothing.")
@verb
def prune(terminal: Terminal, folders: tuple[Path, ...], dry_run: bool) -> Answer:  # noqa: ARG001
    """Remove what killed runs left behind: it may hold families' data.

    Looks through TARAZY_HOME, and into the folders that are named (default: the working folder)
    without the folders in them. What a run is at work on stays; the finished slices of a killed
    `score` go, so that it starts anew.
    """
    leftovers = set[Path]()
    for place in chain(_beside(folders or (Path(),)), _under(sources.home().root)):
        leftovers.add(place)
        if not dry_run:
            remove(place)  # while it is held: no run can take it up in between
    what = "Would remove" if dry_run else "Removed"
    return Answer(
        {"leftovers": [str(place) for place in sorted(leftovers)], "removed": not dry_run},
        [
            *(f"{what} {place}." for place in sorted(leftovers)),
            f"{what} {len(leftovers)} leftover{'' if len(leftovers) == 1 else 's'} of killed runs.",
        ],
    )


def _under(home: Path) -> Iterator[Path]:
    """Yield the leftovers anywhere in the home: all that lies there is ours."""
    if not home.is_dir():
        return
    for folder, inside, _ in os.walk(home.resolve()):
        with suppress(FileNotFoundError):  # a folder that a run has just finished with
            for place in chain(abandoned(Path(folder)), _unfinished(Path(folder))):
                if place.name in inside:
                    inside.remove(place.name)  # it goes with all that it holds
                yield place


def _beside(folders: tuple[Path, ...]) -> Iterator[Path]:
    """Yield the leftovers in folders that hold other things as well: only what is surely ours."""
    for folder in folders:
        if not folder.is_dir():
            raise InputError(f"{folder} is no folder: name one in which a run was killed.")
    for folder in {folder.resolve() for folder in folders}:  # what a link leads to is not ours
        yield from filter(_is_ours, abandoned(folder))
        yield from _unfinished(folder)


def _is_ours(draft: Path) -> bool:
    """Whether a draft outside the home is of a snapshot or a table; a log may be so named, too."""
    if draft.is_dir():
        return all(_OF_A_SNAPSHOT.fullmatch(inside.name) for inside in draft.iterdir())
    return Path(draft.stem).suffix in _TABLES


def _unfinished(folder: Path) -> Iterator[Path]:
    """Yield the working folders of runs of `score` that nobody is at work in."""
    from serving.decisions.batch import WORKING_FOLDER  # late: it loads what decides

    for place in sorted(folder.iterdir()):
        is_one = WORKING_FOLDER.fullmatch(place.name) and not place.is_symlink()
        if is_one and (place / "lock").is_file():
            with suppress(InputError), alone_in(place):
                yield place
