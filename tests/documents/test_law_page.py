"""What docs/law.md shows a lawyer works as it stands: a value, its cases, a criterion, a reform."""

import re
import shutil
from datetime import date

import pytest
import yaml

from models.law.files import LAW
from models.law.parameters import Law
from models.rules.scorecard import Scorecard
from tests.law.__main__ import main
from tests.walks.walk import ROOT

PAGE = (ROOT / "docs" / "law.md").read_text("utf-8")
EDITION, CASES, CRITERION, REFORM = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.M)


@pytest.fixture
def law(tmp_path):
    return shutil.copytree(LAW, tmp_path / "law")


def test_the_edition_and_its_cases_hold(law, tmp_path, capsys):
    with (law / "subsistence_minimum.yaml").open("a", encoding="utf-8") as value:
        value.write(EDITION)
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "page.yaml").write_text(CASES, "utf-8")
    assert main(["--law", str(law), "--cases", str(tmp_path / "cases")]) == 0
    assert capsys.readouterr().out == "4 cases, 0 of them come out otherwise.\n"


def test_the_cases_do_not_hold_without_the_edition(law, tmp_path, capsys):
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "page.yaml").write_text(CASES, "utf-8")
    assert main(["--law", str(law), "--cases", str(tmp_path / "cases")]) == 1
    assert "'The day of the change'" in capsys.readouterr().out


def test_the_criterion_stands_in_the_card(law):
    card = law / "scorecards" / "pilot_2025.yaml"
    text = card.read_text("utf-8").replace("criteria:\n", f"criteria:\n{CRITERION}", 1)
    card.write_text(text, "utf-8")
    compiled = Scorecard.in_force(Law(date(2026, 1, 1), law))
    assert compiled.codes[0] == yaml.safe_load(CRITERION)[0]["code"]
    assert len(compiled.codes) == 24


def test_the_reform_is_the_one_that_is_built_in():
    built_in = ROOT / "serving" / "reform" / "examples" / "three_minimums.yaml"
    assert yaml.safe_load(REFORM) == yaml.safe_load(built_in.read_text("utf-8"))
