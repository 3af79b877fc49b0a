"""The service as its callers meet it: decisions, refusals, pages, and what it never does."""

import http.client
import json
import re
import socket
from html.parser import HTMLParser
from urllib.parse import urlsplit

import jsonschema
import pytest

from features.catalogue import FEATURES
from features.registers.declared import REGISTERS
from models.columns import SCORE_SCHEMA
from models.law.parameters import parameters
from serving.api import openapi
from serving.api.examples import AS_OF
from serving.requests.body import MIB

PAGES = ["/", "/docs", "/pages/features", "/pages/law", "/pages/registers"]


def check(name, document):
    described = {
        "$ref": f"#/components/schemas/{name}",
        "components": openapi.document()["components"],
    }
    jsonschema.Draft202012Validator(described).validate(document)


def problem(answer, status):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    check("Problem", document)
    assert document["status"] == status
    return document


def places(answer):
    return [error["place"] for error in problem(answer, 422)["errors"]]


def raw(api, body, path="/score", content_type="application/json"):
    return api.post(path, content=body, headers={"Content-Type": content_type})


# Decisions


def test_a_family_is_decided_with_reasons_in_three_languages(ask, family):
    answer = ask(family, service="housing_aid")
    assert answer.status_code == 200, answer.text
    decision = answer.json()
    check("Decision", decision)
    assert list(decision)[: len(SCORE_SCHEMA)] == list(SCORE_SCHEMA)
    assert decision["category"] == decision["rule_category"]
    assert decision["household_id"] == family["household_id"]
    assert decision["service"] == "housing_aid"
    for reason in decision["reasons"]:
        assert all(reason["text"][language] for language in ("kk", "ru", "en"))


def test_eligibility_is_told_for_the_service_asked_for_or_for_all(ask, family):
    alone = ask(family, service="housing_aid").json()
    every = ask(family).json()
    [housing_aid] = alone["eligibility"]
    assert housing_aid in every["eligibility"]
    assert (housing_aid["service"], housing_aid["verdict"]) == ("housing_aid", "eligible")
    verdicts = {t["service"]: t["verdict"] for t in every["eligibility"]}
    assert every["eligible_services"] == [s for s, v in verdicts.items() if v == "eligible"]
    assert every["services_in_review"] == [s for s, v in verdicts.items() if v == "review"]
    assert alone["eligible_services"] == every["eligible_services"]
    offered = [o["code"] for o in every["offers"] if o["kind"] == "programme"]
    assert offered == every["eligible_services"]


@pytest.mark.parametrize(
    ("service", "says"),
    [
        ("disability_benefit", "out of scope"),
        ("targeted_assistance", "out of scope"),
        ("job_loss_payment", "out of scope"),
        ("housing-aid", "did you mean housing_aid?"),
    ],
)
def test_a_service_that_cannot_be_decided_is_refused_with_the_reason(ask, family, service, says):
    document = problem(ask(family, service=service), 422)
    [fault] = document["errors"]
    assert fault["place"] == "service"
    assert says in fault["remedy"]


def test_the_same_question_has_the_same_bytes(ask, family):
    assert ask(family).content == ask(family).content


def test_the_order_of_rows_and_the_names_of_persons_change_no_answer(ask, family):
    first = ask(family).json()
    family["persons"].reverse()
    family["incomes"].reverse()
    for rows in family.values():
        for row in rows if isinstance(rows, list) else []:
            if "person_id" in row:
                row["person_id"] += 700
    second = ask(family).json()
    assert first.pop("decision_id") != second.pop("decision_id")
    assert first == second


def test_a_silent_register_is_echoed_and_an_empty_one_is_not(ask, family):
    family["vehicles"], family["loans"] = None, []
    silent = ask(family).json()["silent_registers"]
    assert "vehicles" in silent
    assert "loans" not in silent


def test_many_families_have_the_answers_that_each_has_alone_in_the_order_given(api, ask, family):
    poorer = {**family, "household_id": 5, "incomes": [], "livestock": []}
    quieter = {**family, "household_id": 4, "vehicles": None}
    nameless = {k: v for k, v in family.items() if k != "household_id"}
    families = [poorer, quieter, nameless, {**family, "household_id": 2**63 - 1}]
    many = api.post("/score_many", json={"as_of": AS_OF, "households": families})
    assert many.status_code == 200, many.text
    check("Decisions", many.json())
    assert many.json()["decisions"] == [ask(f).json() for f in families]


def test_no_families_are_no_decisions(api):
    many = api.post("/score_many", json={"as_of": AS_OF, "households": []})
    assert many.json() == {"decisions": []}


def test_a_household_without_members_goes_to_a_person(ask, family):
    family |= {"persons": [], **{r: [] for r in family if isinstance(family[r], list)}}
    assert ask(family).json()["status"] == "review"


def test_columns_that_the_contract_does_not_know_are_named_once(ask, family):
    family["livestock"][0]["name_of_sheep"] = "Aqbas"
    [warning] = ask(family).json()["warnings"]
    assert warning["place"] == "livestock"
    assert "name_of_sheep" in warning["problem"]


# Refusals


def test_faults_are_told_at_once_and_no_value_is_repeated(ask, family):
    family["persons"][0]["birth_date"] = "1988-44-12"
    family["persons"][1]["sex"] = "Aigerim"
    family["incomes"][0]["amount"] = "118 000 tenge"
    family["vehicels"] = []
    answer = ask(family)
    assert sorted(places(answer)) == [
        "household.incomes[0].amount",
        "household.persons[0].birth_date",
        "household.persons[1].sex",
        "household.vehicels",
    ]
    assert "did you mean vehicles?" in answer.text
    for value in ("1988-44-12", "Aigerim", "118 000"):
        assert value not in answer.text


@pytest.mark.parametrize(
    ("as_of", "place"),
    [
        ("0001-01-01", "as_of"),
        ("1900-01-01", "as_of"),
        ("2018-12-31", "as_of"),
        ("2026-02-30", "as_of"),
        ("2026-1-1", "as_of"),
        ("yesterday", "as_of"),
        (20260101, "as_of"),
    ],
)
def test_a_day_without_law_or_that_is_no_day_is_refused(ask, family, as_of, place):
    family |= {"persons": [], "incomes": [], "properties": [], "livestock": [], "loans": []}
    assert places(ask(family, as_of=as_of)) == [place]


def test_the_last_day_of_the_calendar_is_refused_for_the_law_that_nobody_knows(ask, family):
    answer = ask(family, as_of="9999-12-31")
    assert answer.status_code == 422
    assert "subsistence_minimum" in answer.json()["errors"][0]["problem"]


@pytest.mark.parametrize("path", ["/score", "/score_many"])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[" * 15_000,
        b'{"as_of": NaN}',
        b'{"as_of": 1e999}',
        b'{"as_of": "2026-01-01", "as_of": "2026-01-01"}',
        b'"\xff\xfe"',
        b'{"a": "\\ud800"}',
    ],
)
def test_what_is_no_json_is_a_400(api, path, body):
    problem(raw(api, body, path), 400)


@pytest.mark.parametrize(
    "body", [b"null", b"[]", b"1", b'"x"', b"{}", b"true", b'{"household": 1}']
)
@pytest.mark.parametrize("path", ["/score", "/score_many"])
def test_json_of_another_shape_is_a_422(api, path, body):
    assert places(raw(api, body, path))


@pytest.mark.parametrize(
    ("register", "column", "value"),
    [
        ("incomes", "amount", 10**30),
        ("incomes", "amount", 2**63),
        ("incomes", "amount", 1e300),
        ("incomes", "amount", True),
        ("incomes", "amount", 2**63 - 1),
        ("properties", "area_m2", 1e308),
        ("properties", "area_m2", -0.5),
        ("properties", "share", 0),
        ("persons", "birth_date", "0000-00-00"),
        ("persons", "person_id", 2**64),
        ("persons", "person_id", {"$ref": "x"}),
        ("persons", "sex", ["f"]),
        ("loans", "issued_on", "2026-01-02"),
    ],
)
def test_an_impossible_value_is_a_422_at_its_place(ask, family, register, column, value):
    family[register][0][column] = value
    assert f"household.{register}[0].{column}" in places(ask(family))


def test_the_least_and_the_greatest_possible_facts_are_decided(ask, family):
    family["persons"][0]["birth_date"] = "1900-01-01"
    wage = {"person_id": 1, "month": "2025-12-01", "source": "wage", "amount": 10**15 - 1}
    family["incomes"] = [
        *(wage | {"payer_id": payer} for payer in range(20)),
        wage | {"month": "0001-01-01", "amount": 0},
    ]
    family["loans"][0] |= {"principal": 10**15 - 1, "monthly_payment": 10**15 - 1}
    flock = {"person_id": 1, "species": "sheep", "heads": 10**15 - 1}
    family["livestock"] = [flock | {"record_id": record} for record in range(3)]
    family["properties"] = [{"person_id": 1, "kind": "house", "area_m2": 1e9, "share": 5e-324}]
    assert ask(family).status_code == 200


@pytest.mark.parametrize("register", ["inspections", "survey", "households", "truth"])
def test_what_only_training_may_know_is_refused(ask, family, register):
    assert places(ask(family | {register: []})) == [f"household.{register}"]


@pytest.mark.parametrize(
    "content_type",
    [
        "application/vnd.bentoml+pickle",
        "application/octet-stream",
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "application/vnd.apache.arrow.stream",
        "application/json; charset=utf-16",
        "",
    ],
)
def test_only_json_comes_in_at_any_address(api, content_type):
    for path in ("/score", "/score_many", "/", "/schema.json", "/docs.json", "/readyz", "/nowhere"):
        problem(raw(api, b"\x80\x05.", path, content_type), 415)


def test_a_body_without_a_type_is_refused(api):
    target = urlsplit(str(api.base_url))
    connection = http.client.HTTPConnection(target.hostname, target.port, timeout=20)
    connection.request("POST", "/score", body=b"{}")
    assert connection.getresponse().status == 415
    connection.close()


def test_a_compressed_body_is_refused(api):
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    problem(api.post("/score", content=b"\x1f\x8b", headers=headers), 415)


def test_a_large_body_is_refused_declared_or_in_chunks(api):
    spaces = b" " * (MIB + 1)
    problem(raw(api, spaces), 413)
    assert problem(raw(api, b" " * MIB), 400)  # exactly the limit is read

    def chunks():
        for _ in range(1 + MIB // 65_536):
            yield b" " * 65_536

    problem(raw(api, chunks()), 413)


def test_a_small_body_with_very_many_rows_is_refused_before_it_is_read(api):
    rows = b",".join([b"{}"] * 20_001)
    problem(raw(api, b'{"household": {"persons": [' + rows + b"]}}"), 413)


def test_very_many_unknown_names_are_told_in_good_time(api):
    names = ", ".join(f'"person{i}": 1' for i in range(50_000))
    document = problem(raw(api, ("{" + names + "}").encode()), 422)
    assert "50,002 faults" in document["detail"]


@pytest.mark.parametrize("path", ["/nowhere", "/schema.json", "/docs.json", "/healthz", "/score/1"])
def test_an_unknown_address_is_a_404(api, path):
    problem(api.get(path), 404)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/score", "POST"),
        ("DELETE", "/score_many", "POST"),
        ("POST", "/models", "GET"),
        ("PUT", "/readyz", "GET"),
        ("OPTIONS", "/score", "POST"),
        ("DELETE", "/", "GET"),
    ],
)
def test_a_wrong_method_is_a_405_that_names_the_right_one(api, method, path, allowed):
    answer = api.request(method, path)
    problem(answer, 405)
    assert allowed in answer.headers["allow"]


def test_a_line_that_is_no_http_ends_the_connection_and_nothing_else(api):
    target = urlsplit(str(api.base_url))
    with socket.create_connection((target.hostname, target.port), timeout=20) as line:
        line.sendall(b"\x80\x05\x95 pickle\r\n\r\n")
        assert line.recv(100).startswith(b"HTTP/1.1 400")
    assert api.get("/livez").status_code == 200


# What stands behind


def test_the_service_is_alive_and_ready_and_says_with_what(api):
    assert api.get("/livez").status_code == 200
    ready = api.get("/readyz")
    assert ready.status_code == 200
    check("Readiness", ready.json())
    assert ready.json()["law"]["loaded"] is True
    assert ready.json()["model"]["state"] in ("loaded", "absent")


def test_the_model_that_answers_is_the_one_that_decides(api, ask, family):
    answering = api.get("/models").json()
    check("ModelAnswering", answering)
    decision = ask(family).json()
    assert decision["model_version"] == answering["version"]
    assert decision["versions"]["model"].startswith(f"{answering['version']}@")


def test_every_feature_is_told(api):
    listed = api.get("/features").json()
    check("Features", listed)
    assert [f["name"] for f in listed["features"]] == list(FEATURES)
    assert all(f["about"] and f["basis"] for f in listed["features"])


def test_the_law_is_told_in_all_editions_or_as_of_a_day(api):
    every = api.get("/law").json()
    check("Law", every)
    assert {e["name"] for e in every["entries"]} == set(parameters())
    in_force = api.get("/law", params={"as_of": "2025-12-31"}).json()
    check("Law", in_force)
    assert all(e["since"] <= "2025-12-31" for e in in_force["entries"] if "since" in e)


@pytest.mark.parametrize("query", ["as_of=1990-01-01", "as_of=x", "as_of=", "on=2026-01-01"])
def test_the_law_of_an_impossible_day_is_a_422(api, query):
    assert places(api.get(f"/law?{query}"))


@pytest.mark.parametrize("query", ["as_of=1990-01-01", "as_of=x", "as_of=", "on=2026-01-01"])
def test_the_page_of_the_law_refuses_an_impossible_day_and_says_what_to_send(api, query):
    answer = api.get(f"/pages/law?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"] == api.get(f"/law?{query}").json()["errors"]
    assert all(fault["remedy"] for fault in answer.json()["errors"])


def test_the_page_of_the_law_shows_programmes_offers_and_what_is_out_of_scope(api):
    page = api.get("/pages/law").text
    for anchor in ("housing_aid", "newborn_kit", "republican_benefits", "insurance_payments"):
        assert f'id="{anchor}"' in page
    assert "30 days of notice and a hearing" in page
    assert "2\u202f356 applications, 913 of them in category 6" in page
    assert 'id="home_teaching"' not in api.get("/pages/law?as_of=2025-08-31").text


def test_the_page_of_the_law_of_a_day_shows_that_day_only(api):
    page = api.get("/pages/law?as_of=2025-08-15").text
    assert "Law: in force on 2025-08-15" in page
    assert "46\u202f228" in page
    assert "50\u202f851" not in page
    assert "Mangystau: 73\u202f276" in page
    assert "39\u202f345.6" in page  # 0.7 × 56 208, the bureau's minimum of the quarter before
    assert "minimum of 2025Q2" in page


def test_the_page_of_the_law_marks_what_is_assumed_and_until_when_a_statistic_speaks(api):
    page = api.get("/pages/law").text
    assert "2025-10-01 to 2025-10-31" in page
    median = page.split('id="median_income_regional"')[1].split("<h3")[0]
    assert "none on file" in median
    assert '<span class="mark doubt">assumed</span>' in median
    assert "order on the size of the poverty line" in median.lower()


def test_the_description_that_is_served_is_our_own(api):
    assert api.get("/openapi.json").json() == json.loads(json.dumps(openapi.document()))


def test_counters_name_addresses_but_no_value(api):
    api.get("/nowhere/900101300123")
    counters = api.get("/metrics").text
    assert 'tarazy_requests_total{path="/score"' in counters
    assert "900101300123" not in counters


# Pages


class _Page(HTMLParser):
    """Collects what a page loads, links to and is marked up with."""

    def __init__(self, text):
        super().__init__()
        self.loads, self.links, self.ids, self.tags = [], [], [], []
        self.lang = None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append(tag)
        self.ids += [given["id"]] if "id" in given else []
        self.lang = given.get("lang") if tag == "html" else self.lang
        if tag == "a":
            self.links.append(given["href"])
        self.loads += [v for k, v in attrs if k == "src" or (k == "href" and tag == "link")]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_loads_nothing_foreign_runs_nothing_and_is_navigable(api, path):
    answer = api.get(path)
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    page = _Page(answer.text)
    assert page.lang == "en"
    assert page.tags.count("h1") == 1
    assert "script" not in page.tags
    assert set(page.loads) == {"data:,", "/pages/style.css"}
    assert len(page.ids) == len(set(page.ids))
    ours = {link for link in page.links if link.startswith("/")}
    for link in ours:
        target = api.get(link.partition("#")[0], follow_redirects=True)
        assert target.status_code == 200, link
        if "#" in link:
            assert link.partition("#")[2] in _Page(target.text).ids, link
    for link in page.links:
        if link.startswith("#"):
            assert link[1:] in page.ids, link


def test_the_pages_show_every_feature_every_value_and_every_column(api):
    features = api.get("/pages/features").text
    assert all(f"<code>{name}</code>" in features for name in FEATURES)
    law = api.get("/pages/law").text
    assert all(f"<code>{name}</code>" in law for name in parameters())
    registers = api.get("/pages/registers").text
    for register in REGISTERS.values():
        assert f'id="{register.name}"' in registers
        assert all(f"<code>{c.name}</code>" in registers for c in register)


def test_the_start_page_says_what_answers(api):
    start = api.get("/").text
    state = api.get("/models").json()
    assert (state["version"] or "Rules answer alone") in start


@pytest.mark.parametrize(
    "path", ["/audit/../keys/signing.pem", "/audit/%2e%2e/keys/signing.pem", "/audit/nothing.html"]
)
def test_no_path_leads_out_of_the_audit_report(api, path):
    target = urlsplit(str(api.base_url))
    connection = http.client.HTTPConnection(target.hostname, target.port, timeout=20)
    connection.request("GET", path)
    assert connection.getresponse().status == 404
    connection.close()


# What is never written down


def test_no_value_of_a_bad_request_reaches_the_log(ask, family, server_log):
    secret = "Secretkhan"
    family["persons"][0]["sex"] = secret
    family[secret] = []
    family["incomes"][0]["amount"] = secret
    ask(family)
    ask(family, service=secret * 9)
    assert secret not in server_log.read_text()
    assert not re.search(r"Traceback|Failed:", server_log.read_text())
