"""Ways for an answer to go wrong. Each is a function (server, connection, request, argument) that
returns whether the connection may be used again."""

import model_replies

FAULTS = {}
EARLY = set()


def fault(name, early=False):
    """Registers a fault; an early one runs before the request's body is read."""
    def register(function):
        FAULTS[name] = function
        if early:
            EARLY.add(name)
        return function
    return register


def is_early(text):
    return text.split("=", 1)[0] in EARLY


async def run(server, connection, request, text):
    name, _, argument = text.partition("=")
    return await FAULTS[name](server, connection, request, argument)


def stream_of(server, request):
    return model_replies.Stream(server.options.name, request.json)


# Connections

@fault("close-before-answer")
async def close_before_answer(server, connection, request, argument):
    return False


@fault("reset-before-answer")
async def reset_before_answer(server, connection, request, argument):
    connection.reset()
    return False


@fault("close-if-reused", early=True)
async def close_if_reused(server, connection, request, argument):
    """llama-server's stale connection: it is closed just as the next request comes."""
    if connection.request_count > 1:
        return False
    await server.read_body(connection, request)
    return await server.answer_well(connection, request)


@fault("reset-if-reused", early=True)
async def reset_if_reused(server, connection, request, argument):
    if connection.request_count > 1:
        connection.reset()
        return False
    await server.read_body(connection, request)
    return await server.answer_well(connection, request)


@fault("close-mid-stream")
async def close_mid_stream(server, connection, request, argument):
    """FIN after so many events, the chunked body not ended."""
    return await server.stream(connection, request, stream_of(server, request), int(argument or 2))


@fault("reset-mid-stream")
async def reset_mid_stream(server, connection, request, argument):
    await server.stream(connection, request, stream_of(server, request), int(argument or 2))
    connection.reset()
    return False


@fault("hang")
async def hang(server, connection, request, argument):
    """No byte of an answer, until the other side leaves."""
    server.stream_open += 1
    try:
        await connection.wait_until_gone()
    finally:
        server.stream_open -= 1
        server.note_abort(connection, request, 0)


@fault("stall")
async def stall(server, connection, request, argument):
    """So many events, then nothing, until the other side leaves."""
    await server.stream(connection, request, stream_of(server, request), int(argument or 2))
    server.stream_open += 1
    try:
        await connection.wait_until_gone()
    finally:
        server.stream_open -= 1
        server.note_abort(connection, request, int(argument or 2))


@fault("slow-reader", early=True)
async def slow_reader(server, connection, request, argument):
    """Reads nothing of the body for so many milliseconds."""
    connection.is_paused = True
    await connection.sleep(int(argument or 500) / 1000)
    connection.is_paused = False
    await server.read_body(connection, request)
    return await server.answer_well(connection, request)


# Lengths

@fault("short-body")
async def short_body(server, connection, request, argument):
    """Content-Length promises so many bytes more than come."""
    body = b'{"partial": true}'
    promised = body + b" " * int(argument or 1000)
    await connection.write(server.head(request, 200, [], promised) + body)
    return False


@fault("long-body")
async def long_body(server, connection, request, argument):
    """More bytes than Content-Length says: the rest looks like another answer."""
    body = b'{"whole": true}'
    extra = b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\nx-smuggled: 1\r\n\r\nstolen"
    await connection.write(server.head(request, 200, [], body) + body + extra)
    return True


@fault("truncated-chunk")
async def truncated_chunk(server, connection, request, argument):
    head = server.head(request, 200, [("transfer-encoding", "chunked")])
    await connection.write(head + b"64\r\nonly these")
    return False


@fault("bad-chunk-size")
async def bad_chunk_size(server, connection, request, argument):
    head = server.head(request, 200, [("transfer-encoding", "chunked")])
    await connection.write(head + b"5\r\nhello\r\nzz\r\nworld\r\n0\r\n\r\n")
    return False


@fault("both-lengths")
async def both_lengths(server, connection, request, argument):
    head = server.head(request, 200, [("transfer-encoding", "chunked")], b"hello")
    await connection.write(head + b"5\r\nhello\r\n0\r\n\r\n")
    return False


@fault("two-lengths")
async def two_lengths(server, connection, request, argument):
    head = server.head(request, 200, [("content-length", "7")], b"hello")
    await connection.write(head + b"hello")
    return False


@fault("http10-close")
async def http10_close(server, connection, request, argument):
    """An HTTP/1.0 answer that ends where the connection ends."""
    await connection.write(b"HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n")
    await connection.write(b'{"close":')
    await connection.sleep(0.02)
    await connection.write(b'"delimited"}')
    return False


# Heads

@fault("continue-first")
async def continue_first(server, connection, request, argument):
    await connection.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    return await server.answer_well(connection, request)


@fault("informational")
async def informational(server, connection, request, argument):
    """So many 103 answers before the last one."""
    for _ in range(int(argument or 3)):
        await connection.write(b"HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n")
    return await server.answer_well(connection, request)


@fault("status")
async def status(server, connection, request, argument):
    code = int(argument or 500)
    error = {"message": "asked for", "type": "server_error", "param": None, "code": "asked_for"}
    body = b"" if code in (204, 304) else model_replies.Reply(code, {"error": error}).body
    fields = [] if code in (204, 304) else [("content-type", "application/json")]
    await connection.write(server.head(request, code, fields, body) + body)
    return request.keeps_alive


@fault("early-answer", early=True)
async def early_answer(server, connection, request, argument):
    """A whole answer before the body is read; the rest of the body is left where it is."""
    body = b'{"early": true}'
    await connection.write(server.head(request, int(argument or 400), [], body) + body)
    connection.is_paused = True
    await connection.sleep(0.5)
    return False


@fault("huge-head")
async def huge_head(server, connection, request, argument):
    fields = [(f"x-pad-{index}", "p" * 1000) for index in range(int(argument or 200))]
    await connection.write(server.head(request, 200, fields, b"{}") + b"{}")
    return False


@fault("split-response")
async def split_response(server, connection, request, argument):
    """A bare line feed and a bare carriage return inside a field."""
    head = b"HTTP/1.1 200 OK\r\nx-a: b\nx-injected: 1\rx-more: 2\r\ncontent-length: 2\r\n\r\n{}"
    await connection.write(head)
    return False


@fault("garbage")
async def garbage(server, connection, request, argument):
    await connection.write(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
    return False


@fault("slow-head")
async def slow_head(server, connection, request, argument):
    await connection.sleep(int(argument or 200) / 1000)
    return await server.answer_well(connection, request)
