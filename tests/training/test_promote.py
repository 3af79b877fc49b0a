"""Gates: PASS, FAIL and UNKNOWN, what a person may override and what nobody may."""

import json
import shutil
from datetime import UTC, datetime

import numpy as np
import pytest

from features.errors import InputError, NoSuchModel
from models import aliases, bundle
from models.home import Home
from training import promote as promotion
from training.directions import against
from training.promote import Verdict, calibration, promote, quality, random_arm

WHEN = datetime(2026, 1, 2, 12, tzinfo=UTC)


def estimate(value, low, high):
    return {"value": value, "low": low, "high": high}


@pytest.mark.parametrize(
    ("difference", "verdict"),
    [
        (estimate(0.03, 0.001, 0.06), Verdict.PASS),
        (estimate(0.03, 0.0, 0.06), Verdict.UNKNOWN),
        (estimate(-0.03, -0.06, 0.0), Verdict.UNKNOWN),
        (estimate(-0.03, -0.06, -0.001), Verdict.FAIL),
        (None, Verdict.UNKNOWN),
        (estimate(None, None, None), Verdict.UNKNOWN),
    ],
)
def test_quality_passes_only_when_the_whole_interval_is_above_nothing(difference, verdict):
    assert quality({"auc_above_logistic_regression": difference}).verdict is verdict


@pytest.mark.parametrize(
    ("slope", "intercept", "verdict"),
    [
        ((0.8, 1.2), (-0.2, 0.2), Verdict.PASS),
        ((0.7, 0.99), (-0.2, 0.2), Verdict.FAIL),
        ((0.8, 1.2), (0.01, 0.4), Verdict.FAIL),
        ((0.4, 1.5), (-0.2, 0.2), Verdict.UNKNOWN),
        ((0.8, 2.1), (-0.2, 0.2), Verdict.UNKNOWN),
    ],
)
def test_calibration_needs_one_and_nothing_within_narrow_ends(slope, intercept, verdict):
    said = {
        "calibration_slope": estimate(1.0, *slope),
        "calibration_intercept": estimate(0.0, *intercept),
    }
    assert calibration({"hidden_income": said}).verdict is verdict


def test_without_a_random_arm_every_gate_of_quality_is_unknown():
    metrics = {
        "random_arm": {"labels": 0, "why_no_auc": "nobody was drawn"},
        "hidden_income": None,
        "auc_above_logistic_regression": None,
    }
    for gate in (random_arm, quality, calibration):
        assert gate(metrics).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("labels", "verdict"), [(1, Verdict.UNKNOWN), (99, Verdict.UNKNOWN), (100, Verdict.PASS)]
)
def test_a_random_arm_speaks_from_a_hundred_inspections_on(labels, verdict):
    said = random_arm({"random_arm": {"labels": labels, "why_no_auc": None}})
    assert (said.verdict, said.number) == (verdict, labels)
    assert said.why


def test_calibration_of_an_arm_of_one_kind_cannot_be_told():
    unknown = estimate(None, None, None)
    said = {"calibration_slope": unknown, "calibration_intercept": unknown}
    assert calibration({"hidden_income": said}).verdict is Verdict.UNKNOWN


def test_quality_says_which_regression_it_was_compared_with():
    said = estimate(0.03, 0.001, 0.06) | {"than": "logistic_regression_with_gap"}
    assert "given the gap" in quality({"auc_above_logistic_regression": said}).why


def test_a_step_against_a_direction_is_counted():
    table = np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 3.0]])
    assert against(lambda x: x[:, 0] - x[:, 1], table, [1, -1]) == 0
    assert against(lambda x: x[:, 0] - x[:, 1], table, [1, 0]) == 0
    # Three families, two steps each between the three values of the second column.
    assert against(lambda x: x[:, 0] - x[:, 1], table, [1, 1]) == 6
    assert against(lambda x: np.column_stack([x[:, 0], -x[:, 0]]), table, [1, 0]) == 6


class Deaf:
    """An MLflow that knows every version and remembers what it is told."""

    told: tuple = ()

    def __init__(self, home):
        pass

    def knows(self, version):
        pass

    def alias(self, *told):
        Deaf.told = told


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
        promotion.Gate(name="signature", verdict=Verdict.PASS, number=None, why="", may_be_overridden=False),
        promotion.Gate(name="quality", verdict=Verdict.UNKNOWN, number=0.01, why="holds zero"),
    )  # fmt: skip
    monkeypatch.setattr(promotion, "asked", lambda folder, home: (gates, "ab" * 32))


def test_what_cannot_be_told_blocks(home, version, doubtful):
    said = promote(version, home=home, override=None, when=WHEN)
    assert not said.promoted
    assert aliases.read(home).names == {}
    with pytest.raises(NoSuchModel, match="No model is promoted"):
        bundle.load(home, "champion")


def test_a_persons_word_passes_it_and_is_kept_everywhere(home, version, doubtful):
    said = promote(version, home=home, override=" demonstration ", when=WHEN)
    assert said.promoted
    assert aliases.read(home).names["champion"].override == "demonstration"
    line = json.loads((home.bundles / "ledger.jsonl").read_text())
    assert (line["override"], line["version"], line["promoted"]) == ("demonstration", version, True)
    assert Deaf.told[0] == "champion"
    assert Deaf.told[2]["override"] == "demonstration"
    json.dumps(said.to_dict())


def test_the_ledger_only_grows(home, version, doubtful):
    promote(version, home=home, override=None, when=WHEN)
    first = (home.bundles / "ledger.jsonl").read_text()
    promote(version, home=home, override="again", alias="challenger", when=WHEN)
    assert (home.bundles / "ledger.jsonl").read_text().startswith(first)
    assert set(aliases.read(home).names) == {"challenger"}


def test_a_broken_signature_nobody_may_override(home, version):
    path = home.bundles / version / "manifest.json"
    path.write_text(path.read_text().replace('"labels"', '"labelz"', 1))
    said = promote(version, home=home, override="I insist", when=WHEN)
    assert not said.promoted
    assert said.gates[0].verdict is Verdict.FAIL
    assert {g.verdict for g in said.gates[1:]} == {Verdict.UNKNOWN}
    assert aliases.read(home).names == {}


def test_every_gate_answers_with_its_reason(home, version):
    gates, _ = promotion.asked(home.bundles / version, home)
    assert [g.name for g in gates] == [
        "signature", "golden_predictions", "random_arm", "quality", "calibration", "directions",
    ]  # fmt: skip
    assert all(g.why for g in gates)
    by_name = {g.name: g for g in gates}
    assert by_name["golden_predictions"].verdict is Verdict.PASS
    assert by_name["directions"].number == 0


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
