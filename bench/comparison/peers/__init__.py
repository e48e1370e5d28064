"""The peers, by name."""

from __future__ import annotations

from ..settings import Unknown
from .base import Peer
from .envoy import Envoy
from .haproxy import HAProxy
from .llm_routers import LiteLLM, rust_routers
from .nginx import Nginx
from .routerc import Routerc
from .traefik import Traefik

ALL: tuple[Peer, ...] = (
    Routerc(),
    Routerc(is_pinned_by_key=True),
    HAProxy("full"),
    HAProxy("key"),
    HAProxy("body"),
    Nginx(),
    Envoy("json"),
    Envoy("lua"),
    Envoy("key"),
    Traefik(),
    *rust_routers(),
    LiteLLM(),
)

FAMILIES = tuple(dict.fromkeys(peer.family for peer in ALL))


def named(names: list[str]) -> list[Peer]:
    """The peers of some names; a family's name stands for all its configurations."""
    known = {peer.name for peer in ALL} | set(FAMILIES) | {"all"}
    for name in names:
        if name not in known:
            raise Unknown(f"no peer {name}; there are: {', '.join([*FAMILIES, 'all'])}")
    if "all" in names:
        return list(ALL)
    return [peer for peer in ALL if peer.name in names or peer.family in names]
