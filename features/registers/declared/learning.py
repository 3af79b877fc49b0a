"""Registers that only training may read: verified visits and the budget survey."""

from typing import Final

from features.registers.declared.columns import KNOWN_ON, enumeration, flag, household, money
from features.registers.schema import STATED, Column, Key, Kind, Matches, Register, Within

INSPECTIONS: Final = Register(
    name="inspections",
    about="Verified visits: income no register showed. For training, never for a score.",
    learning=True,
    keeper="Labour inspection of the akimats",
    columns=(
        household(),
        Column(
            name="inspected_on",
            kind=Kind.DATE,
            about="The day of the inspection; it lies after the snapshot it labels.",
            required=True,
        ),
        enumeration(
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
        money(
            "hidden_income_monthly",
            "Verified income that no register showed, KZT a month; 0: none was found.",
            required=True,
        ),
        KNOWN_ON,
    ),
    keys=(
        Key(
            columns=("household_id", "inspected_on", "design"),
            rule="the same household, day and design stand more than once",
            remedy="send one row a household, day and design",
        ),
    ),
)


SURVEY: Final = Register(
    name="survey",
    about="Household budget survey, linked with consent. For training, never for a score.",
    learning=True,
    keeper="Bureau of national statistics",
    columns=(
        household(),
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
        money("consumption_monthly", "Consumption, KZT a month.", required=True),
        money("food_consumption_monthly", "Of it food, KZT a month."),
        Column(name="stratum", kind=Kind.TEXT, about="Sampling stratum."),
        Column(name="cluster", kind=Kind.IDENTIFIER, about="Primary sampling unit."),
        flag("feels_safe", "The respondent feels safe at home and in the street."),
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
    keys=(
        Key(
            columns=("household_id", "quarter"),
            rule="the same household and quarter stand more than once",
            remedy="send one row a household and quarter",
        ),
    ),
)
