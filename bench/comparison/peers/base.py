"""What every peer can be asked, and how a peer proves that it does its work."""

from __future__ import annotations

import subprocess
from abc import ABC, abstractmethod
from pathlib import Path

from ..servers import Server, ask, get
from ..settings import BACKEND_PORT, HOME, PEER_CORE, RUN
from ..work import CREDENTIAL, Work


class Peer(ABC):
    """A program that stands between clients and model servers, configured for one kind of work."""

    name: str
    family: str
    # Of "key" (it decides on the key), "hash" (it knows keys by SHA-256 only), "model" (it decides
    # on the model in the body) and "credential" (it replaces the client's key by its own).
    does: frozenset[str] = frozenset()
    what = ""
    # Whether one request can be sent before it has served others.
    needs_warm_up = False

    @abstractmethod
    def missing(self) -> str | None:
        """Why it cannot be run here, or nothing."""

    @abstractmethod
    def write(self, folder: Path, work: Work, port: int) -> None:
        """Writes its configuration."""

    @abstractmethod
    def argv(self, folder: Path, port: int) -> list[str]:
        """How it is started."""

    @abstractmethod
    def version(self) -> str:
        """What it says of its version."""

    def environment(self) -> dict[str, str]:
        return {}

    def folder(self, label: str = "") -> Path:
        path = RUN / f"{self.name}{label}"
        path.mkdir(parents=True, exist_ok=True)
        return path

    def start(self, work: Work, port: int, is_pinned: bool, label: str = "") -> Server:
        """Writes the configuration and starts it; it may not answer yet."""
        folder = self.folder(label)
        self.write(folder, work, port)
        return self.launch(port, is_pinned, label)

    def launch(self, port: int, is_pinned: bool, label: str = "") -> Server:
        """Starts it with the configuration that is there."""
        return Server(
            f"{self.name}{label}",
            self.argv(self.folder(label), port),
            port,
            PEER_CORE if is_pinned else None,
            self.environment(),
        )


def check(peer: Peer, port: int, work: Work) -> dict:
    """Whether it does what it is measured for: asks it, and the model server what that saw."""
    faults: list[str] = []
    get(BACKEND_PORT, "/_watch?on")
    try:
        for key, model in _asked(peer, work):
            faults += _check_route(peer, port, work, key, model)
        if "key" in peer.does:
            status = ask(port, "sk-bench-unknown", work.model(1)).status
            if status not in (401, 403, 404):
                faults.append(f"an unknown key is answered with {status}")
        if "model" in peer.does:
            status = ask(port, work.key(1), "no-such-model").status
            if status == 200:
                faults.append("an unknown model is answered with 200")
    finally:
        get(BACKEND_PORT, "/_watch?off")
    return {"peer": peer.name, "ok": not faults, "faults": faults}


def _asked(peer: Peer, work: Work) -> list[tuple[int, int]]:
    """The first, the second and the last of what decides, each with what goes with it."""
    if "model" in peer.does:
        models = sorted({1, min(2, work.models), work.models})
        return [((model - 1) % work.keys + 1, model) for model in models]
    keys = sorted({1, min(2, work.keys), work.keys})
    return [(key, work.model_of_key(key)) for key in keys]


def _check_route(peer: Peer, port: int, work: Work, key: int, index: int) -> list[str]:
    reply = ask(port, work.key(key), work.model(index))
    if reply.status != 200:
        return [f"model {index} is answered with {reply.status}: {reply.body[:80]!r}"]
    faults = []
    seen = get(BACKEND_PORT, "/_seen").json()
    content = reply.json().get("choices", [{}])[0].get("message", {}).get("content", "")
    if not content.startswith("A fixed answer"):
        faults.append("the answer is not the model server's")
    if seen.get("model") != work.model(index):
        faults.append(f"the model server saw model {seen.get('model')!r}")
    expected = {f"m{at - BACKEND_PORT + 1}" for _, at in work.endpoints(index)}
    if peer.does & {"key", "model"} and seen.get("server") not in expected:
        wanted = " or ".join(sorted(expected))
        faults.append(f"model {index} went to {seen.get('server')}, not to {wanted}")
    if "credential" in peer.does and seen.get("authorization") != f"Bearer {CREDENTIAL}":
        faults.append("the model server did not see the router's credential")
    return faults


def output_of(argv: list[str]) -> str:
    """The first line that says something, of a program that tells its version."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"unknown ({error})"
    lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    return lines[0] if lines else "unknown"


def venv_program(venv: str, pattern: str) -> Path | None:
    """A program in one of the environments that bench/setup makes."""
    return next(iter(sorted((HOME / f"venv-{venv}").glob(pattern))), None)


def package_version(venv: str, package: str) -> str:
    """The version of a PyPI package, from what pip left there."""
    name = package.replace("-", "_")
    found = venv_program(venv, f"lib/python3*/site-packages/{name}-*.dist-info")
    if found is None:
        return "unknown"
    return f"{package} {found.name.removeprefix(name + '-').removesuffix('.dist-info')}"
