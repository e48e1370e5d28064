"""routerc itself."""

from __future__ import annotations

import subprocess
from pathlib import Path

from ..settings import ROUTERC, Missing
from ..work import CREDENTIAL, Work
from .base import Peer, output_of


def spec_text(work: Work, port: int, *, is_pinned_by_key: bool, secret_file: Path) -> str:
    """The spec for some work: a pool with its endpoints for each model."""
    lines = [f"listen: {{ address: 127.0.0.1:{port}, max_body: 16MiB }}",
             "defaults: { discovery: none, health: none }",
             # Peers say nothing of the way an answer came, so routerc does not either.
             "response_metadata: none", "pools:"]
    for index in range(1, work.models + 1):
        credential = "" if is_pinned_by_key else f", credential: file:{secret_file}"
        servers = ", ".join(
            f'{{ name: e{index}-{turn}, url: "http://{host}:{backend}"{credential} }}'
            for turn, (host, backend) in enumerate(work.endpoints(index), 1)
        )
        name = work.model(index)
        lines.append(f"  - {{ name: pool{index}, models: [{name}], endpoints: [{servers}] }}")
    lines.append("keys:")
    for index in range(1, work.keys + 1):
        pin = f", pin: pool{work.model_of_key(index)}" if is_pinned_by_key else ""
        lines.append(f'  - {{ name: k{index}, secret: "sha256:{work.key_digest(index)}"{pin} }}')
    return "\n".join([*lines, ""])


class Routerc(Peer):
    """`routerc serve` with one event loop and a compiled table."""

    family = "routerc"

    def __init__(self, *, is_pinned_by_key: bool = False, log_level: str = "warning") -> None:
        self.is_pinned_by_key = is_pinned_by_key
        self.log_level = log_level
        self.name = "routerc-pin" if is_pinned_by_key else "routerc"
        if is_pinned_by_key:
            self.does = frozenset({"key", "hash"})
            self.what = "SHA-256 of the key, then its pool (`pin`); the body is passed on"
        else:
            self.does = frozenset({"key", "hash", "model", "credential"})
            self.what = "SHA-256 of the key, model of the body, credential set"

    def missing(self) -> str | None:
        return None if ROUTERC.exists() else f"{ROUTERC} is not there; run make build"

    def spec(self, folder: Path) -> Path:
        return folder / "spec.yaml"

    def table(self, folder: Path) -> Path:
        return folder / "router.table"

    def write_spec(self, folder: Path, work: Work, port: int) -> None:
        secret = folder / "credential"
        secret.write_text(CREDENTIAL)
        text = spec_text(
            work, port, is_pinned_by_key=self.is_pinned_by_key, secret_file=secret.absolute()
        )
        self.spec(folder).write_text(text)

    def compile(self, folder: Path) -> None:
        done = subprocess.run(
            [str(ROUTERC), "compile", str(self.spec(folder)), "-o", str(self.table(folder))],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise Missing(f"routerc compile ended with {done.returncode}: {done.stderr[-300:]}")

    def write(self, folder: Path, work: Work, port: int) -> None:
        self.write_spec(folder, work, port)
        self.compile(folder)

    def argv(self, folder: Path, port: int) -> list[str]:
        table = str(self.table(folder))
        return [str(ROUTERC), "serve", table, "--loops", "1", "--log-level", self.log_level]

    def version(self) -> str:
        return output_of([str(ROUTERC), "--version"])
