"""What the law says of a family's facts: points, categories, the hard rule, red flags.

Part of the second rule engine, written from `models/law/values/*.yaml` and the invariant of
silence: an unknown criterion takes its poorest points, its richest are kept beside them;
what is unknown raises no flag.
"""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache

from tests.second_engine.facts import Fact
from tests.second_engine.law import (
    Bound,
    bound,
    edition,
    line_of_the_country,
    page,
    reached,
    value,
    whole,
)


@dataclass(frozen=True)
class Verdict:
    """``points``: poorest and richest of each criterion, equal where the facts decide."""

    points: dict[str, tuple[int, int]]
    hard_rule: bool | None
    rule_category: int
    richest_category: int
    flags: dict[str, bool | None]


def verdict(facts: dict[str, Fact], day: date) -> Verdict:
    law = law_of(day)
    points = {code: _criterion(parts, facts) for code, parts in law.criteria.items()}
    hard = _hard_rule(law, facts)
    poorest, richest = (
        min(law.highest, _category(law, sum(p[end] for p in points.values()))) for end in (0, 1)
    )
    return Verdict(
        points=points,
        hard_rule=hard,
        rule_category=6 if hard is True else poorest,
        richest_category=richest if hard is False else 6,
        flags={code: SIGNS[code](facts, values) for code, values in law.flags.items()},
    )


Step = tuple[Bound | None, int]


@dataclass(frozen=True)
class DayLaw:
    """The texts in force on a day with their money lines worked out: bound and points a step."""

    criteria: dict[str, list[tuple[str, list[Step]]]]
    categories: list[tuple[int, int]]
    highest: int
    conditions: list[tuple[str, Bound | None]]
    enough: int
    flags: dict[str, dict[str, Fraction]]


@cache
def law_of(day: date) -> DayLaw:
    policy, rule = edition("decision_policy", day), edition("hard_rule", day)
    if policy is None or rule is None:
        raise LookupError(f"no policy decides on {day}")
    card = page(f"scorecards/{policy['scorecard']}")
    flags = {
        flag["code"]: {name: value(name, day) for name in flag["parameters"]}
        for flag in page("red_flags")["flags"]
    }
    flags["IMPUTED_LOAN_INCOME_ABOVE_LINE"]["line_of_the_country"] = line_of_the_country(day)
    conditions = [(c["feature"], bound(c, c.get("unit"), day)) for c in rule["conditions"]]
    return DayLaw(
        criteria={
            c["code"]: [
                (p["feature"], [(bound(s, p.get("unit"), day), s["points"]) for s in p["steps"]])
                for p in c["parts"]
            ]
            for c in card["criteria"]
        },
        categories=[
            (c["from"], c["category"]) for c in card["categories"] if c["from"] is not None
        ],
        highest=6 if policy["category_6_by_score"] else 5,
        conditions=conditions,
        enough={"all": len(conditions), "any": 1, "k_of_n": rule["k"]}[rule["combinator"]],
        flags={code: values for code, values in flags.items() if None not in values.values()},
    )


def _criterion(parts: list[tuple[str, list[Step]]], facts: dict[str, Fact]) -> tuple[int, int]:
    """Of several parts the poorest counts."""
    ends = [_part(facts[fact], steps) for fact, steps in parts]
    return min(low for low, _ in ends), min(high for _, high in ends)


def _part(fact: Fact, steps: list[Step]) -> tuple[int, int]:
    if fact is None:
        all_points = [points for _, points in steps]
        return min(all_points), max(all_points)
    met = [points for limit, points in steps if reached(fact, limit)]
    return met[-1], met[-1]


def _category(law: DayLaw, points: int) -> int:
    return [category for begins, category in law.categories if begins <= points][-1]


def _hard_rule(law: DayLaw, facts: dict[str, Fact]) -> bool | None:
    answers = [
        None if facts[fact] is None else reached(facts[fact], limit)
        for fact, limit in law.conditions
    ]
    if answers.count(True) >= law.enough:
        return True
    return None if answers.count(True) + answers.count(None) >= law.enough else False


def both(*answers: bool | None) -> bool | None:
    """Yes where all are; no where one is not, whatever the others; else unknown."""
    return False if False in answers else None if None in answers else True


def above(fact: Fact, line: Fraction | int | None) -> bool | None:
    return None if fact is None or line is None else fact > line


def below(fact: Fact, line: Fraction | int) -> bool | None:
    return None if fact is None else fact < line


def _loan_payments(facts: dict[str, Fact], law: dict[str, Fraction]) -> bool | None:
    due, income = facts["loan_payments_month"], facts["counted_income_quarter"]
    if due == 0:
        return False  # above no income, whatever it is
    line = None if income is None else law["payments_to_income_ratio"] * income
    return above(None if due is None else 3 * due, line)


def _loans(facts: dict[str, Fact], law: dict[str, Fraction]) -> bool | None:
    line = law["loan_principal_limit"] * law["subsistence_minimum"] * facts["members"]
    return above(facts["loan_principal_quarter"], whole(line))


def _cars(facts: dict[str, Fact], law: dict[str, Fraction]) -> bool | None:
    more = above(facts["cars"], law["cars_without_question"])
    not_large = below(facts["children_and_students"], law["large_family_children"])
    return both(more, not_large, below(facts["members_with_disability"], 1))


def _transfers(facts: dict[str, Fact], law: dict[str, Fraction]) -> bool | None:
    line = whole(law["transfers_limit_minimum_wages"] * law["minimum_wage"])
    return above(facts["transfers_from_many_senders_quarter"], line)


def _imputed(facts: dict[str, Fact], law: dict[str, Fraction]) -> bool | None:
    line = law["imputed_loan_income_lines"] * law["line_of_the_country"]
    return above(facts["imputed_loan_income"], line)


def _deposits(facts: dict[str, Fact], law: dict[str, Fraction]) -> bool | None:
    line = whole(law["deposits_limit"] * law["monthly_calculation_index"])
    return above(facts["deposits_balance"], line)


SIGNS = {
    "LOAN_PAYMENTS_ABOVE_TWICE_INCOME": _loan_payments,
    "LOANS_ABOVE_TWO_MINIMA": _loans,
    "IMPUTED_LOAN_INCOME_ABOVE_LINE": _imputed,
    "MORE_THAN_ONE_CAR": _cars,
    "TRANSFERS_LIKE_TRADE": _transfers,
    "DEPOSITS_ABOVE_LIMIT": _deposits,
}
"""A flag without a sign here is a text that nobody has read twice yet: write it."""
