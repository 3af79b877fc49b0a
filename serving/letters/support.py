"""What a letter says of support: what the family may receive, and what an adverse category means.

Offers and verdicts are those of the decision; a letter promises nothing beyond them.
"""

from collections.abc import Sequence
from typing import Final

from models.answer import Answer, Eligibility, EligibilityReason, Offer
from models.law import rights
from models.law.parameters import Law
from models.rules import programmes
from models.rules.actions import PROGRAMME
from serving.decisions.answers import Decision
from serving.letters.parts import Point, Section
from serving.letters.wording import Wording

_OF_CATEGORY: Final = frozenset(
    {
        programmes.CATEGORY_NOT_SERVED,
        programmes.CATEGORY_MAY_CHANGE,
        programmes.NOBODY_TO_SERVE,
    }
)
"""Reasons of a review that are no condition of the programme."""


def served(category: int, law: Law) -> bool:
    """Whether any local programme is open to the category."""
    return any(category in programme.categories for programme in programmes.in_force(law))


def of_service(answer: Answer, say: Wording) -> list[str]:
    """Say what the programme that was asked for comes to; nothing where none was."""
    if not isinstance(answer, Decision) or answer.service is None:
        return []
    [eligibility] = answer.eligibility
    name, remains = eligibility.name[say.language], eligibility.remains[say.language]
    doubts = eligibility.verdict == programmes.REVIEW
    why = " ".join(_doubts(eligibility, say)) if doubts else _because(eligibility.reasons, say)
    return [say(f"service.{eligibility.verdict}", name=name, remains=remains, why=why)]


def adverse(category: int, law: Law, say: Wording) -> list[Section]:
    """Name what holds before a category without local support may cost a family anything."""
    if served(category, law):
        return []
    policy = law.policy.adverse
    points = [Point(text=say("adverse.notice", days=say.count(policy.notice_days, "days")))]
    if policy.hearing:
        hearing = rights.of(law)["HEARING"]
        points.append(Point(text=say("adverse.hearing"), notes=(say.standing(hearing, law),)))
    points.append(Point(text=say(f"adverse.{policy.support_meanwhile}")))
    return [
        Section(
            heading=say("adverse.heading", category=category),
            body=(say("adverse.closed", category=category), tuple(points)),
        )
    ]


def offered(answer: Answer, say: Wording) -> Section:
    """Name what the family may receive: programmes, what a person must look at, other help."""
    offers = answer.offers
    granted = [offer for offer in offers if offer.kind == PROGRAMME]
    helped = [offer for offer in offers if offer.kind != PROGRAMME]
    reviewed = [t for t in answer.eligibility if t.verdict == programmes.REVIEW]
    body: list[str | tuple[Point, ...]] = []
    if granted:
        body += [say("support.eligible"), tuple(_programme(offer, say) for offer in granted)]
    if reviewed:
        body += [say("support.in_review"), tuple(_reviewed(each, say) for each in reviewed)]
    if helped and (urgency := helped[0].urgency_name):
        body.append(say("support.actions", urgency=_inside(urgency[say.language])))
        body.append(tuple(_help(offer, say) for offer in helped))
    closing = say("support.pilot" if body else "support.nothing")
    return Section(heading=say("support.heading"), body=(*body, closing))


def _programme(offer: Offer, say: Wording) -> Point:
    why = "; ".join(_inside(text[say.language]) for text in offer.why)
    note = say("support.why", why=why, remains=offer.text[say.language])
    return Point(text=f"{offer.name[say.language]}.", notes=(note,))


def _reviewed(eligibility: Eligibility, say: Wording) -> Point:
    return Point(text=f"{eligibility.name[say.language]}.", notes=_doubts(eligibility, say))


def _help(offer: Offer, say: Wording) -> Point:
    kind, name = offer.kind_name[say.language], offer.name[say.language]
    if offer.people is None:
        text = say("support.action", kind=kind, name=name)
    else:
        text = say("support.action_for", kind=kind, name=name, people=offer.people)
    return Point(text=text, notes=(offer.text[say.language],))


def _doubts(eligibility: Eligibility, say: Wording) -> tuple[str, ...]:
    """Return why a person must look: what is not known, and what the category asks for."""
    unknown = [r for r in eligibility.reasons if r.code not in _OF_CATEGORY]
    category = [r for r in eligibility.reasons if r.code in _OF_CATEGORY]
    wordings = (("support.not_known", unknown), ("support.in_review_why", category))
    return tuple(say(place, why=_because(reasons, say)) for place, reasons in wordings if reasons)


def _because(reasons: Sequence[EligibilityReason], say: Wording) -> str:
    return "; ".join(_inside(reason.text[say.language]) for reason in reasons)


def _inside(sentence: str) -> str:
    """Return a sentence as it stands within another."""
    return sentence[:1].lower() + sentence[1:]
