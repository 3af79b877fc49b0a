"""What the law's files compare is what a reason tells, whichever edition or folder it is."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import astuple

from features.catalogue import FEATURES
from features.errors import DeclarationError
from models.answer import Period
from models.law.parameters import Law
from models.reasons.ranking import rank
from models.reasons.reasons import reason
from models.reasons.wording import HARD_RULE, catalogue
from models.rules import red_flags
from models.rules.category import HardRule, rule_category
from models.rules.readings import questions
from models.rules.scorecard import Scorecard
from models.writing import LANGUAGES, written
from tests.models.law.lawbook import amended, features

FIRST = date(2025, 11, 2)
"""The bureau's minimum of November is on file, so every answer has its price."""
ANSWERS = [
    (question.condition, name, answer)
    for question in questions(Law(FIRST))
    for name, answer in question.answers.items()
]
MET = {
    "dwellings": 3,
    "dwellings_of_half_share": 4,
    "dwelling_shares": 2_500_000,
    "vehicles": 5,
    "vehicles_of_any_status": 6,
    "vehicles_not_old": 7,
    "active_businesses": 8,
    "trading_businesses": 9,
    "active_companies": 11,
    "income_per_member": 901_000,
    "income_per_member_last_month": 902_000,
    "income_per_member_half_year": 903_000,
    "income_per_member_year": 904_000,
}
"""A family in category 6 by every answer; no two of its facts are written alike."""
COVERED = {
    "income_per_member": (date(2025, 8, 1), date(2025, 10, 31)),
    "income_per_member_last_month": (date(2025, 10, 1), date(2025, 10, 31)),
    "income_per_member_half_year": (date(2025, 5, 1), date(2025, 10, 31)),
    "income_per_member_year": (date(2024, 11, 1), date(2025, 10, 31)),
}
"""The complete months before a decision of November 2025 that each window holds."""


def day_of(number: int) -> date:
    return FIRST + timedelta(days=number)


@pytest.fixture(scope="module")
def amended_daily(tmp_path_factory):
    """A law whose rule takes another answer to one of its questions on every day of a month."""

    def change(content):
        first = content["editions"][0]
        for number, (code, _, answer) in enumerate(ANSWERS):
            conditions = [c | answer if c["code"] == code else c for c in first["conditions"]]
            content["editions"].append(first | {"since": day_of(number), "conditions": conditions})

    return amended(tmp_path_factory.mktemp("daily"), "hard_rule.yaml", change)


def of_the_rule(law, **facts):
    """What the rule's reason says of a family with these facts."""
    table = features(facts)
    ruled = rule_category(table, law)
    row = table.row(0, named=True) | ruled.row(0, named=True)
    assert row["hard_rule_met"]
    assert rank(ruled, law).to_list()[0][0] == HARD_RULE
    return reason(HARD_RULE, row, law)


@pytest.mark.parametrize("number", range(len(ANSWERS)), ids=[name for _, name, _ in ANSWERS])
def test_every_answer_is_told_by_the_feature_and_the_bound_that_it_compares(amended_daily, number):
    law = Law(day_of(number), amended_daily)
    spoken = of_the_rule(law, **MET)
    conditions = HardRule.in_force(law).conditions
    compared = {c.feature: c.bound.value for c in conditions}
    assert sorted(spoken.facts.values()) == sorted(
        [*(MET[feature] for feature in compared), *compared.values()]
    )
    for language in LANGUAGES:
        for feature in MET:
            value = f": {written(MET[feature], FEATURES[feature].unit, language)} ("
            assert (value in spoken.text[language]) == (feature in compared), feature
        for feature, bound in compared.items():
            assert written(bound, FEATURES[feature].unit, language) in spoken.text[language]
    [income] = compared.keys() & COVERED.keys()
    first, last = COVERED[income]
    assert spoken.period == Period(first=first, last=last)


def test_each_answer_has_words_of_its_own(amended_daily):
    texts = {
        language: {
            of_the_rule(Law(day_of(n), amended_daily), **MET).text[language]
            for n, (_, _, answer) in enumerate(ANSWERS)
            if "feature" in answer
        }
        for language in LANGUAGES
    }
    read = {answer["feature"] for _, _, answer in ANSWERS if "feature" in answer}
    in_force = {c.feature for c in HardRule.in_force(Law(FIRST)).conditions}
    assert {len(t) for t in texts.values()} == {len(read - in_force) + 1}


def test_income_of_a_year_is_not_told_as_income_of_three_months(tmp_path):
    """A thousand tenge a month for three months, after a rich nine: the year decides."""
    law = Law(
        FIRST,
        amended(
            tmp_path,
            "hard_rule.yaml",
            lambda c: c["editions"][0]["conditions"][3].update(feature="income_per_member_year"),
        ),
    )
    text = of_the_rule(law, **MET | {"income_per_member": 1_000}).text
    for language in LANGUAGES:
        assert written(1_000, FEATURES["income_per_member"].unit, language) not in text[language]
    assert "a month, the mean of twelve months: 904" in text["en"]
    assert "в среднем за двенадцать месяцев: 904" in text["ru"]


def of_some(tmp_path, combinator, k=None):
    def change(content):
        content["editions"][0].update(combinator=combinator, k=k)

    return Law(FIRST, amended(tmp_path, "hard_rule.yaml", change))


def test_where_some_conditions_are_enough_only_those_that_are_met_are_told(tmp_path):
    law = of_some(tmp_path, "k_of_n", 2)
    poor = {"dwellings": 0, "vehicles": 2, "active_businesses": None, "income_per_member": 901_000}
    spoken = of_the_rule(law, **poor)
    assert spoken.facts.keys() == {"vehicles", "vehicles_bound", "income", "income_bound"}
    assert spoken.registers == ("vehicles", "incomes")
    assert spoken.text["en"].startswith(
        "Of the 4 conditions of category 6 it is enough to meet 2; these are met. "
        "Vehicles: 2 (condition: 2 or more); income per member a month: 901"
    )
    assert spoken.text["ru"].startswith("Из условий категории 6 (всего 4) достаточно 2;")


def test_where_any_condition_is_enough_the_period_is_that_of_the_one_that_is_met(tmp_path):
    law = of_some(tmp_path, "any")
    spoken = of_the_rule(law, dwellings=2, vehicles=0, active_businesses=0, income_per_member=0)
    assert spoken.facts == {"dwellings": 2, "dwellings_bound": 2}
    assert spoken.period == Period(first=FIRST, last=FIRST)


def with_a_herd(tmp_path, **condition):
    """The law with a condition that no folder of ours has."""
    herd = {"code": "HERD", "feature": "livestock_units", "from": 5_000} | condition

    def change(content):
        content["editions"][0]["conditions"].append(herd)

    return Law(FIRST, amended(tmp_path, "hard_rule.yaml", change))


def test_a_condition_of_another_code_is_told_like_every_other(tmp_path):
    spoken = of_the_rule(with_a_herd(tmp_path), **MET, livestock_units=6_050)
    assert spoken.facts["herd"] == 6_050
    assert "; livestock, counted as head of cattle: 60.5 (50 or more)." in spoken.text["en"]
    assert spoken.registers[-1] == "livestock"
    remedy = spoken.remedy["en"]
    assert "herd" in remedy
    assert "dwellings, vehicles, business or income" not in remedy


@pytest.mark.parametrize(
    ("condition", "name"),
    [
        ({}, "Livestock"),  # the card has a criterion that counts it
        ({"code": "MILL", "feature": "commercial_properties", "from": 1}, "Commercial premises"),
    ],
)
def test_a_condition_of_another_code_that_is_not_known_is_named(tmp_path, condition, name):
    law = with_a_herd(tmp_path, **condition)
    table = features(MET | {condition.get("feature", "livestock_units"): None})
    row = table.row(0, named=True) | rule_category(table, law).row(0, named=True)
    assert row["hard_rule_met"] is None
    spoken = reason("CATEGORY_DEPENDS_ON_UNKNOWN", row, law)
    assert spoken.facts["unknown"] == [condition.get("code", "LIVESTOCK")]
    assert f"({name})" in spoken.text["en"]


def test_income_of_a_year_that_is_not_known_is_named(amended_daily):
    number = next(n for n, (_, name, _) in enumerate(ANSWERS) if name == "year")
    law = Law(day_of(number), amended_daily)
    table = features(MET | {"income_per_member_year": None})
    row = table.row(0, named=True) | rule_category(table, law).row(0, named=True)
    spoken = reason("CATEGORY_DEPENDS_ON_UNKNOWN", row, law)
    assert spoken.facts["unknown"] == ["INCOME"]
    assert "(Доход на члена семьи в месяц, в среднем за двенадцать месяцев)" in spoken.text["ru"]


def test_a_rule_that_no_letter_could_tell_decides_nothing(tmp_path):
    law = with_a_herd(tmp_path, code="WEALTH", feature="property_value", **{"from": 1_000_000})
    ruled = rule_category(features(MET), law)
    with pytest.raises(DeclarationError, match=r"WEALTH: .* no words for 'property_value'"):
        rank(ruled, law)


def with_criterion(tmp_path, of, part, **change):
    """The law with other features under a code of the card that decides, or another code."""

    def changed(content):
        [criterion] = [c for c in content["criteria"] if c["code"] == of]
        criterion.update(parts=[part], **change)

    return Law(FIRST, amended(tmp_path, "scorecards/pilot_2025.yaml", changed))


YEAR = {
    "feature": "income_per_member_year",
    "unit": "subsistence_minimum",
    "steps": [{"points": 0}, {"from": 1, "points": 110}],
}


@pytest.mark.parametrize("code", ["INCOME_PER_MEMBER", "INCOME_OF_A_YEAR"])
def test_a_criterion_that_judges_another_feature_is_told_by_its_own_name(tmp_path, code):
    law = with_criterion(tmp_path, "INCOME_PER_MEMBER", YEAR, code=code)
    spoken = reason(code, {"income_per_member": 1_000, "income_per_member_year": 904_000}, law)
    [criterion] = [c for c in Scorecard.in_force(law).criteria if c.code == code]
    assert spoken.facts == {"income_per_member_year": 904_000}
    assert spoken.period == Period(first=date(2024, 11, 1), last=date(2025, 10, 31))
    assert (spoken.register, spoken.basis) == ("incomes", "assumed")
    assert spoken.remedy == catalogue()["WAGES"].remedy
    for language in LANGUAGES:
        text = spoken.text[language]
        assert text.startswith(f"{criterion.name[language]}: ")
        assert text.endswith(f": {written(904_000, FEATURES[YEAR['feature']].unit, language)}.")


def test_a_criterion_of_a_feature_without_words_is_told_by_its_name_alone(tmp_path):
    part = {"feature": "rooms", "steps": [{"points": 0}, {"from": 4, "points": 10}]}
    law = with_criterion(tmp_path, "LIVING_AREA", part)
    spoken = reason("LIVING_AREA", {"rooms": 5, "living_area_per_member": 1_600}, law)
    [criterion] = [c for c in Scorecard.in_force(law).criteria if c.code == "LIVING_AREA"]
    assert spoken.text["en"] == f"{criterion.name['en']}: 5."
    assert spoken.register == "households"


def test_a_code_that_nothing_knows_is_refused():
    with pytest.raises(DeclarationError, match="no scorecard names it"):
        reason("RICH_UNCLE", {}, Law(FIRST))


FLAGS = red_flags.in_force(Law(date(2026, 1, 1)))


@pytest.mark.parametrize("flag", FLAGS, ids=[flag.code for flag in FLAGS])
def test_a_flag_quotes_only_what_raises_it(flag):
    quoted = catalogue()[flag.code]
    assert set(quoted.features) <= set(flag.raised.meta.root_names())
    legal = {
        factor.strip().removeprefix("law:")
        for fact in quoted.facts.values()
        for factor in fact.split("*")
        if factor.strip().startswith("law:")
    }
    assert legal
    assert legal <= {cited.name for cited in flag.cites}


@pytest.mark.parametrize(
    ("code", "parameter", "value", "fact", "bound"),
    [
        # 1.5 × 50 851 = 76 276.5, rounded to 76 277 a member before it is multiplied by three
        ("LOANS_ABOVE_TWO_MINIMA", "loan_principal_limit", 1.5, "loan_principal_quarter", 228_831),
        # 0.7 × 4 325 = 3 027.5
        ("DEPOSITS_ABOVE_LIMIT", "deposits_limit", 0.7, "deposits_balance", 3_028),
        (
            "IMPUTED_LOAN_INCOME_ABOVE_LINE",
            "imputed_loan_income_lines",
            2,
            "imputed_loan_income",
            None,
        ),
    ],
)
def test_the_bound_that_a_flag_quotes_is_the_one_that_raises_it(
    tmp_path, code, parameter, value, fact, bound
):
    day = date(2026, 1, 1)

    def change(content):
        content["editions"][-1]["value"] = value

    law = Law(day, amended(tmp_path, f"{parameter}.yaml", change))
    row = features({"members": 3}).row(0, named=True)
    facts = reason(code, row, law).facts
    quoted = facts["bound" if "bound" in facts else "line"]
    assert bound in (None, quoted)
    assert quoted != reason(code, row, Law(day)).facts["bound" if bound else "line"]
    table = features({"members": 3, fact: quoted}, {"members": 3, fact: quoted + 1})
    assert red_flags.red_flags(table, law)[code].to_list() == [False, True]


def test_every_register_that_a_feature_reads_has_a_remedy(tmp_path):
    read = sorted({f.registers[0] for f in FEATURES.values() if f.direction})
    by_register = {
        register: next(
            f.name for f in FEATURES.values() if f.direction and f.registers[0] == register
        )
        for register in read
    }
    steps = [{"points": 0}, {"from": 1, "points": 0}]

    def change(content):
        [criterion] = [c for c in content["criteria"] if c["code"] == "WORK"]
        criterion["parts"] = [{"feature": name, "steps": steps} for name in by_register.values()]

    law = Law(FIRST, amended(tmp_path, "scorecards/pilot_2025.yaml", change))
    spoken = reason("WORK", {}, law)
    assert spoken.registers == tuple(by_register)
    assert all(astuple(spoken.remedy))


def test_values_of_the_law_that_are_no_money_keep_their_decimals(tmp_path):
    def change(content):
        content["editions"][-1]["value"] = 2.5

    law = Law(date(2026, 1, 1), amended(tmp_path, "payments_to_income_ratio.yaml", change))
    spoken = reason("LOAN_PAYMENTS_ABOVE_TWICE_INCOME", {}, law)
    assert spoken.facts["times"] == 2.5
    assert Decimal(str(spoken.facts["times"])) == law.edition("payments_to_income_ratio").number
    assert "2,5" in spoken.text["ru"]
    assert "2.5" in spoken.text["en"]
