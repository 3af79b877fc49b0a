"""Which editions of the law a training run leaned on, each with its day and its act."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, Final

import polars as pl

from features.units import Span
from models.law.files import plain
from models.law.parameters import Citation, Law, each_once
from models.learned.inputs import declared_inputs, priced_by
from models.rules import red_flags
from training.labels.gather import Labels

_OF_A_FINDING: Final = ("subsistence_minimum", "hidden_income_materiality")
"""The values that say what an inspector's finding amounts to."""
_OF_A_PROMISE: Final = (
    "inspection_sensitivity",
    "flag_error_rate",
    "review_capacity",
    "review_days",
)
"""The values that say what is promised of a flag, and how many families a person can look at."""


def used(labels: Labels) -> list[dict[str, Any]]:
    """Return every edition that prices, targets or judges these labels, oldest first.

    A family is looked at by the law of its snapshot's day, a finding by that of the day of
    the inspection, an answer by that of its quarter's last month, and a promise by that of
    the newest snapshot's. Ready for JSON: name, since, value, act, article, assumed.
    """
    cited: list[Citation] = []
    for day in _days(labels.inspections["as_of"], labels.survey["as_of"], [labels.as_of]):
        cited += _of_a_look(Law(day))
    for day in _days(labels.inspections["inspected_on"]):
        cited += map(Law(day).cite, _OF_A_FINDING)
    for day in _days(labels.survey["day"]):
        cited.append(Law(day - timedelta(days=1)).cite("subsistence_minimum"))
    cited += map(Law(labels.as_of).cite, _OF_A_PROMISE)
    return [plain(_entry(citation)) for citation in each_once(cited)]


def _of_a_look(law: Law) -> list[Citation]:
    """Return what prices a family's amounts on a day, and what its red flags compare with."""
    spans = {i.span for i in declared_inputs() if i.span} | {Span.QUARTER}
    prices = [cited for span in spans for cited in priced_by(span, law)]
    return prices + [cited for flag in red_flags.in_force(law) for cited in flag.cites]


def _entry(citation: Citation) -> dict[str, Any]:
    edition = citation.edition
    return {
        "name": citation.name,
        "since": edition.since,
        "value": edition.value,
        "act": edition.source.act,
        "article": edition.source.article,
        "assumed": edition.assumed,
    }


def _days(*columns: pl.Series | Iterable[date]) -> list[date]:
    return sorted({day for column in columns for day in column})
