"""Specs of several files: a folder of Traefik mappings, teams, and what is left out."""

import os
import threading

import pytest

from processes import ModelServerProcess, wait_for
from raw_http import post
from routerc import Router, run
from specs import CHAT, chat, fingerprint

MAPPING = """http:
  routers:
    {name}:
      rule: "HeaderRegexp(`Authorization`, `^Bearer {key}$`)"
      service: {name}
      entryPoints:
        - llama-servers

  services:
    {name}:
      loadBalancer:
        servers:
          - url: "{url}"
"""

FOLDER = """
include:
  - { traefik: "mappings/*.yml", credential: client, literal_secrets: allow, empty: allow }
skip:
  files: [routheon-server.yml, "*.bak.*"]
"""

TEAM_KEY = "sk-e2e-team-7d6f5e4c3b2a1908"


@pytest.fixture
def mappings(tmp_path):
    folder = tmp_path / "mappings"
    folder.mkdir()
    return folder


class SpecRouter(Router):
    """A router that serves the spec itself and compiles it anew at every SIGHUP."""

    def compile(self, spec, table=None, name="router.yaml"):
        path = self.folder / name
        path.write_text(self.spec_text(spec))
        self.table = path
        return None


def values_of(request, name):
    return [value for field, value in request["fields"] if field.lower() == name]


def write(folder, name, key, url):
    (folder / f"{name}.yml").write_text(MAPPING.format(name=name, key=key, url=url))


def test_a_mapping_is_a_pool_and_a_pinned_key(tmp_path, mappings):
    with ModelServerProcess("one") as one, ModelServerProcess("two") as two:
        write(mappings, "llama-1", "API_KEY-1", one.url)
        write(mappings, "llama-2", "API.KEY-2", two.url)
        with SpecRouter(tmp_path, FOLDER) as router:
            for key, server in (("API_KEY-1", one), ("API.KEY-2", two)):
                assert router.ask(post(CHAT, chat("anything"), key)).status == 200
                sent = [f"Bearer {key}"]
                assert [values_of(each, "authorization") for each in server.requests()] == [sent]
            # A dot means the dot: Traefik would let this one in.
            assert router.ask(post(CHAT, chat("anything"), "APIxKEY-2")).status == 401
            assert router.ask(post(CHAT, chat("anything"))).status == 401


def test_a_mapping_added_while_serving(tmp_path, mappings):
    with ModelServerProcess("one") as one, SpecRouter(tmp_path, FOLDER) as router:
        assert router.ask(post(CHAT, chat(), "API_KEY-1")).status == 401
        write(mappings, "llama-1", "API_KEY-1", one.url)
        assert router.hup()["message"] == "table swapped"
        assert router.ask(post(CHAT, chat(), "API_KEY-1")).status == 200


def test_a_broken_mapping_keeps_the_table_and_hides_no_other(tmp_path, mappings):
    with ModelServerProcess("one") as one:
        write(mappings, "llama-1", "API_KEY-1", one.url)
        with SpecRouter(tmp_path, FOLDER) as router:
            (mappings / "a-broken.yml").write_text('http:\n  routers: "\n')
            (mappings / "z-other.yml").write_text("http: { routers: { x: { rule: y } } }\n")
            record = router.hup()
            assert record["message"] == "table refused"
            assert "R001" in record["reason"] and "a-broken.yml" in record["reason"]
            assert router.ask(post(CHAT, chat(), "API_KEY-1")).status == 200
            done = run("check", tmp_path / "router.yaml", check=1)
            assert "a-broken.yml:2" in done.stderr and "z-other.yml:1" in done.stderr


def test_no_key_of_a_mapping_is_shown(tmp_path, mappings):
    write(mappings, "first", "API_KEY-1", "http://127.0.0.1:1")
    write(mappings, "second", "API_KEY-1", "http://127.0.0.1:2")
    (mappings / "third.yml").write_text(
        MAPPING.format(name="third", key="API_KEY-1", url="nonsense"))
    spec = tmp_path / "router.yaml"
    spec.write_text(FOLDER.replace("literal_secrets: allow, ", ""))
    for form in ("text", "json"):
        done = run("check", "--format", form, spec, check=1)
        assert "R304" in done.stdout + done.stderr and "R305" in done.stdout + done.stderr
        assert "API_KEY-1" not in done.stdout + done.stderr


def test_teams_define_only_what_they_may(tmp_path):
    (tmp_path / "teams").mkdir()
    team = tmp_path / "teams" / "research.yaml"
    team.write_text(f'keys:\n  - {{ name: research-alice, secret: "{fingerprint(TEAM_KEY)}" }}\n')
    spec = ('include:\n  - { spec: "teams/*.yaml", may_define: [keys], names: ["research-*"] }\n'
            'skip: { models: ["*-draft"] }\n'
            'pools:\n  - { name: main, endpoints: ["%s"], models: ["*"] }\n')
    with ModelServerProcess("one") as one, SpecRouter(tmp_path, spec % one.url) as router:
        assert router.ask(post(CHAT, chat("a"), TEAM_KEY)).status == 200
        assert router.ask(post(CHAT, chat("a-draft"), TEAM_KEY)).status == 404
        assert router.ask(post(CHAT, chat("a"))).status == 401
        good = team.read_text()
        team.write_text(good + "anonymous: allow\n")
        record = router.hup()
        assert record["message"] == "table refused" and "R204" in record["reason"]
        assert router.ask(post(CHAT, chat("a"))).status == 401


def test_a_link_out_of_the_folder_is_refused(tmp_path):
    inside = tmp_path / "specs"
    (inside / "teams").mkdir(parents=True)
    (tmp_path / "secret.yaml").write_text("keys: []\n")
    (inside / "teams" / "team.yaml").symlink_to(tmp_path / "secret.yaml")
    spec = inside / "router.yaml"
    spec.write_text('include: [{ spec: "teams/*.yaml" }]\n'
                    'pools: [{ name: a, endpoints: ["http://127.0.0.1:1"], models: ["*"] }]\n')
    done = run("check", spec, check=1)
    assert "R011" in done.stderr and "leads out of the folder" in done.stderr
    # As a ConfigMap of Kubernetes has it: the link stays inside.
    (inside / "teams" / "team.yaml").unlink()
    (inside / "..data").mkdir()
    (inside / "..data" / "team.yaml").write_text("keys: []\n")
    (inside / "teams" / "team.yaml").symlink_to("../..data/team.yaml")
    run("check", spec, check=0)


def test_what_cannot_be_read_is_said(tmp_path):
    (tmp_path / "teams").mkdir()
    os.mkfifo(tmp_path / "teams" / "pipe.yaml")
    spec = tmp_path / "router.yaml"
    spec.write_text('include: [{ spec: "teams/*.yaml" }]\n')
    done = run("check", spec, check=1)
    assert "R011" in done.stderr and "not a file" in done.stderr


# register


def register(mappings, *more, key="sk-e2e-registered", port=8011, service="llama3", check=0):
    return run("register", "--port", port, "--service", service, "--key-file", "-",
               "--mappings", mappings, *more, stdin=key + "\n", check=check)


def test_register_writes_what_include_reads(tmp_path, mappings):
    spec = tmp_path / "router.yaml"
    spec.write_text(FOLDER)
    table = tmp_path / "router.table"
    key = "sk-e2e-a.b+c$d`e'f\\g"
    done = register(mappings, "--spec", spec, "-o", table, key=key, service="Org/Model:Q4")
    assert (mappings / "Org_Model_Q4.yml").exists()
    assert "sk-e2e" not in done.stdout + done.stderr
    decided = run("route", table, "--key-name", "Org_Model_Q4", "--model", "x", check=0)
    assert "Org_Model_Q4" in decided.stdout
    assert oct((mappings / "Org_Model_Q4.yml").stat().st_mode & 0o777) == "0o640"


def test_a_registered_key_opens_the_server(tmp_path, mappings):
    key = "sk-e2e-a.b+c$d`e'f\\g"
    with ModelServerProcess("one") as one:
        register(mappings, key=key, port=one.url.rsplit(":", 1)[1])
        with SpecRouter(tmp_path, FOLDER) as router:
            assert router.ask(post(CHAT, chat(), key)).status == 200
            assert router.ask(post(CHAT, chat(), key.replace(".", "x"))).status == 401


def test_register_retires_the_others_of_a_key(mappings):
    (mappings / "deep").mkdir()
    write(mappings, "old", "sk-e2e-registered", "http://127.0.0.1:1")
    write(mappings / "deep", "older", "sk-e2e-registered", "http://127.0.0.1:1")
    write(mappings, "near", "sk-e2e-registeredx", "http://127.0.0.1:1")
    register(mappings)
    names = sorted(path.name for path in mappings.rglob("*") if path.is_file())
    assert [name for name in names if name.endswith(".yml")] == ["llama3.yml", "near.yml"]
    assert len([name for name in names if name.startswith("old.yml.bak.")]) == 1
    assert len([name for name in names if name.startswith("older.yml.bak.")]) == 1
    # Again: the same file is written anew, nothing else changes.
    before = (mappings / "llama3.yml").read_bytes()
    register(mappings)
    assert (mappings / "llama3.yml").read_bytes() == before


def test_register_undoes_what_does_not_compile(tmp_path, mappings):
    write(mappings, "old", "sk-e2e-registered", "http://127.0.0.1:1")
    write(mappings, "llama3", "sk-e2e-earlier", "http://127.0.0.1:1")
    spec = tmp_path / "router.yaml"
    spec.write_text(FOLDER + "pools: [{ name: llama3, endpoints: [] }]\n")
    before = {path.name: path.read_bytes() for path in mappings.glob("*.yml")}
    done = register(mappings, "--spec", spec, check=1)
    assert "R203" in done.stderr and "as it was" in done.stderr
    assert {path.name: path.read_bytes() for path in mappings.glob("*.yml")} == before


def test_register_takes_no_file_with_other_keys(mappings):
    write(mappings, "old", "sk-e2e-registered", "http://127.0.0.1:1")
    other = MAPPING.format(name="two", key="sk-e2e-second", url="http://127.0.0.1:1")
    path = mappings / "old.yml"
    path.write_text(path.read_text().replace(
        "\n  services:", other.split("routers:\n")[1].split("\n  services:")[0]
        + "\n  services:"))
    done = register(mappings, check=1)
    assert "by hand" in done.stderr
    assert [path.name for path in mappings.glob("*.yml")] == ["old.yml"]


@pytest.mark.parametrize("arguments", [
    ["--port", "0"], ["--port", "70000"], ["--host", "127.0.0.1"], ["--service", "a" * 64],
    ["--api_key", "sk-e2e-x"], ["--output", "x.table"],
])
def test_register_refuses_nonsense(mappings, arguments):
    base = {"--port": "8011", "--service": "llama3", "--key-file": "-"}
    base.update(dict(zip(arguments[::2], arguments[1::2])))
    flat = [part for pair in base.items() for part in pair]
    run("register", *flat, "--mappings", mappings, stdin="sk-e2e-registered", check=2)
    assert list(mappings.glob("*.yml")) == []


@pytest.mark.parametrize("key", ["", "two words", "tab\tkey", "k\u00e9y", "x" * 1025, "`\""])
def test_register_refuses_keys_that_nobody_can_send(mappings, key):
    register(mappings, key=key, check=2)
    assert list(mappings.glob("*.yml")) == []


def test_register_waits_for_its_turn(mappings):
    """Twenty at once, all for one key: one file is left with it, and all are there."""
    threads = [threading.Thread(target=register, args=(mappings,),
                                kwargs={"service": f"server-{number}"}) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    names = [path.name for path in mappings.iterdir() if not path.name.startswith(".")]
    assert len([name for name in names if name.endswith(".yml")]) == 1
    assert len(names) == 20


def test_register_and_reload(tmp_path, mappings):
    with ModelServerProcess("one") as one, Router(tmp_path, FOLDER) as router:
        port = one.url.rsplit(":", 1)[1]
        register(mappings, "--spec", tmp_path / "router.yaml", "-o", router.table,
                 "--reload", router.process.pid, port=port)
        wait_for(lambda: router.reload_records(), 5, "the reload")
        answer = router.ask(post(CHAT, chat(), "sk-e2e-registered"))
        assert answer.status == 200


def test_register_without_a_folder(tmp_path):
    done = register(tmp_path / "nowhere", check=3)
    assert "nowhere" in done.stderr
