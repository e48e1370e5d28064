"""Clients and upstreams that mean harm, or only do it: what they may not bring about."""

import os
import signal
import socket
import struct
import threading
import time

import pytest

from raw_http import RawClient, Truncated, head, post
from raw_upstream import RawUpstream, read_request
from routerc import Router, assert_grown_less
from specs import ALICE, BOB, CHAT, PINNED, STRANGER
from specs import chat, fingerprint, one_pool, two_pools

MIB = 1 << 20


def memory_bytes(router):
    with open(f"/proc/{router.process.pid}/statm") as statm:
        return int(statm.read().split()[1]) * 4096


def flood(address, data, seconds=3.0):
    """Sends without ever reading, until the other side takes no more."""
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        host, port = address.rsplit(":", 1)
        client.connect((host, int(port)))
        client.settimeout(0.5)
        end = time.monotonic() + seconds
        sent = 0
        try:
            while time.monotonic() < end:
                sent += client.send(data)
        except OSError:
            pass
        return sent


@pytest.mark.parametrize("target", ["/v1/models", "/health", "/v1/nothing"])
def test_a_client_that_only_asks_is_no_longer_answered(first, tmp_path, target):
    models = ", ".join(f'"model-{number}"' for number in range(2000))
    rule = f"  - {{ match: [{models}], pool: main }}\n"
    spec = one_pool(first).replace("models:\n", "models:\n" + rule)
    with Router(tmp_path, spec) as router:
        before = memory_bytes(router)
        flood(router.address, head("GET", target) * 200)
        assert_grown_less((memory_bytes(router) - before) / 1024, 32 * 1024)
        assert router.ask(head("GET", "/health")).status == 200


def test_bytes_after_the_last_answer_are_not_kept(first, tmp_path):
    with Router(tmp_path, one_pool(first)) as router:
        before = memory_bytes(router)
        request = post(CHAT, chat(), fields=[("Connection", "close")])
        flood(router.address, request + b"x" * MIB)
        assert_grown_less((memory_bytes(router) - before) / 1024, 32 * 1024)


def test_many_pipelined_requests_are_all_answered(router):
    count = 3000
    data = post(CHAT, chat("nothing"), ALICE) * count

    def send():
        client.socket.sendall(data)

    with router.client() as client:
        sender = threading.Thread(target=send)
        sender.start()
        statuses = {client.read_answer().status for _ in range(count)}
        sender.join()
    assert statuses == {404}


def test_bytes_behind_an_answer_are_nobodys_answer(tmp_path):
    poison = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nPOISON"
    body = b"x" * MIB

    def behave(connection):
        while True:
            read_request(connection)
            top = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
            connection.sendall(top + body + poison)

    with RawUpstream(behave) as upstream, Router(tmp_path, one_pool(upstream)) as router:
        with router.client() as client:
            client.send(post(CHAT, chat()) * 10)
            for _ in range(10):
                assert client.read_answer().body == body


def test_a_reset_is_no_end_of_an_answer(tmp_path):
    def behave(connection):
        read_request(connection)
        connection.sendall(b"HTTP/1.0 200 OK\r\n\r\nhello")
        time.sleep(0.2)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with RawUpstream(behave) as upstream, Router(tmp_path, one_pool(upstream)) as router:
        with pytest.raises((Truncated, OSError)), router.client() as client:
            client.ask(post(CHAT, chat()))


def test_a_key_in_a_field_of_its_own_stays_here(first, tmp_path):
    spec = two_pools(first, first)
    with Router(tmp_path, spec, listen={"key_headers": ["x-team-key"]}) as router:
        answer = router.ask(post(CHAT, chat(), fields=[("X-Team-Key", ALICE)]))
        assert answer.status == 200
        assert "x-team-key" not in answer.field("x-seen-fields").lower().split(",")
        twice = [("X-Team-Key", ALICE), ("X-Team-Key", BOB)]
        assert router.ask(post(CHAT, chat(), fields=twice)).status == 401


def test_a_known_key_does_not_vouch_for_another(router):
    with router.client() as client:
        assert client.ask(post(CHAT, chat(), ALICE)).status == 200
        assert client.ask(post(CHAT, chat(), ALICE, [("x-api-key", BOB)])).status == 401
        assert client.ask(post(CHAT, chat(), ALICE)).status == 200
        twice = [("Authorization", f"Bearer {BOB}")]
        assert client.ask(post(CHAT, chat(), ALICE, twice)).status == 401


def test_half_a_head_holds_no_table(first, second, tmp_path):
    spec = two_pools(first, second)
    with Router(tmp_path, spec) as router:
        clients = []
        for _ in range(12):
            client = router.client()
            client.send(b"GET / HTTP/1.1\r\nA: ")
            clients.append(client)
            time.sleep(0.02)
            assert router.hup()["message"] == "table swapped"
        for client in clients:
            client.socket.close()


@pytest.mark.parametrize("path", ["/", "/a", "/health", "/v1x", "/v2/chat/completions"])
def test_a_pinned_key_beside_a_base_path_is_404(first, tmp_path, path):
    spec = f"""
pools:
  - {{ name: main, endpoints: ["{first.url}/v1/own"] }}
keys:
  - {{ name: pinned, secret: "{fingerprint(PINNED)}", pin: main }}
"""
    with Router(tmp_path, spec) as router:
        assert router.ask(post(path, chat(), PINNED)).status == 404
        key = ("Authorization", f"Bearer {PINNED}")
        assert router.ask(head("OPTIONS", "*", [key])).status == 404
        answer = router.ask(post("/v1/slots", chat(), PINNED))
        assert answer.field("x-seen-target") == "/v1/own/slots"


def test_an_answer_that_is_not_flushed_survives_the_end(tmp_path):
    body = b"y" * (3 * MIB)

    def behave(connection):
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    with RawUpstream(behave) as upstream, Router(tmp_path, one_pool(upstream)) as router:
        client = RawClient(router.address)
        client.send(post(CHAT, chat()))
        time.sleep(0.7)
        router.signal(signal.SIGTERM)
        time.sleep(0.2)
        assert client.read_answer().body == body
        assert router.wait_for_end() == 0


@pytest.fixture
def router_of_its_own(first, second, tmp_path):
    with Router(tmp_path, two_pools(first, second)) as running:
        yield running


def test_a_pipe_in_the_place_of_the_table_is_refused(router_of_its_own):
    router = router_of_its_own
    router.table.unlink()
    os.mkfifo(router.table)
    assert "not a regular file" in router.hup()["reason"]
    assert router.ask(post(CHAT, chat(), ALICE)).status == 200


def test_refused_bodies_do_not_end_a_connection(router):
    """Small ones are thrown away as they come, wherever a read ends."""
    answers = [(STRANGER, 401), (ALICE, 404), (ALICE, 200)]
    data = b""
    for number in range(900):
        key, status = answers[number % 3]
        text = "x" * (number % 700)
        data += post(CHAT, chat("alpha" if status == 200 else "nothing", note=text), key)

    with router.client() as client:
        sender = threading.Thread(target=client.socket.sendall, args=(data,))
        sender.start()
        statuses = [client.read_answer().status for _ in range(900)]
        sender.join()
    assert statuses == [status for _, status in answers] * 300


@pytest.mark.parametrize("types, status", [
    (["application/json"], 200), (["application/json; charset=utf-8"], 200),
    (["application/json; Charset=\"UTF-8\""], 200), (["application/json; x=y"], 200),
    (["application/json; charset=utf-7"], 415), (["application/json; charset=utf-16"], 415),
    (["application/json; charset=utf-8; charset=utf-7"], 415),
    (["application/json; charset*=utf-7"], 415),
    (["multipart/form-data; charset=utf-16; boundary=b"], 415),
    (["application/json", "multipart/form-data; boundary=b"], 400),
    (["application/json", "application/json"], 400),
])
def test_a_body_has_one_type_and_one_encoding(router, types, status):
    """In UTF-7 `+AG0-odel` is a second `model`."""
    body = b'{"model":"alpha","+AG0-odel":"beta"}'
    fields = [("Authorization", f"Bearer {ALICE}"), ("Content-Length", len(body))]
    fields += [("Content-Type", value) for value in types]
    assert router.ask(head("POST", CHAT, fields) + body).status == status
