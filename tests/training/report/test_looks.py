"""What a run's report says of looks: numbers as they were counted, and what they do not mean."""

import polars as pl
from matplotlib.figure import Figure

from models.assessment import looks as measure
from tests.models.assessment.test_looks import families
from training.report import looks


def follow_ups(table):
    return {"looks": measure.measured(table, ["category"], review_days=1.0).as_json()}


def many(**more):
    return pl.concat([families()] * 10).with_columns(
        household_id=pl.int_range(80), category=pl.lit(4), **more
    )


def test_the_section_says_whom_inspections_confirmed_in_and_out_of_order():
    section = looks.section(follow_ups(many()))
    text = " ".join(section.paragraphs)
    assert "Of 80 families 30 (37.50%) are followed up and 10 wait: 40 working days" in text
    assert "0.667 [" in text  # of the followed up, two thirds
    assert "1.667 times as often as one of the queue before" in text  # 2/3 over 2/5
    assert "60 would wait, 60 working days" in text


def test_the_section_says_openly_that_the_models_saw_these_inspections():
    text = " ".join(looks.section(follow_ups(many())).paragraphs)
    assert "have learned from these very inspections" in text
    assert "Confirmed is not changed" in text


def test_every_point_of_the_curve_stands_in_the_table_and_every_category():
    curve, by_category = looks.section(follow_ups(many())).tables
    assert curve.rows[0] == ("0", "0.0", "0.0", "0.0")
    assert curve.rows[-1][0] == "50"
    assert [row[:2] for row in by_category.rows] == [("4", "80")]


def test_where_nothing_asks_for_a_look_the_section_says_so_and_draws_nothing():
    nobody = follow_ups(many(worth=pl.lit(None, pl.Float64), follow_up=pl.lit(value=False)))
    text = " ".join(looks.section(nobody).paragraphs)
    assert "Nobody is followed up: neither the model nor a flag" in text
    assert "times as often" not in text
    assert looks.drawn(nobody) is None


def test_too_few_families_of_a_group_are_not_shown():
    table = looks.section(follow_ups(families(category=pl.lit(4)))).tables[1]
    assert table.rows == [("4", "too few to be shown", *[""] * 6)]


def test_without_inspections_there_are_loads_but_no_picture():
    nothing = follow_ups(many(changed=pl.lit(None, pl.Boolean)))
    assert "confirmed hidden income of unknown" in " ".join(looks.section(nothing).paragraphs)
    assert looks.drawn(nothing) is None
    assert looks.section(None) is looks.section({"looks": None}) is looks.drawn(None) is None


def test_the_picture_has_a_line_for_each_order():
    axes = Figure().subplots()
    looks.draw(axes, looks.drawn(follow_ups(many())))
    assert len(axes.get_lines()) == 4  # three orders, and the capacity
