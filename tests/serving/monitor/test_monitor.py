"""The monitor: which inspections count, what they prove, and the way back to shadow."""

import json
import shutil
from datetime import UTC, date, datetime
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from features.errors import InputError, NoSuchModel
from features.registers.reading.load import open_data_set
from features.registers.snapshot import Snapshot, make
from models.bundles import aliases
from models.bundles.home import Home
from serving.monitor import changes, inspected, pages, promises, record, report, shadow
from serving.monitor.seen import SCORES, Seen, sampled
from tests.conftest import Command
from tests.features.data_sets import AS_OF, PERSONS
from tests.features.data_sets import write as write_data
from tests.tables import register

JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)
WHEN = datetime(2026, 3, 1, 12, tzinfo=UTC)


def families(*rows: dict) -> pl.DataFrame:
    """Families as the monitor sees them; what a row leaves out is the same for all."""
    usual = {
        "rule_category": 3,
        "model_category": 3,
        "rule_flag": False,
        "model_flag": False,
        "material": False,
        "status": "automatic",
        "follow_up": False,
        "hidden_income_probability": 0.5,
        "members": 1,
        "region": "71",
        "settlement": "urban",
        "children": "0",
        "disability": "no",
        "head": "f",
    }
    types = {"model_flag": pl.Boolean, "hidden_income_probability": pl.Float64}
    return pl.DataFrame(
        [{"household_id": n + 1, **usual, **row} for n, row in enumerate(rows)],
        schema_overrides=types,
    )


def seen(day: date, *rows: dict, inputs=None, applications=None) -> Seen:
    rows = rows or ({},) * 4
    columns = np.zeros((len(rows), 1)) if inputs is None else np.array(inputs)[:, None]
    return Seen(
        as_of=day,
        digest=f"{day}" * 4,
        silent=(),
        table=families(*rows),
        names=("cars",),
        inputs=columns,
        scores=np.zeros((len(rows), len(SCORES))),
        applications=applications,
    )


# ── which inspections count ──

FOUND = """
    household_id | inspected_on | design   | probability | hidden_income_monthly
    1            | 2025-12-31   | random   | 0.03        | 0
    2            | 2026-01-01   | random   | 0.03        | 0
    3            | 2026-02-01   | targeted | 0.20        | 90000
    9            | 2026-02-01   | random   | 0.03        | 0
"""


def joined(before, after, inspections=FOUND, old=None, **options):
    registers = {
        "before": None if old is None else register("inspections", old),
        "after": register("inspections", inspections),
    }
    options = {"learned_until": None, "sensitivity": 0.8} | options
    return inspected.joined(before, after, registers, **options)


def test_an_inspection_is_joined_to_the_newest_decision_at_or_before_its_day():
    matched = joined(
        seen(JANUARY, {}, {"model_flag": True}, {"model_flag": False}),
        seen(FEBRUARY, {}, {"model_flag": False}, {"model_flag": True}),
    )
    # Family 2 on 1 January by what January said, family 3 on 1 February by what February said.
    assert matched.rows.select("inspected_on", "flagged", "confirmed").rows() == [
        (JANUARY, True, False),
        (FEBRUARY, True, True),
    ]
    # Family 1 was inspected the day before; nobody knows family 9.
    assert matched.left_out["nothing had been said of the family before that day"] == 2


def test_what_the_model_would_expect_an_inspector_to_confirm_allows_for_what_they_miss():
    matched = joined(seen(JANUARY), seen(FEBRUARY))
    assert matched.rows["predicted"].to_list() == [0.4, 0.4]  # 0.5 × 0.8


def test_an_inspection_of_the_reference_is_learned_and_so_is_its_family():
    again = FOUND + "    2            | 2026-03-05   | random   | 0.03        | 0\n"
    matched = joined(seen(JANUARY), seen(FEBRUARY), again, old=FOUND)
    assert matched.rows.is_empty()
    assert matched.left_out["the model has learned from them"] == 4
    assert matched.left_out["the model has learned from the family"] == 1


@pytest.mark.parametrize(
    ("until", "counted"),
    [(date(2025, 12, 31), 2), (date(2026, 1, 1), 1), (date(2026, 1, 31), 1), (FEBRUARY, 0)],
)
def test_the_last_day_that_was_learned_divides_the_inspections(until, counted):
    # What the reference holds is no matter then: the day is known.
    matched = joined(seen(JANUARY), seen(FEBRUARY), old=FOUND, learned_until=until)
    assert matched.rows.height == counted


def test_a_family_without_known_members_cannot_be_judged():
    matched = joined(seen(JANUARY, {}, {"members": 0}, {}), seen(FEBRUARY, {}, {}, {}))
    assert matched.left_out["the register knows no member of the family"] == 1


def test_decisions_that_were_written_down_stand_before_those_made_again():
    file = pl.DataFrame(
        {
            "household_id": [2, 3],
            "as_of": [JANUARY] * 2,
            "model_flag": [True, None],
            "hidden_income_probability": [0.9, None],
            "model_version": ["4", "4"],
        }
    )
    given = inspected.decided(file, "4")
    matched = joined(seen(JANUARY), seen(FEBRUARY), decisions=given)
    assert matched.rows["flagged"].to_list() == [True, None]
    with pytest.raises(InputError, match="made by model version 4, but version 5"):
        inspected.decided(file, "5")
    with pytest.raises(InputError, match="no column model_flag"):
        inspected.decided(file.drop("model_flag"), "4")


def test_data_without_inspections_have_nothing_to_count():
    matched = inspected.joined(
        seen(JANUARY),
        seen(FEBRUARY),
        {"before": None, "after": None},
        learned_until=None,
        sensitivity=0.83,
    )
    assert inspected.as_lines(matched.rows) == []


# ── the record ──


def line(number, *, flagged=True, confirmed=False, design="random", day="2026-01-05", **more):
    return {
        "key": f"{number:04d}",
        "inspected_on": day,
        "design": design,
        "probability": 0.03,
        "flagged": flagged,
        "confirmed": confirmed,
        "predicted": 0.5,
        "region": "71",
        "settlement": "urban",
        "head": "f",
        "children": "fewer",
        "disability": "no",
    } | more


def test_each_inspection_counts_once_and_a_later_run_goes_on(tmp_path):
    path = tmp_path / "monitor" / "version-1.jsonl"
    first = record.continued([], [line(2), line(1)], "a")
    record.append(path, first)
    again = record.continued(record.read(path), [line(1), line(2), line(3)], "b")
    record.append(path, again)
    counted = record.read(path)
    assert [one["key"] for one in counted] == ["0001", "0002", "0003"]
    assert [one["batch"] for one in counted] == [1, 1, 2]
    assert record.continued(counted, [line(1), line(2), line(3)], "c") == []


def test_the_order_is_by_day_and_then_by_key_whatever_the_data_say():
    days = [line(1, day="2026-01-09"), line(3), line(2)]
    assert [one["key"] for one in record.continued([], days, "a")] == ["0002", "0003", "0001"]


@pytest.mark.parametrize("damage", ["edit", "drop", "swap", "cut"])
def test_a_record_that_was_touched_is_refused(tmp_path, damage):
    path = tmp_path / "monitor" / "version-1.jsonl"
    record.append(path, record.continued([], [line(n) for n in range(4)], "a"))
    lines = path.read_text().splitlines()
    if damage == "edit":
        lines[1] = lines[1].replace('"confirmed": false', '"confirmed": true')
    elif damage == "drop":
        del lines[1]
    elif damage == "swap":
        lines[1], lines[2] = lines[2], lines[1]
    else:
        lines[2] = lines[2][:40]
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(InputError, match="line [23] does not follow"):
        record.read(path)


def test_unequal_chances_of_the_arm_become_weights_of_at_most_one():
    lines = [
        line(1, probability=0.01),
        line(2, probability=0.04),
        line(3, probability=None),
        line(4, design="targeted", probability=0.2),
    ]
    *drawn, chosen = [one["weight"] for one in record.continued([], lines, "a")]
    assert drawn == pytest.approx([1.0, 0.25, 0.4])  # an unknown chance is the usual one, 0.025
    assert chosen is None


# ── what inspectors found ──


def counted(*some):
    return record.continued([], some, "a")


def test_precision_lift_and_promise_by_hand():
    flagged = [line(n, confirmed=n < 15) for n in range(20)]
    clear = [line(100 + n, flagged=False, confirmed=n < 15) for n in range(80)]
    chosen = [line(200 + n, design="targeted", confirmed=True) for n in range(10)]
    kept = promises.kept(counted(*flagged, *clear, *chosen), 0.2)
    assert kept["arms"]["random"]["precision"]["value"] == 0.75
    assert kept["arms"]["targeted"]["precision"]["value"] == 1.0
    assert kept["base_rate"]["value"] == 0.3
    assert kept["lift"]["value"] == 2.5
    assert kept["lift"]["low"] < 2.5 < kept["lift"]["high"]
    assert kept["unconfirmed"]["value"] == 0.25
    assert kept["promise"] == "cannot be told"
    assert promises.kept(counted(*flagged), 0.5)["promise"] == "kept"  # high end 0.49
    assert promises.kept(counted(*flagged), 0.05)["promise"] == "broken"  # low end 0.087
    assert promises.kept(counted(*flagged), None)["promise"] == "cannot be told"


@pytest.mark.parametrize(("families_there", "shown"), [(9, False), (10, True)])
def test_a_region_is_told_from_ten_flagged_families_on(families_there, shown):
    there = [line(n, region="61") for n in range(families_there)]
    (region,) = promises.kept(counted(*there), 0.2)["regions"]
    assert region["name"] == "Turkistan"
    assert region["flagged"] == families_there
    assert (region["precision"]["value"] is not None) is shown
    assert (region["confirmed"] is not None) is shown


# ── what it proves ──


def watched(*some, promised=0.2, refuted_above=0.2):
    questions = promises.watched(counted(*some), promised, refuted_above)
    return {each["question"]: each for each in questions}


def test_a_flag_that_is_hardly_ever_confirmed_is_proof_against_the_model():
    question = watched(*(line(n) for n in range(12)))["unconfirmed_flags"]
    # Mean of 1.25^n, 1.5^n and 2^n passes 20 at the sixth: (3.8 + 11.4 + 64) ÷ 3.
    assert (question["proven_after"], question["proven_on"], question["act"]) == (
        6,
        "2026-01-05",
        True,
    )
    assert question["needed"] == 107


def test_what_the_certificate_leaves_possible_is_not_held_against_the_model():
    some = [line(n, confirmed=n % 3 > 0) for n in range(300)]  # a third stays unconfirmed
    assert watched(*some)["unconfirmed_flags"]["act"]
    question = watched(*some, refuted_above=0.35)["unconfirmed_flags"]
    assert not question["proven"]
    assert (question["promised"], question["refuted_above"]) == (0.2, 0.35)
    assert watched(*(line(n) for n in range(12)), refuted_above=0.35)["unconfirmed_flags"]["act"]


def test_a_certificate_that_saw_no_confirmed_flag_cannot_be_refuted():
    question = watched(*(line(n) for n in range(50)), refuted_above=1.0)["unconfirmed_flags"]
    assert "no share refutes it" in question["why_not"]
    assert not question["act"]


def test_the_page_says_what_is_held_against_the_model_beside_what_was_promised(tiny, tmp_path):
    monitored = report.monitor(tiny, tiny, models=None, home=Home(tmp_path / "home"))
    lines = counted(*(line(n, confirmed=n % 3 > 0) for n in range(300)))
    inspections = {
        "counted": 300,
        "until": "2026-01-05",
        "learned_until": None,
        "remembered": True,
        "left_out": {},
    }
    kept = promises.kept(lines, 0.2)
    watch = promises.watched(lines, 0.2, 0.35)
    html = pages.page(monitored | {"inspections": inspections, "kept": kept, "watch": watch})
    html = " ".join(html.split())  # figures hold together by other spaces
    assert "33.3 % unconfirmed of at most 20.0 %, on average" in html
    assert "what lies above 35.0 %" in html


def test_only_the_random_arm_is_a_witness():
    chosen = [line(n, design="targeted") for n in range(50)]
    called = [line(100 + n, design="complaint") for n in range(50)]
    by_question = watched(*chosen, *called)
    assert all(one["observations"] == 0 and not one["act"] for one in by_question.values())


def test_a_model_that_promises_nothing_breaks_no_promise():
    question = watched(*(line(n) for n in range(50)), promised=None)["unconfirmed_flags"]
    assert question["why_not"]
    assert not question["act"]


def test_a_family_of_whom_the_model_said_nothing_is_no_witness_of_its_flags():
    by_question = watched(*(line(n, flagged=None, predicted=None) for n in range(50)))
    assert {one["observations"] for one in by_question.values()} == {0}


def test_false_flags_that_fall_on_one_group_are_proven_and_name_it():
    rural = [line(n, settlement="rural", flagged=True) for n in range(60)]
    urban = [line(100 + n, settlement="urban", flagged=False) for n in range(60)]
    by_question = watched(*rural, *urban)
    one = by_question["false_flags_by_settlement"]
    assert one["act"]
    assert one["groups"] == ["rural", "urban"]
    assert [rate["value"] for rate in one["rates"]] == [1.0, 0.0]
    assert not by_question["false_flags_by_head"]["act"]


def test_an_old_proof_acts_only_while_the_groups_still_differ_by_a_quarter():
    rural = [line(n, settlement="rural", flagged=True) for n in range(60)]
    urban = [line(100 + n, settlement="urban", flagged=False) for n in range(60)]
    before = record.continued([], [*rural, *urban], "a")
    later = [line(1_000 + n, settlement="urban", flagged=True) for n in range(600)]
    later += [line(2_000 + n, settlement="rural", flagged=True) for n in range(60)]
    both = [*before, *record.continued(before, later, "b")]
    by_question = {one["question"]: one for one in promises.watched(both, 0.2, 0.2)}
    one = by_question["false_flags_by_settlement"]
    assert one["proven"]
    assert not one["act"]  # 1.0 beside 600 ÷ 660


def test_probabilities_far_off_are_proven():
    question = watched(*(line(n, flagged=False, predicted=0.9) for n in range(40)))["calibration"]
    assert question["act"]
    assert (question["found"], question["predicted"]) == (0.0, 0.9)


# ── what moved ──


def test_the_same_families_have_not_moved():
    same = seen(JANUARY, *({"rule_category": 1 + n % 6} for n in range(60)), inputs=range(60))
    judged = changes.between(same, same)
    assert all(e.change.size in (0.0, 1.0) and not e.proven for p in judged.values() for e in p)


@pytest.mark.parametrize(("there", "shown"), [(9, []), (10, ["61"])])
def test_a_region_with_fewer_than_ten_families_is_left_out(there, shown):
    rows = [{"region": "61"}] * there
    judged = changes.between(seen(JANUARY, *rows), seen(FEBRUARY, *rows))
    assert [each.change.name for each in judged["regions"]] == shown


def test_flags_that_doubled_are_found_among_everything_else():
    before = seen(JANUARY, *({"model_flag": n < 100} for n in range(2_000)))
    after = seen(FEBRUARY, *({"model_flag": n < 200} for n in range(2_000)))
    by_share = {each.change.name: each for each in changes.between(before, after)["shares"]}
    assert str(by_share["model_flag"].verdict) == "act"
    assert str(by_share["review"].verdict) == "calm"


def test_applicants_of_a_service_are_compared_by_category():
    applications = pl.DataFrame({"household_id": range(1, 41), "service": ["sanatorium"] * 40})
    poor = seen(JANUARY, *({"rule_category": 1},) * 60, applications=applications)
    rich = seen(FEBRUARY, *({"rule_category": 6},) * 60, applications=applications)
    (service,) = changes.between(poor, rich)["services"]
    assert service.change.name == "sanatorium"
    assert str(service.verdict) == "act"


def test_what_a_manifest_kept_of_training_is_compared_as_well():
    now = seen(FEBRUARY, *({},) * 100, inputs=[1.0] * 100)
    kept = {"inputs": [{"name": "cars", "edges": [0.0], "counts": [100, 0, 0]}]}
    (cars,) = changes.between(now, now, kept)["since_training"]
    assert str(cars.verdict) == "act"
    assert changes.between(now, now)["since_training"] == []


def test_of_a_large_country_the_same_families_are_kept_every_time():
    ids = pl.Series(range(50_000))
    kept = sampled(ids, 50_000, 5_000)
    assert 4_500 < kept.sum() < 5_500
    assert sampled(ids[::-1], 50_000, 5_000)[::-1].equals(kept, check_names=False)
    assert sampled(ids, 5_000, 5_000).all()


# ── the report ──


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Snapshot:
    folder = tmp_path_factory.mktemp("tiny")
    return make(open_data_set(write_data(folder / "data")), AS_OF, folder / "snapshot")


def test_a_snapshot_beside_itself_is_calm_and_the_page_says_so_first(tiny, tmp_path):
    monitored = report.monitor(tiny, tiny, models=None, home=Home(tmp_path / "home"))
    assert monitored["verdict"] == "calm"
    assert {e["size"] for part in monitored["changes"].values() for e in part} <= {0.0, 1.0}
    html = pages.page(monitored)
    assert "<h1>Calm: nothing must be done.</h1>" in html
    assert "http://" not in html.replace("http://www.w3.org", "")
    assert "<script" not in html
    out = tmp_path / "out"
    report.write(monitored, html, out)
    report.write(monitored, html, out)  # an earlier report is replaced
    assert json.loads((out / "report.json").read_text())["report"] == "tarazy-monitor"
    (out / "mine.txt").write_text("x")
    with pytest.raises(InputError, match="something else"):
        report.may_take(out)
    assert not (tmp_path / "home").exists()


@pytest.mark.long
def test_another_sample_of_the_same_country_is_calm_and_a_changed_one_is_not(tmp_path):
    from training.population import simulate

    def country(seed, world="ordinary"):
        data = tmp_path / f"{world}-{seed}"
        simulate(data, households=6_000, seed=seed, as_of=AS_OF, world=world)
        return make(open_data_set(data), AS_OF, tmp_path / f"{data.name}-snapshot")

    first, second, few = country(7), country(8), country(9, "few_hide")
    calm = report.monitor(first, second, models=None, home=Home(tmp_path))
    assert calm["verdict"] == "calm", calm["words"]
    assert not any(each["proven"] for part in calm["changes"].values() for each in part)
    moved = report.monitor(first, few, models=None, home=Home(tmp_path))
    assert moved["verdict"] == "act"
    verdicts = {each["name"]: each["verdict"] for each in moved["changes"]["inputs"]}
    assert verdicts["self_employed_members"] == "act"  # who used to hide worked for themselves
    assert verdicts["members"] == "calm"


def test_the_older_snapshot_comes_first(tiny, tmp_path):
    later = make(
        open_data_set(write_data(tmp_path / "data", {"persons": PERSONS})),
        FEBRUARY,
        tmp_path / "later",
    )
    with pytest.raises(InputError, match="give the older one first"):
        report.monitor(later, tiny, models=None, home=Home(tmp_path))


# ── back to shadow ──


def test_the_champion_becomes_the_challenger_under_a_signature(tmp_path):
    home = Home(tmp_path)
    aliases.write(home, "champion", "3", "abc", override="demonstration", when=WHEN)
    live = SimpleNamespace(manifest={"manifest_sha256": "abc"})
    assert shadow.is_champion(home, live)
    shadow.retire(home, "monitor: too many unconfirmed flags", WHEN)
    after = aliases.read(home)  # raises where the signature is not right
    assert "champion" not in after.names
    assert after.names["challenger"].version == "3"
    assert after.names["challenger"].override == "demonstration"
    assert after.sequence == 2
    assert not shadow.is_champion(home, live)
    with pytest.raises(NoSuchModel):
        shadow.retire(home, "again", WHEN)


def test_another_challenger_is_not_pushed_aside(tmp_path):
    home = Home(tmp_path)
    aliases.write(home, "champion", "3", "abc", override=None, when=WHEN)
    aliases.write(home, "challenger", "4", "def", override=None, when=WHEN)
    shadow.retire(home, "monitor: probabilities are off", WHEN)
    assert {n: a.version for n, a in aliases.read(home).names.items()} == {"challenger": "4"}


# ── the command, on a real model ──


@pytest.fixture(scope="module")
def betrayed(simulated_data, simulated_snapshot, trained_home, tmp_path_factory):
    """A month in which inspectors found nothing at any family that the model had flagged."""
    from models.bundles.loading import load
    from models.decision.pipeline import decide
    from models.law.parameters import Law

    folder = tmp_path_factory.mktemp("betrayed")
    home = Home(folder / "home")
    shutil.copytree(Home(trained_home).bundles, home.bundles)
    shutil.copytree(Home(trained_home).keys, home.keys)
    snapshot = Snapshot.open(simulated_snapshot)
    decided = decide(snapshot.registers(0), load(home, "champion"), Law(snapshot.as_of)).table
    learned = snapshot.learning("inspections")
    flagged = decided.filter(pl.col("model_flag")).join(learned, on="household_id", how="anti")
    data = folder / "data"
    shutil.copytree(simulated_data, data, ignore=shutil.ignore_patterns("truth", "inspections*"))
    last = learned["inspected_on"].max()
    pl.concat(
        [
            learned.cast({"design": pl.String}),
            flagged.select("household_id")
            .head(30)
            .with_columns(
                inspected_on=pl.lit(last).dt.offset_by("1d"),
                design=pl.lit("random"),
                probability=pl.lit(0.03),
                hidden_income_monthly=pl.lit(0, pl.Int64),
            ),
        ],
        how="diagonal_relaxed",
    ).write_parquet(data / "inspections.parquet")
    assert flagged.height >= 6, "the model of this walk must flag a few families"
    return SimpleNamespace(home=home, data=data, snapshot=simulated_snapshot, folder=folder)


def test_acting_on_a_broken_promise_leaves_the_rules_alone(betrayed, in_process):
    out = betrayed.folder / "acted"
    words = ("monitor", betrayed.snapshot, betrayed.data, "--out", out, "--act", "--json")
    acted = in_process(betrayed.home.root, *words)
    assert acted.code == 0, acted.err
    assert acted.json["drift"] == "calm"
    assert "unconfirmed_flags" in acted.json["crossed"]
    assert acted.json["action"]["done"]
    assert acted.json["words"][0].startswith("Done: the model was taken back to shadow")
    # This home has bundles and keys, and no MLflow to show it in.
    assert acted.json["words"][1] == acted.json["action"]["not_mirrored"]
    assert "no MLflow database" in acted.json["words"][1]
    assert not (betrayed.home.root / "mlflow.db").exists()
    assert set(aliases.read(betrayed.home).names) == {"challenger"}
    assert "Would prove that" in (out / "index.html").read_text()


@pytest.mark.long
def test_looking_changes_nothing_and_a_later_run_goes_on(betrayed):
    tarazy, out = Command(betrayed.home.root), betrayed.folder / "looked"
    words = ("monitor", betrayed.snapshot, betrayed.data, "--out", out, "--model", "1", "--json")
    names, held = aliases.read(betrayed.home), sorted(betrayed.home.root.glob("monitor/*.jsonl"))
    looked = tarazy(*words, "--dry-run")
    assert looked.code == 1, looked.err
    assert aliases.read(betrayed.home) == names
    assert sorted(betrayed.home.root.glob("monitor/*.jsonl")) == held
    first, again = tarazy(*words), tarazy(*words)
    assert again.json["inspections"]["new"] == 0
    assert again.json["watch"] == first.json["watch"] == looked.json["watch"]
    assert aliases.read(betrayed.home) == names  # nobody said --act


def test_acting_and_a_dry_run_exclude_each_other(in_process, tmp_path):
    words = ("monitor", tmp_path, tmp_path, "--act", "--dry-run")
    run = in_process(tmp_path / "home", *words)
    assert run.code == 2
