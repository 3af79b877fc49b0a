"""The poverty line of targeted assistance in its three regimes, and what stands in for what is not published."""

from datetime import date
from decimal import Decimal

import pytest

from features.errors import ParameterNotInForce
from models.law.files import LAW
from models.law.parameters import Law
from models.law.poverty_line import poverty_line, quarter_before
from tests.models.law.lawbook import amended


def line(day, region=None, folder=LAW):
    return poverty_line(Law(day, folder), region)


@pytest.mark.parametrize(
    ("day", "tenge"),
    [
        (date(2019, 1, 1), "14849"),  # 0.5 × 29 698
        (date(2019, 3, 31), "14849"),
        (date(2019, 4, 1), "20788.6"),  # 0.7 × 29 698: the ministry's 20 789
        (date(2020, 3, 31), "21828.1"),
        (date(2020, 4, 1), "22867.6"),
        (date(2021, 2, 17), "24011.4"),  # the Prime Minister's answer of that day
        (date(2023, 1, 1), "28396.9"),  # the ministry's 28 397
        (date(2023, 6, 30), "28396.9"),
        (date(2023, 7, 1), "28396.9"),  # by the quarter before, which has the same minimum
        (date(2024, 1, 1), "28396.9"),  # the quarter before lies in 2023
        (date(2024, 3, 31), "28396.9"),
        (date(2024, 4, 1), "30384.9"),  # 0.7 × 43 407
        (date(2024, 12, 31), "30384.9"),
    ],
)
def test_the_line_was_a_share_of_the_budget_laws_minimum_until_2024(day, tenge):
    line_of_day = line(day)
    assert (line_of_day.amount, line_of_day.stands_in) == (Decimal(tenge), None)
    assert line(day, "35").amount == line_of_day.amount  # one line for the whole country


def test_before_the_first_edition_there_is_no_line():
    with pytest.raises(ParameterNotInForce, match=r"targeted_assistance.*starts 2019-01-01"):
        line(date(2018, 12, 31))


@pytest.mark.parametrize(
    ("day", "region", "tenge", "stands_in"),
    [
        (date(2025, 9, 30), None, "39345.6", "the whole country's minimum of 2025Q2"),
        (date(2025, 10, 1), None, "42614.6", "the whole country's minimum of 2025Q3"),
        # Karaganda, August and September: (60 342 + 59 779) / 2 = 60 060.5, so 60 061
        (date(2025, 10, 1), "35", "42042.7", "months of 2025Q3 on file"),
        (date(2025, 12, 31), "47", "51544.5", "months of 2025Q3 on file"),  # Mangystau, 73 635
        (date(2026, 1, 1), "47", "49568.4", "months of 2025Q4 on file"),  # 70 811.5 is 70 812
        (date(2026, 1, 1), "35", "41795.6", "the whole country's minimum of 2025Q4"),
        # no quarter of 2026 is on file: the newest one before stands in
        (date(2029, 12, 31), "35", "41795.6", "the whole country's minimum of 2025Q4"),
    ],
)
def test_since_2025_it_is_seventy_per_cent_of_the_bureaus_minimum_and_says_what_stands_in(
    day, region, tenge, stands_in
):
    line_of_day = line(day, region)
    assert line_of_day.amount == Decimal(tenge)
    assert line_of_day.stands_in == f"the floor, for the median; {stands_in}"
    assert line_of_day.act == "poverty-line:median"


def test_the_ministers_second_example_agrees_with_the_bureaus_minimum_only():
    # 300 000 ÷ 3 ÷ 3 = 33 333 tenge each "does not stand in the way" on 10 September 2025
    law = Law(date(2025, 9, 10))
    assert law.amount(Decimal("0.7"), "subsistence_minimum") < 33_333 < poverty_line(law).amount


def test_a_line_without_any_figure_on_file_is_an_error(tmp_path):
    def later(content):
        content["editions"] = content["editions"][-1:]

    for name in ("", "_quarter"):
        amended(tmp_path, f"subsistence_minimum_actual{name}.yaml", later)
    with pytest.raises(ParameterNotInForce, match="subsistence_minimum_actual has no value"):
        line(date(2025, 4, 1), "35", tmp_path / "law")


@pytest.mark.parametrize(
    ("median", "tenge"),
    [
        (120_122, "42042.70"),  # 0.35 × 120 122 = 42 042.70: exactly the floor
        (120_123, "42043.05"),
        (90_000, "42042.70"),  # 31 500: the floor stands
    ],
)
def test_the_median_counts_where_it_lifts_the_line_above_the_floor(tmp_path, median, tenge):
    def published(content):
        content["by"] = "region"
        edition = content["editions"][0]
        content["editions"].append(
            {
                "since": date(2025, 7, 1),
                "values": {"35": median},
                "assumed": False,
                "source": edition["source"],
            }
        )

    folder = amended(tmp_path, "median_income_regional.yaml", published)
    line_of_day = line(date(2025, 10, 1), "35", folder)
    assert line_of_day.amount == Decimal(tenge)
    assert line_of_day.stands_in == "months of 2025Q3 on file"


@pytest.mark.parametrize(
    ("day", "months"),
    [
        (date(2025, 12, 31), [(2025, 7), (2025, 8), (2025, 9)]),
        (date(2026, 1, 1), [(2025, 10), (2025, 11), (2025, 12)]),
        (date(2026, 3, 31), [(2025, 10), (2025, 11), (2025, 12)]),
        (date(2026, 4, 1), [(2026, 1), (2026, 2), (2026, 3)]),
    ],
)
def test_the_quarter_before_is_a_quarter_of_the_calendar(day, months):
    assert [(m.year, m.month) for m in quarter_before(day)] == months
