"""What one partition of the country tells of every figure: sums and counts, nothing else.

Each function measures one group of figures the way its source defines them. Surveyed
figures are those of a survey that asks every family, answers and silence included, so that
a small sample does not blur them.
"""

from typing import Final

import numpy as np
import polars as pl

from features.registers.declared import REGIONS
from training.population.calibration.calibration import Sums, quotient, quotients_by_region
from training.population.calibration.figures import by_region, law, subsistence_minimum
from training.population.chance import Floats, Ints
from training.population.distributions import DISTRIBUTIONS
from training.population.people.marriage import Marital
from training.population.people.standing import POVERTY_SCALE
from training.population.people.support import Care
from training.population.people.work import Terms
from training.population.registers.survey import Answers
from training.population.state import State

MATERIAL: Final = 0.25
"""Hidden income per member, in subsistence minimums, from which a family counts as hiding."""
FOOD_BASKET: Final = 0.55
"""Food in the actual subsistence minimum."""
_UNSECURED: Final = ("consumer", "instalment", "micro")
_DECLARED: Final = (
    "official_wage",
    "declared_business",
    "pension",
    "benefits",
    "alimony",
    "declared_rent",
)


def measured(state: State, survey_answers: Answers, truth: pl.DataFrame) -> Sums:
    """The sums behind every figure, and the counts of every distribution.

    ``survey_answers`` is what families answer to the survey, ``truth`` the frame of the truth.
    """
    counts: dict[str, Floats] = {}
    quotients = {
        **_people(state),
        **_households(state),
        **_work(state, counts),
        **_incomes(state, truth, counts),
        **_survey(state, survey_answers, counts),
        **_possessions(state, counts),
        **_debts(state, counts),
        **_support(state),
    }
    people = state.people
    for name, sex in (("ages_of_men", False), ("ages_of_women", True)):
        counts[name] = DISTRIBUTIONS[name].counted(people.age[people.female == sex])
    counts["family_size"] = DISTRIBUTIONS["family_size"].counted(state.families.size)
    return Sums(quotients, counts)


def _place(state: State) -> Ints:
    """Region of each person."""
    return state.families.region[state.people.family]


def _of_family(state: State, frame: pl.DataFrame, value: str | None = None) -> Floats:
    """Rows, or the sum of a column, of each family."""
    family = state.people.family[frame["person"].to_numpy()]
    weights = None if value is None else frame[value].to_numpy()
    return np.bincount(family, weights, len(state.families)).astype(np.float64)


def _people(state: State) -> dict[str, Floats]:
    people, place, count = state.people, _place(state), len(state.families)
    years, woman = np.floor(people.age), people.female
    grown, forty = people.age >= 15, (years >= 40) & (years <= 49)
    disabled, minor = people.disability > 0, people.age < 18
    young = people.age < 16
    idle, able = young | people.retired, ~young & ~people.retired
    everyone = np.ones(len(people), dtype=np.bool_)
    quotients = {
        "women": quotient(woman),
        "urban_people": quotient(state.families.urban[people.family]),
        "people_under_18": quotient(minor),
        "people_under_25": quotient(people.age < 25),
        "people_25_to_64": quotient((people.age >= 25) & (people.age < 65)),
        "people_over_65": quotient(people.age >= 65),
        "people_over_60": quotient(people.age >= 60),
        "women_over_60": quotient(people.age[woman] >= 60),
        "men_over_60": quotient(people.age[~woman] >= 60),
        "pensioners": quotient(state.aid.pension > 0),
        "disability": quotient(disabled),
        "disabled_children": quotient(minor[disabled]),
        "disabled_of_working_age": quotient((~minor & ~people.retired)[disabled]),
        "disabled_pensioners": quotient(people.retired[disabled]),
        "higher_education": quotient(people.education[grown] >= 4),
        "higher_education_at_40": quotient(people.education[forty] >= 4),
        "vocational_education": quotient(people.education[grown] == 3),
        "married": quotient(people.marital[grown] == Marital.MARRIED),
        "never_married": quotient(people.marital[grown] == Marital.NEVER),
        "widowed": quotient(people.marital[grown] == Marital.WIDOWED),
        "divorced": quotient(people.marital[grown] == Marital.DIVORCED),
        **quotients_by_region(
            "dependency",
            state.families.region,
            people.in_family(idle, count),
            people.in_family(able, count),
        ),
        **quotients_by_region("urban", place, state.families.urban[people.family], everyone),
    }
    for name, sex, oldest in (("men", ~woman, 90), ("women", woman, 74)):
        ages = years[sex & (years <= oldest)]
        for low, high in ((0, 17), (18, 44), (45, 59), (60, 74), (75, 90)):
            if high <= oldest:
                quotients[f"{name}_{low}_to_{high}"] = quotient((ages >= low) & (ages <= high))
    size = state.families.size
    quotients |= {
        f"people.{code}": quotient(np.where(state.families.region == at, size, 0), size)
        for at, code in enumerate(REGIONS)
    }
    return quotients


def _households(state: State) -> dict[str, Floats]:
    families, home = state.families, state.home
    size, urban = families.size, families.urban
    rooms, area = home["rooms"].to_numpy(), home["living_area_m2"].to_numpy()
    dwellings = state.things["properties"].filter(pl.col("kind").is_in(["apartment", "house"]))
    return {
        "people_per_family": quotient(size),
        "census_household": quotient(size),
        "urban_family": quotient(size[urban]),
        "rural_family": quotient(size[~urban]),
        "people_in_families_of_5": quotient(np.where(size >= 5, size, 0), size),
        "large_families": quotient(families.children >= 4),
        "owner_families": quotient((home["tenure"] == "owned").to_numpy()),
        "flats": quotient(home["flat"].to_numpy()),
        "three_rooms": quotient(rooms >= 3),
        "crowded_families": quotient(rooms[size >= 5] == 1),
        "area_per_person": quotient(area, size),
        "dwellings": quotient(_of_family(state, dwellings, "share")),
    }


def _work(state: State, counts: dict[str, Floats]) -> dict[str, Floats]:
    people, work, place = state.people, state.work, _place(state)
    grown, at_work = people.age >= 15, work.at_work
    grey = (work.terms == Terms.GREY_WAGE)[at_work]
    shadow = (work.terms >= Terms.UNDER_DECLARED)[at_work]
    side = (work.side_job > 0)[at_work] & ~grey & ~shadow
    informal, woman = grey | shadow | side, people.female[at_work]
    earner, wage = _wages(state.paid)
    firms = state.things["businesses"].filter(pl.col("closed_on").is_null())
    running = firms.filter(pl.col("turnover_12m") > 0)["form"].to_numpy()
    counts["wages"] = DISTRIBUTIONS["wages"].counted(wage)
    return {
        "employment": quotient(at_work[grown]),
        "employees": quotient(work.employee[at_work]),
        "self_employment": quotient(~work.employee[at_work]),
        "unemployment": quotient(work.unemployed[at_work | work.unemployed]),
        "informal_work": quotient(informal),
        "informal_men": quotient(informal[~woman]),
        "informal_women": quotient(informal[woman]),
        "grey_wages": quotient(grey),
        "shadow_business": quotient(shadow),
        "side_jobs": quotient(side),
        "unregistered_work": quotient(work.unregistered[at_work]),
        "wage_mean": quotient(wage),
        "wages_at_the_minimum": quotient(wage <= law("minimum_wage")),
        "entrepreneurs": quotient(_of_family(state, firms.filter(pl.col("form") == "IP"))),
        "individual_enterprises": quotient(running == "IP"),
        "companies": quotient(running == "TOO"),
        "farms": quotient(running == "KH"),
        **quotients_by_region("wage", place[earner], wage, np.ones(len(wage))),
        **quotients_by_region("informal_work", place[at_work], informal, at_work[at_work]),
    }


def _wages(paid: pl.DataFrame) -> tuple[Ints, Ints]:
    """Who was paid a declared wage in the last month, and how much."""
    wages = paid.filter((pl.col("source") == "wage") & (pl.col("month") == pl.col("month").max()))
    return wages["person"].to_numpy(), wages["amount"].to_numpy()


def _incomes(state: State, truth: pl.DataFrame, counts: dict[str, Floats]) -> dict[str, Floats]:
    size = state.families.size
    hidden = truth["hidden_income_monthly"].to_numpy()
    declared = truth.select(pl.sum_horizontal(_DECLARED)).to_series().to_numpy()
    consumed = truth["consumption_monthly"].to_numpy()
    for name, amounts in (
        ("declared_income_per_head", declared / size),
        ("true_income_per_head", (declared + hidden) / size),
        ("consumption_per_head", consumed / size),
        ("hidden_income", hidden[hidden > 0]),
        ("ladder", truth["ladder"].to_numpy()),
    ):
        counts[name] = DISTRIBUTIONS[name].counted(amounts)
    return {
        "income_per_head": quotient(declared + hidden, size),
        "hidden_share": quotient(hidden, declared + hidden),
        "hiding_families": quotient(hidden >= MATERIAL * subsistence_minimum(state.as_of) * size),
    }


def _survey(state: State, survey_answers: Answers, counts: dict[str, Floats]) -> dict[str, Floats]:
    families = state.families
    size, weight = families.size, survey_answers.weight
    people = weight * size
    spent, food, repaid = survey_answers.consumption, survey_answers.food, survey_answers.repayments
    line = actual_minimum()[families.region] * size**POVERTY_SCALE
    poor = spent < line
    of_poor, many = np.where(poor, people, 0.0), size >= 5
    felt = survey_answers.felt
    counts["survey_per_head"] = DISTRIBUTIONS["survey_per_head"].counted(spent / size, people)
    return {
        "survey_per_head": quotient(weight * spent, people),
        "survey_by_datahub": quotient(weight * spent, people),
        "poverty": quotient(of_poor, people),
        "poverty_urban": quotient(of_poor * families.urban, people * families.urban),
        "poverty_rural": quotient(of_poor * ~families.urban, people * ~families.urban),
        "poverty_of_large_families": quotient(of_poor[many], people[many]),
        "poor_family_size": quotient(of_poor, weight * poor),
        "below_food_basket": quotient(people * (spent < FOOD_BASKET * line), people),
        "material_low": quotient(weight * (felt == 1), weight),
        "material_to_average": quotient(weight * (felt <= 4), weight),
        "material_above_average": quotient(weight * (felt == 5), weight),
        "material_well_off": quotient(weight * (felt == 6), weight),
        "food_share": quotient(weight * food, weight * spent),
        "repayment": quotient(weight * repaid, weight * spent),
        **quotients_by_region("survey", families.region, weight * spent, people),
        **quotients_by_region("poverty", families.region, of_poor, people),
        **quotients_by_region("food", families.region, weight * food, weight * spent),
        **quotients_by_region("repayment", families.region, weight * repaid, weight * spent),
    }


def actual_minimum() -> Floats:
    """The statistics' subsistence minimum of each region, tenge a month, third quarter of 2025.

    Published for eleven regions in August; scaled to the quarter; the country's elsewhere.
    """
    august = by_region("minimum") * law("actual_minimum") / law("actual_minimum_in_august")
    everywhere: Floats = np.where(np.isnan(august), law("actual_minimum"), august)
    return everywhere


def _possessions(state: State, counts: dict[str, Floats]) -> dict[str, Floats]:
    families, people = state.families, state.people
    cars = state.things["vehicles"].filter(pl.col("kind") == "car")
    ages = state.as_of.year - cars["model_year"].to_numpy()
    owned = _of_family(state, cars)
    flock = state.things["livestock"].filter(pl.col("species").is_in(["sheep", "goats"]))
    heads = _of_family(state, flock, "heads")
    saver = np.zeros(len(people), dtype=np.bool_)
    saver[state.things["deposits"]["person"].to_numpy()] = True
    counts["car_ages"] = DISTRIBUTIONS["car_ages"].counted(ages)
    bounds = ((0, 3, "under_3"), (3, 7, "3_to_7"), (7, 10, "7_to_10"), (10, 20, "10_to_20"))
    return {
        "cars": quotient(owned),
        "cars_per_100_people": quotient(100 * owned, families.size),
        **{f"cars_{name}": quotient((ages >= low) & (ages < high)) for low, high, name in bounds},
        "cars_over_20": quotient(ages >= 20),
        "sheep": quotient(heads),
        "savers": quotient(saver[people.adult]),
        **quotients_by_region("cars", families.region, owned, families.size),
        **quotients_by_region("sheep", families.region, heads, families.size),
    }


def _debts(state: State, counts: dict[str, Floats]) -> dict[str, Floats]:
    people = state.people
    debts = state.things["loans"].filter(pl.col("kind") != "business")
    person, left = debts["person"].to_numpy(), debts["outstanding"].to_numpy().astype(np.float64)
    kind = debts["kind"]
    unsecured = kind.is_in(_UNSECURED).to_numpy()
    loans = np.bincount(person, minlength=len(people))
    instalments = np.bincount(person[(kind == "instalment").to_numpy()], minlength=len(people))
    owed = np.bincount(person[unsecured], left[unsecured], minlength=len(people))
    owed = owed[owed > 0]
    principal = debts.filter(pl.col("kind") == "consumer")["principal"].to_numpy()
    counts["unsecured_debt"] = DISTRIBUTIONS["unsecured_debt"].counted(owed)
    counts["consumer_principal"] = DISTRIBUTIONS["consumer_principal"].counted(principal)
    borrower = loans > 0
    return {
        "borrowers": quotient(borrower[people.adult]),
        "loans_per_borrower": quotient(loans[borrower]),
        "debt_per_family": quotient(_of_family(state, debts, "outstanding")),
        "debt_consumer": quotient(left * unsecured, left),
        "debt_housing": quotient(left * (kind == "mortgage").to_numpy(), left),
        "debt_cars": quotient(left * (kind == "auto").to_numpy(), left),
        "instalment_borrowers": quotient(instalments[borrower] > 0),
        "unsecured_debt_mean": quotient(owed),
    }


def _support(state: State) -> dict[str, Floats]:
    people, aid, families = state.people, state.aid, state.families
    disabled, minor = people.disability > 0, people.age < 18
    year, now = (np.zeros(len(families), dtype=np.bool_) for _ in range(2))
    latest = pl.col("month").max()
    helped = state.paid.with_columns(now=pl.col("month") == latest).filter(
        pl.col("source") == "targeted_assistance"
    )
    year[people.family[helped["person"].to_numpy()]] = True
    now[people.family[helped.filter("now")["person"].to_numpy()]] = True
    return {
        "pension_mean": quotient(aid.pension[aid.pension > 0]),
        "disability_receivers": quotient((aid.disability > 0)[disabled]),
        "disability_benefit_mean": quotient(aid.disability[aid.disability > 0]),
        "care_of_children": quotient(aid.care == Care.OF_CHILD, disabled & minor),
        "care_of_group_1": quotient(aid.care == Care.OF_GROUP_1, disabled & ~minor),
        "targeted_assistance": quotient(year),
        "targeted_assistance_size": quotient(families.size[year]),
        "targeted_assistance_now": quotient(now),
    }
