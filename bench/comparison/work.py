"""What is to be routed: keys, models and endpoints, and the requests that ask for them."""

from __future__ import annotations

import hashlib
import json
import struct
from dataclasses import dataclass
from pathlib import Path

from .settings import BACKEND_PORT, BACKEND_PORTS

CREDENTIAL = "upstream-secret"
PATH = "/v1/chat/completions"
_FILLER = "the quick brown fox jumps over the lazy dog while a router copies these bytes "


@dataclass(frozen=True)
class Work:
    """Key i may use all models; where keys alone decide, it goes where model i goes."""

    keys: int = 4
    models: int = 4
    # Endpoints of each model.
    each: int = 1
    # How many of the first keys have been given up for as many new ones.
    renewed: int = 0

    def key(self, index: int) -> str:
        return f"sk-bench-{index + self.renewed:07d}"

    def key_digest(self, index: int) -> str:
        return hashlib.sha256(self.key(index).encode()).hexdigest()

    def model(self, index: int) -> str:
        return f"m{index}"

    def model_of_key(self, index: int) -> int:
        return (index - 1) % self.models + 1

    def endpoints(self, model: int) -> list[tuple[str, int]]:
        """Every model has endpoints of its own: four ports of each loopback address."""
        first = (model - 1) * self.each
        return [_address(number) for number in range(first, first + self.each)]

    @property
    def label(self) -> str:
        """Distinguishes the files of one kind of work from those of another."""
        return "-".join(str(part) for part in (self.keys, self.models, self.each))

    def hot(self, count: int, most: int, first: int = 1) -> list[int]:
        """Up to `most` of the things `first` to `count`, evenly spread, both ends among them."""
        last = count - first
        if last < most:
            return list(range(first, count + 1))
        return [first + index * last // (most - 1) for index in range(most)]


def _address(number: int) -> tuple[str, int]:
    turn, port = divmod(number, BACKEND_PORTS)
    host = 0x7F000001 + turn
    return ".".join(str(host >> shift & 0xFF) for shift in (24, 16, 8, 0)), BACKEND_PORT + port


@dataclass(frozen=True)
class Asking:
    """How the requests of a measurement look."""

    body: int = 1024
    is_stream: bool = False
    is_closing: bool = False
    is_model_last: bool = False
    hot_keys: int = 4
    # Keys before it are not used: those that a swap takes away.
    first_key: int = 1
    hot_models: int = 4


def chat_body(
    model: str, size: int, *, is_stream: bool = False, is_model_last: bool = False
) -> bytes:
    """A chat request of exactly `size` bytes, or of as few as it takes."""
    first = "" if is_model_last else f'"model":{json.dumps(model)},'
    last = f',"model":{json.dumps(model)}' if is_model_last else ""
    head = (
        "{" + first + f'"stream":{"true" if is_stream else "false"},"temperature":0.7,'
        '"max_tokens":256,"messages":[{"role":"system","content":"You are a concise assistant."},'
        '{"role":"user","content":"'
    )
    tail = '"}]' + last + "}"
    room = max(1, size - len(head) - len(tail))
    text = (_FILLER * (room // len(_FILLER) + 1))[:room]
    return (head + text + tail).encode()


def request_bytes(key: str, body: bytes, *, is_closing: bool = False) -> bytes:
    """One request as a client sends it."""
    lines = [
        f"POST {PATH} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {key}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    if is_closing:
        lines.append("Connection: close")
    return "\r\n".join([*lines, "", ""]).encode() + body


def build_requests(work: Work, asking: Asking) -> list[bytes]:
    """The requests that a load program takes in turn."""
    keys = work.hot(work.keys, asking.hot_keys, asking.first_key)
    models = work.hot(work.models, asking.hot_models)
    requests = []
    for turn in range(max(len(keys), len(models))):
        # Where there are as many keys as models, both say the same, and so all peers agree.
        body = chat_body(
            work.model(models[turn % len(models)]),
            asking.body,
            is_stream=asking.is_stream,
            is_model_last=asking.is_model_last,
        )
        key = work.key(keys[turn % len(keys)])
        requests.append(request_bytes(key, body, is_closing=asking.is_closing))
    return requests


def write_requests(path: Path, requests: list[bytes]) -> Path:
    """The file that the load programs read: a 4-byte length, little endian, and the request."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(struct.pack("<I", len(one)) + one for one in requests))
    return path
