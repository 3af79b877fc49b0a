"""MLflow shows which version stands for what; it shows a model taken back, too, or says why not."""

from datetime import UTC, datetime

import pytest

from models.bundles import aliases
from models.bundles.home import Home
from training.registry import MODEL, Registry, mirror_retirement

WHEN = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return Home(tmp_path)


@pytest.fixture
def client(home):
    """An MLflow that holds two versions: the first is champion here and there."""
    registry = Registry(home)
    run = registry.start({})
    versions = [registry.register(run, {}, {}, "a version")[0] for _ in range(2)]
    assert versions == ["1", "2"]
    aliases.write(home, "champion", "1", "ab" * 32, override=None, when=WHEN)
    registry.alias({"champion": "1"}, "1", {"override": "none", "taken_back": "none"})
    return registry._client


def shown(client):
    return {n: str(v) for n, v in client.get_registered_model(MODEL).aliases.items()}


def test_a_model_taken_back_is_shown_as_challenger_with_the_reason(home, client):
    assert shown(client) == {"champion": "1"}
    aliases.retire(home, "too many unconfirmed flags", WHEN)
    assert mirror_retirement(home, "champion", "1") is None
    assert shown(client) == {"challenger": "1"}
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
    said = mirror_retirement(home, "champion", "1")
    assert said.startswith("MLflow may still show version 1 as champion; it decides nothing")
    assert "127.0.0.1:9" in said
    assert "secret" not in said
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
