"""Distributions that add up: counts on grids laid down beforehand, whatever the country's size.

A quantile of a country is no mean of its partitions' quantiles, but counts of one grid add
up. The grid of money has steps of one per cent, so a quantile read from it is right to half
a per cent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from training.population.chance import Floats, Ints

MONEY: Final[Floats] = np.concatenate(([0.0, 1.0], 1_000.0 * np.exp(0.01 * np.arange(1_260))))
"""Edges in tenge: nothing at all, less than 1,000, then steps of one per cent to 295 million."""
_MONEY_SHOWN: Final = 10
"""Steps of the grid of money that one bar of a picture takes together."""
_BESIDE_THE_LOG: Final = 2
_MODE_WINDOW: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """What is counted, in which unit, between which edges; the last interval has no end."""

    about: str
    unit: str
    edges: Floats = field(default_factory=lambda: MONEY)
    """Lower edges; a value below the first is counted in it."""

    def counted(self, values: Floats | Ints, weights: Floats | None = None) -> Floats:
        """Count ``values``, each by its weight, between the edges."""
        place = np.searchsorted(self.edges, values, side="right") - 1
        counts = np.bincount(np.maximum(place, 0), weights, minlength=len(self.edges))
        return counts.astype(np.float64)


_YEARS: Final = np.arange(0.0, 101.0, 5.0)

DISTRIBUTIONS: Final[Mapping[str, Distribution]] = {
    "declared_income_per_head": Distribution(
        about="declared income per head, by families", unit="KZT/month"
    ),
    "true_income_per_head": Distribution(
        about="declared and hidden income per head, by families", unit="KZT/month"
    ),
    "consumption_per_head": Distribution(
        about="true consumption per head, by families", unit="KZT/month"
    ),
    "survey_per_head": Distribution(
        about="consumption per head as the survey reports it, by people", unit="KZT/month"
    ),
    "hidden_income": Distribution(
        about="hidden income of the families that hide any", unit="KZT/month"
    ),
    "wages": Distribution(about="declared wages", unit="KZT/month"),
    "ages_of_men": Distribution(about="ages of men", unit="years", edges=_YEARS),
    "ages_of_women": Distribution(about="ages of women", unit="years", edges=_YEARS),
    "family_size": Distribution(
        about="members of families", unit="people", edges=np.arange(1.0, 13.0)
    ),
    "consumer_principal": Distribution(about="principal of unsecured consumer loans", unit="KZT"),
    "unsecured_debt": Distribution(about="unsecured debt of those who have any", unit="KZT"),
    "car_ages": Distribution(about="ages of registered cars", unit="years", edges=np.arange(41.0)),
    "ladder": Distribution(
        about="steps of the ladder of material well-being, by families",
        unit="step",
        edges=np.arange(1.0, 7.0),
    ),
}


def quantile(counts: Floats, share: float) -> float:
    """The amount that ``share`` of the counted money distribution lies below; NaN: none counted."""
    total = counts.sum()
    if not total:
        return float("nan")
    below = np.concatenate(([0.0], counts.cumsum()))[: len(MONEY)]
    return float(np.interp(share * total, below, MONEY))


def mode(counts: Floats) -> float:
    """The commonest amount: the densest window of eight per cent of a money distribution."""
    if not counts.sum():
        return float("nan")
    log = counts[_BESIDE_THE_LOG:]
    dense = (
        np.convolve(log, np.ones(_MODE_WINDOW), mode="valid")
        / MONEY[_BESIDE_THE_LOG:][: len(log) - _MODE_WINDOW + 1]
    )
    return float(MONEY[_BESIDE_THE_LOG + int(dense.argmax())] * np.exp(0.005 * _MODE_WINDOW))


def held(counts: Floats, low: float, high: float) -> tuple[float, float]:
    """Share of the whole sum, and mean amount, of those ranked between two shares of all."""
    width = np.append(np.diff(MONEY), 0.0)
    amounts = counts * (MONEY + width / 2)
    total, people = amounts.sum(), counts.sum()
    if not total:
        return float("nan"), float("nan")
    ranks = np.concatenate(([0.0], counts.cumsum())) / people
    sums = np.concatenate(([0.0], amounts.cumsum()))
    part = np.diff(np.interp([low, high], ranks, sums)).item()
    return float(part / total), float(part / (people * (high - low)))


def drawn(counts: Mapping[str, Floats]) -> dict[str, dict[str, object]]:
    """What a picture needs of each distribution: ``about``, ``unit``, ``edges``, ``counts``.

    There is one edge more than counts; the last interval holds all that lies above it too.
    Steps of money are taken ten together, which makes bars of equal width on a log scale.
    """
    histograms: dict[str, dict[str, object]] = {}
    for name, distribution in DISTRIBUTIONS.items():
        edges, each = distribution.edges, counts[name]
        if edges is MONEY:
            starts = np.concatenate(
                (np.arange(_BESIDE_THE_LOG), np.arange(_BESIDE_THE_LOG, len(MONEY), _MONEY_SHOWN))
            )
            edges, each = MONEY[starts], np.add.reduceat(each, starts)
            closing = edges[-1] * np.exp(0.01 * _MONEY_SHOWN)
        else:
            closing = 2 * edges[-1] - edges[-2]
        histograms[name] = {
            "about": distribution.about,
            "unit": distribution.unit,
            "edges": [float(edge) for edge in np.round(np.append(edges, closing))],
            "counts": [round(float(count), 1) for count in each],
        }
    return histograms
