"""New keys under load: what a swap costs those who are being served."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from .. import load
from ..peers import routerc as routerc_peer
from ..peers.base import Peer
from ..peers.haproxy import HAProxy
from ..peers.nginx import Nginx
from ..reloads import ReloadFailed, swap_haproxy, swap_nginx, swap_routerc
from ..servers import Server
from ..session import Session, Target
from ..settings import RUN
from ..work import Asking, Work

PEERS = ("routerc", "haproxy", "nginx")
BEFORE = Work(keys=1000)
AFTER = Work(keys=1000, renewed=1)
SWAPS = 100
INTERVAL = 0.1
RATE = 30_000
CONNECTIONS = 64

# Swaps once; seconds for all of it, and for the part that holds up requests where that is known.
Swap = Callable[[int], tuple[float, float | None]]


def swaps(session: Session) -> None:
    """100 swaps of 1,000 keys, one every 100 ms, under 30,000 requests a second."""
    rounds = min(3, session.options.rounds)
    with session.backends():
        for number in range(1, rounds + 1):
            for peer in session.chosen(PEERS):
                _one(session, _speaking(peer), number)
            session.say(f"swaps: round {number} of {rounds}")


def _speaking(peer: Peer) -> Peer:
    """routerc says at `notice` that a table was swapped; requests are at `info`."""
    is_routerc = isinstance(peer, routerc_peer.Routerc)
    return routerc_peer.Routerc(log_level="notice") if is_routerc else peer


def _one(session: Session, peer: Peer, number: int) -> None:
    server = session.start(peer, BEFORE, "-swaps")
    if server is None:
        return
    target = Target(peer.name, server.port, BEFORE, server, peer)
    try:
        if session.verify(target):
            session.warm_up([target])
            measure = partial(_measure, session, _swapper(peer, server))
            session.take("swaps", target, {"keys": BEFORE.keys, "rate": RATE}, measure, number)
    finally:
        server.stop()


def _swapper(peer: Peer, server: Server) -> Swap:
    """Every swap brings something else than what serves."""
    works = (AFTER, BEFORE)
    if isinstance(peer, routerc_peer.Routerc):
        tables = [_compiled(peer, server, work) for work in works]
        return lambda turn: (swap_routerc(peer, server, tables[turn % 2]), None)
    if isinstance(peer, HAProxy):
        return lambda turn: swap_haproxy(peer, server, works[turn % 2])
    assert isinstance(peer, Nginx)
    return lambda turn: (swap_nginx(peer, server, works[turn % 2]), None)


def _compiled(peer: routerc_peer.Routerc, server: Server, work: Work) -> Path:
    folder = RUN / f"routerc-swaps-{work.renewed}"
    folder.mkdir(parents=True, exist_ok=True)
    peer.write(folder, work, server.port)
    return peer.table(folder)


def _measure(session: Session, swap: Swap, target: Target) -> dict:
    requests = session.requests(target.work, Asking(first_key=1 + AFTER.renewed), "swaps")
    count = 20 if session.options.is_quick else SWAPS
    seconds = count * INTERVAL + 1
    argv = load.rate_argv(target.port, requests, CONNECTIONS, seconds, rate=RATE)
    running = load.RunningLoad(argv, session.options.is_pinned, target.server, session.backend)
    time.sleep(0.5)
    took: list[float] = []
    held: list[float] = []
    fault = None
    due = time.monotonic()
    try:
        for turn in range(count):
            whole, part = swap(turn)
            took.append(whole * 1000)
            if part is not None:
                held.append(part * 1000)
            due += INTERVAL
            time.sleep(max(0.0, due - time.monotonic()))
    except (ReloadFailed, OSError) as error:
        fault = str(error)
    sample = load.per_unit(running.finish(), "requests", "request")
    took.sort()
    return {
        **sample,
        "swaps": len(took),
        "swap_ms_p50": took[len(took) // 2] if took else None,
        "swap_ms_max": took[-1] if took else None,
        "commit_ms_p50": sorted(held)[len(held) // 2] if held else None,
        "swap_fault": fault,
    }
