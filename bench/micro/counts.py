"""Counts the instructions of every microbenchmark and compares them with thresholds.json.

    python3 counts.py PROGRAM TABLE [--update]

A count that grew beyond its threshold is a failure (exit status 1). On another architecture or
with another Swift than the thresholds are from, counts are printed and judged by nobody.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import callgrind
import thresholds

# What asks the allocator for memory; Swift's own functions end in these.
ALLOCATORS = ("malloc", "calloc", "realloc", "memalign", "posix_memalign", "aligned_alloc")
RETAINS = ("swift_retain", "swift_retain_n", "swift_bridgeObjectRetain")
# Cases that must not allocate; `hash key` does, once a connection.
ALLOCATING = ("canary", "hash key")
# The bar of the project for one decision, whatever the thresholds say.
DECIDE_BAR = 400


@dataclass
class Case:
    """What was counted of one case, for each time it was done."""

    name: str
    instructions: float
    allocations: float
    retains: float


def run(program: str, table: str) -> list[Case]:
    """Runs all cases below callgrind, in the order of the program."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out",
             program, "count", table],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            sys.exit(f"counts.py: error: the run failed\n{done.stderr[-2000:]}")
        dumps = {dump.name: dump for dump in map(callgrind.read, Path(folder).glob("out.*"))}
    cases = []
    for line in done.stdout.splitlines():
        name, count = line.rsplit(" ", 2)[:2]
        dump, times = dumps[name], int(count)
        cases.append(
            Case(
                name,
                round(dump.total / times, 1),
                dump.calls_of(ALLOCATORS) / times,
                dump.calls_of(RETAINS) / times,
            )
        )
    return cases


def check_canary(cases: list[Case]) -> None:
    """Ends the run where what allocates once and retains at least once was not seen to."""
    canary = next((case for case in cases if case.name == "canary"), None)
    if canary is None or canary.allocations != 1:
        sys.exit(f"counts.py: error: the canary allocates once a time, counted were: {canary}")


def main() -> int:
    """Prints a row for every case; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("table")
    parser.add_argument("--update", action="store_true", help="write the thresholds anew")
    options = parser.parse_args()
    cases = run(options.program, options.table)
    check_canary(cases)
    status = 0
    for case in cases:
        print(
            f"{case.name:28} {case.instructions:12.1f} instructions"
            f" {case.allocations:6.2f} allocations {case.retains:6.2f} retains"
        )
        if case.allocations > 0.01 and case.name not in ALLOCATING:
            print(f"counts.py: error: {case.name} allocates", file=sys.stderr)
            status = 1
        if case.name.startswith("decide") and case.instructions > DECIDE_BAR:
            print(f"  over the bar of {DECIDE_BAR} instructions")
    counted = {case.name: case.instructions for case in cases}
    if options.update:
        thresholds.write("cases", counted, slack_percent=2)
        return status
    return max(status, thresholds.compare("cases", counted))


if __name__ == "__main__":
    sys.exit(main())
