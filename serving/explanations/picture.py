"""A decision as a picture: the points of the rules beside what moved the model."""

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.figure import Figure

from features.errors import InputError
from features.files.whole import replacing
from models.explanation.explain import Explanation
from models.rules.scorecard import Scorecard
from models.writing import LANGUAGES
from serving.explanations.texts import texts

FORMATS: Final = (".svg", ".png", ".pdf")
_SHOWN: Final = 12


def draw(explanation: Explanation, path: Path, language: str) -> None:
    """Draw the points of the rules beside the contributions of the hidden-income model."""
    if path.suffix not in FORMATS:
        raise InputError(f"{path.name}: draw to one of {', '.join(FORMATS)}.")
    if language not in LANGUAGES:
        raise InputError(f"There is no language {language!r}: {', '.join(LANGUAGES)}.")
    say = texts(language)
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
    category = explanation.answered.category
    title = f"{say['category']} {category}: {card.category_name(category, language)}"
    figure.suptitle(title, x=0.01, ha="left", fontsize=14)
    drawn = {"svg.hashsalt": "tarazy", "svg.fonttype": "none"}
    with replacing(path) as draft, mpl.rc_context(drawn):
        figure.savefig(
            draft,
            format=path.suffix.removeprefix("."),
            metadata={"Date": None} if path.suffix == ".svg" else None,
        )


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
