"""Who may receive a local programme: what is unknown never refuses, category 6 neither."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any, cast

import polars as pl
import pytest
from hypothesis import strategies as st
from msgspec.json import encode
from msgspec.structs import astuple

from features.catalogue import FEATURES
from features.errors import DeclarationError
from models.answer import Adverse, Eligibility
from models.columns import SCORE_SCHEMA
from models.decision import pipeline
from models.decision.outcome import MODEL_OUTPUTS
from models.law.described import describe
from models.law.files import read_law
from models.law.parameters import Law
from models.learned.flag_evidence import FlagEvidence
from models.learned.review_capacity import ReviewBars
from models.rules import conditions, programmes
from models.rules.category import rule_category
from models.rules.programmes import ELIGIBLE, NOT_ELIGIBLE, REVIEW, NoSuchProgramme
from tests.drawn import drawn
from tests.models.law.lawbook import amended, family, features
from tests.tables import register

DAY = date(2026, 1, 1)
LAW = Law(DAY)
CODES = [p.code for p in programmes.in_force(LAW)]
READ = sorted(
    {c.feature for p in programmes.in_force(LAW) for g in p.requires for c in g if c.feature}
)
"""Features that some programme's condition reads."""
PUPILS: dict = {"school_age_children": 1, "children": 1, "children_and_students": 1}


def of_category(category: int, richest: int | None = None) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "rule_category": [category],
            "richest_category": [richest or category],
        },
        schema={"rule_category": pl.Int8, "richest_category": pl.Int8},
    )


def verdict(
    service: str, *, category: int = 3, richest: int | None = None, **feature_values
) -> str:
    entitled = programmes.eligibility(family(**feature_values), of_category(category, richest), LAW)
    return entitled[f"verdict_{service}"][0]


def explained(
    service: str, *, category: int = 3, richest: int | None = None, **feature_values
) -> Eligibility:
    table, ruled = family(**feature_values), of_category(category, richest)
    entitled = programmes.eligibility(table, ruled, LAW)
    facts = table.row(0, named=True) | entitled.row(0, named=True) | ruled.row(0, named=True)
    [answer] = programmes.of_service(programmes.eligibility_of(facts, LAW), service, LAW)
    return answer


def codes_of(answer: Eligibility) -> list[str]:
    return [reason.code for reason in answer.reasons]


# ── the conditions of each programme, on both sides ──

# name: service, what is told of the family beside the ordinary one, verdict
CASES = {
    "one dwelling of their own": ("housing_aid", {}, ELIGIBLE),
    "two halves of one flat, or of two: a person looks": (
        "housing_aid",
        {"dwellings": 2, "dwelling_shares": 1_000_000},
        REVIEW,
    ),
    "more than one whole dwelling": (
        "housing_aid",
        {"dwellings": 2, "dwelling_shares": 1_000_001},
        NOT_ELIGIBLE,
    ),
    "a tenant may be one of the akimat": ("housing_aid", {"rents_home": True}, REVIEW),
    "a large family that rents and owns nothing": (
        "rent_subsidy",
        {
            "rents_home": True,
            "dwellings": 0,
            "children": 4,
            "children_and_students": 4,
            "income_per_member": 50_851,
        },
        ELIGIBLE,
    ),
    "a tenge above the minimum: nobody is refused by the weak source": (
        "rent_subsidy",
        {
            "rents_home": True,
            "dwellings": 0,
            "children": 4,
            "children_and_students": 4,
            "income_per_member": 50_852,
        },
        REVIEW,
    ),
    "three children are not many": (
        "rent_subsidy",
        {
            "rents_home": True,
            "dwellings": 0,
            "children": 3,
            "children_and_students": 3,
            "income_per_member": 0,
        },
        REVIEW,
    ),
    "who does not rent asks for no rent subsidy": (
        "rent_subsidy",
        {"children": 4, "children_and_students": 4, "dwellings": 0, "income_per_member": 0},
        NOT_ELIGIBLE,
    ),
    "a child with a disability is taught at home": (
        "home_teaching",
        {"children_with_disability": 1, "children_taught_at_home": 1},
        ELIGIBLE,
    ),
    "a child with a disability goes to school": (
        "home_teaching",
        {"children_with_disability": 1},
        NOT_ELIGIBLE,
    ),
    "where the child is taught was not told": (
        "home_teaching",
        {"children_with_disability": 1, "children_taught_at_home": None},
        REVIEW,
    ),
    "no child has a disability, wherever it is taught": (
        "home_teaching",
        {"children_taught_at_home": None},
        NOT_ELIGIBLE,
    ),
    "a pupil in a family a tenge below the minimum": (
        "school_meals",
        {**PUPILS, "income_per_member": 50_850},
        ELIGIBLE,
    ),
    "a pupil in a family exactly on the minimum: the school may still admit it": (
        "school_meals",
        {**PUPILS, "income_per_member": 50_851},
        REVIEW,
    ),
    "a pupil in a family that receives targeted assistance": (
        "school_meals",
        {**PUPILS, "targeted_assistance_quarter": 1},
        ELIGIBLE,
    ),
    "a first-former of six": ("school_meals", {"pupils": 1, "income_per_member": 0}, ELIGIBLE),
    "somebody is enrolled, it is not told where": (
        "school_meals",
        {"pupils": None, "income_per_member": 0},
        REVIEW,
    ),
    "a family without pupils": ("school_meals", {"income_per_member": 0}, NOT_ELIGIBLE),
    "an orphan among the pupils may go to camp": (
        "summer_camp",
        {**PUPILS, "children_under_guardianship": 1},
        ELIGIBLE,
    ),
    "a college student": ("dormitory_place", {"college_students": 1}, ELIGIBLE),
    "a university student": ("dormitory_place", {"university_students": 1}, ELIGIBLE),
    "nobody studies": ("dormitory_place", {}, NOT_ELIGIBLE),
    "of meals for students a person knows more than the registers": (
        "student_meals",
        {"university_students": 1},
        REVIEW,
    ),
    "a disability leads to a sanatorium": ("sanatorium", {"members_with_disability": 1}, ELIGIBLE),
    "assumed conditions refuse nobody": ("sanatorium", {}, REVIEW),
    "a child may do sport": ("sport_section", {}, ELIGIBLE),
    "without a child there is nobody to do sport": (
        "sport_section",
        {"children": 0, "children_and_students": 0},
        NOT_ELIGIBLE,
    ),
}


@pytest.mark.parametrize(("service", "feature_values", "expected"), CASES.values(), ids=CASES)
def test_the_conditions_of_a_programme(service, feature_values, expected):
    assert verdict(service, **feature_values) == expected


def test_every_programme_has_a_family_that_may_receive_it():
    may = {service for service, _, expected in CASES.values() if expected == ELIGIBLE}
    assert may == set(CODES) - {"student_meals"}
    assert (
        verdict("student_meals", university_students=1, children_under_guardianship=1) == ELIGIBLE
    )


def test_home_teaching_begins_on_its_day():
    eve = Law(date(2025, 8, 31))
    assert "home_teaching" not in {p.code for p in programmes.in_force(eve)}
    assert "home_teaching" in {p.code for p in programmes.in_force(Law(date(2025, 9, 1)))}
    with pytest.raises(NoSuchProgramme, match="begins on 2025-09-01"):
        programmes.programme("home_teaching", eve)


def test_before_the_pilot_there_are_no_programmes():
    eve = Law(date(2025, 5, 20))
    assert programmes.in_force(eve) == ()
    entitled = programmes.eligibility(family(), of_category(1), eve)
    assert entitled.columns == ["household_id", "eligible_services", "services_in_review"]
    assert entitled["eligible_services"].to_list() == [[]]


# ── the category ──


def test_category_6_is_adverse_so_a_person_decides_after_notice_and_hearing():
    answer = explained("sport_section", category=6)
    assert answer.verdict == REVIEW
    assert codes_of(answer) == ["CATEGORY_NOT_SERVED"]
    assert answer.adverse == Adverse(notice_days=30, hearing=True, support_meanwhile="continued")


def test_in_category_6_what_the_conditions_refuse_stays_refused():
    answer = explained("sport_section", category=6, children=0)
    assert (answer.verdict, answer.adverse) == (NOT_ELIGIBLE, None)


def test_a_category_that_might_be_6_goes_to_a_person():
    answer = explained("sport_section", category=5, richest=6)
    assert (answer.verdict, codes_of(answer)) == (REVIEW, ["CATEGORY_MAY_CHANGE"])
    assert answer.adverse is None


def test_an_open_category_does_not_matter_where_every_outcome_is_served():
    assert verdict("sport_section", category=1, richest=5) == ELIGIBLE


@pytest.mark.parametrize("members", [0, 2])
def test_a_household_without_an_adult_goes_to_a_person(members):
    answer = explained("housing_aid", members=members, adults=0)
    assert (answer.verdict, codes_of(answer)) == (REVIEW, ["NOBODY_TO_SERVE"])


def test_running_support_goes_on_until_notice_has_run_out_and_the_family_was_heard():
    notice_day = date(2026, 1, 10)
    assert programmes.support_may_end(LAW, noticed=None, heard=None) is None
    assert programmes.support_may_end(LAW, noticed=None, heard=notice_day) is None
    assert programmes.support_may_end(LAW, noticed=notice_day, heard=None) is None
    after = programmes.support_may_end(
        LAW, noticed=notice_day, heard=notice_day + timedelta(days=5)
    )
    assert after == date(2026, 2, 9)  # 30 days after 10 January
    late = programmes.support_may_end(LAW, noticed=notice_day, heard=date(2026, 3, 1))
    assert late == date(2026, 3, 1)


def test_a_policy_without_a_hearing_still_waits_for_the_notice(tmp_path):
    folder = amended(
        tmp_path,
        "decision_policy.yaml",
        lambda c: c["editions"][-1]["category_6"].update(hearing=False, notice_days=3),
    )
    law = Law(DAY, folder)
    assert programmes.support_may_end(law, noticed=DAY, heard=None) == date(2026, 1, 4)
    assert programmes.support_may_end(law, noticed=None, heard=None) is None


def test_no_policy_on_file_can_stop_support_meanwhile(tmp_path):
    folder = amended(
        tmp_path,
        "decision_policy.yaml",
        lambda c: c["editions"][-1]["category_6"].update(support_meanwhile="stopped"),
    )
    with pytest.raises(DeclarationError, match="support_meanwhile"):
        _ = Law(DAY, folder).policy


# ── what is told ──


def test_eligibility_is_told_with_the_conditions_that_are_met():
    answer = explained("school_meals", **PUPILS, income_per_member=0)
    assert codes_of(answer) == ["PUPIL", "INCOME_BELOW_A_MINIMUM"]
    assert answer.reasons[1].source.number == "64"
    assert all(astuple(answer.remains))


def test_a_refusal_is_told_with_the_conditions_that_are_not_met_alone():
    answer = explained("rent_subsidy", dwellings=0, income_per_member=0)
    assert codes_of(answer) == ["RENTS"]


def test_a_review_is_told_with_what_is_not_known():
    answer = explained("home_teaching", children_with_disability=1, children_taught_at_home=None)
    assert codes_of(answer) == ["TAUGHT_AT_HOME"]


def test_asked_for_no_service_all_are_told_sorted_by_code():
    table, ruled = family(), of_category(4)
    entitled = programmes.eligibility(table, ruled, LAW)
    facts = table.row(0, named=True) | entitled.row(0, named=True) | ruled.row(0, named=True)
    answers = programmes.eligibility_of(facts, LAW)
    assert [t.service for t in answers] == sorted(CODES) == CODES
    lists = {
        ELIGIBLE: entitled["eligible_services"][0].to_list(),
        REVIEW: entitled["services_in_review"][0].to_list(),
    }
    for expected, codes in lists.items():
        assert [t.service for t in answers if t.verdict == expected] == codes


# ── what must always hold ──

VALUES = {
    pl.Boolean(): st.booleans(),
    pl.Int64(): st.sampled_from((0, 1, 2, 4, 50_850, 50_851, 50_852, 1_000_000, 1_000_001)),
    pl.Float64(): st.sampled_from((0.0, 0.5, 1.0)),
}
FACTS = st.fixed_dictionaries({name: VALUES[FEATURES[name].dtype] for name in READ})
BLANKS = st.sets(st.sampled_from(READ))
CATEGORY = st.integers(1, 6)
ORDER = programmes.VERDICTS.categories.to_list()


def verdicts(families: list[dict], poorest: list[int], richest: list[int]) -> list[dict]:
    ruled = pl.DataFrame({"rule_category": poorest, "richest_category": richest})
    entitled = programmes.eligibility(features(*families), ruled, LAW)
    return entitled.select(f"verdict_{code}" for code in CODES).to_dicts()


def many(*parts: st.SearchStrategy) -> st.SearchStrategy:
    """Several families at a time: an example costs a frame, not a family."""
    return st.lists(st.tuples(*parts), min_size=5, max_size=15)


@drawn(6, 20, many(FACTS, BLANKS, CATEGORY, CATEGORY))
def test_an_unknown_never_refuses_and_never_grants(families):
    category = [c for _, _, c, _ in families]
    richest = [max(c, r) for _, _, c, r in families]
    known = verdicts([facts for facts, *_ in families], category, richest)
    blanked = [facts | dict.fromkeys(blank) for facts, blank, *_ in families]
    for before, after in zip(known, verdicts(blanked, category, richest), strict=True):
        assert all(after[service] in (REVIEW, before[service]) for service in before)


@drawn(6, 20, many(FACTS, BLANKS, CATEGORY, CATEGORY))
def test_a_poorer_category_never_loses_eligibility(families):
    facts = [facts | dict.fromkeys(blank) for facts, blank, *_ in families]
    poorer, richer = ([of(c, r) for *_, c, r in families] for of in (min, max))
    better = verdicts(facts, poorer, poorer)
    for one, other in zip(better, verdicts(facts, richer, richer), strict=True):
        assert all(ORDER.index(one[s]) >= ORDER.index(other[s]) for s in one)


@drawn(6, 20, many(FACTS, BLANKS, CATEGORY, CATEGORY))
def test_the_category_alone_refuses_nobody(families):
    facts = [facts | dict.fromkeys(blank) for facts, blank, *_ in families]
    poorest = [1] * len(facts)
    served = verdicts(facts, poorest, poorest)
    by_category = verdicts(
        facts, [min(c, r) for *_, c, r in families], [max(c, r) for *_, c, r in families]
    )
    for before, after in zip(served, by_category, strict=True):
        assert all((after[s] == NOT_ELIGIBLE) == (before[s] == NOT_ELIGIBLE) for s in before)


@drawn(6, 20, many(FACTS, BLANKS))
def test_one_family_in_python_answers_as_the_expressions_do(families):
    feature_values = [feature_values | dict.fromkeys(blank) for feature_values, blank in families]
    table = features(*feature_values)
    used = {c.code: c for p in programmes.in_force(LAW) for g in p.requires for c in g}
    answered = table.with_columns(c.met().alias(code) for code, c in used.items()).to_dicts()
    for facts in answered:
        assert {code: facts[code] for code in used} == {
            code: c.met_by(facts) for code, c in used.items()
        }


def test_where_nothing_is_known_every_programme_goes_to_a_person():
    [by_service] = verdicts([dict.fromkeys(READ)], [3], [3])
    assert set(by_service.values()) == {REVIEW}


def test_the_company_and_the_order_of_families_do_not_matter():
    families = [dict(case[1]) for case in CASES.values()]
    ruled = rule_category(features(*families), LAW)
    together = programmes.eligibility(features(*families), ruled, LAW).drop("household_id")
    backwards = programmes.eligibility(features(*families[::-1]), ruled[::-1], LAW)
    assert together.equals(backwards.drop("household_id")[::-1])


TWO_FAMILIES = {
    "households": register(
        "households",
        "household_id | region | settlement | tenure\n 1 | 35 | urban | owned\n 2 | 35 | urban | rented",
    ),
    "persons": register(
        "persons",
        """
        person_id | household_id | birth_date | sex | activity | enrolled | study
        11        | 1            | 1980-01-01 | f   | employee | no       |
        12        | 1            | 2015-01-01 | f   | child    | yes      | school
        21        | 2            | 1980-01-01 | f   | employee | no       |
        """,
    ),
    "incomes": register(
        "incomes",
        """
        household_id | person_id | month      | source | amount
        1            | 11        | 2025-12-01 | wage   | 30000
        2            | 21        | 2025-12-01 | wage   | 900000
        """,
    ),
}


class Swapped:
    """A model that says of both families whatever was drawn."""

    version = "9"
    manifest: Mapping[str, str] = {}
    follow_up_bars = ReviewBars({35: 0.0})
    flag_evidence = FlagEvidence()

    def __init__(self, opinions: list[dict]) -> None:
        self.opinions = opinions

    def look(self, features, law, silent):
        return "what it saw"

    def opinion(self, shown, features, law, silent):
        schema = {name: SCORE_SCHEMA[name] for name in MODEL_OUTPUTS}
        schema["within_capacity"] = pl.Boolean()
        opinions = pl.DataFrame(self.opinions, schema=schema)
        return pl.concat([features.select("household_id"), opinions], how="horizontal")


AMOUNTS = st.sampled_from((0, 1, 60_000, 5_000_000))
OPINION = st.fixed_dictionaries(
    {
        "model_category": st.none() | CATEGORY,
        "model_category_set": st.none() | st.lists(CATEGORY, min_size=1, max_size=6),
        "hidden_income_probability": st.none() | st.floats(0, 1),
        "model_flag": st.none() | st.booleans(),
        "hidden_income_low": AMOUNTS,
        "hidden_income_estimate": AMOUNTS,
        "hidden_income_high": AMOUNTS,
        "within_capacity": st.none() | st.booleans(),
    }
)


@cache
def without_a_model() -> pipeline.Decisions:
    return pipeline.decide(TWO_FAMILIES, None, LAW)


@drawn(10, 20, OPINION, OPINION)
def test_whatever_a_model_says_eligibility_and_offers_stay_byte_equal(one, other):
    alone = without_a_model()
    beside = pipeline.decide(TWO_FAMILIES, cast(Any, Swapped([one, other])), LAW)
    lists = ["eligible_services", "services_in_review"]
    assert beside.table.select(lists).equals(alone.table.select(lists))
    assert beside.eligibility.equals(alone.eligibility)
    for row in range(2):
        with_model, without = beside.answer(row), alone.answer(row)
        for part in ("eligibility", "offers"):
            assert encode(getattr(with_model, part)) == encode(getattr(without, part))


# ── what cannot be decided ──

NAMED = [
    (group, code)
    for group, excluded in LAW.programmes["out_of_scope"].items()
    for code in excluded["named"]
]


@pytest.mark.parametrize(("group", "code"), NAMED)
def test_what_is_out_of_scope_can_be_asked_of_nobody_and_the_error_says_why(group, code):
    why = LAW.programmes["out_of_scope"][group]["why"]["en"]
    for ask in (
        lambda: programmes.programme(code, LAW),
        lambda: programmes.of_service((), code, LAW),
    ):
        with pytest.raises(NoSuchProgramme, match="out of scope") as refused:
            ask()
        assert why in str(refused.value)
    assert f"verdict_{code}" not in programmes.eligibility(family(), of_category(6), LAW).columns


def test_the_guard_list_names_what_sources_name_and_counts_the_rest():
    out_of_scope = LAW.programmes["out_of_scope"]
    assert {name: (g["count"], len(g["named"])) for name, g in out_of_scope.items()} == {
        "republican_benefits": (41, 9),
        "targeted_assistance": (1, 1),
        "insurance_payments": (5, 5),
    }


def test_a_programme_that_is_out_of_scope_cannot_be_declared(tmp_path):
    def declared(content):
        content["programmes"]["disability_benefit"] = content["programmes"]["sanatorium"]

    folder = amended(tmp_path, "programmes.yaml", declared)
    with pytest.raises(DeclarationError, match="disability_benefit is out of scope"):
        programmes.in_force(Law(DAY, folder))


@drawn(50, 500, st.text(min_size=1, max_size=80))
def test_nothing_but_a_listed_code_can_be_decided_and_the_text_is_not_repeated(text):
    if text in CODES:
        return
    with pytest.raises(NoSuchProgramme) as refused:
        programmes.programme(text, LAW)
    if len(text) > 20 and text not in {code for _, code in NAMED}:
        assert text not in str(refused.value)


def test_a_misspelt_code_is_told_what_was_probably_meant():
    with pytest.raises(NoSuchProgramme, match="did you mean housing_aid"):
        programmes.programme("Housing-Aid", LAW)


# ── the file ──


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda c: c["programmes"]["sanatorium"].update(nmae=1), "nmae"),
        (lambda c: c["programmes"]["sanatorium"]["editions"][0].update(categories=[7]), "maximum"),
        (lambda c: c["programmes"]["sanatorium"]["editions"][0].pop("doubt"), "'doubt'"),
        (lambda c: c["conditions"]["CHILD"]["name"].pop("kk"), "'kk' is a required property"),
        (lambda c: c["conditions"]["CHILD"]["source"].update(act="code-1900"), "code-1900"),
        (
            lambda c: c["conditions"]["CHILD"].update(feature="childern"),
            "'childern' is no declared",
        ),
        (lambda c: c["conditions"]["CHILD"].update(above=1), "one comparison"),
        (lambda c: c["conditions"]["CHILD"].pop("from"), "one comparison"),
        (lambda c: c["conditions"]["LOCAL_RULES"].update(at_most=1), "one comparison"),
        (lambda c: c["conditions"]["CHILD"].update(feature="rents_home"), "yes or no"),
        (
            lambda c: c["programmes"]["sport_section"]["editions"][0].update(requires=["CHLID"]),
            "CHLID is declared under no `conditions`",
        ),
        (
            lambda c: c["programmes"]["sport_section"]["editions"][0].update(requires=[]),
            "asks nothing of anybody",
        ),
        (
            lambda c: c["programmes"]["sanatorium"]["editions"].append(
                c["programmes"]["sanatorium"]["editions"][0]
            ),
            "oldest first",
        ),
    ],
)
def test_a_faulty_file_is_refused_with_the_place_of_the_fault(tmp_path, change, says):
    folder = amended(tmp_path, "programmes.yaml", change)
    with pytest.raises(DeclarationError, match=says):
        programmes.in_force(Law(DAY, folder))


def test_a_programme_closed_from_a_day_is_not_in_force_any_more(tmp_path):
    def closed(content):
        editions = content["programmes"]["sport_section"]["editions"]
        editions.append(editions[0] | {"since": DAY, "categories": []})

    folder = amended(tmp_path, "programmes.yaml", closed)
    assert "sport_section" in {p.code for p in programmes.in_force(Law(date(2025, 12, 31), folder))}
    assert "sport_section" not in {p.code for p in programmes.in_force(Law(DAY, folder))}
    with pytest.raises(NoSuchProgramme, match="closed"):
        programmes.programme("sport_section", Law(DAY, folder))


def test_the_bounds_follow_the_law_of_the_day():
    bound = {
        day: next(
            c.bound.value
            for c in conditions.compiled(
                "programmes.yaml", LAW.programmes["conditions"], Law(day)
            ).values()
            if c.code == "INCOME_BELOW_A_MINIMUM"
        )
        for day in (date(2025, 12, 31), DAY)
    }
    assert bound == {date(2025, 12, 31): 46_228, DAY: 50_851}


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("programmes.yaml", lambda c: c["conditions"]["CHILD"].update({"from": 2})),
        (
            "programmes.yaml",
            lambda c: c["programmes"]["sanatorium"]["editions"][0].update(categories=[1]),
        ),
        ("actions.yaml", lambda c: c["actions"]["newborn_kit"].update(categories=[1])),
        (
            "decision_policy.yaml",
            lambda c: c["editions"][-1]["category_6"].update(notice_days=10),
        ),
    ],
)
def test_whatever_may_change_an_answer_changes_the_version_of_the_law(tmp_path, file, change):
    assert Law(DAY, amended(tmp_path, file, change)).version != LAW.version


def test_the_law_of_the_day_tells_programmes_actions_and_what_is_out_of_scope():
    kinds: dict[str, list[str]] = {}
    for entry in describe(DAY):
        kinds.setdefault(entry["kind"], []).append(entry["name"])
    assert sorted(kinds["programme"]) == CODES
    assert kinds["action"] == list(LAW.actions["actions"])
    assert kinds["out_of_scope"] == list(LAW.programmes["out_of_scope"])


def test_the_published_counts_are_those_of_the_ministry():
    newest = {p["service"]: p for p in read_law().programmes["published"]}
    shares = {s: round(100 * p["category_6"] / p["applications"], 2) for s, p in newest.items()}
    assert shares == {
        "housing_aid": 0.0,
        "rent_subsidy": 38.75,
        "home_teaching": 2.53,
        "school_meals": 0.33,
    }
    november = {
        p["service"]: p["applications"]
        for p in read_law().programmes["published"]
        if p["said"] == date(2025, 11, 12)
    }
    assert november == {
        "housing_aid": 1730,
        "rent_subsidy": 1478,
        "home_teaching": 1255,
        "school_meals": 22382,
    }
    assert november.keys() <= set(CODES)


def test_a_programme_not_yet_begun_is_announced_for_its_first_edition(tmp_path):
    def raised_later(content):
        programme = content["programmes"]["home_teaching"]
        programme["editions"].append(programme["editions"][0] | {"since": date(2027, 1, 1)})

    law = Law(date(2025, 8, 31), amended(tmp_path, "programmes.yaml", raised_later))
    with pytest.raises(NoSuchProgramme, match="begins on 2025-09-01"):
        programmes.programme("home_teaching", law)
