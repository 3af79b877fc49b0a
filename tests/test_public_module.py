"""`import tarazy`: small, documented, quick to import, and the same as what lies under it."""

import doctest
import importlib
import inspect
import json
import os
import re
import subprocess
import sys
from datetime import date
from importlib.metadata import version
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import tarazy as public
from features.build import build
from features.errors import InputError, RegisterFaults
from features.registers.snapshot import Snapshot
from models.law.parameters import Law
from tarazy.extras import MissingExtra, needs_train_extra
from tests.features import data_sets

# Every country holds facts that contradict each other; whoever makes a snapshot is warned.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

AS_OF = date(2026, 1, 1)
ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("bentoml", "lightgbm", "mlflow", "numpy", "optuna", "pandas", "polars", "sklearn")
FUNCTIONS = [name for name in public.__all__ if inspect.isfunction(getattr(public, name))]
NEED_A_MODEL = {"load_model"}


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory):
    """The home that signs what these tests make."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TARAZY_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A folder as the examples take it: a small country, and its snapshot."""
    folder = tmp_path_factory.mktemp("desk")
    country = public.simulate(folder / "country", households=4_000, seed=7, as_of=AS_OF)
    public.make_snapshot(country, folder / "snapshot")
    return folder


@pytest.fixture(scope="module")
def snapshot(desk):
    return public.open_snapshot(desk / "snapshot")


def in_a_process(code, **environment):
    """Run a few lines in an interpreter of their own; return what they print as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=ROOT,
        env=os.environ | environment,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def champion(trained_home):
    """The promoted model, read by a child process first, as always: once for all tests."""
    return public.load_model("champion", home=trained_home)


# --- Names and their documentation.


def test_every_public_name_is_there_and_documented():
    for name in public.__all__:
        thing = getattr(public, name)
        assert inspect.getdoc(thing), name
    assert dir(public) == public.__all__
    assert public.__version__ == version("tarazy")


def test_every_estimator_is_public():
    import models.estimators

    assert public.estimators.__all__ == models.estimators.__all__


def test_type_checkers_are_shown_the_names_that_are_looked_up():
    """The names stand twice: for whoever reads the types, and for the one that runs."""
    source = inspect.getsource(public)
    shown = source[source.index("if TYPE_CHECKING:") : source.index("__all__ =")]
    for name, place in public._PLACES.items():
        [line] = [line for line in shown.splitlines() if f"from {place} import" in line
                  and name in line]  # fmt: skip
        assert line


def test_another_name_is_refused_with_those_that_are_there():
    with pytest.raises(AttributeError, match=r"has no 'open_snapshots'; it has .*open_snapshot"):
        public.open_snapshots  # noqa: B018


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_example_of_every_function_runs(name, desk, tmp_path, monkeypatch, request):
    if name in NEED_A_MODEL and not (desk / "var").exists():
        (desk / "var").symlink_to(request.getfixturevalue("trained_home"))
    monkeypatch.chdir(tmp_path if name == "simulate" else desk)
    function = getattr(public, name)
    [example] = doctest.DocTestFinder(recurse=False).find(function, name, globs={})
    assert example.examples
    assert doctest.DocTestRunner().run(example).failed == 0


# --- What importing costs.


def test_importing_it_loads_no_library():
    code = "import sys, json, tarazy; print(json.dumps([*sys.modules]))"
    loaded = {name.partition(".")[0] for name in in_a_process(code)}
    assert not loaded & set(HEAVY)


def test_registers_and_features_load_no_learning_library():
    code = (
        "import sys, json, tarazy; tarazy.open_snapshot, tarazy.build_features, tarazy.Law; "
        "print(json.dumps([*sys.modules]))"
    )
    loaded = {name.partition(".")[0] for name in in_a_process(code)}
    assert not loaded & {"bentoml", "lightgbm", "mlflow", "optuna", "pandas", "sklearn"}


WITHOUT_THE_EXTRA = """
import json, sys
for name in ("mlflow", "optuna", "pandas", "pyarrow", "sklearn"):
    sys.modules[name] = None
import tarazy
def error(use):
    try:
        use()
    except ImportError as missing:
        return f"{type(missing).__name__}: {missing}"
def estimators():
    from tarazy.estimators import HiddenIncomeClassifier
snapshot = tarazy.open_snapshot(sys.argv[1])
print(json.dumps({
    "decided": tarazy.decide(snapshot).height,
    "explained": tarazy.explain(snapshot, snapshot.household_ids(0)[0]).answer["category"],
    "errors": {
        "labels": error(lambda: tarazy.labels(snapshot)),
        "compare": error(lambda: tarazy.compare),
        "estimators": error(lambda: tarazy.estimators),
        "from estimators": error(estimators),
    },
}))
"""


def test_where_only_serving_is_installed_it_decides_and_names_the_extra_for_the_rest(desk):
    code = WITHOUT_THE_EXTRA.replace("sys.argv[1]", repr(str(desk / "snapshot")))
    answer = in_a_process(code)
    assert answer["decided"] == 4_000
    assert answer["explained"] in range(1, 7)
    for use, error in answer["errors"].items():
        assert error.startswith("MissingExtra: tarazy."), use
        assert error.endswith("run pip install 'tarazy[train]'."), use


def test_a_module_of_our_own_that_is_missing_is_not_blamed_on_an_extra():
    with pytest.raises(ModuleNotFoundError, match="features"), needs_train_extra("tarazy.x"):
        importlib.import_module("features.nowhere")
    named = pytest.raises(MissingExtra, match=r"^tarazy\.x needs nowhere_at_all, which")
    with named, needs_train_extra("tarazy.x"):
        importlib.import_module("nowhere_at_all")


# --- The same as what lies under it.


def test_features_are_those_of_the_builder(snapshot):
    assert public.build_features(snapshot).equals(build(snapshot.registers(0), AS_OF))
    earlier = date(2025, 12, 1)
    assert public.build_features(snapshot, as_of=earlier).equals(
        build(snapshot.registers(0, earlier), earlier)
    )


def test_decisions_are_to_the_last_byte_what_score_writes(
    walk, trained_home, champion, simulated_snapshot
):
    """With the promoted model, on the README's country, as the walk scored it."""
    written = pl.read_parquet(walk.folder / "decisions.parquet")
    snapshot = public.open_snapshot(simulated_snapshot, home=trained_home)
    assert_frame_equal(public.decide(snapshot, champion), written, check_exact=True)


def test_the_lines_of_the_readme_run(walk, monkeypatch):
    [block] = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    monkeypatch.chdir(walk.folder)
    monkeypatch.delenv("TARAZY_HOME", raising=False)
    names = {}
    exec(block, names)
    assert len(names["families"]) == names["decisions"].height == names["snapshot"].households
    assert names["decisions"]["model_version"].unique().to_list() == ["1"]


def test_the_home_is_that_of_the_command(trained_home, champion, monkeypatch):
    monkeypatch.setenv("TARAZY_HOME", str(trained_home))
    assert public.load_model().version == champion.version == "1"


def test_a_snapshot_and_its_registers_are_decided_and_explained_alike(snapshot):
    registers = snapshot.registers(0)
    one = snapshot.household_ids(0)[17]
    assert public.decide(registers, as_of=AS_OF).equals(public.decide(snapshot))
    assert (
        public.explain(registers, one, as_of=AS_OF).answer == public.explain(snapshot, one).answer
    )


def test_the_names_are_the_things_themselves(snapshot):
    assert public.Law is Law
    assert isinstance(snapshot, Snapshot)
    assert public.Law(AS_OF).subsistence_minimum > 0


# --- Errors name the remedy.


def test_registers_alone_have_no_day(snapshot):
    for use in (public.build_features, public.decide):
        with pytest.raises(InputError, match="pass as_of="):
            use(snapshot.registers(0))


def test_a_household_that_is_not_there_is_said_to_be_none(snapshot):
    for families in (snapshot, snapshot.registers(0)):
        with pytest.raises(InputError, match="Household -1 is not among these families"):
            public.explain(families, -1, as_of=AS_OF)


def test_registers_with_faults_make_no_snapshot(tmp_path):
    broken = data_sets.INCOMES.with_columns(amount=pl.lit(-1))
    data = data_sets.write(tmp_path / "data", {"incomes": broken})
    with pytest.raises(RegisterFaults, match=r"incomes\.amount"):
        public.make_snapshot(data, tmp_path / "snapshot", as_of=AS_OF)
    assert not (tmp_path / "snapshot").exists()


def test_what_loading_warns_of_is_a_warning_in_a_notebook(tmp_path):
    odd = data_sets.HOUSEHOLDS.with_columns(colour=pl.lit("blue"))
    data = data_sets.write(tmp_path / "data", {"households": odd})
    with pytest.warns(UserWarning, match="colour"):
        made = public.make_snapshot(data, tmp_path / "snapshot", as_of=AS_OF)
    assert public.make_snapshot(data, tmp_path / "snapshot", as_of=AS_OF).digest == made.digest


def test_a_snapshot_for_a_day_beyond_the_law_on_file_says_so_and_is_made(tmp_path):
    data = data_sets.write(tmp_path / "data")
    with pytest.warns(UserWarning, match="subsistence_minimum of 2026-01-01 is known until"):
        public.make_snapshot(data, tmp_path / "snapshot", as_of=date(2031, 1, 1))
    assert (tmp_path / "snapshot" / "manifest.json").is_file()


def test_the_module_is_the_command_as_well():
    done = subprocess.run(
        [sys.executable, "-m", "tarazy", "--version"],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=ROOT,
    )
    assert (done.returncode, done.stdout.strip()) == (0, f"tarazy, version {version('tarazy')}")
