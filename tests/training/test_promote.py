"""Gates: PASS, FAIL and UNKNOWN, what a person may override and what nobody may."""

import json
import shutil
from datetime import UTC, datetime

import numpy as np
import pytest

from features.errors import InputError, NoSuchModel
from features.registers.snapshot import Snapshot
from models.bundles import aliases, bundle, loading, signing, trial
from models.bundles.home import Home
from tests.training.few_families import Few
from training import promote as promotion
from training.gates.directions import against
from training.gates.verdict import Verdict, gate, hard
from training.promote import GateVerdicts, promote
from training.record import known_snapshots

WHEN = datetime(2026, 1, 2, 12, tzinfo=UTC)


def test_a_step_against_a_direction_is_counted():
    table = np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 3.0]])
    assert against(lambda x: x[:, 0] - x[:, 1], table, [1, -1]) == 0
    assert against(lambda x: x[:, 0] - x[:, 1], table, [1, 0]) == 0
    # Three families, two steps each between the three values of the second column.
    assert against(lambda x: x[:, 0] - x[:, 1], table, [1, 1]) == 6
    assert against(lambda x: np.column_stack([x[:, 0], -x[:, 0]]), table, [1, 0]) == 6


class Deaf:
    """An MLflow that knows every version and remembers what it is told."""

    call: tuple = ()
    refusal: tuple = ()

    def __init__(self, home):
        pass

    def knows(self, version):
        pass

    def alias(self, *call):
        Deaf.call = call

    def refuse(self, *refusal):
        Deaf.refusal = refusal


@pytest.fixture
def home(trained_home, tmp_path, monkeypatch):
    """A copy of the trained home in which nothing is promoted yet."""
    trained = Home(trained_home)
    copy = Home(tmp_path / "home")
    shutil.copytree(trained.bundles, copy.bundles)
    shutil.copytree(trained.keys, copy.keys)
    for name in ("aliases.json", "aliases.sig", "ledger.jsonl"):
        (copy.bundles / name).unlink(missing_ok=True)
    monkeypatch.setattr(promotion, "Registry", Deaf)
    return copy


@pytest.fixture
def version(trained_home):
    return aliases.read(Home(trained_home)).names["champion"].version


@pytest.fixture
def doubtful(monkeypatch):
    """Gates that say yes, all but quality, which cannot tell."""
    gates = (
        hard("signature", Verdict.PASS, None, "signed"),
        gate("quality", Verdict.UNKNOWN, 0.01, "holds zero"),
    )
    answered = GateVerdicts(gates=gates, manifest_sha256="ab" * 32)
    monkeypatch.setattr(promotion, "ask_gates", lambda *_, **__: answered)


def test_what_cannot_be_told_blocks(home, version, doubtful):
    decision = promote(version, home=home, override=None, when=WHEN)
    assert not decision.promoted
    assert decision.shown == version
    assert aliases.read(home).names == {}
    with pytest.raises(NoSuchModel, match="No model is promoted"):
        loading.load(home, "champion")


def test_a_refusal_is_told_to_mlflow_with_its_gates(home, version, doubtful):
    promote(version, home=home, override=None, alias="challenger", when=WHEN)
    refused, tags = Deaf.refusal
    assert refused == version
    assert tags["gate.signature"] == "PASS"
    assert tags["gate.quality"] == "UNKNOWN"
    assert tags["refused"] == "2026-01-02T12:00:00+00:00 as challenger: quality UNKNOWN"


def test_what_does_not_apply_keeps_nobody_from_serving(home, version, monkeypatch):
    gates = (gate("guarantee_flags", Verdict.NOT_APPLICABLE, None, "nobody is flagged"),)
    verdicts = GateVerdicts(gates=gates, manifest_sha256="ab" * 32)
    monkeypatch.setattr(promotion, "ask_gates", lambda *_, **__: verdicts)
    promoted = promote(version, home=home, override=None, when=WHEN)
    assert (promoted.promoted, promoted.override, promoted.shown) == (True, None, version)
    assert Deaf.call[2]["gate.guarantee_flags"] == "NOT_APPLICABLE"


def test_a_version_once_passed_by_a_word_is_shown_with_it_when_all_gates_pass(
    home, version, doubtful, monkeypatch
):
    promote(version, home=home, override="demonstration", when=WHEN)
    passing = GateVerdicts(
        gates=(hard("signature", Verdict.PASS, None, "signed"),), manifest_sha256="ab" * 32
    )
    monkeypatch.setattr(promotion, "ask_gates", lambda *_, **__: passing)
    verdicts = promote(version, home=home, override=None, when=WHEN)
    assert verdicts.override is None
    assert verdicts.shown == f"{version} (passed by a person's word: demonstration)"


def test_a_persons_word_passes_it_and_is_kept_everywhere(home, version, doubtful):
    decision = promote(version, home=home, override=" demonstration ", when=WHEN)
    assert decision.promoted
    assert decision.shown == f"{version} (passed by a person's word: demonstration)"
    assert aliases.read(home).names["champion"].override == "demonstration"
    line = json.loads((home.bundles / "ledger.jsonl").read_text())
    assert (line["override"], line["version"], line["promoted"]) == ("demonstration", version, True)
    assert Deaf.call[0] == {"champion": version}
    assert Deaf.call[2]["override"] == "demonstration"
    assert Deaf.call[2]["taken_back"] == "none"
    json.dumps(decision.to_dict())


def test_the_ledger_only_grows(home, version, doubtful):
    promote(version, home=home, override=None, when=WHEN)
    first = (home.bundles / "ledger.jsonl").read_text()
    promote(version, home=home, override="again", alias="challenger", when=WHEN)
    assert (home.bundles / "ledger.jsonl").read_text().startswith(first)
    assert set(aliases.read(home).names) == {"challenger"}


def test_a_broken_signature_nobody_may_override(home, version):
    path = home.bundles / version / "manifest.json"
    path.write_text(path.read_text().replace('"labels"', '"labelz"', 1))
    decision = promote(version, home=home, override="I insist", when=WHEN)
    assert not decision.promoted
    assert decision.gates[0].verdict is Verdict.FAIL
    assert {g.verdict for g in decision.gates[1:]} == {Verdict.UNKNOWN}
    assert aliases.read(home).names == {}


@pytest.fixture
def unhurried(monkeypatch):
    """No child process: another test reads the same bundle in one, and it takes seconds."""
    monkeypatch.setattr(trial, "in_child", lambda *_: None)


@pytest.fixture
def few(simulated_snapshot):
    return Few(Snapshot.open(simulated_snapshot))


def test_every_gate_answers_with_its_reason(home, version, few):
    answered = promotion.ask_gates(home.bundles / version, home, on=few)
    assert [g.name for g in answered.gates] == [
        "signature",
        "golden_predictions",
        "random_arm",
        "quality",
        "calibration",
        "guarantee_flags",
        "guarantee_amounts",
        "guarantee_categories",
        "groups",
        "directions",
        "leaves",
        "preregistered",
        "blast_radius",
        "off_switch",
    ]
    assert all(g.why for g in answered.gates)
    by_name = {g.name: g for g in answered.gates}
    for name in ("golden_predictions", "directions", "leaves", "off_switch"):
        assert by_name[name].verdict is Verdict.PASS, name
    assert by_name["directions"].number == 0
    assert by_name["off_switch"].number == 0
    assert by_name["preregistered"].verdict is Verdict.UNKNOWN
    # No champion here: a person newly looks where the model asks, or its evidence on a red flag.
    report = answered.radius.as_json()
    assert report["before"] is None
    newly, load = report["changes"]["newly_in_review"], report["review"]
    assert newly["families"] == load["after"]["all"]["families"] - load["before"]["all"]["families"]
    assert newly["families"] >= load["after"]["by_model_alone"]["families"] > 0
    assert load["after"]["waiting"] == load["before"]["waiting"]
    assert by_name["blast_radius"].number == report["changes"]["newly_in_review"]["share"]


def test_a_candidate_is_held_against_itself_as_champion_and_moves_nobody(
    home, version, few, unhurried
):
    folder = home.bundles / version
    signed = bundle.verify(folder, home.public_key()).manifest_sha256
    aliases.write(home, "champion", version, signed, override="first", when=WHEN)
    answered = promotion.ask_gates(folder, home, on=few)
    by_name = {g.name: g for g in answered.gates}
    assert (by_name["blast_radius"].verdict, by_name["blast_radius"].number) == (Verdict.PASS, 0)
    kept = promotion.keep(answered.radius, home.artefacts / f"version-{version}", home)
    report = json.loads(kept.read_bytes())
    assert report["before"] == report["after"] == version
    assert all(c["families"] == 0 for c in report["changes"].values())
    signing.check_signature(kept.read_bytes(), kept.with_suffix(".sig"), home.public_key())


def test_a_champion_that_cannot_be_read_leaves_the_blast_radius_unknown(
    home, version, few, unhurried
):
    aliases.write(home, "champion", version, "ab" * 32, override=None, when=WHEN)
    by_name = {g.name: g for g in promotion.ask_gates(home.bundles / version, home, on=few).gates}
    assert by_name["blast_radius"].verdict is Verdict.UNKNOWN
    assert "cannot be read" in by_name["blast_radius"].why


def test_a_snapshot_that_is_gone_leaves_the_blast_radius_unknown_with_the_remedy(
    home, version, unhurried
):
    gates = {g.name: g for g in promotion.ask_gates(home.bundles / version, home).gates}
    for name in ("blast_radius", "off_switch"):
        assert gates[name].verdict is Verdict.UNKNOWN
        assert "--on SNAP" in gates[name].why


def test_a_home_remembers_where_its_snapshots_lie_and_forgets_those_that_are_gone(
    tmp_path, simulated_snapshot
):
    home, moved = Home(tmp_path / "home"), tmp_path / "moved"
    shutil.copytree(simulated_snapshot, moved)
    digest = Snapshot.open(moved).digest
    assert known_snapshots.find(home, digest) is None
    known_snapshots.remember(home, [moved])
    assert known_snapshots.find(home, digest).digest == digest
    known_snapshots.remember(home, [moved])  # twice is no fault
    shutil.rmtree(moved)
    assert known_snapshots.find(home, digest) is None


def test_with_mlflow_down_nothing_is_promoted_and_the_old_model_serves(
    home, version, monkeypatch, doubtful
):
    promote(version, home=home, override="first", when=WHEN)
    before = aliases.read(home)
    monkeypatch.undo()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with pytest.raises(InputError, match="MLflow"):
        promote(version, home=home, override="second", when=WHEN)
    assert aliases.read(home) == before


@pytest.mark.parametrize(
    ("version", "more", "problem"),
    [
        ("4711", {}, "tarazy train"),
        ("../keys", {}, "no model version"),
        ("1", {"alias": "king"}, "no alias"),
        ("1", {"override": "  "}, "needs a reason"),
    ],
)
def test_what_was_never_trained_or_asked_wrongly_is_a_clear_error(home, version, more, problem):
    with pytest.raises(InputError, match=problem):
        promote(version, **{"home": home, "override": None, "when": WHEN} | more)
