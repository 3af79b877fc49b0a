"""Whose an unknown is: a register's that did not answer, or a value of the family itself.

Both take their poorest points. But a family can help with a paper that it holds, and with
nothing where a register is silent: there it waits for the register, and is asked for nothing.
"""

import operator
from collections.abc import Iterable
from functools import reduce

import polars as pl

from features.build import Registers, counted_in, unanswered
from features.catalogue import FEATURES
from models.law.parameters import Law
from models.rules import scorecard
from models.rules.category import RICHEST, HardRule, enough
from models.rules.scorecard import Scorecard


def whose(
    registers: Registers, features: pl.DataFrame, ruled: pl.DataFrame, law: Law
) -> pl.DataFrame:
    """Tell apart what the category hangs on: registers, or values of the family itself.

    Parameters
    ----------
    registers : as they answered, for every household of ``features``.
    features, ruled : one row a household, as `features.build.build` and
        `models.rules.category.rule_category` return them.

    Returns
    -------
    One row a household, in the order of ``features``. ``richest_by_papers`` (Int8): the richest
    category to which values could lead that the family can settle with a paper it holds, all
    else unknown at its poorest; the rules' category where no paper changes it.
    ``silent_registers`` (list of text): where registers could change the category that the
    policy waits for, those of them that did not answer; elsewhere empty.
    """
    answer = pl.DataFrame(
        {
            "richest_by_papers": ruled["rule_category"],
            "silent_registers": pl.Series([[]] * ruled.height, dtype=pl.List(pl.String)),
        }
    )
    open_ = ruled["richest_category"] != ruled["rule_category"]
    if not open_.any():
        return answer
    of_open = _whose(registers, features.filter(open_), ruled.filter(open_), law)
    rows = pl.DataFrame({"row": open_.arg_true()}).hstack(of_open)
    return (
        answer.with_row_index("row")
        .update(rows.cast({"row": pl.UInt32}), on="row", how="left")
        .drop("row")
    )


def _whose(
    registers: Registers, features: pl.DataFrame, ruled: pl.DataFrame, law: Law
) -> pl.DataFrame:
    card, rule = Scorecard.in_force(law), HardRule.in_force(law)
    read = {part.feature for criterion in card.criteria for part in criterion.parts}
    read |= {c.feature for c in rule.conditions if c.feature is not None}
    silent = unanswered(registers, features["household_id"])
    awaited = law.policy.awaited_registers
    silent = silent.with_columns(
        pl.lit(value=False).alias(name)
        for name in silent.columns[1:]
        if awaited.isdisjoint(FEATURES[name].registers)
    )
    unheard = {
        name: _any(silent[counted] for counted in counted_in(name)) & features[name].is_null()
        for name in sorted(read)
    }
    papers = law.policy.papers
    unpapered = {
        name: unknown if name in papers else features[name].is_null()
        for name, unknown in unheard.items()
    }
    unsettled = ruled["richest_category"] != _richest(features, ruled, unheard, law)
    registers_silent = [
        pl.select(
            pl.when(pl.lit(unsettled & _any(answers))).then(pl.lit(register)).alias(register)
        ).to_series()
        for register, answers in _by_register(silent, unheard).items()
    ]
    return pl.DataFrame(
        {"richest_by_papers": _richest(features, ruled, unpapered, law)}
    ).with_columns(silent_registers=pl.concat_list(*registers_silent).list.drop_nulls())


def _richest(
    features: pl.DataFrame, ruled: pl.DataFrame, held: dict[str, pl.Series], law: Law
) -> pl.Series:
    """Return the category with every unknown at its richest; what is ``held``, at its poorest."""
    card, rule = Scorecard.in_force(law), HardRule.in_force(law)
    by_points = scorecard.category(
        card, pl.lit(_points(features, held, card)), by_score=law.policy.category_6_by_score
    )
    conditions = [
        pl.col(c.column)
        if c.feature is None
        else pl.when(pl.lit(held[c.feature])).then(pl.lit(value=False)).otherwise(c.column)
        for c in rule.conditions
    ]
    met = enough(conditions, rule.needed).fill_null(value=True)
    return ruled.select(
        pl.when(met).then(pl.lit(RICHEST, pl.Int8)).otherwise(by_points).alias("richest")
    )["richest"]


def _by_register(silent: pl.DataFrame, unheard: dict[str, pl.Series]) -> dict[str, list[pl.Series]]:
    """Return for each register where it is silent and leaves unknown what is read."""
    answers: dict[str, list[pl.Series]] = {}
    for name, unknown in unheard.items():
        for counted in counted_in(name):
            (register,) = FEATURES[counted].registers
            answers.setdefault(register, []).append(silent[counted] & unknown)
    return dict(sorted(answers.items()))


def _points(features: pl.DataFrame, held: dict[str, pl.Series], card: Scorecard) -> pl.Series:
    least = scorecard.poorest_points(features, card.criteria)
    most = scorecard.richest_points(features, card.criteria)
    chosen = (
        pl.select(
            pl.when(pl.lit(_any(held[part.feature] for part in criterion.parts)))
            .then(pl.lit(least[criterion.column]))
            .otherwise(pl.lit(most[criterion.column]))
        ).to_series()
        for criterion in card.criteria
    )
    return reduce(operator.add, chosen)


def _any(answers: Iterable[pl.Series]) -> pl.Series:
    return reduce(operator.or_, answers)
