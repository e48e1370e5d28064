"""What an endpoint of the soak answers. Endpoint and client compute it alike from the request, so
that a client knows every byte of its answer and no other answer will do."""

import hashlib
import json

CHAT = "/v1/chat/completions"


def pad(nonce: str, size: int) -> str:
    """So many characters that no other request's answer holds."""
    return (nonce * (size // max(len(nonce), 1) + 1))[:size]


def whole(nonce: str, target: str, body: bytes, wanted: dict) -> bytes:
    """The body of an answer that is no stream."""
    return json.dumps({
        "nonce": nonce, "target": target, "model": wanted.get("model"),
        "sha256": hashlib.sha256(body).hexdigest(),
        "pad": pad(nonce, int(wanted.get("answer_bytes", 0))),
    }).encode()


def events(nonce: str, wanted: dict) -> list[bytes]:
    """The events of a stream."""
    size = int(wanted.get("event_bytes", 0))
    made = [
        b"data: %s\n\n" % json.dumps(
            {"nonce": nonce, "index": index, "pad": pad(nonce, size)}).encode()
        for index in range(int(wanted.get("events", 5)))]
    return [*made, b"data: [DONE]\n\n"]


def expected(nonce: str, target: str, body: bytes, wanted: dict) -> bytes:
    """Every byte of the answer's body."""
    if wanted.get("stream"):
        return b"".join(events(nonce, wanted))
    return whole(nonce, target, body, wanted)
