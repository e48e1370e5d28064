"""Starting, probing and stopping servers; only what was started here is ever stopped."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import procfs
from .settings import BACKEND_PORT, BACKEND_PORTS, LOAD_CORE, RUN, native
from .work import PATH


@contextmanager
def on_core(core: int | None) -> Iterator[None]:
    """What is started inside is pinned to a core; a `preexec_fn` would make starts slower."""
    before = os.sched_getaffinity(0)
    if core is not None:
        os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Server:
    """A process that serves on a port, and all that it starts."""

    def __init__(
        self,
        name: str,
        argv: list[str],
        port: int,
        core: int | None,
        environment: dict[str, str] | None = None,
        *,
        takes_over: bool = False,
    ) -> None:
        if not takes_over and procfs.listening_inodes(port):
            raise RuntimeError(f"port {port} for {name} is in use; set BENCH_PORT to another")
        self.name, self.port = name, port
        self.log = RUN / f"{name}.log"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with on_core(core), self.log.open("wb") as log:
            self.started = time.monotonic()
            self._process = subprocess.Popen(
                argv,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=RUN,
            )
        self.pid = self._process.pid

    def pids(self) -> list[int]:
        return procfs.process_tree(self.pid)

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def listening_after(self, limit: float = 120) -> float | None:
        """Seconds from the start until the port is open; None if it does not come to that."""
        while time.monotonic() - self.started < limit and self.is_alive():
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return time.monotonic() - self.started
            time.sleep(0.0005)
        return None

    def answering_after(self, key: str, model: str, limit: float = 120) -> float | None:
        """Seconds from the start until a request is answered with 200."""
        while time.monotonic() - self.started < limit and self.is_alive():
            try:
                if ask(self.port, key, model).status == 200:
                    return time.monotonic() - self.started
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.0005)
        return None

    def last_words(self) -> str:
        """The end of what it wrote, for the one who asks why it does not run."""
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return " / ".join(lines[-2:])[-300:] or "it wrote nothing"

    def stop(self) -> None:
        """Asks it to end, and after five seconds makes it and its children."""
        members = self.pids()
        if self.is_alive():
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                pass
        for pid in members:
            try:
                if os.getsid(pid) == self.pid:
                    os.kill(pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                continue
        self._process.wait()


class Reply:
    """What came back for one request."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status, self.body = status, body

    def json(self) -> dict:
        try:
            value = json.loads(self.body)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}


def ask(port: int, key: str, model: str, body: bytes | None = None, timeout: float = 20) -> Reply:
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    content = body or json.dumps(
        {"model": model, "messages": [{"role": "user", "content": "hello"}]}
    )
    headers = {
        "Authorization": f"Bearer {key}",
        "Content-Type": "application/json",
        "Connection": "close",
    }
    try:
        try:
            connection.request("POST", PATH, content, headers)
        except (BrokenPipeError, ConnectionResetError):
            pass  # It has answered before it has read all: the answer may still be there.
        response = connection.getresponse()
        return Reply(response.status, response.read())
    finally:
        connection.close()


def answers_after(port: int, key: str, model: str, limit: float = 60) -> float | None:
    """Seconds from now until a key that is new is let in."""
    began = time.monotonic()
    while time.monotonic() - began < limit:
        try:
            if ask(port, key, model).status == 200:
                return time.monotonic() - began
        except (OSError, http.client.HTTPException):
            pass
        time.sleep(0.0005)
    return None


def get(port: int, path: str) -> Reply:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return Reply(response.status, response.read())
    finally:
        connection.close()


def start_backend(
    is_pinned: bool, *, chunks: int = 64, interval_us: int = 0, delay_us: int = 0
) -> Server:
    """The model servers behind every peer: four ports, one process."""
    argv = [native("model_server"), "-A", "-p", str(BACKEND_PORT), "-n", str(BACKEND_PORTS)]
    argv += ["-c", str(chunks), "-i", str(interval_us), "-d", str(delay_us)]
    server = Server("backend", argv, BACKEND_PORT, LOAD_CORE if is_pinned else None)
    if server.answering_after("any", "m1", 10) is None:
        raise RuntimeError(f"the model server does not start: {server.last_words()}")
    return server


def log_lines(path: Path, since: int) -> tuple[list[str], int]:
    """The lines added to a log after an offset, and the next offset."""
    with path.open("rb") as log:
        log.seek(since)
        text = log.read()
    whole = text[: text.rfind(b"\n") + 1]
    return whole.decode(errors="replace").splitlines(), since + len(whole)
