"""The hard rule of category 6 in three values, and the category of the rules with it."""

from datetime import date

import polars as pl
import pytest

from features.catalogue import FEATURES
from features.errors import DeclarationError, ParameterNotInForce
from models.law.parameters import Law
from models.rules.category import HardRule, hard_rule, rule_category
from tests.models.law.lawbook import amended, family, features

DAY = date(2026, 1, 1)
FOUR_MINIMA = 203_404  # 4 × 50 851
ALL_MET = {
    "dwellings": 2,
    "vehicles": 2,
    "active_businesses": 1,
    "income_per_member": FOUR_MINIMA + 1,
}


def met(law: Law | None = None, **feature_values):
    return hard_rule(family(**feature_values), law or Law(DAY))["met"].item()


def combined(tmp_path, combinator, k=None):
    change = {"combinator": combinator, "k": k}
    return Law(DAY, amended(tmp_path, "hard_rule.yaml", lambda c: c["editions"][0].update(change)))


def test_all_four_conditions_lead_to_category_6():
    ruled = rule_category(family(**ALL_MET), Law(DAY))
    assert ruled["hard_rule_met"].item() is True
    assert ruled["rule_category"].item() == 6
    assert ruled["category_poorest"].item() == 5


@pytest.mark.parametrize(
    "missing",
    [
        {"dwellings": 1},
        {"vehicles": 1},
        {"active_businesses": 0},
        {"income_per_member": FOUR_MINIMA},
    ],
    ids=["one dwelling", "one vehicle", "no business", "income exactly on the line"],
)
def test_one_condition_less_and_the_rule_is_not_met(missing):
    ruled = rule_category(family(**ALL_MET | missing), Law(DAY))
    assert ruled["hard_rule_met"].item() is False
    assert ruled["rule_category"].item() == ruled["category_poorest"].item()


def test_the_line_moves_with_the_law_of_the_day():
    rich = ALL_MET | {"income_per_member": 190_000}  # above 184 912 of 2025, below 203 404
    assert met(Law(date(2025, 12, 31)), **rich) is True
    assert met(Law(date(2026, 1, 1)), **rich) is False


def test_the_rule_begins_with_the_pilot():
    assert met(Law(date(2025, 5, 21)), **ALL_MET) is True
    with pytest.raises(ParameterNotInForce, match="hard_rule"):
        met(Law(date(2025, 5, 20)), **ALL_MET)


# combinator | k | met | not met | unknown -> answer, of four conditions
KLEENE = [
    ("all", None, "tttt", True),
    ("all", None, "ttt?", None),
    ("all", None, "tt?f", False),
    ("all", None, "????", None),
    ("all", None, "???f", False),
    ("any", None, "tfff", True),
    ("any", None, "ttff", True),
    ("any", None, "t???", True),
    ("any", None, "fff?", None),
    ("any", None, "ff??", None),
    ("any", None, "ffff", False),
    ("k_of_n", 2, "ttff", True),
    ("k_of_n", 2, "tt??", True),
    ("k_of_n", 2, "tttf", True),
    ("k_of_n", 2, "t?ff", None),
    ("k_of_n", 2, "t??f", None),
    ("k_of_n", 2, "tfff", False),
    ("k_of_n", 2, "?fff", False),
    ("k_of_n", 3, "tt?f", None),
    ("k_of_n", 3, "t?ff", False),
    ("k_of_n", 4, "tttt", True),
    ("k_of_n", 4, "ttt?", None),
    ("k_of_n", 4, "tttf", False),
]


@pytest.mark.parametrize(("combinator", "k", "answers", "expected"), KLEENE)
def test_the_rule_answers_in_three_values(tmp_path, combinator, k, answers, expected):
    not_met = {"dwellings": 0, "vehicles": 0, "active_businesses": 0, "income_per_member": 0}
    feature_values = {
        name: {"t": ALL_MET[name], "f": not_met[name], "?": None}[answer]
        for name, answer in zip(ALL_MET, answers, strict=True)
    }
    assert met(combined(tmp_path, combinator, k), **feature_values) is expected


def test_the_rule_cites_the_minimum_that_prices_it():
    for _ in range(2):  # read afresh and from the cache
        [cited] = HardRule.in_force(Law(DAY)).cites
        assert (cited.name, cited.edition.since) == ("subsistence_minimum", DAY)


def test_every_condition_has_its_own_column():
    by_condition = hard_rule(family(**ALL_MET | {"vehicles": None, "dwellings": 1}), Law(DAY))
    assert by_condition.columns == [
        "household_id",
        "met",
        "met_DWELLINGS",
        "met_VEHICLES",
        "met_BUSINESS",
        "met_INCOME",
    ]
    assert by_condition.row(0) == (1, False, False, None, True, True)


def test_a_silent_register_never_leads_into_category_6_but_shows_that_it_might():
    ruled = rule_category(family(**ALL_MET | {"vehicles": None, "recent_vehicles": None}), Law(DAY))
    assert ruled["hard_rule_met"].item() is None
    assert ruled["rule_category"].item() == 5
    assert ruled["richest_category"].item() == 6


def test_a_family_of_which_nothing_is_known_is_poorest_and_might_be_anything():
    ruled = rule_category(family(**dict.fromkeys(FEATURES)), Law(DAY))
    assert (ruled["rule_category"].item(), ruled["richest_category"].item()) == (1, 6)


def test_where_everything_is_known_both_categories_agree():
    ruled = rule_category(features({}, ALL_MET, {"income_per_member": 0}), Law(DAY))
    assert ruled["rule_category"].to_list() == ruled["richest_category"].to_list()


def test_rows_stay_in_the_order_given_and_each_family_is_judged_alone():
    table = features({}, ALL_MET, {"income_per_member": 0, "wage_per_member": 0})
    together = rule_category(table, Law(DAY))
    alone = pl.concat(rule_category(table[[n]], Law(DAY)) for n in range(3))
    assert together.equals(alone)
    backwards = rule_category(table.reverse(), Law(DAY))
    assert backwards.reverse().equals(together)


def test_no_families_give_no_rows():
    assert rule_category(features(), Law(DAY)).height == 0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"combinator": "all", "k": 2}, "k is null unless"),
        ({"combinator": "k_of_n", "k": None}, "needs a k from 1 to 4"),
        ({"combinator": "k_of_n", "k": 5}, "needs a k from 1 to 4"),
        ({"combinator": "some"}, "'some' is not one of"),
        (
            {"conditions": [{"code": "X", "feature": "children", "from": 1}]},
            "must rise with wealth",
        ),
        (
            {"conditions": [{"code": "X", "feature": "adults", "from": 1}]},
            "must rise with wealth",
        ),
        ({"conditions": [{"code": "X", "feature": "houses", "from": 1}]}, "no declared feature"),
        ({"conditions": [{"code": "X", "feature": "vehicles"}]}, "hard_rule.yaml"),
    ],
)
def test_a_faulty_rule_is_refused(tmp_path, change, says):
    folder = amended(tmp_path, "hard_rule.yaml", lambda c: c["editions"][0].update(change))
    with pytest.raises(DeclarationError, match=says):
        hard_rule(family(), Law(DAY, folder))
