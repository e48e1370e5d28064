"""What is refused, and with which answer: limits of size and time, and bodies nobody may trust."""

import time

import pytest

from raw_http import Truncated, chunked, head, post
from raw_upstream import RawUpstream, read_request
from routerc import Router
from specs import ALICE, CHAT, PINNED, chat, one_pool, two_pools

KEY = ("Authorization", f"Bearer {ALICE}")
JSON = ("Content-Type", "application/json")
MAX_BODY = 64 * 1024


@pytest.fixture(scope="module")
def small(first, second, tmp_path_factory):
    """A router that takes small bodies only."""
    folder = tmp_path_factory.mktemp("small")
    with Router(folder, two_pools(first, second), listen={"max_body": "64KiB"}) as running:
        yield running


def refused(answer, status, code=None):
    assert answer.status == status, answer.body
    error = answer.json["error"]
    assert set(error) >= {"message", "type", "param", "code"} and error["message"]
    assert code is None or error["code"] == code
    return answer


# Size

def body_of(size):
    empty = len(post("/", chat(user="")).split(b"\r\n\r\n", 1)[1])
    return post("/", chat(user="u" * (size - empty))).split(b"\r\n\r\n", 1)[1]


def test_a_body_of_just_the_limit_passes(small):
    assert small.ask(post(CHAT, body_of(MAX_BODY), ALICE)).status == 200


def test_one_byte_more_is_413_by_its_length(small):
    refused(small.ask(post(CHAT, body_of(MAX_BODY + 1), ALICE)), 413, "request_too_large")


def test_one_byte_more_is_413_when_chunked(small):
    body = body_of(MAX_BODY + 1)
    parts = [body[start:start + 5000] for start in range(0, len(body), 5000)]
    request = head("POST", CHAT, [KEY, JSON, ("Transfer-Encoding", "chunked")])
    refused(small.ask(request + chunked(parts)), 413, "request_too_large")


def test_a_client_that_goes_on_sending_still_reads_its_413(small):
    """The refusal must not be eaten by a reset."""
    with small.client() as client:
        client.send(head("POST", CHAT, [KEY, JSON, ("Content-Length", 10_000_000)]))
        try:
            for _ in range(10):
                client.send(b"x" * 6000)
        except OSError:
            pass
        refused(client.read_answer(), 413)


def test_a_pinned_body_of_just_the_limit_passes(small):
    fields = [("Authorization", f"Bearer {PINNED}"), ("Content-Length", MAX_BODY)]
    assert small.ask(head("POST", "/echo", fields) + b"x" * MAX_BODY).status == 200


# Time

def test_the_first_token_may_take_longer_than_the_pause_between_two(tmp_path):
    def behave(connection):
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
        time.sleep(0.8)
        connection.sendall(b"hello")
        time.sleep(behave.pause)
        connection.sendall(b"world")

    behave.pause = 0.05
    times = "idle: 300ms, first_token: 5s, answer: 5s"
    with RawUpstream(behave) as upstream, Router(tmp_path, one_pool(upstream, times)) as router:
        assert router.ask(post(CHAT, chat(stream=True))).body == b"helloworld"
        behave.pause = 2
        with pytest.raises((Truncated, OSError)):
            router.ask(post(CHAT, chat(stream=True)))


# Bodies

@pytest.mark.parametrize("body, code", [
    (b"", None),
    (b"not json", "invalid_json"),
    (b'{"model": "alpha"', "invalid_json"),
    (b'{"model": "alpha",}', "invalid_json"),
    (b'{"model": "alpha"} x', "invalid_json"),
    (b'["model", "alpha"]', None),
    (b'{"model": 1}', None),
    (b'{"model": null}', None),
    (b'{"messages": []}', None),
    (b'{"model": "al\xffpha"}', None),
    (b'{"model": "alpha", "model": "beta"}', None),
    (b'{"model": "alpha", "Model": "beta"}', None),
    (b'{"model": "alpha", "mod\\u0065l": "beta"}', None),
    (b'{"model": ""}', None),
    (b'{"model": "%s"}' % (b"m" * 257), None),
    (b'{"model": "a\\u0000b"}', None),
    (b"[" * 10_000, None),
])
def test_a_bad_body_is_400(router, body, code):
    refused(router.ask(post(CHAT, body, ALICE)), 400, code)


@pytest.mark.parametrize("body", [
    b'{"messages": [{"model": "beta"}], "model": "alpha"}',
    b'{"x": "\\"model\\": \\"beta\\"", "model": "alpha"}',
    b' \r\n\t{ "model" : "al\\u0070ha" } \n',
    b'{"mod\\u0065l": "alpha"}',
])
def test_the_model_at_the_top_counts(router, body):
    answer = router.ask(post(CHAT, body, ALICE))
    assert (answer.status, answer.field("x-model-server")) == (200, "first")


def test_an_encoded_body_is_415(router):
    fields = [("Content-Encoding", "gzip")]
    refused(router.ask(post(CHAT, b"\x1f\x8b\x08\x00", ALICE, fields)), 415)


# Paths

@pytest.mark.parametrize("path", ["/", "/v2/chat/completions", "/v1/nothing", "/metrics"])
def test_an_unknown_path_is_404(router, path):
    refused(router.ask(post(path, chat(), ALICE)), 404, "unknown_url")


# Keys

@pytest.mark.parametrize("field", [
    None, ("Authorization", ""), ("Authorization", "Bearer"), ("Authorization", "Bearer "),
    ("Authorization", f"Basic {ALICE}"), ("Authorization", f"Bearer {ALICE}x"),
    ("Authorization", f"Bearer {ALICE[:-1]}"), ("Authorization", f"Bearer {ALICE} {ALICE}"),
])
def test_what_is_no_key_is_401(router, field):
    answer = router.ask(post(CHAT, chat(), fields=[field] if field else []))
    refused(answer, 401, "invalid_api_key" if field else "api_key_required")


def test_a_refusal_leaves_the_connection_usable_or_closed(router):
    with router.client() as client:
        answer = refused(client.ask(post(CHAT, chat("nothing"), ALICE)), 404, "model_not_found")
        if answer.field("connection") == "close":
            assert client.is_at_end()
        else:
            assert client.ask(post(CHAT, chat(), ALICE)).status == 200
