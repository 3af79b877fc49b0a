"""A decision in plain sentences, for a terminal."""

from collections.abc import Sequence

from features.units import Unit
from models.answer import Answer, Offer
from models.explanation.explain import Explanation
from models.explanation.notes import Notes, text_of
from models.rules.scorecard import Scorecard
from models.writing import written
from serving.explanations.texts import texts


def words(explanation: Explanation, language: str) -> list[str]:
    """Return the decision in plain sentences."""
    a = explanation.answered
    say = texts(language)
    card = Scorecard.in_force(explanation.decisions.law)
    lines = [
        f"{say['category']} {a.category}: {card.category_name(a.category, language)}",
        say["review"] if a.status == "review" else say["automatic"],
    ]
    for heading, reasons in (("why", a.reasons), ("looks", a.review_reasons)):
        if reasons:
            lines += ["", f"{say[heading]}:"]
        for each in reasons:
            basis = say[each.basis]
            lines.append(f"  • [{each.code}] {each.text[language]} ({basis})")
            lines.append(f"    {say['remedy']}: {each.remedy[language]}")
    lines += _doubted(explanation.notes, say, language)
    lines += _offered(a.offers, say, language)
    lines.append("")
    if card.status == "assumed":
        lines.append(say["assumed_card"])
    if a.model_category_set is not None:
        inside = ", ".join(map(str, a.model_category_set))
        lines.append(f"{say['set']}: {inside}")
    lines += _of_unseen_income(a, say, language)
    return [*lines, say["never"], f"{a.law_version}, {_model(explanation, say['passed'])}"]


def _model(explanation: Explanation, passed: str) -> str:
    """Return the model's version, with the word by which a person let it pass a gate."""
    models = explanation.decisions.models
    if models is None:
        return "—"
    return models.version + (f" ({passed}: {models.override})" if models.override else "")


def _doubted(notes: Notes, say: dict[str, str], language: str) -> list[str]:
    """Return what the family's own registers leave in doubt."""
    points = [text_of(each)[language] for each in notes.contradictions]
    if notes.silent:
        points.insert(0, f"{say['no_answer']}: {', '.join(notes.silent)}.")
    return ["", f"{say['doubts']}:", *(f"  • {point}" for point in points)] if points else []


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
        return [say["unseen"]]
    low, high = (
        written(amount, Unit.TENGE, language)
        for amount in (answer.hidden_income_low, answer.hidden_income_high)
    )
    return [
        f"{say['hidden']}: {low} … {high}",
        say["material" if answer.material else "immaterial"],
    ]
