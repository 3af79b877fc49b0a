"""What an audit tells of looks: who waits, who is followed up and why, and what that catches."""

from datetime import date
from types import SimpleNamespace

import polars as pl
import pytest

from models.decision.pipeline import decide
from models.learned.flag_evidence import Cell, FlagEvidence
from serving.audit import looks
from serving.audit.families import looked_at
from serving.audit.pages import page
from serving.audit.witnesses import NO_RANDOM_ARM, NO_REGISTER
from tests.models.assessment.test_looks import families as eight
from tests.models.decision.test_follow_up import LAW, country
from tests.serving.audit.test_audit import arm, families, inspected, whole

DAY = date(2026, 1, 1)
HIDES = 500_000


def asking():
    """Eight families three times over; a third of each kind gives a reason."""
    codes = [["RED_FLAG"], ["RED_FLAG", "NO_ADULT"], ["RED_FLAG"], None, ["NO_ADULT"], ["X"]]
    table = (
        eight()
        .drop("changed")
        .with_columns(
            category=pl.lit(4),
            codes=pl.Series([*codes, None, None]),
            review_reasons=pl.Series([[]] * 6 + [["CATEGORY_6_ADVERSE"], []]).cast(
                pl.List(pl.String)
            ),
        )
    )
    return pl.concat([table] * 3).with_columns(household_id=pl.int_range(1, 25))


def section(inspections):
    return looks.section(asking(), families(*[{}] * 24), inspections, DAY)


def test_every_reason_is_counted_with_what_it_leads_to_and_how_many_are_followed_up():
    rows = [tuple(row.values()) for row in section(None)["reasons"]]
    assert rows == [
        ("CATEGORY_6_ADVERSE", "wait", 3, 0),
        ("NO_ADULT", "follow_up", 6, 6),
        ("RED_FLAG", "follow_up", 9, 6),
        ("X", "follow_up", 3, 0),
    ]


def test_random_inspections_judge_and_targeted_ones_do_not():
    # Followed up are 1, 2 and 5 of every eight; 1 hides, 2 does not, 5 only a targeted visit saw.
    lot = inspected(
        (1, "random", HIDES), (2, "random", 0), (5, "targeted", HIDES), (4, "random", 0)
    )
    part = section(lot)
    assert part["why_not"] is None
    assert part["followed_up"]["known"] == 2
    assert part["followed_up"]["changed"]["value"] == 0.5
    assert part["changed"]["value"] == pytest.approx(1 / 3, abs=1e-6)


@pytest.mark.parametrize(
    ("inspections", "why"),
    [(None, NO_REGISTER), (inspected((1, "targeted", HIDES)), NO_RANDOM_ARM)],
)
def test_without_a_random_arm_loads_stand_and_what_they_catch_is_not_told(inspections, why):
    part = section(inspections)
    assert part["why_not"] == why
    assert part["followed_up"]["families"] == 9
    assert part["followed_up"]["changed"]["value"] is part["ratio"] is None


def test_groups_bear_their_names_and_those_below_ten_show_nothing():
    rows = families(*[{"settlement": "rural"}] * 20, *[{"settlement": "urban"}] * 4)
    part = looks.section(asking(), rows, None, DAY)
    shown = {row["name"]: row["load"] for row in part["groups"]["settlement"]}
    assert shown["rural"]["families"] == 20
    assert shown["urban"] is None
    assert [row["name"] for row in part["groups"]["region"]] == ["Astana"]


def test_a_family_alone_is_counted_with_its_reasons():
    row = looked_at(decide(country(members="child"), None, LAW)).row(0, named=True)
    assert not row["codes"]
    assert row["review_reasons"] == ["NO_ADULT"]
    assert not row["follow_up"]


def audited(inspections, **model):
    report = whole(*arm(), **model)
    return report | {"looks": section(inspections)}


LOT = inspected((1, "random", HIDES), (2, "random", 0), (4, "random", 0))


def test_the_page_draws_the_curve_and_says_that_confirmed_is_not_changed():
    text = page(audited(LOT), "en")
    assert text.count("<polyline") == 3
    assert "do not say whether a category would change" in text
    assert (
        "cannot be told" not in text[text.index('id="looks"') :].split("<h2")[0].split("<table")[0]
    )


def test_the_page_says_that_a_model_has_seen_these_inspections_only_where_it_has():
    seen = "has learned from these inspections"
    assert seen in page(audited(LOT, has_seen_families=True), "en")
    assert seen not in page(audited(LOT), "en")


def test_without_inspections_the_page_says_why_and_draws_nothing():
    text = page(audited(None), "en")
    assert "<polyline" not in text
    assert "What looks catch cannot be told" in text


def test_the_table_of_flags_tells_what_training_knew_of_each():
    numbers = {"inspected": 600, "raised": 100, "confirmed": 80, "prevalence": 0.25}
    ends = {"precision": 0.8, "low": 0.7, "high": 0.9}
    cells = (
        Cell(flag="MORE_THAN_ONE_CAR", place=None, category=None, **numbers, **ends),
        Cell(flag="MORE_THAN_ONE_CAR", place=2, category=None, **numbers, **ends),
    )
    rows = looks.evidence(SimpleNamespace(flag_evidence=FlagEvidence(cells)))
    assert [(row["where"], row["verdict"]) for row in rows] == [
        ("anywhere", "supported"),
        ("village", "supported"),
    ]
    text = page(audited(None, flag_evidence=rows), "en")
    assert 'id="flag-evidence"' in text
    assert "80.0\u00a0% (70.0 to 90.0)" in text
    assert 'id="flag-evidence"' not in page(audited(None), "en")
