"""Servers that a module's tests share."""

import os

import pytest

from processes import ModelServerProcess
from routerc import Router
from specs import two_pools

for variable in ("http_proxy", "https_proxy", "all_proxy"):
    os.environ.pop(variable, None)
    os.environ.pop(variable.upper(), None)


@pytest.fixture(scope="module")
def first():
    with ModelServerProcess("first") as server:
        yield server


@pytest.fixture(scope="module")
def second():
    with ModelServerProcess("second") as server:
        yield server


@pytest.fixture(scope="module")
def router(first, second, tmp_path_factory):
    """Two pools and four keys, for tests that leave it as they found it."""
    with Router(tmp_path_factory.mktemp("router"), two_pools(first, second)) as running:
        yield running


@pytest.fixture
def mappings(tmp_path):
    """An empty folder of Traefik mappings, beside where the spec goes."""
    folder = tmp_path / "mappings"
    folder.mkdir()
    return folder


@pytest.fixture(autouse=True)
def forget(request):
    """What one test ordered or recorded is nothing to the next."""
    yield
    for name in ("first", "second"):
        if name in request.fixturenames:
            request.getfixturevalue(name).forget()


def soaking():
    """Whether the long forms of the load tests were asked for."""
    return os.environ.get("ROUTERC_SOAK") == "1"


@pytest.fixture
def soak():
    return soaking()
