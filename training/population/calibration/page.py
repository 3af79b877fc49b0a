"""The calibration page: what a simulated country was aimed at, and what it became."""

import json
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from training.population.calibration import pictures

_WHOLE_FROM: Final = 10_000
_VERDICTS: Final = ("met", "explained", "missed")


def write(folder: Path, summary: Mapping[str, Any]) -> Path:
    """Keep what `simulate` returned as ``index.html`` with pictures and as ``world.json``.

    Nothing of a single family is in it. The same summary gives the same bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    published = {name: value for name, value in summary.items() if name != "out"}
    (folder / "world.json").write_text(
        json.dumps(published, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    environment = Environment(
        loader=PackageLoader("training.population.calibration", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["figure"] = _figure
    groups = [
        (name, lines, pictures.nearness(lines))
        for name, grouped in groupby(summary["calibration"], key=lambda line: line["group"])
        if (lines := list(grouped))
    ]
    counts = {
        verdict: sum(line["verdict"] == verdict for line in summary["calibration"])
        for verdict in _VERDICTS
    }
    drawn = [
        pictures.distribution(name, histogram)
        for name, histogram in summary["distributions"].items()
    ]
    path = folder / "index.html"
    path.write_text(
        environment.get_template("page.html").render(
            summary=summary, groups=groups, counts=counts, drawn=drawn
        ),
        encoding="utf-8",
    )
    return path


def _figure(value: float | None) -> str:
    """Return a number as it is read: five digits, thousands apart; nobody to count: so."""
    if value is None:
        return "no case"
    return f"{value:,.0f}" if abs(value) >= _WHOLE_FROM else f"{value:,.5g}"
