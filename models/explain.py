"""Why one family is in its category: in words, in points of the scorecard, and as a picture.

The facts quoted are the features that the rules compared; the contributions of the
models are exact Shapley values of their trees, so nothing here is an approximation of
the decision: it is the decision, taken apart.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.figure import Figure

from features.build import Registers
from features.errors import InputError
from models.bundle import Models
from models.parameters import Law
from models.pipeline import Decisions, decide
from models.reasons import LANGUAGES
from models.scorecard import Scorecard

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
        "kk": "Модель: жасырын табыс ықтималдығын не өзгертті",
        "ru": "Модель: что меняло вероятность скрытого дохода",
        "en": "The model: what moved the chance of hidden income",
    },
    "odds": {"kk": "логарифмдік мүмкіндік", "ru": "логарифм шансов", "en": "log-odds"},
    "unknown": {"kk": "белгісіз", "ru": "неизвестно", "en": "unknown"},
    "silent": {
        "kk": "Модель ештеңе айтпайды: дерек жоқ немесе модель жоқ",
        "ru": "Модель не высказывается: нет данных или нет модели",
        "en": "The model says nothing: a register was silent, or there is no model",
    },
    "review": {
        "kk": "Адам қарауы керек",
        "ru": "Нужен взгляд человека",
        "en": "A person must look",
    },
    "automatic": {"kk": "Автоматты түрде", "ru": "Автоматически", "en": "Automatic"},
    "why": {"kk": "Себептері", "ru": "Причины", "en": "Reasons"},
    "remedy": {"kk": "Не істеуге болады", "ru": "Что можно сделать", "en": "What can be done"},
    "set": {
        "kk": "Модель 90 % сенімділікпен жоққа шығара алмайтын санаттар",
        "ru": "Категории, которые модель не исключает с надёжностью 90 %",
        "en": "Categories that the model cannot exclude at 90 %",
    },
    "hidden": {
        "kk": "Модель бағалаған жасырын табыс, айына ₸ (90 % аралық)",
        "ru": "Скрытый доход по оценке модели, ₸ в месяц (интервал 90 %)",
        "en": "Hidden income as the model estimates it, ₸ a month (90 % interval)",
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
        name = category_name(Scorecard.in_force(self.decisions.law), a["category"], language)
        lines = [
            f"{say['category']} {a['category']}: {name}",
            say["review"] if a["status"] == "review" else say["automatic"],
            "",
            f"{say['why']}:",
        ]
        # A red flag stands among the reasons and among those for a review: said once.
        every = {told["code"]: told for told in [*a["reasons"], *a["review_reasons"]]}
        for told in every.values():
            lines.append(f"  • [{told['code']}] {told['text'][language]}")
            if told.get("remedy"):
                lines.append(f"    {say['remedy']}: {told['remedy'][language]}")
        lines.append("")
        if a["model_category_set"] is None:
            lines.append(say["silent"])
        else:
            inside = ", ".join(map(str, a["model_category_set"]))
            lines.append(f"{say['set']}: {inside}")
            low, high = a["hidden_income_low"], a["hidden_income_high"]
            if low is not None and high is not None:
                lines.append(f"{say['hidden']}: {_money(low)} … {_money(high)}")
        return [*lines, say["never"], f"{a['law_version']}, {a['model_version'] or '—'}"]


def explained(registers: Registers, as_of: date, models: Models | None) -> Explanation:
    """Decide for one household and take the decision apart.

    Raises InputError when the registers hold no such household on the day.
    """
    decisions = decide(registers, as_of, models)
    if decisions.table.height != 1:
        raise InputError(
            f"The household is not known on {as_of}: 0 rows of it are visible. Check the date."
        )
    card = Scorecard.in_force(decisions.law)
    row = decisions.ruled.row(0, named=True)
    moved = (
        {}
        if models is None
        else models.contributions(decisions.features, Law(as_of), decisions.silent)
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
    left.set_title(say["card"], loc="left", fontsize=11)
    moved = {
        name: value
        for name, value in explanation.moved.get("hidden_income", {}).items()
        if name != "(base)"
    }
    if moved:
        _draw_moves(right, moved, say["odds"])
    else:
        right.text(0.5, 0.5, say["silent"], ha="center", va="center", wrap=True)
        right.set_axis_off()
    right.set_title("\n".join(textwrap.wrap(say["model"], 44)), loc="left", fontsize=11)
    for axis in (left, right):
        axis.spines[["top", "right"]].set_visible(False)
    category = explanation.answer["category"]
    title = f"{say['category']} {category}: {category_name(card, category, language)}"
    figure.suptitle(title, x=0.01, ha="left", fontsize=14)
    path.parent.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context({"svg.hashsalt": "tarazy", "svg.fonttype": "none"}):
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def category_name(card: Scorecard, category: int, language: str) -> str:
    """Return what a category of the card is called."""
    return next(c.name[language] for c in card.categories if c.category == category)


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


def _money(amount: int) -> str:
    return f"{amount:,}".replace(",", "\u202f") + " ₸"
