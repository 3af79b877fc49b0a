"""The report of a drawn list: the promise, the arms, whom the list reaches, what it can prove."""

import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

import matplotlib as mpl
from jinja2 import Environment, PackageLoader, StrictUndefined
from matplotlib.figure import Figure

from features.registers.declared import REGIONS
from models.writing import number
from training.inspections import power
from training.inspections.design import RANDOM, TARGETED

KIND: Final = "tarazy-inspection-report"
_INK, _PAPER = "#1f6f6b", "#7fb8b3"


def as_json(record: Mapping[str, Any], objectives: Mapping[str, Any]) -> dict[str, Any]:
    """Return every number of the report; no family is in it."""
    return {
        "report": KIND,
        "record": dict(record),
        "objectives": dict(objectives),
        "power": power.table(),
    }


def promised(record: Mapping[str, Any]) -> str:
    """Return in a sentence what was promised before the draw, and no more than was."""
    promise = record["promise"]
    sealed = promise["sealed_at"]
    if promise["published_in"]:
        return (
            f"Whoever drew says that the hash of the seed was published on "
            f"{promise['published_on']}, before the draw: {promise['published_in']}. Compare it "
            f"with the one below.{f' The seed was sealed at {sealed}.' if sealed else ''}"
        )
    if sealed:
        return (
            f"The seed was sealed at {sealed}, before the draw; nobody says that its hash was "
            "published by then."
        )
    return (
        "The seed was drawn with the list, and its hash was not published before: that it was not "
        "chosen for its list rests on the word of whoever drew. Published now, the hash proves "
        "that the list was not changed later. tarazy draw --commit promises a seed beforehand."
    )


def page(report: Mapping[str, Any]) -> str:
    """Return the report as one HTML page with its pictures inside."""
    environment = Environment(
        loader=PackageLoader("training.inspections", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["share"] = lambda value: "nobody" if value is None else f"{value:.1%}"
    environment.filters["chance"] = lambda value: "none" if value is None else f"{value:.2%}"
    environment.filters["number"] = lambda value: number(round(value))
    design = report["record"]["design"]
    return environment.get_template("page.html").render(
        r=report["record"],
        promised=promised(report["record"]),
        objectives=report["objectives"],
        power=report["power"],
        regions=REGIONS,
        pictures=[
            _expected(report["objectives"]["objectives"]),
            _by_region(design["regions"]),
        ],
    )


def _expected(objectives: Sequence[Mapping[str, Any]]) -> str:
    """Draw what the visits are expected to confirm under each objective."""
    figure = Figure(figsize=(9, 2.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    names = [row["objective"].replace("_", " ") for row in objectives]
    left.barh(names, [row["expected_confirmed"] for row in objectives], color=_INK)
    right.barh(names, [row["expected_amount"] / 1e6 for row in objectives], color=_PAPER)
    left.set(xlabel="families", title="Expected to be confirmed")
    right.set(xlabel="million KZT a month", title="Expected amount")
    for axes in (left, right):
        axes.invert_yaxis()
    return _svg(figure)


def _by_region(regions: Sequence[Mapping[str, Any]]) -> str:
    """Draw the visits of each region by arm."""
    figure = Figure(figsize=(9, 0.7 + 0.24 * len(regions)), layout="constrained")
    axes = figure.subplots()
    names = [REGIONS.get(row["region"], row["region"]) for row in regions]
    arms = [[row[arm] for row in regions] for arm in (RANDOM, TARGETED)]
    axes.barh(names, arms[0], color=_INK, label=RANDOM)
    axes.barh(names, arms[1], left=arms[0], color=_PAPER, label=TARGETED)
    axes.set(xlabel="visits", title="Capacity by region")
    axes.invert_yaxis()
    axes.legend()
    return _svg(figure)


def _svg(figure: Figure) -> str:
    with mpl.rc_context({"svg.hashsalt": "tarazy", "svg.fonttype": "none"}):
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return "<svg" + buffer.getvalue().partition("<svg")[2]
