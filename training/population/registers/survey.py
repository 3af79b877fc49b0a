"""The household survey: what families would say, and whom the survey asks.

A two-stage sample of neighbourhoods and families. Richer families answer less and report
less; loan repayments are mentioned by some, and by few where the published share is a
fraction of what lenders must receive.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from features.registers.declared import REGIONS
from features.units import add_months, first_of_month
from training.population.calibration.figures import by_region
from training.population.chance import Flags, Floats, Ints, happens, tenge, words
from training.population.people.families import Families
from training.population.people.standing import step_of_ladder
from training.population.state import State

_SHARE: Final = 0.25
_MOST: Final = 12_000
"""Families in the state's own budget survey (as commonly reported; assumed)."""
_WITHIN_NEIGHBOURHOOD: Final = 0.5
_REPORTED: Final = 0.86
"""Consumption that a survey reports of the true one, for an ordinary family; assumed."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What each family would say if asked: one entry a family; money in tenge a month."""

    response: Floats
    """Chance that the family answers."""
    expected_response: Floats
    """What the weights take it for, by settlement."""
    consumption: Floats
    food: Floats
    repayments: Floats
    """Loan repayments that the family mentions."""
    felt: Ints
    """The step of the ladder, 1 to 6."""
    feels_safe: Flags

    @property
    def weight(self) -> Floats:
        """Weight of the family in a survey that asks everybody."""
        return self.response / self.expected_response


def survey_share(households: int) -> float:
    """Share of families that the survey holds in a country of that many."""
    return min(_SHARE, _MOST / max(households, 1))


def answers(rng: np.random.Generator, state: State) -> Answers:
    """What every family of the state would answer."""
    families, living, standing = state.families, state.life, state.means
    count = len(families)
    expected = np.where(families.urban, 0.84, 0.93)
    reported = (
        living.consumption
        * _REPORTED
        * np.exp(-0.05 * standing.level + 0.17 * rng.standard_normal(count))
    )
    per_head = reported / families.size
    food = (
        by_region("food")[families.region]
        + by_region("food_taste")[families.region]
        - 0.11 * np.log(per_head / 115_000)
        + 0.06 * rng.standard_normal(count)
    )
    # Some families mention their loans, and those some of them.
    mentioned_share = np.sqrt(by_region("told")[families.region])
    mentions = happens(rng, mentioned_share, count)
    felt = living.comfort + 0.45 * rng.standard_normal(count)
    return Answers(
        # The rich answer less; the weights do not know.
        response=np.clip(expected - 0.035 * standing.level, 0.3, 0.99),
        expected_response=expected,
        consumption=reported,
        food=reported * np.clip(food, 0.15, 0.9),
        repayments=np.where(
            mentions, np.minimum(mentioned_share * _repayments(state), 0.6 * reported), 0.0
        ),
        felt=step_of_ladder(felt),
        feels_safe=happens(rng, 0.84 + 0.05 * np.tanh(living.comfort), count),
    )


def _repayments(state: State) -> Floats:
    """What each family truly pays a month on loans for itself, not for a business."""
    private = state.things["loans"].filter(pl.col("kind") != "business")
    family = state.people.family[private["person"].to_numpy()]
    return np.bincount(family, private["monthly_payment"].to_numpy(), len(state.families)).astype(
        np.float64
    )


def survey(
    rng: np.random.Generator,
    families: Families,
    survey_answers: Answers,
    clusters: Ints,
    households: int,
    as_of: date,
) -> pl.DataFrame:
    """The survey of the last complete quarter, by ``family``; ``clusters`` are opaque keys."""
    sampling_chance = np.minimum(survey_share(households) / survey_answers.expected_response, 1.0)
    first = np.minimum(sampling_chance / _WITHIN_NEIGHBOURHOOD, 1.0)
    chosen: Flags = rng.random(families.neighbourhood.max() + 1)[families.neighbourhood] < first
    chosen &= happens(rng, sampling_chance / first, len(families))
    family = np.flatnonzero(chosen & happens(rng, survey_answers.response, len(families)))
    code = tuple(REGIONS)
    stratum = tuple(region + kind for region in code for kind in ("r", "u"))
    return pl.DataFrame(
        {
            "family": family,
            "quarter": pl.Series([quarter_before(as_of)] * len(family), dtype=pl.String),
            "weight": (1.0 / (sampling_chance * survey_answers.expected_response))[family],
            "consumption_monthly": tenge(survey_answers.consumption[family], 100),
            "food_consumption_monthly": tenge(survey_answers.food[family], 100),
            "stratum": words(stratum, families.region[family] * 2 + families.urban[family]),
            "cluster": clusters[families.neighbourhood[family]],
            "feels_safe": survey_answers.feels_safe[family],
            "subjective_level": survey_answers.felt[family],
        }
    )


def quarter_before(as_of: date) -> str:
    """The last quarter that is complete on the day ``as_of``.

    >>> quarter_before(date(2026, 1, 1)), quarter_before(date(2026, 2, 15))
    ('2025Q4', '2025Q4')
    """
    last = add_months(first_of_month(as_of), -(1 + (as_of.month - 1) % 3))
    return f"{last.year}Q{(last.month - 1) // 3 + 1}"
