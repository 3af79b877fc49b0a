"""One decision taken apart: the points of the rules, and what each input moved in the models.

The facts quoted are the features that the rules compared; the contributions of the
models are exact Shapley values of their trees, so nothing here is an approximation of
the decision: it is the decision, taken apart.
"""

from dataclasses import dataclass
from typing import Any

from features.build import Registers
from features.errors import InputError
from models.answer import Answer
from models.decision.pipeline import Decisions, decide
from models.explanation.notes import Notes, notes
from models.law.parameters import Law
from models.learned.predict import Models
from models.rules.scorecard import Scorecard


@dataclass(frozen=True, slots=True)
class Explanation:
    """One decision taken apart."""

    decisions: Decisions
    answered: Answer
    points: tuple[tuple[str, int | None, int], ...]
    """Code of the criterion, its points (null: unknown), the most there can be."""
    moved: dict[str, dict[str, float]]
    """For each model, what each input added to its score."""
    raised: tuple[str, ...]
    """Codes of the published red flags that are raised."""
    notes: Notes
    """What its registers leave in doubt."""

    @property
    def answer(self) -> dict[str, Any]:
        """The decision in full, as JSON: columns, reasons, eligibility, offers, versions."""
        return self.answered.as_json()

    def contributions(self) -> dict[str, Any]:
        """Return points and contributions, ready for JSON."""
        return {
            "points": {code: {"points": p, "most": most} for code, p, most in self.points},
            **self.moved,
        }


def explained(registers: Registers, models: Models | None, law: Law) -> Explanation:
    """Decide for one household and take the decision apart.

    Raises InputError when the registers hold no such household on the day.
    """
    decisions = decide(registers, models, law)
    if decisions.table.height != 1:
        raise InputError(
            f"The household is not known on {law.day}: 0 rows of it are visible. Check the date."
        )
    card = Scorecard.in_force(law)
    row = decisions.ruled.row(0, named=True)
    moved = {} if models is None or decisions.look is None else models.contributions(decisions.look)
    return Explanation(
        decisions=decisions,
        answered=decisions.answer(),
        points=tuple((c.code, row[c.column], c.most) for c in card.criteria),
        moved=moved,
        raised=tuple(decisions.flags["raised_flags"][0]),
        notes=notes(registers, law),
    )
