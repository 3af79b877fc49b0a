"""Yardsticks of poverty: who counts as poor, by money, by the median, by word, by many wants.

They measure how well help is aimed and decide about nobody. Four kinds, as the file
`poverty_yardsticks.yaml` declares them: below a minimum, below a share of the median, low
on the family's own ladder, and deprived in many things at once (Alkire & Foster 2011).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from features.catalogue import FEATURES
from features.errors import DeclarationError, InputError
from models.law.parameters import Law
from models.law.poverty_line import bureaus_minimum
from models.rules.bounds import Bound

OF_THE_SURVEY: Final = ("consumption_monthly", "subjective_level", "feels_safe")
"""What a yardstick may read besides features."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One want: deprived from a bound on, or below it; its weight in parts."""

    code: str
    dimension: str
    about: str
    fact: str
    bound: Bound
    weight: int

    def deprived(self) -> pl.Expr:
        """Whether the family goes without; null where the fact is unknown."""
        return self.bound.reached(pl.col(self.fact).cast(pl.Float64))


@dataclass(frozen=True, slots=True, kw_only=True)
class Yardstick:
    """A definition of poverty in force on a day."""

    code: str
    about: str
    kind: str
    assumed: bool
    doubt: str | None
    act: str
    share: float | None
    """Of the median, where the yardstick is relative."""
    line: int | None
    """KZT a month for each equivalent member, where the yardstick is a minimum."""
    scale: Mapping[str, float] | None
    up_to: int | None
    """Highest step of the ladder that is poverty."""
    cutoff: int | None
    """Poor from so many parts of deprivation on."""
    indicators: tuple[Indicator, ...]

    @property
    def parts(self) -> int:
        """All weights of the indicators together."""
        return sum(indicator.weight for indicator in self.indicators)

    def consumption(self) -> pl.Expr:
        """Consumption for each equivalent member, KZT a month; null without members.

        The scale counts the first adult 1, then `other_adult` and `child` each, and takes
        the sum to a power. A household of children alone has its first child as adult.
        """
        if self.scale is None:
            raise DeclarationError(f"poverty_yardsticks.yaml, {self.code}: it counts no money.")
        members, children = pl.col("members"), pl.col("children")
        later = pl.min_horizontal(children, members - 1)
        size = 1 + self.scale["other_adult"] * (members - 1 - later) + self.scale["child"] * later
        return pl.when(members > 0).then(
            pl.col("consumption_monthly") / size.pow(self.scale["power"])
        )

    def lacking(self) -> pl.Expr:
        """Parts of deprivation of a family; null where an indicator is unknown."""
        return pl.sum_horizontal(
            (i.deprived().cast(pl.Int64) * i.weight for i in self.indicators), ignore_nulls=False
        )

    def poor(self, line: float | None = None) -> pl.Expr:
        """Whether a family is poor; null where it cannot be told. On a line nobody is poor.

        ``line``: KZT a month for each equivalent member, for a relative yardstick, whose
        line comes from the families themselves.
        """
        if self.kind == "ladder":
            return pl.col("subjective_level") <= self.up_to
        if self.kind == "multidimensional":
            return self.lacking() >= self.cutoff
        bound = self.line if self.kind == "minimum" else line
        if bound is None:
            raise InputError(f"{self.code} needs the line that its families give; pass it.")
        return self.consumption() < bound


def in_force(law: Law) -> tuple[Yardstick, ...]:
    """Return the yardsticks of the law's day, in the order of their file."""
    raw = law.files.yardsticks
    return tuple(
        _parsed(entry, raw["scales"], law)
        for entry in raw["yardsticks"]
        if entry["since"] <= law.day
    )


def facts_read(law: Law) -> list[str]:
    """Return the features that the yardsticks of a day read, in the order of their file."""
    wants = [i.fact for y in in_force(law) for i in y.indicators]
    read = dict.fromkeys(("members", "children", *wants))
    return [name for name in read if name not in OF_THE_SURVEY]


def _parsed(raw: Mapping[str, Any], scales: Mapping[str, Any], law: Law) -> Yardstick:
    code, scale = raw["code"], raw.get("scale")
    if scale is not None and scale not in scales:
        raise DeclarationError(
            f"poverty_yardsticks.yaml, {code}: no scale is {scale!r}, only {', '.join(scales)}."
        )
    share = raw.get("share")
    return Yardstick(
        code=code,
        about=raw["about"],
        kind=raw["kind"],
        assumed=raw["assumed"],
        doubt=raw.get("doubt"),
        act=raw["source"]["act"],
        share=None if share is None else float(share),
        line=_line(raw.get("minimum"), law),
        scale=None
        if scale is None
        else {key: float(scales[scale][key]) for key in ("other_adult", "child", "power")},
        up_to=raw.get("up_to"),
        cutoff=raw.get("cutoff"),
        indicators=tuple(
            _indicator(indicator, dimension, code)
            for dimension, indicators in raw.get("dimensions", {}).items()
            for indicator in indicators
        ),
    )


def _line(minimum: str | None, law: Law) -> int | None:
    if minimum is None:
        return None
    return law.subsistence_minimum if minimum == "budget_law" else bureaus_minimum(law)


def _indicator(raw: Mapping[str, Any], dimension: str, yardstick: str) -> Indicator:
    if raw["fact"] not in FEATURES and raw["fact"] not in OF_THE_SURVEY:
        raise DeclarationError(
            f"poverty_yardsticks.yaml, {yardstick}, {raw['code']}: {raw['fact']!r} is no declared "
            f"feature, nor one of {', '.join(OF_THE_SURVEY)} of the survey."
        )
    test = "below" if "below" in raw else "from"
    return Indicator(
        code=raw["code"],
        dimension=dimension,
        about=raw["about"],
        fact=raw["fact"],
        bound=Bound(test=test, value=float(raw[test])),
        weight=raw["weight"],
    )
