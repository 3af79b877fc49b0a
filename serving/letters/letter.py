"""What a letter says: one decision in plain words, the same for the page and the document.

Nothing is decided here. Every number stands in the decision, its reasons, the rights of the
day and the corrections that were recalculated; a letter only puts them into sentences.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from models import rights
from models.counterfactual import Change, Corrections
from models.parameters import Law
from models.reasons import HARD_RULE
from models.scorecard import Scorecard
from serving.letters.wording import Wording

ADVERSE: Final = 6
"""The category in which local support is closed: it asks for notice, hearing and time."""
NEEDIEST: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point of a list: its sentence, and what belongs to it in smaller print."""

    text: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the letter under its heading: paragraphs, a list of points, an afterword."""

    heading: str
    paragraphs: tuple[str, ...] = ()
    points: tuple[Point, ...] = ()
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter ready to be laid out."""

    language: str
    day: date
    title: str
    greeting: str
    opening: tuple[str, ...]
    sections: tuple[Section, ...]
    closing: tuple[str, ...]
    about: str
    record: tuple[tuple[str, str], ...]
    """Names and values of the letter's last lines: what the decision can be found by."""


def letter(answer: Mapping[str, Any], corrections: Corrections, law: Law, language: str) -> Letter:
    """Put one decision into a letter.

    Parameters
    ----------
    answer : one decision as `models.pipeline.Decisions.answer` gives it; ``decision_id``,
        ``household_id`` and ``service`` are named where it has them.
    corrections : what `models.counterfactual.nearest` found for the same household and day.
    law : of the decision date.
    language : kk, ru or en.

    Returns
    -------
    The letter. Raises DeclarationError where a sentence is missing in the language.
    """
    say = Wording(language)
    day = date.fromisoformat(answer["as_of"])
    sections = [
        *_adverse(answer, law, say),
        _facts(answer, day, say),
        *_reviews(answer, day, say),
        _model(answer, say),
        _change(answer, corrections, law, say),
        _remedies(answer, say),
        _object(day, law, say),
        _basis(answer, law, say),
    ]
    return Letter(
        language=language,
        day=day,
        title=say("outcome.title", category=answer["category"]),
        greeting=say("outcome.greeting"),
        opening=_opening(answer, day, law, say),
        sections=tuple(sections),
        closing=(say("closing.words"), say("closing.sender")),
        about=say("about.heading"),
        record=_record(answer, day, say),
    )


def _opening(answer: Mapping[str, Any], day: date, law: Law, say: Wording) -> tuple[str, ...]:
    category = answer["category"]
    named = say(
        "outcome.category", day=say.day(day), category=category, name=_name(category, law, say)
    )
    said = [
        named,
        say("outcome.scale"),
        say(f"outcome.{answer['status']}"),
    ]
    if category != ADVERSE:
        said.append(say("outcome.open"))
    return (*said, say("outcome.untouched"))


def _adverse(answer: Mapping[str, Any], law: Law, say: Wording) -> list[Section]:
    if answer["category"] != ADVERSE:
        return []
    granted = rights.of(law)
    hearing, support = granted["HEARING"], granted["CONTINUED_SUPPORT"]
    points = (
        Point(
            text=say("adverse.hearing", term=say.term(hearing)),
            notes=(say.standing(hearing, law),),
        ),
        Point(text=say("adverse.support"), notes=(say.standing(support, law),)),
    )
    return [
        Section(heading=say("adverse.heading"), paragraphs=(say("adverse.closed"),), points=points)
    ]


def _facts(answer: Mapping[str, Any], day: date, say: Wording) -> Section:
    points = tuple(_told(reason, day, say) for reason in answer["reasons"])
    words = say("facts.intro" if points else "facts.nothing")
    return Section(heading=say("facts.heading"), paragraphs=(words,), points=points)


def _reviews(answer: Mapping[str, Any], day: date, say: Wording) -> list[Section]:
    points = tuple(_told(reason, day, say) for reason in answer["review_reasons"])
    return [Section(heading=say("reviews.heading"), points=points)] if points else []


def _told(reason: Mapping[str, Any], day: date, say: Wording) -> Point:
    """Return a reason with the register it stands in and the days it covers."""
    text = reason["text"][say.language]
    if reason["register"] is None:
        return Point(text=text)
    first, last = (date.fromisoformat(reason["period"][end]) for end in ("from", "to"))
    source = {"register": say(f"registers.{reason['register']}"), "day": say.day(day)}
    if first == last:
        return Point(text=text, notes=(say("facts.source_day", **source),))
    period = say.period(first, last)
    return Point(text=text, notes=(say("facts.source_period", period=period, **source),))


def _model(answer: Mapping[str, Any], say: Wording) -> Section:
    """Say in one sentence what part a model had; it never had the last word."""
    if answer["model_version"] is None:
        words = say("model.absent")
    elif answer["proposed_category"] is not None:
        words = say("model.proposed", category=answer["proposed_category"])
    elif answer["model_flag"] is None:
        words = say("model.silent")
    else:
        words = say("model.asked" if answer["material"] else "model.quiet")
    return Section(heading=say("model.heading"), paragraphs=(words,))


def _change(answer: Mapping[str, Any], corrections: Corrections, law: Law, say: Wording) -> Section:
    heading = say("change.heading")
    if corrections.changes:
        return Section(
            heading=heading,
            paragraphs=(say("change.intro"),),
            points=tuple(_flip(change, law, say) for change in corrections.changes),
            after=(say("change.only_wrong"),),
        )
    if answer["category"] == NEEDIEST:
        return Section(heading=heading, paragraphs=(say("change.neediest"),))
    if corrections.too_many:
        return Section(heading=heading, paragraphs=(say("change.many"),))
    return Section(
        heading=heading, paragraphs=(say("change.none" if corrections.tried else "change.nothing"),)
    )


def _flip(change: Change, law: Law, say: Wording) -> Point:
    texts = [fact.text(say.language) for fact in change.facts]
    facts = texts[0] if len(texts) == 1 else say("change.both", first=texts[0], second=texts[1])
    name = _name(change.category, law, say)
    remedies = dict.fromkeys(fact.remedy[say.language] for fact in change.facts)
    return Point(
        text=say("change.would", facts=facts, category=change.category, name=name),
        notes=tuple(remedies),
    )


def _remedies(answer: Mapping[str, Any], say: Wording) -> Section:
    """Name once each place where a quoted fact can be corrected, and the proof it asks for."""
    told: Sequence[Mapping[str, Any]] = [*answer["reasons"], *answer["review_reasons"]]
    remedies = dict.fromkeys(reason["remedy"][say.language] for reason in told)
    points = tuple(Point(text=remedy) for remedy in remedies)
    paragraphs = () if points else (say("facts.nothing"),)
    return Section(heading=say("remedies.heading"), paragraphs=paragraphs, points=points)


def _object(day: date, law: Law, say: Wording) -> Section:
    granted = rights.of(law)
    complaint, answered = granted["COMPLAINT"], granted["ANSWER"]
    points = (
        Point(
            text=say(
                "object.complaint",
                term=say.term(complaint),
                until=say.day(complaint.until(day)),
            ),
            notes=(say.standing(complaint, law),),
        ),
        Point(
            text=say("object.where", term=say.term(answered)), notes=(say.standing(answered, law),)
        ),
        *(
            Point(
                text=say(f"object.{code.partition('_')[2].lower() or code.lower()}"),
                notes=(say.standing(granted[code], law),),
            )
            for code in ("HUMAN_REVIEW", "EXPLANATION")
        ),
    )
    return Section(heading=say("object.heading"), points=points)


def _basis(answer: Mapping[str, Any], law: Law, say: Wording) -> Section:
    """Name the act and the clause by which the category was given, and what of it is assumed."""
    card = Scorecard.in_force(law)
    by_rule = any(reason["code"] == HARD_RULE for reason in answer["reasons"])
    said = [f"{say.act(card.act, law)}."]
    said.append(say("basis.by_rule" if by_rule else "basis.by_points"))
    if card.status == "assumed" and not by_rule:
        said.append(say("basis.assumed"))
    return Section(heading=say("basis.heading"), paragraphs=tuple(said))


def _record(answer: Mapping[str, Any], day: date, say: Wording) -> tuple[tuple[str, str], ...]:
    automation = "rules" if answer["model_version"] is None else "rules_and_model"
    versions = answer["versions"]
    lines = {
        "day": say.day(day),
        "decision": answer.get("decision_id"),
        "household": answer.get("household_id"),
        "service": answer.get("service"),
        "automation": say(f"about.{automation}"),
        "versions": "; ".join(f"{name} {value}" for name, value in versions.items() if value),
    }
    return tuple(
        (say(f"about.{name}"), str(value)) for name, value in lines.items() if value is not None
    )


def _name(category: int, law: Law, say: Wording) -> str:
    card = Scorecard.in_force(law)
    return next(c.name[say.language] for c in card.categories if c.category == category)
