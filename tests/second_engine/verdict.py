"""What the law says of a family's facts: points, categories, the hard rule, red flags.

Part of the second rule engine, written from `models/law/*.yaml` and the invariant of
silence: an unknown criterion takes its poorest points, its richest are kept beside them;
what is unknown raises no flag.
"""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from tests.second_engine.facts import Fact
from tests.second_engine.law import bound, edition, exact, page, reached, value, whole


@dataclass(frozen=True)
class Verdict:
    """``points``: poorest and richest of each criterion, equal where the facts decide."""

    points: dict[str, tuple[int, int]]
    hard_rule: bool | None
    rule_category: int
    richest_category: int
    flags: list[str]


def verdict(told: dict[str, Fact], day: date) -> Verdict:
    policy = edition("decision_policy", day)
    if policy is None:
        raise LookupError(f"no policy decides on {day}")
    card = page(f"scorecards/{policy['scorecard']}")
    points = {c["code"]: _criterion(c, told, day) for c in card["criteria"]}
    hard = _hard_rule(told, day)
    highest = 6 if policy["category_6_by_score"] else 5
    poorest, richest = (
        min(highest, _category(card, sum(p[end] for p in points.values()))) for end in (0, 1)
    )
    return Verdict(
        points=points,
        hard_rule=hard,
        rule_category=6 if hard is True else poorest,
        richest_category=richest if hard is False else 6,
        flags=_flags(told, day),
    )


def _criterion(criterion: dict, told: dict[str, Fact], day: date) -> tuple[int, int]:
    """Of several parts the poorest counts."""
    ends = [_part(part, told, day) for part in criterion["parts"]]
    return min(low for low, _ in ends), min(high for _, high in ends)


def _part(part: dict, told: dict[str, Fact], day: date) -> tuple[int, int]:
    fact = told[part["feature"]]
    if fact is None:
        all_points = [step["points"] for step in part["steps"]]
        return min(all_points), max(all_points)
    met = [s["points"] for s in part["steps"] if reached(fact, bound(s, part.get("unit"), day))]
    return met[-1], met[-1]


def _category(card: dict, points: int) -> int:
    begun = [c for c in card["categories"] if c["from"] is not None and c["from"] <= points]
    return begun[-1]["category"]


def _hard_rule(told: dict[str, Fact], day: date) -> bool | None:
    rule = edition("hard_rule", day)
    answers = []
    for condition in rule["conditions"]:
        fact = told[condition["feature"]]
        limit = bound(condition, condition.get("unit"), day)
        answers.append(None if fact is None else reached(fact, limit))
    least = {"all": len(answers), "any": 1, "k_of_n": rule["k"]}[rule["combinator"]]
    if answers.count(True) >= least:
        return True
    return None if answers.count(True) + answers.count(None) >= least else False


def _flags(told: dict[str, Fact], day: date) -> list[str]:
    raised = []
    for flag in page("red_flags")["flags"]:
        law = {name: value(name, day) for name in flag["parameters"]}
        if None not in law.values() and SIGNS[flag["code"]](told, law):
            raised.append(flag["code"])
    return raised


def _loan_payments(told: dict[str, Fact], law: dict[str, Fraction]) -> bool:
    due, income = told["loan_payments_month"], told["counted_income_quarter"]
    if due is None or income is None:
        return False
    return 3 * due > law["payments_to_income_ratio"] * income


def _loans(told: dict[str, Fact], law: dict[str, Fraction]) -> bool:
    lent = told["loan_principal_quarter"]
    line = law["loan_principal_limit"] * law["subsistence_minimum"] * told["members"]
    return lent is not None and lent > whole(line)


def _cars(told: dict[str, Fact], law: dict[str, Fraction]) -> bool:
    cars, disabled = told["cars"], told["members_with_disability"]
    if cars is None or disabled is None:
        return False
    large = told["children"] >= law["large_family_children"]
    return cars > law["cars_without_question"] and not large and not disabled


def _transfers(told: dict[str, Fact], law: dict[str, Fraction]) -> bool:
    senders, amount = told["transfer_senders"], told["transfers_of_top_receiver_quarter"]
    if senders is None or amount is None:
        return False
    line = whole(law["transfers_limit_minimum_wages"] * law["minimum_wage"])
    return senders >= law["transfer_senders_limit"] and amount > line


def _deposits(told: dict[str, Fact], law: dict[str, Fraction]) -> bool:
    balance = told["deposits_balance"]
    line = whole(law["deposits_limit"] * law["monthly_calculation_index"])
    return balance is not None and balance > line


SIGNS = {
    "LOAN_PAYMENTS_ABOVE_TWICE_INCOME": _loan_payments,
    "LOANS_ABOVE_TWO_MINIMA": _loans,
    "MORE_THAN_ONE_CAR": _cars,
    "TRANSFERS_LIKE_TRADE": _transfers,
    "DEPOSITS_ABOVE_LIMIT": _deposits,
}
"""A flag without a sign here is a text that nobody has read twice yet: write it."""
