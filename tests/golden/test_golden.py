"""What was decided stays decided: the same families, law and bundle give the same bytes."""

import json

import pytest

from features.registers.snapshot import Snapshot
from tests.golden import golden

KEPT = json.loads(golden.KEPT.read_text("utf-8"))


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A bundle that was trained in November 2026, signed by a key of then."""
    return golden.models(tmp_path_factory.mktemp("golden") / "home")


def differing(kept, now):
    return sorted(name for name in kept.keys() | now.keys() if kept.get(name) != now.get(name))


def test_the_pilots_families_are_decided_as_they_were(models, tmp_path):
    assert differing(KEPT["pilot"], golden.digests(golden.pilot(tmp_path), models)) == []


def test_the_families_of_the_simulated_country_are_decided_as_they_were(models, simulated_snapshot):
    snapshot = Snapshot.open(simulated_snapshot)
    assert differing(KEPT["country"], golden.digests(snapshot, models)) == []
