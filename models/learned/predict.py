"""What the models say of each family: one function for training, scoring and replay.

Nothing here decides: a prediction asks for a person's look at most. The same family has
the same prediction alone and in company, to the last bit.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import polars as pl

from models.answer import Origin
from models.columns import SCORE_SCHEMA
from models.columns import of as columns_of
from models.law.parameters import Law
from models.learned import conformal, trees
from models.learned.arrays import Mask, Matrix, Vector
from models.learned.consumption import ExpectedConsumption
from models.learned.flag_evidence import FlagEvidence
from models.learned.hidden_income import GAP, HiddenIncome, columns, places
from models.learned.inputs import DECLARED, Input, declared_income, encode, in_tenge, registers_of
from models.learned.review_capacity import ReviewBars
from models.learned.stage import Boosters, Stage
from models.learned.welfare import Welfare
from models.writing import version_shown

SHOWN_DIGITS: Final = 6
"""A probability is shown with six decimals: enough for anyone, and the same everywhere."""

COLUMNS: Final[dict[str, pl.DataType]] = {
    name: SCORE_SCHEMA[name] for name in ("household_id", *columns_of(Origin.PREDICTION))
} | {"within_capacity": pl.Boolean()}
"""The columns of a prediction, as `Models.predict` returns them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """A verified bundle, ready to answer.

    ``threshold`` is the raw score from which a family is flagged, fixed at training for a
    named population; null: no flag can be promised to hold, so nobody is flagged.
    ``review_bars`` say from which raw score a material flag asks for a review, by region;
    ``follow_up_bars`` from which worth any look is made (`models.decision.follow_up`; null: the
    bundle fixed none); ``flag_evidence`` which red flags may ask for one.
    ``always_known`` are the inputs that were never unknown in training: a family for whom
    one of them is unknown is treated like one with a silent register.
    """

    version: str
    consumption: ExpectedConsumption
    hidden_income: HiddenIncome
    welfare: Welfare
    threshold: float | None
    always_known: frozenset[str]
    manifest: Mapping[str, Any]
    review_bars: ReviewBars = field(default_factory=ReviewBars)
    flag_evidence: FlagEvidence = field(default_factory=FlagEvidence)
    follow_up_bars: ReviewBars | None = None

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Every stage, in the order in which a family passes them."""
        return self.consumption, self.hidden_income, self.welfare

    def boosters(self) -> dict[str, lgb.Booster]:
        """Return every booster by the name of its file in a bundle."""
        return {name: booster for stage in self.stages for name, booster in stage.files().items()}

    @property
    def reads(self) -> frozenset[str]:
        """The names of all inputs that any stage reads."""
        return frozenset(i.name for stage in self.stages for i in stage.inputs)

    def numbers(self) -> dict[str, Any]:
        """Return what the models need besides the boosters, ready for the manifest.

        What is fixed for the flag stands with the detector that it is fixed for.
        """
        by_stage = {stage.NAME: stage.numbers() for stage in self.stages}
        by_stage[HiddenIncome.NAME] |= {
            "threshold": self.threshold,
            "review_bars": self.review_bars.as_json(),
            "always_known": sorted(self.always_known),
        }
        if self.follow_up_bars is not None:
            by_stage[HiddenIncome.NAME]["follow_up_bars"] = self.follow_up_bars.as_json()
        if self.flag_evidence.cells:
            by_stage[HiddenIncome.NAME]["flag_evidence"] = self.flag_evidence.as_json()
        return by_stage

    @classmethod
    def read(
        cls,
        version: str,
        numbers: Mapping[str, Any],
        boosters: Boosters,
        manifest: Mapping[str, Any],
    ) -> "Models":
        """Build the models again from a verified bundle."""
        flagging = numbers[HiddenIncome.NAME]
        return cls(
            version=version,
            consumption=ExpectedConsumption.read(numbers[ExpectedConsumption.NAME], boosters),
            hidden_income=HiddenIncome.read(numbers[HiddenIncome.NAME], boosters),
            welfare=Welfare.read(numbers[Welfare.NAME], boosters),
            threshold=flagging["threshold"],
            review_bars=ReviewBars.read(flagging.get("review_bars", {})),
            flag_evidence=FlagEvidence.read(flagging.get("flag_evidence", ())),
            follow_up_bars=ReviewBars.read(flagging["follow_up_bars"])
            if "follow_up_bars" in flagging
            else None,
            always_known=frozenset(flagging["always_known"]),
            manifest=manifest,
        )

    @property
    def override(self) -> str | None:
        """The word by which a person let this version pass a gate; null: no gate needed one."""
        word = self.manifest.get("override")
        return None if word is None else str(word)

    @property
    def shown(self) -> str:
        """The version as people are shown it, with that word."""
        return version_shown(self.version, self.override)

    @property
    def hidden_income_reads(self) -> frozenset[str]:
        """The registers that must answer before anything is said about hidden income."""
        inputs = (*self.hidden_income.inputs, *self.consumption.inputs)
        return registers_of(inputs) | {DECLARED}

    def predict(
        self, features: pl.DataFrame, law: Law, silent: Collection[str] = ()
    ) -> pl.DataFrame:
        """Return the prediction for each family, in the order of ``features``.

        Parameters
        ----------
        features : as `features.build.build` returns them.
        law : of the decision date; its ПМ turns amounts into model inputs and back.
        silent : the registers that did not answer.

        Returns
        -------
        The columns of `COLUMNS`. Where a register that the detector reads was silent,
        probability and flag are null and the interval is what holds for any family.
        ``within_capacity`` says whether the score reaches the bar of the family's region.
        Amounts are whole tenge a month for the household.
        """
        return self.opinion(self.look(features, law, silent), features, law, silent)

    def look(self, features: pl.DataFrame, law: Law, silent: Collection[str] = ()) -> "Look":
        """Return what the models get to see of the families, encoded once for all stages."""
        return Look.at(self, features, law, silent)

    def opinion(
        self, shown: "Look", features: pl.DataFrame, law: Law, silent: Collection[str]
    ) -> pl.DataFrame:
        """Return the prediction for families as the models see them; `predict` has the rest."""
        outcome = self.hidden_income.outcome(
            shown.gap, shown.detector, places(features), shown.unknown
        )
        exceeding = self.welfare.exceeds(shown.welfare)
        bar = self.welfare.bars(shown.welfare, silent, self.always_known)
        first, last = conformal.category_bounds(exceeding, bar)
        flag = outcome.margin >= (np.inf if self.threshold is None else self.threshold)
        has_room = self.review_bars.reached(outcome.margin, features.get_column("region_code"))
        sets = [list(range(a, b + 1)) for a, b in zip(first.tolist(), last.tolist(), strict=True)]
        return pl.DataFrame(
            {
                "household_id": features.get_column("household_id"),
                "model_category": conformal.median_category(exceeding),
                "model_category_set": sets,
                "hidden_income_probability": _shown(outcome.probability),
                "model_flag": _known(flag, shown.unknown),
                "hidden_income_low": in_tenge(outcome.low, features, law),
                "hidden_income_estimate": in_tenge(outcome.estimate, features, law),
                "hidden_income_high": in_tenge(outcome.high, features, law),
                "within_capacity": _known(has_room, shown.unknown),
            },
            schema=COLUMNS,
        )

    def contributions(self, shown: "Look") -> dict[str, dict[str, float]]:
        """Return how much each input moved the models' scores for one family, as `look` shows it.

        Exact Shapley values of the trees (TreeSHAP) in log-odds, summed over the five
        steps for the welfare category; ``(base)`` is the score without any input. Empty
        for hidden income where a register was silent: nothing is said, so there is
        nothing to explain. ``expected_consumption`` explains the gap, on the log scale.
        """
        welfare = sum(
            (trees.contributions(b, shown.welfare)[0] for b in self.welfare.boosters),
            start=np.zeros(len(self.welfare.inputs) + 1),
        )
        by_model = {"welfare": _by_name(_names(self.welfare.inputs), welfare)}
        if shown.unknown[0]:
            return by_model | {"hidden_income": {}, "expected_consumption": {}}
        table = columns(shown.gap, shown.detector)
        return by_model | {
            "hidden_income": _by_name(
                [GAP, *_names(self.hidden_income.inputs)],
                trees.contributions(self.hidden_income.detector, table)[0],
            ),
            "expected_consumption": _by_name(
                _names(self.consumption.inputs),
                trees.contributions(self.consumption.booster, shown.consumption)[0],
            ),
        }

    def describe(self) -> dict[str, Any]:
        """Return what may be told about the model to anyone who asks, ready for JSON."""
        public = {
            "version",
            "trained_on",
            "features_digest",
            "law",
            "certificate",
            "calibration",
            "metrics",
            "inputs",
            "override",
            "code_version",
        }
        return {key: value for key, value in self.manifest.items() if key in public} | {
            "reads": sorted(self.hidden_income_reads | registers_of(self.welfare.inputs)),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What the models get to see of the families: their inputs and who is unknown."""

    consumption: Matrix
    detector: Matrix
    welfare: Matrix
    gap: Vector
    unknown: Mask

    @classmethod
    def at(
        cls, models: Models, features: pl.DataFrame, law: Law, silent: Collection[str]
    ) -> "Look":
        """Encode the families for each model and find the gap.

        Each input is encoded once, though several models read it.
        """
        groups = (models.consumption.inputs, models.hidden_income.inputs, models.welfare.inputs)
        every = tuple({i.name: i for group in groups for i in group}.values())
        place = {i.name: at for at, i in enumerate(every)}
        table = encode(features, every, law)
        consumption, detector, welfare = (
            np.ascontiguousarray(table[:, [place[i.name] for i in group]]) for group in groups
        )
        declared = declared_income(features, law)
        gap = models.consumption.expected(consumption) - declared
        unknown = unknown_rows(consumption, models.consumption.inputs, models.always_known)
        unknown |= unknown_rows(detector, models.hidden_income.inputs, models.always_known)
        unknown |= np.isnan(gap)
        if models.hidden_income_reads & set(silent):
            unknown[:] = True
        return cls(
            consumption=consumption, detector=detector, welfare=welfare, gap=gap, unknown=unknown
        )

    @classmethod
    def together(cls, looks: Sequence["Look"], order: npt.NDArray[Any]) -> "Look":
        """Return several looks as one, its families in this order of all of theirs."""
        return cls(
            **{
                part.name: np.concatenate([getattr(look, part.name) for look in looks])[order]
                for part in fields(cls)
            }
        )


def unknown_rows(x: Matrix, inputs: Collection[Input], always_known: Collection[str]) -> Mask:
    """Return the families of whom an input is unknown that training always knew."""
    needed = [place for place, i in enumerate(inputs) if i.name in always_known]
    return np.asarray(np.isnan(x[:, needed]).any(axis=1))


def _known(answers: Mask, unknown: Mask) -> pl.Series:
    return pl.Series(np.where(unknown, np.nan, answers), nan_to_null=True).cast(pl.Boolean)


def _shown(probability: Vector) -> pl.Series:
    return pl.Series(np.round(probability, SHOWN_DIGITS), dtype=pl.Float64, nan_to_null=True)


def _names(inputs: Collection[Input]) -> list[str]:
    return [i.name for i in inputs]


def _by_name(names: list[str], values: Vector) -> dict[str, float]:
    return dict(zip([*names, "(base)"], map(float, values), strict=True))
