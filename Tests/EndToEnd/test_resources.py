"""What the machine gives runs out: descriptors, space on a disk, and the time between two signals.

In each case only what needs the missing thing fails, it is said, and all is as before when there
is enough again.
"""

import contextlib
import errno
import itertools
import os
import re
import resource
import signal
import subprocess
import time
from pathlib import Path

import pytest

from processes import wait_for
from raw_http import head, post
from routerc import Router, binary, is_sanitized, run
from specs import CHAT, chat, fingerprint, one_pool
from streams import StreamReader, assert_whole, join_all

CPU_SECONDS_MAX = 0.4
NOFILE = resource.RLIMIT_NOFILE


# Descriptors

def descriptors_at_rest(router):
    """Those that are open, once connections that were closed a moment ago are gone."""
    def settled():
        before = os.listdir(f"/proc/{router.process.pid}/fd")
        time.sleep(0.1)
        return before == os.listdir(f"/proc/{router.process.pid}/fd") and before
    return {int(name) for name in wait_for(settled, what="descriptors at rest")}


def free_descriptor(router, skipped):
    """The lowest number that is free after so many lower ones."""
    taken = descriptors_at_rest(router)
    free = (number for number in range(len(taken) + skipped + 1) if number not in taken)
    return next(itertools.islice(free, skipped, None))


def without_holes(router):
    """Clients that take what was free below the highest number, be it for a moment.

    The limit is one of numbers: beyond a hole, one that is closed would be none that can be opened.
    """
    clients = []
    while len(taken := descriptors_at_rest(router)) <= max(taken):
        clients += connected(router, 1)
    return clients


@contextlib.contextmanager
def no_descriptor_left(router, spare=0):
    """From now on the router can open no file, or so many; what is open stays open."""
    pid = router.process.pid
    soft, hard = resource.prlimit(pid, NOFILE)
    clients = without_holes(router)
    resource.prlimit(pid, NOFILE, (free_descriptor(router, spare), hard))
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(pid, NOFILE, (soft, hard))
        close_all(clients)


def connected(router, count):
    """Clients that have been answered once."""
    clients = [router.client() for _ in range(count)]
    for client in clients:
        assert client.ask(head("GET", "/health")).status == 200
    return clients


def waiting(router, count):
    """Clients whose connections stand in the backlog, each with its request sent."""
    return [router.client().send(head("GET", "/health")) for _ in range(count)]


def answered(clients):
    """How many of them have something to read."""
    return sum(not client.has_silence(0.01) for client in clients)


def close_all(*groups):
    for clients in groups:
        for client in clients:
            client.close()


def assert_quiet(router, seconds=2.0):
    """It does not turn in a circle while it waits."""
    before = router.cpu_seconds()
    time.sleep(seconds)
    used = router.cpu_seconds() - before
    assert used < CPU_SECONDS_MAX, f"{used:.2f} s of CPU in {seconds} s of waiting"


def warnings_of_accept(router):
    return [record for record in router.log_records()
            if "accept" in record["message"] and record["level"] == "warning"]


@pytest.fixture
def alone(first, tmp_path):
    with Router(tmp_path, one_pool(first)) as router:
        yield router


def test_under_a_low_limit_clients_wait_for_their_turn(first, tmp_path):
    """`ulimit -n 128` with `max_connections: 20000`: half of what is left is for clients, the rest
    wait in the backlog, and none of them fails."""
    listen = {"max_connections": "20000"}
    with Router(tmp_path, one_pool(first), listen=listen, descriptors=128) as router:
        clients = [router.client().send(post(CHAT, chat())) for _ in range(100)]
        wait_for(lambda: answered(clients) >= 20, what="answers for the first")
        assert answered(clients) < 100
        assert router.fd_count() <= 128
        assert_quiet(router)
        left = list(clients)
        while left:
            ready = [client for client in left if not client.has_silence(0.01)]
            for client in ready:
                assert client.read_answer().status == 200
                client.close()
                left.remove(client)
        wait_for(lambda: router.status()["client_connections"] == 0, what="no client")


def limited(descriptors, *arguments):
    """routerc with so few descriptors, run to its end."""
    return subprocess.run(
        ["prlimit", f"--nofile={descriptors}:{descriptors}", binary(), *map(str, arguments)],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)


# With fewer than 4 the loader finds no library.
@pytest.mark.parametrize("descriptors", [4, 5, 6, 8, 11, 14, 17, 20])
def test_too_few_descriptors_are_said(first, tmp_path, descriptors):
    """NIO ends the process by a trap where a loop finds none; nobody gets as far as that."""
    spec = tmp_path / "spec.yaml"
    spec.write_text(one_pool(first))
    done = limited(descriptors, "serve", "--loops", 2, spec)
    assert done.returncode == 3 and "(ulimit -n): Too many open files" in done.stderr, done.stderr
    done = limited(descriptors, "check", spec)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    done = limited(descriptors, "status", "--admin", "127.0.0.1:1")
    assert done.returncode == 3 and "cannot reach 127.0.0.1:1" in done.stderr, done.stderr
    done = limited(descriptors, "demo", "--once")
    assert done.returncode == 3 and "Too many open files" in done.stderr, done.stderr


def test_a_new_admin_address_without_descriptors_refuses_the_table(alone, first):
    """Its loop finds none: the table that is served stays, and so does the process."""
    admin = alone.admin
    alone.admin = f"127.0.0.1:{int(admin.rsplit(':', 1)[1]) + 1}"
    alone.compile(one_pool(first))
    alone.admin = admin
    with no_descriptor_left(alone, spare=4):
        record = alone.hup()
        assert record["message"] == "table refused"
        assert "Too many open files" in record["reason"]
    assert alone.ask(post(CHAT, chat())).status == 200


def test_without_descriptors_it_accepts_later(alone):
    """accept(2) fails with EMFILE: the listener pauses and tries again. It must neither spin nor
    close, those who are connected are served, and the backlog is when descriptors are free."""
    clients = connected(alone, 6)
    with no_descriptor_left(alone):
        late = waiting(alone, 20)
        assert_quiet(alone)
        assert answered(late) == 0
        for client in clients:
            assert client.ask(head("GET", "/health")).status == 200
        close_all(clients[:3])
        wait_for(lambda: answered(late) >= 1, what="an answer for one who waited")
    wait_for(lambda: answered(late) == 20, what="answers for all who waited")
    assert alone.ask(post(CHAT, chat())).status == 200
    close_all(clients, late)
    alone.wait_until_idle()


def test_a_failing_accept_is_said_once_in_a_while(alone):
    """At `warning`, with `accept` in the message and the reason in the metadata; a few lines, not
    one an attempt."""
    with no_descriptor_left(alone):
        late = waiting(alone, 5)
        wait_for(lambda: warnings_of_accept(alone), what="a warning")
        time.sleep(2)
        records = warnings_of_accept(alone)
        assert len(records) <= 5
        assert set(records[0]) - {"ts", "level", "message", "metadata"}, records[0]
    close_all(late)


def test_a_failing_accept_ends_with_the_server(alone):
    with no_descriptor_left(alone):
        late = waiting(alone, 5)
        time.sleep(0.3)
        alone.signal(signal.SIGTERM)
        assert alone.wait_for_end(5) == 0
    close_all(late)


def test_without_descriptors_one_request_fails_and_no_more(alone):
    """A new connection to an upstream cannot be opened: that request is 502 or 503."""
    with alone.client() as client:
        assert client.ask(head("GET", "/health")).status == 200
        with no_descriptor_left(alone):
            answer = client.ask(post(CHAT, chat()))
            assert answer.status in (502, 503) and answer.error_code
            assert client.ask(head("GET", "/health")).status == 200
        assert client.ask(post(CHAT, chat())).status == 200
    alone.wait_until_idle()


def test_without_descriptors_a_reload_is_refused_and_the_next_is_not(alone):
    digest = alone.status()["table"]["digest"]
    before = alone.fd_count()
    for spare in (0, 1):
        with no_descriptor_left(alone, spare):
            record = alone.hup()
            assert record["message"] == "table refused"
            assert os.strerror(errno.EMFILE) in record["reason"], record
    assert alone.status()["table"]["digest"] == digest
    assert alone.hup()["message"] == "table swapped"
    wait_for(lambda: alone.fd_count() <= before, what=f"as few fds as before ({before})")


def test_a_log_that_cannot_be_written_stops_nothing(first, tmp_path):
    """Standard error is a full disk."""
    router = Router(tmp_path, one_pool(first))
    with open("/dev/full", "wb") as full:
        process = subprocess.Popen([binary(), "serve", str(router.table)],
                                   stdin=subprocess.DEVNULL, stdout=full, stderr=full)
    try:
        def is_up():
            with contextlib.suppress(OSError):
                return router.ask(head("GET", "/ready")).status == 200
        wait_for(is_up, 10, "the router")
        assert {router.ask(post(CHAT, chat())).status for _ in range(50)} == {200}
        process.send_signal(signal.SIGHUP)
        wait_for(lambda: router.status()["table"]["generation"] == 2, what="the swap")
        process.terminate()
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()


# Space

SMALL = 'pools: [{ name: p, endpoints: ["http://127.0.0.1:9"] }]\nmodels: [{ match: m, pool: p }]\n'


def big_spec(keys):
    lines = [f'  - {{ name: key-{number}, secret: "{fingerprint(str(number))}" }}\n'
             for number in range(keys)]
    return SMALL + "keys:\n" + "".join(lines)


@contextlib.contextmanager
def small_disk(folder, options):
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "routerc-test", str(folder)],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"this test mounts a tmpfs, which is not permitted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def refused_compile(spec, table, reason, **options):
    """`compile` over a table that stands there: exit status 3, and nothing has changed."""
    before = table.read_bytes()
    listed = sorted(os.listdir(table.parent))
    done = run("compile", spec, "-o", table, check=3, **options)
    assert done.stdout == ""
    assert str(table) in done.stderr and reason in done.stderr, done.stderr
    assert table.read_bytes() == before
    assert sorted(os.listdir(table.parent)) == listed
    run("dump", table, check=0)


@pytest.fixture
def specs(tmp_path):
    small, big = tmp_path / "small.yaml", tmp_path / "big.yaml"
    small.write_text(SMALL)
    big.write_text(big_spec(5000))
    return small, big


@pytest.mark.parametrize("options", ["size=64k", "size=1m,nr_inodes=2"])
def test_a_full_disk_leaves_the_old_table(specs, tmp_path, options):
    small, big = specs
    with small_disk(tmp_path / "disk", options) as disk:
        (disk / "router.table").write_bytes(compiled(small, tmp_path))
        refused_compile(big, disk / "router.table", os.strerror(errno.ENOSPC))


def compiled(spec, folder):
    table = folder / "compiled.table"
    run("compile", spec, "-o", table, check=0)
    return table.read_bytes()


@pytest.mark.skipif(is_sanitized(), reason="a sanitizer's own files meet the limit first")
@pytest.mark.parametrize("handling", [signal.SIG_IGN, signal.SIG_DFL])
def test_a_limit_of_file_size_leaves_the_old_table(specs, tmp_path, handling):
    """`ulimit -f`, whether SIGXFSZ comes ignored or would end the process and leave its file."""
    small, big = specs
    table = tmp_path / "out" / "router.table"
    table.parent.mkdir()
    table.write_bytes(compiled(small, tmp_path))

    def limit():
        signal.signal(signal.SIGXFSZ, handling)
        resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, 64 * 1024))

    refused_compile(big, table, os.strerror(errno.EFBIG), preexec_fn=limit,
                    restore_signals=False)


def test_a_full_disk_does_not_touch_what_is_served(first, tmp_path, specs):
    """An operator's compile fails half-way, and somebody sends SIGHUP all the same."""
    with small_disk(tmp_path / "disk", "size=64k") as disk:
        router = Router(tmp_path, one_pool(first))
        data = router.table.read_bytes()
        router.table = disk / "router.table"
        router.table.write_bytes(data)
        with router:
            refused_compile(specs[1], router.table, os.strerror(errno.ENOSPC))
            record = router.hup()
            assert (record["message"], record["digest"]) == ("table swapped", router.digest)
            assert router.ask(post(CHAT, chat())).status == 200


def bytes_read(router):
    text = Path(f"/proc/{router.process.pid}/io").read_text()
    return int(re.search(r"rchar: (\d+)", text).group(1))


@pytest.mark.parametrize("keeps_start", [False, True])
def test_a_huge_file_in_the_place_of_the_table_is_not_read(alone, keeps_start):
    """A sparse file of 1 GiB, empty or with a table's start. What it is not stands in its first
    bytes and in its size, so the rest need not be copied into memory to be refused."""
    start = alone.table.read_bytes() if keeps_start else b"\0"
    huge = alone.table.with_suffix(".huge")
    huge.write_bytes(start)
    os.truncate(huge, 1 << 30)
    huge.rename(alone.table)
    before = bytes_read(alone)
    assert alone.hup(30)["message"] == "table refused"
    assert bytes_read(alone) - before < 64 << 20
    assert alone.ask(post(CHAT, chat())).status == 200


# Signals that come together

class SlowReload:
    """A router that compiles a spec of many keys at each SIGHUP, so that a reload takes a while."""

    def __init__(self, folder, server):
        self.server = server
        self.router = Router(folder, one_pool(server))
        self.router.table = folder / "router.yaml"
        self.write(3)

    def write(self, keys):
        spec = one_pool(self.server, anonymous="allow")
        lines = "".join(f'  - {{ name: key-{number}, secret: "{fingerprint(str(number))}" }}\n'
                        for number in range(keys))
        new = self.router.folder / "router.new"
        new.write_text(self.router.spec_text(spec) + "keys:\n" + lines)
        new.rename(self.router.table)


@pytest.fixture
def slow(first, tmp_path):
    return SlowReload(tmp_path, first)


def test_a_signal_during_a_reload_is_not_lost(slow):
    """SIGHUP while SIGHUP is at work: whatever was there at the last signal is served at last."""
    last = slow.router.folder / "last.table"
    with slow.router as router:
        for delay in (0.0, 0.01, 0.05, 0.1, 0.2):
            slow.write(20_000)
            router.signal(signal.SIGHUP)
            time.sleep(delay)
            slow.write(10 + int(delay * 100))
            router.signal(signal.SIGHUP)
            digest = run("compile", router.table, "-o", last, check=0).stdout.strip()
            wait_for(lambda: router.status()["table"]["digest"] == digest, 20, "the last spec")
            assert router.ask(post(CHAT, chat())).status == 200
        assert {record["message"] for record in router.reload_records()} == {"table swapped"}
        wait_for(lambda: router.status()["living_tables"] == 1, what="one table")


@pytest.mark.parametrize("delay", [0.0, 0.01, 0.05, 0.2])
def test_sigterm_during_a_swap_ends_well(slow, delay):
    with slow.router as router:
        reader = StreamReader(router.address, events=60, interval_ms=20)
        reader.start()
        wait_for(lambda: reader.indices)
        slow.write(20_000)
        router.signal(signal.SIGHUP)
        time.sleep(delay)
        router.signal(signal.SIGTERM)
        join_all([reader], 20)
        assert_whole([reader], 60)
        assert router.wait_for_end(20) == 0
    messages = [record["message"] for record in router.log_records()]
    assert messages[-1] == "stopped" and "draining" in messages


def test_sighup_during_the_drain_changes_nothing(slow):
    with slow.router as router:
        reader = StreamReader(router.address, events=60, interval_ms=20)
        reader.start()
        wait_for(lambda: reader.indices)
        router.signal(signal.SIGTERM)
        # Of two signals that wait, the kernel gives SIGHUP first.
        wait_for(lambda: "draining" in router.log_text(), what="the drain")
        for _ in range(5):
            router.signal(signal.SIGHUP)
            time.sleep(0.02)
        join_all([reader], 20)
        assert_whole([reader], 60)
        assert router.wait_for_end(10) == 0
        assert router.reload_records() == []
