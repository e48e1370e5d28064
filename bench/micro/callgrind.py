"""Reads what callgrind wrote: costs and calls of each function between two marks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

TRIGGER = "desc: Trigger: Client Request: "
NAME = re.compile(r"(c?(?:fn|fi|fe|fl|ob))=\((\d+)\)(?: (.*))?$")


@dataclass
class Dump:
    """One dump: the program's name for it, its instructions, and who cost and called what."""

    name: str = ""
    total: int = 0
    cost: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)

    def calls_of(self, names: Iterable[str]) -> int:
        """How often functions were called, all together."""
        return sum(self.calls[name] for name in names)


def read(path: Path) -> Dump:
    """Parses one file of the callgrind format.

    Names are said in full once and by number from then on. A line of cost behind `calls=` belongs
    to what was called and is no cost of the caller's own.
    """
    dump = Dump()
    names: dict[str, str] = {}
    function = callee = ""
    is_inclusive = False
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith(TRIGGER):
            dump.name = line[len(TRIGGER) :]
        elif line.startswith("summary:"):
            dump.total = int(line.split()[1])
        elif found := NAME.match(line):
            kind, number, name = found.groups()
            if not kind.endswith("fn"):
                continue
            if name is not None:
                names[number] = name
            if kind == "fn":
                function = names[number]
            else:
                callee = names[number]
        elif line.startswith("calls="):
            dump.calls[callee] += int(line[6:].split()[0])
            is_inclusive = True
        elif line and line[0] in "0123456789+-*":
            if not is_inclusive:
                dump.cost[function] += int(line.split()[-1])
            is_inclusive = False
    return dump
