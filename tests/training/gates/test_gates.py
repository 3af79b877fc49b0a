"""Each gate on both sides: what passes, what fails, and what cannot be told."""

import json
from datetime import date

import lightgbm as lgb
import numpy as np
import polars as pl
import pytest

from features.errors import InputError
from training.gates import effects, preregistration, promises, structure
from training.gates.blast_radius import CHANGES, GROUPS, Radius
from training.gates.quality import labels_needed, quality, random_arm
from training.gates.verdict import Verdict

PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN
NOT_APPLICABLE = Verdict.NOT_APPLICABLE


def estimate(value, low, high):
    return {"value": value, "low": low, "high": high}


# -- quality


@pytest.mark.parametrize(
    ("difference", "verdict"),
    [
        (estimate(0.03, 0.001, 0.06), PASS),
        (estimate(0.03, 0.0, 0.06), UNKNOWN),
        (estimate(-0.03, -0.06, 0.0), UNKNOWN),
        (estimate(-0.03, -0.06, -0.001), FAIL),
        (None, UNKNOWN),
        (estimate(None, None, None), UNKNOWN),
    ],
)
def test_quality_passes_only_when_the_whole_interval_is_above_nothing(difference, verdict):
    assert quality({"auc_above_logistic_regression": difference}).verdict is verdict


def test_quality_says_which_regression_it_was_compared_with():
    difference = estimate(0.03, 0.001, 0.06) | {"than": "logistic_regression_with_gap"}
    assert "given the gap" in quality({"auc_above_logistic_regression": difference}).why


def test_quality_reads_the_strengthened_difference_where_there_is_one():
    evaluation = {
        "auc_above_logistic_regression": estimate(0.03, -0.01, 0.07),
        "auc_above_logistic_regression_strengthened": estimate(0.03, 0.01, 0.05)
        | {"targeted": 500},
    }
    answer = quality(evaluation)
    assert answer.verdict is PASS
    assert "500 targeted" in answer.why
    evaluation["auc_above_logistic_regression_strengthened"] = None
    assert quality(evaluation).verdict is UNKNOWN


def test_doubt_names_the_number_of_inspections_that_would_end_it():
    # Half the interval is 0.04, the difference 0.02: half of half needs four times the labels.
    difference = estimate(0.02, -0.02, 0.06)
    assert labels_needed(difference, 300) == 1201
    evaluation = {"random_arm": {"labels": 300}, "auc_above_logistic_regression": difference}
    assert "about 1,201 random inspections instead of 300" in quality(evaluation).why
    assert "better" in quality(evaluation).why
    evaluation["auc_above_logistic_regression"] = estimate(-0.02, -0.06, 0.02)
    assert "worse" in quality(evaluation).why


@pytest.mark.parametrize(
    ("families", "shown"),
    [
        (18_020, True),  # 5 % of them are 901 visits: 300 and another 901 make the 1,201
        (18_019, False),
        (None, True),  # of how many families is not known, so no number is too large
    ],
)
def test_a_number_that_another_year_of_visits_cannot_reach_is_not_told(families, shown):
    manifest = {
        "random_arm": {"labels": 300},
        "auc_above_logistic_regression": estimate(-0.02, -0.06, 0.02),
    }
    verdict = quality(manifest, families)
    assert verdict.verdict is UNKNOWN
    assert ("about 1,201 random inspections" in verdict.why) is shown
    assert ("cannot be told here" in verdict.why) is not shown


def test_a_difference_of_next_to_nothing_does_not_ask_for_millions_of_inspections():
    manifest = {
        "random_arm": {"labels": 600},
        "auc_above_logistic_regression": estimate(-0.0006, -0.0384, 0.0372),
    }
    assert labels_needed(manifest["auc_above_logistic_regression"], 600) > 2_000_000
    verdict = quality(manifest, 20_000)
    assert "cannot be told here" in verdict.why
    assert "than a year has visits (1,000, 5% of 20,000 families)" in verdict.why


def test_no_number_of_inspections_parts_a_difference_of_nothing():
    assert labels_needed(estimate(0.0, -0.05, 0.05), 300) is None


@pytest.mark.parametrize(("labels", "verdict"), [(1, UNKNOWN), (99, UNKNOWN), (100, PASS)])
def test_a_random_arm_speaks_from_a_hundred_inspections_on(labels, verdict):
    answer = random_arm({"random_arm": {"labels": labels, "why_no_auc": None}})
    assert (answer.verdict, answer.number) == (verdict, labels)
    assert answer.why


# -- promises


@pytest.mark.parametrize(
    ("slope", "intercept", "verdict"),
    [
        ((0.8, 1.2), (-0.2, 0.2), PASS),
        ((0.7, 0.99), (-0.2, 0.2), FAIL),
        ((0.8, 1.2), (0.01, 0.4), FAIL),
        ((0.4, 1.5), (-0.2, 0.2), UNKNOWN),
        ((0.8, 2.1), (-0.2, 0.2), UNKNOWN),
    ],
)
def test_calibration_needs_one_and_nothing_within_narrow_ends(slope, intercept, verdict):
    detector = {
        "calibration_slope": estimate(1.0, *slope),
        "calibration_intercept": estimate(0.0, *intercept),
    }
    assert promises.calibration({"hidden_income": detector}).verdict is verdict


def test_calibration_of_an_arm_of_one_kind_cannot_be_told():
    unknown = estimate(None, None, None)
    detector = {"calibration_slope": unknown, "calibration_intercept": unknown}
    assert promises.calibration({"hidden_income": detector}).verdict is UNKNOWN


def test_without_a_random_arm_every_gate_of_quality_is_unknown():
    evaluation = {
        "random_arm": {"labels": 0, "why_no_auc": "nobody was drawn"},
        "hidden_income": None,
        "amounts": None,
        "auc_above_logistic_regression": None,
    }
    for gate in (random_arm, quality, promises.calibration, promises.amounts):
        assert gate(evaluation).verdict is UNKNOWN


@pytest.mark.parametrize(
    ("unconfirmed", "verdict"),
    [
        (estimate(0.13, 0.04, 0.31), PASS),
        (estimate(0.13, 0.04, 0.41), UNKNOWN),  # it may be twice the 0.20 that were promised
        (estimate(0.35, 0.20, 0.39), PASS),
        (estimate(0.35, 0.21, 0.52), FAIL),
        (estimate(None, None, None), UNKNOWN),
    ],
)
def test_the_promise_of_the_flag_fails_only_when_the_arm_refutes_it(unconfirmed, verdict):
    certificate = {
        "unconfirmed_at_most": 0.20,
        "nobody_flagged_because": None,
        "unconfirmed_in_random_arm": unconfirmed,
        "flagged_in_random_arm": 30,
    }
    assert promises.flags(certificate).verdict is verdict


@pytest.mark.parametrize(("possible", "warned"), [(0.2, False), (0.4, True), (None, False)])
def test_whoever_promotes_reads_what_cannot_be_held_against_the_model_later(possible, warned):
    certificate = {
        "unconfirmed_at_most": 0.20,
        "nobody_flagged_because": None,
        "refuted_above": possible,
        "unconfirmed_in_random_arm": estimate(0.13, 0.04, 0.31),
        "flagged_in_random_arm": 30,
    }
    assert ("up to 0.40 is possible" in promises.flags(certificate).why) is warned


def test_where_nobody_is_flagged_there_is_no_promise_to_keep_and_it_is_said():
    certificate = {"unconfirmed_at_most": 0.20, "nobody_flagged_because": "Too few labels."}
    verdict = promises.flags(certificate)
    assert (verdict.verdict, verdict.number) == (NOT_APPLICABLE, None)
    assert "not applicable: nobody is flagged" in verdict.why
    assert "Too few labels." in verdict.why
    assert promises.flags(None).verdict is UNKNOWN


@pytest.mark.parametrize(
    ("held", "verdict"),
    [
        (estimate(0.90, 0.87, 0.93), PASS),
        (estimate(0.86, 0.82, 0.899), FAIL),
        (estimate(0.88, 0.79, 0.95), UNKNOWN),
        (estimate(0.96, 0.93, 0.98), PASS),
        (estimate(None, None, None), UNKNOWN),
    ],
)
def test_intervals_and_sets_must_hold_what_they_promise(held, verdict):
    amounts = {"amounts": {"level": 0.90, "held": held}}
    sets = {"welfare": {"level": 0.90, "set_held": held}}
    assert promises.amounts(amounts).verdict is verdict
    assert promises.categories(sets).verdict is verdict


def row(verdict, rate="false_flags", by="region", group="11"):
    return {"rate": rate, "by": by, "group": group, "verdict": verdict}


def metrics_of(*rows):
    return {
        "groups": {
            "rates": {"false_flags": {"blocks": True}, "shown": {"blocks": False}},
            "rows": list(rows),
        }
    }


@pytest.mark.parametrize(
    ("metrics", "verdict", "number"),
    [
        ({}, UNKNOWN, None),
        ({"groups": None}, UNKNOWN, None),
        (metrics_of(row("PASS"), row("PASS")), PASS, 0),
        (metrics_of(row("PASS"), row("UNKNOWN")), UNKNOWN, 0),
        (metrics_of(row("FAIL"), row("UNKNOWN")), FAIL, 1),
        (metrics_of(row("PASS"), row("FAIL", rate="shown")), PASS, 0),
        (metrics_of(row("PASS"), row("UNKNOWN", by="region × children")), PASS, 0),
        (metrics_of(row("PASS"), row("FAIL", by="region × children")), FAIL, 1),
        (
            {"groups": {"verdicts": [{"group": "rural", "measure": "x", "verdict": "FAIL"}]}},
            FAIL,
            1,
        ),
    ],
)
def test_one_group_that_fails_fails_and_doubt_is_no_pass(metrics, verdict, number):
    answer = promises.groups(metrics)
    assert (answer.verdict, answer.number) == (verdict, number)


def test_a_doubt_about_groups_does_not_read_as_a_failure():
    """The number stands in a column of its own: the sentence must be true without it."""
    rows = [row("PASS", group="10"), *(row("UNKNOWN", group=str(n)) for n in range(20, 24))]
    assert promises.groups(metrics_of(*rows)).why == (
        "4 of 5 groups and rates cannot be told (false_flags of 20, false_flags of 21, false_flags "
        "of 22 and 1 more); of the 1 that can be told none fails"
    )
    assert promises.groups(metrics_of(row("PASS"))).why == "none of 1 groups and rates fails"
    failed = promises.groups(metrics_of(row("FAIL"), row("PASS"))).why
    assert failed == "1 of 2 groups and rates fail: false_flags of 11"


@pytest.mark.parametrize(
    ("verdict", "blocks"), [(PASS, False), (NOT_APPLICABLE, False), (UNKNOWN, True), (FAIL, True)]
)
def test_doubt_and_failure_block_and_what_does_not_apply_does_not(verdict, blocks):
    assert verdict.blocks is blocks


# -- pre-registration


@pytest.fixture
def registered(tmp_path):
    def write(metrics, **more):
        path = tmp_path / "promised.json"
        path.write_text(json.dumps({"registered_on": "2026-01-15", "metrics": metrics} | more))
        return preregistration.read(path)

    return write


MEASURED = {"hidden_income": {"auc": estimate(0.83, 0.78, 0.87)}, "welfare": {"mean_set_size": 2.1}}


@pytest.mark.parametrize(
    ("bounds", "verdict", "number"),
    [
        ({"hidden_income.auc": {"at_least": 0.83}}, PASS, 0),
        ({"hidden_income.auc": {"at_least": 0.84}}, FAIL, 1),
        ({"hidden_income.auc": {"at_least": 0.78, "of": "low"}}, PASS, 0),
        ({"hidden_income.auc": {"at_least": 0.79, "of": "low"}}, FAIL, 1),
        ({"welfare.mean_set_size": {"at_most": 2.1}}, PASS, 0),
        ({"welfare.mean_set_size": {"at_most": 2.0}}, FAIL, 1),
        ({"amounts.held": {"at_least": 0.8}}, UNKNOWN, 0),
    ],
)
def test_every_bound_that_was_registered_must_be_kept(registered, bounds, verdict, number):
    given = registered(bounds)
    manifest = {"metrics": MEASURED, "preregistration": {"sha256": given.sha256}}
    answer = preregistration.preregistered(manifest, given)
    assert (answer.verdict, answer.number) == (verdict, number)
    missed = "1 of 1 bounds" if verdict is FAIL else "none of 1 bounds"
    assert answer.why.startswith(f"{missed} registered on 2026-01-15 missed")


def test_a_file_that_was_not_registered_before_the_run_fails(registered):
    given = registered({"hidden_income.auc": {"at_least": 0.5}})
    for recorded in (None, {"sha256": "00" * 32}):
        manifest = {"metrics": MEASURED, "preregistration": recorded}
        assert preregistration.preregistered(manifest, given).verdict is FAIL


def test_without_the_file_it_cannot_be_told(registered):
    answer = preregistration.preregistered({"metrics": MEASURED}, None)
    assert (answer.verdict, answer.may_be_overridden) == (UNKNOWN, True)
    manifest = {"metrics": MEASURED, "preregistration": {"sha256": "ab" * 32}}
    assert "--preregistration FILE" in preregistration.preregistered(manifest, None).why


@pytest.mark.parametrize(
    "bounds",
    [
        {},
        {"x": {}},
        {"x": {"at_least": "much"}},
        {"x": {"at_least": 1, "of": "end"}},
        {"x": {"about": 1}},
        {"x": 3},
    ],
)
def test_what_bounds_nothing_is_no_registration(registered, bounds):
    with pytest.raises(InputError):
        registered(bounds)


def test_a_registration_needs_a_day_and_a_file(registered, tmp_path):
    with pytest.raises(InputError, match="registered_on"):
        registered({"x": {"at_least": 1}}, registered_on="soon")
    with pytest.raises(InputError, match="does not exist"):
        preregistration.read(tmp_path / "nothing.json")
    with pytest.raises(InputError, match="name the file that pre-registered the run"):
        preregistration.read(tmp_path)


# -- effects


def radius(families=1_000, newly=0, *, before="1", touched=0):
    """Families under two models: a person looks at the first ``newly`` with the second alone."""
    sent = [n < newly for n in range(families)]
    table = pl.DataFrame({"household_id": range(families)}).with_columns(
        status_before=pl.lit("automatic"),
        status_after=pl.lit("automatic"),
        follow_up_before=pl.lit(value=False),
        follow_up_after=pl.Series(sent),
        by_model_before=pl.lit(value=False),
        by_model_after=pl.Series(sent),
        model_flag_before=pl.lit(value=False),
        model_flag_after=pl.Series(sent),
        material_before=pl.lit(value=False),
        material_after=pl.Series(sent),
        model_category_before=pl.lit(3, pl.Int8),
        model_category_after=pl.lit(3, pl.Int8),
        **{name: pl.lit(next(iter(values))) for name, values in GROUPS.items()},
    )
    return Radius(
        table=table,
        touched=touched,
        before=before,
        after="2",
        snapshot="ab" * 32,
        as_of=date(2026, 1, 1),
    )


@pytest.mark.parametrize(
    ("newly", "before", "verdict"),
    [
        (0, "1", PASS),
        (5, "1", PASS),  # 5 of 1,000 is the half per cent allowed
        (6, "1", FAIL),
        (5, None, PASS),
        (6, None, UNKNOWN),  # without a champion the whole load is new: a person must accept it
    ],
)
def test_more_than_half_a_per_cent_newly_sent_to_a_person_blocks(newly, before, verdict):
    answer = effects.blast_radius(radius(newly=newly, before=before), "")
    assert (answer.verdict, answer.number) == (verdict, newly / 1_000)
    assert f"{newly} of {newly}" in answer.why


def test_what_was_not_measured_is_unknown_with_its_remedy():
    for gate in (effects.blast_radius, effects.off_switch):
        answer = gate(None, "pass --on SNAP")
        assert (answer.verdict, answer.why) == (UNKNOWN, "pass --on SNAP")


def test_a_model_that_touches_what_law_decides_nobody_may_pass():
    assert effects.off_switch(radius(), "").verdict is PASS
    assert effects.off_switch(radius(), "").why.startswith("none of 1,000 families has another")
    answer = effects.off_switch(radius(touched=1), "")
    assert (answer.verdict, answer.number, answer.may_be_overridden) == (FAIL, 1, False)
    assert answer.why.startswith("1 of 1,000 families have another")


def test_groups_of_fewer_than_ten_families_show_no_number():
    rows = radius(families=9, newly=9).as_json()["groups"]["settlement"]
    assert rows[0]["families"] is None
    assert all(rows[0][name] is None for name in CHANGES)
    shown = radius(families=10, newly=9).as_json()["groups"]["settlement"]
    assert shown[0]["newly_flagged"] == 9


# -- structure


def grown(few):
    """A booster of one split that parts ``few`` families from two hundred."""
    x = np.repeat([[0.0], [1.0]], [few, 200], axis=0)
    settings = {"min_data_in_leaf": 5, "num_leaves": 2, "verbosity": -1, "num_threads": 1}
    return lgb.train(settings, lgb.Dataset(x, x[:, 0]), num_boost_round=2)


@pytest.mark.parametrize(("few", "verdict"), [(19, FAIL), (20, PASS)])
def test_a_leaf_of_fewer_than_twenty_families_fails(few, verdict):
    answer = structure.leaf_sizes({"a.txt": grown(100), "b.txt": grown(few)})
    assert (answer.verdict, answer.number) == (verdict, few)
    assert "b.txt" in answer.why


@pytest.mark.parametrize(("rows", "verdict"), [(39, FAIL), (40, PASS)])
def test_the_welfare_steps_see_each_family_twice_so_forty_rows_are_twenty_families(rows, verdict):
    assert structure.leaf_sizes({"welfare_1.txt": grown(rows)}).verdict is verdict
