"""Which model answers: only a verified one, a new one when it is promoted, or openly none."""

import shutil

import anyio
import httpx
import pytest

from models.bundles.home import Home
from serving.api.app import application
from serving.api.examples import AS_OF, FAMILY
from serving.decisions.live import NONE, Live, State

QUESTION = {"as_of": AS_OF, "household": FAMILY}


@pytest.fixture
def home(trained_home, tmp_path):
    """A copy of what serving reads of the trained home, to be damaged at will."""
    for part in ("bundles", "keys"):
        shutil.copytree(trained_home / part, tmp_path / part)
    return Home(tmp_path)


@pytest.fixture
def answered(monkeypatch):
    """Start the API of a home within this process, ask it, stop it; return the answers."""

    def talk(home, *addresses, alias="champion"):
        monkeypatch.setenv("TARAZY_HOME", str(home.root))
        monkeypatch.setenv("TARAZY_MODEL", alias)
        app = application()

        async def ask():
            transport = httpx.ASGITransport(app=app)
            async with (
                app.router.lifespan_context(app),
                httpx.AsyncClient(transport=transport, base_url="http://tarazy") as api,
            ):
                return [
                    await (api.post(a, json=QUESTION) if a == "/score" else api.get(a))
                    for a in addresses
                ]

        return anyio.run(ask)

    return talk


def damage(home, name="hidden_income.txt"):
    """Change one byte of a model file of every bundle."""
    for file in home.bundles.glob(f"*/{name}"):
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)


def test_nothing_promoted_is_absent_and_rules_answer_alone(tmp_path, answered):
    ready, decided = answered(Home(tmp_path), "/readyz", "/score")
    assert ready.status_code == 200
    assert ready.json()["model"]["state"] == "absent"
    decision = decided.json()
    assert decision["model_version"] is None
    assert decision["model_category"] is None
    assert decision["category"] == decision["rule_category"]


@pytest.mark.parametrize("alias", ["challenger", NONE])
def test_an_alias_that_nobody_gave_and_none_mean_rules_alone(home, alias):
    assert Live(home, alias).now.state is State.ABSENT


def test_a_model_promoted_later_is_taken_up_and_a_damaged_one_replaces_nothing(home, tmp_path):
    new = Home(tmp_path / "new")
    live = Live(new, "champion")
    assert live.now.state is State.ABSENT
    shutil.copytree(home.keys, new.keys)
    shutil.copytree(home.bundles, new.bundles)
    live.look()
    promoted = live.now
    assert promoted.state is State.LOADED
    assert promoted.version == promoted.models.version
    damage(new)
    (new.bundles / "aliases.json").touch()  # as a promotion would
    live.look()
    assert live.now is promoted


def test_a_damaged_model_is_refused_and_nobody_is_decided_meanwhile(home, answered):
    damage(home)
    ready, decided, start = answered(home, "/readyz", "/score", "/")
    assert ready.status_code == 503
    assert ready.json()["ready"] is False
    assert ready.json()["model"]["state"] == "refused"
    assert decided.status_code == 503
    assert decided.headers["content-type"] == "application/problem+json"
    assert "refused" in start.text


@pytest.mark.parametrize("gone", ["keys/public.pem", "bundles/aliases.sig"])
def test_what_cannot_be_verified_is_refused_not_absent(home, gone):
    (home.root / gone).unlink()
    assert Live(home, "champion").now.state is State.REFUSED


def test_a_version_that_is_not_there_is_refused(home):
    assert Live(home, "987654").now.state is State.REFUSED


def test_without_the_model_the_served_category_is_the_same(home, answered, api):
    columns = ("category", "rule_category", "rule_flag", "reasons")
    beside = api.post("/score", json=QUESTION).json()
    [alone] = answered(home, "/score", alias=NONE)
    assert beside["model_version"] is not None
    assert [beside[c] for c in columns] == [alone.json()[c] for c in columns]
