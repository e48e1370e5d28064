"""Listening on unix sockets: nobody's socket is stolen, and a dead one's is taken over."""

import signal
import socket

from raw_http import head
from routerc import Router, ask, run
from specs import one_pool


def spec_on(path, server):
    return f"listen: {{ address: \"unix:{path}\" }}\n" + one_pool(server)


def test_a_living_socket_is_not_taken(first, tmp_path):
    path = tmp_path / "router.sock"
    (tmp_path / "one").mkdir()
    with Router(tmp_path / "one", one_pool(first), address=f"unix:{path}") as one:
        other = tmp_path / "other.yaml"
        other.write_text(spec_on(path, first))
        done = run("serve", other, check=3)
        assert "another process listens there" in done.stderr
        assert ask(f"unix:{path}", head("GET", "/health")).status == 200
        assert one.process.poll() is None
    assert not path.exists()


def test_a_dead_socket_is_taken_over(first, tmp_path):
    path = tmp_path / "router.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
        dead.listen()
    assert path.exists()
    with Router(tmp_path, one_pool(first), address=f"unix:{path}") as router:
        assert ask(f"unix:{path}", head("GET", "/health")).status == 200
        router.signal(signal.SIGTERM)
        assert router.wait_for_end() == 0


def test_a_file_is_never_removed(first, tmp_path):
    path = tmp_path / "precious"
    path.write_text("text")
    spec = tmp_path / "spec.yaml"
    spec.write_text(spec_on(path, first))
    run("serve", spec, check=3)
    assert path.read_text() == "text"
