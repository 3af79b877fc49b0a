"""The poverty line of targeted assistance on a day, in a region: three regimes of law.

Half of the subsistence minimum, then seventy per cent of it, and since 2025 thirty-five
per cent of the median income, not below seventy per cent of the regional minimum as the
statistics bureau works it out. The line is exact (the Prime Minister's 24,011.4 tenge);
only an amount paid is rounded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from features.errors import ParameterNotInForce
from features.units import add_months
from models.law.parameters import Citation, Law, each_once, in_force, parameters

_REGIONAL: Final = "subsistence_minimum_actual_regional"
_NATIONAL: Final = "subsistence_minimum_actual"
_NATIONAL_QUARTER: Final = "subsistence_minimum_actual_quarter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The line of a day: tenge per member and month, exact."""

    amount: Decimal
    since: date
    act: str
    stands_in: str | None
    """What was taken because the value the law asks for is not on file; None: it was."""
    cites: tuple[Citation, ...]
    """The editions of the values that it was made of, each once."""

    @property
    def tenge(self) -> int:
        """The line in whole tenge, for reading."""
        return int(self.amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def poverty_line(law: Law, region: str | None = None) -> Line:
    """Return the poverty line of targeted assistance on the law's day.

    Parameters
    ----------
    region
        Two digits of KATO; None: the line of the whole country, which is the region's
        until 2024 and no region's after that.

    Raises ParameterNotInForce before the first edition, and where no minimum of the
    quarter or an earlier one is on file.
    """
    edition = in_force(
        "targeted_assistance", law.files.rules["targeted_assistance"]["editions"], law.day
    )
    declared = edition["line"]
    before = quarter_before(law.day)
    if declared["floor"] is None:
        on = law.day if declared["measured"] == "day" else before[-1]
        of = law.cite(declared["of"], on)
        amount, stands_in = declared["share"] * Decimal(of.edition.number), None
        cites = [of]
    else:
        minimum, stands_in = _minimum(law, region, before)
        amount, cites = declared["floor"]["share"] * minimum.mean, [*minimum.of]
        median = _of_region(law, declared["of"], region, before[:1])
        if median is None:
            stands_in = "; ".join(filter(None, ["the floor, for the median", stands_in]))
        else:
            amount = max(amount, declared["share"] * median.mean)
            cites += median.of
    return Line(
        amount=amount,
        since=edition["since"],
        act=edition["source"]["act"],
        stands_in=stands_in,
        cites=each_once(cites),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Statistic:
    """The mean of a statistic's months on file, in whole tenge, and the editions it is of."""

    mean: Decimal
    of: tuple[Citation, ...]


def bureaus_minimum(law: Law) -> int:
    """Return the bureau's minimum of the country in the quarter of the law's day, KZT a month.

    The newest one before where that quarter's is not on file.
    """
    quarter = [add_months(month, 3) for month in quarter_before(law.day)]
    return int(_national(law, _newest_on_file(law, quarter)).mean)


def quarter_before(day: date) -> tuple[date, ...]:
    """Return the three months of the calendar quarter before that of ``day``.

    >>> [m.month for m in quarter_before(date(2026, 2, 1))]
    [10, 11, 12]
    """
    first = add_months(day, -((day.month - 1) % 3) - 3)
    return tuple(add_months(first, n) for n in range(3))


def _minimum(law: Law, region: str | None, months: Sequence[date]) -> tuple[_Statistic, str | None]:
    """Return the bureau's minimum of a quarter in a region, and what stands in for it.

    The mean of the region's months on file, in whole tenge; without any, that of the
    country. Where nothing of the quarter is on file, the newest quarter before it.
    """
    quarter = _newest_on_file(law, months)
    named = f"{quarter[0].year}Q{(quarter[0].month + 2) // 3}"
    regional = _of_region(law, _REGIONAL, region, quarter)
    if regional is not None:
        whole = quarter == tuple(months) and len(regional.of) == len(quarter)
        return regional, None if whole else f"months of {named} on file"
    return _national(law, quarter), f"the whole country's minimum of {named}"


def _newest_on_file(law: Law, months: Sequence[date]) -> tuple[date, ...]:
    """Return the newest quarter, up to that of ``months``, with a minimum of the country."""
    begun = [
        edition.since
        for name in (_NATIONAL, _NATIONAL_QUARTER)
        for edition in parameters(law.folder)[name].editions
        if edition.since <= months[-1]
    ]
    if not begun:
        raise ParameterNotInForce(_NATIONAL, months[0], None)
    newest = max(begun)
    first = add_months(newest, -((newest.month - 1) % 3))
    return tuple(add_months(first, n) for n in range(3))


def _national(law: Law, quarter: Sequence[date]) -> _Statistic:
    """Return the bureau's figure of the quarter, or the mean of its months on file."""
    if law.has(_NATIONAL_QUARTER, quarter[0]):
        figure = law.cite(_NATIONAL_QUARTER, quarter[0])
        return _Statistic(mean=Decimal(figure.edition.number), of=(figure,))
    of = tuple(law.cite(_NATIONAL, month) for month in quarter if law.has(_NATIONAL, month))
    return _Statistic(mean=_mean([Decimal(cited.edition.number) for cited in of]), of=of)


def _of_region(
    law: Law, name: str, region: str | None, months: Sequence[date]
) -> _Statistic | None:
    """Return the statistic of a region; None where none of the months has it."""
    if region is None:
        return None
    cited = [law.cite(name, month) for month in months if law.has(name, month)]
    of = tuple(c for c in cited if region in c.edition.values)
    if not of:
        return None
    return _Statistic(mean=_mean([Decimal(c.edition.values[region]) for c in of]), of=of)


def _mean(values: Sequence[Decimal]) -> Decimal:
    mean = sum(values, Decimal(0)) / len(values)
    return mean.quantize(Decimal(1), rounding=ROUND_HALF_UP)
