"""Every world keeps what it promises, and differs from the ordinary one where it says."""

from collections import Counter
from datetime import date

import polars as pl
import pytest

from features.checking.check import faults
from features.errors import DeclarationError, InputError
from features.registers.declared import REGISTERS
from features.registers.reading.load import open_data_set
from training.population import simulate
from training.population.worlds import NEUTRAL, read, worlds

AS_OF = date(2026, 1, 1)
FAMILIES = 20_000


class Told:
    """A country of each world, told once when first asked for."""

    def __init__(self, folder):
        self.folder, self.summaries = folder, {}

    def __call__(self, world):
        if world not in self.summaries:
            self.summaries[world] = simulate(
                self.folder / world, households=FAMILIES, seed=7, as_of=AS_OF, world=world
            )
        return self.summaries[world]

    def register(self, world, name):
        self(world)
        return pl.read_parquet(self.folder / world / name / "*.parquet")


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    return Told(tmp_path_factory.mktemp("worlds"))


PROMISES = [(name, place) for name, w in worlds().items() for place in range(len(w.promises))]


@pytest.mark.parametrize(("world", "place"), PROMISES, ids=lambda value: str(value))
def test_a_world_keeps_its_promise(simulated, world, place):
    promise = simulated(world)["promises"][place]
    assert promise["kept"], promise


@pytest.mark.parametrize("world", [w for w in worlds() if w != "ordinary"])
def test_a_world_differs_from_the_ordinary_one(simulated, world):
    simulated("ordinary")
    simulated(world)
    ordinary, other = simulated.folder / "ordinary", simulated.folder / world
    files = [p.relative_to(ordinary) for p in sorted(ordinary.rglob("*.parquet"))]
    differs = {
        str(file.parent)
        for file in files
        if not (other / file).exists()
        or (ordinary / file).read_bytes() != (other / file).read_bytes()
    }
    observed_only = {
        "register_down": {"vehicles"},
        "register_faults": {fault.register for fault in worlds()[world].shifts.faults},
        "biased_inspectors": {"inspections"},
    }
    assert differs == observed_only[world] if world in observed_only else "truth" in differs


def test_without_a_word_about_it_the_world_is_the_ordinary_one(tmp_path):
    silent = simulate(tmp_path / "silent", households=200, seed=3, as_of=AS_OF)
    named = simulate(tmp_path / "named", households=200, seed=3, as_of=AS_OF, world="ordinary")
    assert silent["world"] == named["world"] == "ordinary"
    assert worlds()["ordinary"].shifts == NEUTRAL
    for file in (tmp_path / "silent").rglob("*.parquet"):
        assert (
            file.read_bytes()
            == (tmp_path / "named" / file.relative_to(tmp_path / "silent")).read_bytes()
        )


def test_a_check_finds_exactly_the_faults_that_were_made(simulated):
    made = Counter()
    for fault in simulated("register_faults")["faults"]:
        # A row sent twice is two rows of one key.
        times = 2 if fault["kind"] == "twice" else 1
        made[fault["register"], fault["column"]] += times * fault["rows"]
    reported = Counter()
    for fault in faults(open_data_set(simulated.folder / "register_faults"), AS_OF):
        if fault.is_error:
            reported[fault.register, fault.column] += fault.rows
    assert reported == made
    assert {f.kind for f in worlds()["register_faults"].shifts.faults} == {
        "twice",
        "nowhere",
        "empty",
        "unlisted",
        "negative",
        "too_large",
        "too_late",
        "within_month",
        "not_finite",
        "unreadable",
        "wrong_type",
        "absent",
    }


def test_a_register_that_is_down_is_absent_and_all_others_are_whole(simulated):
    simulated("register_down")
    data = open_data_set(simulated.folder / "register_down")
    silent = {name for name in REGISTERS if data.registers[name] is None}
    assert silent == {"vehicles"}
    assert [f.sentence for f in faults(data, AS_OF) if f.is_error] == []


def test_in_a_drought_the_register_still_holds_the_herds_of_before(simulated):
    ordinary, drought = (simulated.register(w, "livestock") for w in ("ordinary", "drought"))
    assert drought["species"].equals(ordinary["species"])
    assert drought["heads"].sum() > 0.98 * ordinary["heads"].sum()
    before, after = (
        simulated.register(world, "truth")["hidden_farm"].sum() for world in ("ordinary", "drought")
    )
    assert after < 0.4 * before


def test_inspectors_with_a_bias_leave_the_random_arm_as_it_was(simulated):
    def at_random(world):
        return (
            simulated.register(world, "inspections")
            .filter(design="random")
            .drop("inspected_on", "hidden_income_monthly")
        )

    assert at_random("ordinary").equals(at_random("biased_inspectors"))


def test_a_year_later_the_same_families_earn_more_in_nominal_terms(simulated):
    now, later = (simulated.register(w, "truth") for w in ("ordinary", "next_year"))
    assert later["official_wage"].sum() > 1.08 * now["official_wage"].sum()
    assert later["pension"].sum() == pytest.approx(1.10 * now["pension"].sum(), rel=0.01)


def test_an_unknown_world_is_refused_with_those_there_are(tmp_path):
    with pytest.raises(InputError, match=r"'flood'.*ordinary, more_informal, drought"):
        simulate(tmp_path / "out", households=10, seed=1, as_of=AS_OF, world="flood")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("yaml", "sentence"),
    [
        ("w: {about: a, promises: [], colour: red}", "colour"),
        ("w: {about: a, promises: [], shifts: {informalty: 1}}", "informalty"),
        ("w: {about: a, promises: [], shifts: {informality: much}}", "informality"),
        ("w: {about: a, promises: [], shifts: {silent: [vehicle]}}", "no register 'vehicle'"),
        ("w: {about: a, promises: [], shifts: {law: {minimum_wages: 1}}}", "no number of law"),
        (
            "w: {about: a, promises: [], shifts: {bias: {region: '99', suspicion: 1, zeal: 1}}}",
            "no region '99'",
        ),
        (
            "w: {about: a, promises: [], shifts: {faults: [{register: loans, column: sex, kind: empty,"
            " share: 0.1}]}}",
            "no column loans.sex",
        ),
        (
            "w: {about: a, promises: [], shifts: {faults: [{register: loans, column: kind, kind: lost,"
            " share: 0.1}]}}",
            "kind",
        ),
        ("w: {about: a, promises: [{about: b, measure: m, target: 1}]}", "tolerance"),
    ],
)
def test_a_slip_of_the_pen_in_the_worlds_is_refused_with_its_place(yaml, sentence):
    with pytest.raises(DeclarationError, match=sentence):
        read(yaml.encode())
