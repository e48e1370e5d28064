"""Where a request goes when its pool has nobody: `then`, `fallback`; and who gets a split."""

import hashlib
import json
import time

import pytest

from processes import ModelServerProcess, wait_for
from raw_http import head, post
from routerc import Router, free_port, run
from specs import ALICE, BOB, CHAT, chat, fingerprint, stream

CLOSED = "http://127.0.0.1:9"


def spec(local, cloud, rule, extra="", keys=""):
    """Two pools of one endpoint each, a third for the model 'small', and one rule for 'big'."""
    return f"""
{extra}
endpoints:
  - {{ name: gpu, url: "{local}" }}
  - {{ name: cloud, url: "{cloud}" }}
pools:
  - {{ name: local, endpoints: [gpu] }}
  - {{ name: cloud, endpoints: [cloud] }}
  - {{ name: spare, endpoints: [cloud], models: [small, secret] }}
models:
  - {{ match: big, {rule} }}
{keys or "anonymous: allow"}
"""


def routed(folder, text):
    return Router(folder, text, arguments=("--loops", "1"))


def sent(body):
    return hashlib.sha256(json.dumps(body).encode()).hexdigest()


@pytest.mark.parametrize("body", [chat("big"), stream("big")], ids=["answer", "stream"])
def test_the_next_pool_takes_over(first, tmp_path, body):
    with routed(tmp_path, spec(CLOSED, first.url, "pool: local, then: [cloud]")) as router:
        start = time.monotonic()
        for _ in range(20):
            answer = router.ask(post(CHAT, body))
            assert answer.status == 200 and answer.field("x-model-server") == "first"
        # At once, without the pauses of an endpoint that nobody else can stand in for.
        assert time.monotonic() - start < 1
        text = router.ask_admin("GET", "/metrics").body.decode()
        assert 'routerc_requests_total{pool="cloud",status_class="2xx"} 20\n' in text
        assert 'routerc_requests_in_flight{pool="local"} 0\n' in text
        assert 'routerc_requests_in_flight{pool="cloud"} 0\n' in text


def test_an_answer_that_cannot_goes_on(first, second, tmp_path):
    with routed(tmp_path, spec(first.url, second.url, "pool: local, then: [cloud]")) as router:
        first.order("status=503", times=3)
        servers = [router.ask(post(CHAT, chat("big"))).field("x-model-server") for _ in range(4)]
        assert servers == ["second"] * 3 + ["first"]


def test_a_pool_that_has_enough_is_passed_over(first, second, tmp_path):
    with routed(tmp_path, spec(first.url, second.url, "pool: local, then: [cloud]")) as router:
        first.order("status=429", times=1)
        answers = [router.ask(post(CHAT, chat("big"))) for _ in range(3)]
        assert [answer.field("x-model-server") for answer in answers] == ["second"] * 3
        assert [answer.field("x-routerc-attempts") for answer in answers] == ["2", "1", "1"]
        assert {answer.field("x-routerc-pool") for answer in answers} == {"cloud"}


def test_the_last_answer_is_passed_on(first, second, tmp_path):
    with routed(tmp_path, spec(first.url, second.url, "pool: local, then: [cloud]")) as router:
        first.order("status=503", times=1)
        second.order("status=429", times=1)
        assert router.ask(post(CHAT, chat("big"))).status == 429


def test_a_pool_that_drains_is_passed_over(first, second, tmp_path):
    text = spec(first.url, second.url, "pool: local, then: [cloud]").replace(
        f'"{first.url}"', f'"{first.url}", drain: true')
    with routed(tmp_path, text) as router:
        answer = router.ask(post(CHAT, chat("big")))
        assert answer.field("x-model-server") == "second"
        told = run("route", router.table, "--model", "big")
        assert "none of its endpoints can be tried\npool 'cloud'" in told.stdout


def test_another_model_is_sent_as_itself(first, tmp_path):
    rule = "pool: local, fallback: [small]"
    with routed(tmp_path, spec(CLOSED, first.url, rule)) as router:
        answer = router.ask(post(CHAT, chat("big", user="u")))
        assert answer.status == 200
        assert answer.field("x-seen-body-sha256") == sent(chat("small", user="u"))


def test_who_may_not_use_a_model_does_not_fall_back_to_it(first, tmp_path):
    keys = f"""
keys:
  - {{ name: alice, secret: "{fingerprint(ALICE)}", models: [big, small] }}
  - {{ name: bob, secret: "{fingerprint(BOB)}", models: [big] }}
"""
    rule = "pool: local, fallback: [secret, small]"
    text = spec(CLOSED, first.url, rule, extra="defaults: { retry: { backoff: 1ms } }", keys=keys)
    with routed(tmp_path, text) as router:
        answer = router.ask(post(CHAT, chat("big"), ALICE))
        assert answer.field("x-seen-body-sha256") == sent(chat("small"))
        answer = router.ask(post(CHAT, chat("big"), BOB))
        assert answer.status == 502 and b"upstream_unreachable" in answer.body


def test_a_model_can_fall_back_to_another_at_its_endpoint(first, tmp_path):
    rule = "pool: local, fallback: [small]"
    with routed(tmp_path, spec(first.url, first.url, rule)) as router:
        first.order("status=503", times=1)
        answer = router.ask(post(CHAT, chat("big")))
        assert answer.field("x-seen-body-sha256") == sent(chat("small"))


def test_a_clients_mistake_goes_nowhere_else(first, second, tmp_path):
    with routed(tmp_path, spec(first.url, second.url, "pool: local, then: [cloud]")) as router:
        first.order("status=422", times=1)
        assert router.ask(post(CHAT, chat("big"))).status == 422
        assert not [seen for seen in second.requests() if seen["target"] == CHAT]


def test_without_retries_nothing_is_sent_twice(first, second, tmp_path):
    extra = "defaults: { retry: { when: [] } }"
    text = spec(first.url, second.url, "pool: local, then: [cloud]", extra=extra)
    with routed(tmp_path, text) as router:
        first.order("status=503", times=1)
        assert router.ask(post(CHAT, chat("big"))).status == 503


def test_all_gone_is_one_error(tmp_path):
    rule = "pool: local, then: [cloud], fallback: [small]"
    extra = "defaults: { retry: { backoff: 1ms } }"
    with routed(tmp_path, spec(CLOSED, CLOSED, rule, extra=extra)) as router:
        answer = router.ask(post(CHAT, chat("big")))
        assert answer.status == 502 and b"upstream_unreachable" in answer.body
        assert b"127.0.0.1" not in answer.body


def test_a_split_has_its_shares(first, second, tmp_path):
    rule = "split: { local: 80, cloud: 20 }"
    with routed(tmp_path, spec(first.url, second.url, rule)) as router:
        with router.client() as client:
            servers = [client.ask(post(CHAT, chat("big"))).field("x-model-server")
                       for _ in range(1000)]
    # Three standard deviations of a thousand draws.
    assert abs(servers.count("first") - 800) <= 38


def test_a_session_stays_on_its_side(first, second, tmp_path):
    extra = "defaults: { sticky: { by: [body:user] } }"
    rule = "split: { local: 50, cloud: 50 }, then: [local, cloud]"
    with routed(tmp_path, spec(first.url, second.url, rule, extra=extra)) as router:
        sides = {}
        with router.client() as client:
            for _ in range(3):
                for user in range(40):
                    answer = client.ask(post(CHAT, chat("big", user=f"u{user}")))
                    sides.setdefault(user, set()).add(answer.field("x-model-server"))
        assert all(len(seen) == 1 for seen in sides.values())
        assert {side for seen in sides.values() for side in seen} == {"first", "second"}
        told = run("route", router.table, "--model", "big", "--user", "u7")
        assert "a split, drawn by the session" in told.stdout
        side = {"first": "gpu", "second": "cloud"}[sides[7].pop()]
        assert f"endpoint '{side}'" in told.stdout


def test_the_other_side_takes_over(first, tmp_path):
    rule = "split: { local: 50, cloud: 50 }, then: [local, cloud]"
    with routed(tmp_path, spec(CLOSED, first.url, rule)) as router:
        for _ in range(20):
            assert router.ask(post(CHAT, chat("big"))).status == 200


def test_a_pool_that_is_left_alone_is_not_the_last_resort(first, tmp_path):
    """An open breaker moves requests on; it is asked again only when nobody else is left."""
    extra = "defaults: { breaker: { errors: 1, within: 30s, try_again: 1h } }"
    rule = "pool: local, then: [cloud]"
    with ModelServerProcess("local") as local:
        with routed(tmp_path, spec(local.url, first.url, rule, extra=extra)) as router:
            local.order("reset-before-answer", times=1)
            for _ in range(5):
                answer = router.ask(post(CHAT, chat("big")))
                assert answer.field("x-model-server") == "first"
            first.order("status=503", times=1)
            answer = router.ask(post(CHAT, chat("big")))
            assert answer.field("x-model-server") == "local"


def test_a_rule_for_some_keys(first, second, tmp_path):
    text = f"""
pools:
  - {{ name: everybody, endpoints: ["{first.url}"] }}
  - {{ name: own, endpoints: ["{second.url}"] }}
models:
  - {{ match: big, pool: everybody }}
  - {{ match: big, for: [bob], pool: own }}
  - {{ match: secret, for: [bob], pool: own }}
keys:
  - {{ name: alice, secret: "{fingerprint(ALICE)}" }}
  - {{ name: bob, secret: "{fingerprint(BOB)}" }}
"""
    with routed(tmp_path, text) as router:
        for key, server, models in (ALICE, "first", ["big"]), (BOB, "second", ["big", "secret"]):
            answer = router.ask(post(CHAT, chat("big"), key))
            assert answer.field("x-model-server") == server
            listed = router.ask(head("GET", "/v1/models", [("Authorization", f"Bearer {key}")]))
            assert [model["id"] for model in listed.json["data"]] == models
        assert router.ask(post(CHAT, chat("secret"), ALICE)).error_code == "model_not_found"
        told = run("route", router.table, "--key-name", "bob", "--model", "big")
        assert "pool 'own'" in told.stdout


def test_a_client_names_what_else_will_do(first, tmp_path):
    text = spec(CLOSED, first.url, "pool: local, fallback: [secret]", extra="client_fallback: true")
    with routed(tmp_path, text) as router:
        answer = router.ask(post(CHAT, chat("nothing|big|small", user="u")))
        assert answer.field("x-seen-body-sha256") == sent(chat("small", user="u"))
        answer = router.ask(post(CHAT, chat("small")))
        assert answer.field("x-seen-body-sha256") == sent(chat("small"))
        assert router.ask(post(CHAT, chat("nothing|no"))).error_code == "model_not_found"
        told = run("route", router.table, "--model", "nothing | small", "--format", "json")
        assert json.loads(told.stdout)["send_as"] == "small"
    with routed(tmp_path, spec(first.url, first.url, "pool: local")) as router:
        assert router.ask(post(CHAT, chat("big|small"))).error_code == "model_not_found"


def serving(one, two, models, extra=""):
    return f"""
{extra}
endpoints:
  - {{ name: one, url: "{one}" }}
  - {{ name: two, url: "{two}" }}
pools:
  - name: main
    endpoints:
      - {{ use: one, models: {models} }}
      - {{ use: two, models: [beta, "gamma-*"] }}
    models: ["*"]
"""


def test_endpoints_are_asked_for_what_they_serve(first, second, tmp_path):
    with routed(tmp_path, serving(first.url, second.url, "[alpha, gamma-1]")) as router:
        def servers(model):
            return {router.ask(post(CHAT, chat(model))).field("x-model-server") for _ in range(6)}

        assert servers("alpha") == {"first"}
        assert servers("beta") == servers("gamma-2") == {"second"}
        assert servers("gamma-1") == {"first", "second"}
        answer = router.ask(post(CHAT, chat("nothing")))
        assert answer.status == 404 and answer.error_code == "model_not_found"
        told = run("route", router.table, "--model", "nothing", check=1)
        assert "none of its endpoints serves the model" in told.stdout
        assert "endpoint 'two'" in run("route", router.table, "--model", "beta").stdout
        # Another endpoint does not stand in for one that is the only one with a model.
        first.order("status=503", times=1)
        assert router.ask(post(CHAT, chat("alpha"))).status == 503


def test_what_an_endpoint_names_is_what_it_serves(first, second, tmp_path):
    extra = "defaults: { discovery: { interval: 1s } }"
    with routed(tmp_path, serving(first.url, second.url, "discovered", extra)) as router:
        def listed():
            answer = router.ask(head("GET", "/v1/models"))
            return {model["id"] for model in answer.json["data"]}

        names = wait_for(listed)
        name = sorted(names - {"beta"})[0]
        assert router.ask(post(CHAT, chat(name))).field("x-model-server") == "first"
        assert router.ask(post(CHAT, chat("nothing"))).error_code == "model_not_found"
        assert router.ask(post(CHAT, chat("beta"))).field("x-model-server") == "second"
        given = ("--given", f"serves=one={name}")
        assert "endpoint 'one'" in run("route", router.table, "--model", name, *given).stdout
        told = run("route", router.table, "--model", "nothing", *given, check=1)
        assert "none of its endpoints serves the model" in told.stdout


@pytest.mark.parametrize("how", ["drains", "refuses", "falls back"])
def test_shares_hold_where_a_pool_takes_over(first, second, tmp_path, how):
    gone = 'url: "http://127.0.0.1:9"' + (", drain: true" if how == "drains" else "")
    rule = "fallback: [other]" if how == "falls back" else "then: [even]"
    text = f"""
defaults: {{ breaker: none }}
endpoints:
  - {{ name: gone, {gone} }}
  - {{ name: one, url: "{first.url}" }}
  - {{ name: two, url: "{second.url}" }}
pools:
  - {{ name: away, endpoints: [gone], retry: {{ attempts: 1 }} }}
  - {{ name: even, endpoints: [one, two] }}
  - {{ name: uneven, endpoints: [{{ use: one, weight: 3 }}, two], models: [other] }}
models:
  - {{ match: big, pool: away, {rule} }}
anonymous: allow
"""
    with routed(tmp_path, text) as router, router.client() as client:
        servers = [client.ask(post(CHAT, chat("big"))).field("x-model-server") for _ in range(40)]
        assert servers.count("first") == (30 if how == "falls back" else 20)


def test_an_outage_is_no_missing_model(first, tmp_path):
    text = f"""
client_fallback: true
defaults: {{ retry: {{ when: [] }} }}
endpoints:
  - {{ name: gone, url: "http://127.0.0.1:9", drain: true }}
  - {{ name: here, url: "{first.url}" }}
pools:
  - name: uneven
    endpoints: [{{ use: gone, models: [a, b] }}, {{ use: here, models: [c] }}]
    models: ["*"]
  - {{ name: other, endpoints: [{{ use: gone, models: [b] }}] }}
models:
  - {{ match: b, pool: uneven, then: [other] }}
"""
    with routed(tmp_path, text) as router:
        for model, status in ("c", 200), ("a", 503), ("b", 503), ("d", 404), ("d|a", 503):
            answer = router.ask(post(CHAT, chat(model)))
            assert answer.status == status, model
            done = run("route", router.table, "--model", model, "--format", "json",
                       check=0 if status == 200 else 1)
            assert json.loads(done.stdout).get("status", 200) == status, model


def test_models_of_a_list_are_tried_at_one_endpoint(first, tmp_path):
    text = spec(first.url, CLOSED, "pool: local", extra="client_fallback: true")
    text = text.replace("models:\n", "models:\n  - { match: little, pool: local }\n", 1)
    with routed(tmp_path, text) as router:
        first.order("status=503", times=1)
        answer = router.ask(post(CHAT, chat("big|little")))
        assert answer.status == 200
        assert answer.field("x-seen-body-sha256") == sent(chat("little"))


def test_a_list_hides_no_secret_in_the_log(first, tmp_path):
    text = spec(first.url, first.url, "pool: local", extra="client_fallback: true")
    with routed(tmp_path, text) as router:
        secret = "sk-proj-abcdefgh12345678"
        assert router.ask(post(CHAT, chat(f"{secret}|big"))).status == 200
        assert router.ask(post(CHAT, chat(f"{secret}|nothing"))).status == 404
        answer = router.ask(head("GET", "/v1/models/big%7Csmall"))
        assert answer.status == 404
        wait_for(lambda: router.log_text().count("/v1/models") >= 1)
        assert secret not in router.log_text() and "big" in router.log_text()


def test_an_endpoint_that_is_drained_in_a_pause_is_not_asked(tmp_path):
    port = free_port()
    text = spec(f"http://127.0.0.1:{port}", CLOSED, "pool: local",
                extra="defaults: { retry: { attempts: 3, backoff: 2s } }")
    with routed(tmp_path, text) as router:
        client = router.client()
        client.send(post(CHAT, chat("big")))
        time.sleep(0.2)
        run("endpoint", "drain", "gpu", "--admin", router.admin)
        with ModelServerProcess("late", listen=f"127.0.0.1:{port}") as late:
            answer = client.read_answer()
            assert answer.status == 503 and answer.error_code == "no_endpoint"
            assert not [seen for seen in late.requests() if seen["target"] == CHAT]
        client.close()


def test_a_path_that_one_member_can_carry_always_goes_there(first, second, tmp_path):
    below = ", ".join(f'"{first.url}/v1/own{number}/v1"' for number in range(20))
    text = f"""
pools:
  - {{ name: mixed, endpoints: [{below}, "{second.url}"] }}
keys:
  - {{ name: alice, secret: "{fingerprint(ALICE)}", pin: mixed }}
"""
    with routed(tmp_path, text) as router:
        request = head("GET", "/slots", [("Authorization", f"Bearer {ALICE}")])
        answers = [router.ask(request) for _ in range(24)]
        assert {answer.field("x-model-server") for answer in answers} == {"second"}
        told = run("route", router.table, "--key-name", "alice", "--method", "GET",
                   "--path", "/slots", "--ticket", "3")
        assert second.url in told.stdout
