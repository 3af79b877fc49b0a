"""Families that stand where rules go wrong: on a line, one below it, one above it.

Lines come from the law on file (every step of the scorecard, the hard rule, every flag), so a
changed value moves the families with it. Values are mixed with what must not count: other
months, later knowledge, struck-off rows, strangers, things of other kinds, and nulls.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from random import Random
from typing import Any

from tests.second_engine.facts import EDUCATION, Family, Row, quarter
from tests.second_engine.law import bound, edition, line_of_the_country, page, value, whole

SOURCES = ("pension", "allowance", "scholarship", "alimony", "rent", "other")
LEFT_OUT = ("targeted_assistance", "child_disability_benefit")
MAY_BE_SILENT = (
    "incomes",
    "properties",
    "vehicles",
    "livestock",
    "loans",
    "businesses",
    "transfers",
    "deposits",
)
Lines = dict[str, list[int | Fraction]]


def lines(day: date) -> Lines:
    """Every number that the law of the day compares a fact with, by the fact's name."""
    card = page(f"scorecards/{edition('decision_policy', day)['scorecard']}")
    bounded = [
        (p["feature"], p.get("unit"), s)
        for c in card["criteria"]
        for p in c["parts"]
        for s in p["steps"]
    ]
    bounded += [(c["feature"], c.get("unit"), c) for c in edition("hard_rule", day)["conditions"]]
    by_fact: Lines = {}
    for fact, unit, declared in bounded:
        if limit := bound(declared, unit, day):
            by_fact.setdefault(fact, []).append(limit[1])
    return by_fact


def month_before(day: date, back: int) -> tuple[int, int]:
    """The year and the month so many months before the month of a day."""
    year, month = divmod(day.year * 12 + day.month - 1 - back, 12)
    return year, month + 1


class Author:
    """Writes families of one day; every choice comes from the generator that was passed."""

    def __init__(self, rng: Random, day: date, silent: Sequence[str] = ()) -> None:
        self.rng, self.day, self.silent = rng, day, set(silent)
        # A generator of its own: what is covered changes no other choice.
        self.covering = Random()
        self.covering.setstate(rng.getstate())
        self.lines = lines(day)
        self.months = quarter(day)
        self.keys = 0
        self.wealthy = False

    def family(self) -> Family:
        """One household with all its rows; keys are its own and no other family's."""
        rng = self.rng
        self.wealthy = self._often(0.15)
        size = rng.choice((0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 6, 8, 12))
        home = self._home(size)
        people = [self._person(home) for _ in range(size)]
        members = [p for p in people if p["known_on"] is None or p["known_on"] <= self.day]
        members = [p for p in members if p["birth_date"] <= self.day]
        incomes = self._incomes(people, len(members))
        counted = sum(
            r["amount"]
            for r in incomes
            if r["month"] in self.months and r["source"] not in LEFT_OUT
        )
        family: Family = {
            "households": [home],
            "persons": people,
            "incomes": incomes,
            "properties": self._properties(people),
            "vehicles": self._vehicles(people),
            "livestock": self._livestock(people),
            "loans": self._loans(people, len(members), counted),
            "businesses": self._businesses(people),
            "transfers": self._transfers(people),
            "deposits": self._deposits(people),
            "covered": [self._covered()],
        }
        return {name: None if name in self.silent else rows for name, rows in family.items()}

    def _covered(self) -> Row:
        """The months that monthly registers cover, of the fourteen before the day: mostly all."""
        months = [date(*month_before(self.day, back), 1) for back in range(14)]
        covered: Row = {}
        for register in ("incomes", "transfers"):
            if register not in self.silent and self.covering.random() < 0.1:
                gone = self.covering.sample(months, self.covering.choice((0, 1, 1, 2)))
                first = self.covering.choice((2, 3, 4, 13))
                covered[register] = [m for m in months[: first + 1] if m not in gone]
        return covered

    # -- numbers ---------------------------------------------------------------------------

    def _key(self) -> int:
        self.keys += 1
        return self.keys

    def _often(self, share: float) -> bool:
        return self.rng.random() < share

    def _near(self, line: int | Fraction) -> int:
        """A whole number on the line, one below or one above; never below nought."""
        return max(0, int(line) + self.rng.choice((-1, 0, 0, 1)))

    def _amount(self, fact: str) -> int:
        """An amount near a line of a fact, or any amount."""
        if self.lines.get(fact) and (self.wealthy or self._often(0.7)):
            of_fact = self.lines[fact]
            return self._near(max(of_fact) if self.wealthy else self.rng.choice(of_fact))
        return self.rng.choice((0, 1, self.rng.randrange(400_000)))

    def _maybe(self, value: Any, unknown: float = 0.03) -> Any:
        return None if self._often(unknown) else value

    def _seldom(self) -> date | None:
        return self._around(self.day) if self._often(0.012) else None

    def _around(self, day: date) -> date:
        return day + timedelta(days=self.rng.choice((-400, -31, -1, 0, 0, 1, 40)))

    def _seldom_hidden(self, *, of_things: bool = True) -> Row:
        """When the state learned, entered and struck off a row: mostly long ago and never."""
        rng = self.rng
        row: Row = {"known_on": None}
        if self._often(0.08):
            row["known_on"] = self.day + timedelta(days=rng.choice((-30, -1, 0, 1, 30)))
        if of_things:
            row |= {"removed_on": None, "registered_on": None}
            if self._often(0.08):
                row["removed_on"] = self.day + timedelta(days=rng.choice((-30, -1, 0, 1, 30)))
            if self._often(0.3):
                row["registered_on"] = self.day - timedelta(days=rng.choice((0, 1, 100, 3000)))
        return row

    def _split(self, amount: int, parts: int) -> list[int]:
        """Cut an amount into parts that add up to it."""
        cuts = sorted(self.rng.randrange(amount + 1) for _ in range(parts - 1))
        return [b - a for a, b in zip([0, *cuts], [*cuts, amount], strict=True)]

    # -- registers -------------------------------------------------------------------------

    def _home(self, size: int) -> Row:
        rng = self.rng
        each = self._near(rng.choice(self.lines["living_area_per_member"]))
        on_a_line = each * size + rng.choice((0, max(0, size - 1)))
        hundredths = on_a_line if self._often(0.7) else rng.randrange(30_000)
        return {
            "household_id": self._key(),
            "region": rng.choice(("71", "75", "61", "79", "35")),
            "settlement": rng.choice(("urban", "rural")),
            "tenure": self._maybe(
                rng.choice(("owned", "rented", "social", "dormitory", "relatives"))
            ),
            "living_area_m2": self._maybe(hundredths / 100),
            **{
                n: self._maybe(self._often(0.6))
                for n in ("piped_water", "sewerage", "central_heating")
            },
        }

    def _person(self, home: Row) -> Row:
        rng = self.rng
        years = rng.choice((0, 6, 7, 10, 17, 18, 18, 30, 40, 62, 63, 63, 80))
        born = self.day - timedelta(days=round(years * 365.2425))
        if self._often(0.6):
            year = self.day.year - years
            leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
            on = (
                (2, 28 + leap)
                if (self.day.month, self.day.day) == (2, 29)
                else (self.day.month, self.day.day)
            )
            born = date(year, *on) + timedelta(days=rng.choice((-1, 0, 0, 1)))
        return {
            "person_id": self._key(),
            "household_id": home["household_id"],
            "birth_date": born,
            "sex": rng.choice("fm"),
            "guardianship": self._maybe(self._often(0.1)),
            "education": self._maybe(rng.choice(EDUCATION)),
            "activity": self._maybe(
                rng.choice(
                    (
                        "child",
                        "student",
                        "employee",
                        "employee",
                        "self_employed",
                        "registered_unemployed",
                        "caring",
                        "inactive",
                        "pensioner",
                    )
                )
            ),
            "disability": self._maybe(
                rng.choice(("none",) * 12 + ("group1", "group2", "group3", "child"))
            ),
            "chronic_condition": self._maybe(self._often(0.15)),
            "enrolled": self._maybe(self._often(0.8)),
            "study": rng.choice((None, None, "school", "college", "university")),
            "relation": self._maybe(rng.choice(("head", "spouse", "child", "child", "other"))),
            "joined_on": self._seldom(),
            "left_on": self._seldom(),
            "died_on": self._seldom(),
            "away": rng.choice((None,) * 120 + ("conscript", "prison", "institution")),
            "away_since": self._seldom(),
            **self._seldom_hidden(of_things=False),
        }

    def _incomes(self, people: list[Row], members: int) -> list[Row]:
        rng = self.rng
        if not people or self._often(0.06):
            return []
        each = 3 * max(1, members)

        def quarterly(fact: str) -> int:
            """A quarter's sum that leaves the fact on a line, a tenge a head less, or more."""
            return max(0, self._amount(fact) * each + rng.choice((-1, 0, 0, each - 1)))

        parts = {"wage": quarterly("wage_per_member") if self._often(0.6) else 0}
        own = quarterly("enterprise_income_per_member") if self._often(0.4) else 0
        parts[rng.choice(("self_employment", "business"))] = own
        wanted = quarterly("income_per_member")
        rest = wanted - sum(parts.values())
        if rest > 0:
            for amount in self._split(rest, rng.randint(1, 3)):
                source = rng.choice(SOURCES)
                parts[source] = parts.get(source, 0) + amount
        for source in LEFT_OUT:
            parts[source] = rng.randrange(200_000) if self._often(0.2) else 0
        rows = []
        for source, amount in parts.items():
            if amount:
                cut = zip(self.months, self._split(amount, 3), strict=True)
                rows += [self._received(rng.choice(people), m, source, a) for m, a in cut]
        for month in (
            self.day.replace(day=1),
            self._before_the_quarter(),
            date(self.day.year + 1, 1, 1),
        ):
            if self._often(0.15):
                rows.append(
                    self._received(
                        rng.choice(people),
                        month,
                        rng.choice(("wage", "one_off", *SOURCES)),
                        rng.randrange(300_000),
                        rng.choice((None, None, 1, 2, 7)),
                    )
                )
        return rows

    def _before_the_quarter(self) -> date:
        return (self.months[-1] - timedelta(days=1)).replace(day=1)

    def _received(
        self, person: Row, month: date, source: str, amount: int, months: int | None = None
    ) -> Row:
        late = self.day + timedelta(days=1) if self._often(0.02) else None
        return {
            "person_id": person["person_id"],
            "month": month,
            "source": source,
            "amount": amount,
            "months": months,
            "known_on": late,
        }

    def _held(self, people: list[Row], most: int, make: Any) -> list[Row]:
        if not people:
            return []
        many = self.rng.choice((1, 2, 2, 3, 4) if self.wealthy else (0, 0, 1, 1, 2, 2, 3, most))
        return [
            {"person_id": self.rng.choice(people)["person_id"]} | make() | self._seldom_hidden()
            for _ in range(many)
        ]

    def _properties(self, people: list[Row]) -> list[Row]:
        kinds = ("apartment", "apartment", "house", "house")
        kinds += () if self.wealthy else (*["land_plot"] * 4, "commercial", "garage")
        rows = self._held(
            people,
            6,
            lambda: {
                "kind": self.rng.choice(kinds),
                "property_id": None,
                "share": self.rng.choice((None, 1.0, 0.5, 0.000001, 0.25)),
                "area_m2": self._maybe(50.5),
                "status": self.rng.choice((None,) * 9 + ("habitable", "unfit", "demolished")),
                "value": self._maybe(9_000_000),
            },
        )
        return self._owned_together(rows)

    def _owned_together(self, rows: list[Row]) -> list[Row]:
        """Let some rows of one kind be shares of one object, which the family owns once."""
        flats = [r for r in rows if r["kind"] == "apartment" and not r["status"]]
        if len(flats) > 1 and self._often(0.4):
            key = self._key()
            for row in flats:
                row |= {"property_id": key, "removed_on": None, "known_on": None}
                row["registered_on"] = None
        return rows

    def _vehicles(self, people: list[Row]) -> list[Row]:
        kinds = ("car", "car", "car", "truck", "bus")
        kinds += () if self.wealthy else ("tractor", "motorcycle", "moped", "trailer")
        states = (None, "normal", "normal")
        states += (
            () if self.wealthy else ("written_off", "arrested", "stolen", "sold_not_reregistered")
        )
        return self._held(
            people,
            4,
            lambda: {
                "kind": self.rng.choice(kinds),
                "model_year": self._maybe(self.day.year - self.rng.choice((0, 6, 7, 7, 8, 8, 20))),
                "status": self.rng.choice(states),
                "value": self._maybe(3_000_000),
            },
        )

    def _livestock(self, people: list[Row]) -> list[Row]:
        bounds = self.lines.get("livestock_units", [500])
        heads = {"cattle": 100, "poultry": 1, "sheep": 14}

        def herd() -> Row:
            species = self.rng.choice((*heads, "horses", "camels", "goats", "pigs"))
            line = self.rng.choice(bounds) // heads.get(species, 100)
            return {"species": species, "heads": self._near(line)}

        return self._held(people, 1, herd)

    def _businesses(self, people: list[Row]) -> list[Row]:
        return self._held(
            people,
            3,
            lambda: {
                "form": self.rng.choice(("IP", "TOO", "KH")),
                "opened_on": self._maybe(self.day - timedelta(days=self.rng.choice((0, 1, 2000)))),
                "closed_on": None if self._often(0.6) else self._around(self.day),
                "turnover_12m": self._maybe(0),
                "suspended_since": self._seldom(),
                "suspended_until": self._seldom(),
            },
        )

    def _deposits(self, people: list[Row]) -> list[Row]:
        return self._held(people, 2, lambda: {"balance": self._amount("deposits_balance")})

    def _loans(self, people: list[Row], members: int, income: int) -> list[Row]:
        rng = self.rng
        rows = self._held(
            people,
            3,
            lambda: {
                "kind": rng.choice(
                    ("consumer", "mortgage", "auto", "micro", "business", "instalment")
                ),
                "monthly_payment": 0,
                "principal": self._maybe(0),
                "issued_on": self._maybe(self.day - timedelta(days=2000)),
                "outstanding": self._maybe(0 if self._often(0.05) else 1),
                "role": rng.choice((None,) * 9 + ("borrower", "co_borrower", "guarantor")),
                "closed_on": self._seldom(),
                "days_overdue": self._maybe(
                    self._amount("days_overdue") if self._often(0.5) else 0
                ),
            },
        )
        if rows:
            multiples = [*self.lines.get("payment_burden", [Fraction(1, 2)]), 1]
            if (ratio := value("payments_to_income_ratio", self.day)) is not None:
                multiples.append(ratio)
            due = self._near(whole(rng.choice(multiples) * income / 3))
            for row, amount in zip(rows, self._split(due, len(rows)), strict=True):
                row["monthly_payment"] = amount if self._often(0.9) else 0
            lent = self._lent(members)
            for row, amount in zip(rows, self._split(lent, len(rows)), strict=True):
                row["principal"] = self._maybe(amount)
                row["issued_on"] = self._maybe(self._lent_on())
        return rows

    def _lent(self, members: int) -> int:
        limit, minimum = (
            value(n, self.day) for n in ("loan_principal_limit", "subsistence_minimum")
        )
        of_both = ((limit or 2) * minimum, 3 * line_of_the_country(self.day))
        return self._near(whole(self.rng.choice(of_both) * members))

    def _lent_on(self) -> date:
        """A day in the quarter, mostly; its first and last days, and those beside them."""
        last = self.day.replace(day=1) - timedelta(days=1)
        first = self.months[-1]
        beside = (first - timedelta(days=1), first, last, last + timedelta(days=1))
        return self.rng.choice((*beside, last - timedelta(days=20), last - timedelta(days=50)))

    def _transfers(self, people: list[Row]) -> list[Row]:
        rng, rows = self.rng, []
        wages = value("transfers_limit_minimum_wages", self.day) or 12
        line = whole(wages * value("minimum_wage", self.day))
        limit = value("transfer_senders_limit", self.day) or 100
        for person in people[:3]:
            if self._often(0.6):
                continue
            months = self.months if self._often(0.8) else self.months[:2]
            amounts = self._split(self._near(line), len(months))
            for month, amount in zip(months, amounts, strict=True):
                any_line = rng.choice(self.lines["transfer_senders"])
                senders = self._near(limit if self._often(0.6) else any_line)
                parts = self._split(senders, rng.choice((1, 1, 2)))
                rows += [self._sent(person, month, many, 0) for many in parts]
                rows[-1]["amount"] = amount
            if self._often(0.2):
                rows.append(self._sent(person, self.day.replace(day=1), 900, 9_000_000))
        return rows

    def _sent(self, person: Row, month: date, senders: int, amount: int) -> Row:
        return {
            "person_id": person["person_id"],
            "month": month,
            "senders": senders,
            "amount": amount,
            "known_on": None,
        }
