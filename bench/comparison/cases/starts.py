"""From exec to an open port, and to the first request that is answered."""

from __future__ import annotations

from ..peers.base import Peer
from ..session import Session
from ..work import Work
from .requests import BY_MODEL

PEERS = tuple(dict.fromkeys(BY_MODEL + ("nginx", "traefik")))


def start(session: Session) -> None:
    """Every peer with four keys and four models; its configuration is written before."""
    work = Work()
    with session.backends():
        for number in range(1, session.options.rounds + 1):
            for peer in session.chosen(PEERS):
                if peer.family == "litellm" and number > 2:
                    continue
                session.samples.append(
                    {
                        "case": "start",
                        "peer": peer.name,
                        "round": number,
                        **_once(session, peer, work),
                    }
                )
            session.say(f"start: round {number} of {session.options.rounds}")


def _once(session: Session, peer: Peer, work: Work) -> dict:
    port = session.free_port()
    peer.write(peer.folder("-start"), work, port)
    server = peer.launch(port, session.options.is_pinned, "-start")
    try:
        listening = server.listening_after()
        answering = server.answering_after(work.key(1), work.model(1))
    finally:
        server.stop()
    return {"listening_s": listening, "answering_s": answering}
