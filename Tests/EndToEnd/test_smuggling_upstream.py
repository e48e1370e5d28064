"""Answers that could be read in two ways: each row of docs/threat-model.md is one test here."""

import json
import socket
import threading
import time

import pytest

import smuggling_answers
from processes import wait_for
from raw_http import Truncated
from raw_upstream import RawUpstream, RequestReader, Scripted, echo
from routerc import Router
from smuggling import BODY, FOLLOW, FOLLOWER, HOST, LENGTH, LINE, PIN, get, lines, post
from specs import ALICE, PINNED, fingerprint

# What an answer is taken for shows in one attempt.
SPEC = """
defaults: {{ timeouts: {{ first_token: 700ms, answer: 700ms, idle: 700ms }}, retry: {retry} }}
pools:
  - {{ name: main, endpoints: ["{url}"] }}
models:
  - {{ match: "*", pool: main }}
keys:
  - {{ name: alice, secret: "{alice}" }}
  - {{ name: pinned, secret: "{pinned}", pin: main }}
"""
# On one loop there is one pool of connections, so that it is known which would be used again.
ONE_LOOP = ("--loops", "1")
# Sooner than an idle connection would be closed for its age.
AT_ONCE = 2


def router_of(upstream, folder):
    spec = SPEC.format(url=upstream.url, alice=fingerprint(ALICE), pinned=fingerprint(PINNED),
                       retry="{ attempts: 1 }")
    return Router(folder, spec, arguments=ONE_LOOP)


@pytest.fixture(scope="module")
def scripted():
    with Scripted() as running:
        yield running


@pytest.fixture(scope="module")
def front(scripted, tmp_path_factory):
    with router_of(scripted, tmp_path_factory.mktemp("front")) as running:
        yield running


def request_of(case):
    return get("HEAD /any HTTP/1.1") if case.method == "HEAD" else post(LENGTH)


def assert_answer(client, case):
    """The client gets what the row says; whether its connection can go on."""
    client.send(request_of(case))
    to_head = case.method == "HEAD"
    if case.breaks:
        with pytest.raises((Truncated, OSError)):
            client.read_answer(to_head=to_head)
        return False
    answer = client.read_answer(to_head=to_head)
    assert answer.status == case.status, answer.body
    if case.code:
        assert answer.error_code == case.code
    else:
        assert answer.body == case.body
    names = {name for name, _ in answer.fields}
    assert not set(case.lacks) & names and set(case.has) <= names
    return answer.field("connection") != "close"


def assert_follower(client):
    """The next request gets its own answer, and nothing comes behind it."""
    answer = client.ask(FOLLOW)
    assert answer.status == 200 and json.loads(answer.json["body"]) == FOLLOWER
    client.half_close()
    assert client.is_at_end(), client.buffer


@pytest.mark.parametrize("case", smuggling_answers.CASES, ids=lambda case: case.id)
def test_an_answer(front, scripted, case):
    scripted.say(case.parts, case.ends)
    with front.client() as client:
        goes_on = assert_answer(client, case)
        wait_for(lambda: scripted.is_done, what="the end of the script")
        if not case.reused:
            wait_for(lambda: not scripted.connections, AT_ONCE, "the end of a connection in doubt")
        if goes_on:
            assert_follower(client)
    if not goes_on:
        with front.client() as client:
            assert_follower(client)
    assert not scripted.mistakes and len(scripted.requests) == 2
    assert (scripted.places[0] is scripted.places[1]) == case.reused
    # The next test begins with a connection of its own.
    scripted.hang_up()
    wait_for(lambda: front.status()["upstream_connections"] == 0, what="an empty pool")


@pytest.mark.parametrize(
    "case", [case for case in smuggling_answers.CASES if case.breaks], ids=lambda case: case.id)
def test_a_client_of_http_1_0_sees_a_reset(front, scripted, case):
    """It knows the end of an answer by the end of the connection: that must not be a clean one."""
    scripted.say(case.parts, case.ends)
    with front.client() as client:
        client.send(post(LENGTH, line=LINE.replace("1.1", "1.0")))
        with pytest.raises(ConnectionResetError):
            while client.socket.recv(4096):
                pass
    wait_for(lambda: not scripted.connections, AT_ONCE, "the end of the connection in doubt")


# What takes more than one answer to show

def test_an_answer_ahead_of_its_request_is_nobody_elses(tmp_path):
    """The upstream answers on accept, and then what it is asked as well."""
    def behave(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nrash")
        reader = RequestReader(connection)
        while (request := reader.read()) is not None:
            time.sleep(0.05)
            connection.sendall(echo(request))

    with RawUpstream(behave) as upstream, router_of(upstream, tmp_path) as router:
        for _ in range(5):
            with router.client() as client:
                answer = client.ask(FOLLOW)
                # Its own answer, the rash one, or an error; never that of the client before.
                assert answer.status in (200, 502)
                if answer.status == 200 and answer.body != b"rash":
                    assert json.loads(answer.json["body"]) == FOLLOWER
            wait_for(lambda: router.status()["upstream_connections"] == 0, AT_ONCE,
                     "the end of the connection in doubt")


def test_an_answer_ahead_of_the_body_ends_the_connection(tmp_path):
    """What the upstream has not read of the body must not be in the way of the next request."""
    rests = []
    answered = threading.Semaphore(0)

    def behave(connection):
        request = b""
        while b"\r\n\r\n" not in request:
            request += connection.recv(4096)
        connection.sendall(b"HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno")
        answered.acquire()
        rest = 0
        while piece := connection.recv(1 << 20):
            rest += len(piece)
        rests.append(rest)

    body = b'{"model":"alpha","x":"' + b"x" * 8_000_000 + b'"}'
    with RawUpstream(behave) as upstream, router_of(upstream, tmp_path) as router:
        # So little room that the body cannot have left before the answer comes.
        upstream.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 128 << 10)
        with router.client() as client:
            for number in (1, 2):
                answer = client.ask(post(f"Content-Length: {len(body)}", body=body))
                assert answer.status == 413 and answer.body == b"no"
                answered.release()
                wait_for(lambda: len(rests) == number, 10, "the end of what was sent")
        assert max(rests) < len(body) - 8192


def test_unasked_bytes_on_an_idle_connection_close_it(scripted, front):
    scripted.say((b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",), False)
    with front.client() as client:
        assert client.ask(post(LENGTH)).body == b"hello"
        (idle,) = scripted.connections
        idle.sendall(b"HTTP/1.1 408 Too Late\r\nContent-Length: 0\r\n\r\n")
        wait_for(lambda: not scripted.connections, AT_ONCE, "the end of the idle connection")
        assert_follower(client)
    assert [request.body for request in scripted.requests][0] == BODY


def test_answers_of_many_clients_are_never_mixed(scripted, front):
    """Broken answers between good ones, on few connections: everyone gets their own."""
    broken = [case for case in smuggling_answers.CASES if not any(
        isinstance(part, int) for part in case.parts)]
    clients = [front.client() for _ in range(4)]
    try:
        for index, case in enumerate(broken):
            marker = f"/marker/{index}"
            scripted.say(case.parts, case.ends)
            with front.client() as victim:
                victim.send(request_of(case))
                wait_for(lambda: scripted.is_done, what="the end of the script")
                client = clients[index % 4]
                answer = client.ask(lines(f"GET {marker} HTTP/1.1", HOST, PIN))
                assert answer.json["line"] == f"GET {marker} HTTP/1.1", case.id
    finally:
        for client in clients:
            client.close()
