"""What load programs and /proc say."""

import os

import pytest
from comparison.load import LoadFailed, flattened, parse_output, per_unit
from comparison.procfs import (
    CPUTime,
    Memory,
    cpu_time,
    memory,
    parse_busy,
    parse_smaps_rollup,
    parse_stat,
    process_tree,
    refined,
)


def test_the_last_line_of_json_is_the_result() -> None:
    text = 'Running 1s test\n@{"requests":5,"latency_us":{"p50":7}}\nRequests/sec: 5\n'
    assert flattened(parse_output(text)) == {"requests": 5, "latency_us_p50": 7}


def test_no_json_is_an_error() -> None:
    with pytest.raises(LoadFailed, match="no result"):
        parse_output("unable to connect to 127.0.0.1:1 Connection refused\n")


def test_cpu_is_divided_by_what_was_counted() -> None:
    sample = {"requests": 4, "peer_cpu": 2e-6, "peer_user": 1e-6, "peer_system": 1e-6}
    per_unit(sample, "requests", "request")
    assert sample["cpu_us_per_request"] == pytest.approx(0.5)
    assert per_unit({**sample, "requests": 0}, "requests", "request")["cpu_us_per_request"] is None


def test_a_process_name_may_hold_spaces_and_parentheses() -> None:
    assert parse_stat("12 (a ) b) S 1 2") == ["S", "1", "2"]


def test_ticks_are_refined_by_the_scheduler() -> None:
    assert refined(CPUTime(0.03, 0.01), 0.044) == CPUTime(
        pytest.approx(0.033), pytest.approx(0.011)
    )
    # Threads that have ended are in the ticks only.
    assert refined(CPUTime(0.03, 0.01), 0.02) == CPUTime(0.03, 0.01)


def test_memory_is_split_by_what_it_is() -> None:
    text = (
        "00400000-7ffc ---p 00000000 00:00 0 [rollup]\n"
        "Rss:  100 kB\nPss_Shmem:  20 kB\nAnonymous:  50 kB\n"
    )
    assert parse_smaps_rollup(text) == Memory(anonymous=50, file=30, shared=20)


def test_waiting_is_not_busy() -> None:
    ticks = os.sysconf("SC_CLK_TCK")
    text = "cpu  100 0 50 1000 30 0 10 5 0 0\ncpu0 1 2 3 4\n"
    assert parse_busy(text) == pytest.approx(165 / ticks)


def test_this_process_is_found_in_proc() -> None:
    pids = process_tree(os.getpid())
    assert pids[0] == os.getpid()
    assert cpu_time(pids).total > 0
    assert memory(pids).anonymous > 1000
