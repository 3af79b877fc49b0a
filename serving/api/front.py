"""The front door: every request passes here first, and every answer last.

It lets nothing but JSON bodies in, routes every address to our own application (so no
address of the server below it, and none of the formats that it can read, is reachable),
sets the headers that a browser needs to be careful, counts, and writes no value of a
request to a log.
"""

import logging
import time
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.api.log import where
from serving.metrics import REQUESTS, SECONDS
from serving.requests.body import Arriving, require_json
from serving.requests.problems import Kind, Problem, response

CAREFUL: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cache-control", b"no-store"),
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        b"font-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
)
"""Pages need a stylesheet and pictures; nothing here runs a script or is stored on the way."""

log = logging.getLogger("tarazy.serving")


class Front:
    """ASGI middleware in front of everything; ``ours`` answers, ``app`` only starts and stops."""

    def __init__(self, app: ASGIApp, *, ours: ASGIApp, paths: frozenset[str]) -> None:
        """``paths`` are the addresses that metrics may name; any other is counted as such."""
        self.app, self.ours, self.paths = app, ours, paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; start and stop are passed on."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await self.ours(scope, receive, send)
            return
        started, status = time.perf_counter(), 500
        arriving = Arriving(receive, Headers(scope=scope))

        async def careful(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if status != Kind.TOO_SLOW.status:
                    await arriving.drain()
                message["headers"] = [*message.get("headers", ()), *CAREFUL]
            await send(message)

        try:
            _only_json(scope)
            await self.ours(scope, arriving, careful)
        except Problem as problem:
            await response(problem)(scope, arriving, careful)
        except Exception as error:  # it has been answered; what it says may hold a value
            log.error("Failed: %s", where(error))
        path = scope["path"] if scope["path"] in self.paths else "other"
        REQUESTS.labels(path, str(status)).inc()
        SECONDS.labels(path).observe(time.perf_counter() - started)


def _only_json(scope: Scope) -> None:
    """Refuse a body that declares itself as anything but JSON, before anything looks at it."""
    headers = dict(scope["headers"])
    if b"content-type" in headers:
        require_json(
            headers[b"content-type"].decode("latin-1"),
            headers.get(b"content-encoding", b"identity").decode("latin-1"),
        )
