"""Two models beside each other: the same families, the same labels, who moves and why."""

import json
from datetime import date

import numpy as np
import polars as pl
import pytest

from features.errors import InputError
from features.registers.snapshot import Snapshot
from models.bundles import loading
from models.bundles.home import Home
from tests.training.few_families import Few
from training.comparison.compare import Pair, compare, examples, measures, pair, unseen
from training.comparison.page import page
from training.gates import blast_radius
from training.gates.blast_radius import CHANGES, measured
from training.record import known_snapshots


def estimate(value, low, high):
    return {"value": value, "low": low, "high": high}


def manifest(auc, digest="aa", labels=700):
    return {
        "trained_on": [{"digest": digest, "as_of": "2026-01-01", "households": 9}],
        "as_of": "2026-01-01",
        "metrics": {
            "labels": {"inspections": labels},
            "hidden_income": {"auc": auc, "brier": estimate(None, None, None)},
            "groups": {"rows": [], "some": estimate(0.1, 0.0, 0.2)},
        },
    }


def test_figures_stand_side_by_side_and_unknown_ones_are_left_out():
    one, other = estimate(0.8, 0.7, 0.9), estimate(0.82, 0.75, 0.9)
    compared = measures(manifest(one), manifest(other))
    assert compared["rows"] == [{"name": "hidden_income.auc", "first": one, "second": other}]
    assert compared["same_labels"]


@pytest.mark.parametrize("more", [{"digest": "bb"}, {"labels": 701}])
def test_other_snapshots_or_labels_are_said_not_to_be_the_same(more):
    auc = estimate(0.8, 0.7, 0.9)
    assert not measures(manifest(auc), manifest(auc, **more))["same_labels"]


@pytest.fixture(scope="module")
def home(trained_home):
    return Home(trained_home)


@pytest.fixture(scope="module")
def champion(home):
    return loading.load(home, "champion")


@pytest.fixture(scope="module")
def few(simulated_snapshot):
    return Few(Snapshot.open(simulated_snapshot))


@pytest.fixture(scope="module")
def eager(champion):
    """The champion as it would be if it flagged everybody of whom it can say anything."""
    from dataclasses import replace

    return replace(champion, version="99", threshold=-1e9)


@pytest.fixture(scope="module")
def two(champion, eager, few):
    return Pair(first=champion, second=eager, snapshot=few, as_of=few.as_of)


@pytest.fixture(scope="module")
def radius(two):
    return measured(two.snapshot, as_of=two.as_of, before=two.first, after=two.second)


def test_who_would_be_flagged_newly_is_counted_and_what_law_decides_stays(radius, few):
    report = radius.as_json()
    flagged = radius.table["model_flag_after"].sum() - radius.table["model_flag_before"].sum()
    assert report["changes"]["newly_flagged"]["families"] == flagged > 1_000
    assert report["changes"]["no_longer_flagged"]["families"] == 0
    # The threshold alone differs, so nobody is placed elsewhere, and law decides as before.
    assert report["changes"]["poorer_by_model"]["families"] == 0
    assert report["served_category_changed"] == 0
    assert report["families"] == len(few.ids)
    by_settlement = report["groups"]["settlement"]
    assert sum(row["newly_flagged"] for row in by_settlement) == flagged


def test_families_newly_in_review_are_those_whom_the_model_alone_sends_there(radius):
    review = radius.as_json()["review"]
    newly = radius.as_json()["changes"]["newly_in_review"]["families"]
    assert newly == review["after"]["all"]["families"] - review["before"]["all"]["families"]
    assert (
        review["after"]["by_model_alone"]["families"]
        == review["before"]["by_model_alone"]["families"] + newly
    )


def test_a_decision_that_differs_without_the_model_is_counted(few, champion, monkeypatch):
    honest = blast_radius.decide

    def meddling(registers, models, law):
        decisions = honest(registers, models, law)
        if models is not None:
            first = pl.int_range(pl.len()) == 0
            raised = pl.when(first).then(6).otherwise(pl.col("category")).cast(pl.Int8)
            decisions.table.replace_column(
                decisions.table.get_column_index("category"),
                decisions.table.select(category=raised).to_series(),
            )
        return decisions

    monkeypatch.setattr(blast_radius, "decide", meddling)
    some = Few(few.snapshot, 50)
    assert measured(some, as_of=some.as_of, before=None, after=champion).touched == 1


def test_examples_name_inputs_and_never_a_value(two, radius):
    shown = examples(two, radius)
    assert set(shown) == set(CHANGES)
    families = shown["newly_flagged"]
    assert len(families) == 3
    for family in families:
        assert set(family) == {"household_id", "inputs"}
        # The same trees: only the threshold differs, so no input weighs otherwise.
        assert all(
            set(each) == {"input", "change"} and each["change"] == 0 for each in family["inputs"]
        )
    assert shown["poorer_by_model"] == []


def test_families_of_a_training_snapshot_are_not_judged_again(
    two, home, few, simulated_snapshot, tmp_path
):
    mine = Home(tmp_path)
    comparison = unseen(two, mine, np.random.default_rng(0))
    assert "no inspections" in comparison["why_not"]
    inspected_pair = Pair(
        first=two.first,
        second=two.second,
        as_of=few.as_of,
        snapshot=Few(few.snapshot, inspections=few.snapshot.learning("inspections")),
    )
    assert "cannot be told" in unseen(inspected_pair, mine, np.random.default_rng(0))["why_not"]
    known_snapshots.remember(mine, [simulated_snapshot])
    comparison = unseen(inspected_pair, mine, np.random.default_rng(0))
    assert comparison["labels"] == 0
    assert "neither has learned from" in comparison["why_not"]


def test_inspections_that_neither_has_learned_from_judge_both_on_the_same_families(
    two, few, simulated_snapshot, tmp_path
):
    mine = Home(tmp_path)
    known_snapshots.remember(mine, [simulated_snapshot])
    learned = pl.concat(
        [few.snapshot.learning(r)["household_id"] for r in ("inspections", "survey")]
    )
    fresh = few.ids.filter(~few.ids.is_in(learned.implode()))[:400]
    drawn = pl.DataFrame({"household_id": fresh}).with_columns(
        inspected_on=pl.lit(date(2026, 2, 1)),
        design=pl.lit("random"),
        probability=0.01,
        hidden_income_monthly=pl.when(pl.int_range(pl.len()) % 3 == 0).then(900_000).otherwise(0),
    )
    inspected_pair = Pair(
        first=two.first,
        second=two.second,
        as_of=few.as_of,
        snapshot=Few(few.snapshot, inspections=drawn),
    )
    comparison = unseen(inspected_pair, mine, np.random.default_rng(0))
    assert comparison["why_not"] is None
    assert 100 <= comparison["labels"] <= 400
    # One ranking under two thresholds: no difference, and certainly none.
    assert comparison["auc_first"] == comparison["auc_second"]
    assert comparison["auc_difference"] == estimate(0.0, 0.0, 0.0)


def test_the_page_tells_the_report_and_fetches_nothing(two, home):
    report = compare(two, home=home, seed=1)
    shown = page(json.loads(json.dumps(report)))
    certificate = two.first.manifest["certificate"]
    assert report["first"]["leans_on"] == certificate["leans_on"]
    assert report["first"]["refuted_above"] == certificate["refuted_above"]
    assert certificate["leans_on"] in shown
    assert f"Version {two.first.version} beside version 99" in shown
    assert shown.count("<svg") == 1
    assert "http" not in shown.replace("http://www.w3.org", "").replace(
        "http://purl.org", ""
    ).replace("https://matplotlib.org", "").replace("http://creativecommons.org", "")
    assert compare(two, home=home, seed=1) == report


def test_a_snapshot_that_is_gone_is_a_clear_error(home, champion, monkeypatch):
    monkeypatch.setattr(known_snapshots, "find", lambda *_: None)
    monkeypatch.setattr(loading, "load", lambda *_: champion)
    with pytest.raises(InputError, match="--on SNAP"):
        pair("champion", champion.version, home=home)


@pytest.mark.long
def test_the_command_compares_and_writes_page_and_numbers(tarazy, simulated_snapshot, tmp_path):
    words = ("compare", "champion", "champion", "--on", simulated_snapshot)
    done = tarazy(*words, "--out", tmp_path / "comparison", "--json")
    assert done.code == 0, done.err
    assert done.json["moves"]["changes"]["newly_flagged"]["families"] == 0
    written = {path.name for path in (tmp_path / "comparison").iterdir()}
    assert written == {"index.html", "report.json"}


def test_a_folder_with_anything_else_is_not_replaced(tmp_path, monkeypatch, capsys):
    from serving.commands import main

    (tmp_path / "mine.txt").write_text("keep")
    monkeypatch.setenv("TARAZY_HOME", str(tmp_path / "home"))
    with pytest.raises(SystemExit) as left:
        main(["compare", "1", "2", "--out", str(tmp_path)])
    assert left.value.code == 1
    assert "something else" in capsys.readouterr().err
    assert (tmp_path / "mine.txt").exists()


DECISIVE = {
    "auc": estimate(0.8, 0.7, 0.9),
    "average_precision": estimate(0.5, 0.4, 0.6),
}
MORE = {f"figure_{n}": estimate(0.1, 0.0, 0.2) for n in range(70)}


def described(version):
    return {
        "version": version,
        "override": None,
        "flagged_share": 0.06,
        "unconfirmed_at_most": 0.2,
        "refuted_above": None,
    }


@pytest.fixture
def compared(monkeypatch, capsys, tmp_path):
    """What `tarazy compare` prints of two versions of which this was measured."""
    from serving.commands import main
    from training.comparison import compare

    def call(*words, unseen, same_labels=True):
        rows = [
            {"name": f"hidden_income.{name}", "first": comparison, "second": comparison}
            for name, comparison in (MORE | DECISIVE).items()
        ]
        report = {
            "first": described("1"),
            "second": described("2"),
            "unseen": unseen,
            "looks": {"first": None, "second": None},
            "metrics": {"same_labels": same_labels, "rows": rows},
            "moves": {"families": 9, "changes": {"newly_flagged": {"families": 4, "share": 0.44}}},
        }
        monkeypatch.setattr(compare, "pair", lambda *_, **__: None)
        monkeypatch.setattr(compare, "compare", lambda *_, **__: report)
        monkeypatch.setenv("TARAZY_HOME", str(tmp_path))
        with pytest.raises(SystemExit) as left:
            main(["compare", "1", "2", *words])
        assert left.value.code == 0
        return capsys.readouterr().out

    return call


JUDGED = {
    "labels": 412,
    "why_not": None,
    "auc_first": estimate(0.79, 0.7, 0.8),
    "auc_second": estimate(0.82, 0.8, 0.9),
    "auc_difference": estimate(0.03, 0.01, 0.05),
}


def test_what_decides_is_printed_first_and_seventy_figures_only_where_asked_for(compared):
    shown = compared(unseen=JUDGED)
    places = [
        shown.index(words)
        for words in (
            "second less first 0.030 [0.010, 0.050]",
            "families flagged",
            "newly flagged",
            "hidden_income.auc",
            "hidden_income.average_precision",
            "70 more figures",
        )
    ]
    assert places == sorted(places)
    assert "figure_7" not in shown
    assert len(shown.splitlines()) < 20
    assert "figure_69" in compared("--all", unseen=JUDGED)


def test_where_nothing_is_left_to_judge_the_auc_of_training_is_told_as_what_it_is(compared):
    nothing = {"why_not": "12 random inspections are left"}
    shown = compared(unseen=nothing)
    assert "12 random inspections are left" in shown
    assert "AUC at training, on the same labels: 0.800 [0.700, 0.900]" in shown
    assert "second less first +0.000, not judged in pairs" in shown
    assert "on DIFFERENT labels: 0.800" in compared(unseen=nothing, same_labels=False)
