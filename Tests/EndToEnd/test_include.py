"""Specs of several files: a folder of Traefik mappings, teams, and what is left out."""

import os

from processes import ModelServerProcess
from raw_http import post
from routerc import run
from specs import CHAT, chat, fingerprint
from traefik import FOLDER, MAPPING, SpecRouter, write

TEAM_KEY = "sk-e2e-team-7d6f5e4c3b2a1908"


def values_of(request, name):
    return [value for field, value in request["fields"] if field.lower() == name]


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
