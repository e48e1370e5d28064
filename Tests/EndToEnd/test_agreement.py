"""What `routerc route` says is what the server does: a thousand random requests."""

import hashlib
import json
import os
import random
from concurrent.futures import ThreadPoolExecutor

from raw_http import head, post
from routerc import Router, run
from specs import CHAT, chat, fingerprint

REQUESTS = int(os.environ.get("ROUTERC_AGREEMENT", "1000"))
PIECES = ["a", "b", "ab", "ba", "a-b", "c/", "1", '"', "\\", "é"]
PATHS = [CHAT] * 6 + ["/v1/embeddings", "/v1/nothing", "/v1/audio/speech", "/slots"]
METHODS = ["POST"] * 8 + ["GET", "DELETE"]


def random_model(rng):
    return "".join(rng.choice(PIECES) for _ in range(rng.randint(1, 3)))


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def random_spec(rng, servers):
    """Pools of one endpoint, so that the endpoint follows from the pool, one below a path."""
    models = {random_model(rng) for _ in range(12)}
    lines = ["pools:"]
    for name, url in servers.items():
        lines.append(f'  - {{ name: {name}, endpoints: ["{url}"] }}')
    lines.append("models:")
    names = list(servers)
    for model in sorted(models):
        send_as = rng.choice(["", ", send_as: 'its \"own\" name'"])
        pool = rng.choice(names)
        lines.append(f"  - {{ match: {quoted('id:' + model)}, pool: {pool}{send_as} }}")
    lines.append(f"  - {{ match: 'a*', pool: {rng.choice(names)}, send_as: '*' }}")
    lines.append(f"  - {{ match: '*b', pool: {rng.choice(names)} }}")
    lines.append(f"  - {{ match: 're:[1c].*', pool: {rng.choice(names)} }}")
    keys = {}
    lines.append("keys:")
    scopes = ["", ", models: ['a*', 're:.*1']", f", models: [{quoted('id:' + sorted(models)[0])}]",
              ", pin: plain", ", paths: [/v1/chat/*, /v1/embeddings]", ", expires: 2020-01-01"]
    for index, scope in enumerate(scopes):
        keys[f"k{index}"] = f"sk-agreement-{index}-{rng.random()}"
        secret = fingerprint(keys[f"k{index}"])
        lines.append(f'  - {{ name: k{index}, secret: "{secret}"{scope} }}')
    return "\n".join(lines) + "\n", keys, sorted(models)


def test_route_says_what_the_server_does(first, second, tmp_path):
    rng = random.Random(20261121)
    servers = {"plain": first.url, "below": f"{second.url}/v1/own"}
    spec, keys, models = random_spec(rng, servers)
    questions = []
    for _ in range(REQUESTS):
        model = rng.choice(models) if rng.random() < 0.5 else random_model(rng)
        questions.append((rng.choice(list(keys)), model, rng.choice(PATHS), rng.choice(METHODS)))

    with Router(tmp_path, spec) as router:

        def told(question):
            key, model, path, method = question
            done = run("route", router.table, "--key-name", key, "--model", model, "--path", path,
                       "--method", method, "--at", "1800000000", "--format", "json")
            return json.loads(done.stdout)

        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(told, questions))
        seen = set()
        with router.client() as client:
            for question, answer in zip(questions, answers):
                seen.add(compare(client, keys, question, answer))
    # The questions reach every kind of answer, or they would show little.
    assert {200, 401, 403, 404, 405} <= seen, seen


def compare(client, keys, question, told):
    key, model, path, method = question
    if method == "POST":
        body = json.dumps(chat(model), ensure_ascii=False).encode()
        request = post(path, body, keys[key])
    else:
        body = b""
        request = head(method, path, [("Authorization", f"Bearer {keys[key]}")])
    answer = client.ask(request)
    context = (question, told, answer.status, answer.body)
    if "status" in told:
        assert answer.status == told["status"], context
        assert answer.json["error"]["code"] == told["code"], context
        return answer.status
    assert told["served_by"] == "endpoint", context
    server = {"plain": "first", "below": "second"}[told["pool"]]
    assert answer.field("x-model-server") == server, context
    target = path if server == "first" else "/v1/own" + path.removeprefix("/v1")
    assert answer.field("x-seen-target") == target and told["url"].endswith(target), context
    if told["send_as"] is not None:
        sent = json.dumps(model, ensure_ascii=False).encode()
        own = json.dumps(told["send_as"], ensure_ascii=False).encode()
        body = body.replace(b'"model": ' + sent, b'"model": ' + own, 1)
    assert answer.field("x-seen-body-sha256") == hashlib.sha256(body).hexdigest(), context
    return 200
