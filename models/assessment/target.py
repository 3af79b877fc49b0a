"""The target: when an inspection has confirmed that a family hides income.

One definition for training, evaluation and the auditors' pages. A family hides income
when the verified amount reaches the dated materiality (`hidden_income_materiality`,
assumed) times the subsistence minimum of the inspection's day, for each member.
"""

from collections.abc import Callable

import numpy as np
import polars as pl

from models.law.parameters import Law
from models.learned.arrays import Vector


def hidden_amount(inspections: pl.DataFrame) -> Vector:
    """Return the verified hidden income, ПМ of the inspection's day a member a month.

    ``inspections`` has the register's columns and the family's ``members``; NaN where
    the members are unknown or none.
    """
    members = _numbers(inspections, "members")
    members = np.where(members > 0, members, np.nan)
    minimum = at_each(inspections["inspected_on"], lambda law: float(law.subsistence_minimum))
    amount: Vector = _numbers(inspections, "hidden_income_monthly") / (minimum * members)
    return amount


def materiality(inspections: pl.DataFrame) -> Vector:
    """Return the amount from which income counts as hidden, ПМ a member a month."""
    return at_each(inspections["inspected_on"], lambda law: float(law.hidden_income_materiality))


def confirmed(inspections: pl.DataFrame) -> pl.Series:
    """Return whether each inspection confirmed hidden income; null where it cannot be said.

    An amount exactly on the line is confirmed.
    """
    amount = hidden_amount(inspections)
    material = pl.Series("confirmed", amount >= materiality(inspections))
    return material.set(pl.Series(np.isnan(amount)), None)


def at_each(days: pl.Series, value: Callable[[Law], float]) -> Vector:
    """Return a legal value for each of some days, by the law of that day."""
    known = {day: value(Law(day)) for day in days.unique()}
    return np.array([known[day] for day in days], dtype=np.float64)


def _numbers(frame: pl.DataFrame, name: str) -> Vector:
    values: Vector = frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    return values
