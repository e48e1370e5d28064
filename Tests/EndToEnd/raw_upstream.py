"""Upstreams that say byte for byte what a test wants them to."""

import json
import re
import socket
import threading
import time
from typing import NamedTuple


class RawUpstream:
    """An upstream that answers each connection with what a function does with its socket.

    `listener` is a socket that listens already, where not one of the loopback address. Nobody is
    accepted ahead of `accept` where `accepts` is false.
    """

    def __init__(self, behave, listener=None, accepts=True):
        self.listener = listener or socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = None
        if self.listener.family == socket.AF_UNIX:
            self.url = f"unix:{self.listener.getsockname()}"
        else:
            self.port = self.listener.getsockname()[1]
            self.url = f"http://127.0.0.1:{self.port}"
        self.behave = behave
        if accepts:
            self.accept()

    def accept(self):
        """Serves whoever has come, and comes."""
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            self.behave(connection)
        except OSError:
            pass
        finally:
            connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()


def read_request(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            raise OSError("gone")
        data += piece
    top, rest = data.split(b"\r\n\r\n", 1)
    length = 0
    for line in top.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    while len(rest) < length:
        rest += connection.recv(65536)
    return top


class SeenRequest(NamedTuple):
    """A request as it came, taken apart without any kindness."""

    line: str
    fields: list
    body: bytes

    def values(self, name):
        return [value for key, value in self.fields if key.lower() == name.lower()]


class RequestReader:
    """Reads requests off one connection.

    What is framed neither by one Content-Length nor by plain chunks is a mistake.
    """

    def __init__(self, connection):
        self.connection = connection
        self.data = b""

    def _receive(self):
        piece = self.connection.recv(65536)
        self.data += piece
        return bool(piece)

    def read(self):
        """The next request, or None where the connection ends ahead of its first byte."""
        while b"\r\n\r\n" not in self.data:
            if not self._receive():
                assert not self.data, f"half a head: {self.data!r}"
                return None
        top, self.data = self.data.split(b"\r\n\r\n", 1)
        line, *rest = top.decode("latin-1").split("\r\n")
        assert not set("\r\n\0") & set("".join([line, *rest])), f"a bare line end: {top!r}"
        fields = []
        for text in rest:
            name, colon, value = text.partition(":")
            assert colon and name and name == name.strip(), f"no field: {text!r}"
            fields.append((name, value.strip(" \t")))
        request = SeenRequest(line, fields, b"")
        lengths = request.values("Content-Length")
        if codings := request.values("Transfer-Encoding"):
            assert codings == ["chunked"] and not lengths, fields
            return request._replace(body=self._chunks())
        assert len(lengths) <= 1, fields
        return request._replace(body=self._exactly(int(lengths[0]) if lengths else 0))

    def _exactly(self, count):
        while len(self.data) < count:
            assert self._receive(), "half a body"
        taken, self.data = self.data[:count], self.data[count:]
        return taken

    def _chunks(self):
        """A body in chunks of the router's own: no extensions, no trailers."""
        body = b""
        while True:
            while b"\r\n" not in self.data:
                assert self._receive(), "half a chunk"
            size, self.data = self.data.split(b"\r\n", 1)
            assert re.fullmatch(rb"[0-9a-fA-F]+", size), f"no size: {size!r}"
            body += self._exactly(int(size, 16))
            assert self._exactly(2) == b"\r\n", "no end of a chunk, or a trailer"
            if int(size, 16) == 0:
                return body


class Recorder(RawUpstream):
    """An upstream that keeps every request it sees, and answers each with its line and body."""

    def __init__(self):
        self.requests = []
        # What came and was no request.
        self.mistakes = []
        self.connection_count = 0
        super().__init__(self._record)

    def forget(self):
        self.requests, self.mistakes = [], []

    def _record(self, connection):
        self.connection_count += 1
        reader = RequestReader(connection)
        try:
            while (request := reader.read()) is not None:
                self.requests.append(request)
                self.answer(connection, request)
        except AssertionError as mistake:
            self.mistakes.append(str(mistake))

    def answer(self, connection, request):
        connection.sendall(echo(request))


def echo(request):
    """An honest answer that says which request it is for."""
    body = json.dumps({"line": request.line, "body": request.body.decode()}).encode()
    top = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    return top + (b"" if request.line.startswith("HEAD ") else body)


class Scripted(Recorder):
    """A recorder that answers the next request with the parts it is given, and others honestly."""

    def __init__(self):
        self.parts = None
        self.ends = False
        self.is_done = True
        # Which connection each request came on.
        self.places = []
        self.connections = set()
        super().__init__()

    def say(self, parts, ends):
        """The next answer: bytes, and pauses in milliseconds."""
        self.forget()
        self.places, self.parts, self.ends, self.is_done = [], parts, ends, False

    def hang_up(self):
        """Ends every connection."""
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                # The other side was first.
                pass

    def _record(self, connection):
        self.connections.add(connection)
        try:
            super()._record(connection)
        finally:
            self.connections.discard(connection)

    def answer(self, connection, request):
        self.places.append(connection)
        parts, self.parts = self.parts, None
        if parts is None:
            connection.sendall(echo(request))
            return
        try:
            for part in parts:
                if isinstance(part, int):
                    time.sleep(part / 1000)
                else:
                    connection.sendall(part)
        finally:
            self.is_done = True
        if self.ends:
            raise ConnectionAbortedError("the script ends here")
