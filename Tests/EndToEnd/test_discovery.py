"""Endpoints are asked for their models in the background, and whatever they answer harms nobody."""

import time

import pytest
import trustme

from list_server import (ListServer, UnixListServer, answer_of, drip, drip_body, endless_body,
                         endless_head, garbage, gone_url, hang, listed, llama_listed, saying, tags)
from processes import wait_for
from raw_http import head, post
from routerc import Router, milliseconds_since
from specs import CHAT, CREDENTIAL, chat
from test_tls import TLSUpstream

OFTEN = "discovery: { interval: 1s, timeout: 500ms }"
ONCE = "discovery: { interval: 1h, timeout: 2s }"


def open_spec(endpoints, discovery=OFTEN, models='[{ match: "*", pool: main }]'):
    """Everybody may use all that the endpoints serve; `endpoints` are texts in YAML."""
    lines = "".join(f"  - {{ name: e{number}, {text} }}\n"
                    for number, text in enumerate(endpoints))
    names = ", ".join(f"e{number}" for number in range(len(endpoints)))
    return f"""
defaults: {{ {discovery} }}
endpoints:
{lines}
pools: [{{ name: main, endpoints: [{names}] }}]
models: {models}
anonymous: allow
"""


def at(server):
    return f'url: "{server.url}"'


def model_ids(router):
    answer = router.ask(head("GET", "/v1/models"))
    assert answer.status == 200, answer.body
    return [model["id"] for model in answer.json["data"]]


def wait_for_ids(router, ids, seconds=5.0):
    wait_for(lambda: model_ids(router) == sorted(ids), seconds, f"the list {ids}")


def states(router):
    """What /status says of each endpoint: its state, and why."""
    return {each["endpoint"]: (each["state"], each["reason"])
            for each in router.status()["discovery"]}


def status_text(router):
    return router.ask_admin("GET", "/status?format=text").body.decode()


def wait_for_state(router, name, state, reason=None, seconds=5.0):
    wait_for(lambda: states(router)[name] == (state, reason), seconds, f"{name} {state} {reason}")


def test_every_kind_is_asked_where_its_list_is(tmp_path):
    secret = tmp_path / "credential"
    secret.write_text(CREDENTIAL + "\n")
    credential = f'credential: "file:{secret}"'
    socket_path = str(tmp_path / "list.sock")
    with ListServer(listed("o")) as openai, ListServer(llama_listed("l")) as llama, \
            ListServer(listed("v")) as vllm, ListServer(tags("t:1")) as ollama, \
            ListServer(listed("s")) as studio, ListServer(listed("a")) as anthropic, \
            UnixListServer(listed("u"), socket_path) as unix:
        servers = [
            (openai, f"{at(openai)}, {credential}", "/v1/models"),
            (llama, f"{at(llama)}, kind: llamacpp", "/v1/models"),
            (vllm, f'url: "{vllm.url}/deep/v1", kind: vllm', "/deep/v1/models"),
            (ollama, f"{at(ollama)}, kind: ollama, {credential}", "/api/tags"),
            (studio, f'url: "{studio.url}/v1", kind: lmstudio', "/api/v0/models"),
            (anthropic, f"{at(anthropic)}, kind: anthropic, {credential}",
             "/v1/models?limit=1000"),
            (unix, f'url: "{unix.url}"', "/v1/models"),
        ]
        with Router(tmp_path, open_spec([text for _, text, _ in servers], ONCE)) as router:
            wait_for_ids(router, ["o", "l", "v", "t:1", "s", "a", "u"])
            for server, _, target in servers:
                assert server.questions() == [target]
                assert server.requests[0].values("user-agent") == ["routerc"]
            bearer = [f"Bearer {CREDENTIAL}"]
            assert openai.requests[0].values("authorization") == bearer
            assert openai.requests[0].values("host") == [openai.url.removeprefix("http://")]
            assert ollama.requests[0].values("authorization") == bearer
            assert llama.requests[0].values("authorization") == []
            assert anthropic.requests[0].values("authorization") == []
            assert anthropic.requests[0].values("x-api-key") == [CREDENTIAL]
            assert anthropic.requests[0].values("anthropic-version") == ["2023-06-01"]
            assert {state for state, _ in states(router).values()} == {"ok"}
            assert CREDENTIAL not in router.log_text() + str(router.status())


def test_the_credential_of_an_anthropic_endpoint_goes_where_it_looks(tmp_path):
    secret = tmp_path / "credential"
    secret.write_text(CREDENTIAL + "\n")
    with ListServer(listed("a"), "claude") as server:
        text = f'{at(server)}, kind: anthropic, credential: "file:{secret}"'
        own = f'{text}, headers: {{ anthropic-version: "2024-01-01" }}'
        with Router(tmp_path, open_spec([text], "discovery: none")) as router:
            router.ask(post("/v1/messages", chat(), fields=[("anthropic-version", "1")]))
            seen = server.requests[-1]
            assert seen.values("x-api-key") == [CREDENTIAL]
            assert seen.values("authorization") == []
            assert seen.values("anthropic-version") == ["2023-06-01"]
            router.reload(open_spec([own], "discovery: none"))
            router.ask(post("/v1/messages", chat()))
            assert server.requests[-1].values("anthropic-version") == ["2024-01-01"]


def test_the_clients_own_credential_is_not_ours_to_ask_with(tmp_path):
    with ListServer(listed("a")) as server:
        spec = open_spec([f"{at(server)}, kind: anthropic, credential: client"], ONCE)
        with Router(tmp_path, spec) as router:
            wait_for_ids(router, ["a"])
            names = {name.lower() for name, _ in server.requests[0].fields}
            assert names == {"host", "user-agent", "accept"}


def test_bad_endpoints_hold_nobody_up(tmp_path, capsys):
    """One hangs, two drip, one answers garbage, one is gone: the others are listed as soon as they
    have answered, every request is answered at once, and after the timeout it is known why."""
    with ListServer(llama_listed("one")) as one, ListServer(llama_listed("two", "three")) as two, \
            ListServer({}) as hanging, ListServer({}) as dripping, \
            ListServer({}) as dripping_body, ListServer({}) as wild:
        hanging.fault, dripping.fault = hang, drip
        dripping_body.fault, wild.fault = drip_body, garbage
        servers = [one, two, hanging, dripping, dripping_body, wild]
        spec = open_spec([at(server) for server in servers] + [f'url: "{gone_url()}"'],
                         "discovery: { interval: 2s, timeout: 700ms }")
        start_ns = time.monotonic_ns()
        with Router(tmp_path, spec) as router:
            wait_for_ids(router, ["one", "two", "three"])
            took_ms = milliseconds_since(start_ns)
            slowest_ms = 0.0
            until = time.monotonic() + 3
            while time.monotonic() < until:
                asked_ns = time.monotonic_ns()
                assert model_ids(router) == ["one", "three", "two"]
                slowest_ms = max(slowest_ms, milliseconds_since(asked_ns))
                time.sleep(0.002)
            assert states(router) == {
                "e0": ("ok", None), "e1": ("ok", None), "e2": ("failed", "timeout"),
                "e3": ("failed", "timeout"), "e4": ("failed", "timeout"),
                "e5": ("failed", "malformed"), "e6": ("failed", "unreachable"),
            }
            assert slowest_ms < 700, "asking must not wait for an endpoint"
            warned = [record["endpoint"] for record in router.log_records()
                      if record["message"] == "no model list"]
            assert sorted(warned) == ["e2", "e3", "e4", "e5", "e6"]
        with capsys.disabled():
            print(f"\nlisted {took_ms:.0f} ms after the start of the process;"
                  f" slowest answer {slowest_ms:.1f} ms")


HOSTILE = {
    "malformed": [
        saying(answer_of(b"")), saying(answer_of(b"null")), saying(answer_of(b"[]")),
        saying(answer_of(b'{"data":{}}')), saying(answer_of(b'{"data":[{"id":"a"}]')),
        saying(answer_of(b'{"data":[{"id":"\xff"}]}')), saying(answer_of(b"<html></html>")),
        saying(answer_of(b'{"a":' * 100_000)), saying(b"HTTQ/1.1 200 OK\r\n\r\n{}"),
        saying(b'{"data":[{"id":"a"}]}'),
    ],
    "status": [
        saying(answer_of(listed("a"), "500 Oops")), saying(answer_of(listed("a"), "404 No")),
        saying(answer_of(listed("a"), "302 Found", "Location: /v1/other\r\n")),
        saying(answer_of(b"", "204 No Content")),
    ],
    "closed": [
        saying(b""), saying(b"HTTP/0.9 hello"),
        saying(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"),
    ],
    "too_large": [
        endless_head, endless_body,
        saying(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n{"),
    ],
}


@pytest.mark.parametrize("reason, number", [
    (reason, number) for reason, faults in HOSTILE.items() for number in range(len(faults))])
def test_a_hostile_answer_lists_nothing(tmp_path, reason, number):
    with ListServer({}) as server, ListServer(listed("good")) as good:
        server.fault = HOSTILE[reason][number]
        with Router(tmp_path, open_spec([at(server), at(good)], ONCE)) as router:
            wait_for_state(router, "e0", "failed", reason)
            wait_for_ids(router, ["good"])
            assert router.rss_kib() < 256 << 10


def test_what_is_sound_of_a_list_is_listed(tmp_path):
    value = {"data": [
        {"id": "good"}, {"id": ""}, {"id": None}, {"id": 7}, 7, "text", [], {}, {"id": "a\nb"},
        {"id": "\x7f"}, {"id": "x" * 257}, {"id": "ü/\u20ac"}, {"id": "quote\"\\"}, {"id": "good"},
    ]}
    with ListServer(value) as server, Router(tmp_path, open_spec([at(server)], ONCE)) as router:
        wait_for_ids(router, ["good", "ü/\u20ac", "quote\"\\"])
        assert router.status()["discovery"][0]["models"] == 3


def test_a_list_is_refreshed_and_outlives_two_failures(tmp_path):
    with ListServer(listed("old")) as server, \
            Router(tmp_path, open_spec([at(server)])) as router:
        wait_for_ids(router, ["old"])
        server.value = listed("new", "newer")
        wait_for_ids(router, ["new", "newer"])
        asked = len(server.questions())
        assert "discovery    1 endpoint\n" in status_text(router)
        server.fault = saying(answer_of(b"", "503 Loading"))
        wait_for_state(router, "e0", "stale", "status")
        wait_for(lambda: len(server.questions()) == asked + 2, what="the second failure")
        assert model_ids(router) == ["new", "newer"]
        wait_for(lambda: model_ids(router) == [], what="the list to go")
        assert len(server.questions()) == asked + 3
        assert states(router)["e0"] == ("failed", "status")
        without = "discovery    1 endpoint, 1 without a list (e0: status)\n"
        assert without in status_text(router)
        server.fault = None
        wait_for_ids(router, ["new", "newer"])
        lost = [record for record in router.log_records() if record["message"] == "model list lost"]
        assert [record["endpoint"] for record in lost] == ["e0"]


def test_who_was_not_there_yet_is_asked_soon_again(tmp_path):
    """An endpoint that starts after the router does not wait for the interval."""
    with ListServer(listed("late")) as server:
        server.fault = saying(b"")
        with Router(tmp_path, open_spec([at(server)], ONCE)) as router:
            wait_for_state(router, "e0", "failed", "closed")
            server.fault = None
            wait_for_ids(router, ["late"])


def test_a_swap_asks_who_is_new_and_keeps_what_is_known(tmp_path):
    secret = tmp_path / "credential"
    secret.write_text("first-" + CREDENTIAL)
    with ListServer(listed("a")) as first, ListServer(listed("b")) as second:
        old = f'{at(first)}, credential: "file:{secret}"'
        with Router(tmp_path, open_spec([old], ONCE)) as router:
            wait_for_ids(router, ["a"])
            assert router.hup()["message"] == "table swapped"
            assert model_ids(router) == ["a"], "known before the first request of the next table"
            router.reload(open_spec([old, at(second)], ONCE))
            assert "a" in model_ids(router)
            wait_for_ids(router, ["a", "b"])
            assert len(first.questions()) == 1, "asked once in an hour"
            secret.write_text("second-" + CREDENTIAL)
            assert router.hup()["message"] == "table swapped"
            assert model_ids(router) == ["a", "b"]
            wait_for(lambda: len(first.questions()) == 2, what="a question with the new credential")
            assert first.requests[-1].values("authorization") == [f"Bearer second-{CREDENTIAL}"]
            router.reload(open_spec([at(second)], ONCE))
            # It goes by another name now, so it is asked anew.
            wait_for_ids(router, ["b"])
            router.reload(open_spec([at(second)], "discovery: none"))
            assert model_ids(router) == [] and router.status()["discovery"] == []
            assert "discovery" not in status_text(router)
            router.reload(open_spec([at(second)], ONCE))
            wait_for_ids(router, ["b"])
            wait_for(lambda: router.status()["living_tables"] == 1, what="one table")


def test_a_shorter_interval_does_not_wait_for_the_old_one(tmp_path):
    with ListServer(listed("a")) as server, \
            Router(tmp_path, open_spec([at(server)], ONCE)) as router:
        wait_for_ids(router, ["a"])
        router.reload(open_spec([at(server)], ONCE.replace("1h", "1s")))
        # What is asked is the same, so nobody was asked because of the swap itself.
        assert len(server.questions()) == 1
        server.value = listed("b")
        wait_for_ids(router, ["b"])


def test_a_swap_that_begins_to_ask_needs_no_further_thread(tmp_path):
    """So that it cannot fail for want of one."""
    with ListServer(listed("a")) as server, \
            Router(tmp_path, open_spec([at(server)], "discovery: none")) as router:
        before = router.thread_count()
        router.reload(open_spec([at(server)], ONCE))
        wait_for_ids(router, ["a"])
        assert router.thread_count() == before


def test_nobody_is_asked_where_the_spec_says_none(tmp_path):
    with ListServer(listed("a")) as server, \
            Router(tmp_path, open_spec([at(server)], "discovery: none")) as router:
        assert router.ask(post(CHAT, chat("x"))).json["served_by"] == "server"
        time.sleep(0.3)
        assert server.questions() == [] and model_ids(router) == []
        assert router.status()["discovery"] == []


def test_discovery_is_on_without_a_word(tmp_path):
    with ListServer(listed("a")) as server:
        spec = open_spec([at(server)]).replace(f"defaults: {{ {OFTEN} }}", "# no discovery: line")
        with Router(tmp_path, spec) as router:
            wait_for_ids(router, ["a"])


def test_no_proxy_is_asked_whatever_the_environment_says(tmp_path):
    with ListServer(listed("a")) as server, ListServer(listed("proxied")) as proxy:
        names = ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"]
        environment = {name: proxy.url for name in names} | {"no_proxy": ""}
        with Router(tmp_path, open_spec([at(server)], ONCE), environment=environment) as router:
            wait_for_ids(router, ["a"])
            assert proxy.requests == []


def test_https_is_verified(tmp_path):
    authority = trustme.CA()
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(ca_file)

    def serve(connection):
        connection.recv(65536)
        connection.sendall(answer_of(listed("secret-model")))

    with TLSUpstream(authority.issue_cert("localhost", "127.0.0.1"), serve) as server:
        url = f"https://localhost:{server.port}"
        spec = open_spec([
            f'url: "{url}", ca: "{ca_file}"', f'url: "{url}"',
            f'url: "https://127.0.0.1:{server.port}", ca: "{ca_file}"',
        ], ONCE)
        with Router(tmp_path, spec) as router:
            wait_for_state(router, "e0", "ok")
            wait_for_state(router, "e1", "failed", "tls")
            wait_for_state(router, "e2", "ok")
            assert model_ids(router) == ["secret-model"]
    other = TLSUpstream(authority.issue_cert("elsewhere.example"), serve)
    with other, Router(tmp_path, open_spec(
            [f'url: "https://localhost:{other.port}", ca: "{ca_file}"'], ONCE)) as router:
        wait_for_state(router, "e0", "failed", "tls")


def test_a_host_without_address_is_not_asked(tmp_path):
    spec = open_spec(['url: "http://no-such-host.invalid:8000"'], ONCE)
    with Router(tmp_path, spec) as router:
        wait_for_state(router, "e0", "failed", "unresolved", seconds=15)


def test_it_stops_while_somebody_hangs(tmp_path):
    with ListServer({}) as server:
        server.fault = hang
        discovery = "discovery: { interval: 1h, timeout: 1m }"
        with Router(tmp_path, open_spec([at(server)], discovery)) as router:
            wait_for(server.questions, what="a question")
            router.stop()
            messages = [record["message"] for record in router.log_records()]
            assert "stopped" in messages and "discovery thread left behind" not in messages


def test_many_endpoints_wait_for_their_turn(tmp_path):
    """More than are asked at once, half of them silent: the others are all listed."""
    good = [ListServer(listed(f"m{number:02}")) for number in range(30)]
    bad = [ListServer({}) for _ in range(30)]
    try:
        for server in bad:
            server.fault = hang
        mixed = [server for pair in zip(bad, good) for server in pair]
        spec = open_spec([at(server) for server in mixed],
                         "discovery: { interval: 1h, timeout: 300ms }")
        with Router(tmp_path, spec) as router:
            wait_for_ids(router, [f"m{number:02}" for number in range(30)], seconds=10)
    finally:
        for server in good + bad:
            server.listener.close()
