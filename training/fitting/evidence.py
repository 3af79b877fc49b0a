"""What a fit learns hidden income from, and what was found at each inspected family."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from features.errors import InputError
from models.assessment import target
from models.law.parameters import Law
from models.learned import hidden_income
from models.learned.arrays import Codes, Mask, Matrix, Vector
from models.learned.consumption import ExpectedConsumption
from models.learned.hyperparameters import SHIPPED, Hyperparameters
from models.learned.inputs import Input, declared_income
from training.labels import gather as label
from training.labels import unmeasured_selection
from training.labels.gather import Labels
from training.labels.unmeasured_selection import Design

FOLDS: Final = 5
FEWEST_OF_A_KIND: Final = 10
"""Inspected families of each kind, hiding and clear, below which no detector is grown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FitInputs:
    """Labels, inputs of the labelled and of the population, and how the fit is run."""

    labels: Labels
    inputs: tuple[Input, ...]
    x: Matrix
    x_population: Matrix
    fold: Codes
    law: Law
    seed: int
    hyper: Hyperparameters = SHIPPED


@dataclass(frozen=True, slots=True)
class Consumption:
    """The served model of expected consumption, and for each fold one that is blind to it.

    ``columns`` are the places of its inputs among all.
    """

    full: ExpectedConsumption
    blind: tuple[ExpectedConsumption, ...]
    columns: Codes

    def expected_blindly(self, x: Matrix, fold: Codes) -> Vector:
        """Return what each family is expected to spend by the model that had not seen it."""
        expected = np.empty(len(x))
        for k, model in enumerate(self.blind):
            expected[fold == k] = model.expected(x[fold == k][:, self.columns])
        return expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Each inspected family as the detector meets it, one row a label.

    ``table`` is what the detector reads, the gap first; ``confirmed`` is 1 where the amount
    found is material; amounts, ``expected`` consumption and ``gap`` in ПМ a member a month.
    ``weights`` are for growing; ``random`` is the inverse inclusion probability in the random
    arm, zero outside it; ``judged`` is what promises rest on: the random arm, or all
    inspections where there is none, and nothing is promised then.
    """

    inputs: tuple[Input, ...]
    columns: Codes
    households: Codes
    table: Matrix
    amount: Vector
    confirmed: Vector
    expected: Vector
    gap: Vector
    weights: Vector
    random: Vector
    design: Design
    place: Codes
    fold: Codes

    @property
    def judged(self) -> Vector:
        """Return the weights under which labels are judged."""
        return self.random if self.random.any() else self.weights

    @property
    def hiding(self) -> Mask:
        """Which families were confirmed."""
        return self.confirmed > 0


def evidence_of(given: FitInputs, consumption: Consumption) -> Evidence:
    """Put beside each inspected family what was found and what a blind model expects."""
    inspections = given.labels.inspections
    inputs = hidden_income.hidden_income_inputs(given.inputs)
    columns = places(given.inputs, inputs)
    amount, confirmed = findings(inspections)
    expected = consumption.expected_blindly(given.x, given.fold)
    gap = expected - label.declared(inspections)
    return Evidence(
        inputs=inputs,
        columns=columns,
        households=inspections["household_id"].to_numpy(),
        table=hidden_income.columns(gap, given.x[:, columns]),
        amount=amount,
        confirmed=confirmed,
        expected=expected,
        gap=gap,
        weights=label.training_weights(inspections),
        random=label.random_weights(inspections),
        design=unmeasured_selection.design(inspections),
        place=hidden_income.places(inspections),
        fold=given.fold,
    )


def population_table(
    given: FitInputs, evidence: Evidence, consumption: Consumption, model: ExpectedConsumption
) -> Matrix:
    """Return what the detector reads of each family of the population, by one consumption model."""
    income = declared_income(given.labels.population, given.law)
    gap = model.expected(given.x_population[:, consumption.columns]) - income
    return hidden_income.columns(gap, given.x_population[:, evidence.columns])


def places(inputs: Sequence[Input], wanted: Sequence[Input]) -> Codes:
    """Return where the wanted inputs stand among all."""
    at = {i.name: place for place, i in enumerate(inputs)}
    return np.array([at[i.name] for i in wanted], dtype=np.int64)


def findings(inspections: pl.DataFrame) -> tuple[Vector, Vector]:
    """Return the amount found at each inspected family, and 1 where it is material, else 0."""
    amount = target.hidden_amount(inspections)
    return amount, (amount >= target.materiality(inspections)).astype(np.float64)


def require_both_kinds(inspections: pl.DataFrame, fold: Codes) -> None:
    """Raise ``InputError`` unless families of both kinds suffice, also outside every fold.

    Families are counted, not inspections: one inspected five times is one witness.
    """
    confirmed = findings(inspections)[1] > 0
    if confirmed.all() or not confirmed.any():
        raise InputError(
            f"All {len(confirmed)} inspections found the same: a detector needs families that "
            "hide income and families that do not. Bring more inspections."
        )
    households = inspections["household_id"].to_numpy()
    hiding, clear = (len(np.unique(households[kind])) for kind in (confirmed, ~confirmed))
    if min(hiding, clear) < FEWEST_OF_A_KIND:
        raise InputError(
            f"Inspections confirmed hidden income at {hiding} families and none at {clear}: a "
            f"detector needs at least {FEWEST_OF_A_KIND} of each. Bring more inspections."
        )
    for k in range(FOLDS):
        others = confirmed[fold != k]
        if others.all() or not others.any():
            raise InputError(
                f"Of {hiding} families that hide income and {clear} that do not, all of one kind "
                f"fell into one of {FOLDS} folds. Bring more inspections, or take another seed."
            )
