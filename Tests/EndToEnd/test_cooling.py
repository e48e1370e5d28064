"""Endpoints that have enough for now are left alone for as long as they say."""

import email.utils
import time

import openai
import pytest

from raw_http import post
from raw_upstream import Recorder
from routerc import Router, run
from specs import ALICE, CHAT, MESSAGES, chat, fingerprint


class Limited(Recorder):
    """An upstream that answers with a status and fields as long as it is told to."""

    def __init__(self, status=429, *fields):
        self.status = status
        self.fields = fields
        super().__init__()

    def answer(self, connection, request):
        if self.status == 200:
            return super().answer(connection, request)
        lines = [f"HTTP/1.1 {self.status} No", *self.fields, "Content-Length: 4", "", "busy"]
        connection.sendall("\r\n".join(lines).encode())

    @property
    def asked(self):
        return len(self.requests)


def spec(*urls, extra="", head="anonymous: allow"):
    members = "\n".join(f'      - {{ name: e{index}, url: "{url}" {extra} }}'
                        for index, url in enumerate(urls))
    return f"""
{head}
pools:
  - name: main
    endpoints:
{members}
    models: ["*"]
"""


def routed(folder, *upstreams, **options):
    """On one loop, so that turns are in order."""
    return Router(folder, spec(*(upstream.url for upstream in upstreams), **options),
                  arguments=("--loops", "1"))


def asks(router, count):
    return [router.ask(post(CHAT, chat())).status for _ in range(count)]


def date_in(seconds):
    return "Retry-After: " + email.utils.formatdate(time.time() + seconds, usegmt=True)


@pytest.mark.parametrize("status, fields", [
    (429, ["Retry-After: 60"]), (429, []), (429, ["Retry-After: soon"]),
    (503, ["Retry-After: 60"]), (429, ["a date"]), (503, ["a date"]),
], ids=str)
def test_it_is_asked_once_and_then_left_alone(tmp_path, status, fields):
    fields = [date_in(60) if field == "a date" else field for field in fields]
    with Limited(status, *fields) as limited, Limited(200) as free:
        with routed(tmp_path, limited, free) as router:
            assert asks(router, 6) == [200] * 6
            assert (limited.asked, free.asked) == (1, 6)


@pytest.mark.parametrize("status, fields", [
    (429, ["Retry-After: 0"]), (503, []), (503, ["Retry-After: soon"]),
    (429, ["Retry-After: Sun, 06 Nov 1994 08:49:37 GMT"]), (502, ["Retry-After: 60"]),
], ids=str)
def test_it_is_not_left_alone_for_nothing(tmp_path, status, fields):
    with Limited(status, *fields) as limited, Limited(200) as free:
        with routed(tmp_path, limited, free) as router:
            assert asks(router, 6) == [200] * 6
            assert limited.asked == 3


def test_it_is_asked_again_when_it_said(tmp_path):
    with Limited(429, "Retry-After: 1") as limited, Limited(200) as free:
        with routed(tmp_path, limited, free) as router:
            assert asks(router, 4) == [200] * 4 and limited.asked == 1
            limited.status = 200
            time.sleep(1.1)
            assert asks(router, 4) == [200] * 4 and limited.asked == 3


def test_where_all_have_enough(tmp_path):
    with Limited(429, "Retry-After: 60") as one, Limited(429, "Retry-After: 30") as other:
        with routed(tmp_path, one, other) as router:
            # The last of them was asked: its own answer.
            answer = router.ask(post(CHAT, chat()))
            assert (answer.status, answer.body) == (429, b"busy")
            assert answer.field("retry-after") == "30"
            assert answer.field("x-routerc-attempts") == "2"
            # Nobody was asked: one of ours.
            answer = router.ask(post(CHAT, chat()))
            assert answer.status == 429 and answer.error_code == "upstream_rate_limited"
            assert 28 <= int(answer.field("retry-after")) <= 30
            assert answer.field("x-routerc-pool") == "main"
            assert answer.field("x-routerc-attempts") == "0"
            assert (one.asked, other.asked) == (1, 1)


def test_a_swap_does_not_forget(tmp_path):
    with Limited(429, "Retry-After: 60") as limited, Limited(200) as free:
        with routed(tmp_path, limited, free) as router:
            assert asks(router, 2) == [200, 200]
            router.reload(spec(free.url, limited.url).replace("e0", "x").replace("e1", "e0")
                          .replace("x", "e1"))
            assert asks(router, 4) == [200] * 4 and limited.asked == 1


def test_a_breaker_does_not_open_for_it(tmp_path):
    head = "anonymous: allow\ndefaults: { breaker: { errors: 1, try_again: 1h } }"
    with Limited(503, "Retry-After: 1") as limited, Limited(200) as free:
        with routed(tmp_path, limited, free, head=head) as router:
            assert asks(router, 2) == [200, 200] and limited.asked == 1
            limited.status = 200
            time.sleep(1.1)
            assert asks(router, 4) == [200] * 4 and limited.asked == 3


def test_a_failure_behind_it_counts(tmp_path):
    """What one endpoint says is not held for the next one."""
    head = "anonymous: allow\ndefaults: { breaker: { errors: 1, try_again: 1h } }"
    with Limited(503, "Retry-After: 1") as limited, Limited(502) as broken, Limited(200) as free:
        with routed(tmp_path, limited, broken, free, head=head) as router:
            assert asks(router, 1) == [200]
            broken.status = 200
            assert asks(router, 6) == [200] * 6
            assert broken.asked == 1 and limited.asked == 1


def test_what_a_client_has_enough_of_is_its_own_affair(tmp_path):
    """With `credential: client` the limit is that of the client's key."""
    with Limited(429, "Retry-After: 60") as limited:
        with routed(tmp_path, limited, extra=", credential: client") as router:
            for _ in range(3):
                assert router.ask(post(CHAT, chat())).body == b"busy"
            assert limited.asked == 3


def test_the_official_client_sees_how_long(tmp_path):
    head = f'keys: [{{ name: alice, secret: "{fingerprint(ALICE)}" }}]'
    with Limited(429, "Retry-After: 60") as limited:
        with routed(tmp_path, limited, head=head) as router:
            for code in (None, "upstream_rate_limited"):
                with pytest.raises(openai.RateLimitError) as caught:
                    router.openai(ALICE).chat.completions.create(model="a", messages=MESSAGES)
                assert caught.value.code == code
                assert 58 <= int(caught.value.response.headers["retry-after"]) <= 60


def test_route_says_the_same(tmp_path):
    path = tmp_path / "team.yaml"
    path.write_text(spec("http://127.0.0.1:9001", "http://127.0.0.1:9002"))

    def route(*given, check=0):
        arguments = [part for each in given for part in ("--given", each)]
        return run("route", path, "--model", "a", *arguments, check=check).stdout
    assert "e0" in route() and "e1" in route("limited=e0")
    assert "upstream_rate_limited" in route("limited=e0", "limited=e1", check=1)
    assert "upstream_rate_limited" in route("limited=e0", "down=e1", check=1)
    assert "no_endpoint" in route("down=e0", "down=e1", check=1)
