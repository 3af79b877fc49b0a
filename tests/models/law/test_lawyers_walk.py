"""A lawyer's walk: change a value, add a case, run one command, read what fails."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from models.law.files import LAW
from tests.law.__main__ import main
from tests.law.cases import FOLDER

ROOT = Path(__file__).parents[3]
PAGE = """
source: budget-2026
family: {{members: 3, adults: 3, dwellings: 2, vehicles: 2, active_businesses: 1}}
cases:
  - name: Four minima of the raised value exactly
    as_of: 2026-01-01
    family: {{income_per_member: 204_000}}
    expect: {{hard_rule: {expected}}}
"""


@pytest.fixture
def law(tmp_path) -> Path:
    """A copy of the law that the lawyer may change."""
    shutil.copytree(LAW, tmp_path / "law")
    return tmp_path / "law"


@pytest.fixture
def cases(tmp_path) -> Path:
    (tmp_path / "cases").mkdir()
    return tmp_path / "cases"


def raised(law: Path) -> None:
    """The lawyer writes 51 000 in place of 50 851."""
    page = law / "subsistence_minimum.yaml"
    written = page.read_text(encoding="utf-8")
    assert "50_851" in written
    page.write_text(written.replace("50_851", "51_000"), encoding="utf-8")


def make_law(law: Path, cases: Path, capsys) -> tuple[int, str]:
    code = main(["--law", str(law), "--cases", str(cases)])
    return code, capsys.readouterr().out


def test_a_changed_value_fails_exactly_the_cases_that_stand_on_it(law, capsys):
    raised(law)
    code, out = make_law(law, FOLDER, capsys)
    assert code == 1
    assert (
        "tests/law/values.yaml: '1 January 2026, the day of a change'\n"
        "    values, subsistence_minimum: expected 50851, got 51000\n"
    ) in out
    assert (
        "tests/law/category_6.yaml: 'One tenge above four minima of 2026'\n"
        "    hard_rule: expected met, got not met\n"
    ) in out
    failed = [line for line in out.splitlines() if line.startswith("tests/law/")]
    assert len(failed) >= 10
    assert not [line for line in failed if "2019" in line or "2025 are not" in line]


def test_the_command_of_the_makefile_answers_a_lawyer_without_python(law, cases):
    raised(law)
    (cases / "raised.yaml").write_text(PAGE.format(expected="met"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "tests.law", "--law", str(law), "--cases", str(cases)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 1
    assert "hard_rule: expected met, got not met" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_a_rule_on_what_no_letter_can_tell_is_refused_with_the_place_of_the_words(
    law, cases, capsys
):
    page = law / "hard_rule.yaml"
    written = page.read_text(encoding="utf-8")
    assert written.count("feature: active_businesses\n        from: 1") == 1
    page.write_text(
        written.replace(
            "feature: active_businesses\n        from: 1",
            "feature: property_value\n        from: 50_000_000",
        ),
        encoding="utf-8",
    )
    assert make_law(law, cases, capsys) == (
        1,
        "hard_rule.yaml, BUSINESS: reasons.yaml has no words for 'property_value' under "
        "`measures`, so no letter could say what decided. Add them there in kk, ru, en.\n",
    )


def test_a_case_added_beside_the_change_holds_and_its_mistake_is_told(law, cases, capsys):
    raised(law)
    page = cases / "raised.yaml"
    page.write_text(PAGE.format(expected="not met"), encoding="utf-8")
    assert make_law(law, cases, capsys) == (0, "1 cases, 0 of them come out otherwise.\n")
    page.write_text(PAGE.format(expected="met"), encoding="utf-8")
    assert make_law(law, cases, capsys) == (
        1,
        "tests/law/raised.yaml: 'Four minima of the raised value exactly'\n"
        "    hard_rule: expected met, got not met\n"
        "    on 2026-01-01, of members: 3, adults: 3, dwellings: 2, vehicles: 2, "
        "active_businesses: 1, income_per_member: 204000\n"
        "    source: budget-2026\n\n"
        "1 cases, 1 of them come out otherwise.\n",
    )


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (
            "{{hard_rul: met}}",
            "'Four minima of the raised value exactly', expect: Additional properties are not allowed ('hard_rul'",
        ),
        (
            "{{hard_rule: yes}}",
            "expect.hard_rule: True is not one of ['met', 'not met', 'unknown']",
        ),
        (
            "{{facts: {{incme_per_member: 1}}}}",
            "names 'incme_per_member', which is no fact; did you mean income_per_member?",
        ),
        (
            "{{refused: this is forbidden}}",
            "refused: expected 'this is forbidden', but it was answered",
        ),
    ],
)
def test_a_case_written_wrongly_is_refused_with_its_name_and_place(
    law, cases, capsys, written, words
):
    page = PAGE.format(expected="met").replace("{hard_rule: met}", written.format())
    (cases / "wrong.yaml").write_text(page, encoding="utf-8")
    code, out = make_law(law, cases, capsys)
    assert code == 1
    assert "tests/law/wrong.yaml" in out
    assert words in out


def test_a_case_without_a_source_or_a_known_one_is_refused(law, cases, capsys):
    page = PAGE.format(expected="not met")
    for source in ("", "source: budget-1991"):
        (cases / "unsourced.yaml").write_text(page.replace("source: budget-2026", source))
        code, out = make_law(law, cases, capsys)
        assert code == 1
        assert "`source` that models/law/values/acts.yaml knows, or a link" in out


def test_two_cases_of_one_name_are_refused(law, cases, capsys):
    page = PAGE.format(expected="not met")
    _, again = page.split("cases:\n")
    (cases / "twice.yaml").write_text(page + again, encoding="utf-8")
    assert make_law(law, cases, capsys)[1] == (
        "tests/law/twice.yaml: two cases are named 'Four minima of the raised value exactly'.\n"
    )


def test_the_table_counts_cases_by_what_they_expect(cases, capsys):
    (cases / "raised.yaml").write_text(PAGE.format(expected="not met"), encoding="utf-8")
    main(["--cases", str(cases), "--table"])
    assert "hard_rule" in capsys.readouterr().out
