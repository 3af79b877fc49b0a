"""From what was asked to what is answered: the same decision as `tarazy score` writes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from features.build import Registers
from features.errors import DayError, InputError
from models.decision.pipeline import Decisions, decide, lapsed_values
from models.law.parameters import Law
from models.learned.predict import Models
from serving.decisions.decision_id import decision_id
from serving.requests.problems import Fault, invalid
from serving.requests.request import Household, ScoreRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """Households of a request that are silent alike, decided together.

    ``positions`` are their places in the request, row by row of ``decisions``; ``registers``
    what was read of them.
    """

    positions: Sequence[int]
    registers: Registers
    decisions: Decisions


def decided(request: ScoreRequest, models: Models | None) -> tuple[Decided, ...]:
    """Decide every household of a request, those of the same silence in one go.

    ``models`` None: rules alone. Raises `DayError` where something that the decision needs
    does not exist on the day asked for, and `Problem` for what else is wrong.
    """
    law = Law(request.as_of)
    groups = []
    for positions, registers in request.alike():
        try:
            decisions = decide(registers, models, law)
        except DayError:
            raise
        except InputError as refused:
            raise invalid([Fault("request", str(refused), "correct the request")]) from None
        if decisions.table["household_id"].to_list() != positions:
            raise AssertionError("decisions are not one a household, sorted by household")
        groups.append(Decided(positions=positions, registers=registers, decisions=decisions))
    return tuple(groups)


def answers_of(request: ScoreRequest, groups: Iterable[Decided]) -> list[dict[str, Any]]:
    """Return what is answered of decided households, in the order of the request."""
    by_position: dict[int, dict[str, Any]] = {}
    of_law = [
        {"place": f"law.{lapse.name}", "problem": lapse.problem, "remedy": lapse.remedy}
        for lapse in lapsed_values(Law(request.as_of))
    ]
    for group in groups:
        for row, position in enumerate(group.positions):
            by_position[position] = _complete(
                group.decisions.answer(row, request.service),
                request,
                request.households[position],
                of_law,
            )
    return [by_position[position] for position in sorted(by_position)]


def answers(request: ScoreRequest, models: Models | None) -> list[dict[str, Any]]:
    """Decide every household of a request and return the answers in its order; see `decided`."""
    return answers_of(request, decided(request, models))


def _complete(
    decision: dict[str, Any],
    request: ScoreRequest,
    household: Household,
    of_law: Sequence[dict[str, str]],
) -> dict[str, Any]:
    """Add to a decision what belongs to the request: keys, silence, warnings."""
    return {
        **decision,
        "household_id": household.household_id,
        "service": request.service,
        "silent_registers": list(household.silent),
        "warnings": [*household.warnings, *of_law],
        "decision_id": decision_id(request, household, decision["versions"]),
    }
