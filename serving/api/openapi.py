"""The API's own description, OpenAPI 3.1, printed from the declarations that it enforces.

What is sent and answered there is described by `serving.api.schemas`.
"""

from functools import cache
from typing import Any

from models.decision.pipeline import code_version
from models.writing import LANGUAGES
from serving.api.examples import AS_OF, FAMILY, answered
from serving.api.schemas import ref, schemas
from serving.letters.request import FORMATS
from serving.requests.body import MIB
from serving.requests.problems import MEDIA_TYPE as PROBLEM_TYPE
from serving.requests.problems import Kind
from serving.requests.request import HOUSEHOLDS_AT_ONCE


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
        "components": {"schemas": schemas()},
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
            "content": {"application/json": {"schema": ref(request_schema), "example": example}},
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
    content = ref(schema) if schema else {"type": "object"}
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


def _json(description: str, schema: str, example: dict[str, Any] | None = None) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": ref(schema)}
    if example is not None:
        content["example"] = example
    return {"description": description, "content": {"application/json": content}}


def _refused(*kinds: Kind) -> dict[str, Any]:
    return {
        "description": "; or ".join(f"{k.title}." for k in kinds),
        "content": {PROBLEM_TYPE: {"schema": ref("Problem")}},
    }
