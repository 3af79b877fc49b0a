"""What families truly live on is out of reach of everything that learns, scores or serves."""

import ast
import shutil
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from features.errors import InputError
from features.registers import snapshot
from features.registers.declared import LEARNING, REGISTERS
from features.registers.reading import sealed
from features.registers.reading.load import open_data_set
from features.registers.snapshot import Snapshot
from models.bundles import bundle
from models.law.parameters import Law
from training.fitting.fit import fit
from training.labels.gather import gather
from training.population import simulate, truth

AS_OF = date(2026, 1, 1)
ROOT = Path(__file__).resolve().parents[3]
MAY_READ = {"training/trials/country.py", "training/trials/follow_ups.py"}
"""The module that judges by simulated worlds; everything else has no business with the truth."""


@pytest.fixture(scope="module")
def country(tmp_path_factory):
    out = tmp_path_factory.mktemp("guarded") / "country"
    simulate(out, households=400, seed=5, as_of=AS_OF)
    return out


@pytest.fixture
def poisoned(country, tmp_path):
    """The same country, its truth replaced by bytes that end any attempt to read them."""
    out = tmp_path / "poisoned"
    shutil.copytree(country, out)
    for part in (out / "truth").iterdir():
        part.write_bytes(b"nonsense")
    return out


def test_the_truth_is_read_by_its_one_function(country):
    families_truth = truth.read(country)
    assert families_truth["household_id"].is_sorted()
    families = pl.read_parquet(country / "households" / "*.parquet")["household_id"]
    assert set(families_truth["household_id"]) == set(families)
    assert families_truth["hidden_income_monthly"].sum() > 0


def test_real_data_have_no_truth_and_the_reader_says_so(country, tmp_path):
    shutil.copytree(country / "households", tmp_path / "households")
    with pytest.raises(InputError, match=r"holds no truth.*random inspections"):
        truth.read(tmp_path)


def test_the_refused_columns_are_those_that_only_the_truth_knows(country):
    columns = set(truth.read(country).columns)
    assert columns >= sealed.COLUMNS
    secret = {name for name in columns if name.startswith("hidden_")}
    assert secret | {"consumption_monthly", "ladder"} == sealed.COLUMNS


def test_a_path_into_the_truth_is_refused(country, tmp_path):
    with pytest.raises(InputError, match=r"0 registers read.*Pass the folder above it"):
        open_data_set(country / "truth")
    with pytest.raises(InputError, match="lies in a folder named truth"):
        Snapshot.open(country / "truth")
    link = tmp_path / "innocent"
    link.symlink_to(country / "truth")
    with pytest.raises(InputError, match="lies in a folder named truth"):
        open_data_set(link)


def test_a_register_that_is_a_link_into_the_truth_is_refused(country, tmp_path):
    data = tmp_path / "data"
    shutil.copytree(country, data)
    shutil.rmtree(data / "deposits")
    (data / "deposits").symlink_to(data / "truth")
    with pytest.raises(InputError, match="lies in a folder named truth"):
        open_data_set(data)


@pytest.mark.parametrize("column", sorted(sealed.COLUMNS))
@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_a_register_that_carries_a_column_of_the_truth_is_refused(country, tmp_path, column, form):
    data = tmp_path / "data"
    shutil.copytree(country, data)
    shutil.rmtree(data / "households")
    families = pl.read_parquet(country / "households" / "*.parquet")
    betrayed = families.join(truth.read(country).select("household_id", column), on="household_id")
    if form == "csv":
        betrayed.write_csv(data / "households.csv")
    else:
        betrayed.write_parquet(data / "households.parquet")
    with pytest.raises(InputError, match=rf"households carries {column}.*without it"):
        open_data_set(data)


def test_what_inspectors_and_the_survey_found_stays_readable(country):
    data = open_data_set(country)
    declared = {column.name for register in LEARNING for column in register}
    assert declared & sealed.COLUMNS == {"hidden_income_monthly", "consumption_monthly"}
    assert all(data.registers[name] is not None for name in REGISTERS)


def test_nonsense_in_place_of_the_truth_changes_no_byte_of_a_snapshot(country, poisoned, tmp_path):
    whole, other = (
        snapshot.make(open_data_set(data), AS_OF, tmp_path / name)
        for data, name in ((country, "whole"), (poisoned, "other"))
    )
    assert whole.manifest == other.manifest
    with pytest.raises(pl.exceptions.PolarsError):
        truth.read(poisoned)


@pytest.mark.long
def test_nonsense_in_place_of_the_truth_changes_no_byte_of_a_model(tmp_path):
    def trained(data):
        made = snapshot.make(open_data_set(data), AS_OF, tmp_path / f"{data.name} taken")
        generator = np.random.default_rng(1)
        labels = gather([made], generator=generator)
        return bundle.texts(fit(labels, law=Law(AS_OF), seed=1, generator=generator).models)

    whole = tmp_path / "whole"
    simulate(whole, households=20_000, seed=5, as_of=AS_OF)
    poisoned = tmp_path / "poisoned"
    shutil.copytree(whole, poisoned)
    for part in (poisoned / "truth").iterdir():
        part.write_bytes(b"nonsense")
    assert trained(whole) == trained(poisoned)


@cache
def sources():
    return [
        (path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8")))
        for package in ("features", "models", "serving", "training")
        for path in sorted((ROOT / package).rglob("*.py"))
    ]


def spoken(tree):
    """Every string of a module that is not a docstring."""
    documents = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in documents
        ):
            yield node.value


def test_no_other_module_names_the_folder_of_the_truth():
    names = {
        path
        for path, tree in sources()
        if any(
            word == "truth" or "truth/" in word or "population.truth" in word
            for word in spoken(tree)
        )
    }
    assert names == {"features/registers/reading/sealed.py"}


def test_no_other_module_reads_the_truth():
    readers = set()
    for path, tree in sources():
        for node in ast.walk(tree):
            modules = []
            if isinstance(node, ast.ImportFrom):
                modules = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            if any(m.startswith("training.population.truth") for m in modules):
                readers.add(path)
    # The simulation imports the folder's name to write there.
    assert readers - MAY_READ == {"training/population/simulation.py"}


def test_the_simulation_writes_the_truth_and_never_reads_it():
    tree = dict(sources())["training/population/simulation.py"]
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", None) == "truth"
    }
    assert used == {"FOLDER"}
