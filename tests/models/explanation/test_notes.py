"""What a family's own registers leave in doubt is said of it, in words that it reads."""

import copy

from features.checking.contradictions import CONTRADICTIONS
from features.facts.uncounted import ORDER, Uncounted
from models.explanation.notes import notes, text_of
from models.law.parameters import Law
from models.writing import LANGUAGES
from serving.api.examples import AS_OF, FAMILY
from serving.requests.cells import read_day
from serving.requests.request import read_one

LAW_OF_THE_DAY = Law(read_day(AS_OF))


def request_of(**changes):
    return read_one({"as_of": AS_OF, "household": copy.deepcopy(FAMILY) | changes})


def test_every_contradiction_has_words_in_every_language():
    for contradiction in CONTRADICTIONS:
        texts = [text_of(contradiction)[language] for language in LANGUAGES]
        assert len(set(texts)) == len(LANGUAGES), contradiction.name


def test_every_cause_of_not_counting_has_words_with_its_number():
    for cause in ORDER:
        texts = [text_of(Uncounted(cause=cause, number=7))[language] for language in LANGUAGES]
        assert len(set(texts)) == len(LANGUAGES), cause
        assert all("7" in text for text in texts)


def test_the_doubts_are_those_that_a_request_is_warned_of():
    nobody_earns = {"source": "wage", "person_id": 1, "amount": 0}
    months = [nobody_earns | {"month": f"2025-{m}-01"} for m in ("10", "11", "12")]
    for changes in ({}, {"incomes": months}, {"incomes": None}, {"vehicles": None}):
        request = request_of(**changes)
        [(_, registers)] = request.alike()
        [household] = request.households
        shown = notes(registers, LAW_OF_THE_DAY)
        assert shown.silent == household.silent
        warned = {(w.place, w.problem) for w in household.warnings}
        assert {(c.place, c.rule) for c in shown.contradictions} <= warned
        without_income = "no_income" in {c.name for c in shown.contradictions}
        assert without_income == (changes.get("incomes") == months)
