"""`/v1/models`: what the spec names and what endpoints have, as far as the caller may use it."""

import json
import time

import openai
import pytest

from list_server import ListServer, entry, gone_url, listed, llama_listed
from processes import wait_for
from raw_http import head, post
from routerc import Router
from specs import ALICE, BOB, CHAT, PINNED, chat, fingerprint

ONCE = "defaults: { discovery: { interval: 1h, timeout: 2s } }"


def shop(first, second):
    """Two llama-servers, rules that share out what they have, and callers who may use some."""
    return f"""
{ONCE}
endpoints:
  - {{ name: one, url: "{first.url}", kind: llamacpp }}
  - {{ name: two, url: "{second.url}", kind: llamacpp }}
pools:
  - {{ name: main, endpoints: [one] }}
  - {{ name: side, endpoints: [two] }}
  - {{ name: both, endpoints: [two, one] }}
models:
  - {{ match: alpha, pool: main, about: {{ description: "The first", context: 8192 }} }}
  - {{ match: hidden, pool: main, listed: false }}
  - {{ match: planned, pool: side }}
  - {{ match: 'org/*', pool: side }}
  - {{ match: 'internal-*', pool: main, listed: false }}
  - {{ match: 'common*', pool: both }}
  - {{ match: 'm*', pool: main }}
keys:
  - {{ name: alice, secret: "{fingerprint(ALICE)}" }}
  - {{ name: bob, secret: "{fingerprint(BOB)}", models: [alpha, 'org/*'] }}
  - {{ name: pinned, secret: "{fingerprint(PINNED)}", pin: side }}
"""


FIRST = ["alpha", "m1", "m0", "hidden", "internal-x", "common", "unrouted", "org/elsewhere"]
SECOND = ["org/a b", "org/deep/er", "m1-of-second", "common", "planned"]
ALICES = ["alpha", "common", "m0", "m1", "org/a b", "org/deep/er", "planned"]


@pytest.fixture(scope="module")
def servers():
    with ListServer(llama_listed(*FIRST), "one") as first, \
            ListServer(llama_listed(*SECOND), "two") as second:
        yield first, second


@pytest.fixture(scope="module")
def router(servers, tmp_path_factory):
    with Router(tmp_path_factory.mktemp("lists"), shop(*servers)) as running:
        wait_for(lambda: ids(running, ALICE) == ALICES, what=f"the list {ALICES}")
        yield running


def get(router, target="/v1/models", key=None, fields=(), method="GET"):
    own = [("Authorization", f"Bearer {key}")] if key else []
    return router.ask(head(method, target, [*own, *fields]), to_head=method == "HEAD")


def ids(router, key):
    answer = get(router, key=key)
    assert answer.status == 200, answer.body
    return [model["id"] for model in answer.json["data"]]


def test_a_caller_sees_what_it_may_use(router):
    assert ids(router, ALICE) == ALICES
    assert ids(router, BOB) == ["alpha", "org/a b", "org/deep/er"]
    assert get(router).status == 401


def test_every_model_of_the_list_is_served_by_its_endpoint(router, servers):
    by_pool = {"alpha": "one", "m0": "one", "m1": "one", "org/a b": "two", "org/deep/er": "two"}
    for model, name in by_pool.items():
        answer = router.ask(post(CHAT, chat(model), ALICE))
        assert answer.json["served_by"] == name, model


def test_the_two_lists_have_the_same_models_in_the_same_order(router):
    value = get(router, key=ALICE).json
    assert list(value) == ["object", "data", "models"] and value["object"] == "list"
    assert [model["id"] for model in value["data"]] == [one["model"] for one in value["models"]]
    data = {model["id"]: model for model in value["data"]}
    models = {model["model"]: model for model in value["models"]}
    # The spec's own word, and nothing of the endpoint's.
    assert data["alpha"] == {
        "id": "alpha", "object": "model", "created": 0, "owned_by": "routerc",
        "description": "The first", "context": 8192}
    assert models["alpha"] == {"model": "alpha", "name": "alpha"}
    # The endpoint's.
    assert data["m1"]["owned_by"] == "llamacpp" and data["m1"]["meta"]["n_ctx"] == 4096
    assert models["m1"] == {"name": "m1", "model": "m1", "capabilities": ["completion"]}


def test_of_two_endpoints_the_first_of_the_spec_shows_a_model(tmp_path):
    """The pool names them the other way round."""
    with ListServer({"data": [{**entry("m"), "owned_by": "first"}]}) as first, \
            ListServer({"data": [{**entry("m"), "owned_by": "second"}]}) as second:
        spec = f"""
{ONCE}
endpoints:
  - {{ name: zz, url: "{first.url}" }}
  - {{ name: aa, url: "{second.url}" }}
pools: [{{ name: main, endpoints: [aa, zz], models: ["*"] }}]
"""
        with Router(tmp_path, spec) as router:
            both = [("ok", 1), ("ok", 1)]
            wait_for(lambda: [(each["state"], each["models"])
                              for each in router.status()["discovery"]] == both)
            wait_for(lambda: get(router).json["data"][0]["owned_by"] == "first")


def test_one_model(router):
    for target in ("/v1/models/m1", "/v1/models/org/deep/er", "/v1/models/org%2Fdeep%2Fer",
                   "/v1/models/org/a%20b"):
        answer = get(router, target, ALICE)
        assert answer.status == 200 and answer.json["owned_by"] == "llamacpp", target
    assert get(router, "/v1/models/alpha", ALICE).json["owned_by"] == "routerc"
    # What is hidden is served all the same, and nobody has named this one.
    assert get(router, "/v1/models/hidden", ALICE).json["id"] == "hidden"
    assert get(router, "/v1/models/org/unheard", ALICE).json["owned_by"] == "routerc"
    assert get(router, "/v1/models/m1", BOB).status == 403
    assert get(router, "/v1/models/unrouted", ALICE).status == 404


def test_the_official_client_lists_and_retrieves(router):
    client = router.openai(ALICE)
    assert [model.id for model in client.models.list()] == ALICES
    for model in ALICES:
        assert client.models.retrieve(model).id == model
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("unrouted")


def test_a_pinned_key_sees_its_pools_own_list(router, servers):
    answer = get(router, key=PINNED)
    assert {model["id"] for model in answer.json["data"]} == set(SECOND)
    assert answer.field("etag") is None


# What has not changed

def test_an_answer_has_a_tag_and_is_not_sent_twice(router):
    answer = get(router, key=ALICE)
    tag = answer.field("etag")
    assert tag.startswith('"') and answer.field("cache-control") == "private, no-cache"
    assert get(router, key=ALICE).field("etag") == tag
    assert get(router, key=BOB).field("etag") != tag
    for value in (tag, f"W/{tag}", "*", f'"other", {tag}'):
        same = get(router, key=ALICE, fields=[("If-None-Match", value)])
        assert same.status == 304 and same.field("etag") == tag and same.body == b""
        assert same.field("content-length") is None
    for value in ('"other"', tag[:-1], tag.upper(), "nonsense"):
        again = get(router, key=ALICE, fields=[("If-None-Match", value)])
        assert again.status == 200 and again.body == answer.body
    two = get(router, key=ALICE, fields=[("If-None-Match", '"x"'), ("If-None-Match", tag)])
    assert two.status == 304
    one = get(router, "/v1/models/m1", ALICE)
    known = get(router, "/v1/models/m1", ALICE, [("If-None-Match", one.field("etag"))])
    assert known.status == 304


def test_a_connection_goes_on_after_a_304_and_a_head(router):
    fields = [("Authorization", f"Bearer {ALICE}")]
    with router.client() as client:
        whole = client.ask(head("GET", "/v1/models", fields))
        tag = ("If-None-Match", whole.field("etag"))
        assert client.ask(head("GET", "/v1/models", [*fields, tag])).status == 304
        top = client.ask(head("HEAD", "/v1/models", fields), to_head=True)
        assert top.status == 200 and top.field("etag") == whole.field("etag")
        assert top.field("content-length") == str(len(whole.body))
        assert client.ask(head("GET", "/v1/models", fields)).body == whole.body


def test_the_time_of_an_answer_changes_nothing(tmp_path):
    """llama-server says `created` anew each time: the tag stays."""
    class Clock(ListServer):
        def _answer(self, request):
            self.value = {"data": [{**entry("m"), "created": time.time_ns()}]}
            return super()._answer(request)

    with Clock({}) as server:
        spec = f"""
defaults: {{ discovery: {{ interval: 1s, timeout: 500ms }} }}
pools: [{{ name: main, endpoints: ["{server.url}"], models: ["*"] }}]
"""
        with Router(tmp_path, spec) as router:
            wait_for(lambda: ids(router, None) == ["m"])
            tag = get(router).field("etag")
            asked = len(server.questions())
            wait_for(lambda: len(server.questions()) >= asked + 2, what="two refreshes")
            time.sleep(0.1)
            assert get(router).field("etag") == tag


# What is not plain

def test_renamed_models_are_listed_where_the_endpoint_serves_what_is_sent(tmp_path):
    with ListServer(listed("llama", "real", "own-name")) as server:
        spec = f"""
{ONCE}
endpoints: [{{ name: one, url: "{server.url}" }}]
pools:
  - {{ name: main, endpoints: [{{ use: one, send_as: {{ own-name: real, llama: gone }} }}] }}
models: [{{ match: "*", pool: main }}]
"""
        with Router(tmp_path, spec) as router:
            wait_for(lambda: ids(router, None) == ["own-name", "real"])
            assert get(router).json["data"][0]["owned_by"] == "routerc"


def test_members_without_weight_serve_nothing(tmp_path):
    with ListServer(listed("kept")) as kept, ListServer(listed("drained", "kept")) as drained:
        spec = f"""
{ONCE}
pools:
  - name: main
    endpoints: [{{ url: "{drained.url}", weight: 0 }}, {{ url: "{kept.url}", weight: 1 }}]
    models: ["*"]
"""
        with Router(tmp_path, spec) as router:
            wait_for(lambda: ids(router, None) == ["kept"])
            assert ids(router, None) == ["kept"]


def test_without_an_endpoint_that_can_be_asked_the_specs_models_are_listed(tmp_path):
    spec = f"""
{ONCE}
pools: [{{ name: main, endpoints: ["{gone_url()}", "{gone_url()}"], models: [a, "*"] }}]
"""
    with Router(tmp_path, spec) as router:
        wait_for(lambda: {each["state"] for each in router.status()["discovery"]} == {"failed"})
        assert get(router).json == {
            "object": "list", "models": [{"model": "a", "name": "a"}],
            "data": [{"id": "a", "object": "model", "created": 0, "owned_by": "routerc"}]}


def test_nothing_at_all_is_an_empty_list(tmp_path):
    spec = f"""
{ONCE}
pools: [{{ name: main, endpoints: ["{gone_url()}"], models: ["*"] }}]
"""
    with Router(tmp_path, spec) as router:
        assert get(router).json == {"object": "list", "data": [], "models": []}


def test_strange_objects_go_through_as_they_are(tmp_path):
    strange = {"id": "m", "a": [1e400, -0.0, "\ud83d\ude00", {"deep": [[[[]]]]}], "": "\u2028"}
    large = {"id": "large", "pad": "x" * 20_000}
    text = json.dumps({"data": [strange, large]}).replace("Infinity", "1e999")
    with ListServer(text.encode()) as server:
        spec = f"""
{ONCE}
pools: [{{ name: main, endpoints: ["{server.url}"], models: ["*"] }}]
"""
        with Router(tmp_path, spec) as router:
            wait_for(lambda: ids(router, None) == ["large", "m"])
            data = get(router).json["data"]
            assert data[1] == json.loads(text)["data"][0]
            assert data[0] == {
                "id": "large", "object": "model", "created": 0, "owned_by": "openai"}


def test_an_id_is_spelled_in_one_way(tmp_path):
    """Both halves of the list escape what some readers take for the end of a line."""
    with ListServer(listed("a\u2028b")) as server:
        spec = f"""
{ONCE}
pools: [{{ name: main, endpoints: ["{server.url}"], models: ["*"] }}]
"""
        with Router(tmp_path, spec) as router:
            wait_for(lambda: ids(router, None) == ["a\u2028b"])
            body = get(router).body
            assert body.count(rb'"a\u2028b"') == 3 and "\u2028".encode() not in body


def test_two_thousand_models(tmp_path):
    names = [f"org-{number % 7}/model-{number}" for number in range(2000)]
    with ListServer(listed(*names)) as server:
        spec = f"""
{ONCE}
pools: [{{ name: main, endpoints: ["{server.url}"] }}]
models:
  - {{ match: 're:org-[0-5]/.*', pool: main }}
  - {{ match: 'org-6/*', pool: main }}
keys:
  - {{ name: alice, secret: "{fingerprint(ALICE)}" }}
  - {{ name: bob, secret: "{fingerprint(BOB)}", models: ['re:org-[12]/model-[0-9]+'] }}
"""
        with Router(tmp_path, spec) as router:
            wait_for(lambda: len(ids(router, ALICE)) == 2000, 10, "2,000 models")
            assert ids(router, ALICE) == sorted(names)
            bobs = [name for name in sorted(names) if name.startswith(("org-1/", "org-2/"))]
            assert ids(router, BOB) == bobs
            assert len(list(router.openai(ALICE).models.list())) == 2000


def pinned_pools(first, second, anonymous, more=""):
    """Pools that only pinned keys reach, as Traefik mappings make them, and one that rules do."""
    return f"""
{ONCE}
{more}
anonymous: {anonymous}
pools:
  - {{ name: one, endpoints: ["{first.url}"] }}
  - {{ name: two, models: [spelled, 'org/*'], endpoints: ["{second.url}"] }}
  - {{ name: idle, endpoints: ["{first.url}"] }}
models:
  - {{ match: 'internal-*', pool: two, listed: false }}
keys:
  - {{ name: pinned, secret: "{fingerprint(PINNED)}", pin: one }}
  - {{ name: alice, secret: "{fingerprint(ALICE)}" }}
"""


EVERYTHING = ["alpha", "common", "hidden", "m0", "m1", "org/a b", "org/deep/er", "org/elsewhere",
              "spelled", "unrouted"]


@pytest.mark.parametrize("anonymous, more, expected", [
    ("{ list_models: true }", "", [name for name in EVERYTHING if name != "org/elsewhere"]),
    ("{ list_models: true }", "skip: { models: ['m*', unrouted] }",
     ["alpha", "common", "hidden", "org/a b", "org/deep/er", "spelled"]),
    ("{ list_models: true, models: ['org/*', spelled, alpha] }", "",
     ["org/a b", "org/deep/er", "spelled"]),
])
def test_a_public_list_shows_what_pinned_keys_reach(
        servers, tmp_path, anonymous, more, expected):
    with Router(tmp_path, pinned_pools(*servers, anonymous, more)) as router:
        wait_for(lambda: ids(router, None) == expected, what=f"{expected}")
        # It is no right to use any of it, and a key sees what it may use.
        for name in ("alpha", "m0"):
            assert router.ask(post(CHAT, chat(name))).status in (401, 404)
            assert (get(router, f"/v1/models/{name}").status == 200) == (name in expected)
            assert get(router, f"/v1/models/{name}", key=ALICE).status == 404
        assert get(router, "/v1/models/internal-x").status == 401
        listed_to_alice = ids(router, ALICE)
        assert "alpha" not in listed_to_alice and "spelled" in listed_to_alice
