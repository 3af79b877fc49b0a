"""A notebook loads a version from MLflow: the signed bundle, and the same numbers as everywhere."""

import shutil
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from features.build import build
from features.errors import NoSuchModel
from features.registers.snapshot import Snapshot
from models.bundles import golden, loading
from models.bundles.home import Home
from models.law.parameters import Law
from models.learned.predict import COLUMNS
from training.record.pyfunc import in_polars

LAW = Law(date(2026, 1, 1))


@pytest.fixture(scope="module")
def home(trained_home):
    return Home(trained_home)


@pytest.fixture
def notebook(home, monkeypatch):
    """What somebody has set who opens a notebook in the home's folder."""
    monkeypatch.setenv("TARAZY_HOME", str(home.root))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", home.mlflow_database)


@pytest.fixture(scope="module")
def families(simulated_snapshot):
    snapshot = Snapshot.open(simulated_snapshot)
    return build(snapshot.registers(0), snapshot.as_of)[:200]


def answered(frame):
    return pl.from_pandas(frame).cast(COLUMNS)


def test_by_its_alias_it_says_what_serving_says(home, notebook, families):
    import mlflow

    model = mlflow.pyfunc.load_model("models:/tarazy@champion")
    ours = loading.load(home, "champion")
    assert answered(model.predict(families.to_pandas())).equals(ours.predict(families, LAW))
    # Unknown whole numbers are floats in pandas, unknown flags objects.
    silent = ("incomes", "loans")
    unknown = golden.silenced(families, silent)
    predicted = model.predict(unknown.to_pandas(), params={"silent": list(silent)})
    assert answered(predicted).equals(ours.predict(unknown, LAW, silent))
    later = model.predict(families.to_pandas(), params={"as_of": "2026-02-01"})
    assert answered(later).equals(ours.predict(families, Law(date(2026, 2, 1))))


def test_what_pandas_makes_of_features_comes_back_as_it_was(families):
    unknown = golden.silenced(families, ("incomes", "vehicles"))
    for table in (families, unknown):
        back = in_polars(table.to_pandas())
        assert back.equals(table.select(back.columns))
    bare = in_polars(families.select("household_id").to_pandas())
    assert bare["members"].null_count() == families.height


def test_a_spoilt_file_is_refused_before_it_is_parsed(home, notebook, tmp_path):
    import mlflow

    spoilt = tmp_path / "model"
    shutil.copytree(artefacts(home), spoilt)
    (spoilt / "hidden_income.txt").write_text("tree")
    with pytest.raises(NoSuchModel, match="not the file that was signed"):
        mlflow.pyfunc.load_model(str(spoilt))


def test_without_the_key_of_its_home_it_is_not_read(home, notebook, tmp_path, monkeypatch):
    import mlflow

    monkeypatch.setenv("TARAZY_HOME", str(tmp_path))
    with pytest.raises(NoSuchModel, match="bring the public key"):
        mlflow.pyfunc.load_model(str(artefacts(home)))


def artefacts(home) -> Path:
    [described] = home.artefacts.rglob("MLmodel")
    return described.parent
