"""Starting the service: the environment it needs, then BentoML in place of this process."""

import os
import socket
import sys
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Final, NoReturn

from features.errors import InputError

SERVICE: Final = "serving.api.service:Tarazy"
_FIXED: Final = {
    "BENTOML_DO_NOT_TRACK": "True",
    "DO_NOT_TRACK": "1",
    "MLFLOW_ALLOW_MODEL_CODE_EXECUTION": "false",
    "OMP_NUM_THREADS": "1",
    "POLARS_MAX_THREADS": "1",
    "PYTHONUNBUFFERED": "1",
}
"""One thread a worker: the workers share the cores, a family is too small to divide."""


def command(host: str, port: int) -> list[str]:
    """Return the command line of the server."""
    return [
        sys.executable,
        "-m",
        "bentoml",
        "serve",
        SERVICE,
        "--working-dir",
        str(_packages()),
        "--host",
        host,
        "--port",
        str(port),
        "--quiet",
    ]


def environment(
    inherited: Mapping[str, str],
    *,
    url: str,
    home: Path,
    model: str,
    workers: int | None,
    shadow: bool = False,
) -> dict[str, str]:
    """Return the environment of the server: the caller's, with what serving fixes.

    ``url`` is where it says that it answers. ``home`` is made absolute, for the server
    works in another folder. ``workers`` None: one for each core this process may use.
    ``shadow``: the challenger looks at every family as well, without effect.
    """
    home = home.resolve()
    return {
        **inherited,
        **_FIXED,
        "BENTOML_HOME": str(home / "bentoml"),
        "TARAZY_HOME": str(home),
        "TARAZY_MODEL": model,
        "TARAZY_SHADOW": "1" if shadow else "",
        "TARAZY_URL": url,
        "TARAZY_WORKERS": str(workers or len(os.sched_getaffinity(0))),
    }


def serve(
    *,
    host: str,
    port: int,
    home: Path,
    model: str = "champion",
    workers: int | None = None,
    shadow: bool = False,
) -> NoReturn:
    """Become the server; it answers on ``http://host:port`` until it is interrupted.

    ``host`` is an address, not a name. ``model`` is an alias, a version, or ``none`` for
    rules alone; an alias that nothing was promoted to serves rules alone as well, and
    says so. Raises ``InputError`` where the home cannot be written or the port is taken.
    """
    address = _address(host)
    try:
        (home / "bentoml").mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise InputError(
            f"{home} cannot be written ({problem.strerror}): set TARAZY_HOME to another folder."
        ) from problem
    _refuse_taken(address, port)
    url = f"http://[{address}]:{port}" if ":" in address else f"http://{address}:{port}"
    sys.stderr.write(f"Tarazy starts on {url} in a few seconds. Press Ctrl+C to stop.\n")
    sys.stderr.flush()
    os.execve(
        sys.executable,
        command(address, port),
        environment(os.environ, url=url, home=home, model=model, workers=workers, shadow=shadow),
    )


def _address(host: str) -> str:
    try:
        return str(ip_address("127.0.0.1" if host == "localhost" else host))
    except ValueError:
        raise InputError(
            f"{host} is no address to listen on: pass --host 127.0.0.1 (this machine only), "
            "0.0.0.0 (every address of it) or one of its addresses."
        ) from None


def _refuse_taken(address: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except (OSError, OverflowError) as problem:
            raise InputError(
                f"http://{address}:{port} cannot be listened on "
                f"({getattr(problem, 'strerror', None) or problem}): pass another --port or --host."
            ) from problem


def _packages() -> Path:
    """The folder that holds our packages, from which the workers import them."""
    return Path(__file__).resolve().parents[2]
