"""What looks catch where the truth is known: what changes, who judges, and what is printed."""

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from models.assessment import looks
from models.decision.pipeline import decide
from models.law.parameters import Law
from tests.models.assessment.test_looks import families
from tests.models.decision.test_follow_up import LAW, country
from training.evaluation import looks as by_group
from training.trials import follow_ups
from training.trials.follow_ups import Draw


def truth(hidden, household=1):
    return pl.DataFrame({"household_id": [household], "hidden_income_monthly": [hidden]})


@pytest.mark.parametrize(("hidden", "changed"), [(0, False), (1, False), (500_000, True)])
def test_an_answer_changes_where_the_rules_say_something_else_with_the_true_income(hidden, changed):
    decisions = decide(country(wage=100_000), None, LAW)
    assert decisions.table["category"].item() < 5
    known = follow_ups.truly_changed(decisions, truth(hidden))
    assert known.rows() == [(1, changed)]


def test_of_a_family_without_truth_nothing_is_known():
    decisions = decide(country(), None, LAW)
    assert follow_ups.truly_changed(decisions, truth(500_000, household=2)).rows() == [(1, None)]


def test_a_family_that_waited_for_a_flag_before_is_no_longer_waited_for():
    decisions = decide(country(payment=900_000), None, LAW)
    row = looks.of(decisions).row(0, named=True)
    assert row["waited_before"]
    assert not row["waiting"]
    assert not row["follow_up"]  # no inspection supports the flag
    assert looks.waited(decisions, LAW).to_list() == [False]


def test_a_family_that_nobody_doubts_never_waited():
    row = looks.of(decide(country(), None, LAW)).row(0, named=True)
    assert not row["waited_before"]
    assert row["worth"] is None


def test_by_the_earlier_policy_those_wait_who_waited_by_it():
    before = Law(looks.BEFORE)
    for registers in (country(), country(payment=900_000), country(members="child")):
        decisions = decide(registers, None, before)
        waits = (decisions.table["status"] == "review").to_list()
        assert looks.waited(decisions, before).to_list() == waits


def grouped(**more):
    groups = {name: pl.lit("x") for name in by_group.GROUPS if name != "region"}
    return families(**groups | {"category": pl.lit(4)} | more)


def test_families_from_whom_something_was_learned_do_not_judge():
    judged = follow_ups.of_unlabelled(grouped(), pl.Series([1, 2, 2]), LAW)
    made = judged.whole.followed_up
    assert (made.families, made.known, made.changed.value) == (3, 1, 0)


def test_the_page_tells_mean_and_spread_over_draws_and_why_a_world_is_not_told():
    one = follow_ups.of_unlabelled(grouped(), pl.Series([], dtype=pl.Int64), LAW)
    other = replace(one, whole=replace(one.whole, waiting=3))
    page = follow_ups.page(
        [
            Draw(world="ordinary", seed=1, measured=one, seconds=10),
            Draw(world="ordinary", seed=2, measured=other, seconds=20),
            Draw(world="faulty", seed=1, measured=None, seconds=1, refused="18 kinds of errors"),
        ],
        8,
    )
    assert "| waiting | 25.00% ± 17.68% |" in page  # one and three of eight
    assert "| followed up | 37.50% ± 0.00% |" in page
    assert "* faulty, seed 1: 18 kinds of errors" in page
    assert "ordinary (2)" in page


def test_the_policy_before_is_the_last_by_which_every_reason_waits():
    assert Law(looks.BEFORE).policy.worth is None
    assert Law(date(2026, 1, 1)).policy.worth is not None
