"""Peers that are slow or greedy: what they cost, and when they are given up."""

import resource
import socket
import threading
import time
from pathlib import Path

import pytest

from processes import wait_for
from raw_http import Truncated, head, post
from raw_upstream import RawUpstream, RequestReader, echo, read_request
from routerc import Router, assert_grown_less, milliseconds_since
from specs import CHAT, chat, one_pool

MIB = 1 << 20
JSON = ("Content-Type", "application/json")
WITH_TIMEOUTS = "connect: 300ms, first_token: 500ms, answer: 500ms, idle: 400ms"

# The client's side, in seconds. Everything that needs `listen.timeouts` takes it from `hasty`.
LIMITS = {"head": 0.3, "body_stall": 0.3, "write_stall": 0.5, "keep_alive": 1.0}
HASTY = {"timeouts": "{ " + ", ".join(
    f"{name}: {seconds * 1000:.0f}ms" for name, seconds in LIMITS.items()) + " }"}
# Later than the limit by so much is too late; the machine may be busy.
SLACK = 1.5


def rss_anon_kib(router):
    """The memory of a router that is neither a file nor shared."""
    text = Path(f"/proc/{router.process.pid}/status").read_text()
    return int(text.split("RssAnon:")[1].split()[0])


def big_answers(size):
    """An upstream whose every answer has so many bytes."""
    body = b"y" * size

    def behave(connection):
        # The kernel's room for unsent bytes is not what is looked at here.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 << 10)
        while True:
            read_request(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
            connection.sendall(body)

    return RawUpstream(behave)


class SlowReader:
    """A client that asks, and then reads a byte when it is told to."""

    def __init__(self, address, request):
        host, port = address.rsplit(":", 1)
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.settimeout(10)
        self.socket.connect((host, int(port)))
        self.socket.sendall(request)

    def read_byte(self):
        return self.socket.recv(1)

    def close(self):
        self.socket.close()


@pytest.fixture(scope="module")
def echoing():
    """An upstream that answers honestly, and counts what it was asked."""
    def behave(connection):
        reader = RequestReader(connection)
        while (request := reader.read()) is not None:
            upstream.lines.append(request.line)
            connection.sendall(echo(request))

    with RawUpstream(behave) as upstream:
        upstream.lines = []
        yield upstream


@pytest.fixture(scope="module")
def hasty(echoing, tmp_path_factory):
    """A router that soon loses patience with its clients."""
    with Router(tmp_path_factory.mktemp("hasty"), one_pool(echoing), listen=HASTY) as running:
        yield running


def assert_given_up(client, limit, start_ns, code="request_timeout"):
    """The connection ends with 408, not ahead of the limit and not long behind it."""
    answer = client.read_answer()
    assert (answer.status, answer.error_code) == (408, code)
    assert limit * 900 <= milliseconds_since(start_ns) <= (limit + SLACK) * 1000
    assert client.is_at_end()


# Slow clients

def test_a_head_that_stalls_is_408(hasty, echoing):
    echoing.lines.clear()
    with hasty.client(timeout=LIMITS["head"] + 10) as client:
        start_ns = time.monotonic_ns()
        client.send(head("POST", CHAT, [JSON])[:-4])
        assert_given_up(client, LIMITS["head"], start_ns)
    assert not echoing.lines


def test_a_head_that_drips_is_408(hasty, echoing):
    """Each byte is in time; the head is not."""
    echoing.lines.clear()
    with hasty.client(timeout=LIMITS["head"] + 10) as client:
        start_ns = time.monotonic_ns()
        client.send(f"POST {CHAT} HTTP/1.1\r\nA: ".encode())
        client.socket.settimeout(LIMITS["head"] / 15)
        while milliseconds_since(start_ns) < (LIMITS["head"] + SLACK) * 1000:
            client.send(b"a")
            if not client.has_silence(LIMITS["head"] / 15):
                break
        client.socket.settimeout(LIMITS["head"] + 10)
        assert_given_up(client, LIMITS["head"], start_ns)
    assert not echoing.lines


def test_empty_lines_without_end_are_refused(hasty):
    with hasty.client() as client:
        client.send(b"\r\n" * 100)
        assert client.read_answer().status == 400 and client.is_at_end()


@pytest.mark.parametrize("fields, start", [
    ([("Content-Length", 100)], b'{"model"'),
    ([("Transfer-Encoding", "chunked")], b'64\r\n{"model"'),
    ([("Transfer-Encoding", "chunked")], b"64;a"),
], ids=["length", "chunk", "extension"])
def test_a_body_that_stalls_is_408(hasty, echoing, fields, start):
    echoing.lines.clear()
    with hasty.client(timeout=LIMITS["body_stall"] + 10) as client:
        start_ns = time.monotonic_ns()
        client.send(head("POST", CHAT, [JSON, *fields]) + start)
        assert_given_up(client, LIMITS["body_stall"], start_ns)
    assert not echoing.lines


def test_a_body_that_drips_is_waited_for(hasty):
    data = post(CHAT, chat())
    with hasty.client() as client:
        client.send(data[:-12])
        for offset in range(12, 0, -1):
            time.sleep(LIMITS["body_stall"] / 6)
            client.send(data[len(data) - offset:len(data) - offset + 1])
        assert client.read_answer().status == 200


@pytest.mark.parametrize("asks", [False, True], ids=["silent", "answered"])
def test_a_connection_that_waits_is_closed(hasty, asks):
    limit = LIMITS["keep_alive" if asks else "head"]
    with hasty.client(timeout=limit + 10) as client:
        if asks:
            assert client.ask(post(CHAT, chat())).status == 200
        start_ns = time.monotonic_ns()
        assert client.is_at_end(), "an answer to nothing"
        passed = milliseconds_since(start_ns)
        assert limit * 900 <= passed <= (limit + SLACK) * 1000


def test_a_client_that_reads_nothing_is_reset(tmp_path):
    """It is not waited for, and neither is its upstream."""
    gone = threading.Event()

    def behave(connection):
        read_request(connection)
        try:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n")
            connection.sendall(b"y" * 50_000_000)
        except OSError:
            gone.set()

    with RawUpstream(behave) as upstream:
        with Router(tmp_path, one_pool(upstream), listen=HASTY) as router:
            client = SlowReader(router.address, post(CHAT, chat()))
            start_ns = time.monotonic_ns()
            assert gone.wait(LIMITS["write_stall"] + 5), "the endpoint still sends"
            assert milliseconds_since(start_ns) >= LIMITS["write_stall"] * 900
            with pytest.raises(OSError):
                while client.read_byte():
                    pass
                raise AssertionError("a clean end of an answer that is not whole")
            client.close()
            router.wait_until_idle()


def test_a_crowd_of_slow_heads_keeps_nobody_else_out(hasty):
    """Slowloris: while it lasts others are served, and then nothing of it is left."""
    hasty.wait_until_idle()
    fds = hasty.fd_count()
    crowd = [hasty.client(timeout=LIMITS["head"] + 10) for _ in range(200)]
    for client in crowd:
        client.send(b"GET / HTTP/1.1\r\nA: b")
    start_ns = time.monotonic_ns()
    assert hasty.ask(post(CHAT, chat())).status == 200
    assert milliseconds_since(start_ns) < 1000
    for client in crowd:
        assert client.read_answer().status == 408
        client.close()
    hasty.wait_until_idle()
    wait_for(lambda: hasty.fd_count() <= fds + 2, what="closed descriptors")


# Greedy clients

def test_slow_readers_of_large_answers_cost_little(tmp_path, soak, capsys):
    """Back-pressure: what a client has not read stays with its upstream, not in the router."""
    count = 1000 if soak else 100
    descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors[1], descriptors[1]))
    times = "answer: 60s, idle: 60s"
    try:
        with big_answers(10 * MIB) as upstream:
            with Router(tmp_path, one_pool(upstream, times)) as router:
                assert len(router.ask(post(CHAT, chat())).body) == 10 * MIB
                read_slowly(router, count, 20 if soak else 4, capsys)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, descriptors)


def read_slowly(router, count, seconds, capsys):
    before = rss_anon_kib(router)
    readers = [SlowReader(router.address, post(CHAT, chat())) for _ in range(count)]
    peak = before
    for _ in range(seconds):
        for reader in readers:
            assert reader.read_byte()
        peak = max(peak, rss_anon_kib(router))
        time.sleep(1)
    status = router.status()
    assert status["in_flight"] == count
    start_ns = time.monotonic_ns()
    assert len(router.ask(post(CHAT, chat())).body) == 10 * MIB
    quick_ms = milliseconds_since(start_ns)
    for reader in readers:
        reader.close()
    router.wait_until_idle(20)
    after = rss_anon_kib(router)
    with capsys.disabled():
        print(f"\n{count} clients read a byte a second of 10 MiB answers: RssAnon {before} KiB "
              f"before, {peak} KiB at most ({(peak - before) / count:.0f} KiB a client), "
              f"{after} KiB after; a quick client among them took {quick_ms:.0f} ms")
    # 256 KiB unsent, a read that came on top of it, and the connections themselves.
    assert_grown_less((peak - before) / count, 512)


def test_bodies_in_memory_have_a_budget(tmp_path, capsys):
    """Beyond 256 MiB of bodies that are not complete, the next is 503, and memory ends there."""
    with big_answers(10) as upstream, Router(tmp_path, one_pool(upstream)) as router:
        before = rss_anon_kib(router)
        size = 9 * MIB
        start = head("POST", CHAT, [JSON, ("Content-Length", size + 1)]) + b'{"model":"alpha","x":"'
        clients = []
        refused = 0
        for _ in range(32):
            client = router.client()
            clients.append(client)
            try:
                client.send(start + b"x" * (size - 100))
                refused += not client.has_silence(0.02)
            except OSError:
                refused += 1
        peak = rss_anon_kib(router)
        status = router.status()
        with capsys.disabled():
            print(f"\n32 bodies of 9 MiB that do not end: {status['buffered_bytes']} bytes kept, "
                  f"{refused} refused, RssAnon {before} KiB before, {peak} KiB then")
        assert refused > 0 and status["buffered_bytes"] <= 256 * MIB
        # A buffer that grows may be twice as large as what is in it.
        assert_grown_less(peak - before, 2 * 256 * 1024 + 64 * 1024)
        for client in clients:
            client.close()
        router.wait_until_idle()
        assert router.ask(post(CHAT, chat())).status == 200


# Slow endpoints

def test_an_endpoint_that_drips_is_waited_for(tmp_path):
    """A byte within each `idle`: the answer takes three times as long and comes whole."""
    def behave(connection):
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 24\r\n\r\n")
        for _ in range(24):
            time.sleep(0.05)
            connection.sendall(b"z")

    with RawUpstream(behave) as upstream:
        with Router(tmp_path, one_pool(upstream, WITH_TIMEOUTS)) as router:
            assert router.ask(post(CHAT, chat())).body == b"z" * 24


def end_after(data, resets):
    """An upstream that sends so much, then a FIN or a reset."""
    def behave(connection):
        read_request(connection)
        connection.sendall(data)
        time.sleep(0.05)
        if resets:
            connection.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    return RawUpstream(behave)


@pytest.mark.parametrize("resets", [False, True], ids=["fin", "reset"])
@pytest.mark.parametrize("framing", [b"Content-Length: 5", b"Transfer-Encoding: chunked"])
def test_an_end_behind_the_head_is_no_answer(tmp_path, framing, resets):
    with end_after(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n\r\n", resets) as upstream:
        with Router(tmp_path, one_pool(upstream, WITH_TIMEOUTS)) as router:
            with router.client() as client, pytest.raises((Truncated, OSError)):
                client.ask(post(CHAT, chat()))
            router.wait_until_idle()


@pytest.mark.parametrize("framing", [b"Content-Length: 5", b"Transfer-Encoding: chunked"])
def test_a_stall_behind_the_head_is_no_answer(tmp_path, framing):
    def behave(connection):
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n\r\n")
        left.append(connection.recv(1) == b"")

    left = []
    with RawUpstream(behave) as upstream:
        with Router(tmp_path, one_pool(upstream, WITH_TIMEOUTS)) as router:
            start_ns = time.monotonic_ns()
            with router.client() as client, pytest.raises((Truncated, OSError)):
                client.ask(post(CHAT, chat()))
            assert 450 <= milliseconds_since(start_ns) <= 2500
            wait_for(lambda: left == [True], what="the end at the endpoint")


def test_an_endpoint_that_reads_nothing_is_504(tmp_path):
    def behave(connection):
        hold.wait(10)

    hold = threading.Event()
    body = post("/", chat(user="u" * 9_000_000)).split(b"\r\n\r\n", 1)[1]
    with RawUpstream(behave) as upstream:
        upstream.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 10)
        with Router(tmp_path, one_pool(upstream, WITH_TIMEOUTS)) as router:
            start_ns = time.monotonic_ns()
            answer = router.ask(post(CHAT, body))
            assert (answer.status, answer.error_code) == (504, "upstream_timeout")
            assert milliseconds_since(start_ns) < 3000
            status = router.wait_until_idle()
            assert status["buffered_bytes"] == 0
            wait_for(lambda: router.status()["upstream_connections"] == 0)
        hold.set()


def test_an_endpoint_that_reads_slowly_gets_it_all(tmp_path):
    """Back-pressure the other way: a body waits in the router and in no queue twice."""
    def behave(connection):
        reader = RequestReader(connection)
        receive = reader._receive
        reader._receive = lambda: (time.sleep(0.002), receive())[1]
        request = reader.read()
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n%07d" % len(request.body))

    body = post("/", chat(user="u" * 4_000_000)).split(b"\r\n\r\n", 1)[1]
    with RawUpstream(behave) as upstream, Router(tmp_path, one_pool(upstream)) as router:
        upstream.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 10)
        assert router.ask(post(CHAT, body)).body == b"%07d" % len(body)
