"""What decisions of a day lean on: every edition of a legal value, and those that have ended."""

from models.law import lapse
from models.law.facts import cites as cites_of_facts
from models.law.lapse import Lapse
from models.law.parameters import Citation, Law, each_once
from models.rules import actions, programmes, red_flags
from models.rules.category import HardRule
from models.rules.scorecard import Scorecard


def cites(law: Law) -> tuple[Citation, ...]:
    """Return every edition of a legal value that decisions of the law's day lean on."""
    return each_once(
        [
            *Scorecard.in_force(law).cites,
            *HardRule.in_force(law).cites,
            *(cited for flag in red_flags.in_force(law) for cited in flag.cites),
            *(cited for one in programmes.in_force(law) for cited in one.cites),
            *actions.cites(law),
            *cites_of_facts(law),
        ]
    )


def lapsed_values(law: Law) -> tuple[Lapse, ...]:
    """Return the values that decisions of the day lean on after the last day they are known for.

    Raises LawLapsed where the policy of the day refuses decisions by values so old.
    """
    if not lapse.lapsed(law):
        return ()
    leans_on = {cited.name for cited in cites(law)}
    lapse.refuse_lapsed(law, leans_on)
    return lapse.lapsed(law, leans_on)
