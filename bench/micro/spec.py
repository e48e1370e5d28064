"""Writes the spec of the microbenchmarks: 100,001 keys, 10,000 models, globs and patterns.

Ten families of a thousand models, each in ten pools of four endpoints. Key `n` may use five
families, from `n % 10` on; one more key may use everything.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator

KEYS = 100_000
FAMILIES = 10
MODELS_OF_FAMILY = 1_000
MODELS_OF_POOL = 100
GLOBS = 200
PATTERNS = 8


def secret(key: str) -> str:
    """What stands in a spec for a key."""
    return "sha256:" + hashlib.sha256(key.encode()).hexdigest()


def lines() -> Iterator[str]:
    """The spec, line by line; the same bytes each time."""
    yield "version: 1"
    yield "pools:"
    for pool in range(FAMILIES * MODELS_OF_FAMILY // MODELS_OF_POOL):
        family, part = divmod(pool, MODELS_OF_FAMILY // MODELS_OF_POOL)
        first = part * MODELS_OF_POOL
        models = ", ".join(
            f"family-{family}/model-{model}-instruct"
            for model in range(first, first + MODELS_OF_POOL)
        )
        urls = ", ".join(f'"http://10.1.{pool}.{host}:8000"' for host in range(1, 5))
        yield f"  - {{ name: pool-{pool}, endpoints: [{urls}], models: [{models}] }}"
    yield '  - { name: rest, endpoints: ["http://10.2.0.1:8000"] }'
    yield "models:"
    for vendor in range(GLOBS):
        yield f'  - {{ match: "vendor-{vendor}/*", pool: rest }}'
    for number in range(PATTERNS - 1):
        yield f"  - {{ match: 're:draft-{number}-[0-9]+', pool: rest }}"
    yield "  - { match: 're:tuned-[0-9]{4}-[0-9]{2}-[0-9]{2}-v[0-9]+', pool: rest }"
    yield "keys:"
    yield f'  - {{ name: everything, secret: "{secret("sk-micro-all")}" }}'
    for key in range(KEYS):
        scope = ", ".join(f'"family-{(key + step) % FAMILIES}/*"' for step in range(5))
        yield (
            f"  - {{ name: key-{key}, secret: \"{secret(f'sk-micro-{key}')}\","
            f" models: [{scope}] }}"
        )


if __name__ == "__main__":
    sys.stdout.writelines(line + "\n" for line in lines())
