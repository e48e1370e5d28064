"""Running the load programs, and what the proxy used meanwhile."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from . import procfs
from .procfs import CPUTime
from .servers import Server, on_core
from .settings import LOAD_CORE, RUN, WRK_SCRIPT, native, program


class LoadFailed(Exception):
    """A load program did not say what it measured."""


def wrk_argv(port: int, requests: Path, connections: int, seconds: float) -> list[str]:
    return [
        program("wrk"), "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s",
        "--timeout", "20s", "-s", str(WRK_SCRIPT), f"http://127.0.0.1:{port}/", "--", str(requests),
    ]  # fmt: skip


def rate_argv(
    port: int, requests: Path, connections: int, seconds: float, *, rate: float = 0,
    is_closing: bool = False,
) -> list[str]:  # fmt: skip
    argv = [native("rate_load"), "-p", str(port), "-f", str(requests), "-c", str(connections)]
    argv += ["-t", f"{seconds:g}", "-r", f"{rate:g}"]
    return argv + (["-C"] if is_closing else [])


def stream_argv(
    port: int, requests: Path, streams: int, seconds: float, *, each: int = 0,
    is_held: bool = False, per_ms: int = 2,
) -> list[str]:  # fmt: skip
    argv = [native("stream_load"), "-p", str(port), "-f", str(requests), "-c", str(streams)]
    argv += ["-t", f"{seconds:g}", "-n", str(each), "-g", str(per_ms)]
    return argv + (["-H"] if is_held else [])


def parse_output(text: str) -> dict:
    """The last line of JSON of a load program; wrk's begins with an at sign."""
    for line in reversed(text.splitlines()):
        if line.lstrip("@").startswith("{"):
            return json.loads(line.lstrip("@"))
    raise LoadFailed(f"no result in: {text[-300:]!r}")


def flattened(result: dict) -> dict:
    """`{"latency_us": {"p50": 1}}` as `{"latency_us_p50": 1}`: a sample has plain fields."""
    flat: dict = {}
    for name, value in result.items():
        if isinstance(value, dict):
            flat.update({f"{name}_{inner}": number for inner, number in value.items()})
        else:
            flat[name] = value
    return flat


@dataclass
class Meter:
    """Who used how much CPU between two moments."""

    peer: Server | None
    backend: Server | None

    def start(self) -> None:
        self._peer, self._backend = _cpu(self.peer), _cpu(self.backend)
        self._own, self._busy = _own_cpu(), procfs.busy_time()
        self._at = time.monotonic()

    def stop(self, load_cpu: float) -> dict:
        """CPU of the peer, the backend and the load, and what nobody here accounts for."""
        elapsed = time.monotonic() - self._at
        busy = procfs.busy_time() - self._busy
        peer, backend = _cpu(self.peer) - self._peer, _cpu(self.backend) - self._backend
        known = peer.total + backend.total + load_cpu + (_own_cpu() - self._own)
        return {
            "elapsed": elapsed,
            "peer_user": peer.user,
            "peer_system": peer.system,
            "peer_cpu": peer.total,
            "backend_cpu": backend.total,
            "load_cpu": load_cpu,
            "foreign": max(0.0, busy - known) / elapsed,
        }


def _cpu(server: Server | None) -> CPUTime:
    return procfs.cpu_time(server.pids()) if server else CPUTime()


def _own_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


class RunningLoad:
    """A load program at work, and who uses CPU meanwhile."""

    def __init__(
        self, argv: list[str], is_pinned: bool, peer: Server | None, backend: Server | None
    ) -> None:
        self._name, self._errors = argv[0], RUN / "load.err"
        self._meter = Meter(peer, backend)
        self._meter.start()
        with on_core(LOAD_CORE if is_pinned else None), self._errors.open("wb") as stderr:
            self._process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=stderr, text=True)

    def is_running(self) -> bool:
        """Whether its output has not ended; it is not waited for here."""
        state = procfs.parse_stat(Path(f"/proc/{self._process.pid}/stat").read_text())[0]
        return state != "Z"

    def finish(self) -> dict:
        """Waits for its end; its result and the CPU used meanwhile, as one sample."""
        process = self._process
        assert process.stdout is not None
        text = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        sample = self._meter.stop(usage.ru_utime + usage.ru_stime)
        if process.returncode != 0:
            words = self._errors.read_text()[-300:]
            raise LoadFailed(f"{self._name} ended with {process.returncode}: {words}")
        return {**flattened(parse_output(text)), **sample}


def run_load(
    argv: list[str], is_pinned: bool, peer: Server | None = None, backend: Server | None = None
) -> dict:
    """Runs a load program to its end."""
    return RunningLoad(argv, is_pinned, peer, backend).finish()


def per_unit(sample: dict, count_field: str, name: str) -> dict:
    """Adds microseconds of the peer's CPU for each of what was counted."""
    count = sample.get(count_field) or 0
    for part in ("cpu", "user", "system"):
        used = sample[f"peer_{part}"]
        sample[f"{part}_us_per_{name}"] = used * 1e6 / count if count else None
    return sample
