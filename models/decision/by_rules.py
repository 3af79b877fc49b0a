"""What declared facts and dated rules say of households, before any model is asked."""

from dataclasses import dataclass

import polars as pl

from features.build import Registers, combine, count, silence
from features.registers.declared import SCORING
from models.decision import materiality
from models.law.facts import treatment
from models.law.parameters import Law
from models.rules import category as rules
from models.rules import programmes, red_flags
from models.rules.unknown import whose


@dataclass(frozen=True, slots=True, kw_only=True)
class ByRules:
    """What declared facts and dated rules say of some households, before any model is asked.

    Tables have one row a household, sorted by ``household_id``. ``counted`` are the features
    that count rows of registers, from which the others are combined.
    """

    counted: pl.DataFrame
    features: pl.DataFrame
    ruled: pl.DataFrame
    flags: pl.DataFrame
    eligibility: pl.DataFrame
    silent: tuple[str, ...]
    law: Law
    unknown: pl.DataFrame
    """Whose what is not known is, in the same order (`models.rules.unknown.whose`)."""
    material_flags: pl.DataFrame
    """The red flags that would change something, a row each (`materiality.of_flags`)."""
    silence: tuple[tuple[frozenset[str], pl.Series], ...] = ()
    """Households by the registers that are silent for them beyond ``silent``; empty: alike."""


def by_rules(registers: Registers, law: Law) -> ByRules:
    """Apply the rules to every household of the registers as of the law's day."""
    silent = tuple(r.name for r in SCORING if registers.get(r.name) is None)
    counted = count(registers, law.day, treatment(law))
    features = combine(counted, law.day)
    ruled = rules.rule_category(features, law)
    flags = red_flags.red_flags(features, law)
    eligibility = programmes.eligibility(features, ruled, law)
    return ByRules(
        counted=counted,
        features=features,
        ruled=ruled,
        flags=flags,
        eligibility=eligibility,
        silent=silent,
        law=law,
        unknown=whose(registers, features, ruled, law),
        material_flags=materiality.of_flags(counted, features, ruled, flags, eligibility, law),
        silence=tuple(silence(registers)),
    )
