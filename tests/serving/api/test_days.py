"""Any day may be asked for: it is answered, or refused by name, and never our fault."""

import io
from calendar import monthrange
from datetime import date, timedelta
from functools import partial

import httpx
import pypdf
import pytest
from anyio.from_thread import start_blocking_portal
from hypothesis import example, given, settings
from hypothesis import strategies as st

from features.registers.declared import SCORING
from models.law import rights
from models.law.parameters import Law, parameters
from models.rules import programmes
from models.rules.scorecard import Scorecard
from serving.api import openapi
from serving.api.app import application
from serving.commands import VERBS, main, tarazy
from serving.letters.wording import Wording
from serving.requests.request import ROW_REGISTERS
from tests.features import data_sets

ONE_DAY = timedelta(days=1)
FIRST = date(2025, 5, 21)
"""The day from which families are decided: the decision policy begins."""
LAST = parameters()["subsistence_minimum"].editions[-1].known_until + timedelta(
    days=Law(date.max).lapsed_law_days
)
"""The last day of a decision: so long after the end of the year's values the policy allows one."""
LAST_OF_A_TERM = date(9999, 9, 30)
"""Three months later, the last day of the term in which a family may object, is 9999-12-30."""
EDGES = [
    date.min,
    date(1, 12, 31),
    date(100, 3, 1),
    date(2018, 6, 1),  # no subsistence minimum is on file
    date(2018, 12, 31),
    date(2019, 1, 1),  # the first legal value, and no policy yet
    FIRST - ONE_DAY,
    FIRST,
    LAST,
    LAST + ONE_DAY,
    date(2028, 2, 29),
    date(9999, 9, 1),
    date.max - ONE_DAY,
    date.max,
]


def operations():
    """Yield every address of the API that takes ``as_of``, with its method and example."""
    document = openapi.document()
    schemas = document["components"]["schemas"]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if any(p["name"] == "as_of" for p in operation.get("parameters", ())):
                yield method, path, None
            for media in operation.get("requestBody", {}).get("content", {}).values():
                name = media["schema"]["$ref"].rpartition("/")[2]
                if "as_of" in schemas[name]["properties"]:
                    yield method, path, media["example"]


OPERATIONS = list(operations())
DECIDING = [(path, body) for _, path, body in OPERATIONS if body is not None]
SERVICES = [
    None,
    *openapi.document()["components"]["schemas"]["ScoreRequest"]["properties"]["service"]["enum"][
        :-1
    ],
    "targeted_assistance",
]


@pytest.fixture(scope="module")
def send(tmp_path_factory):
    """Ask an API without a model, in this process: what fails in it is raised here."""
    with pytest.MonkeyPatch.context() as patch, start_blocking_portal() as portal:
        patch.setenv("TARAZY_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("TARAZY_MODEL", "none")
        app = application()
        http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://tarazy")
        with (
            portal.wrap_async_context_manager(app.router.lifespan_context(app)),
            portal.wrap_async_context_manager(http) as client,
        ):
            yield lambda method, path, **more: portal.call(
                partial(client.request, method, path, **more)
            )


def undated(household):
    """The household with no row and no date in it: no fault but the day's own is left."""
    kept = {k: v for k, v in household.items() if k not in ROW_REGISTERS and k != "known_on"}
    return kept | {name: [] for name in ROW_REGISTERS}


def body_of(example, day, service=None):
    body = {**example, "as_of": day.isoformat()}
    if service is not None:
        body["service"] = service
    if "households" in body:
        return body | {"households": [undated(h) for h in body["households"]]}
    return body | {"household": undated(body["household"])}


def places(answer):
    assert answer.headers["content-type"] == "application/problem+json"
    return [fault["place"] for fault in answer.json()["errors"]]


def test_the_walk_meets_every_address_that_decides_or_tells_the_law():
    assert {path for _, path, _ in OPERATIONS} == {"/score", "/score_many", "/letter", "/law"}


@pytest.mark.parametrize("day", EDGES, ids=str)
@pytest.mark.parametrize(
    ("method", "path", "example"), OPERATIONS, ids=lambda v: v if isinstance(v, str) else ""
)
def test_a_day_at_the_edge_is_answered_or_refused_by_its_name(send, method, path, example, day):
    if example is None:
        answer = send(method, path, params={"as_of": day.isoformat()})
    else:
        answer = send(method, path, json=body_of(example, day))
    if answer.status_code != 200:
        assert answer.status_code == 422
        assert places(answer) == ["as_of"]
    begun = date(2019, 1, 1) if example is None else FIRST
    ended = date.max if example is None else LAST
    assert (answer.status_code == 200) == (begun <= day <= ended)


@pytest.mark.parametrize("day", [date.min, FIRST - ONE_DAY, LAST + ONE_DAY, date(2031, 1, 1)])
def test_who_asks_for_a_day_without_law_hears_for_which_days_it_is_on_file(send, day):
    path, example = DECIDING[0]
    [fault] = send("POST", path, json=body_of(example, day)).json()["errors"]
    assert fault["remedy"] == f"ask for a day from {FIRST} to {LAST}: for these law is on file"


def test_the_law_of_a_day_warns_of_values_that_have_ended_by_then(send):
    ended = date(2026, 12, 31)

    def warned(day):
        answer = send("GET", "/law", params={"as_of": day.isoformat()}).json()
        return {warning["place"] for warning in answer["warnings"]}

    assert "law.subsistence_minimum" not in warned(ended)
    assert "law.subsistence_minimum" in warned(ended + ONE_DAY)
    assert "law.subsistence_minimum" in warned(date(2031, 1, 1))
    assert send("GET", "/law").json()["warnings"] == []


def test_who_asks_for_a_service_that_is_none_hears_which_there_are_in_words(send):
    path, example = DECIDING[0]
    for service in ("pension", "rent_subsidi"):
        [fault] = send("POST", path, json=body_of(example, date(2026, 1, 1), service)).json()[
            "errors"
        ]
        for programme in programmes.in_force(Law(date(2026, 1, 1))):
            assert f"{programme.code} (" in fault["remedy"]
        assert "treatment at a sanatorium" in fault["remedy"]


@settings(max_examples=60, deadline=None)
@given(st.dates(), st.sampled_from(DECIDING), st.sampled_from(SERVICES))
@example(date(2018, 6, 1), DECIDING[0], "housing_aid")
@example(date(2018, 6, 1), DECIDING[1], "no_such_service")
@example(date(9999, 9, 1), DECIDING[2], None)
@example(date(9999, 12, 31), DECIDING[2], "housing_aid")
def test_any_day_is_answered_or_refused_by_its_name_whatever_is_applied_for(
    send, day, deciding, service
):
    path, example = deciding
    answer = send("POST", path, json=body_of(example, day, service))
    assert answer.status_code in (200, 422)
    if answer.status_code == 422:
        named = set(places(answer))
        assert named <= {"as_of", "service"}
        # A service may not exist on a day that has a law; a day without one is named itself.
        assert "as_of" in named or (service is not None and FIRST <= day <= LAST)
    else:
        assert FIRST <= day <= LAST


@settings(max_examples=20, deadline=None)
@given(st.dates(max_value=FIRST - ONE_DAY), st.sampled_from(DECIDING))
def test_a_day_without_law_is_named_among_the_faults_of_the_rows(send, day, deciding):
    path, example = deciding
    rows = {"persons": [{"person_id": 1, "birth_date": "9999-12-31", "sex": "f"}]}
    body = body_of(example, day)
    subject = "household" if "household" in body else "households"
    sent = [h | rows for h in (body[subject] if subject == "households" else [body[subject]])]
    body[subject] = sent if subject == "households" else sent[0]
    named = places(send("POST", path, json=body))
    assert "as_of" in named
    assert any("birth_date" in place for place in named)


@pytest.mark.parametrize("day", ["0001-01-01", "0001-02-01", "9999-12-01", "9999-12-31"])
@pytest.mark.parametrize("as_of", [FIRST, LAST, date.max])
def test_a_row_may_bear_any_day_of_the_calendar(send, as_of, day):
    household = undated(DECIDING[0][1]["household"])
    example = DECIDING[0][1]["household"]
    for register in SCORING:
        if register.name in ROW_REGISTERS and example.get(register.name):
            row = dict(example[register.name][0])
            row |= {c.name: day for c in register if c.kind in ("date", "month")}
            household[register.name] = [row]
    for path, extra in (("/score", {}), ("/letter", {"language": "kk", "format": "html"})):
        body = {"as_of": as_of.isoformat(), "household": household, **extra}
        assert send("POST", path, json=body).status_code in (200, 422)


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_last_letter_names_the_last_day_of_its_term(send, language):
    example = dict(DECIDING)["/letter"] | {"language": language}
    page = send("POST", "/letter", json=body_of(example, LAST))
    assert page.status_code == 200
    until = rights.of(Law(LAST))["COMPLAINT"].until(LAST)
    assert Wording(language).day(until) in page.text
    # It names a value of the year that ended, too.
    assert Wording(language)("yearly.subsistence_minimum") in page.text
    pdf = send("POST", "/letter", json=body_of(example | {"format": "pdf"}, LAST))
    assert pypdf.PdfReader(io.BytesIO(pdf.content)).pages


@given(st.dates(min_value=FIRST, max_value=LAST_OF_A_TERM))
def test_the_term_of_a_complaint_ends_three_months_later_or_with_that_month(day):
    until = rights.of(Law(FIRST))["COMPLAINT"].until(day)
    assert (until.year * 12 + until.month) - (day.year * 12 + day.month) == 3
    assert until.day == min(day.day, monthrange(until.year, until.month)[1])


def test_the_first_day_that_is_decided_is_the_first_with_a_scorecard():
    assert Scorecard.in_force(Law(FIRST)).criteria


# The command


WORDS = {
    "check": ["DATA"],
    "snapshot": ["DATA", "--out", "OUT"],
    "features": ["SNAP", "--out", "OUT.parquet"],
    "train": ["SNAP"],
    "fit-scorecard": ["SNAP", "--scorecard", "pilot_2025", "--out", "OUT.yaml"],
    "score": ["SNAP", "--out", "OUT.parquet", "--model", "none"],
    "explain": ["SNAP", "1", "--model", "none"],
    "audit": ["SNAP", "--out", "OUT", "--model", "none"],
    "draw": ["SNAP", "--out", "OUT.parquet", "--capacity", "20", "--model", "none"],
    "reform": ["three_minimums", "SNAP", "--out", "OUT"],
    "cards": ["SNAP"],
    "readings": ["SNAP"],
    "check-law": [],
    "simulate": ["--households", "20", "--months", "13", "--out", "OUT"],
}
"""How each verb that takes ``--as-of`` is called."""
REFUSALS = (
    "ask for a later day",
    "the earliest edition on file starts",
    "not after the decision date",
    "Pass another --as-of",
)
LEARNING = {"train", "fit-scorecard"}
"""Verbs that learn for a minute where the day can be learned from."""


@pytest.fixture(scope="module")
def snapped(tmp_path_factory):
    """A data set of three families and its snapshot."""
    folder = tmp_path_factory.mktemp("days")
    data = data_sets.write(folder / "data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TARAZY_HOME", str(folder / "home"))
        with pytest.raises(SystemExit, match="0"):
            main(["snapshot", str(data), "--out", str(folder / "snap")])
    return folder


def test_every_verb_that_takes_a_day_is_called_below():
    taking = {
        verb
        for verb in VERBS
        if any("--as-of" in option.opts for option in tarazy.get_command(None, verb).params)
    }
    assert taking == set(WORDS)


@pytest.mark.parametrize(
    "day", ["0001-01-01", "0050-02-28", "2018-06-01", "2019-02-01", "9999-12-31"]
)
@pytest.mark.parametrize("verb", WORDS)
def test_the_command_answers_for_a_day_or_says_in_a_line_why_not(
    snapped, tmp_path, monkeypatch, capsys, verb, day
):
    if verb in LEARNING and day > "2019":
        day = "2018-12-31"
    monkeypatch.setenv("TARAZY_HOME", str(snapped / "home"))  # that signed the snapshot
    places = {"DATA": str(snapped / "data"), "SNAP": str(snapped / "snap")}
    words = [places.get(w, w.replace("OUT", str(tmp_path / "out"))) for w in WORDS[verb]]
    with pytest.raises(SystemExit) as left:
        main([verb, *words, "--as-of", day])
    shown = capsys.readouterr()
    assert left.value.code in (0, 1), shown.err
    assert "Traceback" not in shown.out + shown.err
    if day < "2019":
        assert left.value.code == 1
        assert any(words in shown.out + shown.err for words in REFUSALS)
