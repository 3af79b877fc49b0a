"""The API's own description, OpenAPI 3.1, printed from the declarations that it enforces.

Requests come from the register contract, answers from the columns of a decision,
problems from the kinds of problems: nothing is described twice.
"""

from datetime import date
from functools import cache
from typing import Any, Final

import polars as pl

from features.registers.coverage import LOOKS_BACK
from features.registers.declared import REGISTERS
from features.registers.document import json_schema
from models.columns import COLUMNS, Column
from models.decision.pipeline import code_version
from models.law.parameters import Law
from models.rules import programmes
from models.writing import LANGUAGES
from serving.api.examples import AS_OF, FAMILY, answered
from serving.letters.request import FORMATS
from serving.requests.body import MIB
from serving.requests.problems import MEDIA_TYPE as PROBLEM_TYPE
from serving.requests.problems import Kind
from serving.requests.request import HOUSEHOLDS_AT_ONCE, ROW_REGISTERS, SERVICE_LENGTH


@cache
def document() -> dict[str, Any]:
    """Return the description of the API."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tarazy",
            "version": code_version(),
            "summary": "Which families need help, and how sure are we?",
            "description": (
                "Send a family as the state's registers know it; receive its welfare category by "
                "dated rules, what a model thinks of it, and the reasons in Kazakh, "
                "Russian and English. A register that is left out is silent: it did not answer. "
                "An empty list says that it answered and holds nothing."
            ),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [
            {"name": "decisions", "description": "Families in, decisions out."},
            {"name": "what stands behind", "description": "Model, features and law."},
            {"name": "operation", "description": "For the machines that keep the service."},
        ],
        "paths": _paths(),
        "components": {"schemas": _schemas()},
    }


def _paths() -> dict[str, Any]:
    return {
        "/score": {
            "post": _deciding(
                "score",
                "Decide one household",
                "The same decision as `tarazy score` writes for the same family. At most 1 MiB.",
                "ScoreRequest",
                "Decision",
                {"as_of": AS_OF, "household": FAMILY},
                answered(),
            )
        },
        "/score_many": {
            "post": _deciding(
                "scoreMany",
                "Decide many households",
                f"Decisions come in the order of the households, at most {HOUSEHOLDS_AT_ONCE:,} "
                f"and {64 * MIB // MIB} MiB at once. One faulty household refuses the request.",
                "ScoreManyRequest",
                "Decisions",
                {"as_of": AS_OF, "households": [FAMILY]},
                {"decisions": [answered()]},
            )
        },
        "/letter": {"post": _letter()},
        "/models": _reading("models", "Which model answers, and what it is", "ModelAnswering"),
        "/features": _reading("features", "Every declared feature", "Features"),
        "/law": _law(),
        "/openapi.json": _reading("openapi", "This description", None, tag="operation"),
        "/livez": _text("livez", "Whether the process answers", "text/plain"),
        "/readyz": _ready(),
        "/metrics": _text("metrics", "Counters in Prometheus' form", "text/plain"),
    }


def _deciding(
    name: str,
    summary: str,
    description: str,
    request_schema: str,
    answer: str,
    example: dict[str, Any],
    example_answer: dict[str, Any],
) -> dict[str, Any]:
    refusals = [Kind.MALFORMED, Kind.TOO_SLOW, Kind.TOO_LARGE, Kind.MEDIA, Kind.INVALID]
    return {
        "operationId": name,
        "summary": summary,
        "description": description,
        "tags": ["decisions"],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _ref(request_schema), "example": example}},
        },
        "responses": {
            "200": _json("Decided.", answer, example_answer),
            **{str(k.status): _refused(k) for k in refusals},
            "503": _refused(Kind.NOT_READY, Kind.BUSY),
        },
    }


def _letter() -> dict[str, Any]:
    example = {"as_of": AS_OF, "household": FAMILY, "language": "kk", "format": "html"}
    described = _deciding(
        "letter",
        "Decide one household and write its letter",
        "The decision of `POST /score` in plain words: what it rests on, which correction of "
        "the registers would change it (each recalculated by the rules), and how to object by "
        "when. As a page, or as a PDF after PDF/UA-1. Nothing is stored.",
        "LetterRequest",
        "Decision",
        example,
        answered(),
    )
    media = {kind: {"schema": {"type": "string"}} for kind, _ in FORMATS.values()}
    language = {"schema": {"enum": list(LANGUAGES)}, "description": "The language of the letter."}
    described["responses"]["200"] = {
        "description": "The letter.",
        "headers": {"Content-Language": language},
        "content": media,
    }
    return described


def _reading(
    name: str, summary: str, schema: str | None, *, tag: str = "what stands behind"
) -> dict[str, Any]:
    content = _ref(schema) if schema else {"type": "object"}
    return {
        "get": {
            "operationId": name,
            "summary": summary,
            "tags": [tag],
            "responses": {
                "200": {
                    "description": f"{summary}.",
                    "content": {"application/json": {"schema": content}},
                }
            },
        }
    }


def _law() -> dict[str, Any]:
    path = _reading("law", "The legal values on file", "Law")
    path["get"]["parameters"] = [
        {
            "name": "as_of",
            "in": "query",
            "required": False,
            "description": "A day: the values in force on it. Without it: every edition on file.",
            "schema": {"type": "string", "format": "date"},
        }
    ]
    path["get"]["responses"]["422"] = _refused(Kind.INVALID)
    return path


def _text(name: str, summary: str, media: str) -> dict[str, Any]:
    answer = {"description": f"{summary}.", "content": {media: {"schema": {"type": "string"}}}}
    return {
        "get": {
            "operationId": name,
            "summary": summary,
            "tags": ["operation"],
            "responses": {"200": answer},
        }
    }


def _ready() -> dict[str, Any]:
    path = _reading("readyz", "Whether decisions can be made", "Readiness", tag="operation")
    path["get"]["description"] = (
        "True when the law is loaded and the model is loaded or declared absent."
    )
    path["get"]["responses"]["503"] = _json("Not now.", "Readiness")
    return path


def _schemas() -> dict[str, Any]:
    text = {"type": "string"}
    day = {"type": "string", "format": "date"}
    texts = {
        "type": "object",
        "properties": dict.fromkeys(LANGUAGES, text),
        "required": list(LANGUAGES),
    }
    return {
        "ScoreRequest": _request("household", _ref("Household")),
        "ScoreManyRequest": _request(
            "households",
            {"type": "array", "items": _ref("Household"), "maxItems": HOUSEHOLDS_AT_ONCE},
        ),
        "LetterRequest": _letter_request(),
        "Household": _household(),
        **{
            _row_name(name): json_schema(register, leave_out=("household_id",))
            for name, register in ROW_REGISTERS.items()
        },
        "Decision": _decision(),
        "Decisions": _closed({"decisions": {"type": "array", "items": _ref("Decision")}}),
        "Reason": {
            "type": "object",
            "description": "One reason with the facts it rests on.",
            "properties": {
                "code": text,
                "basis": {
                    "enum": ["published", "assumed"],
                    "description": "Whether the rule is published or our assumption.",
                },
                "source": {"description": "Where the rule comes from."},
                "facts": {"type": "object", "description": "Every number the text quotes."},
                "register": {"description": "The register the facts come from."},
                "registers": {
                    "type": "array",
                    "items": text,
                    "description": "It and further ones that the facts come from.",
                },
                "period": _closed({"from": day, "to": day})
                | {"description": "First and last day that the facts cover."},
                "text": texts,
                "remedy": texts | {"description": "What the family or the clerk can do."},
            },
            "required": [
                *("code", "basis", "source", "facts", "register", "registers", "period"),
                *("text", "remedy"),
            ],
        },
        "Eligibility": _eligibility(texts),
        "Offer": _offer(texts),
        "Problem": _problem(),
        "Fault": _closed(dict.fromkeys(("place", "problem", "remedy"), text)),
        "ModelAnswering": _closed(
            {
                "alias": text,
                "state": {"enum": ["loaded", "absent", "retired", "refused"]},
                "version": _nullable("string"),
                "note": text,
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
            },
            "required": ["as_of", "version", "entries"],
        },
        "Readiness": _closed(
            {"ready": {"type": "boolean"}, "law": {"type": "object"}, "model": {"type": "object"}}
        ),
    }


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
    schema = _request("household", _ref("Household"))
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
            "items": _ref(_row_name(name)),
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


def _decision() -> dict[str, Any]:
    properties = {column.name: _answered(column) for column in COLUMNS}
    properties["household_id"] |= {"type": ["integer", "string", "null"]}
    for name in ("reasons", "review_reasons"):
        properties[name] |= {"type": "array", "items": _ref("Reason")}
    return _closed(
        properties
        | {
            "eligibility": {
                "type": "array",
                "items": _ref("Eligibility"),
                "description": "For the programme asked for, or for all: what the rules say.",
            },
            "offers": {
                "type": "array",
                "items": _ref("Offer"),
                "description": "What the family may be offered unasked: programmes, then help.",
            },
            "versions": {
                "type": "object",
                "description": "Everything that decided: law, scorecard, policy, model, features, "
                "code.",
            },
            "service": _nullable("string"),
            "silent_registers": {
                "type": "array",
                "items": {"type": "string"},
                "description": "Registers that did not answer, or not for the months needed.",
            },
            "warnings": {
                "type": "array",
                "items": _ref("Fault"),
                "description": "What was ignored, and which months no register covers.",
            },
            "decision_id": {
                "type": "string",
                "pattern": "^[0-9a-f]{64}$",
                "description": "SHA-256 of the canonical JSON (RFC 8785) of the facts that were "
                "understood and the versions that decided.",
            },
        }
    )


def _eligibility(texts: dict[str, Any]) -> dict[str, Any]:
    text = {"type": "string"}
    reason = _closed({"code": text, "text": texts, "source": {"type": "object"}})
    adverse = _closed(
        {
            "notice_days": {"type": "integer"},
            "hearing": {"type": "boolean"},
            "support_meanwhile": {"enum": ["continued"]},
        }
    )
    return _closed(
        {
            "service": text | {"description": "Code of the programme."},
            "name": texts,
            "verdict": {
                "enum": [programmes.ELIGIBLE, programmes.NOT_ELIGIBLE, programmes.REVIEW],
                "description": "By declared facts and the rules' category; no model takes part. "
                "What is unknown never refuses.",
            },
            "reasons": {
                "type": "array",
                "items": reason,
                "description": "The conditions met, not met, or not known.",
            },
            "basis": {"enum": ["published", "assumed"]},
            "source": {"type": "object"},
            "remains": texts | {"description": "What is checked when the family applies."},
            "adverse": adverse
            | {
                "type": ["object", "null"],
                "description": "What must come before running support may end, where the "
                "category is the reason.",
            },
        }
    )


def _offer(texts: dict[str, Any]) -> dict[str, Any]:
    text = {"type": "string"}
    return _closed(
        {
            "code": text,
            "kind": text | {"description": "programme, or one of the four kinds of help."},
            "kind_name": texts,
            "name": texts,
            "text": texts,
            "why": {"type": "array", "items": texts},
            "people": _nullable("integer") | {"description": "Members it is for; null: all."},
            "urgency": _nullable("string"),
            "urgency_name": texts | {"type": ["object", "null"]},
            "basis": {"enum": ["published", "assumed"]},
            "source": {"type": "object"},
        }
    )


def _answered(column: Column) -> dict[str, Any]:
    described: dict[str, Any] = {"description": column.about}
    dtype = column.dtype
    if column.values is not None:
        return described | {"type": "string", "enum": list(column.values)}
    if isinstance(dtype, pl.List):
        item = "string" if dtype.inner == pl.String else "integer"
        return described | {"type": ["array", "null"], "items": {"type": item}}
    if isinstance(dtype, pl.Boolean):
        return described | {"type": ["boolean", "null"]}
    if isinstance(dtype, pl.Date):
        return described | {"type": "string", "format": "date"}
    if isinstance(dtype, pl.String):
        return described | {"type": ["string", "null"]}
    return described | {"type": ["integer" if dtype.is_integer() else "number", "null"]}


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
                "items": _ref("Fault"),
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


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(description: str, schema: str, example: dict[str, Any] | None = None) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": _ref(schema)}
    if example is not None:
        content["example"] = example
    return {"description": description, "content": {"application/json": content}}


def _refused(*kinds: Kind) -> dict[str, Any]:
    return {
        "description": "; or ".join(f"{k.title}." for k in kinds),
        "content": {PROBLEM_TYPE: {"schema": _ref("Problem")}},
    }
