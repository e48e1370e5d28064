"""Bodies of pinned keys: they go upstream as they come, and are not kept."""

import os
import socket
import struct
import threading
import time

import pytest

from raw_http import RawClient, chunked, head, post
from raw_upstream import RawUpstream
from routerc import Router, assert_grown_less
from specs import ALICE, PINNED, fingerprint

KEY = ("Authorization", f"Bearer {PINNED}")
MIB = 1 << 20
RESET = (socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Upload:
    """An upstream's side of one request: what came of it and when, told as it comes."""

    def __init__(self):
        self.data = b""
        self.more = threading.Condition()
        self.has_ended = False

    def add(self, piece):
        with self.more:
            self.data += piece
            self.has_ended = not piece
            self.more.notify_all()

    def wait_for(self, text, seconds=5):
        with self.more:
            assert self.more.wait_for(lambda: text in self.data, seconds), self.data[:400]
            return self.data

    def wait_for_end(self, seconds=5):
        with self.more:
            assert self.more.wait_for(lambda: self.has_ended, seconds), "the connection stays"


def recorder(upload, end=None, answer=OK):
    """Notes what comes, and answers when `end` has come."""
    def behave(connection):
        while True:
            try:
                piece = connection.recv(65536)
            except ConnectionResetError:
                piece = b""
            upload.add(piece)
            if not piece:
                return
            if end and upload.data.endswith(end):
                connection.sendall(answer)
    return behave


def pinned(url, pool=""):
    return f"""
endpoints: [{{ name: one, url: "{url}" }}]
pools: [{{ name: main, endpoints: [one] {pool} }}]
models: [{{ match: alpha, pool: main }}]
keys:
  - {{ name: alice, secret: "{fingerprint(ALICE)}" }}
  - {{ name: pinned, secret: "{fingerprint(PINNED)}", pin: main }}
"""


@pytest.fixture
def upload():
    return Upload()


def test_a_body_of_known_length_is_sent_on_before_it_is_complete(tmp_path, upload):
    with RawUpstream(recorder(upload, end=b"last")) as server, \
            Router(tmp_path, pinned(server.url)) as router, RawClient(router.address) as client:
        client.send(head("POST", "/files", [KEY, ("Content-Length", MIB + 9)]) + b"first")
        seen = upload.wait_for(b"first")
        assert f"content-length: {MIB + 9}\r\n".encode() in seen.lower()
        client.send(b"x" * MIB + b"last")
        assert client.read_answer().body == b"ok"
        body = upload.data.split(b"\r\n\r\n", 1)[1]
        assert body == b"first" + b"x" * MIB + b"last"
        # Both connections go on, and the next request is framed right.
        upload.data = b""
        client.send(head("POST", "/files", [KEY, ("Content-Length", 4)]) + b"last")
        assert client.read_answer().body == b"ok"
        assert upload.data.endswith(b"\r\n\r\nlast")


def test_chunks_are_sent_on_as_they_come(tmp_path, upload):
    with RawUpstream(recorder(upload, end=b"0\r\n\r\n")) as server, \
            Router(tmp_path, pinned(server.url)) as router, RawClient(router.address) as client:
        fields = [KEY, ("Transfer-Encoding", "chunked")]
        client.send(head("POST", "/files", fields) + b"5;ext=1\r\nfir")
        assert b"transfer-encoding: chunked\r\n" in upload.wait_for(b"fir").lower()
        client.send(b"st\r\n6\r\nsecond\r\n")
        upload.wait_for(b"second")
        client.send(b"0\r\nX-Trailer: kept behind\r\n\r\n")
        assert client.read_answer().body == b"ok"
        body = upload.data.split(b"\r\n\r\n", 1)[1]
        assert b"ext" not in body and b"Trailer" not in body
        assert body == b"3\r\nfir\r\n2\r\nst\r\n6\r\nsecond\r\n0\r\n\r\n"


def test_a_whole_small_chunked_body_gets_a_length(tmp_path, upload):
    with RawUpstream(recorder(upload, end=b"abc")) as server, \
            Router(tmp_path, pinned(server.url)) as router:
        fields = [KEY, ("Transfer-Encoding", "chunked")]
        answer = router.ask(head("POST", "/files", fields) + chunked([b"ab", b"c"]))
        assert answer.body == b"ok"
        assert b"content-length: 3\r\n" in upload.data.lower()


def test_a_client_that_waits_for_the_invitation_is_invited(tmp_path, upload):
    with RawUpstream(recorder(upload, end=b"end")) as server, \
            Router(tmp_path, pinned(server.url)) as router, RawClient(router.address) as client:
        fields = [KEY, ("Content-Length", MIB), ("Expect", "100-continue")]
        client.send(head("POST", "/files", fields))
        assert client.read_head().status == 100
        client.send(b"x" * (MIB - 3) + b"end")
        assert client.read_answer().body == b"ok"


def test_an_upstream_that_does_not_read_holds_the_client_back(tmp_path):
    """Of 64 MiB no more than what buffers hold leaves the client; memory stays where it was."""
    seen = threading.Event()
    release = threading.Event()

    def behave(connection):
        connection.recv(1000)
        seen.set()
        release.wait(20)

    with RawUpstream(behave) as server, \
            Router(tmp_path, pinned(server.url), listen={"max_body": "100MiB"}) as router, \
            RawClient(router.address, timeout=1) as client:
        before = router.rss_kib()
        client.send(head("POST", "/files", [KEY, ("Content-Length", 64 * MIB)]))
        assert seen.wait(5)
        sent = 0
        with pytest.raises(TimeoutError):
            while sent < 64 * MIB:
                sent += client.socket.send(b"x" * MIB)
        # The kernel's buffers of both connections hold some MiB; the router little.
        assert sent < 32 * MIB
        assert_grown_less(router.rss_kib() - before, 4 * 1024)
        assert 0 < router.status()["buffered_bytes"] <= 256 * 1024
        release.set()
    # The router ended without an error: `Router` saw to that.


def test_an_answer_that_overtakes_the_body_is_handed_on(tmp_path, upload):
    answer = b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig"
    with RawUpstream(recorder(upload, end=b"enough", answer=answer)) as server, \
            Router(tmp_path, pinned(server.url)) as router, RawClient(router.address) as client:
        client.send(head("POST", "/files", [KEY, ("Content-Length", MIB)]) + b"enough")
        got = client.read_answer()
        assert (got.status, got.body) == (413, b"big")
        # The rest of the body is of no use to anybody: this connection ends, upstream's too.
        assert got.field("connection") == "close"
        assert client.is_at_end()
        upload.wait_for_end()
        assert router.wait_until_idle()["upstream_connections"] == 0


def test_a_client_that_leaves_ends_the_upstreams_request(tmp_path, upload):
    with RawUpstream(recorder(upload)) as server, \
            Router(tmp_path, pinned(server.url)) as router:
        with RawClient(router.address) as client:
            client.send(head("POST", "/files", [KEY, ("Content-Length", MIB)]) + b"half")
            upload.wait_for(b"half")
        upload.wait_for_end()
        assert router.wait_until_idle()["upstream_connections"] == 0


def test_an_upstream_that_dies_under_the_body_is_502(tmp_path):
    def behave(connection):
        connection.recv(10)
        connection.setsockopt(*RESET)

    with RawUpstream(behave) as server, Router(tmp_path, pinned(server.url)) as router, \
            RawClient(router.address) as client:
        client.send(head("POST", "/files", [KEY, ("Content-Length", MIB)]) + b"half")
        got = client.read_answer()
        assert (got.status, got.error_code) == (502, "upstream_closed")


def test_too_many_bytes_in_chunks_are_413(tmp_path, upload):
    with RawUpstream(recorder(upload, end=b"0\r\n\r\n")) as server, \
            Router(tmp_path, pinned(server.url), listen={"max_body": "128KiB"}) as router, \
            RawClient(router.address) as client:
        client.send(head("POST", "/files", [KEY, ("Transfer-Encoding", "chunked")]))
        client.send(b"10000\r\n" + b"x" * 65536 + b"\r\n")
        upload.wait_for(b"xxx")
        client.send(b"10001\r\n" + b"x" * 65537 + b"\r\n0\r\n\r\n")
        got = client.read_answer()
        assert (got.status, got.error_code) == (413, "request_too_large")
        # The upstream cannot take what it got for a whole body.
        upload.wait_for_end()
        assert b"0\r\n\r\n" not in upload.data


def test_a_chunk_that_is_none_ends_the_upstreams_request(tmp_path, upload):
    with RawUpstream(recorder(upload)) as server, \
            Router(tmp_path, pinned(server.url)) as router, RawClient(router.address) as client:
        client.send(head("POST", "/files", [KEY, ("Transfer-Encoding", "chunked")]) + b"3\r\nabc")
        upload.wait_for(b"abc")
        client.send(b"X\r\n")
        assert client.read_answer().status == 400
        upload.wait_for_end()


def test_keys_that_are_not_pinned_wait_for_the_model(tmp_path, upload):
    """A large JSON body is not sent on before it is complete: what names the model may be last."""
    with RawUpstream(recorder(upload, end=b"}")) as server, \
            Router(tmp_path, pinned(server.url)) as router, RawClient(router.address) as client:
        body = b'{"messages":"' + b"m" * MIB + b'","model":"alpha"}'
        request = post("/v1/chat/completions", body, ALICE)
        client.send(request[:-100])
        time.sleep(0.2)
        assert upload.data == b""
        client.send(request[-100:])
        assert client.read_answer().status == 200
        assert upload.data.endswith(body)


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 65537, 300_000, 5 * MIB])
def test_every_byte_arrives(tmp_path, size, upload):
    body = os.urandom(size)
    with RawUpstream(recorder(upload, end=body[-20:] if size else b"\r\n\r\n")) as server, \
            Router(tmp_path, pinned(server.url)) as router:
        fields = [KEY, ("Content-Length", size)]
        assert router.ask(head("PUT", "/x", fields) + body).body == b"ok"
        assert upload.data.split(b"\r\n\r\n", 1)[1] == body
