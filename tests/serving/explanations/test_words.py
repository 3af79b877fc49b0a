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
from serving.explanations.words import words
from serving.requests.request import read_one
from tests.models.law.lawbook import family

LAW_OF_THE_DAY = Law(date(2026, 1, 1))
CARD = Scorecard.in_force(LAW_OF_THE_DAY)
NNBSP = "\u202f"
[ANSWERED] = answers(read_one({"as_of": AS_OF, "household": FAMILY}), None)


def facts_of():
    """One family's features with what the rules say of it, as a decision passes them on."""
    table = family()
    return table.row(0, named=True) | rule_category(table, LAW_OF_THE_DAY).row(0, named=True)


def explained_as(**answer):
    """What `explain` prints of a family in category 3, with this opinion of a model."""
    row = facts_of()
    usual = {
        "category": 3,
        "status": "review",
        "reasons": [reason("INCOME_PER_MEMBER", row, LAW_OF_THE_DAY)],
        "review_reasons": [reason("TRANSFERS_LIKE_TRADE", row, LAW_OF_THE_DAY)],
        "offers": [],
        "model_category_set": [2, 3],
        "model_flag": None,
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
        ),
        models=None,
        look=None,
    )
    answered = replace(ANSWERED, **usual | answer)
    return Explanation(decisions=decisions, answered=answered, points=(), moved={}, notes=Notes())


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_amount_is_told_only_to_a_family_that_the_model_flags(language):
    amount = f"98{NNBSP}765"
    silent, unseen, small, large = (
        "\n".join(words(explained_as(model_flag=flag, material=material), language))
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
        lines += words(explained_as(model_flag=flag, material=flag), language)
    for word in ("скрыт", "жасырын", "hidden", "conceal"):
        # The code HIDDEN_INCOME_MATERIAL is a name; the words are what a family reads.
        assert not [line for line in lines if word in line]


def test_why_a_category_and_why_a_person_looks_are_told_apart():
    lines = words(explained_as(), "en")
    category, person = lines.index("Why this category:"), lines.index("Why a person looks:")
    assert category < person
    assert "[INCOME_PER_MEMBER]" in lines[category + 1]
    assert "[TRANSFERS_LIKE_TRADE]" in lines[person + 1]
    assert "Why a person looks:" not in words(explained_as(review_reasons=[]), "en")


@pytest.mark.parametrize(
    ("language", "assumed", "published"),
    [
        ("kk", "(болжам)", "(жарияланған)"),
        ("ru", "(допущение)", "(опубликовано)"),
        ("en", "(assumed)", "(published)"),
    ],
)
def test_each_reason_says_whether_its_rule_is_published_or_assumed(language, assumed, published):
    lines = words(explained_as(), language)
    assert next(x for x in lines if "[INCOME_PER_MEMBER]" in x).endswith(assumed)
    assert next(x for x in lines if "[TRANSFERS_LIKE_TRADE]" in x).endswith(published)


def test_an_assumed_scorecard_is_said_to_be_assumed():
    assert CARD.status == "assumed"
    sentence = "The criteria, points and cut-offs of this scorecard are assumed until"
    assert [line for line in words(explained_as(), "en") if line.startswith(sentence)]
