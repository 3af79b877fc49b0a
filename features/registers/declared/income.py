"""What comes in and goes out by the month: incomes, transfers, bills of the dwelling."""

from typing import Final

from features.registers.declared.columns import (
    KNOWN_ON,
    enumeration,
    household,
    money,
    month,
    person,
    whole,
)
from features.registers.schema import STATED, Column, Key, Kind, Register

MOST_MONTHS: Final = 240

INCOMES: Final = Register(
    name="incomes",
    about="One row a person, month, source and payer: declared, or paid by the state.",
    keeper="State revenue committee, unified pension fund, social payments",
    columns=(
        person("Who received it."),
        month("The month it was received for, or the last of `months`.", spans="months"),
        enumeration(
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
                "one_off",
            ),
            required=True,
        ),
        money(
            "amount",
            "Amount of the month, or of all its `months` together, KZT.",
            required=True,
            remedy="income from business below zero is no income: send 0; outgoings have "
            "registers of their own",
        ),
        Column(
            name="payer_id",
            kind=Kind.IDENTIFIER,
            about="Who paid it, by an opaque key; two employers are two rows.",
            null_means=STATED,
        ),
        whole(
            "months",
            "For so many months ending with `month` the amount was paid; null: for one.",
            least=1,
            most=MOST_MONTHS,
            null_means=1,
        ),
        KNOWN_ON,
    ),
    keys=(
        Key(
            columns=("person_id", "month", "source", "payer_id"),
            rule="the same person, month, source and payer stand more than once",
            remedy="send each once; two payments by two payers carry a payer_id each",
        ),
    ),
)

TRANSFERS: Final = Register(
    name="transfers",
    about="Incoming mobile transfers, as banks report them to the tax authority.",
    optional=True,
    keeper="Banks, through the state revenue committee",
    columns=(
        person("Who received them."),
        month("The month, by its first day."),
        whole("senders", "Different senders in the month.", required=True),
        money("amount", "Amount received in the month, KZT.", required=True),
        KNOWN_ON,
    ),
    keys=(
        Key(
            columns=("person_id", "month"),
            rule="the same person and month stand more than once",
            remedy="send one row a person and month",
        ),
    ),
)

UTILITIES: Final = Register(
    name="utilities",
    about="Utility bills of the dwelling.",
    optional=True,
    keeper="Unified payment document of the utilities",
    columns=(
        household(),
        month("The month billed, by its first day."),
        money("amount", "Amount billed, KZT.", required=True),
        KNOWN_ON,
    ),
    keys=(
        Key(
            columns=("household_id", "month"),
            rule="the same household and month stand more than once",
            remedy="send one row a household and month",
        ),
    ),
)
