"""Why one family is in its category: in words, in points of the scorecard, and as a picture.

The facts quoted are the features that the rules compared; the contributions of the
models are exact Shapley values of their trees, so nothing here is an approximation of
the decision: it is the decision, taken apart.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.figure import Figure

from features.build import Registers
from features.errors import InputError
from features.whole_files import replacing
from models.decision.pipeline import Decisions, decide
from models.law.parameters import Law
from models.learned.predict import Models
from models.reasons.writing import LANGUAGES, category_name, money
from models.rules.scorecard import Scorecard

FORMATS: Final = (".svg", ".png", ".pdf")
_SHOWN: Final = 12
_WORDS: Final = {
    "category": {"kk": "Санат", "ru": "Категория", "en": "Category"},
    "points": {
        "kk": "Балл (жартылай мөлдір: мүмкін болатын ең көбі)",
        "ru": "Баллы (бледно: наибольшее возможное)",
        "en": "Points (pale: the most there can be)",
    },
    "card": {
        "kk": "Ережелер: критерийлер бойынша баллдар",
        "ru": "Правила: баллы по критериям",
        "en": "The rules: points by criterion",
    },
    "model": {
        "kk": "Модель: тізілімдерде көрінбейтін табыс ықтималдығын не өзгертті",
        "ru": "Модель: что меняло вероятность дохода, которого не видно в реестрах",
        "en": "The model: what moved the chance of income that the registers do not show",
    },
    "odds": {"kk": "логарифмдік мүмкіндік", "ru": "логарифм шансов", "en": "log-odds"},
    "unknown": {"kk": "белгісіз", "ru": "неизвестно", "en": "unknown"},
    "silent": {
        "kk": "Модель тізілімдерде көрінбейтін табыс туралы ештеңе айтпайды: "
        "тізілім жауап бермеді, дерек белгісіз немесе модель жоқ.",
        "ru": "О доходе, которого не видно в реестрах, модель не высказывается: "
        "реестр не ответил, какой-то факт неизвестен или модели нет.",
        "en": "The model says nothing of income that the registers do not show: "
        "a register was silent, a fact is unknown, or there is no model.",
    },
    "unseen": {
        "kk": "Модель тізілімдердегіден бөлек, өзі сенімді түрде айта алатын табыс көрмейді.",
        "ru": "Модель не видит сверх реестров дохода, за который могла бы поручиться.",
        "en": "The model sees no income beyond the registers that it could stand by.",
    },
    "review": {
        "kk": "Адам қарауы керек",
        "ru": "Нужен взгляд человека",
        "en": "A person must look",
    },
    "automatic": {"kk": "Автоматты түрде", "ru": "Автоматически", "en": "Automatic"},
    "why": {"kk": "Неге осы санат", "ru": "Почему эта категория", "en": "Why this category"},
    "looks": {
        "kk": "Неге адам қарайды",
        "ru": "Почему смотрит человек",
        "en": "Why a person looks",
    },
    "published": {"kk": "жарияланған", "ru": "опубликовано", "en": "published"},
    "assumed": {"kk": "болжам", "ru": "допущение", "en": "assumed"},
    "assumed card": {
        "kk": "Бұл шкаланың критерийлері, балдары мен шектері – мемлекет өзінікін "
        "жариялағанға дейінгі болжам.",
        "ru": "Критерии, баллы и пороги этой шкалы — допущение, пока государство "
        "не опубликует свои.",
        "en": "The criteria, points and cut-offs of this scorecard are assumed until "
        "the state publishes its own.",
    },
    "offers": {
        "kk": "Отбасы ала алатын көмек",
        "ru": "Что семья может получить",
        "en": "What the family may receive",
    },
    "remedy": {"kk": "Не істеуге болады", "ru": "Что можно сделать", "en": "What can be done"},
    "set": {
        "kk": "Модель 90 % сенімділікпен жоққа шығара алмайтын санаттар",
        "ru": "Категории, которые модель не исключает с надёжностью 90 %",
        "en": "Categories that the model cannot exclude at 90 %",
    },
    "hidden": {
        "kk": "Тізілімдерде көрінбейтін табыс, модельдің бағалауынша, айына ₸ (90 % аралық)",
        "ru": "Доход, которого не видно в реестрах, по оценке модели, ₸ в месяц (интервал 90 %)",
        "en": "Income that the registers do not show, as the model estimates it, ₸ a month "
        "(90 % interval)",
    },
    "material": {
        "kk": "Осы аралықтың төменгі шегінің өзі санатты өзгерте алар еді.",
        "ru": "Даже нижняя граница этого интервала могла бы изменить категорию.",
        "en": "Even the lower end of this interval could change the category.",
    },
    "immaterial": {
        "kk": "Осы аралықтың төменгі шегі санатты өзгертпес еді.",
        "ru": "Нижняя граница этого интервала категорию не изменила бы.",
        "en": "The lower end of this interval would not change the category.",
    },
    "never": {
        "kk": "Санатты ережелер белгілейді; модель тек адамның қарауын сұрай алады.",
        "ru": "Категорию определяют правила; модель может лишь просить взгляда человека.",
        "en": "The rules decide the category; the model can only ask for a person's look.",
    },
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """One decision taken apart."""

    decisions: Decisions
    answer: dict[str, Any]
    points: tuple[tuple[str, int | None, int], ...]
    """Code of the criterion, its points (null: unknown), the most there can be."""
    moved: dict[str, dict[str, float]]
    """For each model, what each input added to its score."""

    def contributions(self) -> dict[str, Any]:
        """Return points and contributions, ready for JSON."""
        return {
            "points": {code: {"points": p, "most": most} for code, p, most in self.points},
            **self.moved,
        }

    def words(self, language: str) -> list[str]:
        """Return the decision in plain sentences."""
        a = self.answer
        say = {key: texts[language] for key, texts in _WORDS.items()}
        card = Scorecard.in_force(self.decisions.law)
        lines = [
            f"{say['category']} {a['category']}: {category_name(card, a['category'], language)}",
            say["review"] if a["status"] == "review" else say["automatic"],
        ]
        for heading, reasons in (("why", a["reasons"]), ("looks", a["review_reasons"])):
            if reasons:
                lines += ["", f"{say[heading]}:"]
            for told in reasons:
                basis = say[told["basis"]]
                lines.append(f"  • [{told['code']}] {told['text'][language]} ({basis})")
                lines.append(f"    {say['remedy']}: {told['remedy'][language]}")
        lines += _offered(a["offers"], say, language)
        lines.append("")
        if card.status == "assumed":
            lines.append(say["assumed card"])
        if a["model_category_set"] is not None:
            inside = ", ".join(map(str, a["model_category_set"]))
            lines.append(f"{say['set']}: {inside}")
        lines += _of_unseen_income(a, say, language)
        return [*lines, say["never"], f"{a['law_version']}, {a['model_version'] or '—'}"]


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
    moved = (
        {} if models is None else models.contributions(decisions.features, law, decisions.silent)
    )
    return Explanation(
        decisions=decisions,
        answer=decisions.answer(),
        points=tuple((c.code, row[c.column], c.most) for c in card.criteria),
        moved=moved,
    )


def draw(explanation: Explanation, path: Path, language: str) -> None:
    """Draw the points of the rules beside the contributions of the hidden-income model."""
    if path.suffix not in FORMATS:
        raise InputError(f"{path.name}: draw to one of {', '.join(FORMATS)}.")
    if language not in LANGUAGES:
        raise InputError(f"There is no language {language!r}: {', '.join(LANGUAGES)}.")
    say = {key: texts[language] for key, texts in _WORDS.items()}
    card = Scorecard.in_force(explanation.decisions.law)
    figure = Figure(figsize=(13, 7.5), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[3, 2])
    names = [c.name[language] for c in card.criteria]
    rows = range(len(names))
    left.barh(rows, [most for _, _, most in explanation.points], color="#d9e2ec")
    left.barh(rows, [p or 0 for _, p, _ in explanation.points], color="#2f6f9f")
    for y, (_, points, _) in enumerate(explanation.points):
        if points is None:
            left.text(0.1, y, say["unknown"], va="center", fontsize=8, color="#8a4b08")
    left.set_yticks(rows, names, fontsize=9)
    left.invert_yaxis()
    left.set_xlabel(say["points"])
    assumed = f" ({say['assumed']})" if card.status == "assumed" else ""
    left.set_title(say["card"] + assumed, loc="left", fontsize=11)
    moved = {
        name: value
        for name, value in explanation.moved.get("hidden_income", {}).items()
        if name != "(base)"
    }
    if moved:
        _draw_moves(right, moved, say["odds"])
    else:
        silent = "\n".join(textwrap.wrap(say["silent"], 44))
        right.text(0.5, 0.5, silent, ha="center", va="center")
        right.set_axis_off()
    right.set_title("\n".join(textwrap.wrap(say["model"], 44)), loc="left", fontsize=11)
    for axis in (left, right):
        axis.spines[["top", "right"]].set_visible(False)
    category = explanation.answer["category"]
    title = f"{say['category']} {category}: {category_name(card, category, language)}"
    figure.suptitle(title, x=0.01, ha="left", fontsize=14)
    drawn = {"svg.hashsalt": "tarazy", "svg.fonttype": "none"}
    with replacing(path) as draft, mpl.rc_context(drawn):
        figure.savefig(
            draft,
            format=path.suffix.removeprefix("."),
            metadata={"Date": None} if path.suffix == ".svg" else None,
        )


def _offered(offers: list[dict[str, Any]], say: dict[str, str], language: str) -> list[str]:
    """Return the programmes and the help that the family may be offered, each with its why."""
    if not offers:
        return []
    lines = ["", f"{say['offers']}:"]
    for offer in offers:
        people = f" × {offer['people']}" if offer["people"] else ""
        name = f"{offer['kind_name'][language]}: {offer['name'][language]}{people}"
        lines.append(f"  • [{offer['code']}] {name} ({say[offer['basis']]})")
        lines.append(f"    {offer['text'][language]}")
        lines += [f"    – {why[language]}" for why in offer["why"]]
    return lines


def _of_unseen_income(answer: dict[str, Any], say: dict[str, str], language: str) -> list[str]:
    """Return what the model says of income beyond the registers: amounts only with a flag."""
    if answer["model_flag"] is None:
        return [say["silent"]]
    if not answer["model_flag"]:
        return [say["unseen"]]
    low, high = answer["hidden_income_low"], answer["hidden_income_high"]
    return [
        f"{say['hidden']}: {money(low, language)} … {money(high, language)}",
        say["material" if answer["material"] else "immaterial"],
    ]


def _draw_moves(axis: Any, moved: dict[str, float], unit: str) -> None:
    strongest: Sequence[tuple[str, float]] = sorted(
        moved.items(), key=lambda item: (-abs(item[1]), item[0])
    )[:_SHOWN]
    rows = range(len(strongest))
    colours = ["#b3541e" if value > 0 else "#2f7d4f" for _, value in strongest]
    axis.barh(rows, [value for _, value in strongest], color=colours)
    axis.set_yticks(rows, [name.replace("_", " ") for name, _ in strongest], fontsize=9)
    axis.axvline(0, color="#555", linewidth=0.8)
    axis.invert_yaxis()
    axis.set_xlabel(unit)
