"""What all parts of the report have in common."""

from __future__ import annotations

from dataclasses import dataclass

from .statistics import Sample, is_noisy, median, quiet, ratio, total
from .tables_text import share, times

DIRECT = "direct"


@dataclass(frozen=True)
class Section:
    """A part of the report: Markdown under a heading."""

    name: str
    title: str
    text: str


def reference_of(samples: list[Sample]) -> str:
    """The row that ratios refer to."""
    names = {sample["peer"] for sample in samples}
    return next((name for name in ("routerc", "routerc-pin") if name in names), DIRECT)


def ratio_cell(group: list[Sample], reference: list[Sample], field: str) -> str:
    return times(ratio(median(group, field), median(reference, field)))


def foreign_cell(group: list[Sample]) -> str:
    """The most that others used in the rounds that count, and how many rounds do not."""
    kept = quiet(group)
    worst = max((sample.get("foreign", 0.0) for sample in kept), default=0.0)
    left_out = len(group) - len(kept)
    mark = " !" if any(is_noisy(sample) for sample in kept) else ""
    return share(worst) + mark + (f" ({left_out} left out)" if left_out else "")


def request_errors(group: list[Sample]) -> str:
    """Answers that did not come or were not 200, in all rounds."""
    count = sum(total(group, name) for name in ("errors", "not_200"))
    return f"{count:,.0f}"
