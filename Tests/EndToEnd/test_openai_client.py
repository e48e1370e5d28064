"""The official client sees what it would see at the real API."""

import time

import openai
import pytest

from routerc import Router, percentile
from specs import ALICE, BOB, GONE, MESSAGES, STRANGER, two_pools


@pytest.fixture(scope="module")
def alice(router):
    return router.openai(ALICE)


def test_chat(alice):
    answer = alice.chat.completions.create(model="alpha", messages=MESSAGES)
    assert answer.choices[0].message.content == "hello from first"
    assert answer.usage.total_tokens == 5


def test_models_lead_to_their_pools(alice):
    for model, name in [("alpha", "first"), ("beta", "second"), ("family/x/y", "second")]:
        answer = alice.chat.completions.create(model=model, messages=MESSAGES)
        assert answer.choices[0].message.content == f"hello from {name}"
        assert answer.model == model


def test_stream(alice):
    stream = alice.chat.completions.create(
        model="alpha", messages=MESSAGES, stream=True, extra_body={"events": 20})
    chunks = list(stream)
    assert [chunk.model_extra["index"] for chunk in chunks] == list(range(21))
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_completions_and_embeddings(alice):
    answer = alice.completions.create(model="alpha", prompt="hi")
    assert answer.choices[0].text == "hello from first"
    vectors = alice.embeddings.create(model="beta", input=["a", "b"], encoding_format="float")
    assert [item.embedding for item in vectors.data] == [[0.25, -0.5, 1.0]] * 2


def test_models_list_is_what_the_caller_may_use(router, alice):
    assert {"alpha", "beta", "renamed"} <= {model.id for model in alice.models.list()}
    assert "hidden" not in {model.id for model in alice.models.list()}
    assert {model.id for model in router.openai(BOB).models.list()} == {"beta"}


def test_models_retrieve(router, alice):
    assert alice.models.retrieve("alpha").id == "alpha"
    assert alice.models.retrieve("alpha").object == "model"
    with pytest.raises(openai.NotFoundError):
        alice.models.retrieve("nothing-of-the-kind")


def test_a_model_with_a_slash_is_retrieved(alice):
    # The client escapes the slash; a glob answers for the model, which is not listed.
    assert alice.models.retrieve("family/one").id == "family/one"
    with pytest.raises(openai.NotFoundError):
        alice.models.retrieve("../models")


@pytest.mark.parametrize("key, code", [
    (STRANGER, "invalid_api_key"), (GONE, "api_key_expired"), ("x", "invalid_api_key"),
])
def test_an_unknown_key_is_an_authentication_error(router, key, code):
    with pytest.raises(openai.AuthenticationError) as caught:
        router.openai(key).chat.completions.create(model="alpha", messages=MESSAGES)
    assert caught.value.code == code
    assert caught.value.type == "invalid_request_error"


def test_a_model_that_is_not_allowed_is_a_permission_error(router):
    with pytest.raises(openai.PermissionDeniedError) as caught:
        router.openai(BOB).chat.completions.create(model="alpha", messages=MESSAGES)
    assert caught.value.code == "model_not_allowed"


def test_an_unknown_model_is_a_not_found_error(alice):
    with pytest.raises(openai.NotFoundError) as caught:
        alice.chat.completions.create(model="nothing-of-the-kind", messages=MESSAGES)
    assert caught.value.code == "model_not_found"
    assert caught.value.param == "model"


@pytest.mark.parametrize("model", ["", "x" * 257, "a\nb"])
def test_an_impossible_model_is_a_bad_request(alice, model):
    with pytest.raises(openai.BadRequestError):
        alice.chat.completions.create(model=model, messages=MESSAGES)


def test_the_endpoints_own_errors_pass(first, second, tmp_path):
    with Router(tmp_path, two_pools(first, second)) as router, \
            pytest.raises(openai.RateLimitError) as caught:
        router.openai(ALICE).chat.completions.create(
            model="alpha", messages=MESSAGES, extra_body={"fault": "status=429"})
    assert caught.value.code == "asked_for"


def delays_ms(client, model):
    """How long after it was written each event of a stream arrived."""
    stream = client.chat.completions.create(
        model=model, messages=MESSAGES, stream=True,
        extra_body={"events": 200, "interval_ms": 2})
    return [(time.monotonic_ns() - chunk.model_extra["sent_ns"]) / 1e6 for chunk in stream]


def test_the_delay_that_the_router_adds(first, alice, capsys):
    direct = openai.OpenAI(base_url=first.url + "/v1", api_key="any", max_retries=0)
    delays_ms(alice, "alpha")
    plain, routed = delays_ms(direct, "alpha"), delays_ms(alice, "alpha")
    added = {part: percentile(routed, part) - percentile(plain, part) for part in (0.5, 0.99)}
    with capsys.disabled():
        print(f"\nadded delay of a chunk: p50 {added[0.5]:.3f} ms, p99 {added[0.99]:.3f} ms")
    assert added[0.5] < 5
    assert added[0.99] < 100
