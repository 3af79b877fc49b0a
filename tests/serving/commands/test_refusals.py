"""What is wrong is called by its name, with the remedy; and no key of a family is ever cut."""

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import polars as pl
import pytest

from features.registers.reading.load import open_data_set
from features.registers.snapshot import make
from models.bundles.home import Home
from models.bundles.seals import sealing
from serving.commands import main
from tests.features import data_sets
from tests.homes import trusting

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    """Three families: their registers in data/, their snapshot in snap/."""
    folder = tmp_path_factory.mktemp("three")
    data = open_data_set(data_sets.write(folder / "data"))
    make(data, data_sets.AS_OF, folder / "snap", sign=sealing(Home(folder / "maker")))
    return folder


@pytest.fixture
def refused(tmp_path, three, monkeypatch, capsys):
    """What the command says where it refuses with exit 1, in a home that holds no model."""
    monkeypatch.setenv("TARAZY_HOME", str(trusting(tmp_path / "home", three / "maker")))

    def call(*words):
        with pytest.raises(SystemExit) as left:
            main([*map(str, words)])
        assert left.value.code == 1
        return capsys.readouterr().err

    return call


@pytest.mark.parametrize("key", ["4", "-4", "9223372036854775807"])
def test_a_household_that_is_nowhere_is_blamed_before_the_model(refused, three, key):
    """No model is promoted in this home: that is not what is wrong."""
    for words in ((three / "snap", key), (three / "snap", key, "--language", "ru")):
        message = refused("explain", *words)
        assert f"Household {key} is not in" in message
        assert "holds 3 others" in message
        assert "train" not in message


def test_a_negative_key_may_stand_anywhere_among_the_words(refused, three):
    assert "Household -4 is not in" in refused("explain", "--model", "none", three / "snap", "-4")
    assert "Household -4 is not in" in refused("explain", three / "snap", "--", "-4")


def test_a_household_with_a_negative_key_is_explained(three, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TARAZY_HOME", str(tmp_path / "home"))
    flipped = {
        name: frame.with_columns(household_id=-pl.col("household_id"))
        if "household_id" in frame.columns
        else frame
        for name, frame in data_sets.GOOD.items()
    }
    data = data_sets.write(tmp_path / "data", flipped)
    with pytest.raises(SystemExit) as left:
        main(["explain", str(data), "-2", "--model", "none"])
    assert left.value.code == 0
    assert "Why this category" in capsys.readouterr().out


def test_an_explanation_warns_of_its_own_family_and_shows_no_key_of_another(
    tmp_path, monkeypatch, capsys
):
    """Families 2 and 3 have no income, family 1 has; each is asked about by its key."""
    monkeypatch.setenv("TARAZY_HOME", str(tmp_path / "home"))
    renamed = {1: 710_001, 2: 720_002, 3: 730_003}
    earned = data_sets.INCOMES.with_columns(
        amount=pl.when(pl.col("person_id") < 20).then("amount").otherwise(0)
    )
    registers = {
        name: frame.with_columns(pl.col("household_id").replace_strict(renamed))
        if "household_id" in frame.columns
        else frame
        for name, frame in (data_sets.GOOD | {"incomes": earned}).items()
    }
    data = data_sets.write(tmp_path / "data", registers)

    def explain(household, *more):
        with pytest.raises(SystemExit) as left:
            main(["explain", str(data), str(household), "--model", "none", *more])
        assert left.value.code == 0
        return capsys.readouterr()

    rule = "a household with no income at all"
    for household, warned in ((710_001, False), (720_002, True)):
        printed = explain(household, "--json")
        answer = json.loads(printed.out)
        assert (rule in {w["problem"] for w in answer["family_warnings"]}) == warned
        assert any(rule in line for line in answer["warnings"])
        assert answer["snapshot"][:12] in explain(household).out.splitlines()[0]
        visits = [v["inspected_on"] for v in answer["inspections"]]
        assert visits == ([] if warned else ["2026-04-02"])
        others = {str(key) for key in renamed.values()} - {str(household)}
        assert not [key for key in others if key in printed.out + printed.err]
        words = explain(household).out
        assert ("The registers show no income of the family at all." in words) == warned
        assert "Warnings about this family:" in words  # registers that did not answer


@pytest.mark.parametrize("verb", ["check", "snapshot"])
def test_a_snapshot_in_place_of_registers_is_said_to_be_one(refused, three, tmp_path, verb):
    out = () if verb == "check" else ("--out", tmp_path / "again")
    message = refused(verb, three / "snap", *out)
    assert "is a snapshot, not a folder of registers" in message
    assert "tarazy score" in message
    assert "0 registers" not in message


def test_a_folder_with_neither_is_still_said_to_hold_no_register(refused, tmp_path):
    (tmp_path / "manifest.json").write_text("{}")
    assert "holds 0 registers" in refused("check", tmp_path)


@pytest.mark.parametrize(
    ("name", "guess"), [("three_minimum", "Did you mean three_minimums?"), ("nothing", "")]
)
def test_an_unknown_reform_is_answered_by_those_that_there_are(
    refused, three, tmp_path, name, guess
):
    message = refused("reform", name, three / "snap", "--out", tmp_path / "report")
    assert "three_minimums, whole_minimum" in message
    assert guess in message
    assert ("Did you mean" in message) == bool(guess)
    assert "is a folder" in refused("reform", three, three / "snap", "--out", tmp_path / "report")
    assert not (tmp_path / "report").exists()


def in_a_window(columns, *words):
    """What the command shows in a real terminal of so many columns."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    code = "from serving.commands import main; main()"
    environment = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES")}
    run = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, words)],
        stdin=its,
        stdout=its,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        env=environment | {"TERM": "xterm"},
    )
    os.close(its)
    shown = b""
    while True:
        try:
            more = os.read(ours, 65_536)
        except OSError:  # the other end is closed
            break
        if not more:
            break
        shown += more
    run.wait()
    os.close(ours)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode()).replace("\r\n", "\n")


def test_no_key_is_cut_where_a_check_is_read_in_a_narrow_window(tmp_path):
    keys = [7_000_000_000_000_000_001, 7_000_000_000_000_000_002, 7_000_000_000_000_000_003]
    long = {1: keys[0], 2: keys[1], 3: keys[2]}
    registers = {
        name: frame.with_columns(pl.col("household_id").replace_strict(long))
        if "household_id" in frame.columns
        else frame
        for name, frame in data_sets.GOOD.items()
    }
    registers["households"] = registers["households"].with_columns(region=pl.lit("99"))
    shown = in_a_window(80, "check", data_sets.write(tmp_path / "data", registers))
    *faults, verdict = shown.splitlines()
    assert max(map(len, faults)) <= 80
    assert "1 error, 1 warning" in verdict  # its incomes begin with October
    assert "error  households.region" in shown
    for key in keys:
        assert str(key) in shown
    assert "…" not in shown


def test_a_folder_whose_name_is_no_text_is_refused_in_words_that_can_be_printed(refused, tmp_path):
    folder = tmp_path / os.fsdecode(b"data\xff")
    folder.mkdir()
    message = refused("check", folder)
    assert "data? is no UTF-8 text: rename" in message
    message.encode()
