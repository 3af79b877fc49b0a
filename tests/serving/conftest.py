"""The API as its callers meet it, by the one real server that the whole run shares."""

import copy

import httpx
import polars as pl
import pytest

from serving.api.examples import AS_OF, FAMILY


@pytest.fixture(scope="session")
def api(server_url):
    with httpx.Client(base_url=server_url, timeout=60) as client:
        yield client


@pytest.fixture(scope="session")
def decisions(walk):
    """What `tarazy score` of the walk wrote."""
    return pl.read_parquet(walk.folder / "decisions.parquet")


@pytest.fixture
def family():
    return copy.deepcopy(FAMILY)


@pytest.fixture
def ask(api):
    def ask(household, as_of=AS_OF, **more):
        return api.post("/score", json={"as_of": as_of, "household": household, **more})

    return ask
