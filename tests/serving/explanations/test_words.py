"""What `explain` prints: the decision in sentences, and never an accusation."""

from datetime import date

import polars as pl
import pytest
from msgspec.structs import replace

from models.decision.pipeline import ByRules, Decisions
from models.explanation.explain import Explanation
from models.explanation.notes import Notes
from models.law.parameters import Law
from models.reasons.reasons import reason
from models.reasons.wording import catalogue
from models.rules.category import rule_category
from models.rules.scorecard import Scorecard
from models.writing import LANGUAGES
from serving.api.examples import AS_OF, FAMILY
from serving.decisions.answers import answers
from serving.explanations.record import Inspection, Record
from serving.explanations.words import words
from serving.requests.request import read_one
from tests.models.law.lawbook import family

LAW_OF_THE_DAY = Law(date(2026, 1, 1))
CARD = Scorecard.in_force(LAW_OF_THE_DAY)
NNBSP = "\u202f"
RECORD = Record(digest="0123456789abcdef")
[ANSWERED] = answers(read_one({"as_of": AS_OF, "household": FAMILY}), None)


def facts_of():
    """One family's features with what the rules say of it, as a decision passes them on."""
    table = family()
    return table.row(0, named=True) | rule_category(table, LAW_OF_THE_DAY).row(0, named=True)


def explained_as(raised=(), **answer):
    """What `explain` prints of a family in category 3, with this opinion of a model."""
    row = facts_of()
    usual = {
        "category": 3,
        "status": "review",
        "reasons": [reason("INCOME_PER_MEMBER", row, LAW_OF_THE_DAY)],
        "review_reasons": [reason("CATEGORY_6_ADVERSE", row, LAW_OF_THE_DAY)],
        "follow_up": False,
        "follow_up_reasons": [reason("TRANSFERS_LIKE_TRADE", row, LAW_OF_THE_DAY)],
        "offers": [],
        "model_category_set": [2, 3],
        "model_category": None,
        "model_flag": None,
        "hidden_income_probability": None,
        "material": None,
        "hidden_income_low": 0,
        "hidden_income_high": 98_765,
        "law_version": LAW_OF_THE_DAY.version,
        "model_version": "1",
    }
    nothing = pl.DataFrame()
    decisions = Decisions(
        table=nothing,
        by_rules=ByRules(
            counted=nothing,
            features=nothing,
            ruled=nothing,
            flags=nothing,
            eligibility=nothing,
            silent=(),
            law=LAW_OF_THE_DAY,
            unknown=nothing,
            material_flags=nothing,
        ),
        models=None,
        look=None,
        looks=nothing,
        model_asks=pl.Series(dtype=pl.Boolean),
    )
    answered = replace(ANSWERED, **usual | answer)
    return Explanation(
        decisions=decisions, answered=answered, points=(), moved={}, raised=raised, notes=Notes()
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_amount_is_told_only_to_a_family_that_the_model_flags(language):
    amount = f"98{NNBSP}765"
    silent, unseen, small, large = (
        "\n".join(words(explained_as(model_flag=flag, material=material), language, RECORD))
        for flag, material in ((None, None), (False, False), (True, False), (True, True))
    )
    assert amount not in silent + unseen
    assert amount in small
    assert amount in large
    assert len({silent, unseen, small, large}) == 4


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_family_is_never_told_that_it_hides_anything(language):
    lines = [text for r in catalogue().values() for text in (r.text[language], r.remedy[language])]
    for flag in (None, False, True):
        lines += words(explained_as(model_flag=flag, material=flag), language, RECORD)
    for word in ("скрыт", "жасырын", "hidden", "conceal"):
        # The code HIDDEN_INCOME_MATERIAL is a name; the words are what a family reads.
        assert not [line for line in lines if word in line]


def test_why_a_category_what_it_waits_for_and_what_is_looked_at_later_are_told_apart():
    lines = words(explained_as(), "en", RECORD)
    headings = ("Why this category:", "What the decision waits for:", "Why a person looks later:")
    codes = ("INCOME_PER_MEMBER", "CATEGORY_6_ADVERSE", "TRANSFERS_LIKE_TRADE")
    places = [lines.index(heading) for heading in headings]
    assert places == sorted(places)
    for place, code in zip(places, codes, strict=True):
        assert f"[{code}]" in lines[place + 1]
    assert headings[1] not in words(explained_as(review_reasons=[]), "en", RECORD)


@pytest.mark.parametrize(
    ("status", "codes", "follow_up", "sentence"),
    [
        ("automatic", [], False, "Automatic"),
        ("automatic", [], True, "Automatic and in force; a person looks later"),
        (
            "review",
            ["CATEGORY_6_ADVERSE"],
            False,
            "Waits: it has no effect before a person decides",
        ),
        (
            "review",
            ["REGISTER_SILENT"],
            False,
            "Waits for a register; nothing is asked of the family",
        ),
    ],
)
def test_the_third_line_says_which_of_the_consequences_it_is(status, codes, follow_up, sentence):
    row = facts_of()
    waits_for = [reason(code, row, LAW_OF_THE_DAY) for code in codes]
    answer = {"status": status, "follow_up": follow_up, "review_reasons": waits_for}
    assert words(explained_as(**answer), "en", RECORD)[2] == sentence


@pytest.mark.parametrize(
    ("language", "assumed", "published"),
    [
        ("kk", "(болжам)", "(жарияланған)"),
        ("ru", "(допущение)", "(опубликовано)"),
        ("en", "(assumed)", "(published)"),
    ],
)
def test_each_reason_says_whether_its_rule_is_published_or_assumed(language, assumed, published):
    lines = words(explained_as(), language, RECORD)
    assert next(x for x in lines if "[INCOME_PER_MEMBER]" in x).endswith(assumed)
    assert next(x for x in lines if "[TRANSFERS_LIKE_TRADE]" in x).endswith(published)


def test_an_assumed_scorecard_is_said_to_be_assumed():
    assert CARD.status == "assumed"
    sentence = "The criteria, points and cut-offs of this scorecard are assumed until"
    assert [line for line in words(explained_as(), "en", RECORD) if line.startswith(sentence)]


@pytest.mark.parametrize(
    ("language", "first"),
    [
        ("kk", "деректер көшірмесі 0123456789ab"),
        ("ru", "снимок данных 0123456789ab"),
        ("en", "Household 7, as of 2026-01-01, snapshot 0123456789ab"),
    ],
)
def test_the_first_line_says_of_whom_when_and_by_what_it_was_decided(language, first):
    line = words(explained_as(household_id=7), language, RECORD)[0]
    assert first in line
    assert "7" in line
    alone = {"kk": "тек ережелер", "ru": "только правила", "en": "rules only"}[language]
    assert line.endswith(f"{LAW_OF_THE_DAY.version}, {alone}")


def test_each_act_behind_the_reasons_is_named_once_with_their_codes():
    row = facts_of()
    reasons = [reason(code, row, LAW_OF_THE_DAY) for code in ("INCOME_PER_MEMBER", "DWELLINGS")]
    lines = words(explained_as(reasons=reasons), "en", RECORD)
    at = lines.index("What the reasons rest on:")
    by_card, by_policy, by_flag = lines[at + 1 : at + 4]
    assert by_card.endswith(": INCOME_PER_MEMBER, DWELLINGS")
    assert reasons[0].source.title.en in by_card
    assert by_policy.endswith(": CATEGORY_6_ADVERSE")
    assert by_flag.endswith(": TRANSFERS_LIKE_TRADE")


@pytest.mark.parametrize(
    ("flag", "shown"), [(None, "no opinion"), (False, "none"), (True, "raised")]
)
def test_flags_of_rules_and_of_the_model_are_told_apart(flag, shown):
    raised = ("TRANSFERS_LIKE_TRADE",)
    lines = words(explained_as(raised, model_flag=flag, material=flag), "en", RECORD)
    assert f"Flags: by published rules TRANSFERS_LIKE_TRADE; by the model {shown}." in lines


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_inspectors_saw_of_the_family_is_told_with_its_day(language):
    visits = tuple(
        Inspection(inspected_on=date(2026, 4, 2), design=design, hidden_income_monthly=amount)
        for design, amount in (("random", 0), ("targeted", 54_321), ("complaint", 1))
    )
    lines = words(explained_as(), language, Record(digest="0", inspections=visits))
    seen = [line for line in lines if "2026-04-02" in line]
    assert len(set(seen)) == 3
    assert f"54{NNBSP}321" in seen[1]
    unvisited = words(explained_as(), language, Record(digest="0", inspections=()))
    assert [line for line in lines if line not in unvisited] == seen


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_opinion_that_speaks_for_the_family_is_told_with_its_chance(language):
    in_favour = {"kk": "отбасының пайдасына", "ru": "в пользу семьи", "en": "speaks for the family"}
    phrase = in_favour[language]

    def favourable(**opinion):
        lines = words(explained_as(**opinion), language, RECORD)
        return [line for line in lines if phrase in line]

    [line] = favourable(model_flag=False, hidden_income_probability=0.034)
    assert "3 %" in line
    assert len(favourable(model_flag=False, hidden_income_probability=0.494)) == 1
    assert favourable(model_flag=False, hidden_income_probability=0.5) == []
    assert favourable(model_flag=True, material=False, hidden_income_probability=0.1) == []
    assert favourable(model_flag=None) == []


def test_a_needier_category_of_the_model_speaks_for_the_family_and_a_richer_one_is_not_told():
    sentence = "The model would place the family in the needier category 2."
    for category, shown in ((2, True), (3, False), (4, False)):
        lines = words(explained_as(model_category=category), "en", RECORD)
        assert any(line.startswith(sentence) for line in lines) == shown
