"""What questions for the figures of the host cost the streams beside them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from .. import load
from ..load import RunningLoad
from ..peers.routerc import Routerc
from ..session import Session, Target
from ..work import Asking, Work, write_requests
from .streams import CHUNKS, PACE_US, PACED_STREAMS

# Questions a second, half of them on the listener's own loop.
ASKED = 200
SECONDS = 10
# The admin address stands beside the listener's, out of the way of other peers.
ADMIN_OFFSET = 150
QUESTION = b"GET /stats HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


class OpenRouterc(Routerc):
    """routerc that tells everybody the figures of the host, on both addresses."""

    def write_spec(self, folder: Path, work: Work, port: int) -> None:
        super().write_spec(folder, work, port)
        with self.spec(folder).open("a") as spec:
            spec.write(f"admin: {{ address: 127.0.0.1:{port + ADMIN_OFFSET} }}\n")
            spec.write("anonymous: { stats: true }\n")


def stats(session: Session) -> None:
    """200 paced streams, alone and beside 200 questions for /stats a second."""
    if not session.chosen(("routerc",)):
        return
    peer, work = OpenRouterc(), Work()
    stream = {"chunks": CHUNKS, "interval_us": PACE_US, "delay_us": 1000}
    with session.backends(**stream):
        server = session.start(peer, work)
        if server is None:
            return
        target = Target(peer.name, server.port, work, server, peer)
        try:
            session.warm_up([target])
            measure = partial(_measure, session)
            session.rounds("stats", [target], [
                ({"asked": asked}, partial(measure, asked)) for asked in (0, ASKED)
            ])  # fmt: skip
        finally:
            server.stop()


def _measure(session: Session, asked: int, target: Target) -> dict:
    seconds = max(SECONDS, session.options.seconds)
    streams = session.requests(target.work, Asking(is_stream=True), "stream")
    questions = write_requests(streams.with_name("requests-stats"), [QUESTION])
    argv = load.stream_argv(target.port, streams, PACED_STREAMS, seconds)
    asking = [
        RunningLoad(
            load.rate_argv(port, questions, 1, seconds, rate=asked / 2),
            session.options.is_pinned, None, None,
        )
        for port in (target.port, target.port + ADMIN_OFFSET)
        if asked
    ]  # fmt: skip
    sample = load.run_load(argv, session.options.is_pinned, target.server, session.backend)
    answers = [each.finish() for each in asking]
    sample["answered"] = sum(each["requests"] for each in answers)
    sample["refused"] = sum(each["errors"] + each["not_200"] for each in answers)
    # Their processor time is the bench's own.
    used = sum(each["load_cpu"] for each in answers)
    sample["foreign"] = max(0.0, sample["foreign"] - used / sample["elapsed"])
    return load.per_unit(sample, "chunks", "chunk")
