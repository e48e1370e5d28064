"""Operators take endpoints out of service and put them back, while the router runs."""

import datetime
import json
import time

import pytest

from list_server import ListServer
from processes import wait_for
from raw_http import ask, head, post
from routerc import Router, run
from specs import ALICE, BOB, CHAT, chat, fingerprint
from streams import StreamReader
from test_health import endpoints, llama, logged, sample, served_by, spec_of

DRAIN, RESUME = "/-/endpoint/drain", "/-/endpoint/resume"


def order(router, *arguments, check=0):
    """What `routerc endpoint` says: its output where it is done, else what it complains of."""
    done = run("endpoint", *arguments, "--admin", router.admin, check=check)
    return done.stdout if check == 0 else done.stderr


def drain_of(router, name):
    entry = endpoints(router)[name]
    return entry["drain"], entry["drain_until"]


@pytest.fixture
def pair(tmp_path):
    """A router with two endpoints, and their servers."""
    with ListServer({}, "first") as first, ListServer({}, "second") as second:
        spec = spec_of(llama(first), llama(second), health="health: none")
        with Router(tmp_path, spec) as router:
            yield router, first, second


def test_new_requests_go_elsewhere_and_come_back(pair):
    router, _, _ = pair
    assert set(served_by(router)) == {"first", "second"}
    said = order(router, "drain", "e0", "--for", "2h")
    assert said.startswith("e0 drains until 2") and "0 requests are under way" in said
    assert served_by(router) == ["second"] * 6
    by, until = drain_of(router, "e0")
    left = datetime.datetime.fromisoformat(until) - datetime.datetime.now(datetime.UTC)
    assert by == "run_time" and 7190 < left.total_seconds() <= 7200
    assert drain_of(router, "e1") == (None, None)
    assert sample(router, 'routerc_endpoint_drains{endpoint="e0",by="run_time"}') == 1
    assert sample(router, 'routerc_endpoint_drains{endpoint="e0",by="spec"}') == 0
    text = router.ask_admin("GET", "/status?format=text").body.decode()
    assert f"e0 until {until}; the spec says that it serves" in text
    assert order(router, "resume", "e0") == "e0 gets requests again\n"
    assert set(served_by(router)) == {"first", "second"}
    assert drain_of(router, "e0") == (None, None)
    assert order(router, "resume", "e0") == "e0 did not drain\n"
    assert [name for name, _, _ in logged(router, "endpoint drained")] == ["e0"]
    assert [name for name, _, _ in logged(router, "endpoint resumed")] == ["e0"]


def test_it_ends_by_itself(pair):
    router, _, _ = pair
    began = time.monotonic()
    order(router, "drain", "e0", "--for", "1s")
    assert served_by(router, 2) == ["second"] * 2
    wait_for(lambda: drain_of(router, "e0") == (None, None), 5, "the end of the drain")
    assert 0.9 < time.monotonic() - began < 3.5
    assert set(served_by(router)) == {"first", "second"}
    assert [name for name, _, _ in logged(router, "endpoint drain over")] == ["e0"]


def test_without_a_time_it_is_an_hour_and_none_is_until_it_is_resumed(pair):
    router, _, _ = pair
    order(router, "drain", "e0")
    _, until = drain_of(router, "e0")
    left = datetime.datetime.fromisoformat(until) - datetime.datetime.now(datetime.UTC)
    assert 3590 < left.total_seconds() <= 3600
    assert "until it is resumed" in order(router, "drain", "e0", "--for", "none")
    assert drain_of(router, "e0") == ("run_time", None)


def test_running_answers_end(first, second, tmp_path):
    with Router(tmp_path, spec_of(f'url: "{first.url}"', f'url: "{second.url}"')) as router:
        order(router, "drain", "e1")
        reader = StreamReader(router.address, events=20, interval_ms=50)
        reader.start()
        wait_for(lambda: endpoints(router)["e0"]["in_flight"] == 1)
        order(router, "resume", "e1")
        assert "1 request is under way" in order(router, "drain", "e0")
        reader.join(10)
        assert reader.is_whole(20)
        wait_for(lambda: endpoints(router)["e0"]["in_flight"] == 0)


def test_where_all_drain_nobody_answers(pair):
    router, _, _ = pair
    order(router, "drain", "e0")
    order(router, "drain", "e1")
    answer = router.ask(post(CHAT, chat()))
    assert answer.status == 503 and b"no_endpoint" in answer.body


def test_an_order_survives_swaps(pair):
    router, first, second = pair
    order(router, "drain", "e0", "--for", "none")
    for number in range(3):
        router.reload(spec_of(llama(first), llama(second), health="health: none",
                              keys=f"# {number}\n"))
        assert served_by(router) == ["second"] * 6
    # Gone from the table, and back again.
    router.reload(spec_of(llama(second), health="health: none").replace("e0", "e1"))
    assert "e0" not in endpoints(router)
    router.reload(spec_of(llama(first), llama(second), health="health: none"))
    assert drain_of(router, "e0") == ("run_time", None)
    assert served_by(router) == ["second"] * 6


def test_what_the_spec_drains_the_spec_puts_back(tmp_path):
    with ListServer({}, "first") as first, ListServer({}, "second") as second:
        drained = spec_of(f"{llama(first)}, drain: true", llama(second), health="health: none")
        with Router(tmp_path, drained) as router:
            said = order(router, "resume", "e0", check=1)
            assert "The spec drains 'e0'" in said
            assert drain_of(router, "e0") == ("spec", None)
            assert served_by(router) == ["second"] * 6
            assert "by the spec" in order(router, "list")
            assert "the spec drains it too" in order(router, "drain", "e0")
            # What is taken back beside the spec's own word does not come back later.
            order(router, "resume", "e0", check=1)
            router.reload(spec_of(llama(first), llama(second), health="health: none"))
            assert drain_of(router, "e0")[0] is None
            router.reload(drained)
            order(router, "drain", "e0")
            # The order counts once the spec says nothing any more.
            router.reload(spec_of(llama(first), llama(second), health="health: none"))
            assert drain_of(router, "e0")[0] == "run_time"


def test_the_list(tmp_path):
    with ListServer({}, "first") as first, ListServer({}, "second") as second:
        spec = spec_of(llama(first), llama(second))
        with Router(tmp_path, spec) as router:
            wait_for(lambda: {each["health"] for each in endpoints(router).values()} == {"up"})
            order(router, "drain", "e1", "--for", "none")
            lines = order(router, "list").splitlines()
            assert lines[0].split("  ")[0] == "endpoint" and len(lines) == 3
            assert lines[1].split() == ["e0", "main", "up", "closed", "0", "-"]
            assert lines[2].endswith(
                "at run time until it is resumed; the spec says that it serves")
            listed = json.loads(order(router, "list", "--format", "json"))["endpoints"]
            assert listed == list(endpoints(router).values())


@pytest.mark.parametrize("arguments, status, words", [
    (["drain", "e9"], 1, "The table has no endpoint 'e9'."),
    (["resume", "e9"], 1, "The table has no endpoint 'e9'."),
    (["drain", 'e"9%&for=1s'], 1, "The table has no endpoint 'e\"9%&for=1s'."),
    (["drain", "e0", "--for", "2 h"], 2, "a duration from 1s to 30d"),
    (["drain", "e0", "--for", "999ms"], 2, "a duration from 1s to 30d"),
    (["drain", "e0", "--for", "31d"], 2, "a duration from 1s to 30d"),
    (["drain"], 2, "name"),
])
def test_what_cannot_be_done_is_told(pair, arguments, status, words):
    router, _, _ = pair
    assert words in order(router, *arguments, check=status)
    assert drain_of(router, "e0") == (None, None)


@pytest.mark.parametrize("method, target, status, code", [
    ("GET", f"{DRAIN}?endpoint=e0", 405, "method_not_allowed"),
    ("POST", "/endpoints", 405, "method_not_allowed"),
    ("POST", DRAIN, 422, "unknown_endpoint"),
    ("POST", f"{DRAIN}?endpoint=%zz", 422, "unknown_endpoint"),
    ("POST", f"{DRAIN}?endpoint=%65%30&for=2", 422, "invalid_duration"),
    ("POST", f"{DRAIN}?endpoint=e0&for=", 422, "invalid_duration"),
    ("POST", RESUME, 422, "unknown_endpoint"),
])
def test_http(pair, method, target, status, code):
    router, _, _ = pair
    answer = router.ask_admin(method, target)
    assert (answer.status, answer.error_code) == (status, code)
    assert drain_of(router, "e0") == (None, None)


def test_over_http(pair):
    router, _, _ = pair
    answer = router.ask_admin("POST", f"{DRAIN}?endpoint=%65%30&for=90s")
    assert answer.status == 200 and answer.json == endpoints(router)["e0"]
    assert answer.json["drain"] == "run_time"
    # A page of a browser may not.
    answer = ask(router.admin, head("POST", f"{RESUME}?endpoint=e0",
                                    [("Origin", "https://evil.example"), ("Content-Length", 0)]))
    assert (answer.status, answer.error_code) == (403, "origin_not_allowed")
    assert drain_of(router, "e0")[0] == "run_time"
    answer = router.ask_admin("POST", f"{RESUME}?endpoint=e0")
    assert answer.status == 200 and answer.json["drain"] is None


def test_who_may_only_read_may_not_order(tmp_path):
    keys = "".join(f'  - {{ name: {name}, secret: "{fingerprint(key)}", admin: {right} }}\n'
                   for name, key, right in (("ops", ALICE, "true"), ("eyes", BOB, "read")))
    with ListServer({}) as server:
        spec = spec_of(llama(server), health="health: none", keys=f"keys:\n{keys}")
        with Router(tmp_path, spec, admin="0.0.0.0") as router:
            key_files = {}
            for name, key in (("ops", ALICE), ("eyes", BOB)):
                key_files[name] = tmp_path / name
                key_files[name].write_text(key + "\n")

            def ordered(who, *arguments):
                return run("endpoint", *arguments, "--admin", router.admin, "--key-file",
                           key_files[who]).returncode
            assert ordered("eyes", "list") == 0
            assert ordered("eyes", "drain", "e0") == 1
            assert ordered("eyes", "resume", "e0") == 1
            assert ordered("ops", "drain", "e0") == 0
            assert ordered("ops", "resume", "e0") == 0


def test_an_endpoint_without_a_name_is_known_by_its_url(tmp_path):
    with ListServer({}, "first") as first, ListServer({}, "second") as second:
        spec = f"""
anonymous: allow
pools: [{{ name: main, endpoints: ["{first.url}", "{second.url}"], models: ["*"] }}]
"""
        with Router(tmp_path, spec) as router:
            order(router, "drain", first.url)
            assert served_by(router) == ["second"] * 6
            order(router, "resume", first.url)
            assert set(served_by(router)) == {"first", "second"}


def test_a_router_that_is_gone(pair):
    router, _, _ = pair
    router.stop()
    assert "cannot reach" in order(router, "list", check=3)
