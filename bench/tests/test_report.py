"""Tables come from the samples of a run alone, and stand between the markers of the page."""

from pathlib import Path

import pytest
from comparison.documents import BEGIN, END, replaced
from comparison.peers import ALL, named
from comparison.plots import write_plots
from comparison.report import report
from comparison.settings import Missing, Unknown
from comparison.tables_text import milliseconds, seconds, table


def sample(peer: str, number: int, cpu: float | None, **more: object) -> dict:
    return {
        "case": "model", "peer": peer, "round": number, "connections": 64, "body": 1024,
        "rps": 1000.0, "latency_us_p50": 100, "latency_us_p99": 900, "cpu_us_per_request": cpu,
        "user_us_per_request": cpu, "system_us_per_request": 0.0, "errors": 0, "not_200": 0,
        "foreign": 0.0, **more,
    }  # fmt: skip


def run_of(samples: list[dict]) -> dict:
    state = {"what": "routes", "version": "1", "state": "ready", "family": "x", "does": []}
    return {
        "machine": {"date": "2026-01-01T00:00:00Z", "cpu": "c", "cores": 2, "kernel": "6",
                    "pinned": True, "memory_gib": 24, "system": "Debian"},
        "command": ["bench/compare"], "options": {"rounds": 2, "seconds": 1.0},
        "peers": {"routerc": state, "haproxy": state,
                  "traefik": {**state, "state": "not installed; run bench/setup traefik"}},
        "checks": [{"peer": "haproxy", "ok": False, "faults": ["model 1 went to m2, not to m1"]}],
        "samples": samples,
    }  # fmt: skip


def texts(samples: list[dict]) -> dict[str, str]:
    return {section.name: section.text for section in report(run_of(samples))}


def test_ratios_are_to_routerc() -> None:
    samples = [sample("haproxy", 1, 15.0), sample("routerc", 1, 10.0), sample("direct", 1, None)]
    rows = texts(samples)
    lines = [line.split("|") for line in rows["model"].splitlines() if line.startswith("| ")]
    by_peer = {line[1].strip(): [cell.strip() for cell in line] for line in lines}
    assert by_peer["haproxy"][8] == "1.50 x"
    assert by_peer["routerc"][8] == "1.00 x"
    assert by_peer["direct"][8] == "-"
    assert [name for name in by_peer if name in ("direct", "routerc", "haproxy")] == [
        "direct", "routerc", "haproxy",
    ]  # fmt: skip


def test_no_peer_is_left_out_silently() -> None:
    peers = texts([sample("routerc", 1, 10.0)])["peers"]
    assert "not installed; run bench/setup traefik" in peers
    assert "no: model 1 went to m2, not to m1" in peers
    assert "in none of these cases" in peers


def test_a_measurement_without_result_is_no_row() -> None:
    broken = {"case": "model", "peer": "haproxy", "connections": 64, "no_result": "it broke"}
    assert "haproxy" not in texts([sample("routerc", 1, 10.0), broken])["model"]


def test_the_page_keeps_what_stands_around_the_markers() -> None:
    page = f"head\n{BEGIN}\nold\n{END}\ntail\n"
    assert replaced(page, "new", Path("p")) == f"head\n{BEGIN}\n\nnew\n\n{END}\ntail\n"
    with pytest.raises(Missing, match="has not both"):
        replaced("no markers", "new", Path("p"))


def test_plots_need_their_samples(tmp_path: Path) -> None:
    assert write_plots(tmp_path, run_of([sample("routerc", 1, 10.0)])) == ["requests"]
    assert (tmp_path / "requests.svg").exists()


def test_columns_of_a_table_line_up() -> None:
    lines = table(["peer", "n"], [["a", "1,000"], ["long name", "2"]]).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert lines[1].endswith("-: |")


def test_units_suit_the_value() -> None:
    assert (milliseconds(81), milliseconds(12_345), milliseconds(None)) == ("0.081", "12.3", "-")
    assert (seconds(0.0123), seconds(2.5)) == ("12.3 ms", "2.50 s")


def test_a_family_stands_for_its_peers() -> None:
    assert {peer.name for peer in named(["haproxy"])} == {"haproxy", "haproxy-key", "haproxy-body"}
    assert named(["all"]) == list(ALL)
    with pytest.raises(Unknown, match="no peer hapoxy"):
        named(["hapoxy"])
