"""Endpoints are asked in the background whether they are well, and get no requests while they are
not."""

import time

import pytest
import trustme

from list_server import ListServer, UnixListServer, answer_of, gone_url, hang, saying
from processes import ModelServerProcess, wait_for
from raw_http import post
from routerc import Router, free_port, is_sanitized, milliseconds_since, percentile, run
from specs import CHAT, CREDENTIAL, chat
from test_resources import no_descriptor_left
from test_tls import TLSUpstream

OFTEN = "health: { interval: 100ms, timeout: 300ms, fall: 2, rise: 2 }"
SELDOM = "health: { interval: 1h, fall: 1, rise: 1 }"
OK = saying(answer_of(b"ok"))


def says(status):
    return saying(answer_of(b"{}", status))


def spec_of(*endpoints, health=OFTEN, pools=None, keys="", retry="retry: { attempts: 1 }"):
    """Endpoints e0, e1 and so on, given as texts in YAML; one pool has all of them, unless `pools`
    says which are in which."""
    lines = "".join(f"  - {{ name: e{number}, {text} }}\n"
                    for number, text in enumerate(endpoints))
    everybody = ", ".join(f"e{number}" for number in range(len(endpoints)))
    pools = pools or f'  - {{ name: main, endpoints: [{everybody}], models: ["*"] }}\n'
    return f"""
defaults: {{ {health}, {retry}, breaker: none, discovery: none }}
endpoints:
{lines}
pools:
{pools}
anonymous: allow
{keys}"""


def llama(server):
    return f'url: "{server.url}", kind: llamacpp'


def endpoints(router):
    return {each["endpoint"]: each for each in router.status()["endpoints"]}


def standings(router):
    """What /status says of each endpoint: how it stands, and why."""
    return {name: (each["health"], each["reason"]) for name, each in endpoints(router).items()}


def wait_for_standing(router, name, standing, reason=None, seconds=5.0):
    wait_for(lambda: standings(router)[name] == (standing, reason), seconds,
             f"{name} {standing} {reason}")


def served_by(router, times=6):
    """Who has answered so many requests; the status of those that the router has answered."""
    answers = [router.ask(post(CHAT, chat())) for _ in range(times)]
    return [answer.json["served_by"] if answer.status == 200 else answer.status
            for answer in answers]


def sample(router, series):
    text = router.ask_admin("GET", "/metrics").body.decode()
    return next((float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
                 if line.startswith(series + " ")), None)


def logged(router, message):
    return [(record["endpoint"], record.get("reason"), record["level"])
            for record in router.log_records() if record["message"] == message]


# What is asked


def test_every_kind_is_asked_where_it_says_how_it_is(tmp_path):
    secret = tmp_path / "credential"
    secret.write_text(CREDENTIAL + "\n")
    credential = f'credential: "file:{secret}"'
    path = str(tmp_path / "llama.sock")
    with ListServer({}) as openai, ListServer({}) as asked, ListServer({}) as vllm, \
            ListServer({}) as ollama, ListServer({}) as studio, ListServer({}) as claude, \
            UnixListServer({}, path) as unix, ListServer({}) as off:
        servers = [
            (openai, f'url: "{openai.url}"', None),
            (asked, f'url: "{asked.url}", {credential}, health: {{ path: "/up?deep=1" }}',
             "/up?deep=1"),
            (vllm, f'url: "{vllm.url}/deep/v1", kind: vllm, {credential}', "/deep/health"),
            (ollama, f'url: "{ollama.url}", kind: ollama', "/"),
            (studio, f'url: "{studio.url}/v1", kind: lmstudio', "/v1/models"),
            (claude, f'url: "{claude.url}", kind: anthropic, {credential}, '
                     'health: { path: /v1/models }', "/v1/models"),
            (unix, f'url: "{unix.url}", kind: llamacpp, credential: client', "/health"),
            (off, f"{llama(off)}, health: none", None),
        ]
        with Router(tmp_path, spec_of(*(text for _, text, _ in servers), health=SELDOM)) as router:
            expected = {f"e{number}": ("up", None) if target else (None, None)
                        for number, (_, _, target) in enumerate(servers)}
            wait_for(lambda: standings(router) == expected, 5, "all have answered")
            for server, _, target in servers:
                assert server.questions() == ([target] if target else [])
            assert asked.requests[0].values("authorization") == [f"Bearer {CREDENTIAL}"]
            assert asked.requests[0].values("user-agent") == ["routerc"]
            assert claude.requests[0].values("x-api-key") == [CREDENTIAL]
            assert claude.requests[0].values("anthropic-version") == ["2023-06-01"]
            for server in (ollama, unix):
                names = {name.lower() for name, _ in server.requests[0].fields}
                assert names == {"host", "user-agent", "accept"}
            assert sample(router, 'routerc_endpoint_up{endpoint="e1"}') == 1
            assert sample(router, 'routerc_endpoint_up{endpoint="e0"}') is None
            assert sample(router, 'routerc_probes_total{result="ok"}') == 6
            assert CREDENTIAL not in router.log_text() + str(router.status())


def test_tls_is_verified_as_on_the_data_path(tmp_path):
    authority = trustme.CA()
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(ca_file)
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    def behave(connection):
        connection.recv(65536)
        connection.sendall(answer)
    with TLSUpstream(authority.issue_cert("localhost"), behave) as good, \
            TLSUpstream(authority.issue_cert("other.example"), behave) as wrong:
        ask = 'kind: vllm'
        with Router(tmp_path, spec_of(
                f'url: "https://localhost:{good.port}", ca: "{ca_file}", {ask}',
                f'url: "https://localhost:{wrong.port}", ca: "{ca_file}", {ask}',
                f'url: "https://localhost:{good.port}", {ask}')) as router:
            wait_for_standing(router, "e0", "up")
            wait_for_standing(router, "e1", "down", "tls")
            wait_for_standing(router, "e2", "down", "tls")


# What answers mean


@pytest.mark.parametrize("fault, standing, reason", [
    (says("204 No Content"), "up", None),
    (says("401 Unauthorized"), "misconfigured", "status 401"),
    (says("403 Forbidden"), "misconfigured", "status 403"),
    (says("429 Too Many Requests"), "up", "status 429"),
    (says("503 Service Unavailable"), "loading", "status 503"),
    (says("500 Internal Server Error"), "down", "status 500"),
    (says("404 Not Found"), "down", "status 404"),
    (says("302 Found"), "down", "status 302"),
    (saying(b"this is no HTTP\r\n\r\n"), "down", "malformed"),
    (saying(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"), "down", "closed"),
    (saying(b""), "down", "closed"),
    (hang, "down", "timeout"),
])
def test_what_an_answer_means(tmp_path, fault, standing, reason):
    with ListServer({}, "odd") as odd, ListServer({}, "well") as well:
        odd.fault = fault
        with Router(tmp_path, spec_of(llama(odd), llama(well))) as router:
            wait_for_standing(router, "e0", standing, reason)
            expected = {"well"} if standing == "down" else {"odd", "well"}
            assert set(served_by(router)) == expected
            up = 0 if standing == "down" else 1
            assert sample(router, 'routerc_endpoint_up{endpoint="e0"}') == up


def test_a_503_of_another_kind_is_a_failure(tmp_path):
    with ListServer({}) as server:
        server.fault = says("503 Service Unavailable")
        with Router(tmp_path, spec_of(f'url: "{server.url}", kind: vllm')) as router:
            wait_for_standing(router, "e0", "down", "status 503")


def test_a_server_that_wants_the_clients_credential_is_well(tmp_path):
    with ListServer({}) as server:
        server.fault = says("401 Unauthorized")
        spec = spec_of(f'url: "{server.url}", kind: vllm, credential: client')
        with Router(tmp_path, spec) as router:
            wait_for_standing(router, "e0", "up")


# Down and up


def test_who_is_killed_gets_no_requests_and_comes_back(tmp_path):
    """Also: a path of one's own, and fall and rise are counted."""
    port = free_port()
    with ModelServerProcess("well") as well:
        dying = ModelServerProcess("dying", listen=f"127.0.0.1:{port}")
        ask = "health: { path: /v1/models }"
        spec = spec_of(f'url: "{dying.url}", {ask}', f'url: "{well.url}", {ask}')
        try:
            with Router(tmp_path, spec) as router:
                wait_for_standing(router, "e0", "up")
                assert serving(router, asked=0) == {"e0", "e1"}
                dying.kill()
                wait_for_standing(router, "e0", "down", "unreachable")
                text = router.ask_admin("GET", "/status?format=text").body.decode()
                assert "2 endpoints, 1 down (e0: unreachable)" in text
                # One attempt each: nobody asks the one that is gone.
                assert [router.ask(post(CHAT, chat())).status for _ in range(10)] == [200] * 10
                dying.__exit__()
                dying = ModelServerProcess("again", listen=f"127.0.0.1:{port}")
                wait_for_standing(router, "e0", "up")
                assert serving(router, asked=16) == {"e0", "e1"}
                assert logged(router, "endpoint down") == [("e0", "unreachable", "warning")]
                assert logged(router, "endpoint up") == [("e0", None, "info")]
        finally:
            dying.__exit__()


def serving(router, asked):
    """Which endpoints answer six requests, by the access records; `asked` have been before."""
    def records():
        return [record["endpoint"] for record in router.log_records()
                if record.get("path") == CHAT]
    for _ in range(6):
        assert router.ask(post(CHAT, chat())).status == 200
    # Records come a moment after their answers.
    wait_for(lambda: len(records()) == asked + 6, 5, "records of all requests")
    return set(records()[asked:])


def test_failures_and_successes_are_counted_in_a_row(tmp_path):
    with ListServer({}, "odd") as odd, ListServer({}, "well") as well:
        turns = iter([OK, says("500 No"), says("500 No"), OK, says("500 No"), says("500 No"),
                      says("500 No"), OK, OK, says("503 Loading"), OK, OK, OK])
        seen = []

        def next_turn(connection):
            turn = next(turns, OK)
            seen.append(turn)
            turn(connection)
        odd.fault = next_turn
        health = "health: { interval: 150ms, fall: 3, rise: 3 }"
        with Router(tmp_path, spec_of(llama(odd), llama(well), health=health)) as router:
            wait_for(lambda: len(seen) == 6)
            assert standings(router)["e0"][0] == "up", "two failures, an answer, two failures"
            wait_for_standing(router, "e0", "down", "status 500")
            wait_for(lambda: len(seen) == 10)
            wait_for_standing(router, "e0", "down", "status 503")
            wait_for(lambda: len(seen) == 12)
            wait_for_standing(router, "e0", "down")
            wait_for_standing(router, "e0", "up")
            assert len(seen) >= 13


def test_one_that_loads_at_the_start_comes_up(tmp_path):
    with ListServer({}) as server:
        server.fault = says("503 Service Unavailable")
        with Router(tmp_path, spec_of(llama(server))) as router:
            wait_for_standing(router, "e0", "loading", "status 503")
            server.fault = None
            wait_for_standing(router, "e0", "up")
            assert logged(router, "endpoint loading") == [("e0", "status 503", "info")]
            assert logged(router, "endpoint down") == []


def test_where_all_are_down_the_router_says_so_at_once(tmp_path):
    with ListServer({}, "first") as first, ListServer({}, "second") as second:
        first.fault = second.fault = hang
        with Router(tmp_path, spec_of(llama(first), llama(second))) as router:
            wait_for_standing(router, "e0", "down", "timeout")
            wait_for_standing(router, "e1", "down", "timeout")
            asked_ns = time.monotonic_ns()
            answer = router.ask(post(CHAT, chat()))
            assert milliseconds_since(asked_ns) < 1000
            assert answer.status == 503 and b"no_endpoint" in answer.body
            first.fault = None
            wait_for_standing(router, "e0", "up")
            assert served_by(router, 2) == ["first", "first"]


def test_before_the_first_answer_an_endpoint_counts_as_up(tmp_path):
    with ListServer({}, "slow") as slow:
        slow.fault = hang
        spec = spec_of(llama(slow), health="health: { interval: 1h, timeout: 1m }")
        with Router(tmp_path, spec) as router:
            assert standings(router)["e0"] == ("unknown", None)
            assert served_by(router, 2) == ["slow", "slow"]


def test_a_probe_that_succeeds_closes_no_breaker(first, tmp_path):
    """And one that fails opens none: each keeps requests away by itself."""
    ask = "health: { path: /v1/models }"
    with ListServer({}, "well") as well:
        spec = spec_of(f'url: "{first.url}", {ask}', f'url: "{well.url}", {ask}').replace(
            "breaker: none", "breaker: { errors: 1, try_again: 1h }")
        with Router(tmp_path, spec) as router:
            wait_for_standing(router, "e0", "up")
            first.order("reset-before-answer", times=1)
            statuses = [router.ask(post(CHAT, chat())).status for _ in range(3)]
            assert statuses.count(502) == 1
            assert endpoints(router)["e0"]["breaker"] == "open"
            assert sample(router, 'routerc_endpoint_breaker_open{endpoint="e0"}') == 1
            answered = sample(router, 'routerc_probes_total{result="ok"}')
            wait_for(lambda: sample(router, 'routerc_probes_total{result="ok"}') > answered + 6)
            assert endpoints(router)["e0"]["breaker"] == "open"
            assert served_by(router) == ["well"] * 6


# Tables


def test_what_is_known_survives_a_swap(tmp_path):
    with ListServer({}, "odd") as odd, ListServer({}, "well") as well:
        odd.fault = says("500 No")
        spec = spec_of(llama(odd), llama(well), health=SELDOM)
        with Router(tmp_path, spec) as router:
            wait_for_standing(router, "e0", "down", "status 500")
            since = endpoints(router)["e0"]["since"]
            odd.fault = None
            router.reload(spec_of(llama(odd), llama(well), health=SELDOM, keys="# another\n"))
            assert standings(router)["e0"] == ("down", "status 500")
            assert endpoints(router)["e0"]["since"] == since
            assert len(odd.questions()) == 1, "it is asked as before, so not again"
            assert served_by(router) == ["well"] * 6
            # Asked otherwise, it is asked at once; what was known holds until then.
            router.reload(spec_of(llama(odd), llama(well),
                                  health=SELDOM.replace("fall", "timeout: 1s, fall")))
            wait_for_standing(router, "e0", "up")


def test_who_is_asked_no_more_counts_as_up(tmp_path):
    with ListServer({}, "odd") as odd, ListServer({}, "well") as well:
        odd.fault = says("500 No")
        with Router(tmp_path, spec_of(llama(odd), llama(well))) as router:
            wait_for_standing(router, "e0", "down", "status 500")
            router.reload(spec_of(f"{llama(odd)}, health: none", llama(well)))
            assert standings(router)["e0"] == (None, None)
            assert set(served_by(router)) == {"odd", "well"}
            asked = len(odd.questions())
            # Another server under the same name is not what the first one was.
            router.reload(spec_of(llama(odd), llama(well)))
            wait_for_standing(router, "e0", "down", "status 500")
            assert len(odd.questions()) > asked
            router.reload(spec_of(llama(well), llama(odd)))
            wait_for_standing(router, "e0", "up")
            wait_for_standing(router, "e1", "down", "status 500")


def test_an_endpoint_of_several_pools_is_asked_once(tmp_path):
    with ListServer({}) as server, ListServer({}) as drained:
        pools = "".join(f'  - {{ name: p{number}, endpoints: [e0, e1], models: ["m{number}"] }}\n'
                        for number in range(5))
        spec = spec_of(llama(server), f"{llama(drained)}, drain: true", health=SELDOM, pools=pools)
        with Router(tmp_path, spec) as router:
            wait_for_standing(router, "e0", "up")
            wait_for_standing(router, "e1", "up")
            time.sleep(0.2)
            assert server.questions() == drained.questions() == ["/health"]
            assert endpoints(router)["e0"]["pools"] == [f"p{number}" for number in range(5)]


def test_pools_that_differ_over_one_endpoint_are_refused(tmp_path):
    path = tmp_path / "router.yaml"
    path.write_text("""
endpoints: [{ name: gpu1, url: "http://127.0.0.1:9", kind: vllm }]
pools:
  - { name: a, endpoints: [gpu1], models: [a], health: { fall: 5 } }
  - { name: b, endpoints: [gpu1], models: [b], health: none }
""")
    done = run("check", path, check=1)
    assert "R345" in done.stdout + done.stderr


# Many


@pytest.mark.skipif(is_sanitized(), reason="measures time")
def test_hundreds_of_endpoints_hold_no_request_up(tmp_path, capsys):
    """500 endpoints, half of them silent, asked once a second, while one that is well is busy."""
    with ListServer({}, "well") as well, ListServer({}) as silent:
        silent.fault = hang
        gone = gone_url()
        others = [f'url: "{gone}", kind: llamacpp' if number % 2 else llama(silent)
                  for number in range(500)]
        everybody = ", ".join(f"e{number}" for number in range(1, 501))
        pools = ('  - { name: main, endpoints: [e0], models: ["*"] }\n'
                 f"  - {{ name: rest, endpoints: [{everybody}], models: [none] }}\n")
        spec = spec_of(llama(well), *others, pools=pools,
                       health="health: { interval: 1s, timeout: 50ms, fall: 2 }")
        with Router(tmp_path, spec) as router:
            took = []
            until = time.monotonic() + 4
            while time.monotonic() < until:
                asked_ns = time.monotonic_ns()
                assert router.ask(post(CHAT, chat())).status == 200
                took.append(milliseconds_since(asked_ns))
            wait_for(lambda: sum(standing == "down" for standing, _ in
                                 standings(router).values()) == 500, 20, "500 are down")
            probes = sample(router, 'routerc_probes_total{result="failed"}')
            assert probes >= 1000
            middle, slow = percentile(took, 0.5), percentile(took, 0.99)
            assert slow < 250, f"{slow} ms"
        with capsys.disabled():
            print(f"\n{len(took)} requests beside {probes:.0f} probes: median {middle:.1f} ms,"
                  f" 99 in 100 within {slow:.1f} ms")


def test_who_is_away_holds_up_no_probe_of_who_is_there(tmp_path):
    """Half of the seats are not for endpoints that are down, however many of them are silent."""
    asked = {"well": 0, "silent": 0}

    def count(name, answer):
        def answered(connection):
            asked[name] += 1
            answer(connection)
        return answered

    with ListServer({}) as well, ListServer({}) as silent:
        well.fault, silent.fault = count("well", OK), count("silent", hang)
        health = "health: { interval: 200ms, timeout: 200ms, fall: 1 }"
        spec = spec_of(llama(well), *[llama(silent)] * 100, health=health)
        with Router(tmp_path, spec) as router:
            wait_for(lambda: sum(standing == "down" for standing, _ in
                                 standings(router).values()) == 100, 20, "100 are down")
            before = dict(asked)
            wait_for(lambda: asked["silent"] - before["silent"] >= 200, 20, "each was asked twice")
            # In the turn of all it would be asked as often as each of the others.
            each = (asked["silent"] - before["silent"]) / 100
            assert asked["well"] - before["well"] >= 2 * each, (before, asked)


def test_probes_are_spread(tmp_path):
    """All at once at the start, and at random from then on."""
    times = []

    def note(connection):
        times.append(time.monotonic())
        OK(connection)
    with ListServer({}) as server:
        server.fault = note
        health = "health: { interval: 1s }"
        with Router(tmp_path, spec_of(*[llama(server)] * 40, health=health)):
            wait_for(lambda: len(times) >= 40, 5, "the first probes")
            begun = times[0]
            assert times[39] - begun < 1
            time.sleep(max(0, begun + 1.3 - time.monotonic()))
            later = [at - begun for at in times[40:]]
            assert len(later) >= 35
            for part in range(4):
                count = sum(0.125 + part * 0.22 <= at < 0.125 + (part + 1) * 0.22 for at in later)
                assert count >= 1, f"{part}: {later}"


def test_without_descriptors_nobody_is_found_down(tmp_path):
    """A probe that could not be made says nothing of the endpoint."""
    with ListServer({}, "well") as well:
        spec = spec_of(llama(well), health="health: { interval: 100ms, fall: 1 }")
        with Router(tmp_path, spec) as router:
            wait_for_standing(router, "e0", "up")
            with no_descriptor_left(router):
                asked = len(well.questions())
                time.sleep(1)
                assert len(well.questions()) <= asked + 1, "the test takes away what probes need"
            wait_for(lambda: len(well.questions()) > asked + 3, 5, "further probes")
            assert logged(router, "endpoint down") == []
            assert sample(router, 'routerc_probes_total{result="failed"}') == 0


def test_the_router_ends_at_once_while_probes_hang(tmp_path):
    with ListServer({}) as server:
        server.fault = hang
        with Router(tmp_path, spec_of(llama(server), health="health: { timeout: 1m }")) as router:
            wait_for(lambda: server.questions())
            began = time.monotonic()
            router.stop()
            assert time.monotonic() - began < 3
