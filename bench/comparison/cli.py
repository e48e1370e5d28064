"""The command line of bench/compare."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from . import cases, machine, peers
from .documents import write_documents
from .load import LoadFailed
from .plots import write_plots
from .report import Section, report
from .session import Options, Session
from .settings import (
    LOAD_CORE,
    ROOT,
    Missing,
    Unknown,
    can_pin,
    native,
    program,
    raise_descriptor_limit,
)

_DESCRIPTION = """\
Measures routerc and other routers side by side, on loopback, in one run.

The rounds of all peers are interleaved in random order. Progress goes to standard error, tables in
Markdown to standard output. bench/README.md says what is measured, and how to read it."""

_EXAMPLES = """\
examples:
  bench/compare --quick
  bench/compare --peers routerc,haproxy --cases model,paced --rounds 3 --secs 2
  bench/compare --json run.json --svg docs/plots --write-docs
  bench/compare --from run.json --write-docs         # no measurement: the documents anew

Exit status: 0 measured; 2 usage; 3 something is missing or did not work."""


def _positive(kind: Callable[[str], float]) -> Callable[[str], float]:
    """Numbers above zero; argparse says what is wrong with others."""

    def number(text: str) -> float:
        value = kind(text)
        if value <= 0:
            raise ValueError
        return value

    return number


def parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(
        prog="bench/compare",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = result.add_argument
    add("--peers", default="all", help=f"of {', '.join(peers.FAMILIES)}; default all")
    add("--cases", help=f"of {', '.join(case.name for case in cases.ALL)}; default all")
    add("--rounds", type=_positive(int), help="how often each is measured; default 5, quick 2")
    add("--secs", type=_positive(float), help="seconds of one measurement; default 5, quick 2")
    add(
        "--streams",
        type=_positive(int),
        default=5000,
        help="streams of the case idle; default 5000",
    )
    add("--pin", action=argparse.BooleanOptionalAction, default=None,
        help="proxy on core 1, load and model server on core 0; default with two")  # fmt: skip
    add("--quick", action="store_true", help="routerc and HAProxy, four cases, short")
    add("--json", metavar="FILE", type=Path, help="write samples, versions and machine there")
    add("--svg", metavar="DIR", type=Path, help="draw the plots there")
    add("--write-docs", action="store_true", help="write docs/performance.md and docs/plots anew")
    add("--from", dest="source", metavar="FILE", type=Path,
        help="measure nothing: take a run that --json wrote")  # fmt: skip
    add("--no-setup", action="store_true", help="install nothing, take what is there")
    add("--list", action="store_true", help="list peers and cases, and end")
    return result


def main(argv: list[str]) -> int:
    arguments = parser().parse_args(argv)
    # What was started is stopped on the way out, also when somebody ends this run.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if arguments.list:
            _list()
            return 0
        run = _load(arguments.source) if arguments.source else _measure(arguments, argv)
        sections = report(run)
        print(_as_text(run, sections))
        _write(arguments, run, sections)
    except Unknown as error:
        print(f"bench/compare: {error}", file=sys.stderr)
        return 2
    except (Missing, RuntimeError, LoadFailed, OSError) as error:
        print(f"bench/compare: {error}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        print("bench/compare: ended from outside", file=sys.stderr)
        return 130
    return 0


def _list() -> None:
    for peer in peers.ALL:
        print(f"peer  {peer.name:14} {peer.what}")
    for case in cases.ALL:
        print(f"case  {case.name:14} {case.summary}")


def _load(path: Path) -> dict:
    try:
        run = json.loads(path.read_text())
    except ValueError as error:
        raise Missing(f"{path} is no JSON of bench/compare: {error}") from None
    if not isinstance(run, dict) or "samples" not in run:
        raise Missing(f"{path} is no run of bench/compare")
    return run


def _measure(arguments: argparse.Namespace, argv: list[str]) -> dict:
    quick = arguments.quick
    chosen_peers = peers.named((arguments.peers if not quick or arguments.peers != "all"
                                else "routerc,haproxy").split(","))  # fmt: skip
    default_cases = ",".join(cases.QUICK) if quick else "all"
    chosen_cases = cases.named((arguments.cases or default_cases).split(","))
    options = Options(
        rounds=arguments.rounds or (2 if quick else 5),
        seconds=arguments.secs or (2 if quick else 5),
        is_pinned=can_pin() if arguments.pin is None else arguments.pin,
        is_quick=quick,
        streams=arguments.streams,
    )
    if options.is_pinned and not can_pin():
        raise Missing("cores 0 and 1 are not both there; use --no-pin")
    if not arguments.no_setup:
        _setup({peer.family for peer in chosen_peers})
    for needed in ("model_server", "rate_load", "stream_load"):
        native(needed)
    program("wrk")
    raise_descriptor_limit()
    if options.is_pinned:
        # The driver polls now and then: not on the core of the proxy.
        os.sched_setaffinity(0, {LOAD_CORE})
    session = Session(options, chosen_peers)
    for peer in chosen_peers:
        if peer.family == "routerc" and (reason := peer.missing()):
            raise Missing(reason)
    run = {
        "machine": machine.describe(options.is_pinned),
        "command": ["bench/compare", *argv],
        "options": vars(options),
        "peers": session.states,
        "checks": session.checks,
        "samples": session.samples,
    }
    for case in chosen_cases:
        session.say(f"case {case.name}: {case.summary}")
        case.run(session)
        if arguments.json:
            _save(arguments.json, run)
    return run


def _setup(families: set[str]) -> None:
    """What PyPI has is installed for the peers that were asked for; a failure is told later."""
    wanted = [name for name in ("envoy", "traefik", "vllm-router", "sglang-router", "litellm")
              if name in families]  # fmt: skip
    done = subprocess.run([str(ROOT / "bench" / "setup"), *wanted], check=False)
    if done.returncode not in (0, 1):
        raise Missing("bench/setup failed, see above")


def _as_text(run: dict, sections: list[Section]) -> str:
    about = run["machine"]
    head = (
        f"{about['date']}  {about['cpu']}, {about['cores']} cores, Linux {about['kernel']}"
        f"{', pinned' if about['pinned'] else ''}\n{' '.join(run['command'])}"
    )
    return "\n\n".join([head, *(f"## {part.title}\n\n{part.text}" for part in sections)])


def _save(path: Path, run: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(run, indent=1) + "\n")


def _write(arguments: argparse.Namespace, run: dict, sections: list[Section]) -> None:
    if arguments.json and not arguments.source:
        _save(arguments.json, run)
    if arguments.svg:
        write_plots(arguments.svg, run)
    if arguments.write_docs:
        write_documents(run, sections)
