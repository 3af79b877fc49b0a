"""Starting the service: one process that holds the socket, and workers that answer on it.

uvicorn's supervisor starts the workers, asks each twice a second whether it lives, and
replaces one that died or no longer reacts. It speaks with a worker over a pair of sockets
without a name that only the two of them hold, and with its keeper by signals: SIGTERM and
SIGINT end the service after the requests that are being answered, SIGHUP replaces the
workers one by one. So the address of the API is the only place at which anything listens.
"""

import logging
import os
import socket
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from uvicorn import Config
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from features.errors import InputError, TarazyError
from serving.api import log

APPLICATION: Final = "serving.api.worker:application"
ANSWER_SECONDS: Final = 120
"""How long an answer may take, and so how long the service may take to end."""
_REACTION_SECONDS: Final = 60
"""A worker that does not react for so long hangs. One that starts must have started by then
if it is to replace a worker that lives."""
_BACKLOG: Final = 2048
_FIXED: Final = {
    "BENTOML_DO_NOT_TRACK": "True",
    "DO_NOT_TRACK": "1",
    "MLFLOW_ALLOW_MODEL_CODE_EXECUTION": "false",
    "OMP_NUM_THREADS": "1",
    "POLARS_MAX_THREADS": "1",
    "PYTHONUNBUFFERED": "1",
}
"""One thread a worker: the workers share the cores, a family is too small to divide."""


class NotStarted(TarazyError):
    """No worker could be made; the log says why."""


def serve(
    *,
    host: str,
    port: int,
    home: Path,
    model: str = "champion",
    workers: int | None = None,
    shadow: bool = False,
) -> None:
    """Answer on ``http://host:port`` until a signal ends it.

    ``host`` is an address, not a name. ``model`` is an alias, a version, or ``none`` for
    rules alone; an alias that nothing was promoted to serves rules alone as well, and
    says so. ``workers`` None: one for each core this process may use. Raises
    ``InputError`` where the home cannot be written or the port is taken, ``NotStarted``
    where the service itself is broken.
    """
    address = _address(host)
    try:
        (home / "bentoml").mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise InputError(
            f"{home} cannot be written ({problem.strerror}): set TARAZY_HOME to another folder."
        ) from problem
    with _listening(address, port) as listener, TemporaryDirectory(prefix="tarazy-") as counters:
        url = f"http://[{address}]:{port}" if ":" in address else f"http://{address}:{port}"
        os.environ.update(
            environment(url=url, home=home, model=model, counters=Path(counters), shadow=shadow)
        )
        supervisor = _Supervisor(_config(workers or _cores()), sockets=[listener])
        logging.getLogger("tarazy").info(
            "Tarazy starts on %s in a few seconds. Press Ctrl+C to stop.", url
        )
        supervisor.run()
    if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes):
        raise NotStarted("The service could not start: the reason stands above.")


def environment(
    *, url: str, home: Path, model: str, counters: Path, shadow: bool = False
) -> Mapping[str, str]:
    """Return what serving fixes in the environment of its workers.

    ``url`` is where it says that it answers, ``counters`` the folder in which the workers
    of this run count together. ``shadow``: the challenger looks at every family as well,
    without effect.
    """
    home = home.resolve()
    return {
        **_FIXED,
        "BENTOML_HOME": str(home / "bentoml"),
        "PROMETHEUS_MULTIPROC_DIR": str(counters),
        "TARAZY_HOME": str(home),
        "TARAZY_MODEL": model,
        "TARAZY_SHADOW": "1" if shadow else "",
        "TARAZY_URL": url,
    }


class _Supervisor(Multiprocess):
    """uvicorn's supervisor, quicker to see a death and to turn new callers away."""

    def keep_subprocess_alive(self) -> None:
        """Replace the workers that died.

        While the supervisor holds the worker's end of the pipe as well, the pipe of a
        worker that dies between question and answer stays open, and the supervisor
        waits for the answer for as long as for one that hangs.
        """
        for process in self.processes:
            process.child_conn.close()
        super().keep_subprocess_alive()

    def terminate_all(self) -> None:
        """End the workers; whoever calls from now on is refused at once, not kept waiting."""
        for listener in self.sockets:
            listener.close()
        super().terminate_all()


def _config(workers: int) -> Config:
    config = Config(
        APPLICATION,
        factory=True,
        workers=workers,
        lifespan="on",
        ws="none",
        backlog=_BACKLOG,
        log_config=log.CONFIG,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=ANSWER_SECONDS,
        timeout_worker_healthcheck=_REACTION_SECONDS,
    )
    # Of this process alone: that a worker died or a signal came is a note of its keeper's.
    logging.getLogger("uvicorn.error").setLevel(logging.INFO)
    return config


def _address(host: str) -> str:
    try:
        return str(ip_address("127.0.0.1" if host == "localhost" else host))
    except ValueError:
        raise InputError(
            f"{host} is no address to listen on: pass --host 127.0.0.1 (this machine only), "
            "0.0.0.0 (every address of it) or one of its addresses."
        ) from None


def _listening(address: str, port: int) -> socket.socket:
    """Return the one socket at which callers are heard; they wait there for the first worker."""
    version_6 = ":" in address
    try:
        return socket.create_server(
            (address, port),
            family=socket.AF_INET6 if version_6 else socket.AF_INET,
            backlog=_BACKLOG,
            dualstack_ipv6=version_6 and socket.has_dualstack_ipv6(),
        )
    except OSError as problem:
        shown = f"[{address}]" if version_6 else address
        raise InputError(
            f"http://{shown}:{port} cannot be listened on "
            f"({problem.strerror or problem}): pass another --port or --host."
        ) from problem


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
