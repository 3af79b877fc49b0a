"""Whether the trees are what they must be: they keep the directions and recognise nobody."""

from collections.abc import Mapping
from typing import Any, Final

import lightgbm as lgb

from features.errors import InputError
from models.learned import trees
from models.learned.predict import Models
from training.gates.directions import declared_directions, tree_violations, violations
from training.gates.verdict import Gate, Verdict, gate

FEWEST: Final = 20
"""Families that a leaf speaks for at least (S20): fewer could be recognised in it."""
_ROWS_A_FAMILY: Final = {"welfare": 2}
"""The welfare steps are shown each family twice (`models.learned.welfare.shown_with_silence`)."""


def directions(models: Models, boosters: Mapping[str, lgb.Booster]) -> Gate:
    """Say whether every tree of every booster keeps the declared directions, and so their sums.

    The number counts pairs of leaves and steps of a sweep that break one.
    """
    try:
        of_leaves = sum(
            tree_violations(booster, declared_directions(name))
            for name, booster in boosters.items()
        )
    except InputError as untold:
        return gate("directions", Verdict.UNKNOWN, None, str(untold))
    swept = violations(models, models.manifest["golden"])
    count = sum(b.num_trees() for b in boosters.values())
    why = (
        f"pairs of leaves that break a declared direction, of all {count:,} trees "
        f"({of_leaves}), and predictions that do on made-up families ({swept})"
    )
    verdict = Verdict.FAIL if of_leaves or swept else Verdict.PASS
    return gate("directions", verdict, of_leaves + swept, why)


def leaf_sizes(boosters: Mapping[str, lgb.Booster]) -> Gate:
    """Say whether every leaf speaks for families enough, so that none is recognised in it."""
    smallest = {
        name: trees.smallest_leaf(booster) // _ROWS_A_FAMILY.get(name.split("_")[0], 1)
        for name, booster in boosters.items()
    }
    name = min(smallest, key=lambda each: smallest[each])
    fewest = smallest[name]
    why = f"labelled families in the smallest leaf ({name}); {FEWEST} are asked for"
    return gate("leaves", Verdict.PASS if fewest >= FEWEST else Verdict.FAIL, fewest, why)


def of_trees(models: Models, boosters: Mapping[str, Any]) -> tuple[Gate, ...]:
    """Ask both gates of the trees."""
    return directions(models, boosters), leaf_sizes(boosters)
