"""The API's own description is valid, and says what the API does."""

import jsonschema
import pytest
from openapi_spec_validator import validate

from features.registers.declared import LEARNING, SCORING
from models.columns import SCORE_SCHEMA
from serving.api import openapi
from serving.api.app import addresses, application
from serving.api.examples import AS_OF, FAMILY, answered
from serving.requests.problems import Fault, Kind, Problem, invalid
from serving.requests.request import read_many, read_one


def schema(name):
    return {
        "$ref": f"#/components/schemas/{name}",
        "components": openapi.document()["components"],
    }


def fits(name, document):
    return jsonschema.Draft202012Validator(schema(name)).is_valid(document)


def test_the_description_is_valid_openapi_3_1():
    validate(openapi.document())
    assert openapi.document()["openapi"].startswith("3.1")


def test_every_address_for_programs_is_described_and_nothing_else():
    pages = {"/", "/docs", "/audit"}
    served = {p for p in addresses(application()) if p not in pages and not p.startswith("/pages")}
    assert set(openapi.document()["paths"]) == served


def test_every_scoring_register_may_be_sent_and_no_other():
    household = openapi.document()["components"]["schemas"]["Household"]
    registers = {r.name for r in SCORING} - {"households"}
    assert registers <= set(household["properties"])
    assert not {r.name for r in LEARNING} & set(household["properties"])
    assert household["additionalProperties"] is False


def test_the_examples_are_understood_and_fit_what_is_described():
    one = {"as_of": AS_OF, "household": FAMILY}
    many = {"as_of": AS_OF, "households": [FAMILY]}
    assert read_one(one).households
    assert read_many(many).households
    assert fits("ScoreRequest", one)
    assert fits("ScoreManyRequest", many)
    assert fits("Decision", answered())
    assert fits("Decisions", {"decisions": [answered()]})


def test_an_answer_begins_with_the_columns_of_score_in_their_order():
    assert list(answered())[: len(SCORE_SCHEMA)] == list(SCORE_SCHEMA)
    assert answered()["category"] in range(1, 7)
    left_out = [r.name for r in SCORING if r.name != "households" and r.name not in FAMILY]
    assert answered()["silent_registers"] == left_out
    assert left_out


@pytest.mark.parametrize(
    "change",
    [
        {"region": "99"},
        {"vehicle": []},
        {"persons": None},
        {"rooms": "three"},
        {"incomes": [{"person_id": 1, "month": "2025-11-01", "source": "wage", "amount": -1}]},
        {"incomes": [{"person_id": 1, "month": "2025-11-01", "source": "lottery", "amount": 1}]},
    ],
)
def test_what_the_schema_refuses_the_reader_refuses(change):
    document = {"as_of": AS_OF, "household": FAMILY | change}
    assert not fits("ScoreRequest", document)
    with pytest.raises(Problem):
        read_one(document)


def test_every_kind_of_problem_fits_the_description():
    for kind in Kind:
        assert fits("Problem", Problem(kind, "Something.").document())
    assert fits("Problem", invalid([Fault("as_of", "missing", "send it")]).document())
