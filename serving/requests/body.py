"""Reading the body of a request: only JSON, only so much of it, only strictly.

The content-type list is the gate in front of everything that reads a body: no
other format, above all no pickle, gets as far as a parser.
"""

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final

import msgspec
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive

from serving.requests.problems import Kind, Problem

MIB: Final = 1024 * 1024
READ_SECONDS: Final = 30.0
"""How long a body may take to arrive."""
DRAINED: Final = 128 * MIB
"""Of a body that is refused so much is still taken: twice the largest that is read."""
DRAIN_SECONDS: Final = 10.0
_DEEPEST: Final = 100
_PROBED: Final = 100_000
_STEPS: Final = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_DECODER: Final = msgspec.json.Decoder()


class Arriving:
    """The rest of a body that nobody reads: taken off the line, so that the answer is heard.

    A connection that is closed on bytes still under way is reset, and the caller never sees why it
    was refused. What is taken is thrown away, and no more of it than is bounded here.
    """

    def __init__(self, receive: Receive, headers: Headers) -> None:
        """Take the messages of one request, whose headers say whether a body comes with it."""
        self._receive = receive
        self._rest = "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
        self._waits = headers.get("expect", "").lower() == "100-continue"
        """Whether the caller sends nothing before it is asked to."""

    async def __call__(self) -> Message:
        """Return the next message, as the server below gives it."""
        self._waits = False
        message = await self._receive()
        self._rest = message["type"] == "http.request" and message.get("more_body", False)
        return message

    async def drain(self) -> None:
        """Throw away what has not been read, up to a number of bytes and seconds."""
        left = DRAINED
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                while self._rest and not self._waits and left > 0:
                    left -= len((await self()).get("body", b""))


@dataclass(frozen=True, slots=True)
class Limit:
    """How much one request may hold: bytes, and objects (families and rows) among them.

    A few bytes of JSON become a hundred bytes of memory, so bytes alone bound nothing.
    """

    size: int
    objects: int


async def read_body(request: Request, limit: Limit) -> bytes:
    """Return the body of a request that says it is JSON, as much of it as is allowed.

    Bytes are counted as they arrive, so that a body without a declared length is held
    to the limit as well. Raises `Problem`: other content (415), too large (413), too
    slow (408).
    """
    require_json(
        request.headers.get("content-type", ""),
        request.headers.get("content-encoding", "identity"),
    )
    body = await _bounded(request, limit.size)
    if max(body.count(b"{"), body.count(b"[")) > limit.objects:
        if _nested_deep(body):
            raise _too_deep()
        raise Problem(
            Kind.TOO_LARGE,
            f"The body holds more than {limit.objects:,} rows. Send fewer households at a time.",
        )
    return body


def decode(body: bytes) -> Any:
    """Return the document that JSON text holds, as plain Python values.

    Raises `Problem` (400) where it is not valid JSON by RFC 8259, or gives a key twice.
    NaN, infinities, lone surrogates, bytes that are not UTF-8 and endless nesting
    are no JSON. A key given twice is refused: which of the two was meant is a guess.
    """
    try:
        document = _DECODER.decode(body)
        # msgspec keeps the last of two equal keys in silence; the standard parser can tell.
        json.loads(body, object_pairs_hook=_no_key_twice)
    except RecursionError:
        raise _too_deep() from None
    except (msgspec.DecodeError, ValueError) as error:
        what = (
            str(error) if isinstance(error, msgspec.DecodeError | _TwiceError) else "not UTF-8 JSON"
        )
        raise Problem(
            Kind.MALFORMED,
            f"The body is not valid JSON: {what}. Send UTF-8 JSON by RFC 8259: no byte order "
            "mark, and null for what is NaN or infinite.",
        ) from None
    return document


def _too_deep() -> Problem:
    return Problem(Kind.MALFORMED, "The body is nested too deeply. A family needs four levels.")


def _nested_deep(body: bytes) -> bool:
    """Whether a body that nobody has read yet opens far more than it closes, from its start."""
    open_now = accumulate(_STEPS.get(byte, 0) for byte in body[:_PROBED])
    return any(depth > _DEEPEST for depth in open_now)


class _TwiceError(ValueError):
    """A key was given twice in one object."""


def _no_key_twice(pairs: list[tuple[str, Any]]) -> None:
    if len({key for key, _ in pairs}) != len(pairs):
        raise _TwiceError("a key is given twice in one object")


def require_json(content_type: str, encoding: str = "identity") -> None:
    """Refuse (415) content that does not declare itself as JSON in UTF-8, uncompressed."""
    media, _, parameters = (part.strip().lower() for part in content_type.partition(";"))
    charset = parameters.removeprefix("charset=").strip('" ') if parameters else "utf-8"
    if media != "application/json" or charset not in {"utf-8", "utf8"}:
        raise Problem(
            Kind.MEDIA, "Only JSON is read here. Send Content-Type: application/json, in UTF-8."
        )
    if encoding.lower() != "identity":
        raise Problem(Kind.MEDIA, "A compressed body is not read here. Send it uncompressed.")


async def _bounded(request: Request, limit: int) -> bytes:
    too_large = Problem(
        Kind.TOO_LARGE,
        f"The body exceeds {limit // MIB} MiB. Send fewer rows, or fewer households at a time.",
        headers={"Connection": "close"},
    )
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(READ_SECONDS):
            async for part in request.stream():
                body += part
                if len(body) > limit:
                    raise too_large
    except TimeoutError:
        raise Problem(
            Kind.TOO_SLOW,
            f"The body did not arrive within {READ_SECONDS:.0f} seconds. Send it again.",
            headers={"Connection": "close"},
        ) from None
    except ClientDisconnect:
        raise Problem(Kind.MALFORMED, "The connection ended before the body did.") from None
    return bytes(body)
