"""Labelled families in pandas, as any estimator of scikit-learn takes them.

One row a label, indexed by household, so that rows of one family are known to be one
family's. Amounts are ПМ (subsistence minimums) a member a month, each at the prices of its
own day; unknown values are NaN.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
import polars as pl

from features.errors import InputError
from features.registers.snapshot import Snapshot
from models.assessment import target
from models.learned import consumption, hidden_income
from models.learned.arrays import Mask, Vector
from models.learned.hidden_income import GAP
from models.learned.inputs import Input, declared_inputs
from training.labels import gather
from training.labels.gather import Labels


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveyed:
    """Families that answered the household budget survey, a random sample.

    ``x`` holds every declared model input by name; ``spending`` what the family spends,
    ``level`` its place on the survey's ladder of welfare (1 to 6, NaN where not answered),
    ``weight`` the survey's. ``directions`` names the inputs of expected consumption, and how
    it may move with each: +1 never falls, −1 never rises, 0 free.
    """

    x: pd.DataFrame
    spending: pd.Series
    level: pd.Series
    weight: pd.Series
    directions: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """Families that an inspector visited; whoever nobody visited is no negative, and not here.

    ``x`` holds every declared model input by name; ``declared`` the declared income,
    ``amount`` the hidden income that was verified, ``confirmed`` 1 where it is material.
    ``design`` says how the family was chosen, ``weight`` how much it counts in a fit, and
    ``random_weight`` is the inverse chance to be drawn at random, zero for all others: under
    it the random arm stands for the population, and nothing else may judge. ``directions``
    names what a detector of hidden income may read without turning into one of poverty, the
    gap first, and how it may move with each.
    """

    x: pd.DataFrame
    declared: pd.Series
    amount: pd.Series
    confirmed: pd.Series
    design: pd.Series
    weight: pd.Series
    random_weight: pd.Series
    directions: Mapping[str, int]

    def with_gap(self, spending: Sequence[float] | Vector) -> pd.DataFrame:
        """Return what a detector may read: the gap first, then the harmless inputs.

        ``spending`` is what each family is expected to spend by a model that had not seen
        it, ПМ a member a month; the gap is what of it the declared income does not cover.
        """
        if len(spending) != len(self.x):
            raise InputError(
                f"{len(spending)} expectations were given for {len(self.x)} inspections: predict "
                "one for each row of x."
            )
        table = self.x[[name for name in self.directions if name != GAP]].copy()
        table.insert(0, GAP, np.asarray(spending, dtype=np.float64) - self.declared)
        return table


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledFamilies:
    """What may be learned from: inspections and survey, each joined to what was known before."""

    inspected: Inspected
    surveyed: Surveyed


def labels(*snapshots: Snapshot, as_of: date | None = None) -> LabelledFamilies:
    """Join every inspection and survey answer to what was known of the family before it.

    Nothing in ``x`` was known only after the label, and nothing in it is sex, language, a
    name or a place.

    Parameters
    ----------
    snapshots : of one or several days; each label is joined to the newest before it.
    as_of : another day, not after the snapshot's, to look at a single snapshot.

    Raises InputError where the snapshots hold too few labels to learn from.

    Examples
    --------
    >>> import tarazy
    >>> inspected = tarazy.labels(tarazy.open_snapshot("snapshot")).inspected
    >>> sorted(inspected.design.unique())
    ['complaint', 'random', 'targeted']
    >>> bool((inspected.random_weight > 0).eq(inspected.design == "random").all())
    True

    """
    # Lots decide only which sample stands for a very large population, and it is not used here.
    return in_frames(gather.gather(snapshots, generator=np.random.default_rng(0), as_of=as_of))


def in_frames(labelled: Labels) -> LabelledFamilies:
    """Return gathered labels in pandas."""
    inputs = declared_inputs()
    return LabelledFamilies(
        inspected=_inspected(labelled.inspections, inputs),
        surveyed=_surveyed(labelled.survey, inputs),
    )


def _inspected(rows: pl.DataFrame, inputs: tuple[Input, ...]) -> Inspected:
    read = hidden_income.hidden_income_inputs(inputs)
    amount = target.hidden_amount(rows)
    ways = hidden_income.directions(read)
    return Inspected(
        x=_table(rows, inputs),
        declared=_column(rows, "declared", gather.declared(rows)),
        amount=_column(rows, "amount", amount),
        confirmed=_column(rows, "confirmed", amount >= target.materiality(rows)).astype(int),
        design=rows["design"].cast(pl.String).to_pandas().set_axis(_households(rows)),
        weight=_column(rows, "weight", gather.training_weights(rows)),
        random_weight=_column(rows, "random_weight", gather.random_weights(rows)),
        directions=dict(zip([GAP, *(i.name for i in read)], ways, strict=True)),
    )


def _surveyed(rows: pl.DataFrame, inputs: tuple[Input, ...]) -> Surveyed:
    read = consumption.consumption_inputs(inputs)
    level, weight = (rows[name].cast(pl.Float64) for name in ("subjective_level", "weight"))
    return Surveyed(
        x=_table(rows, inputs),
        spending=_column(rows, "spending", gather.consumption(rows)),
        level=_column(rows, "level", level.fill_null(float("nan")).to_numpy()),
        weight=_column(rows, "weight", weight.to_numpy()),
        directions=dict(
            zip((i.name for i in read), consumption.directions(read), strict=True),
        ),
    )


def _table(rows: pl.DataFrame, inputs: tuple[Input, ...]) -> pd.DataFrame:
    columns = [i.name for i in inputs]
    return pd.DataFrame(gather.encoded(rows, inputs), columns=columns, index=_households(rows))


def _column(rows: pl.DataFrame, name: str, values: Vector | Mask) -> pd.Series:
    return pd.Series(values, index=_households(rows), name=name)


def _households(rows: pl.DataFrame) -> pd.Index:
    keys: pd.Index = pd.Index(rows["household_id"].to_numpy(), name="household_id")
    return keys
