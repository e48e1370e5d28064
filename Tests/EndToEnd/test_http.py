"""HTTP/1.1 towards clients: framing, connections, and what is passed on."""

import hashlib

import pytest

from raw_http import chunked, events, head, post
from specs import ALICE, CHAT, PINNED, STRANGER, chat, stream

KEY = ("Authorization", f"Bearer {ALICE}")
PIN = ("Authorization", f"Bearer {PINNED}")
JSON = ("Content-Type", "application/json")


def served_by(answer):
    assert answer.status == 200, answer.body
    return answer.field("x-model-server")


def test_a_connection_is_kept(router, first):
    before = first.stats()["connections"]
    with router.client() as client:
        for _ in range(10):
            assert served_by(client.ask(post(CHAT, chat(), ALICE))) == "first"
    assert first.stats()["connections"] <= before + 1


def test_connection_close_is_honored(router):
    with router.client() as client:
        answer = client.ask(post(CHAT, chat(), ALICE, [("Connection", "close")]))
        assert served_by(answer) == "first" and answer.field("connection") == "close"
        assert client.is_at_end()


@pytest.mark.parametrize("sizes", [[1] * 60, [7, 50, 3], [1000], [3, 100_000, 1]])
def test_a_chunked_request(router, first, sizes):
    body = post("/", chat(user="u" * sum(sizes))).split(b"\r\n\r\n", 1)[1]
    parts, rest = [], body
    for size in sizes:
        parts, rest = parts + [rest[:size]], rest[size:]
    parts = [part for part in [*parts, rest] if part]
    request = head("POST", CHAT, [KEY, JSON, ("Transfer-Encoding", "chunked")])
    answer = router.ask(request + chunked(parts))
    assert served_by(answer) == "first"
    assert answer.field("x-seen-body-sha256") == hashlib.sha256(body).hexdigest()


def test_a_request_in_single_bytes(router):
    data = post(CHAT, chat(), ALICE)
    with router.client() as client:
        for index in range(len(data)):
            client.send(data[index:index + 1])
        assert served_by(client.read_answer()) == "first"


def test_pipelined_requests_are_answered_in_order(router):
    models = ["alpha", "beta", "alpha", "nothing", "beta"]
    data = b"".join(post(CHAT, chat(model), ALICE) for model in models)
    with router.client() as client:
        client.send(data)
        answers = [client.read_answer() for _ in models]
    assert [answer.status for answer in answers] == [200, 200, 200, 404, 200]
    names = [answer.field("x-model-server") for answer in answers]
    assert names == ["first", "second", "first", None, "second"]


def test_expect_100_continue(router):
    body = post("/", chat()).split(b"\r\n\r\n", 1)[1]
    fields = [KEY, JSON, ("Content-Length", len(body)), ("Expect", "100-continue")]
    with router.client() as client:
        client.send(head("POST", CHAT, fields))
        assert client.read_head().status == 100
        assert served_by(client.ask(body)) == "first"


@pytest.mark.parametrize("key, path, length, status", [
    (STRANGER, CHAT, 100, 401),
    (ALICE, "/v1/no/such/path", 100, 404),
    (ALICE, CHAT, 1 << 40, 413),
])
def test_a_refusal_comes_instead_of_100(router, key, path, length, status):
    fields = [("Authorization", f"Bearer {key}"), JSON, ("Content-Length", length),
              ("Expect", "100-continue")]
    with router.client() as client:
        assert client.ask(head("POST", path, fields)).status == status


def test_head_and_options(router):
    with router.client() as client:
        answer = client.ask(head("HEAD", "/v1/models", [KEY]), to_head=True)
        assert answer.status == 200
        length = int(answer.field("content-length"))
        assert len(client.ask(head("GET", "/v1/models", [KEY])).body) == length
        answer = client.ask(head("OPTIONS", CHAT, [KEY]))
        assert answer.status in (200, 204) and "POST" in answer.field("allow")


def test_a_wrong_method(router):
    answer = router.ask(head("DELETE", CHAT, [KEY]))
    assert answer.status in (404, 405)


def test_head_to_an_endpoint(router):
    with router.client() as client:
        assert client.ask(head("HEAD", "/anything", [PIN]), to_head=True).status == 200
        assert served_by(client.ask(head("GET", "/anything", [PIN]))) == "second"


def test_an_http_1_0_client(router):
    body = post("/", chat()).split(b"\r\n\r\n", 1)[1]
    fields = [KEY, JSON, ("Content-Length", len(body))]
    with router.client() as client:
        answer = client.ask(head("POST", CHAT, fields, "HTTP/1.0") + body)
        assert served_by(answer) == "first"
        assert answer.json["object"] == "chat.completion"
        assert client.is_at_end()


def test_a_stream_for_an_http_1_0_client_is_not_chunked(router):
    body = post("/", stream()).split(b"\r\n\r\n", 1)[1]
    fields = [KEY, JSON, ("Content-Length", len(body))]
    answer = router.ask(head("POST", CHAT, fields, "HTTP/1.0") + body)
    assert answer.field("transfer-encoding") is None
    received, done = events(answer.body)
    assert done and len(received) == 6


def test_an_upgrade_is_refused_cleanly(router):
    fields = [KEY, ("Connection", "Upgrade"), ("Upgrade", "websocket"),
              ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Sec-WebSocket-Version", "13")]
    answer = router.ask(head("GET", "/v1/realtime", fields))
    assert 400 <= answer.status < 500 and "error" in answer.json


def test_the_query_is_kept(router, second):
    answer = router.ask(post(CHAT + "?api-version=1&x=%2e%2e", chat("beta"), ALICE))
    assert served_by(answer) == "second"
    assert answer.field("x-seen-target") == CHAT + "?api-version=1&x=%2e%2e"


@pytest.mark.parametrize("status", [204, 304, 404, 500])
def test_any_status_passes(router, status):
    with router.client() as client:
        answer = client.ask(post(CHAT, chat(fault=f"status={status}"), ALICE))
        assert answer.status == status
        assert served_by(client.ask(post(CHAT, chat(), ALICE))) == "first"


def test_a_stream_passes_event_by_event(router):
    with router.client() as client:
        client.send(post(CHAT, stream(events=10, interval_ms=20), ALICE))
        assert client.read_head().field("content-type") == "text/event-stream"
        for index in range(11):
            assert client.read_event()["index"] == index
        assert client.read_event() == b"[DONE]"
        assert client.read_chunk() is None
        assert served_by(client.ask(post(CHAT, chat(), ALICE))) == "first"
