"""Who is poor by each yardstick: both sides of each line, the scales, and many wants together."""

from datetime import date

import polars as pl
import pytest

from features.errors import DeclarationError
from models.law.parameters import Law
from models.poverty import yardsticks
from tests.models.law.lawbook import amended, features

DAY = date(2025, 12, 31)
WELL = {
    "members_without_clinic": 0,
    "members_with_severe_disability": 0,
    "adult_education": 3,
    "pupils_not_enrolled": 0,
    "amenities_missing": 0,
    "living_area_per_member": 2_000,
    "has_internet": True,
}


def yardstick(code, day=DAY, folder=None):
    return next(y for y in yardsticks.in_force(Law(day, folder)) if y.code == code)


def surveyed(consumption=200_000, subjective=4, safe=True, **feature_values):
    return features(WELL | feature_values).with_columns(
        consumption_monthly=pl.lit(consumption),
        subjective_level=pl.lit(subjective, pl.Int64),
        feels_safe=pl.lit(safe, pl.Boolean),
    )


def poor(code, line=None, day=DAY, **living_conditions):
    return surveyed(**living_conditions).select(yardstick(code, day).poor(line)).item()


@pytest.mark.parametrize(
    ("code", "day", "line"),
    [
        ("absolute", date(2025, 12, 31), 46_228),
        ("absolute", date(2026, 1, 1), 50_851),
        ("absolute_bureau", date(2025, 9, 30), 60_878),
        ("absolute_bureau", date(2025, 12, 31), 59_708),  # October and November: 59 707.5
        ("absolute_bureau", date(2026, 6, 30), 59_708),  # the newest on file
        ("absolute_bureau", date(2025, 6, 30), 56_208),
    ],
)
def test_a_minimum_is_that_of_the_day(code, day, line):
    assert yardstick(code, day).line == line
    assert poor(code, day=day, members=4, children=2, consumption=4 * line) is False  # on the line
    assert poor(code, day=day, members=4, children=2, consumption=4 * line - 1) is True
    assert poor(code, day=day, members=4, children=2, consumption=4 * line + 1) is False


def test_the_bureaus_minimum_is_a_yardstick_only_from_the_day_it_is_on_file():
    assert "absolute_bureau" not in [y.code for y in yardsticks.in_force(Law(date(2024, 12, 31)))]
    assert "absolute_bureau" in [y.code for y in yardsticks.in_force(Law(date(2025, 1, 1)))]


@pytest.mark.parametrize(
    ("members", "children", "size"),
    [(1, 0, 1.0), (2, 0, 1.5), (4, 2, 2.1), (3, 1, 1.8), (3, 2, 1.6), (2, 2, 1.3)],
)
def test_the_modified_oecd_scale_counts_the_first_adult_whole(members, children, size):
    household = surveyed(100_000, members=members, children=children)
    equivalised = household.select(yardstick("absolute_equivalised").consumption()).item()
    assert equivalised == pytest.approx(100_000 / size)


def test_the_scale_is_a_parameter(tmp_path):
    def root(content):
        content["yardsticks"][0]["scale"] = "square_root"

    folder = amended(tmp_path, "poverty_yardsticks.yaml", root)
    household = surveyed(100_000, members=4, children=2)
    assert household.select(yardstick("absolute", folder=folder).consumption()).item() == 50_000


def test_a_relative_line_is_given_by_the_families():
    assert poor("relative_60", line=30_000.0, members=1, children=0, consumption=29_999) is True
    assert poor("relative_60", line=30_000.0, members=1, children=0, consumption=30_000) is False
    assert poor("relative_60", line=30_000.0, members=1, children=0, consumption=90_000) is False
    assert (yardstick("relative_60").share, yardstick("relative_50").share) == (0.6, 0.5)


@pytest.mark.parametrize(("step", "answer"), [(1, True), (2, True), (3, False), (None, None)])
def test_the_two_lowest_steps_of_the_ladder_are_poverty(step, answer):
    assert poor("subjective", subjective=step) is answer


@pytest.mark.parametrize(
    ("living_conditions", "parts", "answer"),
    [
        ({}, 0, False),
        ({"safe": False}, 6, False),  # a quarter alone is below a third
        ({"safe": False, "has_internet": False}, 8, True),  # exactly a third
        ({"safe": False, "amenities_missing": 1}, 6, False),
        ({"safe": False, "amenities_missing": 2}, 8, True),
        ({"living_area_per_member": 1_500}, 0, False),
        ({"living_area_per_member": 1_499}, 2, False),
        ({"adult_education": 1, "pupils_not_enrolled": 1, "has_internet": False}, 8, True),
        ({"adult_education": 2, "pupils_not_enrolled": 1, "has_internet": False}, 5, False),
        ({"members_without_clinic": 1, "members_with_severe_disability": 2}, 6, False),
        ({"safe": False, "has_internet": False, "amenities_missing": 2}, 10, True),  # and more
        ({"safe": None}, None, None),
        ({"safe": False, "has_internet": False, "adult_education": None}, None, None),
    ],
)
def test_wants_are_weighed_and_a_third_of_them_is_poverty(living_conditions, parts, answer):
    many = yardstick("multidimensional")
    assert surveyed(**living_conditions).select(many.lacking()).item() == parts
    assert poor("multidimensional", **living_conditions) is answer


def test_each_of_the_four_dimensions_weighs_a_quarter():
    many = yardstick("multidimensional")
    weights = {}
    for i in many.indicators:
        weights[i.dimension] = weights.get(i.dimension, 0) + i.weight
    assert weights == dict.fromkeys(["health", "education", "living_conditions", "security"], 6)
    assert (many.parts, many.cutoff) == (24, 8)


def test_a_family_without_members_is_not_judged_by_money():
    assert poor("absolute", members=0) is None
    assert poor("absolute", consumption=None) is None


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda c: c["yardsticks"][0].update(scale="oxford"), "no scale is 'oxford'"),
        (lambda c: c["yardsticks"][0].update(colour="red"), "colour"),
        (lambda c: c["yardsticks"][0].pop("minimum"), "'minimum' is a required property"),
        (
            lambda c: c["yardsticks"][-1]["dimensions"]["health"][0].update(fact="height"),
            "'height' is no declared",
        ),
        (
            lambda c: c["yardsticks"][-1]["dimensions"]["health"][0].update(below=1),
            "valid under each of",
        ),
        (lambda c: c["yardsticks"][0]["source"].update(act="nobody"), "cites 'nobody'"),
    ],
)
def test_a_faulty_yardstick_is_refused(tmp_path, change, says):
    folder = amended(tmp_path, "poverty_yardsticks.yaml", change)
    with pytest.raises(DeclarationError, match=says):
        yardsticks.in_force(Law(DAY, folder))


def test_no_yardstick_changes_the_version_of_the_law(tmp_path):
    folder = amended(
        tmp_path,
        "poverty_yardsticks.yaml",
        lambda c: c["yardsticks"][2].update(scale="square_root"),
    )
    assert Law(DAY, folder).version == Law(DAY).version


def test_what_the_yardsticks_read_of_a_family_is_named_and_what_only_the_survey_knows_is_not():
    read = yardsticks.facts_read(Law(DAY))
    assert read[:2] == ["members", "children"]
    wants = {i.fact for y in yardsticks.in_force(Law(DAY)) for i in y.indicators}
    assert set(read) == {"members", "children", *wants} - set(yardsticks.OF_THE_SURVEY)
    assert len(read) == len(set(read))
    assert yardsticks.facts_read(Law(date(2018, 12, 31))) == ["members", "children"]
