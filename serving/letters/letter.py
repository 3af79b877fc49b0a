"""What a letter says: one decision in plain words, the same for the page and the document.

Nothing is decided here. Every number stands in the decision, its reasons, the rights of the
day and the corrections that were recalculated; a letter only puts them into sentences.
"""

from datetime import date
from typing import Final

from models.answer import Answer, Reason
from models.explanation.counterfactual import Change, Corrections
from models.explanation.notes import Notes, text_of
from models.law import rights
from models.law.parameters import Law
from models.law.policy import (
    DEPENDS_ON_UNKNOWN,
    MATERIAL_HIDDEN_INCOME,
    REGISTER_SILENT,
    VALUE_UNKNOWN,
)
from models.reasons.wording import HARD_RULE
from models.rules.category import HardRule
from models.rules.citations import lapsed_values
from models.rules.scorecard import Scorecard
from serving.decisions.answers import Decision
from serving.letters import support
from serving.letters.parts import Letter, Point, Section
from serving.letters.wording import Wording

NEEDIEST: Final = 1
"""The category from which no correction leads to more support."""


def letter(
    answer: Answer, corrections: Corrections, notes: Notes, law: Law, language: str
) -> Letter:
    """Put one decision into a letter.

    Parameters
    ----------
    answer : one decision in full; where it answers a request, its key and the service that
        was asked for are named.
    corrections : what `models.explanation.counterfactual.nearest` finds for the same
        household and day.
    notes : what `models.explanation.notes.notes` says of the same household and day.
    law : of the decision date.
    language : kk, ru or en.

    Returns
    -------
    The letter. Raises DeclarationError where a sentence is missing in the language.
    """
    say = Wording(language)
    day = answer.as_of
    category = answer.category
    change = _change(answer, corrections, law, say)
    sections = (
        *support.adverse(category, law, say),
        support.offered(answer, say),
        _facts(answer, day, say),
        *_noted(notes, say),
        *_reviews(answer, day, say),
        _model(answer, say),
        change,
        *_remedies(answer, change, say),
        _object(day, law, say),
        _basis(answer, law, say),
    )
    return Letter(
        language=language,
        day=day,
        title=say("outcome.title", category=category),
        greeting=say("outcome.greeting"),
        opening=_opening(answer, day, law, say),
        sections=sections,
        closing=(say("closing.words"), say("closing.sender")),
        about=say("about.heading"),
        record=_record(answer, day, say),
    )


def _opening(answer: Answer, day: date, law: Law, say: Wording) -> tuple[str, ...]:
    category = answer.category
    name = _name(category, law, say)
    sentences = [
        say("outcome.category", day=say.day(day), category=category, name=name),
        say("outcome.scale"),
        *support.of_service(answer, say),
        *_standing(answer, say),
    ]
    if support.served(category, law):
        sentences.append(say("outcome.open"))
    return (*sentences, say("outcome.untouched"))


def _standing(answer: Answer, say: Wording) -> list[str]:
    """Say whether the decision is in force, what it waits for, or that it is looked at later."""
    if answer.status == "review":
        for_register = all(reason.code == REGISTER_SILENT for reason in answer.review_reasons)
        return [say("outcome.awaits" if for_register else "outcome.review")]
    return [say("outcome.automatic"), *([say("outcome.follow_up")] if answer.follow_up else [])]


def _facts(answer: Answer, day: date, say: Wording) -> Section:
    points = tuple(_point(reason, day, say) for reason in answer.reasons)
    intro = say("facts.rule" if _by_rule(answer) else "facts.intro")
    body = (intro, points) if points else (say("facts.nothing"),)
    return Section(heading=say("facts.heading"), body=body)


def _noted(notes: Notes, say: Wording) -> list[Section]:
    """Name what was not counted, and what is doubtful in the data, where there is any."""
    uncounted = [Point(text=text_of(each)[say.language]) for each in notes.uncounted]
    doubts = [Point(text=text_of(each)[say.language]) for each in notes.contradictions]
    if notes.silent:
        registers = "; ".join(say(f"registers.{name}") for name in notes.silent)
        doubts.insert(0, Point(text=say("notes.silent", registers=registers)))
    parts = (("notes.uncounted", uncounted, ()), ("notes.doubts", doubts, (say("notes.kept"),)))
    return [
        Section(heading=say(heading), body=(tuple(points), *closing))
        for heading, points, closing in parts
        if points
    ]


def _reviews(answer: Answer, day: date, say: Wording) -> list[Section]:
    """Name what the decision waits for, or what a person looks at later."""
    for_register = all(reason.code == REGISTER_SILENT for reason in answer.review_reasons)
    parts = (
        ("reviews.register" if for_register else "reviews.heading", answer.review_reasons, ()),
        ("follow_ups.heading", answer.follow_up_reasons, (say("follow_ups.nothing_waits"),)),
    )
    return [
        Section(
            heading=say(heading),
            body=(*first, tuple(_point(reason, day, say) for reason in reasons)),
        )
        for heading, reasons, first in parts
        if reasons
    ]


def _point(reason: Reason, day: date, say: Wording) -> Point:
    """Return a reason with the register it stands in and the days it covers."""
    text = reason.text[say.language]
    if not reason.registers:
        return Point(text=text)
    first, last = reason.period.first, reason.period.last
    registers = "; ".join(say(f"registers.{name}") for name in reason.registers)
    source = {"register": registers, "day": say.day(day)}
    if first == last:
        return Point(text=text, notes=(say("facts.source_day", **source),))
    period = say.period(first, last)
    return Point(text=text, notes=(say("facts.source_period", period=period, **source),))


def _model(answer: Answer, say: Wording) -> Section:
    """Say in one sentence what part a model had; it never had the last word."""
    if answer.model_version is None:
        words = say("model.absent")
    elif answer.proposed_category is not None:
        words = say("model.proposed", category=answer.proposed_category)
    elif answer.model_flag is None:
        words = say("model.silent")
    else:
        words = say("model.asked" if _model_asks(answer) else "model.quiet")
    return Section(heading=say("model.heading"), body=(words,))


def _model_asks(answer: Answer) -> bool:
    """Whether the model itself asked for a person: a flag beyond the capacity did not."""
    reasons = (*answer.review_reasons, *answer.follow_up_reasons)
    return any(reason.code == MATERIAL_HIDDEN_INCOME for reason in reasons)


def _change(answer: Answer, corrections: Corrections, law: Law, say: Wording) -> Section:
    """Name the nearest corrections that would change the category, or say that none does."""
    body: list[str | tuple[Point, ...]] = []
    if corrections.changes:
        points: list[Point] = []
        for change in corrections.changes:
            written = {note for point in points for note in point.notes}
            points.append(_flip(change, law, say, written))
        body += [say("change.intro"), tuple(points), say("change.only_wrong")]
    elif answer.category == NEEDIEST:
        body.append(say("change.neediest"))
    elif corrections.too_many:
        body.append(say("change.many"))
    else:
        body.append(say("change.none" if corrections.tried else "change.nothing"))
    for reason in (*answer.review_reasons, *answer.follow_up_reasons):
        if reason.code in (DEPENDS_ON_UNKNOWN, REGISTER_SILENT, VALUE_UNKNOWN):
            richest = reason.facts["richest"]
            name = _name(richest, law, say)
            body.append(say("change.unknown", category=richest, name=name))
    return Section(heading=say("change.heading"), body=tuple(body))


def _flip(change: Change, law: Law, say: Wording, written: set[str]) -> Point:
    """Return one change with where to correct it, unless that was told already."""
    texts = [fact.text(say.language) for fact in change.facts]
    facts = texts[0] if len(texts) == 1 else say("change.both", first=texts[0], second=texts[1])
    name = _name(change.category, law, say)
    remedies = dict.fromkeys(fact.remedy[say.language] for fact in change.facts)
    return Point(
        text=say("change.would", facts=facts, category=change.category, name=name),
        notes=tuple(remedy for remedy in remedies if remedy not in written),
    )


def _remedies(answer: Answer, change: Section, say: Wording) -> list[Section]:
    """Name each place where a quoted fact can be corrected, unless told with the changes."""
    written = {
        note
        for block in change.body
        if not isinstance(block, str)
        for p in block
        for note in p.notes
    }
    reasons = [*answer.reasons, *answer.review_reasons, *answer.follow_up_reasons]
    remedies = dict.fromkeys(reason.remedy[say.language] for reason in reasons)
    points = tuple(Point(text=remedy) for remedy in remedies if remedy not in written)
    return [Section(heading=say("remedies.heading"), body=(points,))] if points else []


def _object(day: date, law: Law, say: Wording) -> Section:
    granted = rights.of(law)
    complaint, answered = granted["COMPLAINT"], granted["ANSWER"]
    until = say.day(complaint.until(day))
    texts = {
        "COMPLAINT": say("object.complaint", term=say.term(complaint), until=until),
        "ANSWER": say("object.where", term=say.term(answered)),
        "HUMAN_REVIEW": say("object.review"),
        "EXPLANATION": say("object.explanation"),
    }
    points = tuple(
        Point(text=text, notes=(say.standing(granted[code], law),)) for code, text in texts.items()
    )
    return Section(heading=say("object.heading"), body=(points,))


def _basis(answer: Answer, law: Law, say: Wording) -> Section:
    """Name the act and the clause by which the category was given, and what of it is assumed."""
    card = Scorecard.in_force(law)
    by_rule = _by_rule(answer)
    sentences = [
        f"{say.act(card.act, law)}.",
        say("basis.by_rule" if by_rule else "basis.by_points"),
    ]
    if by_rule and HardRule.in_force(law).reading_is_open:
        sentences.append(say("basis.reading"))
    if card.status == "assumed" and not by_rule:
        sentences.append(say("basis.assumed"))
    if lapsed := lapsed_values(law):
        values = ", ".join(say(f"yearly.{lapse.name}") for lapse in lapsed)
        until = say.day(min(lapse.known_until for lapse in lapsed))
        sentences.append(say("basis.lapsed", values=values, until=until))
    return Section(heading=say("basis.heading"), body=tuple(sentences))


def _by_rule(answer: Answer) -> bool:
    """Whether the rule of category 6 decided, and no points."""
    return any(reason.code == HARD_RULE for reason in answer.reasons)


def _record(answer: Answer, day: date, say: Wording) -> tuple[tuple[str, str], ...]:
    automation = "rules" if answer.model_version is None else "rules_and_model"
    decision = answer if isinstance(answer, Decision) else None
    lines = {
        "day": say.day(day),
        "decision": decision and decision.decision_id,
        "household": answer.household_id,
        "service": decision and decision.service,
        "automation": say(f"about.{automation}"),
        "versions": "; ".join(f"{n} {v}" for n, v in answer.versions.as_json().items() if v),
    }
    return tuple(
        (say(f"about.{name}"), str(value)) for name, value in lines.items() if value is not None
    )


def _name(category: int, law: Law, say: Wording) -> str:
    return Scorecard.in_force(law).category_name(category, say.language)
