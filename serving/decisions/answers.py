"""From what was asked to what is answered: the same decision as `tarazy score` writes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated

import msgspec

from features.build import Registers
from features.errors import DayError, InputError
from models.answer import Answer, Part, about
from models.decision import pipeline
from models.decision.pipeline import decide
from models.law.parameters import Law
from models.learned.predict import Models
from models.rules.citations import lapsed_values
from serving.decisions.decision_id import decision_id
from serving.requests.problems import Fault, invalid, of_lapse
from serving.requests.request import Household, ScoreRequest


class Decision(Answer, frozen=True, kw_only=True):
    """A decision as the API answers it: with what belongs to the request that asked for it."""

    service: Annotated[str | None, about("The programme asked for; null: none in particular.")]
    silent_registers: Annotated[
        tuple[str, ...], about("Registers that did not answer, or not for the months needed.")
    ]
    warnings: Annotated[
        tuple[Fault, ...],
        about("What was ignored, contradicts itself, or is not known for the months needed."),
    ]
    decision_id: Annotated[
        str,
        about(
            "SHA-256 of the canonical JSON (RFC 8785) of the facts that were "
            "understood and the versions that decided.",
            pattern="^[0-9a-f]{64}$",
        ),
    ]


class Decisions(Part, frozen=True, kw_only=True):
    """The decisions of a request of many households, in its order."""

    decisions: list[Decision]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """Households of a request that are silent alike, decided together.

    ``positions`` are their places in the request, row by row of ``decisions``; ``registers``
    what was read of them.
    """

    positions: Sequence[int]
    registers: Registers
    decisions: pipeline.Decisions


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


def answers_of(request: ScoreRequest, groups: Iterable[Decided]) -> list[Decision]:
    """Return what is answered of decided households, in the order of the request."""
    by_position: dict[int, Decision] = {}
    of_law = tuple(map(of_lapse, lapsed_values(Law(request.as_of))))
    for group in groups:
        for row, position in enumerate(group.positions):
            by_position[position] = _complete(
                group.decisions.answer(row, request.service),
                request,
                request.households[position],
                of_law,
            )
    return [by_position[position] for position in sorted(by_position)]


def answers(request: ScoreRequest, models: Models | None) -> list[Decision]:
    """Decide every household of a request and return the answers in its order; see `decided`."""
    return answers_of(request, decided(request, models))


def _complete(
    answer: Answer, request: ScoreRequest, household: Household, of_law: tuple[Fault, ...]
) -> Decision:
    """Add to a decision what belongs to the request: keys, silence, warnings."""
    fields = msgspec.structs.asdict(answer) | {"household_id": household.household_id}
    return Decision(
        **fields,
        service=request.service,
        silent_registers=household.silent,
        warnings=(*household.warnings, *of_law),
        decision_id=decision_id(request, household, answer.versions),
    )
