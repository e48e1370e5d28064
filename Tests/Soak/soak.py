"""The soak: routerc between clients and endpoints that do what they like, and what is left of it.

`scripts/soak --help` says how it is run. It ends with a verdict, and exit status 0 or 1.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import soak_clients
from soak_account import Account
from soak_clients import Client
from soak_kinds import KINDS
from soak_router import SoakRouter, free_port, made_up_keys
from soak_verdict import Verdict, judge

HERE = Path(__file__).resolve().parent
SAMPLE_SECONDS = 1.0
IDLE_SECONDS = 12.0
FAILURES_MAX = 500
CALM_ENDPOINTS, WILD_ENDPOINTS, MORTAL_ENDPOINTS = 4, 8, 3


class Upstreams:
    """A process of endpoints; one that can be killed and comes back to its ports."""

    def __init__(self, seed: int, *arguments: str):
        self.command = [sys.executable, str(HERE / "soak_upstreams.py"), "--seed", str(seed),
                        *arguments]
        self.ports: dict[str, list[int]] = {}
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.ports = json.loads(self.process.stdout.readline())

    def become_calm(self) -> None:
        self.process.send_signal(signal.SIGUSR1)

    def end(self) -> None:
        """kill -9, as the kernel does when memory is short."""
        self.process.kill()
        self.process.wait()
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()


class Soak:
    """One run, from the first process to the verdict."""

    def __init__(self, options: argparse.Namespace, folder: Path):
        self.options = options
        self.random = random.Random(options.seed)
        self.account = Account()
        self.seconds = options.minutes * 60
        self.steady = Upstreams(options.seed, "--calm", str(CALM_ENDPOINTS),
                                "--wild", str(WILD_ENDPOINTS))
        mortal = ",".join(str(free_port()) for _ in range(MORTAL_ENDPOINTS))
        self.mortal = Upstreams(options.seed + 1, "--ports", mortal)
        self.mortal_lock = asyncio.Lock()
        self.keys = made_up_keys(self.random)
        ports = {**self.steady.ports, "mortal": self.mortal.ports["wild"]}
        self.router = SoakRouter(folder, ports, self.keys)
        self.stopping = asyncio.Event()
        self.samples: list[dict] = []
        self.disturbances: dict[str, int] = {}
        self.kills = 0
        self.over = asyncio.Event()

    # The phases

    async def run(self) -> Verdict:
        await self.wait_until_ready()
        await self.warm_up()
        before = await self.idle_state()
        self.started = time.monotonic()
        clients = [
            asyncio.create_task(
                Client(self.router.address, self.keys, self.account,
                       f"{self.options.seed}-{number}").run(KINDS, self.stopping))
            for number in range(self.options.clients)]
        troubles = [asyncio.create_task(self.swap_tables()),
                    asyncio.create_task(self.kill_and_restart()),
                    asyncio.create_task(self.watch())]
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.over.wait(), self.seconds)
        await self.stop(clients, troubles)
        after = await self.idle_state()
        return judge(self, before, after)

    async def wait_until_ready(self) -> None:
        for _ in range(200):
            try:
                await asyncio.to_thread(self.router.status)
                return
            except OSError:
                await asyncio.sleep(0.05)
        raise AssertionError("the router did not start:\n" + "\n".join(self.router.other_lines))

    async def warm_up(self) -> None:
        """A little of what is always answered well: `before` is of a router that has run."""
        client = Client(self.router.address, self.keys, self.account, "warm-up")
        calm = [function for function, _ in KINDS if function.__name__ in ("calm", "pipeline")]
        for number in range(20):
            await client.one(calm[number % 2])

    async def stop(self, clients: list, troubles: list) -> None:
        """Troubles end first, then every client ends what it has begun."""
        for task in troubles:
            task.cancel()
        results = await asyncio.gather(*troubles, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                self.account.fail("soak", f"the soak itself failed: {result!r}")
        for upstreams in (self.steady, self.mortal):
            upstreams.become_calm()
        self.stopping.set()
        _, pending = await asyncio.wait(clients, timeout=soak_clients.BOUND_SECONDS + 5)
        for task in pending:
            self.account.fail("soak", "a client did not stop")
            task.cancel()
        for task in clients:
            if task.done() and not task.cancelled() and task.exception():
                self.account.fail("soak", f"a client died of {task.exception()!r}")
        if self.router.is_alive():
            self.router.put(self.router.tables[0])
            self.router.hup()

    async def idle_state(self) -> dict:
        """What is held when nobody asks: upstream connections go after 4 s."""
        state: dict = {}
        deadline = time.monotonic() + IDLE_SECONDS
        while self.router.is_alive():
            state = await asyncio.to_thread(self.router.status)
            state["fds"] = self.router.fds()
            state["anonymous_kib"] = self.router.anonymous_kib()
            left = [state[name] for name in
                    ("in_flight", "buffered_bytes", "client_connections", "upstream_connections")]
            if not any(left) and state["living_tables"] == 1 or time.monotonic() > deadline:
                break
            await asyncio.sleep(0.25)
        return state

    # The troubles

    async def swap_tables(self) -> None:
        """A table every few hundred milliseconds, good or bad."""
        while True:
            await asyncio.sleep(0.1 + self.random.random() * 0.5)
            what = self.router.disturb(self.random)
            self.disturbances[what] = self.disturbances.get(what, 0) + 1

    async def kill_and_restart(self) -> None:
        while True:
            await asyncio.sleep(1 + self.random.random() * 8)
            await asyncio.to_thread(self.mortal.end)
            self.kills += 1
            await asyncio.sleep(self.random.random() * 2)
            await asyncio.to_thread(self.mortal.start)

    async def watch(self) -> None:
        """Samples every second; a line every ten."""
        next_line = 10.0
        while True:
            await asyncio.sleep(SAMPLE_SECONDS)
            if not self.router.is_alive():
                self.account.fail("router", f"left with {self.router.process.returncode}")
            if self.steady.process.poll() is not None:
                self.account.fail("soak", "the process of the steady endpoints has ended")
            if not self.router.is_alive() or self.account.failure_count >= FAILURES_MAX:
                # More of the same would say nothing new.
                self.over.set()
                return
            status = await asyncio.to_thread(self.router.status)
            sample = {
                "second": time.monotonic() - self.started,
                "anonymous_kib": self.router.anonymous_kib(), "fds": self.router.fds(),
                **{name: status[name] for name in (
                    "in_flight", "buffered_bytes", "client_connections",
                    "upstream_connections", "living_tables")},
                "generation": status["table"]["generation"]}
            self.samples.append(sample)
            if sample["second"] >= next_line:
                next_line += 10.0
                self.print_line(sample)

    def print_line(self, sample: dict) -> None:
        outcomes = ", ".join(f"{name} {count}" for name, count in
                             self.account.by_outcome().items() if name != "whole")
        print(f"{sample['second']:5.0f} s  {self.account.begun} requests,"
              f" {self.account.streams} streams, whole"
              f" {self.account.by_outcome().get('whole', 0)} | RssAnon"
              f" {sample['anonymous_kib']} KiB, fds {sample['fds']}, in_flight"
              f" {sample['in_flight']}, buffered {sample['buffered_bytes']}, clients"
              f" {sample['client_connections']}, upstreams {sample['upstream_connections']},"
              f" tables {sample['living_tables']}, generation {sample['generation']}"
              f" | {outcomes}", flush=True)

    def end(self) -> None:
        for upstreams in (self.steady, self.mortal):
            if upstreams.process.poll() is None:
                upstreams.end()
        if self.router.is_alive():
            self.router.process.kill()
            self.router.process.wait()


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/soak", description="routerc under random faults, with a verdict at the end.",
        epilog="ROUTERC_BINARY names the binary; the default is .build/routerc. Exit status: 0"
               " when the verdict is good, 1 when it is not, 2 for a mistake in the arguments.")
    parser.add_argument("--minutes", type=float, default=10.0, help="how long (default 10)")
    parser.add_argument("--seed", type=int, help="of all that is random (default: a new one)")
    parser.add_argument("--clients", type=int, default=48, help="at a time (default 48)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all that was measured")
    options = parser.parse_args()
    if options.minutes <= 0 or options.clients < 1:
        parser.error("--minutes and --clients want more than nothing")
    if options.seed is None:
        options.seed = int.from_bytes(os.urandom(4), "big")
    return options


async def soak(options: argparse.Namespace, folder: Path) -> Verdict:
    run = Soak(options, folder)
    try:
        return await run.run()
    finally:
        run.end()


def main() -> int:
    options = parse()
    print(f"soak: {options.minutes:g} minutes, {options.clients} clients, seed {options.seed}",
          flush=True)
    with tempfile.TemporaryDirectory(prefix="routerc-soak-") as folder:
        verdict = asyncio.run(soak(options, Path(folder)))
    verdict.print()
    if options.json:
        options.json.write_text(json.dumps(verdict.values, indent=1) + "\n")
    return 0 if verdict.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
