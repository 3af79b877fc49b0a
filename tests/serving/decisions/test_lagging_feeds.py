"""A family is decided alike by the command and by the API, on every day on which a feed lags.

Three regions report their months with delays of their own, some in parts, one register with a
hole. Every day around the ends of two months is decided twice: all families from the files, and
each as a request that carries the coverage that the files have. By default those days are
asked of on which a feed or the calendar brings something new; the long run asks of every day.
"""

from datetime import date, timedelta
from random import Random
from typing import Any

import polars as pl
import pytest

from features.build import silence
from features.registers.coverage import LOOKS_BACK
from features.registers.reading.load import open_data_set
from features.registers.snapshot import make
from features.units import add_months
from models.columns import SCORE_SCHEMA
from models.decision.pipeline import decide
from models.law.parameters import Law
from serving.decisions import batch
from serving.decisions.answers import answers, decided
from serving.requests.request import read_many, read_one
from tests.features import data_sets
from tests.golden import golden
from tests.serving.families_as_requests import covered, requests_of

KEY = b"a home's secret"
MADE = date(2026, 5, 31)
FAMILIES = 60
LAGS = {"71": 3, "10": 12, "61": 40}
"""Days after a month's end on which a region reports it; the registers add theirs."""
SLOWER = {"incomes": 0, "transfers": 2, "utilities": 4}
EVERY_DAY = range(-15, 16)
"""Around the end of a month; 0: its last day."""
TURNS = (-15, -14, 0, 1, 10, 12, 13, 14, 15)
"""Around the end of 2025: its last day, the first of 2026, and each day on which a feed covers another month."""
REGION = {number: list(LAGS)[number % 3] for number in range(1, FAMILIES + 1)}


def learned(register: str, region: str, month: date, rng: Random) -> date:
    """The day the state learned a row; one in ten came early, one in ten a month late."""
    usual = add_months(month, 1) + timedelta(days=LAGS[region] + SLOWER[register])
    return usual + timedelta(days=rng.choice((-12, 30, *[0] * 8)))


def rows(register: str, rng: Random) -> pl.DataFrame:
    """Mostly a row a family and month, for sixteen months; one register lost a month."""
    written: list[dict[str, Any]] = []
    for back in range(16, 0, -1):
        month = add_months(MADE, -back)
        if (register, month) == ("utilities", date(2025, 9, 1)):
            continue
        for number, region in REGION.items():
            if rng.random() < 0.1:
                continue
            row = {
                "household_id" if register == "utilities" else "person_id": number,
                "month": month,
                "amount": rng.choice((0, 40_000, 90_000, 250_000)),
                "known_on": learned(register, region, month, rng),
            }
            row |= {"incomes": {"source": "wage"}, "transfers": {"senders": 120}}.get(register, {})
            written.append(row)
    return pl.DataFrame(written)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    rng = Random(11)
    folder = tmp_path_factory.mktemp("lagging")
    numbers = list(REGION)
    households = pl.DataFrame(
        {
            "household_id": numbers,
            "region": [REGION[n] for n in numbers],
            "settlement": [rng.choice(("urban", "rural")) for _ in numbers],
            "tenure": ["owned"] * FAMILIES,
            "living_area_m2": [rng.choice((30.0, 60.0)) for _ in numbers],
            "rooms": [2] * FAMILIES,
            "piped_water": [True] * FAMILIES,
            "sewerage": [True] * FAMILIES,
            "central_heating": [True] * FAMILIES,
            "internet": [True] * FAMILIES,
        }
    )
    persons = pl.DataFrame(
        {
            "person_id": numbers,
            "household_id": numbers,
            "birth_date": [date(1985, 1, 1)] * FAMILIES,
            "sex": ["f"] * FAMILIES,
            "relation": ["head"] * FAMILIES,
            "activity": ["employee"] * FAMILIES,
            "education": ["secondary"] * FAMILIES,
            "disability": ["none"] * FAMILIES,
            "chronic_condition": [False] * FAMILIES,
            "enrolled": [False] * FAMILIES,
            "guardianship": [False] * FAMILIES,
            "clinic_attached": [True] * FAMILIES,
        }
    )
    registers = {name: rows(name, rng) for name in LOOKS_BACK}
    empty = {"vehicles": data_sets.VEHICLES.clear(), "loans": data_sets.LOANS.clear()}
    given = {"households": households, "persons": persons, **registers, **empty}
    data = data_sets.write(folder / "data", dict.fromkeys(data_sets.GOOD) | given)
    return make(open_data_set(data), MADE, folder / "snap")


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return golden.models(tmp_path_factory.mktemp("bundle") / "home")


@pytest.fixture(scope="module")
def families(snapshot):
    """The households as another system would send them, with every row there ever was."""
    return list(requests_of(snapshot, FAMILIES))


def as_sent(family, snapshot, day):
    """A household with the coverage that the files have on the day; what covers nothing is null."""
    coverage = covered(snapshot, family["region"], day)
    return family | {n: None for n in LOOKS_BACK if n not in coverage} | {"coverage": coverage}


def test_a_feed_covers_another_month_on_no_day_that_is_left_out(snapshot):
    end, of_the_eve = date(2025, 12, 31), None
    for n in EVERY_DAY:
        of_the_day = {r: covered(snapshot, r, end + timedelta(days=n)) for r in LAGS}
        assert of_the_day == of_the_eve or n in TURNS, n
        of_the_eve = of_the_day


@pytest.mark.parametrize(
    ("end", "days"),
    [
        pytest.param(date(2025, 12, 31), TURNS, id="2025-12-31"),
        pytest.param(
            date(2025, 12, 31), EVERY_DAY, id="2025-12-31, every day", marks=pytest.mark.long
        ),
        pytest.param(
            date(2026, 1, 31), EVERY_DAY, id="2026-01-31, every day", marks=pytest.mark.long
        ),
    ],
)
def test_every_family_is_decided_alike_by_both_on_every_day_around_a_months_end(
    snapshot, families, models, tmp_path, end, days
):
    differing, silences = [], set()
    for day in (end + timedelta(days=n) for n in days):
        sent = [as_sent(family, snapshot, day) for family in families]
        request = read_many({"as_of": str(day), "households": sent})
        groups = decided(request, models)
        silences |= {household.silent for household in request.households}
        by_request = pl.concat(
            group.decisions.table.with_columns(
                household_id=pl.Series([families[p]["household_id"] for p in group.positions])
            )
            for group in groups
        ).sort("household_id")
        by_files = batch.score(
            snapshot, as_of=day, models=models, out=tmp_path / "d.parquet", key=KEY
        ).table
        differing += [
            (day, name) for name in SCORE_SCHEMA if not by_files[name].equals(by_request[name])
        ]
    assert differing == []
    assert len(silences) >= 3  # the feeds did lag, each in its own way


@pytest.mark.parametrize("day", [date(2026, 1, 5), date(2026, 2, 1)], ids=str)
def test_a_family_asked_for_alone_is_answered_as_in_the_batch(
    snapshot, families, models, tmp_path, day
):
    scored = batch.score(snapshot, as_of=day, models=models, out=tmp_path / "d.parquet", key=KEY)
    for family in families[:12]:
        sent = as_sent(family, snapshot, day)
        body = {"as_of": str(day), "coverage": sent.pop("coverage"), "household": sent}
        [answer] = [one.as_json() for one in answers(read_one(body), models)]
        row = scored.table.row(
            by_predicate=pl.col("household_id") == family["household_id"], named=True
        )
        for name in ("category", "status", "model_category_set", "model_flag", "rule_flag"):
            assert answer[name] == row[name], (name, family["household_id"])


def test_nobody_known_on_the_day_is_no_decision_though_a_feed_lags_behind(snapshot, models):
    day = date(2026, 1, 25)
    registers = snapshot.registers(0, day)
    assert silence(registers)
    later = registers["households"].with_columns(known_on=pl.lit(day + timedelta(days=1)))
    nobody = decide(registers | {"households": later}, models, Law(day)).table
    assert nobody.is_empty()
    assert dict(nobody.schema) == SCORE_SCHEMA
