"""From what was asked to what is answered: the same decision as `tarazy score` writes."""

from typing import Any

from features.errors import DayError, InputError
from models.decision.pipeline import decide
from models.law.parameters import Law
from models.learned.predict import Models
from serving.decisions.decision_id import decision_id
from serving.requests.problems import Fault, invalid
from serving.requests.request import Household, ScoreRequest


def answers(request: ScoreRequest, models: Models | None) -> list[dict[str, Any]]:
    """Decide every household of a request and return the answers in its order.

    ``models`` None: rules alone. Raises `DayError` where something that the decision needs
    does not exist on the day asked for, and `Problem` for what else is wrong.
    """
    law = Law(request.as_of)
    given: dict[int, dict[str, Any]] = {}
    for positions, registers in request.alike():
        try:
            decisions = decide(registers, models, law)
        except DayError:
            raise
        except InputError as refused:
            raise invalid([Fault("request", str(refused), "correct the request")]) from None
        if decisions.table["household_id"].to_list() != positions:
            raise AssertionError("decisions are not one a household, sorted by household")
        for row, position in enumerate(positions):
            given[position] = _complete(
                decisions.answer(row, request.service), request, request.households[position]
            )
    return [given[position] for position in sorted(given)]


def _complete(
    decision: dict[str, Any], request: ScoreRequest, household: Household
) -> dict[str, Any]:
    """Add to a decision what belongs to the request: keys, silence, what was ignored."""
    return {
        **decision,
        "household_id": household.household_id,
        "service": request.service,
        "silent_registers": list(household.silent),
        "warnings": list(household.warnings),
        "decision_id": decision_id(request, household, decision["versions"]),
    }
