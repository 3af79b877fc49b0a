"""Pictures and the page of a simulated country."""

import json

import numpy as np
import pytest

from training.population.calibration import page, pictures

LINE = {
    "group": "people",
    "figure": "people_per_family",
    "about": "members of a family",
    "unit": "people",
    "target": 3.3,
    "achieved": 3.27,
    "tolerance": 0.04,
    "met": True,
    "verdict": "met",
    "explained": None,
    "source": "https://example.kz/card",
    "assumed": None,
}
SUMMARY = {
    "out": "/somewhere",
    "households": 20_000,
    "seed": 1,
    "as_of": "2026-01-01",
    "world": "ordinary",
    "promises": [],
    "faults": [],
    "calibration": [LINE, LINE | {"figure": "births", "verdict": "missed", "group": "work"}],
    "distributions": {
        "wages": {"edges": [1e4, 1e5, 1e6, 1e7], "counts": [5, 30, 2]},
        "ladder": {"edges": [0.5, 1.5, 2.5], "counts": [1, 3]},
        "herds": {"edges": [0, 1, 2], "counts": [0, 0]},
    },
}


def test_a_histogram_in_one_line_keeps_its_shape():
    assert pictures.spark([0, 1, 2, 4]) == " ▂▄█"
    assert len(pictures.spark(range(1_000), width=40)) == 40
    assert pictures.spark([0, 0]) == "  "


@pytest.mark.parametrize(("level", "value"), [(0, 0), (0.25, 5), (0.5, 10), (1, 20)])
def test_a_quantile_of_a_histogram_is_even_within_a_bar(level, value):
    assert pictures.quantile([0, 10, 20], [7, 7], level) == pytest.approx(value)


def test_the_quantile_of_nobody_is_not_a_number():
    assert np.isnan(pictures.quantile([0, 1], [0], 0.5))


def test_the_page_shows_every_figure_and_draws_every_distribution(tmp_path):
    html = page.write(tmp_path / "report", SUMMARY).read_text()
    assert html.count("members of a family") == 2
    assert "<b>1 are met</b>" in html
    assert "1 missed" in html
    assert "median 505 k ₸" in html
    assert "herds: nobody" in html
    assert html.count("<svg") == 5


def test_the_page_keeps_the_numbers_beside_it_and_no_path(tmp_path):
    page.write(tmp_path, SUMMARY)
    published = json.loads((tmp_path / "world.json").read_text())
    assert published["calibration"][0]["achieved"] == 3.27
    assert "out" not in published


def test_the_same_summary_gives_the_same_page(tmp_path):
    first = page.write(tmp_path / "a", SUMMARY).read_bytes()
    assert page.write(tmp_path / "b", SUMMARY).read_bytes() == first
