"""One real server in a process of its own, started as a user starts it: by `tarazy serve`."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

PATIENCE = 300.0
LEAVING = 15.0
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Server:
    """A server that answers."""

    host: str
    port: int
    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


@contextmanager
def running(home: Path, log: Path, *, model: str = "champion", workers: int = 1) -> Iterator[str]:
    """Yield the address of a server of this home that answers; its words go to ``log``."""
    with started(home, log, model=model, workers=workers) as server:
        yield server.url


@contextmanager
def started(
    home: Path, log: Path, *, model: str, workers: int, host: str = "127.0.0.1"
) -> Iterator[Server]:
    """Yield a server of this home that answers; it is ended, by force if need be, afterwards."""
    home.mkdir(parents=True, exist_ok=True)
    port = free_port(host)
    with log.open("wb") as words:
        process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "from serving.commands import main; main()",
                "serve",
                "--host",
                host,
                "--port",
                str(port),
                "--model",
                model,
                "--workers",
                str(workers),
            ],
            env=os.environ | {"TARAZY_HOME": str(home)},
            stdout=words,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            start_new_session=True,
        )
    server = Server(host, port, process, log)
    try:
        wait_until_alive(server)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(LEAVING)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(5)


def wait_until_alive(server: Server) -> None:
    """Return when the server answers; fail with its own words where it does not."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if server.process.poll() is not None:
            break
        try:
            if httpx.get(f"{server.url}/livez", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise AssertionError(f"The server does not answer: {server.log.read_text()[-2000:]}")


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port on which nothing listens just now."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port
