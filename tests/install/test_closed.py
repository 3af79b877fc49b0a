"""A lock is whole: who installs from it asks nobody for anything, today and in years."""

import importlib.metadata
import platform
import sys

import pytest
from packaging.requirements import Requirement

from tests.install.locks import (
    DISTRIBUTIONS,
    EXTRAS,
    LOCKS,
    PLACES,
    PRODUCTION,
    Distribution,
    chosen,
    distributions,
    ours,
    pins,
    unmet,
    unusable,
)

CLOSED = (PRODUCTION, "train", "dev")
LINUX = PLACES[0]


@pytest.mark.parametrize("lock", CLOSED)
def test_every_requirement_of_all_that_is_locked_is_met_by_what_is_locked(lock):
    faults = {
        f"{place}: {fault}"
        for place in PLACES
        for fault in unmet(chosen(lock, place), place, EXTRAS[lock])
    }
    assert not faults


@pytest.mark.parametrize("lock", EXTRAS)
def test_all_that_is_locked_has_a_wheel_for_every_machine_and_python(lock):
    faults = {
        f"{place}: {fault}" for place in PLACES for fault in unusable(chosen(lock, place), place)
    }
    assert not faults


def test_what_tries_mutants_lacks_the_one_library_that_would_have_to_be_built():
    faults = {
        fault for place in PLACES for fault in unmet(chosen("mutants", place), place, ["mutants"])
    }
    assert faults == {"cosmic-ray requires yattag, which is not locked"}


@pytest.mark.parametrize("lock", EXTRAS)
def test_one_place_gets_one_version_of_everything(lock):
    for place in PLACES:
        names = [each.name for each in chosen(lock, place)]
        assert sorted(set(names)) == sorted(names), place


def test_each_lock_holds_all_lines_of_the_one_before():
    for smaller, larger in zip(list(EXTRAS), list(EXTRAS)[1:], strict=False):
        assert set(pins(smaller)) < set(pins(larger)), larger


def test_what_serves_has_nothing_that_trains_and_what_trains_nothing_that_tests():
    names = {lock: {pin.name for pin in pins(lock)} for lock in CLOSED}
    learning = {"mlflow", "mlflow-skinny", "optuna", "scikit-learn", "joblib", "pandas", "pyarrow"}
    testing = {"pytest", "hypothesis", "mypy", "ruff", "import-linter", "coverage"}
    assert not names[PRODUCTION] & (learning | testing)
    assert learning <= names["train"]
    assert not names["train"] & testing
    assert testing <= names["dev"]


def test_locks_name_no_host_and_let_nothing_in_without_a_hash():
    for file in [*LOCKS.glob("*.lock"), DISTRIBUTIONS]:
        text = file.read_text("utf-8")
        assert "://" not in text, file
        assert "index-url" not in text, file
    for lock in EXTRAS:
        lines = (LOCKS / f"{lock}.lock").read_text("utf-8").splitlines()
        assert {"--require-hashes", "--only-binary :all:"} <= set(lines)
        assert all(pin.hashes for pin in pins(lock))
        assert all(each.startswith("sha256:") for pin in pins(lock) for each in pin.hashes)


def test_what_is_recorded_of_a_version_is_of_the_very_files_that_are_locked():
    hashes = {pin.key: pin.hashes for pin in pins("mutants")}
    for each in distributions().values():
        assert set(each.wheels.values()) <= hashes[each.key], each.name
    somewhere = {
        pin.key for pin in pins("mutants") for place in PLACES if pin.holds(place.environment())
    }
    assert set(distributions()) == somewhere


def test_what_is_installed_here_is_what_the_lock_names_and_says_what_was_recorded():
    here = [
        place
        for place in PLACES
        if place.python == sys.version_info[:2]
        and (place.machine.system, place.machine.machine) == (platform.system(), platform.machine())
    ]
    if not here:
        pytest.skip("The locks are not for this machine and Python.")
    for each in chosen("dev", here[0]):
        if each.name == ours().name:
            continue
        installed = importlib.metadata.distribution(each.name)
        assert installed.version == each.version, f"{each.name}: run make setup"
        requires = {str(Requirement(line)) for line in installed.requires or ()}
        assert requires == {str(Requirement(line)) for line in each.requires}, each.name


def made_up(name, version, *requires):
    return Distribution(
        name=name,
        version=version,
        python=">=3.11",
        requires=requires,
        wheels={f"{name}-{version}-py3-none-any.whl": ""},
    )


@pytest.mark.parametrize(
    ("installed", "fault"),
    [
        # What stopped both commands once: coverage was locked, what its extra needs was not.
        (
            [
                made_up("pytest-cov", "7", "coverage[toml]>=7"),
                made_up("coverage", "7", "tomli; extra == 'toml'"),
            ],
            'coverage requires tomli; extra == "toml", which is not locked',
        ),
        (
            [
                made_up("pytest-cov", "7", "coverage>=7"),
                made_up("coverage", "7", "tomli; extra == 'toml'"),
            ],
            None,
        ),
        ([made_up("a", "1", "b>=2"), made_up("b", "1")], "a requires b>=2, but 1 is locked"),
        ([made_up("a", "1", "b>=2"), made_up("b", "2")], None),
        ([made_up("a", "1", "b>=2"), made_up("b", "3rc1")], None),
        (
            [made_up("a", "1", "b; python_version < '3.12'")],
            'a requires b; python_version < "3.12", which is not locked',
        ),
        ([made_up("a", "1", "b; python_version >= '3.12'")], None),
        ([made_up("a", "1", "b; sys_platform == 'win32'")], None),
        (
            [made_up("tarazy", "1", "b; extra == 'train'")],
            'tarazy requires b; extra == "train", which is not locked',
        ),
        ([made_up("tarazy", "1", "b; extra == 'dev'")], None),
    ],
)
def test_a_hole_in_a_lock_is_seen(installed, fault):
    """On Python 3.11 and Linux, where we are installed with `train`."""
    here = {"tarazy": made_up("tarazy", "1")} | {each.name: each for each in installed}
    assert list(unmet(here.values(), LINUX, ["train"])) == ([fault] if fault else [])


@pytest.mark.parametrize(
    ("wheel", "fits"),
    [
        ("a-1-py3-none-any.whl", True),
        ("a-1-cp311-cp311-manylinux_2_28_x86_64.whl", True),
        ("a-1-cp311-cp311-manylinux_2_29_x86_64.whl", False),  # its glibc is newer than promised
        ("a-1-cp311-cp311-manylinux_2_28_aarch64.whl", False),
        ("a-1-cp311-cp311-macosx_11_0_arm64.whl", False),
        ("a-1-cp312-cp312-manylinux2014_x86_64.whl", False),
        ("a-1-cp39-abi3-manylinux2014_x86_64.whl", True),
        ("a-1-cp312-abi3-manylinux2014_x86_64.whl", False),
    ],
)
def test_a_wheel_for_another_machine_is_no_wheel(wheel, fits):
    each = Distribution(name="a", version="1", python="", requires=(), wheels={wheel: ""})
    assert list(unusable([each], LINUX)) == ([] if fits else ["a 1 has no wheel"])


def test_a_version_that_refuses_this_python_is_seen():
    each = Distribution(
        name="a", version="1", python=">=3.12", requires=(), wheels={"a-1-py3-none-any.whl": ""}
    )
    assert list(unusable([each], LINUX)) == ["a 1 wants Python >=3.12"]
