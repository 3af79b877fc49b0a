"""MLflow shows which version stands for what; it shows a model taken back, too, or says why not."""

import json
import shutil
from datetime import UTC, datetime

import pytest
from mlflow import MlflowClient

from models.bundles import aliases
from models.bundles.home import Home
from training.registry import EXPERIMENT, KIND, MODEL, Registry, mirror_retirement

WHEN = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return Home(tmp_path)


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """The database of an MLflow in which nothing is yet: to make one takes seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        home = Home(tmp_path_factory.mktemp("empty"))
        Registry(home)
    return home.root / "mlflow.db"


@pytest.fixture
def ledger(home, empty):
    """A home of its own with such an MLflow."""
    shutil.copy(empty, home.root / "mlflow.db")
    return home


@pytest.fixture
def client(ledger):
    """An MLflow that holds two versions: the first is champion here and there."""
    home = ledger
    registry = Registry(home)
    for number in ("1", "2"):
        run = registry.start({"stage": "candidate"}, f"as of 2026-01-01, seed {number}")
        assert registry.register(run, {}, {"stage": "candidate"}, "a version")[0] == number
    aliases.write(home, "champion", "1", "ab" * 32, override=None, when=WHEN)
    registry.alias({"champion": "1"}, "1", {"override": "none", "taken_back": "none"})
    return registry._client


def shown(client):
    return {n: str(v) for n, v in client.get_registered_model(MODEL).aliases.items()}


def stages(client):
    """The stage of each version, which its run and its logged model tell alike."""
    by_version = {}
    for version in client.search_model_versions(f"name='{MODEL}'"):
        run = client.get_run(version.run_id)
        came_of = f"source_run_id = '{version.run_id}'"
        [model] = client.search_logged_models([run.info.experiment_id], came_of)
        [stage] = {place.tags.get("stage") for place in (version, run.data, model)}
        by_version[str(version.version)] = stage
    return by_version


def test_the_stage_of_every_version_is_what_stands_for_it_now(home, client):
    registry = Registry(home)
    assert stages(client) == {"1": "champion", "2": "candidate"}
    registry.alias({"champion": "1", "challenger": "2"}, "2", {})
    assert stages(client) == {"1": "champion", "2": "challenger"}
    registry.alias({"champion": "2", "challenger": "2"}, "2", {})
    assert stages(client) == {"1": "retired", "2": "challenger and champion"}


def test_a_refusal_is_told_of_the_version_and_takes_nothing_from_a_champion(home, client):
    registry = Registry(home)
    why = {"refused": "2026-03-01 as champion: quality UNKNOWN", "gate.quality": "UNKNOWN"}
    for number in ("1", "2"):
        registry.refuse(number, why)
    assert stages(client) == {"1": "champion", "2": "refused"}
    assert shown(client) == {"champion": "1"}
    version = client.get_model_version(MODEL, "2")
    assert version.tags.items() >= why.items()
    assert client.get_run(version.run_id).data.tags.items() >= why.items()
    registry.alias({"champion": "2"}, "2", {})
    assert stages(client) == {"1": "retired", "2": "champion"}
    assert client.get_model_version(MODEL, "2").tags["refused"] == why["refused"]


def test_a_run_has_a_name_that_says_what_it_was_and_what_came_of_it(home, client):
    names = {run.info.run_name for run in client.search_runs([Registry(home).experiment])}
    assert names == {f"version {n}: as of 2026-01-01, seed {n}" for n in ("1", "2")}


def test_the_experiment_is_of_the_kind_whose_first_page_shows_runs(ledger):
    experiment = Registry(ledger)._client.get_experiment_by_name(EXPERIMENT)
    assert experiment.tags[KIND] == "custom_model_development"


def test_an_experiment_of_an_earlier_release_becomes_one_of_that_kind(ledger):
    client = MlflowClient(tracking_uri=ledger.mlflow_database)
    client.rename_experiment(client.get_experiment_by_name(EXPERIMENT).experiment_id, "another")
    client.create_experiment(EXPERIMENT, artifact_location=ledger.artefacts.as_uri())
    assert KIND not in client.get_experiment_by_name(EXPERIMENT).tags
    Registry(ledger)
    assert client.get_experiment_by_name(EXPERIMENT).tags[KIND] == "custom_model_development"


def test_data_sets_are_named_by_digest_and_tell_their_columns(ledger):
    registry = Registry(ledger)
    run = registry.start({})
    snapshot = {
        "as_of": "2026-01-01",
        "digest": "5a" * 32,
        "households": 20_000,
        "labels": {"inspections": "6b" * 32},
    }
    registry.read_from(run, [snapshot])
    read = {i.dataset.name: i.dataset for i in registry._client.get_run(run).inputs.dataset_inputs}
    columns = {
        name: {c["name"]: c["type"] for c in json.loads(dataset.schema)["mlflow_colspec"]}
        for name, dataset in read.items()
    }
    assert read["snapshot 2026-01-01"].digest == ("5a" * 32)[:36]
    assert columns["snapshot 2026-01-01"]["members"] == "long"
    assert columns["snapshot 2026-01-01"]["lives_in_village"] == "boolean"
    labels = columns["inspections, snapshot 2026-01-01"]
    assert (labels["design"], labels["inspected_on"]) == ("string", "datetime")
    assert labels["hidden_income_monthly"] == "long"


def test_a_model_taken_back_is_shown_as_challenger_with_the_reason(home, client):
    assert shown(client) == {"champion": "1"}
    aliases.retire(home, "too many unconfirmed flags", WHEN)
    assert mirror_retirement(home, "champion", "1") is None
    assert shown(client) == {"challenger": "1"}
    assert stages(client)["1"] == "challenger"
    tag = client.get_model_version(MODEL, "1").tags["taken_back"]
    assert tag == "2026-03-01T12:00:00+00:00 as champion: too many unconfirmed flags"


def test_another_challenger_is_not_pushed_aside_there_either(home, client):
    aliases.write(home, "challenger", "2", "cd" * 32, override=None, when=WHEN)
    aliases.retire(home, "drift", WHEN)
    assert mirror_retirement(home, "champion", "1") is None
    assert shown(client) == {"challenger": "2"}  # which MLflow had not been told before


def test_a_version_that_was_registered_elsewhere_keeps_no_alias(home, client):
    aliases.write(home, "challenger", "9", "cd" * 32, override=None, when=WHEN)
    aliases.retire(home, "drift", WHEN)
    assert mirror_retirement(home, "champion", "1") is None
    assert shown(client) == {}


def test_an_mlflow_that_is_down_undoes_nothing_and_is_named(home, monkeypatch):
    aliases.write(home, "champion", "1", "ab" * 32, override=None, when=WHEN)
    after = aliases.retire(home, "drift", WHEN)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://someone:secret@127.0.0.1:9")
    warning = mirror_retirement(home, "champion", "1")
    assert warning.startswith("MLflow may still show version 1 as champion; it decides nothing")
    assert "127.0.0.1:9" in warning
    assert "secret" not in warning
    assert aliases.read(home) == after


def test_where_there_is_no_mlflow_none_is_made(home, monkeypatch):
    aliases.write(home, "champion", "1", "ab" * 32, override=None, when=WHEN)
    aliases.retire(home, "drift", WHEN)
    assert "no MLflow database" in mirror_retirement(home, "champion", "1")
    assert not (home.root / "mlflow.db").exists()

    def missing(self, home):
        raise ImportError("mlflow")

    monkeypatch.setattr(Registry, "__init__", missing)
    (home.root / "mlflow.db").touch()
    assert "not installed" in mirror_retirement(home, "champion", "1")


def test_a_name_that_was_not_taken_back_has_nothing_to_tell(home):
    aliases.write(home, "champion", "1", "ab" * 32, override=None, when=WHEN)
    assert mirror_retirement(home, "champion", "1") is None
