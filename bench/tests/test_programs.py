"""The load programs against the model server: they count what there is to count."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from comparison.load import parse_output, rate_argv, stream_argv
from comparison.settings import NATIVE
from comparison.work import Asking, Work, build_requests, write_requests

pytestmark = pytest.mark.skipif(
    not (NATIVE / "model_server").exists(), reason="bench/setup has not been run"
)
CHUNKS = 5


@pytest.fixture
def server() -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    argv = [str(NATIVE / "model_server"), "-p", str(port), "-c", str(CHUNKS), "-i", "2000"]
    process = subprocess.Popen(argv)
    try:
        wait_for(port)
        yield port
    finally:
        process.kill()
        process.wait()


def wait_for(port: int) -> None:
    for _ in range(500):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise AssertionError("the model server does not listen")


def run(argv: list[str]) -> dict:
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=True)
    return parse_output(done.stdout)


def requests(folder: Path, **asking: bool) -> Path:
    return write_requests(folder / "requests", build_requests(Work(), Asking(**asking)))


def test_a_rate_is_kept_and_every_request_counted(server: int, tmp_path: Path) -> None:
    result = run(rate_argv(server, requests(tmp_path), 4, 1, rate=200))
    assert result["errors"] == result["not_200"] == 0
    assert 195 <= result["requests"] + result["never_sent"] <= 201
    assert result["latency_us"]["p50"] <= result["latency_us"]["p99"] <= result["latency_us"]["max"]


def test_each_request_may_have_its_own_connection(server: int, tmp_path: Path) -> None:
    path = requests(tmp_path, is_closing=True)
    result = run(rate_argv(server, path, 2, 0.5, is_closing=True))
    assert result["requests"] > 10
    assert result["errors"] == 0


def test_a_late_answer_makes_those_behind_it_late(tmp_path: Path) -> None:
    """One connection, answers that take 300 ms, requests due every 100 ms: the second waits."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    argv = rate_argv(port, requests(tmp_path), 1, 0.35, rate=10)
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    connection, _ = listener.accept()
    for _ in range(4):
        if not connection.recv(65536):
            break
        time.sleep(0.3)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    output, _ = process.communicate(timeout=20)
    connection.close()
    listener.close()
    result = json.loads(output)
    # Due at 100 ms, sent at 300 ms, answered at 600 ms: 500 ms, not 300.
    assert result["latency_us"]["max"] >= 480_000
    assert result["never_sent"] >= 1


def test_a_connection_that_breaks_is_an_error(tmp_path: Path) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    argv = rate_argv(listener.getsockname()[1], requests(tmp_path), 1, 0.3, rate=5)
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    connection, _ = listener.accept()
    connection.recv(65536)
    connection.close()
    listener.close()
    output, _ = process.communicate(timeout=20)
    assert json.loads(output)["errors"] >= 1


def test_every_chunk_of_a_stream_is_timed(server: int, tmp_path: Path) -> None:
    path = requests(tmp_path, is_stream=True)
    result = run(stream_argv(server, path, 3, 10, each=2))
    assert (result["streams"], result["failed"], result["not_200"]) == (6, 0, 0)
    assert result["chunks"] == 6 * CHUNKS
    assert result["first_chunk_us"]["count"] == 6
    assert result["chunk_us"]["count"] == 6 * (CHUNKS - 1)
    # Five chunks, 2 ms apart.
    assert result["whole_us"]["p50"] >= (CHUNKS - 1) * 2000
    assert result["first_chunk_us"]["p50"] < 1_000_000


def test_held_streams_are_announced(server: int, tmp_path: Path) -> None:
    path = requests(tmp_path, is_stream=True)
    process = subprocess.Popen(
        stream_argv(server, path, 5, 10, is_held=True),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None and process.stdin is not None
    assert json.loads(process.stdout.readline()) == {"open": 5}
    process.stdin.close()
    assert parse_output(process.stdout.read())["open"] == 5
    assert process.wait(10) == 0


def test_the_peak_is_that_of_the_program_alone() -> None:
    ballast = bytearray(64 * 1024 * 1024)
    result = run([str(NATIVE / "timed"), "/bin/true"])
    assert result["status"] == 0
    assert result["peak_kib"] < len(ballast) // 1024
    assert run([str(NATIVE / "timed"), sys.executable, "-c", "raise SystemExit(3)"])["status"] == 3
