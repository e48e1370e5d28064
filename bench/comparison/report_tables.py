"""The tables of the cases with much to route: endpoints, keys, swaps and tables."""

from __future__ import annotations

from .sections import Section, foreign_cell, ratio_cell, request_errors
from .statistics import Sample, grouped, median, total
from .tables_text import milliseconds, number, seconds, table


def scale_sections(samples: list[Sample]) -> list[Section]:
    """What a request costs as endpoints and keys grow, against the same peer with few."""
    sections = []
    for case, field, title in (
        ("endpoints", "endpoints", "More endpoints"),
        ("keys", "keys", "More keys"),
    ):
        chosen = [sample for sample in samples if sample["case"] == case]
        if chosen:
            sections.append(Section(case, title, _scale(chosen, field) + _failures(samples, case)))
    return sections


def _scale(samples: list[Sample], field: str) -> str:
    groups = grouped(sorted(samples, key=lambda s: s[field]), "peer", field)
    smallest: dict[str, list[Sample]] = {}
    rows = []
    for (peer, count), group in _by_peer(samples, groups):
        base = smallest.setdefault(peer, group)
        rows.append([
            peer, f"{count:,}", number(median(group, "rps"), 0),
            milliseconds(median(group, "latency_us_p50")),
            milliseconds(median(group, "latency_us_p99")),
            number(median(group, "cpu_us_per_request")),
            ratio_cell(group, base, "cpu_us_per_request"),
            request_errors(group), foreign_cell(group),
        ])  # fmt: skip
    head = ["peer", field, "requests/s", "p50 ms", "p99 ms", "CPU us/request", "against its fewest",
            "errors", "foreign load"]  # fmt: skip
    return table(head, rows)


def _by_peer(
    samples: list[Sample], groups: dict[tuple, list[Sample]]
) -> list[tuple[tuple, list[Sample]]]:
    """The rows of one peer together, peers in the order of the samples."""
    order = list(dict.fromkeys(sample["peer"] for sample in samples))
    return sorted(groups.items(), key=lambda item: (order.index(item[0][0]), item[0][1]))


def _failures(samples: list[Sample], case: str) -> str:
    """Peers that could not be started with so much; told of all cases that want much."""
    failed = [s for s in samples if s["case"] == "failed"]
    wanted = [s for s in failed if (s["models"] > 5) == (case == "endpoints")]
    lines = [
        f"{s['peer']} with {s['keys']:,} keys and {s['models']:,} models: {s['reason']}."
        for s in wanted
    ]
    return "\n\nNot measured: " + " ".join(lines) if lines else ""


def table_sections(samples: list[Sample]) -> list[Section]:
    sections = []
    swaps = [sample for sample in samples if sample["case"] == "swaps"]
    tables = [sample for sample in samples if sample["case"] == "tables"]
    if swaps:
        sections.append(Section("swaps", "Swaps under load", _swaps(swaps)))
    if tables:
        sections.append(Section("tables", "Tables: compile, open and swap", _tables(tables)))
    return sections


def _swaps(samples: list[Sample]) -> str:
    rows = []
    for (peer,), group in grouped(samples, "peer").items():
        faults = {sample["swap_fault"] for sample in group if sample.get("swap_fault")}
        rows.append([
            peer, number(total(group, "swaps"), 0), request_errors(group),
            number(median(group, "rps"), 0), number(total(group, "never_sent"), 0),
            number(median(group, "swap_ms_p50"), 2), number(median(group, "swap_ms_max"), 2),
            number(median(group, "commit_ms_p50"), 2),
            milliseconds(median(group, "latency_us_p50")),
            milliseconds(median(group, "latency_us_p99")),
            milliseconds(median(group, "latency_us_max")),
            "; ".join(faults) or "-", foreign_cell(group),
        ])  # fmt: skip
    head = ["peer", "swaps", "errors", "requests/s", "not sent", "swap p50 ms", "longest ms",
            "commit alone", "request p50 ms", "p99 ms", "longest", "faults",
            "foreign load"]  # fmt: skip
    note = (
        f"{samples[0]['keys']:,} keys, {samples[0]['rate']:,} requests/s asked for. A swap lasts:"
        " routerc, from the signal to `table swapped` in the log; HAProxy, a new version of the map"
        " over the runtime socket (prepare, add, commit); nginx, from the signal to its new worker."
    )
    return f"{note}\n\n{table(head, rows)}"


def _tables(samples: list[Sample]) -> str:
    own, all_peers = [], []
    groups = grouped(sorted(samples, key=lambda s: s["keys"]), "peer", "keys")
    for (peer, keys), group in _by_peer(samples, groups):
        if peer == "routerc":
            own.append([
                f"{keys:,}", seconds(median(group, "check_s")),
                seconds(median(group, "compile_s")),
                _mib(median(group, "compile_peak_kib")), _mib(_kib(median(group, "table_bytes"))),
                seconds(median(group, "route_s")), _mib(median(group, "route_peak_kib")),
            ])  # fmt: skip
        faults = {sample["fault"] for sample in group if sample.get("fault")}
        all_peers.append([
            peer, f"{keys:,}", seconds(median(group, "listening_s")),
            seconds(median(group, "answering_s")), seconds(median(group, "swap_s")),
            seconds(median(group, "commit_s")), seconds(median(group, "takeover_s")),
            _mib(median(group, "anonymous_kib")), _mib(median(group, "anonymous_kib_after_swap")),
            _mib(median(group, "shared_kib")), _mib(median(group, "file_kib")),
            "; ".join(faults) or "-",
        ])  # fmt: skip
    parts = []
    if own:
        head = ["keys", "check", "compile", "peak MiB", "table MiB", "`routerc route` on it",
                "peak MiB"]  # fmt: skip
        parts.append(table(head, own))
    parts.append(
        "A swap lasts: routerc, from `SIGHUP` to `table swapped`; HAProxy, the whole new map over"
        " the runtime socket, its commit alone beside it, and a new process with the new file that"
        " takes over (`-sf`); nginx (`SIGHUP`) and Traefik (a new file), until a new key is let in."
        " Memory in MiB: the process's own (RssAnon) before and after the swap, shared memory"
        " (routerc's table), and mapped files (the program itself)."
    )
    head = ["peer", "keys", "exec to open port", "to first answer", "swap", "commit alone",
            "`-sf`", "own", "after swap", "shared", "files", "faults"]  # fmt: skip
    return "\n\n".join([*parts, table(head, all_peers)])


def _mib(kib: float | None) -> str:
    return number(None if kib is None else kib / 1024)


def _kib(size: float | None) -> float | None:
    return None if size is None else size / 1024
