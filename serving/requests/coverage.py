"""For which months the monthly registers of a request answer, and what follows where they do not.

The same rule as for files (`features.registers.coverage`): a decision needs the three complete
months before its day. A request may say what its registers cover; where it does not, a register
whose newest row lies before the last complete month is silent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from features.registers.coverage import LOOKS_BACK, QUARTER, reach, spelled
from features.units import add_months
from serving.requests.cells import read_day
from serving.requests.problems import Fault

Span = tuple[date, date]
"""The first and the last month that a register covers."""
Spans = Mapping[str, Span]
_EXAMPLE: Final = '"coverage": {"incomes": ["2025-01-01", "2025-12-01"]}'
_BRING: Final = "send the rows of these months and the coverage that has them"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """How one monthly register of one household answers for the months before the day.

    ``back``: complete months that it covers without a gap; None: far enough for everything,
    as far as is known.
    """

    silent: bool = False
    back: int | None = None
    warning: Fault | None = None


def read_coverage(value: Any, place: str, faults: list[Fault]) -> dict[str, Span]:
    """Return the months that a request says its registers cover; add what is wrong to faults."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        faults.append(Fault(place, "not an object", f"send it as {_EXAMPLE}, or leave it out"))
        return {}
    spans = {}
    for register, months in value.items():
        if register not in LOOKS_BACK:
            known = ", ".join(LOOKS_BACK)
            faults.append(Fault(place, "names a register that has no months", f"name only {known}"))
        elif months is not None:
            span = _span(months)
            if span is None:
                remedy = f"send the first and the last month, each by its first day: {_EXAMPLE}"
                faults.append(Fault(f"{place}.{register}", "not two months in order", remedy))
            else:
                spans[register] = span
    return spans


def answering(
    register: str, rows: Sequence[Mapping[str, Any]], span: Span | None, as_of: date
) -> Answering:
    """Return how a register that was sent answers; ``span`` None: its coverage was not sent."""
    if span is None:
        return _by_its_rows(register, rows, as_of)
    back = reach(_months(span, as_of, LOOKS_BACK[register]), as_of, LOOKS_BACK[register])
    if back == LOOKS_BACK[register]:
        return Answering()
    if back < QUARTER:
        needed = spelled(add_months(as_of, -n) for n in range(1, QUARTER + 1))
        problem = f"does not cover {needed}, which a decision needs: it counts as silent"
        return Answering(silent=True, warning=Fault(register, problem, _BRING))
    earliest = spelled(add_months(as_of, -n) for n in range(back + 1, LOOKS_BACK[register] + 1))
    problem = f"does not cover {earliest}: what looks so far back is unknown"
    return Answering(back=back, warning=Fault(register, problem, _BRING))


def _by_its_rows(register: str, rows: Sequence[Mapping[str, Any]], as_of: date) -> Answering:
    if not rows:
        return Answering(
            warning=Fault(
                register,
                "sent empty, and not for which months it answers: it counts as empty",
                f"send its coverage, as in {_EXAMPLE}; send null if it did not answer",
            )
        )
    last = add_months(as_of, -1)
    learned = (row for row in rows if not _later(row.get("known_on"), as_of))
    if any(read_day(row["month"]) >= last for row in learned):
        return Answering()
    return Answering(
        silent=True,
        warning=Fault(
            register,
            f"no row reaches the last complete month, {last:%Y-%m}: it counts as silent",
            f"send its coverage, as in {_EXAMPLE}, if it answers for that month",
        ),
    )


def _later(known_on: Any, as_of: date) -> bool:
    return known_on is not None and read_day(known_on) > as_of


def _months(span: Span, as_of: date, most: int) -> set[date]:
    first, last = span
    before = (add_months(as_of, -back) for back in range(1, most + 1))
    return {month for month in before if first <= month <= last}


def _span(months: Any) -> Span | None:
    if not isinstance(months, list) or len(months) != 2:
        return None
    try:
        first, last = map(read_day, months)
    except ValueError:
        return None
    return (first, last) if first.day == last.day == 1 and first <= last else None
