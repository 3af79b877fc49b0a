"""A body that is refused is refused aloud: who sends it whole before it listens hears why."""

import json
import socket
from urllib.parse import urlsplit

import pytest

from serving.requests.body import MIB
from tests.serving.running import PATIENCE, running

LARGE = 20 * MIB
"""Far more than the buffers of a line hold."""


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    folder = tmp_path_factory.mktemp("refused")
    with running(folder / "home", folder / "log", model="none") as url:
        yield urlsplit(url)


def answered(service, head, body=b""):
    """Send everything, then listen to the end; return the status and the document of the answer."""
    with socket.create_connection((service.hostname, service.port), timeout=PATIENCE) as line:
        line.sendall(("\r\n".join([*head, "Host: x", "", ""])).encode() + body)
        answer = b"".join(iter(lambda: line.recv(65_536), b""))
    headers, _, document = answer.partition(b"\r\n\r\n")
    return int(headers.split()[1]), document


def post(path, content_type="application/json", *more):
    return [f"POST {path} HTTP/1.1", f"Content-Type: {content_type}", *more]


@pytest.mark.parametrize(
    ("path", "content_type", "status"),
    [
        ("/score", "application/json", 413),
        ("/letter", "application/json", 413),
        ("/score", "text/plain", 415),
        ("/nowhere", "application/json", 404),
        ("/law", "application/json", 405),
    ],
)
def test_who_sends_all_before_listening_hears_why_it_is_refused(
    service, path, content_type, status
):
    head = post(path, content_type, f"Content-Length: {LARGE}", "Connection: close")
    code, document = answered(service, head, b" " * LARGE)
    assert code == status
    assert json.loads(document)["status"] == status


def test_a_large_body_in_chunks_is_refused_aloud_as_well(service):
    head = post("/score", "application/json", "Transfer-Encoding: chunked", "Connection: close")
    chunk = f"{MIB:x}\r\n".encode() + b" " * MIB + b"\r\n"
    code, document = answered(service, head, chunk * (LARGE // MIB) + b"0\r\n\r\n")
    assert code == 413
    assert b"exceeds 1 MiB" in document


def test_who_asks_first_is_refused_before_it_sends(service):
    head = post("/score", "application/json", f"Content-Length: {LARGE}", "Expect: 100-continue")
    code, _ = answered(service, head)
    assert code == 413
