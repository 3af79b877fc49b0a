"""Whom two versions send somebody to, side by side; what a version does not know is said."""

import pytest
from rich.console import Console

from models.learned.flag_evidence import REFUTED, Cell
from serving.commands import promoting
from tests.training.report.test_looks import follow_ups, many
from training.comparison import looks


def manifest():
    return {"follow_ups": follow_ups(many())}


def printed(words):
    console = Console(width=160)
    with console.capture() as shown:
        for word in words:
            console.print(word)
    return shown.get()


def test_shares_are_of_all_families_and_estimates_keep_their_intervals():
    figures = looks.figures(manifest())
    assert [figures[name] for name in looks.SHARES] == [10 / 80, 50 / 80, 30 / 80, 60 / 80]
    assert figures["confirmed"]["value"] == pytest.approx(2 / 3, abs=1e-6)
    assert figures["confirmed"]["low"] < 2 / 3 < figures["confirmed"]["high"]
    assert figures["ratio"] == pytest.approx((2 / 3) / (2 / 5), abs=1e-6)


@pytest.mark.parametrize("older", [{}, {"follow_ups": None}, {"follow_ups": {"capacity": 0.02}}])
def test_a_version_from_before_follow_ups_has_no_figures(older):
    assert looks.figures(older) is None


def compared(first, second):
    versions = {which: {"version": n} for which, n in (("first", "3"), ("second", "4"))}
    return {**versions, "looks": {"first": first, "second": second}}


def test_the_terminal_says_that_one_of_two_was_not_counted_and_what_the_other_saw():
    text = printed(promoting._looks(compared(None, looks.figures(manifest()))))
    assert "not counted" in text
    assert "37.50%" in text
    assert "1.67" in text
    assert "has learned from" in " ".join(text.split())


def test_two_versions_from_before_follow_ups_make_no_table():
    assert promoting._looks(compared(None, None)) == []


def cell(place, category, low, high):
    return Cell(
        flag="FLAG",
        place=place,
        category=category,
        inspected=600,
        raised=100,
        confirmed=20,
        prevalence=0.4,
        precision=0.2,
        low=low,
        high=high,
    )


def test_flags_are_shown_with_where_they_are_refuted():
    refuted = cell(2, None, 0.1, 0.3)
    assert refuted.verdict == REFUTED
    text = printed(promoting._flag_evidence("3", [cell(None, None, 0.1, 0.5), refuted]))
    assert "anywhere" in text
    assert "village" in text
    assert "100 of 600" in text
    assert "untold" in text
    assert "refuted" in text


def test_a_version_without_inspections_is_said_to_ask_for_nothing():
    assert "none asks for a look" in printed(promoting._flag_evidence("3", []))
