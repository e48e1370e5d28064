"""A stream that breaks after its first byte: the client is told why, and sees that it broke."""

import json

import openai
import pytest

from processes import wait_for
from raw_http import RawClient, Truncated, post
from raw_upstream import RawUpstream, read_request
from routerc import Router
from specs import ALICE, CHAT, MESSAGES, fingerprint, one_pool, stream

EVENT = b'data: {"index": 0}\n\n'
STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
CHUNKED = STREAM + b"Transfer-Encoding: chunked\r\n\r\n"
CLOSED = {
    "message": "The model server closed the connection before it answered.",
    "type": "server_error", "param": None, "code": "upstream_closed"}


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def broken(router, request=None):
    """What comes of a stream before it breaks."""
    with router.client() as client:
        with pytest.raises(Truncated) as caught:
            client.ask(request or post(CHAT, stream()))
        answer = caught.value.answer
        # Nothing is left of a chunk that was not whole.
        return answer, b"".join(data for data, _ in answer.chunks), client.buffer


def error_in(data):
    """The error of the last event."""
    assert data.endswith(b"\n\n") and data.startswith(b"data: "), data
    return json.loads(data[6:])["error"]


class Breaking(RawUpstream):
    """An upstream that answers every request with the same bytes and ends the connection."""

    def __init__(self, *parts):
        self.parts = parts
        super().__init__(self.say)

    def say(self, connection):
        read_request(connection)
        for part in self.parts:
            connection.sendall(part)


@pytest.fixture
def router_of(tmp_path):
    """Makes a router in front of one upstream."""
    running = []

    def make(upstream, **options):
        router = Router(tmp_path, one_pool(upstream, **options))
        running.append(router.__enter__())
        return router
    yield make
    for router in running:
        router.__exit__(None)


@pytest.mark.parametrize("fault", ["close-mid-stream=3", "reset-mid-stream=3"])
def test_an_event_says_why(first, router_of, fault):
    router = router_of(first)
    answer, data, rest = broken(router, post(CHAT, stream(fault=fault)))
    events = data.split(b"\n\n")
    # Three events, ours, and what is behind it; no [DONE], no last chunk.
    assert len(events) == 5 and events[4] == b"" and rest == b""
    assert [json.loads(event[6:])["index"] for event in events[:3]] == [0, 1, 2]
    assert error_in(events[3] + b"\n\n") == CLOSED
    text = router.ask_admin("GET", "/metrics").body.decode()
    assert 'routerc_incomplete_answers_total{pool="main",reason="truncated"} 1' in text
    wait_for(lambda: any(
        (record.get("outcome"), record.get("error")) == ("truncated", "upstream_closed")
        for record in router.log_records()))


def test_a_stream_that_breaks_before_its_first_event(router_of):
    with Breaking(CHUNKED) as upstream:
        _, data, rest = broken(router_of(upstream))
        assert error_in(data) == CLOSED and rest == b""


def test_an_event_that_is_open_is_ended_first(router_of):
    with Breaking(CHUNKED + chunk(EVENT)
                  + chunk(b'data: {"ind')) as upstream:
        _, data, _ = broken(router_of(upstream))
        assert data.startswith(EVENT + b'data: {"ind\n\ndata: {"error":')
        assert error_in(data[len(EVENT) + 13:]) == CLOSED


@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n", b"\r\r"])
def test_ends_of_lines(router_of, end):
    with Breaking(CHUNKED + chunk(EVENT.strip())
                  + chunk(end)) as upstream:
        _, data, _ = broken(router_of(upstream))
        # Behind so small a chunk it is not known where the line began: one more ends it surely.
        assert error_in(data[len(EVENT.strip() + end):].removeprefix(b"\n\n")) == CLOSED


@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n", b"\r\r"])
def test_no_line_is_added_where_an_event_has_ended(router_of, end):
    with Breaking(CHUNKED + chunk(EVENT.strip() + end)) as upstream:
        _, data, _ = broken(router_of(upstream))
        assert error_in(data[len(EVENT.strip() + end):]) == CLOSED


SILENT = {
    "inside of a chunk": CHUNKED + chunk(EVENT) + b"40\r\nda",
    "inside of a size": CHUNKED + chunk(EVENT) + b"4",
    "behind the last chunk": CHUNKED + chunk(EVENT) + b"0\r\n",
    "a length": STREAM + b"Content-Length: 100\r\n\r\n" + EVENT,
    "coded": STREAM + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    + chunk(EVENT),
    "no events": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n" + chunk(b"{"),
    "other events": b"HTTP/1.1 200 OK\r\nContent-Type: text/event-streams\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n" + chunk(EVENT),
}


@pytest.mark.parametrize("name", SILENT)
def test_nothing_is_said_where_it_could_be_misread(router_of, name):
    with Breaking(SILENT[name]) as upstream:
        with router_of(upstream).client() as client:
            client.send(post(CHAT, stream()))
            while client.receive():
                pass
            body = client.buffer.split(b"\r\n\r\n", 1)[1]
            assert body == SILENT[name].split(b"\r\n\r\n", 1)[1]


def test_what_is_no_chunk_breaks_without_a_word(router_of):
    with Breaking(CHUNKED + chunk(EVENT),
                  b"zz\r\n") as upstream:
        with router_of(upstream).client() as client:
            client.send(post(CHAT, stream()))
            while client.receive():
                pass
            assert b"error" not in client.buffer.split(b"\r\n\r\n", 1)[1]
            assert not client.buffer.endswith(b"0\r\n\r\n")


def test_a_stream_that_stalls(first, router_of):
    router = router_of(first, timeouts="idle: 300ms, first_token: 10s")
    _, data, _ = broken(router, post(CHAT, stream(fault="stall=2")))
    assert error_in(b"data:" + data.rsplit(b"data:", 1)[1])["code"] == "upstream_timeout"


def test_a_stream_that_would_end_with_the_connection(router_of):
    """The router puts it into chunks, and one of its own can stand anywhere."""
    parts = [STREAM + b"Connection: close\r\n\r\n" + EVENT]
    with RawUpstream(stalling(parts)) as upstream:
        router = router_of(upstream, timeouts="idle: 200ms, first_token: 10s")
        _, data, _ = broken(router)
        assert data.startswith(EVENT)
        assert error_in(data[len(EVENT):])["code"] == "upstream_timeout"


def stalling(parts):
    """Says what it has to say, and keeps the connection until the other side leaves."""
    def behave(connection):
        read_request(connection)
        for part in parts:
            connection.sendall(part)
        connection.recv(1)
    return behave


@pytest.mark.parametrize("framing", [b"Transfer-Encoding: chunked", b"Connection: close"])
def test_a_client_of_http_1_0(router_of, framing):
    """The end of the connection would be the end of the answer: it has to be a reset."""
    body = chunk(EVENT) if framing.startswith(b"T") else EVENT
    with RawUpstream(stalling([STREAM + framing + b"\r\n\r\n" + body])) as upstream:
        router = router_of(upstream, timeouts="idle: 200ms, first_token: 10s")
        with RawClient(router.address) as client:
            client.send(post(CHAT, stream()).replace(b"HTTP/1.1", b"HTTP/1.0", 1))
            data = b""
            with pytest.raises(ConnectionResetError):
                while piece := client.socket.recv(65536):
                    data += piece
            body = data.split(b"\r\n\r\n", 1)[1]
            assert body.startswith(EVENT)
            assert error_in(body[len(EVENT):])["code"] == "upstream_timeout"


def test_a_stream_that_is_whole_says_nothing_more(first, router_of):
    answer = router_of(first).ask(post(CHAT, stream(events=3)))
    assert answer.body.endswith(b"data: [DONE]\n\n") and b"error" not in answer.body


@pytest.mark.parametrize("fault", ["close-mid-stream=3", "reset-mid-stream=3"])
def test_the_official_client_raises_it(first, tmp_path, fault):
    spec = one_pool(first, anonymous="deny") + f"""
keys: [{{ name: alice, secret: "{fingerprint(ALICE)}" }}]
"""
    with Router(tmp_path, spec) as router:
        chunks = router.openai(ALICE).chat.completions.create(
            model="alpha", messages=MESSAGES, stream=True, extra_body={"fault": fault})
        seen = []
        with pytest.raises(openai.APIError) as caught:
            for each in chunks:
                seen.append(each.model_extra["index"])
        assert seen == [0, 1, 2]
        assert caught.value.message == CLOSED["message"] and caught.value.code == CLOSED["code"]
