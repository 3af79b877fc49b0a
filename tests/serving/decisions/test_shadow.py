"""A challenger looks on: it is heard in counters and files of its own, never in an answer."""

import logging
import shutil
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import anyio
import httpx
import polars as pl
import pytest

from features.registers.snapshot import Snapshot
from models.bundles import aliases, loading, trial
from models.bundles.home import Home
from serving import metrics
from serving.api.app import application
from serving.api.examples import AS_OF, FAMILY
from serving.decisions import shadow
from serving.decisions.batch import score
from serving.decisions.live import Live, State
from serving.decisions.shadow import (
    COLUMNS,
    WAITING,
    Shadow,
    change,
    differences,
    place,
    run_beside,
)
from tests.conftest import Command
from tests.tables import table
from tests.training.few_families import Few

KEY = b"a home's secret"
WHEN = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("out", "beside"),
    [
        ("a/decisions.parquet", "a/decisions.shadow.parquet"),
        ("decisions", "decisions.shadow.parquet"),
    ],
)
def test_its_opinion_lies_beside_the_decisions(out, beside):
    assert place(Path(out)) == Path(beside)


@pytest.mark.parametrize(
    ("before", "after", "name"),
    [
        (False, True, "raised"),
        (True, False, "lowered"),
        (False, None, "no_longer_known"),
        (None, True, "newly_known"),
        (None, None, None),
        (True, True, None),
        (2, 5, "raised"),
        (5, 2, "lowered"),
        (4, 4, None),
    ],
)
def test_a_change_has_a_name(before, after, name):
    assert change(before, after) == name


def test_differences_are_counted_family_by_family_whatever_the_order():
    served = table(
        """
        household_id | model_flag | material | model_category
        1            | no      | no    | 3
        2            | yes       | yes     | 3
        3            | no      | no    | 4
        """
    )
    opinion = table(
        """
        household_id | model_flag | material | model_category
        3            | yes       | no    | 5
        2            | no      | no    | 3
        1            | yes       | no    | 2
        """
    )
    assert differences(served, opinion) == {
        "model_flag": {"lowered": 1, "raised": 2},
        "material": {"lowered": 1},
        "model_category": {"lowered": 1, "raised": 1},
    }


def test_nothing_that_law_decides_is_kept_of_a_challenger():
    assert not {"category", "rule_category", "status", "reasons", "eligible_services"} & {*COLUMNS}


class Standing:
    """A challenger that is loaded, without a home to watch."""

    def __init__(self, models=None):
        self.now = type("Now", (), {"models": models})
        self.closed = False

    def close(self):
        self.closed = True


class Version:
    version = shown = "7"


class Group:
    """Decided households as the shadow meets them: their places, and what the rules said."""

    def __init__(self, by_rules, households):
        self.positions = range(households)
        self.decisions = type("Decisions", (), {"by_rules": by_rules})


def opinion(*rows):
    """What a challenger says of households, as `with_opinion` gives it."""
    return type("Decisions", (), {"table": pl.DataFrame(rows)})


def count(outcome):
    return metrics.SHADOW.labels(outcome)._value.get()


def changed(column, how):
    return metrics.SHADOW_CHANGES.labels(column, how)._value.get()


def row(flag=False, category=3):
    return {
        "model_flag": flag,
        "material": False,
        "model_category": category,
        "decision_id": "d1",
        "household_id": 4711,
    }


def answer():
    return SimpleNamespace(**row())


def test_it_counts_where_it_differs_and_its_log_tells_no_value(monkeypatch, caplog):
    monkeypatch.setattr(
        shadow, "with_opinion", lambda facts, models: opinion(row(True), row(category=3))
    )
    before = count("differs"), count("same"), changed("model_flag", "raised")
    beside = Shadow(Standing(Version()))
    with caplog.at_level(logging.INFO, "tarazy.shadow"):
        beside.offer([Group("facts", 2)], [answer(), answer()])
        beside.close()
    assert (count("differs"), count("same"), changed("model_flag", "raised")) == tuple(
        n + 1 for n in before
    )
    assert [r.getMessage() for r in caplog.records] == [
        "decision d1: version 7 differs in model_flag"
    ]
    assert beside.live.closed


def test_a_challenger_that_fails_is_counted_and_goes_on(monkeypatch, caplog):
    def fails(facts, models):
        if facts == "bad":
            raise ValueError("income 123456 of family 4711")
        return opinion(row())

    monkeypatch.setattr(shadow, "with_opinion", fails)
    before = count("failed"), count("same")
    beside = Shadow(Standing(Version()))
    beside.offer([Group("bad", 1)], [answer()])
    beside.offer([Group("good", 1)], [answer()])
    beside.close()
    assert (count("failed"), count("same")) == (before[0] + 1, before[1] + 1)
    assert "ValueError" in caplog.text
    assert "123456" not in caplog.text


def test_what_is_too_much_for_it_is_let_go_and_nobody_waits(monkeypatch):
    free = threading.Event()
    monkeypatch.setattr(
        shadow,
        "with_opinion",
        lambda families, models: free.wait(10) and opinion(*[row()] * families),
    )
    before = count("let_go"), count("same")
    beside = Shadow(Standing(Version()))
    beside.offer([Group(WAITING, WAITING)], [answer()] * WAITING)
    beside.offer([Group(1, 1)], [answer()])
    free.set()
    beside.close()
    assert (count("let_go"), count("same")) == (before[0] + 1, before[1] + WAITING)


def test_without_a_challenger_nothing_is_done(monkeypatch):
    monkeypatch.setattr(shadow, "with_opinion", lambda *_: pytest.fail("it was asked"))
    beside = Shadow(Standing())
    beside.offer([Group("facts", 1)], [answer()])
    beside.close()


@pytest.fixture
def home(trained_home, tmp_path):
    """A copy of what serving reads of the trained home, its champion also the challenger."""
    for part in ("bundles", "keys"):
        shutil.copytree(trained_home / part, tmp_path / part)
    copy = Home(tmp_path)
    champion = aliases.read(copy).names["champion"]
    aliases.write(
        copy, "challenger", champion.version, champion.manifest_sha256, override="shadow", when=WHEN
    )
    return copy


@pytest.fixture
def unhurried(monkeypatch):
    """No child process: other tests read the same bundle in one, and it takes seconds."""
    monkeypatch.setattr(trial, "in_child", lambda *_: None)


def test_a_shadow_run_leaves_the_decisions_as_they_are(
    home, simulated_snapshot, tmp_path, unhurried
):
    few = Few(Snapshot.open(simulated_snapshot))
    champion = loading.load(home, "champion")
    eager = replace(champion, version="99", threshold=-1e9)
    served = score(
        few, as_of=few.as_of, models=champion, out=tmp_path / "decisions.parquet", key=KEY
    )
    before = served.out.read_bytes()
    summary = run_beside(served, few, as_of=few.as_of, challenger=eager, key=KEY)
    assert served.out.read_bytes() == before
    opinion = pl.read_parquet(summary["out"])
    assert opinion.columns == list(COLUMNS)
    assert set(opinion["model_version"]) == {"99"}
    raised = opinion["model_flag"].sum() - served.table["model_flag"].sum()
    assert summary["differences"]["model_flag"] == {"raised": raised}
    assert summary["differences"]["model_category"] == {}


@pytest.mark.long
def test_the_command_scores_with_a_challenger_beside(home, simulated_snapshot, tmp_path):
    out = tmp_path / "a.parquet"
    done = Command(home.root)("score", simulated_snapshot, "--out", out, "--shadow", "--json")
    assert done.code == 0, done.err
    # The challenger is the champion here: it cannot differ.
    assert done.json["shadow"]["differences"] == {
        "model_flag": {},
        "material": {},
        "model_category": {},
    }
    assert pl.read_parquet(done.json["shadow"]["out"]).height == done.json["households"]


def test_a_champion_taken_back_leaves_the_rules_alone_and_it_is_said(home, unhurried):
    live = Live(home, "champion")
    assert live.now.state is State.LOADED
    aliases.retire(home, "the random arm crossed its line", WHEN)
    live.look()
    assert live.now.state is State.RETIRED
    assert live.now.models is None
    assert live.now.ready
    assert "the random arm crossed its line" in live.now.note
    assert Live(home, "challenger").now.state is State.LOADED


def test_only_a_signed_word_takes_a_model_back_not_a_file_that_is_gone(home, unhurried):
    live = Live(home, "champion")
    for part in ("json", "sig"):
        (home.bundles / f"aliases.{part}").unlink()
    live.look()
    assert live.now.state is State.LOADED


def test_the_service_asks_the_challenger_and_answers_as_without_it(home, monkeypatch, unhurried):
    def talk(beside):
        monkeypatch.setenv("TARAZY_HOME", str(home.root))
        monkeypatch.setenv("TARAZY_MODEL", "champion")
        monkeypatch.setenv("TARAZY_SHADOW", beside)
        app = application()

        async def ask():
            transport = httpx.ASGITransport(app=app)
            async with (
                app.router.lifespan_context(app),
                httpx.AsyncClient(transport=transport, base_url="http://tarazy") as api,
            ):
                question = {"as_of": AS_OF, "household": FAMILY}
                return [
                    (await api.post("/score", json=question)).json(),
                    (await api.get("/models")).json(),
                ]

        return anyio.run(ask)

    before = count("same")
    alone, without = talk("")
    assert (without["shadow"], count("same")) == (None, before)
    answered, answering = talk("1")
    assert answered == alone
    assert answering["shadow"] == aliases.read(home).names["challenger"].version
    assert [move["name"] for move in answering["history"]][-2:] == ["champion", "challenger"]
    # The challenger is the champion here: once stopped, it has looked and found the same.
    assert count("same") == before + 1
