"""Errors by group: what is shown, what is hidden, and who may not read who a family is."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from models.assessment.groups import ATTRIBUTES
from training.evaluation import temporal
from training.evaluation.groups import group_table, label_noise, proxies
from training.evaluation.groups.group_table import Rate

LEARNERS = (
    "training.fitting.fit",
    "training.fitting.hidden_income",
    "training.fitting.welfare",
    "training.labels.gather",
    "models.learned.predict",
    "models.decision.pipeline",
    "models.bundles.bundle",
)


def families(count, **columns):
    """So many families in one group of everything, but for the columns given."""
    return pl.DataFrame(
        {a.name: columns.get(a.name, [next(iter(a.groups))] * count) for a in ATTRIBUTES}
    )


def rate(groups, could, has, name="false_alarms", **more):
    return Rate(
        name=name, about="", groups=groups, could=np.array(could), has=np.array(has), **more
    )


def rows(table, by, name="false_alarms"):
    return {r["group"]: r for r in table["rows"] if r["by"] == by and r["rate"] == name}


def test_what_learns_never_loads_who_a_family_is():
    check = (
        "import sys\n"
        f"import {', '.join(LEARNERS)}\n"
        "sys.exit(any(m in sys.modules for m in "
        "('models.assessment.groups', 'training.evaluation.groups.audit_attributes')))"
    )
    root = Path(__file__).resolve().parents[4]
    assert subprocess.run([sys.executable, "-c", check], cwd=root).returncode == 0


def test_a_group_far_above_the_rest_fails_and_the_rate_with_it():
    heads = ["f"] * 2_000 + ["m"] * 2_000
    wrong = [i % 10 < 3 for i in range(2_000)] + [i % 10 < 1 for i in range(2_000)]
    table = group_table.table([rate(families(4_000, head=heads), [True] * 4_000, wrong)])
    women, men = (rows(table, "head")[sex] for sex in ("f", "m"))
    assert (women["count"], women["of"], women["value"], women["rest"]) == (600, 2_000, 0.3, 0.1)
    assert women["verdict"] == "FAIL"
    assert men["verdict"] == "PASS"
    assert table["verdict"] == table["rates"]["false_alarms"]["verdict"] == "FAIL"
    assert table["rates"]["false_alarms"]["failed"][0] == "head: f"


def test_a_rate_that_no_model_can_change_blocks_nothing():
    heads = ["f"] * 2_000 + ["m"] * 2_000
    wrong = [True] * 2_000 + [False] * 2_000
    groups = families(4_000, head=heads)
    table = group_table.table(
        [
            rate(groups, [True] * 4_000, wrong, "missed_by_the_rules", blocks=False),
            rate(families(4_000), [True] * 4_000, [i % 10 == 0 for i in range(4_000)]),
        ]
    )
    assert table["rates"]["missed_by_the_rules"]["verdict"] == "FAIL"
    assert table["verdict"] == "UNKNOWN"  # one group alone has nobody to be compared with


def test_of_a_group_below_ten_and_of_one_that_gives_it_away_nothing_is_told():
    children = ["0"] * 100 + ["1-3"] * 40 + ["4+"] * 9
    table = group_table.table([rate(families(149, children=children), [True] * 149, [False] * 149)])
    shown = rows(table, "children")
    assert not shown["0"].get("hidden")
    for group in ("1-3", "4+"):
        assert shown[group]["hidden"]
        assert "count" not in shown[group]
        assert "of" not in shown[group]
        assert shown[group]["verdict"] == "UNKNOWN"


def test_linked_rates_hide_the_same_groups():
    # Twelve rural families, five of them clear: the clear would follow from the other counts.
    settlement = ["urban"] * 200 + ["rural"] * 12
    confirmed = np.array([i % 2 == 0 for i in range(200)] + [True] * 7 + [False] * 5)
    groups = families(212, settlement=settlement)
    everybody = np.ones(212, dtype=bool)
    alarms = rate(groups, ~confirmed, np.zeros(212, dtype=bool), linked="arm")
    gap = rate(
        groups, everybody, confirmed, "calibration_gap", predicted=np.full(212, 0.5), linked="arm"
    )
    table = group_table.table([alarms, gap])
    for name in ("false_alarms", "calibration_gap"):
        assert all(r["hidden"] for r in rows(table, "settlement", name).values())
    gone = group_table.hidden_groups([alarms, gap])
    drawn = np.ones((20, 212))
    inside = group_table.calibration_inside(
        gap, gone, np.ones(212), drawn, np.random.default_rng(0)
    )
    assert "settlement" not in {r["by"] for r in inside}
    assert "region" in {r["by"] for r in inside}  # everybody lives in one: 212 labels


def test_crossed_groups_stand_from_thirty_families_on():
    heads = ["f"] * 60 + ["m"] * 59
    settlement = ["urban"] * 30 + ["rural"] * 30 + ["urban"] * 30 + ["rural"] * 29
    groups = families(119, head=heads, settlement=settlement)
    table = group_table.table([rate(groups, [True] * 119, [False] * 119)])
    assert set(rows(table, "head × settlement")) == {"f × urban", "f × rural", "m × urban"}


def stable(flagged_of_women, flagged_of_men):
    heads = ["f"] * 400 + ["m"] * 400
    flagged = np.array(
        [i < flagged_of_women for i in range(400)] + [i < flagged_of_men for i in range(400)]
    )
    noise = label_noise.stability(
        families(800, head=heads), flagged, np.zeros(800, dtype=bool), np.random.default_rng(1)
    )
    return next(r for r in noise["rows"] if r["by"] == "head" and r["rate"] == "false_alarms")


@pytest.mark.parametrize(("women", "verdict"), [(200, "PASS"), (42, "UNKNOWN")])
def test_the_order_of_groups_stands_up_to_noise_only_where_they_are_far_apart(women, verdict):
    row = stable(women, 40)
    assert row["worst"] == "f"
    assert row["verdict"] == verdict


def test_groups_that_are_level_have_no_worst():
    row = stable(40, 40)
    assert row["stays_worst"] == {"0.05": 0.0, "0.10": 0.0, "0.20": 0.0}
    assert row["verdict"] == "UNKNOWN"


def proxied(strength, attribute, seed=0):
    generator = np.random.default_rng(seed)
    women = generator.random(4_000) < 0.5
    score = strength * women + generator.normal(size=4_000)
    values = next(a for a in ATTRIBUTES if a.name == attribute)
    one, other = list(values.groups)[:2]
    groups = families(4_000, **{attribute: np.where(women, one, other).tolist()})
    inputs = np.column_stack([women.astype(float), generator.normal(size=4_000)])
    table = proxies.table(groups, score, inputs, generator)
    return next(r for r in table["rows"] if r["by"] == attribute), table


@pytest.mark.parametrize(
    ("strength", "attribute", "verdict"),
    [
        (0.1, "head", "PASS"),
        (1.0, "head", "FAIL"),
        (-1.0, "head", "FAIL"),
        (1.0, "disability", "PASS"),
    ],
)
def test_a_score_that_tells_a_group_apart_needs_a_written_reason(strength, attribute, verdict):
    row, table = proxied(strength, attribute)
    assert row["verdict"] == verdict
    assert row["from_score"]["value"] >= 0.5
    assert (row["note"] is not None) == (attribute == "disability")
    assert (table["failed"] == []) == (verdict == "PASS")


def test_what_the_inputs_tell_is_told_out_of_fold():
    row, table = proxied(0.0, "head")
    assert row["from_inputs"]["value"] > 0.99  # one input is the group itself
    assert table["families_for_inputs"] == proxies.FAMILIES < table["families"] == 4_000
    by_chance, _ = proxied(0.0, "settlement", seed=3)
    assert by_chance["from_score"]["high"] < proxies.BOUND


class Judged:
    """Inspections by day, and what was said of them, without models."""

    def __init__(self, days, households, confirmed):
        count = len(days)
        self.inspections = pl.DataFrame({"inspected_on": days})
        self.inspected = type("Inspected", (), {})()
        inspected = self.inspected
        inspected.households, inspected.confirmed = (
            np.array(households),
            np.array(confirmed, dtype=float),
        )
        inspected.random, inspected.weights = np.ones(count), np.ones(count)
        inspected.margin = inspected.confirmed + np.linspace(0, 0.5, count)
        inspected.in_random_arm = inspected.random > 0


def by_day(monkeypatch, count=200, again=()):
    from datetime import date, timedelta

    households = np.arange(count)
    for old, new in again:
        households[new] = households[old]
    judged = Judged(
        [date(2026, 1, 1) + timedelta(days=i) for i in range(count)],
        households,
        [i % 3 == 0 for i in range(count)],
    )
    split = {}

    def margin(labels, fitted, older, newest_ones):
        split.update(older=older, newest=newest_ones)
        return fitted.inspected.margin[newest_ones]

    monkeypatch.setattr(temporal, "_by_the_older", margin)
    return temporal.table(judged, judged, np.random.default_rng(0)), split, judged


def test_the_newest_are_judged_by_the_older_and_a_family_never_straddles(monkeypatch):
    table, split, judged = by_day(monkeypatch, again=[(3, 190), (5, 150)])
    ids = judged.inspected.households
    assert table["newest"] == split["newest"].sum() == 60
    assert table["older"] == split["older"].sum() == 138  # 140 before the day, less two families
    assert not set(ids[split["older"]]) & set(ids[split["newest"]])
    days = judged.inspections["inspected_on"].to_numpy()
    assert days[split["older"]].max() < days[split["newest"]].min()
    assert table["auc"]["value"] == table["auc_cross_fitted"]["value"] == 1.0


def test_what_a_choice_tells_is_asked_of_no_finding_of_the_newest_days(monkeypatch):
    generator, count = np.random.default_rng(4), 1_600
    looks = generator.normal(size=count)
    chosen = generator.random(count) < 1 / (1 + np.exp(-looks))
    older = np.arange(count) < 1_200
    findings = generator.random(count) < 1 / (1 + np.exp(-looks - 1.5 * chosen))
    monkeypatch.setattr(
        temporal.label, "encoded", lambda rows, _: rows["looks"].to_numpy()[:, None]
    )

    def offset_from(confirmed):
        judged = Judged([None] * count, np.arange(count), confirmed)
        judged.inputs = ()
        judged.inspections = pl.DataFrame(
            {"design": np.where(chosen, "targeted", "random"), "looks": looks}
        )
        judged.inspected.random = np.where(chosen, 0.0, 50.0)
        judged.inspected.margin, judged.inspected.fold = looks, np.arange(count) % 5
        return temporal._selection_of_older(judged, judged, older)

    before = offset_from(findings)
    assert len(before) == 1_200
    assert (before[chosen[older]] > 0.8).all()
    assert (before[~chosen[older]] == 0).all()
    assert (offset_from(np.where(older, findings, ~chosen)) == before).all()


def test_too_few_inspections_of_the_newest_days_say_nothing(monkeypatch):
    table, split, _ = by_day(monkeypatch, count=90)
    assert "nothing can be said" in table["why_not"]
    assert not split
