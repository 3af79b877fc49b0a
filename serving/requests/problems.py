"""What the API says when it cannot answer: RFC 9457 problem documents.

A problem names the place in the request, what is wrong there and what to do
about it. It never repeats a value that was sent: a value may be a family's own.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, Final

import msgspec
from starlette.responses import Response

from features.errors import DayError, LawLapsed, ParameterNotInForce
from models.law.lapse import Lapse
from models.rules.citations import days_of_decisions

MEDIA_TYPE: Final = "application/problem+json"
SHOWN: Final = 1_000
"""Faults listed in one answer; their full number always stands in ``detail``."""


class Kind(Enum):
    """Every kind of problem: its name in ``type``, its HTTP status and its title."""

    MALFORMED = ("malformed-json", 400, "The body is not JSON")
    NOT_FOUND = ("not-found", 404, "There is nothing at this address")
    METHOD = ("method-not-allowed", 405, "This address answers another method")
    TOO_SLOW = ("too-slow", 408, "The body did not arrive in time")
    TOO_LARGE = ("too-large", 413, "The body is too large")
    MEDIA = ("unsupported-content", 415, "The body must be JSON")
    INVALID = ("invalid-request", 422, "The request cannot be decided as it is")
    INTERNAL = ("internal", 500, "Something of ours failed")
    NOT_READY = ("not-ready", 503, "The service cannot decide now")
    BUSY = ("busy", 503, "Too many requests wait already")

    def __init__(self, slug: str, status: int, title: str) -> None:
        self.slug = slug
        self.status = status
        self.title = title

    @property
    def type(self) -> str:
        """A relative reference to the paragraph of the API's page that explains the kind."""
        return f"/docs#problem-{self.slug}"


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing wrong with a request: where, what, and what to do. Never the value itself."""

    place: str
    problem: str
    remedy: str


def of_day(error: DayError) -> Fault:
    """Return the fault of a request for a day that does not have what was asked of it."""
    if not isinstance(error, ParameterNotInForce | LawLapsed):
        return Fault("as_of", str(error), "ask for another day")
    first, last = days_of_decisions()
    until = f" to {last}" if last else " on"
    return Fault(
        "as_of", str(error), f"ask for a day from {first}{until}: for these law is on file"
    )


def of_lapse(lapse: Lapse) -> Fault:
    """Return the warning of a legal value that could be known only until an earlier day."""
    return Fault(f"law.{lapse.name}", lapse.problem, lapse.remedy)


class Problem(Exception):
    """An answer that is no decision; raised anywhere below an endpoint, sent by `response`."""

    def __init__(
        self,
        kind: Kind,
        detail: str,
        *,
        faults: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.faults = tuple(faults)
        self.headers = dict(headers or {})

    def document(self) -> dict[str, Any]:
        """Return the members of the problem document, in their order."""
        members: dict[str, Any] = {
            "type": self.kind.type,
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
        }
        if self.faults:
            members["errors"] = [msgspec.structs.asdict(f) for f in self.faults[:SHOWN]]
        return members


def invalid(faults: Sequence[Fault]) -> Problem:
    """Return the problem of a request with these faults, all of them at once."""
    count = len(faults)
    detail = f"{count:,} fault{'s' if count != 1 else ''} in the request"
    detail += f"; the first {SHOWN:,} are listed." if count > SHOWN else "; each is named below."
    return Problem(Kind.INVALID, detail, faults=faults)


def response(problem: Problem) -> Response:
    """Return the HTTP answer of a problem."""
    return Response(
        msgspec.json.encode(problem.document()),
        status_code=problem.kind.status,
        media_type=MEDIA_TYPE,
        headers=problem.headers,
    )
