"""A version that a person let pass is never named without that word: by no verb and no page."""

import json
from datetime import date
from types import SimpleNamespace

import anyio
import httpx
import pytest

from features.registers.snapshot import Snapshot
from models.bundles import loading
from models.bundles.home import Home
from models.explanation.explain import explained
from models.law.parameters import Law
from models.writing import version_shown
from serving.api.app import application
from serving.audit.report import header
from serving.commands import decisions, main
from serving.decisions.batch import one_household
from serving.decisions.live import Live
from serving.explanations.record import record
from serving.explanations.words import words
from serving.inspections.pool import pool
from serving.monitor import report as monitor
from serving.monitor import wording
from tests.training.few_families import Few
from training.comparison.compare import Pair, compare
from training.comparison.page import page
from training.gates import effects
from training.gates.blast_radius import Radius, measured

WORD = "demonstration"
SHOWN = f"1 (passed by a person's word: {WORD})"


@pytest.fixture(scope="module")
def home(trained_home):
    return Home(trained_home)


@pytest.fixture(scope="module")
def snapshot(simulated_snapshot):
    return Snapshot.open(simulated_snapshot)


@pytest.fixture(scope="module")
def by_number(home):
    """The version, named by its number."""
    return loading.load(home, "1")


@pytest.fixture(scope="module")
def few(snapshot):
    return Few(snapshot, 200)


@pytest.mark.parametrize("verb", ["promote", "score", "explain", "audit"])
def test_the_verbs_of_the_readme_tell_the_word(walk, verb):
    [output] = [o for command, o in walk.outputs.items() if command.startswith(f"tarazy {verb} ")]
    assert f"person's word: {WORD}" in output


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_an_explanation_tells_it_in_the_language_of_the_reader(snapshot, by_number, language):
    household = int(snapshot.household_ids(0)[0])
    registers = one_household(snapshot, household, snapshot.as_of)
    beside, law = record(snapshot, household), Law(snapshot.as_of)
    assert WORD in words(explained(registers, by_number, law), language, beside)[0]
    assert WORD not in words(explained(registers, None, law), language, beside)[0]


def test_answers_for_scripts_tell_it_beside_the_version(by_number):
    assert decisions._versions(by_number) == {"model_version": "1", "model_override": WORD}
    beside = {"model_version": "1", "model_override": WORD, "differences": {}, "out": "x"}
    assert SHOWN in decisions._beside(beside)[0]


def test_an_audit_tells_it(snapshot, by_number):
    audit_report = header(snapshot, by_number, Law(snapshot.as_of))
    assert audit_report["model"]["override"] == WORD


def test_a_comparison_tells_it_of_each_of_the_two(home, by_number, few):
    two = Pair(first=by_number, second=by_number, snapshot=few, as_of=few.as_of)
    comparison = compare(two, home=home, seed=1)
    assert comparison["first"]["override"] == comparison["second"]["override"] == WORD
    assert page(json.loads(json.dumps(comparison))).count(f"<td>{WORD}</td>") == 2


def test_the_gate_of_a_candidate_names_the_champion_with_it(by_number, few):
    radius = measured(few, as_of=few.as_of, before=by_number, after=by_number)
    assert f"beside version {SHOWN}" in effects.blast_radius(radius, "").why
    assert radius.as_json()["before_override"] == WORD


def test_a_champion_that_every_gate_let_pass_is_named_alone(few, by_number):
    radius = measured(few, as_of=few.as_of, before=None, after=by_number)
    clean = Radius(
        table=radius.table, touched=0, before="2", after="3", snapshot="", as_of=date.max
    )
    assert "person's word" not in effects.blast_radius(clean, "").why


def test_the_monitor_tells_it(home, by_number):
    side = SimpleNamespace(digest="d", as_of=date(2026, 1, 1), table=[], inputs=[], silent=())
    side.table = SimpleNamespace(height=3)
    monitor_report = monitor._header(side, side, by_number, home)
    assert (monitor_report["model"]["override"], monitor_report["model"]["aliases"]) == (
        WORD,
        ["champion"],
    )
    assert SHOWN in wording._about({"header": monitor_report})


def test_a_drawn_list_tells_it(few, by_number):
    assert pool(few, as_of=few.as_of, models=by_number).inputs["model"]["override"] == WORD


def test_the_history_of_models_tells_it(home, monkeypatch, capsys):
    monkeypatch.setenv("TARAZY_HOME", str(home.root))
    for verb in (["models"], ["models", "--json"]):
        with pytest.raises(SystemExit) as left:
            main(verb)
        assert left.value.code == 0
        printed = capsys.readouterr().out
        assert WORD in printed
    assert json.loads(printed)["overrides"] == {"1": WORD}


def test_the_service_tells_it_where_it_says_what_answers(home, monkeypatch, by_number):
    monkeypatch.setattr(Live, "watch", lambda _: None)
    monkeypatch.setattr("serving.decisions.live.load", lambda *_: by_number)
    monkeypatch.setenv("TARAZY_HOME", str(home.root))
    monkeypatch.setenv("TARAZY_MODEL", "1")
    announced = []
    app = application(announced.append)

    async def ask():
        transport = httpx.ASGITransport(app=app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://tarazy") as api,
        ):
            return [(await api.get(place)) for place in ("/models", "/readyz", "/")]

    models, ready, start = anyio.run(ask)
    assert announced == [f"Model {SHOWN} answers beside the rules."]
    assert models.json()["note"] == ready.json()["model"]["note"] == announced[0]
    assert models.json()["model"]["override"] == WORD
    assert (models.json()["shadow"], models.json()["shadow_override"]) == (None, None)
    assert f"by a person's word: {WORD}" in start.text


def test_a_name_without_a_word_stays_a_number():
    assert version_shown("2", None) == "2"
