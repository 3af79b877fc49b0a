"""Two rule engines that share no code give the same answers: facts, points, categories, flags.

The other engine (`tests/second_engine/`) is plain Python over dicts, whole tenge and fractions,
written from the texts: the law's files, the features' descriptions, the register contract.
"""

from datetime import date
from fractions import Fraction
from random import Random
from typing import Any

import polars as pl
import pytest

from features.build import build
from features.registers.coverage import COVERED, LOOKS_BACK, reach
from features.registers.declared import REGISTERS
from models.law.facts import treatment
from models.law.parameters import Law
from models.rules.category import rule_category
from models.rules.red_flags import red_flags
from tests.second_engine.facts import Family, facts
from tests.second_engine.families import MAY_BE_SILENT, Author, lines
from tests.second_engine.law import changes_of_law
from tests.second_engine.verdict import verdict

CALENDAR = (
    date(2025, 12, 31),
    date(2026, 1, 1),
    date(2026, 2, 28),
    date(2026, 3, 1),
    date(2026, 3, 31),
    date(2028, 2, 29),
    date(2028, 3, 1),
)
DAYS = sorted({*changes_of_law(), *CALENDAR})


def differences(families: list[Family], day: date) -> list[str]:
    """What the product says otherwise than the second engine: where, what, ours, theirs."""
    ours = _product(families, day)
    differing = []
    for family in families:
        number = family["households"][0]["household_id"]
        theirs = _second(family, day)
        mine = ours[number]
        for what, answer in theirs.items():
            if what in mine and mine[what] != answer:
                differing.append(f"{what}: product {mine[what]}, second engine {answer}")
    return differing


def _product(families: list[Family], day: date) -> dict[int, dict[str, Any]]:
    owner = {p["person_id"]: p["household_id"] for f in families for p in f["persons"]}
    frames = {name: _frame(name, families, owner) for name in families[0] if name != COVERED}
    frames[COVERED] = pl.DataFrame([_back(f, day) for f in families], infer_schema_length=None)
    law = Law(day)
    table = build(frames, day, treatment(law))
    ruled = table.join(rule_category(table, law), on="household_id").join(
        red_flags(table, law), on="household_id"
    )
    return {row["household_id"]: row for row in ruled.iter_rows(named=True)}


def _back(family: Family, day: date) -> dict[str, int | None]:
    """How far back registers answer for a family, as what reads files and requests hands it on."""
    covered = family[COVERED][0]
    return {
        "household_id": family["households"][0]["household_id"],
        **{n: reach(covered[n], day, 12) if n in covered else None for n in LOOKS_BACK},
    }


def _frame(name: str, families: list[Family], owner: dict[int, int]) -> pl.DataFrame | None:
    if families[0][name] is None:
        return None
    rows = [row for family in families for row in family[name]]
    types = REGISTERS[name].schema
    names = dict.fromkeys(column for row in rows for column in row)
    columns = {c: pl.Series(c, [r.get(c) for r in rows], dtype=types[c]) for c in names}
    if REGISTERS[name].by_person:
        columns["household_id"] = pl.Series([owner[r["person_id"]] for r in rows], dtype=pl.Int64)
    return pl.DataFrame(columns)


def _second(family: Family, day: date) -> dict[str, Any]:
    known = facts(family, day)
    second = verdict(known, day)
    ends = list(second.points.values())
    raised = [code for code, answer in second.flags.items() if answer]
    return {
        **{name: float(v) if isinstance(v, Fraction) else v for name, v in known.items()},
        **{f"points_{c}": low if low == high else None for c, (low, high) in second.points.items()},
        "points_poorest": sum(low for low, _ in ends),
        "points_richest": sum(high for _, high in ends),
        "hard_rule_met": second.hard_rule,
        "rule_category": second.rule_category,
        "richest_category": second.richest_category,
        **second.flags,
        "raised_flags": raised,
        "rule_flag": None if set(second.flags.values()) <= {None} else bool(raised),
    }


def batch(seed: int, size: int) -> tuple[list[Family], date]:
    rng = Random(seed)
    day = rng.choice(DAYS)
    silent = rng.sample(MAY_BE_SILENT, rng.choice((0, 0, 1, 2)))
    author = Author(rng, day, silent)
    return [author.family() for _ in range(size)], day


def test_a_thousand_families_on_the_lines_have_the_same_answers_from_both():
    differing = [line for seed in range(10) for line in differences(*batch(seed, 100))]
    assert not differing, f"{len(differing)} differences, such as {differing[:10]}"


@pytest.mark.long
@pytest.mark.parametrize("part", range(100))
def test_a_million_families_on_the_lines_have_the_same_answers_from_both(part):
    seeds = range(1_000 + 5 * part, 1_005 + 5 * part)
    differing = [line for seed in seeds for line in differences(*batch(seed, 2_000))]
    assert not differing, f"{len(differing)} differences, such as {differing[:10]}"


@pytest.mark.parametrize("day", [date(2025, 12, 31), date(2026, 1, 1)], ids=str)
def test_the_families_stand_on_every_line_of_the_law_and_on_both_sides_of_it(day):
    author = Author(Random(7), day)
    families = [facts(author.family(), day) for _ in range(1_500)]
    for fact, bounds in lines(day).items():
        seen = {family[fact] for family in families} - {None}
        for line in bounds:
            if isinstance(line, int):
                assert {max(0, line - 1), line} <= seen, f"{fact} at {line} on {day}"
                assert line < 1_000 or line + 1 in seen, f"{fact} a tenge above {line} on {day}"
            else:
                assert min(seen) <= line < max(seen), f"{fact} on both sides of {line}"


def test_the_families_reach_every_answer():
    verdicts = [
        verdict(facts(family, day), day)
        for families, day in map(batch, range(25), [100] * 25)
        for family in families
    ]
    assert {v.rule_category for v in verdicts} == {1, 2, 3, 4, 5, 6}
    assert {v.hard_rule for v in verdicts} == {True, False, None}
    for code in {code for v in verdicts for code in v.flags}:
        assert {v.flags.get(code) for v in verdicts} == {True, False, None}, code
    for code in verdicts[0].points:
        assert len({v.points[code] for v in verdicts}) > 1, code
