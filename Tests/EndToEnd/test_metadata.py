"""What answers say of the way they came, and what requests are called."""

import json
import re

import openai
import pytest

from processes import wait_for
from raw_http import chunked, events, head, post
from raw_upstream import Scripted
from routerc import Router
from specs import ALICE, CHAT, MESSAGES, PINNED, chat, fingerprint, stream

CLOSED = "http://127.0.0.1:9"
FRESH = re.compile("[0-9a-f]{32}")
OWN = "x-routerc-"


def pool(*urls, place="", extra="", timeouts="", keys=""):
    """One pool for everything, `main`; its endpoints are e0, e1 and so on."""
    members = "\n".join(f'      - {{ name: e{index}, url: "{url}" }}'
                        for index, url in enumerate(urls))
    return f"""
{place and f"response_metadata: {place}"}
{timeouts and f"defaults: {{ timeouts: {{ {timeouts} }} }}"}
{keys or "anonymous: allow"}
pools:
  - name: main
    endpoints:
{members}
models:
  - {{ match: renamed, pool: main, send_as: 'real "name" of it, 100% \u00e9' }}
  - {{ match: same, pool: main, send_as: same }}
  - {{ match: "*", pool: main }}
{extra}
"""


KEYS = f"""
keys:
  - {{ name: alice, secret: "{fingerprint(ALICE)}" }}
  - {{ name: pinned, secret: "{fingerprint(PINNED)}", pin: main }}
"""


def routed(folder, *urls, **options):
    """On one loop, so that turns are in order."""
    return Router(folder, pool(*urls, **options), arguments=("--loops", "1"))


def way(answer):
    """What an answer says in its head, without what all fields have in front."""
    own = [(name[len(OWN):], value) for name, value in answer.fields if name.startswith(OWN)]
    assert len(own) == len(dict(own)), f"a field twice: {own}"
    return dict(own)


def request_id(answer):
    """What its request is called; every answer says so once."""
    found = [value for name, value in answer.fields if name == "x-request-id"]
    assert len(found) == 1, found
    return found[0]


@pytest.fixture
def scripted():
    with Scripted() as upstream:
        yield upstream


@pytest.fixture
def one(first, tmp_path):
    with routed(tmp_path, first.url) as router:
        yield router


def seen_ids(server):
    return [[value for name, value in seen["fields"] if name == "x-request-id"]
            for seen in server.requests()]


# Heads

@pytest.mark.parametrize("body", [chat(), stream()], ids=["answer", "stream"])
def test_an_answer_says_which_way_it_came(first, one, body):
    answer = one.ask(post(CHAT, body))
    assert answer.status == 200
    assert way(answer) == {
        "pool": "main", "endpoint": "e0", "attempts": "1", "table": one.digest[:12]}
    assert one.digest.startswith(one.status()["table"]["digest"][:12])
    assert FRESH.fullmatch(request_id(answer))
    assert seen_ids(first) == [[request_id(answer)]]
    if body["messages"] and body.get("stream"):
        assert events(answer.body)[1]


def test_no_two_requests_are_called_the_same(one):
    with one.client() as client:
        ids = {request_id(client.ask(post(CHAT, chat()))) for _ in range(50)}
        ids |= {request_id(one.ask(head("GET", "/health"))) for _ in range(10)}
    assert len(ids) == 60


def test_a_second_attempt_is_counted_and_named(first, tmp_path):
    with routed(tmp_path, CLOSED, first.url) as router:
        ways = [way(router.ask(post(CHAT, chat()))) for _ in range(2)]
    assert sorted((way["attempts"], way["endpoint"]) for way in ways) == [("1", "e1"), ("2", "e1")]


def test_an_error_of_ours_says_who_was_asked(tmp_path):
    with routed(tmp_path, CLOSED) as router:
        answer = router.ask(post(CHAT, chat()))
        assert answer.status == 502 and FRESH.fullmatch(request_id(answer))
        assert way(answer) == {
            "pool": "main", "endpoint": "e0", "attempts": "3", "table": router.digest[:12]}


def test_a_pool_without_an_endpoint_to_try(tmp_path):
    with routed(tmp_path, "http://nowhere.invalid:1") as router:
        answer = router.ask(post(CHAT, chat()))
        assert answer.status == 503 and request_id(answer)
        assert way(answer) == {"pool": "main", "attempts": "0", "table": router.digest[:12]}


def test_an_error_of_the_endpoint_passes_with_the_way(first, one):
    first.order("status=400")
    answer = one.ask(post(CHAT, chat()))
    assert answer.status == 400 and b"asked_for" in answer.body
    assert way(answer)["endpoint"] == "e0" and way(answer)["attempts"] == "1"


def test_what_no_endpoint_was_asked_for(first, tmp_path):
    with routed(tmp_path, first.url, keys=KEYS) as router:
        for text, status in [
            (post(CHAT, chat()), 401), (post(CHAT, chat(), "sk-e2e-nobody-00000000"), 401),
            (post(CHAT, b"{", ALICE), 400), (head("GET", "/v1/nothing"), 401),
            (head("GET", "/health"), 200), (head("HEAD", "/ready"), 200),
            (head("OPTIONS", CHAT, [("Authorization", f"Bearer {ALICE}")]), 204),
            (head("GET", "/v1/models", [("Authorization", f"Bearer {ALICE}")]), 200),
            (b"GET / HTTP/1.1\r\nbroken\r\n\r\n", 400), (b"GET / HTTP/3.0\r\n\r\n", 505),
        ]:
            answer = router.ask(text, to_head=text.startswith(b"HEAD"))
            assert (answer.status, way(answer)) == (status, {}), text
            assert FRESH.fullmatch(request_id(answer)), text


def test_lists_that_have_not_changed_and_heads_that_never_come(first, tmp_path):
    with Router(tmp_path, pool(first.url), listen={"timeouts": "{ head: 300ms }"}) as router:
        tag = router.ask(head("GET", "/v1/models")).field("etag")
        answer = router.ask(head("GET", "/v1/models", [("If-None-Match", tag)]))
        assert answer.status == 304 and FRESH.fullmatch(request_id(answer))
        answer = router.ask(b"GET / HTTP/1.1\r\nHost:")
        assert answer.status == 408 and FRESH.fullmatch(request_id(answer))


@pytest.mark.parametrize("top, method", [
    (b"204 No Content\r\n", "DELETE"), (b"304 Not Modified\r\nContent-Length: 9\r\n", "GET"),
    (b"200 OK\r\nContent-Length: 9\r\n", "HEAD"), (b"200 OK\r\nContent-Length: 0\r\n", "GET"),
])
def test_a_pinned_key_and_answers_without_a_body(scripted, tmp_path, top, method):
    with routed(tmp_path, scripted.url, keys=KEYS) as router:
        scripted.say([b"HTTP/1.1 " + top + b"\r\n"], ends=False)
        answer = router.ask(head(method, "/slots/0", [("Authorization", f"Bearer {PINNED}")]),
                            to_head=True)
        assert answer.status == int(top[:3])
        assert way(answer)["pool"] == "main" and way(answer)["endpoint"] == "e0"
        assert request_id(answer) == scripted.requests[0].values("x-request-id")[0]


def test_interim_answers_say_nothing(one):
    text = post(CHAT, chat(), fields=[("Expect", "100-continue")])
    top, body = text.split(b"\r\n\r\n", 1)
    with one.client() as client:
        client.send(top + b"\r\n\r\n")
        interim = client.read_head()
        assert (interim.status, interim.fields) == (100, [])
        assert way(client.ask(body))["pool"] == "main"


def test_a_client_of_http_1_0(one):
    text = post(CHAT, stream()).replace(b"HTTP/1.1", b"HTTP/1.0", 1)
    answer = one.ask(text)
    assert way(answer)["endpoint"] == "e0" and request_id(answer)
    assert events(answer.body)[1]


def test_an_endpoint_without_a_name_is_not_named(first, tmp_path):
    spec = f"""
anonymous: allow
pools: [{{ name: main, endpoints: ["{first.url}"], models: ["*"] }}]
"""
    with Router(tmp_path, spec) as router:
        answer = router.ask(post(CHAT, chat()))
        assert set(way(answer)) == {"pool", "attempts", "table"}
        assert str(first.url.rsplit(":", 1)[1]) not in str(answer.fields)


def test_the_model_is_named_where_another_was_sent(first, one):
    answer = one.ask(post(CHAT, chat("renamed")))
    sent = 'real "name" of it, 100% \u00e9'
    assert answer.json["model"] == sent
    assert way(answer)["model"] == 'real%20"name"%20of%20it,%20100%25%20%C3%A9'
    assert "model" not in way(one.ask(post(CHAT, chat("same"))))
    assert "model" not in way(one.ask(post(CHAT, chat("other"))))


def test_nothing_is_shown_where_nothing_shall_be(first, tmp_path):
    with routed(tmp_path, first.url, CLOSED, place="none") as router:
        for body in (chat(), stream(), chat("renamed"), chat()):
            answer = router.ask(post(CHAT, body))
            assert (answer.status, way(answer)) == (200, {})
            assert FRESH.fullmatch(request_id(answer))
        router.reload(pool(CLOSED, place="none"))
        answer = router.ask(post(CHAT, chat()))
        assert (answer.status, way(answer)) == (502, {}) and request_id(answer)


# Ids

@pytest.mark.parametrize("name", ["x-request-id", "X-Request-ID"])
@pytest.mark.parametrize("value", ["a", "7f6c1c0e-6c3f-4a44-9c54-1f1f4a8a6f10", "x" * 128])
def test_the_clients_own_id_is_used(first, one, name, value):
    answer = one.ask(post(CHAT, chat(), fields=[(name, value)]))
    assert request_id(answer) == value
    assert seen_ids(first) == [[value]]
    wait_for(lambda: any(record.get("request_id") == value for record in one.log_records()))


@pytest.mark.parametrize("fields", [
    ["a", "b"], ["a", "a"], [""], ["a b"], ["a,b"], ['"a"'], ["x" * 129], ["caf\u00e9"],
], ids=str)
def test_one_that_cannot_be_used_gives_way(first, one, fields):
    answer = one.ask(post(CHAT, chat(), fields=[("X-Request-Id", value) for value in fields]))
    assert FRESH.fullmatch(request_id(answer))
    assert seen_ids(first) == [[request_id(answer)]]


def test_one_that_ends_here_is_not_used(first, one):
    fields = [("X-Request-Id", "mine"), ("Connection", "x-request-id")]
    answer = one.ask(post(CHAT, chat(), fields=fields))
    assert FRESH.fullmatch(request_id(answer))
    assert seen_ids(first) == [[request_id(answer)]]


def test_own_answers_have_the_clients_id(one):
    answer = one.ask(head("GET", "/v1/nothing", [("x-request-id", "mine")]))
    assert answer.status == 404 and request_id(answer) == "mine"


def test_an_endpoints_own_header_wins(first, tmp_path):
    spec = pool(first.url).replace(
        f'url: "{first.url}"', f'url: "{first.url}", headers: {{ x-request-id: fixed }}')
    with Router(tmp_path, spec) as router:
        for fields in ([], [("x-request-id", "mine")]):
            first.forget()
            answer = router.ask(post(CHAT, chat(), fields=fields))
            assert request_id(answer) == "mine" if fields else FRESH.fullmatch(request_id(answer))
            assert seen_ids(first) == [["fixed"]]


def test_a_header_that_carries_keys_is_no_id(first, tmp_path):
    with Router(tmp_path, pool(first.url, keys=KEYS),
                listen={"key_headers": ["x-request-id"]}) as router:
        answer = router.ask(post(CHAT, chat(), fields=[("x-request-id", ALICE)]))
        assert answer.status == 200 and FRESH.fullmatch(request_id(answer))
        assert ALICE not in str(first.requests()) and ALICE not in router.log_text()


def test_a_key_in_the_place_of_an_id_is_not_logged(first, tmp_path):
    odd = "e2e:odd:key:without:a:prefix:5c1f"
    keys = KEYS + f'  - {{ name: odd, secret: "{fingerprint(odd)}" }}\n'
    with routed(tmp_path, first.url, keys=keys) as router:
        cases = [(ALICE, ALICE), (odd, odd), (None, odd), (None, ALICE), ("sk-e2e-wrong-1", odd)]
        for key, value in cases:
            router.ask(post(CHAT, chat(), key, [("x-request-id", value)]))
        router.ask(post(CHAT, chat(), ALICE, [("x-request-id", "the-last")]))
        wait_for(lambda: "the-last" in router.log_text())
        assert ALICE not in router.log_text() and odd not in router.log_text()


def test_records_have_the_id_of_the_answer(one):
    answers = [one.ask(post(CHAT, body)) for body in (chat(), stream(), b"{")]

    def logged():
        return {record["request_id"] for record in one.log_records()
                if record["message"] == "request" and record["path"] == CHAT}
    wait_for(lambda: logged() >= {request_id(answer) for answer in answers})


# What upstreams say of themselves

def test_nobody_else_says_which_way_an_answer_came(scripted, tmp_path):
    with routed(tmp_path, scripted.url) as router:
        scripted.say([b"HTTP/1.1 200 OK\r\nX-Routerc-Pool: forged\r\nx-routerc-other: forged\r\n"
                      b"X-Request-Id: req_abc\r\nx-routercx: kept\r\nContent-Length: 2\r\n\r\n{}"],
                     ends=False)
        answer = router.ask(post(CHAT, chat()))
        assert way(answer)["pool"] == "main" and "forged" not in str(answer.fields)
        assert answer.field("x-routercx") == "kept"
        assert FRESH.fullmatch(request_id(answer))
        assert answer.field("x-upstream-request-id") == "req_abc"


def test_an_upstream_that_repeats_our_id(scripted, tmp_path):
    with routed(tmp_path, scripted.url) as router:
        scripted.say([b"HTTP/1.1 200 OK\r\nX-Request-Id: mine\r\nContent-Length: 2\r\n\r\n{}"],
                     ends=False)
        answer = router.ask(post(CHAT, chat(), fields=[("x-request-id", "mine")]))
        assert request_id(answer) == "mine"
        assert answer.field("x-upstream-request-id") is None


# The official client

def test_the_official_client_sees_the_id(first, tmp_path):
    with routed(tmp_path, first.url, keys=KEYS) as router:
        chats = router.openai(ALICE).chat.completions
        answer = chats.create(model="alpha", messages=MESSAGES)
        assert FRESH.fullmatch(answer._request_id)
        raw = chats.with_raw_response.create(
            model="renamed", messages=MESSAGES, extra_headers={"x-request-id": "mine"})
        assert raw.request_id == "mine"
        assert raw.headers["x-routerc-pool"] == "main" and raw.headers["x-routerc-attempts"] == "1"
        with chats.with_streaming_response.create(
                model="alpha", messages=MESSAGES, stream=True) as streamed:
            assert streamed.headers["x-routerc-endpoint"] == "e0"
        with pytest.raises(openai.NotFoundError) as caught:
            router.openai(ALICE).models.retrieve("x" * 300)
        assert FRESH.fullmatch(caught.value.request_id)


# Bodies

def router_object(answer):
    """The member, which stands first; the rest is what the upstream sent."""
    pairs = json.loads(answer.body, object_pairs_hook=lambda found: found)
    assert pairs[0][0] == "router"
    return dict(pairs[0][1]), [name for name, _ in pairs[1:]]


@pytest.fixture
def in_body(scripted, tmp_path):
    with routed(tmp_path, scripted.url, place="body") as router:
        yield router


TYPE = b"Content-Type: application/json\r\n"
TEXT = b'{ "a": 1, "b": {"c": "x"} }'
SHAPES = {
    "length": [b"HTTP/1.1 200 OK\r\n" + TYPE + b"Content-Length: 27\r\n\r\n" + TEXT],
    "chunks": [b"HTTP/1.1 200 OK\r\n" + TYPE + b"Transfer-Encoding: chunked\r\n\r\n"
               + chunked([TEXT[:1], TEXT[1:12], TEXT[12:]])],
    "close": [b"HTTP/1.1 200 OK\r\n" + TYPE + b"Connection: close\r\n\r\n" + TEXT],
}


@pytest.mark.parametrize("version", [b"HTTP/1.1", b"HTTP/1.0"])
@pytest.mark.parametrize("pieces", ["whole", "bytes"])
@pytest.mark.parametrize("shape", SHAPES)
def test_an_object_gets_a_member(in_body, scripted, shape, pieces, version):
    parts = SHAPES[shape]
    if pieces == "bytes":
        top, rest = parts[0].split(b"\r\n\r\n", 1)
        parts = [top + b"\r\n\r\n", 20]
        for index in range(0, len(rest)):
            parts += [rest[index:index + 1], 2]
    scripted.say(parts, ends=shape == "close")
    text = post(CHAT, chat("renamed"), fields=[("x-request-id", "mine")])
    answer = in_body.ask(text.replace(b"HTTP/1.1", version, 1))
    found, rest = router_object(answer)
    assert found == {
        "pool": "main", "endpoint": "e0", "table": in_body.digest[:12], "attempts": 1,
        "model": 'real "name" of it, 100% \u00e9', "request_id": "mine"}
    assert rest == ["a", "b"] and answer.body.endswith(TEXT[1:])
    assert way(answer) == {} and request_id(answer) == "mine"


def test_the_connection_goes_on_behind_it(in_body, scripted):
    with in_body.client() as client:
        for shape in ("length", "chunks", "length"):
            scripted.say(SHAPES[shape], ends=False)
            assert router_object(client.ask(post(CHAT, chat())))[0]["model"] == "alpha"
    assert scripted.connection_count == 1


@pytest.mark.parametrize("body", [b"{}", b"{ \n}"])
def test_an_empty_object(in_body, scripted, body):
    scripted.say([b"HTTP/1.1 200 OK\r\n" + TYPE + b"Content-Length: %d\r\n\r\n" % len(body) + body],
                 ends=False)
    answer = in_body.ask(post(CHAT, chat()))
    assert list(answer.json) == ["router"]


def plain(body, *fields, status=b"200 OK", kind=b"application/json"):
    lines = [b"HTTP/1.1 " + status, b"Content-Type: " + kind, *fields,
             b"Content-Length: %d" % len(body)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


UNCHANGED = {
    "array": plain(b"[1]"),
    "text": plain(b'"router"'),
    "blank": plain(b' {"a":1}'),
    "half": plain(b"{"),
    "no member": plain(b"{a}"),
    "nothing": plain(b""),
    "status": plain(TEXT, status=b"400 Bad Request"),
    "part": plain(TEXT, b"Content-Range: bytes 0-26/27", status=b"206 Partial Content"),
    "type": plain(TEXT, kind=b"text/plain"),
    "coded": plain(TEXT, b"Content-Encoding: gzip"),
    "tag": plain(TEXT, b'ETag: "a"'),
    "digest": plain(TEXT, b"Repr-Digest: sha-256=:AA==:"),
    "kept": plain(TEXT, b"Cache-Control: private, No-Transform"),
    "stream": plain(b"data: {}\n\n", kind=b"text/event-stream"),
}


@pytest.mark.parametrize("name", UNCHANGED)
def test_what_cannot_have_it_says_it_in_its_head(in_body, scripted, name):
    scripted.say([UNCHANGED[name]], ends=False)
    answer = in_body.ask(post(CHAT, chat()))
    assert answer.body == UNCHANGED[name].split(b"\r\n\r\n", 1)[1]
    assert way(answer)["endpoint"] == "e0" and request_id(answer)


def test_streams_and_errors_say_it_in_their_heads(first, tmp_path):
    with routed(tmp_path, first.url, place="body") as router:
        answer = router.ask(post(CHAT, stream()))
        assert way(answer)["endpoint"] == "e0" and events(answer.body)[1]
        router.reload(pool(CLOSED, place="body"))
        answer = router.ask(post(CHAT, chat()))
        assert answer.status == 502 and way(answer)["attempts"] == "3"


def test_an_answer_that_ends_before_its_body_begins_is_tried_again(first, tmp_path, scripted):
    with routed(tmp_path, scripted.url, first.url, place="body") as router:
        for _ in range(2):
            scripted.say([b"HTTP/1.1 200 OK\r\n" + TYPE + b"Content-Length: 9\r\n\r\n", 20],
                         ends=True)
            found, _ = router_object(router.ask(post(CHAT, chat())))
            assert found["endpoint"] == "e1"


def test_the_official_client_reads_the_member(first, tmp_path):
    with routed(tmp_path, first.url, place="body", keys=KEYS) as router:
        answer = router.openai(ALICE).chat.completions.create(model="alpha", messages=MESSAGES)
        assert answer.choices[0].message.content == "hello from first"
        assert answer.model_extra["router"]["pool"] == "main"
        assert answer.model_extra["router"]["request_id"] == answer._request_id


def test_requests_are_whole_behind_all_this(scripted, tmp_path):
    """What goes upstream differs by the id alone."""
    with routed(tmp_path, scripted.url) as router:
        router.ask(post(CHAT, chat()))
        names = [name.lower() for name, _ in scripted.requests[0].fields]
        assert names == ["host", "content-type", "content-length", "x-request-id"]
        assert not scripted.mistakes
