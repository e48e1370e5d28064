"""`listen.trusted_proxies`: who the client of a record is, whatever anybody claims."""

import pytest

from processes import wait_for
from raw_http import RawClient, ask, head, post
from raw_upstream import Recorder
from routerc import Router
from specs import CHAT, chat, one_pool, stream

CLIENT = "203.0.113.9"
FORWARDED = "X-Forwarded-For"
TRUSTED = {"trusted_proxies": ["127.0.0.1", "10.0.0.0/8", '"fd00::/8"']}


@pytest.fixture(scope="module")
def trusting(first, tmp_path_factory):
    """A router that trusts this machine and 10.0.0.0/8."""
    with Router(tmp_path_factory.mktemp("trusting"), one_pool(first),
                listen={**TRUSTED, "max_head": "1MiB"}) as router:
        yield router


def records(router):
    """The records of requests, without those of the start, which may come late."""
    return [record for record in router.log_records()
            if record["message"] == "request" and record["path"] != "/ready"]


def client_of(router, request):
    """The client in the record that a request leaves."""
    seen = len(records(router))
    answer = router.ask(request)
    wait_for(lambda: len(records(router)) > seen, what="a record")
    assert records(router)[seen]["status"] == answer.status < 500
    return records(router)[seen].get("client")


def request(*values):
    return post(CHAT, chat(), fields=[(FORWARDED, value) for value in values])


@pytest.mark.parametrize("values, client", [
    ([], "127.0.0.1"), ([CLIENT], CLIENT), ([f"6.6.6.6, {CLIENT}, 10.1.2.3"], CLIENT),
    (["6.6.6.6", CLIENT, "10.1.2.3"], CLIENT), ([f"{CLIENT}:4711"], CLIENT),
    (["[2001:DB8::0:7]:8"], "2001:db8::7"), (["::ffff:203.0.113.9"], CLIENT),
    ([f'"{CLIENT}"'], "127.0.0.1"), (["fe80::1%eth0"], "127.0.0.1"),
    ([f"{CLIENT}, unknown, 10.1.2.3"], "10.1.2.3"), ([""], "127.0.0.1"),
    ([CLIENT + ", " + ", ".join(["10.1.2.3"] * 5000)], "10.1.2.3"),
    ([CLIENT, *["10.1.2.3"] * 120], "10.1.2.3"), (["1" * 900_000], "127.0.0.1"),
    (["," * 900_000], "127.0.0.1"), ([CLIENT + " " * 900_000], CLIENT),
    ([f"{CLIENT}\t,\t10.1.2.3"], CLIENT), ([f"{CLIENT} level=error"], "127.0.0.1"),
])
def test_the_client_is_whom_trusted_proxies_name(trusting, values, client):
    fields = [(FORWARDED, value) for value in values]
    assert client_of(trusting, head("GET", "/health", fields)) == client


@pytest.mark.parametrize("data, client", [
    (request(CLIENT), CLIENT),
    (head("GET", "/no/such", [(FORWARDED, CLIENT)]), CLIENT),
    (post(CHAT, stream(), fields=[(FORWARDED, CLIENT)]), CLIENT),
    # What could not be understood says nothing of anybody.
    (head("GET", "/", [(FORWARDED, CLIENT), ("Bad name", "x")]), "127.0.0.1"),
])
def test_every_record_has_it(trusting, data, client):
    assert client_of(trusting, data) == client


def test_a_client_that_left_has_an_address(trusting, first):
    first.order("hang")
    seen = len(records(trusting))
    with trusting.client() as client:
        client.send(request(CLIENT))
        wait_for(lambda: first.stats()["requests"] > 0)
    wait_for(lambda: len(records(trusting)) > seen, what="a record")
    record = records(trusting)[seen]
    assert (record["outcome"], record["client"]) == ("clientGone", CLIENT)


def test_requests_that_run_at_once_keep_their_own(trusting):
    seen = len(records(trusting))
    clients = [trusting.client() for _ in range(8)]
    names = [f"203.0.113.{index}" for index in range(8)]
    for client, name in zip(clients, names):
        client.send(post(CHAT, stream(), fields=[(FORWARDED, name)]))
    for client in clients:
        assert client.read_answer().status == 200
        client.close()
    wait_for(lambda: len(records(trusting)) >= seen + 8, what="the records")
    assert sorted(record["client"] for record in records(trusting)[seen:]) == names


def test_without_the_list_the_peer_is_the_client(first, tmp_path):
    with Router(tmp_path, one_pool(first)) as router:
        assert client_of(router, request(CLIENT)) == "127.0.0.1"


def test_who_is_not_trusted_is_not_believed(first, tmp_path):
    with Router(tmp_path, one_pool(first), listen={"trusted_proxies": ["10.0.0.0/8"]}) as router:
        assert client_of(router, request(CLIENT)) == "127.0.0.1"
        assert client_of(router, request("10.0.0.1")) == "127.0.0.1"
        router.reload(one_pool(first), listen=TRUSTED)
        assert client_of(router, request(CLIENT)) == CLIENT


def test_a_socket_for_both_shows_four_numbers(first, tmp_path):
    port = Router(tmp_path, one_pool(first)).address.rsplit(":", 1)[1]
    with Router(tmp_path, one_pool(first), address=f"127.0.0.1:{port}",
                listen={**TRUSTED, "address": f'"[::]:{port}"'}) as router:
        assert client_of(router, request()) == "127.0.0.1"
        assert client_of(router, request(CLIENT)) == CLIENT
        seen = len(records(router))
        with RawClient(f"::1:{port}") as client:
            assert client.ask(request(CLIENT)).status == 200
        wait_for(lambda: len(records(router)) > seen, what="a record")
        assert records(router)[seen]["client"] == "::1"


@pytest.mark.parametrize("listen, client", [({}, "unix"), (TRUSTED, CLIENT)])
def test_peers_on_a_socket_of_this_machine(first, tmp_path, listen, client):
    address = f"unix:{tmp_path}/router.sock"
    with Router(tmp_path, one_pool(first), listen=listen, address=address) as router:
        assert client_of(router, request(CLIENT)) == client
        assert client_of(router, request()) == "unix"


def test_the_field_goes_upstream_as_it_came(tmp_path):
    with Recorder() as upstream, Router(
            tmp_path, one_pool(upstream), listen=TRUSTED) as router:
        router.ask(request("a, b", CLIENT))
        router.ask(request())
    assert upstream.requests[0].values(FORWARDED) == ["a, b", CLIENT]
    assert upstream.requests[1].values(FORWARDED) == []


def test_it_lets_nobody_in(first, tmp_path):
    """An address is for records: the key decides, and the admin address asks its own peer."""
    spec = one_pool(first, anonymous="deny")
    with Router(tmp_path, spec, listen={"trusted_proxies": ["127.0.0.1"]}) as router:
        answer = router.ask(request("127.0.0.1"))
        assert (answer.status, answer.error_code) == (401, "api_key_required")
        fields = [(FORWARDED, CLIENT)]
        assert ask(router.admin, head("GET", "/status", fields)).status == 200
