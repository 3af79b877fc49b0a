"""Who lives where: households with their dwellings, and their members by period."""

from datetime import date
from typing import Final

from features.registers.declared.columns import (
    KNOWN_ON,
    REMOVED,
    day,
    enumeration,
    flag,
    household,
    past,
    whole,
)
from features.registers.declared.regions import REGIONS
from features.registers.schema import (
    STATED,
    Agreeing,
    Column,
    InOrder,
    Key,
    Kind,
    NotBefore,
    OnePeriod,
    Register,
    Within,
)

_FIRST_BIRTH: Final = date(1900, 1, 1)

HOUSEHOLDS: Final = Register(
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
        ),
        enumeration(
            "region",
            "Region of residence, KATO code of two digits.",
            tuple(REGIONS),
            required=True,
        ),
        enumeration("settlement", "Kind of settlement.", ("urban", "rural"), required=True),
        enumeration(
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
        whole("rooms", "Rooms of the dwelling lived in."),
        flag("piped_water", "The dwelling has piped water."),
        flag("sewerage", "The dwelling is connected to sewerage."),
        flag("central_heating", "The dwelling has central heating."),
        flag("internet", "The dwelling has an internet connection."),
        KNOWN_ON,
    ),
    keys=(
        Key(
            columns=("household_id",),
            present=("household_id",),
            rule="stands more than once",
            remedy="send each key once: its newest row",
        ),
    ),
)

PERSONS: Final = Register(
    name="persons",
    about="One row a member of a household and a period of membership.",
    required=True,
    keeper="Register of natural persons and civil acts (justice ministry)",
    columns=(
        Column(
            name="person_id",
            kind=Kind.IDENTIFIER,
            about="The person's key, made opaque before it reaches Tarazy; never an IIN.",
            required=True,
        ),
        household(),
        past(
            "birth_date",
            "Date of birth.",
            required=True,
            also=NotBefore(
                day=_FIRST_BIRTH,
                rule="not before 1900",
                remedy="correct the year of birth at the source",
            ),
        ),
        enumeration("sex", "Sex; an audit attribute, no input.", ("f", "m"), required=True),
        enumeration(
            "relation",
            "Relation to the head of the household.",
            ("head", "spouse", "child", "parent", "other"),
        ),
        enumeration(
            "study",
            "Where the person is enrolled; null: nowhere, or not told.",
            ("preschool", "school", "home", "college", "university"),
            null_means=STATED,
        ),
        flag("guardianship", "An orphan, or a child without parental care."),
        flag("clinic_attached", "Attached to a clinic."),
        enumeration(
            "education",
            "Highest level of education completed.",
            ("none", "primary", "secondary", "vocational", "higher", "postgraduate"),
        ),
        enumeration(
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
        enumeration(
            "disability",
            "Recognised disability: none, group, or child with a disability.",
            ("none", "group1", "group2", "group3", "child"),
        ),
        flag("chronic_condition", "Under regular medical observation."),
        flag("enrolled", "In kindergarten, school, college or university."),
        day("joined_on", "The first day as a member; null: since ever."),
        day("left_on", "The first day as a member no longer; null: still one."),
        day("died_on", "The day of death: no member from that day on."),
        enumeration(
            "away",
            "Where a member lives at the state's charge; counted as the dated law says.",
            ("conscript", "prison", "institution"),
            null_means=STATED,
        ),
        day("away_since", "The first day away; null: since ever, where `away` is told."),
        REMOVED,
        KNOWN_ON,
    ),
    keys=(
        OnePeriod(
            columns=("person_id",),
            since="joined_on",
            until="left_on",
            rule="stands more than once",
            remedy="send each key once: its newest row; who moved has a row for each period of "
            "membership (joined_on, left_on), and the periods do not overlap",
        ),
    ),
    agreeing=(
        Agreeing(
            key="person_id",
            columns=("birth_date", "sex", "died_on"),
            rule="rows of one person that disagree",
            remedy="a person has one birth, one sex and one death: correct the rows at the source",
        ),
    ),
    rules=(
        InOrder(
            earlier="joined_on",
            later="left_on",
            rule="not before joined_on",
            remedy="one of the two days is wrong: correct it at the source",
        ),
        InOrder(
            earlier="birth_date",
            later="died_on",
            rule="not before birth_date",
            remedy="nobody dies before birth: correct one of the two days at the source",
        ),
    ),
)
