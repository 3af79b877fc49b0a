"""What a rule rests on, as an answer cites it: its clause, and the act that it is of."""

from collections.abc import Mapping
from typing import Any

from models.answer import Act, Source, Texts
from models.law.parameters import Law


def act_of(key: str, law: Law) -> Act:
    """Return an act of the law's files as an answer cites it; ``key``: its own, or ACT:CLAUSE."""
    act = _act(key, law)
    return Act(
        act=key,
        title=Texts(**act["title"]),
        number=act["number"],
        date=act["date"],
        url=act["url"],
        status=act["status"],
    )


def source_of(declared: Mapping[str, Any], law: Law) -> Source:
    """Return a ``source`` of the law's files with the title, number and status of its act."""
    act = _act(declared["act"], law)
    return Source(
        act=declared["act"],
        article=declared["article"],
        url=declared["url"],
        checked=declared["checked"],
        title=Texts(**act["title"]),
        number=act["number"],
        status=act["status"],
    )


def _act(key: str, law: Law) -> Mapping[str, Any]:
    act: Mapping[str, Any] = law.acts[key.partition(":")[0]]
    return act
