"""docs/retrain.md names every gate, and what it says is refused is what is said."""

import re

from tests.walks.walk import ROOT
from training.gates import preregistration
from training.promote import _AFTER_SIGNATURE

PAGE = (ROOT / "docs" / "retrain.md").read_text("utf-8")


def code():
    """The code as one text, its strings that go on over lines put together."""
    text = "\n".join(
        path.read_text("utf-8")
        for top in ("features", "models", "training", "serving")
        for path in sorted((ROOT / top).rglob("*.py"))
    )
    return re.sub(r'"\s*\n\s*f?"', "", text)


def test_every_gate_is_named_in_its_order_and_whether_a_word_may_pass_it():
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| (\w+) \|$", PAGE, re.MULTILINE)
    assert [name for name, _ in rows] == ["signature", *_AFTER_SIGNATURE]
    hard = set(re.findall(r'\bhard\(\s*"(\w+)"', code()))
    hard |= {"off_switch"}  # named by a variable
    assert {name for name, word in rows if word == "never"} == hard


def test_what_is_refused_is_said_in_these_words():
    phrases = re.findall(r"^\| \*([^*]+)\* \|", PAGE, re.MULTILINE)
    assert phrases
    for phrase in phrases:
        pattern = re.escape(phrase).replace(r"\ N\ places", r" .*place").replace(r"\ ", r"\s+")
        assert re.search(pattern, code()), phrase


def test_the_pre_registration_shown_can_be_read(tmp_path):
    [shown] = re.findall(r"^```json\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    (tmp_path / "promises.json").write_text(shown, "utf-8")
    assert preregistration.read(tmp_path / "promises.json").metrics
