"""Red flags: facts that a source names as signs of hidden income.

A flag asks a person to look; it changes no category. Each exists only on the days on
which every legal value it needs is in force, and says whether its source is published,
a proposal, or assumed. What is unknown never accuses.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import polars as pl

import features.catalogue  # noqa: F401 - declares all that the signals build on
from features.composition import STUDENT_AGE
from features.errors import DeclarationError
from features.signals import MANY_SENDERS
from models.law.parameters import Citation, Law, each_once
from models.law.poverty_line import poverty_line

_MONTHS_OF_A_QUARTER: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class RedFlag:
    """A flag that exists on a day: what raises it and where that stands."""

    code: str
    about: str
    status: str
    act: str
    raised: pl.Expr
    """True, false, or null where a fact that could decide is unknown."""
    cites: tuple[Citation, ...]
    """The editions of the legal values that it compares with, each once."""
    shows: pl.Expr | None
    """Income a month of the household that its source says it shows, whole tenge, null: unknown;
    None: it shows nothing that the category does not count already."""


_Raised = Callable[[Law], pl.Expr]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Test:
    """What raises a flag; ``by_line``: it compares with the poverty line, too.

    ``shows``: the income a month that its source says it shows; None: nothing more.
    """

    raised: _Raised
    by_line: bool
    shows: pl.Expr | None


_TESTS: Final[dict[str, _Test]] = {}


_LENT: Final = pl.col("loan_principal_quarter") // _MONTHS_OF_A_QUARTER
"""Money lent, counted as income of the quarter's months, as the draft reform counts it."""
_COUNTED: Final = pl.col("counted_income_quarter") // _MONTHS_OF_A_QUARTER
_PAID_BEYOND: Final = pl.col("loan_payments_month") - _COUNTED
"""What is paid a month must have come from somewhere: so much above the counted income."""
_TRADED: Final = pl.col("transfers_from_many_senders_quarter") // _MONTHS_OF_A_QUARTER
"""Transfers that look like trade, as the turnover of a month."""


def _flag(*, by_line: bool = False, shows: pl.Expr | None = None) -> Callable[[_Raised], _Raised]:
    """Declare what raises the flag of the function's name, and the income that it shows."""

    def declare(raised: _Raised) -> _Raised:
        code = raised.__name__.strip("_").upper()
        _TESTS[code] = _Test(raised=raised, by_line=by_line, shows=shows)
        return raised

    return declare


@_flag(shows=_PAID_BEYOND)
def _loan_payments_above_twice_income(law: Law) -> pl.Expr:
    """Payments of a quarter above so many times its counted income.

    A family without payments is never flagged; one without income that pays is.
    """
    paid = _MONTHS_OF_A_QUARTER * pl.col("loan_payments_month")
    times, over = _exactly(law, "payments_to_income_ratio")
    return (paid > 0) & (over * paid > times * pl.col("counted_income_quarter"))


@_flag(shows=_LENT)
def _loans_above_two_minima(law: Law) -> pl.Expr:
    """Amounts lent in the quarter above so many subsistence minimums per member.

    Silent where a principal or a date of issue is unknown: never guessed from what is
    still owed.
    """
    limit = law.edition("loan_principal_limit").number
    per_member = law.amount(limit, "subsistence_minimum")
    lent = pl.col("loan_principal_quarter")
    return (lent > 0) & (lent > per_member * pl.col("members"))


@_flag(by_line=True, shows=_LENT)
def _imputed_loan_income_above_line(law: Law) -> pl.Expr:
    """Amounts lent in the quarter, counted as income of each member, above the poverty line.

    The line is the whole country's: where a family lives decides nothing here.
    """
    lines = law.edition("imputed_loan_income_lines").number
    line, over = (lines * poverty_line(law).amount).as_integer_ratio()
    return over * pl.col("imputed_loan_income") > line


@_flag()
def _deposits_above_limit(law: Law) -> pl.Expr:
    """Bank deposits of all members above so many monthly calculation indices."""
    limit = law.amount(law.edition("deposits_limit").number, "monthly_calculation_index")
    return pl.col("deposits_balance") > limit


@_flag()
def _more_than_one_car(law: Law) -> pl.Expr:
    """More cars than go without question, unless a large family or a disability explains them."""
    if law.large_family_student_age != STUDENT_AGE:
        raise DeclarationError(
            f"large_family_student_age.yaml says {law.large_family_student_age} on {law.day}, but "
            f"features/composition.py counts students until {STUDENT_AGE}: change both."
        )
    return (
        (pl.col("cars") > law.cars_without_question)
        & (pl.col("children_and_students") < law.large_family_children)
        & (pl.col("members_with_disability") == 0)
    )


@_flag(shows=_TRADED)
def _transfers_like_trade(law: Law) -> pl.Expr:
    """So many senders in each of three months, and more than so many minimum wages in all.

    Both of one and the same member; every member is looked at.
    """
    if law.transfer_senders_limit != MANY_SENDERS:
        raise DeclarationError(
            f"transfer_senders_limit.yaml asks for {law.transfer_senders_limit} senders on "
            f"{law.day}, but features/signals.py counts from {MANY_SENDERS} on: change both."
        )
    limit = law.amount(law.edition("transfers_limit_minimum_wages").number, "minimum_wage")
    return pl.col("transfers_from_many_senders_quarter") > limit


def in_force(law: Law) -> tuple[RedFlag, ...]:
    """Return the flags that exist on the law's day, in the order of their file."""
    flags = []
    for raw in law.red_flags:
        if raw["code"] not in _TESTS:
            raise DeclarationError(
                f"red_flags.yaml declares {raw['code']}, but models/rules/red_flags.py cannot "
                "tell it."
            )
        test = _TESTS[raw["code"]]
        line = poverty_line(law).cites if test.by_line else ()
        flags.append(
            RedFlag(
                code=raw["code"],
                about=raw["about"],
                status=raw["status"],
                act=raw["source"]["act"],
                raised=test.raised(law),
                cites=each_once((*map(law.cite, raw["parameters"]), *line)),
                shows=test.shows,
            )
        )
    return tuple(flags)


def red_flags(features: pl.DataFrame, law: Law) -> pl.DataFrame:
    """Say of every family which red flags are raised.

    Parameters
    ----------
    features
        One row a family, as `features.build.build` makes it.
    law
        Of the decision date.

    Returns
    -------
    ``household_id``; one Boolean column named by the code for each flag that exists on
    the day (null: unknown); ``rule_flag`` (Boolean): true where a flag is raised, null
    where every flag is unknown or none exists, otherwise false, for an unknown flag
    counts as not raised; ``raised_flags``: the codes of the raised ones.
    """
    flags = in_force(law)
    codes = [flag.code for flag in flags]
    table = features.select("household_id", *(flag.raised.alias(flag.code) for flag in flags))
    if not codes:
        return table.with_columns(
            rule_flag=pl.lit(None, pl.Boolean), raised_flags=pl.lit([], pl.List(pl.String))
        )
    return table.with_columns(
        rule_flag=pl.when(pl.any_horizontal(pl.col(code).is_not_null() for code in codes)).then(
            pl.any_horizontal(pl.col(code).fill_null(value=False) for code in codes)
        ),
        raised_flags=pl.concat_list(
            pl.when(pl.col(code)).then(pl.lit(code)) for code in codes
        ).list.drop_nulls(),
    )


def _exactly(law: Law, name: str) -> tuple[int, int]:
    """Return a ratio as whole numerator and denominator: no binary fraction decides."""
    return Decimal(law.edition(name).number).as_integer_ratio()
