"""A child more, a disability, a lost job or an asset less: proved on the registers themselves."""

from datetime import date

import polars as pl
from hypothesis import strategies as st

from features.build import build
from features.registers.declared import REGISTERS
from models.law.parameters import Law
from models.rules.category import rule_category
from models.rules.scorecard import assess
from tests.drawn import drawn

DAY = date(2026, 1, 1)
MONTHS = [date(2025, 12 - back, 1) for back in range(12)]
WORK = ("employee", "self_employed")
PAYMENTS = ("pension", "targeted_assistance")
POSSESSIONS = ("properties", "vehicles", "livestock", "deposits", "businesses")
EDUCATION = ("none", "primary", "secondary", "vocational", "higher", "postgraduate")


def _of(name: str, column: str) -> st.SearchStrategy:
    return st.sampled_from(REGISTERS[name][column].enumeration)


def person(birth: st.SearchStrategy, **fields: st.SearchStrategy) -> st.SearchStrategy:
    known = {
        "birth_date": birth,
        "education": st.sampled_from(EDUCATION),
        "activity": _of("persons", "activity"),
        "disability": _of("persons", "disability"),
        "chronic_condition": st.booleans(),
        "enrolled": st.booleans(),
        "guardianship": st.booleans(),
        "clinic_attached": st.booleans(),
    }
    return st.fixed_dictionaries(known | fields)


ADULTS = person(
    st.dates(date(1940, 1, 1), date(2008, 1, 1)),
    wage=st.sampled_from((0, 60_000, 150_000, 400_000, 1_500_000)),
    pension=st.sampled_from((0, 0, 90_000)),
    targeted_assistance=st.sampled_from((0, 0, 0, 25_000)),
    payment=st.sampled_from((0, 0, 30_000, 300_000)),
)
CHILDREN = person(
    st.dates(date(2008, 1, 2), date(2025, 12, 31)),
    activity=st.sampled_from(("child", "student")),
    # What the state does not know of a child must not help the family's points either.
    education=st.none() | st.sampled_from(EDUCATION),
    chronic_condition=st.none() | st.booleans(),
    enrolled=st.none() | st.booleans(),
)
FAMILY = st.fixed_dictionaries(
    {
        "adults": st.lists(ADULTS, min_size=1, max_size=3),
        "children": st.lists(CHILDREN, max_size=4),
        "dwelling": st.fixed_dictionaries(
            {
                "tenure": _of("households", "tenure"),
                "living_area_m2": st.sampled_from((18.0, 40.5, 75.0, 180.0)),
                "piped_water": st.booleans(),
                "sewerage": st.booleans(),
                "central_heating": st.booleans(),
            }
        ),
        "properties": st.lists(
            st.fixed_dictionaries({"kind": _of("properties", "kind")}), max_size=4
        ),
        "vehicles": st.lists(
            st.fixed_dictionaries(
                {"kind": _of("vehicles", "kind"), "model_year": st.sampled_from((2005, 2018, 2024))}
            ),
            max_size=3,
        ),
        "livestock": st.lists(
            st.fixed_dictionaries(
                {"species": _of("livestock", "species"), "heads": st.sampled_from((1, 20, 300))}
            ),
            max_size=2,
        ),
        "deposits": st.lists(
            st.fixed_dictionaries({"balance": st.sampled_from((0, 90_000, 5_000_000))}), max_size=2
        ),
        "businesses": st.lists(
            st.fixed_dictionaries({"form": _of("businesses", "form")}), max_size=2
        ),
        "transfers": st.sampled_from((0, 40, 150)),
    }
)


def variants(family: dict, extra_child: dict) -> dict[str, dict]:
    """The family as it is, and every way in which it can be one step worse off."""
    by_change = {"as it is": family}
    by_change["a child more"] = family | {"children": [*family["children"], extra_child]}
    for n, adult in enumerate(family["adults"]):
        others = family["adults"][:n], family["adults"][n + 1 :]
        if adult["disability"] == "none":
            for group in ("group1", "group3"):
                disabled = adult | {"disability": group}
                by_change[f"{group} for adult {n}"] = family | {
                    "adults": [*others[0], disabled, *others[1]]
                }
        if adult["activity"] in WORK:
            out_of_work = adult | {"activity": "registered_unemployed", "wage": 0}
            by_change[f"adult {n} out of work"] = family | {
                "adults": [*others[0], out_of_work, *others[1]]
            }
        for payment in PAYMENTS:
            if adult.get(payment):
                by_change[f"{payment} of adult {n} lost"] = family | {
                    "adults": [*others[0], adult | {payment: 0}, *others[1]]
                }
    for n, child in enumerate(family["children"]):
        if child["disability"] == "none":
            children = list(family["children"])
            children[n] = child | {"disability": "child"}
            by_change[f"child {n} with a disability"] = family | {"children": children}
    for register in POSSESSIONS:
        for n in range(len(family[register])):
            fewer = family[register][:n] + family[register][n + 1 :]
            by_change[f"{register} {n} less"] = family | {register: fewer}
    return by_change


def registers(families: list[dict]) -> dict[str, pl.DataFrame]:
    rows: dict[str, list[dict]] = {
        name: []
        for name in ("households", "persons", "incomes", "loans", "transfers", *POSSESSIONS)
    }
    for household, family in enumerate(families, start=1):
        key = {"household_id": household}
        rows["households"].append(
            key | {"region": "35", "settlement": "urban"} | family["dwelling"]
        )
        owner = key | {"person_id": 100 * household}
        for n, recorded in enumerate([*family["adults"], *family["children"]]):
            me = key | {"person_id": 100 * household + n}
            money = {k: recorded[k] for k in ("wage", "payment", *PAYMENTS) if k in recorded}
            rows["persons"].append(
                me | {"sex": "f"} | {k: v for k, v in recorded.items() if k not in money}
            )
            own = "self_employment" if recorded["activity"] == "self_employed" else "wage"
            paid = [(source, money.get(source)) for source in PAYMENTS]
            for source, amount in [(own, money.get("wage")), *paid]:
                if amount:
                    rows["incomes"] += [
                        me | {"month": month, "source": source, "amount": amount}
                        for month in MONTHS
                    ]
            if money.get("payment"):
                rows["loans"].append(
                    me
                    | {"kind": "consumer", "monthly_payment": money["payment"], "days_overdue": 0}
                )
        for register in POSSESSIONS:
            rows[register] += [owner | thing for thing in family[register]]
        if family["transfers"]:
            rows["transfers"] += [
                owner | {"month": month, "senders": family["transfers"], "amount": 1_000_000}
                for month in MONTHS
            ]
    return {
        name: pl.DataFrame(
            recorded,
            schema={"household_id": pl.Int64()}
            | {c: t for c, t in REGISTERS[name].schema.items() if c != "known_on"},
        )
        for name, recorded in rows.items()
    }


SILENCE = st.sets(st.sampled_from((*POSSESSIONS, "incomes", "loans", "transfers")), max_size=3)


@drawn(20, 60, family=FAMILY, extra_child=CHILDREN, silent=SILENCE)
def test_a_family_that_is_worse_off_never_looks_richer_to_the_rules(family, extra_child, silent):
    by_change = variants(family, extra_child)
    answered = registers(list(by_change.values()))
    features = build(answered | dict.fromkeys(silent), DAY)
    ruled = rule_category(features, Law(DAY))
    judged = [ruled.select("points_poorest", "rule_category")] + [
        assess(features, Law(DAY), card).select("points_poorest", "category_poorest")
        for card in Law(DAY).cards
    ]
    for table in judged:
        for column in table.columns:
            first, *others = table[column].to_list()
            richer = [
                name for name, v in zip(list(by_change)[1:], others, strict=True) if v > first
            ]
            assert not richer, (column, richer)


def test_a_childs_school_certificate_never_makes_a_family_richer():
    adult = {
        "birth_date": date(1980, 1, 1),
        "education": "none",
        "activity": "employee",
        "disability": "none",
        "chronic_condition": False,
        "enrolled": False,
        "guardianship": False,
        "clinic_attached": True,
        "wage": 200_000,
    }
    child = adult | {
        "birth_date": date(2008, 6, 1),
        "education": "secondary",
        "activity": "student",
        "enrolled": True,
        "wage": 0,
    }
    dwelling = {
        "tenure": "owned",
        "living_area_m2": 300.0,
        "piped_water": True,
        "sewerage": True,
        "central_heating": True,
    }
    alone = {"adults": [adult], "children": [], "dwelling": dwelling, "transfers": 0}
    alone |= {register: [] for register in POSSESSIONS}
    features = build(registers([alone, alone | {"children": [child]}]), DAY)
    assert features["best_education"].to_list() == [0, 2]
    assert features["adult_education"].to_list() == [0, 0]
    ruled = rule_category(features, Law(DAY))
    assert ruled["points_ADULT_EDUCATION"].to_list() == [0, 0]
