"""What the log says: of what was refused, of a spec with mistakes, of an address nobody has."""

import json
import subprocess
import time

import pytest

from processes import end, wait_for
from raw_http import head, post
from routerc import Router, binary, run
from specs import ALICE, BOB, CHAT, FILED, STRANGER, chat, fingerprint, one_pool, two_pools

PAGE = "https://chat.example"
CORS = {"cors": f'{{ origins: ["{PAGE}"] }}'}
PREFLIGHT = [("Origin", PAGE), ("Access-Control-Request-Method", "POST")]
REFUSED = """
pools:
  - { name: main, endpoints: ["http://127.0.0.1:9001"], modles: ["*"] }
  - { name: main, endpoints: ["http://127.0.0.1:9002"], colour: red }
"""


def last_record(router, asked):
    """The access record of the request that `asked` makes."""
    def requests():
        return [each for each in router.log_records() if each["message"] == "request"]
    seen = len(requests())
    asked()
    wait_for(lambda: len(requests()) > seen, what="an access record")
    return requests()[seen]


def model_record(router, model, key=ALICE, fields=()):
    return last_record(router, lambda: router.ask(post(CHAT, chat(model), key, fields=fields)))


@pytest.fixture(scope="module")
def refusing(first, second, tmp_path_factory):
    """Keys with scopes, no rule for everything, and a page that may ask."""
    with Router(tmp_path_factory.mktemp("log"), two_pools(first, second), listen=CORS) as router:
        yield router


def test_a_refused_model_is_named(refusing):
    missing = model_record(refusing, "gpt-17")
    assert (missing["error"], missing["model"], missing["key"]) == (
        "model_not_found", "gpt-17", "alice")
    forbidden = model_record(refusing, "alpha", BOB)
    assert (forbidden["error"], forbidden["model"], forbidden["key"]) == (
        "model_not_allowed", "alpha", "bob")
    assert model_record(refusing, "org/m:8b")["model"] == "org/m:8b"
    assert model_record(refusing, 'quote"d')["model"] == 'quote"d'


@pytest.mark.parametrize("model", [
    ALICE, BOB, STRANGER, f"x/{STRANGER}", f"Bearer {BOB}", "a b", "modèle",
    "x" * 97, "ghp_0123456789abcdef0123"])
def test_what_may_be_a_secret_or_is_unreadable_is_not(refusing, model):
    record = model_record(refusing, model)
    assert record["error"] == "model_not_found" and "model" not in record


def test_a_key_that_looks_like_a_name_is_known_as_one(first, tmp_path):
    """A key of the table is left out, however it looks."""
    plain = "correct-horse-battery-staple"
    filed = tmp_path / "filed"
    filed.write_text(FILED.removeprefix("sk-"))
    spec = f"""
pools: [{{ name: main, endpoints: ["{first.url}"], models: [alpha] }}]
keys:
  - {{ name: alice, secret: "{fingerprint(ALICE)}" }}
  - {{ name: plain, secret: "{fingerprint(plain)}" }}
  - {{ name: filed, secret: "file:{filed}" }}
"""
    with Router(tmp_path, spec) as router:
        for text in (plain, f"x/{plain}", FILED.removeprefix("sk-")):
            record = model_record(router, text)
            assert record["error"] == "model_not_found" and "model" not in record
        assert model_record(router, plain[:-1])["model"] == plain[:-1]


def test_a_preflight_has_its_path(refusing):
    def preflight(path):
        return last_record(refusing, lambda: refusing.ask(head("OPTIONS", path, PREFLIGHT)))
    record = preflight("/nonexist")
    assert (record["status"], record["path"]) == (204, "/nonexist")
    assert preflight(CHAT)["path"] == CHAT
    for secret in (f"/{STRANGER}", f"/v1/{ALICE}/x", "/" + "x" * 100, "/%73k-0123456789abcdef"):
        assert preflight(secret)["path"] == ""
    evil = [("Origin", "https://evil.example"), PREFLIGHT[1]]
    record = last_record(refusing, lambda: refusing.ask(head("OPTIONS", "/nonexist", evil)))
    assert (record["error"], record["path"]) == ("origin_not_allowed", "/nonexist")
    # What is no preflight is as it was: nobody has said who asks.
    record = last_record(refusing, lambda: refusing.ask(head("GET", "/nonexist", PREFLIGHT[:1])))
    assert (record["status"], record["path"]) == (401, "")


def test_each_finding_is_a_record_at_start(tmp_path):
    path = tmp_path / "router.yaml"
    path.write_text(REFUSED)
    done = run("serve", path, "--log-format", "json", check=1)
    records = [json.loads(line) for line in done.stderr.splitlines()]
    shown = json.loads(run("check", path, "--format", "json", check=1).stdout)["diagnostics"]
    assert len(shown) >= 3
    assert [(each["code"], each["severity"], each["file"], each["line"], each["message"])
            for each in records[:-1]] == [
        (each["code"], each["severity"], each["file"], each["range"]["start"]["line"],
         each["message"]) for each in shown]
    assert records[-1]["message"] == "cannot serve" and "errors, first R" in records[-1]["reason"]
    quiet = run("serve", path, "--log-format", "json", "--log-level", "critical", check=1)
    assert len(quiet.stderr.splitlines()) == 1


def test_each_finding_is_a_record_at_a_reload(first, tmp_path):
    path = tmp_path / "router.yaml"
    log = tmp_path / "log"
    top = f"listen: {{ address: 'unix:{tmp_path}/s' }}\n"
    path.write_text(top + one_pool(first))
    with open(log, "wb") as out:
        process = subprocess.Popen(
            [binary(), "serve", str(path), "--log-format", "json"], stderr=out)
    try:
        def has(text):
            return wait_for(lambda: text in log.read_text(), 10, text)
        has('"listening"')
        path.write_text(top + REFUSED)
        process.send_signal(1)
        has('"table refused"')
        time.sleep(0.05)
        process.terminate()
        assert process.wait(10) == 0
    finally:
        end(process)
    records = [json.loads(line) for line in log.read_text().splitlines()]
    refused = [each["message"] for each in records].index("table refused")
    codes = [each["code"] for each in records[:refused] if "code" in each]
    assert len(codes) >= 3 and "code" in records[refused - 1]
    assert codes[0] in records[refused]["reason"]
    assert records[-1]["message"] == "stopped" and records[-1]["cut_short"] is False


def test_an_address_nobody_has(tmp_path):
    path = tmp_path / "router.yaml"
    path.write_text('pools: [{ name: main, endpoints: ["http://127.0.0.1:9001"] }]\n')
    done = run("serve", path, "--listen", "nosuchhost.invalid:1", "--log-format", "json", check=3)
    assert json.loads(done.stderr.splitlines()[-1])["reason"] == (
        "the address nosuchhost.invalid:1 cannot be listened on: the host has no address")
