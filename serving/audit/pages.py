"""The audit report as one page: nothing to fetch, nothing to run, readable on paper and phone.

Every number comes from the report; here it only gets words, places and shades.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import jinja2
from markupsafe import Markup

from models.writing import number
from serving.audit.comparison import GROUPS
from serving.shown import LEVELS, SHOWN_FROM

_TEMPLATES: Final = Path(__file__).with_name("templates")
_SERVING: Final = Path(__file__).parents[1]
_BAR: Final = 120
"""Width of a drawn interval, in units of its picture."""
_WIDE, _HIGH = 600, 300
"""Size of a drawn curve, in units of its picture."""
_ORDERS: Final = ("in_order", "before", "by_chance")
RATES: Final = {
    "review": "wait for a person or a register",
    "follow_up": "are looked at later",
    "rule_flag": "red flag by the rules",
    "model_flag": "flag by the model",
    "model_poorer": "model says poorer",
    "model_richer": "model says richer",
}
CUTS: Final = {
    "left_out": "categories 1 to 5 are reached and 6 is left out",
    "not_among_the_poorest": "only the poorest, categories 1 to 3, are reached",
}
TITLES: Final = {
    "region": "Region",
    "settlement": "Settlement",
    "children": "Children",
    "disability": "Disability",
    "head": "Head of the household",
}


def page(report: Mapping[str, Any], language: str) -> str:
    """Return the report as HTML; ``language`` is that of the reasons: kk, ru or en."""
    return (
        environment()
        .get_template("report.html")
        .render(
            r=report,
            language=language,
            levels=list(LEVELS),
            least=SHOWN_FROM,
            rates=RATES,
            titles=TITLES,
            groups=list(GROUPS),
            cuts=CUTS,
            model_columns=_models(report),
            cells=_by_place(report),
            cells_with_families=_places_with_families(report),
            metrics=list(_flat((report["header"]["model"] or {}).get("metrics") or {})),
        )
    )


@cache
def environment(package: str = "audit") -> jinja2.Environment:
    """Return the templates of a kind of report, beside the pieces that all reports share."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader([_SERVING / package / "templates", _TEMPLATES]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        number=_number,
        percent=_percent,
        rate=_rate,
        points=_points,
        bar=_bar,
        curve=_curve,
        level=_level,
        anchor=_anchor,
    )
    return made


def _models(report: Mapping[str, Any]) -> list[int | None]:
    """Return the columns of the table of categories, with one for families without an opinion."""
    return list(dict.fromkeys(cell["model"] for cell in report["categories"]["cells"]))


def _by_place(report: Mapping[str, Any]) -> dict[tuple[int, int | None], Mapping[str, Any]]:
    return {(cell["rule"], cell["model"]): cell for cell in report["categories"]["cells"]}


def _places_with_families(report: Mapping[str, Any]) -> set[str]:
    """Return the anchors of the cells for which families are shown."""
    examples = report["examples"]
    return {
        _anchor("c", c["rule_category"], c["model_category"]) for c in examples["categories"]
    } | {
        _anchor("f", _flag_word(c["rule_flag"]), _flag_word(c["model_flag"]))
        for c in examples["flags"]
    }


def _anchor(kind: str, *place: object) -> str:
    return "-".join([kind, *(str(_flag_word(p)) for p in place)])


def _flag_word(value: object) -> object:
    """Say a flag or a category as the tables do; nothing known: unknown."""
    if value is None:
        return "unknown"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


def _number(value: float | None) -> str:
    """Thousands apart by a narrow space, as tables are read."""
    return "not known" if value is None else number(value)


def _percent(value: float | None) -> str:
    return "not known" if value is None else f"{100 * value:.1f}\u00a0%"


def _rate(estimate: Mapping[str, Any] | None, unit: str = "percent") -> str:
    """Say a share, or another number, with the ends of its interval."""
    if estimate is None or estimate["value"] is None:
        return "cannot be told"
    if unit == "plain":
        return f"{estimate['value']:.3f} ({estimate['low']:.3f} to {estimate['high']:.3f})"
    low, high = (f"{100 * estimate[end]:.1f}" for end in ("low", "high"))
    return f"{_percent(estimate['value'])} ({low} to {high})"


def _points(estimate: Mapping[str, Any]) -> str:
    """Say how far one share lies from another, in points of a hundred, with its interval."""
    if estimate["value"] is None:
        return "cannot be told"
    if estimate["low"] == estimate["high"] == 0:
        return "none"
    value, low, high = (f"{100 * estimate[k] + 0.0:+.1f}" for k in ("value", "low", "high"))
    return f"{value} ({low} to {high})"


def _bar(estimate: Mapping[str, Any] | None) -> Markup:
    """Draw an interval between 0 and 100 %; the numbers stand beside it, so it is silent."""
    if estimate is None or estimate["value"] is None:
        return Markup("")
    low, value, high = (round(_BAR * estimate[k], 1) for k in ("low", "value", "high"))
    return Markup(
        '<svg class="bar" viewBox="0 0 {w} 12" width="{w}" height="12" aria-hidden="true">'
        '<line class="axis" x1="0" x2="{w}" y1="6" y2="6"/>'
        '<line class="range" x1="{low}" x2="{high}" y1="6" y2="6"/>'
        '<circle cx="{value}" cy="6" r="4"/></svg>'
    ).format(w=_BAR, low=low, high=high, value=value)


def _curve(points: Sequence[Mapping[str, Any]], capacity: int) -> Markup:
    """Draw what looks catch, in three orders; the numbers stand in a table, so it is silent."""
    across = max((p["looks"] for p in points), default=0) or 1
    up = max((p[order] or 0.0 for p in points for order in _ORDERS), default=0.0) or 1.0
    lines = [
        Markup('<polyline class="{}" points="{}"/>').format(
            order,
            " ".join(
                f"{_WIDE * p['looks'] / across:.1f},{_HIGH - _HIGH * p[order] / up:.1f}"
                for p in points
                if p[order] is not None
            ),
        )
        for order in _ORDERS
    ]
    return Markup(
        '<svg class="curve" viewBox="0 0 {w} {h}" aria-hidden="true">{lines}'
        '<line x1="{at}" x2="{at}" y1="0" y2="{h}"/></svg>'
    ).format(
        w=_WIDE,
        h=_HIGH,
        lines=Markup("").join(lines),
        at=f"{_WIDE * min(capacity, across) / across:.1f}",
    )


def _level(share: float | None) -> str:
    """Return how dark a cell is, 0…100: the root, so that small shares can still be told apart."""
    return f"{100 * (share or 0) ** 0.5:.0f}%"


def _flat(part: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield the numbers that a model's manifest holds, with the path to each as its name."""
    if isinstance(part, Mapping):
        if {"value", "low", "high"} <= part.keys():
            yield name, _rate(part, "plain")
            return
        for key, inner in part.items():
            words = str(key).replace("_", " ")
            yield from _flat(inner, f"{name}, {words}" if name else words)
    elif isinstance(part, list | tuple):
        if any(isinstance(inner, Mapping) for inner in part):
            return  # a table of many rows: it stands in the training report
        for inner in part:
            yield from _flat(inner, name)
    elif part is not None:
        yield name, f"{part:.4g}" if isinstance(part, float) else str(part)
