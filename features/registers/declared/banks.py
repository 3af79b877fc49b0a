"""What banks know: loans and deposits."""

from typing import Final

from features.registers.declared.columns import (
    KNOWN_ON,
    OF_THINGS,
    ONE_RECORD,
    RECORD,
    REMOVED,
    REMOVED_BEFORE_ENTERED,
    day,
    enumeration,
    money,
    past,
    person,
    whole,
)
from features.registers.schema import Column, InOrder, Kind, Matches, Register

LOANS: Final = Register(
    name="loans",
    about="Loans and their monthly payments.",
    keeper="Credit bureaus",
    columns=(
        person("The borrower."),
        enumeration(
            "kind",
            "Kind of loan.",
            ("consumer", "mortgage", "auto", "micro", "business", "instalment"),
            required=True,
        ),
        money("monthly_payment", "Payment due each month, KZT.", required=True),
        money("principal", "Amount lent, KZT; never approximated from what is left."),
        past("issued_on", "The day it was lent."),
        money("outstanding", "Amount still owed, KZT; 0: repaid."),
        whole("days_overdue", "Days the payment is overdue; 0: on time."),
        enumeration(
            "role",
            "Who owes it; a guarantor owes nothing until called. Null: borrower.",
            ("borrower", "co_borrower", "guarantor"),
            null_means="borrower",
        ),
        day("closed_on", "The day it was repaid; nothing is owed from that day on."),
        RECORD,
        past("registered_on", "The day the record was entered."),
        REMOVED,
        KNOWN_ON,
    ),
    keys=(ONE_RECORD,),
    rules=(
        REMOVED_BEFORE_ENTERED,
        InOrder(
            earlier="issued_on",
            later="closed_on",
            rule="not before issued_on",
            remedy="nothing is repaid before it is lent: correct one of the two days at the source",
        ),
    ),
)

DEPOSITS: Final = Register(
    name="deposits",
    about="Balances of bank deposits.",
    optional=True,
    keeper="Banks",
    columns=(
        person("The depositor."),
        money("balance", "Balance, in whole units of its currency.", required=True),
        Column(
            name="currency",
            kind=Kind.TEXT,
            about="Currency of the balance, ISO 4217; null: KZT.",
            null_means="KZT",
            constraints=(
                Matches(
                    rule="three capital letters of ISO 4217",
                    remedy="write the currency as USD or EUR",
                    pattern="^[A-Z]{3}$",
                ),
            ),
        ),
        *OF_THINGS,
        KNOWN_ON,
    ),
    keys=(ONE_RECORD,),
    rules=(REMOVED_BEFORE_ENTERED,),
)
