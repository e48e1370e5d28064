"""`routerc register`: a server and its key into a folder of mappings, and the router told so."""

import subprocess
import threading

import pytest

from processes import ModelServerProcess, end, wait_for
from raw_http import post
from routerc import Router, binary, run
from specs import CHAT, chat
from traefik import FOLDER, MAPPING, SpecRouter, write


def register(mappings, *more, key="sk-e2e-registered", port=8011, service="llama3", check=0,
             **options):
    return run("register", "--port", port, "--service", service, "--key-file", "-",
               "--mappings", mappings, *more, stdin=key + "\n", check=check, **options)


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
    ["--api_key", "sk-e2e-x"], ["--output", "x.table"], ["--service", ""],
    ["--reload-admin", "nonsense"], ["--reload-key-file", "x"],
    ["--reload", "2", "--reload-admin", "127.0.0.1:9901"],
])
def test_register_refuses_nonsense(mappings, arguments):
    base = {"--port": "8011", "--service": "llama3", "--key-file": "-"}
    base.update(dict(zip(arguments[::2], arguments[1::2])))
    flat = [part for pair in base.items() for part in pair]
    run("register", *flat, "--mappings", mappings, stdin="sk-e2e-registered", check=2)
    assert list(mappings.iterdir()) == []


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


def files_of(folder):
    """Everything but the lock: names and contents."""
    return {path.name: path.read_bytes() for path in folder.iterdir()
            if not path.name.endswith(".lock")}


@pytest.mark.parametrize("include, service", [
    (FOLDER.replace("mappings/*.yml", "elsewhere/*.yml"), "llama3"),
    (FOLDER.replace("mappings/*.yml", "mappings/*.yaml"), "llama3"),
    (FOLDER, "routheon-server"),
    ("anonymous: deny\n", "llama3"),
])
def test_register_wants_a_spec_that_reads_the_file(tmp_path, mappings, include, service):
    """Otherwise the key would have left its earlier server and lead nowhere."""
    write(mappings, "old", "sk-e2e-registered", "http://127.0.0.1:1")
    before = files_of(mappings)
    (tmp_path / "elsewhere").mkdir()
    spec, table = tmp_path / "router.yaml", tmp_path / "router.table"
    spec.write_text(include + 'pools: [{ name: other, endpoints: ["http://127.0.0.1:2"] }]\n')
    done = register(mappings, "--spec", spec, "-o", table, service=service, check=1)
    assert (f"error: the spec does not read {mappings}/{service}.yml: no include finds it, or "
            "skip.files leaves it out") in done.stderr
    assert "as it was" in done.stderr and done.stdout == ""
    assert files_of(mappings) == before and not table.exists()


def test_register_knows_its_file_by_any_path(tmp_path, mappings):
    (tmp_path / "router.yaml").write_text(FOLDER)
    (tmp_path / "link").symlink_to(mappings)
    register(tmp_path / "link" / ".." / "mappings", "--spec", "./router.yaml", cwd=tmp_path)
    register("link", "--spec", tmp_path / "router.yaml", cwd=tmp_path)


def test_a_name_with_a_dot_in_front_is_not_hidden(mappings):
    register(mappings, service=".hidden")
    assert list(files_of(mappings)) == ["_hidden.yml"]


@pytest.mark.parametrize("host, reason", [
    ("http://gpu.lan/v1", "scheme and host only"), ("http://gpu.lan/api", "scheme and host only"),
    ("http://gpu.lan?x=1", "scheme and host only"), ("gpu.lan", "scheme and host only"),
    ("unix:/run/a.sock", "scheme and host only"), ("", "scheme and host only"),
    ("http://10.0.0.1:80", "the port comes from --port"),
    ("https://[::1]:443/", "the port comes from --port"),
    ("http://gpu.lan:0", "the port comes from --port"),
])
def test_register_takes_scheme_and_host_only(mappings, host, reason):
    done = register(mappings, "--host", host, check=2)
    assert reason in done.stderr
    assert list(mappings.iterdir()) == []


@pytest.mark.parametrize("host, url", [
    ("https://gpu.lan/", "https://gpu.lan:8011"), ("HTTP://GPU.lan", "http://gpu.lan:8011"),
    ("http://[::1]", "http://[::1]:8011"),
])
def test_register_shows_the_url_that_it_writes(mappings, host, url):
    done = register(mappings, "--host", host)
    assert done.stderr == f"wrote {mappings}/llama3.yml for {url}\n"
    assert f'url: "{url}"' in (mappings / "llama3.yml").read_text()


# The router told so


def test_register_signals_nobody_but_a_router(mappings):
    write(mappings, "old", "sk-e2e-registered", "http://127.0.0.1:1")
    before = files_of(mappings)
    sleeper = subprocess.Popen(["sleep", "60"])
    # A routerc that serves nothing would be ended by the signal too.
    reader = subprocess.Popen(
        [binary(), "register", "--port", "1", "--service", "x", "--key-file", "-"],
        stdin=subprocess.PIPE)
    try:
        wait_for(lambda: open(f"/proc/{reader.pid}/comm").read() == "routerc\n", 5, "its name")
        done = register(mappings, "--reload", sleeper.pid, check=2)
        assert f"process {sleeper.pid} is not routerc but sleep" in done.stderr
        done = register(mappings, "--reload", reader.pid, check=2)
        assert f"process {reader.pid} is routerc, but serves nothing" in done.stderr
        assert (sleeper.poll(), reader.poll()) == (None, None)
    finally:
        end(sleeper)
        end(reader)
        reader.stdin.close()
    done = register(mappings, "--reload", sleeper.pid, check=2)
    assert f"there is no process {sleeper.pid}" in done.stderr
    assert files_of(mappings) == before


def test_register_has_the_answer_of_the_admin_address(tmp_path, mappings):
    with ModelServerProcess("one") as one, Router(tmp_path, FOLDER) as router:
        port = one.url.rsplit(":", 1)[1]
        done = register(mappings, "--spec", tmp_path / "router.yaml", "-o", router.table,
                        "--reload-admin", router.admin, port=port)
        digest = done.stdout.strip()
        assert digest == router.status()["table"]["digest"] and digest in done.stderr
        assert router.ask(post(CHAT, chat(), "sk-e2e-registered")).status == 200


def test_a_refused_reload_undoes_nothing(tmp_path, mappings):
    with SpecRouter(tmp_path, FOLDER) as router:
        write(mappings, "old", "sk-e2e-registered", "http://127.0.0.1:1")
        (mappings / "broken.yml").write_text('http:\n  routers: "\n')
        done = register(mappings, "--reload-admin", router.admin, check=1)
        assert "table refused" in done.stderr and "R001" in done.stderr
        assert "what was written and retired stays so" in done.stderr
        assert (mappings / "llama3.yml").exists() and not (mappings / "old.yml").exists()


def test_a_router_that_cannot_be_reached_undoes_nothing(tmp_path, mappings):
    done = register(mappings, "--reload-admin", f"unix:{tmp_path}/none.sock", check=3)
    assert "cannot reach" in done.stderr and "stays so" in done.stderr
    assert (mappings / "llama3.yml").exists()
    # A key that cannot be read is known before.
    (mappings / "llama3.yml").unlink()
    register(mappings, "--reload-admin", "127.0.0.1:1", "--reload-key-file",
             tmp_path / "none", check=3)
    assert files_of(mappings) == {}
