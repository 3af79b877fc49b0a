"""The register contract itself: every register, every column, every promise.

This file is data. `features.registers.document` prints it for people, `check`
enforces it, `load` reads by it, the API publishes it as JSON Schema. Version
the contract here when a column is added or a promise changes.
"""

from typing import Any, Final

from features.registers.schema import (
    STATED,
    UNKNOWN,
    Column,
    FirstOfMonth,
    Kind,
    Matches,
    NotAfterDecision,
    OneOf,
    Register,
    Within,
)

CONTRACT_VERSION: Final = "1.0"

REGIONS: Final[dict[str, str]] = {
    "10": "Abai",
    "11": "Akmola",
    "15": "Aktobe",
    "19": "Almaty region",
    "23": "Atyrau",
    "27": "West Kazakhstan",
    "31": "Zhambyl",
    "33": "Zhetisu",
    "35": "Karaganda",
    "39": "Kostanay",
    "43": "Kyzylorda",
    "47": "Mangystau",
    "55": "Pavlodar",
    "59": "North Kazakhstan",
    "61": "Turkistan",
    "62": "Ulytau",
    "63": "East Kazakhstan",
    "71": "Astana",
    "75": "Almaty",
    "79": "Shymkent",
}
"""KATO codes of the first level (national classifier of territories), two digits."""


SUMMABLE: Final = 10**15 - 1
"""Amounts and counts up to here can be added over a family, and tripled, in 64 bits."""
_SUMMABLE: Final = Within(
    rule=f"at most {SUMMABLE:,}", remedy="check the unit and the digits", most=SUMMABLE
)


def _whole(name: str, about: str, *, least: int = 0, required: bool = False) -> Column:
    return Column(
        name=name,
        kind=Kind.COUNT,
        about=about,
        required=required,
        constraints=(
            Within(
                rule=f"at least {least}", remedy="correct the number at the source", least=least
            ),
            _SUMMABLE,
        ),
    )


def _money(name: str, about: str, *, required: bool = False) -> Column:
    return Column(
        name=name,
        kind=Kind.AMOUNT,
        about=about,
        required=required,
        constraints=(
            Within(
                rule="whole tenge, not negative",
                remedy="send outgoings in their own register; correct the sign at the source",
                least=0,
            ),
            _SUMMABLE,
        ),
    )


def _enumeration(
    name: str,
    about: str,
    values: tuple[str, ...],
    *,
    required: bool = False,
    null_means: Any = UNKNOWN,
) -> Column:
    return Column(
        name=name,
        kind=Kind.TEXT,
        about=about,
        required=required,
        null_means=null_means,
        constraints=(
            OneOf(
                rule=f"one of {', '.join(values)}",
                remedy="map the source's code to the contract's list",
                values=values,
            ),
        ),
    )


def _past(name: str, about: str, *, required: bool = False, null_means: Any = UNKNOWN) -> Column:
    return Column(
        name=name,
        kind=Kind.DATE,
        about=about,
        required=required,
        null_means=null_means,
        constraints=(
            NotAfterDecision(
                rule="not after the decision date",
                remedy="correct the date at the source, or pass the --as-of that the data are for",
            ),
        ),
    )


def _month(about: str) -> Column:
    return Column(
        name="month",
        kind=Kind.MONTH,
        about=about,
        required=True,
        constraints=(
            FirstOfMonth(
                rule="the first day of a month", remedy="write the month as its first day"
            ),
            NotAfterDecision(
                rule="not after the decision date",
                remedy="remove later months, or pass the --as-of that the data are for",
            ),
        ),
    )


def _flag(name: str, about: str) -> Column:
    return Column(name=name, kind=Kind.FLAG, about=about)


def _household() -> Column:
    return Column(
        name="household_id",
        kind=Kind.IDENTIFIER,
        about="The household the row is about.",
        required=True,
        points_to="households",
    )


def _person(about: str) -> Column:
    return Column(
        name="person_id", kind=Kind.IDENTIFIER, about=about, required=True, points_to="persons"
    )


KNOWN_ON: Final = Column(
    name="known_on",
    kind=Kind.DATE,
    about="The day the state learned the row; a row learned after the decision is invisible.",
    null_means=STATED,
)
_RECORD: Final = Column(
    name="record_id",
    kind=Kind.IDENTIFIER,
    about="The source's own key of the record: what a correction refers to.",
    null_means=STATED,
)
_REMOVED: Final = Column(
    name="removed_on",
    kind=Kind.DATE,
    about="The day the record was struck off; from that day on it no longer counts.",
    null_means=STATED,
)
_OF_THINGS: Final = (
    _RECORD,
    _past("registered_on", "The day the record was entered."),
    _REMOVED,
)


REGISTERS: Final[dict[str, Register]] = {
    register.name: register
    for register in (
        Register(
            name="households",
            about="One row a household of the Digital Family Card, with the dwelling it lives in.",
            required=True,
            keeper="Digital Family Card (labour ministry)",
            columns=(
                Column(
                    name="household_id",
                    kind=Kind.IDENTIFIER,
                    about="The household's key, made opaque before it reaches Tarazy.",
                    required=True,
                    unique=True,
                ),
                _enumeration(
                    "region",
                    "Region of residence, KATO code of two digits.",
                    tuple(REGIONS),
                    required=True,
                ),
                _enumeration(
                    "settlement", "Kind of settlement.", ("urban", "rural"), required=True
                ),
                _enumeration(
                    "tenure",
                    "On what right the family lives in its dwelling.",
                    ("owned", "rented", "social", "dormitory", "relatives"),
                ),
                Column(
                    name="living_area_m2",
                    kind=Kind.DECIMAL,
                    about="Area of the dwelling lived in, m².",
                    constraints=(
                        Within(
                            rule="from 0 to 100,000 m²",
                            remedy="correct the area at the source; it is in square metres",
                            least=0,
                            most=100_000,
                        ),
                    ),
                ),
                _whole("rooms", "Rooms of the dwelling lived in."),
                _flag("piped_water", "The dwelling has piped water."),
                _flag("sewerage", "The dwelling is connected to sewerage."),
                _flag("central_heating", "The dwelling has central heating."),
                _flag("internet", "The dwelling has an internet connection."),
                KNOWN_ON,
            ),
        ),
        Register(
            name="persons",
            about="One row a member of a household.",
            required=True,
            keeper="Register of natural persons and civil acts (justice ministry)",
            columns=(
                Column(
                    name="person_id",
                    kind=Kind.IDENTIFIER,
                    about="The person's key, made opaque before it reaches Tarazy; never an IIN.",
                    required=True,
                    unique=True,
                ),
                _household(),
                _past("birth_date", "Date of birth.", required=True),
                _enumeration(
                    "sex", "Sex; an audit attribute, no input.", ("f", "m"), required=True
                ),
                _enumeration(
                    "relation",
                    "Relation to the head of the household.",
                    ("head", "spouse", "child", "parent", "other"),
                ),
                _enumeration(
                    "study",
                    "Where the person is enrolled; null: nowhere, or not told.",
                    ("preschool", "school", "home", "college", "university"),
                    null_means=STATED,
                ),
                _flag("guardianship", "An orphan, or a child without parental care."),
                _flag("clinic_attached", "Attached to a clinic."),
                _enumeration(
                    "education",
                    "Highest level of education completed.",
                    ("none", "primary", "secondary", "vocational", "higher", "postgraduate"),
                ),
                _enumeration(
                    "activity",
                    "What the person does, as the registers see it.",
                    (
                        "child",
                        "student",
                        "employee",
                        "self_employed",
                        "registered_unemployed",
                        "caring",
                        "inactive",
                        "pensioner",
                    ),
                ),
                _enumeration(
                    "disability",
                    "Recognised disability: none, group, or child with a disability.",
                    ("none", "group1", "group2", "group3", "child"),
                ),
                _flag("chronic_condition", "Under regular medical observation."),
                _flag("enrolled", "In kindergarten, school, college or university."),
                KNOWN_ON,
            ),
        ),
        Register(
            name="incomes",
            about="One row a person, month and source: declared, or paid by the state.",
            keeper="State revenue committee, unified pension fund, social payments",
            columns=(
                _person("Who received it."),
                _month("The month it was received for, by its first day."),
                _enumeration(
                    "source",
                    "Where it came from.",
                    (
                        "wage",
                        "self_employment",
                        "business",
                        "pension",
                        "allowance",
                        "targeted_assistance",
                        "child_disability_benefit",
                        "scholarship",
                        "alimony",
                        "rent",
                        "other",
                    ),
                    required=True,
                ),
                _money("amount", "Amount of the month, KZT.", required=True),
                KNOWN_ON,
            ),
        ),
        Register(
            name="properties",
            about="Real estate and the shares owned in it.",
            keeper="Register of real estate and land cadastre",
            columns=(
                _person("The owner."),
                _enumeration(
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
                _money("value", "Value, KZT."),
                *_OF_THINGS,
                KNOWN_ON,
            ),
        ),
        Register(
            name="vehicles",
            about="Registered vehicles. A sold vehicle stays here until it is re-registered.",
            keeper="Vehicle register (interior ministry)",
            columns=(
                _person("The registered owner."),
                _enumeration(
                    "kind",
                    "Kind of vehicle.",
                    ("car", "truck", "bus", "tractor", "motorcycle"),
                    required=True,
                ),
                Column(
                    name="model_year",
                    kind=Kind.COUNT,
                    about="Year of make.",
                    constraints=(
                        Within(
                            rule="from 1900 to 2100",
                            remedy="write the year of make with four digits",
                            least=1900,
                            most=2100,
                        ),
                    ),
                ),
                _money("value", "Value, KZT."),
                _enumeration(
                    "status",
                    "Whether the owner can use and sell it; null: normal.",
                    ("normal", "arrested", "stolen", "sold_not_reregistered"),
                    null_means="normal",
                ),
                *_OF_THINGS,
                KNOWN_ON,
            ),
        ),
        Register(
            name="livestock",
            about="Animals kept. Counts are rough: the herd was overstated by millions of heads.",
            keeper="Register of farm animals and household books of the akimats",
            columns=(
                _person("The keeper of the animals."),
                _enumeration(
                    "species",
                    "Species.",
                    ("cattle", "horses", "camels", "sheep", "goats", "pigs", "poultry"),
                    required=True,
                ),
                _whole("heads", "Heads.", required=True),
                *_OF_THINGS,
                KNOWN_ON,
            ),
        ),
        Register(
            name="loans",
            about="Open loans and their monthly payments.",
            keeper="Credit bureaus",
            columns=(
                _person("The borrower."),
                _enumeration(
                    "kind",
                    "Kind of loan.",
                    ("consumer", "mortgage", "auto", "micro", "business", "instalment"),
                    required=True,
                ),
                _money("monthly_payment", "Payment due each month, KZT.", required=True),
                _money("principal", "Amount lent, KZT; never approximated from what is left."),
                _past("issued_on", "The day it was lent."),
                _money("outstanding", "Amount still owed, KZT."),
                _whole("days_overdue", "Days the payment is overdue; 0: on time."),
                _RECORD,
                _past("registered_on", "The day the record was entered."),
                _REMOVED,
                KNOWN_ON,
            ),
        ),
        Register(
            name="businesses",
            about="Registered entrepreneurs, companies and farms of the members.",
            keeper="Register of legal entities, state revenue committee",
            columns=(
                _person("The entrepreneur or owner."),
                _enumeration(
                    "form",
                    "Individual entrepreneur (IP), company (TOO) or farm (KH).",
                    ("IP", "TOO", "KH"),
                    required=True,
                ),
                _past("opened_on", "The day it was registered."),
                Column(
                    name="closed_on",
                    kind=Kind.DATE,
                    about="The day it was closed; null: active.",
                    null_means=STATED,
                ),
                _money("turnover_12m", "Turnover of the last twelve months, KZT."),
                *_OF_THINGS,
                KNOWN_ON,
            ),
        ),
        Register(
            name="transfers",
            about="Incoming mobile transfers, as banks report them to the tax authority.",
            optional=True,
            keeper="Banks, through the state revenue committee",
            columns=(
                _person("Who received them."),
                _month("The month, by its first day."),
                _whole("senders", "Different senders in the month.", required=True),
                _money("amount", "Amount received in the month, KZT.", required=True),
                KNOWN_ON,
            ),
        ),
        Register(
            name="deposits",
            about="Balances of bank deposits.",
            optional=True,
            keeper="Banks",
            columns=(
                _person("The depositor."),
                _money("balance", "Balance, KZT.", required=True),
                *_OF_THINGS,
                KNOWN_ON,
            ),
        ),
        Register(
            name="utilities",
            about="Utility bills of the dwelling.",
            optional=True,
            keeper="Unified payment document of the utilities",
            columns=(
                _household(),
                _month("The month billed, by its first day."),
                _money("amount", "Amount billed, KZT.", required=True),
                KNOWN_ON,
            ),
        ),
        Register(
            name="applications",
            about="Applications for local services and what came of them.",
            optional=True,
            keeper="Akimats",
            columns=(
                _household(),
                Column(
                    name="service",
                    kind=Kind.TEXT,
                    about="Code of the programme applied for.",
                    required=True,
                ),
                _past("applied_on", "The day of the application.", required=True),
                _enumeration(
                    "outcome",
                    "What came of it; null: still open.",
                    ("granted", "refused"),
                    null_means=STATED,
                ),
                KNOWN_ON,
            ),
        ),
        Register(
            name="inspections",
            about="Verified visits: income no register showed. For training, never for a score.",
            learning=True,
            keeper="Labour inspection of the akimats",
            columns=(
                _household(),
                Column(
                    name="inspected_on",
                    kind=Kind.DATE,
                    about="The day of the inspection; it lies after the snapshot it labels.",
                    required=True,
                ),
                _enumeration(
                    "design",
                    "Why this family was inspected.",
                    ("random", "targeted", "complaint"),
                    required=True,
                ),
                Column(
                    name="probability",
                    kind=Kind.DECIMAL,
                    about="Inclusion probability under the design; null: unknown.",
                    null_means=STATED,
                    constraints=(
                        Within(
                            rule="above 0, at most 1",
                            remedy="write a probability as a fraction of one, or leave it null",
                            least=0,
                            most=1,
                            open_below=True,
                        ),
                    ),
                ),
                _money(
                    "hidden_income_monthly",
                    "Verified income that no register showed, KZT a month; 0: none was found.",
                    required=True,
                ),
                KNOWN_ON,
            ),
        ),
        Register(
            name="survey",
            about="Household budget survey, linked with consent. For training, never for a score.",
            learning=True,
            keeper="Bureau of national statistics",
            columns=(
                _household(),
                Column(
                    name="quarter",
                    kind=Kind.TEXT,
                    about="Quarter surveyed, such as 2025Q4.",
                    required=True,
                    constraints=(
                        Matches(
                            rule="a quarter such as 2025Q4",
                            remedy="write year, Q and 1 to 4",
                            pattern=r"^\d{4}Q[1-4]$",
                        ),
                    ),
                ),
                Column(
                    name="weight",
                    kind=Kind.DECIMAL,
                    about="Households of the country that this one stands for.",
                    required=True,
                    constraints=(
                        Within(
                            rule="above 0",
                            remedy="leave out households without a weight",
                            least=0,
                            open_below=True,
                        ),
                    ),
                ),
                _money("consumption_monthly", "Consumption, KZT a month.", required=True),
                _money("food_consumption_monthly", "Of it food, KZT a month."),
                Column(name="stratum", kind=Kind.TEXT, about="Sampling stratum."),
                Column(name="cluster", kind=Kind.IDENTIFIER, about="Primary sampling unit."),
                _flag("feels_safe", "The respondent feels safe at home and in the street."),
                Column(
                    name="subjective_level",
                    kind=Kind.COUNT,
                    about="Own view of the family's means: 1 cannot afford food … 6 no difficulty.",
                    constraints=(
                        Within(
                            rule="from 1 to 6",
                            remedy="map the answer to the six steps of the ladder",
                            least=1,
                            most=6,
                        ),
                    ),
                ),
                KNOWN_ON,
            ),
        ),
    )
}
"""Every register of the contract by name, in the order of the documentation."""

SCORING: Final = tuple(r for r in REGISTERS.values() if not r.learning)
"""Registers that a score may read."""
LEARNING: Final = tuple(r for r in REGISTERS.values() if r.learning)
"""Registers that only training may read."""
