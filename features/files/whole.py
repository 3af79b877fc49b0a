"""Files and folders that appear whole or not at all: a draft beside them takes the name at last.

A reader sees what stood there before or what stands there now, never a part; a run that is
killed leaves at most a draft, ``.NAME.PID`` beside NAME, and no promise. A draft is readable by
its owner alone. Its maker holds a lock on it, which ends with the maker however that ends: so
the next run of the same name, and `tarazy prune`, know which drafts are nobody's and remove them.
"""

import errno
import fcntl
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from features.errors import InputError, TarazyError

_DRAFT: Final = re.compile(r"\.(?P<name>.+)\.\d+(?P<old>\.old)?", re.DOTALL)
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_SAID_OF_IT: Final = (
    "os error 28)",
    "No space left on device",
    "database or disk is full",
)
"""What libraries that write by themselves say of a full disk, in errors of their own."""
_NO_ROOM: Final = 1 << 16
"""Bytes: a disk with fewer takes no table."""
_PRIVATE_FOLDER: Final = 0o700
_PRIVATE_FILE: Final = 0o600
_MASK: Final = os.umask(0o077)
"""What the user takes from the rights of a finished file; it can only be read by setting it."""
os.umask(_MASK)


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
    path = folder / "lock"
    with open(path, "r+b", opener=_opened_itself) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(
                f"Another run is at this very work in {folder}; wait for it, or name another --out."
            ) from None
        yield


def _opened_itself(path: str, _: int) -> int:
    """Open a file of the owner's own, made where there is none; refuse what a link leads to."""
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, _PRIVATE_FILE)
    except OSError as problem:
        if problem.errno != errno.ELOOP:
            raise
        raise InputError(
            f"{path} is a link, and no run makes one: find out who put it there, remove it, and "
            "give the same command again."
        ) from problem


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a neighbour of ``path`` to write to; it takes the name only once it is complete."""
    path = may_be_written(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path)
    draft = _draft(path)
    # Made here, so that whatever opens it to write meets a file of these rights.
    handle = _held(lambda: os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE), draft)
    try:
        with _naming(path):
            yield draft
        draft.chmod(0o666 & ~_MASK)
        draft.replace(path)
    finally:
        os.close(handle)
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
            draft.chmod(0o777 & ~_MASK)
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
        draft.chmod(0o777 & ~_MASK)
        draft.rename(out)


def abandoned(folder: Path, name: str | None = None) -> Iterator[Path]:
    """Yield the drafts in a folder that nobody is at work on any more: their makers were killed.

    Those of one file or folder, where its ``name`` is given. What was moved away to make room
    is no draft while nothing has taken its place: it is all there is.
    """
    for place in sorted(folder.iterdir()):
        draft = _DRAFT.fullmatch(place.name)
        if draft is None or (name is not None and draft["name"] != name):
            continue
        only_one = draft["old"] and not place.with_name(draft["name"]).exists()
        if not only_one and _is_nobodys(place):
            yield place


def remove(place: Path) -> None:
    """Remove a file, or a folder with all that it holds; what is gone already is no matter."""
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place, ignore_errors=True)
    else:
        place.unlink(missing_ok=True)


@contextmanager
def _drafted(out: Path) -> Iterator[Path]:
    """Make the neighbour of a folder in which a draft is filled; what is left of it goes."""
    out.parent.mkdir(parents=True, exist_ok=True)
    _sweep(out)
    draft = _draft(out)

    def made() -> int:
        draft.mkdir(mode=_PRIVATE_FOLDER)
        return os.open(draft, os.O_RDONLY)

    handle = _held(made, draft)
    try:
        with _naming(out):
            yield draft
    finally:
        os.close(handle)
        shutil.rmtree(draft, ignore_errors=True)


def is_full(problem: BaseException) -> bool:
    """Whether a disk had no room for what was being written, whoever says so."""
    if isinstance(problem, OSError) and problem.errno in _FULL:
        return True
    return any(words in str(problem) for words in _SAID_OF_IT)


@contextmanager
def _naming(place: Path) -> Iterator[None]:
    """Let an error of a full disk name the place that was to be written, and be the system's."""
    try:
        yield
    except TarazyError:
        raise
    except Exception as problem:
        # A library may fail over a full disk without a word of it; what it wrote is still there.
        if is_full(problem) or shutil.disk_usage(place.parent).free < _NO_ROOM:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(place)) from problem
        raise


def _draft(place: Path) -> Path:
    return place.with_name(f".{place.name}.{os.getpid()}")


def _held(make: Callable[[], int], draft: Path) -> int:
    """Make a draft and hold it for this process; return what holds it, to be closed at the end.

    The lock goes with the draft to its new name. Where a disk knows no locks, nothing that lies
    on it is ever taken for nobody's.
    """
    while True:
        handle = make()
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        if draft.exists():
            return handle
        os.close(handle)  # swept between its making and the lock


def _sweep(place: Path) -> None:
    """Remove what killed runs left of the same file or folder: it may hold families' data."""
    for draft in list(abandoned(place.parent, place.name)):
        remove(draft)


def _is_nobodys(draft: Path) -> bool:
    """Whether the draft exists and no process holds it."""
    with suppress(OSError):
        handle = os.open(draft, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        else:
            return True
        finally:
            os.close(handle)
    return False
