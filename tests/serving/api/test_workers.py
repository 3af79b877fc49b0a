"""The processes of the service: one door, workers that are replaced, and three ways to leave."""

import os
import signal
import socket
import time

import httpx
import psutil
import pytest

from features.errors import InputError
from serving.api.server import serve
from tests.serving.doors import doors, tree, workers
from tests.serving.running import PATIENCE, free_port, started

HAS_VERSION_6 = socket.has_dualstack_ipv6()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A service without a model and with one worker."""
    folder = tmp_path_factory.mktemp("workers")
    with started(folder / "home", folder / "log.txt", model="none", workers=1) as server:
        yield server


@pytest.fixture
def another(tmp_path):
    """Start a service that the test will end."""

    def another(host="127.0.0.1", workers=1):
        return started(
            tmp_path / "home", tmp_path / "log.txt", model="none", workers=workers, host=host
        )

    return another


def until(holds):
    """Wait for something that must come to hold; fail where it does not for very long."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "it does not come to hold"
        time.sleep(0.05)


def refused(server):
    """Whether nothing listens at the server's address any more."""
    try:
        socket.create_connection((server.host, server.port), timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False


def gone(processes):
    """Whether none of these processes runs any more."""
    return all(not p.is_running() or p.status() == psutil.STATUS_ZOMBIE for p in processes)


# One door


def test_one_socket_listens_in_the_whole_tree(server):
    assert doors(tree(server.process.pid)) == {("tcp", f"127.0.0.1 {server.port}")}


def test_a_door_of_every_kind_is_seen(tmp_path):
    before = doors([psutil.Process()])
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
        socket.socket(socket.AF_UNIX) as unix,
    ):
        udp.bind(("127.0.0.1", 0))
        unix.bind(str(tmp_path / "door"))
        unix.listen()
        pair = socket.socketpair()
        assert doors([psutil.Process()]) - before == {
            ("tcp", f"127.0.0.1 {tcp.getsockname()[1]}"),
            ("udp", f"127.0.0.1 {udp.getsockname()[1]}"),
            ("unix", str(tmp_path / "door")),
        }
        for end in pair:
            end.close()


@pytest.mark.parametrize(
    "command",
    [
        b"\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x03\x00NULL" + bytes(48),
        b'{"command": "add", "properties": {"name": "x", "cmd": "touch x", "start": true}}\r\n\r\n',
        b'{"command": "quit"}\r\n\r\n',
    ],
    ids=["greeting", "add", "quit"],
)
def test_what_commands_a_process_manager_is_no_request_here(server, command):
    before = {p.pid for p in tree(server.process.pid)}
    with socket.create_connection((server.host, server.port), timeout=PATIENCE) as line:
        line.sendall(command)
        assert line.recv(100).startswith(b"HTTP/1.1 400")
    assert {p.pid for p in tree(server.process.pid)} == before
    assert httpx.get(f"{server.url}/livez", timeout=PATIENCE).status_code == 200


def test_a_second_service_at_the_same_address_is_refused_before_it_starts(server, tmp_path):
    with pytest.raises(InputError, match="pass another --port"):
        serve(host=server.host, port=server.port, home=tmp_path)


@pytest.mark.skipif(not hasattr(psutil.Process, "memory_maps"), reason="only where it is told")
def test_a_worker_does_not_carry_what_only_learning_needs(server):
    [worker] = workers(server.process.pid)
    loaded = " ".join(part.path for part in worker.memory_maps())
    assert "/lightgbm/" in loaded
    for learning in ("pandas", "sklearn", "matplotlib", "mlflow"):
        assert f"/{learning}/" not in loaded


# Replaced when it dies


def test_a_killed_worker_is_replaced_and_who_comes_meanwhile_is_answered(server):
    [worker] = workers(server.process.pid)
    answered = 'tarazy_requests_total{path="/livez",status="200"}'
    assert answered in httpx.get(f"{server.url}/metrics").text
    worker.kill()
    until(lambda: gone([worker]))
    answer = httpx.get(f"{server.url}/readyz", timeout=PATIENCE)  # it waits for the next worker
    assert answer.status_code == 200
    [replacement] = workers(server.process.pid)
    assert replacement.pid != worker.pid
    assert answered in httpx.get(f"{server.url}/metrics").text  # counts outlive who counted
    assert doors(tree(server.process.pid)) == {("tcp", f"127.0.0.1 {server.port}")}
    assert f"Child process [{worker.pid}] died" in server.log.read_text()


@pytest.mark.long
def test_a_hangup_replaces_the_workers_one_by_one_and_nobody_waits(another):
    with another(workers=2) as server:
        old = workers(server.process.pid)
        server.process.send_signal(signal.SIGHUP)

        def replaced():
            assert httpx.get(f"{server.url}/livez", timeout=PATIENCE).status_code == 200
            return gone(old) and len(workers(server.process.pid)) == 2

        until(replaced)


# Leaving


def test_a_request_that_is_being_answered_ends_before_the_service_does(another):
    body = b'{"as_of": "2026-01-01", "households": []}'
    head = (
        "POST /score_many HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
    )
    with another() as server:
        processes = tree(server.process.pid)
        with socket.create_connection((server.host, server.port), timeout=PATIENCE) as line:
            line.sendall(head.encode())
            assert line.recv(1000).startswith(b"HTTP/1.1 100")  # the service waits for the body
            server.process.send_signal(signal.SIGTERM)
            until(lambda: refused(server))
            assert server.process.poll() is None
            line.sendall(body)
            answer = b"".join(iter(lambda: line.recv(1000), b""))
        assert answer.startswith(b"HTTP/1.1 200")
        assert answer.endswith(b'{"decisions":[]}')
        assert server.process.wait(PATIENCE) == 0
        until(lambda: gone(processes))
        assert not {"Traceback", "ERROR", "CRITICAL"} & set(server.log.read_text().split())


def test_an_interrupt_from_the_keyboard_leaves_nothing_behind(another, monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with another() as server:
        processes = tree(server.process.pid)
        assert list(tmp_path.glob("tarazy-*"))  # where its workers count together
        os.killpg(server.process.pid, signal.SIGINT)  # a terminal tells them all
        assert server.process.wait(PATIENCE) == 0
        until(lambda: gone(processes))
        assert refused(server)
        assert not list(tmp_path.glob("tarazy-*"))
        assert not {"Traceback", "ERROR", "CRITICAL"} & set(server.log.read_text().split())


@pytest.mark.long
def test_no_worker_outlives_a_supervisor_that_was_killed(another):
    with another(host="::1" if HAS_VERSION_6 else "127.0.0.1") as server:
        processes = tree(server.process.pid)
        assert doors(processes) == {("tcp", f"{server.host} {server.port}")}
        server.process.kill()
        until(lambda: gone(processes))
        assert refused(server)


# Starting


def test_a_service_that_cannot_be_made_says_why_and_is_not_tried_for_ever(fresh):
    run = fresh("serve", "--port", free_port(), "--workers", 1, BENTOML_CONFIG="nowhere")
    assert run.code == 3
    assert "The service cannot be made: BentoML config file" in run.err
    assert "Traceback" not in run.err
