"""The committed counts: what was measured, and how much more is let pass."""

from __future__ import annotations

import json
import platform
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("thresholds.json")
# Less than this is no news: a count that shrank by more asks for new thresholds.
SHRUNK_PERCENT = 2


def environment() -> dict[str, str]:
    """What counts depend on beside the source."""
    swift = subprocess.run(["swift", "--version"], capture_output=True, text=True, check=True)
    found = re.search(r"Swift version (\S+)", swift.stdout + swift.stderr)
    return {"swift": found[1] if found else "unknown", "architecture": platform.machine()}


def load() -> dict[str, Any]:
    """The file, or nothing."""
    return json.loads(FILE.read_text()) if FILE.exists() else {}


def write(section: str, counted: dict[str, float], slack_percent: float) -> None:
    """Replaces a section by what was counted and what is let pass."""
    content = load()
    content["environment"] = environment()
    content[section] = {
        name: {"counted": count, "at_most": round(count * (1 + slack_percent / 100), 1)}
        for name, count in counted.items()
    }
    FILE.write_text(json.dumps(content, indent=2) + "\n")
    print(f"wrote {section} of {FILE.name}")


def compare(section: str, counted: dict[str, float]) -> int:
    """Says what grew and what shrank; 1 where something grew beyond its threshold."""
    content = load()
    here = environment()
    if content.get("environment") != here:
        print(f"not judged: thresholds are from {content.get('environment')}, this is {here}")
        return 0
    known = content.get(section, {})
    status = 0
    for name, count in counted.items():
        if name not in known:
            print(f"new: {name}; --update writes its threshold")
            status = 1
            continue
        before, limit = known[name]["counted"], known[name]["at_most"]
        if count > limit:
            print(
                f"error: {name} grew from {before} to {count} instructions, at most {limit}",
                file=sys.stderr,
            )
            status = 1
        elif count < before * (1 - SHRUNK_PERCENT / 100):
            print(f"{name} shrank from {before} to {count} instructions; --update keeps that")
    for name in known.keys() - counted.keys():
        print(f"error: {name} has a threshold and was not counted", file=sys.stderr)
        status = 1
    return status
