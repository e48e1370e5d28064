"""Model servers of which the list of models matters, well-behaved or not."""

import json
import select
import socket
import time
from collections.abc import Callable

from raw_upstream import RawUpstream, RequestReader, SeenRequest

Fault = Callable[[socket.socket], None]


def answer_of(value: bytes | object, status: str = "200 OK", fields: str = "") -> bytes:
    """A whole answer with this body."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{fields}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def listed(*ids: str) -> dict:
    """A list as OpenAI gives it."""
    return {"object": "list", "data": [entry(name) for name in ids]}


def entry(name: str) -> dict:
    return {"id": name, "object": "model", "created": 1700000000, "owned_by": "tests"}


def llama_listed(*ids: str) -> dict:
    """A list as llama-server gives it: the time of the answer, and a second list."""
    data = [{"id": name, "object": "model", "created": int(time.time()), "owned_by": "llamacpp",
             "meta": {"n_ctx": 4096, "size": 1000}} for name in ids]
    models = [{"name": name, "model": name, "capabilities": ["completion"]} for name in ids]
    return {"models": models, "object": "list", "data": data}


def tags(*ids: str) -> dict:
    """A list as Ollama gives it."""
    return {"models": [{"name": name, "model": name, "size": 7} for name in ids]}


class ListServer(RawUpstream):
    """Says `value` to every GET, and its name to all else; `fault` goes wrong in its place."""

    def __init__(self, value: object, name: str = "server",
                 listener: socket.socket | None = None) -> None:
        self.value = value
        self.name = name
        self.fault: Fault | None = None
        self.requests: list[SeenRequest] = []
        super().__init__(self._answer_all, listener)

    def _answer_all(self, connection: socket.socket) -> None:
        reader = RequestReader(connection)
        while (request := reader.read()) is not None:
            self.requests.append(request)
            if self.fault is not None and request.line.startswith("GET "):
                self.fault(connection)
                return
            connection.sendall(self._answer(request))

    def _answer(self, request: SeenRequest) -> bytes:
        if request.line.startswith("GET "):
            return answer_of(self.value)
        return answer_of({"served_by": self.name, "line": request.line})

    def questions(self) -> list[str]:
        """The targets of the GETs that have come."""
        return [request.line.split(" ")[1] for request in self.requests
                if request.line.startswith("GET ")]


class UnixListServer(ListServer):
    """The same on a unix socket."""

    def __init__(self, value: object, path: str) -> None:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(path)
        listener.listen()
        super().__init__(value, listener=listener)


def gone_url() -> str:
    """An address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


def _is_open(connection: socket.socket) -> bool:
    readable, _, _ = select.select([connection], [], [], 0)
    return not readable or bool(connection.recv(65536))


def hang(connection: socket.socket) -> None:
    """No byte of an answer."""
    while _is_open(connection):
        time.sleep(0.02)


def drip(connection: socket.socket) -> None:
    """A well-formed answer, a byte at a time, that would take minutes."""
    for byte in answer_of(listed(*(f"dripped-{number}" for number in range(100)))):
        if not _is_open(connection):
            return
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


def drip_body(connection: socket.socket) -> None:
    """The head and the first models at once, and the rest a byte at a time."""
    answer = answer_of(listed(*(f"dripped-{number}" for number in range(100))))
    connection.sendall(answer[:2000])
    for byte in answer[2000:]:
        if not _is_open(connection):
            return
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


def garbage(connection: socket.socket) -> None:
    """Bytes that are no HTTP."""
    connection.sendall(b"\x16\x03\x01\xff\x00 this is no HTTP\r\n\r\n")


def saying(answer: bytes) -> Fault:
    """This answer, whatever it is, and the end."""
    return lambda connection: connection.sendall(answer)


def endless_head(connection: socket.socket) -> None:
    """Field after field, and never an end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"".join(b"x-pad-%d: %s\r\n" % (n, b"p" * 1000) for n in range(100)))


def endless_body(connection: socket.socket) -> None:
    """Chunk after chunk of a list that never ends."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    first, rest = b'{"data":[{"id":"m"}', b',{"id":"m"}' * 5000
    connection.sendall(b"%x\r\n%s\r\n" % (len(first), first))
    while True:
        connection.sendall(b"%x\r\n%s\r\n" % (len(rest), rest))
