"""Markdown tables of equal column widths, and how numbers are written in them."""

from __future__ import annotations

from collections.abc import Sequence


def number(value: float | None, digits: int = 1) -> str:
    """Grouped digits, and a dash for what was not measured."""
    return "-" if value is None else f"{value:,.{digits}f}"


def times(value: float | None) -> str:
    """A ratio to routerc."""
    return "-" if value is None else f"{value:.2f} x"


def share(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"


def milliseconds(microseconds: float | None) -> str:
    """Three digits that matter, whatever the size."""
    if microseconds is None:
        return "-"
    value = microseconds / 1000
    return f"{value:.3f}" if value < 10 else f"{value:,.1f}"


def seconds(value: float | None) -> str:
    """A duration in the unit that suits it."""
    if value is None:
        return "-"
    return f"{value * 1000:,.1f} ms" if value < 1 else f"{value:,.2f} s"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, is_text: bool = False) -> str:
    """A Markdown table; the first column is text, the others are numbers unless said otherwise."""
    if not rows:
        return "(nothing was measured)"
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    numbers = [not is_text and index > 0 for index in range(len(head))]
    rule = ["-" * (width - 1) + (":" if is_number else "-")
            for width, is_number in zip(widths, numbers, strict=True)]  # fmt: skip
    return "\n".join([_line(cells, widths, numbers) for cells in [head, rule, *rows]])


def _line(cells: Sequence[str], widths: Sequence[int], numbers: Sequence[bool]) -> str:
    columns = zip(cells, widths, numbers, strict=True)
    padded = [cell.rjust(width) if right else cell.ljust(width) for cell, width, right in columns]
    return f"| {' | '.join(padded)} |"
