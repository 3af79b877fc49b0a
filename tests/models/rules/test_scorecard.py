"""The card of the pilot: points on both sides of every step, unknowns, and what it never does."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import polars as pl
import pytest
import yaml
from hypothesis import strategies as st

from features.catalogue import FEATURES
from features.errors import DeclarationError, ParameterNotInForce
from models.law.files import LAW
from models.law.parameters import Law
from models.rules.scorecard import Scorecard, assess, poorest_points
from models.rules.scorecard import category as category_of
from tests.drawn import drawn
from tests.models.law.lawbook import amended, family, features

DAY = date(2026, 1, 1)
FILE = "scorecards/pilot_2025.yaml"
CARD = Scorecard.in_force(Law(DAY))
CARDS = Law(DAY).cards
VALUES = {"subsistence_minimum": 50_851, "monthly_calculation_index": 4_325}
STEPS = [
    pytest.param(card, part, number, id=f"{card}-{c['code']}-{part['feature']}-{number}")
    for card in CARDS
    for c in yaml.load((LAW / f"scorecards/{card}.yaml").read_bytes(), Loader=yaml.CSafeLoader)[
        "criteria"
    ]
    for part in c["parts"]
    for number in range(1, len(part["steps"]))
]


def bound_in_whole_units(part, step) -> Decimal:
    """The bound of a step by schoolbook decimals, apart from the code under test."""
    written = Decimal(str(step.get("from", step.get("above"))))
    if "unit" in part:
        return (written * VALUES[part["unit"]]).quantize(Decimal(1), ROUND_HALF_UP)
    return written


def points_of(card: str, part, value: float | None) -> int | None:
    criteria = Scorecard.named(card, Law(DAY)).criteria
    read = next(p for c in criteria for p in c.parts if p.feature == part["feature"])
    return family(**{part["feature"]: value}).select(read.points()).item()


@pytest.mark.parametrize(("card", "part", "number"), STEPS)
def test_points_change_on_the_documented_side_of_every_step(card, part, number):
    before, step = part["steps"][number - 1], part["steps"][number]
    bound = bound_in_whole_units(part, step)
    is_share = FEATURES[part["feature"]].dtype == pl.Float64
    grain = Decimal("0.000001") if is_share else 1
    number_of = float if is_share else int
    below, on, above = (
        points_of(card, part, number_of(v)) for v in (bound - grain, bound, bound + grain)
    )
    assert below == before["points"]
    if "above" in step:
        assert (on, above) == (before["points"], step["points"])
    else:
        assert on == step["points"]


def test_the_card_has_the_pilots_23_criteria_in_five_blocks():
    blocks = {}
    for criterion in CARD.criteria:
        blocks.setdefault(criterion.block, []).append(criterion.code)
    assert sum(map(len, blocks.values())) == 23
    assert list(blocks) == [
        "material",
        "non-material",
        "dependency",
        "self-realisation",
        "hidden-income",
    ]
    assert len(blocks["material"]) == 15
    assert blocks["non-material"] == [
        "DISABILITY",
        "CHRONIC_ILLNESS",
        "ADULT_EDUCATION",
        "CHILDREN_ENROLMENT",
    ]
    assert CARD.status == "assumed"
    assert all(criterion.assumed for criterion in CARD.criteria)


def test_both_ends_of_the_scale_are_published_and_the_middle_is_assumed():
    assert [c.category for c in CARD.categories] == [1, 2, 3, 4, 5, 6]
    assert [c.assumed for c in CARD.categories] == [False, True, True, True, True, False]
    assert all(set(c.name) == {"kk", "ru", "en"} for c in CARD.categories)


def test_what_many_data_sets_do_not_hold_weighs_little():
    most = {c.code: c.most - c.least for c in CARD.criteria}
    assert most["DEPOSITS"] <= 2
    assert most["INFORMAL_INCOME"] <= 2
    guarded = next(c for c in CARD.criteria if c.code == "FAMILY_STATUS").parts[-1]
    assert guarded.most - guarded.least <= 2


def test_a_familys_points_are_the_sum_of_its_criteria():
    assessed = assess(family(), Law(DAY))
    columns = [c.column for c in CARD.criteria]
    assert assessed["points_poorest"].item() == assessed.select(pl.sum_horizontal(columns)).item()
    # income 41 and wages 1 (100,000 is 1.97 ПМ), one dwelling 1, amenities 3, own home 1,
    # one vehicle 3, loans 1 + 4, health 1 + 1, education 7 + 1, dependency 12, family 8, work 12;
    # nothing for benefits, business, area, new cars, land, herd, deposits, transfers.
    assert assessed["points_poorest"].item() == (
        41 + 1 + 1 + 3 + 1 + 3 + 1 + 4 + 1 + 1 + 7 + 1 + 12 + 8 + 12
    )
    assert assessed["points_richest"].item() == assessed["points_poorest"].item()


def test_an_unknown_criterion_counts_as_its_poorest_and_might_be_its_richest():
    known, unknown = (assess(family(dwellings=n), Law(DAY)) for n in (0, None))
    assert unknown["points_DWELLINGS"].item() is None
    assert unknown["points_poorest"].item() == known["points_poorest"].item()
    assert unknown["points_richest"].item() == known["points_poorest"].item() + 5


def test_nothing_known_at_all_is_the_poorest_family_that_could_be_the_richest():
    assessed = assess(family(**dict.fromkeys(FEATURES)), Law(DAY))
    assert assessed["points_poorest"].item() == sum(c.least for c in CARD.criteria)
    assert assessed["points_richest"].item() == CARD.most
    assert (assessed["category_poorest"].item(), assessed["category_richest"].item()) == (1, 5)


def test_an_unknown_part_that_cannot_matter_leaves_the_criterion_known():
    assessed = assess(
        features(
            {"work_intensity": 0.0, "adults_without_work": None},  # 0 points whatever else
            {"work_intensity": 1.0, "adults_without_work": None},  # 10 to 12
        ),
        Law(DAY),
    )
    assert assessed["points_WORK"].to_list() == [0, None]
    assert (assessed["points_richest"] - assessed["points_poorest"]).to_list() == [0, 2]


def test_the_poorest_of_several_statuses_counts():
    assessed = assess(
        features(
            {"work_intensity": 1.0, "adults_without_work": 3},  # 12 and 10
            {"work_intensity": 0.5, "adults_without_work": 0},  # 11 and 12
            {"work_intensity": 0.0, "adults_without_work": 1},  # 0 and 12
        ),
        Law(DAY),
    )
    assert assessed["points_WORK"].to_list() == [10, 11, 0]


def test_the_same_income_is_worth_less_once_the_minimum_rises():
    same = family(income_per_member=46_229)  # one tenge above 46 228
    assert assess(same, Law(date(2025, 12, 31)))["points_INCOME_PER_MEMBER"].item() == 30
    assert assess(same, Law(date(2026, 1, 1)))["points_INCOME_PER_MEMBER"].item() == 21


@pytest.mark.parametrize("category", [2, 3, 4, 5])
def test_a_category_begins_with_its_first_point(category):
    begins = CARD.categories[category - 1].begins
    points = pl.DataFrame({"points": [begins - 1, begins]})
    categories = points.select(category_of(CARD, pl.col("points"), by_score=False)).to_series()
    assert categories.to_list() == [category - 1, category]


RICH = {
    "income_per_member": 1_000_000,
    "wage_per_member": 1_000_000,
    "dwellings": 3,
    "enterprise_income_per_member": 500_000,
    "vehicles": 3,
    "recent_vehicles": 3,
    "adult_education": 5,
    "living_area_per_member": 9_000,
    "dependency_ratio": 0.0,
}


def test_points_alone_never_reach_category_6_while_the_policy_says_so(tmp_path):
    assessed = assess(family(**RICH), Law(DAY))
    assert assessed["points_poorest"].item() >= CARD.categories[5].begins
    assert assessed["category_poorest"].item() == 5
    on = amended(
        tmp_path,
        "decision_policy.yaml",
        lambda c: c["editions"][-1].update(category_6_by_score=True),
    )
    assert assess(family(**RICH), Law(DAY, on))["category_poorest"].item() == 6


def test_there_is_no_card_before_the_pilot():
    with pytest.raises(ParameterNotInForce):
        assess(family(), Law(date(2025, 5, 20)))
    assert assess(family(), Law(date(2025, 5, 21))).height == 1


def test_a_card_cites_the_values_its_bounds_are_multiples_of():
    for _ in range(2):  # read afresh and from the cache
        cited = {c.name: c.edition.since for c in Scorecard.in_force(Law(DAY)).cites}
        assert cited == {"monthly_calculation_index": DAY, "subsistence_minimum": DAY}


def by_code(content, code):
    return next(c for c in content["criteria"] if c["code"] == code)["parts"][0]


def first_steps(content):
    return content["criteria"][0]["parts"][0]["steps"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda c: first_steps(c)[2].update(points=99), "must rise with it"),
        (lambda c: by_code(c, "ARREARS")["steps"][1].update(points=99), "must fall with it"),
        (lambda c: c["criteria"][0]["parts"][0].update(feature="incme"), "no declared feature"),
        (lambda c: c["criteria"][0]["parts"][0].update(feature="adults"), "neither richer nor"),
        (lambda c: by_code(c, "VEHICLES").update(unit="monthly_calculation_index"), "like with"),
        (lambda c: by_code(c, "WAGES").update(unit="large_family_children"), "like with"),
        (lambda c: first_steps(c)[2].update(above=0.1), "every later one a higher bound"),
        (lambda c: first_steps(c)[0].update(above=0), "has no bound"),
        (lambda c: first_steps(c)[1].update({"from": 0.15}), "scorecard|schema"),
        (lambda c: c["criteria"].append(c["criteria"][0]), "INCOME_PER_MEMBER twice"),
        (lambda c: c["categories"].pop(0), "numbered from 1"),
        (lambda c: c["categories"].insert(1, c["categories"][0]), "numbered from 1"),
        (lambda c: c["categories"][0].update({"from": 1}), "begins at 0 points"),
        (lambda c: c["categories"][0].update(ladder=[2]), "each once, poorest first"),
        (lambda c: first_steps(c)[1].pop("from", first_steps(c)[1].pop("above", None)), "bound"),
        (lambda c: first_steps(c).insert(1, first_steps(c)[1]), "every later one a higher bound"),
        (lambda c: c["categories"][2].update({"from": 0}), "each next one higher"),
        (lambda c: c["categories"][2].update(ladder=[2]), "each once, poorest first"),
        (lambda c: c["categories"][2].update(actions=["hope"]), "no such actions: hope"),
        (lambda c: c["criteria"][0].update(block="luck"), "pilot-2025:luck"),
        (lambda c: c["criteria"][0].update(wieght=2), "wieght"),
    ],
)
def test_a_card_that_could_harm_is_refused_when_it_is_read(tmp_path, change, says):
    folder = amended(tmp_path, FILE, change)
    with pytest.raises(DeclarationError, match=says):
        assess(family(), Law(DAY, folder))


def test_the_states_own_card_can_take_the_files_place(tmp_path):
    name = {"kk": "Табыс", "ru": "Доход", "en": "Income"}
    steps = [{"points": 0}, {"from": 1, "points": 10}]
    part = {"feature": "income_per_member", "unit": "subsistence_minimum", "steps": steps}
    levels = [(1, 0), (2, 10), (3, None)]

    def replaced(content):
        content.update(
            status="published",
            criteria=[
                {
                    "code": "INCOME",
                    "block": "material",
                    "name": name,
                    "assumed": False,
                    "parts": [part],
                }
            ],
            categories=[
                {"category": n, "from": begins, "name": name, "assumed": False}
                for n, begins in levels
            ],
        )

    law = Law(DAY, amended(tmp_path, FILE, replaced))
    assessed = assess(features({"income_per_member": 50_850}, {"income_per_member": 50_851}), law)
    assert assessed["points_INCOME"].to_list() == [0, 10]
    assert assessed["category_poorest"].to_list() == [1, 2]


def values(name: str) -> st.SearchStrategy:
    dtype = FEATURES[name].dtype
    if dtype == pl.Boolean:
        return st.booleans()
    if dtype == pl.Float64:
        return st.integers(0, 100).map(lambda n: n / 100)
    return st.integers(0, 12) | st.integers(0, 20_000) | st.integers(0, 1_000_000)


USED = sorted(
    {p.feature for n in CARDS for c in Scorecard.named(n, Law(DAY)).criteria for p in c.parts}
)
FAMILIES = st.fixed_dictionaries({name: st.none() | values(name) for name in USED})


@drawn(20, 60, start=FAMILIES, moves=st.fixed_dictionaries({name: values(name) for name in USED}))
def test_no_feature_moved_to_the_poor_side_ever_gives_a_richer_family(start, moves):
    poorer = []
    for name, other in moves.items():
        old = start[name]
        if old is not None:
            to = min(old, other) if FEATURES[name].direction > 0 else max(old, other)
            poorer.append(start | {name: to})
    for card in CARDS:
        assessed = assess(features(start, *poorer), Law(DAY), card)
        for column in ("points_poorest", "points_richest", "category_poorest", "category_richest"):
            first, *others = assessed[column].to_list()
            assert all(other <= first for other in others), (card, column)


def test_the_points_with_every_unknown_at_its_poorest_add_up_to_the_sum_that_decides():
    card = Scorecard.in_force(Law(DAY))
    table = features({}, {"vehicles": None, "income_per_member": None}, dict.fromkeys(FEATURES))
    points = poorest_points(table, card.criteria)
    assert points.columns == [criterion.column for criterion in card.criteria]
    assert points.null_count().row(0) == (0,) * len(card.criteria)
    assert points.sum_horizontal().to_list() == assess(table, Law(DAY))["points_poorest"].to_list()


def test_naming_the_card_that_decides_changes_nothing(tmp_path):
    law = Law(DAY, amended(tmp_path, FILE, lambda c: None))
    named = assess(family(**RICH), law, "_".join(("pilot", "2025")))
    assert named["category_poorest"].item() == 5
    assert named.equals(assess(family(**RICH), law))


@pytest.mark.parametrize("name", ["a_card", "z_card"])
def test_a_card_that_does_not_decide_reaches_its_last_category_by_points(tmp_path, name):
    folder = amended(tmp_path, FILE, lambda c: None)
    (folder / "scorecards" / f"{name}.yaml").write_bytes((folder / FILE).read_bytes())
    assert assess(family(**RICH), Law(DAY, folder), name)["category_poorest"].item() == 6


def test_every_bound_is_a_number_of_whole_units_or_a_plain_share():
    for card in CARDS:
        for criterion in Scorecard.named(card, Law(DAY)).criteria:
            for part in criterion.parts:
                first, *bounds = [step.bound for step in part.steps]
                assert first is None
                priced = any(bound.priced_by for bound in bounds)
                whole = priced or FEATURES[part.feature].dtype == pl.Int64
                assert {type(b.value) for b in bounds} <= ({int} if whole else {int, float})
