"""What the whole run shares: one simulated country, one trained model, one server."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import readme
from tests.serving.running import running


@dataclass(frozen=True)
class Run:
    """What one call of the command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict:
        return json.loads(self.out)


@dataclass(frozen=True)
class Command:
    """The `tarazy` command with a home of its own, run as a user would: in a process."""

    home: Path

    def __call__(self, *words: object, **environment: str) -> Run:
        done = subprocess.run(
            [sys.executable, "-c", "from serving.commands import main; main()", *map(str, words)],
            capture_output=True,
            text=True,
            timeout=600,
            env=os.environ | {"TARAZY_HOME": str(self.home)} | environment,
            cwd=Path(__file__).resolve().parents[1],
        )
        return Run(done.returncode, done.stdout, done.stderr)


@dataclass(frozen=True)
class Walk:
    """The README walked through, command by command, in a folder of its own."""

    folder: Path
    outputs: dict[str, str]


@pytest.fixture(scope="session")
def walk(tmp_path_factory) -> Walk:
    """Every `tarazy` command of the README, run once: the country and model all tests share."""
    folder = tmp_path_factory.mktemp("walk")
    outputs = {e.command: readme.run(e.command, folder) for e in readme.examples() if e.is_tarazy}
    return Walk(folder, outputs)


@pytest.fixture(scope="session")
def simulated_data(walk) -> Path:
    """A simulated country in the register contract."""
    return walk.folder / "country"


@pytest.fixture(scope="session")
def simulated_snapshot(walk) -> Path:
    """Its snapshot."""
    return walk.folder / "snapshot"


@pytest.fixture(scope="session")
def trained_home(walk) -> Path:
    """A home with one trained model, promoted by the recorded override *demonstration*."""
    return walk.folder / "var"


@pytest.fixture(scope="session")
def tarazy(trained_home) -> Command:
    """The command, with the trained home."""
    return Command(trained_home)


@pytest.fixture
def fresh(tmp_path) -> Command:
    """The command, with a home in which nothing is."""
    return Command(tmp_path / "home")


@pytest.fixture(scope="session")
def server_log(tmp_path_factory) -> Path:
    """What the one server wrote."""
    return tmp_path_factory.mktemp("server") / "log.txt"


@pytest.fixture(scope="session")
def server_url(trained_home, server_log) -> Iterator[str]:
    """The address of one real server of the trained home."""
    with running(trained_home, server_log) as url:
        yield url
