"""The model server that the other tests lean on, on its own."""

import time

import pytest
from openai import OpenAI

from processes import ModelServerProcess, wait_for
from raw_http import RawClient, Truncated, ask, chunked, events, head, post

CHAT = "/v1/chat/completions"


@pytest.fixture(scope="module")
def server():
    with ModelServerProcess("solo") as process:
        yield process


@pytest.fixture(autouse=True)
def forget(server):
    yield
    server.forget()


def fault(name, **body):
    return post(CHAT, {"model": "m", "fault": name, **body})


def test_the_openai_client_understands_it(server):
    client = OpenAI(base_url=server.url + "/v1", api_key="any", max_retries=0)
    messages = [{"role": "user", "content": "hi"}]
    answer = client.chat.completions.create(model="m", messages=messages)
    assert answer.choices[0].message.content == "hello from solo"
    stream = client.chat.completions.create(
        model="m", messages=messages, stream=True, extra_body={"events": 3, "interval_ms": 1})
    chunks = list(stream)
    assert [chunk.model_extra["index"] for chunk in chunks] == [0, 1, 2, 3]
    assert all(chunk.model_extra["sent_ns"] <= time.monotonic_ns() for chunk in chunks)
    assert client.embeddings.create(model="m", input=["a", "b"]).data[1].index == 1
    assert client.models.list().data[0].id == "solo-model"


def test_echo_tells_what_came(server):
    answer = ask(server.address, head("PUT", "/echo?a=1", [("X-A", "b"), ("Content-Length", 2)])
                 + b"hi")
    assert (answer.json["method"], answer.json["target"]) == ("PUT", "/echo?a=1")
    assert ["x-a", "b"] in answer.json["fields"] and answer.json["body"] == "hi"
    assert answer.field("x-seen-method") == "PUT"
    assert server.last_request()["body"] == "hi"


def test_connections_are_kept_and_bodies_may_be_chunked(server):
    with RawClient(server.address) as client:
        request = head("POST", "/echo", [("Transfer-Encoding", "chunked")])
        for expected in (b"one", b"two"):
            answer = client.ask(request + chunked([expected[:1], expected[1:]]))
            assert answer.json["body"] == expected.decode()
    assert {record["number"] for record in server.requests()[-2:]} == {1, 2}


def test_expect_head_and_http_1_0(server):
    with RawClient(server.address) as client:
        fields = [("Content-Length", 2), ("Expect", "100-continue")]
        client.send(head("POST", "/echo", fields))
        assert client.read_head().status == 100
        assert client.ask(b"ok").json["body"] == "ok"
        assert client.ask(head("HEAD", "/echo"), to_head=True).status == 200
        assert client.ask(head("GET", "/echo", version="HTTP/1.0")).status == 200
        assert client.is_at_end()


def test_a_leaver_is_noticed(server):
    with RawClient(server.address) as client:
        client.send(post(CHAT, {"stream": True, "events": 1000, "interval_ms": 50, "user": "u1"}))
        client.read_head()
        client.read_event()
        left_ns = time.monotonic_ns()
    aborted = wait_for(lambda: server.stats()["streams_aborted"], what="the abort")
    assert aborted[0]["label"] == "u1"
    assert (aborted[0]["at_ns"] - left_ns) / 1e6 < 100


@pytest.mark.parametrize("name", [
    "close-before-answer", "reset-before-answer", "close-mid-stream", "reset-mid-stream",
    "short-body", "truncated-chunk",
])
def test_broken_answers(server, name):
    with RawClient(server.address) as client, pytest.raises(Truncated):
        client.ask(fault(name))


@pytest.mark.parametrize("name, status", [
    ("http10-close", 200), ("continue-first", 200), ("informational=5", 200), ("status=429", 429),
    ("status=204", 204), ("status=304", 304), ("huge-head=3", 200), ("slow-head=20", 200),
    ("long-body", 200),
])
def test_odd_answers(server, name, status):
    assert ask(server.address, fault(name)).status == status


@pytest.mark.parametrize("name", ["both-lengths", "two-lengths", "split-response", "garbage"])
def test_answers_that_no_one_may_accept(server, name):
    with pytest.raises((AssertionError, ValueError)):
        ask(server.address, fault(name))


def test_bad_chunk_size(server):
    with pytest.raises(ValueError):
        ask(server.address, fault("bad-chunk-size"))


def test_early_answer_does_not_wait_for_the_body(server):
    server.order("early-answer=413")
    request = head("POST", CHAT, [("Content-Length", 1_000_000)])
    assert ask(server.address, request + b"{").status == 413


def test_hang_and_stall(server):
    with RawClient(server.address) as client:
        assert client.send(fault("hang")).has_silence(0.1)
    with RawClient(server.address) as client:
        client.send(fault("stall=1"))
        client.read_head()
        assert client.read_event()["index"] == 0
        assert client.has_silence(0.1)
    wait_for(lambda: server.stats()["requests_open"] == 0)


def test_stale_connections(server):
    with RawClient(server.address) as client:
        server.order("close-if-reused", times=2)
        assert client.ask(fault(None)).status == 200
        with pytest.raises(Truncated):
            client.ask(fault(None))
    with ModelServerProcess("idle", idle_close_seconds=0.1) as idle:
        with RawClient(idle.address) as client:
            assert client.ask(fault(None)).status == 200
            assert client.is_at_end()
    with ModelServerProcess("few", requests_per_connection=1) as few:
        with RawClient(few.address) as client:
            assert client.ask(fault(None)).field("connection") is None
            assert client.is_at_end()


def test_a_unix_socket(tmp_path):
    with ModelServerProcess("local", listen=f"unix:{tmp_path}/s") as local:
        answer = ask(local.address, post(CHAT, {"stream": True, "interval_ms": 0}))
        received, done = events(answer.body)
        assert done and [event["index"] for event in received] == [0, 1, 2, 3, 4, 5]


def test_killing_it_breaks_its_streams():
    with ModelServerProcess("victim") as victim, RawClient(victim.address) as client:
        client.send(post(CHAT, {"stream": True, "events": 1000}))
        client.read_head()
        victim.kill()
        with pytest.raises(Truncated):
            while client.read_chunk():
                pass
