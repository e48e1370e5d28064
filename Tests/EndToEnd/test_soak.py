"""The short form of `scripts/soak`: 20 seconds of faults, swaps and leavers, and its verdict."""

import json
import os
import subprocess

from routerc import REPOSITORY, binary, is_sanitized

SECONDS = 20


def test_a_short_soak_ends_well(tmp_path, capsys):
    report = tmp_path / "soak.json"
    command = [str(REPOSITORY / "scripts/soak"), "--minutes", str(SECONDS / 60),
               "--clients", "24", "--json", str(report)]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS + 90,
        env={**os.environ, "ROUTERC_BINARY": binary()}, check=False)
    flaws = [line for line in done.stdout.split("\n") if line.startswith("  NOT GOOD: ")]
    if is_sanitized():
        flaws = [line for line in flaws if "anonymous memory" not in line]
    else:
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert flaws == [] and "verdict: " in done.stdout, done.stdout[-6000:]
    values = json.loads(report.read_text())
    # It is only a verdict if something has been tried.
    assert values["requests"] > 500 and values["swapped"] > 10 and values["kills"] > 0
    outcomes = values["by_outcome"]
    assert outcomes["whole"] > 300 and outcomes["visibly broken"] > 0 and outcomes["left"] > 0
    with capsys.disabled():
        print(f"\nsoak of {SECONDS} s: {values['requests']} requests, {values['streams']} streams,"
              f" {values['swapped']} swaps, {values['failures']} failures")


def test_a_soak_that_finds_something_says_so(tmp_path):
    """The verdict can be bad: a router that leaves at once is one."""
    broken = tmp_path / "routerc"
    broken.write_text(
        f"#!/bin/sh\n[ \"$1\" != serve ] || exec timeout -s KILL 4 {binary()} \"$@\"\n"
        f"exec {binary()} \"$@\"\n")
    broken.chmod(0o755)
    done = subprocess.run(
        [str(REPOSITORY / "scripts/soak"), "--minutes", "0.2", "--clients", "4"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=90,
        env={**os.environ, "ROUTERC_BINARY": str(broken)}, check=False)
    assert done.returncode == 1, done.stdout[-3000:] + done.stderr[-3000:]
    assert "verdict: NOT GOOD" in done.stdout
