"""What a row of the smuggling suite is: bytes, what the RFC asks for, and what routerc does.

The rows stand in `smuggling_lengths.py`, `smuggling_heads.py` and `smuggling_answers.py`. The same
rows are the tests and, by `threat_tables.py`, the tables of docs/threat-model.md.
"""

import json
from dataclasses import dataclass

from specs import ALICE, CHAT, PINNED

BODY = b'{"model":"alpha"}'
LINE = f"POST {CHAT} HTTP/1.1"
HOST = "Host: localhost"
KEY = f"Authorization: Bearer {ALICE}"
PIN = f"Authorization: Bearer {PINNED}"
LENGTH = f"Content-Length: {len(BODY)}"
CHUNKED = "Transfer-Encoding: chunked"
CHUNKS = b"11\r\n" + BODY + b"\r\n0\r\n\r\n"


def lines(*texts, body=b"", end="\r\n"):
    """A message of these lines; whatever is wrong in them stays so."""
    return (end.join(texts) + end * 2).encode("latin-1") + body


def post(*fields, body=BODY, line=LINE, host=HOST):
    """A POST with a key; the fields say how long its body is."""
    return lines(line, host, KEY, *fields, body=body)


def get(line, *fields, host=HOST, body=b""):
    """A request that a pinned key carries to its pool, whatever its method and path."""
    return lines(line, host, PIN, *fields, body=body)


FOLLOWER = {"model": "follower"}
# It comes in the same packet: framed wrongly, it is swallowed, or answered without being asked.
_TEXT = json.dumps(FOLLOWER).encode()
FOLLOW = post("X-Follower: 1", f"Content-Length: {len(_TEXT)}", body=_TEXT)


@dataclass(frozen=True)
class Outcome:
    """What routerc does with a request that has another one right behind it."""

    statuses: tuple = ()
    code: str | None = None
    # The connection goes on: the request behind it is answered as well.
    stays: bool = True
    # What the upstream sees of it: the request line, the body, lines it must have or lack.
    line: str | None = None
    body: bytes = b""
    has: tuple = ()
    lacks: tuple = ()
    # Answers of what else is in the bytes, ahead of the request behind it.
    after: tuple = ()
    note: str = ""

    @property
    def text(self):
        """For the table."""
        if self.line is not None:
            said = "passed" if self.stays else "passed, closed"
        elif not self.statuses:
            said = "no answer, closed"
        else:
            said = " then ".join(map(str, self.statuses)) + (f" `{self.code}`" if self.code else "")
            said += "" if self.stays else ", closed"
        return f"{said}; {self.note}" if self.note else said


def passed(line=LINE, body=BODY, **options):
    """Goes upstream as exactly this request."""
    return Outcome(statuses=(200,), line=line, body=body, **options)


def refused(status=400, code="malformed_request", stays=False, **options):
    """Is answered with an error, and no byte of it goes upstream."""
    return Outcome(statuses=(status,), code=code, stays=stays, **options)


def answered(status=200, **options):
    """Is answered by the router itself."""
    return Outcome(statuses=(status,), **options)


LEFT = Outcome(stays=False)


@dataclass(frozen=True)
class Case:
    """A request: its id, its bytes, and what becomes of it."""

    id: str
    sent: str
    rfc: str
    asks: str
    data: bytes
    outcome: Outcome
    # The client closes its side behind these bytes, and no other request follows.
    cut: bool = False

    @property
    def said(self):
        return self.outcome.text


@dataclass(frozen=True)
class AnswerCase:
    """An answer of an upstream: its bytes, and what the client gets."""

    id: str
    sent: str
    rfc: str
    asks: str
    # What the upstream sends for the request; a number is a pause in milliseconds.
    parts: tuple
    status: int = 502
    code: str | None = "upstream_malformed"
    body: bytes | None = None
    # The answer begins and breaks visibly: a reset, or an end ahead of the last byte.
    breaks: bool = False
    # The upstream connection serves the next request as well.
    reused: bool = False
    method: str = "POST"
    # The upstream closes behind its answer.
    ends: bool = False
    lacks: tuple = ()
    has: tuple = ()
    note: str = ""

    @property
    def said(self):
        if self.breaks:
            said = f"{self.status}, then a reset" if self.status else "a reset"
        else:
            said = f"{self.status} `{self.code}`" if self.code else f"{self.status}, whole"
            said += ", connection reused" if self.reused else ""
        return f"{said}; {self.note}" if self.note else said


def relayed(status=200, body=b"hello", **options):
    """The fields of an `AnswerCase` whose answer reaches the client whole."""
    return {"status": status, "code": None, "body": body, **options}
