"""How many requests were answered, how fast and with what: numbers for machines that watch."""

import os
from typing import Final

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

REQUESTS: Final = Counter(
    "tarazy_requests", "Requests answered, by address and status.", ["path", "status"]
)
SECONDS: Final = Histogram(
    "tarazy_request_seconds",
    "Seconds to the answer, by address.",
    ["path"],
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30),
)
DECISIONS: Final = Counter("tarazy_decisions", "Households decided, by status.", ["status"])
SHADOW: Final = Counter(
    "tarazy_shadow",
    "Households that the challenger looked at without effect, by what came of it.",
    ["outcome"],
)
SHADOW_CHANGES: Final = Counter(
    "tarazy_shadow_changes",
    "What the challenger would say otherwise than the champion, by column and change.",
    ["column", "change"],
)


def exposition() -> bytes:
    """Return all counters in Prometheus' text form, of all workers of this server."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library has no types here
    return generate_latest(registry)
