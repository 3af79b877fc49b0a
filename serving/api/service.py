"""The one BentoML service: it starts, watches and stops the workers; the API is ours.

There are no runners, no dependent services and no BentoML-typed endpoints, so nothing
here reads BentoML's own formats (one of them is pickle). The front door stands before
every address, also those that BentoML would serve by itself.
"""

import logging
import os
import sys
from typing import Any, Final, cast

import bentoml

from serving.api.app import addresses, application
from serving.api.front import Front

log = logging.getLogger("tarazy")


def _announce(note: str) -> None:
    """Say where it answers and with what: the first worker speaks for all."""
    if bentoml.server_context.worker_index in (None, 1):
        log.info("%s answers. %s", os.environ.get("TARAZY_URL", "The service"), note)


APP: Final = application(_announce)
"""The API; BentoML starts it with its workers and stops it with them."""


def _log_to_standard_error() -> None:
    if not log.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        log.addHandler(handler)
        log.setLevel(logging.INFO)
        log.propagate = False


_log_to_standard_error()


@bentoml.service(
    workers=int(os.environ.get("TARAZY_WORKERS", "1")),
    traffic={"timeout": 120},
    metrics={"enabled": False},
    logging={"access": {"enabled": False}},
)
@bentoml.asgi_app(APP, path="/")
class Tarazy:
    """Families in, decisions out; see `serving.api.app` for what is answered where."""


# To a type checker Tarazy is still the class; at run time it is BentoML's service.
cast(Any, Tarazy).add_asgi_middleware(Front, ours=APP, paths=addresses(APP))
