"""Endpoints that die, hang and lie; clients that leave. Afterwards nothing is left over."""

import socket
import time

import pytest

from processes import ModelServerProcess, wait_for
from raw_http import Truncated, head, post
from routerc import Router, free_port, milliseconds_since
from specs import CHAT, chat, one_pool, stream, two_pools, ALICE
from streams import StreamReader, assert_whole, join_all, start_all

TIMEOUTS = "connect: 300ms, first_token: 400ms, answer: 400ms, idle: 400ms"


@pytest.fixture(scope="module")
def plain(first, tmp_path_factory):
    with Router(tmp_path_factory.mktemp("plain"), one_pool(first)) as running:
        yield running


@pytest.fixture(scope="module")
def hasty(first, tmp_path_factory):
    with Router(tmp_path_factory.mktemp("hasty"), one_pool(first, TIMEOUTS)) as running:
        yield running


def refused(answer, status, code):
    assert answer.status == status, answer.body
    assert answer.error_code == code
    return answer


# Endpoints that die

def test_a_killed_endpoint_breaks_its_streams_and_no_others(second, tmp_path):
    with ModelServerProcess("victim") as victim:
        with Router(tmp_path, two_pools(victim, second)) as router:
            options = {"key": ALICE, "events": 60, "interval_ms": 25}
            doomed = start_all([StreamReader(router.address, model="alpha", **options)
                                for _ in range(5)])
            others = start_all([StreamReader(router.address, model="beta", **options)
                                for _ in range(5)])
            wait_for(lambda: all(len(reader.indices) > 3 for reader in doomed + others))
            victim.kill()
            join_all(doomed + others, 10)
            assert_whole(others, 60)
            for reader in doomed:
                assert isinstance(reader.error, (Truncated, OSError)), "a clean end"
                assert not reader.is_done and len(reader.indices) > 3
            refused(router.ask(post(CHAT, chat(), ALICE)), 502, "upstream_unreachable")
            router.wait_until_idle()


@pytest.mark.parametrize("fault", ["close-mid-stream=3", "reset-mid-stream=3"])
def test_a_stream_that_breaks_upstream_breaks_downstream(plain, fault):
    with plain.client() as client:
        client.send(post(CHAT, stream(fault=fault)))
        assert client.read_head().status == 200
        with pytest.raises((Truncated, OSError)):
            while client.read_event() is not None:
                pass
    plain.wait_until_idle()


@pytest.mark.parametrize("fault", ["close-before-answer", "reset-before-answer"])
def test_no_answer_is_a_bad_gateway(plain, first, fault):
    first.order(fault, times=5)
    answer = plain.ask(post(CHAT, chat()))
    assert answer.status == 502 and answer.error_code.startswith("upstream_")


def test_connection_refused_is_502(tmp_path):
    class Nobody:
        url = f"http://127.0.0.1:{free_port()}"

    with Router(tmp_path, one_pool(Nobody)) as router:
        start_ns = time.monotonic_ns()
        refused(router.ask(post(CHAT, chat())), 502, "upstream_unreachable")
        assert milliseconds_since(start_ns) < 2000
        assert router.ask(head("GET", "/ready")).status == 200


def test_a_server_that_accepts_nothing_is_a_failure_within_the_timeout(tmp_path):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        # The backlog is full, so that the next connection hangs.
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))

        class Full:
            url = f"http://127.0.0.1:{port}"

        with Router(tmp_path, one_pool(Full, TIMEOUTS)) as router:
            start_ns = time.monotonic_ns()
            assert router.ask(post(CHAT, chat())).status in (502, 504)
            assert milliseconds_since(start_ns) < 5000
        for filler in fillers:
            filler.close()


# Endpoints that hang

@pytest.mark.parametrize("body", [chat(fault="hang"), stream(fault="hang")])
def test_a_hang_is_504(hasty, first, body):
    start_ns = time.monotonic_ns()
    refused(hasty.ask(post(CHAT, body)), 504, "upstream_timeout")
    assert 300 < milliseconds_since(start_ns) < 3000
    wait_for(lambda: first.stats()["requests_open"] == 0, what="the endpoint's rest")


def test_a_stall_breaks_the_stream(hasty, first):
    with hasty.client() as client:
        client.send(post(CHAT, stream(fault="stall=3")))
        assert client.read_head().status == 200
        start_ns = time.monotonic_ns()
        with pytest.raises((Truncated, OSError)):
            while client.read_event() is not None:
                pass
        assert milliseconds_since(start_ns) < 3000
    wait_for(lambda: first.stats()["requests_open"] == 0, what="the endpoint's rest")


def test_a_stream_that_flows_is_not_timed_out(hasty):
    reader = StreamReader(hasty.address, events=30, interval_ms=40)
    join_all(start_all([reader]), 10)
    assert_whole([reader], 30)


# Stale connections

@pytest.mark.parametrize("fault", ["close-if-reused", "reset-if-reused"])
def test_a_stale_connection_is_replaced_once(plain, first, fault):
    with plain.client() as client:
        assert client.ask(post(CHAT, chat())).status == 200
        first.order(fault, times=1)
        assert client.ask(post(CHAT, chat())).status == 200


@pytest.mark.parametrize("options", [{"requests_per_connection": 1}, {"idle_close_seconds": 0.05}])
def test_an_endpoint_that_closes_unannounced_costs_no_request(tmp_path, options):
    with ModelServerProcess("closer", **options) as closer:
        with Router(tmp_path, one_pool(closer)) as router, router.client() as client:
            for index in range(40):
                assert client.ask(post(CHAT, chat())).status == 200
                if index % 4 == 0:
                    time.sleep(0.05)


# Early answers

def test_an_early_answer_reaches_a_client_that_is_still_sending(plain, first):
    first.order("early-answer=413")
    body = post("/", chat(user="u" * 2_000_000)).split(b"\r\n\r\n", 1)[1]
    answer = plain.ask(post(CHAT, body))
    assert answer.status == 413 and answer.json == {"early": True}
    assert plain.ask(post(CHAT, chat())).status == 200


# Clients that leave

@pytest.mark.parametrize("way", ["close", "reset", "half_close"])
def test_the_endpoint_sees_a_client_that_leaves(plain, first, capsys, way):
    client = plain.client()
    label = f"leaver-{way}"
    client.send(post(CHAT, stream(events=10_000, interval_ms=10, user=label)))
    client.read_head()
    client.read_event()
    left_ns = time.monotonic_ns()
    getattr(client, way)()

    def noticed():
        return [entry for entry in first.stats()["streams_aborted"] if entry["label"] == label]

    aborted = wait_for(noticed, what="the abort")[0]
    client.close()
    seen_ms = (aborted["at_ns"] - left_ns) / 1e6
    with capsys.disabled():
        print(f"\na client's {way} was seen by the endpoint after {seen_ms:.1f} ms")
    assert seen_ms < 1000
    plain.wait_until_idle()


def test_a_client_that_leaves_before_the_answer_is_seen(plain, first):
    client = plain.client()
    client.send(post(CHAT, chat(fault="hang", user="impatient")))
    wait_for(lambda: first.stats()["requests_open"] == 1)
    client.close()
    wait_for(lambda: first.stats()["requests_open"] == 0, what="the endpoint's rest")


def test_a_client_that_does_not_read_is_waited_for(plain, first):
    """Back-pressure: the endpoint is held up, and the router does not hold the answer."""
    with plain.client() as client:
        client.send(post(CHAT, stream(events=2000, interval_ms=0, event_bytes=50_000)))
        client.read_head()
        time.sleep(1)
        assert first.stats()["streams_finished"] == 0 or first.stats()["streams_open"] == 1
        assert plain.status()["buffered_bytes"] < 16 << 20
        assert plain.rss_kib() < 256 << 10
    plain.wait_until_idle()


# Afterwards

def test_nothing_is_left_after_many_broken_requests(first, tmp_path):
    with Router(tmp_path, one_pool(first, TIMEOUTS)) as router:
        assert router.ask(post(CHAT, chat())).status == 200
        router.wait_until_idle()
        fds = router.fd_count()
        faults = ["close-before-answer", "close-mid-stream", "reset-mid-stream", "hang", "stall=1",
                  "short-body", "truncated-chunk", "garbage", "both-lengths"]
        for fault in faults * 3:
            with router.client() as client:
                client.send(post(CHAT, stream(fault=fault)))
                try:
                    client.read_answer()
                except (Truncated, OSError, ValueError):
                    pass
        for _ in range(20):
            with router.client() as client:
                client.send(post(CHAT, stream(events=1000)))
                client.read_head()
        for _ in range(20):
            with router.client() as client:
                client.send(post(CHAT, chat(user="u" * 50_000))[:40_000])
        status = router.wait_until_idle()
        assert status["in_flight"] == 0 and status["buffered_bytes"] == 0
        wait_for(lambda: first.stats()["requests_open"] == 0, what="the endpoint's rest")
        # Idle connections to an endpoint are kept for 4 s.
        wait_for(lambda: router.status()["upstream_connections"] == 0, 10, "closed connections")
        assert router.fd_count() <= fds
