"""What `routerc route --given` says is what the server does, in random worlds: pools with tiers and
sessions, splits, further pools and models, and endpoints that are down."""

import hashlib
import json
import os
import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from processes import ModelServerProcess
from raw_http import post
from routerc import Router, run
from specs import ALICE, BOB, CHAT, chat, fingerprint

WORLDS = int(os.environ.get("ROUTERC_WORLDS", "1000"))
SPECS = WORLDS // 10
ENDPOINTS = [f"e{number}" for number in range(8)]
POOLS = ["p0", "p1", "p2", "p3"]
MODELS = ["big", "small", "other", "pattern-1"]
KEYS = {"alice": ALICE, "bob": BOB}


@pytest.fixture(scope="module")
def servers():
    processes = {name: ModelServerProcess(name) for name in ENDPOINTS}
    try:
        yield processes
    finally:
        for process in processes.values():
            process.__exit__()


def some(rng, things, most):
    return ", ".join(rng.sample(things, rng.randint(1, most)))


def course(rng, pool):
    """What a rule says after its pool."""
    text = ""
    if rng.random() < 0.6:
        text += f", then: [{some(rng, [p for p in POOLS if p != pool], 2)}]"
    if rng.random() < 0.6:
        text += f", fallback: [{some(rng, MODELS, 3)}]"
    return text


def random_spec(rng, servers, down):
    """Sessions in every pool of several endpoints, so that turns decide nothing."""
    lines = [
        "defaults:",
        "  discovery: none",
        "  health: none",
        "  retry: { attempts: 10, backoff: 0s, budget: 100% }",
        "  breaker: none",
        "  sticky: { by: [body:user] }",
        "endpoints:"]
    for name in ENDPOINTS:
        url = "http://127.0.0.1:9" if name in down else servers[name].url
        drain = ", drain: true" if rng.random() < 0.1 else ""
        lines.append(f"  - {{ name: {name}, url: \"{url}\"{drain} }}")
    lines.append("pools:")
    for pool in POOLS:
        members = ", ".join(
            f"{{ use: {name}, tier: {rng.randint(1, 2)}, weight: {rng.randint(1, 3)} }}"
            for name in rng.sample(ENDPOINTS, rng.randint(1, 3)))
        lines.append(f"  - {{ name: {pool}, endpoints: [{members}] }}")
    lines.append("models:")
    for model in MODELS:
        match = "'pattern-*'" if model.startswith("pattern") else model
        pool = rng.choice(POOLS)
        target = f"pool: {pool}"
        if rng.random() < 0.4:
            other = rng.choice([p for p in POOLS if p != pool])
            target = f"split: {{ {pool}: 30, {other}: 70 }}"
        send_as = rng.choice(["", ", send_as: own-name"])
        lines.append(f"  - {{ match: {match}, {target}{course(rng, pool)}{send_as} }}")
    lines.append("keys:")
    lines.append(f'  - {{ name: alice, secret: "{fingerprint(ALICE)}" }}')
    lines.append(f'  - {{ name: bob, secret: "{fingerprint(BOB)}", models: [big, small] }}')
    return "\n".join(lines) + "\n"


def told(router, question, down):
    key, model, user = question
    given = [part for name in sorted(down) for part in ("--given", f"down={name}")]
    done = run("route", router.table, "--key-name", key, "--model", model, "--user", user,
               *given, "--format", "json")
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def compare(client, question, answer):
    """Asks the server, and says what kind of answer both gave."""
    key, model, user = question
    seen = client.ask(post(CHAT, chat(model, user=user), KEYS[key]))
    context = (question, answer, seen.status, seen.body)
    if "status" in answer and answer["code"] == "no_endpoint":
        # The server has to try in order to know; where all drain it need not.
        assert seen.status in (502, 503), context
        return "nobody"
    if "status" in answer:
        assert (seen.status, seen.error_code) == (answer["status"], answer["code"]), context
        return "refused"
    assert seen.status == 200 and seen.field("x-model-server") == answer["endpoint"], context
    sent = json.loads(answer["send_as"]) if isinstance(answer["send_as"], str) and \
        answer["send_as"].startswith('"') else answer["send_as"] or model
    body = json.dumps(chat(sent, user=user)).encode()
    assert seen.field("x-seen-body-sha256") == hashlib.sha256(body).hexdigest(), context
    return "moved" if any("none of" in step for step in answer["steps"]) else "first"


def test_route_given_says_what_the_server_does(servers, tmp_path):
    rng = random.Random(5)
    kinds = []
    worlds = []
    for _ in range(SPECS):
        down = set(rng.sample(ENDPOINTS, rng.randint(0, 6)))
        questions = [(rng.choice(list(KEYS)), rng.choice(MODELS + ["nope"]), f"u{rng.random()}")
                     for _ in range(10)]
        worlds.append((random_spec(rng, servers, down), down, questions))
    with Router(tmp_path, worlds[0][0]) as router:
        for text, down, questions in worlds:
            router.reload(text)
            with ThreadPoolExecutor(2) as pool:
                answers = list(pool.map(lambda question: told(router, question, down), questions))
            with router.client() as client:
                for question, answer in zip(questions, answers):
                    kinds.append(compare(client, question, answer))
    assert len(kinds) == SPECS * 10
    # The worlds are of every kind, or they would show little.
    assert all(kinds.count(kind) >= len(kinds) / 50 for kind in
               ("nobody", "refused", "moved", "first")), kinds
