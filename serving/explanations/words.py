"""A decision in plain sentences, for a terminal."""

from collections.abc import Iterable, Sequence
from typing import Final

from features.units import Unit
from models.answer import Answer, Offer, Reason
from models.explanation.explain import Explanation
from models.explanation.notes import Notes, text_of
from models.law.policy import REGISTER_SILENT
from models.reasons.wording import HARD_RULE
from models.rules.category import HardRule
from models.rules.scorecard import Scorecard
from models.writing import written
from serving.explanations.record import Record
from serving.explanations.texts import texts

_DIGITS: Final = 12
"""Of a digest so many are shown to people."""
_EVEN: Final = 0.5
"""Below it something is less likely than not."""


def words(explanation: Explanation, language: str, record: Record) -> list[str]:
    """Return the decision in plain sentences; the first says of whom, when and by what it is."""
    a = explanation.answered
    say = texts(language)
    card = Scorecard.in_force(explanation.decisions.law)
    lines = [
        say["of"].format(
            household=a.household_id,
            day=a.as_of,
            digest=record.digest[:_DIGITS],
            law=a.law_version,
            model=_model(explanation, say),
        ),
        f"{say['category']} {a.category}: {card.category_name(a.category, language)}",
        say[_standing(a)],
    ]
    sections = (
        ("why", a.reasons),
        ("looks", a.review_reasons),
        ("follow_ups", a.follow_up_reasons),
    )
    for heading, reasons in sections:
        if reasons:
            lines += ["", f"{say[heading]}:"]
        for each in reasons:
            basis = say[each.basis]
            lines.append(f"  • [{each.code}] {each.text[language]} ({basis})")
            lines.append(f"    {say['remedy']}: {each.remedy[language]}")
    lines += _acts((*a.reasons, *a.review_reasons, *a.follow_up_reasons), say, language)
    lines += _doubted(explanation.notes, say, language)
    lines += _offered(a.offers, say, language)
    lines.append("")
    if any(reason.code == HARD_RULE for reason in a.reasons):
        if HardRule.in_force(explanation.decisions.law).reading_is_open:
            lines.append(say["open_rule"])
    elif card.status == "assumed":
        lines.append(say["assumed_card"])
    if a.model_category_set is not None:
        inside = ", ".join(map(str, a.model_category_set))
        lines.append(f"{say['set']}: {inside}")
    if a.model_category is not None and a.model_category < a.category:
        lines.append(say["needier"].format(category=a.model_category))
    lines += _of_unseen_income(a, say, language)
    lines.append(_flags(explanation, say))
    return [*lines, say["never"], *_inspected(record, say, language)]


def _standing(answer: Answer) -> str:
    """Return the key of what the decision is: in force, waiting for what, or looked at later."""
    if answer.status == "automatic":
        return "follow_up" if answer.follow_up else "automatic"
    for_register = all(reason.code == REGISTER_SILENT for reason in answer.review_reasons)
    return "awaits" if for_register else "review"


def _model(explanation: Explanation, say: dict[str, str]) -> str:
    """Return the model's version, with the word by which a person let it pass a gate."""
    models = explanation.decisions.models
    if models is None:
        return say["rules_only"]
    passed = f" ({say['passed']}: {models.override})" if models.override else ""
    return f"{say['model_version']} {models.version}{passed}"


def _flags(explanation: Explanation, say: dict[str, str]) -> str:
    """Return which published rules raised a flag, and whether the model did."""
    flagged = {None: "no_opinion", False: "not_raised", True: "raised"}
    return say["flags"].format(
        rules=", ".join(explanation.raised) or say["not_raised"],
        model=say[flagged[explanation.answered.model_flag]],
    )


def _acts(reasons: Iterable[Reason], say: dict[str, str], language: str) -> list[str]:
    """Return each act that reasons rest on, once, with their codes."""
    by_act: dict[str, list[str]] = {}
    for reason in reasons:
        act = reason.source
        number = f"№ {act.number}" if act.number else None
        day = str(act.date) if act.date else None
        title = ", ".join(filter(None, (act.title[language], number, day)))
        by_act.setdefault(title, []).append(reason.code)
    points = [f"  • {title}: {', '.join(dict.fromkeys(codes))}" for title, codes in by_act.items()]
    return ["", f"{say['acts']}:", *points] if points else []


def _inspected(record: Record, say: dict[str, str], language: str) -> list[str]:
    """Return what inspectors saw of the family, where they were there."""
    return [
        say["inspected"].format(
            day=each.inspected_on,
            design=say[each.design],
            amount=written(each.hidden_income_monthly, Unit.TENGE, language),
        )
        for each in record.inspections or ()
    ]


def _doubted(notes: Notes, say: dict[str, str], language: str) -> list[str]:
    """Return what the family's own registers leave in doubt, and what of them was left out."""
    points = [text_of(each)[language] for each in notes.contradictions]
    if notes.silent:
        points.insert(0, f"{say['no_answer']}: {', '.join(notes.silent)}.")
    left_out = [text_of(each)[language] for each in notes.uncounted]
    lines: list[str] = []
    for heading, about in (("doubts", points), ("uncounted", left_out)):
        if about:
            lines += ["", f"{say[heading]}:", *(f"  • {point}" for point in about)]
    return lines


def _offered(offers: Sequence[Offer], say: dict[str, str], language: str) -> list[str]:
    """Return the programmes and the help that the family may be offered, each with its why."""
    if not offers:
        return []
    lines = ["", f"{say['offers']}:"]
    for offer in offers:
        people = f" × {offer.people}" if offer.people else ""
        name = f"{offer.kind_name[language]}: {offer.name[language]}{people}"
        lines.append(f"  • [{offer.code}] {name} ({say[offer.basis]})")
        lines.append(f"    {offer.text[language]}")
        lines += [f"    – {why[language]}" for why in offer.why]
    return lines


def _of_unseen_income(answer: Answer, say: dict[str, str], language: str) -> list[str]:
    """Return what the model says of income beyond the registers: amounts only with a flag."""
    if answer.model_flag is None:
        return [say["silent"]]
    if not answer.model_flag:
        return [say["unseen"], *_for_the_family(answer, say)]
    low, high = (
        written(amount, Unit.TENGE, language)
        for amount in (answer.hidden_income_low, answer.hidden_income_high)
    )
    return [
        f"{say['hidden']}: {low} … {high}",
        say["material" if answer.material else "immaterial"],
    ]


def _for_the_family(answer: Answer, say: dict[str, str]) -> list[str]:
    """Return that the model holds such income for less likely than not, where it does."""
    chance = answer.hidden_income_probability
    if chance is None or chance >= _EVEN:
        return []
    return [say["unlikely"].format(chance=min(round(100 * chance), 49))]
