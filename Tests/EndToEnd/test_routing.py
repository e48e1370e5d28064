"""What goes upstream: credentials, set headers, base paths, renamed models, pins, anonymous."""

import hashlib
import json

import pytest

from processes import ModelServerProcess
from raw_http import head, post
from routerc import Router, run
from specs import ALICE, ALL_SECRETS, BOB, CHAT, CREDENTIAL, FILED, PINNED
from specs import chat, fingerprint, one_pool, stream, two_pools


def test_the_clients_key_never_goes_upstream(router, first, second):
    for header in ("Authorization", "x-api-key", "api-key"):
        value = f"Bearer {ALICE}" if header == "Authorization" else ALICE
        for model in ("alpha", "beta"):
            answer = router.ask(post(CHAT, chat(model), fields=[(header, value)]))
            assert answer.status == 200
    router.ask(head("GET", "/any", [("Authorization", f"Bearer {PINNED}")]))
    for record in first.requests() + second.requests():
        assert not [secret for secret in ALL_SECRETS if secret in json.dumps(record)]


def test_only_listed_key_headers_count(first, tmp_path):
    with Router(tmp_path, two_pools(first, first), listen={"key_headers": ["api-key"]}) as router:
        answer = router.ask(post(CHAT, chat(), fields=[("api-key", ALICE)]))
        assert answer.status == 200
        assert router.ask(post(CHAT, chat(), ALICE)).status == 401


def test_the_endpoints_credential_and_headers(first, second, tmp_path):
    secret = tmp_path / "credential"
    secret.write_text(CREDENTIAL + "\n")
    extra = f', credential: "file:{secret}", headers: {{ x-team: research, x-set: "a b" }}'
    with Router(tmp_path, two_pools(first, second, extra)) as router:
        answer = router.ask(post(CHAT, chat(), ALICE, [("X-Team", "mine"), ("X-Other", "1")]))
        assert answer.status == 200
        fields = first.last_request()["fields"]
        assert ["authorization", f"Bearer {CREDENTIAL}"] in fields
        assert [value for name, value in fields if name == "x-team"] == ["research"]
        assert ["x-set", "a b"] in fields and ["x-other", "1"] in fields
        secret.write_text("renewed-" + CREDENTIAL)
        assert router.hup()["message"] == "table swapped"
        router.ask(post(CHAT, chat(), ALICE))
        assert ["authorization", f"Bearer renewed-{CREDENTIAL}"] in first.last_request()["fields"]


def test_a_credential_from_the_environment(first, tmp_path):
    spec = two_pools(first, first, ', credential: "env:E2E_CREDENTIAL"')
    with Router(tmp_path, spec, environment={"E2E_CREDENTIAL": CREDENTIAL}) as router:
        router.ask(post(CHAT, chat(), ALICE))
        assert ["authorization", f"Bearer {CREDENTIAL}"] in first.last_request()["fields"]


def test_a_missing_credential_refuses_the_table(first, tmp_path):
    path = tmp_path / "absent"
    router = Router(tmp_path, two_pools(first, first, f', credential: "file:{path}"'))
    done = run("serve", router.table)
    assert done.returncode in (1, 3) and str(path) in done.stderr


def test_credential_client_passes_the_clients_own(first, tmp_path):
    spec = two_pools(first, first, ", credential: client")
    with Router(tmp_path, spec) as router:
        assert router.ask(post(CHAT, chat(), ALICE)).status == 200
        assert ["authorization", f"Bearer {ALICE}"] in first.last_request()["fields"]


def test_a_clients_secret_from_a_file(first, tmp_path):
    secret = tmp_path / "filed"
    secret.write_text(FILED + "\n")
    extra = f'  - {{ name: filed, secret: "file:{secret}" }}'
    with Router(tmp_path, two_pools(first, first, extra=extra)) as router:
        assert router.ask(post(CHAT, chat(), FILED)).status == 200
        secret.write_text(FILED + "-renewed\n")
        assert router.hup()["message"] == "table swapped"
        assert router.ask(post(CHAT, chat(), FILED)).status == 401
        assert router.ask(post(CHAT, chat(), FILED + "-renewed")).status == 200
        secret.unlink()
        record = router.hup()
        assert record["message"] == "table refused" and "filed" in record["reason"]
        assert router.ask(post(CHAT, chat(), FILED + "-renewed")).status == 200


def test_a_unix_upstream(tmp_path):
    with ModelServerProcess("local", listen=f"unix:{tmp_path}/model.sock") as local:
        with Router(tmp_path, one_pool(local)) as router:
            answer = router.ask(post(CHAT, stream()))
            assert answer.status == 200 and answer.body.endswith(b"data: [DONE]\n\n")


def test_a_base_path_stands_in_for_v1(first, tmp_path):
    spec = f"""
pools:
  - {{ name: main, endpoints: ["{first.url}/v1/openai"] }}
models:
  - {{ match: "*", pool: main }}
"""
    with Router(tmp_path, spec) as router:
        assert router.ask(post(CHAT + "?a=1", chat())).status == 200
        assert first.last_request()["target"] == "/v1/openai/chat/completions?a=1"


def test_host_names_the_endpoint(router, first):
    router.ask(post(CHAT, chat(), ALICE))
    assert ["host", first.address] in first.last_request()["fields"]


# Renamed models

# A body with `@` where the model stands, and how the model is written there.
BODIES = [
    (b'{"model":@,"messages":[{"role":"user","content":"\\u00e9 \xc3\xa9 1.0e5"}]}', b'"%s"'),
    (b' {\n\t"a": [1, 2.50, {"model": "x"}], "model" :  @ , "z": "%s" }\n', b'"\\u00%s"'),
    (b'{"n":1E400,"big":123456789012345678901234567890,"model":@,"a":1,"a":2}', b'"%s"'),
]


def filled(body, literal, name):
    """The body with the name in its place, its first letter escaped where the literal says so."""
    escaped = b"%02x" % name[0] + name[1:] if b"\\u00" in literal else name
    return body.replace(b"@", literal % escaped)


@pytest.mark.parametrize("body, literal", BODIES)
def test_send_as_changes_the_model_and_no_other_byte(router, first, body, literal):
    assert router.ask(post(CHAT, filled(body, literal, b"renamed"), ALICE)).status == 200
    expected = body.replace(b"@", b'"real \\"name\\" of it"')
    record = first.last_request()
    assert record["body"].encode("latin-1") == expected
    assert record["body_sha256"] == hashlib.sha256(expected).hexdigest()


@pytest.mark.parametrize("body, literal", BODIES)
def test_without_send_as_no_byte_changes(router, body, literal):
    sent = filled(body, literal, b"alpha")
    answer = router.ask(post(CHAT, sent, ALICE))
    assert answer.field("x-seen-body-sha256") == hashlib.sha256(sent).hexdigest()


def test_send_as_what_the_star_matched(first, tmp_path):
    spec = f"""
pools:
  - {{ name: main, endpoints: ["{first.url}"] }}
models:
  - {{ match: "vendor/*", pool: main, send_as: "*" }}
"""
    with Router(tmp_path, spec) as router:
        answer = router.ask(post(CHAT, chat("vendor/some/model")))
        assert answer.json["model"] == "some/model"


# Pins

@pytest.mark.parametrize("method, target, body", [
    ("GET", "/", b""), ("GET", "/metrics?x=1", b""), ("PUT", "/any/path", b"\x00\xff binary"),
    ("DELETE", "/v1/files/1", b""), ("POST", "/v1/audio", b"not json"), ("PATCH", "/a%20b", b"{}"),
])
def test_a_pinned_key_goes_anywhere(router, second, method, target, body):
    fields = [("Authorization", f"Bearer {PINNED}"), ("Content-Length", len(body))]
    answer = router.ask(head(method, target, fields) + body)
    assert answer.status == 200
    record = second.last_request()
    assert (record["method"], record["target"]) == (method, target)
    assert record["body"].encode("latin-1") == body


def test_an_encoded_body_of_a_pinned_key_passes(router, second):
    fields = [("Content-Encoding", "gzip")]
    assert router.ask(post("/echo", b"\x1f\x8b\x08", PINNED, fields)).status == 200
    assert ["content-encoding", "gzip"] in second.last_request()["fields"]


# Who may come without a key

def test_no_keys_at_all_means_no_check(first, tmp_path):
    spec = f'pools:\n  - {{ name: main, endpoints: ["{first.url}"] }}\n' \
           'models:\n  - { match: "*", pool: main }\n'
    with Router(tmp_path, spec) as router:
        assert router.ask(post(CHAT, chat())).status == 200
        assert router.ask(post(CHAT, chat(), "whatever")).status == 200


@pytest.mark.parametrize("form, without, unlisted", [
    ("anonymous: deny", 401, 401),
    ("anonymous: allow", 200, 200),
    ("anonymous: { models: [alpha] }", 200, 401),
])
def test_anonymous(first, second, tmp_path, form, without, unlisted):
    with Router(tmp_path, two_pools(first, second, extra=form)) as router:
        assert router.ask(post(CHAT, chat("alpha"))).status == without
        assert router.ask(post(CHAT, chat("beta"))).status == unlisted
        assert router.ask(post(CHAT, chat("alpha"), "sk-not-a-key")).status == 401
        assert router.ask(post(CHAT, chat("alpha"), ALICE)).status == 200


@pytest.mark.parametrize("listed", ["true", "false"])
def test_anonymous_may_list_models_only_when_told(first, second, tmp_path, listed):
    form = f"anonymous: {{ models: [alpha], list_models: {listed} }}"
    with Router(tmp_path, two_pools(first, second, extra=form)) as router:
        answer = router.ask(head("GET", "/v1/models"))
        if listed == "true":
            assert [model["id"] for model in answer.json["data"]] == ["alpha"]
        else:
            assert answer.status in (401, 403)


def test_paths_of_a_key(first, tmp_path):
    extra = f"""  - name: narrow
    secret: "{fingerprint('sk-narrow-key-of-a-test')}"
    paths: [/v1/embeddings]
"""
    with Router(tmp_path, two_pools(first, first, extra=extra)) as router:
        body = {"model": "alpha", "input": "x"}
        assert router.ask(post("/v1/embeddings", body, "sk-narrow-key-of-a-test")).status == 200
        assert router.ask(post(CHAT, chat(), "sk-narrow-key-of-a-test")).status in (403, 404)


def test_weights_share_the_requests(first, second, tmp_path):
    spec = f"""
endpoints:
  - {{ name: one, url: "{first.url}" }}
  - {{ name: two, url: "{second.url}" }}
pools:
  - {{ name: main, endpoints: [{{ use: one, weight: 3 }}, two] }}
models:
  - {{ match: "*", pool: main }}
"""
    with Router(tmp_path, spec) as router:
        # One connection, so one loop and one ring.
        with router.client() as client:
            names = [client.ask(post(CHAT, chat())).field("x-model-server") for _ in range(40)]
    assert names.count("first") == 30 and names.count("second") == 10
