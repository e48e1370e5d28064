"""The endpoints of the soak: many in one process, some calm, some that do anything.

    python soak_upstreams.py --seed 1 --calm 4 --wild 8
    python soak_upstreams.py --seed 1 --ports 7001,7002        mortal ones at these ports

Prints {"calm": [PORT...], "wild": [PORT...]} when it listens, and ends with its standard input. A
calm endpoint always answers well. A wild one changes its mood at random: it behaves, goes wrong in
one answer of two, hangs, is down (nobody listens, connections are reset) or drops every connection.
SIGUSR1 makes all calm for good.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "EndToEnd"))

import model_faults  # noqa: E402
import soak_faults  # noqa: E402
import soak_replies  # noqa: E402
from model_server import ModelServer  # noqa: E402

MOODS = [("well", 4), ("rough", 5), ("hanging", 1), ("down", 2), ("dropping", 2)]
FAULT_SHARE = {"well": 0.03, "rough": 0.5, "hanging": 0.9, "dropping": 0.03}
MOOD_SECONDS = {"well": (0.5, 4), "rough": (0.5, 5), "hanging": (0.2, 1), "down": (0.1, 2),
                "dropping": (0.0, 0.1)}


class Endpoint(ModelServer):
    """A model server whose answers a client can compute, at a port that it comes back to."""

    def __init__(self, port: int, is_wild: bool, seed: str, is_mortal: bool = False):
        super().__init__(argparse.Namespace(
            name="soak", idle_close_seconds=None, requests_per_connection=None))
        self.port = port
        self.is_wild = is_wild
        self.is_mortal = is_mortal
        self.mood = "well"
        self.random = random.Random(seed)
        self.server: asyncio.Server | None = None

    # Life

    async def start(self) -> None:
        for _ in range(200):
            try:
                self.server = await asyncio.start_server(
                    self.serve_connection, "127.0.0.1", self.port, backlog=512)
                break
            except OSError:
                await asyncio.sleep(0.05)
        assert self.server is not None, f"port {self.port} is taken"
        self.port = self.server.sockets[0].getsockname()[1]

    def drop_all(self) -> None:
        for connection in list(self.connections.values()):
            connection.reset()

    async def live(self, calm: asyncio.Event) -> None:
        """Changes mood until told to be calm."""
        while not calm.is_set():
            names, weights = zip(*MOODS)
            self.mood = self.random.choices(names, weights)[0]
            if self.mood == "down" and self.server:
                self.server.close()
            if self.mood in ("down", "dropping"):
                self.drop_all()
            low, high = MOOD_SECONDS[self.mood]
            await asyncio.sleep(low + self.random.random() * (high - low))
            if self.mood == "down":
                await self.start()
        self.is_wild = False

    # Answers

    async def answer(self, connection, request):
        fault = self.fault(request)
        if fault and model_faults.is_early(fault):
            return await model_faults.run(self, connection, request, fault)
        await self.read_body(connection, request)
        if fault:
            return await model_faults.run(self, connection, request, fault)
        return await self.answer_well(connection, request)

    def fault(self, request) -> str | None:
        if not self.is_wild or self.random.random() >= FAULT_SHARE.get(self.mood, 0):
            return None
        return "hang" if self.mood == "hanging" else soak_faults.choose(
            self.random, self.is_mortal)

    async def answer_well(self, connection, request):
        if request.json.get("stream"):
            return await self.stream(connection, request, Events(request))
        head, coded = soak_faults.framed(self, request, self.body(request))
        await connection.write(head + coded)
        return request.keeps_alive

    def body(self, request) -> bytes:
        nonce = request.field("x-label") or ""
        return soak_replies.expected(nonce, request.target, request.body, request.json)

    def media(self, request) -> list[tuple[str, str]]:
        kind = "text/event-stream" if request.json.get("stream") else "application/json"
        return [("content-type", kind)]

    def seen(self, request):
        return [("x-soak-nonce", request.field("x-label") or "")]

    def note_abort(self, connection, request, sent):
        """Leavers are many, and nobody asks for the list."""


class Events:
    """A stream as `ModelServer.stream` sends it."""

    def __init__(self, request):
        self.made = soak_replies.events(request.field("x-label") or "", request.json)
        self.interval_seconds = float(request.json.get("interval_ms", 0)) / 1000

    def events(self):
        return self.made


async def run(options: argparse.Namespace) -> None:
    ports = [int(port) for port in options.ports.split(",")] if options.ports else []
    wild = [Endpoint(port, True, f"{options.seed}-{port}", is_mortal=True) for port in ports]
    wild += [Endpoint(0, True, f"{options.seed}-{index}") for index in range(options.wild)]
    calm = [Endpoint(0, False, f"{options.seed}-c{index}") for index in range(options.calm)]
    for endpoint in calm + wild:
        await endpoint.start()
    become_calm = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, become_calm.set)
    # Whoever started it holds the other end: when that is gone, so is this.
    loop.add_reader(sys.stdin.fileno(), os._exit, 0)
    print(json.dumps({"calm": [endpoint.port for endpoint in calm],
                      "wild": [endpoint.port for endpoint in wild]}), flush=True)
    lives = [asyncio.create_task(endpoint.live(become_calm)) for endpoint in wild]
    await asyncio.gather(*lives)
    await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description="The endpoints of the soak.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--calm", type=int, default=0)
    parser.add_argument("--wild", type=int, default=0)
    parser.add_argument("--ports", default="")
    try:
        asyncio.run(run(parser.parse_args()))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
