"""The API and `tarazy score` decide the same family the same, with the same model."""

import pytest

from features.registers.snapshot import Snapshot
from models.columns import SCORE_SCHEMA
from tests.serving.families_as_requests import requests_of


@pytest.fixture(scope="module")
def scored(decisions):
    return {row["household_id"]: row for row in decisions.to_dicts()}


def differences(decision, row):
    """The columns of a decision in which the answer and the row of the file differ."""
    answered = decision | {
        name: [reason["code"] for reason in decision[name]]
        for name in ("reasons", "review_reasons", "follow_up_reasons")
    }
    written = row | {"as_of": row["as_of"].isoformat()}
    return [name for name in SCORE_SCHEMA if answered[name] != written[name]]


def decided(api, snapshot, count):
    as_of = snapshot.as_of.isoformat()
    for household in requests_of(snapshot, count):
        answer = api.post("/score", json={"as_of": as_of, "household": household})
        assert answer.status_code == 200, answer.text
        yield answer.json()


def test_one_family_at_a_time_and_a_country_at_once_are_decided_the_same(
    api, simulated_snapshot, scored
):
    one_by_one = list(decided(api, Snapshot.open(simulated_snapshot), 40))
    assert len(one_by_one) == 40
    assert {d["model_version"] for d in one_by_one} != {None}
    assert [
        d["household_id"] for d in one_by_one if differences(d, scored[d["household_id"]])
    ] == []


def test_many_families_in_one_request_are_decided_the_same(api, simulated_snapshot, scored):
    snapshot = Snapshot.open(simulated_snapshot)
    households = list(requests_of(snapshot, 400))
    answer = api.post(
        "/score_many", json={"as_of": snapshot.as_of.isoformat(), "households": households}
    )
    decisions = answer.json()["decisions"]
    assert [d["household_id"] for d in decisions] == [h["household_id"] for h in households]
    assert [d for d in decisions if differences(d, scored[d["household_id"]])] == []


@pytest.mark.long
def test_a_thousand_families_one_by_one_are_decided_the_same(api, simulated_snapshot, scored):
    one_by_one = list(decided(api, Snapshot.open(simulated_snapshot), 1_000))
    assert len(one_by_one) == 1_000
    assert [
        d["household_id"] for d in one_by_one if differences(d, scored[d["household_id"]])
    ] == []
