"""The tour of routheon's README with its files as they are, and beside its own list server."""

import json
import os
import socket
import subprocess
import sys

import psutil
import pytest

from list_server import ListServer, hang, llama_listed
from processes import end, wait_for
from raw_http import ask, head
from routerc import Router, binary, free_port, run
from traefik import write

# The files that routheon ships besides mappings: that of its list server, the filter of `/stats`.
LIST_SERVER_MAPPING = """http:
  routers:
    routheon-server-all-models:
      rule: "Path(`/v1/models`)"
      service: routheon-server
      entryPoints:
        - llama-servers
    routheon-server-stats:
      rule: "Path(`/stats`)"
      service: routheon-server
      entryPoints:
        - llama-servers

  services:
    routheon-server:
      loadBalancer:
        servers:
          - url: "http://routheon-server:9080"
"""
STATS_CONFIG = """enabled_sections: [timestamp, system, cpu, memory, swap, disk]
enabled_fields:
  memory: [percent, total_gb, available_gb, free_gb]
  swap: [total_gb, used_gb, free_gb]
  disk: [percent, free_gb]
"""
INCLUDE = """
include:
  - { traefik: "mappings/*.yml", credential: client, literal_secrets: allow }
skip:
  files: [routheon-server.yml, "*.bak.*"]
anonymous: { list_models: true, stats: true }
defaults: { discovery: { interval: 1s, timeout: 500ms } }
"""


def filtered(spec, config):
    return spec + "stats:\n" + "".join(f"  {line}\n" for line in config.splitlines())


SPEC = filtered(INCLUDE, STATS_CONFIG)


class LlamaServer(ListServer):
    """Has one model, and says what it was asked for."""

    def __init__(self, model):
        super().__init__(llama_listed(model), model)


class Demo:
    """The folder of mappings, and routerc in front of it."""

    def __init__(self, folder):
        self.folder = folder
        self.mappings = folder / "mappings"
        self.mappings.mkdir()

    def write(self, name, key, url):
        write(self.mappings, name, key, url)

    def register(self, name, key, server):
        """What the container of a llama-server does before it starts."""
        secret = self.folder / "secret"
        secret.write_text(key + "\n")
        return run("register", "--port", server.port, "--service", name, "--key-file", secret,
                   "--mappings", self.mappings)


@pytest.fixture
def servers():
    with LlamaServer("TinyLlama_Chat") as first, LlamaServer("mistral-tiny") as second:
        yield first, second


@pytest.fixture
def demo(tmp_path, servers):
    """The three files of the demo: one key is in two of them on purpose."""
    made = Demo(tmp_path)
    made.write("llama-server-1", "API_KEY-1", servers[0].url)
    made.write("llama-server-3", "API_KEY-2", "http://llama-server-3:9999")
    (made.mappings / "routheon-server.yml").write_text(LIST_SERVER_MAPPING)
    return made


@pytest.fixture
def router(demo, servers):
    """After `docker compose up -d`."""
    demo.register("llama-server-2", "API_KEY-2", servers[1])
    with Router(demo.folder, SPEC) as running:
        yield running


def curl(router, path, *arguments):
    """Status and body; the options are those of the README."""
    done = subprocess.run(
        ["curl", "--silent", "--noproxy", "*", "--write-out", "\n%{http_code}",
         f"http://{router.address}{path}", *arguments],
        capture_output=True, text=True, timeout=30, check=True)
    body, _, status = done.stdout.rpartition("\n")
    return int(status), body


def chat_of_the_tour(router, key, model):
    body = {"model": model, "messages": [
        {"role": "system", "content": "You are a concise assistant."},
        {"role": "user", "content": "Write a one-line Python function that prints hello."}]}
    status, body = curl(
        router, "/v1/chat/completions", "-H", "Content-Type: application/json",
        "-H", f"Authorization: Bearer {key}", "-d", json.dumps(body))
    return status, json.loads(body)


def listed_ids(router, *arguments):
    status, body = curl(router, "/v1/models", *arguments)
    assert status == 200, body
    return [model["id"] for model in json.loads(body)["data"]]


def bearer(key):
    return "-H", f"Authorization: Bearer {key}"


BOTH = ["TinyLlama_Chat", "mistral-tiny"]


def test_the_demo_as_it_is_shipped_says_once_that_a_key_is_there_twice(demo, servers):
    """routheon's folder holds two files with one key, to show how they are rotated."""
    demo.write("llama-server-2", "API_KEY-2", servers[1].url)
    spec = demo.folder / "router.yaml"
    spec.write_text("listen: { address: 127.0.0.1:8080 }\n" + SPEC)
    done = run("check", spec, check=1)
    assert done.stderr.count("error[") == 1 and "warning[" not in done.stderr, done.stderr
    assert "llama-server-2.yml" in done.stderr and "llama-server-3.yml" in done.stderr
    assert "API_KEY-2" not in done.stderr


def test_registering_rotates_the_other_file_of_the_key(demo, servers):
    demo.register("llama-server-2", "API_KEY-2", servers[1])
    names = sorted(os.listdir(demo.mappings))
    rotated = [name for name in names if name.startswith("llama-server-3.yml.bak.")]
    assert len(rotated) == 1 and "llama-server-3.yml" not in names
    made = (demo.mappings / "llama-server-2.yml").read_text()
    assert f'url: "http://127.0.0.1:{servers[1].port}"' in made


def test_a_key_leads_to_its_server(router, servers):
    for key, model, server in zip(("API_KEY-1", "API_KEY-2"), BOTH, servers):
        status, answer = chat_of_the_tour(router, key, model)
        assert (status, answer["served_by"]) == (200, model)
        assert server.requests[-1].values("authorization") == [f"Bearer {key}"]
        # The key decides, whatever the path.
        status, body = curl(router, "/slots?x=1", *bearer(key))
        assert status == 200 and server.requests[-1].line == "GET /slots?x=1 HTTP/1.1"


def test_the_list_without_a_key_and_with_one(router):
    wait_for(lambda: listed_ids(router) == BOTH, what="the list of both")
    assert listed_ids(router, *bearer("API_KEY-1")) == ["TinyLlama_Chat"]
    assert listed_ids(router, *bearer("API_KEY-2")) == ["mistral-tiny"]


def test_a_server_that_stops_leaves_the_list_and_comes_back(router, servers):
    wait_for(lambda: listed_ids(router) == BOTH, what="the list of both")
    servers[1].fault = lambda connection: None
    wait_for(lambda: listed_ids(router) == BOTH[:1], 10, "the list of one")
    servers[1].fault = None
    wait_for(lambda: listed_ids(router) == BOTH, 10, "the list of both again")


def test_the_figures_of_the_host(router):
    status, body = curl(router, "/stats")
    value = json.loads(body)
    assert status == 200
    assert set(value) == {"timestamp", "system", "cpu", "memory", "swap", "disk"}
    assert set(value["memory"]) == {"percent", "total_gb", "available_gb", "free_gb"}
    assert set(value["swap"]) == {"total_gb", "used_gb", "free_gb"}
    assert set(value["disk"]) == {"percent", "free_gb"}
    # With a key it is the server's own path, as everything is.
    status, body = curl(router, "/stats", *bearer("API_KEY-1"))
    assert "system" not in json.loads(body)


def test_what_routheon_gets_wrong(router, demo, servers):
    wait_for(lambda: listed_ids(router) == BOTH, what="the list of both")
    # Another path without a key is no plain 404, and a wrong key is no anonymous caller.
    for path, wanted in (("/nothing", "unknown_url"), ("/v1/nothing", "unknown_url"),
                         ("/v1/chat/completions", "method_not_allowed")):
        status, body = curl(router, path)
        assert json.loads(body)["error"]["code"] == wanted
        assert status == (405 if wanted == "method_not_allowed" else 404)
    for path in ("/v1/models", "/stats", "/v1/chat/completions"):
        status, body = curl(router, path, *bearer("API_KEY-9"))
        assert (status, json.loads(body)["error"]["code"]) == (401, "invalid_api_key")
    # A key is bytes and no pattern.
    demo.register("dotted", "a.b-sk-e2e", servers[0])
    assert router.reload(SPEC)
    assert curl(router, "/slots", *bearer("a.b-sk-e2e"))[0] == 200
    assert curl(router, "/slots", *bearer("aXb-sk-e2e"))[0] == 401
    # Query strings, HEAD, a single model.
    assert curl(router, "/v1/models?x=1")[0] == 200
    assert curl(router, "/v1/models", "--head")[0] == 200
    assert json.loads(curl(router, "/v1/models/mistral-tiny")[1])["id"] == "mistral-tiny"
    # A server that hangs, and a file that is broken, hold up nobody.
    servers[1].fault = hang
    (demo.mappings / "broken.yml").write_text('http:\n  routers: { x: "a"b" }\n')
    assert run("check", demo.folder / "router.yaml", check=1).returncode == 1
    assert listed_ids(router) == BOTH
    assert chat_of_the_tour(router, "API_KEY-1", BOTH[0])[0] == 200


class RoutheonServer:
    """The real one, from PyPI."""

    def __init__(self, demo, *arguments):
        self.address = f"127.0.0.1:{free_port()}"
        self._log = open(demo.folder / "routheon.log", "wb")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "routheon_server", "--mappings", str(demo.mappings),
             "--port", self.address.rsplit(":", 1)[1], *arguments],
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log)

    def __enter__(self):
        wait_for(self._listens, 20, "routheon-server")
        return self

    def __exit__(self, *_):
        end(self._process)
        self._log.close()

    def _listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", int(self.address.rsplit(":", 1)[1]))) == 0

    def get(self, path):
        answer = ask(self.address, head("GET", path))
        assert answer.status == 200
        return answer.json


def test_the_same_list_as_routheon_server(router, demo):
    wait_for(lambda: listed_ids(router) == BOTH, what="the list of both")
    ours = json.loads(curl(router, "/v1/models")[1])
    with RoutheonServer(demo) as theirs:
        known = theirs.get("/v1/models")
    # The one thing that it lacks of OpenAI's list.
    assert ours.pop("object") == "list"
    assert ours == known


# Names of fields; what the filter of the demo leaves of them, and all there are.
@pytest.mark.parametrize("spec, config", [(SPEC, STATS_CONFIG), (INCLUDE, None)])
def test_the_same_figures_as_routheon_server(demo, servers, spec, config):
    demo.register("llama-server-2", "API_KEY-2", servers[1])
    arguments = []
    if config is not None:
        path = demo.folder / "stats-config.yml"
        path.write_text(config)
        arguments = ["--stats-config-file", str(path)]
    with RoutheonServer(demo, *arguments) as theirs, Router(demo.folder, spec) as router:
        known = theirs.get("/stats")
        ours = json.loads(curl(router, "/stats")[1])
    assert list(ours) == list(known)
    for section, fields in known.items():
        if section == "timestamp":
            assert len(ours[section]) == len(fields)
            continue
        assert list(ours[section]) == list(fields), section
    for name in ("platform", "platform_release", "hostname", "architecture"):
        assert ours["system"][name] == known["system"][name]
    assert ours["memory"]["total_gb"] == known["memory"]["total_gb"]
    assert ours["cpu"]["core_count_logical"] == known["cpu"]["core_count_logical"]
    # It says the number of threads in both.
    assert ours["cpu"]["core_count"] == psutil.cpu_count(logical=False)
