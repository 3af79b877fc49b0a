"""What a draw of inspections shows in the terminal: its arms, whom it reaches, what proves what."""

from collections.abc import Mapping
from typing import Any, Final

from rich.table import Table

_POWER: Final = {
    "prevalence": "prevalence",
    "precision": "precision above",
    "groups": "error of a group",
    "auc": "AUC better by",
    "promise": "random inspections",
    "without_a_failure": "never seen, so below",
}


def of_power(power: Mapping[str, Any]) -> list[Table]:
    """Return how many random inspections prove what, one table for each kind of proof."""
    tables = []
    for name, title in _POWER.items():
        rows = power[name]["differences"] if name == "auc" else power[name]
        table = Table(title, *(_head(key) for key in list(rows[0])[1:]), box=None)
        for row in rows:
            table.add_row(*(_cell(value) for value in row.values()))
        tables.append(table)
    return tables


def of_arms(design: Mapping[str, Any]) -> Table:
    """Return the visits of each arm, and the chances with which they were drawn."""
    table = Table("arm", "visits", "smallest chance", "largest", "expected confirmed", box=None)
    for arm in design["arms"]:
        ends = (
            "none" if arm[end] is None else f"{arm[end]:.3%}"
            for end in ("smallest_chance", "largest_chance")
        )
        table.add_row(arm["arm"], f"{arm['visits']:,}", *ends, f"{arm['expected_confirmed']:.0f}")
    return table


def of_month(design: Mapping[str, Any]) -> Table:
    """Return the places of each region this month, who has them, and how many ask in vain."""
    columns = ("families", "capacity", "protected", "random", "learning", "follow_up")
    table = Table("region", *(_head(name) for name in columns), "without room", box=None)
    for row in design["regions"]:
        table.add_row(
            row["region"], *(f"{row[name]:,}" for name in columns), f"{row['without_room']:,}"
        )
    return table


def of_reach(objectives: Mapping[str, Any]) -> Table:
    """Return the share of the visits that goes to each group, by objective; regions left out."""
    names = [way["objective"] for way in objectives["objectives"]]
    table = Table("share of the visits", *(_head(name) for name in names), box=None)
    for row in objectives["groups"]:
        if row["kind"] != "region":
            shares = (f"{row['share_of_visits'][name]:.1%}" for name in names)
            table.add_row(f"{_head(row['kind'])}: {row['group']}", *shares)
    return table


def _head(key: str) -> str:
    return key.replace("_", " ")


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{n:,} if {float(share):.0%} are flagged" for share, n in value.items())
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
