"""One partition, one request, one function: registers → features → rules and models → decisions.

The same function decides for a country's partition and for one request of the API, so
the two cannot drift apart. It reads no clock, no file but the law, no network.
"""

from dataclasses import dataclass
from functools import cache
from importlib.metadata import version as installed

import polars as pl

from features.build import Registers
from features.catalogue import catalogue_version
from models.answer import Answer, Versions
from models.columns import SCORE_SCHEMA
from models.decision import follow_up, materiality, outcome
from models.decision.by_rules import ByRules, by_rules
from models.law.parameters import Citation, Law
from models.learned.predict import Look, Models
from models.reasons.ranking import rank
from models.reasons.reasons import reason
from models.rules import actions, programmes
from models.rules.citations import cites


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """Decisions for some households, with everything that stands behind them, row by row.

    All tables have one row a household, sorted by ``household_id``. ``table`` holds exactly
    the columns of `models.columns`; ``look`` is what the models saw, null without models.
    """

    table: pl.DataFrame
    by_rules: ByRules
    models: Models | None
    look: Look | None
    looks: pl.DataFrame
    """A row for each family that something asks to be looked at (`follow_up.looks`)."""
    model_asks: pl.Series
    """Whether a model's flag asks for a person's look (`outcome.model_asks`), row by row."""

    @property
    def features(self) -> pl.DataFrame:
        """One row a household: every declared feature."""
        return self.by_rules.features

    @property
    def ruled(self) -> pl.DataFrame:
        """One row a household: categories and points, by declared facts alone."""
        return self.by_rules.ruled

    @property
    def flags(self) -> pl.DataFrame:
        """One row a household: the published red flags."""
        return self.by_rules.flags

    @property
    def eligibility(self) -> pl.DataFrame:
        """One row a household: the local programmes."""
        return self.by_rules.eligibility

    @property
    def silent(self) -> tuple[str, ...]:
        """The registers that did not answer."""
        return self.by_rules.silent

    @property
    def law(self) -> Law:
        """The law by which it was decided, of the day of the decision."""
        return self.by_rules.law

    @property
    def cites(self) -> tuple[Citation, ...]:
        """Every edition of a legal value that these decisions lean on, each once.

        What the scorecard, the hard rule, the red flags, the programmes and the actions of
        the day compare with; what a model's amounts were divided by stands in its manifest.
        """
        return cites(self.law)

    def answer(self, row: int = 0, service: str | None = None) -> Answer:
        """Return one decision in full: its columns, with reasons said in full, and what follows.

        ``service``: the programme asked for, by code; None: eligibility for all in force.
        Raises `models.rules.programmes.NoSuchProgramme` where no function here may decide it.
        """
        fields = self.table.row(row, named=True)
        facts = (
            self.features.row(row, named=True)
            | self.eligibility.row(row, named=True)
            | self.ruled.row(row, named=True)
            | self.by_rules.unknown.row(row, named=True)
        )
        quotable = facts | fields
        for column in ("reasons", "review_reasons", "follow_up_reasons"):
            fields[column] = tuple(reason(code, quotable, self.law) for code in fields[column])
        every = programmes.eligibility_of(facts, self.law)
        return Answer(
            **fields,
            eligibility=programmes.of_service(every, service, self.law),
            offers=actions.offers(every, facts, self.law),
            versions=versions(self.law, self.models),
        )


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
    return with_opinion(by_rules(registers, law), models)


def with_opinion(facts: ByRules, models: Models | None) -> Decisions:
    """Put a model's opinion beside what the rules say; the served category stays theirs.

    A challenger is asked of the same facts again without a register being read twice.
    """
    law, features, ruled = facts.law, facts.features, facts.ruled
    look, opinion = _opinion(facts, models)
    category = ruled["rule_category"]
    at_low = materiality.category_at_low_end(facts.counted, opinion, category, law)
    is_material = outcome.material(opinion, category, at_low)
    asks = outcome.model_asks(is_material, opinion)
    doubts = outcome.doubts(features, ruled, facts.unknown)
    flags = facts.flags.drop("household_id", "rule_flag", "raised_flags")
    table = pl.DataFrame(
        {
            "household_id": features["household_id"],
            "as_of": pl.Series([law.day] * features.height, dtype=pl.Date),
            "category": category,
            "proposed_category": outcome.proposed(asks, at_low, law),
            "rule_category": category,
            "rule_flag": facts.flags["rule_flag"],
            "material": is_material,
            "reasons": rank(ruled, law),
            "review_reasons": outcome.waits(doubts, flags, asks, law),
        }
    ).with_columns(
        *(opinion[name] for name in outcome.MODEL_OUTPUTS),
        *(facts.eligibility[name] for name in ("eligible_services", "services_in_review")),
        status=pl.when(pl.col("review_reasons").list.len() > 0)
        .then(pl.lit("review"))
        .otherwise(pl.lit("automatic")),
        model_version=pl.lit(None if models is None else models.version, pl.String),
        law_version=pl.lit(law.version),
    )
    suspicion = follow_up.Suspicion(
        opinion=opinion, material=is_material, asks=asks, category_at_low=at_low
    )
    looks = follow_up.looks(facts, doubts, suspicion, models, table["status"] == "review")
    table = table.with_columns(follow_up.columns(looks, features["household_id"]))
    return Decisions(
        table=table.select(pl.col(name).cast(dtype) for name, dtype in SCORE_SCHEMA.items()),
        by_rules=facts,
        models=models,
        look=look,
        looks=looks,
        model_asks=asks,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfAGroup:
    """What the models say of the households for which the same registers are silent."""

    rows: pl.Series
    """Where these households stand among all."""
    look: Look
    opinion: pl.DataFrame


def _opinion(facts: ByRules, models: Models | None) -> tuple[Look | None, pl.DataFrame]:
    """Ask the models of all households, those of the same silence in one go.

    To a model a register is silent or not: a family of a region that did not deliver must be
    treated like one that is asked for alone, with that register left out.
    """
    features, law = facts.features, facts.law
    if models is None:
        return None, outcome.without_model(features)
    if not facts.silence or features.is_empty():
        look = models.look(features, law, facts.silent)
        return look, models.opinion(look, features, law, facts.silent)
    groups: list[_OfAGroup] = []
    for silent, households in facts.silence:
        in_group = features["household_id"].is_in(households.implode())
        quiet = (*facts.silent, *sorted(silent))
        if not in_group.any():
            continue  # not known on the day
        group_features = features.filter(in_group)
        look = models.look(group_features, law, quiet)
        opinion = models.opinion(look, group_features, law, quiet)
        groups.append(_OfAGroup(rows=in_group.arg_true(), look=look, opinion=opinion))
    order = pl.concat([group.rows for group in groups]).arg_sort()
    together = Look.together([group.look for group in groups], order.to_numpy())
    return together, pl.concat([group.opinion for group in groups])[order]


def versions(law: Law, models: Models | None) -> Versions:
    """Name everything that an identical decision needs, besides the registers."""
    return Versions(
        law=law.version,
        scorecard=law.policy.scorecard,
        policy=f"{law.policy.policy}-{law.policy.since}",
        model=None if models is None else _exactly(models),
        features=catalogue_version(),
        code=code_version(),
    )


def _exactly(models: Models) -> str:
    """Return the version with the hash of its manifest: numbers repeat from home to home."""
    return f"{models.version}@{str(models.manifest.get('manifest_sha256', 'unsigned'))[:12]}"


@cache
def code_version() -> str:
    """Return the version of the installed distribution."""
    return installed("tarazy")
