"""Counts the cache lines that a decision touches, from lackey's trace of memory.

    python3 lines.py PROGRAM TABLE

`PROGRAM trace TABLE` makes 64 decisions for keys and models in no order, twice over, with a store
to a place of its own ahead of `identify`, ahead of `decide` and behind it. Every load and store
between two of them counts for the 64-byte lines it touches; those of the second pass are reported.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

LINE = 64
DECISIONS = 64
# ` L 1ffefff2a8,8`, ` S ...`, ` M ...`; instructions begin with `I` and do not count.
ACCESS = re.compile(r" [LSM] ([0-9a-f]+),(\d+)$")


@dataclass
class Places:
    """Where the program said that things are; stands are half-open ranges of addresses."""

    mark: int
    table: range
    names: range

    def kind(self, line: int) -> str:
        """What the line is part of."""
        if line + LINE > self.table.start and line < self.table.stop:
            return "table"
        if line + LINE > self.names.start and line < self.names.stop:
            return "request"
        # Valgrind puts the stack of the first thread at the end of the lower half.
        return "stack" if line >= 0x1F_F000_0000 else "other"


@dataclass
class Part:
    """The lines of one part of one decision."""

    lines: set[int] = field(default_factory=set)

    def touch(self, address: int, count: int) -> None:
        """Notes an access of so many bytes."""
        self.lines.update(range(address // LINE * LINE, address + count, LINE))


def places(output: str) -> Places:
    """What the program printed."""
    rows = [line.split() for line in output.splitlines()]
    words = {row[0]: [int(word) for word in row[1:]] for row in rows}
    table, names = words["table"], words["names"]
    return Places(
        words["mark"][0],
        range(table[0], table[0] + table[1]),
        range(names[0], names[0] + names[1]),
    )


def run(program: str, table: str) -> tuple[Places, Iterator[str]]:
    """Runs the program below lackey; its places, and the lines of the trace."""
    trace = tempfile.NamedTemporaryFile(mode="r", suffix=".trace")
    done = subprocess.run(
        ["valgrind", "--tool=lackey", "--trace-mem=yes", "--basic-counts=no",
         f"--log-file={trace.name}", program, "trace", table],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return places(done.stdout), iter(trace)


def parts(where: Places, trace: Iterator[str]) -> list[Part]:
    """What lies between stores to the mark, in order."""
    mark = f" S {where.mark:08x},1\n"
    found: list[Part] = []
    for line in trace:
        if line == mark:
            found.append(Part())
        elif found and (access := ACCESS.match(line)):
            found[-1].touch(int(access[1], 16), int(access[2]))
    return found


def report(name: str, where: Places, measured: list[Part]) -> dict[str, int]:
    """Prints a row for a part; the most lines of each kind in one decision."""
    kinds = [Counter(where.kind(line) for line in part.lines) for part in measured]
    shared = set.intersection(*(part.lines for part in measured))
    same = sum(1 for line in shared if where.kind(line) == "table")
    row = {kind: max(counts[kind] for counts in kinds) for kind in ("table", "stack", "other")}
    mean = sum(counts["table"] for counts in kinds) / len(kinds)
    print(
        f"{name:20} table {mean:.1f} lines, at most {row['table']}, of which {same} are the same"
        f" for all; stack {row['stack']}, other {row['other']}"
    )
    return row


def main() -> None:
    """Prints the lines of `identify` and of `decide`."""
    where, trace = run(*sys.argv[1:3])
    found = parts(where, trace)
    second = found[-3 * DECISIONS :]
    if len(found) < 6 * DECISIONS:
        sys.exit(f"lines.py: error: {len(found)} marks in the trace, expected {6 * DECISIONS}")
    report("identify", where, second[0::3])
    report("decide", where, second[1::3])


if __name__ == "__main__":
    main()
