"""Cards and readings over a small country, counted by hand and by the rules themselves."""

import json
from datetime import date

import numpy as np
import polars as pl
import pytest

from features.build import build
from features.errors import DeclarationError
from features.registers.reading.load import open_data_set
from features.registers.snapshot import make
from models.assessment.large_sample import kappa_interval
from models.assessment.metrics import draws, quadratic_kappa, with_interval
from models.law.parameters import Law
from models.rules.category import rule_category
from models.rules.scorecard import assess
from serving.law_comparison.cards import DECIDED, by_card, compared
from serving.law_comparison.readings import NO_APPLICATIONS, report
from tests.features.data_sets import AS_OF
from tests.features.data_sets import write as write_data

MONTHS = [date(2025, month, 1) for month in range(1, 13)]
# Families 1 to 10, one member each. Monthly income of family n is n × 40,000 tenge: four minima
# (203,404) are passed by families 6 to 10. Of these 6, 8 and 10 own two dwellings (10 by halves),
# 6 to 9 two vehicles (one of 9's stolen), all ten a business, that of 8 without turnover.
FAMILIES = range(1, 11)
TWO_HOMES, TWO_CARS = (6, 8, 10), (6, 7, 8, 9)
REGISTERS = {
    "households": pl.DataFrame(
        {"household_id": FAMILIES, "region": "35", "settlement": "urban", "tenure": "owned"}
    ),
    "persons": pl.DataFrame(
        {
            "person_id": FAMILIES,
            "household_id": FAMILIES,
            "birth_date": date(1980, 1, 1),
            "sex": "f",
            "activity": "employee",
            "education": "higher",
        }
    ),
    "incomes": pl.DataFrame(
        [
            {"person_id": n, "month": month, "source": "wage", "amount": n * 40_000}
            for n in FAMILIES
            for month in MONTHS
        ]
    ),
    "properties": pl.DataFrame(
        [
            {"person_id": n, "kind": "apartment", "share": 0.5 if n == 10 else 1.0}
            for n in TWO_HOMES
            for _ in range(2)
        ]
    ),
    "vehicles": pl.DataFrame(
        [
            {
                "person_id": n,
                "kind": "car",
                "model_year": 2015,
                "status": "stolen" if n == 9 and second else "normal",
            }
            for n in TWO_CARS
            for second in (False, True)
        ]
    ),
    "businesses": pl.DataFrame(
        [{"person_id": n, "form": "IP", "turnover_12m": 0 if n == 8 else 1} for n in FAMILIES]
    ),
    "applications": pl.DataFrame(
        {
            "household_id": [6, 6, 7, 1, 8],
            "service": [*["rent_subsidy"] * 3, "housing_aid", "knitting"],
            "applied_on": [date(2025, 9, 1), *[date(2025, 10, 1)] * 4],
        }
    ),
    "survey": pl.DataFrame(
        {
            "household_id": FAMILIES,
            "quarter": "2025Q4",
            "weight": 1.0,
            "consumption_monthly": 100_000,
            "subjective_level": [1, 1, 2, 3, 3, 4, 5, 5, 6, 6],
        }
    ),
    "inspections": None,
    "loans": None,
}


def snapshot_of(folder, **registers):
    data = write_data(folder / "data", REGISTERS | registers)
    return make(open_data_set(data), AS_OF, folder / "snap", households_per_partition=4)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    return snapshot_of(tmp_path_factory.mktemp("comparison"))


@pytest.fixture(scope="module")
def read(snapshot):
    return report(snapshot, as_of=AS_OF)


def met(comparison, answer="in_force", combinator="all"):
    (entry,) = (
        e for e in comparison["readings"] if (e["answer"], e["combinator"]) == (answer, combinator)
    )
    return entry["met"]


@pytest.mark.parametrize(
    ("answer", "combinator", "families"),
    [
        ("in_force", "all", 2),  # 6 and 8: two homes, two cars, a business, income
        ("added_up", "all", 2),
        ("trading", "all", 1),  # the business of 8 lies dormant
        ("company", "all", 0),
        ("in_force", "3_of_4", 4),  # 7 without homes, 10 without cars
        ("any_status", "3_of_4", 5),  # 9 with the stolen car
        ("added_up", "3_of_4", 3),  # two halves of 10 are one
        ("actual", "2_of_4", 5),  # 4 × 56,675 = 226,700 leaves 6 two homes and two cars
        ("in_force", "any", 10),  # all have a business
    ],
)
def test_a_reading_counts_whom_it_should(read, answer, combinator, families):
    assert read["households"] == 10
    assert met(read, answer, combinator) == families


def test_shares_of_applications_stand_beside_the_published_ones(read):
    (own,) = (e for e in read["readings"] if (e["answer"], e["combinator"]) == ("in_force", "all"))
    # Family 6 applied twice and is in category 6, family 7 once and is not.
    assert own["services"]["rent_subsidy"]["share"] == pytest.approx(2 / 3, abs=1e-6)
    assert own["services"]["housing_aid"]["share"] == 0
    assert set(own["services"]) == {"rent_subsidy", "housing_aid"}
    assert read["published"]["rent_subsidy"]["share"] == pytest.approx(913 / 2_356, abs=1e-6)
    assert read["published"]["school_meals"]["category_6"] == 74
    apart = abs(2 / 3 - 913 / 2_356)
    assert own["distance"] == pytest.approx((apart + 0) / 2, abs=1e-5)
    assert read["nearest"]["distance"] == min(e["distance"] for e in read["readings"])


def test_without_applications_nothing_stands_beside_the_published_shares(tmp_path):
    comparison = report(snapshot_of(tmp_path, applications=None), as_of=AS_OF)
    assert comparison["why_not"] == NO_APPLICATIONS
    assert comparison["nearest"] is None
    assert all(e["services"] is None for e in comparison["readings"])
    assert met(comparison) == 2


def test_a_silent_register_leaves_readings_open(tmp_path):
    comparison = report(snapshot_of(tmp_path, vehicles=None), as_of=AS_OF)
    (own,) = (
        e for e in comparison["readings"] if (e["answer"], e["combinator"]) == ("in_force", "all")
    )
    assert (own["met"], own["unknown"]) == (0, 3)  # 6, 8 and 10 hang on their vehicles


def test_a_report_is_ready_for_json_and_repeats_itself(snapshot, read):
    assert json.loads(json.dumps(read)) == read
    assert report(snapshot, as_of=AS_OF) == read


def test_every_family_is_placed_by_every_card_and_by_what_is_decided(snapshot):
    placed = by_card(snapshot, as_of=AS_OF)
    assert placed.columns == [
        "household_id",
        "scorecard",
        "points_poorest",
        "points_richest",
        "category",
        "richest_category",
    ]
    law = Law(AS_OF)
    tables = [build(snapshot.registers(n), AS_OF) for n in snapshot.partitions]
    features = pl.concat(tables).sort("household_id")
    decided = placed.filter(pl.col("scorecard") == DECIDED)
    assert decided["category"].to_list() == rule_category(features, law)["rule_category"].to_list()
    for card in law.cards:
        mine = placed.filter(pl.col("scorecard") == card)
        points = assess(features, law, card)
        assert mine["household_id"].to_list() == list(FAMILIES)
        assert mine["points_poorest"].to_list() == points["points_poorest"].to_list()


def test_the_comparison_adds_up_and_ranks_the_families_as_they_do_themselves(snapshot):
    comparison = compared(snapshot, by_card(snapshot, as_of=AS_OF), AS_OF)
    assert [card["name"] for card in comparison["cards"]] == [
        "pilot_2025",
        "social_card_2021",
        DECIDED,
    ]
    for card in comparison["cards"]:
        assert sum(c["families"] for c in card["categories"]) == 10
        assert card["agreement_with_ladder"]["families"] == 10
        assert card["agreement_with_ladder"]["value"] > 0.3
        assert not card["fitted_on_these_families"]
    (pair,) = comparison["between"]
    assert sum(cell["families"] for cell in pair["cells"]) == 10
    assert pair["same"] > 0.5


def test_one_card_may_be_asked_for_and_one_that_is_not_on_file_is_refused(snapshot):
    placed = by_card(snapshot, as_of=AS_OF, cards=["social_card_2021"])
    assert placed["scorecard"].unique().sort().to_list() == [DECIDED, "social_card_2021"]
    assert compared(snapshot, placed, AS_OF)["between"] == []
    with pytest.raises(DeclarationError, match="card_1900"):
        by_card(snapshot, as_of=AS_OF, cards=["card_1900"])


def test_without_a_survey_no_agreement_with_it_is_told(tmp_path):
    silent = snapshot_of(tmp_path, survey=None)
    comparison = compared(silent, by_card(silent, as_of=AS_OF), AS_OF)
    assert [card["agreement_with_ladder"] for card in comparison["cards"]] == [None] * 3


def test_the_interval_between_clusters_is_that_of_a_bootstrap_of_clusters():
    generator = np.random.default_rng(6)
    cluster = np.repeat(np.arange(150), 8)
    shared = generator.normal(0, 1.5, 150)[cluster]  # neighbours err alike
    truth = generator.integers(1, 7, len(cluster))
    predicted = np.clip(np.rint(truth + shared), 1, 6).astype(np.int64)
    weights = generator.uniform(0.5, 2, len(cluster))
    by_formula = kappa_interval(truth, predicted, weights, cluster)
    by_lot = with_interval(
        lambda mass: quadratic_kappa(truth, predicted, mass), weights, draws(cluster, generator)
    )
    assert by_formula.low == pytest.approx(by_lot.low, abs=0.012)
    assert by_formula.high == pytest.approx(by_lot.high, abs=0.012)
    alone = kappa_interval(truth, predicted, weights)
    assert alone.high - alone.low < by_formula.high - by_formula.low
