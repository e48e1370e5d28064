"""/metrics: what is counted agrees with what was asked, and two other programs can read it."""

import os
import re
import shutil
import subprocess
import threading
import time
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from processes import wait_for
from raw_http import Truncated, head, post
from routerc import Router
from specs import ALICE, BOB, CHAT, PINNED, STRANGER, chat, one_pool, stream, two_pools
from streams import StreamReader, assert_whole, join_all

TIMES = ("routerc_request_duration_seconds", "routerc_time_to_first_byte_seconds")


class Metrics:
    """One reading: every sample by its name and labels."""

    def __init__(self, router):
        answer = router.ask_admin("GET", "/metrics")
        assert answer.status == 200, answer.body
        self.answer = answer
        self.text = answer.body.decode()
        self.families = {family.name: family
                         for family in text_string_to_metric_families(self.text)}
        self.samples = {}
        for family in self.families.values():
            for sample in family.samples:
                identity = (sample.name, tuple(sorted(sample.labels.items())))
                assert identity not in self.samples, f"twice: {identity}"
                self.samples[identity] = sample.value

    def get(self, name, **labels):
        return self.samples.get((name, tuple(sorted(labels.items()))))

    def requests(self, pool, status_class):
        return self.get("routerc_requests_total", pool=pool, status_class=status_class)

    def errors(self, pool, code):
        return self.get("routerc_errors_total", pool=pool, code=code) or 0

    def buckets(self, family, pool):
        """Bounds and counts, as they stand: each with those below it."""
        return [(float(dict(labels)["le"]), value)
                for (name, labels), value in self.samples.items()
                if name == f"{family}_bucket" and dict(labels)["pool"] == pool]


def growth(router, before, name, **labels):
    return (Metrics(router).get(name, **labels) or 0) - (before.get(name, **labels) or 0)


def promtool(text):
    path = shutil.which("promtool")
    assert path, "no promtool; scripts/bootstrap --tests installs Debian's package prometheus"
    return subprocess.run([path, "check", "metrics"], input=text, capture_output=True, text=True,
                          timeout=60)


def ask_many(router, count, **options):
    with router.client() as client:
        for _ in range(count):
            assert client.ask(post(CHAT, chat(**options), ALICE)).status == 200


# Other programs

def test_promtool_and_the_official_parser_read_it(router):
    router.ask(post(CHAT, chat(), ALICE))
    router.ask(post(CHAT, chat(), STRANGER))
    metrics = Metrics(router)
    assert metrics.answer.field("content-type") == "text/plain; version=0.0.4; charset=utf-8"
    done = promtool(metrics.text)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    for family in TIMES:
        assert metrics.families[family].type == "histogram"
    assert metrics.families["routerc_requests"].type == "counter"
    assert metrics.families["routerc_requests_in_flight"].type == "gauge"


def test_promtool_would_say_what_is_wrong():
    """The test above can fail."""
    assert promtool("routerc_requests 1\n").returncode != 0


def test_every_metric_is_documented(router):
    page = (Path(__file__).resolve().parents[2] / "docs/metrics.md").read_text()
    documented = set(re.findall(r"^\| `([a-z_]+)`", page, re.MULTILINE))
    shown = set(re.findall(r"^# TYPE ([a-z_]+) ", Metrics(router).text, re.MULTILINE))
    assert documented == shown


# Counts

def test_requests_are_counted_by_pool_and_class(router, first):
    before = Metrics(router)
    ask_many(router, 7)
    ask_many(router, 3, model="beta")
    for _ in range(2):
        assert router.ask(post(CHAT, chat(fault="status=503"), ALICE)).status == 503
    assert router.ask(post(CHAT, chat(fault="status=404"), ALICE)).status == 404
    assert router.ask(head("GET", "/any/path", [("x-api-key", PINNED)])).status in (200, 404)
    after = Metrics(router)

    def grown(pool, status_class):
        return after.requests(pool, status_class) - before.requests(pool, status_class)

    assert [grown("main", status_class) for status_class in ("2xx", "4xx", "5xx", "none")] \
        == [7, 1, 2, 0]
    assert sum(grown("second", status_class) for status_class in ("2xx", "4xx")) == 4
    # What a model server refuses is its answer, not an error of the router.
    assert after.errors("main", "upstream_closed") == before.errors("main", "upstream_closed")


def test_answers_of_the_router_have_no_pool(router):
    before = Metrics(router)
    asked = [
        (head("GET", "/health"), 200), (head("GET", "/v1/models", [("x-api-key", ALICE)]), 200),
        (post(CHAT, chat(), STRANGER), 401), (post(CHAT, chat()), 401),
        (post(CHAT, chat("nothing"), ALICE), 404), (post(CHAT, chat(), BOB), 403),
        (post(CHAT, b"{", ALICE), 400), (head("GET", CHAT, [("x-api-key", ALICE)]), 405),
        (head("POST", "/v1/models", [("x-api-key", ALICE), ("Content-Length", "0")]), 405),
        (b"nonsense\r\n\r\n", 400),
    ]
    for request, status in asked:
        assert router.ask(request).status == status
    after = Metrics(router)
    assert after.requests("", "2xx") - before.requests("", "2xx") == 2
    assert after.requests("", "4xx") - before.requests("", "4xx") == 8
    grown = {code: after.errors("", code) - before.errors("", code) for code in (
        "invalid_api_key", "api_key_required", "model_not_found", "model_not_allowed",
        "invalid_json", "method_not_allowed", "malformed_request")}
    assert grown == {
        "invalid_api_key": 1, "api_key_required": 1, "model_not_found": 1,
        "model_not_allowed": 1, "invalid_json": 1, "method_not_allowed": 2,
        "malformed_request": 1}
    assert not [key for key in after.samples if key[0].startswith(TIMES)
                and dict(key[1])["pool"] == ""]


def test_failures_of_endpoints_are_counted_by_code(router):
    before = Metrics(router)
    for fault, code in (("close-before-answer", "upstream_closed"),
                        ("garbage", "upstream_malformed")):
        answer = router.ask(post(CHAT, chat(fault=fault), ALICE))
        assert (answer.status, answer.error_code) == (502, code)
    after = Metrics(router)
    for code in ("upstream_closed", "upstream_malformed"):
        assert after.errors("main", code) - before.errors("main", code) == 1
    assert after.requests("main", "5xx") - before.requests("main", "5xx") == 2
    # Nothing came from the endpoint, so there is no time of its first byte.
    name, labels = "routerc_time_to_first_byte_seconds_count", {"pool": "main"}
    assert after.get(name, **labels) == before.get(name, **labels)
    name = "routerc_request_duration_seconds_count"
    assert after.get(name, **labels) == before.get(name, **labels) + 2


def test_answers_that_break_off_and_clients_that_leave(router):
    before = Metrics(router)
    with pytest.raises(Truncated):
        router.ask(post(CHAT, stream(fault="reset-mid-stream=2"), ALICE))
    with router.client() as client:
        client.send(post(CHAT, stream(events=1000, interval_ms=20), ALICE))
        assert client.read_head().status == 200
        client.reset()
    name = "routerc_incomplete_answers_total"
    wait_for(lambda: growth(router, before, name, pool="main", reason="client_gone") == 1)
    assert growth(router, before, name, pool="main", reason="truncated") == 1
    assert growth(router, before, "routerc_errors_total", pool="main",
                  code="upstream_closed") == 1
    # Both had begun with a 200.
    assert growth(router, before, "routerc_requests_total", pool="main",
                  status_class="2xx") == 2


def test_a_client_that_leaves_before_an_answer_has_no_status(router):
    before = Metrics(router)
    with router.client() as client:
        client.send(post(CHAT, chat(fault="hang"), ALICE))
        wait_for(lambda: Metrics(router).get("routerc_requests_in_flight", pool="main") == 1)
        client.reset()
    wait_for(lambda: growth(router, before, "routerc_requests_total", pool="main",
                            status_class="none") == 1)
    assert Metrics(router).get("routerc_requests_in_flight", pool="main") == 0


def test_many_clients_at_once_are_all_counted(router):
    before = Metrics(router)
    threads = [threading.Thread(target=ask_many, args=(router, 50)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert growth(router, before, "routerc_requests_total", pool="main",
                  status_class="2xx") == 400
    for family in TIMES:
        assert growth(router, before, f"{family}_count", pool="main") == 400


# Times

def test_times_fall_into_their_buckets(first, tmp_path):
    with Router(tmp_path, one_pool(first)) as router:
        assert router.ask(post(CHAT, chat(fault="slow-head=300"))).status == 200
        answer = router.ask(post(CHAT, stream(events=10, interval_ms=70)))
        assert answer.status == 200
        metrics = Metrics(router)
        for family in TIMES:
            buckets = metrics.buckets(family, "main")
            assert len(buckets) == 17 and buckets[-1][0] == float("inf")
            counts = [count for _, count in buckets]
            assert counts == sorted(counts)
            assert counts[-1] == metrics.get(f"{family}_count", pool="main") == 2
        durations = dict(metrics.buckets(TIMES[0], "main"))
        assert durations[0.25] == 0 and durations[0.5] == 1 and durations[2.5] == 2
        first_bytes = dict(metrics.buckets(TIMES[1], "main"))
        # The stream's first event comes at once, the other answer as a whole.
        assert first_bytes[0.25] == 1 and first_bytes[0.5] == 2
        assert 1.0 < metrics.get(f"{TIMES[0]}_sum", pool="main") < 2.5
        assert 0.3 < metrics.get(f"{TIMES[1]}_sum", pool="main") < 0.8


# Swaps

def pools(server, *names):
    """Each pool has one model of its name."""
    text = "anonymous: allow\npools:\n"
    for name in names:
        text += f'  - {{ name: {name}, endpoints: ["{server.url}"], models: [{name}] }}\n'
    return text


def test_counts_stay_with_their_pool_over_swaps(first, tmp_path):
    def ask(router, counts):
        for name, count in counts.items():
            for _ in range(count):
                assert router.ask(post(CHAT, chat(name))).status == 200

    def counted(router):
        metrics = Metrics(router)
        values = {dict(labels)["pool"]: value for (name, labels), value in metrics.samples.items()
                  if name == "routerc_requests_total" and dict(labels)["pool"]
                  and dict(labels)["status_class"] == "2xx"}
        times = {dict(labels)["pool"]: value for (name, labels), value in metrics.samples.items()
                 if name == f"{TIMES[0]}_count"}
        assert times == values
        return values

    with Router(tmp_path, pools(first, "a", "b", "c")) as router:
        ask(router, {"a": 1, "b": 2, "c": 3})
        # Names before and behind, so that every pool has another place in the table.
        router.reload(pools(first, "x", "b", "z"))
        ask(router, {"x": 4, "b": 10})
        assert counted(router) == {"a": 1, "b": 12, "c": 3, "x": 4, "z": 0}
        router.reload(pools(first, "c", "a"))
        ask(router, {"a": 100})
        # z never had a request, so nothing is lost with it.
        assert counted(router) == {"a": 101, "b": 12, "c": 3, "x": 4}


def test_a_stream_counts_for_the_pool_it_began_in(first, tmp_path):
    with Router(tmp_path, one_pool(first)) as router:
        reader = StreamReader(router.address, events=40, interval_ms=25)
        reader.start()
        wait_for(lambda: reader.indices)
        router.reload(pools(first, "another", "alpha", "third"))
        metrics = Metrics(router)
        assert metrics.get("routerc_requests_in_flight", pool="main") == 1
        assert metrics.get("routerc_requests_in_flight", pool="alpha") == 0
        join_all([reader], 10)
        assert_whole([reader], 40)
        wait_for(lambda: Metrics(router).requests("main", "2xx") == 1)
        metrics = Metrics(router)
        assert metrics.requests("alpha", "2xx") == metrics.requests("another", "2xx") == 0
        assert metrics.get("routerc_requests_in_flight", pool="main") == 0


def test_pools_that_come_and_go_are_bounded(first, tmp_path):
    """2,400 names of pools: a thousand that are gone keep their own counts."""
    with Router(tmp_path, pools(first, "first")) as router:
        for turn in range(12):
            names = [f"pool-{turn}-{index}" for index in range(200)]
            router.reload(pools(first, *names))
            with router.client() as client:
                for name in names:
                    assert client.ask(post(CHAT, chat(name))).status == 200
        router.reload(pools(first, "last"))
        metrics = Metrics(router)
        counts = {dict(labels)["pool"]: value for (name, labels), value in metrics.samples.items()
                  if name == "routerc_requests_total" and dict(labels)["status_class"] == "2xx"}
        assert sum(counts.values()) - counts[""] == 2400
        assert len(counts) <= 1000 + 3
        assert counts["(gone)"] >= 1400 and counts["pool-11-0"] == 1
        assert promtool(metrics.text).returncode == 0


# The process

def test_the_table_and_its_reloads_are_shown(first, tmp_path):
    with Router(tmp_path, one_pool(first)) as router:
        metrics = Metrics(router)
        assert metrics.get("routerc_table_info", digest=router.digest) == 1
        assert metrics.get("routerc_reloads_total", result="ok") == 0
        assert metrics.get("routerc_last_reload_successful") == 1
        digest = router.reload(pools(first, "other"))
        router.table.write_bytes(b"no table")
        assert router.hup()["message"] == "table refused"
        metrics = Metrics(router)
        info = [key for key in metrics.samples if key[0] == "routerc_table_info"]
        assert info == [("routerc_table_info", (("digest", digest),))]
        assert metrics.get("routerc_table_generation") == 2
        assert metrics.get("routerc_reloads_total", result="ok") == 1
        assert metrics.get("routerc_reloads_total", result="refused") == 1
        assert metrics.get("routerc_last_reload_successful") == 0
        accepted = metrics.get("routerc_last_reload_success_timestamp_seconds")
        assert time.time() - 60 < accepted <= metrics.get(
            "routerc_last_reload_timestamp_seconds") <= time.time()
        assert 0 < metrics.get("routerc_last_reload_duration_seconds") < 10
        assert [key for key in metrics.samples if key[0] == "routerc_build_info"] \
            == [("routerc_build_info", (("version", "0.1.0"),))]


def test_the_numbers_of_the_process_are_the_kernels(router):
    ask_many(router, 20)
    metrics = Metrics(router)
    assert metrics.get("process_open_fds") == pytest.approx(router.fd_count(), abs=3)
    assert metrics.get("process_resident_memory_bytes") == pytest.approx(
        router.rss_kib() * 1024, rel=0.1)
    assert metrics.get("process_cpu_seconds_total") == pytest.approx(
        router.cpu_seconds(), abs=0.1)
    limits = Path(f"/proc/{router.process.pid}/limits").read_text()
    assert metrics.get("process_max_fds") == int(
        re.search(r"Max open files\s+(\d+)", limits).group(1))
    folder_made = os.stat(f"/proc/{router.process.pid}").st_ctime
    assert metrics.get("process_start_time_seconds") == pytest.approx(folder_made, abs=2)
    status = router.status()
    for name in ("client_connections", "upstream_connections"):
        assert metrics.get(f"routerc_{name}") == pytest.approx(status[name], abs=1)
    assert metrics.get("routerc_buffered_bytes") == status["buffered_bytes"]
    assert metrics.get("routerc_lost_access_records_total") == 0


def test_no_client_can_make_a_series(router):
    """Labels come from the table and from closed lists."""
    router.ask(post(CHAT, chat("made-up"), ALICE))
    router.ask(post(CHAT, chat(), STRANGER))
    router.ask(head("GET", "/made/up", [("x-api-key", ALICE)]))
    router.ask(head("BREW", "/made/up", [("x-api-key", ALICE)]))
    before = Metrics(router)
    for index in range(100):
        router.ask(post(CHAT, chat(f"made-up-{index}"), ALICE))
        router.ask(post(CHAT, chat(), f"sk-made-up-{index}"))
        router.ask(head("GET", f"/made/up/{index}", [("x-api-key", ALICE)]))
        router.ask(head(f"BREW{index}", "/made/up", [("x-api-key", ALICE)]))
    after = Metrics(router)
    assert set(after.samples) == set(before.samples)
    assert "made" not in after.text


def test_a_thousand_pools_are_told_of_beside_requests(first, tmp_path):
    names = [f"pool-{index}" for index in range(1000)]
    with Router(tmp_path, pools(first, *names)) as router:
        answers = []
        scrapes = threading.Thread(target=lambda: answers.extend(
            router.ask_admin("GET", "/metrics") for _ in range(3)))
        scrapes.start()
        asked = 0
        with router.client() as client:
            while scrapes.is_alive() or asked < 10:
                assert client.ask(post(CHAT, chat("pool-7"))).status == 200
                asked += 1
        scrapes.join()
        assert [answer.status for answer in answers] == [200] * 3
        metrics = Metrics(router)
        for name in names:
            assert metrics.requests(name, "2xx") == (asked if name == "pool-7" else 0)


def test_metrics_hold_no_secret(first, second, tmp_path):
    with Router(tmp_path, two_pools(first, second)) as router:
        router.ask(post(CHAT, chat(ALICE), ALICE))
        router.ask(head("GET", f"/{ALICE}", [("x-api-key", ALICE)]))
        assert ALICE not in Metrics(router).text


def test_the_alerts_of_the_page_are_rules(tmp_path):
    page = (Path(__file__).resolve().parents[2] / "docs/metrics.md").read_text()
    block = page.split("## Alerts to begin with\n\n", 1)[1].split("\n\n`promtool", 1)[0]
    rules = tmp_path / "rules.yml"
    rules.write_text("\n".join(line[4:] for line in block.splitlines()) + "\n")
    done = subprocess.run([shutil.which("promtool"), "check", "rules", str(rules)],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "7 rules found" in done.stdout
