"""What the registers tell of one family on a day: each fact written again from its text.

Part of the second rule engine. A family is one list of rows (plain dicts) for each
register; None in place of the list: the register did not answer. A fact is a whole
number, a fraction where a share is meant, yes or no, or None: unknown.
"""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from tests.second_engine.law import whole

Row = dict[str, Any]
Family = dict[str, list[Row] | None]
Fact = int | bool | Fraction | None

EDUCATION = ["none", "primary", "secondary", "vocational", "higher", "postgraduate"]
CATTLE = {"cattle": 100, "horses": 114, "camels": 143, "sheep": 14, "goats": 14, "pigs": 29}
CATTLE |= {"poultry": 1}
EVENTS = ("known_on", "birth_date", "month", "registered_on", "issued_on", "opened_on")


def facts(family: Family, day: date) -> dict[str, Fact]:
    """Every fact that the scorecard, the hard rule and the red flags ask for."""
    family = _answering(family, day)
    seen = {name: rows and [r for r in rows if visible(r, day)] for name, rows in family.items()}
    seen["persons"] = [p for p in seen["persons"] if is_member(p, day)]
    people = seen["persons"]
    members = {p["person_id"] for p in people}
    for name, rows in seen.items():  # what somebody holds counts while they are a member
        if name != "persons" and rows and "person_id" in rows[0]:
            seen[name] = [r for r in rows if r["person_id"] in members]
    seen = {name: rows and held(name, rows, day) for name, rows in seen.items()}
    by_name: dict[str, Fact] = {}
    by_name |= _people(people, day)
    by_name |= _home(seen["households"][0], len(people))
    by_name |= _income(seen.get("incomes"), len(people), day)
    by_name |= _things(seen, day)
    by_name |= _loans(seen.get("loans"), by_name["counted_income_quarter"], day)
    lent = by_name["loan_principal_quarter"]
    per_member = (
        None if lent is None or not by_name["members"] else lent // (3 * by_name["members"])
    )
    by_name["imputed_loan_income"] = per_member
    by_name |= _transfers(seen.get("transfers"), day)
    return by_name


def _answering(family: Family, day: date) -> Family:
    """The registers that cover the quarter before the day; the others did not answer.

    ``covered`` of a family holds one row: for a register the months that it covers, where
    somebody said so.
    """
    months_of = (family.get("covered") or [{}])[0]
    behind = {n for n, months in months_of.items() if not set(quarter(day)) <= set(months)}
    return {n: None if n in behind else rows for n, rows in family.items() if n != "covered"}


def visible(row: Row, day: date) -> bool:
    """Known to the state by the day, not dated after it, and not struck off by then."""
    dated = [c for c in EVENTS if c != "month" or (row.get("months") or 1) == 1]
    if any(row.get(column) is not None and row[column] > day for column in dated):
        return False
    return row.get("removed_on") is None or row["removed_on"] > day


def is_member(person: Row, day: date) -> bool:
    """Joined, not left, not dead; and not away, for whom the state keeps is no member by the law."""
    if any((end := person.get(name)) and end <= day for name in ("left_on", "died_on")):
        return False
    if (joined := person.get("joined_on")) and joined > day:
        return False
    since = person.get("away_since")
    return person.get("away") is None or bool(since and since > day)


def held(register: str, rows: list[Row], day: date) -> list[Row]:
    """The rows of members that hold on the day: month by month, one row an object."""
    if register == "incomes":
        regular = [r for r in rows if r["source"] != "one_off"]
        return [month for r in regular for month in _month_by_month(r, day)]
    if register == "properties":
        standing = [r for r in rows if r.get("status") != "demolished"]
        objects = {r["property_id"]: r for r in standing if r.get("property_id")}
        return [r for r in standing if not r.get("property_id")] + list(objects.values())
    return [r for r in rows if not _over(register, r, day)]


def _over(register: str, row: Row, day: date) -> bool:
    if register == "loans":
        closed = row.get("closed_on")
        repaid = row.get("outstanding") == 0 or (closed is not None and closed <= day)
        return repaid or row.get("role") == "guarantor"
    if register == "businesses" and (since := row.get("suspended_since")):
        until = row.get("suspended_until")
        return bool(since <= day and (until is None or until >= day))
    return False


def _month_by_month(income: Row, day: date) -> list[Row]:
    """An amount of several months cut evenly; the last of them take what does not divide."""
    months = income.get("months") or 1
    each, rest = divmod(income["amount"], months)
    rows, month = [], income["month"]
    for back in range(months):
        rows.append(income | {"month": month, "amount": each + (back < rest)})
        month = (month - timedelta(days=1)).replace(day=1)
    return [r for r in rows if r["month"] <= day]


def quarter(day: date) -> list[date]:
    """The three complete months before the day, by their first days."""
    months, year, month = [], day.year, day.month
    for _ in range(3):
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
        months.append(date(year, month, 1))
    return months


def age(born: date, day: date) -> int:
    """Full years lived; who was born on 29 February has a birthday on 1 March in common years."""
    had_birthday = (day.month, day.day) >= (born.month, born.day)
    return day.year - born.year - (0 if had_birthday else 1)


def count(rows: Iterable[Row], test: Callable[[Row], bool | None]) -> int | None:
    """How many pass; unknown as soon as one of them is."""
    answers = [test(row) for row in rows]
    return None if None in answers else sum(map(bool, answers))


def total(amounts: Iterable[int | None]) -> int | None:
    known = list(amounts)
    return None if None in known else sum(known)


def _is(value: Any, *wanted: Any) -> bool | None:
    return None if value is None else value in wanted


def _people(people: list[Row], day: date) -> dict[str, Fact]:
    children = [p for p in people if age(p["birth_date"], day) < 18]
    adults = [p for p in people if age(p["birth_date"], day) >= 18]
    students = [
        p
        for p in adults
        if age(p["birth_date"], day) < 23
        and p.get("study") in ("school", "home", "college", "university")
        and p.get("relation") not in ("head", "spouse", "parent")
    ]
    pupils = [p for p in children if age(p["birth_date"], day) >= 7]
    of_working_age = [p for p in adults if age(p["birth_date"], day) <= 62]
    working = count(adults, lambda p: _is(p.get("activity"), "employee", "self_employed"))
    idle = ("registered_unemployed", "inactive", "caring")
    disabled = lambda p: None if p.get("disability") is None else p["disability"] != "none"  # noqa: E731
    levels = [p.get("education") for p in adults]
    dependants = None if working is None else len(people) - working
    intensity: Fact = None
    if not of_working_age:
        intensity = Fraction(0)
    elif working is not None:
        intensity = Fraction(working, len(of_working_age))
    return {
        "members": len(people),
        "children": len(children),
        "children_and_students": len(children) + len(students),
        "adults": len(adults),
        "adults_of_working_age": len(of_working_age),
        "working_members": working,
        "dependants": dependants,
        "dependency_ratio": Fraction(dependants, len(people))
        if people and dependants is not None
        else None,
        "single_parent": len(adults) == 1 and len(children) > 0,
        "children_under_guardianship": count(children, lambda p: p.get("guardianship")),
        "members_with_disability": count(people, disabled),
        "members_with_severe_disability": count(
            people, lambda p: _is(p.get("disability"), "group1", "group2")
        ),
        "children_with_disability": count(children, disabled),
        "members_with_chronic_condition": count(people, lambda p: p.get("chronic_condition")),
        "adult_education": None if None in levels else max(map(EDUCATION.index, levels), default=0),
        "pupils_not_enrolled": count(pupils, lambda p: _is(p.get("enrolled"), False)),
        "adults_without_work": count(people, lambda p: _is(p.get("activity"), *idle)),
        "work_intensity": intensity,
    }


def _home(home: Row, members: int) -> dict[str, Fact]:
    area, tenure = home.get("living_area_m2"), home.get("tenure")
    amenities = [home.get(n) for n in ("piped_water", "sewerage", "central_heating")]
    decimetres = None if area is None else whole(Fraction(area) * 100)
    return {
        "living_area": decimetres,
        "living_area_per_member": decimetres // members
        if decimetres is not None and members
        else None,
        "amenities_missing": None if None in amenities else amenities.count(False),
        "rents_home": _is(tenure, "rented"),
        "without_own_home": None if tenure is None else tenure != "owned",
    }


def _income(rows: list[Row] | None, members: int, day: date) -> dict[str, Fact]:
    def received(*sources: str) -> int | None:
        if rows is None:
            return None
        months = quarter(day)
        counted = [r for r in rows if r["month"] in months]
        return sum(r["amount"] for r in counted if not sources or r["source"] in sources)

    def per_member(amount: int | None) -> int | None:
        return None if amount is None or not members else amount // (3 * members)

    everything = received()
    left_out = received("targeted_assistance", "child_disability_benefit")
    counted = None if everything is None else everything - left_out
    paid = received(
        "pension", "allowance", "targeted_assistance", "child_disability_benefit", "scholarship"
    )
    share: Fact = None
    if everything is not None:
        share = Fraction(paid, everything) if everything else Fraction(1)
    return {
        "income_quarter": everything,
        "counted_income_quarter": counted,
        "income_per_member": per_member(counted),
        "wage_per_member": per_member(received("wage")),
        "enterprise_income_per_member": per_member(received("self_employment", "business")),
        "benefit_share": share,
        "income_besides_benefits_per_member": per_member(
            None if everything is None else everything - paid
        ),
    }


def _things(seen: Family, day: date) -> dict[str, Fact]:
    usable = lambda v: v.get("status") in (None, "normal")  # noqa: E731
    on_the_road = lambda v: v["kind"] in ("car", "truck", "bus") and usable(v)  # noqa: E731

    def recent(vehicle: Row) -> bool | None:
        if not on_the_road(vehicle):
            return False
        made = vehicle.get("model_year")
        return None if made is None else made >= day.year - 7

    def is_dwelling(thing: Row) -> bool:
        fit = thing.get("status") in (None, "habitable")
        return thing["kind"] in ("apartment", "house") and fit

    def counted(register: str, test: Callable[[Row], bool | None]) -> int | None:
        rows = seen.get(register)
        return None if rows is None else count(rows, test)

    livestock, deposits = seen.get("livestock"), seen.get("deposits")
    return {
        "dwellings": counted("properties", is_dwelling),
        "land_plots": counted("properties", lambda p: p["kind"] == "land_plot"),
        "vehicles": counted("vehicles", on_the_road),
        "cars": counted("vehicles", lambda v: v["kind"] == "car" and usable(v)),
        "recent_vehicles": counted("vehicles", recent),
        "livestock_units": None
        if livestock is None
        else sum(CATTLE[r["species"]] * r["heads"] for r in livestock),
        "active_businesses": counted(
            "businesses", lambda b: b.get("closed_on") is None or b["closed_on"] > day
        ),
        "deposits_balance": None if deposits is None else sum(r["balance"] for r in deposits),
    }


def _loans(loans: list[Row] | None, income: Fact, day: date) -> dict[str, Fact]:
    if loans is None:
        names = "loan_payments_month", "days_overdue", "loan_principal_quarter", "payment_burden"
        return dict.fromkeys(names)
    months = quarter(day)

    def lent(loan: Row) -> int | None:
        if loan["kind"] in ("mortgage", "instalment"):
            return 0
        if loan.get("issued_on") is None:
            return None
        return loan.get("principal") if loan["issued_on"].replace(day=1) in months else 0

    due = sum(r["monthly_payment"] for r in loans if r["kind"] != "business")
    overdue = [r.get("days_overdue") for r in loans]
    burden: Fact = None
    if due == 0:
        burden = Fraction(0)
    elif income is not None:
        burden = min(Fraction(1), Fraction(3 * due, income)) if income else Fraction(1)
    return {
        "loan_payments_month": due,
        "days_overdue": None if None in overdue else max(overdue, default=0),
        "loan_principal_quarter": total(map(lent, loans)),
        "payment_burden": burden,
    }


def _transfers(rows: list[Row] | None, day: date) -> dict[str, Fact]:
    if rows is None:
        names = "transfer_senders", "transfers_of_top_receiver_quarter"
        return dict.fromkeys((*names, "transfers_from_many_senders_quarter"))
    months = quarter(day)
    by_member = []
    for member in {r["person_id"] for r in rows if r["month"] in months}:
        mine = [r for r in rows if r["person_id"] == member and r["month"] in months]
        senders = [sum(r["senders"] for r in mine if r["month"] == m) for m in months]
        by_member.append((min(senders), sum(r["amount"] for r in mine)))
    senders, amount = max(by_member, default=(0, 0))
    return {
        "transfer_senders": senders,
        "transfers_of_top_receiver_quarter": amount,
        "transfers_from_many_senders_quarter": max([a for s, a in by_member if s >= 100] or [0]),
    }
