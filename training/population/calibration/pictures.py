"""Pictures of a simulated country: its distributions, and how near each figure comes.

A distribution is a histogram that partitions have added up: ``edges`` (one more than the
bars) and ``counts``. Bars are drawn as densities, so that unequal ones compare; a last
open bar is drawn as wide as the one before it.
"""

import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from training.population.chance import Floats

_BLOCKS: Final = " ▁▂▃▄▅▆▇█"
_TENGE_FROM: Final = 10_000
"""Edges that reach this far are amounts of money, drawn on a logarithmic axis."""
_WHOLE_FROM: Final = 1_000
_INK, _PAPER, _BAND, _MISS = "#1f6f6b", "#7fb8b3", "#dfeeec", "#b3432b"
_TAIL: Final = 0.0002
"""Share of the outermost counts, at either end, that a picture may leave out."""


def spark(counts: Sequence[float], width: int = 40) -> str:
    """Draw a histogram in one line of blocks, for a terminal.

    >>> spark([0, 1, 2, 4])
    ' ▂▄█'
    """
    bars = np.asarray(counts, dtype=np.float64)
    if len(bars) > width:
        bars = np.array([part.sum() for part in np.array_split(bars, width)])
    top = bars.max(initial=0.0)
    if top <= 0:
        return _BLOCKS[0] * len(bars)
    steps = np.ceil(bars / top * (len(_BLOCKS) - 1)).astype(int)
    return "".join(_BLOCKS[step] for step in steps)


def quantile(
    edges: Sequence[float] | Floats, counts: Sequence[float] | Floats, level: float
) -> float:
    """Return a quantile of a histogram, evenly spread within its bar."""
    total = np.concatenate([[0.0], np.cumsum(np.asarray(counts, dtype=np.float64))])
    if total[-1] <= 0:
        return float("nan")
    return float(np.interp(level * total[-1], total, np.asarray(edges, dtype=np.float64)))


def distribution(name: str, histogram: Mapping[str, Any]) -> str:
    """Return a histogram as an SVG picture with its median marked."""
    edges = np.asarray(histogram["edges"], dtype=np.float64)
    counts = np.asarray(histogram["counts"], dtype=np.float64)
    figure, axes = _canvas(3.6, 2.3)
    if counts.sum() > 0:
        middle = quantile(edges, counts, 0.5)
        edges, counts = _without_tails(edges, counts)
        if edges[-1] >= _TENGE_FROM:
            kept = edges[:-1] > 0
            left, right, shown = edges[:-1][kept], edges[1:][kept], counts[kept]
            height = shown / np.log(right / left)
            axes.set_xscale("log")
        else:
            left, right, shown = edges[:-1], edges[1:], counts
            height = shown / (right - left)
        axes.bar(
            left,
            height,
            width=right - left,
            align="edge",
            color=_PAPER,
            edgecolor=_INK,
            linewidth=0.4,
        )
        axes.axvline(middle, color=_INK, linewidth=1.2)
        unit = " ₸" if edges[-1] >= _TENGE_FROM else ""
        axes.set_title(f"{name.replace('_', ' ')}: median {_number(middle)}{unit}", fontsize=9)
        axes.xaxis.set_major_formatter(lambda value, _: _number(value))
    else:
        axes.set_title(f"{name.replace('_', ' ')}: nobody", fontsize=9)
    axes.set_yticks([])
    axes.tick_params(labelsize=7)
    return _svg(figure)


def nearness(lines: Sequence[Mapping[str, Any]]) -> str:
    """Return one dot a figure on a band of its tolerance: outside the band is not met.

    Distances are in tolerances, so that all figures share one scale; dots farther than
    three tolerances stand at the rim.
    """
    lines = [line for line in lines if line["achieved"] is not None]
    figure, axes = _canvas(7.2, 0.5 + 0.19 * len(lines))
    place = np.arange(len(lines))[::-1]
    far = [_distance(line) for line in lines]
    axes.axvspan(-1, 1, color=_BAND)
    axes.axvline(0, color=_INK, linewidth=0.6)
    colours = [_INK if line["verdict"] == "met" else _MISS for line in lines]
    axes.scatter(np.clip(far, -3, 3), place, color=colours, s=14, zorder=3)
    axes.set_yticks(place, [str(line["figure"]).replace("_", " ") for line in lines], fontsize=7)
    axes.set_xlim(-3.2, 3.2)
    axes.set_ylim(-0.8, len(lines) - 0.2)
    axes.set_xticks([-3, -2, -1, 0, 1, 2, 3])
    axes.tick_params(axis="x", labelsize=7)
    axes.set_xlabel("achieved against target, in tolerances", fontsize=7)
    return _svg(figure)


def _distance(line: Mapping[str, Any]) -> float:
    if line["achieved"] is None:  # a country too small to have a case
        return float("inf")
    room = float(line["target"]) * float(line["tolerance"])
    return (float(line["achieved"]) - float(line["target"])) / room if room else 0.0


def _without_tails(edges: Floats, counts: Floats) -> tuple[Floats, Floats]:
    so_far = np.cumsum(counts) / counts.sum()
    filled = np.flatnonzero(
        (counts > 0) & (so_far > _TAIL) & (so_far - counts / counts.sum() < 1 - _TAIL)
    )
    first, last = int(filled[0]), int(filled[-1])
    edges = edges[first : last + 2].copy()
    if not np.isfinite(edges[-1]):
        edges[-1] = 2 * edges[-2] - edges[-3]
    return edges, counts[first : last + 1]


def _number(value: float) -> str:
    if abs(value) >= 1e6:
        return f"{value / 1e6:,.3g} M"
    if abs(value) >= 10_000:
        return f"{value / 1e3:,.0f} k"
    return f"{value:,.0f}" if abs(value) >= _WHOLE_FROM else f"{value:,.3g}"


def _canvas(width: float, height: float) -> tuple[Figure, Any]:
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _svg(figure: Figure) -> str:
    """Return the picture without what differs from run to run."""
    buffer = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "tarazy", "svg.fonttype": "none"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]
