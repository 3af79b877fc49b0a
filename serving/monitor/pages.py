"""The monitor's report as one page: nothing to fetch, nothing to run, readable on paper."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from markupsafe import Markup

from models.assessment import drift
from serving.audit.pages import environment
from serving.monitor.changes import SECTIONS
from serving.monitor.promises import MATTERS, TOLERANCE
from serving.monitor.wording import QUESTIONS, SHARES
from serving.shown import LEVELS, SHOWN_FROM

_WIDTH, _ROW, _LABEL, _TALL = 720, 22, 290, 190
_MOST: Final = 15
"""Changes that the picture shows, the largest."""
_STROKES: Final = ("none", "6 3", "2 3", "8 3 2 3", "1 5", "12 4")
"""Lines are told apart by their strokes, so that no colour is needed."""


def page(report: Mapping[str, Any]) -> str:
    """Return the report as HTML."""
    return (
        environment("monitor")
        .get_template("monitor.html")
        .render(
            r=report,
            sections=SECTIONS,
            shares=SHARES,
            questions=QUESTIONS,
            least=SHOWN_FROM,
            levels=list(LEVELS),
            drift=drift,
            tolerance=TOLERANCE,
            matters=MATTERS,
            moved=_moved(report["changes"]),
            money=_money(report["watch"]),
        )
    )


def _moved(changes: Mapping[str, Sequence[Mapping[str, Any]]]) -> Markup:
    """Draw the largest stability indices as bars against the two bounds."""
    sizes = [
        (each.get("about") or each["name"].replace("_", " "), each["size"])
        for part in changes.values()
        for each in part
        if each["measure"] == "psi"
    ]
    rows = sorted(sizes, key=lambda one: -one[1])[:_MOST]
    if not rows or rows[0][1] <= 0:
        return Markup("")
    unit = (_WIDTH - _LABEL - 60) / max(rows[0][1], 1.2 * drift.PSI_ACT)
    high = _ROW * len(rows)
    parts = [
        Markup(
            '<svg viewBox="0 0 {w} {h}" role="img" width="{w}" style="max-width:100%" '
            'font-size="13" fill="currentColor"><title>The largest changes by their stability '
            "index, against the bounds to look and to act</title>"
        ).format(w=_WIDTH, h=high + _ROW)
    ]
    for place, (name, size) in enumerate(rows):
        top = place * _ROW + 3
        parts.append(
            Markup(
                '<text x="{left}" y="{text}" text-anchor="end">{name}</text>'
                '<rect x="{x}" y="{top}" width="{size:.1f}" height="15" fill="var(--same)"/>'
                '<text x="{after:.1f}" '
                'y="{text}">{value:.3f}</text>'
            ).format(
                left=_LABEL - 8,
                text=top + 12,
                name=name[:44],
                x=_LABEL,
                top=top,
                size=unit * size,
                after=_LABEL + unit * size + 4,
                value=size,
            )
        )
    for bound, word in ((drift.PSI_LOOK, "look"), (drift.PSI_ACT, "act")):
        parts.append(
            Markup(
                '<line x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{h}" stroke="var(--doubt)" '
                'stroke-dasharray="4 3"/><text x="{x:.1f}" y="{y}" text-anchor="middle">{word} '
                "{bound:.2f}</text>"
            ).format(x=_LABEL + unit * bound, h=high, y=high + 15, word=word, bound=bound)
        )
    return Markup("").join([*parts, Markup("</svg>")])


def _money(watch: Sequence[Mapping[str, Any]]) -> Markup:
    """Draw the evidence of each question after each observation, as a part of what is proof."""
    drawn = [entry for entry in watch if len(entry["path"]) > 1]
    if not drawn:
        return Markup("")
    low, top = -3.0, 1.0
    left, right, high = 60, _WIDTH - 10, _TALL - 30

    def y(value: float, proof: float) -> float:
        part = min(max(math.log10(max(value, 1e-300) / proof), low), top)
        return 10 + (top - part) / (top - low) * (high - 10)

    parts = [
        Markup(
            '<svg viewBox="0 0 {w} {h}" role="img" width="{w}" style="max-width:100%" '
            'font-size="12" fill="currentColor"><title>Evidence against the model after each '
            "observation: what one tenge has become, as a part of what would be proof</title>"
        ).format(w=_WIDTH, h=_TALL + 16 * len(drawn))
    ]
    for part, word in ((1.0, "proof"), (0.1, "a tenth"), (0.01, "1 in 100")):
        parts.append(
            Markup(
                '<line x1="{a}" x2="{b}" y1="{y:.1f}" y2="{y:.1f}" stroke="var({c})"/>'
                '<text x="{t}" y="{u:.1f}" text-anchor="end">{word}</text>'
            ).format(
                a=left,
                b=right,
                y=y(part, 1.0),
                c="--doubt" if part == 1 else "--line",
                t=left - 5,
                u=y(part, 1.0) + 4,
                word=word,
            )
        )
    for number, entry in enumerate(drawn):
        path, stroke = entry["path"], _STROKES[number % len(_STROKES)]
        step = (right - left) / (len(path) - 1)
        points = " ".join(
            f"{left + step * i:.1f},{y(value, entry['proof']):.1f}" for i, value in enumerate(path)
        )
        under = _TALL + 16 * number
        parts.append(
            Markup(
                '<polyline points="{points}" fill="none" stroke="var(--mark)" stroke-width="2" '
                'stroke-dasharray="{stroke}"/><line x1="{a}" x2="{b}" y1="{v}" y2="{v}" '
                'stroke="var(--mark)" stroke-width="2" stroke-dasharray="{stroke}"/>'
                '<text x="{t}" y="{u}">{words}: {n} observations</text>'
            ).format(
                points=points,
                stroke=stroke,
                a=left,
                b=left + 40,
                v=under - 4,
                t=left + 48,
                u=under,
                words=QUESTIONS[entry["question"]],
                n=entry["observations"],
            )
        )
    return Markup("").join([*parts, Markup("</svg>")])
