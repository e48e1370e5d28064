"""Streams: as fast as they go, paced, and idle."""

from __future__ import annotations

import json
import select
import subprocess
import time
from functools import partial

from .. import load, procfs
from ..load import LoadFailed, Meter
from ..servers import on_core
from ..session import Session, Target
from ..settings import LOAD_CORE
from ..work import Asking

PEERS = (
    "routerc", "haproxy", "nginx", "envoy", "traefik", "vllm-router", "sglang-router",
)  # fmt: skip
SLOW_PEERS = (*PEERS, "litellm")
CHUNKS = 64
PACED_STREAMS = 200
PACE_US = 20_000
IDLE_INTERVAL_US = 5_000_000


def _measure(session: Session, streams: int, target: Target) -> dict:
    requests = session.requests(target.work, Asking(is_stream=True), "stream")
    argv = load.stream_argv(target.port, requests, streams, session.options.seconds)
    sample = load.run_load(argv, session.options.is_pinned, target.server, session.backend)
    return load.per_unit(sample, "chunks", "chunk")


def burst(session: Session) -> None:
    """64 chunks as fast as they go, 16 streams at a time, each chunk a write of its own."""
    with session.backends(chunks=CHUNKS), session.running(SLOW_PEERS) as targets:
        session.warm_up(targets)
        measure = partial(_measure, session, 16)
        session.rounds("burst", targets, [({"streams_open": 16}, measure)])


def paced(session: Session) -> None:
    """200 streams with a chunk every 20 ms: CPU a chunk, and how late chunks come."""
    stream = {"chunks": CHUNKS, "interval_us": PACE_US, "delay_us": 1000}
    with session.backends(**stream), session.running(PEERS) as targets:
        session.warm_up(targets)
        measure = partial(_measure, session, PACED_STREAMS)
        session.rounds("paced", targets, [({"streams_open": PACED_STREAMS}, measure)])


def idle(session: Session) -> None:
    """Many streams that hardly say anything: memory of each. Every round is a new process."""
    stream = {"chunks": 1000, "interval_us": IDLE_INTERVAL_US, "delay_us": 1000}
    rounds = min(3, session.options.rounds)
    for number in range(1, rounds + 1):
        for name in PEERS:
            with session.backends(**stream):
                with session.running((name,), has_direct=False) as targets:
                    for target in targets:
                        measure = partial(_hold, session)
                        what = {"streams_open": session.options.streams}
                        session.take("idle", target, what, measure, number)
        session.say(f"idle: round {number} of {rounds}")


def _hold(session: Session, target: Target) -> dict:
    assert target.server is not None
    count = session.options.streams
    requests = session.requests(target.work, Asking(is_stream=True), "stream")
    before = procfs.memory(target.server.pids())
    argv = load.stream_argv(target.port, requests, count, 600, is_held=True)
    with on_core(LOAD_CORE if session.options.is_pinned else None):
        process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None and process.stdout is not None
    watchdog = time.monotonic()
    first = _line_within(process, 60)
    if first is None:
        process.kill()
        process.wait()
        raise LoadFailed(f"{count} streams did not open in 60 s")
    opened = time.monotonic() - watchdog
    time.sleep(1)
    meter = Meter(target.server, session.backend)
    meter.start()
    time.sleep(max(1.0, session.options.seconds))
    after = procfs.memory(target.server.pids())
    sample = meter.stop(0)
    process.stdin.close()
    result = load.flattened(load.parse_output(process.stdout.read()))
    process.wait()
    return {
        **result,
        **sample,
        "opened_after": opened,
        "anonymous_kib": after.anonymous,
        "anonymous_kib_before": before.anonymous,
        "kib_per_stream": (after.anonymous - before.anonymous) / count,
    }


def _line_within(process: subprocess.Popen, seconds: float) -> dict | None:
    """The first line that a program prints, if it comes in time."""
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], seconds)
    if not ready:
        return None
    line = process.stdout.readline()
    return json.loads(line) if line.startswith("{") else None
