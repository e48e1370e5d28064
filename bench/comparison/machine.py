"""What a reader of the figures has to know of the machine."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path


def describe(is_pinned: bool) -> dict:
    """The processor, the kernel, and what the measurement itself chose."""
    return {
        "cpu": _field("/proc/cpuinfo", "model name") or platform.processor() or "unknown",
        "cores": os.cpu_count(),
        "memory_gib": round(
            int((_field("/proc/meminfo", "MemTotal") or "0 kB").split()[0]) / 2**20
        ),
        "kernel": platform.release(),
        "system": _system(),
        "python": platform.python_version(),
        "pinned": is_pinned,
        "load_average": os.getloadavg()[0],
        "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def _field(path: str, name: str) -> str | None:
    for line in Path(path).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return None


def _system() -> str:
    try:
        values = platform.freedesktop_os_release()
    except OSError:
        return "unknown"
    return values.get("PRETTY_NAME", "unknown")
