"""Where families come from: what this home signed is taken, and anything else by a person's word."""

import json

import polars as pl
import pytest

from features.registers import snapshot as snapshots
from serving.commands import main
from serving.commands.terminal import Terminal
from tests.features import data_sets


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """The command in this process, in a folder and a home of its own: exit code, answer, errors."""
    monkeypatch.setenv("TARAZY_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)

    def call(*words):
        with pytest.raises(SystemExit) as left:
            main([*map(str, words)])
        printed = capsys.readouterr()
        return left.value.code or 0, printed.out, printed.err

    return call


@pytest.fixture
def snap(run, tmp_path):
    """A snapshot that the command made and signed."""
    data = data_sets.write(tmp_path / "data")
    assert run("snapshot", data, "--out", "snap")[0] == 0
    return tmp_path / "snap"


SCORE = ("score", "snap", "--out", "decisions.csv", "--model", "none")


def test_what_the_home_signed_is_taken_without_a_word(run, snap):
    code, out, err = run(*SCORE, "--json")
    assert code == 0
    assert "unsigned_snapshots" not in json.loads(out)
    assert "signed" not in err


def test_a_snapshot_without_a_signature_needs_a_word_and_is_named_in_the_answer(run, snap):
    (snap / snapshots.SIGNATURE).unlink()
    code, _, err = run(*SCORE)
    assert code == 1
    assert "snap is not signed" in err
    assert "--unsigned" in err
    code, out, _ = run(*SCORE, "--unsigned", "--json")
    assert code == 0
    [(place, why)] = json.loads(out)["unsigned_snapshots"].items()
    assert (place, "it was used because of --unsigned" in why) == ("snap", True)
    assert "warning: snap is not signed" in run(*SCORE, "--unsigned")[1]


def test_a_snapshot_of_another_home_needs_a_word_too(run, snap, tmp_path, monkeypatch):
    monkeypatch.setenv("TARAZY_HOME", str(tmp_path / "another"))
    code, _, err = run(*SCORE)
    assert code == 1
    assert "another home made it" in err
    assert "keys/sealing.public.pem" in err
    assert run(*SCORE, "--unsigned")[0] == 0


def test_a_word_changes_nothing_where_the_home_signed(run, snap):
    code, out, _ = run(*SCORE, "--unsigned", "--json")
    assert (code, "unsigned_snapshots" in json.loads(out)) == (0, False)


def test_a_snapshot_made_again_over_one_that_nobody_signed_is_refused(run, snap, tmp_path):
    (snap / snapshots.SIGNATURE).unlink()
    code, _, err = run("snapshot", tmp_path / "data", "--out", "snap")
    assert (code, "is not signed" in err) == (1, True)


def test_a_snapshot_under_the_home_that_was_tampered_with_is_made_again(run, tmp_path):
    """Its registers are at hand: nobody has to be asked."""
    data = data_sets.write(tmp_path / "data")
    score = ("score", data, "--out", "decisions.csv", "--model", "none")
    assert run(*score)[0] == 0
    before = (tmp_path / "decisions.csv").read_bytes()
    [manifest] = (tmp_path / "home" / "snapshots").glob("*/manifest.json")
    tampered = json.loads(manifest.read_text()) | {"warnings": ["everything is covered"]}
    manifest.write_text(json.dumps(tampered))
    code, _, err = run(*score)
    assert code == 0
    assert "it is made again" in err
    assert "--unsigned" not in err  # no remedy is needed
    assert (tmp_path / "decisions.csv").read_bytes() == before


def test_the_answer_says_that_a_snapshot_was_made_again(run, tmp_path):
    data = data_sets.write(tmp_path / "data")
    score = ("score", data, "--out", "decisions.csv", "--model", "none", "--json")
    assert run(*score)[0] == 0
    [manifest] = (tmp_path / "home" / "snapshots").glob("*/manifest.json")
    for broken in (manifest.read_bytes() + b" ", b"{}"):
        manifest.write_bytes(broken)
        code, out, _ = run(*score)
        [warned] = [line for line in json.loads(out)["warnings"] if "made again" in line]
        assert (code, str(manifest.parent) in warned) == (0, True)


def test_a_currency_without_a_rate_is_said_with_the_other_faults(run, tmp_path):
    """Whoever mends the one that is said first does not meet another one behind it."""
    deposits = pl.DataFrame({"person_id": [11], "balance": [100], "currency": ["USD"]})
    data = data_sets.write(tmp_path / "data", {"deposits": deposits})
    (data / "vehicles.parquet").write_bytes(b"no parquet")
    for day in ((), ("--as-of", "2026-01-01")):
        code, _, err = run("score", data, "--out", "d.csv", "--model", "none", *day)
        assert code == 1
        assert "no official rate of USD" in err
        assert "vehicles" in err


def test_the_same_is_warned_of_once(capsys):
    terminal = Terminal(as_json=False)
    for line in ("a month is missing", "another one is", "a month is missing"):
        terminal.warn(line)
    assert terminal.warnings == ["a month is missing", "another one is"]
    assert capsys.readouterr().err.count("a month is missing") == 1
