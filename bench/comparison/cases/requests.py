"""Requests: by key, by model, with large bodies, and each on a connection of its own."""

from __future__ import annotations

from functools import partial

from .. import load
from ..sections import DIRECT
from ..session import Session, Target
from ..work import Asking

BY_KEY = ("routerc-pin", "haproxy-key", "nginx", "envoy-key", "traefik")
BY_MODEL = (
    "routerc", "haproxy", "haproxy-body", "envoy", "envoy-lua", "vllm-router", "sglang-router",
    "litellm",
)  # fmt: skip
LARGE = ("routerc", "haproxy", "envoy", "envoy-lua", "vllm-router", "sglang-router")
KIB = 1024
BODIES = (32 * KIB, 100 * KIB, 1024 * KIB)
LAST_BODY = 8 * KIB * KIB


def measure_wrk(
    target: Target, *, session: Session, connections: int, asking: Asking, label: str
) -> dict:
    """As many requests as the peer manages on some connections."""
    requests = session.requests(target.work, asking, label)
    argv = load.wrk_argv(target.port, requests, connections, session.options.seconds)
    sample = load.run_load(argv, session.options.is_pinned, target.server, session.backend)
    sample["rps"] = sample["requests"] / sample["seconds"]
    return load.per_unit(sample, "requests", "request")


def measure_rate(
    target: Target, *, session: Session, connections: int, asking: Asking, label: str,
    rate: float = 0,
) -> dict:  # fmt: skip
    """Requests by the clock, or, with rate 0, one after the other on each connection."""
    requests = session.requests(target.work, asking, label)
    argv = load.rate_argv(
        target.port, requests, connections, session.options.seconds, rate=rate,
        is_closing=asking.is_closing,
    )  # fmt: skip
    sample = load.run_load(argv, session.options.is_pinned, target.server, session.backend)
    return load.per_unit(sample, "requests", "request")


def _closed_loop(session: Session, case: str, names: tuple[str, ...]) -> None:
    with session.backends(), session.running(names) as targets:
        session.warm_up(targets)
        each = [
            (
                {"connections": count, "body": KIB},
                partial(
                    measure_wrk, session=session, connections=count, asking=Asking(), label="small"
                ),
            )
            for count in ((64,) if session.options.is_quick else (16, 64))
        ]
        session.rounds(case, targets, each)


def key(session: Session) -> None:
    """The key alone decides; the body is passed on as it is."""
    _closed_loop(session, "key", BY_KEY)


def model(session: Session) -> None:
    """The model in a body of 1 KiB decides."""
    _closed_loop(session, "model", BY_MODEL)


def bodies(session: Session) -> None:
    """Larger bodies; first what each peer answers to one of them at all."""
    with session.backends(), session.running(LARGE) as targets:
        session.warm_up(targets)
        for size in BODIES:
            able = []
            for target in targets:
                answer = session.answer_to(target, size)
                # `direct` has no choice, and some peers look at no model.
                looks = target.peer is not None and "model" in target.peer.does
                if answer == "200" or (answer.startswith("200") and not looks):
                    able.append(target)
                    continue
                session.samples.append(
                    {"case": "bodies", "peer": target.name, "body": size, "answer": answer}
                )
            measure = partial(
                measure_wrk,
                session=session,
                connections=16,
                asking=Asking(body=size),
                label=f"{size}",
            )
            session.rounds("bodies", able, [({"body": size}, measure)])


def model_last(session: Session) -> None:
    """What each peer answers when `model` is the last member of a body of 8 MiB."""
    with session.backends(), session.running(LARGE) as targets:
        for target in targets:
            if target.peer is None:
                continue
            answer = session.answer_to(target, LAST_BODY, is_model_last=True)
            session.samples.append(
                {"case": "model-last", "peer": target.name, "body": LAST_BODY, "answer": answer}
            )
    session.say("model-last: asked")


def connections(session: Session) -> None:
    """A new connection for every request."""
    names = tuple(dict.fromkeys(BY_MODEL + ("nginx", "traefik")))
    asking = Asking(is_closing=True)
    with session.backends(), session.running(names) as targets:
        measure = partial(
            measure_rate, session=session, connections=16, asking=asking, label="close"
        )
        able = [target for target in targets if target.name != "litellm"]
        session.rounds("connections", able, [({"connections": 16}, measure)])


def latency(session: Session) -> None:
    """One connection, and requests by the clock at 30 % and 60 % of HAProxy's capacity."""
    names = tuple(dict.fromkeys(BY_MODEL + ("nginx", "traefik")))
    with session.backends(), session.running(names) as all_targets:
        targets = [target for target in all_targets if target.name != "litellm"]
        session.warm_up(targets)
        by_name = {target.name: target for target in targets}
        reference = next((n for n in ("haproxy", "routerc", DIRECT) if n in by_name), DIRECT)
        full = max(
            measure_wrk(
                by_name[reference], session=session, connections=64, asking=Asking(), label="small"
            )["rps"]
            for _ in range(3)
        )
        session.say(f"latency: {reference} manages {full:.0f} requests/s")
        one = partial(measure_rate, session=session, connections=1, asking=Asking(), label="small")
        each = [({"load": "1 connection"}, one)]
        for share in (0.3, 0.6):
            rate = full * share
            at_rate = partial(
                measure_rate,
                session=session,
                connections=64,
                asking=Asking(),
                label="small",
                rate=rate,
            )
            what = {"load": f"{share:.0%}", "rate": rate, "reference": reference}
            each.append((what, at_rate))
        session.rounds("latency", targets, each)
