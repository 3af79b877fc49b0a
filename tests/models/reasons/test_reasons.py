"""Every code speaks three languages, quotes what decided, and names what to correct."""

from datetime import date

import polars as pl
import pytest
from msgspec.structs import astuple

from features.catalogue import FEATURES
from features.errors import DeclarationError
from features.registers.declared import REGISTERS
from models.answer import Period
from models.columns import SCORE_SCHEMA
from models.law.files import cited_keys, read_law
from models.law.parameters import Law, parameters
from models.reasons.ranking import AT_MOST, rank
from models.reasons.reasons import reason, say
from models.reasons.wording import HARD_RULE, catalogue, placeholders
from models.rules import red_flags
from models.rules.category import rule_category
from models.rules.scorecard import Scorecard
from models.writing import LANGUAGES
from tests.models.law.lawbook import family, features

DAY = date(2026, 1, 1)
LAW_OF_THE_DAY = Law(DAY)
CARD = Scorecard.in_force(LAW_OF_THE_DAY)
CODES = list(catalogue())
EVERY_CODE = [*CODES, HARD_RULE]
NNBSP, NBSP = "\u202f", "\u00a0"


def ranked(*families):
    ruled = rule_category(features(*families), LAW_OF_THE_DAY)
    return rank(ruled, LAW_OF_THE_DAY).to_list()


def facts_of(**feature_values):
    """One family's features with what the rules say of it, as a decision passes them on."""
    table = family(**feature_values)
    return table.row(0, named=True) | rule_category(table, LAW_OF_THE_DAY).row(0, named=True)


def factors(entry):
    return [part.strip() for expression in entry.facts.values() for part in expression.split("*")]


def test_every_criterion_and_flag_has_a_text():
    by_group = {}
    for entry in catalogue().values():
        by_group.setdefault(entry.group, set()).add(entry.code)
    cards = [Scorecard.named(name, LAW_OF_THE_DAY) for name in LAW_OF_THE_DAY.cards]
    assert by_group["criteria"] == {code for card in cards for code in card.codes}
    assert by_group["red_flags"] == {f.code for f in red_flags.in_force(LAW_OF_THE_DAY)}
    named = {*LAW_OF_THE_DAY.policy.consequences, *Law(date(2025, 12, 31)).policy.consequences}
    assert named - {"RED_FLAG"} <= by_group["reviews"]


@pytest.mark.parametrize("code", CODES)
def test_the_three_languages_quote_the_same_facts_and_quote_them_all(code):
    entry = catalogue()[code]
    for language in LANGUAGES:
        assert placeholders(entry.text[language]) == set(entry.facts)
        assert entry.remedy[language]
    assert len(set(astuple(entry.text))) == 3


def test_kazakh_is_written_in_its_own_letters():
    letters = {c for entry in catalogue().values() for c in entry.text["kk"] + entry.remedy["kk"]}
    assert set("әғқңөұүһі") - letters <= {"һ"}
    for entry in catalogue().values():
        assert set("әғқңөұүі") & set(entry.text["kk"]), entry.code
        assert not set("әғқңөұүі") & set(entry.text["ru"]), entry.code


@pytest.mark.parametrize("code", CODES)
def test_every_quoted_fact_exists(code):
    entry = catalogue()[code]
    of_a_decision = SCORE_SCHEMA.keys() | set(rule_category(family(), LAW_OF_THE_DAY).columns)
    of_a_decision |= {"richest_by_papers"}
    known = {
        "feature": FEATURES.keys(),
        "law": parameters().keys(),
        "decision": of_a_decision,
        "unknown": {"criteria", "papers"},
        "line": {"country"},
    }
    for factor in factors(entry):
        kind, _, name = factor.partition(":")
        assert kind.isdigit() or name in known[kind], factor


@pytest.mark.parametrize("code", CODES)
def test_the_register_to_correct_is_one_that_the_facts_come_from(code):
    entry = catalogue()[code]
    read = {
        register
        for factor in factors(entry)
        if factor.startswith("feature:")
        for register in FEATURES[factor.removeprefix("feature:")].registers
    }
    assert entry.register is None if not read else entry.register in read & REGISTERS.keys()
    assert set(entry.further) <= read


@pytest.mark.parametrize(
    ("card", "code"),
    [
        (name, code)
        for name in LAW_OF_THE_DAY.cards
        for code in Scorecard.named(name, LAW_OF_THE_DAY).codes
    ],
)
def test_a_criterion_quotes_only_what_it_judges_or_what_that_is_made_of(card, code):
    """A letter that quotes other facts than those that decided would not be true."""
    criteria = Scorecard.named(card, LAW_OF_THE_DAY).criteria
    criterion = next(c for c in criteria if c.code == code)
    assert catalogue()[code].register in criterion.registers
    judged = {part.feature for part in criterion.parts}
    allowed = judged | {read for name in judged for read in FEATURES[name].reads}
    quoted = {
        factor.removeprefix("feature:")
        for factor in factors(catalogue()[code])
        if factor.startswith("feature:")
    }
    assert quoted
    assert quoted <= allowed


def test_a_reason_in_full_names_source_facts_register_and_remedy():
    row = family(income_per_member=123_456).row(0, named=True)
    in_full = reason("INCOME_PER_MEMBER", row, LAW_OF_THE_DAY)
    assert list(in_full.as_json()) == [
        "code",
        "basis",
        "source",
        "facts",
        "register",
        "registers",
        "period",
        "text",
        "remedy",
    ]
    assert in_full.as_json()["period"] == {"from": "2025-10-01", "to": "2025-12-31"}
    assert in_full.facts == {"income": 123_456, "minimum": 50_851}
    assert (in_full.basis, in_full.register) == ("assumed", "incomes")
    assert in_full.source.act == "pilot-2025:material"
    assert in_full.source.date == date(2025, 5, 21)
    assert in_full.text["en"] == (
        f"Income per family member is 123{NNBSP}456{NBSP}₸ a month; "
        f"the subsistence minimum is 50{NNBSP}851{NBSP}₸."
    )


@pytest.mark.parametrize(
    ("code", "first", "last"),
    [
        ("DWELLINGS", DAY, DAY),
        ("WAGES", date(2025, 10, 1), date(2025, 12, 31)),
        ("LOAN_BURDEN", date(2025, 10, 1), date(2025, 12, 31)),
        ("CATEGORY_DEPENDS_ON_UNKNOWN", DAY, DAY),
    ],
)
def test_a_reason_says_which_days_its_facts_cover(code, first, last):
    period = reason(code, facts_of(), LAW_OF_THE_DAY).period
    assert period == Period(first=first, last=last)


def test_every_code_can_be_told_of_a_family_and_of_one_that_is_unknown():
    known = family().row(0, named=True) | {"rule_category": 3, "richest_category": 5}
    for row in (known, {}):
        for code in EVERY_CODE:
            in_full = reason(code, row, LAW_OF_THE_DAY)
            assert in_full.basis in ("published", "assumed")
            assert in_full.source.act in cited_keys(read_law().acts)
            assert all("{" not in text and "None" not in text for text in astuple(in_full.text))


def test_only_what_the_state_published_is_called_published():
    published = {c for c in EVERY_CODE if reason(c, {}, LAW_OF_THE_DAY).basis == "published"}
    assert published == {HARD_RULE, "TRANSFERS_LIKE_TRADE", "CLINIC_ATTACHMENT"}


def test_the_hard_rule_quotes_its_bounds_of_the_day():
    in_full = reason(HARD_RULE, {"dwellings": 3}, Law(date(2025, 12, 31)))
    assert in_full.facts["income_bound"] == 184_912
    assert in_full.facts["dwellings_bound"] == 2
    assert f"выше 184{NNBSP}912{NBSP}₸" in in_full.text["ru"]


def test_a_products_facts_are_multiplied_and_unknown_if_one_is():
    in_full = reason("LOANS_ABOVE_TWO_MINIMA", {"members": 3}, LAW_OF_THE_DAY)
    assert in_full.facts == {"lent": None, "bound": 305_106}
    assert reason("LOANS_ABOVE_TWO_MINIMA", {}, LAW_OF_THE_DAY).facts["bound"] is None


@pytest.mark.parametrize(
    ("code", "fact", "value", "written"),
    [
        ("WAGES", "wages", 1_234_567, f"1{NNBSP}234{NNBSP}567{NBSP}₸"),
        ("WAGES", "wages", 0, f"0{NBSP}₸"),
        ("WAGES", "wages", None, "неизвестно"),
        ("LIVING_AREA", "area", 1596, f"15,96{NBSP}м²"),
        ("LIVING_AREA", "area", 1800, f"18{NBSP}м²"),
        ("LIVING_AREA", "area", 1805, f"18,05{NBSP}м²"),
        ("TENURE", "rents", True, "да"),
        ("TENURE", "rents", False, "нет"),
        ("ADULT_EDUCATION", "level", 4, "высшее"),
        ("LIVESTOCK", "herd", 1250, "12,5"),
        ("DWELLINGS", "dwellings", 2, "2"),
    ],
)
def test_facts_are_written_for_people(code, fact, value, written):
    assert f"{written}" in say(code, {fact: value}, "ru", LAW_OF_THE_DAY)


def test_english_has_a_point_where_kazakh_and_russian_have_a_comma():
    assert f"15.96{NBSP}m²" in say("LIVING_AREA", {"area": 1596}, "en", LAW_OF_THE_DAY)
    assert f"15,96{NBSP}м²" in say("LIVING_AREA", {"area": 1596}, "kk", LAW_OF_THE_DAY)


def test_of_no_income_nothing_is_said_to_be_paid_by_the_state():
    """By convention the share of benefits is then 1: quoted, it would be untrue."""
    poor = facts_of(income_quarter=0, benefits_quarter=0)
    in_full = reason("PENSIONS_AND_BENEFITS", poor, LAW_OF_THE_DAY)
    assert in_full.facts == {"income": 0, "benefits": 0}
    assert "%" not in "".join(astuple(in_full.text))


def test_a_loan_burden_quotes_payments_and_income_and_no_share_by_convention():
    row = facts_of(loan_payments_month=40_000, counted_income_quarter=0, payment_burden=1.0)
    in_full = reason("LOAN_BURDEN", row, LAW_OF_THE_DAY)
    assert in_full.facts == {"payments": 120_000, "income": 0}
    assert f"120{NNBSP}000{NBSP}₸" in in_full.text["kk"]


def test_what_is_not_known_is_named_and_nothing_else_is():
    row = facts_of(deposits_balance=None, livestock_units=None)
    in_full = reason("CATEGORY_DEPENDS_ON_UNKNOWN", row, LAW_OF_THE_DAY)
    assert in_full.facts["unknown"] == ["LIVESTOCK", "DEPOSITS"]
    names = {c.code: c.name for c in CARD.criteria}
    for language in LANGUAGES:
        both = f"({names['LIVESTOCK'][language]}; {names['DEPOSITS'][language]})"
        assert both in in_full.text[language]


@pytest.mark.parametrize(("dwellings", "named"), [(2, ["BUSINESS"]), (1, [])])
def test_a_business_not_known_is_named_only_where_the_hard_rule_hangs_on_it(dwellings, named):
    """No criterion counts businesses, so the points alone would name nothing."""
    row = facts_of(
        dwellings=dwellings, vehicles=2, income_per_member=500_000, active_businesses=None
    )
    in_full = reason("CATEGORY_DEPENDS_ON_UNKNOWN", row, LAW_OF_THE_DAY)
    assert in_full.facts["unknown"] == named
    assert ("Registered business" in in_full.text["en"]) == bool(named)


def test_dependants_are_corrected_as_a_family_and_nobody_is_sent_to_register_without_need():
    remedy = {code: entry.remedy for code, entry in catalogue().items()}
    assert remedy["DEPENDENCY"] == remedy["FAMILY_STATUS"]
    assert remedy["WORK"]["en"].startswith("If the data are wrong")
    assert "If somebody has lost work" in remedy["WORK"]["en"]


def test_a_code_without_a_text_is_refused():
    with pytest.raises(DeclarationError, match="RICH_AUNT"):
        say("RICH_AUNT", {}, "en", LAW_OF_THE_DAY)


def test_poor_families_hear_what_is_missing_and_others_what_is_there():
    poor = {
        "income_per_member": 0,
        "wage_per_member": 0,
        "income_besides_benefits_per_member": 0,
        "working_members": 0,
        "work_intensity": 0.0,
        "dependency_ratio": 1.0,
        "dependants": 3,
    }
    by_family = ranked(poor, {})
    # shortfalls: income 110, dependency 12, work 12, education 10 · points: 41, 12, 12, 8
    assert by_family[0] == ["INCOME_PER_MEMBER", "DEPENDENCY", "WORK", "ADULT_EDUCATION"]
    assert by_family[1] == ["INCOME_PER_MEMBER", "DEPENDENCY", "WORK", "FAMILY_STATUS"]


@pytest.mark.parametrize(("category", "first"), [(3, "DEPENDENCY"), (4, "INCOME_PER_MEMBER")])
def test_up_to_category_3_the_shortfall_weighs_and_from_4_the_points(category, first):
    # income: all 110 points, nothing missing · dependency: none of its 12
    table = family(income_per_member=900_000, dependency_ratio=1.0)
    ruled = rule_category(table, LAW_OF_THE_DAY).with_columns(
        rule_category=pl.lit(category, pl.Int8), hard_rule_met=pl.lit(value=False)
    )
    assert rank(ruled, LAW_OF_THE_DAY).to_list()[0][0] == first


def test_the_hard_rule_is_the_only_ground_where_it_decides_and_none_elsewhere():
    rich = {"dwellings": 2, "vehicles": 2, "active_businesses": 1, "income_per_member": 500_000}
    met, missed = ranked(rich, rich | {"active_businesses": 0})
    assert met == [HARD_RULE]
    assert len(missed) == AT_MOST
    assert set(missed) <= set(CARD.codes)


def test_a_red_flag_is_no_reason_of_a_category_for_it_changes_none():
    flagged = {"cars": 5, "loan_payments_month": 900_000, "transfer_senders": 500}
    raised = red_flags.red_flags(features(flagged), LAW_OF_THE_DAY)["raised_flags"].to_list()[0]
    assert raised
    assert set(ranked(flagged)[0]) <= set(CARD.codes)


def test_at_most_four_reasons_and_none_that_is_unknown():
    unknown = dict.fromkeys(FEATURES)
    by_family = ranked({}, unknown | {"dwellings": 0}, unknown | {"dwellings": 3}, unknown)
    assert [len(codes) for codes in by_family] == [AT_MOST, 1, 0, 0]
    assert by_family[1] == ["DWELLINGS"]  # with three dwellings nothing is missing there


def test_equal_weights_stand_in_the_order_of_the_card():
    nothing = {
        "income_per_member": 0,
        "wage_per_member": 0,
        "adult_education": 5,
        "work_intensity": 0.0,
        "adults_without_work": 3,
        "dependency_ratio": 1.0,
        "income_besides_benefits_per_member": 0,
    }
    codes = ranked(nothing)[0]
    weights = [next(c.most for c in CARD.criteria if c.code == code) for code in codes]
    assert weights == sorted(weights, reverse=True)
    assert (codes[1], codes[2]) == ("DEPENDENCY", "WORK")  # 12 points missing of each


def test_reasons_of_a_family_do_not_depend_on_its_company():
    families = [{}, {"income_per_member": 0}, {"dwellings": None}, {"income_per_member": 900_000}]
    assert ranked(*families) == [ranked(one)[0] for one in families]


def test_no_families_have_no_reasons():
    assert ranked() == []


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("kk", "23 жасқа толғанға дейін оқитын балалар саналады, отбасында олардың саны: 3"),
        ("ru", "считаются дети до 18 лет, а если учатся — до 23, в семье их: 3"),
        ("en", "children count until they are 18, or 23 while they study: in this family 3"),
    ],
)
def test_the_flag_for_cars_tells_of_the_students_whom_its_rule_counts(language, words):
    """Two children and a student of twenty: three, and a family is large with four."""
    facts = {"cars": 2, "children": 2, "students_under_23": 1, "children_and_students": 3}
    flag = reason("MORE_THAN_ONE_CAR", facts, LAW_OF_THE_DAY)
    assert words in flag.text[language]
    assert flag.facts["large"] == 4
