"""What a training run and a decision say they lean on, as JSON: `python [-O] -m tests.cited`.

Run with and without `-O`, for an interpreter that strips assertions must cite the same.
"""

import copy
import json
from datetime import date
from typing import Any

import polars as pl

from models.decision.pipeline import decide
from models.law.files import plain
from models.law.parameters import Law
from serving.api.examples import FAMILY
from serving.decisions.answers import answers
from serving.requests.request import read_one
from tests.models.law.lawbook import features
from training.labels.gather import Labels
from training.record import editions

DAY = date(2026, 1, 1)


def of_a_manifest() -> list[dict[str, Any]]:
    """The editions that a manifest names for labels of three years and two snapshots."""
    inspections = features({}, {}, {}).with_columns(
        as_of=pl.Series([date(2025, 1, 1), date(2025, 7, 1), DAY]),
        inspected_on=pl.Series([date(2025, 3, 1), date(2024, 8, 1), DAY]),
    )
    survey = pl.DataFrame(
        {"as_of": [date(2024, 4, 1), date(2025, 10, 1)], "day": [date(2024, 4, 1), DAY]}
    )
    return editions.used(
        Labels(
            inspections=inspections,
            survey=survey,
            population=features({}),
            households=1,
            as_of=DAY,
            late=0,
            strangers=0,
        )
    )


def of_a_decision() -> dict[str, Any]:
    """The answer to one request, and the editions that its decision leans on."""
    request = read_one({"as_of": DAY.isoformat(), "household": copy.deepcopy(FAMILY)})
    [(_, registers)] = request.alike()
    cites = decide(registers, None, Law(DAY)).cites
    [answer] = answers(request, None)
    return {
        "cites": [[c.name, c.edition.since.isoformat(), plain(c.edition.value)] for c in cites],
        "answer": answer.as_json(),
    }


def everything() -> str:
    return json.dumps({"manifest": of_a_manifest(), "decision": of_a_decision()}, sort_keys=True)


if __name__ == "__main__":
    print(everything())
