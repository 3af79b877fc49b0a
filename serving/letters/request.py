"""A request for a letter: that of a decision, with the language and the form of the letter."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from models.explanation.counterfactual import nearest
from models.explanation.notes import notes
from models.learned.predict import Models
from models.writing import LANGUAGES
from serving.decisions.answers import answers_of, decided
from serving.letters import document, page
from serving.letters.letter import letter
from serving.letters.parts import Letter
from serving.requests.problems import Fault, Kind, Problem, invalid
from serving.requests.request import ScoreRequest, read_one

FORMATS: Final[dict[str, tuple[str, Callable[[Letter], bytes]]]] = {
    "html": (page.MEDIA_TYPE, page.page),
    "pdf": (document.MEDIA_TYPE, document.document),
}
"""The forms of a letter: their media type, and what lays them out."""
_CHOICES: Final = {"language": LANGUAGES, "format": tuple(FORMATS)}


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterRequest:
    """A household to decide, and how its letter is to be written."""

    request: ScoreRequest
    language: str
    format: str

    @property
    def media_type(self) -> str:
        """The media type of the answer."""
        return FORMATS[self.format][0]

    def written(self, models: Models | None) -> bytes:
        """Decide the household and return its letter; raise `Problem` where that cannot be."""
        [household] = decided(self.request, models)
        [answer] = answers_of(self.request, [household])
        law = household.decisions.law
        corrections = nearest(household.registers, law)
        doubts = notes(household.registers, law)
        return FORMATS[self.format][1](letter(answer, corrections, doubts, law, self.language))


def read_letter(sent: Any) -> LetterRequest:
    """Read the body of ``POST /letter``; Problem: every fault of it at once."""
    faults: list[Fault] = []
    chosen = {}
    if isinstance(sent, dict):
        sent = dict(sent)
        for name, choices in _CHOICES.items():
            chosen[name] = sent.pop(name, None)
            if chosen[name] not in choices:
                problem = "missing" if chosen[name] is None else "not one of the choices"
                faults.append(Fault(name, problem, f"send one of {', '.join(choices)}"))
    try:
        request = read_one(sent)
    except Problem as refused:
        if refused.kind is not Kind.INVALID:
            raise
        raise invalid([*faults, *refused.faults]) from None
    if faults:
        raise invalid(faults)
    return LetterRequest(request=request, **chosen)
