"""Bar and line charts as SVG: white ground, so that they read on light pages and on dark ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH = 760
_FONT = "-apple-system, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif"
_INK, _FAINT, _GRID = "#1f2328", "#59636e", "#d8dee4"
OWN, OTHER, SECOND_OWN, SECOND_OTHER = "#0969da", "#8c959f", "#80ccff", "#d0d7de"
_PALETTE = ("#0969da", "#bc4c00", "#1a7f37", "#8250df", "#bf3989", "#9a6700", "#57606a", "#0e7490")


@dataclass(frozen=True)
class Bar:
    """One row of a chart; with two values the second is drawn behind the first."""

    label: str
    values: tuple[float, ...]
    is_own: bool = False


@dataclass(frozen=True)
class Line:
    label: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Words:
    """What stands around a chart."""

    title: str
    subtitle: str
    footer: str


def short(value: float) -> str:
    """Three digits that matter."""
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{digits}f}" if digits < 3 else f"{value:.{min(digits, 4)}f}"


def tick_name(value: float) -> str:
    """A round number as people write it."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:g}"


def ticks(most: float, count: int = 5) -> list[float]:
    """Round numbers from 0 up to no more than `most`, some `count` of them."""
    if most <= 0:
        return [0]
    rough = most / count
    power = 10 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    return [index * step for index in range(int(most / step + 1e-9) + 1)]


def axis_end(values: Sequence[float], most_times: float = 8) -> float:
    """Where the axis ends: the largest value that is not far beyond the middle one."""
    ordered = sorted(values)
    limit = ordered[len(ordered) // 2] * most_times
    return max(value for value in ordered if value <= limit)


def bar_chart(words: Words, unit: str, bars: Sequence[Bar], legend: Sequence[str] = ()) -> str:
    """Horizontal bars from 0; one that is far too long for the others is cut, and says so."""
    left, right, top, step = 150, 90, 84 + (22 if legend else 0), 30
    plot, bottom = WIDTH - left - right, top + step * len(bars)
    most = axis_end([max(bar.values) for bar in bars])
    parts = _frame(words, bottom + 66)
    for tick in ticks(most):
        x = left + plot * tick / most
        parts.append(_rule(x, top - 4, x, bottom))
        parts.append(_text(x, bottom + 16, tick_name(tick), 12, _FAINT, "middle"))
    parts.append(_text(left + plot / 2, bottom + 34, unit, 12, _FAINT, "middle"))
    for index, bar in enumerate(bars):
        parts += _bar(bar, left, top + index * step, plot, most)
    parts.append(_rule(left, top - 4, left, bottom, _FAINT))
    for index, name in enumerate(legend):
        x, color = left + index * 170, (OTHER, SECOND_OTHER)[index]
        parts.append(f'<rect x="{x}" y="70" width="12" height="12" fill="{color}"/>')
        parts.append(_text(x + 18, 81, name, 12, _INK))
    return _document(parts, bottom + 66)


def _bar(bar: Bar, left: float, y: float, plot: float, most: float) -> list[str]:
    colors = (OWN, SECOND_OWN) if bar.is_own else (OTHER, SECOND_OTHER)
    weight = "600" if bar.is_own else "400"
    parts = [_text(left - 10, y + 18, bar.label, 13, _INK, "end", weight)]
    longest = max(bar.values)
    for number, value in sorted(enumerate(bar.values), key=lambda each: -each[1]):
        width = max(1.0, plot * min(value / most, 1.04))
        parts.append(
            f'<rect x="{left}" y="{y + 4:.1f}" width="{width:.1f}" height="{20}" rx="2" '
            f'fill="{colors[number]}"/>'
        )
    end = left + plot * min(longest / most, 1.04)
    if longest > most * 1.04:
        for gap in (plot * 0.94, plot * 0.95):
            x = left + gap
            parts.append(f'<path d="M{x:.1f} {y + 26:.1f} l6 -24" stroke="#fff" stroke-width="3"/>')
    label = " / ".join(short(value) for value in bar.values)
    parts.append(_text(end + 6, y + 18, label, 12, _INK, "start", weight))
    return parts


def line_chart(
    words: Words, x_name: str, y_name: str, lines: Sequence[Line], *, is_y_log: bool
) -> str:
    """Lines over a logarithmic axis, each named at its end."""
    left, right, top, height = 70, 130, 100, 300
    plot, bottom = WIDTH - left - right, top + height
    xs = sorted({x for line in lines for x, _ in line.points})
    ys = [y for line in lines for _, y in line.points]
    y_ticks = decades(min(ys), max(ys)) if is_y_log else ticks(max(ys) * 1.15)
    low, high = y_ticks[0], max(y_ticks[-1], max(ys) if not is_y_log else 0)

    def x_at(x: float) -> float:
        return left + plot * _share(math.log(x), math.log(xs[0]), math.log(xs[-1]))

    def y_at(y: float) -> float:
        if is_y_log:
            return bottom - height * _share(math.log(y), math.log(low), math.log(high))
        return bottom - height * _share(y, low, high)

    parts = _frame(words, bottom + 66)
    for tick in y_ticks:
        parts.append(_rule(left, y_at(tick), left + plot, y_at(tick)))
        parts.append(_text(left - 8, y_at(tick) + 4, tick_name(tick), 12, _FAINT, "end"))
    for x in xs:
        parts.append(_text(x_at(x), bottom + 18, f"{x:,.0f}", 12, _FAINT, "middle"))
    parts.append(_text(left + plot / 2, bottom + 36, x_name, 12, _FAINT, "middle"))
    parts.append(_text(20, top - 16, y_name, 12, _FAINT, "start"))
    ends = spaced([y_at(line.points[-1][1]) for line in lines], 15)
    for index, line in enumerate(lines):
        color = _PALETTE[index % len(_PALETTE)]
        points = [(x_at(x), y_at(y)) for x, y in line.points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        thick = 3 if index == 0 else 2
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="{thick}"/>'
        )
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{color}"/>' for x, y in points]
        x = points[-1][0] + 10
        parts.append(_text(x, ends[index] + 4, line.label, 12, color, "start", "600"))
    return _document(parts, bottom + 66)


def decades(low: float, high: float) -> list[float]:
    """Powers of ten that hold all values between them, and at least two of them."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    return [10.0**power for power in range(first, max(last, first + 1) + 1)]


def spaced(positions: Sequence[float], least: float) -> list[float]:
    """Positions moved apart so that names at them do not lie on each other."""
    placed = list(positions)
    order = sorted(range(len(placed)), key=lambda index: placed[index])
    for before, index in zip(order, order[1:], strict=False):
        placed[index] = max(placed[index], placed[before] + least)
    return placed


def _share(value: float, low: float, high: float) -> float:
    return (value - low) / (high - low) if high > low else 0.5


def _text(
    x: float, y: float, text: str, size: int, color: str, anchor: str = "start", weight: str = "400"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{color}" '
        f'text-anchor="{anchor}" font-weight="{weight}">{escape(text)}</text>'
    )


def _rule(x1: float, y1: float, x2: float, y2: float, color: str = _GRID) -> str:
    return f'<path d="M{x1:.1f} {y1:.1f} L{x2:.1f} {y2:.1f}" stroke="{color}"/>'


def _frame(words: Words, height: float) -> list[str]:
    return [
        f'<rect width="{WIDTH}" height="{height:.0f}" rx="6" fill="#ffffff"/>',
        _text(20, 30, words.title, 17, _INK, "start", "600"),
        _text(20, 51, words.subtitle, 13, _FAINT),
        _text(20, height - 12, words.footer, 11, _FAINT),
    ]


def _document(parts: Sequence[str], height: float) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" '
        f'width="{WIDTH}" height="{height:.0f}" font-family="{_FONT}">'
    )
    return "\n".join([head, *parts, "</svg>", ""])
