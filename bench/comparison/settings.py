"""Where things are, which ports and cores are used."""

from __future__ import annotations

import os
import resource
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / ".build" / "bench"
NATIVE = HOME / "bin"
RUN = HOME / "run"
WRK_SCRIPT = ROOT / "bench" / "native" / "chat.lua"
ROUTERC = Path(os.environ.get("ROUTERC_BINARY", ROOT / ".build" / "routerc")).absolute()

# All ports are below the range that the kernel gives to clients (32768 and up).
FIRST_PORT = int(os.environ.get("BENCH_PORT", "21000"))
BACKEND_PORT = FIRST_PORT + 1
BACKEND_PORTS = 4
FIRST_PEER_PORT = FIRST_PORT + 100

PEER_CORE = 1
LOAD_CORE = 0

# A round during which others used more of a core than this is marked, and left out if it can be.
FOREIGN_LIMIT = 0.10


class Missing(Exception):
    """Something that is needed is not there; the text says what to do."""


class Unknown(Exception):
    """A name on the command line that stands for nothing."""


def program(name: str) -> str:
    """The path of an installed program, also of one that only root has on PATH."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin")
    if found is None:
        raise Missing(f"{name} is not installed; run bench/setup")
    return found


def native(name: str) -> str:
    """The path of one of the C programs of bench/native."""
    path = NATIVE / name
    if not path.exists():
        raise Missing(f"{path} is not there; run bench/setup")
    return str(path)


def can_pin() -> bool:
    """Whether there is a core for the proxy and another for the load."""
    return {PEER_CORE, LOAD_CORE} <= os.sched_getaffinity(0)


def raise_descriptor_limit() -> int:
    """Allows this process and all it starts as many descriptors as the machine does."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
