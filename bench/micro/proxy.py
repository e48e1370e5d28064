"""Counts the user-space instructions of `routerc serve` per request and per SSE chunk.

    python3 proxy.py BINARY [--update]

The server runs below callgrind with one loop. Two runs, one with twice the work of the other, and
the difference divided by the work: start-up and shutdown cancel out. Of three such pairs the median
is reported, and how far they are apart.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import signal
import socket
import statistics
import sys
import tempfile
import time
from pathlib import Path

import thresholds

REQUESTS = 1_000
CHUNKS = 1_000
PAIRS = 3
KEY = "sk-micro-proxy"
# Runs of one measure may differ by this much; more says that the machine disturbs.
SPREAD_PERCENT = 1.0

HEAD = (
    "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n"
    "Accept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\nAccept: application/json\r\n"
    "Content-Type: application/json\r\nUser-Agent: OpenAI/Python 2.8.0\r\n"
    "X-Stainless-Lang: python\r\nX-Stainless-Package-Version: 2.8.0\r\n"
    "X-Stainless-OS: Linux\r\nX-Stainless-Arch: x64\r\nX-Stainless-Runtime: CPython\r\n"
    "X-Stainless-Runtime-Version: 3.11.2\r\nX-Stainless-Async: false\r\n"
    f"Authorization: Bearer {KEY}\r\nx-stainless-retry-count: 0\r\n"
)
EVENT = (
    'data: {"id":"chatcmpl-7f6c1c0e6c3f4a44","object":"chat.completion.chunk","created":1795255200,'
    '"model":"llama3","choices":[{"index":0,"delta":{"content":" token"},"finish_reason":null}]}'
    "\n\n"
).encode()


def request(stream: bool) -> bytes:
    """A request with a body of 1 KiB."""
    head = f'{{"model":"llama3","stream":{str(stream).lower()},"messages":[{{"role":"user",'
    head += '"content":"'
    body = head + "x" * (1024 - len(head) - 4) + '"}]}'
    return f"{HEAD}Content-Length: {len(body)}\r\n\r\n{body}".encode()


class Backend:
    """A model server that answers at once, or with `chunks` events, one at a time."""

    def __init__(self) -> None:
        self.chunks = 0
        self.server: asyncio.Server | None = None
        # A word from the client for each event that it has got.
        self.received: asyncio.Queue[None] = asyncio.Queue()

    async def start(self) -> int:
        """Listens; the port."""
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        return int(self.server.sockets[0].getsockname()[1])

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers the requests of one connection."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"(?i)content-length: (\d+)", head)
                await reader.readexactly(int(length[1]) if length else 0)
                if self.chunks:
                    await self.stream(writer)
                else:
                    body = b'{"ok":true}' + b" " * 501
                    writer.write(
                        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                        b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
                    )
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def stream(self, writer: asyncio.StreamWriter) -> None:
        """Sends the events, each when the client has the one before: none share a read."""
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        for _ in range(self.chunks):
            writer.write(b"%x\r\n%s\r\n" % (len(EVENT), EVENT))
            await self.received.get()
        writer.write(b"0\r\n\r\n")


def spec(port: int) -> str:
    """A closed spec with one key; patient, for a machine that has other work too."""
    return (
        "version: 1\nlisten: { address: 127.0.0.1:0 }\n"
        "defaults:\n  discovery: none\n"
        "  timeouts: { connect: 1m, first_token: none, answer: none, idle: none }\n"
        "pools:\n  - name: chat\n"
        f'    models: [llama3]\n    endpoints: ["http://127.0.0.1:{port}"]\n'
        f"keys:\n  - {{ name: alice, secret: env:MICRO_KEY }}\n"
    )


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connects as soon as the server listens; below valgrind that takes seconds."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return await asyncio.open_connection("127.0.0.1", port)
        except ConnectionError:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.05)


async def read_answer(reader: asyncio.StreamReader, backend: Backend) -> None:
    """Reads one answer to its end, and tells the backend of each event."""
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"the router answers {head[:60]!r}")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    if length:
        await reader.readexactly(int(length[1]))
        return
    for _ in range(backend.chunks):
        await reader.readuntil(b"\n\n\r\n")
        backend.received.put_nowait(None)
    await reader.readuntil(b"0\r\n\r\n")


async def instructions(binary: str, backend: Backend, port: int, requests: int) -> int:
    """Runs the server for so many requests on one connection; its instructions."""
    listen = free_port()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "spec.yaml").write_text(spec(port))
        out = Path(folder, "out")
        server = await asyncio.create_subprocess_exec(
            "valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", binary, "serve",
            f"{folder}/spec.yaml", "--loops", "1", "--log-level", "notice",
            "--listen", f"127.0.0.1:{listen}",
            env={**os.environ, "MICRO_KEY": KEY}, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            reader, writer = await connect(listen)
            for _ in range(requests):
                writer.write(request(stream=backend.chunks > 0))
                await read_answer(reader, backend)
            writer.close()
        finally:
            server.send_signal(signal.SIGTERM)
            errors = (await server.communicate())[1]
        if server.returncode != 0:
            raise RuntimeError(f"serve ended with {server.returncode}: {errors[-500:]!r}")
        total = re.search(r"^(?:totals|summary): (\d+)", out.read_text(), re.MULTILINE)
        if total is None:
            raise RuntimeError("callgrind wrote no totals")
        return int(total[1])


async def measure(binary: str) -> dict[str, list[float]]:
    """The instructions per request and per chunk, of each pair of runs."""
    backend = Backend()
    port = await backend.start()
    found: dict[str, list[float]] = {"request, 1 KiB": [], "SSE chunk": []}
    for _ in range(PAIRS):
        backend.chunks = 0
        once = await instructions(binary, backend, port, REQUESTS)
        twice = await instructions(binary, backend, port, 2 * REQUESTS)
        found["request, 1 KiB"].append((twice - once) / REQUESTS)
        backend.chunks = CHUNKS
        once = await instructions(binary, backend, port, 1)
        backend.chunks = 2 * CHUNKS
        twice = await instructions(binary, backend, port, 1)
        found["SSE chunk"].append((twice - once) / CHUNKS)
    return found


def main() -> int:
    """Prints both figures; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("--update", action="store_true", help="write the thresholds anew")
    options = parser.parse_args()
    counted = {}
    for name, values in asyncio.run(measure(options.binary)).items():
        middle = statistics.median(values)
        spread = 100 * (max(values) - min(values)) / middle
        note = "" if spread <= SPREAD_PERCENT else f"; more than {SPREAD_PERCENT} %: disturbed"
        print(f"{name:28} {middle:12.1f} instructions, runs {spread:.2f} % apart{note}")
        counted[name] = round(middle, 1)
    if options.update:
        thresholds.write("proxy", counted, slack_percent=5)
        return 0
    return thresholds.compare("proxy", counted)


if __name__ == "__main__":
    sys.exit(main())
