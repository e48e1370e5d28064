"""What the clients of the soak do: one function a kind, and how often each is chosen."""

import asyncio

from soak_clients import Client, Wire, chunked, head
from soak_replies import CHAT
from soak_wire import Broken

MAX_BODY = 4 << 20
MAX_HEAD = 16 << 10


# Those that ask as they should

async def calm(client: Client) -> None:
    """A kept connection to endpoints that behave, every answer checked to its last byte."""
    for _ in range(client.random.randint(1, 30)):
        model, sent = client.random.choice(
            [("calm", None), ("calm-7", None), ("shift", None), ("renamed", 'real "name"')])
        ask = client.chat(model, sent_model=sent,
                          answer_bytes=client.random.choice([0, 100, 5000, 70_000]))
        if not await client.exchange("calm", ask):
            return


async def calm_stream(client: Client) -> None:
    for _ in range(client.random.randint(1, 3)):
        if not await client.exchange("calm_stream", client.stream("calm")):
            return


async def wild(client: Client) -> None:
    for _ in range(client.random.randint(1, 20)):
        model = client.random.choice(["wild", "mortal/a", "mortal/b"])
        ask = client.chat(model, is_wild=True,
                          answer_bytes=client.random.choice([0, 300, 20_000]))
        if not await client.exchange("wild", ask):
            return


async def wild_stream(client: Client) -> None:
    for _ in range(client.random.randint(1, 3)):
        model = client.random.choice(["wild", "mortal/a"])
        if not await client.exchange("wild_stream", client.stream(model, is_wild=True)):
            return


async def pinned(client: Client) -> None:
    for _ in range(client.random.randint(1, 8)):
        is_wild = client.random.random() < 0.5
        key = client.keys.wild_pinned if is_wild else client.keys.pinned
        if not await client.exchange("pinned", client.echo(key, is_wild)):
            return


async def keys_that_come_and_go(client: Client) -> None:
    """A key that only every other table knows, and one that lives in a file."""
    for _ in range(4):
        ask = client.chat("calm", key=client.keys.visiting)
        ask.may_be_unknown = True
        if not await client.exchange("visiting_key", ask):
            return
        if not await client.exchange("filed_key", client.chat("calm", key=client.keys.filed)):
            return


async def big_body(client: Client) -> None:
    size = client.random.choice([50_000, 500_000, 3_900_000])
    in_chunks = client.random.choice([0, 0, 7000, 100_000])
    is_wild = client.random.random() < 0.3
    ask = client.chat("wild" if is_wild else "calm", is_wild=is_wild, in_chunks=in_chunks,
                      note="x" * size)
    await client.exchange("big_body", ask)


async def big_body_after_continue(client: Client) -> None:
    assert client.wire is not None
    ask = client.chat("calm", fields=(("Expect", "100-continue"),), note="y" * 200_000)
    await client.wire.send(ask.head)
    interim = await client.wire.head()
    if interim.status != 100:
        client.account.fail("continue", f"{interim.status}, not 100")
        return
    await client.wire.send(ask.body)
    await client.judged("continue", ask)


async def pipeline(client: Client) -> None:
    """Many requests at once; their answers come in their order."""
    assert client.wire is not None
    asks = [client.chat(client.random.choice(["calm", "shift"]),
                        answer_bytes=client.random.choice([0, 50, 9000]))
            for _ in range(client.random.randint(2, 20))]
    await client.wire.send(b"".join(ask.data for ask in asks))
    answered = client.random.choice([len(asks), len(asks), len(asks) // 2])
    for ask in asks[:answered]:
        if not await client.judged("pipeline", ask):
            return


async def new_connections(client: Client) -> None:
    for _ in range(5):
        ask = client.chat("calm", fields=(("Connection", "close"),))
        await client.exchange("new_connection", ask)
        assert client.wire is not None
        if await client.wire.reader.read(1):
            client.account.fail("new_connection", "bytes behind the last answer")
        client.wire.leave()
        client.wire = await Wire.connect(client.address)


async def listing(client: Client) -> None:
    assert client.wire is not None
    key = ("Authorization", f"Bearer {client.keys.all}")
    for target in ("/v1/models", "/v1/models/calm", "/health", "/ready"):
        client.account.begun += 1
        await client.wire.send(head("GET", target, key))
        answer = await client.wire.answer()
        client.account.ended += 1
        if answer.status == 200:
            client.account.note("listing", "whole")
        else:
            client.account.fail("listing", f"{target}: {answer.status}")


# Those that do harm

async def slow_reader(client: Client) -> None:
    """Reads a big answer slowly, and checks it; or has enough of it."""
    class Enough(Exception):
        pass

    asked = client.random.choice([300_000, 2_000_000])
    leaves = client.random.random() < 0.4
    reads = 0

    async def slowly(data: bytes) -> None:
        nonlocal reads
        reads += 1
        if reads < 40:
            await asyncio.sleep(0.03)
        elif leaves:
            raise Enough

    try:
        await client.exchange("slow_reader", client.chat("calm", answer_bytes=asked), slowly)
    except Enough:
        client.account.note("slow_reader", "left")


async def leaver(client: Client) -> None:
    """Leaves in mid-stream, or before the first byte."""
    assert client.wire is not None
    is_wild = client.random.random() < 0.4
    ask = client.stream("wild" if is_wild else "calm", is_wild=is_wild, events=200,
                        interval_ms=10)
    await client.wire.send(ask.data)
    client.account.begun += 1
    try:
        async with asyncio.timeout(client.random.choice([0, 0.005, 0.05, 0.3, 1])):
            await client.wire.answer()
    except TimeoutError:
        pass
    except Broken as error:
        client.judge_broken("leaver", ask, error)
    finally:
        client.account.ended += 1
    client.wire.leave(by_reset=client.random.random() < 0.5)
    client.account.note("leaver", "left")


async def half_a_request(client: Client) -> None:
    """Part of a head or of a body, a pause, and gone."""
    assert client.wire is not None
    ask = client.chat("calm", note="z" * client.random.choice([10, 100_000, 2_000_000]))
    await client.wire.send(ask.data[:client.random.randrange(len(ask.data) - 1)])
    await asyncio.sleep(client.random.choice([0, 0.1, 1]))
    client.wire.leave(by_reset=client.random.random() < 0.5)
    client.account.note("half_a_request", "left")


async def wrong_key(client: Client) -> None:
    keys = client.keys
    cases = [
        (keys.stranger, "calm", (401, "invalid_api_key")),
        (keys.expired, "calm", (401, "api_key_expired")),
        (keys.calm_only, "wild", (403, "model_not_allowed")),
        (keys.all, "nobody", (404, "model_not_found")),
        (keys.stranger + "x", "wild", (401, "invalid_api_key")),
    ]
    for _ in range(6):
        key, model, wanted = client.random.choice(cases)
        if not await client.refused("wrong_key", client.chat(model, key).data, wanted):
            return


async def too_big(client: Client) -> None:
    body = b"x" * (MAX_BODY + 1)
    key = ("Authorization", f"Bearer {client.keys.all}")
    if client.random.random() < 0.5:
        data = head("POST", CHAT, key, ("Content-Length", len(body))) + body
        wanted = [(413, "request_too_large")]
    else:
        data = head("POST", CHAT, key, ("Transfer-Encoding", "chunked")) + chunked(body, 60_000)
        wanted = [(413, "request_too_large"), (400, "invalid_json")]
    await client.refused("too_big", data, *wanted, may_reset=True)


def malformed_cases(client: Client) -> list[tuple[bytes, int]]:
    key = ("Authorization", f"Bearer {client.keys.all}")
    json_type = ("Content-Type", "application/json")

    def body(data: bytes, *fields: tuple[str, object]) -> bytes:
        return head("POST", CHAT, key, ("Content-Length", len(data)), *fields) + data

    return [
        (b"GET /v1/models HTTP/1.1\nHost: x\n\n", 400),
        (b"GET /v1/models HTTP/1.1\r\nHost : x\r\n\r\n", 400),
        (b"GET /v1/models HTTP/1.1\r\n\r\n", 400),
        (b"GET /v1/models HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET /v1/models HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        (b"GET /v1/models HTTP/3.0\r\nHost: a\r\n\r\n", 505),
        (head("GET", "/v1//models", key), 400),
        (head("GET", "/v1/%2e%2e/models", key), 400),
        (head("GET", "/v1/nothing", key), 404),
        (head("DELETE", CHAT, key), 405),
        (head("GET", "/v1/models", key, ("X-Pad", "p" * MAX_HEAD)), 431),
        (head("POST", CHAT, key, ("Content-Length", 2), ("Content-Length", 2)) + b"{}", 400),
        (head("POST", CHAT, key, ("Content-Length", "+2")) + b"{}", 400),
        (head("POST", CHAT, key, ("Content-Length", 2), ("Transfer-Encoding", "chunked"))
         + b"0\r\n\r\n", 400),
        (head("POST", CHAT, key, ("Transfer-Encoding", "gzip, chunked")) + b"0\r\n\r\n", 501),
        (head("POST", CHAT, key, json_type, ("Transfer-Encoding", "chunked")) + b"zz\r\n", 400),
        (body(b"{}", ("Expect", "soup")), 417),
        (body(b"{}", ("Content-Encoding", "gzip")), 415),
        (body(b"{}", ("Content-Type", "text/plain")), 415),
        (body(b"not json", json_type), 400),
        (body(b'{"model": "calm", "model": "wild"}', json_type), 400),
        (body(b'{"model": "calm"', json_type), 400),
        (body(b'{"messages": []}', json_type), 400),
    ]


async def malformed(client: Client) -> None:
    data, status = client.random.choice(malformed_cases(client))
    await client.refused("malformed", data, (status, None))


async def garbage(client: Client) -> None:
    """Bytes that are no request: refused or left alone, and nobody is the worse for it."""
    assert client.wire is not None
    await client.wire.send(client.random.randbytes(client.random.choice([1, 100, 50_000])))
    client.wire.leave(by_reset=client.random.random() < 0.5)
    client.account.note("garbage", "left")


KINDS = [
    (calm, 14), (calm_stream, 12), (wild, 14), (wild_stream, 10), (pinned, 5),
    (keys_that_come_and_go, 3), (big_body, 3), (big_body_after_continue, 1), (pipeline, 4),
    (new_connections, 4), (listing, 2), (slow_reader, 2), (leaver, 8), (half_a_request, 4),
    (wrong_key, 4), (too_big, 1), (malformed, 6), (garbage, 2),
]
