"""The account of the soak: every request ends in a class that it may end in, or is a failure."""

import collections
import json

KEPT_FAILURES_MAX = 40


class Account:
    """What was asked and what came of it."""

    def __init__(self) -> None:
        self.outcomes: collections.Counter[tuple[str, str]] = collections.Counter()
        self.begun = 0
        self.ended = 0
        self.streams = 0
        self.failure_count = 0
        self.failures: list[str] = []

    def note(self, kind: str, outcome: str) -> None:
        self.outcomes[kind, outcome] += 1

    def fail(self, kind: str, what: str) -> None:
        self.failure_count += 1
        self.outcomes[kind, "FAILURE"] += 1
        if len(self.failures) < KEPT_FAILURES_MAX:
            self.failures.append(f"{kind}: {what}")

    def by_outcome(self) -> dict[str, int]:
        totals: collections.Counter[str] = collections.Counter()
        for (_, outcome), count in self.outcomes.items():
            totals[outcome] += count
        return dict(totals.most_common())

    def by_kind(self) -> dict[str, dict[str, int]]:
        table: dict[str, dict[str, int]] = {}
        for (kind, outcome), count in sorted(self.outcomes.items()):
            table.setdefault(kind, {})[outcome] = count
        return table


def error_code(body: bytes) -> str | None:
    """The code of an OpenAI error object, or nothing if it is none."""
    try:
        error = json.loads(body)["error"]
        return error["code"] if error["message"] and "type" in error else None
    except (ValueError, KeyError, TypeError):
        return None
