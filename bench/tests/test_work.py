"""Requests are what they are said to be, and go where they should."""

import json
import struct
from pathlib import Path

import pytest
from comparison.reloads import payloads
from comparison.work import Asking, Work, build_requests, chat_body, write_requests


@pytest.mark.parametrize("size", [400, 1024, 32 * 1024, 1024 * 1024])
@pytest.mark.parametrize("is_model_last", [False, True])
def test_a_body_has_its_size_and_is_json(size: int, is_model_last: bool) -> None:
    body = chat_body("m1", size, is_model_last=is_model_last)
    assert len(body) == size
    members = list(json.loads(body))
    assert members[-1 if is_model_last else 0] == "model"


def test_streams_are_asked_for() -> None:
    assert json.loads(chat_body("m1", 1024, is_stream=True))["stream"] is True


def test_requests_rotate_over_keys_and_models() -> None:
    requests = build_requests(Work(), Asking())
    assert len(requests) == 4
    for index, request in enumerate(requests, 1):
        head, _, body = request.partition(b"\r\n\r\n")
        assert f"Bearer sk-bench-{index:07d}".encode() in head
        assert json.loads(body)["model"] == f"m{index}"
        assert f"Content-Length: {len(body)}".encode() in head


def test_hot_things_are_spread_over_all() -> None:
    work = Work(keys=1_000_000, models=5)
    hot = work.hot(work.keys, 1000)
    assert (hot[0], hot[-1], len(set(hot))) == (1, 1_000_000, 1000)
    assert work.hot(3, 10) == [1, 2, 3]
    assert work.hot(3, 10, first=2) == [2, 3]
    assert work.hot(9, 3, first=2) == [2, 5, 9]


def test_every_model_has_its_own_endpoint_on_loopback() -> None:
    work = Work(models=1_000, each=10)
    endpoints = {each for index in range(1, 1_001) for each in work.endpoints(index)}
    assert len(endpoints) == 10_000
    assert all(host.startswith("127.") for host, _ in endpoints)


def test_renewed_keys_are_as_many() -> None:
    before, after = Work(keys=10), Work(keys=10, renewed=1)
    old = {before.key(index) for index in range(1, 11)}
    new = {after.key(index) for index in range(1, 11)}
    assert (len(new), len(new - old), after.key(10) in old) == (10, 1, False)


def test_the_file_of_requests_can_be_read_back(tmp_path: Path) -> None:
    content = write_requests(tmp_path / "requests", [b"one", b"three"]).read_bytes()
    assert content == struct.pack("<I", 3) + b"one" + struct.pack("<I", 5) + b"three"


def test_payloads_hold_all_lines_in_order() -> None:
    lines = [f"key{index} value" for index in range(100)]
    groups = payloads(lines, 64)
    assert "\n".join(groups).split("\n") == lines
    assert all(len(group) <= 64 for group in groups)
    assert payloads(["x" * 100], 64) == ["x" * 100]
    assert payloads([]) == []
