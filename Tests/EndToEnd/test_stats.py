"""`/stats`: every figure beside psutil's, what a spec hides, who may look, what it costs others."""

import json
import os
import platform
import re
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path

import psutil
import pytest

from processes import ModelServerProcess, wait_for
from raw_http import RawClient, ask, head
from routerc import Router, percentile
from specs import ALICE, BOB, PINNED, STRANGER, fingerprint, one_pool
from streams import StreamReader, assert_whole, join_all, start_all

# Sections and fields as routheon's server has them.
FIELDS: dict[str, list[str]] = {
    "timestamp": [],
    "system": ["platform", "platform_release", "platform_version", "hostname", "architecture",
               "processor", "uptime_seconds", "uptime_human"],
    "cpu": ["usage_percent", "load_average", "core_count", "core_count_logical"],
    "memory": ["total", "available", "used", "free", "percent", "total_gb", "available_gb",
               "used_gb", "free_gb"],
    "swap": ["total", "used", "free", "percent", "total_gb", "used_gb", "free_gb"],
    "disk": ["total", "used", "free", "percent", "total_gb", "used_gb", "free_gb"],
    "network": ["bytes_sent", "bytes_recv", "packets_sent", "packets_recv", "errin", "errout",
                "dropin", "dropout"],
    "processes": ["count"],
}
SLACK_BYTES = 512 << 20  # what others on the machine may take or give back meanwhile


def get(router: Router, key: str | None = None, path: str = "/stats", method: str = "GET"):
    fields = [] if key is None else [("Authorization", f"Bearer {key}")]
    return router.ask(head(method, path, fields), to_head=method == "HEAD")


def stats(router: Router, key: str | None = None) -> dict:
    answer = get(router, key)
    assert answer.status == 200, answer.body
    assert answer.field("content-type") == "application/json"
    return answer.json


def sample_after(router: Router, moment: float) -> dict:
    """A sample that was taken after a moment; its time is known to the second."""
    def taken() -> dict | None:
        found = stats(router)
        at = datetime.strptime(found["timestamp"], "%Y-%m-%dT%H:%M:%SZ")
        is_later = at.replace(tzinfo=timezone.utc).timestamp() > moment
        return found if is_later and found["cpu"]["usage_percent"] is not None else None
    return wait_for(taken, 5, "a later sample")


@pytest.fixture(scope="module")
def open_router(first, tmp_path_factory) -> Iterator[Router]:
    with Router(tmp_path_factory.mktemp("stats"), one_pool(first)) as router:
        yield router


# Beside psutil


class Between:
    """One sample, and what psutil says just before and just after it."""

    def __init__(self, router: Router) -> None:
        self._router = router

    def __call__(self, read: Callable[[], object]) -> tuple[dict, object, object]:
        before = read()
        found = sample_after(self._router, time.time())
        return found, before, read()


@pytest.fixture
def between(open_router) -> Between:
    return Between(open_router)


def test_it_has_the_sections_and_fields_of_routheon(open_router):
    found = stats(open_router)
    assert list(found) == list(FIELDS)
    for section, fields in FIELDS.items():
        if fields:
            assert list(found[section]) == fields
    assert list(found["cpu"]["load_average"]) == ["1min", "5min", "15min"]


def test_the_time_is_that_of_a_fresh_sample(open_router):
    text = stats(open_router)["timestamp"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text)
    age = datetime.now(timezone.utc) - datetime.fromisoformat(text.replace("Z", "+00:00"))
    assert -1 <= age.total_seconds() < 5


def test_the_system(between):
    found, before, after = between(lambda: time.time() - psutil.boot_time())
    system = found["system"]
    assert system["platform"] == platform.system()
    assert system["platform_release"] == platform.release()
    assert system["platform_version"] == platform.version()
    assert system["hostname"] == platform.node()
    assert system["architecture"] == platform.machine()
    names = re.findall(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.M)
    assert system["processor"] == (names[0].strip() if names else None)
    # The kernel says the second of the start without its parts.
    assert before - 2 <= system["uptime_seconds"] <= after + 2
    minutes = system["uptime_seconds"] // 60
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    assert system["uptime_human"] == f"{days}d {hours}h {rest}m"


def test_cores_and_load(between):
    found, before, after = between(psutil.getloadavg)
    cpu = found["cpu"]
    assert cpu["core_count_logical"] == psutil.cpu_count()
    assert cpu["core_count"] == psutil.cpu_count(logical=False)
    for value, low, high in zip(cpu["load_average"].values(), before, after):
        assert min(low, high) - 0.011 <= value <= max(low, high) + 0.011


@pytest.fixture
def busy_core() -> Iterator[None]:
    """A process that takes all of one core, so that there is something to measure."""
    child = psutil.Popen(["sh", "-c", "while :; do :; done"])
    yield
    child.kill()
    child.wait()


def test_the_use_of_the_processors(open_router, busy_core):
    """The mean of the samples of some seconds is what psutil says of the same time."""
    sample_after(open_router, time.time())
    psutil.cpu_percent()
    seen = {}
    end = time.monotonic() + 5
    while time.monotonic() < end:
        found = stats(open_router)
        seen[found["timestamp"]] = found["cpu"]["usage_percent"]
        time.sleep(0.1)
    expected = psutil.cpu_percent()
    mean = sum(seen.values()) / len(seen)
    assert len(seen) >= 4
    assert all(0 <= value <= 100 for value in seen.values())
    assert abs(mean - expected) < 15, (seen, expected)
    assert mean > 100 / psutil.cpu_count() * 0.5


@pytest.mark.parametrize("section, read", [
    ("memory", psutil.virtual_memory), ("swap", psutil.swap_memory),
    ("disk", lambda: psutil.disk_usage("/")),
])
def test_space(between, section, read):
    found, before, after = between(read)
    figures = found[section]
    assert figures["total"] == after.total
    for name in ("used", "free", "available"):
        if name in figures:
            ends = sorted([getattr(before, name), getattr(after, name)])
            assert ends[0] - SLACK_BYTES <= figures[name] <= ends[1] + SLACK_BYTES, name
        if name + "_gb" in figures:
            assert figures[name + "_gb"] == pytest.approx(figures[name] / 1024**3, abs=0.00501)
    assert figures["total_gb"] == pytest.approx(figures["total"] / 1024**3, abs=0.00501)
    whole = figures["used"] + figures["free"] if section == "disk" else figures["total"]
    share = 100 * figures["used"] / whole if whole else 0.0
    assert figures["percent"] == pytest.approx(share, abs=0.00501)
    slack = 100 * SLACK_BYTES / whole if whole else 0
    assert abs(figures["percent"] - after.percent) <= slack + abs(before.percent - after.percent)
    if section == "memory":
        assert figures["used"] == figures["total"] - figures["available"]


def test_the_network(between, open_router):
    found, before, after = between(psutil.net_io_counters)
    for name in FIELDS["network"]:
        low, high = getattr(before, name), getattr(after, name)
        assert low <= found["network"][name] <= high, name
    # The loopback counts: nothing else has carried these.
    again = sample_after(open_router, time.time())
    assert again["network"]["packets_sent"] > found["network"]["packets_sent"]


def test_processes(between):
    found, before, after = between(lambda: len(psutil.pids()))
    assert min(before, after) - 40 <= found["processes"]["count"] <= max(before, after) + 40


# What a spec shows


def test_a_spec_hides_what_it_does_not_name(first, tmp_path):
    spec = one_pool(first)
    some = "stats:\n  enabled_sections: [memory, timestamp, disk]\n" \
        "  enabled_fields: { memory: [free_gb, percent], disk: [] }\n"
    with Router(tmp_path, spec + some) as router:
        found = stats(router)
        assert list(found) == ["timestamp", "memory", "disk"]
        assert list(found["memory"]) == ["percent", "free_gb"] and found["disk"] == {}
        router.reload(spec + "stats: { enabled_sections: [] }\n")
        assert stats(router) == {}
        router.reload(spec + "stats: { enabled_fields: { cpu: [core_count] } }\n")
        found = stats(router)
        assert list(found) == list(FIELDS) and list(found["cpu"]) == ["core_count"]
        router.reload(spec)
        assert set(stats(router)["cpu"]) == set(FIELDS["cpu"])


def test_the_admin_address_shows_the_same(first, tmp_path):
    spec = one_pool(first, anonymous="deny") + "stats: { enabled_sections: [processes] }\n"
    with Router(tmp_path, spec) as router:
        for target in ("/stats", "/stats?a=1"):
            answer = ask(router.admin, head("GET", target))
            assert answer.status == 200 and list(answer.json) == ["processes"]
        answer = ask(router.admin, head("HEAD", "/stats"), to_head=True)
        assert answer.status == 200 and answer.body == b""
        assert ask(router.admin, head("POST", "/stats")).status == 405
        assert get(router).status == 401
        router.reload(one_pool(first, anonymous="deny"))
        assert list(ask(router.admin, head("GET", "/stats")).json) == list(FIELDS)


# Who may look


def keys(server: ModelServerProcess, anonymous: str) -> str:
    return one_pool(server, anonymous=anonymous) + f"""
keys:
  - {{ name: every, secret: "{fingerprint(ALICE)}" }}
  - {{ name: watcher, secret: "{fingerprint(BOB)}", paths: [/stats] }}
  - {{ name: pinned, secret: "{fingerprint(PINNED)}", pin: main }}
"""


@pytest.mark.parametrize("anonymous, status, code", [
    ("deny", 401, "api_key_required"), ("{ list_models: true }", 403, "stats_not_allowed"),
    ("{ stats: false }", 403, "stats_not_allowed"), ("{ stats: true }", 200, None),
    ("allow", 200, None),
])
def test_who_may_look(first, tmp_path, anonymous, status, code):
    with Router(tmp_path, keys(first, anonymous)) as router:
        answer = get(router)
        assert answer.status == status
        assert code is None or answer.error_code == code
        assert (answer.status == 200) == (b"hostname" in answer.body)
        # A wrong key is never taken for none.
        assert get(router, STRANGER).error_code == "invalid_api_key"
        assert get(router, ALICE).error_code == "stats_not_allowed"
        assert list(stats(router, BOB)) == list(FIELDS)
        assert get(router, PINNED).status == 200
        assert first.last_request()["target"] == "/stats"


def test_methods_and_queries(open_router):
    whole = get(open_router)
    for target in ("/stats?", "/stats?a=1&enabled_sections=cpu"):
        assert list(get(open_router, path=target).json) == list(whole.json)
    answer = get(open_router, method="HEAD")
    assert answer.status == 200 and answer.body == b""
    assert int(answer.field("content-length")) > 500
    for method in ("POST", "PUT", "DELETE", "TRACE"):
        answer = open_router.ask(head(method, "/stats"))
        assert answer.status == 405 and "GET" in answer.field("allow")
    assert open_router.ask(head("OPTIONS", "/stats")).status == 204
    for path in ("/stats/", "/statsx", "/v1/stats"):
        assert get(open_router, path=path).status == 404


def test_many_on_one_connection(open_router):
    with RawClient(open_router.address) as client:
        client.send(head("GET", "/stats") * 20)
        for _ in range(20):
            assert list(client.read_answer().json) == list(FIELDS)


def test_the_first_answer_comes_at_once(first, tmp_path):
    router = Router(tmp_path, one_pool(first))
    with router:
        started = time.monotonic()
        assert list(stats(router)) == list(FIELDS)
        assert time.monotonic() - started < 1
    assert [record for record in router.log_records() if record.get("path") == "/stats"]


# Beside streams


class Asker(threading.Thread):
    """Asks so many times a second, and keeps what came."""

    def __init__(self, address: str, per_second: int, seconds: float) -> None:
        super().__init__(daemon=True)
        self.bodies: list[bytes] = []
        self.milliseconds: list[float] = []
        self.error: Exception | None = None
        self._address = address
        self._interval = 1 / per_second
        self._count = int(per_second * seconds)

    def run(self) -> None:
        try:
            with RawClient(self._address) as client:
                begin = time.monotonic()
                for number in range(self._count):
                    time.sleep(max(0, begin + number * self._interval - time.monotonic()))
                    asked = time.monotonic()
                    answer = client.ask(head("GET", "/stats"))
                    self.milliseconds.append((time.monotonic() - asked) * 1000)
                    assert answer.status == 200
                    self.bodies.append(answer.body)
        except Exception as error:  # told to the test, which runs in another thread
            self.error = error


def test_two_hundred_a_second_beside_streams(first, tmp_path, soak):
    seconds, streams, interval_ms = (10, 200, 100) if soak else (3, 40, 50)
    events = int(seconds * 1000 / interval_ms) + 10
    with Router(tmp_path, one_pool(first)) as router:
        readers = start_all([
            StreamReader(router.address, events=events, interval_ms=interval_ms)
            for _ in range(streams)])
        wait_for(lambda: all(reader.indices for reader in readers), 10, "every stream's begin")
        asker = Asker(router.address, 200, seconds)
        asker.start()
        asker.join(seconds + 20)
        assert not asker.is_alive() and asker.error is None, asker.error
        join_all(readers, 30)
    assert_whole(readers, events)
    assert len(asker.bodies) == 200 * seconds
    found = [json.loads(body) for body in asker.bodies]
    assert all(list(one) == list(FIELDS) for one in found)
    assert all(None not in one["memory"].values() for one in found)
    times = [one["timestamp"] for one in found]
    assert times == sorted(times) and len(set(times)) >= seconds - 1
    packets = [one["network"]["packets_sent"] for one in found]
    assert packets == sorted(packets)
    delays = [delay / 1e6 for reader in readers for delay in reader.delays_ns]
    print(f"\n/stats: median {percentile(asker.milliseconds, 0.5):.2f} ms, "
          f"99 % {percentile(asker.milliseconds, 0.99):.2f} ms; "
          f"events: median {percentile(delays, 0.5):.2f} ms, "
          f"99 % {percentile(delays, 0.99):.2f} ms, {os.cpu_count()} processors")
