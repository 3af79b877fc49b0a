"""Newer releases change nothing, and production alone serves: installed from an index in a folder."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from tests.install import local_index
from tests.install.local_index import NEWER, alone, pip
from tests.install.locks import LOCKS, PRODUCTION, ROOT, pins
from tests.install.test_imports import LEARNERS, modules

pytestmark = pytest.mark.long

DOCTORED = (
    "bentoml",
    "click",
    "coverage",
    "cryptography",
    "httpx",
    "hypothesis",
    "jinja2",
    "lightgbm",
    "mlflow",
    "mypy",
    "numpy",
    "packaging",
    "pandas",
    "polars",
    "pyarrow",
    "pydantic",
    "pytest",
    "scikit-learn",
    "scipy",
    "starlette",
)
BROUGHT_BY_PYTHON = {"pip", "setuptools"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two gigabytes for as long as they are needed."""
    place = tmp_path_factory.mktemp("install")
    yield place
    shutil.rmtree(place)


@pytest.fixture(scope="module")
def index(folder):
    """All that developing needs, and a newer release of twenty of it."""
    return local_index.fill(folder, "dev", DOCTORED)


@pytest.fixture(scope="module")
def production(index, folder):
    """A Python where production alone is installed, and we as a wheel that was built elsewhere."""
    python = local_index.environment(folder / "production")
    install(python, PRODUCTION, index)
    pip(
        Path(sys.executable),
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir",
        folder / "ours",
        ROOT,
        environment=alone(),
    )
    pip(python, "install", "--no-deps", *(folder / "ours").iterdir(), environment=alone())
    return python


def install(python: Path, lock: str, index: Path) -> None:
    """Install a lock as the Makefile does, from this index alone."""
    pip(
        python,
        "install",
        "--no-compile",
        "--no-deps",
        "-r",
        LOCKS / f"{lock}.lock",
        "--index-url",
        index.as_uri(),
        environment=alone(),
    )


def installed(python: Path) -> dict[str, str]:
    """Return what is there, but what a Python brings with it."""
    listed = json.loads(pip(python, "list", "--format=json", environment=alone()))
    there = {canonicalize_name(each["name"]): each["version"] for each in listed}
    return {name: there[name] for name in there.keys() - BROUGHT_BY_PYTHON}


def locked(lock: str) -> dict[str, str]:
    """Return what the lock names for this machine and Python."""
    return {
        pin.name: pin.version
        for pin in pins(lock)
        if (pin.marker is None or pin.marker.evaluate()) and pin.name not in BROUGHT_BY_PYTHON
    }


def run(folder: Path, *words: str | Path, **options: str) -> subprocess.CompletedProcess:
    """Run something far from the checkout, with a home of its own."""
    return subprocess.run(
        words,
        cwd=folder,
        env=alone() | {"TARAZY_HOME": str(folder / "home")},
        capture_output=True,
        text=True,
        **options,
    )


def test_the_index_really_offers_newer_releases_of_twenty_that_are_locked(index, folder):
    assert len(DOCTORED) == 20
    assert set(DOCTORED) <= set(locked("dev"))
    report = folder / "report.json"
    pip(
        Path(sys.executable),
        "install",
        "--dry-run",
        "--ignore-installed",
        "--no-deps",
        "--report",
        report,
        "--index-url",
        index.as_uri(),
        *DOCTORED,
        environment=alone(),
    )
    taken = [each["metadata"] for each in json.loads(report.read_text("utf-8"))["install"]]
    assert {each["name"]: each["version"] for each in taken} == dict.fromkeys(DOCTORED, NEWER)


def test_what_develops_is_installed_as_it_is_locked_and_whole(index, folder):
    python = local_index.environment(folder / "dev")
    install(python, "dev", index)
    assert installed(python) == locked("dev")
    assert "No broken requirements" in pip(python, "check", environment=alone())
    shutil.rmtree(folder / "dev")


def test_production_is_installed_as_it_is_locked_and_whole(production):
    there = installed(production)
    assert there.pop("tarazy")
    assert there == locked(PRODUCTION)
    assert "No broken requirements" in pip(production, "check", environment=alone())


def test_every_module_that_serves_and_decides_is_imported_in_production(production, folder):
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for room in ("features", "models", "serving")
        for path in modules(room)
        if not str(path.relative_to(ROOT)).startswith(LEARNERS)
    ]
    code = "import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]"
    done = run(folder, production, "-c", code, *names)
    assert done.returncode == 0, done.stderr


def test_the_command_answers_in_production(production, folder):
    command = production.with_name("tarazy")
    done = run(folder, command, "--help")
    assert done.returncode == 0, done.stderr
    for verb in ("score", "explain", "audit", "serve", "monitor", "draw", "reform"):
        assert verb in done.stdout
        assert run(folder, command, verb, "--help").returncode == 0, verb


_POST = """
import json, sys
from starlette.testclient import TestClient
from serving.api.service import APP
with TestClient(APP) as client:
    answer = client.post("/score", json=json.load(sys.stdin))
answer.raise_for_status()
print(answer.text)
"""


def test_production_answers_a_request_as_a_full_installation_does(production, folder):
    family = (ROOT / "docs" / "family.json").read_text("utf-8")
    answers = []
    for python in (production, Path(sys.executable)):
        done = run(folder, python, "-c", _POST, input=family)
        assert done.returncode == 0, done.stderr
        answers.append(json.loads(done.stdout) | {"decision_id": None})
    assert answers[0]["category"] in range(1, 7)
    assert answers[0] == answers[1]


def test_a_verb_that_trains_says_in_production_what_to_install(production, folder):
    command = production.with_name("tarazy")
    country = folder / "country"
    made = run(folder, command, "simulate", "--households", "1000", "--out", country)
    assert made.returncode == 0, made.stderr
    done = run(folder, command, "train", country)
    assert done.returncode == 1
    assert re.search(r"tarazy train needs \w+, which is not installed here", done.stderr)
    assert "Making the snapshot" not in done.stderr  # not after minutes of work
    assert "pip install 'tarazy[train]'" in done.stderr
