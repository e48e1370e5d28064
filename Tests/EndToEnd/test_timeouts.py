"""Each timeout of docs/operations.md: it ends what takes too long, and nothing that goes on.

Cases that stand elsewhere: a head that stalls or drips, a body that stalls or drips, an idle
connection and a client that reads nothing in test_slow_peers.py, a TLS handshake that hangs in
test_tls.py, `listen.drain` in test_signals.py.
"""

import json
import socket
import threading
import time

import pytest

from raw_http import Truncated, head, post
from raw_upstream import RawUpstream, RequestReader
from routerc import Router, milliseconds_since
from specs import CHAT, chat, stream

# Seconds. What is under test is this long, all else far longer; what comes within it takes half.
LIMIT = 1.0
HALF = LIMIT / 2
LONGER = LIMIT * 1.5
# Later than the limit by so much is too late; the machine may be busy.
SLACK = 3.0

SHORT = f"{LIMIT * 1000:.0f}ms"
LISTEN = {"timeouts": f"{{ head: {SHORT}, body_stall: 30s, write_stall: {SHORT}, "
                      f"keep_alive: {SHORT} }}"}
# A pool for each timeout, which alone is short there; the defaults are long.
SPEC = """
defaults: { timeouts: { connect: 30s, first_token: 30s, answer: 30s, idle: 30s, total: none } }
pools:
""" + "".join(
    f"""  - name: {name}
    models: [{name}]
    timeouts: {{ {name}: {SHORT} }}
    endpoints: ["@"]
""" for name in ("first_token", "answer", "idle", "total"))

HANG = "hang"


def follow(connection):
    """Answers as the request's `script` says: seconds to wait, bytes to send, or a hang.

    The head says that three bytes follow; it goes out by itself where the script has `head`.
    """
    reader = RequestReader(connection)
    while (request := reader.read()) is not None:
        for step in json.loads(request.body)["script"]:
            if step == HANG:
                connection.recv(1)
                return
            if step == "head":
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n")
            elif isinstance(step, str):
                connection.sendall(step.encode())
            else:
                time.sleep(step)


@pytest.fixture(scope="module")
def router(tmp_path_factory):
    with RawUpstream(follow) as upstream:
        spec = SPEC.replace("@", upstream.url)
        with Router(tmp_path_factory.mktemp("timeouts"), spec, listen=LISTEN) as running:
            yield running


def request(make, model, *script):
    return post(CHAT, make(model, script=list(script)))


def assert_late(start_ns, limit=LIMIT):
    """So much time has passed, and not much more."""
    assert limit * 900 <= milliseconds_since(start_ns) <= (limit + SLACK) * 1000


def assert_refused(router, data, code):
    start_ns = time.monotonic_ns()
    answer = router.ask(data)
    assert (answer.status, answer.error_code) == (504, code)
    assert_late(start_ns)


def assert_cut(router, data):
    """The answer begins, and ends visibly broken at the limit."""
    with router.client() as client:
        start_ns = time.monotonic_ns()
        client.send(data)
        assert client.read_head().status == 200
        with pytest.raises((Truncated, OSError)):
            client._exactly(None, 3)
        assert_late(start_ns)


def assert_whole(router, data):
    answer = router.ask(data)
    assert (answer.status, answer.body) == (200, b"xyz")


# first_token and answer: to the first byte of the answer's body

KINDS = [("first_token", stream, chat), ("answer", chat, stream)]


@pytest.mark.parametrize("pool, own, other", KINDS)
def test_no_answer_is_504(router, pool, own, other):
    assert_refused(router, request(own, pool, HANG), "upstream_timeout")


@pytest.mark.parametrize("pool, own, other", KINDS)
def test_a_head_without_a_body_is_cut(router, pool, own, other):
    assert_cut(router, request(own, pool, "head", HANG))


@pytest.mark.parametrize("pool, own, other", KINDS)
def test_the_other_kind_of_request_has_its_own(router, pool, own, other):
    assert_whole(router, request(other, pool, LONGER, "head", "xyz"))


@pytest.mark.parametrize("pool, own, other", KINDS)
def test_a_first_byte_within_it_ends_it(router, pool, own, other):
    assert_whole(router, request(own, pool, HALF, "head", "x", LONGER, "yz"))


@pytest.mark.parametrize("pool, own, other", KINDS)
def test_it_begins_when_the_request_is_whole(router, pool, own, other):
    """The time of a client that sends slowly is not the endpoint's."""
    data = request(own, pool, HALF, "head", "xyz")
    with router.client() as client:
        client.send(data[:-1])
        time.sleep(LONGER)
        assert client.ask(data[-1:]).body == b"xyz"


# idle: between two bytes of an answer's body

@pytest.mark.parametrize("make", [chat, stream])
def test_a_silence_in_the_body_is_cut(router, make):
    assert_cut(router, request(make, "idle", "head", "x", HANG))


@pytest.mark.parametrize("make", [chat, stream])
def test_each_byte_begins_it_anew(router, make):
    assert_whole(router, request(make, "idle", "head", "x", HALF, "y", HALF, HALF / 2, "z"))


@pytest.mark.parametrize("make", [chat, stream])
def test_idle_is_not_for_the_first_byte(router, make):
    assert_whole(router, request(make, "idle", LONGER, "head", "xyz"))


# total: from the first byte of the head to the end of the answer

@pytest.mark.parametrize("make", [chat, stream])
def test_total_without_an_answer_is_504(router, make):
    assert_refused(router, request(make, "total", HANG), "total_timeout")


@pytest.mark.parametrize("make", [chat, stream])
def test_total_cuts_what_goes_on(router, make):
    pause = LIMIT * 0.4
    assert_cut(router, request(make, "total", "head", "x", pause, "y", pause, pause, "z"))


def test_total_is_for_each_request(router):
    with router.client() as client:
        for _ in range(3):
            answer = client.ask(request(chat, "total", HALF, "head", "xyz"))
            assert answer.body == b"xyz"


def test_total_begins_with_the_head(router):
    """A body that came slowly has used it up."""
    data = request(chat, "total", HANG)
    with router.client() as client:
        client.send(data[:-1])
        time.sleep(LONGER)
        start_ns = time.monotonic_ns()
        answer = client.ask(data[-1:])
        assert (answer.status, answer.error_code) == (504, "total_timeout")
        assert milliseconds_since(start_ns) < LIMIT * 900


# connect: to a connection that stands

class FullServer(RawUpstream):
    """A server with a full backlog: further connections hang until `make_room`."""

    def __init__(self):
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        super().__init__(_follow_if_asked, listener, accepts=False)
        self.fillers = [socket.socket() for _ in range(4)]
        for filler in self.fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", self.port))

    def __exit__(self, *failure):
        self._leave()
        super().__exit__(*failure)

    def make_room(self):
        """Takes whoever comes, and answers those that ask."""
        self._leave()
        self.accept()

    def _leave(self):
        for filler in self.fillers:
            filler.close()


def _follow_if_asked(connection):
    try:
        follow(connection)
    except AssertionError:
        # One of those that were in the way.
        pass


def connecting(server, connect):
    return f"""
pools:
  - name: main
    models: ["*"]
    timeouts: {{ connect: {connect}, answer: 30s }}
    endpoints: ["{server.url}"]
"""


def test_a_connection_that_does_not_come_is_504(tmp_path):
    with FullServer() as server, Router(tmp_path, connecting(server, SHORT)) as router:
        assert_refused(router, request(chat, "any", HANG), "upstream_connect_timeout")


def test_a_connection_that_comes_late_is_used(tmp_path):
    with FullServer() as server, Router(tmp_path, connecting(server, "10s")) as router:
        threading.Timer(HALF, server.make_room).start()
        start_ns = time.monotonic_ns()
        # The connection is not timed any more, and what follows has its own.
        assert_whole(router, request(chat, "any", HALF, "head", "xyz"))
        assert milliseconds_since(start_ns) >= HALF * 2 * 900


# The client's side, what goes on

def pieces(data, count):
    """`data` cut into so many parts."""
    size = -(-len(data) // count)
    return [data[offset:offset + size] for offset in range(0, len(data), size)]


def test_a_head_within_it_is_served(router):
    with router.client() as client:
        for piece in pieces(head("GET", "/health"), 3):
            time.sleep(LIMIT / 6)
            client.send(piece)
        assert client.read_answer().status == 200


def test_a_further_head_begins_with_its_first_byte(router):
    """The wait before it is keep_alive's."""
    data = head("GET", "/health")
    with router.client() as client:
        assert client.ask(data).status == 200
        time.sleep(HALF)
        client.send(data[:10])
        time.sleep(HALF * 1.2)
        assert client.ask(data[10:]).status == 200
        time.sleep(HALF)
        start_ns = time.monotonic_ns()
        client.send(data[:10])
        assert client.read_answer().status == 408
        assert_late(start_ns)


def test_a_request_within_keep_alive_begins_it_anew(router):
    with router.client() as client:
        for _ in range(3):
            assert client.ask(head("GET", "/health")).status == 200
            time.sleep(HALF * 1.2)
        assert client.ask(head("GET", "/health")).status == 200


def take(client, count):
    """Reads so many bytes and keeps none."""
    count -= len(client.buffer)
    client.buffer = b""
    while count > 0:
        data = client.socket.recv(min(count, 1 << 20))
        assert data, f"{count} bytes are missing"
        count -= len(data)


def test_a_client_that_reads_on_gets_it_all(tmp_path):
    """It takes several times `write_stall` in all, and never so long for nothing.

    Some MiB at a time: a socket says that there is room again only when a third of it is free.
    """
    piece, count = b"y" * (1 << 20), 128

    def behave(connection):
        RequestReader(connection).read()
        length = count * len(piece)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % length)
        for _ in range(count):
            connection.sendall(piece)

    with RawUpstream(behave) as upstream, Router(
            tmp_path, connecting(upstream, "30s"), listen=LISTEN) as router:
        with router.client() as client:
            client.send(post(CHAT, chat()))
            assert client.read_head().status == 200
            start_ns, taken = time.monotonic_ns(), 0
            while milliseconds_since(start_ns) < LIMIT * 2500:
                time.sleep(LIMIT / 4)
                take(client, 4 * len(piece))
                taken += 4
            assert taken < count, "the client was never waited for"
            take(client, (count - taken) * len(piece))
