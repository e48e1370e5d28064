"""The commands: what goes to stdout, what to stderr, and the exit status."""

import json
import os
import re
import subprocess

import pytest

from routerc import DIGEST, REPOSITORY, binary, run
from specs import ALICE, fingerprint

GOOD = """
pools:
  - name: main
    endpoints: ["http://127.0.0.1:9001"]
    models: ["alpha", "family/*"]
keys:
  - { name: alice, secret: "%s" }
  - { name: bob, secret: "%s", models: [alpha] }
""" % (fingerprint(ALICE), fingerprint("another"))

BAD = """
pools:
  - name: main
    endpoints: ["http://127.0.0.1:9001"]
    modles: ["alpha"]
  - name: main
    endpoints: []
"""

# A pools.yaml of llama-model-router, unchanged.
SMALLEST = """pools:
  - name: "default-pool"
    endpoints: ["http://localhost:9001"]
    models: ["llama3-8b-instruct"]
  - name: "dynamic-pool"
    endpoints: ["http://localhost:9101", "http://localhost:9101"]
    models: ["*"]
"""

COMMANDS = [
    "check", "compile", "serve", "dump", "inspect", "route", "key", "register", "reload", "status",
    "endpoint", "demo"]


@pytest.fixture
def good(tmp_path):
    path = tmp_path / "good.yaml"
    path.write_text(GOOD)
    return path


@pytest.fixture
def bad(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text(BAD)
    return path


def test_check_says_yes_quietly(good):
    assert run("check", good, check=0).stdout == ""


def test_check_reports_everything_in_one_run(bad):
    done = run("check", bad, check=1)
    text = done.stdout + done.stderr
    assert len(re.findall(r"^error\[R\d{3}\]:", text, re.MULTILINE)) >= 3
    assert "bad.yaml:5:5" in text and "models" in text


def test_check_in_json(bad):
    done = run("check", bad, "--format", "json", check=1)
    found = json.loads(done.stdout)
    entries = found if isinstance(found, list) else found["diagnostics"]
    assert len(entries) >= 3
    assert all(re.fullmatch(r"R\d{3}", entry["code"]) for entry in entries)


def test_check_takes_several_specs(good, bad):
    run("check", good, good, check=0)
    run("check", good, bad, check=1)


def test_the_smallest_spec_compiles_with_a_warning(tmp_path):
    path = tmp_path / "pools.yaml"
    path.write_text(SMALLEST)
    done = run("compile", path, "-o", tmp_path / "t", check=0)
    assert DIGEST.fullmatch(done.stdout.strip())
    assert "warning[R" in done.stderr


def test_compile_prints_the_digest_and_nothing_else(good, tmp_path):
    done = run("compile", good, "-o", tmp_path / "t", check=0)
    assert DIGEST.fullmatch(done.stdout.rstrip("\n"))
    assert done.stderr == ""


def test_compile_of_a_bad_spec_leaves_the_old_table(good, bad, tmp_path):
    table = tmp_path / "t"
    run("compile", good, "-o", table, check=0)
    before = table.read_bytes()
    assert run("compile", bad, "-o", table, check=1).stdout == ""
    assert table.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if "tmp" in path.name] == []


def test_compile_is_deterministic(good, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "good.yaml").write_text(GOOD)
    run("compile", "good.yaml", "-o", "t", check=0, cwd=tmp_path)
    run("compile", "good.yaml", "-o", "t", check=0, cwd=elsewhere,
        env={"LC_ALL": "tr_TR.UTF-8", "PATH": "/usr/bin:/bin"})
    assert (tmp_path / "t").read_bytes() == (elsewhere / "t").read_bytes()


def test_dump_of_a_table_and_of_its_spec_are_the_same(good, tmp_path):
    run("compile", good, "-o", tmp_path / "t", check=0)
    dump = run("dump", tmp_path / "t", check=0).stdout
    assert "main" in dump and "alice" in dump and "family/" in dump
    assert run("dump", good, check=0).stdout == dump


def test_dump_effective_names_the_line_of_each_value(tmp_path):
    path = tmp_path / "r.yaml"
    path.write_text("defaults:\n  timeouts: { connect: 500ms }\n" + GOOD.lstrip())
    done = run("dump", "--effective", path, "pools.main.timeouts", "keys.alice", check=0)
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["pools.main.timeouts.connect", "500ms", f"{path}:2"] in lines
    assert ["pools.main.timeouts.idle", "1m", "default"] in lines
    assert {line[0].split(".")[0] for line in lines} == {"pools", "keys"}
    assert fingerprint(ALICE)[:16] not in done.stdout
    found = json.loads(run("dump", "--effective", "--format", "json", path, check=0).stdout)
    by_path = {value["path"]: value for value in found["values"]}
    assert by_path["pools.main.timeouts.connect"] == {
        "path": "pools.main.timeouts.connect", "value": "500ms", "origin": "spec",
        "file": str(path), "line": 2, "column": 15}
    assert by_path["listen.drain"]["line"] is None


def test_dump_effective_says_what_it_cannot_show(good, bad, tmp_path):
    assert run("dump", "--effective", bad, check=1).stdout == ""
    assert "pools.mian" in run("dump", "--effective", good, "pools.mian", check=1).stderr
    run("dump", "--effective", "/nowhere/a.yaml", check=3)
    run("dump", good, "pools", check=2)
    run("dump", good, "--format", "json", check=2)
    run("compile", good, "-o", tmp_path / "t", check=0)
    assert "is a table" in run("dump", "--effective", tmp_path / "t", check=2).stderr


def test_route_says_where_and_why(good):
    done = run("route", good, "--key-name", "alice", "--model", "family/x",
               "--path", "/v1/chat/completions", check=0)
    assert "main" in done.stdout and "good.yaml:" in done.stdout


def test_route_in_json(good):
    done = run("route", good, "--key-name", "alice", "--model", "alpha",
               "--path", "/v1/chat/completions", "--format", "json", check=0)
    assert "main" in json.dumps(json.loads(done.stdout))


def test_route_of_what_is_refused(good):
    arguments = ["route", good, "--path", "/v1/chat/completions", "--format", "json"]
    for key, model, status in [("bob", "family/x", 403), ("alice", "zeta", 404)]:
        done = run(*arguments, "--key-name", key, "--model", model)
        assert str(status) in done.stdout, done.stdout + done.stderr


def test_key_new_and_hash_agree():
    lines = run("key", "new", check=0).stdout.split("\n")
    key, line = lines[0].split()[-1], lines[1].split()[-1].strip('"')
    assert len(key) >= 32 and line == fingerprint(key)
    hashed = run("key", "hash", stdin=key + "\n", check=0).stdout.strip()
    assert hashed == fingerprint(key)
    assert run("key", "new", check=0).stdout.split("\n")[0] != lines[0]


def test_a_key_is_never_an_argument():
    assert run("key", "hash", "sk-something").returncode == 2


@pytest.mark.parametrize("arguments", [
    ["nonsense"], ["check"], ["compile", "a.yaml"], ["check", "--nonsense", "a.yaml"],
    ["check", "a.yaml", "--format", "xml"], ["serve"],
])
def test_usage_is_2(arguments):
    done = run(*arguments, check=2)
    assert done.stdout == "" and done.stderr != ""


@pytest.mark.parametrize("arguments", [
    ["check", "/nowhere/a.yaml"], ["compile", "/nowhere/a.yaml", "-o", "/tmp/t"],
    ["dump", "/nowhere/router.table"], ["serve", "/nowhere/router.table"],
])
def test_a_file_that_is_not_there_is_3(arguments):
    done = run(*arguments, check=3)
    assert done.stdout == "" and "/nowhere/" in done.stderr


def test_a_folder_that_cannot_be_written_is_3(good):
    run("compile", good, "-o", "/nowhere/t", check=3)


def test_garbage_is_no_table(tmp_path):
    path = tmp_path / "router.table"
    path.write_bytes(b"\x00garbage" * 100)
    done = run("dump", path)
    assert done.returncode in (1, 3) and done.stdout == "" and done.stderr != ""


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_examples(command):
    done = run(command, "--help", check=0)
    assert f"routerc {command}" in done.stdout and "xample" in done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions(shell):
    done = run("--generate-completion-script", shell, check=0)
    assert all(command in done.stdout for command in COMMANDS)


def test_examples_of_the_repository_check_clean():
    examples = sorted((REPOSITORY / "specs/examples").glob("*.yaml"))
    assert examples
    run("check", *examples, check=0)


def test_demo_ends_with_a_streamed_answer():
    done = run("demo", "--once", check=0)
    assert "curl" in done.stdout + done.stderr
    assert "data:" in done.stdout or "[DONE]" in done.stdout or "stream" in done.stdout.lower()


def test_the_same_spec_gives_the_same_bytes_everywhere(tmp_path):
    specs = sorted((REPOSITORY / "specs/valid").rglob("*.yaml"))
    specs += sorted((REPOSITORY / "specs/examples").glob("*.yaml"))
    assert len(specs) > 20
    places = [("here", {"LC_ALL": "C", "TZ": "UTC"}),
              ("else where/ünïcode", {"LC_ALL": "tr_TR.UTF-8", "TZ": "Asia/Tokyo"})]
    for spec in specs:
        tables = []
        for folder, environment in places:
            place = tmp_path / folder
            place.mkdir(parents=True, exist_ok=True)
            (place / spec.name).write_bytes(spec.read_bytes())
            run("compile", place / spec.name, "-o", place / "table", check=0,
                env={**os.environ, **environment}, cwd=place)
            tables.append((place / "table").read_bytes())
        assert tables[0] == tables[1], spec


def test_compile_replaces_tables_only(tmp_path):
    spec, notes, fifo = tmp_path / "a.yaml", tmp_path / "notes.txt", tmp_path / "fifo"
    spec.write_text(GOOD)
    notes.write_text("not a table")
    os.mkfifo(fifo)
    for output in (spec, notes, fifo, tmp_path / "." / "a.yaml"):
        assert run("compile", spec, "-o", output, check=2).stdout == ""
    assert spec.read_text() == GOOD and notes.read_text() == "not a table" and fifo.is_fifo()
    # A link to a table stays a link, and what it leads to is replaced.
    table, link = tmp_path / "v1.table", tmp_path / "current"
    run("compile", spec, "-o", table, check=0)
    link.symlink_to(table)
    before = table.stat().st_ino
    run("compile", spec, "-o", link, check=0)
    assert link.is_symlink() and table.stat().st_ino != before


def test_what_cannot_be_written_is_not_done(tmp_path):
    with open("/dev/full", "w") as full:
        done = subprocess.run([binary(), "key", "new"], stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 3 and b"cannot write" in done.stderr


def test_several_specs_are_one_document(tmp_path):
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(GOOD)
    bad.write_text("pools: []\nnope: 1\n")
    done = run("check", "--format", "json", good, tmp_path / "missing.yaml", bad, check=3)
    found = json.loads(done.stdout)["diagnostics"]
    assert [item["code"] for item in found] == ["R101"]
    assert found[0]["file"].endswith("bad.yaml") and "missing.yaml" in done.stderr


@pytest.mark.parametrize("text", ["two words", "two\nlines", "schlüssel"])
def test_what_no_client_could_present_is_no_key(text):
    assert run("key", "hash", stdin=text, check=2).stdout == ""


def test_route_refuses_what_the_server_refuses(tmp_path):
    spec = tmp_path / "a.yaml"
    spec.write_text(GOOD.replace('models: [alpha] }', 'pin: main }'))
    for path in ("/a/../b", "/a//b", "/a%2fb", "nop"):
        done = run("route", spec, "--key-name", "bob", "--path", path, "--format", "json", check=1)
        assert json.loads(done.stdout)["code"] == "unsafe_path"
