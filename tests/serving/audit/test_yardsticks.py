"""How well help is aimed, on a survey small enough to count by hand."""

from datetime import date

import polars as pl
import pytest

from serving.audit import comparison, yardsticks

# Line of the budget law in 2025Q4: 46 228. Weight 1 each, one unit each.
# household | members | consumption | says | safe | rule | model
FAMILIES = [
    (1, 1, 46_227, 1, False, 1, 1),  # poor, found by both
    (2, 2, 92_455, 2, False, 4, 2),  # poor, missed by the rules among the poorest three
    (3, 3, 90_000, 3, True, 6, 6),  # poor, left out by both
    (4, 2, 92_456, 4, True, 3, 5),  # exactly on the line: not poor, yet among the poorest three
    (5, 2, 400_000, 6, True, 6, 6),
]


def table(**groups):
    usual = {"settlement": "urban", "children": "0"} | groups
    return pl.DataFrame(
        [
            {"household_id": f[0], "rule_category": f[5], "model_category": f[6], **usual}
            for f in FAMILIES
        ]
    )


def facts(**feature_values):
    usual = {
        "children": 0,
        "members_without_clinic": 0,
        "members_with_severe_disability": 0,
        "adult_education": 3,
        "pupils_not_enrolled": 0,
        "amenities_missing": 2,
        "living_area_per_member": 2_000,
        "has_internet": True,
    } | feature_values
    return pl.DataFrame([{"household_id": f[0], "members": f[1], **usual} for f in FAMILIES])


def survey(quarter="2025Q4", **answers):
    return pl.DataFrame(
        [
            {
                "household_id": f[0],
                "quarter": quarter,
                "weight": 1.0,
                "consumption_monthly": f[2],
                "subjective_level": f[3],
                "feels_safe": f[4],
            }
            | answers
            for f in FAMILIES
        ]
    )


def measured(code, targeting=None):
    targeting = targeting or yardsticks.targeting(table(), facts(), survey())
    return next(y for y in targeting["yardsticks"] if y["code"] == code)


def test_persons_are_poor_and_families_are_missed():
    yardstick = measured("absolute")
    assert yardstick["line"] == 46_228
    assert yardstick["poor"]["value"] == 0.6  # one, two and three of ten persons
    rule = yardstick["targeting"]["rule"]
    assert rule["left_out"]["exclusion"]["value"] == pytest.approx(1 / 3, abs=1e-6)  # family 3
    assert rule["left_out"]["inclusion"]["value"] == pytest.approx(1 / 3, abs=1e-6)  # 4 of 1, 2, 4
    assert rule["not_among_the_poorest"]["exclusion"]["value"] == pytest.approx(2 / 3, abs=1e-6)
    assert rule["not_among_the_poorest"]["inclusion"]["value"] == 0.5  # 4 of 1 and 4
    model = yardstick["targeting"]["model"]
    assert model["not_among_the_poorest"]["exclusion"]["value"] == pytest.approx(1 / 3, abs=1e-6)
    assert model["not_among_the_poorest"]["inclusion"]["value"] == 0.0


def test_the_ladder_and_the_median_are_yardsticks_of_their_own():
    assert measured("subjective")["poor"]["value"] == 0.3  # families 1 and 2
    # per member: 30 000 (3), 46 227 (1), 46 227.5 (2), 46 228 (2), 200 000 (2): the median 46 227.5
    relative = measured("relative_60")
    assert (relative["line"], relative["poor"]["value"]) == (27_736, 0.0)


def test_many_wants_add_up_to_the_adjusted_headcount():
    index = yardsticks.targeting(table(), facts(), survey())["multidimensional"]
    # families 1 and 2 are unsafe (6) and without two amenities (2): 8 of 24 parts, three persons
    assert index["headcount"]["value"] == 0.3
    assert index["intensity"]["value"] == pytest.approx(1 / 3, abs=1e-6)
    assert index["adjusted"]["value"] == 0.1
    by_indicator = {i["code"]: i for i in index["indicators"]}
    assert by_indicator["NO_AMENITIES"]["deprived"]["value"] == 1.0
    assert by_indicator["NO_AMENITIES"]["deprived_and_poor"]["value"] == 0.3
    assert by_indicator["NO_AMENITIES"]["contribution"] == 0.25  # 2/24 × 0.3 ÷ 0.1
    assert by_indicator["UNSAFE"]["contribution"] == 0.75
    assert sum(i["contribution"] for i in by_indicator.values()) == pytest.approx(1)


def test_what_groups_contribute_adds_up_as_well():
    rural = table().with_columns(
        settlement=pl.Series(["rural", "urban", "urban", "urban", None]),
    )
    groups = yardsticks.targeting(rural, facts(), survey())["multidimensional"]["groups"]
    by_settlement = {g["value"]: g for g in groups["settlement"]}
    assert by_settlement["rural"]["people"]["value"] == 0.1
    assert by_settlement["rural"]["contribution"] == pytest.approx(1 / 3, abs=1e-6)
    assert by_settlement["urban"]["contribution"] == pytest.approx(2 / 3, abs=1e-6)
    assert by_settlement["unknown"]["contribution"] == 0.0


def test_a_family_with_an_unknown_want_is_left_out_and_counted():
    index = yardsticks.targeting(table(), facts(), survey(feels_safe=None))["multidimensional"]
    assert index["unknown"] == 5
    assert index["adjusted"]["value"] is None


def test_only_the_newest_quarter_counts_and_each_family_once():
    both = pl.concat([survey("2025Q3", consumption_monthly=1), survey(), survey()])
    targeting = yardsticks.targeting(table(), facts(), both)
    assert (targeting["quarter"], targeting["families"]) == ("2025Q4", 5)
    assert measured("absolute", targeting)["poor"]["value"] == 0.6


def test_a_column_that_the_survey_lacks_makes_its_yardsticks_unknown():
    targeting = yardsticks.targeting(
        table(), facts(), survey().drop("subjective_level", "feels_safe", "consumption_monthly")
    )
    assert all(y["poor"]["value"] is None for y in targeting["yardsticks"])


def test_without_a_survey_that_is_said():
    for targeting in (
        yardsticks.targeting(table(), None, None),
        yardsticks.targeting(table(), facts().clear(), survey()),
    ):
        assert "no survey" in targeting["why_not"]
        assert targeting["yardsticks"] is None


def test_before_the_first_yardstick_nothing_is_measured():
    targeting = yardsticks.targeting(table(), facts(), survey("2018Q4"))
    assert targeting["yardsticks"] == []


def test_below_the_line_of_targeted_assistance_is_counted_for_information():
    assistance = comparison.targeted_assistance(
        pl.DataFrame(
            {
                "below_assistance_line": [True, True, False, None],
                "assistance_amount": [10_000, 500, 0, None],
                "rule_category": [1, 3, 6, 2],
            }
        )
    )
    assert {k: assistance[k] for k in ("yes", "no", "unknown", "amount")} == {
        "yes": 2,
        "no": 1,
        "unknown": 1,
        "amount": 10_500,
    }
    assert assistance["rule"]["1"] == assistance["rule"]["3"] == 1


def test_a_quarter_ends_on_its_last_day():
    assert yardsticks._last_day("2025Q4") == date(2025, 12, 31)
    assert yardsticks._last_day("2024Q1") == date(2024, 3, 31)
