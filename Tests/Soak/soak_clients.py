"""The clients of the soak. Each asks, in a loop, for one thing after the other chosen at random,
and judges what comes by what it asked for: `calm` models must be answered well, `wild` ones well or
visibly ill, and what is refused must be refused in the one right way."""

import asyncio
import dataclasses
import itertools
import json
import random
import re

import soak_replies
from soak_account import Account, error_code
from soak_replies import CHAT
from soak_wire import Answer, Broken, Wire, Wrong

# Longer than every timeout of the spec together, on a machine that does other work too.
BOUND_SECONDS = 30.0

# What the router puts behind a stream of events that breaks off.
LAST_EVENT = re.compile(rb'(\n\n)?data: \{"error":\{[^{}]*\}\}\n\n\Z')

ROUTER_CODES = {
    429: {"upstream_rate_limited"},
    502: {"upstream_unreachable", "upstream_closed", "upstream_malformed"},
    504: {"upstream_connect_timeout", "upstream_timeout", "total_timeout"},
}


@dataclasses.dataclass
class Keys:
    """The keys of the run, made up when it begins."""

    all: str
    calm_only: str
    pinned: str
    wild_pinned: str
    expired: str
    visiting: str
    filed: str
    stranger: str


@dataclasses.dataclass
class Ask:
    """A request, and every byte of its right answer."""

    nonce: str
    head: bytes
    body: bytes
    expected: bytes
    is_wild: bool = False
    may_be_unknown: bool = False

    @property
    def data(self) -> bytes:
        return self.head + self.body


def head(method: str, target: str, *fields: tuple[str, object]) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", "Host: soak"]
    lines += [f"{name}: {value}" for name, value in fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def chunked(body: bytes, size: int) -> bytes:
    pieces = [body[start:start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


class Client:
    """One of the clients; `address` is the router's."""

    numbers = itertools.count()

    def __init__(self, address: str, keys: Keys, account: Account, seed: str):
        self.address = address
        self.keys = keys
        self.account = account
        self.random = random.Random(seed)
        self.wire: Wire | None = None

    async def run(self, kinds: list, stopping: asyncio.Event) -> None:
        functions, weights = zip(*kinds)
        while not stopping.is_set():
            kind = self.random.choices(functions, weights)[0]
            await self.one(kind)
            await asyncio.sleep(self.random.random() * 0.02)

    async def one(self, kind) -> None:
        """One thing of a kind on a connection of its own, to its end or to the bound."""
        name = kind.__name__
        try:
            async with asyncio.timeout(BOUND_SECONDS):
                receive_bytes = 8192 if name == "slow_reader" else 0
                self.wire = await Wire.connect(self.address, receive_bytes)
                await kind(self)
        except TimeoutError:
            self.account.fail(name, f"did not end within {BOUND_SECONDS:.0f} s")
        except (Wrong, Broken, ValueError) as error:
            self.account.fail(name, f"{error}")
        except OSError as error:
            self.account.fail(name, f"connection: {error!r}")
        finally:
            if self.wire is not None:
                self.wire.leave()
                self.wire = None

    # Asking

    def nonce(self) -> str:
        return f"n{next(Client.numbers)}x{self.random.getrandbits(32):08x}"

    def chat(self, model: str, key: str | None = None, sent_model: str | None = None,
             is_wild: bool = False, fields: tuple = (), in_chunks: int = 0, **wanted) -> Ask:
        """A chat request; `sent_model` is what the endpoint is told instead of `model`."""
        nonce = self.nonce()
        value = {"model": model, "messages": [], "user": nonce, **wanted}
        body = json.dumps(value).encode()
        seen = {**value, "model": sent_model or model}
        seen_body = json.dumps(seen).encode()
        expected = soak_replies.expected(nonce, CHAT, seen_body, seen)
        length = ("Transfer-Encoding", "chunked") if in_chunks else ("Content-Length", len(body))
        top = head("POST", CHAT, ("Content-Type", "application/json"), length,
                   ("Authorization", f"Bearer {key or self.keys.all}"), ("X-Label", nonce),
                   *fields)
        coded = chunked(body, in_chunks) if in_chunks else body
        return Ask(nonce, top, coded, expected, is_wild)

    def stream(self, model: str, **wanted) -> Ask:
        wanted = {"events": self.random.randint(1, 60), "event_bytes": self.random.randint(0, 300),
                  "interval_ms": self.random.choice([0, 0, 2, 10, 20]), **wanted}
        self.account.streams += 1
        return self.chat(model, stream=True, **wanted)

    def echo(self, key: str, is_wild: bool) -> Ask:
        """What only a pinned key may do: any method, any path, a body that is no JSON."""
        nonce = self.nonce()
        body = self.random.randbytes(self.random.choice([0, 10, 3000, 200_000]))
        target = f"/any/{nonce}?a=b"
        expected = soak_replies.whole(nonce, target, body, {})
        method = self.random.choice(["POST", "PUT", "PATCH", "DELETE"])
        top = head(method, target, ("Content-Length", len(body)), ("X-Label", nonce),
                   ("x-api-key", key))
        return Ask(nonce, top, body, expected, is_wild)

    # Judging

    async def exchange(self, kind: str, ask: Ask, on_data=None) -> bool:
        """Sends, reads and judges; whether the connection can be used again."""
        assert self.wire is not None
        try:
            await self.wire.send(ask.data)
        except OSError:
            pass  # An early answer: it is read all the same.
        return await self.judged(kind, ask, on_data)

    async def judged(self, kind: str, ask: Ask, on_data=None) -> bool:
        assert self.wire is not None
        self.account.begun += 1
        try:
            answer = await self.wire.answer(on_data)
        except Broken as error:
            self.judge_broken(kind, ask, error)
            return False
        finally:
            self.account.ended += 1
        self.judge(kind, ask, answer)
        return not answer.closes

    def judge(self, kind: str, ask: Ask, answer: Answer) -> None:
        """A whole answer: the right one, or an error that may be."""
        nonce = answer.fields.get("x-soak-nonce")
        if nonce not in (None, ask.nonce):
            self.account.fail(kind, f"the answer to {nonce} came to {ask.nonce}")
        elif answer.status == 200 and nonce == ask.nonce and answer.body == ask.expected:
            self.account.note(kind, "whole")
        elif ask.may_be_unknown and (answer.status, error_code(answer.body)) == (
                401, "invalid_api_key"):
            self.account.note(kind, "401 invalid_api_key")
        elif ask.is_wild:
            self.judge_ill(kind, ask, answer)
        else:
            self.account.fail(kind, self.described(ask, answer))

    def judge_ill(self, kind: str, ask: Ask, answer: Answer) -> None:
        nonce = answer.fields.get("x-soak-nonce")
        code = error_code(answer.body)
        if nonce is None and code in ROUTER_CODES.get(answer.status, ()):
            self.account.note(kind, f"{answer.status} {code}")
        elif nonce == ask.nonce and answer.status in (429, 500, 503) and code == "asked_for":
            self.account.note(kind, "error of the endpoint")
        elif nonce == ask.nonce and answer.status == 400 and answer.body == b'{"early": true}':
            self.account.note(kind, "error of the endpoint")
        else:
            self.account.fail(kind, self.described(ask, answer))

    def judge_broken(self, kind: str, ask: Ask, error: Broken) -> None:
        """A visibly broken answer: only of wild ones, and a beginning of the right one."""
        answer = error.answer
        if not ask.is_wild or answer is None:
            self.account.fail(kind, f"{ask.nonce}: {error}")
        elif answer.status != 200 or not ask.expected.startswith(LAST_EVENT.sub(b"", answer.body)):
            self.account.fail(kind, "broken, and wrong: " + self.described(ask, answer))
        else:
            self.account.note(kind, "visibly broken")

    def described(self, ask: Ask, answer: Answer) -> str:
        agreed = 0
        for had, wanted in zip(answer.body, ask.expected):
            if had != wanted:
                break
            agreed += 1
        return (f"{ask.nonce}: status {answer.status}, {answer.fields.get('x-soak-nonce')},"
                f" {len(answer.body)} bytes of {len(ask.expected)}, {agreed} agree,"
                f" {answer.body[:120]!r}")

    async def refused(self, kind: str, data: bytes, *allowed: tuple[int, str | None],
                      may_reset: bool = False) -> bool:
        """Sends what must be refused, in one of the ways allowed."""
        assert self.wire is not None
        self.account.begun += 1
        try:
            try:
                await self.wire.send(data)
            except OSError:
                if not may_reset:
                    raise
            answer = await self.wire.answer()
        except Broken as error:
            if not may_reset:
                raise
            self.account.note(kind, "reset while sending")
            return error.answer is not None
        finally:
            self.account.ended += 1
        code = error_code(answer.body)
        fits = any(answer.status == status and code and wanted in (None, code)
                   for status, wanted in allowed)
        if fits:
            self.account.note(kind, f"{answer.status} {code}")
        else:
            self.account.fail(
                kind, f"{answer.status} {code}, not {allowed}, for {data[:200]!r}")
        return not answer.closes
