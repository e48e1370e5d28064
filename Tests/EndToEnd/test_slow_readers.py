"""Clients that take their answers slowly, and clients that stop: `write_stall` tells them apart.

The kernel's room for unsent bytes is in the way: a socket takes more only when a good part of it is
free, so that for long the router's own buffer says nothing of what a slow client takes.
"""

import json
import socket
import threading
import time
from contextlib import ExitStack

import pytest

from raw_http import RawClient, post
from raw_upstream import RawUpstream, RequestReader
from routerc import Router, milliseconds_since
from specs import CHAT, chat, one_pool

KIB, MIB = 1 << 10, 1 << 20
STALL = 2.0
LISTEN = {"timeouts": f"{{ write_stall: {STALL * 1000:.0f}ms, keep_alive: 1s }}"}
# What a slow client reads, after each pause.
BITE = 16 * KIB
PAUSE = STALL / 8
# Later than the limit by so much is too late; the machine may be busy.
SLACK = 3.0


@pytest.fixture(params=["tcp", "unix"])
def address(request, tmp_path):
    """Where the router listens; None is a port of its own choice."""
    return None if request.param == "tcp" else f"unix:{tmp_path}/listen.sock"


class Answering(RawUpstream):
    """Answers with as many bytes as a request has in `size`; `gone` where they were not wanted.

    Where it has `until_close`, the end of the connection is the end of the answer.
    """

    def __init__(self):
        super().__init__(self._answer)
        self.gone = threading.Event()

    def _answer(self, connection):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 * KIB)
        reader = RequestReader(connection)
        while (request := reader.read()) is not None:
            asked = json.loads(request.body)
            said = "A: b" if "until_close" in asked else f"Content-Length: {asked['size']}"
            try:
                connection.sendall(f"HTTP/1.1 200 OK\r\n{said}\r\n\r\n".encode())
                connection.sendall(b"y" * asked["size"])
            except OSError:
                self.gone.set()
            if "until_close" in asked:
                return


class SlowClient(RawClient):
    """A client whose own system keeps little for it."""

    def __init__(self, router):
        super().__init__(router.address, timeout=10)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 * KIB)

    def take(self, count):
        """Reads so many bytes at most and keeps none; how many came before an end."""
        left = count - min(count, len(self.buffer))
        self.buffer = self.buffer[count:]
        while left > 0:
            data = self.socket.recv(min(left, MIB))
            if not data:
                break
            left -= len(data)
        return count - left

    def take_slowly(self, seconds):
        """Reads a bite after each pause, for so long; how many bytes."""
        start_ns, taken = time.monotonic_ns(), 0
        while milliseconds_since(start_ns) < seconds * 1000:
            time.sleep(PAUSE)
            assert self.take(BITE) == BITE, f"given up after {taken} bytes"
            taken += BITE
        return taken


def test_a_client_that_reads_slowly_gets_it_all(tmp_path, address):
    """For several times `write_stall` it takes less than its socket has room for."""
    size = 16 * MIB
    with Answering() as upstream, Router(
            tmp_path, one_pool(upstream), listen=LISTEN, address=address) as router:
        with SlowClient(router) as client:
            client.send(post(CHAT, chat(size=size)))
            assert client.read_head().status == 200
            taken = client.take_slowly(3 * STALL)
            assert client.take(size - taken) == size - taken
        assert not upstream.gone.is_set()


def test_a_client_that_stops_reading_is_reset(tmp_path, address):
    """The limit counts from the last bytes that it took."""
    size = 64 * MIB
    with Answering() as upstream, Router(
            tmp_path, one_pool(upstream), listen=LISTEN, address=address) as router:
        with SlowClient(router) as client:
            client.send(post(CHAT, chat(size=size)))
            assert client.read_head().status == 200
            taken = client.take_slowly(2 * STALL)
            start_ns = time.monotonic_ns()
            assert upstream.gone.wait(STALL + SLACK), "the endpoint still sends"
            # The last bites may make too little room for the client's system to say so.
            least, most = STALL - 2 * PAUSE, STALL * 1.25 + SLACK
            assert least * 1000 <= milliseconds_since(start_ns) <= most * 1000
            try:
                assert client.take(size) < size - taken
            except ConnectionResetError:
                pass
        router.wait_until_idle()


@pytest.mark.parametrize("fields", [(), (("Connection", "close"),)], ids=["keep-alive", "close"])
def test_the_end_of_an_answer_is_waited_for(tmp_path, fields):
    """Too little to hold an endpoint back, and more than the socket takes: it waits in the router.

    On a unix socket, whose room is small and the same everywhere.
    """
    size = 320 * KIB
    with Answering() as upstream, Router(
            tmp_path, one_pool(upstream), listen=LISTEN,
            address=f"unix:{tmp_path}/listen.sock") as router:
        with SlowClient(router) as client:
            client.send(post(CHAT, chat(size=size), fields=fields))
            assert client.read_head().status == 200
            taken = client.take_slowly(2 * STALL)
            assert taken < size, "nothing waited so long"
            assert client.take(size - taken) == size - taken
            if not fields:
                assert client.ask(post(CHAT, chat(size=3))).body == b"yyy"


def test_an_answer_without_an_end_of_its_own_is_whole_or_reset(tmp_path):
    """HTTP/1.0: after a FIN a client takes what it has for the whole answer.

    Of all sizes, so that some end in the kernel, some in the router and some at the endpoint.
    """
    found = set()
    with Answering() as upstream, Router(
            tmp_path, one_pool(upstream), listen=LISTEN) as router, ExitStack() as stack:
        clients = {}
        for size in range(192 * KIB, 6 * MIB, 192 * KIB):
            asked = post(CHAT, chat(size=size, until_close=True))
            clients[size] = stack.enter_context(SlowClient(router))
            clients[size].send(asked.replace(b"HTTP/1.1", b"HTTP/1.0"))
        time.sleep(STALL * 2)
        for size, client in clients.items():
            try:
                assert client.read_head().status == 200
                assert client.take(size) == size, f"a clean end of a part of {size} bytes"
                found.add("whole")
            except ConnectionResetError:
                found.add("reset")
    assert found == {"whole", "reset"}
