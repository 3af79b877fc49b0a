"""What the service writes down: times, places and counts, and never a value of a request.

Everything that logs in a process of the service, its libraries included, writes by one
handler to standard error. The words of an exception may quote a family, so that a trace
is cut down to the kind of the error and the lines it passed.
"""

import logging
import traceback
from types import TracebackType
from typing import Any, Final


class Wordless(logging.Formatter):
    """A formatter that says where an exception was raised and leaves out what it says."""

    def formatException(
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None]
        | tuple[None, None, None],
    ) -> str:
        """Return the kind of the error and the lines it passed."""
        return "no error" if ei[1] is None else where(ei[1])


CONFIG: Final[dict[str, Any]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "wordless": {"()": Wordless, "format": "%(asctime)s %(levelname)s %(message)s"},
    },
    "handlers": {"standard_error": {"class": "logging.StreamHandler", "formatter": "wordless"}},
    "loggers": {"tarazy": {"level": "INFO"}},
    "root": {"level": "WARNING", "handlers": ["standard_error"]},
}
"""For `logging.config.dictConfig`: our own notes, and what libraries warn of."""


def where(error: BaseException) -> str:
    """Return the kind of an error and the lines it passed, without its words."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    lines = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__} at {lines}"
