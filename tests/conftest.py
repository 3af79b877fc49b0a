"""What the whole run shares: one simulated country, one trained model, one server.

They take minutes and a core of their own: the walk through a country starts with the first
test and run in processes beside it, and the modules that wait for none of them go first.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from features.files.whole import replacing
from models.law import files
from tests.serving.running import running
from tests.walks.walk import COUNTRY, examples, run

COMMANDS = [example.command for example in examples(COUNTRY)]
[_TRAIN] = [command for command in COMMANDS if command.startswith("tarazy train ")]
TRAINED_AGAIN = f"{_TRAIN} --refits 0 --unsigned"
"""Without other seeds, which are measured beside the bundle and must not touch it."""


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
    """The country of `tests/walks/country.md` walked through, in a folder of its own."""

    folder: Path
    outputs: dict[str, str]


@dataclass(frozen=True)
class Beside:
    """What runs beside the tests, one command after another; each leaves its output in a file.

    Where several workers share a run, the first of them runs the commands and all wait for the
    files.
    """

    folder: Path

    def start(self, lane: Executor, command: str, environment: dict[str, str], home="var"):
        place = self._place(command, home)
        lane.submit(_run_and_keep, place, command, self.folder, home, environment)

    def output(self, command: str, home: str = "var") -> str:
        """Return what a command printed, as soon as it is through."""
        place, end = self._place(command, home), time.monotonic() + PATIENCE
        while not place.exists():
            if time.monotonic() > end:
                pytest.fail(f"$ {command}: no answer after {PATIENCE} s")
            time.sleep(0.1)
        answer = json.loads(place.read_text("utf-8"))
        return answer["output"] if "output" in answer else pytest.fail(answer["failure"])

    def _place(self, command: str, home: str) -> Path:
        return self.folder / ".outputs" / sha256(f"{home} {command}".encode()).hexdigest()


PATIENCE = 1_200


def _run_and_keep(place: Path, command: str, folder: Path, home: str, environment: dict[str, str]):
    try:
        answer = {"output": run(command, folder, home, environment)}
    except Exception as error:
        answer = {"failure": str(error)}
    with replacing(place) as partial:
        partial.write_text(json.dumps(answer), "utf-8")


@pytest.hookimpl(trylast=True)  # when the long tests are out
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Modules that need nothing of the walk go first, whole, in the order they had."""
    waiting = {item.path for item in items if "walk" in item.fixturenames}
    items.sort(key=lambda item: item.path in waiting)


@pytest.fixture(scope="session", autouse=True)
def pages_of_the_law() -> Iterator[None]:
    """A page of the law is parsed and held against its schema once: a copy of it has its bytes.

    Hundreds of tests copy the law and change one page of it. A page that is refused is read
    anew each time, and what is checked of all pages together is checked of every folder.
    """
    read, once = files._read, {}

    def read_once(path: Path, schema: str) -> Mapping[str, Any]:
        page = (path.name, schema, path.read_bytes() if path.is_file() else None)
        if page not in once:
            once[page] = read(path, schema)
        return once[page]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "_read", read_once)
        yield


@pytest.fixture(scope="session", autouse=True)
def beside(request, tmp_path_factory) -> Iterator[Beside]:
    """Start what the tests of this run will ask for; drop what is left when they end early."""
    wanted = {name for item in request.session.items for name in item.fixturenames}
    worker = os.environ.get("PYTEST_XDIST_WORKER")  # None: one process runs all
    base = tmp_path_factory.getbasetemp()
    shared = Beside((base.parent if worker else base) / "walk")
    if "walk" not in wanted or worker not in (None, "gw0"):
        yield shared
        return
    (shared.folder / ".outputs").mkdir(parents=True)
    environment = dict(os.environ)  # of now: a test may change its own for a while
    with ThreadPoolExecutor(1) as lane:
        for command in COMMANDS:
            shared.start(lane, command, environment)
        if "trained_again" in wanted:
            shared.start(lane, TRAINED_AGAIN, environment, "again")
        yield shared
        session = request.session
        early = session.shouldfail or session.shouldstop
        if early or session.exitstatus is pytest.ExitCode.INTERRUPTED:
            lane.shutdown(wait=False, cancel_futures=True)


@pytest.fixture(scope="session")
def walk(beside) -> Walk:
    """Every command of the walk, run once: the country and model all tests share."""
    return Walk(beside.folder, {command: beside.output(command) for command in COMMANDS})


@pytest.fixture(scope="session")
def trained_again(walk, beside) -> Path:
    """Another home, in which the same command trained with its own seed alone."""
    beside.output(TRAINED_AGAIN, "again")
    return walk.folder / "again"


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


@pytest.fixture
def in_process(monkeypatch, capfd) -> Callable[..., Run]:
    """The command with a home, in this process: where a process of its own is not the point."""
    from serving.commands import main

    def call(home: Path, *words: object) -> Run:
        monkeypatch.setenv("TARAZY_HOME", str(home))
        capfd.readouterr()  # what others printed meanwhile
        with pytest.raises(SystemExit) as left:
            main([*map(str, words)])
        printed = capfd.readouterr()
        return Run(int(left.value.code or 0), printed.out, printed.err)

    return call


@pytest.fixture(scope="session")
def server_log(tmp_path_factory) -> Path:
    """What the one server wrote."""
    return tmp_path_factory.mktemp("server") / "log.txt"


@pytest.fixture(scope="session")
def server_url(trained_home, server_log) -> Iterator[str]:
    """The address of one real server of the trained home."""
    with running(trained_home, server_log) as url:
        yield url
