"""The tables of a run, from its samples alone."""

from __future__ import annotations

from .report_tables import scale_sections, table_sections
from .sections import DIRECT, Section, foreign_cell, ratio_cell, reference_of, request_errors
from .statistics import Sample, grouped, median, total
from .tables_text import milliseconds, number, seconds, table


def report(run: dict) -> list[Section]:
    """Every case that has samples, in the order of the cases."""
    order = {name: index for index, name in enumerate([DIRECT, *run["peers"]])}
    samples = [sample for sample in run["samples"] if "no_result" not in sample]
    samples.sort(key=lambda sample: order.get(sample["peer"], len(order)))
    sections = [_peers(run), _start(samples)]
    sections += [
        _requests(samples, "key", "Requests routed by key"),
        _requests(samples, "model", "Requests routed by the model of a 1 KiB body"),
        *(part(samples) for part in (_latency, _burst, _paced, _stats, _idle)),
        *(part(samples) for part in (_bodies, _model_last)),
        _requests(samples, "connections", "A new connection for every request"),
    ]
    sections += scale_sections(samples) + table_sections(samples)
    return [section for section in sections if section is not None]


def _peers(run: dict) -> Section:
    checks = grouped(run.get("checks", []), "peer")
    measured = {sample["peer"] for sample in run["samples"]}
    rows = []
    for name, state in run["peers"].items():
        faults = [fault for check in checks.get((name,), []) for fault in check["faults"]]
        checked = "no: " + "; ".join(faults) if faults else "yes" if (name,) in checks else "-"
        ready = "measured" if name in measured else "in none of these cases"
        condition = ready if state["state"] == "ready" else state["state"]
        rows.append([name, state["version"] or "-", state["what"], checked, condition])
    head = ["peer", "version", "what it does", "answers rightly", "state"]
    return Section("peers", "Peers", table(head, rows, is_text=True))


def _start(samples: list[Sample]) -> Section | None:
    groups = grouped((s for s in samples if s["case"] == "start"), "peer")
    if not groups:
        return None
    base = groups.get(("routerc",), [])
    rows = [
        [peer, seconds(median(group, "listening_s")), seconds(median(group, "answering_s")),
         ratio_cell(group, base, "answering_s")]
        for (peer,), group in groups.items()
    ]  # fmt: skip
    head = ["peer", "exec to open port", "to first answer", "against routerc"]
    return Section("start", "Start", table(head, rows))


def _requests(samples: list[Sample], case: str, title: str) -> Section | None:
    chosen = [sample for sample in samples if sample["case"] == case]
    if not chosen:
        return None
    parts = []
    for (connections,), part in sorted(grouped(chosen, "connections").items()):
        parts.append(f"{connections} connections:\n\n{request_table(part)}")
    return Section(case, title, "\n\n".join(parts))


def request_table(samples: list[Sample]) -> str:
    groups = grouped(samples, "peer")
    base = groups.get((reference_of(samples),), [])
    rows = []
    for (peer,), group in groups.items():
        is_direct = peer == DIRECT
        rows.append([
            peer, number(median(group, "rps"), 0),
            milliseconds(median(group, "latency_us_p50")),
            milliseconds(median(group, "latency_us_p99")),
            "-" if is_direct else number(median(group, "cpu_us_per_request")),
            "-" if is_direct else number(median(group, "user_us_per_request")),
            "-" if is_direct else number(median(group, "system_us_per_request")),
            "-" if is_direct else ratio_cell(group, base, "cpu_us_per_request"),
            request_errors(group), foreign_cell(group),
        ])  # fmt: skip
    head = ["peer", "requests/s", "p50 ms", "p99 ms", "CPU us/request", "user", "system",
            "CPU against routerc", "errors", "foreign load"]  # fmt: skip
    return table(head, rows)


def _latency(samples: list[Sample]) -> Section | None:
    chosen = [sample for sample in samples if sample["case"] == "latency"]
    if not chosen:
        return None
    parts = []
    chosen_by_rate = sorted(chosen, key=lambda sample: sample.get("rate", 0))
    for (load,), part in grouped(chosen_by_rate, "load").items():
        groups = grouped(part, "peer")
        base = groups.get(("routerc",), [])
        rows = [
            [peer, milliseconds(median(group, "latency_us_p50")),
             milliseconds(median(group, "latency_us_p99")),
             milliseconds(median(group, "latency_us_p999")),
             ratio_cell(group, base, "latency_us_p50"), ratio_cell(group, base, "latency_us_p99"),
             request_errors(group), number(total(group, "never_sent"), 0), foreign_cell(group)]
            for (peer,), group in groups.items()
        ]  # fmt: skip
        rate, reference = part[0].get("rate"), part[0].get("reference")
        title = f"{load} of {reference}'s capacity, {rate:,.0f} requests/s" if rate else load
        head = ["peer", "p50 ms", "p99 ms", "p99.9 ms", "p50 against routerc",
                "p99 against routerc", "errors", "not sent", "foreign load"]  # fmt: skip
        parts.append(f"{title}:\n\n{table(head, rows)}")
    return Section("latency", "Latency at a fixed rate", "\n\n".join(parts))


def _burst(samples: list[Sample]) -> Section | None:
    groups = grouped((s for s in samples if s["case"] == "burst"), "peer")
    if not groups:
        return None
    base = groups.get(("routerc",), [])
    rows = [
        [peer, number(median(group, "streams_per_s"), 0),
         "-" if peer == DIRECT else number(median(group, "cpu_us_per_chunk"), 2),
         "-" if peer == DIRECT else ratio_cell(group, base, "cpu_us_per_chunk"),
         milliseconds(median(group, "to_first_us_p50")),
         milliseconds(median(group, "whole_us_p50")),
         _stream_errors(group), foreign_cell(group)]
        for (peer,), group in groups.items()
    ]  # fmt: skip
    head = ["peer", "streams/s", "CPU us/chunk", "against routerc", "first chunk p50 ms",
            "stream p50 ms", "errors", "foreign load"]  # fmt: skip
    return Section(
        "burst", "Streams of 64 chunks, as fast as they go, 16 at a time", table(head, rows)
    )


def _stream_errors(group: list[Sample]) -> str:
    return f"{total(group, 'failed') + total(group, 'not_200'):,.0f}"


def _paced(samples: list[Sample]) -> Section | None:
    groups = grouped((s for s in samples if s["case"] == "paced"), "peer")
    if not groups:
        return None
    base, direct = groups.get(("routerc",), []), groups.get((DIRECT,), [])
    rows = []
    for (peer,), group in groups.items():
        delays = []
        for field in ("first_chunk_us_p50", "first_chunk_us_p99", "chunk_us_p50", "chunk_us_p99"):
            value, floor = median(group, field), median(direct, field)
            over = None if value is None or floor is None else value - floor
            delays.append(milliseconds(value if peer == DIRECT else over))
        cpu = "-" if peer == DIRECT else number(median(group, "cpu_us_per_chunk"), 2)
        times_routerc = "-" if peer == DIRECT else ratio_cell(group, base, "cpu_us_per_chunk")
        rows.append([peer, cpu, times_routerc, *delays, _stream_errors(group), foreign_cell(group)])
    head = ["peer", "CPU us/chunk", "against routerc", "first chunk p50 ms", "p99 ms",
            "later chunks p50 ms", "p99 ms", "errors", "foreign load"]  # fmt: skip
    note = (
        "Delays are those over `direct`, whose own row says how late a chunk is without a router."
    )
    return Section("paced", "200 streams, a chunk every 20 ms", f"{note}\n\n{table(head, rows)}")


def _stats(samples: list[Sample]) -> Section | None:
    groups = grouped((s for s in samples if s["case"] == "stats"), "asked")
    if not groups:
        return None
    rows = []
    for (asked,), group in sorted(groups.items()):
        late = [milliseconds(median(group, f"chunk_us_{part}")) for part in ("p50", "p99", "max")]
        cpu = number(median(group, "cpu_us_per_chunk"), 2)
        answers = [f"{total(group, name):,.0f}" for name in ("answered", "refused")]
        rows.append([str(asked), *late, cpu, *answers, _stream_errors(group), foreign_cell(group)])
    head = ["/stats a second", "a chunk is late, p50 ms", "p99 ms", "longest", "CPU us/chunk",
            "answers", "failed", "errors", "foreign load"]  # fmt: skip
    return Section("stats", "200 paced streams beside questions for /stats", table(head, rows))


def _idle(samples: list[Sample]) -> Section | None:
    groups = grouped((s for s in samples if s["case"] == "idle"), "peer")
    if not groups:
        return None
    base = groups.get(("routerc",), [])
    rows = [
        [peer, number(median(group, "open"), 0), number(median(group, "kib_per_stream")),
         ratio_cell(group, base, "kib_per_stream"),
         number((median(group, "anonymous_kib_before") or 0) / 1024),
         number((median(group, "anonymous_kib") or 0) / 1024), _stream_errors(group)]
        for (peer,), group in groups.items()
    ]  # fmt: skip
    head = ["peer", "open streams", "KiB/stream", "against routerc", "MiB before", "MiB with them",
            "errors"]  # fmt: skip
    return Section("idle", "Idle streams: memory of the process's own", table(head, rows))


def _bodies(samples: list[Sample]) -> Section | None:
    chosen = [sample for sample in samples if sample["case"] == "bodies"]
    if not chosen:
        return None
    parts = []
    for (size,), part in sorted(grouped(chosen, "body").items()):
        measured = [sample for sample in part if "answer" not in sample]
        refused = [f"{s['peer']}: {s['answer']}" for s in part if "answer" in s]
        text = f"{size // 1024:,} KiB, 16 connections:\n\n{request_table(measured)}"
        if refused:
            text += f"\n\nNot measured, because of what they answer: {', '.join(refused)}."
        parts.append(text)
    return Section("bodies", "Larger bodies", "\n\n".join(parts))


def _model_last(samples: list[Sample]) -> Section | None:
    chosen = [sample for sample in samples if sample["case"] == "model-last"]
    if not chosen:
        return None
    text = table(["peer", "answer"], [[sample["peer"], sample["answer"]] for sample in chosen])
    return Section("model-last", "`model` last in a body of 8 MiB", text)
