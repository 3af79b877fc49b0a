"""What decisions of a day lean on: every edition of a legal value, and those that have ended.

With what the registers do not cover, the latter are what whoever decides is warned of.
"""

from collections.abc import Collection
from datetime import date, timedelta

from features.registers.snapshot import Snapshot
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
    return lapse.refuse_lapsed(law, _leans_on(law))


def days_of_decisions() -> tuple[date, date | None]:
    """Return the first and the last day that the law on file allows decisions of; None: no last."""
    newest = Law(date.max)
    first: date = newest.files.rules["decision_policy"]["editions"][0]["since"]
    ends = [one.known_until for one in lapse.lapsed(newest, _leans_on(newest))]
    if not ends or not newest.has("lapsed_law_days"):
        return first, None
    return first, min(ends) + timedelta(days=newest.lapsed_law_days)


def warnings_of(snapshot: Snapshot, law: Law) -> list[str]:
    """Return what whoever decides by a snapshot on the law's day is to be warned of.

    Values of the law known until an earlier day, what the check of the registers doubted, and
    months that they do not cover. Nothing is refused here.
    """
    return [
        *(ended.sentence for ended in lapse.lapsed(law, _leans_on(law))),
        *snapshot.warnings,
        *(fault.sentence for fault in snapshot.coverage(law.day).faults()),
    ]


def _leans_on(law: Law) -> Collection[str]:
    """Name the values that decisions of the day lean on; none where nothing has ended."""
    return {cited.name for cited in cites(law)} if lapse.lapsed(law) else ()
