"""Requests that could be read in two ways: each row of docs/threat-model.md is one test here."""

import json

import pytest

import smuggling_heads
import smuggling_lengths
from raw_http import head
from raw_upstream import Recorder
from routerc import Router
from smuggling import FOLLOW, FOLLOWER
from specs import ALICE, BOB, PINNED, fingerprint

CASES = [*smuggling_lengths.CASES, *smuggling_heads.CASES]

SPEC = """
pools:
  - {{ name: main, endpoints: ["{url}"] }}
models:
  - {{ match: "*", pool: main }}
keys:
  - {{ name: alice, secret: "{alice}" }}
  - {{ name: bob, secret: "{bob}" }}
  - {{ name: pinned, secret: "{pinned}", pin: main }}
"""


@pytest.fixture(scope="module")
def recorder():
    with Recorder() as running:
        yield running


@pytest.fixture(scope="module")
def front(recorder, tmp_path_factory):
    """A router with small limits in front of an upstream that records every byte."""
    spec = SPEC.format(url=recorder.url, alice=fingerprint(ALICE), bob=fingerprint(BOB),
                       pinned=fingerprint(PINNED))
    listen = {"max_body": "64KiB", "max_head": "16KiB"}
    with Router(tmp_path_factory.mktemp("front"), spec, listen=listen) as running:
        yield running


def assert_seen(request, outcome, host):
    """The upstream saw this request, framed once, with our Host and none of the hop's fields."""
    assert request.line == outcome.line
    assert request.body == outcome.body
    assert request.values("Host") == [host]
    fields = [f"{name}: {value}" for name, value in request.fields]
    lower = [field.lower() for field in fields]
    for field in outcome.has:
        assert field.lower() in lower, fields
    for lacking in (*outcome.lacks, "Connection", "Transfer-Encoding", "Expect"):
        taken = lacking.lower() if ":" in lacking else lacking.lower() + ":"
        assert not [field for field in lower if field.startswith(taken)], fields


def read_answers(client, case):
    """The answers of a case and of the request behind it, and nothing else."""
    outcome = case.outcome
    to_head = case.data.startswith(b"HEAD ")
    for index, status in enumerate([*outcome.statuses, *outcome.after]):
        answer = client.read_answer(to_head=to_head and index == 0)
        assert answer.status == status, answer.body
        if index == 0 and outcome.code:
            assert answer.error_code == outcome.code
        if index == 0 and outcome.line and not to_head:
            assert answer.json == {"line": outcome.line, "body": outcome.body.decode()}
    if outcome.stays and 400 not in outcome.after:
        assert json.loads(client.read_answer().json["body"]) == FOLLOWER
        client.half_close()
    assert client.is_at_end(), client.buffer


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_request(front, recorder, case):
    recorder.forget()
    outcome = case.outcome
    with front.client() as client:
        client.send(case.data if case.cut else case.data + FOLLOW)
        if case.cut:
            client.half_close()
        read_answers(client, case)
    # Whatever had gone upstream would be there by now: this request comes last.
    probe = front.ask(head("GET", "/probe", [("Authorization", f"Bearer {PINNED}")]))
    assert probe.json["line"] == "GET /probe HTTP/1.1"
    assert not recorder.mistakes
    seen = [request for request in recorder.requests if request.line != "GET /probe HTTP/1.1"]
    if outcome.line is not None:
        assert_seen(seen.pop(0), outcome, recorder.url.removeprefix("http://"))
    followers = [request for request in seen if request.values("X-Follower")]
    assert len(seen) == len(followers) == (outcome.stays and 400 not in outcome.after)


SHORT = [case for case in CASES if len(case.data) < 1000 and not case.cut]


@pytest.mark.parametrize("case", SHORT, ids=lambda case: case.id)
def test_a_request_in_single_bytes(front, recorder, case):
    """Where a read ends does not change what a message means."""
    recorder.forget()
    with front.client() as client:
        try:
            for index in range(len(case.data)):
                client.send(case.data[index:index + 1])
            client.send(FOLLOW)
        except OSError:
            # It was refused ahead of its end.
            pass
        answer = client.read_answer(to_head=case.data.startswith(b"HEAD "))
    assert answer.status == case.outcome.statuses[0], answer.body
    seen = [(request.line, request.body) for request in recorder.requests
            if not request.values("X-Follower")]
    outcome = case.outcome
    assert seen == ([(outcome.line, outcome.body)] if outcome.line else [])
    assert not recorder.mistakes
