"""Every number of an evaluation under one name, for MLflow, tables and cards alike."""

import pytest

from training.evaluation.measures import flat, measured, table

METRICS = {
    "random_arm": {"labels": 3, "why_no_auc": None},
    "auc": {"value": 0.8, "low": 0.7, "high": 0.9, "than": "the gap"},
    "unknown": {"value": None, "low": None, "high": None},
    "groups": {
        "suppressed_below": 10,
        "rows": [
            {
                "rate": "false_flags",
                "by": "region",
                "group": "10",
                "name": "Abai",
                "value": 0.2,
                "low": 0.1,
                "high": 0.3,
                "verdict": "PASS",
                "of": 40,
                "p": 0.3,
            },
            {
                "rate": "false_flags",
                "by": "region",
                "group": "61",
                "name": "Turkistan",
                "value": None,
                "low": None,
                "high": None,
                "verdict": "UNKNOWN",
                "of": 4,
            },
            {"rate": "false_flags", "by": "region", "group": "75", "hidden": True},
        ],
        "lifts": [{"by": "head", "group": "f", "lift": {"value": 2.0, "low": 1.0, "high": 3.0}}],
    },
    "deciles": {"1": {"over_predicted": {"value": 0.1, "low": 0.0, "high": 0.2}}},
    "switched_on": True,
}


def by_path():
    return {m.path: m for m in measured(METRICS)}


def test_what_is_unknown_has_no_number_but_keeps_its_name():
    assert by_path()["unknown"].value is None
    assert not any(name.startswith("unknown") for name in flat(METRICS))


def test_a_yes_or_a_text_is_no_measure():
    assert not {"switched_on", "random_arm.why_no_auc", "auc.than"} & set(by_path())


def test_rows_of_a_list_are_groups_of_families():
    measure = by_path()["groups.false_flags.region / 61 / Turkistan"]
    assert (measure.name, measure.slice, measure.verdict) == (
        "groups.false_flags",
        "region / 61 / Turkistan",
        "UNKNOWN",
    )
    assert by_path()["groups.lifts.lift.head / f"].value == 2


def test_of_a_group_its_rate_alone_is_a_measure_and_of_a_hidden_one_nothing():
    groups = [m.path for m in measured(METRICS) if m.slice and m.name.startswith("groups.false")]
    assert groups == [
        "groups.false_flags.region / 10 / Abai",
        "groups.false_flags.region / 61 / Turkistan",
    ]


def test_names_inside_a_sliced_part_are_groups_too():
    measure = by_path()["deciles.over_predicted.1"]
    assert (measure.name, measure.slice) == ("deciles.over_predicted", "1")


def test_intervals_are_told_by_their_ends_and_counts_by_themselves():
    numbers = flat(METRICS)
    assert numbers["auc.low"] == 0.7
    assert numbers["random_arm.labels"] == 3


def test_no_two_measures_share_a_name():
    names = [m.path for m in measured(METRICS)]
    assert len(names) == len(set(names))


def test_the_table_has_one_row_a_measure():
    rows = table(METRICS)
    assert rows.height == len(measured(METRICS))
    assert rows.filter(measure="auc")["high"].item() == pytest.approx(0.9)
