"""What the whole run shares: one simulated country, one trained model, one server."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

DAY = date(2026, 1, 1)
HOUSEHOLDS = 6_000
SEED = 7


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


@pytest.fixture(scope="session")
def simulated_data(tmp_path_factory) -> Path:
    """A small simulated country in the register contract, made by the command."""
    folder = tmp_path_factory.mktemp("country")
    made = Command(folder / "home")(
        "simulate", "--households", HOUSEHOLDS, "--seed", SEED, "--out", folder / "data"
    )
    assert made.code == 0, made.err
    return folder / "data"


@pytest.fixture(scope="session")
def simulated_snapshot(simulated_data) -> Path:
    """Its snapshot."""
    from features.registers.load import open_data_set
    from features.registers.snapshot import make

    out = simulated_data.parent / "snapshot"
    make(open_data_set(simulated_data), DAY, out)
    return out


@pytest.fixture(scope="session")
def trained_home(tmp_path_factory, simulated_snapshot) -> Path:
    """A home with one trained model, promoted by the recorded override *tests*."""
    home = tmp_path_factory.mktemp("home")
    command = Command(home)
    trained = command("train", simulated_snapshot, "--json")
    assert trained.code == 0, trained.err
    promoted = command("promote", trained.json["version"], "--override", "tests", "--json")
    assert promoted.code == 0, promoted.out + promoted.err
    return home


@pytest.fixture(scope="session")
def tarazy(trained_home) -> Command:
    """The command, with the trained home."""
    return Command(trained_home)


@pytest.fixture
def fresh(tmp_path) -> Command:
    """The command, with a home in which nothing is."""
    return Command(tmp_path / "home")
