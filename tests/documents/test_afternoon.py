"""The notebook of an afternoon runs from nothing, and its conclusions hold."""

import json

import pytest
from nbformat.v4 import new_code_cell

from tests.documents import afternoon
from tests.walks.walk import masked

CONCLUSIONS = """
import json
print(json.dumps({
    "designs": by_design["mean"].to_dict(),
    "by_fifths": share.tolist(),
    "silent": float(blind["recent_vehicles"].isna().mean()),
    "rules": beside_rules.to_dict("index"),
    "duel": duel.to_dict(),
}))
"""


def test_it_is_committed_with_small_outputs_and_no_path_of_a_machine():
    text = afternoon.NOTEBOOK.read_text("utf-8")
    assert len(text) < 100_000
    assert not any(place in text for place in ("/home/", "/root/", "/tmp/", "/Users/"))


def test_it_shows_its_tables_and_its_two_pictures_to_whoever_only_reads_it():
    outputs = [o for cell in afternoon.read().cells for o in cell.get("outputs", ())]
    assert sum("image/png" in o.get("data", {}) for o in outputs) == 2
    assert len(afternoon.texts(afternoon.read())) >= 8


@pytest.mark.long
def test_it_runs_from_nothing_and_what_it_concludes_holds(tmp_path):
    committed = afternoon.texts(afternoon.read())
    notebook = afternoon.read()
    notebook.cells.append(new_code_cell(CONCLUSIONS))
    run = afternoon.executed(notebook, tmp_path)
    ends = json.loads(run.cells.pop().outputs[0].text)
    assert [masked(text) for text in afternoon.texts(run)] == [masked(text) for text in committed]
    # A silent register leaves everybody unknown.
    assert ends["silent"] == 1
    # Suspicion finds more than the lot does.
    assert ends["designs"]["targeted"] > ends["designs"]["random"]
    # The wider the gap, the more is confirmed.
    assert ends["by_fifths"][-1] > 2 * ends["by_fifths"][0]
    # Both detectors and the gap alone beat the red flags, and the interval leaves zero out.
    for name in ("gap alone", "yours", "ours"):
        assert ends["rules"][name]["gain_low"] > 0, name
    # Every seed puts the one ahead of the other, and still the two cannot be told apart.
    assert ends["duel"]["gain_least"] < ends["duel"]["gain_most"] < 0
    assert ends["duel"]["gain_low"] < 0 < ends["duel"]["gain_high"]
