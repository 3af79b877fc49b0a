"""A family's rights are law as well: dated, cited, refused when misspelt, shown to auditors."""

from datetime import date

import pytest

from features.errors import DeclarationError
from models.law import rights
from models.law.described import describe
from models.law.files import read_law
from models.law.parameters import Law
from tests.models.law.lawbook import amended

DAY = date(2026, 1, 1)


def test_every_right_is_cited_and_says_whether_it_was_compared_with_its_act():
    for right in rights.of(Law(DAY)).values():
        assert right.source.act.partition(":")[0] in Law(DAY).acts
        assert right.assumed or right.source.checked
        assert (right.term is None) == (right.unit is None)


def test_a_change_of_a_term_is_a_change_of_a_file_and_holds_from_its_day(tmp_path):
    def shorten(content):
        [edition] = content["rights"]["COMPLAINT"]["editions"]
        content["rights"]["COMPLAINT"]["editions"].append(
            edition | {"since": date(2026, 5, 1), "term": 1}
        )

    folder = amended(tmp_path, "rights.yaml", shorten)
    eve, day = (rights.of(Law(d, folder)) for d in (date(2026, 4, 30), date(2026, 5, 1)))
    assert (eve["COMPLAINT"].term, day["COMPLAINT"].term) == (3, 1)
    assert eve["COMPLAINT"].until(date(2026, 4, 30)) == date(2026, 7, 30)
    assert day["COMPLAINT"].until(date(2026, 5, 1)) == date(2026, 6, 1)


def misspelt(content):
    content["rights"]["ANSWER"]["editions"][0]["terms"] = 3


def missing(content):
    del content["rights"]["HEARING"]


def uncited(content):
    content["rights"]["ANSWER"]["editions"][0]["source"]["act"] = "nowhere"


def disordered(content):
    content["rights"]["EXPLANATION"]["editions"].reverse()


@pytest.mark.parametrize(
    ("change", "named"),
    [(misspelt, "terms"), (missing, "HEARING"), (uncited, "nowhere"), (disordered, "EXPLANATION")],
)
def test_a_file_of_rights_that_is_not_in_order_is_refused_by_name(tmp_path, change, named):
    with pytest.raises(DeclarationError, match=named):
        read_law(amended(tmp_path, "rights.yaml", change))


@pytest.mark.parametrize(("day", "begun"), [(date(2021, 6, 30), False), (date(2021, 7, 1), True)])
def test_auditors_see_the_rights_of_a_day_with_their_sources(day, begun):
    shown = {entry["name"]: entry for entry in describe(day) if entry["kind"] == "right"}
    assert ("COMPLAINT" in shown) == begun
    if begun:
        assert shown["COMPLAINT"]["source"]["title"]["en"].startswith("Administrative")


def test_rights_change_no_decision_so_they_are_no_part_of_the_laws_version(tmp_path):
    def longer(content):
        content["rights"]["COMPLAINT"]["editions"][0]["term"] = 12

    folder = amended(tmp_path, "rights.yaml", longer)
    assert Law(DAY, folder).version == Law(DAY).version
