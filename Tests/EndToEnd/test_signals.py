"""SIGTERM and SIGINT: what runs ends, nothing new begins, and the exit status is 0."""

import signal
import time

import pytest

from processes import wait_for
from raw_http import Truncated, head, post
from routerc import Router, milliseconds_since, run
from specs import CHAT, chat, one_pool
from streams import StreamReader, assert_whole, join_all


@pytest.fixture
def fresh(first, tmp_path):
    with Router(tmp_path, one_pool(first)) as router:
        yield router


def running_stream(router, events, interval_ms=20):
    reader = StreamReader(router.address, events=events, interval_ms=interval_ms)
    reader.start()
    wait_for(lambda: reader.indices)
    return reader


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_router_ends_at_once(fresh, number):
    start_ns = time.monotonic_ns()
    fresh.signal(number)
    assert fresh.wait_for_end() == 0
    assert milliseconds_since(start_ns) < 2000


def test_an_idle_connection_does_not_hold_up_the_end(fresh):
    with fresh.client() as client:
        assert client.ask(post(CHAT, chat())).status == 200
        fresh.signal(signal.SIGTERM)
        assert client.is_at_end()
        assert fresh.wait_for_end() == 0


def test_a_running_stream_ends_and_nothing_new_begins(fresh):
    reader = running_stream(fresh, events=60)
    fresh.signal(signal.SIGTERM)

    def refused():
        try:
            return fresh.ask(head("GET", "/ready")).status == 503
        except (OSError, Truncated):
            return True

    wait_for(refused, what="refused connections")
    assert reader.is_alive()
    join_all([reader], 10)
    assert_whole([reader], 60)
    assert fresh.wait_for_end() == 0


def test_a_second_signal_ends_at_once(fresh):
    reader = running_stream(fresh, events=10_000)
    fresh.signal(signal.SIGTERM)
    time.sleep(0.2)
    assert fresh.process.poll() is None
    start_ns = time.monotonic_ns()
    fresh.signal(signal.SIGTERM)
    fresh.wait_for_end()
    assert milliseconds_since(start_ns) < 2000
    join_all([reader], 5)
    assert not reader.is_done


def test_the_drain_has_a_limit(first, tmp_path):
    with Router(tmp_path, one_pool(first), listen={"drain": "500ms"}) as router:
        reader = running_stream(router, events=10_000)
        start_ns = time.monotonic_ns()
        router.signal(signal.SIGTERM)
        router.wait_for_end()
        assert 400 < milliseconds_since(start_ns) < 3000
        join_all([reader], 5)


def test_health_and_ready(fresh):
    for path in ("/health", "/ready"):
        assert fresh.ask(head("GET", path)).status == 200
        assert fresh.ask(head("HEAD", path), to_head=True).status == 200


def test_a_taken_address_is_said(fresh):
    done = run("serve", fresh.table)
    assert done.returncode not in (0, 2)
    assert fresh.address in done.stderr or fresh.admin in done.stderr


def test_another_listen_address(first, tmp_path):
    address = f"unix:{tmp_path}/listen.sock"
    router = Router(tmp_path, one_pool(first), arguments=["--listen", address])
    router.address = address
    with router:
        assert router.ask(post(CHAT, chat())).status == 200
