"""Registers of things: real estate, vehicles, animals, firms."""

from typing import Final

from features.registers.declared.columns import (
    KNOWN_ON,
    OF_THINGS,
    ONE_RECORD,
    REMOVED_BEFORE_ENTERED,
    day,
    enumeration,
    money,
    past,
    person,
    whole,
)
from features.registers.schema import (
    STATED,
    Column,
    InOrder,
    Key,
    Kind,
    NotAfterNextYear,
    PartOfWhole,
    Register,
    Within,
)

PROPERTIES: Final = Register(
    name="properties",
    about="Real estate and the shares owned in it.",
    keeper="Register of real estate and land cadastre",
    columns=(
        person("The owner."),
        enumeration(
            "kind",
            "Kind of property.",
            ("apartment", "house", "land_plot", "commercial", "garage"),
            required=True,
        ),
        Column(
            name="area_m2",
            kind=Kind.DECIMAL,
            about="Area, m².",
            constraints=(
                Within(
                    rule="from 0 to 1,000,000,000 m²",
                    remedy="correct the area at the source; it is in square metres",
                    least=0,
                    most=1_000_000_000,
                ),
            ),
        ),
        Column(
            name="share",
            kind=Kind.DECIMAL,
            about="Share owned, above 0 and at most 1; null: the whole.",
            null_means=1.0,
            constraints=(
                Within(
                    rule="above 0, at most 1",
                    remedy="write the share as a fraction of one, not as per cent",
                    least=0,
                    most=1,
                    open_below=True,
                ),
            ),
        ),
        money("value", "Value of the whole object, KZT."),
        Column(
            name="property_id",
            kind=Kind.IDENTIFIER,
            about="The object's own key: shares with one key are shares of one object.",
            null_means=STATED,
        ),
        whole(
            "share_of",
            "The share as a fraction, the number above the line: 1 of 1/6.",
            least=1,
            null_means=STATED,
        ),
        whole(
            "share_in",
            "The share as a fraction, the number below the line: 6 of 1/6.",
            least=1,
            null_means=STATED,
        ),
        enumeration(
            "status",
            "Whether anybody can live in it; null: habitable.",
            ("habitable", "under_construction", "unfit", "demolished"),
            null_means="habitable",
        ),
        *OF_THINGS,
        KNOWN_ON,
    ),
    keys=(
        # A record of the cadastre has as many rows as it has owners.
        Key(
            columns=("record_id", "person_id"),
            present=("record_id",),
            rule="the same record of the same owner stands more than once",
            remedy="send each record once an owner, as it stands now",
        ),
    ),
    rules=(
        REMOVED_BEFORE_ENTERED,
        PartOfWhole(
            part="share_of",
            whole="share_in",
            rule="a fraction of at most one: both numbers, or neither",
            remedy="write one sixth as share_of 1 and share_in 6",
        ),
    ),
)

VEHICLES: Final = Register(
    name="vehicles",
    about="Registered vehicles. A sold vehicle stays here until it is re-registered.",
    keeper="Vehicle register (interior ministry)",
    columns=(
        person("The registered owner."),
        enumeration(
            "kind",
            "Kind of vehicle.",
            ("car", "truck", "bus", "tractor", "motorcycle", "moped", "trailer"),
            required=True,
        ),
        Column(
            name="model_year",
            kind=Kind.COUNT,
            about="Year of make.",
            constraints=(
                Within(
                    rule="1900 or later",
                    remedy="write the year of make with four digits",
                    least=1900,
                ),
                NotAfterNextYear(
                    rule="at most the year after the decision",
                    remedy="correct the year of make at the source",
                ),
            ),
        ),
        money("value", "Value, KZT."),
        enumeration(
            "status",
            "Whether the owner can use and sell it; null: normal.",
            ("normal", "arrested", "stolen", "sold_not_reregistered", "written_off"),
            null_means="normal",
        ),
        *OF_THINGS,
        KNOWN_ON,
    ),
    keys=(ONE_RECORD,),
    rules=(REMOVED_BEFORE_ENTERED,),
)

LIVESTOCK: Final = Register(
    name="livestock",
    about="Animals kept. Counts are rough: the herd was overstated by millions of heads.",
    keeper="Register of farm animals and household books of the akimats",
    columns=(
        person("The keeper of the animals."),
        enumeration(
            "species",
            "Species.",
            ("cattle", "horses", "camels", "sheep", "goats", "pigs", "poultry"),
            required=True,
        ),
        whole("heads", "Heads.", required=True),
        *OF_THINGS,
        KNOWN_ON,
    ),
    keys=(
        ONE_RECORD,
        Key(
            columns=("person_id", "species"),
            apart="record_id",
            rule="the same owner and species stand more than once",
            remedy="send one row an owner and species, or rows with a record_id of their own each",
        ),
    ),
    rules=(REMOVED_BEFORE_ENTERED,),
)

BUSINESSES: Final = Register(
    name="businesses",
    about="Registered entrepreneurs, companies and farms of the members.",
    keeper="Register of legal entities, state revenue committee",
    columns=(
        person("The entrepreneur or owner."),
        enumeration(
            "form",
            "Individual entrepreneur (IP), company (TOO) or farm (KH).",
            ("IP", "TOO", "KH"),
            required=True,
        ),
        past("opened_on", "The day it was registered."),
        day("closed_on", "The day it was closed; null: active."),
        day("suspended_since", "The first day of a suspension; null: not suspended."),
        day("suspended_until", "The last day of the suspension; null: it has no end yet."),
        money("turnover_12m", "Turnover of the last twelve months, KZT."),
        *OF_THINGS,
        KNOWN_ON,
    ),
    keys=(ONE_RECORD,),
    rules=(
        REMOVED_BEFORE_ENTERED,
        InOrder(
            earlier="opened_on",
            later="closed_on",
            rule="not before opened_on",
            remedy="nothing closes before it opens: correct one of the two days at the source",
        ),
        InOrder(
            earlier="suspended_since",
            later="suspended_until",
            rule="not before suspended_since",
            remedy="one of the two days is wrong: correct it at the source",
        ),
    ),
)
