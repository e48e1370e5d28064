"""What /proc says of processes and of the machine."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class CPUTime:
    """Seconds of CPU."""

    user: float = 0.0
    system: float = 0.0

    @property
    def total(self) -> float:
        return self.user + self.system

    def __add__(self, other: CPUTime) -> CPUTime:
        return CPUTime(self.user + other.user, self.system + other.system)

    def __sub__(self, other: CPUTime) -> CPUTime:
        return CPUTime(self.user - other.user, self.system - other.system)


@dataclass(frozen=True)
class Memory:
    """KiB: what is the process's own, what it maps of files, and what it maps of shared memory."""

    anonymous: int = 0
    file: int = 0
    shared: int = 0

    def __add__(self, other: Memory) -> Memory:
        return Memory(
            self.anonymous + other.anonymous, self.file + other.file, self.shared + other.shared
        )


def process_tree(root: int) -> list[int]:
    """A process and all that it started, as far as they live."""
    found = [root]
    for pid in found:
        try:
            for task in os.listdir(f"/proc/{pid}/task"):
                children = Path(f"/proc/{pid}/task/{task}/children").read_text()
                found += [int(child) for child in children.split()]
        except OSError:
            continue
    return found


def parse_stat(text: str) -> list[str]:
    """The fields of /proc/PID/stat after the name, which may hold spaces and parentheses."""
    return text[text.rindex(")") + 2 :].split()


def cpu_time(pids: list[int]) -> CPUTime:
    """What the processes and their ended children have used so far."""
    total = CPUTime()
    for pid in pids:
        try:
            fields = parse_stat(Path(f"/proc/{pid}/stat").read_text())
            in_ticks = CPUTime(int(fields[11]) / TICKS, int(fields[12]) / TICKS)
            total += refined(in_ticks, _scheduled(pid))
            # Children that have ended and were waited for.
            total += CPUTime(int(fields[13]) / TICKS, int(fields[14]) / TICKS)
        except OSError:
            continue
    return total


def refined(in_ticks: CPUTime, scheduled: float) -> CPUTime:
    """Time in whole ticks, corrected by the scheduler's own count, which misses ended threads."""
    if in_ticks.total <= 0 or scheduled <= in_ticks.total:
        return in_ticks
    factor = scheduled / in_ticks.total
    return CPUTime(in_ticks.user * factor, in_ticks.system * factor)


def _scheduled(pid: int) -> float:
    """Seconds that the living threads have run, to the nanosecond."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            total += int(Path(f"/proc/{pid}/task/{task}/schedstat").read_text().split()[0])
        except OSError:
            continue
    return total / 1e9


def parse_smaps_rollup(text: str) -> Memory:
    """Memory from /proc/PID/smaps_rollup, which is exact where /proc/PID/status is not."""
    values: dict[str, int] = {}
    for line in text.splitlines()[1:]:
        name, _, rest = line.partition(":")
        values[name] = int(rest.split()[0])
    anonymous = values.get("Anonymous", 0)
    shared = values.get("Pss_Shmem", 0)
    return Memory(anonymous, max(0, values.get("Rss", 0) - anonymous - shared), shared)


def memory(pids: list[int]) -> Memory:
    """What the processes hold together."""
    total = Memory()
    for pid in pids:
        try:
            total += parse_smaps_rollup(Path(f"/proc/{pid}/smaps_rollup").read_text())
        except OSError:
            continue
    return total


def parse_busy(text: str) -> float:
    """Seconds that all cores were busy, from /proc/stat; stolen time counts, waiting does not."""
    values = [int(value) for value in text.splitlines()[0].split()[1:9]]
    return (sum(values) - values[3] - values[4]) / TICKS


def busy_time() -> float:
    return parse_busy(Path("/proc/stat").read_text())


def listening_inodes(port: int) -> set[str]:
    """The sockets that listen on a port of IPv4."""
    found = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A" and int(fields[1].split(":")[1], 16) == port:
            found.add(fields[9])
    return found


def owns(pids: list[int], inodes: set[str]) -> bool:
    """Whether one of the processes has one of the sockets."""
    wanted = {f"socket:[{inode}]" for inode in inodes}
    for pid in pids:
        try:
            for descriptor in os.listdir(f"/proc/{pid}/fd"):
                if os.readlink(f"/proc/{pid}/fd/{descriptor}") in wanted:
                    return True
        except OSError:
            continue
    return False
