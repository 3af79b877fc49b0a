"""`tarazy draw` as its users meet it: a list, its record, a sealed seed, and the proof."""

import json
import stat
from datetime import date
from functools import partial
from html.parser import HTMLParser

import polars as pl
import pytest

from features.registers.reading.load import open_data_set
from features.registers.snapshot import make
from serving.commands import main, sources
from tests.features import data_sets
from training.population import simulate

AS_OF = date(2026, 1, 1)


@pytest.fixture(scope="module")
def snap(tmp_path_factory):
    """A snapshot of a country of eight hundred families."""
    folder = tmp_path_factory.mktemp("drawn")
    simulate(folder / "data", households=800, seed=11, as_of=AS_OF)
    make(open_data_set(folder / "data"), AS_OF, folder / "snap")
    return folder / "snap"


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """The command in this process, without a model: exit code, answer, what was said."""
    monkeypatch.setenv("TARAZY_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)

    def call(*words):
        with pytest.raises(SystemExit) as left:
            main(["draw", "--unsigned", *map(str, words)])
        printed = capsys.readouterr()
        return left.value.code, printed.out, printed.err

    return call


DRAW = ("--capacity", 60, "--random-least", 20, "--model", "none", "--out", "list.parquet")


def test_a_list_comes_with_its_record_and_a_seed_that_only_its_owner_can_read(run, snap, tmp_path):
    code, out, _ = run(snap, *DRAW, "--json")
    assert code == 0
    answer, record = json.loads(out), json.loads((tmp_path / "list.json").read_text())
    drawn = pl.read_parquet(tmp_path / "list.parquet")
    assert drawn.columns == [
        "household_id",
        "arm",
        "probability",
        "stratum",
        "region",
        "settlement",
        "expected_amount",
        "position",
    ]
    assert dict(drawn.group_by("arm").len().iter_rows()) == {"random": 20, "targeted": 40}
    seed = tmp_path / "list.seed.json"
    assert stat.S_IMODE(seed.stat().st_mode) == 0o600
    secret = json.loads(seed.read_text())
    assert secret["commitment"] == answer["commitment"] == record["commitment"]
    for place in (out, (tmp_path / "list.json").read_text()):
        assert secret["seed"] not in place
        assert secret["salt"] not in place


def test_the_list_is_drawn_again_from_its_seed_and_a_touched_one_is_found_out(run, snap, tmp_path):
    run(snap, *DRAW)
    again = (snap, "--replay", "list.parquet", "--reveal", "list.seed.json")
    code, out, _ = run(*again)
    assert (code, "Identical: 60 families" in out) == (0, True)
    shown = pl.read_parquet(tmp_path / "list.parquet")
    shown.slice(1).write_parquet(tmp_path / "list.parquet")
    code, out, _ = run(*again, "--json")
    assert code == 1
    assert json.loads(out)["identical"] is False
    assert json.loads(out)["families"] == {"left_out": 1, "put_in": 0, "altered": 0}


def test_to_draw_a_list_again_its_snapshot_is_opened_once(run, snap, monkeypatch):
    run(snap, *DRAW)
    opened, places = sources.opened, []

    def counted(place, *words):
        places.append(place)
        return opened(place, *words)

    monkeypatch.setattr(sources, "opened", counted)
    code, _, _ = run(snap, "--replay", "list.parquet", "--reveal", "list.seed.json")
    assert (code, places) == (0, [snap])


def test_a_seed_committed_to_first_gives_the_same_list_every_time(run, snap, tmp_path):
    code, out, _ = run("--commit", "sealed.json", "--seed", "a public text", "--json")
    assert code == 0
    promised = json.loads(out)["commitment"]
    lists = []
    for name in ("one.parquet", "two.parquet"):
        run(snap, *DRAW[:-1], name, "--sealed", "sealed.json")
        lists.append(pl.read_parquet(tmp_path / name))
        assert (
            json.loads((tmp_path / name).with_suffix(".json").read_text())["commitment"] == promised
        )
    assert lists[0].equals(lists[1])


def test_a_sealed_seed_is_never_overwritten(run, snap, tmp_path):
    run(snap, *DRAW)
    before = (tmp_path / "list.seed.json").read_bytes()
    for words in ((snap, *DRAW), ("--commit", "list.seed.json")):
        code, _, err = run(*words)
        assert (code, "never overwritten" in err) == (1, True)
    assert (tmp_path / "list.seed.json").read_bytes() == before


def test_only_families_that_may_be_visited_are_drawn_and_the_proof_needs_them_too(
    run, snap, tmp_path
):
    may = pl.read_parquet(snap / "part-00000" / "households.parquet").filter(
        pl.col("region") == "75"
    )
    may.select("household_id").write_parquet(tmp_path / "may.parquet")
    words = ("--capacity", "50%", "--model", "none", "--out", "list.parquet")
    assert run(snap, *words, "--among", "may.parquet")[0] == 0
    drawn = pl.read_parquet(tmp_path / "list.parquet")
    assert drawn["region"].unique().to_list() == ["75"]
    again = (snap, "--replay", "list.parquet", "--reveal", "list.seed.json")
    assert run(*again, "--among", "may.parquet")[0] == 0
    code, _, err = run(*again)
    assert (code, "pass their file by --among" in err) == (1, True)


def test_each_region_can_be_given_its_own_capacity(run, snap, tmp_path):
    regions = pl.read_parquet(snap / "part-00000" / "households.parquet")["region"].unique().sort()
    lines = ["region,visits", *(f"{region},{3 + n % 2}" for n, region in enumerate(regions))]
    (tmp_path / "visits.csv").write_text("\n".join(lines))
    words = ("--model", "none", "--out", "list.parquet", "--capacities", "visits.csv")
    assert run(snap, *words)[0] == 0
    got = dict(pl.read_parquet(tmp_path / "list.parquet").group_by("region").len().iter_rows())
    assert got == {str(region): 3 + n % 2 for n, region in enumerate(regions)}
    (tmp_path / "visits.csv").write_text("\n".join([*lines, lines[-1]]))
    code, _, err = run(snap, *words[:2], "--out", "other.parquet", *words[4:])
    assert (code, "a region twice" in err) == (1, True)


def test_the_report_says_that_a_hash_was_published_only_where_somebody_names_day_and_place(
    run, snap, tmp_path
):
    run("--commit", "secret.json")
    sealed = json.loads((tmp_path / "secret.json").read_text())
    notice = ("--published", "2026-01-05", "notice 17")
    pages = {}
    for name, words in {
        "fresh": (),
        "sealed": ("--sealed", "secret.json"),
        "published": ("--sealed", "secret.json", *notice),
    }.items():
        code, _, err = run(snap, *DRAW[:-1], f"{name}.parquet", "--report", name, *words)
        assert code == 0, err
        pages[name] = (tmp_path / name / "index.html").read_text("utf-8")
        again = (snap, "--replay", f"{name}.parquet", "--reveal")
        seed = "secret.json" if words else "fresh.seed.json"
        assert run(*again, seed)[0] == 0
    assert "its hash was not published before" in pages["fresh"]
    assert "nobody says that its hash was published" in pages["sealed"]
    assert sealed["sealed_at"] in pages["sealed"]
    assert "published on 2026-01-05, before the draw: notice 17" in pages["published"]
    assert "was published on" not in pages["fresh"] + pages["sealed"]
    code, _, err = run(
        snap,
        *DRAW[:-1],
        "late.parquet",
        "--sealed",
        "secret.json",
        "--published",
        "2999-01-01",
        "notice 17",
    )
    assert (code, "has not come" in err) == (1, True)
    assert not (tmp_path / "late.parquet").exists()


def test_the_record_of_a_list_never_takes_the_place_of_its_seed(run, snap, tmp_path):
    run("--commit", "list.json")
    before = (tmp_path / "list.json").read_bytes()
    code, _, err = run(snap, *DRAW, "--sealed", "list.json")
    assert (code, "over the sealed seed" in err) == (1, True)
    assert (tmp_path / "list.json").read_bytes() == before


class _Page(HTMLParser):
    """Collects the headings, and the tags that do not close."""

    def __init__(self):
        super().__init__()
        self.open, self.headings = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "path", "use", "br", "rect"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("h1", "h2"):
            self.headings.append(data)


def test_the_report_is_one_page_with_its_pictures_and_holds_no_family(run, snap, tmp_path):
    assert run(snap, *DRAW, "--report", "report")[0] == 0
    page = _Page()
    text = (tmp_path / "report" / "index.html").read_text("utf-8")
    page.feed(text)
    assert page.open == []
    assert page.headings == [
        "A list of 60 inspections",
        "The promise",
        "The arms",
        "Whom visits reach, by what they are for",
        "What random inspections can prove",
        "What is assumed",
    ]
    report = json.loads((tmp_path / "report" / "report.json").read_text("utf-8"))
    kinds = {row["kind"] for row in report["objectives"]["groups"]}
    assert kinds >= {
        "region",
        "settlement",
        "sex_of_head",
        "single_parent",
        "children",
        "disability",
        "pensioners_only",
    }
    drawn = pl.read_parquet(tmp_path / "list.parquet")["household_id"]
    assert not any(str(key) in text for key in drawn)
    (tmp_path / "report" / "mine.txt").write_text("not the report's")
    code, _, err = run(snap, *DRAW[:-1], "other.parquet", "--report", "report")
    assert (code, "something else than the report" in err) == (1, True)
    assert not (tmp_path / "other.parquet").exists()


def test_the_power_table_needs_no_data(run):
    code, out, _ = run("--power", "--json")
    assert code == 0
    assert json.loads(out)["groups"][0]["in_each_group"] == 13_809
    code, out, _ = run("--power")
    assert (code, "13,809" in out) == (0, True)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "Name the snapshot"),
        (("SNAP", "--capacity", "5"), "needs --out"),
        (("SNAP", "--out", "l.parquet"), "either --capacity or --capacities"),
        (("SNAP", "--capacity", "5", "--capacities", "v.csv", "--out", "l"), "either --capacity"),
        (("SNAP", "--replay", "l.parquet"), "--replay needs --reveal"),
        (("SNAP", "--capacity", "0", "--out", "l"), "out of range"),
        (("SNAP", "--capacity", "101%", "--out", "l"), "out of range"),
        (("SNAP", "--capacity", "many", "--out", "l"), "neither a number"),
        (("SNAP", "--capacity", "5", "--out", "l", "--seed", "s", "--sealed", "f"), "not both"),
        (
            ("SNAP", "--capacity", "5", "--out", "l", "--published", "2026-01-05", "x"),
            "needs --sealed",
        ),
    ],
)
def test_wrong_usage_is_said_in_one_line(run, words, message):
    code, _, err = run(*words)
    assert (code, message in err) == (2, True), err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--capacity", "2"), "cannot give each of"),
        (("--capacity", "60", "--sealed", "nothing.json"), "cannot be read"),
        (("--capacity", "60", "--sealed", "broken.json"), "is no JSON"),
        (("--capacity", "60", "--among", "broken.json"), "column household_id"),
        (("--capacities", "nothing.csv"), "cannot be read"),
    ],
)
def test_what_cannot_be_used_is_refused_and_no_list_is_written(run, snap, tmp_path, words, message):
    (tmp_path / "broken.json").write_text("{")
    code, _, err = run(snap, "--model", "none", "--out", "list.parquet", *words)
    assert (code, message in err) == (1, True), err
    assert "Traceback" not in err
    assert not (tmp_path / "list.parquet").exists()


def test_another_snapshot_is_named_before_anything_is_drawn_from_it(
    run, snap, tmp_path, monkeypatch
):
    run(snap, *DRAW)
    data = data_sets.write(tmp_path / "data")
    other = make(open_data_set(data), AS_OF, tmp_path / "other")
    monkeypatch.setattr("serving.inspections.pool.decide", None)  # nothing is decided any more
    code, _, err = run(other.folder, "--replay", "list.parquet", "--reveal", "list.seed.json")
    assert (code, "is not the snapshot that the list was drawn from" in err) == (1, True), err
    assert other.digest[:12] in err
    assert json.loads((tmp_path / "list.json").read_text())["inputs"]["snapshot"][:12] in err


def test_what_is_no_record_is_refused(run, snap, tmp_path):
    run(snap, *DRAW)
    (tmp_path / "list.json").write_text("{}")
    code, _, err = run(snap, "--replay", "list.parquet", "--reveal", "list.seed.json")
    assert (code, "no record of a drawn list" in err) == (1, True)


def test_a_trained_model_aims_the_targeted_visits_and_its_list_can_be_proved(
    in_process, trained_home, snap, tmp_path
):
    out = tmp_path / "list.parquet"
    draw = partial(in_process, trained_home, "draw", snap, "--unsigned")
    answer = draw("--capacity", 120, "--random-least", 40, "--out", out, "--json").json
    arms = {arm["arm"]: arm for arm in answer["design"]["arms"]}
    per_visit = {n: arm["expected_confirmed"] / arm["visits"] for n, arm in arms.items()}
    assert (arms["random"]["visits"], arms["targeted"]["visits"]) == (40, 80)
    assert per_visit["targeted"] > 1.3 * per_visit["random"]
    assert draw("--replay", out, "--reveal", answer["sealed"]).code == 0
