"""An answer is declared once: encoded, written and described from the same fields."""

from typing import Annotated

import jsonschema
import msgspec
import polars as pl
import pytest
from msgspec.structs import asdict, replace

from models.answer import Answer, Column, Origin, Reason, Texts, about
from models.columns import COLUMNS, marked
from models.rules.programmes import VERDICTS
from serving.api import schemas
from serving.api.examples import AS_OF, FAMILY
from serving.decisions.answers import Decision, answers
from serving.requests.request import read_one

[DECISION] = answers(read_one({"as_of": AS_OF, "household": FAMILY}), None)
UNKNOWN = {"household_id": None, "model_category": 4, "model_category_set": [3, 4]}


class Grown(Decision, frozen=True, kw_only=True):
    """A decision to which one field was added."""

    confidence: Annotated[
        float | None, Column(pl.Float64(), Origin.PREDICTION), about("How sure it is.")
    ]


def fits(struct, document):
    described = schemas.of_structs(struct)
    schema = schemas.ref(struct.__name__) | {"components": {"schemas": described}}
    return jsonschema.Draft202012Validator(schema).is_valid(document)


def test_a_field_that_is_added_is_encoded_described_and_written():
    grown = Grown(**asdict(DECISION), confidence=0.5)
    assert grown.as_json() == DECISION.as_json() | {"confidence": 0.5}
    described = schemas.of_structs(Grown)["Grown"]
    assert described["properties"]["confidence"] == {
        "description": "How sure it is.",
        "type": ["number", "null"],
    }
    assert "confidence" in described["required"]
    assert list(marked(Grown)) == [*COLUMNS, "confidence"]
    assert fits(Grown, grown.as_json())
    assert not fits(Decision, grown.as_json())


@pytest.mark.parametrize("name", Decision.__struct_fields__)
def test_no_field_of_a_decision_may_be_absent(name):
    fields = asdict(DECISION)
    del fields[name]
    with pytest.raises(TypeError, match=name):
        Decision(**fields)
    document = DECISION.as_json()
    del document[name]
    assert not fits(Decision, document)


@pytest.mark.parametrize("name", Reason.__struct_encode_fields__)
def test_no_field_of_a_reason_may_be_absent(name):
    document = DECISION.as_json()
    del document["reasons"][0][name]
    assert not fits(Decision, document)


@pytest.mark.parametrize("decision", [DECISION, replace(DECISION, **UNKNOWN)])
def test_what_is_encoded_is_what_is_declared(decision):
    encoded = msgspec.json.encode(decision)
    assert msgspec.json.decode(encoded, type=Decision) == decision
    assert fits(Decision, decision.as_json())


def test_every_struct_and_every_column_says_what_it_is():
    described = schemas.of_structs(Decision)
    assert all(schema["description"] for schema in described.values())
    columns = described["Decision"]["properties"]
    assert all(columns[name]["description"] for name in COLUMNS)


def test_a_part_that_is_the_laws_alone_is_made_once_for_all_families():
    [again] = answers(read_one({"as_of": AS_OF, "household": FAMILY}), None)
    for one, other in zip(DECISION.eligibility, again.eligibility, strict=True):
        assert one.source is other.source
        assert all(a is b for a, b in zip(one.reasons, other.reasons, strict=True))


def test_nothing_changes_a_part_that_families_share():
    with pytest.raises(AttributeError):
        DECISION.eligibility[0].source.act = "another"


def test_the_verdicts_of_the_answer_are_those_of_the_rules():
    described = schemas.of_structs(Answer)["Eligibility"]["properties"]["verdict"]
    assert sorted(described["enum"]) == sorted(VERDICTS.categories)


def test_a_text_is_read_by_its_language_and_has_no_other():
    text = Texts(kk="ия", ru="да", en="yes")
    assert [text[language] for language in ("kk", "ru", "en")] == ["ия", "да", "yes"]
    with pytest.raises(KeyError):
        text["as_json"]
