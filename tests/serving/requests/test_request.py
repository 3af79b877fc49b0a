"""What a request must look like, and what the API says of one that does not."""

import json
from datetime import date

import anyio
import msgspec
import polars as pl
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from starlette.requests import Request

from features.registers.declared import LEARNING, SCORING
from models.decision.pipeline import versions
from models.law.parameters import Law
from serving.api.app import ONE_LIMIT
from serving.decisions.decision_id import canonical, decision_id
from serving.requests.body import decode, read_body
from serving.requests.problems import SHOWN, Problem
from serving.requests.request import HOUSEHOLDS_AT_ONCE, read_many, read_one


def family(**changes):
    """A mother and her child who own one car; every other register is silent."""
    household = {
        "household_id": 900,
        "region": "10",
        "settlement": "rural",
        "living_area_m2": 54.5,
        "persons": [
            {"person_id": 1, "birth_date": "1990-02-01", "sex": "f", "relation": "head"},
            {"person_id": 2, "birth_date": "2015-06-30", "sex": "m", "relation": "child"},
        ],
        "incomes": [{"person_id": 1, "month": "2025-12-01", "source": "wage", "amount": 150_000}],
        "vehicles": [{"person_id": 1, "kind": "car", "model_year": 2012}],
    }
    return household | changes


def ask(household, as_of="2026-01-01", **more):
    return read_one({"as_of": as_of, "household": household, **more})


def faults(document, read=read_one):
    with pytest.raises(Problem) as problem:
        read(document)
    assert problem.value.kind.status == 422
    return {f.place: (f.problem, f.remedy) for f in problem.value.faults}


def faults_of(household, **more):
    return faults({"as_of": "2026-01-01", "household": household, **more})


def read_whole(body):
    """Read a body as `POST /score` does, then its document."""

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(b"content-type", b"application/json")]
    request = Request({"type": "http", "headers": headers}, receive)
    return decode(anyio.run(read_body, request, ONE_LIMIT))


# What is understood


def test_a_request_becomes_frames_in_the_types_of_the_contract():
    request = ask(family())
    assert request.as_of == date(2026, 1, 1)
    for register in SCORING:
        frame = request.registers[register.name]
        assert {"household_id": pl.Int64} | dict(frame.schema) == dict(frame.schema)
        assert {n: frame.schema[n] for n in register.schema} == register.schema
    assert request.registers["incomes"].row(0, named=True)["amount"] == 150_000


def test_a_register_left_out_or_null_is_silent_and_an_empty_list_is_empty():
    request = ask(family(loans=[], livestock=None))
    [(positions, registers)] = request.alike()
    assert positions == [0]
    assert registers["loans"] is not None
    assert registers["loans"].height == 0
    assert registers["livestock"] is None  # null
    assert registers["deposits"] is None  # left out
    assert {"livestock", "deposits"} <= set(request.households[0].silent)
    assert "loans" not in request.households[0].silent


def test_rows_find_their_household_though_person_keys_are_local_to_each():
    other = family(household_id=901, vehicles=[])
    other["incomes"] = [
        {"person_id": 2, "month": "2025-12-01", "source": "alimony", "amount": 1},
    ]
    request = read_many({"as_of": "2026-01-01", "households": [family(), other]})
    assert request.registers["persons"]["household_id"].to_list() == [0, 0, 1, 1]
    assert request.registers["persons"]["person_id"].to_list() == [0, 1, 2, 3]
    # Person 2 of the second household is the fourth person of the request.
    assert request.registers["incomes"]["person_id"].to_list() == [0, 3]


def test_households_with_the_same_silence_are_decided_together():
    households = [family(household_id=1), family(household_id=2, loans=[]), family(household_id=3)]
    request = read_many({"as_of": "2026-01-01", "households": households})
    groups = request.alike()
    assert [positions for positions, _ in groups] == [[0, 2], [1]]
    assert groups[0][1]["persons"]["household_id"].to_list() == [0, 0, 2, 2]
    assert groups[0][1]["loans"] is None
    assert groups[1][1]["loans"].height == 0


def test_unknown_columns_of_rows_are_ignored_and_named_once_per_register():
    [household] = ask(
        family(
            vehicles=[
                {"person_id": 1, "kind": "car", "colour": "red"},
                {"person_id": 1, "kind": "bus", "colour": "white", "plate": "x"},
            ]
        )
    ).households
    [warning] = household.warnings
    assert warning.place == "vehicles"
    assert "colour, plate" in warning.problem
    assert "white" not in str(warning)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Серік Ахметов", "…"),
        ("Ахметов С. К.", "…"),
        ("AKHMETOVA AIGUL", "…"),
        ("Әйгүл  Қасымова", "…"),
        ("Income", "Income"),
        ("colour of the car", "colour of the car"),
        ("iin 990101400123", "iin …"),
    ],
)
def test_a_name_that_may_be_a_persons_comes_not_back(name, shown):
    household = family(vehicles=[{"person_id": 1, "kind": "car", name: 1}])
    [warning] = ask(household).households[0].warnings
    assert warning.problem.endswith(f": {shown}")
    assert f"household.{shown}" in faults_of(family(**{name: 1}))


def test_a_household_without_a_key_is_understood():
    household = family()
    del household["household_id"]
    assert ask(household).households[0].household_id is None


# What is refused


def test_all_faults_of_a_request_are_told_at_once_each_with_its_place():
    household = family(region="99", settlement=None, vehicle=[], rooms=True, tenure=3)
    household["persons"].append({"person_id": 2, "birth_date": "2030-01-01", "sex": "x"})
    household["incomes"].append(
        {"person_id": 7, "month": "2025-11-02", "source": "wage", "amount": -1}
    )
    by_place = faults({"household": household, "servcie": "x"})
    assert set(by_place) == {
        "as_of",
        "servcie",
        "household.vehicle",
        "household.region",
        "household.settlement",
        "household.rooms",
        "household.tenure",
        "household.persons[2].person_id",
        "household.persons[2].sex",
        "household.incomes[1].person_id",
        "household.incomes[1].month",
        "household.incomes[1].amount",
    }
    assert by_place["household.vehicle"][1] == "did you mean vehicles?"
    assert by_place["servcie"][1] == "did you mean service?"
    assert "household.persons[2].birth_date" in faults_of(household)  # once as_of is known


@pytest.mark.parametrize("name", [r.name for r in LEARNING])
def test_registers_of_training_may_not_be_sent(name):
    assert "no score may read" in faults_of(family(**{name: []}))[f"household.{name}"][0]


@pytest.mark.parametrize(
    ("register", "column", "value"),
    [
        ("incomes", "amount", True),
        ("incomes", "amount", "150000"),
        ("incomes", "amount", 1.5),
        ("incomes", "amount", 2**63),
        ("incomes", "amount", 10**30),
        ("incomes", "amount", [1]),
        ("incomes", "amount", None),
        ("incomes", "month", "2025-13-01"),
        ("incomes", "month", "20251101"),
        ("incomes", "month", "2025-W44-6"),
        ("incomes", "source", "lottery"),
        ("incomes", "source", {}),
        ("persons", "birth_date", 19900201),
        ("persons", "birth_date", "2026-01-02"),
        ("persons", "guardianship", 1),
        ("persons", "person_id", "1.0"),
        ("persons", "person_id", None),
        ("vehicles", "kind", None),
        ("vehicles", "model_year", 1899),
    ],
)
def test_a_wrong_value_names_its_place_and_is_never_repeated(register, column, value):
    household = family()
    household[register] = [dict(row) for row in household[register]]
    household[register][0][column] = value
    by_place = faults_of(household)
    place = f"household.{register}[0].{column}"
    assert place in by_place
    if value is not None and len(str(value)) > 4:
        assert str(value) not in str(by_place)


@pytest.mark.parametrize("value", [0, -0.0, 1e5, 10**15 - 1])
def test_whole_amounts_are_read_whatever_way_they_are_written(value):
    row = {"person_id": 1, "month": "2025-11-01", "source": "wage", "amount": value}
    [amount] = ask(family(incomes=[row])).registers["incomes"]["amount"]
    assert amount == value


def test_a_day_on_either_side_of_the_decision():
    row = {"person_id": 9, "birth_date": "2026-01-01", "sex": "f"}
    assert ask(family(persons=[row], incomes=[], vehicles=[]))
    row["birth_date"] = "2026-01-02"
    assert list(faults_of(family(persons=[row], incomes=[], vehicles=[]))) == [
        "household.persons[0].birth_date"
    ]


def test_a_household_that_the_state_learned_of_later_is_refused_with_the_reason():
    assert ask(family(known_on="2026-01-01"))
    assert "did not know" in faults_of(family(known_on="2026-01-02"))["household.known_on"][0]


def test_persons_are_required_but_may_be_nobody():
    assert ask(family(persons=[], incomes=[], vehicles=[]))
    assert "household.persons" in faults_of(family(persons=None, incomes=[], vehicles=[]))


def test_persons_that_were_not_sent_are_one_fault_and_not_one_for_each_row_that_names_them():
    wage = family()["incomes"][0]
    named = family(persons=[], incomes=[wage, wage | {"person_id": 2}])
    assert faults_of(named) == {
        "household.persons": (
            "names nobody by a key, though 3 rows of other registers name persons",
            "send the persons whom these rows name, each with its person_id",
        )
    }
    unreadable = family(persons=[family()["persons"][0] | {"person_id": "x"}])
    assert list(faults_of(unreadable)) == ["household.persons[0].person_id", "household.persons"]
    assert list(faults_of(family(persons=None))) == ["household.persons"]


def test_each_person_whom_the_household_does_not_have_is_named_at_the_first_row():
    months = [
        {"person_id": who, "month": f"2025-{month}-01", "source": "wage", "amount": 1}
        for who, month in ((7, 10), (7, 11), (7, 12), (8, 12), (1, 12))
    ]
    problems = {place: problem for place, (problem, _) in faults_of(family(incomes=months)).items()}
    assert problems == {
        "household.incomes[0].person_id": "points to no member of the household "
        "(and 2 more rows by the same key)",
        "household.incomes[3].person_id": "points to no member of the household",
    }


def test_rows_may_repeat_the_key_of_their_household_but_not_name_another():
    rows = [{"month": "2025-11-01", "amount": 5000, "household_id": 900}]
    assert ask(family(utilities=rows)).registers["utilities"]["household_id"].to_list() == [0]
    rows[0]["household_id"] = 901
    assert list(faults_of(family(utilities=rows))) == ["household.utilities[0].household_id"]


def test_faults_of_many_households_name_the_household():
    second = family(household_id=901)
    second["persons"][0]["sex"] = "female"
    third = family(household_id=901)
    by_place = faults(
        {"as_of": "2026-01-01", "households": [family(), second, 5, third]}, read=read_many
    )
    assert set(by_place) == {
        "households[1].persons[0].sex",
        "households[2]",
        "households[3].household_id",
    }


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ([], "request"),
        (None, "request"),
        ({"as_of": "2026-01-01"}, "household"),
        ({"as_of": "2026-01-01", "household": []}, "household"),
        ({"as_of": 20260101, "household": {}}, "as_of"),
        ({"as_of": "2026-01-01", "household": {"persons": {}}}, "household.persons"),
        ({"as_of": "2026-01-01", "household": {"persons": [1]}}, "household.persons[0]"),
        ({"as_of": "2026-01-01", "service": "x" * 65, "household": {}}, "service"),
        ({"as_of": "2026-01-01", "service": 5, "household": {}}, "service"),
    ],
)
def test_a_request_of_another_shape_says_what_stands_where(document, place):
    assert place in faults(document)


def test_there_is_a_most_of_households_in_one_request():
    document = {"as_of": "2026-01-01", "households": [{}] * (HOUSEHOLDS_AT_ONCE + 1)}
    assert list(faults(document, read=read_many)) == ["households"]


def test_an_empty_list_of_households_is_no_fault():
    assert read_many({"as_of": "2026-01-01", "households": []}).households == ()


def test_a_flood_of_faults_is_counted_in_full_and_listed_in_part():
    rows = [{"person_id": 1, "birth_date": "1990-01-01", "sex": "f"}] + [{}] * (SHOWN + 10)
    with pytest.raises(Problem) as problem:
        ask(family(persons=rows))
    assert len(problem.value.document()["errors"]) == SHOWN
    assert f"first {SHOWN:,}" in problem.value.document()["detail"]
    assert msgspec.json.encode(problem.value.document())


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["person_id", "birth_date", "kind", "household_id", "é"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)
NAMES = [c.name for c in SCORING[0]] + [r.name for r in SCORING] + ["truth", ""]


@given(st.dictionaries(st.sampled_from(NAMES), JUNK, max_size=6), JUNK, JUNK)
def test_whatever_is_sent_is_either_understood_or_a_problem(household, as_of, service):
    document = {"as_of": as_of, "household": family() | household, "service": service}
    try:
        answer = read_one(document)
    except Problem as problem:
        answer = problem
    assert answer.faults if isinstance(answer, Problem) else answer.households


# The body itself


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1e999}',
        b'{"a": "\\ud800"}',
        b'{"a": "\xff"}',
        b"\xef\xbb\xbf{}",
        '{"a": 1}'.encode("utf-16"),
        b"[" * 200_000,
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        b'{"as_of": "2026-01-01", "as_of": "2025-01-01"}',
        b'{"a": [{"b": {"c": 1, "c": 1}}]}',
        b'{"a": ' + b"9" * 5_000 + b"}",
        b"{'a': 1}",
        b"{} {}",
    ],
)
def test_what_is_no_json_is_refused_before_anything_reads_it(body):
    with pytest.raises(Problem) as problem:
        decode(body)
    assert problem.value.kind.status == 400


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'])
def test_a_body_that_is_nested_without_end_is_said_to_be_so_whatever_its_length(opening):
    for times in (2_000, 30_000):
        with pytest.raises(Problem) as refused:
            read_whole(opening * times)
        assert refused.value.kind.status == 400
        assert "nested too deeply" in refused.value.detail


def test_a_flat_body_with_too_many_rows_is_not_said_to_be_nested():
    with pytest.raises(Problem) as refused:
        read_whole(b'{"household": {"persons": [' + b",".join([b"{}"] * 20_001) + b"]}}")
    assert refused.value.kind.status == 413


def test_json_is_read():
    assert decode('{"қала": [1, 2.5, null, true]}'.encode()) == {"қала": [1, 2.5, None, True]}


# The key of a decision

BY_RULES = versions(Law(date(2026, 1, 1)), None)


def key(household, **more):
    request = ask(household, **more)
    return decision_id(request, request.households[0], BY_RULES)


def test_the_same_meaning_has_the_same_key_and_another_meaning_another():
    first = key(family())
    assert len(first) == 64
    reordered = json.loads(json.dumps(dict(reversed(family().items()))))
    reordered["vehicles"][0] |= {"value": None, "colour": "red"}
    reordered["incomes"][0]["amount"] = 150_000.0
    assert key(reordered) == first
    assert key(family(loans=[])) != first  # empty is not silent
    assert key(family(household_id=901)) != first
    assert key(family(), as_of="2026-01-02") != first
    assert key(family(), service="housing_aid") != first


def test_the_key_depends_on_the_versions():
    request = ask(family())
    [household] = request.households
    assert decision_id(request, household, BY_RULES) != decision_id(
        request, household, replace(BY_RULES, law="2")
    )


@given(
    st.floats(allow_nan=False, allow_infinity=False, min_value=0, max_value=1e9),
    st.integers(min_value=-(2**63), max_value=2**63 - 1),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
)
def test_what_a_key_is_made_from_is_canonical_json_by_rfc_8785(area, number, text):
    household = family(
        household_id=number,
        properties=[{"person_id": 1, "kind": "house", "area_m2": area}],
        applications=[{"service": text, "applied_on": "2025-01-01"}],
    )
    facts = ask(household).households[0].understood
    assert facts["properties"][0]["area_m2"] in (area, repr(area))
    assert canonical(facts) == rfc8785.dumps(facts)


# Keys


def keyed(household_id, person_id):
    household = family(household_id=household_id)
    for register in ("persons", "incomes", "vehicles"):
        rows = household[register]
        household[register] = [
            row | {"person_id": person_id} if row["person_id"] == 1 else row for row in rows
        ]
    return household


def key_of(household):
    request = ask(household)
    return decision_id(request, request.households[0], {})


@pytest.mark.parametrize("key", [12, "12", 12.0, 2**62, str(2**62), "-80", -80])
def test_a_key_is_a_whole_number_or_its_digits_and_comes_back_as_it_was_sent(key):
    request = ask(keyed(key, key))
    assert request.households[0].household_id == key
    assert type(request.households[0].household_id) is (str if type(key) is str else int)
    assert request.registers["incomes"]["person_id"].to_list() == [0]
    assert key_of(keyed(key, key)) == key_of(keyed(int(key), int(key)))


def test_the_same_person_by_number_and_by_text_is_one_person():
    household = family(persons=[*family()["persons"], family()["persons"][0] | {"person_id": "1"}])
    [(place, (problem, _))] = faults_of(household).items()
    assert place == "household.persons[2].person_id"
    assert "stands more than once" in problem


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        (float(2**53), "too great a number for a key"),
        (float(2**60), "too great a number for a key"),
        (str(2**63), "too great a number for a key"),
        (12.5, "not a whole number"),
        ("12.0", "not a whole number"),
        ("", "not a whole number"),
        ("12a", "not a whole number"),
        (True, "not a whole number"),
    ],
)
def test_what_may_have_lost_digits_is_no_key(key, problem):
    for place, (what, _) in faults_of(keyed(key, 1)).items():
        assert place == "household.household_id"
        assert what.startswith(problem)
    assert faults_of(keyed(1, key))["household.persons[0].person_id"][0].startswith(problem)


def test_the_last_float_that_is_a_key_is_one_below_two_to_the_fifty_third():
    assert ask(keyed(float(2**53 - 1), 1)).households[0].household_id == 2**53 - 1
