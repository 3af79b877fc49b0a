"""From families to decisions, by rules alone or beside a model that was promoted."""

import warnings
from datetime import date
from pathlib import Path

import polars as pl

from features.build import Registers
from features.errors import InputError
from features.registers.snapshot import Snapshot
from models.bundles.home import Home
from models.bundles.loading import load
from models.decision.pipeline import decide as decided
from models.explanation.explain import Explanation, explained
from models.law.parameters import Law
from models.learned.predict import Models
from models.rules.citations import lapsed_values
from serving.commands import sources
from serving.decisions.batch import one_household
from tarazy.registers import Families, day_of, partitions


def load_model(name: str = "champion", *, home: Path | str | None = None) -> Models:
    """Load a model that was trained and signed, after verifying every byte of it.

    It is what serving loads, by the same steps; MLflow is not asked.

    Parameters
    ----------
    name : ``champion``, ``challenger``, or the number of a version.
    home : the folder of all state. Default: TARAZY_HOME, or ``var`` in the working folder.
        Raises NoSuchModel, with the remedy, where no such model is.

    Examples
    --------
    >>> import tarazy
    >>> model = tarazy.load_model("champion", home="var")
    >>> snapshot = tarazy.open_snapshot("snapshot")
    >>> beside, alone = tarazy.decide(snapshot, model), tarazy.decide(snapshot)
    >>> beside["category"].equals(alone["category"])  # the rules' category is what is served
    True
    >>> beside["model_flag"].null_count(), alone["model_flag"].null_count()
    (0, 4000)

    """
    return load(sources.home() if home is None else Home(home), name)


def decide(
    families: Families, model: Models | None = None, *, as_of: date | None = None
) -> pl.DataFrame:
    """Decide for every family: the rules' category, the model's opinion, what a person must see.

    The same rows as `tarazy score` writes. No model ever changes the served category.

    Parameters
    ----------
    families : a snapshot, or registers of which every row carries its ``household_id``.
    model : as `load_model` returns it; None: rules alone, and the model's columns are null.
    as_of : the day of the decision. Default: the snapshot's; registers alone have none.
        Raises DayError before the first edition of the law on file, and where its yearly
        values ended longer ago than the policy allows.

    Examples
    --------
    >>> import tarazy
    >>> snapshot = tarazy.open_snapshot("snapshot")
    >>> decisions = tarazy.decide(snapshot)
    >>> decisions.height, decisions["category"].is_between(1, 6).all()
    (4000, True)

    What if nobody had a vehicle? Poorer in possessions is never richer in the rules:

    >>> registers = snapshot.registers(0)
    >>> registers["vehicles"] = registers["vehicles"].clear()
    >>> without = tarazy.decide(registers, as_of=snapshot.as_of)
    >>> bool((without["category"] <= decisions["category"]).all())
    True

    """
    law = _in_force(day_of(families, as_of))
    tables = (decided(r, model, law).table for r in partitions(families, law.day))
    return pl.concat(tables).sort("household_id")


def explain(
    families: Families,
    household_id: int,
    model: Models | None = None,
    *,
    as_of: date | None = None,
) -> Explanation:
    """Take the decision of one family apart: reasons with their facts, points, contributions.

    ``answer`` of it is what the API answers; ``contributions()`` are the points of the
    scorecard and, beside a model, what each input added to its scores (exact Shapley
    values). Raises InputError where the household is not known on the day.

    Examples
    --------
    >>> import tarazy
    >>> snapshot = tarazy.open_snapshot("snapshot")
    >>> decisions = tarazy.decide(snapshot)
    >>> poorest = decisions.sort("category", "household_id")["household_id"][0]
    >>> why = tarazy.explain(snapshot, poorest)
    >>> bool(why.answer["category"] == decisions["category"].min())
    True
    >>> [reason["code"] for reason in why.answer["reasons"]] == list(
    ...     decisions.filter(household_id=poorest)["reasons"][0]
    ... )
    True

    """
    law = _in_force(day_of(families, as_of))
    registers = _of_one(families, household_id, law.day)
    if registers is None:
        raise InputError(
            f"Household {household_id} is not among these families; household keys are those "
            "of the register `households`."
        )
    return explained(registers, model, law)


def _in_force(day: date) -> Law:
    """Return the law of a day; warn of values that are known until an earlier one."""
    law = Law(day)
    for lapse in lapsed_values(law):
        warnings.warn(lapse.sentence, stacklevel=3)
    return law


def _of_one(families: Families, household_id: int, day: date) -> Registers | None:
    if isinstance(families, Snapshot):
        return one_household(families, household_id, day)
    registers = {
        name: None if rows is None else rows.filter(household_id=household_id)
        for name, rows in families.items()
    }
    households = registers.get("households")
    return None if households is None or households.is_empty() else registers
