"""Which plots there are, and of which samples each is drawn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from .sections import DIRECT
from .statistics import Sample, grouped, median
from .svg import Bar, Line, Words, bar_chart, line_chart

Plot = Callable[[list[Sample], str], str | None]
_KIB = 1024


def write_plots(folder: Path, run: dict) -> list[str]:
    """Draws all plots that the samples are enough for; the names of their files."""
    about = run["machine"]
    footer = (
        f"{about['cpu']}, {about['cores']} cores, Linux {about['kernel']}, {about['date'][:10]}"
    )
    if about["pinned"]:
        footer += "; proxy on one core, load and model server on another"
    order = {name: index for index, name in enumerate(run["peers"])}
    samples = [s for s in run["samples"] if s["peer"] in order and "no_result" not in s]
    samples.sort(key=lambda sample: order[sample["peer"]])
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, plot in PLOTS.items():
        text = plot(samples, footer)
        if text is not None:
            (folder / f"{name}.svg").write_text(text)
            written.append(name)
    return written


def _of(samples: list[Sample], **wanted: object) -> list[Sample]:
    return [s for s in samples if all(s.get(name) == value for name, value in wanted.items())]


def _bars(samples: list[Sample], *fields: str, factor: float = 1) -> list[Bar]:
    """A bar for each peer that has all the fields, the shortest first."""
    bars = []
    for (peer,), group in grouped(samples, "peer").items():
        values = [median(group, field) for field in fields]
        found = [value * factor for value in values if value is not None]
        if len(found) == len(fields) and peer != DIRECT and found[0] > 0:
            bars.append(Bar(peer, tuple(found), peer.startswith("routerc")))
    return sorted(bars, key=lambda bar: bar.values[-1])


def _bar_plot(words: Words, unit: str, bars: list[Bar], legend: tuple[str, ...] = ()) -> str | None:
    return bar_chart(words, unit, bars, legend) if bars else None


def requests(samples: list[Sample], footer: str) -> str | None:
    words = Words(
        "CPU a request takes",
        "1 KiB chat request, 64 connections; who does what stands in docs/performance.md",
        footer,
    )
    chosen = _of(samples, case="model", connections=64)
    return _bar_plot(words, "CPU microseconds per request", _bars(chosen, "cpu_us_per_request"))


def chunks(samples: list[Sample], footer: str) -> str | None:
    words = Words("CPU a streamed chunk takes", "200 streams, a chunk every 20 ms each", footer)
    chosen = _of(samples, case="paced")
    return _bar_plot(words, "CPU microseconds per chunk", _bars(chosen, "cpu_us_per_chunk"))


def streams(samples: list[Sample], footer: str) -> str | None:
    chosen = _of(samples, case="idle")
    if not chosen:
        return None
    words = Words(
        "Memory of an open stream",
        f"{chosen[0]['streams_open']:,} streams that say something every five seconds",
        footer,
    )
    return _bar_plot(words, "KiB of the process's own memory per stream",
                     _bars(chosen, "kib_per_stream"))  # fmt: skip


def latency(samples: list[Sample], footer: str) -> str | None:
    chosen = _of(samples, case="latency", load="60%")
    if not chosen:
        return None
    words = Words(
        "Latency at a fixed rate",
        f"{chosen[0]['rate']:,.0f} requests/s by the clock, 60 % of what"
        f" {chosen[0]['reference']} can do; from when each was due",
        footer,
    )
    bars = _bars(chosen, "latency_us_p50", "latency_us_p99", factor=1 / 1000)
    return _bar_plot(words, "milliseconds", bars, ("p50", "p99"))


def _lines(samples: list[Sample], x_field: str, y_field: str, factor: float = 1) -> list[Line]:
    lines = []
    for (peer,), group in grouped(samples, "peer").items():
        points = []
        for (x,), part in sorted(grouped(group, x_field).items()):
            y = median(part, y_field)
            if y:
                points.append((float(x), y * factor))
        if len(points) > 1 and peer != DIRECT:
            lines.append(Line(peer, tuple(points)))
    return lines


def bodies(samples: list[Sample], footer: str) -> str | None:
    small = _of(samples, case="model", connections=16)
    chosen = [s for s in small + _of(samples, case="bodies") if s.get("cpu_us_per_request")]
    large = {s["peer"] for s in chosen if s["case"] == "bodies"}
    in_kib = [{**s, "kib": s["body"] // _KIB} for s in chosen if s["peer"] in large]
    lines = _lines(in_kib, "kib", "cpu_us_per_request")
    words = Words("CPU by size of the body", "16 connections, model first in the body", footer)
    if not lines:
        return None
    return line_chart(words, "KiB", "CPU microseconds per request", lines, is_y_log=True)


def keys(samples: list[Sample], footer: str) -> str | None:
    lines = _lines(_of(samples, case="keys"), "keys", "cpu_us_per_request")
    words = Words("CPU by number of keys", "1 KiB chat request, 16 connections", footer)
    if not lines:
        return None
    return line_chart(words, "keys", "CPU microseconds per request", lines, is_y_log=False)


def endpoints(samples: list[Sample], footer: str) -> str | None:
    lines = _lines(_of(samples, case="endpoints"), "endpoints", "cpu_us_per_request")
    words = Words("CPU by number of endpoints", "1 KiB chat request, 16 connections", footer)
    if not lines:
        return None
    return line_chart(words, "endpoints", "CPU microseconds per request", lines, is_y_log=True)


def swaps(samples: list[Sample], footer: str) -> str | None:
    lines = _lines(_of(samples, case="tables"), "keys", "swap_s", 1000)
    subtitle = "one key replaced by another: from the signal to its use"
    words = Words("How long new keys take", subtitle, footer)
    if not lines:
        return None
    return line_chart(words, "keys", "milliseconds", lines, is_y_log=True)


PLOTS: dict[str, Plot] = {
    "requests": requests,
    "latency": latency,
    "chunks": chunks,
    "streams": streams,
    "bodies": bodies,
    "keys": keys,
    "endpoints": endpoints,
    "swaps": swaps,
}
