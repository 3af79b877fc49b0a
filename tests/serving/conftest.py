"""The API as its callers meet it: one real server on loopback for all tests of serving."""

import copy

import httpx
import pytest

from serving.examples import AS_OF, FAMILY
from tests.serving.running import running


@pytest.fixture(scope="session")
def server_log(tmp_path_factory):
    return tmp_path_factory.mktemp("server") / "log.txt"


@pytest.fixture(scope="session")
def server_url(trained_home, server_log):
    with running(trained_home, server_log) as url:
        yield url


@pytest.fixture(scope="session")
def api(server_url):
    with httpx.Client(base_url=server_url, timeout=60) as client:
        yield client


@pytest.fixture
def family():
    return copy.deepcopy(FAMILY)


@pytest.fixture
def ask(api):
    def ask(household, as_of=AS_OF, **more):
        return api.post("/score", json={"as_of": as_of, "household": household, **more})

    return ask
