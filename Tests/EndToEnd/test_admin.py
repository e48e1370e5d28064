"""The admin address: who may come in, what is answered, and what slow clients do to others."""

import threading
import time

import pytest

from processes import wait_for
from raw_http import RawClient, ask, head
from raw_upstream import RawUpstream
from routerc import Router, milliseconds_since, run
from specs import ALICE, BOB, CREDENTIAL, GONE, PINNED, STRANGER, fingerprint, one_pool
from streams import StreamReader, join_all

RELOAD = "/-/reload"
READS = ["/status", "/metrics"]
BEARER = "Authorization"


@pytest.fixture
def fresh(first, tmp_path):
    with Router(tmp_path, one_pool(first)) as router:
        yield router


def other_pool(server):
    return one_pool(server).replace("main", "other")


# What is answered

@pytest.mark.parametrize("path", READS)
def test_get_and_head(router, path):
    got = router.ask_admin("GET", path)
    assert got.status == 200 and got.body
    headed = router.ask_admin("HEAD", path, to_head=True)
    assert headed.status == 200 and headed.body == b""
    assert int(headed.field("content-length")) > 0
    assert headed.field("content-type") == got.field("content-type")


@pytest.mark.parametrize("method, path, status, code, allow", [
    ("GET", "/", 404, "unknown_url", None),
    ("POST", "/nothing", 404, "unknown_url", None),
    ("GET", "/status/", 404, "unknown_url", None),
    ("POST", "/status", 405, "method_not_allowed", "GET, HEAD"),
    ("DELETE", "/metrics", 405, "method_not_allowed", "GET, HEAD"),
    ("GET", RELOAD, 405, "method_not_allowed", "POST"),
    ("HEAD", RELOAD, 405, None, "POST"),
    ("PUT", RELOAD, 405, "method_not_allowed", "POST"),
])
def test_errors_are_json(router, method, path, status, code, allow):
    answer = router.ask_admin(method, path, to_head=method == "HEAD")
    assert (answer.status, answer.field("allow")) == (status, allow)
    assert answer.field("content-type") == "application/json"
    if code:
        assert answer.error_code == code and answer.json["error"]["message"]


def test_what_is_no_http_is_told_so(router):
    answer = ask(router.admin, b"nonsense\r\n\r\n")
    assert (answer.status, answer.error_code) == (400, "malformed_request")
    for fields in ([], [("Host", "localhost")]):
        answer = ask(router.admin, head("GET", "/status", fields, host=None))
        assert answer.status == (200 if fields else 400)
    answer = ask(router.admin, head("GET", "/status", [("Host", "localhost")]))
    assert answer.status == 400
    assert ask(router.admin, head("GET", "/status", version="HTTP/1.0", host=None)).status == 200


def test_a_body_nobody_needs_has_a_limit(router):
    assert router.ask_admin("GET", "/status", body=b"x" * 4096).status == 200
    with RawClient(router.admin) as client:
        client.send(head("POST", RELOAD, [("Content-Length", 1 << 20)]) + b"x" * 5000)
        answer = client.read_answer()
    assert (answer.status, answer.error_code) == (413, "request_too_large")


def test_status_for_people(router):
    answer = router.ask_admin("GET", "/status?format=text")
    assert answer.status == 200
    assert answer.field("content-type") == "text/plain; charset=utf-8"
    assert router.status()["table"]["digest"] in answer.body.decode()
    assert router.ask_admin("GET", "/none?format=text").body == b"There is nothing at this URL.\n"


# Reload

def test_a_reload_is_answered_when_it_is_done(fresh, first):
    digest = fresh.compile(other_pool(first))
    answer = fresh.ask_admin("POST", RELOAD)
    assert answer.status == 200
    assert answer.json == {"result": "ok", "reason": None, "digest": digest, "generation": 2,
                           "duration_us": answer.json["duration_us"]}
    assert fresh.status()["table"] == {"digest": digest, "generation": 2,
                                       "spec": str(fresh.table)}
    assert fresh.reload_records()[-1]["message"] == "table swapped"
    # The same table again is a reload too: its secrets are read anew.
    assert fresh.ask_admin("POST", RELOAD).json["generation"] == 3


def test_a_refusal_says_why_and_what_stays(fresh):
    fresh.table.write_bytes(b"no table at all")
    answer = fresh.ask_admin("POST", RELOAD)
    assert answer.status == 422
    assert answer.json["result"] == "refused"
    assert answer.json["reason"] == fresh.reload_records()[-1]["reason"]
    assert (answer.json["digest"], answer.json["generation"]) == (fresh.digest, 1)
    assert fresh.status()["last_reload"]["reason"] == answer.json["reason"]


def test_a_spec_with_a_mistake_is_named(first, tmp_path):
    router = Router(tmp_path, one_pool(first))
    router.table = tmp_path / "router.yaml"
    with router:
        router.table.write_text(router.spec_text(one_pool(first)).replace("pools:", "polls:"))
        answer = router.ask_admin("POST", RELOAD)
        assert answer.status == 422
        assert "R101" in answer.json["reason"] and "router.yaml" in answer.json["reason"]


def test_reloads_that_are_asked_together_are_all_answered(fresh):
    count = 30
    answers = []
    threads = [threading.Thread(
        target=lambda: answers.append(fresh.ask_admin("POST", RELOAD))) for _ in range(count)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        fresh.signal(1)
    for thread in threads:
        thread.join(20)
    assert [answer.status for answer in answers] == [200] * count
    assert {answer.json["digest"] for answer in answers} == {fresh.digest}
    generations = [answer.json["generation"] for answer in answers]
    last = wait_for(lambda: fresh.status()["table"]["generation"])
    # One reload may answer several, and none is made for nobody.
    assert 2 <= min(generations) and max(generations) <= last <= count + 5 + 1
    assert len(fresh.reload_records()) == last - 1


def test_a_reload_that_moves_the_admin_address_is_still_answered(fresh, first):
    old = fresh.admin
    moved = Router(fresh.folder, one_pool(first), address=fresh.address)
    answer = fresh.ask_admin("POST", RELOAD)
    assert answer.status == 200 and answer.json["digest"] == moved.digest
    assert ask(moved.admin, head("GET", "/status")).json["table"]["generation"] == 2
    with pytest.raises(ConnectionRefusedError):
        ask(old, head("GET", "/status"))
    # And back, over both.
    Router.compile(fresh, one_pool(first))
    assert ask(moved.admin, head("POST", RELOAD, [("Content-Length", 0)])).status == 200
    assert fresh.status()["table"]["generation"] == 3


def test_a_process_that_stops_reloads_no_more(fresh):
    reader = StreamReader(fresh.address, events=100, interval_ms=20)
    reader.start()
    wait_for(lambda: reader.indices)
    fresh.signal(15)
    wait_for(lambda: fresh.status()["draining"])
    answer = fresh.ask_admin("POST", RELOAD)
    assert (answer.status, answer.error_code) == (503, "stopping")
    assert b"routerc_draining 1\n" in fresh.ask_admin("GET", "/metrics").body
    join_all([reader], 10)
    assert fresh.wait_for_end() == 0


def test_a_client_that_leaves_before_its_reload_is_done(fresh):
    for _ in range(10):
        with RawClient(fresh.admin) as client:
            client.send(head("POST", RELOAD, [("Content-Length", 0)]))
            client.reset()
    wait_for(lambda: fresh.ask_admin("POST", RELOAD).status == 200)
    assert fresh.status()["draining"] is False


# Browsers

@pytest.mark.parametrize("host, status", [
    ("127.0.0.1", 200), ("127.0.0.1:9901", 200), ("localhost:1", 200), ("[::1]:9901", 200),
    ("10.1.2.3", 200), ("evil.example", 403), ("evil.example:9901", 403),
    ("127.0.0.1.evil.example", 403), ("localhost.evil.example", 403), ("routerc", 403),
])
def test_a_name_that_was_made_to_lead_here_is_refused(router, host, status):
    for path in READS:
        answer = ask(router.admin, head("GET", path, host=host))
        assert answer.status == status
        assert status == 200 or answer.error_code == "host_not_local"


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:9901", "null"])
def test_a_page_may_change_nothing(fresh, origin):
    answer = fresh.ask_admin("POST", RELOAD, [("Origin", origin)])
    assert (answer.status, answer.error_code) == (403, "origin_not_allowed")
    assert fresh.status()["table"]["generation"] == 1
    answer = fresh.ask_admin("GET", "/status", [("Origin", origin)])
    assert answer.status == 200
    assert answer.field("access-control-allow-origin") is None
    assert answer.field("x-content-type-options") == "nosniff"


# Keys

KEYED = f"""
keys:
  - {{ name: ops, secret: "{fingerprint(ALICE)}", admin: true, models: [] }}
  - {{ name: prometheus, secret: "{fingerprint(BOB)}", admin: read }}
  - {{ name: scraper, secret: "{fingerprint(PINNED)}", admin: true, paths: [/metrics] }}
  - {{ name: user, secret: "{fingerprint(CREDENTIAL)}" }}
  - {{ name: gone, secret: "{fingerprint(GONE)}", admin: true, expires: 2020-01-01 }}
"""


@pytest.fixture(scope="module")
def keyed(first, tmp_path_factory):
    spec = one_pool(first) + KEYED
    with Router(tmp_path_factory.mktemp("keyed"), spec, admin="0.0.0.0") as router:
        yield router


@pytest.mark.parametrize("key, read, change", [
    (ALICE, (200, None), (200, None)),
    (BOB, (200, None), (403, "admin_not_allowed")),
    (CREDENTIAL, (403, "admin_not_allowed"), (403, "admin_not_allowed")),
    (GONE, (401, "api_key_expired"), (401, "api_key_expired")),
    (STRANGER, (401, "invalid_api_key"), (401, "invalid_api_key")),
    (None, (401, "api_key_required"), (401, "api_key_required")),
    ("two words", (401, "invalid_api_key"), (401, "invalid_api_key")),
])
def test_beyond_this_machine_a_key_decides(keyed, key, read, change):
    for name, value in [(BEARER, f"Bearer {key}"), ("x-api-key", key)]:
        fields = [] if key is None else [(name, value)]
        asked = [("GET", path, read) for path in READS] + [("POST", RELOAD, change)]
        for method, path, (status, code) in asked:
            answer = keyed.ask_admin(method, path, fields)
            assert answer.status == status, (method, path, answer.body)
            assert code is None or answer.error_code == code
            assert (answer.field("www-authenticate") == "Bearer") == (status == 401)


def test_a_stranger_learns_nothing_of_what_is_there(keyed):
    for method, path in [("GET", "/nothing"), ("GET", RELOAD), ("POST", "/status")]:
        assert keyed.ask_admin(method, path).status == 401


def test_the_paths_of_a_key_hold_here_too(keyed):
    fields = [(BEARER, f"Bearer {PINNED}")]
    assert keyed.ask_admin("GET", "/metrics?x=1", fields).status == 200
    for method, path in [("GET", "/status"), ("POST", RELOAD), ("GET", "/metrics/")]:
        answer = keyed.ask_admin(method, path, fields)
        assert (answer.status, answer.error_code) == (403, "path_not_allowed")


GOOD = (BEARER, f"Bearer {ALICE}")


@pytest.mark.parametrize("fields, status", [
    ([GOOD], 200),
    ([GOOD, ("x-api-key", ALICE)], 200),
    ([GOOD, ("api-key", ALICE), ("x-api-key", ALICE)], 200),
    ([GOOD, ("x-api-key", BOB)], 401),
    ([("x-api-key", BOB), GOOD], 401),
    ([GOOD, GOOD], 401),
    ([GOOD, ("x-api-key", "")], 401),
    ([("x-api-key", ALICE), ("x-api-key", ALICE)], 401),
    ([(BEARER, f"Basic {ALICE}")], 401),
    ([(BEARER, f"Basic {ALICE}"), ("x-api-key", ALICE)], 401),
])
def test_two_keys_are_none_on_either_address(keyed, fields, status):
    for answer in (keyed.ask_admin("GET", "/status", fields),
                   keyed.ask(head("GET", "/v1/models", fields))):
        assert answer.status == status, answer.body
        assert status == 200 or answer.error_code == "invalid_api_key"


def test_a_page_may_change_nothing_with_a_key_either(keyed):
    fields = [(BEARER, f"Bearer {ALICE}"), ("Origin", "http://evil.example")]
    assert keyed.ask_admin("POST", RELOAD, fields).status == 403
    # No name is refused where a key is asked for.
    request = head("GET", "/status", fields, host="router.example")
    assert ask(keyed.admin, request).status == 200


def test_a_key_loses_its_right_with_the_next_table(first, tmp_path):
    with Router(tmp_path, one_pool(first) + KEYED, admin="0.0.0.0") as router:
        fields = [(BEARER, f"Bearer {BOB}")]
        assert router.ask_admin("GET", "/status", fields).status == 200
        router.reload(one_pool(first) + KEYED.replace("admin: read", "admin: false"))
        assert router.ask_admin("GET", "/status", fields).status == 403


def test_this_machine_needs_no_key(first, tmp_path):
    """On loopback and on a unix socket keys are not even looked at."""
    for name, admin in (("loopback", "127.0.0.1"), ("unix", f"unix:{tmp_path}/admin.sock")):
        folder = tmp_path / name
        folder.mkdir()
        with Router(folder, one_pool(first) + KEYED, admin=admin) as router:
            for fields in ([], [(BEARER, f"Bearer {STRANGER}")]):
                assert router.ask_admin("GET", "/status", fields).status == 200
                assert router.ask_admin("POST", RELOAD, fields).status == 200
            named = ask(router.admin, head("GET", "/status", host="any.name"))
            assert named.status == (200 if name == "unix" else 403)


def test_an_exposed_address_without_a_key_is_an_error(first, tmp_path):
    spec = tmp_path / "router.yaml"
    spec.write_text('admin: { address: "0.0.0.0:9901" }\n' + one_pool(first))
    done = run("check", spec, check=1)
    assert "error[R316]" in done.stderr


# Slow clients

def test_slow_clients_are_let_go_and_hold_up_nobody(fresh):
    """32 may be connected; those that say nothing have ten seconds."""
    start_ns = time.monotonic_ns()
    slow = [RawClient(fresh.admin, timeout=20) for _ in range(31)]
    for client in slow:
        client.send(b"GET /status HTTP/1.1\r\nHost: localhost\r\n")
    # One place is left.
    assert fresh.ask_admin("GET", "/status").status == 200
    slow.append(RawClient(fresh.admin, timeout=20))
    time.sleep(0.2)
    with RawClient(fresh.admin, timeout=20) as waiting:
        waiting.send(head("GET", "/status"))
        assert waiting.has_silence(1)
        for client in slow:
            with client:
                answer = client.read_answer()
                assert (answer.status, answer.error_code) == (408, "request_timeout")
                assert client.is_at_end()
        assert 9_000 < milliseconds_since(start_ns) < 13_000
        assert waiting.read_answer().status == 200


# Commands

def test_routerc_reload(fresh, first, tmp_path):
    digest = fresh.compile(other_pool(first))
    done = run("reload", "--admin", fresh.admin, check=0)
    assert digest in done.stdout and "generation 2" in done.stdout and done.stderr == ""
    done = run("reload", "--admin", fresh.admin, "--format", "json", check=0)
    assert '"result":"ok"' in done.stdout
    fresh.table.write_bytes(b"no table")
    done = run("reload", "--admin", fresh.admin, check=1)
    assert done.stdout == "" and "table refused" in done.stderr
    done = run("reload", "--admin", fresh.admin, "--format", "json", check=1)
    assert '"result":"refused"' in done.stdout
    assert run("reload", "--admin", fresh.address, check=3).stderr
    done = run("reload", "--admin", "127.0.0.1:1", check=3)
    assert "cannot reach 127.0.0.1:1: Connection refused" in done.stderr
    assert run("reload", "--admin", f"unix:{tmp_path}/none.sock", check=3).stderr
    assert run("reload", "--admin", "nowhere", check=2).stderr
    assert run("reload", check=2).stderr


def test_routerc_status(router):
    done = run("status", "--admin", router.admin, check=0)
    assert router.digest in done.stdout
    assert all(line.strip() for line in done.stdout.splitlines())
    done = run("status", "--admin", router.admin, "--format", "json", check=0)
    assert f'"digest":"{router.digest}"' in done.stdout


def test_an_answer_without_end_is_given_up():
    def behave(connection):
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"10000\r\n%s\r\n" % (b"x" * 0x10000))

    with RawUpstream(behave) as server:
        done = run("status", "--admin", f"127.0.0.1:{server.port}", check=3)
    assert done.stdout == "" and "the answer is larger than 16 MiB" in done.stderr


def test_the_commands_show_a_key(keyed, tmp_path):
    path = tmp_path / "key"
    for key, status, reload in ((ALICE, 0, 0), (BOB, 0, 1), (CREDENTIAL, 1, 1)):
        path.write_text(key + "\n")
        arguments = ["--admin", keyed.admin, "--key-file", path]
        assert run("status", *arguments).returncode == status
        done = run("reload", *arguments)
        assert done.returncode == reload
        assert reload == 0 or "This API key may not do this" in done.stderr
    assert run("status", "--admin", keyed.admin, check=1).stderr
    path.write_text("two words")
    assert run("status", "--admin", keyed.admin, "--key-file", path, check=2).stderr
    missing = run("status", "--admin", keyed.admin, "--key-file", tmp_path / "none", check=3)
    assert "none" in missing.stderr


def test_the_commands_over_a_socket(first, tmp_path):
    with Router(tmp_path, one_pool(first), admin=f"unix:{tmp_path}/admin.sock") as router:
        assert router.digest in run("status", "--admin", router.admin, check=0).stdout
        assert "generation 2" in run("reload", "--admin", router.admin, check=0).stdout
