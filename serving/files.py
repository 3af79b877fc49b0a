"""Files that appear whole or not at all."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from features.errors import InputError


def may_be_written(path: Path) -> Path:
    """Return the file that a name stands for; refuse folders, devices and pipes.

    A device would be *replaced* by a file of its name, for a finished file takes the
    name of the old one; a link is followed, so that the file behind it is replaced.
    """
    target = path.resolve()
    if target.exists() and not target.is_file():
        what = "a folder" if target.is_dir() else "no regular file"
        raise InputError(f"{path} is {what}; name a file.")
    return target


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold a working folder for this process; a second run of the same work is refused."""
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(
                f"Another run is at this very work in {folder}; wait for it, or name another --out."
            ) from None
        yield


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a neighbour of ``path`` to write to; it takes the name only once it is complete."""
    path = may_be_written(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def replacing_folder(out: Path) -> Iterator[Path]:
    """Yield a neighbour of a folder to fill; complete, it takes the place of the old one.

    Whether the old folder may go is for the caller to say, before any work is done.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    draft, before = (out.with_name(f".{out.name}.{os.getpid()}.{n}") for n in ("new", "old"))
    shutil.rmtree(draft, ignore_errors=True)
    try:
        draft.mkdir()
        yield draft
        if out.exists():
            out.rename(before)
        draft.rename(out)
    finally:
        if before.exists() and not out.exists():
            before.rename(out)
        for leftover in (draft, before):
            shutil.rmtree(leftover, ignore_errors=True)
