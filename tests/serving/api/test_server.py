"""How the server is started: what it is told, and what is refused before it starts."""

import socket
from pathlib import Path

import pytest

from features.errors import InputError
from serving.api.server import command, environment, serve


def started_with(**changes):
    given = {"url": "http://x", "home": Path("var"), "model": "champion", "workers": 3}
    return environment({"PATH": "/bin", "OMP_NUM_THREADS": "8"}, **(given | changes))


def test_the_home_is_absolute_for_the_server_works_in_another_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert started_with()["TARAZY_HOME"] == str(tmp_path / "var")
    assert started_with()["BENTOML_HOME"].startswith(str(tmp_path / "var"))
    assert str(Path(__file__).parents[3]) in command("127.0.0.1", 3000)


def test_nothing_is_reported_home_no_foreign_code_is_run_and_workers_do_not_fight_for_cores():
    assert started_with()["BENTOML_DO_NOT_TRACK"] == "True"  # "1" is ignored
    assert started_with()["MLFLOW_ALLOW_MODEL_CODE_EXECUTION"] == "false"
    assert started_with()["OMP_NUM_THREADS"] == "1"
    assert started_with()["TARAZY_WORKERS"] == "3"
    assert int(started_with(workers=None)["TARAZY_WORKERS"]) >= 1
    assert started_with()["PATH"] == "/bin"


def test_a_taken_port_is_said_before_anything_starts(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(InputError, match="pass another --port"):
            serve(host="127.0.0.1", port=taken.getsockname()[1], home=tmp_path)


@pytest.mark.parametrize("host", ["everywhere", "", "1.2.3", "http://127.0.0.1"])
def test_a_host_is_an_address(tmp_path, host):
    with pytest.raises(InputError, match="no address to listen on"):
        serve(host=host, port=3000, home=tmp_path)


def test_a_home_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        serve(host="127.0.0.1", port=3000, home=tmp_path / "file")
