"""What is sent and answered, as JSON Schema: the parts of the API's description.

Requests come from the register contract, answers from the structs that are encoded
(`models.answer`): nothing is described twice.
"""

from datetime import date
from typing import Any, Final

import msgspec

from features.registers.coverage import LOOKS_BACK
from features.registers.declared import REGISTERS
from features.registers.document import json_schema
from models.law.parameters import Law
from models.rules import programmes
from models.writing import LANGUAGES
from serving.decisions.answers import Decisions
from serving.letters.request import FORMATS
from serving.requests.problems import Fault
from serving.requests.request import HOUSEHOLDS_AT_ONCE, ROW_REGISTERS, SERVICE_LENGTH

_PLACE: Final = "#/components/schemas/{name}"


def schemas() -> dict[str, Any]:
    """Return every schema of the API's description by its name."""
    return {
        "ScoreRequest": _request("household", ref("Household")),
        "ScoreManyRequest": _request(
            "households",
            {"type": "array", "items": ref("Household"), "maxItems": HOUSEHOLDS_AT_ONCE},
        ),
        "LetterRequest": _letter_request(),
        "Household": _household(),
        **{
            _row_name(name): json_schema(register, leave_out=("household_id",))
            for name, register in ROW_REGISTERS.items()
        },
        **of_structs(Decisions, Fault),
        "Problem": _problem(),
        "ModelAnswering": _closed(
            {
                "alias": {"type": "string"},
                "state": {"enum": ["loaded", "absent", "retired", "refused"]},
                "version": _nullable("string"),
                "note": {"type": "string"},
                "model": _nullable("object"),
                "shadow": _nullable("string")
                | {"description": "Version that looks at every family without effect, if any."},
                "shadow_override": _nullable("string")
                | {"description": "The word by which a person let that version pass a gate."},
                "history": {
                    "type": ["array", "null"],
                    "items": {"type": "object"},
                    "description": "Which version an alias stood for, from when on; oldest first.",
                },
            }
        ),
        "Features": _closed({"features": {"type": "array", "items": {"type": "object"}}}),
        "Law": {
            "type": "object",
            "properties": {
                "as_of": {"type": ["string", "null"], "format": "date"},
                "version": {"type": ["string", "null"]},
                "entries": {"type": "array", "items": {"type": "object"}},
                "warnings": {
                    "type": "array",
                    "items": ref("Fault"),
                    "description": "Values of the day that can be known only until an earlier one.",
                },
            },
            "required": ["as_of", "version", "entries", "warnings"],
        },
        "Readiness": _closed(
            {"ready": {"type": "boolean"}, "law": {"type": "object"}, "model": {"type": "object"}}
        ),
    }


def ref(name: str) -> dict[str, str]:
    """Return a reference to a schema by its name."""
    return {"$ref": _PLACE.format(name=name)}


def of_structs(*structs: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the schemas of structs, and of all that stands in them, by name."""
    _, described = msgspec.json.schema_components(structs, ref_template=_PLACE)
    for schema in described.values():
        del schema["title"]  # the name once more
    return {name: _short(schema) for name, schema in described.items()}


def _short(schema: Any) -> Any:
    """Return a schema in which what may be null says so as a type.

    >>> _short({"anyOf": [{"type": "integer"}, {"type": "null"}], "description": "Members."})
    {'description': 'Members.', 'type': ['integer', 'null']}
    """
    if isinstance(schema, list):
        return [_short(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    short = {key: _short(inner) for key, inner in schema.items()}
    match short.get("anyOf"):
        case [{"type": str(kind), **rest}, {"type": "null"}]:
            del short["anyOf"]
            return short | {"type": [kind, "null"]} | rest
    return short


def _request(subject: str, schema: dict[str, Any]) -> dict[str, Any]:
    service: dict[str, Any] = {
        "type": ["string", "null"],
        "minLength": 1,
        "maxLength": SERVICE_LENGTH,
        "enum": [*(p.code for p in programmes.in_force(Law(date.max))), None],
    }
    return {
        "type": "object",
        "properties": {
            "as_of": {"type": "string", "format": "date", "description": "Day of the decision."},
            "service": service
            | {
                "description": "Code of a local programme: eligibility is "
                "told for it alone. Left out: for all. Nothing else can be decided here."
            },
            "coverage": _coverage()
            | {"description": f"For all households of the request. {_COVERAGE}"},
            subject: schema,
        },
        "required": ["as_of", subject],
        "additionalProperties": False,
    }


_COVERAGE: Final = (
    "For which months a monthly register answers, from the first to the last. A feature that looks "
    "at another month is unknown, and a register that lacks one of the three complete months "
    "before the decision is silent. Left out: a register whose newest row lies before the last "
    "complete month is silent, and one sent empty counts as empty, with a warning."
)


def _coverage() -> dict[str, Any]:
    month = {"type": "string", "format": "date", "pattern": "-01$"}
    span = {"type": ["array", "null"], "items": month, "minItems": 2, "maxItems": 2}
    return {
        "type": ["object", "null"],
        "properties": dict.fromkeys(LOOKS_BACK, span),
        "additionalProperties": False,
    }


def _letter_request() -> dict[str, Any]:
    schema = _request("household", ref("Household"))
    schema["properties"] |= {
        "language": {"enum": list(LANGUAGES), "description": "The language of the letter."},
        "format": {"enum": list(FORMATS), "description": "A page, or a document to print."},
    }
    schema["required"] += ["language", "format"]
    return schema


def _household() -> dict[str, Any]:
    schema = json_schema(REGISTERS["households"], optional=("household_id",), closed=True)
    for name, register in ROW_REGISTERS.items():
        schema["properties"][name] = {
            "type": "array" if register.required else ["array", "null"],
            "items": ref(_row_name(name)),
            "description": f"{register.about} Kept by: {register.keeper}."
            + ("" if register.required else " Left out or null: silent; empty: nothing there."),
        }
        if register.required:
            schema["required"].append(name)
    schema["properties"]["coverage"] = _coverage() | {
        "description": f"For this household, before that of the request. {_COVERAGE}"
    }
    return schema


def _row_name(register: str) -> str:
    return f"{register.capitalize()}Row"


def _problem() -> dict[str, Any]:
    return {
        "type": "object",
        "description": "A problem document (RFC 9457). No value that was sent is ever repeated.",
        "properties": {
            "type": {"type": "string", "format": "uri-reference"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "errors": {
                "type": "array",
                "items": ref("Fault"),
                "description": "Every fault of the request, by place.",
            },
        },
        "required": ["type", "title", "status", "detail"],
    }


def _closed(properties: dict[str, Any]) -> dict[str, Any]:
    """An object of exactly these properties."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _nullable(kind: str) -> dict[str, Any]:
    return {"type": [kind, "null"]}
