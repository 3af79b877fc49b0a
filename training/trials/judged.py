"""What the models said of families that no label speaks of, measured against the truth."""

from typing import Any, Final

import numpy as np
import polars as pl

from models.assessment import metrics
from models.learned import hidden_income, welfare
from models.learned.arrays import Mask, Vector
from models.learned.conformal import median_category
from models.learned.hyperparameters import SHIPPED
from models.learned.inputs import declared_income
from models.rules.category import rule_category
from training.fitting.fit import survey_weights
from training.labels import gather as label
from training.trials.country import Country, World

BINS: Final = 15
POOREST: Final = 0.10
TOO_FAR: Final = 0.20
"""A prediction of income is too far off when it misses the true one by more than this share."""
AMONG_THE_POOREST: Final = 3
"""Categories up to this one count as poor, as on the auditors' pages."""
PLACES_FOR: Final = 2 * POOREST
"""Places for which the poorest tenth competes: a fifth of all families."""


def judged(
    country: Country, world: World, ladder: Vector, generator: np.random.Generator
) -> dict[str, Any]:
    """Return every measure against the truth; ``ladder`` is the oracle's category.

    Calibration, flags, intervals of amounts, welfare category, and the poorest tenth.
    """
    predicted = country.fitted.models.predict(country.features, country.law, country.silent)
    among = ~country.labelled
    verified = world.verified(generator)[1]
    return {
        "families": len(among),
        "judged": int(among.sum()),
        "hide": float(world.hides.mean()),
        "true_sensitivity": float(verified[world.hides > 0].mean()),
        "calibration": calibration(_numbers(predicted, "hidden_income_probability"), world, among),
        "flags": flags(predicted, world, among, verified),
        "intervals": intervals(predicted, country, world, among),
        "welfare": _welfare(predicted, country, world, among, ladder),
        "poorest_tenth": poorest(predicted, country, world, among),
    }


def expected_error(chance: Vector, truth: Vector, *, equal_numbers: bool = False) -> float:
    """Return the expected calibration error over `BINS` bins (Naeini et al. 2015).

    Bins are equally wide, or hold equally many families; each counts by its families.

    >>> expected_error(np.array([0.2, 0.2, 0.9, 0.9]), np.array([0.0, 0.0, 1.0, 1.0]))
    0.15
    """
    if equal_numbers:
        place = np.argsort(np.argsort(chance, kind="stable")) * BINS // len(chance)
    else:
        place = np.minimum((chance * BINS).astype(np.int64), BINS - 1)
    predicted, true = (np.bincount(place, weights=v, minlength=BINS) for v in (chance, truth))
    return float(np.round(np.abs(predicted - true).sum() / len(chance), 12))


def calibration(chance: Vector, world: World, among: Mask) -> dict[str, float]:
    """Return the calibration error of the probabilities, and what they say in all."""
    known = among & np.isfinite(chance)
    p, truth = chance[known], world.hides[known]
    intercept, slope = metrics.calibration_line(truth, np.clip(p, 1e-6, 1 - 1e-6))
    return {
        "ece": expected_error(p, truth),
        "ece_of_equal_bins": expected_error(p, truth, equal_numbers=True),
        "intercept": intercept,
        "slope": slope,
        "brier": metrics.brier(truth, p),
        "mean_probability": float(p.mean()),
        "share_that_hides": float(truth.mean()),
    }


def flags(
    predicted: pl.DataFrame, world: World, among: Mask, verified: Vector
) -> dict[str, float | int | None]:
    """Return whom the flag points at; ``verified`` is what a visit to everyone would confirm."""
    flagged = among & predicted["model_flag"].fill_null(value=False).to_numpy()
    count = int(flagged.sum())
    hides = world.hides
    return {
        "flagged": count,
        "flagged_share": count / int(among.sum()),
        "truly_clear": float(1 - hides[flagged].mean()) if count else None,
        "unconfirmed": float(1 - verified[flagged].mean()) if count else None,
        "of_all_hiders": float((flagged & (hides > 0)).sum() / (among & (hides > 0)).sum()),
    }


def intervals(
    predicted: pl.DataFrame, country: Country, world: World, among: Mask
) -> dict[str, float]:
    """Return the share of families whose true hidden amount lies in its interval."""
    low, high = (_numbers(predicted, f"hidden_income_{end}") for end in ("low", "high"))
    held = (low <= world.hidden) & (world.hidden <= high)
    place = hidden_income.places(country.features)
    hiding = among & (world.hides > 0)
    return {
        "all": float(held[among].mean()),
        **{
            name: float(held[among & (place == number)].mean())
            for number, name in enumerate(hidden_income.PLACES)
        },
        "families_that_hide": float(held[hiding].mean()),
    }


def ladder_oracle(country: Country, world: World, generator: np.random.Generator) -> Vector:
    """Return the category by the same learner, taught the true ladder of the other half.

    Its sets of silence are left out: here every register answers.
    """
    ladder = world.real["ladder"].cast(pl.Int64).to_numpy()
    model = country.fitted.models.welfare
    x = country.look.welfare
    half = generator.random(len(ladder)) < 0.5
    category = np.empty(len(ladder))
    for mine in (half, ~half):
        taught = welfare.fit_steps(
            model.inputs, x[~mine], ladder[~mine], np.ones(int((~mine).sum())), seed=0
        )
        category[mine] = median_category(welfare.exceeds(taught, x[mine]))
    return category


def _welfare(
    predicted: pl.DataFrame, country: Country, world: World, among: Mask, oracle: Vector
) -> dict[str, Any]:
    """Return agreement with the ladder: the true one, and answers that nobody learned from.

    The survey's answer is the true step and a mood of the day, so that even the truth
    agrees with it in part only.
    """
    families = country.features.select("household_id").with_columns(
        predicted["model_category"],
        predicted["model_category_set"],
        pl.Series("oracle", oracle),
        pl.Series("declared", _by_declared_income(country)),
        world.real["ladder"],
        pl.Series("among", among),
    )
    answered = world.aside.filter(pl.col("subjective_level").is_not_null()).join(
        families, on="household_id", how="inner"
    )
    agreement: dict[str, Any] = {}
    for name, rows, step in (
        ("true_ladder", families.filter("among"), "ladder"),
        ("answers_set_aside", answered, "subjective_level"),
    ):
        true = rows[step].cast(pl.Int64).to_numpy()
        kappa = {
            who: metrics.quadratic_kappa(true, rows[column].cast(pl.Int64).to_numpy())
            for who, column in (
                ("tarazy", "model_category"),
                ("oracle", "oracle"),
                ("declared_income_alone", "declared"),
                ("true", "ladder"),
            )
        }
        held = rows.select(pl.col("model_category_set").list.contains(pl.col(step).cast(pl.Int8)))
        agreement[name] = {
            "families": rows.height,
            "kappa": kappa,
            "share_of_the_oracles": kappa["tarazy"] / kappa["oracle"],
            "declared_income_of_the_oracles": kappa["declared_income_alone"] / kappa["oracle"],
            "set_held": float(held.to_series().mean()),  # type: ignore[arg-type]
            "mean_set_size": float(rows["model_category_set"].list.len().mean()),  # type: ignore[arg-type]
        }
    return agreement


def _by_declared_income(country: Country) -> Vector:
    """Return the category by the same learner that sees declared income and nothing else."""
    survey = country.labels.survey
    survey = survey.with_columns(weight=pl.Series(survey_weights(country.labels)))
    answered = survey.filter(pl.col("subjective_level").is_not_null())
    inputs = tuple(i for i in country.fitted.inputs if i.name == "income_quarter")
    steps = welfare.fit_steps(
        inputs,
        label.declared(answered)[:, None],
        answered["subjective_level"].cast(pl.Int64).to_numpy(),
        answered["weight"].to_numpy(),
        seed=0,
        hyper=SHIPPED.welfare,
    )
    income = declared_income(country.features, country.law)[:, None]
    return median_category(welfare.exceeds(steps, income)).astype(np.float64)


def poorest(
    predicted: pl.DataFrame, country: Country, world: World, among: Mask
) -> dict[str, dict[str, Any]]:
    """Return how the families of the poorest tenth are read, by two measures of poverty.

    Those of the lowest tenth by true income a member, and by true consumption a member: how
    often their income is over- and under-predicted, by declaration alone and with the
    estimate of what is hidden; and how many of them each way misses, by category and when as
    many places as a fifth of all families are given to those who look poorest.
    """
    members = country.features["members"].cast(pl.Float64).to_numpy()
    true = world.income / members
    declared = _numbers(country.features, "income_quarter") / 3
    read = {
        "rules": declared / members,
        "tarazy": (declared + _numbers(predicted, "hidden_income_estimate")) / members,
    }
    ruled = rule_category(country.features, country.law)["rule_category"]
    category = {"rules": ruled, "tarazy": predicted["model_category"]}
    measures: dict[str, dict[str, Any]] = {}
    for by, poverty in (
        ("income", true),
        ("consumption", _numbers(world.real, "consumption_monthly") / members),
    ):
        tenth = among & (poverty <= np.quantile(poverty[among], POOREST))
        measures[by] = {"families": int(tenth.sum()), "hide": float(world.hides[tenth].mean())}
        for who, income in read.items():
            worst = np.quantile(income[among], PLACES_FOR)
            level = category[who].cast(pl.Float64).to_numpy()
            measures[by][who] = {
                "over_predicted": float((income > (1 + TOO_FAR) * true)[tenth].mean()),
                "under_predicted": float((income < (1 - TOO_FAR) * true)[tenth].mean()),
                "missed_by_category": float((level > AMONG_THE_POOREST)[tenth].mean()),
                "within_category": float((level <= AMONG_THE_POOREST)[among].mean()),
                "missed_for_places": float((income > worst)[tenth].mean()),
            }
    return measures


def _numbers(frame: pl.DataFrame, name: str) -> Vector:
    return frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
