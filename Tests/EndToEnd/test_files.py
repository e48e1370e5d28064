"""What stands where a spec is expected: pipes, devices, names that are no text."""

import os
import subprocess
import threading

import pytest

from routerc import binary, run
from specs import CHAT
from traefik import FOLDER, write

SPEC = 'pools: [{ name: main, endpoints: ["http://127.0.0.1:1"], models: [alpha] }]\n'
SECONDS_MAX = 20


def fed(path, data, *arguments):
    """routerc with a pipe for an argument, into which somebody writes."""
    os.mkfifo(path)

    def feed():
        with open(path, "wb") as pipe:
            pipe.write(data)

    thread = threading.Thread(target=feed)
    thread.start()
    try:
        return run(*arguments, check=0)
    finally:
        thread.join(SECONDS_MAX)


@pytest.mark.parametrize("arguments", [
    ["check", "{}"], ["compile", "{}", "-o", "{}.table"], ["dump", "{}"],
    ["dump", "--effective", "{}"], ["route", "{}", "--model", "alpha", "--path", CHAT],
])
def test_a_spec_may_come_through_a_pipe(tmp_path, arguments):
    """Each command reads it once: what was read of a pipe is gone."""
    (tmp_path / "file").mkdir()
    file, pipe = tmp_path / "file" / "spec.yaml", tmp_path / "spec.yaml"
    file.write_text(SPEC)
    done = fed(pipe, SPEC.encode(), *[part.format(pipe) for part in arguments])
    plain = run(*[part.format(file) for part in arguments], check=0)
    assert done.stdout.replace(str(pipe), str(file)) == plain.stdout
    assert "error" not in done.stderr


def test_a_spec_may_be_the_standard_input(tmp_path):
    done = run("route", "/dev/stdin", "--model", "alpha", stdin=SPEC, check=0)
    assert "main" in done.stdout
    with open(tmp_path / "spec.yaml", "w+", encoding="utf-8") as file:
        file.write(SPEC)
        file.flush()
        file.seek(0)
        done = subprocess.run([binary(), "dump", "/dev/stdin"], stdin=file, capture_output=True,
                              text=True, timeout=SECONDS_MAX, check=True)
    assert "alpha" in done.stdout


def test_a_table_may_come_through_a_pipe(tmp_path):
    spec, table = tmp_path / "spec.yaml", tmp_path / "router.table"
    spec.write_text(SPEC)
    run("compile", spec, "-o", table, check=0)
    done = fed(tmp_path / "pipe", table.read_bytes(), "dump", tmp_path / "pipe")
    assert done.stdout == run("dump", table, check=0).stdout


@pytest.mark.parametrize("command", [
    ["check"], ["compile", "-o", "x.table"], ["dump"], ["route", "--model", "x"]])
@pytest.mark.parametrize("include", ['{ spec: "mappings/*.yml" }', '{ traefik: "mappings/*" }',
                                     '{ spec: mappings/pipe.yml }'])
def test_an_included_pipe_keeps_nobody_waiting(tmp_path, mappings, command, include):
    os.mkfifo(mappings / "pipe.yml")
    spec = tmp_path / "router.yaml"
    spec.write_text(f"include: [{include}]\n" + SPEC)
    done = run(command[0], spec, *command[1:], cwd=tmp_path, check=1)
    assert "R011" in done.stderr
    assert "'mappings/pipe.yml' cannot be read: it is not a file but a pipe" in done.stderr


def test_serve_reads_no_pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    done = run("serve", tmp_path / "pipe.yaml", check=3)
    assert "is not a regular file" in done.stderr


def test_a_name_that_is_no_text_is_an_error(tmp_path, mappings):
    """What an include skips in silence may be the file that everybody relies on."""
    write(mappings, "good", "sk-e2e-good", "http://127.0.0.1:1")
    path = os.path.join(os.fsencode(mappings), b"caf\xe9.yml")
    with open(path, "w", encoding="ascii") as file:
        file.write("http: {}\n")
    spec = tmp_path / "router.yaml"
    spec.write_text(FOLDER)
    done = run("check", spec, check=1)
    assert "R011" in done.stderr
    assert "'mappings/caf\\xE9.yml' cannot be read: its name is not UTF-8" in done.stderr
    spec.write_text(FOLDER.replace('"*.bak.*"', "'*xE9.yml'"))
    run("check", spec, check=0)
    spec.write_text(FOLDER.replace("mappings/*.yml", "mappings/g*.yml"))
    run("check", spec, check=0)
