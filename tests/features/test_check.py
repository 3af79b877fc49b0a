"""Every fault of a data set is told at once, with its place, its count and its remedy."""

import json
from datetime import date

import polars as pl
import pytest

from features.checking.check import BrokenPlace, broken_places, decision_date, faults
from features.errors import InputError
from features.registers.declared import REGISTERS
from features.registers.reading.load import open_data_set
from tests.features.data_sets import (
    AS_OF,
    GOOD,
    HOUSEHOLDS,
    INCOMES,
    INSPECTIONS,
    LOANS,
    PERSONS,
    VEHICLES,
    with_cell,
    with_row,
    write,
)


def check(folder, registers=None, as_of=AS_OF):
    return faults(open_data_set(write(folder, registers)), as_of)


def only(folder, registers, as_of=AS_OF):
    [fault] = check(folder, registers, as_of)
    return fault


def errors(every_fault):
    return [(f.place, f.rule) for f in every_fault if f.is_error]


# --- one promise broken -------------------------------------------------------------------


def test_a_data_set_that_keeps_every_promise_has_no_faults(tmp_path):
    assert check(tmp_path) == []


@pytest.mark.parametrize(
    ("register", "stored", "place", "rule", "examples"),
    [
        (
            "households",
            with_cell(HOUSEHOLDS, "region", 1, "99"),
            "households.region",
            "one of 10, 11",
            (2,),
        ),
        (
            "persons",
            with_cell(PERSONS, "birth_date", 2, date(2026, 1, 2)),
            "persons.birth_date",
            "not after the decision date",
            (13,),
        ),
        (
            "incomes",
            with_cell(INCOMES, "amount", 3, -1),
            "incomes.amount",
            "whole tenge, not negative",
            (31,),
        ),
        (
            "incomes",
            with_cell(INCOMES, "amount", 3, 10**15),
            "incomes.amount",
            "at most 999,999,999,999,999",
            (31,),
        ),
        (
            "incomes",
            with_cell(INCOMES, "month", 0, date(2025, 12, 2)),
            "incomes.month",
            "the first day of a month",
            (11,),
        ),
        (
            "incomes",
            with_cell(INCOMES, "month", 0, date(2026, 2, 1)),
            "incomes.month",
            "not after the decision date",
            (11,),
        ),
        (
            "incomes",
            with_cell(INCOMES, "source", 0, None),
            "incomes.source",
            "may not be empty",
            (11,),
        ),
        (
            "incomes",
            with_cell(INCOMES, "person_id", 2, None),
            "incomes.person_id",
            "may not be empty",
            ("row 3",),
        ),
        (
            "incomes",
            with_cell(INCOMES, "person_id", 2, 404),
            "incomes.person_id",
            "points to no row of persons",
            (404,),
        ),
        (
            "persons",
            with_cell(PERSONS, "household_id", 2, 9),
            "persons.household_id",
            "points to no row of households",
            (9,),
        ),
        (
            "inspections",
            with_cell(INSPECTIONS, "household_id", 0, 9),
            "inspections.household_id",
            "points to no row of households",
            (9,),
        ),
        (
            "inspections",
            with_cell(INSPECTIONS, "probability", 0, 0.0),
            "inspections.probability",
            "above 0, at most 1",
            (1,),
        ),
        (
            "households",
            with_cell(HOUSEHOLDS, "living_area_m2", 0, float("nan")),
            "households.living_area_m2",
            "a finite number",
            (1,),
        ),
        (
            "households",
            with_cell(HOUSEHOLDS, "living_area_m2", 2, float("inf")),
            "households.living_area_m2",
            "a finite number",
            (3,),
        ),
        (
            "loans",
            with_cell(LOANS, "issued_on", 0, date(2026, 1, 2)),
            "loans.issued_on",
            "not after the decision date",
            (11,),
        ),
    ],
)
def test_one_broken_promise_is_one_error(tmp_path, register, stored, place, rule, examples):
    broken = [f for f in check(tmp_path, {register: stored}) if f.is_error]
    assert len(broken) == 1
    assert broken[0].place == place
    assert broken[0].rule.startswith(rule)
    assert (broken[0].rows, broken[0].examples) == (1, examples)
    assert broken[0].remedy
    assert broken[0].owner


@pytest.mark.parametrize(
    ("register", "column", "row", "value"),
    [
        ("persons", "birth_date", 2, AS_OF),
        ("incomes", "month", 0, AS_OF),
        ("incomes", "amount", 0, 0),
        ("incomes", "amount", 0, 10**15 - 1),
        ("inspections", "probability", 0, 1.0),
        ("inspections", "probability", 0, None),
        ("inspections", "inspected_on", 0, date(2030, 1, 1)),
        ("vehicles", "model_year", 0, 1900),
        ("households", "living_area_m2", 0, 0.0),
    ],
)
def test_what_lies_exactly_on_the_bound_is_kept(tmp_path, register, column, row, value):
    stored = with_cell(GOOD[register], column, row, value)
    assert errors(check(tmp_path, {register: stored})) == []


def test_without_a_decision_date_later_dates_are_not_judged_and_all_else_is(tmp_path):
    stored = with_cell(with_cell(INCOMES, "month", 0, date(2030, 1, 1)), "amount", 0, -5)
    every_fault = check(tmp_path, {"incomes": stored}, as_of=None)
    assert errors(every_fault) == [("incomes.amount", "whole tenge, not negative")]


def test_a_later_date_that_the_state_had_not_learned_yet_is_invisible_not_wrong(tmp_path):
    later = {"person_id": 11, "month": date(2026, 2, 1), "source": "wage", "amount": 1}
    known = with_row(INCOMES, **later, known_on=date(2026, 3, 1))
    assert errors(check(tmp_path, {"incomes": known})) == []
    in_time = with_row(INCOMES, **later, known_on=AS_OF)
    assert errors(check(tmp_path, {"incomes": in_time})) == [
        ("incomes.month", "not after the decision date")
    ]


def test_duplicate_keys_are_counted_by_row_and_named(tmp_path):
    twice = pl.concat([PERSONS, PERSONS[:2], PERSONS[:1]])
    [fault] = [f for f in check(tmp_path, {"persons": twice}) if f.is_error]
    # Person 11 stands three times and person 12 twice.
    assert (fault.place, fault.rule) == ("persons.person_id", "stands more than once")
    assert (fault.rows, fault.examples) == (5, (11, 12))


def test_households_may_not_stand_twice_either(tmp_path):
    twice = pl.concat([HOUSEHOLDS, HOUSEHOLDS[:1]])
    broken = errors(check(tmp_path, {"households": twice}))
    assert broken == [("households.household_id", "stands more than once")]


def test_never_more_than_three_examples_and_they_are_the_first(tmp_path):
    stored = INCOMES.with_columns(pl.col("source").replace({"wage": "WAGE"}), amount=pl.lit(-7))
    by_column = {f.column: f for f in check(tmp_path, {"incomes": stored}) if f.is_error}
    assert (by_column["amount"].rows, by_column["amount"].examples) == (4, (11, 12, 21))
    assert (by_column["source"].rows, by_column["source"].examples) == (2, (11, 12))


# --- all at once --------------------------------------------------------------------------


def test_every_fault_is_told_at_once_errors_first(tmp_path):
    write(
        tmp_path,
        {
            "households": with_cell(HOUSEHOLDS, "region", 0, "KZ-71"),
            "persons": PERSONS.drop("sex").with_columns(
                birth_date=pl.when(pl.col("person_id") == 31)
                .then(date(2027, 1, 1))
                .otherwise("birth_date")
            ),
            "incomes": INCOMES.with_columns(amount=pl.Series(["1", "a lot", "-3", None])),
            "vehicles": None,
            "loans": with_cell(LOANS, "person_id", 0, 404),
        },
    )
    (tmp_path / "deposits.parquet").write_bytes(b"")
    every_fault = faults(open_data_set(tmp_path), AS_OF)
    assert errors(every_fault) == [
        ("households.region", REGISTERS["households"]["region"].constraints[0].rule),
        ("persons.sex", "a required column is missing"),
        ("persons.birth_date", "not after the decision date"),
        ("incomes.amount", "not a whole number"),
        ("incomes.amount", "may not be empty"),
        ("incomes.amount", "whole tenge, not negative"),
        ("loans.person_id", "points to no row of persons"),
        ("deposits", "deposits.parquet is an empty file"),
    ]
    # The one amount that was text is told once, as unreadable, not again as empty.
    assert [f.rows for f in every_fault if f.place == "incomes.amount" and f.is_error] == [1, 1, 1]
    severities = [f.severity for f in every_fault]
    assert severities == sorted(severities)
    assert "warning" in severities


def test_no_message_holds_a_value_of_a_family(tmp_path):
    every_fault = check(
        tmp_path,
        {
            "households": with_cell(HOUSEHOLDS, "region", 0, "Aigerim"),
            "persons": with_cell(PERSONS, "birth_date", 0, date(2044, 4, 4)).with_columns(
                sex=pl.lit("Daniyar")
            ),
            "incomes": INCOMES.with_columns(amount=pl.Series(["-987654", "12,5", "x", "1"])),
            "loans": with_cell(LOANS, "monthly_payment", 0, -876543),
        },
    )
    messages = json.dumps([f.to_dict() for f in every_fault]) + "".join(
        f.sentence for f in every_fault
    )
    for value in ("Aigerim", "Daniyar", "2044", "987654", "12,5", "876543"):
        assert value not in messages
    assert len([f for f in every_fault if f.is_error]) == 6


def test_a_page_damaged_in_the_middle_of_a_file_is_a_fault(tmp_path):
    many = pl.concat([INCOMES] * 500)
    write(tmp_path)
    path = tmp_path / "incomes.parquet"
    many.write_parquet(path, compression="zstd", use_pyarrow=False)
    content = bytearray(path.read_bytes())
    content[4:40] = b"\xff" * 36
    path.write_bytes(content)
    data = open_data_set(tmp_path)
    assert data.faults == ()
    [fault] = [f for f in faults(data, AS_OF) if f.is_error]
    assert fault.register == "incomes"
    assert "truncated, damaged" in fault.rule


def test_a_fault_goes_to_json_and_into_one_sentence(tmp_path):
    fault = only(tmp_path, {"vehicles": with_cell(VEHICLES, "model_year", 0, 21)})
    assert fault.to_dict() == {
        "register": "vehicles",
        "column": "model_year",
        "rule": "1900 or later",
        "rows": 1,
        "examples": [11],
        "remedy": "write the year of make with four digits",
        "owner": "register keeper: Vehicle register (interior ministry)",
        "severity": "error",
    }
    assert fault.sentence == (
        "vehicles.model_year: 1900 or later (1 row), such as 11; write the year of make "
        "with four digits (register keeper: Vehicle register (interior ministry))."
    )


# --- warnings -----------------------------------------------------------------------------


def warn(folder, registers, as_of=AS_OF):
    every_fault = check(folder, registers, as_of)
    assert [f for f in every_fault if f.is_error] == []
    return {f.rule: f.examples for f in every_fault}


ABOVE = "loan payments above income (mean of the three complete months before the decision)"


def test_a_household_without_persons_is_a_warning(tmp_path):
    more = with_row(HOUSEHOLDS, household_id=4, region="10", settlement="rural")
    assert warn(tmp_path, {"households": more}) == {"a household without persons": (4,)}


@pytest.mark.parametrize(("born", "alone"), [(date(2008, 1, 1), False), (date(2008, 1, 2), True)])
def test_a_household_of_children_is_a_warning_until_the_eighteenth_birthday(tmp_path, born, alone):
    stored = with_cell(PERSONS, "birth_date", 5, born)
    warned = {"a household with no adult": (3,)} if alone else {}
    assert warn(tmp_path, {"persons": stored}) == warned


def test_two_heads_and_no_head_are_warnings(tmp_path):
    two = with_cell(PERSONS, "relation", 1, "head")
    neither = with_cell(two, "relation", 3, "other")
    assert warn(tmp_path, {"persons": neither}) == {
        "a household with two heads or more": (1,),
        "a household with no head, though relations are told": (2,),
    }


def test_where_nobody_tells_relations_no_head_is_missed(tmp_path):
    assert warn(tmp_path / "a", {"persons": with_cell(PERSONS, "relation", 5, None)}) == {}
    assert warn(tmp_path / "b", {"persons": PERSONS.drop("relation")}) == {}


def test_no_income_at_all_is_a_warning_only_when_the_incomes_answer(tmp_path):
    without = INCOMES.filter(pl.col("person_id") != 31)
    zero = with_cell(INCOMES, "amount", 3, 0)
    assert warn(tmp_path / "a", {"incomes": without}) == {"a household with no income at all": (3,)}
    assert warn(tmp_path / "b", {"incomes": zero}) == {"a household with no income at all": (3,)}
    assert warn(tmp_path / "c", {"incomes": None}) == {}


# Family 2 had 90,000 in October and nothing after: 30,000 a month over the quarter.
@pytest.mark.parametrize(("payment", "above"), [(30_000, False), (30_001, True)])
def test_loan_payments_above_the_income_of_the_last_quarter_are_a_warning(tmp_path, payment, above):
    stored = with_cell(LOANS, "monthly_payment", 1, payment)
    assert warn(tmp_path, {"loans": stored}) == ({ABOVE: (2,)} if above else {})


def test_incomes_before_the_last_quarter_pay_no_loans_but_are_income(tmp_path):
    earlier = with_cell(INCOMES, "month", 2, date(2025, 9, 1))
    assert warn(tmp_path, {"incomes": earlier}) == {ABOVE: (2,)}


def test_loans_struck_off_or_learned_later_are_not_paid(tmp_path):
    dear = with_cell(LOANS, "monthly_payment", 1, 80_000)
    off = dear.with_columns(removed_on=pl.Series([None, AS_OF]))
    assert warn(tmp_path / "a", {"loans": off}) == {}
    later = dear.with_columns(known_on=pl.Series([None, date(2026, 1, 2)]))
    assert warn(tmp_path / "b", {"loans": later}) == {}
    still = dear.with_columns(removed_on=pl.Series([None, date(2026, 1, 2)]))
    assert warn(tmp_path / "c", {"loans": still}) == {ABOVE: (2,)}


def test_a_warning_counts_households_and_names_the_three_lowest_keys(tmp_path):
    ids = [90, 80, 70, 60]
    more = pl.concat(
        [
            HOUSEHOLDS,
            HOUSEHOLDS[:1]
            .select(pl.exclude("household_id"))
            .join(pl.DataFrame({"household_id": ids}), how="cross")
            .select(HOUSEHOLDS.columns),
        ]
    )
    fault = only(tmp_path, {"households": more})
    assert (fault.severity, fault.rows, fault.examples) == ("warning", 4, (60, 70, 80))


# --- the day a data set speaks for ---------------------------------------------------------


@pytest.mark.parametrize(
    ("latest", "day"),
    [
        (date(2025, 12, 1), date(2026, 1, 1)),
        (date(2025, 12, 31), date(2026, 1, 1)),
        (date(2026, 1, 1), date(2026, 2, 1)),
    ],
)
def test_the_decision_date_is_the_first_day_after_the_newest_covered_month_of_incomes(
    tmp_path, latest, day
):
    stored = with_cell(INCOMES, "month", 1, latest)
    assert decision_date(open_data_set(write(tmp_path, {"incomes": stored}))) == day


@pytest.mark.parametrize(
    "incomes",
    [
        None,
        INCOMES.clear(),
        INCOMES.drop("month"),
        INCOMES.with_columns(month=date(9999, 12, 1)),
        INCOMES.with_columns(month=pl.lit(2_000_000_000).cast(pl.Int32).cast(pl.Date)),
    ],
    ids=["silent", "empty", "no month", "end of time", "beyond time"],
)
def test_without_a_month_of_incomes_the_decision_date_must_be_passed(tmp_path, incomes):
    data = open_data_set(write(tmp_path, {"incomes": incomes}))
    with pytest.raises(InputError, match="Pass --as-of"):
        decision_date(data)


# --- one request --------------------------------------------------------------------------


def request(**changed):
    """Family 1 as a request brings it: contract types, nobody's household_id."""
    frames = {
        "households": HOUSEHOLDS[:1],
        "persons": PERSONS[:3],
        "incomes": INCOMES[:2],
        "loans": LOANS[:1],
        "vehicles": VEHICLES,
    }
    frames |= changed
    sent = {}
    for name, frame in frames.items():
        if frame is not None:
            frame = frame.drop("household_id", strict=False)
            declared = REGISTERS[name].schema
            frame = frame.cast({column: declared[column] for column in frame.columns})
        sent[name] = frame
    return sent


def test_a_good_request_has_no_broken_places():
    assert broken_places(request(loans=None, deposits=None), AS_OF) == []


def test_a_request_names_each_broken_cell_by_row_and_column():
    incomes = with_cell(with_cell(INCOMES[:2], "amount", 1, -1), "source", 0, "gift")
    places = broken_places(request(incomes=incomes), AS_OF)
    assert [(p.register, p.row, p.column) for p in places] == [
        ("incomes", 0, "source"),
        ("incomes", 1, "amount"),
    ]
    assert places[1] == BrokenPlace(
        register="incomes",
        row=1,
        column="amount",
        rule="whole tenge, not negative",
        remedy="income from business below zero is no income: send 0; outgoings have registers "
        "of their own",
    )


def test_a_request_may_not_name_strangers_or_the_same_person_twice():
    places = broken_places(
        request(
            persons=pl.concat([PERSONS[:3], PERSONS[1:2]]),
            vehicles=with_cell(VEHICLES, "person_id", 0, 404),
        ),
        AS_OF,
    )
    assert [(p.register, p.row, p.column, p.rule) for p in places] == [
        ("persons", 3, "person_id", "stands more than once"),
        ("vehicles", 0, "person_id", "points to no row of persons"),
    ]


def test_a_key_left_out_of_a_request_is_empty_and_not_also_a_stranger():
    vehicles = with_cell(VEHICLES, "person_id", 0, None)
    places = broken_places(request(vehicles=vehicles), AS_OF)
    assert [(p.register, p.column, p.rule) for p in places] == [
        ("vehicles", "person_id", "may not be empty")
    ]


@pytest.mark.parametrize("stored", ["null", "absent"])
def test_an_empty_required_cell_is_broken_whether_null_or_absent(stored):
    persons = PERSONS[:3].with_columns(birth_date=pl.lit(None, pl.Date))
    if stored == "absent":
        persons = persons.drop("birth_date")
    places = broken_places(request(persons=persons), AS_OF)
    assert [(p.row, p.column, p.rule) for p in places] == [
        (row, "birth_date", "may not be empty") for row in range(3)
    ]


# Each of these is broken in the same way in a file and in a message.
@pytest.mark.parametrize(
    ("register", "column", "value"),
    [
        ("households", "region", "99"),
        ("households", "living_area_m2", float("nan")),
        ("households", "living_area_m2", -0.5),
        ("persons", "birth_date", date(2026, 1, 2)),
        ("persons", "sex", None),
        ("incomes", "month", date(2025, 12, 2)),
        ("incomes", "amount", -1),
        ("loans", "issued_on", date(2026, 1, 2)),
        ("vehicles", "model_year", 1899),
    ],
)
def test_a_file_and_a_message_are_judged_by_the_same_promises(tmp_path, register, column, value):
    in_file = check(tmp_path, {register: with_cell(GOOD[register], column, 0, value)})
    frame = request()[register]
    assert frame is not None
    in_message = broken_places(request(**{register: with_cell(frame, column, 0, value)}), AS_OF)
    assert [(p.register, p.column, p.rule, p.remedy) for p in in_message] == [
        (f.register, f.column, f.rule, f.remedy) for f in in_file if f.is_error
    ]
    assert len(in_message) == 1
