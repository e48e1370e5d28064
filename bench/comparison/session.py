"""One run of bench/compare: what is started, measured in which order, and noted."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

from . import load, procfs
from .peers.base import Peer, check
from .sections import DIRECT
from .servers import Server, ask, start_backend
from .settings import BACKEND_PORT, FIRST_PEER_PORT, ROOT, RUN, Missing
from .statistics import is_noisy
from .work import Asking, Work, build_requests, chat_body, write_requests

_PEER_PORTS = 150


@dataclass(frozen=True)
class Options:
    """How long and how often."""

    rounds: int = 5
    seconds: float = 5.0
    is_pinned: bool = True
    is_quick: bool = False
    streams: int = 5000


@dataclass
class Target:
    """What requests are sent to: a peer that runs, or the model server itself."""

    name: str
    port: int
    work: Work
    server: Server | None = None
    peer: Peer | None = None
    parameters: dict = field(default_factory=dict)


Measurement = Callable[[Target], dict]


class Session:
    """Holds the samples, and what is known of every peer."""

    def __init__(self, options: Options, peers: list[Peer]) -> None:
        self.options, self.peers = options, peers
        self.samples: list[dict] = []
        self.states: dict[str, dict] = {}
        self.checks: list[dict] = []
        self.backend: Server | None = None
        self._next_port = 0
        self._began = time.monotonic()
        for peer in peers:
            reason = peer.missing()
            self.states[peer.name] = {
                "family": peer.family,
                "does": sorted(peer.does),
                "what": peer.what,
                "state": "ready" if reason is None else reason,
                "version": peer.version() if reason is None else None,
            }

    # What is told while it runs goes to standard error.

    def say(self, text: str) -> None:
        print(f"[{time.monotonic() - self._began:6.1f} s] {text}", file=sys.stderr, flush=True)

    # Peers

    def chosen(self, names: tuple[str, ...]) -> list[Peer]:
        """Of the peers of a case, those that were asked for and can run."""
        return [
            peer
            for peer in self.peers
            if peer.name in names and self.states[peer.name]["state"] == "ready"
        ]

    def give_up(self, peer: Peer, reason: str) -> None:
        """The peer is not measured any more; the table says why."""
        self.states[peer.name]["state"] = reason
        self.say(f"{peer.name}: {reason}")

    def free_port(self) -> int:
        """A port that no server of this run has had lately, and nobody has now."""
        for _ in range(_PEER_PORTS):
            self._next_port += 1
            port = FIRST_PEER_PORT + self._next_port % _PEER_PORTS
            if not procfs.listening_inodes(port):
                return port
        raise Missing(f"no free port from {FIRST_PEER_PORT} on; set BENCH_PORT")

    def start(self, peer: Peer, work: Work, label: str = "") -> Server | None:
        """A peer that answers, or nothing and a note that says why."""
        port = self.free_port()
        try:
            server = peer.start(work, port, self.options.is_pinned, label)
        except (Missing, RuntimeError, OSError) as error:
            self.note_failure(peer, work, str(error))
            return None
        if server.answering_after(work.key(1), work.model(1)) is None:
            reason = f"does not start: {server.last_words()}"
            server.stop()
            self.note_failure(peer, work, reason)
            return None
        if not procfs.owns(server.pids(), procfs.listening_inodes(port)):
            server.stop()
            raise RuntimeError(f"another process answers on port {port}")
        return server

    def note_failure(self, peer: Peer, work: Work, reason: str) -> None:
        """A failure with much to route says nothing about the peer with little."""
        reason = " ".join(reason.replace(f"{ROOT}/", "").split())[:200]
        if work == Work():
            self.give_up(peer, reason)
        else:
            self.say(f"{peer.name} with {work.keys} keys, {work.models} models: {reason}")
            self.samples.append(
                {"case": "failed", "peer": peer.name, "keys": work.keys, "models": work.models,
                 "reason": reason}
            )  # fmt: skip

    def verify(self, target: Target) -> bool:
        """A peer that answers wrongly is not measured."""
        assert target.peer is not None
        try:
            result = check(target.peer, target.port, target.work)
        except (OSError, HTTPException) as error:
            result = {"peer": target.name, "ok": False, "faults": [str(error)]}
        self.checks.append({**result, "keys": target.work.keys, "models": target.work.models})
        if not result["ok"]:
            self.note_failure(target.peer, target.work, "; ".join(result["faults"]))
        return result["ok"]

    @contextmanager
    def backends(self, **stream: int) -> Iterator[Server]:
        """The model servers, for as long as something is measured against them."""
        self.backend = start_backend(self.options.is_pinned, **stream)
        try:
            yield self.backend
        finally:
            self.backend.stop()
            self.backend = None

    @contextmanager
    def running(
        self, names: tuple[str, ...], works: list[Work] | None = None, *, has_direct: bool = True
    ) -> Iterator[list[Target]]:
        """Peers that answer rightly, each with each work, and the model server itself."""
        targets: list[Target] = []
        try:
            for work in works or [Work()]:
                label = "" if work == Work() else f"-{work.label}"
                for peer in self.chosen(names):
                    self.say(f"starting {peer.name}{label}")
                    server = self.start(peer, work, label)
                    if server is None:
                        continue
                    target = Target(peer.name, server.port, work, server, peer)
                    target.parameters = {
                        "keys": work.keys,
                        "models": work.models,
                        "endpoints": work.models * work.each,
                    }
                    targets.append(target)
                    if not self.verify(target):
                        server.stop()
                        targets.pop()
            direct = [Target(DIRECT, BACKEND_PORT, (works or [Work()])[0])] if has_direct else []
            yield direct + targets
        finally:
            for target in targets:
                assert target.server is not None
                target.server.stop()

    # Measuring

    def requests(self, work: Work, asking: Asking, label: str) -> Path:
        path = RUN / f"requests-{label}-{work.label}"
        return write_requests(path, build_requests(work, asking))

    def warm_up(self, targets: list[Target]) -> None:
        """Every peer has connections, threads and code in memory before it is timed."""
        for target in targets:
            requests = self.requests(target.work, Asking(), "warm")
            argv = load.rate_argv(target.port, requests, 16, 1)
            try:
                load.run_load(argv, self.options.is_pinned)
            except load.LoadFailed as error:
                self.say(f"warming up {target.name}: {error}")

    def rounds(
        self, case: str, targets: list[Target], measurements: Sequence[tuple[dict, Measurement]],
        *, rounds: int | None = None,
    ) -> None:  # fmt: skip
        """Every measurement of every target, in a new random order in each round."""
        count = rounds or self.options.rounds
        for number in range(1, count + 1):
            order = [(target, each) for target in targets for each in measurements]
            random.shuffle(order)
            for target, (parameters, measure) in order:
                self.take(case, target, parameters, measure, number)
            self.say(f"{case}: round {number} of {count}")

    def take(
        self, case: str, target: Target, parameters: dict, measure: Measurement, number: int
    ) -> None:
        """One sample, or the note that there is none."""
        if target.server is not None and not target.server.is_alive():
            self.say(f"{case}: {target.name} has ended: {target.server.last_words()}")
            return
        head = {"case": case, "peer": target.name, "round": number, **target.parameters}
        try:
            sample = {**head, **parameters, **measure(target)}
        except load.LoadFailed as error:
            self.say(f"{case}: {target.name}: {error}")
            sample = {**head, **parameters, "no_result": str(error)}
        if is_noisy(sample):
            self.say(f"{case}: {target.name}: others used {sample['foreign']:.0%} of a core")
        self.samples.append(sample)
        time.sleep(0.1)

    def answer_to(self, target: Target, size: int, *, is_model_last: bool = False) -> str:
        """What a target does with bodies of a size: the status, and whether they go right."""
        answers = []
        for index in (2, 3):
            name = target.work.model(index)
            body = chat_body(name, size, is_model_last=is_model_last)
            try:
                reply = ask(target.port, target.work.key(index), name, body)
            except (OSError, HTTPException) as error:
                return type(error).__name__
            if reply.status != 200:
                return str(reply.status)
            answers.append(reply.json().get("model") == name)
        return "200" if all(answers) else "200, but not from the model asked for"
