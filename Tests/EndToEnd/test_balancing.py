"""Which endpoint of a pool gets a request: tiers, strategies, drain; and `route` says the same."""

import json
import time

import pytest

from processes import ModelServerProcess, wait_for
from raw_http import post
from raw_upstream import RawUpstream, RequestReader
from routerc import Router, run
from specs import CHAT, chat
from streams import StreamReader, assert_whole, join_all, start_all


def pool(*members, strategy="round_robin", extra=""):
    """A spec with one pool for everything; members are texts of flow mappings."""
    lines = "\n".join(f"      - {{ {member} }}" for member in members)
    return f"""
{extra}
pools:
  - name: main
    strategy: {strategy}
    endpoints:
{lines}
    models: ["*"]
"""


def counts(*servers):
    return [len([seen for seen in server.requests() if seen["target"] == CHAT])
            for server in servers]


def ask_often(router, times):
    for _ in range(times):
        assert router.ask(post(CHAT, chat())).status == 200


def test_the_first_tier_gets_all(first, second, tmp_path):
    spec = pool(f'name: one, url: "{first.url}", tier: 2', f'name: two, url: "{second.url}"')
    with Router(tmp_path, spec) as router:
        ask_often(router, 6)
        assert counts(first, second) == [0, 6]


def test_who_drains_gets_no_new_requests_and_ends_its_answers(first, second, tmp_path):
    def spec(drain):
        return pool(f'name: one, url: "{first.url}", drain: {drain}',
                    f'name: two, url: "{second.url}", tier: 2')
    with Router(tmp_path, spec("false")) as router:
        readers = [StreamReader(router.address, events=40, interval_ms=25) for _ in range(3)]
        start_all(readers)
        wait_for(lambda: counts(first)[0] == 3)
        router.reload(spec("true"))
        ask_often(router, 4)
        assert counts(second) == [4]
        join_all(readers, 10)
        assert_whole(readers, 40)
        router.reload(spec("false"))
        ask_often(router, 2)
        assert counts(first, second) == [5, 4]


def test_nobody_left_is_503(first, tmp_path):
    spec = pool(f'name: one, url: "{first.url}", drain: true')
    with Router(tmp_path, spec) as router:
        answer = router.ask(post(CHAT, chat()))
        assert answer.status == 503 and b"no_endpoint" in answer.body


def test_least_busy_spreads_what_is_in_flight(first, second, tmp_path):
    spec = pool(f'name: one, url: "{first.url}"', f'name: two, url: "{second.url}"',
                strategy="least_busy")
    with Router(tmp_path, spec) as router:
        readers = [StreamReader(router.address, events=60, interval_ms=25) for _ in range(20)]
        start_all(readers)
        wait_for(lambda: sum(counts(first, second)) == 20)
        # Two loops that decide at the same moment may both see the same one free.
        assert all(8 <= count <= 12 for count in counts(first, second))
        join_all(readers, 15)
        assert_whole(readers, 60)


def answering_after(seconds):
    """An upstream that takes its time for every answer."""
    def behave(connection):
        reader = RequestReader(connection)
        while reader.read():
            time.sleep(seconds)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    return RawUpstream(behave)


def test_adaptive_leaves_the_slow_one_alone(tmp_path):
    with answering_after(0.2) as slow, answering_after(0) as fast:
        spec = pool(f'name: slow, url: "{slow.url}"', f'name: fast, url: "{fast.url}"',
                    strategy="adaptive")
        with Router(tmp_path, spec) as router:
            ask_often(router, 40)

            def records():
                return [each["endpoint"] for each in router.log_records()
                        if each["message"] == "request" and each["path"] == CHAT]
            wait_for(lambda: len(records()) == 40)
            assert records().count("slow") <= 4


def test_least_busy_knows_who_is_held_up(first, tmp_path):
    with ModelServerProcess("held") as held:
        spec = pool(f'name: held, url: "{held.url}"', f'name: free, url: "{first.url}"',
                    strategy="least_busy")
        held.order("hang", times=50)
        with Router(tmp_path, spec) as router:
            clients = [router.client() for _ in range(6)]
            for client in clients:
                client.send(post(CHAT, chat()))
            wait_for(lambda: sum(counts(held, first)) >= 6)
            hanging = counts(held)[0]
            # It holds what it got; of twenty more it gets none, since the other one is idle.
            ask_often(router, 20)
            assert counts(held)[0] == hanging > 0
            for client in clients:
                client.close()


def test_what_was_known_outlives_a_swap(first, second, tmp_path):
    def spec(extra):
        return pool(f'name: one, url: "{first.url}"', f'name: two, url: "{second.url}"',
                    strategy="least_busy", extra=extra)
    with Router(tmp_path, spec("")) as router:
        first.order("hang", times=50)
        held = []
        while counts(first) == [0]:
            held.append(router.client())
            held[-1].send(post(CHAT, chat()))
            wait_for(lambda: sum(counts(first, second)) >= len(held))
        before = counts(first)
        router.reload(spec("defaults: { timeouts: { idle: 59s } }"))
        ask_often(router, 10)
        assert counts(first) == before
        for client in held:
            client.close()


def test_route_decides_as_the_server_would(tmp_path):
    spec = tmp_path / "spec.yaml"
    spec.write_text(pool(
        'name: one, url: "http://127.0.0.1:1"', 'name: two, url: "http://127.0.0.1:2"',
        'name: far, url: "http://127.0.0.1:3", tier: 2', strategy="least_busy"))

    def endpoint(*given):
        facts = [part for fact in given for part in ("--given", fact)]
        done = run("route", spec, "--model", "m", "--format", "json", *facts)
        return json.loads(done.stdout)["endpoint"]
    assert endpoint("in_flight=one:2", "in_flight=two:1") == "two"
    assert endpoint("in_flight=one:2", "in_flight=two:3") == "one"
    assert endpoint("failures=one:1", "in_flight=two:7") == "two"
    assert endpoint("down=one", "in_flight=two:900") == "two"
    assert endpoint("down=one", "down=two") == "far"
    assert endpoint("down=one", "down=two", "down=far") is None


@pytest.mark.parametrize("fact", ["up=one", "down", "down=", "in_flight=one", "in_flight=one:-1",
                                  "down=nobody", "first_byte=one:x"])
def test_what_cannot_be_given(tmp_path, fact):
    spec = tmp_path / "spec.yaml"
    spec.write_text(pool('name: one, url: "http://127.0.0.1:1"'))
    done = run("route", spec, "--model", "m", "--given", fact, check=2)
    assert "--given" in done.stderr or "no endpoint has the name" in done.stderr
