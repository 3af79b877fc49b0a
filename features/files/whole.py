"""Files and folders that appear whole or not at all: a draft beside them takes the name at last.

A reader sees what stood there before or what stands there now, never a part; a run that is
killed leaves at most a draft, whose name begins with a dot, and no promise.
"""

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
    draft = _draft(path)
    try:
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def write_durably(path: Path, content: bytes) -> None:
    """Replace a file by ``content``, which is on disk before it takes the name.

    For what must not be lost with the power: signed files, by which it is decided who serves.
    """
    with replacing(path) as draft, draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def replacing_folder(out: Path) -> Iterator[Path]:
    """Yield an empty neighbour of a folder to fill; complete, it takes the place of the old one.

    Whether the old folder may go is for the caller to say, before any work is done.
    """
    before = out.with_name(f".{out.name}.{os.getpid()}.old")
    with _drafted(out) as draft:
        try:
            yield draft
            if out.exists():
                out.rename(before)
            draft.rename(out)
        finally:
            if before.exists() and not out.exists():
                before.rename(out)
            shutil.rmtree(before, ignore_errors=True)


@contextmanager
def creating_folder(out: Path) -> Iterator[Path]:
    """Yield an empty neighbour of a folder to fill; complete, it takes the name.

    ``out`` may be an empty folder, never one that holds something: what stands there is
    not replaced, and an OSError says so at the end at the latest.
    """
    with _drafted(out) as draft:
        yield draft
        draft.rename(out)


@contextmanager
def _drafted(out: Path) -> Iterator[Path]:
    """Make the neighbour of a folder in which a draft is filled; what is left of it goes."""
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = _draft(out)
    shutil.rmtree(draft, ignore_errors=True)
    try:
        draft.mkdir()
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _draft(place: Path) -> Path:
    return place.with_name(f".{place.name}.{os.getpid()}")
