"""What keeps a session at its endpoint, without a memory."""

import pytest

from processes import ModelServerProcess
from raw_http import post
from routerc import Router, run
from specs import ALICE, BOB, CHAT, chat, fingerprint


def pool(*urls, sticky="{}", extra=""):
    members = "\n".join(
        f"      - {{ name: e{index}, url: \"{url}\" }}" for index, url in enumerate(urls))
    return f"""
{extra or "anonymous: allow"}
pools:
  - name: main
    sticky: {sticky}
    endpoints:
{members}
    models: ["*"]
"""


@pytest.fixture(scope="module")
def servers():
    names = ["s0", "s1", "s2"]
    processes = [ModelServerProcess(name) for name in names]
    try:
        yield processes
    finally:
        for process in processes:
            process.__exit__()


def asked(client, body, fields=(), key=None):
    answer = client.ask(post(CHAT, body, key, fields))
    assert answer.status == 200, answer.body
    return answer.field("x-model-server")


def owners(router, count=60):
    with router.client() as client:
        return [asked(client, chat(user=f"u{number}")) for number in range(count)]


def test_sessions_stay_and_spread(servers, tmp_path):
    with Router(tmp_path, pool(*[server.url for server in servers])) as router:
        once = owners(router)
        assert owners(router) == once
        assert min(once.count(name) for name in ("s0", "s1", "s2")) >= 10
    # Another process, the same places: replicas need not talk to each other.
    other = tmp_path / "other"
    other.mkdir()
    with Router(other, pool(*[server.url for server in servers])) as router:
        assert owners(router) == once
        for number in range(5):
            told = run("route", router.table, "--model", "m", "--user", f"u{number}")
            assert f"endpoint 'e{once[number][1]}', by session" in told.stdout


def test_what_names_a_session(servers, tmp_path):
    keys = f"""
keys:
  - {{ name: alice, secret: "{fingerprint(ALICE)}" }}
  - {{ name: bob, secret: "{fingerprint(BOB)}" }}
"""
    sticky = '{ by: ["header:X-Session-Id", body:prompt_cache_key, body:user, key] }'
    text = pool(*[server.url for server in servers], sticky=sticky, extra=keys)
    with Router(tmp_path, text) as router, router.client() as client:
        def places(make):
            return [make(number) for number in range(30)]

        def session(number):
            return [("X-Session-ID", f"s{number}")]

        by_header = places(lambda n: asked(client, chat(user="u"), session(n), ALICE))
        assert by_header == places(
            lambda n: asked(client, chat(prompt_cache_key="c"), session(n), BOB))
        by_cache = places(
            lambda n: asked(client, chat(prompt_cache_key=f"c{n}", user="u"), (), ALICE))
        assert by_cache == places(
            lambda n: asked(client, chat(prompt_cache_key=f"c{n}"), (), BOB))
        by_user = places(lambda n: asked(client, chat(user=f"u{n}"), (), ALICE))
        assert by_user == places(lambda n: asked(client, chat(user=f"u{n}", n=1), (), BOB))
        for found in (by_header, by_cache, by_user):
            assert len(set(found)) == 3
        # Nothing but the key: one place each.
        for key in (ALICE, BOB):
            assert len({asked(client, chat(), (), key) for _ in range(6)}) == 1
        # What is empty, or no text, names nothing.
        plain = asked(client, chat(), (), ALICE)
        nothing = chat(user="", prompt_cache_key=7)
        assert asked(client, nothing, [("x-session-id", "")], ALICE) == plain


def test_escapes_are_another_spelling(servers, tmp_path):
    with Router(tmp_path, pool(*[server.url for server in servers])) as router:
        with router.client() as client:
            for number in range(6):
                name = f"Jürgen {number}"
                plain = '{"model": "m", "user": "%s"}' % name
                escaped = plain.replace("ü", "\\u00fc").replace("J", "\\u004a")
                found = {asked(client, body.encode()) for body in (plain, escaped)}
                assert len(found) == 1


def test_who_is_down_moves_its_own_alone(servers, tmp_path):
    with ModelServerProcess("mortal") as mortal:
        urls = [servers[0].url, servers[1].url, mortal.url]
        text = pool(*urls, extra="anonymous: allow\ndefaults: { breaker: none }")
        with Router(tmp_path, text) as router:
            before = owners(router)
            mortal.kill()
            during = owners(router)
            assert all(was in (now, "mortal") for was, now in zip(before, during))
            moved = [now for was, now in zip(before, during) if was == "mortal"]
            assert set(moved) == {"s0", "s1"}
            with ModelServerProcess("mortal", listen=mortal.address):
                assert owners(router) == before


def test_a_session_can_be_refused(servers, tmp_path):
    urls = [servers[0].url, servers[1].url, "http://127.0.0.1:9"]
    text = pool(*urls, sticky="{ when_down: refuse }",
                extra="anonymous: allow\ndefaults: { retry: { backoff: 1ms } }")
    with Router(tmp_path, text) as router, router.client() as client:
        statuses = []
        for number in range(40):
            answer = client.ask(post(CHAT, chat(user=f"u{number}")))
            statuses.append(answer.status)
        told = run("route", router.table, "--model", "m", "--user", "u1",
                   *[part for n in range(3) for part in ("--given", f"down=e{n}")], check=1)
        assert "when_down is refuse" in told.stdout and "503 no_endpoint" in told.stdout
        # Who has no session goes wherever somebody is.
        assert all(client.ask(post(CHAT, chat())).status == 200 for _ in range(6))
        assert set(statuses) == {200, 502}


def test_a_swap_keeps_sessions(servers, tmp_path):
    urls = [server.url for server in servers]
    with Router(tmp_path, pool(*urls)) as router:
        before = owners(router)
        # In another order, with another pool beside it.
        text = pool(*urls).replace("pools:", """pools:
  - { name: aside, endpoints: [e1], models: [aside] }""")
        router.reload(text)
        assert owners(router) == before
        router.reload(pool(*urls[:2]))
        after = owners(router)
        stayed = sum(was == now for was, now in zip(before, after) if was != "s2")
        assert stayed >= 0.9 * sum(was != "s2" for was in before)


def test_who_does_not_serve_a_model_has_no_sessions_of_it(servers, tmp_path):
    text = pool(*[server.url for server in servers], sticky="{ when_down: refuse }")
    text = text.replace(f'name: e0, url: "{servers[0].url}"',
                        f'name: e0, url: "{servers[0].url}", models: [other]')
    with Router(tmp_path, text) as router:
        assert set(owners(router)) == {"s1", "s2"}
