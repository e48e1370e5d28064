"""Ways for an answer of the soak to go wrong: those of the end-to-end tests, and those that cut or
delay an answer whose every byte the client knows."""

from model_faults import fault

# Not an answer: one that came just as the next request was written would be that request's answer
# for every proxy there is. Of these bytes the next request may see a 502, and nothing else.
SURPLUS = b"\r\n\x00 nobody asked for this"

# Name, and how often it is chosen beside the others.
WILD = [
    ("close-before-answer", 3), ("reset-before-answer", 3), ("close-if-reused", 3),
    ("reset-if-reused", 3), ("hang", 1), ("slow-head=150", 3), ("slow-reader=150", 2),
    ("both-lengths", 1), ("two-lengths", 1), ("huge-head", 1), ("split-response", 1),
    ("garbage", 1), ("status=500", 2), ("status=429", 1), ("status=503", 1),
    ("early-answer", 1), ("continue-first", 1), ("informational=3", 1), ("informational=40", 1),
    ("cut-close", 3), ("cut-reset", 3), ("cut-stall", 1), ("cut-garbage", 2), ("drip", 3),
    ("surplus", 2), ("surplus-idle", 2), ("until-close", 2), ("until-reset", 2),
    ("endless-head", 1),
]


def framed(server, request, body):
    """The head of an answer, and its body as one piece, by length or in chunks."""
    if server.random.random() < 0.5:
        return server.head(request, 200, server.media(request), body), body
    fields = [*server.media(request), ("transfer-encoding", "chunked")]
    pieces = [body[start:start + 1000] for start in range(0, len(body), 1000)]
    coded = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return server.head(request, 200, fields), coded + b"0\r\n\r\n"


async def begin(server, connection, request):
    """Sends a head and a random part of the body, never all of it."""
    head, coded = framed(server, request, server.body(request))
    end = server.random.randrange(max(len(coded) - 1, 1))
    await connection.write(head + coded[:end])
    return coded[end:]


@fault("cut-close")
async def cut_close(server, connection, request, argument):
    await begin(server, connection, request)
    return False


@fault("cut-reset")
async def cut_reset(server, connection, request, argument):
    await begin(server, connection, request)
    await connection.sleep(0.01)
    connection.reset()
    return False


@fault("cut-stall")
async def cut_stall(server, connection, request, argument):
    await begin(server, connection, request)
    await connection.wait_until_gone()
    return False


@fault("cut-garbage")
async def cut_garbage(server, connection, request, argument):
    """A whole chunk, then something that is no size of a chunk."""
    body = server.body(request)[:20]
    fields = [*server.media(request), ("transfer-encoding", "chunked")]
    head = server.head(request, 200, fields)
    await connection.write(head + b"%x\r\n%s\r\nzz\r\n" % (len(body), body))
    return False


@fault("drip")
async def drip(server, connection, request, argument):
    """All of it, in small pieces with pauses, and in one when it has become boring."""
    head, coded = framed(server, request, server.body(request))
    left = head + coded
    for _ in range(40):
        size = server.random.randint(1, 40)
        await connection.write(left[:size])
        left = left[size:]
        await connection.sleep(0.003)
    await connection.write(left)
    return request.keeps_alive


@fault("surplus")
async def surplus(server, connection, request, argument):
    """More bytes than Content-Length says."""
    body = server.body(request)
    await connection.write(server.head(request, 200, server.media(request), body) + body + SURPLUS)
    return True


@fault("surplus-idle")
async def surplus_idle(server, connection, request, argument):
    """Bytes that nobody asked for, on a connection that has gone back to the pool."""
    await server.answer_well(connection, request)
    await connection.sleep(server.random.random() * 0.01)
    await connection.write(SURPLUS)
    return True


def open_ended(server, request):
    lines = ["HTTP/1.0 200 OK"]
    lines += [f"{name}: {value}" for name, value in server.media(request) + server.seen(request)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@fault("until-close")
async def until_close(server, connection, request, argument):
    """An HTTP/1.0 answer that ends where the connection does."""
    await connection.write(open_ended(server, request) + server.body(request))
    return False


@fault("until-reset")
async def until_reset(server, connection, request, argument):
    """The same, ended by a reset: the client must not take it for whole."""
    body = server.body(request)
    await connection.write(open_ended(server, request) + body[:len(body) // 2])
    await connection.sleep(0.01)
    connection.reset()
    return False


@fault("endless-head")
async def endless_head(server, connection, request, argument):
    await connection.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        await connection.write(b"x-pad: " + b"p" * 500 + b"\r\n")
        await connection.sleep(0.05)


def choose(random, is_mortal):
    """Of a process that may be killed no answer ends with the connection: the kernel would end it
    half-way with a FIN, and nobody could tell."""
    names, weights = zip(*(
        choice for choice in WILD if not is_mortal or not choice[0].startswith("until-")))
    return random.choices(names, weights)[0]
