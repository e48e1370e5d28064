"""Much to route: whether more endpoints or more keys make a request dearer."""

from __future__ import annotations

from functools import partial

from ..session import Session
from ..work import Asking, Work
from .requests import measure_wrk

# Models, and endpoints of each; routerc has at most 1,000 pools and 10,000 endpoints.
ENDPOINTS = ((5, 1), (1_000, 1), (1_000, 10))
KEYS = (10, 100_000, 1_000_000)
FEW_KEYS, FEW_MODELS = 10, 5
CONNECTIONS = 16


def endpoints(session: Session) -> None:
    """1 KiB bodies by model: 5 models, 1,000 with an endpoint each, and 1,000 with ten each."""
    works = [Work(FEW_KEYS, models, each) for models, each in ENDPOINTS]
    _measure(session, "endpoints", ("routerc", "haproxy", "envoy"), works)


def keys(session: Session) -> None:
    """1 KiB bodies with 10, 100,000 and 1,000,000 keys, of which up to 1,000 are used."""
    works = [Work(count, FEW_MODELS) for count in KEYS]
    _measure(session, "keys", ("routerc", "haproxy", "nginx"), works)


def _measure(session: Session, case: str, names: tuple[str, ...], works: list[Work]) -> None:
    asking = Asking(hot_keys=1000)
    with session.backends(), session.running(names, works, has_direct=False) as targets:
        session.warm_up(targets)
        measure = partial(
            measure_wrk, session=session, connections=CONNECTIONS, asking=asking, label="scale"
        )
        session.rounds(case, targets, [({"connections": CONNECTIONS}, measure)])
