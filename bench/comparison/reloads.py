"""How each peer is told that keys have changed, and how long it takes."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import time
from pathlib import Path

from .peers.haproxy import HAProxy
from .peers.nginx import Nginx
from .peers.routerc import Routerc
from .servers import Server, log_lines
from .work import Work

# As much as fits into HAProxy's buffer with room to spare.
_PAYLOAD = 32 * 1024


class ReloadFailed(Exception):
    """A peer did not take over what it was given."""


def swap_routerc(peer: Routerc, server: Server, table: Path, limit: float = 60) -> float:
    """Puts a table in the place of the one that serves and sends SIGHUP; until the log says so."""
    folder = server.log.parent / server.name
    fresh = folder / "next.table"
    shutil.copyfile(table, fresh)
    os.replace(fresh, peer.table(folder))
    offset = server.log.stat().st_size
    began = time.monotonic()
    os.kill(server.pid, signal.SIGHUP)
    while time.monotonic() - began < limit:
        lines, offset = log_lines(server.log, offset)
        taken = time.monotonic() - began
        for line in lines:
            if "table swapped" in line:
                return taken
            if "table refused" in line:
                raise ReloadFailed(line)
        time.sleep(0.0002)
    raise ReloadFailed(f"no 'table swapped' in the log after {limit:.0f} s")


class HAProxySocket:
    """The runtime interface of HAProxy: a connection for each command."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def _say(self, command: str) -> str:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(120)
            connection.connect(str(self._path))
            connection.sendall(command.encode() + b"\n")
            connection.shutdown(socket.SHUT_WR)
            text = b""
            while part := connection.recv(65536):
                text += part
        return text.decode().strip()

    def replace_map(self, path: Path) -> tuple[float, float]:
        """Seconds for all of a new version of a map, and for its commit alone."""
        parts = payloads(path.read_text().splitlines())
        began = time.monotonic()
        answer = self._say(f"prepare map {path}")
        version = answer.rsplit(":", 1)[-1].strip()
        if not version.isdigit():
            raise ReloadFailed(f"prepare map is answered with {answer!r}")
        for payload in parts:
            answer = self._say(f"add map @{version} {path} <<\n{payload}\n")
            if answer:
                raise ReloadFailed(f"add map is answered with {answer[:100]!r}")
        committing = time.monotonic()
        answer = self._say(f"commit map @{version} {path}")
        if answer:
            raise ReloadFailed(f"commit map is answered with {answer[:100]!r}")
        ended = time.monotonic()
        return ended - began, ended - committing


def payloads(lines: list[str], most: int = _PAYLOAD) -> list[str]:
    """Lines in groups of at most so many bytes, and at least one line each."""
    groups: list[str] = []
    group: list[str] = []
    size = 0
    for line in lines:
        if group and size + len(line) + 1 > most:
            groups.append("\n".join(group))
            group, size = [], 0
        group.append(line)
        size += len(line) + 1
    return [*groups, "\n".join(group)] if group else groups


def swap_haproxy(peer: HAProxy, server: Server, work: Work) -> tuple[float, float]:
    """Replaces the keys by the runtime interface; all of it, and the commit alone."""
    folder = server.log.parent / server.name
    peer.write_keys(folder, work)
    return HAProxySocket(peer.socket(folder)).replace_map(folder / "keys.map")


def swap_nginx(peer: Nginx, server: Server, work: Work, limit: float = 60) -> float:
    """Writes the keys anew and sends SIGHUP; until there is a new worker."""
    peer.write_keys(server.log.parent / server.name, work)
    before = set(server.pids())
    began = time.monotonic()
    os.kill(server.pid, signal.SIGHUP)
    while time.monotonic() - began < limit:
        if set(server.pids()) - before:
            return time.monotonic() - began
        time.sleep(0.0005)
    raise ReloadFailed(f"nginx has no new worker after {limit:.0f} s")
