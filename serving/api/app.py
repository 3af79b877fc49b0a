"""The addresses of the API and what each answers: a plain ASGI application."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from functools import partial
from typing import Any, Final

import anyio
import msgspec
from anyio.to_thread import run_sync
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route

from features.catalogue import FEATURES
from features.errors import DayError, TarazyError
from models.bundles import aliases
from models.bundles.home import Home
from models.learned.predict import Models
from serving import metrics
from serving.api import legal, openapi, pages
from serving.decisions.answers import Decision, Decisions, answers_of, decided
from serving.decisions.live import Live
from serving.decisions.shadow import Shadow
from serving.letters.request import read_letter
from serving.requests.body import MIB, Limit, decode, read_body
from serving.requests.problems import Kind, Problem, invalid, of_day, response
from serving.requests.request import ScoreRequest, read_many, read_one

ONE_LIMIT: Final = Limit(size=1 * MIB, objects=20_000)
LETTER_LIMIT: Final = Limit(size=1 * MIB, objects=2_000)
"""For a letter the category is recalculated with every correction: a family's rows, no more."""
MANY_LIMIT: Final = Limit(size=64 * MIB, objects=1_000_000)
WAITING: Final = 64
"""Requests that may wait for their turn in one worker; more are sent away at once."""


class _Turns:
    """A thread each for single families, letters and many families: none blocks another."""

    def __init__(self) -> None:
        self._turns = {which: anyio.CapacityLimiter(1) for which in ("one", "letter", "many")}

    async def take(self, which: str, work: Callable[[], bytes]) -> bytes:
        """Run the work when its turn comes; a queue that is too long says so at once."""
        turn = self._turns[which]
        if turn.statistics().tasks_waiting >= WAITING:
            raise Problem(
                Kind.BUSY,
                f"{WAITING} requests wait already. Send it again in a second.",
                headers={"Retry-After": "1"},
            )
        return await run_sync(work, limiter=turn)


async def score(request: Request) -> Response:
    """Decide one household."""
    models = _models(request)
    body = await read_body(request, ONE_LIMIT)
    shadow = request.app.state.shadow
    work = partial(
        _decided, lambda: read_one(decode(body)), models, shadow, lambda decisions: decisions[0]
    )
    return _json(await request.app.state.turns.take("one", work))


async def score_many(request: Request) -> Response:
    """Decide many households, in the order given."""
    models = _models(request)
    body = await read_body(request, MANY_LIMIT)
    shadow = request.app.state.shadow
    work = partial(
        _decided,
        lambda: read_many(decode(body)),
        models,
        shadow,
        lambda decisions: Decisions(decisions=decisions),
    )
    return _json(await request.app.state.turns.take("many", work))


async def letter(request: Request) -> Response:
    """Decide one household and write its letter."""
    models = _models(request)
    body = await read_body(request, LETTER_LIMIT)
    wanted = await run_sync(lambda: read_letter(decode(body)))
    written = await request.app.state.turns.take("letter", lambda: wanted.written(models))
    return Response(
        written,
        media_type=wanted.media_type,
        headers={"Content-Language": wanted.language},
    )


async def models(request: Request) -> Response:
    """Say which model answers, what it is, and which one answered when."""
    live: Live = request.app.state.live
    shadow: Shadow | None = request.app.state.shadow
    now = live.now
    return _json(
        msgspec.json.encode(
            {
                "alias": live.alias,
                "state": now.state,
                "version": now.version,
                "note": now.note,
                "model": now.models.describe() if now.models else None,
                "shadow": shadow.live.now.version if shadow else None,
                "shadow_override": shadow.live.now.override if shadow else None,
                "history": await run_sync(_history, live.home),
            }
        )
    )


def _history(home: Home) -> list[dict[str, Any]] | None:
    """Return every move of an alias, oldest first; null where its signature is not right."""
    try:
        return [asdict(move) for move in aliases.read(home).history]
    except TarazyError:
        return None


async def features(_: Request) -> Response:
    """List every declared feature."""
    listed = [pages.feature_card(f) for f in FEATURES.values()]
    return _json(msgspec.json.encode({"features": listed}))


async def law(request: Request) -> Response:
    """List the legal values: those in force on ``as_of``, or without it every edition."""
    day = legal.requested_day(request.query_params)
    if day is None:
        every = legal.every_edition()
        whole = {"as_of": None, "version": legal.newest(), "entries": every, "warnings": []}
        return _json(msgspec.json.encode(whole))
    entries = legal.in_force(day)
    body = {
        "as_of": day.isoformat(),
        "version": legal.version(day),
        "entries": entries,
        "warnings": legal.warnings(day),
    }
    return _json(msgspec.json.encode(body))


async def livez(_: Request) -> Response:
    """The process answers."""
    return Response("alive\n", media_type="text/plain")


async def readyz(request: Request) -> Response:
    """Whether decisions can be made: the law is loaded, the model loaded or declared absent."""
    live: Live = request.app.state.live
    now = live.now
    ready = now.ready and legal.newest() is not None
    body = {
        "ready": ready,
        "law": {"loaded": legal.newest() is not None, "version": legal.newest()},
        "model": {
            "state": now.state,
            "version": now.version,
            "alias": live.alias,
            "note": now.note,
        },
    }
    return Response(
        msgspec.json.encode(body),
        status_code=200 if ready else 503,
        media_type="application/json",
    )


async def measured(_: Request) -> Response:
    """Counters for machines."""
    return Response(metrics.exposition(), media_type=metrics.MEDIA_TYPE)


async def described(_: Request) -> Response:
    """The description of this API, OpenAPI 3.1."""
    return _json(msgspec.json.encode(await run_sync(openapi.document)))


def application(announce: Callable[[str], None] = lambda _: None) -> Starlette:
    """Return the API; starting it loads the model of ``TARAZY_HOME`` behind ``TARAZY_MODEL``.

    ``announce`` is told, once it answers, what answers.
    """
    app = Starlette(
        routes=[
            Route("/score", score, methods=["POST"]),
            Route("/score_many", score_many, methods=["POST"]),
            Route("/letter", letter, methods=["POST"]),
            Route("/models", models),
            Route("/features", features),
            Route("/law", law),
            Route("/openapi.json", described),
            Route("/livez", livez),
            Route("/readyz", readyz),
            Route("/metrics", measured),
            *pages.ROUTES,
            Route("/audit", lambda _: RedirectResponse("/audit/")),
            Mount("/audit", pages.latest_audit),
        ],
        lifespan=_lifespan,
        exception_handlers={
            Problem: _problem,
            DayError: _no_such_day,
            HTTPException: _http,
            Exception: _unexpected,
        },
    )
    # A redirect names the host that the caller claims, and the family's data would follow it.
    app.router.redirect_slashes = False
    app.state.announce = announce
    return app


def addresses(app: Starlette) -> frozenset[str]:
    """Return the addresses of the API, as metrics name them."""
    return frozenset(route.path for route in app.routes if isinstance(route, Route))


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    home = Home(os.environ.get("TARAZY_HOME", "var"))
    app.state.home = home
    app.state.turns = _Turns()
    app.state.live = await run_sync(Live, home, os.environ.get("TARAZY_MODEL", "champion"))
    app.state.live.watch()
    app.state.shadow = None
    if os.environ.get("TARAZY_SHADOW"):
        challenger = await run_sync(Live, home, aliases.SHADOW)
        challenger.watch()
        app.state.shadow = Shadow(challenger)
    app.state.announce(app.state.live.now.note)
    yield
    if app.state.shadow is not None:
        await run_sync(app.state.shadow.close)
    app.state.live.close()


def _models(request: Request) -> Models | None:
    """Return the model of this request: one and the same from its beginning to its end."""
    live: Live = request.app.state.live
    now = live.now
    if not now.ready:
        raise Problem(Kind.NOT_READY, now.note)
    if legal.newest() is None:
        raise Problem(Kind.NOT_READY, "The law on file is not in order; /readyz says so too.")
    return now.models


def _decided(
    read: Callable[[], ScoreRequest],
    models: Models | None,
    shadow: Shadow | None,
    shape: Callable[[list[Decision]], Decision | Decisions],
) -> bytes:
    wanted = read()
    groups = decided(wanted, models)
    decisions = answers_of(wanted, groups)
    for decision in decisions:
        metrics.DECISIONS.labels(decision.status).inc()
    if shadow is not None:
        shadow.offer(groups, decisions)
    return msgspec.json.encode(shape(decisions))


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")


async def _problem(_: Request, problem: Exception) -> Response:
    if not isinstance(problem, Problem):
        raise problem
    return response(problem)


async def _no_such_day(_: Request, error: Exception) -> Response:
    """Whatever an address does with a day: one that does not have it is the request's fault."""
    if not isinstance(error, DayError):
        raise error
    return response(invalid([of_day(error)]))


async def _http(_: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "GET, HEAD")
        return response(Problem(Kind.METHOD, f"Send one of {allowed}.", headers={"Allow": allowed}))
    return response(Problem(Kind.NOT_FOUND, "Nothing is served here. /docs lists every address."))


async def _unexpected(_: Request, __: Exception) -> Response:
    return response(
        Problem(
            Kind.INTERNAL,
            "The request was not decided and nothing was changed. The place is in the log of "
            "the service; tell its keeper the time of the request.",
        )
    )
