"""What the family owns, as the registers of property, vehicles, animals and firms saw it.

Registers of things lag: a sold car stays until it is re-registered, a herd is
overstated, a firm lies dormant. What a source marks as disputed is not counted here.
"""

from datetime import date

import polars as pl

from features.declare import Block, feature, view
from features.units import Span, Unit, add_months, first_of_month

_BASIS = "pilot-2025:material"
_DWELLINGS = ("apartment", "house")
_ROAD_VEHICLES = ("car", "truck", "bus")
_RECENT_YEARS = 7
_OLD_YEARS = 20
_HALF = 0.5
_CATTLE_HUNDREDTHS = {
    "cattle": 100,
    "horses": 114,
    "camels": 143,
    "sheep": 14,
    "goats": 14,
    "pigs": 29,
    "poultry": 1,
}
"""Tropical livestock units of the FAO (cattle 0.7, horses 0.8, camels 1.0, sheep and goats
0.1, pigs 0.2, poultry 0.01), scaled so that one head of cattle is 100."""


def _a_year_before(as_of: date) -> date:
    return add_months(first_of_month(as_of), -12)


def _usable() -> pl.Expr:
    return pl.col("status") == "normal"


@view(register="vehicles")
def road_vehicles(rows: pl.LazyFrame, as_of: date) -> pl.LazyFrame:  # noqa: ARG001
    """Cars, trucks and buses that are neither arrested nor stolen nor sold.

    The unknown year of a stolen car or of a motorcycle makes nothing unknown.
    """
    return rows.filter(pl.col("kind").is_in(_ROAD_VEHICLES) & _usable())


def _active(as_of: date) -> pl.Expr:
    return pl.col("closed_on").is_null() | (pl.col("closed_on") > as_of)


def _owned_value() -> pl.Expr:
    return (pl.col("value") * pl.col("share")).round().cast(pl.Int64)


@feature(
    block=Block.MATERIAL,
    source="properties",
    unit=Unit.COUNT,
    empty=0,
    direction=+1,
    basis=_BASIS,
)
def dwellings(as_of: date) -> pl.Expr:
    """Apartments and houses in which a member owns a share, however small."""
    return pl.col("kind").is_in(_DWELLINGS).sum()


@feature(
    block=Block.MATERIAL,
    source="properties",
    unit=Unit.MILLIONTHS,
    empty=0,
    direction=+1,
    basis=_BASIS,
)
def dwelling_shares(as_of: date) -> pl.Expr:
    """Shares owned in apartments and houses added up, in millionths of one dwelling."""
    share = (pl.col("share") * 1_000_000).round().cast(pl.Int64)
    return pl.when(pl.col("kind").is_in(_DWELLINGS)).then(share).otherwise(0).sum()


@feature(
    block=Block.MATERIAL,
    source="properties",
    unit=Unit.COUNT,
    empty=0,
    direction=+1,
    basis=_BASIS,
    model_input=False,
)
def dwellings_of_half_share(as_of: date) -> pl.Expr:
    """Apartments and houses in which a member owns one half or more."""
    return (pl.col("kind").is_in(_DWELLINGS) & (pl.col("share") >= _HALF)).sum()


@feature(
    block=Block.MATERIAL,
    source="properties",
    unit=Unit.SQUARE_DECIMETRES,
    empty=0,
    direction=+1,
    basis=_BASIS,
)
def dwelling_area_owned(as_of: date) -> pl.Expr:
    """Area of the apartments and houses owned, by share, in square decimetres."""
    area = (pl.col("area_m2") * pl.col("share") * 100).round().cast(pl.Int64)
    return pl.when(pl.col("kind").is_in(_DWELLINGS)).then(area).otherwise(0).sum()


@feature(
    block=Block.MATERIAL,
    source="properties",
    unit=Unit.COUNT,
    empty=0,
    direction=+1,
    basis=_BASIS,
)
def land_plots(as_of: date) -> pl.Expr:
    """Plots of land in which a member owns a share."""
    return (pl.col("kind") == "land_plot").sum()


@feature(
    block=Block.MATERIAL,
    source="properties",
    unit=Unit.COUNT,
    empty=0,
    direction=+1,
    basis=_BASIS,
)
def commercial_properties(as_of: date) -> pl.Expr:
    """Commercial premises in which a member owns a share."""
    return (pl.col("kind") == "commercial").sum()


@feature(
    block=Block.MATERIAL,
    source="properties",
    unit=Unit.TENGE,
    empty=0,
    direction=+1,
    basis=_BASIS,
)
def property_value(as_of: date) -> pl.Expr:
    """Value of all real estate owned, by share, KZT."""
    return _owned_value().sum()


@feature(
    block=Block.HIDDEN_INCOME,
    source="properties",
    unit=Unit.TENGE,
    empty=0,
    direction=+1,
    basis="pilot-2025:hidden-income",
)
def property_acquired_year(as_of: date) -> pl.Expr:
    """Value of the real estate entered in the family's name within the last year, KZT.

    Inherited and given property counts too: the register does not say how it was acquired.
    """
    recent = pl.col("registered_on") >= _a_year_before(as_of)
    return pl.when(recent).then(_owned_value()).otherwise(0).sum()


@feature(
    block=Block.MATERIAL,
    source="vehicles",
    unit=Unit.COUNT,
    empty=0,
    direction=+1,
    basis=_BASIS,
)
def vehicles(as_of: date) -> pl.Expr:
    """Cars, trucks and buses in a member's name; arrested, stolen and sold ones do not count.

    Vehicles sold but neither re-registered nor marked as sold are still counted: the
    register lags.
    """
    return (pl.col("kind").is_in(_ROAD_VEHICLES) & _usable()).sum()


@feature(
    block=Block.MATERIAL,
    source="vehicles",
    unit=Unit.COUNT,
    empty=0,
    direction=+1,
    basis=_BASIS,
    model_input=False,
)
def vehicles_of_any_status(as_of: date) -> pl.Expr:
    """Cars, trucks and buses in a member's name, arrested, stolen and sold ones included."""
    return pl.col("kind").is_in(_ROAD_VEHICLES).sum()


@feature(
    block=Block.MATERIAL,
    source="vehicles",
    unit=Unit.COUNT,
    empty=0,
    direction=+1,
    basis=_BASIS,
    model_input=False,
)
def vehicles_not_old(as_of: date) -> pl.Expr:
    """Usable cars, trucks and buses made in the year of the decision or the twenty before it.

    Four in ten vehicles of the country are older (BNS, 2025).
    """
    not_old = pl.col("model_year") >= as_of.year - _OLD_YEARS
    return (pl.col("kind").is_in(_ROAD_VEHICLES) & _usable() & not_old).sum()


@feature(
    block=Block.MATERIAL,
    source="vehicles",
    unit=Unit.COUNT,
    empty=0,
    direction=+1,
    basis=_BASIS,
)
def cars(as_of: date) -> pl.Expr:
    """Passenger cars in a member's name; arrested, stolen and sold ones do not count."""
    return ((pl.col("kind") == "car") & _usable()).sum()


@feature(
    block=Block.MATERIAL,
    source="road_vehicles",
    unit=Unit.COUNT,
    empty=0,
    direction=+1,
    basis=_BASIS,
)
def recent_vehicles(as_of: date) -> pl.Expr:
    """Cars, trucks and buses made in the year of the decision or the seven years before it.

    Seven in ten vehicles of the country are older (BNS, 2025), so a recent one says
    something about means that a vehicle as such does not.
    """
    return (pl.col("model_year") >= as_of.year - _RECENT_YEARS).sum()


@feature(
    block=Block.MATERIAL,
    source="vehicles",
    unit=Unit.TENGE,
    empty=0,
    direction=+1,
    basis=_BASIS,
)
def vehicle_value(as_of: date) -> pl.Expr:
    """Value of all usable vehicles, tractors and motorcycles included, KZT."""
    return pl.when(_usable()).then(pl.col("value")).otherwise(0).sum()


@feature(
    block=Block.MATERIAL,
    source="vehicles",
    unit=Unit.COUNT,
    empty=0,
    direction=+1,
    basis=_BASIS,
)
def tractors(as_of: date) -> pl.Expr:
    """Tractors in a member's name; arrested, stolen and sold ones do not count."""
    return ((pl.col("kind") == "tractor") & _usable()).sum()


@feature(
    block=Block.HIDDEN_INCOME,
    source="vehicles",
    unit=Unit.TENGE,
    empty=0,
    direction=+1,
    basis="pilot-2025:hidden-income",
)
def vehicles_acquired_year(as_of: date) -> pl.Expr:
    """Value of the usable vehicles entered in the family's name within the last year, KZT."""
    recent = _usable() & (pl.col("registered_on") >= _a_year_before(as_of))
    return pl.when(recent).then(pl.col("value")).otherwise(0).sum()


@feature(
    block=Block.MATERIAL,
    source="livestock",
    unit=Unit.CATTLE_HUNDREDTHS,
    empty=0,
    direction=+1,
    basis=_BASIS,
)
def livestock_units(as_of: date) -> pl.Expr:
    """All animals kept, in hundredths of one head of cattle.

    The state's own count was overstated by two million cattle before the write-off of
    2025: a number to be used in wide steps only.
    """
    weight = pl.col("species").replace_strict(
        _CATTLE_HUNDREDTHS, default=None, return_dtype=pl.Int64
    )
    return (weight * pl.col("heads")).sum()


@feature(
    block=Block.MATERIAL,
    source="businesses",
    unit=Unit.COUNT,
    empty=0,
    direction=+1,
    basis=_BASIS,
)
def active_businesses(as_of: date) -> pl.Expr:
    """Registered entrepreneurs (ИП), companies (ТОО) and farms of the members, not closed.

    A business that lies dormant counts until it is closed.
    """
    return _active(as_of).sum()


@feature(
    block=Block.MATERIAL,
    source="businesses",
    unit=Unit.COUNT,
    empty=0,
    direction=+1,
    basis=_BASIS,
    model_input=False,
)
def trading_businesses(as_of: date) -> pl.Expr:
    """Businesses of the members, not closed, with a turnover in the last twelve months.

    A business that lies dormant does not count.
    """
    return (_active(as_of) & (pl.col("turnover_12m") > 0)).sum()


@feature(
    block=Block.MATERIAL,
    source="businesses",
    unit=Unit.COUNT,
    empty=0,
    direction=+1,
    basis=_BASIS,
)
def active_companies(as_of: date) -> pl.Expr:
    """Companies (ТОО) of the members, not closed."""
    return (_active(as_of) & (pl.col("form") == "TOO")).sum()


@feature(
    block=Block.MATERIAL,
    source="businesses",
    unit=Unit.TENGE,
    span=Span.YEAR,
    empty=0,
    direction=+1,
    basis=_BASIS,
)
def business_turnover_year(as_of: date) -> pl.Expr:
    """Turnover of the active businesses over the last twelve months, KZT."""
    return pl.when(_active(as_of)).then(pl.col("turnover_12m")).otherwise(0).sum()


@feature(
    block=Block.MATERIAL,
    source="deposits",
    unit=Unit.TENGE,
    empty=0,
    direction=+1,
    basis="asp-reform-2025:deposits",
)
def deposits_balance(as_of: date) -> pl.Expr:
    """Balances of the members' bank deposits, KZT."""
    return pl.col("balance").sum()
