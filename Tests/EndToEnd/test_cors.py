"""`listen.cors`: what pages of other origins may read, and what they are told ahead of asking."""

import pytest

from raw_http import events, head, post
from raw_upstream import Scripted
from routerc import Router
from specs import ALICE, CHAT, PINNED, STRANGER, chat, one_pool, stream, two_pools

CHAT_PAGE = "https://chat.example"
LOCAL_PAGE = "http://localhost:3000"
EVIL = "https://evil.example"
ALLOW = "access-control-allow-origin"
KEY = ("Authorization", f"Bearer {ALICE}")
UNLISTED = [EVIL, "null", "*", CHAT_PAGE + "/", CHAT_PAGE + ":443", CHAT_PAGE.upper(),
            CHAT_PAGE + ".evil.example", "http://chat.example", CHAT_PAGE + "," + LOCAL_PAGE,
            "x" * 8000]


def cors(*origins):
    return {"cors": "{ origins: [" + ", ".join(f'"{origin}"' for origin in origins) + "] }"}


@pytest.fixture(scope="module")
def listing(first, second, tmp_path_factory):
    """A router with keys, which lists two origins."""
    folder = tmp_path_factory.mktemp("listing")
    with Router(folder, two_pools(first, second), listen=cors(CHAT_PAGE, LOCAL_PAGE)) as router:
        yield router


@pytest.fixture(scope="module")
def open_to_all(first, second, tmp_path_factory):
    with Router(tmp_path_factory.mktemp("open"), two_pools(first, second),
                listen=cors("*")) as router:
        yield router


@pytest.fixture(scope="module")
def scripted():
    with Scripted() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def relaying(scripted, tmp_path_factory):
    """Lists an origin, before an upstream that says what a test wants."""
    with Router(tmp_path_factory.mktemp("relaying"), one_pool(scripted),
                listen=cors(CHAT_PAGE)) as router:
        yield router


def values(answer, name):
    return [value for key, value in answer.fields if key == name]


def says_nothing(answer):
    return not [name for name, _ in answer.fields if name.startswith("access-control-")]


def preflight(path=CHAT, origin=CHAT_PAGE, method="POST", fields=()):
    return head("OPTIONS", path, [
        ("Origin", origin), ("Access-Control-Request-Method", method), *fields])


# Preflights

@pytest.mark.parametrize("path", [CHAT, "/v1/models", "/v1/models/family/x", "/stats", "/health",
                                  "/no/such/path", "/v1/models/a%2Fb", "*"])
def test_a_preflight_of_a_listed_origin_needs_no_key(listing, path):
    asked = "authorization,content-type,x-stainless-os"
    answer = listing.ask(preflight(path, fields=[("Access-Control-Request-Headers", asked)]))
    assert answer.status == 204 and answer.body == b""
    assert values(answer, ALLOW) == [CHAT_PAGE]
    methods = answer.field("access-control-allow-methods").split(", ")
    assert {"GET", "POST", "DELETE", "OPTIONS"} <= set(methods)
    assert answer.field("access-control-allow-headers") == asked
    assert int(answer.field("access-control-max-age")) > 0
    vary = ", ".join(values(answer, "vary")).lower()
    assert "origin" in vary.split(", ")
    assert "access-control-request-headers" in vary and "access-control-request-method" in vary
    assert answer.field("access-control-allow-credentials") is None
    assert answer.field("content-length") is None


def test_a_preflight_keeps_the_connection(listing):
    with listing.client() as client:
        for _ in range(3):
            assert client.ask(preflight()).status == 204
        body = head("OPTIONS", CHAT, [
            ("Origin", CHAT_PAGE), ("Access-Control-Request-Method", "POST"),
            ("Content-Length", 5)]) + b"12345"
        assert client.ask(body).status == 204
        assert client.ask(post(CHAT, chat(), ALICE)).status == 200


def test_a_preflight_never_gets_upstream(relaying, scripted):
    scripted.forget()
    assert relaying.ask(preflight("/v1/anything")).status == 204
    assert relaying.ask(preflight(origin=EVIL)).status == 403
    assert scripted.requests == []


@pytest.mark.parametrize("asked", [
    [], [("Access-Control-Request-Headers", "")], [("Access-Control-Request-Headers", "a b")],
    [("Access-Control-Request-Headers", "a,,b")], [("Access-Control-Request-Headers", "a: b")],
    [("Access-Control-Request-Headers", ",".join(["x-very-long-name"] * 100))],
    [("Access-Control-Request-Headers", "a"), ("Access-Control-Request-Headers", "b")],
    [("Access-Control-Request-Headers", "caf\u00e9")],
])
def test_names_that_cannot_be_repeated_get_the_usual_ones(listing, asked):
    answer = listing.ask(preflight(fields=asked))
    assert answer.status == 204
    names = answer.field("access-control-allow-headers").split(", ")
    assert names == ["content-type", "authorization", "x-api-key", "api-key"]


@pytest.mark.parametrize("origin", UNLISTED)
def test_a_preflight_of_another_origin_is_refused(listing, origin):
    answer = listing.ask(preflight(origin=origin))
    assert (answer.status, answer.error_code) == (403, "origin_not_allowed")
    assert says_nothing(answer) and values(answer, "vary") == ["Origin"]


def test_two_origins_are_none(listing):
    answer = listing.ask(preflight(fields=[("Origin", CHAT_PAGE)]))
    assert (answer.status, answer.error_code) == (403, "origin_not_allowed")
    both = [("Origin", CHAT_PAGE), ("Origin", LOCAL_PAGE)]
    answer = listing.ask(post(CHAT, chat(), ALICE, both))
    assert answer.status == 200 and says_nothing(answer)


@pytest.mark.parametrize("path", ["//a", "/v1/../x", "/v1/%2e%2e/x"])
def test_an_unsafe_path_is_refused_first(listing, path):
    answer = listing.ask(preflight(path))
    assert (answer.status, answer.error_code) == (400, "unsafe_path")
    assert values(answer, ALLOW) == [CHAT_PAGE]


@pytest.mark.parametrize("fields", [
    [("Origin", CHAT_PAGE)], [("Access-Control-Request-Method", "POST")], []])
def test_options_that_are_no_preflight_go_on(listing, fields):
    answer = listing.ask(head("OPTIONS", CHAT, fields))
    assert answer.status == 204 and answer.field("allow") == "POST, OPTIONS"
    assert answer.field("access-control-allow-methods") is None
    answer = listing.ask(head("OPTIONS", "/no/such/path", fields))
    assert answer.status == 401


def test_pinned_options_go_upstream_as_before(listing, second):
    fields = [("Authorization", f"Bearer {PINNED}"), ("Origin", CHAT_PAGE)]
    listing.ask(head("OPTIONS", "/any", fields))
    assert second.last_request()["target"] == "/any"


# Answers

@pytest.mark.parametrize("origin", [CHAT_PAGE, LOCAL_PAGE])
@pytest.mark.parametrize("request_of, status", [
    (lambda origin: post(CHAT, chat(), ALICE, [("Origin", origin)]), 200),
    (lambda origin: post(CHAT, chat(), None, [("Origin", origin)]), 401),
    (lambda origin: post(CHAT, chat(), STRANGER, [("Origin", origin)]), 401),
    (lambda origin: post(CHAT, chat("nothing"), ALICE, [("Origin", origin)]), 404),
    (lambda origin: post(CHAT, b"{", ALICE, [("Origin", origin)]), 400),
    (lambda origin: head("GET", CHAT, [KEY, ("Origin", origin)]), 405),
    (lambda origin: head("GET", "/v1/models", [KEY, ("Origin", origin)]), 200),
    (lambda origin: head("GET", "/v1/models/alpha", [KEY, ("Origin", origin)]), 200),
    (lambda origin: head("GET", "/stats", [KEY, ("Origin", origin)]), 403),
    (lambda origin: head("GET", "/health", [("Origin", origin)]), 200),
    (lambda origin: head("GET", "/ready", [("oRIGIN", origin)]), 200),
    (lambda origin: head("GET", "/no/such/path", [KEY, ("Origin", origin)]), 404),
    (lambda origin: head("OPTIONS", CHAT, [("Origin", origin)]), 204),
    (lambda origin: head("POST", CHAT, [
        KEY, ("Origin", origin), ("Content-Length", 1 << 30)]), 413),
])
def test_every_answer_to_a_listed_origin_says_so(listing, origin, request_of, status):
    answer = listing.ask(request_of(origin))
    assert answer.status == status
    assert values(answer, ALLOW) == [origin]
    assert values(answer, "vary") == ["Origin"]
    exposed = values(answer, "access-control-expose-headers")
    assert len(exposed) == 1 and {"x-request-id", "retry-after"} <= set(exposed[0].split(", "))
    assert answer.field("access-control-allow-credentials") is None


def test_a_head_without_a_body_says_so_too(listing):
    answer = listing.ask(head("HEAD", "/v1/models", [KEY, ("Origin", CHAT_PAGE)]), to_head=True)
    assert answer.status == 200 and values(answer, ALLOW) == [CHAT_PAGE]


def test_a_list_that_the_page_has_is_its_own(listing):
    fields = [KEY, ("Origin", CHAT_PAGE)]
    answer = listing.ask(head("GET", "/v1/models", fields))
    assert "etag" in answer.field("access-control-expose-headers").split(", ")
    again = listing.ask(head(
        "GET", "/v1/models", [*fields, ("If-None-Match", answer.field("etag"))]))
    assert again.status == 304 and values(again, ALLOW) == [CHAT_PAGE]
    assert values(again, "vary") == ["Origin"]


def test_an_endpoint_that_is_gone_is_told_to_pages(tmp_path, first):
    gone = one_pool(first).replace(first.url, "http://127.0.0.1:1")
    with Router(tmp_path, gone, listen=cors(CHAT_PAGE)) as router:
        answer = router.ask(post(CHAT, chat(), fields=[("Origin", CHAT_PAGE)]))
    assert answer.status == 502 and values(answer, ALLOW) == [CHAT_PAGE]


@pytest.mark.parametrize("fields", [[], *[[("Origin", origin)] for origin in UNLISTED]])
def test_others_are_answered_and_told_nothing(listing, fields):
    asked = [post(CHAT, chat(), ALICE, fields), post(CHAT, chat(), None, fields),
             head("GET", "/v1/models", [KEY, *fields])]
    for request, status in zip(asked, [200, 401, 200]):
        answer = listing.ask(request)
        assert answer.status == status
        assert says_nothing(answer) and values(answer, "vary") == ["Origin"]


def test_what_is_no_request_varies_too(listing):
    answer = listing.ask(b"GET / HTTP/1.1\r\nHost: a\r\nOrigin : https://chat.example\r\n\r\n")
    assert answer.status == 400
    assert says_nothing(answer) and values(answer, "vary") == ["Origin"]


def test_a_stream_says_so_once(listing):
    with listing.client() as client:
        answer = client.ask(post(CHAT, stream(), ALICE, [("Origin", CHAT_PAGE)]))
        assert values(answer, ALLOW) == [CHAT_PAGE]
        assert events(answer.body)[1]
        # The next request of the connection comes from another page.
        answer = client.ask(post(CHAT, chat(), ALICE, [("Origin", LOCAL_PAGE)]))
        assert values(answer, ALLOW) == [LOCAL_PAGE]
        answer = client.ask(post(CHAT, chat(), ALICE))
        assert answer.status == 200 and says_nothing(answer)


# An upstream with opinions of its own

OPINIONS = (b"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nVary: Accept-Encoding\r\n"
            b"ACCESS-CONTROL-ALLOW-CREDENTIALS: true\r\nX-Request-Id: r1\r\n"
            b"Access-Control-Expose-Headers: x-secret\r\nAccess-Control-Max-Age: 9\r\n"
            b"Access-Controls: kept\r\nContent-Length: 2\r\n\r\n{}")


def test_what_an_upstream_says_of_origins_gives_way(relaying, scripted):
    scripted.say([OPINIONS], ends=False)
    answer = relaying.ask(post(CHAT, chat(), fields=[("Origin", CHAT_PAGE)]))
    assert answer.status == 200 and answer.body == b"{}"
    assert values(answer, ALLOW) == [CHAT_PAGE]
    assert values(answer, "vary") == ["Accept-Encoding", "Origin"]
    assert "x-secret" not in "".join(values(answer, "access-control-expose-headers"))
    assert answer.field("access-control-allow-credentials") is None
    assert answer.field("access-control-max-age") is None
    assert answer.field("x-upstream-request-id") == "r1"
    assert answer.field("access-controls") == "kept"


@pytest.mark.parametrize("fields", [[], [("Origin", EVIL)]])
def test_it_gives_way_to_others_as_well(relaying, scripted, fields):
    scripted.say([OPINIONS], ends=False)
    answer = relaying.ask(post(CHAT, chat(), fields=fields))
    assert answer.status == 200 and answer.field("access-control-allow-credentials") is None
    assert values(answer, ALLOW) == [] and values(answer, "vary") == ["Accept-Encoding", "Origin"]


def test_without_cors_it_passes(scripted, tmp_path):
    with Router(tmp_path, one_pool(scripted)) as router:
        scripted.say([OPINIONS], ends=False)
        answer = router.ask(post(CHAT, chat(), fields=[("Origin", EVIL)]))
        assert values(answer, ALLOW) == ["*"] and values(answer, "vary") == ["Accept-Encoding"]
        assert answer.field("access-control-allow-credentials") == "true"
        assert scripted.requests[0].values("Origin") == [EVIL]
        assert router.ask(preflight()).field("allow") == "POST, OPTIONS"
        answer = router.ask(head("GET", "/health", [("Origin", CHAT_PAGE)]))
        assert says_nothing(answer) and values(answer, "vary") == []


def test_a_listed_origin_is_answered_for_here(relaying, scripted):
    for origin, passed in [(CHAT_PAGE, []), (EVIL, [EVIL])]:
        scripted.forget()
        relaying.ask(post(CHAT, chat(), fields=[("Origin", origin), ("Referer", origin)]))
        assert scripted.requests[0].values("Origin") == passed
        assert scripted.requests[0].values("Referer") == [origin]


# Every origin

@pytest.mark.parametrize("origin", [CHAT_PAGE, EVIL, "null"])
def test_a_star_is_every_origin(open_to_all, origin):
    answer = open_to_all.ask(preflight(origin=origin))
    assert answer.status == 204 and values(answer, ALLOW) == ["*"]
    for request, status in [(post(CHAT, chat(), ALICE, [("Origin", origin)]), 200),
                            (post(CHAT, chat(), None, [("Origin", origin)]), 401)]:
        answer = open_to_all.ask(request)
        assert answer.status == status and values(answer, ALLOW) == ["*"]
        assert values(answer, "vary") == []
        assert answer.field("access-control-allow-credentials") is None


def test_a_star_is_said_where_nobody_asks(open_to_all):
    """A cache may keep the answer for a page that asks later."""
    answer = open_to_all.ask(post(CHAT, chat(), ALICE))
    assert answer.status == 200 and values(answer, ALLOW) == ["*"]
    assert values(answer, "vary") == []


# Swaps

def test_a_swap_changes_whose_pages_may_read(tmp_path, first):
    with Router(tmp_path, one_pool(first), listen=cors(CHAT_PAGE)) as router:
        request = post(CHAT, chat(), fields=[("Origin", LOCAL_PAGE)])
        with router.client() as client:
            assert says_nothing(client.ask(request))
            router.reload(one_pool(first), listen=cors(LOCAL_PAGE))
            assert values(client.ask(request), ALLOW) == [LOCAL_PAGE]
            router.reload(one_pool(first), listen={})
            answer = client.ask(request)
            assert says_nothing(answer) and values(answer, "vary") == []
