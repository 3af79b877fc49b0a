"""What a run was made of, and what was promised before it."""

import hashlib
import json
import subprocess
from types import SimpleNamespace

import numpy as np
import pytest

from features.errors import InputError
from features.registers.reading.load import open_data_set
from features.registers.snapshot import make
from tests.features import data_sets
from training.record import provenance
from training.report import curves

PROMISE = {
    "registered_on": "2026-01-15",
    "metrics": {"hidden_income.auc": {"at_least": 0.7, "of": "low"}},
}


def test_a_promise_is_kept_with_the_hash_of_its_very_bytes(tmp_path):
    path = tmp_path / "promise.json"
    path.write_text(json.dumps(PROMISE))
    recorded = provenance.preregistered(path)
    assert recorded == {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "content": PROMISE}
    path.write_text(json.dumps(PROMISE, indent=1))
    assert provenance.preregistered(path)["sha256"] != recorded["sha256"]


def test_a_run_without_a_promise_says_so():
    assert provenance.preregistered(None) is None


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "{}",
        '{"metrics": {}}',
        '{"metrics": {"auc": {}}}',
        '{"metrics": {"auc": {"at_least": "0.7"}}}',
        '{"metrics": {"auc": {"at_least": true}}}',
        '{"metrics": {"auc": 0.7}}',
    ],
)
def test_a_promise_that_bounds_nothing_is_refused(tmp_path, text):
    path = tmp_path / "promise.json"
    path.write_text(text)
    with pytest.raises(InputError, match="at_least|is no pre-registration"):
        provenance.preregistered(path)


def test_a_promise_that_is_not_there_is_told(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        provenance.preregistered(tmp_path / "nowhere.json")


def test_every_partition_and_label_register_has_its_hash(tmp_path):
    folder = data_sets.write(tmp_path / "data")
    snapshot = make(
        open_data_set(folder), data_sets.AS_OF, tmp_path / "snap", households_per_partition=1
    )
    recorded = provenance.data([snapshot])[0]
    assert recorded["digest"] == snapshot.digest
    assert len(recorded["partitions"]) == 3
    assert len({p["sha256"] for p in recorded["partitions"]}) == 3
    assert set(recorded["labels"]) == {"inspections"}
    car = data_sets.VEHICLES.with_columns(model_year=2013)
    folder = data_sets.write(tmp_path / "other", {"vehicles": car})
    other = make(
        open_data_set(folder), data_sets.AS_OF, tmp_path / "snap2", households_per_partition=1
    )
    changed = provenance.data([other])[0]
    differ = [
        a["name"]
        for a, b in zip(recorded["partitions"], changed["partitions"], strict=True)
        if a["sha256"] != b["sha256"]
    ]
    assert len(differ) == 1, "one family's car lies in one partition"
    assert changed["labels"] == recorded["labels"]


def test_the_commit_is_that_of_our_own_repository():
    recorded = provenance.code()
    head = subprocess.run(
        ["git", "-C", str(provenance._ROOT), "rev-parse", "HEAD"], capture_output=True, text=True
    )
    assert recorded["commit"] == (head.stdout.strip() if head.returncode == 0 else None)


def test_a_copy_inside_somebody_elses_repository_names_no_commit(tmp_path, monkeypatch):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    monkeypatch.setattr(provenance, "_ROOT", tmp_path)
    assert provenance.code()["commit"] is None
    assert provenance.code()["changed"] is None


def test_each_feature_has_a_digest_of_its_own_and_all_have_one():
    recorded = provenance.features(["members", "income_quarter"])
    digests = {f["digest"] for f in recorded["features"]} | {recorded["digest"]}
    assert len(digests) == 3
    assert all(f["basis"] and f["about"] for f in recorded["features"])


def test_the_libraries_that_grow_and_read_the_trees_are_named():
    assert {"lightgbm", "polars", "numpy"} <= set(provenance.libraries())
    assert "pytest" not in provenance.libraries()


def arm(confirmed, margin, random=None):
    """Inspected families of the random arm, as the curves read them."""
    truth, score = np.array(confirmed, dtype=float), np.array(margin, dtype=float)
    weights = np.ones(len(truth)) if random is None else np.array(random, dtype=float)
    return SimpleNamespace(
        confirmed=truth,
        margin=score,
        random=weights,
        in_random_arm=weights > 0,
        hides=1 / (1 + np.exp(-score)),
    )


def xy(points):
    return [(p["x"], p["y"]) for p in points]


def test_the_curves_of_four_families():
    """Hiding, clear, hiding, clear in order of suspicion: by hand."""
    drawn = curves.curves(arm([1, 0, 1, 0], [4, 3, 2, 1]), 1.0)
    assert xy(drawn["roc"]) == [(0, 0), (0, 0.5), (0.5, 0.5), (0.5, 1), (1, 1)]
    assert xy(drawn["precision_recall"]) == [(0.5, 1), (0.5, 0.5), (1, 0.666667), (1, 0.5)]


def test_families_of_one_score_are_one_point():
    drawn = curves.curves(arm([1, 0, 1, 0], [1, 1, 1, 1]), 1.0)
    assert xy(drawn["roc"]) == [(0, 0), (1, 1)]


def test_a_family_stands_for_as_many_as_the_design_says():
    """A hiding family that stands for three others lifts the curve to three quarters."""
    drawn = curves.curves(arm([1, 0, 1, 0], [4, 3, 2, 1], random=[3, 1, 1, 1]), 1.0)
    assert xy(drawn["roc"])[1] == (0, 0.75)


@pytest.mark.parametrize("confirmed", [[1, 1], [0, 0]])
def test_families_of_one_kind_have_no_curve(confirmed):
    assert curves.curves(arm(confirmed, [1, 2]), 1.0) is None


def test_a_point_of_the_calibration_speaks_for_ten_families_at_least():
    confirmed = np.arange(25) % 2
    drawn = curves.curves(arm(confirmed, np.linspace(-1, 1, 25)), 0.83)
    assert [p["families"] for p in drawn["calibration"]] == [13, 12]


def test_each_curve_becomes_a_picture(tmp_path):
    drawn = curves.curves(arm([1, 0, 1, 0], [4, 3, 2, 1]), 1.0)
    files = curves.draw(drawn, tmp_path)
    assert {f.stem for f in files} == {"roc", "precision_recall", "calibration"}
    assert all(f.read_bytes().startswith(b"\x89PNG") for f in files)
