"""Which editions of the law a training run leaned on, each with its day and its act."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import polars as pl

from features.units import Span
from models.law.files import plain
from models.law.parameters import Edition, Law
from models.learned.inputs import declared_inputs, subsistence
from models.rules.red_flags import red_flags
from training.labels.gather import Labels


def used(found: Labels) -> list[dict[str, Any]]:
    """Return every edition that prices, targets or judges these labels, oldest first.

    A family is looked at by the law of its snapshot's day, a finding by that of the day of
    the inspection, an answer by that of its quarter's last month, and a promise by that of
    the newest snapshot's. Ready for JSON: name, since, value, act, article, assumed.
    """
    laws: list[Law] = []
    spans = {i.span for i in declared_inputs() if i.span} | {Span.QUARTER}
    for day in _days(found.inspections["as_of"], found.survey["as_of"], [found.as_of]):
        law = Law(day)
        for span in spans:
            subsistence(span, law)
        red_flags(found.inspections.head(0), law)
        laws.append(law)
    for day in _days(found.inspections["inspected_on"]):
        law = Law(day)
        assert law.subsistence_minimum
        assert law.hidden_income_materiality is not None
        laws.append(law)
    for day in _days(found.survey["day"]):
        law = Law(day - timedelta(days=1))
        assert law.subsistence_minimum
        laws.append(law)
    promise = Law(found.as_of)
    assert promise.inspection_sensitivity is not None
    assert promise.flag_error_rate is not None
    assert promise.review_capacity is not None
    assert promise.review_days is not None
    laws.append(promise)
    editions = {
        (name.partition(" since ")[0], edition.since): edition
        for law in laws
        for name, edition in law.cited.items()
    }
    return [plain(_told(name, editions[name, since])) for name, since in sorted(editions)]


def _told(name: str, edition: Edition) -> dict[str, Any]:
    return {
        "name": name,
        "since": edition.since,
        "value": edition.value,
        "act": edition.source.act,
        "article": edition.source.article,
        "assumed": edition.assumed,
    }


def _days(*columns: pl.Series | Iterable[Any]) -> list[Any]:
    return sorted({day for column in columns for day in column})
