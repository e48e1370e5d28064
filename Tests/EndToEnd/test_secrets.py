"""The keys of the tests appear nowhere in clear: tables, logs, status, dumps, diagnostics."""

from pathlib import Path

from raw_http import ask, head, post
from routerc import REPOSITORY, Router, run
from specs import ALICE, ALL_SECRETS, BOB, CHAT, CREDENTIAL, FILED, GONE, PINNED, STRANGER
from specs import chat, stream, two_pools


def leaks(text, secrets=ALL_SECRETS):
    data = text if isinstance(text, bytes) else text.encode()
    # A masked key may show how it begins; three quarters of it are too much.
    return [secret for secret in secrets if secret[:len(secret) * 3 // 4].encode() in data]


def provoke(router):
    """Every kind of request, with every key, in every place where a key may stand."""
    for key in (ALICE, BOB, PINNED, GONE, FILED, STRANGER):
        for header in ("Authorization", "x-api-key", "api-key"):
            value = f"Bearer {key}" if header == "Authorization" else key
            router.ask(post(CHAT, chat(), fields=[(header, value)]))
        router.ask(post(CHAT, stream("beta"), key))
        router.ask(post(CHAT, b"{", key))
        router.ask(head("GET", "/v1/models", [("Authorization", f"Basic {key}")]))
        router.ask(head("GET", f"/v1/models/{key}", [("Authorization", f"Bearer {key}")]))
        router.ask(post(CHAT, chat(fault="close-before-answer"), key))
        router.ask(post(CHAT, chat(f"family/{key}"), STRANGER))
        router.ask(post(CHAT, chat(key), key))
        router.ask(post(CHAT, stream(key), key))
        router.ask(head("GET", f"/v1/{key}"))


def test_nothing_of_a_key_is_ever_written(first, second, tmp_path):
    credential, filed = tmp_path / "credential", tmp_path / "filed"
    credential.write_text(CREDENTIAL)
    filed.write_text(FILED)
    spec = two_pools(first, second, f', credential: "file:{credential}"',
                     f'  - {{ name: filed, secret: "file:{filed}" }}')
    arguments = ["--log-level", "trace"]
    with Router(tmp_path, spec, arguments=arguments) as router:
        provoke(router)
        router.hup()
        # A secret that is there twice: the refusal names both keys, not the secret.
        filed.write_text(ALICE)
        assert router.hup()["message"] == "table refused"
        filed.write_text(FILED)
        status = router.ask(head("GET", "/health")).body
        status += ask(router.admin, head("GET", "/status")).body
        assert leaks(status) == []
        assert leaks(router.table.read_bytes()) == []
        dumped = run("dump", router.table, check=0)
        assert leaks(dumped.stdout + dumped.stderr) == []
    assert leaks(router.log_path.read_bytes() + router.out_path.read_bytes()) == []
    assert "alice" in router.log_text()


def test_errors_do_not_repeat_a_key(router):
    for key in (STRANGER, GONE):
        answer = router.ask(post(CHAT, chat(), key))
        assert answer.status == 401 and leaks(answer.body) == []


def test_a_literal_secret_is_masked_in_diagnostics(tmp_path):
    path = tmp_path / "literal.yaml"
    path.write_text(f"""
pools:
  - {{ name: main, endpoints: ["http://127.0.0.1:9001"], models: ["*"] }}
keys:
  - {{ name: alice, secret: {ALICE} }}
  - {{ name: twin, secret: "{ALICE}" }}
  - {{ name: bob, secret: {BOB}, modles: [a] }}
endpoints:
  - {{ name: cloud, url: "http://127.0.0.1:9002", credential: {CREDENTIAL} }}
""")
    for form in ("text", "json"):
        done = run("check", path, "--format", form, check=1)
        assert leaks(done.stdout + done.stderr) == []
        assert "characters)" in done.stdout + done.stderr


def test_a_literal_secret_is_not_in_the_table(tmp_path):
    path, table = tmp_path / "literal.yaml", tmp_path / "t"
    path.write_text(f"""
pools:
  - {{ name: main, endpoints: ["http://127.0.0.1:9001"], models: ["*"] }}
keys:
  - {{ name: alice, secret: {ALICE} }}
""")
    done = run("compile", path, "-o", table)
    assert leaks(done.stdout + done.stderr) == []
    if done.returncode == 0:
        assert leaks(table.read_bytes()) == []


def test_no_key_is_among_the_arguments(router):
    assert leaks(Path(f"/proc/{router.process.pid}/cmdline").read_bytes()) == []


def test_no_golden_file_holds_a_key():
    for path in (REPOSITORY / "golden").rglob("*"):
        if path.is_file():
            assert leaks(path.read_bytes()) == [], path
