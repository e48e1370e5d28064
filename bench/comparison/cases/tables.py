"""Tables: compile, open, first request, swap and memory, beside others with as many keys."""

from __future__ import annotations

import subprocess
import time
from dataclasses import replace
from pathlib import Path

from .. import procfs
from ..load import parse_output
from ..peers.base import Peer
from ..peers.haproxy import HAProxy
from ..peers.nginx import Nginx
from ..peers.routerc import Routerc
from ..peers.traefik import Traefik
from ..reloads import ReloadFailed, swap_haproxy, swap_nginx, swap_routerc
from ..servers import Server, answers_after
from ..session import Session
from ..settings import PEER_CORE, ROUTERC, RUN, native
from ..work import Work

PEERS = ("routerc", "haproxy", "nginx", "traefik")
SIZES = (1_000, 100_000, 1_000_000)
TRAEFIK_SIZES = (1_000, 10_000)
START_LIMIT = 180


def tables(session: Session) -> None:
    """1,000, 100,000 and 1,000,000 keys: from the spec to the swap, and the memory it takes."""
    rounds = 1 if session.options.is_quick else min(3, session.options.rounds)
    with session.backends():
        for number in range(1, rounds + 1):
            for peer in session.chosen(PEERS):
                for size in TRAEFIK_SIZES if isinstance(peer, Traefik) else SIZES:
                    session.say(f"tables: {peer.name} with {size:,} keys, round {number}")
                    session.samples.append(
                        {"case": "tables", "peer": peer.name, "keys": size, "round": number,
                         **_measure(session, peer, Work(keys=size))}
                    )  # fmt: skip


def _measure(session: Session, peer: Peer, work: Work) -> dict:
    port, label = session.free_port(), "-tables"
    folder = peer.folder(label)
    sample: dict = {}
    if isinstance(peer, Routerc):
        peer = Routerc(log_level="notice")
        sample |= _compile(peer, folder, work, port) | _route(peer, folder, work)
    else:
        peer.write(folder, work, port)
    server = peer.launch(port, session.options.is_pinned, label)
    try:
        sample["listening_s"] = server.listening_after(START_LIMIT)
        sample["answering_s"] = server.answering_after(work.key(work.keys), "m1", START_LIMIT)
        if sample["answering_s"] is None:
            return {**sample, "fault": f"does not start: {server.last_words()}"}
        sample |= _memory(server, "")
        sample |= _swap(peer, server, work, folder)
        time.sleep(0.5)
        sample |= _memory(server, "_after_swap")
        if isinstance(peer, HAProxy):
            sample |= _take_over(session, peer, server, work)
    except (ReloadFailed, OSError) as error:
        sample["fault"] = str(error)
    finally:
        server.stop()
    return sample


def _memory(server: Server, suffix: str) -> dict:
    held = procfs.memory(server.pids())
    return {
        f"anonymous_kib{suffix}": held.anonymous,
        f"file_kib{suffix}": held.file,
        f"shared_kib{suffix}": held.shared,
    }


def timed(argv: list[str]) -> dict:
    """Seconds and peak memory of a program that has to succeed."""
    done = subprocess.run([native("timed"), *argv], capture_output=True, text=True, check=False)
    result = parse_output(done.stdout)
    if result["status"] != 0:
        raise ReloadFailed(f"{argv[:2]} ended with {result['status']}: {done.stderr[-200:]}")
    return result


def _compile(peer: Routerc, folder: Path, work: Work, port: int) -> dict:
    peer.write_spec(folder, work, port)
    table = peer.table(folder)
    check = timed([str(ROUTERC), "check", str(peer.spec(folder))])
    result = timed([str(ROUTERC), "compile", str(peer.spec(folder)), "-o", str(table)])
    return {
        "check_s": check["seconds"],
        "compile_s": result["seconds"],
        "compile_peak_kib": result["peak_kib"],
        "table_bytes": table.stat().st_size,
    }


def _route(peer: Routerc, folder: Path, work: Work) -> dict:
    """`routerc route` opens and validates the table, decides once and ends."""
    name = f"k{work.keys}"
    table = str(peer.table(folder))
    result = timed([str(ROUTERC), "route", table, "--key-name", name, "--model", "m1"])
    return {"route_s": result["seconds"], "route_peak_kib": result["peak_kib"]}


def _swap(peer: Peer, server: Server, work: Work, folder: Path) -> dict:
    """A new key in the place of an old one: until the peer says so, or until it is let in."""
    more = replace(work, renewed=1)
    new_key = more.key(more.keys)
    if isinstance(peer, Routerc):
        next_folder = RUN / "routerc-tables-next"
        next_folder.mkdir(exist_ok=True)
        peer.write(next_folder, more, server.port)
        took = swap_routerc(peer, server, peer.table(next_folder))
        _expect(answers_after(server.port, new_key, "m1"))
        return {"swap_s": took}
    if isinstance(peer, HAProxy):
        whole, commit = swap_haproxy(peer, server, more)
        _expect(answers_after(server.port, new_key, "m1"))
        return {"swap_s": whole, "commit_s": commit}
    taken = 0.0
    if isinstance(peer, Nginx):
        taken = swap_nginx(peer, server, more)
    else:
        assert isinstance(peer, Traefik)
        peer.write_keys(folder, more)
    return {"swap_s": taken + _expect(answers_after(server.port, new_key, "m1", START_LIMIT))}


def _expect(seconds: float | None) -> float:
    if seconds is None:
        raise ReloadFailed("the new key is not let in")
    return seconds


def _take_over(session: Session, peer: HAProxy, server: Server, work: Work) -> dict:
    """HAProxy's other way: a new process with the new map file takes over (`-sf`)."""
    folder = server.log.parent / server.name
    more = replace(work, renewed=2)
    peer.write_keys(folder, more)
    argv = [*peer.argv(folder, server.port), "-sf", str(server.pid)]
    core = PEER_CORE if session.options.is_pinned else None
    successor = Server(f"{server.name}-next", argv, server.port, core, takes_over=True)
    try:
        _expect(answers_after(server.port, more.key(more.keys), "m1", START_LIMIT))
        return {"takeover_s": time.monotonic() - successor.started}
    finally:
        successor.stop()
