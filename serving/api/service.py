"""The one BentoML service: BentoML makes the application, uvicorn's workers serve it.

There are no runners, no dependent services and no BentoML-typed endpoints, so nothing
here reads BentoML's own formats (one of them is pickle). The front door stands before
every address, also those that BentoML would serve by itself. `bentoml serve` is not
used: its process manager takes commands from whoever reaches this machine's own address.
"""

import logging
import multiprocessing
import os
from typing import Any, Final, cast

import bentoml
from starlette.types import ASGIApp

from serving.api.app import addresses, application
from serving.api.front import Front
from serving.api.server import ANSWER_SECONDS

log = logging.getLogger("tarazy")


def _announce(note: str) -> None:
    """Say where it answers and with what: the first worker speaks for all."""
    if multiprocessing.current_process().name.endswith("-1"):
        log.info("%s answers. %s", os.environ.get("TARAZY_URL", "The service"), note)


APP: Final = application(_announce)
"""The API; BentoML starts it with its workers and stops it with them."""


@bentoml.service(
    traffic={"timeout": ANSWER_SECONDS},
    metrics={"enabled": False},
    logging={"access": {"enabled": False}},
)
@bentoml.asgi_app(APP, path="/")
class Tarazy:
    """Families in, decisions out; see `serving.api.app` for what is answered where."""


# To a type checker Tarazy is still the class; at run time it is BentoML's service.
_SERVICE: Final = cast(Any, Tarazy)
_SERVICE.add_asgi_middleware(Front, ours=APP, paths=addresses(APP))


def asgi() -> ASGIApp:
    """Return the service as an ASGI application, for a server that starts and stops it."""
    return cast(ASGIApp, _SERVICE.to_asgi())
