"""What becomes of a request whose endpoint fails before the first byte of its answer."""

import asyncio
import random
import threading
import time

import pytest

from processes import ModelServerProcess, wait_for
from raw_http import head, post
from raw_upstream import RawUpstream, RequestReader
from routerc import Router, free_port
from specs import CHAT, chat, fingerprint, stream
from streams import StreamReader

CLOSED = "http://127.0.0.1:9"


def pool(*urls, retry="", extra="", credential=""):
    """One pool for everything; its endpoints are e0, e1 and so on."""
    members = "\n".join(
        f"      - {{ name: e{index}, url: \"{url}\" {credential} }}"
        for index, url in enumerate(urls))
    return f"""
anonymous: allow
{retry and f"defaults: {{ retry: {{ {retry} }} }}"}
{extra}
pools:
  - name: main
    endpoints:
{members}
    models: ["*"]
"""


def routed(folder, spec):
    """On one loop, so that turns are in order."""
    return Router(folder, spec, arguments=("--loops", "1"))


def asked(server):
    return len([seen for seen in server.requests() if seen["target"] == CHAT])


def retries(router, cause):
    text = router.ask_admin("GET", "/metrics").body.decode()
    line = f'routerc_retries_total{{pool="main",cause="{cause}"}} '
    return int(text.split(line)[1].split("\n")[0])


def test_kill_9_of_one_of_two(first, tmp_path):
    with ModelServerProcess("killed") as killed:
        with routed(tmp_path, pool(killed.url, first.url)) as router:
            assert router.ask(post(CHAT, chat())).status == 200
            killed.kill()
            statuses = [router.ask(post(CHAT, chat())).status for _ in range(60)]
            assert statuses == [200] * 60


@pytest.mark.parametrize("body", [chat(), stream()], ids=["answer", "stream"])
@pytest.mark.parametrize("fault", ["close-before-answer", "reset-before-answer", "garbage"])
def test_a_connection_that_breaks_is_no_answer(first, second, tmp_path, fault, body):
    with routed(tmp_path, pool(first.url, second.url)) as router:
        first.order(fault, times=10)
        for _ in range(4):
            assert router.ask(post(CHAT, body)).status == 200
        assert asked(second) == 4 and asked(first) == 2
        assert retries(router, "reset") == 2


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_an_endpoint_that_cannot_is_passed_over(first, second, tmp_path, status):
    with routed(tmp_path, pool(first.url, second.url)) as router:
        first.order(f"status={status}", times=10)
        for _ in range(4):
            assert router.ask(post(CHAT, chat())).status == 200
        # One that has enough is left alone for a while (test_cooling.py).
        times = 1 if status == 429 else 2
        assert asked(first) == times
        assert retries(router, str(status)) == times


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 500])
def test_what_is_the_clients_affair_is_passed_on_once(first, second, tmp_path, status):
    with routed(tmp_path, pool(first.url, second.url)) as router:
        first.order(f"status={status}", times=10)
        second.order(f"status={status}", times=10)
        answer = router.ask(post(CHAT, chat()))
        assert answer.status == status and b"asked_for" in answer.body
        assert asked(first) + asked(second) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_the_last_answer_is_passed_on(first, second, tmp_path, status):
    with routed(tmp_path, pool(first.url, second.url)) as router:
        first.order(f"status={status}", times=10)
        second.order(f"status={status}", times=10)
        answer = router.ask(post(CHAT, chat()))
        assert answer.status == status and b"asked_for" in answer.body
        # Each once: who has answered is not asked the same again.
        assert asked(first) == asked(second) == 1


def test_the_routers_own_key_is_not_the_clients_affair(first, second, tmp_path):
    secret = tmp_path / "credential"
    secret.write_text("sk-e2e-own-2c9a71f0")
    spec = pool(first.url, second.url, credential=f', credential: "file:{secret}"')
    with routed(tmp_path, spec) as router:
        first.order("status=401", times=10)
        for _ in range(2):
            assert router.ask(post(CHAT, chat())).status == 200
        assert retries(router, "credential") == 1
        second.order("status=403", times=10)
        answer = router.ask(post(CHAT, chat()))
        assert answer.status == 502 and b"upstream_credential_refused" in answer.body


def test_one_endpoint_is_tried_again_after_a_pause(tmp_path):
    with routed(tmp_path, pool(CLOSED)) as router:
        start = time.monotonic()
        answer = router.ask(post(CHAT, chat()))
        took = time.monotonic() - start
        assert answer.status == 502 and b"upstream_unreachable" in answer.body
        # Two pauses, the first of at least 25 and the second of at least 50 ms.
        assert took >= 0.07
        assert retries(router, "connect") == 2


def test_an_endpoint_that_comes_back_in_time(tmp_path):
    port = free_port()
    spec = pool(f"http://127.0.0.1:{port}", retry="attempts: 10, backoff: 200ms")
    with routed(tmp_path, spec) as router:
        client = router.client()
        client.send(post(CHAT, chat()))
        wait_for(lambda: retries(router, "connect") >= 1)
        with ModelServerProcess("back", listen=f"127.0.0.1:{port}"):
            assert client.read_answer().status == 200
        client.close()


def test_a_model_that_works_on_is_not_asked_twice(first, second, tmp_path):
    spec = pool(first.url, second.url, extra="", retry="attempts: 3") \
        .replace("defaults: { ", "defaults: { timeouts: { answer: 300ms }, ")
    with routed(tmp_path, spec) as router:
        first.order("hang", times=10)
        second.order("hang", times=10)
        answer = router.ask(post(CHAT, chat()))
        assert answer.status == 504
        assert asked(first) + asked(second) == 1


def test_timeouts_are_tried_again_where_it_is_asked_for(first, second, tmp_path):
    spec = pool(first.url, second.url, retry="when: [timeout]") \
        .replace("defaults: { ", "defaults: { timeouts: { answer: 300ms }, ")
    with routed(tmp_path, spec) as router:
        first.order("hang", times=10)
        for _ in range(2):
            assert router.ask(post(CHAT, chat())).status == 200
        assert asked(first) == 1 and retries(router, "timeout") == 1


@pytest.mark.parametrize("retry", ["attempts: 1", "when: []", "budget: 0%", "when: [503]"])
def test_retries_can_be_turned_off(first, tmp_path, retry):
    with routed(tmp_path, pool(CLOSED, first.url, retry=retry)) as router:
        statuses = sorted(router.ask(post(CHAT, chat())).status for _ in range(4))
        assert statuses == [200, 200, 502, 502]


def test_the_budget_ends_a_storm(tmp_path):
    """Fifty are saved at the start, every request adds a tenth, every second one."""
    spec = pool(CLOSED, "http://127.0.0.1:10", retry="attempts: 2, budget: 10%")
    with routed(tmp_path, spec) as router:
        start = time.monotonic()
        for _ in range(200):
            assert router.ask(post(CHAT, chat())).status == 502
        seconds = time.monotonic() - start
        assert 50 <= retries(router, "connect") <= 50 + 200 / 10 * 2 + seconds + 1


def test_total_counts_all_attempts(tmp_path):
    spec = pool(CLOSED, retry="attempts: 10, backoff: 10s") \
        .replace("defaults: { ", "defaults: { timeouts: { total: 300ms }, ")
    with routed(tmp_path, spec) as router:
        start = time.monotonic()
        answer = router.ask(post(CHAT, chat()))
        assert answer.status == 504 and b"total_timeout" in answer.body
        assert time.monotonic() - start < 5


def test_what_nobody_knows_is_not_done_twice(first, second, tmp_path):
    key = "sk-e2e-failover-pinned-51c0"
    spec = pool(first.url, second.url).replace("anonymous: allow", f"""
keys:
  - {{ name: p, secret: "{fingerprint(key)}", pin: main }}""")
    with routed(tmp_path, spec) as router:
        for path, method, status in (("/slots/0", "POST", 502), ("/slots/0", "GET", 200),
                                     (CHAT, "POST", 200)):
            for server in (first, second):
                server.forget()
            first.order("reset-before-answer")
            second.order("reset-before-answer")
            fields = [("Authorization", f"Bearer {key}")]
            fields += [("Content-Length", "2")] if method == "POST" else []
            text = head(method, path, fields) + (b"{}" if method == "POST" else b"")
            assert router.ask(text).status == status, (path, method)


def test_an_answer_that_has_begun_is_not_tried_again(first, second, tmp_path):
    with routed(tmp_path, pool(first.url, second.url)) as router:
        first.order("reset-mid-stream", times=10)
        second.order("reset-mid-stream", times=10)
        reader = StreamReader(router.address, events=20, interval_ms=2)
        reader.start()
        reader.join(10)
        assert reader.error is not None and not reader.is_done
        assert asked(first) + asked(second) == 1


def test_bodies_come_whole_to_the_second_endpoint(tmp_path):
    seen = []

    def refuse(connection):
        RequestReader(connection).read()
        connection.sendall(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")

    def take(connection):
        reader = RequestReader(connection)
        while request := reader.read():
            seen.append(request)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    body = chat(text="x" * 200_000)
    with RawUpstream(refuse) as busy, RawUpstream(take) as free:
        with routed(tmp_path, pool(busy.url, free.url)) as router:
            for _ in range(2):
                assert router.ask(post(CHAT, body)).status == 200
    assert len(seen) == 2 and seen[0].body == seen[1].body
    assert len(seen[0].body) > 200_000


def test_the_record_counts_attempts_and_names_the_last_endpoint(first, tmp_path):
    with routed(tmp_path, pool(CLOSED, first.url)) as router:
        for _ in range(2):
            router.ask(post(CHAT, chat()))

        def records():
            return [(each.get("attempts"), each["endpoint"]) for each in router.log_records()
                    if each["message"] == "request" and each["path"] == CHAT]
        wait_for(lambda: len(records()) == 2)
        assert sorted(records(), key=str) == [(2, "e1"), (None, "e1")]


def test_nobody_is_left_behind(first, second, tmp_path):
    """Attempts that failed hold neither connections nor counts."""
    with routed(tmp_path, pool(CLOSED, first.url, second.url)) as router:
        second.order("reset-before-answer", times=100)
        for _ in range(30):
            assert router.ask(post(CHAT, chat())).status == 200
        router.wait_until_idle()
        assert router.status()["in_flight"] == 0


def asking(first, second, breaker):
    return pool(first.url, second.url, retry="attempts: 1").replace(
        "defaults: {", f"defaults: {{ breaker: {breaker},")


def test_who_fails_again_and_again_is_left_alone(first, second, tmp_path):
    spec = asking(first, second, "{ errors: 3, try_again: 500ms }")
    with routed(tmp_path, spec) as router:
        first.order("reset-before-answer", times=3)
        statuses = [router.ask(post(CHAT, chat())).status for _ in range(16)]
        assert statuses.count(502) == 3 and asked(first) == 3
        assert statuses[-10:] == [200] * 10
        # One that is well again gets its share again.
        wait_for(lambda: router.ask(post(CHAT, chat())).status and asked(first) > 3)
        before = asked(first)
        for _ in range(6):
            assert router.ask(post(CHAT, chat())).status == 200
        assert asked(first) == before + 3


def test_without_a_breaker_everybody_has_its_turn(first, second, tmp_path):
    with routed(tmp_path, asking(first, second, "none")) as router:
        first.order("reset-before-answer", times=100)
        statuses = [router.ask(post(CHAT, chat())).status for _ in range(20)]
        assert statuses.count(502) == 10


def test_the_last_one_is_asked_though_it_fails(first, tmp_path):
    spec = pool(first.url, retry="attempts: 1")
    with routed(tmp_path, spec) as router:
        first.order("reset-before-answer", times=8)
        statuses = [router.ask(post(CHAT, chat())).status for _ in range(10)]
        assert statuses == [502] * 8 + [200] * 2


class Visitor:
    """Asks again and again on connections of its own, and counts what went wrong."""

    def __init__(self, router):
        host, port = router.address.rsplit(":", 1)
        self.place = host, int(port)
        self.answers = 0
        self.broken = 0
        self.failed = []

    async def visit(self, until):
        request = post(CHAT, chat(stream=True, events=3, interval_ms=1))
        while time.monotonic() < until:
            reader, writer = await asyncio.open_connection(*self.place)
            writer.write(request)
            begun = await reader.read(65536)
            if not begun.startswith(b"HTTP/1.1 200"):
                self.failed.append(begun[:200])
            elif b"[DONE]" in begun:
                self.answers += 1
            else:
                try:
                    while piece := await reader.read(65536):
                        begun += piece
                        if b"[DONE]" in piece:
                            break
                except ConnectionError:
                    pass
                whole = b"[DONE]" in begun
                self.answers += whole
                self.broken += not whole
            writer.close()


def test_one_of_four_is_killed_every_second(tmp_path, soak):
    """200 clients; nobody's request fails whose answer had not begun."""
    seconds = 120 if soak else 8
    ports = [free_port() for _ in range(4)]

    def start(index):
        server = ModelServerProcess(f"m{index}", listen=f"127.0.0.1:{ports[index]}")
        server.__enter__()
        return server
    servers = [start(index) for index in range(4)]
    spec = pool(*(f"http://127.0.0.1:{port}" for port in ports))
    kills = 0
    try:
        with Router(tmp_path, spec) as router:
            visitor = Visitor(router)

            async def visit_all():
                until = time.monotonic() + seconds
                await asyncio.gather(*(visitor.visit(until) for _ in range(200)))
            thread = threading.Thread(target=lambda: asyncio.run(visit_all()))
            thread.start()
            chance = random.Random(11)
            while thread.is_alive():
                thread.join(1)
                index = chance.randrange(4)
                servers[index].kill()
                servers[index].__exit__()
                servers[index] = start(index)
                kills += 1
            print(f"{visitor.answers} answers, {visitor.broken} broken off, {kills} kills")
            assert visitor.failed == []
            assert visitor.answers > 100 * seconds / 8
    finally:
        for server in servers:
            server.__exit__()
