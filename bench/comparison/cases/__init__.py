"""The cases, by name, in the order in which they run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..session import Session
from ..settings import Unknown
from . import requests, scale, starts, stats, streams, swaps, tables


@dataclass(frozen=True)
class Case:
    name: str
    run: Callable[[Session], None]

    @property
    def summary(self) -> str:
        return (self.run.__doc__ or "").strip().splitlines()[0]


ALL = (
    Case("start", starts.start),
    Case("key", requests.key),
    Case("model", requests.model),
    Case("latency", requests.latency),
    Case("burst", streams.burst),
    Case("paced", streams.paced),
    Case("stats", stats.stats),
    Case("idle", streams.idle),
    Case("bodies", requests.bodies),
    Case("model-last", requests.model_last),
    Case("connections", requests.connections),
    Case("endpoints", scale.endpoints),
    Case("keys", scale.keys),
    Case("swaps", swaps.swaps),
    Case("tables", tables.tables),
)
QUICK = ("start", "model", "burst", "paced")


def named(names: list[str]) -> list[Case]:
    known = {case.name for case in ALL}
    for name in names:
        if name not in known | {"all"}:
            raise Unknown(f"no case {name}; there are: {', '.join([*sorted(known), 'all'])}")
    return [case for case in ALL if case.name in names or "all" in names]
