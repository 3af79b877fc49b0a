"""What stands under the commands of a walk is what they print."""

import shutil

import pytest

from tests.walks.walk import AUDITOR, COUNTRY, PILOT, PILOT_DATA, examples, masked, run


def test_every_command_of_the_walk_through_a_country_prints_what_stands_under_it(walk):
    for example in examples(COUNTRY):
        assert masked(walk.outputs[example.command]) == masked(example.output), example.command


@pytest.mark.long
def test_every_command_of_the_walk_of_an_auditor_prints_what_stands_under_it(walk, tmp_path):
    for name in ("country", "snapshot", "decisions.parquet"):
        (tmp_path / name).symlink_to(walk.folder / name)
    shutil.copytree(walk.folder / "var", tmp_path / "var")
    _agrees(AUDITOR, tmp_path)


@pytest.mark.long
@pytest.mark.skipif(not PILOT_DATA.is_dir(), reason=f"the pilot data do not lie at {PILOT_DATA}")
def test_every_command_of_the_walk_through_the_pilot_data_prints_what_stands_under_it(tmp_path):
    (tmp_path / "data").symlink_to(PILOT_DATA)
    _agrees(PILOT, tmp_path)


def _agrees(page, folder):
    for example in examples(page):
        printed = run(example.command, folder)
        assert masked(printed) == masked(example.output), example.command
