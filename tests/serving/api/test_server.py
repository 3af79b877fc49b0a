"""How the server is started: what its workers are given, and what is refused before it starts."""

import logging
import logging.config
import os
import socket
from pathlib import Path

import pytest

from features.errors import InputError
from serving.api import log
from serving.api.server import environment, serve


def given(**changes):
    usual = {"url": "http://x", "home": Path("var"), "model": "champion", "counters": Path("/c")}
    return environment(**(usual | changes))


def test_the_home_is_absolute_whatever_folder_a_worker_works_in(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert given()["TARAZY_HOME"] == str(tmp_path / "var")
    assert given()["BENTOML_HOME"].startswith(str(tmp_path / "var"))


def test_nothing_is_reported_home_no_foreign_code_is_run_and_workers_do_not_fight_for_cores():
    assert given()["BENTOML_DO_NOT_TRACK"] == "True"  # "1" is ignored
    assert given()["MLFLOW_ALLOW_MODEL_CODE_EXECUTION"] == "false"
    assert given()["OMP_NUM_THREADS"] == "1"
    assert given()["PROMETHEUS_MULTIPROC_DIR"] == "/c"
    assert (given()["TARAZY_SHADOW"], given(shadow=True)["TARAZY_SHADOW"]) == ("", "1")


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


def test_a_refused_start_leaves_the_environment_as_it_was(tmp_path, monkeypatch):
    monkeypatch.delenv("TARAZY_URL", raising=False)
    with pytest.raises(InputError):
        serve(host="everywhere", port=3000, home=tmp_path)
    assert "TARAZY_URL" not in os.environ


def test_an_exception_is_logged_by_its_place_and_never_by_its_words(capsys):
    try:
        raise ValueError("Secretkhan")
    except ValueError as error:
        record = logging.LogRecord(
            "uvicorn.error",
            logging.ERROR,
            "",
            0,
            "Exception in the application",
            None,
            (type(error), error, error.__traceback__),
        )
    written = log.Wordless("%(levelname)s %(message)s").format(record)
    assert "ERROR Exception in the application" in written
    assert "ValueError at test_an_exception_is_logged" in written
    assert "Secretkhan" not in written
