"""Where only what serves is installed, a verb that trains says what to install."""

import sys
from datetime import date
from types import SimpleNamespace

import pytest

from serving.commands import main, sources


@pytest.fixture
def ended(monkeypatch, capsys, tmp_path):
    """Run `train` as if a module were not installed; return its exit code and its message."""
    monkeypatch.setenv("TARAZY_HOME", str(tmp_path))
    a_snapshot = SimpleNamespace(folder=tmp_path), date(2026, 1, 1)
    monkeypatch.setattr(sources, "opened", lambda *_: a_snapshot)

    def run(missing: str) -> tuple[int, str]:
        monkeypatch.setitem(sys.modules, missing, None)
        with pytest.raises(SystemExit) as end:
            main(["train", str(tmp_path)])
        return end.value.code, capsys.readouterr().err

    return run


def test_a_verb_that_trains_names_the_library_and_the_remedy(ended):
    assert ended("mlflow") == (
        1,
        "tarazy train needs mlflow, which is not installed here: this environment serves and "
        "decides. Run it where tarazy[train] is installed: `pip install 'tarazy[train]'`, or in a "
        "checkout `make setup`.\n",
    )


@pytest.mark.parametrize("ours", ["training.train", "training.registry"])
def test_a_module_of_ours_that_is_not_there_is_an_error_of_ours(ended, monkeypatch, ours):
    monkeypatch.delitem(sys.modules, "training.train", raising=False)
    code, message = ended(ours)
    assert code == 3
    assert "internal error ModuleNotFoundError" in message
