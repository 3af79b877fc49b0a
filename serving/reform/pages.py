"""The report of a reform as one page: nothing to fetch, nothing to run, readable on paper."""

from collections.abc import Mapping
from typing import Any, Final

from markupsafe import Markup, escape

from serving.audit.pages import CUTS, environment
from serving.reform.targeting import ASSISTANCE
from serving.shown import LEVELS, SHOWN_FROM

WORDS: Final = {
    "to_more_need": "to a poorer category: may receive more",
    "to_less_need": "to a richer category",
    "into_category_6": "into category 6: loses local support after a hearing",
    "out_of_category_6": "out of category 6: local support opens",
    "below_the_line": "newly below the line of targeted assistance",
    "above_the_line": "no longer below that line",
    "newly_in_review": "newly decided by a person",
}
TITLES: Final = {
    "region": "Region",
    "settlement": "Settlement",
    "family_type": "Family type",
    "decile": "Tenth of people by declared income a member",
}
AIMS: Final = {
    **CUTS,
    ASSISTANCE: "families below the line of targeted assistance are reached (information only)",
}
_WIDTH, _ROW, _LABEL = 720, 22, 150


def page(report: Mapping[str, Any]) -> str:
    """Return the report as HTML."""
    return (
        environment("reform")
        .get_template("reform.html")
        .render(
            r=report,
            words=WORDS,
            titles=TITLES,
            aims=AIMS,
            levels=list(LEVELS),
            least=SHOWN_FROM,
            cells={(cell["from"], cell["to"]): cell for cell in report["moves"]},
            picture=_drawn(report["groups"]["decile"]),
        )
    )


def _drawn(tenths: list[dict[str, Any]]) -> Markup:
    """Draw for each tenth the share of its families that move to more or to less need."""
    rows = [t for t in tenths if t["families"]]
    if not rows:
        return Markup("")
    shares = [
        (t["name"], t["to_more_need"] / t["families"], t["to_less_need"] / t["families"])
        for t in rows
    ]
    most = max(max(poorer, richer) for _, poorer, richer in shares) or 1.0
    middle = _LABEL + (_WIDTH - _LABEL) / 2
    unit = (_WIDTH - _LABEL) / 2 * 0.8 / most
    parts = [
        Markup(
            '<svg viewBox="0 0 {w} {h}" role="img" width="{w}" style="max-width:100%" '
            'font-size="13" fill="currentColor"><title>Share of families of each tenth that move: '
            "to more need to the left, to less need to the right</title>"
        ).format(w=_WIDTH, h=_ROW * (len(shares) + 1))
    ]
    for place, (name, poorer, richer) in enumerate(shares):
        top = place * _ROW + 3
        parts.append(
            Markup(
                '<text x="0" y="{text}">{name}</text>'
                '<rect x="{left:.1f}" y="{top}" width="{a:.1f}" height="15" '
                'fill="var(--poorer)"/>'
                '<rect x="{middle:.1f}" y="{top}" width="{b:.1f}" height="15" '
                'fill="var(--richer)"/>'
                '<text x="{before:.1f}" y="{text}" text-anchor="end">{more}</text>'
                '<text x="{after:.1f}" y="{text}">{less}</text>'
            ).format(
                text=top + 12,
                name=escape(name),
                top=top,
                middle=middle,
                left=middle - unit * poorer,
                a=unit * poorer,
                b=unit * richer,
                before=middle - unit * poorer - 4,
                after=middle + unit * richer + 4,
                more=f"{100 * poorer:.1f} %",
                less=f"{100 * richer:.1f} %",
            )
        )
    parts.append(
        Markup(
            '<text x="{left}" y="{y}" text-anchor="end">← to more need</text>'
            '<text x="{right}" y="{y}">to less need →</text></svg>'
        ).format(left=middle - 8, right=middle + 8, y=_ROW * (len(shares) + 1) - 4)
    )
    return Markup("").join(parts)
