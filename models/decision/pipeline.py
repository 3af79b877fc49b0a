"""One partition, one request, one function: registers → features → rules and models → decisions.

The same function decides for a country's partition and for one request of the API, so
the two cannot drift apart. It reads no clock, no file but the law, no network.
"""

from dataclasses import dataclass
from functools import cache
from importlib.metadata import version as installed
from typing import Any

import polars as pl

from features.build import Registers, combine, count
from features.catalogue import catalogue_version
from features.registers.declared import SCORING
from models.columns import SCORE_SCHEMA
from models.decision import outcome
from models.law.parameters import Citation, Law, each_once
from models.learned.predict import Models
from models.reasons import reasons
from models.rules import actions, programmes, red_flags
from models.rules import category as rules
from models.rules.category import HardRule
from models.rules.scorecard import Scorecard


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """Decisions for some households, with everything that stands behind them, row by row.

    All tables have one row a household, sorted by ``household_id``. ``table`` holds exactly
    the columns of `models.columns`.
    """

    table: pl.DataFrame
    features: pl.DataFrame
    ruled: pl.DataFrame
    flags: pl.DataFrame
    eligibility: pl.DataFrame
    silent: tuple[str, ...]
    law: Law
    models: Models | None

    @property
    def cites(self) -> tuple[Citation, ...]:
        """Every edition of a legal value that these decisions lean on, each once.

        What the scorecard, the hard rule, the red flags, the programmes and the actions of
        the day compare with; what a model's amounts were divided by stands in its manifest.
        """
        law = self.law
        return each_once(
            [
                *Scorecard.in_force(law).cites,
                *HardRule.in_force(law).cites,
                *(cited for flag in red_flags.in_force(law) for cited in flag.cites),
                *(cited for one in programmes.in_force(law) for cited in one.cites),
                *actions.cites(law),
            ]
        )

    def answer(self, row: int = 0, service: str | None = None) -> dict[str, Any]:
        """Return one decision for the API: its columns, with reasons said in full.

        ``service``: the programme asked for, by code; None: eligibility for all in force.
        Raises `models.rules.programmes.NoSuchProgramme` where no function here may decide it.
        """
        told = self.table.row(row, named=True)
        ruled = self.ruled.row(row, named=True)
        family = self.features.row(row, named=True) | self.eligibility.row(row, named=True)
        facts = family | ruled
        told["as_of"] = told["as_of"].isoformat()
        for column in ("reasons", "review_reasons"):
            told[column] = [reasons.reason(code, facts | told, self.law) for code in told[column]]
        return told | {
            "eligibility": programmes.told(facts, self.law, service),
            "offers": [offer.as_json() for offer in actions.offers(family, ruled, self.law)],
            "versions": versions(self.law, self.models),
        }


def decide(registers: Registers, models: Models | None, law: Law) -> Decisions:
    """Decide for every household of the registers as of the law's day.

    Parameters
    ----------
    registers : a frame for each scoring register, every row with its ``household_id``;
        a register left out or None was silent.
    models : what the models are; None declares them absent, and their columns are null.
    law : of the day of the decision. Raises ParameterNotInForce before its first edition.

    Returns
    -------
    The decisions, sorted by household. The served category is always the rules'.
    """
    as_of = law.day
    silent = tuple(r.name for r in SCORING if registers.get(r.name) is None)
    counted = count(registers, as_of)
    features = combine(counted, as_of)
    ruled = rules.rule_category(features, law)
    flags = red_flags.red_flags(features, law)
    entitled = programmes.eligibility(features, ruled, law)
    opinion = (
        outcome.without_model(features) if models is None else models.predict(features, law, silent)
    )
    category = ruled["rule_category"]
    at_low = category_at_low_end(counted, opinion, category, law)
    is_material = outcome.material(opinion, category, at_low)
    asks = outcome.model_asks(is_material, opinion)
    raised = flags["raised_flags"]
    table = pl.DataFrame(
        {
            "household_id": features["household_id"],
            "as_of": pl.Series([as_of] * features.height, dtype=pl.Date),
            "category": category,
            "proposed_category": outcome.proposed(asks, at_low, law),
            "rule_category": category,
            "rule_flag": flags["rule_flag"],
            "material": is_material,
            "reasons": reasons.rank(ruled, law),
            "review_reasons": outcome.review_reasons(features, ruled, raised, asks, law),
        }
    ).with_columns(
        *(opinion[name] for name in outcome.MODEL_OUTPUTS),
        *(entitled[name] for name in ("eligible_services", "services_in_review")),
        status=pl.when(pl.col("review_reasons").list.len() > 0)
        .then(pl.lit("review"))
        .otherwise(pl.lit("automatic")),
        model_version=pl.lit(None if models is None else models.version, pl.String),
        law_version=pl.lit(law.version),
    )
    return Decisions(
        table=table.select(pl.col(name).cast(dtype) for name, dtype in SCORE_SCHEMA.items()),
        features=features,
        ruled=ruled,
        flags=flags,
        eligibility=entitled,
        silent=silent,
        law=law,
        models=models,
    )


def versions(law: Law, models: Models | None) -> dict[str, str | None]:
    """Name everything that an identical decision needs, besides the registers."""
    return {
        "law": law.version,
        "scorecard": law.policy.scorecard,
        "policy": f"{law.policy.policy}-{law.policy.since}",
        "model": None if models is None else _exactly(models),
        "features": catalogue_version(),
        "code": code_version(),
    }


def _exactly(models: Models) -> str:
    """Return the version with the hash of its manifest: numbers repeat from home to home."""
    return f"{models.version}@{str(models.manifest.get('manifest_sha256', 'unsigned'))[:12]}"


@cache
def code_version() -> str:
    """Return the version of the installed distribution."""
    return installed("tarazy")


def category_at_low_end(
    counted: pl.DataFrame, opinion: pl.DataFrame, category: pl.Series, law: Law
) -> pl.Series:
    """Return the rules' category with the low end of the hidden income counted as income.

    Asked for flagged families only; for all others it is the category as it stands. Training
    asks it of the population: ``counted`` may hold derived features, they are made anew.
    """
    asked = opinion.select(
        "household_id",
        extra=pl.col("hidden_income_low"),
        flagged=pl.col("model_flag").fill_null(value=False) & (pl.col("hidden_income_low") > 0),
    ).filter("flagged")
    if asked.is_empty():
        return category
    richer = counted.join(asked, on="household_id", how="inner", maintain_order="left")
    months = {
        "income_last_month": 1,
        "income_quarter": 3,
        "income_previous_quarter": 3,
        "income_year": 12,
    }
    richer = richer.with_columns(
        pl.col(name) + number * pl.col("extra") for name, number in months.items()
    ).drop("extra", "flagged")
    again = rules.rule_category(combine(richer, law.day), law).select(
        "household_id", at_low="rule_category"
    )
    return (
        opinion.select("household_id")
        .with_columns(now=category)
        .join(again, on="household_id", how="left", maintain_order="left")
        .select(pl.col("at_low").fill_null(pl.col("now")))
        .to_series()
    )
