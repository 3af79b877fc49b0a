"""Properties of what is drawn: a few examples in every run, many in a long one."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy


def drawn(
    few: int, many: int, *drawing: SearchStrategy[Any], **named: SearchStrategy[Any]
) -> Callable[[Callable[..., None]], Callable[[int], None]]:
    """Let a property hold of ``few`` drawn examples, and in the long run of ``many``.

    Each run draws others, so what few of them miss the next run, or the long one, may meet.
    """

    def of(holds: Callable[..., None]) -> Callable[[int], None]:
        @pytest.mark.parametrize("count", [few, pytest.param(many, marks=pytest.mark.long)])
        def property_of_examples(count: int) -> None:
            slow = [HealthCheck.too_slow]
            as_many = settings(max_examples=count, deadline=None, suppress_health_check=slow)
            as_many(given(*drawing, **named)(holds))()

        property_of_examples.__name__ = holds.__name__
        property_of_examples.__doc__ = holds.__doc__
        property_of_examples.__module__ = holds.__module__
        return property_of_examples

    return of
