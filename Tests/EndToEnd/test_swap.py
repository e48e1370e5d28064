"""The table changes while requests run: nothing is lost, and a bad table changes nothing.

With ROUTERC_SOAK=1 the load and the number of swaps are those that were promised.
"""

import os
import signal
import threading
import time

import pytest

from processes import wait_for
from raw_http import post
from routerc import Router, assert_grown_less, milliseconds_since
from specs import CHAT, chat, one_pool
from streams import StreamReader, assert_whole, join_all, start_all


@pytest.fixture
def swappable(first, second, tmp_path):
    """A router, and two tables: `a` leads to the first server, `b` to the second."""
    with Router(tmp_path, one_pool(first)) as router:
        tables = {}
        for name, server in (("a", first), ("b", second)):
            tables[name] = tmp_path / f"{name}.table"
            digest = router.compile(one_pool(server), table=tables[name])
            tables[name + ".digest"] = digest
        router.tables = tables
        yield router


def served_by(router):
    answer = router.ask(post(CHAT, chat()))
    assert answer.status == 200, answer.body
    return answer.field("x-model-server")


def swap(router, name):
    router.publish(router.tables[name])
    record = router.hup()
    assert record["message"] == "table swapped", record
    assert record["digest"] == router.tables[name + ".digest"]


def test_a_request_after_the_swap_follows_the_new_table(swappable):
    for name, server in [("b", "second"), ("a", "first")] * 5:
        swap(swappable, name)
        assert [served_by(swappable) for _ in range(8)] == [server] * 8


def test_a_kept_connection_follows_the_new_table(swappable):
    with swappable.client() as client:
        for name, server in [("b", "second"), ("a", "first")]:
            assert client.ask(post(CHAT, chat())).status == 200
            swap(swappable, name)
            answer = client.ask(post(CHAT, chat()))
            assert answer.field("x-model-server") == server


def test_a_stream_ends_on_the_table_it_began_on(swappable):
    reader = StreamReader(swappable.address, events=50, interval_ms=20)
    reader.start()
    wait_for(lambda: reader.indices)
    swap(swappable, "b")
    assert served_by(swappable) == "second"
    join_all([reader], 10)
    assert_whole([reader], 50)
    assert reader.served_by == "first"


def test_streams_outlive_swaps_under_load(swappable, soak, capsys):
    stream_count, seconds = (50, 10) if soak else (10, 3)
    event_count = seconds * 20
    start_ns = time.monotonic_ns()
    readers = start_all([
        StreamReader(swappable.address, events=event_count, interval_ms=1000 / 20)
        for _ in range(stream_count)])
    failures, swap_count = [], 0
    stopping = threading.Event()

    def ask_all_the_time():
        while not stopping.is_set():
            try:
                served_by(swappable)
            except Exception as error:  # pylint: disable=broad-except
                failures.append(error)
            time.sleep(0.005)

    asker = threading.Thread(target=ask_all_the_time, daemon=True)
    asker.start()
    while any(reader.is_alive() for reader in readers):
        swap_count += 1
        swappable.publish(swappable.tables["ab"[swap_count % 2]])
        swappable.signal(signal.SIGHUP)
        time.sleep(0.1)
    stopping.set()
    asker.join(10)
    join_all(readers, 1)
    assert_whole(readers, event_count)
    assert failures == []
    assert [record for record in swappable.reload_records()
            if record["message"] != "table swapped"] == []
    with capsys.disabled():
        print(f"\n{stream_count} streams, {swap_count} swaps in"
              f" {milliseconds_since(start_ns) / 1000:.1f} s: none broken")


def test_swaps_leave_nothing_behind(swappable, soak, capsys):
    count = 1000 if soak else 100
    for index in range(20):
        swap(swappable, "ab"[index % 2])
        served_by(swappable)
    swappable.wait_until_idle()
    fds, rss_kib = swappable.fd_count(), swappable.rss_kib()
    for index in range(count):
        swap(swappable, "ab"[index % 2])
        if index % 10 == 0:
            served_by(swappable)
    swappable.wait_until_idle()
    wait_for(lambda: len(swappable.status()["generations"]) == 1, what="one generation")
    wait_for(lambda: swappable.fd_count() <= fds, what=f"as few fds as before ({fds})")
    grown_kib = swappable.rss_kib() - rss_kib
    with capsys.disabled():
        print(f"\n{count} swaps: {swappable.fd_count() - fds:+d} fds, {grown_kib:+d} KiB")
    assert_grown_less(grown_kib, 4096)


def test_signals_that_come_together_do_no_harm(swappable):
    swappable.publish(swappable.tables["b"])
    for _ in range(50):
        swappable.signal(signal.SIGHUP)
    wait_for(lambda: served_by(swappable) == "second")
    wait_for(lambda: swappable.status()["table"]["digest"] == swappable.tables["b.digest"])


# Bad tables

def overwrite_in_place(path):
    """As `cp garbage router.table` does: the same inode, other bytes."""
    with open(path, "r+b") as file:
        file.write(os.urandom(os.path.getsize(path)))


def corrupt_one_byte(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def cut_in_half(path):
    os.truncate(path, os.path.getsize(path) // 2)


def empty(path):
    os.truncate(path, 0)


def replace_by_folder(path):
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("harm", [
    overwrite_in_place, corrupt_one_byte, cut_in_half, empty, os.unlink, replace_by_folder,
])
def test_a_bad_table_never_replaces_a_good_one(swappable, harm):
    digest = swappable.status()["table"]["digest"]
    harm(swappable.table)
    assert [served_by(swappable) for _ in range(20)] == ["first"] * 20
    record = swappable.hup()
    assert record["message"] == "table refused" and record["reason"]
    status = swappable.status()
    assert status["table"]["digest"] == digest
    assert status["last_reload"]["result"] == "refused"
    assert status["last_reload"]["reason"] == record["reason"]
    assert [served_by(swappable) for _ in range(20)] == ["first"] * 20
    if swappable.table.is_dir():
        swappable.table.rmdir()
    swap(swappable, "b")
    assert served_by(swappable) == "second"
    assert swappable.status()["last_reload"]["result"] == "ok"


def test_a_spec_that_is_served_is_compiled_anew(first, second, tmp_path):
    """`serve SPEC`: SIGHUP reads the spec again, and a mistake keeps the old table."""
    router = Router(tmp_path, one_pool(first))
    router.table = tmp_path / "router.yaml"
    with router:
        assert served_by(router) == "first"
        router.table.write_text(router.spec_text(one_pool(second)))
        assert router.hup()["message"] == "table swapped"
        assert served_by(router) == "second"
        router.table.write_text("pools: [")
        record = router.hup()
        assert record["message"] == "table refused" and "router.yaml" in record["reason"]
        assert served_by(router) == "second"


def test_status_names_the_table(swappable):
    status = swappable.status()
    assert status["table"]["digest"] == swappable.digest
    assert status["table"]["generation"] >= 1
    assert [entry["in_flight"] for entry in status["generations"]] == [0]
    assert status["fds"] == pytest.approx(swappable.fd_count(), abs=3)
