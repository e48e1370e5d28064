"""A small model server that can misbehave: HTTP/1.1 by hand on asyncio streams.

    python model_server.py --name a --listen 127.0.0.1:0
    python model_server.py --name b --listen unix:/tmp/b.sock

Prints one line of JSON when it listens: {"address": ..., "control": ...}. The control address
tells what was seen (`GET /stats`, `GET /requests`) and takes orders (`POST /control`), so that
neither is counted among the requests. How a request goes wrong is chosen by an `x-fault` header,
a `fault` member of a JSON body, or an order: `name` or `name=argument`, see `model_faults.py`.

Every `data:` event of a stream carries `sent_ns`, this machine's monotonic clock.
"""

import argparse
import asyncio
import collections
import hashlib
import json
import socket
import struct
import sys
import time

import model_faults
import model_replies

HEAD_BYTES_MAX = 1 << 20
BUFFER_BYTES_MAX = 256 * 1024
RECORDED_BODY_BYTES_MAX = 64 * 1024
RECORDED_REQUESTS_MAX = 256


class Gone(Exception):
    """The other side has closed or reset the connection."""


class Connection:
    """A connection whose reading side is always watched, so that a leaver is seen at once."""

    def __init__(self, number, reader, writer):
        self.number = number
        self.request_count = 0
        self.gone_ns = None
        self.is_paused = False
        self._reader = reader
        self._writer = writer
        self._buffer = bytearray()
        self._changed = asyncio.Event()
        self._pump = asyncio.create_task(self._run_pump())

    async def _run_pump(self):
        try:
            while True:
                while self.is_paused or len(self._buffer) > BUFFER_BYTES_MAX:
                    await asyncio.sleep(0.005)
                data = await self._reader.read(65536)
                if not data:
                    break
                self._buffer += data
                self._changed.set()
        except OSError:
            pass
        self.gone_ns = time.monotonic_ns()
        self._changed.set()

    async def wait_for_more(self):
        """Returns when bytes have come; raises when none will."""
        if self.gone_ns is not None:
            raise Gone
        self._changed.clear()
        await self._changed.wait()

    async def read_until(self, mark, limit):
        while mark not in self._buffer:
            if len(self._buffer) > limit:
                raise Gone
            await self.wait_for_more()
        end = self._buffer.index(mark) + len(mark)
        return self._take(end)

    async def read_exactly(self, count):
        parts = []
        while count > 0:
            while not self._buffer:
                await self.wait_for_more()
            parts.append(self._take(min(count, len(self._buffer))))
            count -= len(parts[-1])
        return b"".join(parts)

    def _take(self, count):
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    async def write(self, data):
        if self.gone_ns is not None:
            raise Gone
        try:
            self._writer.write(data)
            await self._writer.drain()
        except OSError:
            raise Gone from None

    async def sleep(self, seconds):
        """Waits; raises as soon as the other side has left."""
        deadline = time.monotonic() + seconds
        while (rest := deadline - time.monotonic()) > 0:
            if self.gone_ns is not None:
                raise Gone
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), rest)
            except asyncio.TimeoutError:
                return

    async def wait_until_gone(self):
        while True:
            await self.sleep(3600)

    def reset(self):
        """Closes with RST, as a killed process with unread bytes does."""
        transport = self._writer.transport
        peer = transport.get_extra_info("socket")
        is_open = peer is not None and peer.fileno() >= 0
        if is_open and peer.family != socket.AF_UNIX:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()

    async def close(self):
        self._pump.cancel()
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except OSError:
            pass


class Request:
    """A request with its fields in order, as they came."""

    def __init__(self, head):
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.target, self.version = lines[0].split(" ", 2)
        self.fields = []
        for line in lines[1:]:
            if line:
                name, _, value = line.partition(":")
                self.fields.append([name.lower(), value.strip(" \t")])
        self.body = b""
        self.json = {}

    @property
    def path(self):
        return self.target.split("?", 1)[0]

    def field(self, name, default=None):
        values = [value for key, value in self.fields if key == name]
        return ", ".join(values) if values else default

    @property
    def keeps_alive(self):
        tokens = (self.field("connection") or "").lower()
        return "keep-alive" in tokens if self.version == "HTTP/1.0" else "close" not in tokens


class ModelServer:
    def __init__(self, options):
        self.options = options
        self.orders = []
        self.recorded = collections.deque(maxlen=RECORDED_REQUESTS_MAX)
        self.connections = {}
        self.connection_total = 0
        self.request_total = 0
        self.request_open = 0
        self.stream_open = 0
        self.stream_finished = 0
        self.stream_aborted = []

    # Connections

    async def serve_connection(self, reader, writer):
        self.connection_total += 1
        connection = Connection(self.connection_total, reader, writer)
        self.connections[connection.number] = connection
        try:
            while await self.serve_request(connection):
                pass
        except (Gone, OSError):
            pass
        finally:
            del self.connections[connection.number]
            await connection.close()

    async def serve_request(self, connection):
        """Answers one request; whether another may follow on the connection."""
        idle_close = self.options.idle_close_seconds
        try:
            head = await asyncio.wait_for(
                connection.read_until(b"\r\n\r\n", HEAD_BYTES_MAX), idle_close)
        except asyncio.TimeoutError:
            return False
        request = Request(head)
        connection.request_count += 1
        self.request_total += 1
        self.request_open += 1
        try:
            keeps_alive = await self.answer(connection, request)
        finally:
            self.request_open -= 1
        most = self.options.requests_per_connection
        return keeps_alive and not (most and connection.request_count >= most)

    async def answer(self, connection, request):
        record = self.record(connection, request)
        fault = self.next_order() or request.field("x-fault")
        if fault and model_faults.is_early(fault):
            return await model_faults.run(self, connection, request, fault)
        await self.read_body(connection, request)
        record["body_length"] = len(request.body)
        record["body_sha256"] = hashlib.sha256(request.body).hexdigest()
        record["body"] = request.body[:RECORDED_BODY_BYTES_MAX].decode("latin-1")
        fault = fault or request.json.get("fault")
        if fault:
            return await model_faults.run(self, connection, request, fault)
        return await self.answer_well(connection, request)

    def record(self, connection, request):
        record = {
            "method": request.method, "target": request.target, "version": request.version,
            "fields": request.fields, "connection": connection.number,
            "number": connection.request_count, "at_ns": time.monotonic_ns(),
        }
        self.recorded.append(record)
        return record

    def next_order(self):
        if not self.orders:
            return None
        order = self.orders[0]
        order["times"] -= 1
        if order["times"] <= 0:
            self.orders.pop(0)
        return order["fault"]

    async def read_body(self, connection, request):
        if (request.field("expect") or "").lower() == "100-continue":
            await connection.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if (request.field("transfer-encoding") or "").lower() == "chunked":
            request.body = await self.read_chunks(connection)
        elif request.field("content-length"):
            request.body = await connection.read_exactly(int(request.field("content-length")))
        try:
            parsed = json.loads(request.body)
            request.json = parsed if isinstance(parsed, dict) else {}
        except ValueError:
            request.json = {}

    async def read_chunks(self, connection):
        parts = []
        while True:
            line = await connection.read_until(b"\r\n", 4096)
            size = int(line.split(b";")[0], 16)
            if size == 0:
                while await connection.read_until(b"\r\n", 65536) != b"\r\n":
                    pass
                return b"".join(parts)
            parts.append(await connection.read_exactly(size))
            await connection.read_exactly(2)

    # Answers

    async def answer_well(self, connection, request):
        reply = model_replies.reply(self.options.name, request)
        if reply.stream is not None:
            return await self.stream(connection, request, reply.stream)
        await connection.write(self.head(request, reply.status, reply.fields, reply.body)
                               + (b"" if request.method == "HEAD" else reply.body))
        return request.keeps_alive

    def head(self, request, status, fields, body=None):
        """The head of an answer; with a body its length, without one nothing is said of it."""
        lines = [f"HTTP/1.1 {status} {model_replies.reason(status)}"]
        lines += [f"{name}: {value}" for name, value in fields]
        lines += [f"{name}: {value}" for name, value in self.seen(request)]
        if body is not None and status not in (204, 304):
            lines.append(f"content-length: {len(body)}")
        if not request.keeps_alive:
            lines.append("connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def seen(self, request):
        """What came in, told in the head of the answer."""
        return [
            ("x-model-server", self.options.name),
            ("x-seen-method", request.method),
            ("x-seen-target", request.target),
            ("x-seen-fields", ",".join(name for name, _ in request.fields)),
            ("x-seen-body-sha256", hashlib.sha256(request.body).hexdigest()),
        ]

    async def stream(self, connection, request, stream, stop_after=None):
        """Sends events, chunked; ends the body unless told to stop after so many events."""
        fields = [("content-type", "text/event-stream"), ("transfer-encoding", "chunked")]
        self.stream_open += 1
        sent = 0
        try:
            await connection.write(self.head(request, 200, fields))
            for event in stream.events():
                if stop_after is not None and sent >= stop_after:
                    return False
                await connection.write(b"%x\r\n%s\r\n" % (len(event), event))
                sent += 1
                await connection.sleep(stream.interval_seconds)
            await connection.write(b"0\r\n\r\n")
            self.stream_finished += 1
            return request.keeps_alive
        except Gone:
            self.note_abort(connection, request, sent)
            raise
        finally:
            self.stream_open -= 1

    def note_abort(self, connection, request, sent):
        gone_ns = connection.gone_ns or time.monotonic_ns()
        label = request.json.get("user") or request.field("x-label")
        self.stream_aborted.append({"label": label, "events": sent, "at_ns": gone_ns})

    # Control

    def stats(self):
        return {
            "requests": self.request_total, "requests_open": self.request_open,
            "connections": self.connection_total, "connections_open": len(self.connections),
            "streams_open": self.stream_open, "streams_finished": self.stream_finished,
            "streams_aborted": self.stream_aborted,
        }

    async def serve_control(self, reader, writer):
        connection = Connection(0, reader, writer)
        try:
            request = Request(await connection.read_until(b"\r\n\r\n", HEAD_BYTES_MAX))
            await self.read_body(connection, request)
            body = json.dumps(self.control(request)).encode()
            await connection.write(
                b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%s"
                % (len(body), body))
        except (Gone, OSError):
            pass
        finally:
            await connection.close()

    def control(self, request):
        if request.path == "/stats":
            return self.stats()
        if request.path == "/requests":
            return list(self.recorded)
        self.orders += [{"times": 1, **order} for order in request.json.get("orders", [])]
        for name, value in request.json.get("options", {}).items():
            setattr(self.options, name, value)
        if request.json.get("forget"):
            self.orders.clear()
            self.recorded.clear()
            self.stream_aborted.clear()
        return {}


async def listen(handler, address):
    """Starts a listener; the address it got."""
    if address.startswith("unix:"):
        await asyncio.start_unix_server(handler, address[len("unix:"):], backlog=1024)
        return address
    host, port = address.rsplit(":", 1)
    server = await asyncio.start_server(handler, host, int(port), backlog=1024)
    return "%s:%d" % server.sockets[0].getsockname()[:2]


async def run(options):
    model_server = ModelServer(options)
    address = await listen(model_server.serve_connection, options.listen)
    control = await listen(model_server.serve_control, "127.0.0.1:0")
    print(json.dumps({"address": address, "control": control}), flush=True)
    await asyncio.Event().wait()


def main():
    parser = argparse.ArgumentParser(description="A small model server that can misbehave.")
    parser.add_argument("--name", default="model-server")
    parser.add_argument("--listen", default="127.0.0.1:0", help="HOST:PORT or unix:PATH")
    parser.add_argument("--idle-close-seconds", type=float, help="close what is idle so long")
    parser.add_argument("--requests-per-connection", type=int, help="then close, unannounced")
    try:
        asyncio.run(run(parser.parse_args()))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
