"""The comparison of two models as one page: nothing to fetch, nothing to run."""

import io
from collections.abc import Mapping
from typing import Any, Final

import matplotlib as mpl
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from matplotlib.figure import Figure

from models.assessment.suppression import SHOWN_FROM
from models.writing import number
from training.comparison import looks
from training.gates.blast_radius import WORDS

TITLES: Final = {
    "region": "Region",
    "settlement": "Settlement",
    "children": "Children",
    "disability": "Disability",
}
_DRAWN: Final = {
    "hidden_income.auc": "AUC, hidden income",
    "hidden_income.average_precision": "average precision",
    "hidden_income.precision_at_capacity": "precision at capacity",
    "amounts.held": "amounts held by intervals",
    "welfare.quadratic_kappa": "kappa, welfare category",
    "welfare.set_held": "categories held by sets",
}
"""Figures between nothing and one that are drawn, where both models have them."""
_FIRST, _SECOND = "#7a8794", "#0b5394"


def page(report: Mapping[str, Any]) -> str:
    """Return the comparison as HTML."""
    environment = Environment(
        loader=PackageLoader("training.comparison", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = _number
    environment.filters["percent"] = _percent
    environment.filters["estimate"] = _estimate
    return environment.get_template("page.html").render(
        r=report,
        words=WORDS,
        titles=TITLES,
        least=SHOWN_FROM,
        picture=Markup(picture(report)),
        shares=looks.SHARES,
        confirmed=looks.CONFIRMED,
        seen=looks.SEEN,
    )


def picture(report: Mapping[str, Any]) -> str:
    """Draw the figures of both with their intervals, and the shares that move, as SVG."""
    rows = [row for row in report["metrics"]["rows"] if row["name"] in _DRAWN]
    figure = Figure(figsize=(11, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for which, colour, shift in (("first", _FIRST, -0.15), ("second", _SECOND, 0.15)):
        estimates = [(place + shift, row[which]) for place, row in enumerate(rows) if row[which]]
        left.hlines(
            [y for y, _ in estimates],
            [e["low"] for _, e in estimates],
            [e["high"] for _, e in estimates],
            color=colour,
            linewidth=2,
        )
        left.plot(
            [e["value"] for _, e in estimates],
            [y for y, _ in estimates],
            "o",
            color=colour,
            label=f"version {report[which]['version']}",
        )
    left.set_yticks(range(len(rows)), [_DRAWN[row["name"]] for row in rows])
    left.invert_yaxis()
    left.legend(frameon=False)
    left.set_title("What training measured, with 95 % intervals", loc="left", fontsize=11)
    changes = report["moves"]["changes"]
    shares = [100 * (changes[name]["share"] or 0.0) for name in WORDS]
    right.barh(range(len(WORDS)), shares, color=_SECOND)
    right.set_yticks(range(len(WORDS)), list(WORDS.values()))
    right.invert_yaxis()
    right.set_xlabel("% of families")
    right.set_title("Who moves from the first to the second", loc="left", fontsize=11)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    drawn = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "tarazy", "svg.fonttype": "none"}):
        figure.savefig(drawn, format="svg", metadata={"Date": None})
    text = drawn.getvalue()
    return text[text.index("<svg") :]


def _number(value: float | None) -> str:
    return "unknown" if value is None else number(value)


def _percent(value: float | None) -> str:
    return "unknown" if value is None else f"{100 * value:.2f} %"


def _estimate(estimate: Mapping[str, Any] | None) -> str:
    if estimate is None or estimate["value"] is None:
        return "not measured"
    return f"{estimate['value']:.3f} [{estimate['low']:.3f}, {estimate['high']:.3f}]"
