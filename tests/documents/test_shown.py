"""What may be left out of an output and what may not."""

import pytest

from tests.documents.shown import Untrue, refreshed

WHOLE = """\
 gate       verdict  number
 signature  PASS
 quality    PASS     0.03806  above a regression's: 95 % interval 0.010 to 0.064

snapshot: 20,000 households, digest d678a3125ac3.
"""


def test_a_whole_output_is_shown_as_it_is():
    assert refreshed(WHOLE, WHOLE) == WHOLE.rstrip("\n")


def test_lines_are_left_out_where_a_line_says_so_and_only_there():
    assert refreshed("…\nsnapshot: 20,000 households, digest d678a3125ac3.", WHOLE)
    assert refreshed(" gate verdict number\n…", WHOLE)
    with pytest.raises(Untrue, match="no line of the output is this one"):
        refreshed(" gate  verdict  number\n quality  PASS  …\n…", WHOLE)
    with pytest.raises(Untrue, match="after the last line shown comes more"):
        refreshed(" gate  verdict  number", WHOLE)
    with pytest.raises(Untrue, match="no line of the output is this one"):
        refreshed("snapshot: 20,000 households, digest d678a3125ac3.", WHOLE)


def test_the_end_of_an_output_is_its_end():
    with pytest.raises(Untrue):
        refreshed("…\n quality  PASS  0.03806  …", WHOLE)
    assert refreshed("…\n quality  PASS  0.03806  …\n…", WHOLE)


def test_lines_stand_in_the_order_of_the_output():
    with pytest.raises(Untrue):
        refreshed("…\n quality  PASS  …\n…\n signature PASS\n…", WHOLE)


def test_a_word_that_is_not_printed_is_not_shown():
    with pytest.raises(Untrue):
        refreshed("…\n signature  FAIL\n…", WHOLE)


def test_numbers_and_hashes_are_taken_from_the_output_and_the_line_keeps_its_form():
    shown = "…\n quality  PASS  0.04  …: 95 % interval 0.020 to 0.1\nsnapshot: 9 households, digest 0123456789ab."
    assert refreshed(shown, WHOLE) == (
        "…\n quality  PASS  0.03806  …: 95 % interval 0.010 to 0.064\n"
        "snapshot: 20,000 households, digest d678a3125ac3."
    )
