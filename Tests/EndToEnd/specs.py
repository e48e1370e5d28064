"""The specs and keys of the tests. The keys are grepped for: they may appear nowhere in clear."""

import hashlib

ALICE = "sk-e2e-alice-5f0c1e7d9b3a4826"
BOB = "sk-e2e-bob-81d2c6a0f4e7b953"
PINNED = "sk-e2e-pinned-c4b7a19e06d3f582"
GONE = "sk-e2e-gone-0a9b8c7d6e5f4132"
FILED = "sk-e2e-filed-77e1d0c3b2a59846"
STRANGER = "sk-e2e-stranger-e3d5c7b9a1f08264"
CREDENTIAL = "sk-e2e-credential-d8f6a4c2e0b19753"

CLIENT_KEYS = [ALICE, BOB, PINNED, GONE, FILED, STRANGER]
ALL_SECRETS = [*CLIENT_KEYS, CREDENTIAL]

CHAT = "/v1/chat/completions"
MESSAGES = [{"role": "user", "content": "hi"}]


def fingerprint(key):
    """As a spec holds a key."""
    return "sha256:" + hashlib.sha256(key.encode()).hexdigest()


def chat(model="alpha", **body):
    """The JSON of a chat request; what the model server shall do may stand beside it."""
    return {"model": model, "messages": MESSAGES, **body}


def stream(model="alpha", **body):
    return chat(model, stream=True, **body)


def one_pool(server, timeouts="", anonymous="allow"):
    """Everything goes to one server, and nobody needs a key."""
    return f"""
{timeouts and f"defaults: {{ timeouts: {{ {timeouts} }} }}"}
anonymous: {anonymous}
pools:
  - name: main
    endpoints: ["{server.url}"]
models:
  - {{ match: "*", pool: main }}
"""


def two_pools(first, second, extra_endpoint="", extra=""):
    """Keys, scopes, a pin, a date that has passed, and two servers that can be told apart."""
    return f"""
endpoints:
  - {{ name: one, url: "{first.url}" {extra_endpoint} }}
  - {{ name: two, url: "{second.url}" }}
pools:
  - {{ name: main, endpoints: [one] }}
  - {{ name: second, endpoints: [two] }}
models:
  - {{ match: alpha, pool: main, about: {{ description: "The first" }} }}
  - {{ match: beta, pool: second }}
  - {{ match: 'family/*', pool: second }}
  - {{ match: hidden, pool: main, listed: false }}
  - {{ match: renamed, pool: main, send_as: "real \\"name\\" of it" }}
keys:
  - {{ name: alice, secret: "{fingerprint(ALICE)}" }}
  - {{ name: bob, secret: "{fingerprint(BOB)}", models: [beta] }}
  - {{ name: pinned, secret: "{fingerprint(PINNED)}", pin: second }}
  - {{ name: gone, secret: "{fingerprint(GONE)}", expires: 2020-01-01 }}
{extra}
"""
