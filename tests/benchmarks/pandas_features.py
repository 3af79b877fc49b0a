"""The same features by a straightforward pandas group-by: the peer of the benchmark.

Written from the features' descriptions, as a data scientist would in a notebook, with
no code shared with `features`. It is a second opinion, too: a test compares the two.
Optional columns are taken to be complete here; unknown values are the builder's art.
"""

from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd

from tests.benchmarks import pandas_facts

LEVELS = ["none", "primary", "secondary", "vocational", "higher", "postgraduate"]
CATTLE = {
    "cattle": 100,
    "horses": 114,
    "camels": 143,
    "sheep": 14,
    "goats": 14,
    "pigs": 29,
    "poultry": 1,
}
CHILD = "child_disability_benefit"
HALF_YEAR, EARNING = "targeted_assistance_half_year", "months_with_earnings"
BENEFITS = ["pension", "allowance", "targeted_assistance", CHILD, "scholarship"]
EARNED = ["wage", "self_employment", "business"]


def read(snapshot: Path, register: str) -> pd.DataFrame | None:
    """Read one register of all partitions of a snapshot."""
    parts = sorted(snapshot.glob(f"part-*/{register}.parquet"))
    if not parts:
        return None
    table = pd.concat([pd.read_parquet(p) for p in parts], ignore_index=True)
    for column in table.columns:
        if pd.api.types.is_integer_dtype(table[column]):
            table[column] = table[column].astype("int64")
    return table


def features(snapshot: Path, as_of: date, rates: dict[str, Decimal] | None = None) -> pd.DataFrame:
    """Return one row a household of a snapshot, indexed and sorted by household.

    ``rates``: tenge for a unit of each other currency.
    """
    households = _known(read(snapshot, "households"), as_of)
    households = households.set_index("household_id").sort_index()
    persons = pandas_facts.members(_known(read(snapshot, "persons"), as_of), as_of)
    of_members = pd.MultiIndex.from_frame(persons[["household_id", "person_id"]])
    tables = [_dwelling(households), _persons(persons, as_of)]
    makers = {
        "incomes": _incomes,
        "properties": _properties,
        "vehicles": _vehicles,
        "livestock": _livestock,
        "businesses": _businesses,
        "deposits": _deposits,
        "loans": _loans,
        "utilities": _utilities,
        "transfers": _transfers,
    }
    for register, make in makers.items():
        rows = read(snapshot, register)
        if rows is not None:
            rows = _known(rows, as_of)
            if "person_id" in rows:
                owners = pd.MultiIndex.from_frame(rows[["household_id", "person_id"]])
                rows = rows[owners.isin(of_members)]
            rows = pandas_facts.held(register, rows, as_of, rates or {})
            table = make(rows, as_of).reindex(households.index, fill_value=0)
            if "month" in rows:
                back = _covered_back(read(snapshot, register), households, as_of)
                table = _of_covered_months(table, back)
            tables.append(table)
    return _derived(pd.concat(tables, axis=1))


def _covered_back(rows: pd.DataFrame, households: pd.DataFrame, as_of: date) -> pd.Series:
    """Complete months before the day, without a gap, that a register covers for each household.

    As the contract says it: a month with fewer than half of the median month's rows is not
    covered. In a region it is not, either, where that is more than chance leaves out of so few.
    """
    region = households["region"].astype(str)
    if rows.empty:
        return pd.Series(12, households.index)
    known = rows[pd.to_datetime(rows["month"]) < pd.Timestamp(as_of.replace(day=1))]
    if "known_on" in known:
        known = known[~(pd.to_datetime(known["known_on"]) > pd.Timestamp(as_of))]
    month = pd.to_datetime(known["month"])
    sizes = month.value_counts()
    usual = sizes[sizes > sizes.max() / 20].median()
    country = set(sizes.index[sizes >= usual / 2])
    by_region = month.groupby(known["household_id"].map(region)).value_counts()
    back = {}
    delivering = region.isin(by_region.index.get_level_values(0)).sum()
    for place, homes in region.value_counts().items():
        mine = by_region[place] if place in by_region.index else pd.Series(dtype="int64")
        own = mine[mine > mine.max() / 20].median() if len(mine) else usual * homes / delivering
        there = {m: mine.get(m, 0) for m in country}
        short = {m for m, n in there.items() if n < own / 2 and own - n >= 3 * np.sqrt(own)}
        back[place] = 0
        while back[place] < 12 and _months(as_of, back[place] + 1, 1)[0] in country - short:
            back[place] += 1
    return region.map(back)


def _of_covered_months(table: pd.DataFrame, back: pd.Series) -> pd.DataFrame:
    """Make unknown what looks further back than the months that are covered."""
    needed = pd.Series(3, table.columns)
    needed[[c for c in table if c in ("income_previous_quarter", HALF_YEAR)]] = 6
    needed[[c for c in table if (c.endswith("_year") and c != HALF_YEAR) or c == EARNING]] = 12
    known = np.greater.outer(back.reindex(table.index).to_numpy(), needed.to_numpy() - 1)
    return table.where(known) if not known.all() else table


def _known(rows: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Leave out what the state learned after the day, and what had been struck off by it."""
    day = pd.Timestamp(as_of)
    if "known_on" in rows:
        rows = rows[~(pd.to_datetime(rows["known_on"]) > day)]
    if "removed_on" in rows:
        rows = rows[~(pd.to_datetime(rows["removed_on"]) <= day)]
    return rows


def _sums(rows: pd.DataFrame, columns: dict[str, pd.Series]) -> pd.DataFrame:
    return pd.DataFrame(columns).groupby(rows["household_id"]).sum()


def _months(as_of: date, back: int, count: int) -> pd.DatetimeIndex:
    first = pd.Timestamp(as_of.replace(day=1)) - pd.DateOffset(months=back)
    return pd.date_range(first, periods=count, freq="MS")


def _dwelling(households: pd.DataFrame) -> pd.DataFrame:
    missing = households[["piped_water", "sewerage", "central_heating"]].astype(bool)
    return pd.DataFrame(
        {
            "living_area": (households["living_area_m2"] * 100).round().astype("int64"),
            "rooms": households["rooms"],
            "amenities_missing": (~missing).sum(axis=1),
            "has_internet": households["internet"].astype(bool),
            "rents_home": households["tenure"] == "rented",
            "without_own_home": households["tenure"] != "owned",
            "lives_in_village": households["settlement"].astype(str) == "rural",
            "lives_in_republican_city": households["region"].astype(str).isin(["71", "75", "79"]),
            "region_code": households["region"].astype(str).astype("int64"),
        }
    )


def _persons(rows: pd.DataFrame, as_of: date) -> pd.DataFrame:
    birth = pd.to_datetime(rows["birth_date"])
    later = birth.dt.month * 100 + birth.dt.day > as_of.month * 100 + as_of.day
    age = as_of.year - birth.dt.year - later.astype(int)
    active, disability = rows["activity"].astype(str), rows["disability"].astype(str)
    study = rows["study"].astype(str)
    level = rows["education"].astype(str).map({n: i for i, n in enumerate(LEVELS)})
    table = _sums(
        rows,
        {
            "members": pd.Series(1, rows.index),
            "children": age < 18,
            "students_under_23": age.between(18, 22)
            & study.isin(["school", "home", "college", "university"])
            & ~rows["relation"].astype(str).isin(["head", "spouse", "parent"]),
            "children_under_seven": age < 7,
            "infants": age < 1,
            "children_one_to_six": age.between(1, 6),
            "school_age_children": age.between(7, 17),
            "pupils": study.isin(["school", "home"]) & age.between(5, 20),
            "children_taught_at_home": (study == "home") & (age < 18),
            "college_students": study == "college",
            "university_students": study == "university",
            "adults": age >= 18,
            "adults_of_working_age": age.between(18, 62),
            "members_over_sixty_two": age > 62,
            "working_members": active.isin(["employee", "self_employed"]) & (age >= 18),
            "children_under_guardianship": rows["guardianship"].astype(bool) & (age < 18),
            "members_with_disability": disability != "none",
            "members_with_severe_disability": disability.isin(["group1", "group2"]),
            "children_with_disability": (disability != "none") & (age < 18),
            "members_with_chronic_condition": rows["chronic_condition"].astype(bool),
            "members_without_clinic": ~rows["clinic_attached"].astype(bool),
            "members_with_higher_education": level >= LEVELS.index("higher"),
            "employees": active == "employee",
            "self_employed_members": active == "self_employed",
            "registered_unemployed": active == "registered_unemployed",
            "inactive_members": active == "inactive",
            "caring_members": active == "caring",
            "pensioners": active == "pensioner",
            "adult_students": (age >= 18) & (active == "student"),
            "pupils_not_enrolled": age.between(7, 17) & ~rows["enrolled"].astype(bool),
        },
    )
    table["best_education"] = level.groupby(rows["household_id"]).max()
    of_adults = level.where(age >= 18).groupby(rows["household_id"]).max()
    table["adult_education"] = of_adults.fillna(0)
    adult_age = age.where(age >= 18).groupby(rows["household_id"])
    table["mean_age_of_adults"] = adult_age.sum() // adult_age.count()
    return table


def _incomes(rows: pd.DataFrame, as_of: date) -> pd.DataFrame:
    month, source = pd.to_datetime(rows["month"]), rows["source"].astype(str)
    quarter = month.isin(_months(as_of, 3, 3))
    previous = month.isin(_months(as_of, 6, 3))
    year = month.isin(_months(as_of, 12, 12))
    last, half = month.isin(_months(as_of, 1, 1)), month.isin(_months(as_of, 6, 6))
    own, assistance = source.isin(["self_employment", "business"]), source == "targeted_assistance"
    amount = rows["amount"]
    table = _sums(
        rows,
        {
            "income_quarter": amount.where(quarter, 0),
            "income_previous_quarter": amount.where(previous, 0),
            "income_year": amount.where(year, 0),
            "wage_quarter": amount.where(quarter & (source == "wage"), 0),
            "wage_year": amount.where(year & (source == "wage"), 0),
            "enterprise_income_quarter": amount.where(quarter & own, 0),
            "enterprise_income_year": amount.where(year & own, 0),
            "pension_quarter": amount.where(quarter & (source == "pension"), 0),
            "allowance_quarter": amount.where(quarter & (source == "allowance"), 0),
            "targeted_assistance_quarter": amount.where(
                quarter & (source == "targeted_assistance"), 0
            ),
            "child_disability_benefit_quarter": amount.where(quarter & (source == CHILD), 0),
            "other_income_quarter": amount.where(
                quarter & source.isin(["rent", "alimony", "other"]), 0
            ),
            "benefits_quarter": amount.where(quarter & source.isin(BENEFITS), 0),
            "income_last_month": amount.where(last, 0),
            "targeted_assistance_last_month": amount.where(last & assistance, 0),
            "targeted_assistance_half_year": amount.where(half & assistance, 0),
            "targeted_assistance_year": amount.where(year & assistance, 0),
        },
    )
    earned = rows[source.isin(EARNED) & (amount > 0)]
    at = month.loc[earned.index]
    table["earners"] = (
        earned[at.isin(_months(as_of, 3, 3))].groupby("household_id")["person_id"].nunique()
    )
    table["months_with_earnings"] = (
        earned[at.isin(_months(as_of, 12, 12))].groupby("household_id")["month"].nunique()
    )
    return table.fillna(0).astype("int64")


def _properties(rows: pd.DataFrame, as_of: date) -> pd.DataFrame:
    kind, share = rows["kind"].astype(str), rows["share"].fillna(1.0)
    home = kind.isin(["apartment", "house"])
    value = (rows["value"] * share).round().astype("int64")
    recent = pd.to_datetime(rows["registered_on"]) >= _months(as_of, 12, 1)[0]
    return _sums(
        rows,
        {
            "dwellings": home,
            "dwellings_of_half_share": home & (share >= 0.5),
            "dwelling_shares": (share * 1_000_000).round().astype("int64").where(home, 0),
            "dwelling_area_owned": (rows["area_m2"] * share * 100)
            .round()
            .astype("int64")
            .where(home, 0),
            "land_plots": kind == "land_plot",
            "commercial_properties": kind == "commercial",
            "property_value": value,
            "property_acquired_year": value.where(recent, 0),
        },
    )


def _vehicles(rows: pd.DataFrame, as_of: date) -> pd.DataFrame:
    kind = rows["kind"].astype(str)
    usable = (
        rows["status"].isna() | (rows["status"].astype(str) == "normal")
        if "status" in rows
        else pd.Series(data=True, index=rows.index)
    )
    road = kind.isin(["car", "truck", "bus"]) & usable
    recent = pd.to_datetime(rows["registered_on"]) >= _months(as_of, 12, 1)[0]
    return _sums(
        rows,
        {
            "vehicles": road,
            "vehicles_of_any_status": kind.isin(["car", "truck", "bus"]),
            "vehicles_not_old": road & (rows["model_year"] >= as_of.year - 20),
            "cars": (kind == "car") & usable,
            "recent_vehicles": road & (rows["model_year"] >= as_of.year - 7),
            "vehicle_value": rows["value"].where(usable, 0),
            "tractors": (kind == "tractor") & usable,
            "vehicles_acquired_year": rows["value"].where(usable & recent, 0),
        },
    )


def _livestock(rows: pd.DataFrame, as_of: date) -> pd.DataFrame:
    weight = rows["species"].astype(str).map(CATTLE)
    return _sums(rows, {"livestock_units": weight * rows["heads"]})


def _businesses(rows: pd.DataFrame, as_of: date) -> pd.DataFrame:
    closed = pd.to_datetime(rows["closed_on"])
    active = closed.isna() | (closed > pd.Timestamp(as_of))
    return _sums(
        rows,
        {
            "active_businesses": active,
            "trading_businesses": active & (rows["turnover_12m"] > 0),
            "active_companies": active & (rows["form"].astype(str) == "TOO"),
            "business_turnover_year": rows["turnover_12m"].where(active, 0),
        },
    )


def _deposits(rows: pd.DataFrame, as_of: date) -> pd.DataFrame:
    return _sums(rows, {"deposits_balance": rows["balance"]})


def _loans(rows: pd.DataFrame, as_of: date) -> pd.DataFrame:
    kind = rows["kind"].astype(str)
    issued = pd.to_datetime(rows["issued_on"])
    quarter = _months(as_of, 3, 4)
    counted = (
        (issued >= quarter[0]) & (issued < quarter[3]) & ~kind.isin(["mortgage", "instalment"])
    )
    table = _sums(
        rows,
        {
            "loans_open": pd.Series(1, rows.index),
            "loan_payments_month": rows["monthly_payment"].where(kind != "business", 0),
            "mortgage_payments_month": rows["monthly_payment"].where(kind == "mortgage", 0),
            "micro_loans_open": kind == "micro",
            "loans_outstanding": rows["outstanding"],
            "loan_principal_quarter": rows["principal"].where(counted, 0),
        },
    )
    table["days_overdue"] = rows.groupby("household_id")["days_overdue"].max()
    return table


def _utilities(rows: pd.DataFrame, as_of: date) -> pd.DataFrame:
    billed = pd.to_datetime(rows["month"]).isin(_months(as_of, 3, 3))
    return _sums(rows, {"utilities_quarter": rows["amount"].where(billed, 0)})


def _transfers(rows: pd.DataFrame, as_of: date) -> pd.DataFrame:
    recent = rows[pd.to_datetime(rows["month"]).isin(_months(as_of, 3, 3))]
    by_month = recent.groupby(["household_id", "person_id", "month"], as_index=False)[
        ["senders", "amount"]
    ].sum()
    by_member = by_month.groupby(["household_id", "person_id"]).agg(
        months=("month", "size"), least=("senders", "min"), total=("amount", "sum")
    )
    by_member["least"] = by_member["least"].where(by_member["months"] == 3, 0)
    by_member["many"] = by_member["total"].where(by_member["least"] >= 100, 0)
    by_member = by_member.reset_index().sort_values(["least", "total"])
    groups = by_member.groupby("household_id")
    return pd.DataFrame(
        {
            "transfer_senders": groups["least"].max(),
            "transfers_of_top_receiver_quarter": groups["total"].last(),
            "transfers_from_many_senders_quarter": groups["many"].max(),
            "transfers_quarter": groups["total"].sum(),
        }
    )


def _derived(table: pd.DataFrame) -> pd.DataFrame:
    members = table["members"].where(table["members"] > 0)
    table["dependants"] = table["members"] - table["working_members"]
    table["dependency_ratio"] = table["dependants"] / members
    table["children_and_students"] = table["children"] + table["students_under_23"]
    table["single_parent"] = (table["adults"] == 1) & (table["children"] > 0)
    table["living_area_per_member"] = table["living_area"] // members
    table["rooms_per_member"] = table["rooms"] / members
    left_out = table["targeted_assistance_quarter"] + table["child_disability_benefit_quarter"]
    counted = table["income_quarter"] - left_out
    table["counted_income_quarter"] = counted
    table["income_per_member"] = counted // (3 * members)
    table["wage_per_member"] = table["wage_quarter"] // (3 * members)
    table["enterprise_income_per_member"] = table["enterprise_income_quarter"] // (3 * members)
    for window, months in (("last_month", 1), ("half_year", 6), ("year", 12)):
        assistance = table[f"targeted_assistance_{window}"]
        all_income = (
            table["income_quarter"] + table["income_previous_quarter"]
            if window == "half_year"
            else table[f"income_{window}"]
        )
        table[f"income_per_member_{window}"] = (all_income - assistance) // (months * members)
    besides = table["income_quarter"] - table["benefits_quarter"]
    table["income_besides_benefits_per_member"] = besides // (3 * members)
    table["adults_without_work"] = (
        table["registered_unemployed"] + table["inactive_members"] + table["caring_members"]
    )
    of_age = table["adults_of_working_age"].where(table["adults_of_working_age"] > 0)
    table["work_intensity"] = (table["working_members"] / of_age).fillna(0.0)
    if "loan_payments_month" in table:
        paid = 3 * table["loan_payments_month"]
        table["payment_burden"] = np.select(
            [paid == 0, paid >= counted], [0.0, 1.0], paid / counted.where(counted > 0)
        )
    if "loan_principal_quarter" in table:
        table["imputed_loan_income"] = table["loan_principal_quarter"] // (3 * members)
    table["workers_without_earnings"] = (table["working_members"] - table["earners"]).clip(lower=0)
    return table
