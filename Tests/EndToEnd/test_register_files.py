"""`routerc register` among files that are not what they should be, and what it does to them."""

import os
import re
import signal
import socket
import subprocess
import threading

import pytest

from processes import end, wait_for
from routerc import binary, run
from test_register import files_of, register
from traefik import FOLDER, write

KEY = "sk-e2e-registered"
SECONDS_MAX = 20
BAK = re.compile(r"\.bak\.[0-9]{8}-[0-9]{6}$")


def kept(folder, name):
    """The files that a file of this name was kept as."""
    return [path for path in folder.iterdir()
            if path.name.startswith(f"{name}.bak.") and BAK.search(path.name)]


# What is no file

def make_pipe(path):
    os.mkfifo(path)


def make_socket(path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


def make_device(path):
    path.symlink_to("/dev/zero")


def make_huge(path):
    path.write_bytes(b"http: {}\n")
    os.truncate(path, 1 << 40)


def make_lost(path):
    path.symlink_to("nowhere")


@pytest.mark.parametrize("make, reason", [
    (make_pipe, "it is not a file but a pipe"), (make_socket, "it is not a file but a socket"),
    (make_device, "it is not a file but a device"), (make_huge, "it is longer than 16 MiB"),
    (make_lost, "No such file or directory"),
])
@pytest.mark.parametrize("folder", [".", "deep"])
def test_a_mapping_that_cannot_be_read_is_an_error(mappings, make, reason, folder):
    """It may hold the key. Nothing has been changed then, and nobody has waited."""
    write(mappings, "old", KEY, "http://127.0.0.1:1")
    before = files_of(mappings)
    (mappings / "deep").mkdir()
    make(mappings / folder / "x.yml")
    done = register(mappings, check=3, key=KEY)
    assert f"x.yml' holds: {reason}" in done.stderr and "cannot tell whose keys" in done.stderr
    (mappings / folder / "x.yml").unlink()
    (mappings / "deep").rmdir()
    assert files_of(mappings) == before


@pytest.mark.parametrize("make", [make_pipe, make_socket, make_device, make_huge, make_lost])
def test_what_has_no_mapping_s_name_is_left_alone(mappings, make):
    make(mappings / "x.txt")
    register(mappings)
    assert (mappings / "llama3.yml").exists()


@pytest.mark.parametrize("make", [make_pipe, make_device, make_lost])
def test_what_is_no_file_is_not_replaced(mappings, make):
    make(mappings / "llama3.yml")
    done = register(mappings, check=3)
    assert "no file that can be replaced" in done.stderr


def test_a_link_to_a_file_is_a_file(tmp_path, mappings):
    write(tmp_path, "elsewhere", KEY, "http://127.0.0.1:1")
    (mappings / "old.yml").symlink_to(tmp_path / "elsewhere.yml")
    register(mappings, key=KEY)
    assert not (mappings / "old.yml").is_symlink() and kept(mappings, "old.yml")[0].is_symlink()


def test_links_to_folders_are_not_followed(tmp_path, mappings):
    """Two that lead back here would make folders without number; what is elsewhere is not ours."""
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    write(outside, "old", KEY, "http://127.0.0.1:1")
    for name in ("a", "b"):
        (mappings / name).symlink_to(".")
    (mappings / "out").symlink_to(outside)
    done = register(mappings, key=KEY)
    assert f"left out {mappings}/out, a link to a folder elsewhere" in done.stderr
    assert "/a," not in done.stderr and (outside / "old.yml").exists()


@pytest.mark.parametrize("name", [b"caf\xe9.yml", b"caf\xe9/old.yml"])
def test_a_name_that_is_no_text_is_an_error(mappings, name):
    path = os.path.join(os.fsencode(mappings), name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="ascii") as file:
        file.write("http: {}\n")
    done = register(mappings, check=3)
    assert "caf\\xE9" in done.stderr and "its name is not UTF-8" in done.stderr
    os.rename(path, path.replace(b".yml", b".txt"))
    if b"/old" not in name:
        register(mappings)


# A file that is there

def test_a_new_key_of_a_service_keeps_the_earlier_file(mappings):
    register(mappings, key="sk-e2e-first")
    before = (mappings / "llama3.yml").read_bytes()
    (mappings / "llama3.yml").chmod(0o600)
    done = register(mappings, key="sk-e2e-second")
    [bak] = kept(mappings, "llama3.yml")
    assert bak.read_bytes() == before and bak.stat().st_mode & 0o777 == 0o600
    assert b"sk-e2e-second" in (mappings / "llama3.yml").read_bytes()
    assert done.stderr.splitlines() == [
        f"kept the earlier {mappings}/llama3.yml as {bak.name}",
        f"wrote {mappings}/llama3.yml for http://127.0.0.1:8011"]
    # And again, within one second or not: none is lost.
    register(mappings, key="sk-e2e-third")
    texts = b"".join(path.read_bytes() for path in mappings.glob("llama3.yml.bak.*"))
    assert b"sk-e2e-first" in texts and b"sk-e2e-second" in texts


def test_the_same_key_leaves_nothing_behind(mappings):
    register(mappings, port=8011)
    register(mappings, port=8012)
    assert list(files_of(mappings)) == ["llama3.yml"]
    assert b"8012" in (mappings / "llama3.yml").read_bytes()


def test_two_names_that_make_one_file_are_two_services(mappings):
    register(mappings, service="Org/Model:Q4", key="sk-e2e-first")
    before = files_of(mappings)
    for other in ("Org_Model_Q4", "Org:Model/Q4"):
        done = register(mappings, service=other, key="sk-e2e-second", check=1)
        assert "is of the service 'Org/Model:Q4' with another key" in done.stderr
    assert files_of(mappings) == before
    register(mappings, service="Org/Model:Q4", key="sk-e2e-second")


def test_a_mapping_of_create_mapping_sh_is_taken_over(mappings):
    """It does not say what name it was given, so the safe one is as good."""
    write(mappings, "Org_Model_Q4", "sk-e2e-first", "http://127.0.0.1:1")
    register(mappings, service="Org/Model:Q4", key="sk-e2e-second")
    assert len(kept(mappings, "Org_Model_Q4.yml")) == 1


def test_a_file_with_other_routers_is_not_replaced(mappings):
    write(mappings, "llama3", "sk-e2e-first", "http://127.0.0.1:1")
    path = mappings / "llama3.yml"
    path.write_text(path.read_text().replace(
        "  services:", "    two: { rule: \"Header(`Authorization`, `Bearer sk-e2e-other`)\", "
        "service: llama3 }\n\n  services:"))
    before = files_of(mappings)
    done = register(mappings, check=1)
    assert "has routers of other keys, which would be lost" in done.stderr
    assert files_of(mappings) == before


# What is left behind

def test_leftovers_are_removed_and_never_read(tmp_path, mappings):
    write(mappings, "old", KEY, "http://127.0.0.1:1")
    text = (mappings / "old.yml").read_text()
    ours = ["llama3.yml.12.tmp", "a.b.yml.1.tmp", "llama3.yml.earlier.7.tmp",
            "old.yml.bak.20261121-101010.99.tmp"]
    others = ["notes.tmp", "llama3.yml.tmp", "llama3.yml.x.tmp", "router.table.12.tmp", "7.tmp"]
    for name in ours + others:
        (mappings / name).write_text(text)
    spec = tmp_path / "router.yaml"
    spec.write_text(FOLDER)
    # Another file with the key would be an error.
    run("check", spec, check=0)
    done = register(mappings, "--spec", spec, key="sk-e2e-second", service="other")
    left = set(files_of(mappings))
    assert left.isdisjoint(ours) and left.issuperset(others)
    for name in ours:
        assert f"removed {mappings}/{name}, left by an earlier one" in done.stderr


# In order, and back

class WaitingRegister:
    """A `register` whose spec is a pipe: it has written and retired, and waits to compile."""

    def __init__(self, folder, mappings, *more):
        self.pipe = folder / "pipe.yaml"
        os.mkfifo(self.pipe)
        self.process = subprocess.Popen(
            [binary(), "register", "--port", "8011", "--service", "llama3", "--key-file", "-",
             "--mappings", str(mappings), "--spec", str(self.pipe), *map(str, more)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.process.stdin.write(KEY + "\n")
        self.process.stdin.close()
        self.process.stdin = None

    def finish(self, spec):
        """What it prints and its exit status once it has this spec."""
        with open(self.pipe, "w", encoding="utf-8") as pipe:
            pipe.write(spec)
        out, errors = self.process.communicate(timeout=SECONDS_MAX)
        return out, errors, self.process.returncode


BAD = FOLDER + "pools: [{ name: llama3, endpoints: [] }]\n"
OTHER = 'pools: [{ name: other, endpoints: ["http://127.0.0.1:2"], models: [m] }]\n'


def test_lines_come_in_the_order_of_what_happens(tmp_path, mappings):
    write(mappings, "old", KEY, "http://127.0.0.1:1")
    write(mappings, "llama3", "sk-e2e-first", "http://127.0.0.1:1")
    waiting = WaitingRegister(tmp_path, mappings)
    try:
        said = [waiting.process.stderr.readline().split()[0] for _ in range(3)]
        assert said == ["kept", "wrote", "retired"]
        # All of it is true by now.
        assert not (mappings / "old.yml").exists() and KEY in (mappings / "llama3.yml").read_text()
        out, errors, code = waiting.finish(BAD)
    finally:
        end(waiting.process)
    assert code == 1 and out == ""
    assert errors.index("R203") < errors.index("the folder is as it was")
    assert sorted(files_of(mappings)) == ["llama3.yml", "old.yml"]


def test_what_cannot_be_undone_is_said(tmp_path, mappings):
    write(mappings, "old", KEY, "http://127.0.0.1:1")
    write(mappings, "older", KEY, "http://127.0.0.1:1")
    waiting = WaitingRegister(tmp_path, mappings)
    try:
        wait_for(lambda: kept(mappings, "older.yml"), SECONDS_MAX, "what is retired")
        [bak] = kept(mappings, "old.yml")
        bak.unlink()
        (mappings / "llama3.yml").unlink()
        _, errors, code = waiting.finish(BAD)
    finally:
        end(waiting.process)
    assert code == 3
    assert f"cannot rename '{bak}' back to 'old.yml': No such file" in errors
    assert f"cannot remove '{mappings}/llama3.yml': No such file" in errors
    assert "nothing was registered, and the folder is not as it was" in errors
    assert (mappings / "older.yml").exists()


def test_the_lock_is_held_until_the_spec_is_compiled(tmp_path, mappings):
    waiting = WaitingRegister(tmp_path, mappings)
    other = threading.Thread(target=register, args=(mappings,),
                             kwargs={"service": "other", "key": "sk-e2e-second"})
    try:
        wait_for(lambda: (mappings / "llama3.yml").exists(), SECONDS_MAX, "the first")
        other.start()
        other.join(0.5)
        assert other.is_alive() and not (mappings / "other.yml").exists()
        assert waiting.finish(OTHER)[2] == 1
    finally:
        end(waiting.process)
        other.join(SECONDS_MAX)
    assert list(files_of(mappings)) == ["other.yml"]


def test_a_killed_one_leaves_the_key_in_a_file(tmp_path, mappings):
    write(mappings, "llama3", "sk-e2e-first", "http://127.0.0.1:1")
    write(mappings, "old", KEY, "http://127.0.0.1:1")
    waiting = WaitingRegister(tmp_path, mappings)
    wait_for(lambda: kept(mappings, "old.yml"), SECONDS_MAX, "what is retired")
    waiting.process.send_signal(signal.SIGKILL)
    waiting.process.communicate(timeout=SECONDS_MAX)
    register(mappings, key=KEY)
    assert KEY in (mappings / "llama3.yml").read_text()
    assert not [name for name in files_of(mappings) if name.endswith(".tmp")]
