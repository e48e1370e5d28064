"""A client that sends exactly the bytes it is given, and reads answers strictly.

`http.client` and friends repair what they can; a test of a proxy must not.
"""

import json
import socket
import struct
import time

READ_BYTES = 65536


class Truncated(Exception):
    """The connection ended (or was reset) before the answer did."""

    def __init__(self, answer, reason):
        super().__init__(reason)
        self.answer = answer


class Answer:
    def __init__(self, status, version, fields):
        self.status = status
        self.version = version
        self.fields = fields
        self.body = b""
        self.chunks = []
        self.informational = []

    def field(self, name, default=None):
        values = [value for key, value in self.fields if key == name]
        return values[0] if values else default

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error_code(self):
        return self.json["error"]["code"]


def events(body):
    """The JSON of each `data:` line of a stream, and whether it ended with [DONE]."""
    lines = [line[6:] for line in body.split(b"\n") if line.startswith(b"data: ")]
    done = bool(lines) and lines[-1] == b"[DONE]"
    return [json.loads(line) for line in lines if line != b"[DONE]"], done


def head(method, target, fields=(), version="HTTP/1.1", host="localhost"):
    lines = [f"{method} {target} {version}"]
    if host is not None:
        lines.append(f"Host: {host}")
    lines += [f"{name}: {value}" for name, value in fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def post(target, value, key=None, fields=()):
    """The bytes of a POST of JSON."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    all_fields = [("Content-Type", "application/json"), ("Content-Length", len(body)), *fields]
    if key is not None:
        all_fields.append(("Authorization", f"Bearer {key}"))
    return head("POST", target, all_fields) + body


def chunked(parts):
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


class RawClient:
    """One connection."""

    def __init__(self, address, timeout=10.0):
        if address.startswith("unix:"):
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.socket.settimeout(timeout)
            self.socket.connect(address[len("unix:"):])
        else:
            host, port = address.rsplit(":", 1)
            self.socket = socket.create_connection((host, int(port)), timeout)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)
        return self

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)

    def ask(self, data, **options):
        """Sends a request and reads its answer."""
        return self.send(data).read_answer(**options)

    # Reading

    def receive(self):
        """More bytes into the buffer; False at the end."""
        try:
            data = self.socket.recv(READ_BYTES)
        except ConnectionResetError:
            return False
        self.buffer += data
        return bool(data)

    def is_at_end(self):
        """Whether the server has closed, and nothing is left to read."""
        return not self.buffer and not self.receive()

    def has_silence(self, seconds):
        """Whether nothing comes, not even an end, for so long."""
        before = self.socket.gettimeout()
        self.socket.settimeout(seconds)
        try:
            if not self.buffer:
                self.receive()
            return False
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(before)

    def _line(self, answer):
        while b"\r\n" not in self.buffer:
            if not self.receive():
                raise Truncated(answer, "the connection ended inside a head or a chunk")
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        assert b"\n" not in line and b"\r" not in line, f"a bare CR or LF in {line!r}"
        return line

    def _exactly(self, answer, count):
        while len(self.buffer) < count:
            if not self.receive():
                raise Truncated(answer, f"{count - len(self.buffer)} bytes are missing")
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def read_head(self):
        """The next head, informational or not."""
        version, status, *_ = self._line(None).decode("latin-1").split(" ", 2)
        assert version in ("HTTP/1.1", "HTTP/1.0"), version
        answer = Answer(int(status), version, [])
        while line := self._line(answer):
            name, separator, value = line.decode("latin-1").partition(":")
            assert separator and name == name.strip() and name, f"no field: {line!r}"
            answer.fields.append((name.lower(), value.strip(" \t")))
        return answer

    def read_answer(self, to_head=False):
        """A whole answer; informational ones before it are kept in it."""
        informational = []
        while (answer := self.read_head()).status < 200 and answer.status != 101:
            informational.append(answer)
        answer.informational = informational
        if to_head or answer.status in (204, 304):
            return answer
        lengths = [value for name, value in answer.fields if name == "content-length"]
        codings = [value for name, value in answer.fields if name == "transfer-encoding"]
        assert len(lengths) + len(codings) <= 1, f"two framings: {answer.fields}"
        if codings:
            assert codings == ["chunked"], codings
            while chunk := self.read_chunk(answer):
                answer.chunks.append(chunk)
            answer.body = b"".join(chunk for chunk, _ in answer.chunks)
        elif lengths:
            answer.body = self._exactly(answer, int(lengths[0]))
        else:
            while self.receive():
                pass
            answer.body, self.buffer = self.buffer, b""
        return answer

    def read_chunk(self, answer=None):
        """The next chunk and when it came, or None after the last one."""
        size = int(self._line(answer).split(b";")[0], 16)
        if size == 0:
            while self._line(answer):
                pass
            return None
        data = self._exactly(answer, size)
        arrived_ns = time.monotonic_ns()
        assert self._exactly(answer, 2) == b"\r\n"
        return data, arrived_ns

    def read_event(self):
        """The JSON of the next server-sent event, in a chunk of its own or not."""
        data = b""
        while not data.endswith(b"\n\n"):
            chunk = self.read_chunk()
            if chunk is None:
                return None
            data += chunk[0]
        last = [line for line in data.split(b"\n") if line.startswith(b"data: ")][-1]
        return last[6:] if last == b"data: [DONE]" else json.loads(last[6:])


def ask(address, data, **options):
    """One request on a connection of its own."""
    with RawClient(address) as client:
        return client.ask(data, **options)
