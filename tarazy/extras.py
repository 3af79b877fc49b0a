"""What is not installed is said by the name of the extra that brings it."""

from collections.abc import Iterator
from contextlib import contextmanager

from features.errors import TarazyError


class MissingExtra(TarazyError, ImportError):
    """Something that learns was called where only what serves and decides is installed."""

    exit_code = 1


@contextmanager
def needs_train_extra(what: str) -> Iterator[None]:
    """Import what learns; where a library is missing, raise `MissingExtra` with the remedy.

    A module of our own that is missing is our fault, not an extra: it is raised as it is.
    """
    try:
        yield
    except ModuleNotFoundError as missing:
        library = (missing.name or "").partition(".")[0]
        if library in {"", "features", "models", "serving", "tarazy", "training"}:
            raise
        raise MissingExtra(
            f"{what} needs {library}, which is not installed: run pip install 'tarazy[train]'."
        ) from missing
