"""What looking at families costs and confirms: the section of a run's report, and its picture."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from matplotlib.axes import Axes

from models.assessment.looks import BEFORE
from training.evaluation.looks import GROUPS, named
from training.report.parts import Section, Table, number, show

PICTURE: Final = "looks"
_ORDERS: Final = {
    "in_order": ("in order of worth", "#0b5394"),
    "before": ("the queue before, in random order", "#b3261e"),
    "by_chance": ("anybody", "#6b7280"),
}


def section(follow_ups: Mapping[str, Any] | None) -> Section | None:
    """Return the section; null where nothing was followed up, or a run knew no such thing.

    ``follow_ups``: as `training.evaluation.follow_ups.FollowUps.as_json` returns it.
    """
    looks = _looks(follow_ups)
    if looks is None or not looks["families"]:
        return None
    made, families = looks["followed_up"], looks["families"]
    return Section(
        title="What looks cost, and what they confirm",
        paragraphs=[
            f"Of {families} families {made['families']} ({made['families'] / families:.2%}) are "
            f"followed up and {looks['waiting']} wait: {looks['days']:,.0f} working days at "
            f"{looks['review_days']:g} a look (assumed). By the policy until {BEFORE} "
            f"{looks['waited_before']} would wait, {looks['days_before']:,.0f} working days.",
            _confirmed(looks),
            "Confirmed is not changed: an inspection says whether income is hidden, not whether "
            "the category would be another one. The models have learned from these very "
            "inspections, so what they ask for looks better here than it is; on families that no "
            "model has seen only a simulated country can judge (`training.trials.follow_ups`).",
        ],
        tables=[
            Table(
                head=("looks", *(name for name, _ in _ORDERS.values())),
                rows=[
                    (str(point["looks"]), *(_count(point[order]) for order in _ORDERS))
                    for point in looks["curve"]
                ],
                caption="Confirmed families reached",
                long=True,
            ),
            *(_by_group(name, looks["groups"][name]) for name in GROUPS if name in looks["groups"]),
        ],
        picture=PICTURE,
    )


def drawn(follow_ups: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Return the looks whose curve can be drawn; null where no inspection tells of one."""
    looks = _looks(follow_ups)
    return None if looks is None or looks["followed_up"]["changed"]["value"] is None else looks


def draw(axes: Axes, looks: Mapping[str, Any]) -> None:
    """Draw confirmed families against looks, in the three orders; dotted: within capacity."""
    at = [point["looks"] for point in looks["curve"]]
    for order, (name, colour) in _ORDERS.items():
        axes.plot(at, [point[order] for point in looks["curve"]], color=colour, label=name)
    axes.axvline(looks["followed_up"]["families"], color="grey", linewidth=0.8, linestyle=":")
    axes.set(xlabel="looks", ylabel="confirmed among them", xlim=(0, None), ylim=(0, None))
    axes.legend(fontsize=8)


def _looks(follow_ups: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    looks: Mapping[str, Any] | None = None if follow_ups is None else follow_ups.get("looks")
    return looks


def _confirmed(looks: Mapping[str, Any]) -> str:
    """Say how often looks within capacity, of the queue before and at anybody confirm."""
    made, before = looks["followed_up"], looks["before"]
    others = (
        f"of {show(before['changed'])} of the queue before ({before['known']} inspected) and of "
        f"{show(looks['changed'])} of all"
    )
    if not made["families"]:
        return (
            "Nobody is followed up: neither the model nor a flag that inspections support asks for "
            "a look that could change anything. Random inspections confirmed hidden income "
            f"{others}."
        )
    return (
        f"Random inspections confirmed hidden income of {show(made['changed'])} of those followed "
        f"up ({made['known']} inspected), {others}. A look within capacity confirms "
        f"{number(looks['ratio'])} times as often as one of the queue before in random order, "
        f"{number(looks['against_chance'])} times as often as one at anybody."
    )


def _by_group(name: str, groups: Sequence[Mapping[str, Any]]) -> Table:
    return Table(
        caption=f"By {name.replace('_', ' ')}",
        head=(
            "",
            "families",
            "waiting",
            "waited before",
            "followed up",
            "confirmed of the followed up",
            "of the queue before",
            "of all",
        ),
        rows=[(named(name, group["value"]), *_load(group["load"])) for group in groups],
        long=True,
    )


def _load(load: Mapping[str, Any] | None) -> tuple[str, ...]:
    if load is None:
        return ("too few to be shown", *[""] * 6)
    counts = (load["families"], load["waiting"], load["waited_before"])
    return (
        *map(str, counts),
        str(load["followed_up"]["families"]),
        show(load["followed_up"]["changed"]),
        show(load["before"]["changed"]),
        show(load["changed"]),
    )


def _count(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1f}"
