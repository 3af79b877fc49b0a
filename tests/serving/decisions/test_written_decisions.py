"""Decisions and features in every form they are written in: one order, one content, resumable."""

import hashlib
import json
from datetime import date
from importlib.metadata import version

import polars as pl
import pytest

from features.catalogue import catalogue_version
from features.errors import InputError
from features.files.tables import read
from features.registers.reading.load import open_data_set
from features.registers.snapshot import make
from models.bundles.home import Home
from models.bundles.seals import sealing
from models.decision.outcome import SCORE_SCHEMA
from models.decision.pipeline import decide
from models.law.parameters import Law
from models.rules.citations import warnings_of
from serving.commands import main
from serving.decisions import batch
from tests.features import data_sets
from tests.homes import trusting

KEY = b"a home's secret"
FORMS = ("d.parquet", "d.csv", "d")


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    """Three families, in two partitions, so that their order is not the partitions'."""
    folder = tmp_path_factory.mktemp("three")
    data = open_data_set(data_sets.write(folder / "data"))
    return make(
        data,
        data_sets.AS_OF,
        folder / "snap",
        sign=sealing(Home(folder / "maker")),
        households_per_partition=2,
    )


@pytest.fixture
def run(tmp_path, snapshot, monkeypatch, capsys):
    """The command in this process, with a home that holds no model."""
    home = trusting(tmp_path / "home", snapshot.folder.parent / "maker")
    monkeypatch.setenv("TARAZY_HOME", str(home))

    def call(*words):
        with pytest.raises(SystemExit) as left:
            main([*map(str, words)])
        streams = capsys.readouterr()
        return left.value.code, streams.out + streams.err

    return call


def bytes_of(out):
    if out.is_file():
        return out.read_bytes()
    return {path.name: path.read_bytes() for path in out.iterdir()}


@pytest.mark.parametrize("name", FORMS)
def test_decisions_are_the_same_in_every_form_sorted_by_household(snapshot, run, tmp_path, name):
    assert len(snapshot.partitions) > 1
    code, shown = run("score", snapshot.folder, "--model", "none", "--out", tmp_path / name)
    assert code == 0, shown
    table = read(tmp_path / name, SCORE_SCHEMA)
    assert dict(table.schema) == SCORE_SCHEMA
    assert table["household_id"].to_list() == [1, 2, 3]
    alone = decide(
        snapshot.registers(snapshot.partition_holding(2)), None, Law(snapshot.as_of)
    ).table
    assert table.filter(household_id=2).equals(alone.filter(household_id=2))


@pytest.mark.parametrize("name", FORMS)
def test_a_stopped_run_goes_on_in_every_form_and_gives_the_same_bytes(
    snapshot, tmp_path, monkeypatch, name
):
    def score(out):
        return batch.score(snapshot, as_of=snapshot.as_of, models=None, out=out, key=KEY)

    score(tmp_path / "whole" / name)
    monkeypatch.setattr(batch, "HOUSEHOLDS_PER_SLICE", 1)
    decided = []

    def dies(*arguments):
        if len(decided) == 2:
            raise KeyboardInterrupt
        decided.append(arguments)
        return decide(*arguments)

    monkeypatch.setattr(batch, "decide", dies)
    with pytest.raises(KeyboardInterrupt):
        score(tmp_path / "killed" / name)
    assert not (tmp_path / "killed" / name).exists()
    monkeypatch.setattr(batch, "decide", decide)
    assert score(tmp_path / "killed" / name).resumed == 2
    assert bytes_of(tmp_path / "killed" / name) == bytes_of(tmp_path / "whole" / name)
    written = {path.name for path in (tmp_path / "killed").iterdir()}
    assert written == {name, "d.csv.json"} if name == "d.csv" else {name}


def noted_in(out):
    """What a file of decisions says it was made of."""
    if out.suffix == ".csv":
        beside = json.loads((out.parent / f"{out.name}.json").read_text("utf-8"))
        assert beside["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
        return beside["tarazy"]
    part = out / "part-00000.parquet" if out.is_dir() else out
    return json.loads(pl.read_parquet_metadata(part)["tarazy"])


@pytest.mark.parametrize("name", FORMS)
def test_a_file_of_decisions_says_what_it_was_made_of(snapshot, run, tmp_path, name):
    command = ("score", snapshot.folder, "--model", "none", "--as-of", "2026-02-01", "--out")
    for folder in ("here", "there"):
        (tmp_path / folder).mkdir()
        assert run(*command, tmp_path / folder / name)[0] == 0
    assert bytes_of(tmp_path / "here" / name) == bytes_of(tmp_path / "there" / name)
    law = Law(date(2026, 2, 1))
    noted = noted_in(tmp_path / "here" / name)
    assert noted == noted_in(tmp_path / "there" / name)
    assert noted == {
        "snapshot": snapshot.digest,
        "as_of": "2026-02-01",
        "law": law.version,
        "scorecard": law.policy.scorecard,
        "policy": f"{law.policy.policy}-{law.policy.since}",
        "features": catalogue_version(),
        "code": version("tarazy"),
        "model": None,
        "model_sha256": None,
        "model_override": None,
        "warnings": warnings_of(snapshot, law),
    }
    assert noted["warnings"]


@pytest.mark.parametrize("name", FORMS)
def test_features_are_the_same_in_every_form(snapshot, run, tmp_path, name):
    assert run("features", snapshot.folder, "--out", tmp_path / "f.parquet")[0] == 0
    whole = pl.read_parquet(tmp_path / "f.parquet")
    code, shown = run("features", snapshot.folder, "--out", tmp_path / name)
    assert code == 0, shown
    assert read(tmp_path / name, whole.schema).equals(whole)
    assert whole["household_id"].to_list() == [1, 2, 3]


@pytest.mark.parametrize(
    "words",
    [
        ("score", "--model", "none", "--out", "d.xlsx"),
        ("features", "--out", "d.json"),
        ("cards", "--out", "d.xlsx"),
        ("draw", "--model", "none", "--capacity", "2", "--out", "d.csv"),
        ("fit-scorecard", "--scorecard", "pilot_2025", "--out", "d.json"),
        ("explain", "1", "--model", "none", "--picture", "d.bmp"),
        ("explain", "1", "--model", "none", "--letter", "d.doc"),
    ],
)
def test_a_form_that_is_not_written_is_refused_by_name_before_any_work(
    snapshot, run, tmp_path, monkeypatch, words
):
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    verb, *more = words
    code, shown = run(verb, snapshot.folder, *more)
    assert code == 1
    assert "written" in shown
    assert list(here.iterdir()) == []


def test_a_folder_with_anything_else_keeps_what_it_holds(snapshot, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    with pytest.raises(InputError, match="something else than a table"):
        batch.score(snapshot, as_of=snapshot.as_of, models=None, out=tmp_path / "mine", key=KEY)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
