"""What is doubtful in one family's own registers: said beside its decision, changing nothing in it.

The doubts are those that `POST /score` answers and the validator counts over a country; here
each has words for the family, read from notes.yaml.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from features.build import Registers, silence
from features.checking.contradictions import Contradiction, by_household
from features.facts.uncounted import Uncounted, uncounted
from features.registers.declared import REGISTERS, SCORING
from models.answer import Texts
from models.law.facts import treatment
from models.law.files import read_exactly
from models.law.parameters import Law
from models.writing import LANGUAGES


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """What one family's registers leave in doubt.

    ``silent``: registers that did not answer for it, or not for the months needed.
    ``contradictions``: facts that contradict each other but may be true. ``uncounted``: what was
    left out on purpose.
    """

    silent: tuple[str, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    uncounted: tuple[Uncounted, ...] = ()


def notes(registers: Registers, law: Law) -> Notes:
    """Return what the registers of one household leave in doubt on the law's day."""
    behind = frozenset[str]().union(*(names for names, _ in silence(registers)))
    silent = [r.name for r in SCORING if registers.get(r.name) is None or r.name in behind]
    judged = {name: rows for name, rows in registers.items() if name in REGISTERS}
    shown = by_household(judged, law.day)
    return Notes(
        silent=tuple(silent),
        contradictions=tuple(
            contradiction
            for contradictions in shown.values()
            for contradiction in contradictions
            if not {contradiction.register, *contradiction.reads} & set(silent)
        ),
        uncounted=uncounted(registers, law.day, treatment(law)),
    )


def text_of(note: Contradiction | Uncounted) -> Texts:
    """Return a contradiction, or what was not counted, in the words that a family reads."""
    if isinstance(note, Contradiction):
        return Texts(**_declared()["contradictions"][note.name])
    words = _declared()["uncounted"][note.cause]
    return Texts(**{name: words[name].format(number=note.number) for name in LANGUAGES})


@cache
def _declared() -> Mapping[str, Any]:
    declared: Mapping[str, Any] = read_exactly(Path(__file__).with_suffix(".yaml"))
    return declared
