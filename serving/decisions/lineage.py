"""What a file of decisions was made of: written into the file, so that it goes where the file goes.

The same input gives the same bytes: no clock, no name of a machine, no folder stands here.
"""

import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import Final

from features.registers.snapshot import Snapshot
from models.decision.pipeline import versions
from models.law.parameters import Law
from models.learned.predict import Models
from models.rules.citations import warnings_of

KEY: Final = "tarazy"
"""Under this name it stands in the key-value metadata of Parquet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """Everything that the decisions of one file depend on, and what was to be warned of.

    ``model_sha256``: of the model's signed manifest. ``model_override``: the word by which a person
    let the model pass a gate. All three of the model are None where rules answered alone.
    """

    snapshot: str
    as_of: date
    law: str
    scorecard: str
    policy: str
    features: str
    code: str
    model: str | None
    model_sha256: str | None
    model_override: str | None
    warnings: tuple[str, ...]

    def as_json(self) -> str:
        """Return it as JSON, its names sorted."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, default=str)


def lineage(snapshot: Snapshot, law: Law, models: Models | None) -> Lineage:
    """Return what the decisions for a snapshot on the law's day are made of."""
    decided_by = versions(law, models)
    return Lineage(
        snapshot=snapshot.digest,
        as_of=law.day,
        law=decided_by.law,
        scorecard=decided_by.scorecard,
        policy=decided_by.policy,
        features=decided_by.features,
        code=decided_by.code,
        model=None if models is None else models.version,
        model_sha256=None if models is None else models.manifest.get("manifest_sha256"),
        model_override=None if models is None else models.override,
        warnings=tuple(warnings_of(snapshot, law)),
    )
