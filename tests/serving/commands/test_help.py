"""The command helps: every line whole at 80 columns, every example one that runs, slips of the pen."""

import shlex
import subprocess
import sys

import click
import pytest

from serving.commands import SECTIONS, VERBS, main, tarazy

WIDTH = 80


@pytest.fixture
def run(monkeypatch, capsys):
    """The command in this process, in a window of 80 columns: exit code and all it printed."""
    monkeypatch.setenv("COLUMNS", str(WIDTH))

    def call(*words):
        with pytest.raises(SystemExit) as left:
            main(list(words))
        streams = capsys.readouterr()
        return left.value.code, streams.out + streams.err

    return call


def command(verb):
    return tarazy.get_command(click.Context(tarazy), verb)


def examples(text):
    """The commands that a help shows, each in one line."""
    lines = text.replace("\\\n", " ").splitlines()
    return [line.strip() for line in lines if line.startswith("    tarazy ")]


def test_the_list_of_verbs_is_whole_in_a_window_of_80_columns(run):
    code, shown = run("--help")
    assert code == 0
    assert "..." not in shown.replace("[ARGS]...", "")
    lines = shown.splitlines()
    assert max(map(len, lines)) <= WIDTH
    for name, verb in VERBS.items():
        (line,) = [line for line in lines if line.startswith(f"  {name} ")]
        assert line.endswith(verb.about)
    assert [line[:-1] for line in lines if line[:-1] in SECTIONS] == list(SECTIONS)


def test_the_list_of_verbs_loads_none_of_them():
    code = (
        "import sys; sys.argv = ['tarazy', '--help']\n"
        "from serving.commands import tarazy\n"
        "tarazy(standalone_mode=False)\n"
        "assert not {'polars', 'lightgbm', 'mlflow', 'training'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_tells_its_words_and_shows_examples_within_80_columns(run, verb):
    code, shown = run(verb, "--help")
    assert code == 0
    assert max(map(len, shown.splitlines())) <= WIDTH
    assert examples(shown)
    assert all(example.startswith(f"tarazy {verb}") for example in examples(shown))
    for word in command(verb).params:
        assert word.help, f"{verb}: {word.human_readable_name} says nothing of itself"


@pytest.mark.parametrize("verb", [None, *VERBS])
def test_every_example_is_a_command_that_is_understood(run, verb):
    _, shown = run("--help") if verb is None else run(verb, "--help")
    for example in examples(shown):
        _, name, *words = shlex.split(example)
        command(name).make_context(name, words)


@pytest.mark.parametrize(("slip", "meant"), [("scor", "score"), ("snapshots", "snapshot")])
def test_a_mistyped_verb_is_guessed(run, slip, meant):
    code, shown = run(slip)
    assert code == 2
    assert f"Did you mean '{meant}'" in shown or f"Did you mean one of: '{meant}'" in shown


def test_a_verb_that_is_like_none_is_refused_without_a_guess(run):
    code, shown = run("frobnicate")
    assert (code, "No such command 'frobnicate'" in shown) == (2, True)
    assert "Did you mean" not in shown


def test_a_mistyped_option_is_guessed(run):
    code, shown = run("score", "SNAP", "--ouput", "x.csv")
    assert (code, "Did you mean '--out'" in shown) == (2, True)


def test_reforms_that_come_with_tarazy_are_listed_with_their_sentence(run):
    _, shown = run("reform", "--help")
    assert "three_minimums  The hard rule of category 6" in shown
    assert "whole_minimum   The poverty line not below" in shown
