"""One worker of the service: what a process that answers does before it answers."""

import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from starlette.types import ASGIApp
from uvicorn.config import STARTUP_FAILURE

from serving.api.log import where

_NOT_NEEDED: Final = ("pandas", "sklearn")
"""LightGBM imports them where it can and needs neither to predict. Without them a worker
takes a third less time to start and two fifths less memory."""

log = logging.getLogger("tarazy")


def application() -> ASGIApp:
    """Return what a worker serves: the one BentoML service as an ASGI application.

    Where it cannot be made the process exits with uvicorn's code for it, by which the
    supervisor stops the service instead of starting the same failure again.
    """
    _leave_with_the_supervisor()
    for module in _NOT_NEEDED:
        sys.modules[module] = None  # type: ignore[assignment]  # importing it then fails
    try:
        with _leaving_at_once():
            from serving.api.service import asgi  # late: what it imports must not find the above

            return asgi()
    except Exception as error:  # no family's value is in the process yet: its words may be told
        log.critical("The service cannot be made: %s (%s)", error, where(error))
        raise SystemExit(STARTUP_FAILURE) from error


@contextmanager
def _leaving_at_once() -> Iterator[None]:
    """Let a signal end this worker on the spot: it has nothing to finish before it answers."""
    handlers = {s: signal.signal(s, signal.SIG_DFL) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _leave_with_the_supervisor() -> None:
    """End this worker, as SIGTERM would, when the process that started it is gone.

    A supervisor that is killed outright can stop nobody, and a worker left behind
    would hold the port and answer with an old model for as long as the machine runs.
    """
    supervisor = multiprocessing.parent_process()
    if supervisor is None:
        return

    def leave() -> None:
        supervisor.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=leave, name="supervisor", daemon=True).start()
