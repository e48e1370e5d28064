"""https upstreams: real certificates of a test authority, a real TLS server, real refusals."""

import datetime
import socket
import ssl
import time

import pytest
import trustme

from raw_http import RawClient, Truncated, events, head, post
from raw_upstream import RawUpstream, read_request
from routerc import Router, run
from specs import CHAT, PINNED, chat, fingerprint, stream

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
UNTIL_CLOSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nbegun"


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def ca_file(authority, tmp_path):
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


class TLSUpstream(RawUpstream):
    """A TLS server; `behave` gets each connection once its handshake is done."""

    def __init__(self, certificate, behave=None, newest=None):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(self.context)
        self.context.set_alpn_protocols(["h2", "http/1.1"])
        if newest is not None:
            self.context.minimum_version = ssl.TLSVersion.TLSv1
            self.context.maximum_version = newest
            self.context.set_ciphers("ALL:@SECLEVEL=0")
        self.names = []
        self.context.sni_callback = lambda _, name, __: self.names.append(name)
        self.handshakes = 0
        self.failures = []
        self.protocols = []
        super().__init__(behave or answer_all)

    def _serve(self, connection):
        try:
            with self.context.wrap_socket(connection, server_side=True) as secured:
                self.handshakes += 1
                self.protocols.append((secured.version(), secured.selected_alpn_protocol()))
                self.behave(secured)
        except (OSError, ssl.SSLError) as error:
            self.failures.append(error)


def answer_all(connection):
    while read_request(connection):
        connection.sendall(OK)


def close_notified(connection):
    read_request(connection)
    connection.sendall(UNTIL_CLOSE)
    connection.unwrap()


def cut(connection):
    """An end that anybody on the way could have made."""
    read_request(connection)
    connection.sendall(UNTIL_CLOSE)
    connection.shutdown(socket.SHUT_RDWR)


def spec_of(server, ca=None, host="localhost", timeouts="connect: 1s"):
    authority = f', ca: "{ca}"' if ca else ""
    return f"""
defaults: {{ timeouts: {{ {timeouts} }} }}
endpoints: [{{ name: far, url: "https://{host}:{server.port}"{authority} }}]
pools: [{{ name: main, endpoints: [far] }}]
models: [{{ match: "*", pool: main }}]
anonymous: allow
keys: [{{ name: pinned, secret: "{fingerprint(PINNED)}", pin: main }}]
"""


def refusal(router):
    answer = router.ask(post(CHAT, chat()))
    return answer.status, answer.error_code


def handshake_warnings(router):
    return [record for record in router.log_records()
            if record["message"] == "upstream TLS handshake failed"]


def reason(router):
    """Why the one handshake failed; a sentence, not a place in somebody's source."""
    warnings = handshake_warnings(router)
    assert [record["endpoint"] for record in warnings] == ["far"]
    assert not any(mark in warnings[0]["reason"] for mark in ("/", "(", ".cc"))
    return warnings[0]["reason"]


def test_requests_go_through_one_connection(tmp_path, authority, ca_file):
    with TLSUpstream(authority.issue_cert("localhost")) as server, \
            Router(tmp_path, spec_of(server, ca_file), arguments=["--loops", "1"]) as router:
        for _ in range(3):
            assert router.ask(post(CHAT, chat())).body == b"ok"
        assert server.handshakes == 1
        assert server.names == ["localhost"]
        assert server.protocols == [("TLSv1.3", "http/1.1")]


def test_a_stream_arrives_event_by_event(tmp_path, authority, ca_file):
    def behave(connection):
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number in range(20):
            event = b'data: {"n": %d}\n\n' % number
            connection.sendall(b"%x\r\n%s\r\n" % (len(event), event))
            time.sleep(0.01)
        connection.sendall(b"0\r\n\r\n")
        read_request(connection)

    with TLSUpstream(authority.issue_cert("localhost"), behave) as server, \
            Router(tmp_path, spec_of(server, ca_file)) as router:
        answer = router.ask(post(CHAT, stream()))
        assert [event["n"] for event in events(answer.body)[0]] == list(range(20))
        assert len(answer.chunks) == 20


def test_large_bodies_pass_both_ways(tmp_path, authority, ca_file):
    size = 3_000_000

    def behave(connection):
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"y" * size)

    with TLSUpstream(authority.issue_cert("localhost"), behave) as server, \
            Router(tmp_path, spec_of(server, ca_file)) as router:
        key = ("Authorization", f"Bearer {PINNED}")
        request = head("POST", "/files", [key, ("Content-Length", size)]) + b"x" * size
        assert router.ask(request).body == b"y" * size


def test_an_address_is_verified_as_an_address(tmp_path, authority, ca_file):
    with TLSUpstream(authority.issue_cert("127.0.0.1")) as server, \
            Router(tmp_path, spec_of(server, ca_file, host="127.0.0.1")) as router:
        assert router.ask(post(CHAT, chat())).body == b"ok"
        assert server.names == [None]


def test_an_address_is_not_covered_by_a_name(tmp_path, authority, ca_file):
    with TLSUpstream(authority.issue_cert("localhost")) as server, \
            Router(tmp_path, spec_of(server, ca_file, host="127.0.0.1")) as router:
        assert refusal(router) == (502, "upstream_tls_failed")


def test_another_name_is_refused_and_said_once(tmp_path, authority, ca_file):
    with TLSUpstream(authority.issue_cert("other.example")) as server, \
            Router(tmp_path, spec_of(server, ca_file)) as router:
        for _ in range(3):
            assert refusal(router) == (502, "upstream_tls_failed")
        warnings = handshake_warnings(router)
        assert len(warnings) == 1
        assert (warnings[0]["host"], warnings[0]["endpoint"]) == ("localhost", "far")
        assert warnings[0]["reason"] == "the certificate is for another host"


def test_an_authority_nobody_trusts_is_refused(tmp_path, authority):
    with TLSUpstream(authority.issue_cert("localhost")) as server, \
            Router(tmp_path, spec_of(server)) as router:
        assert refusal(router) == (502, "upstream_tls_failed")
        assert reason(router).startswith("certificate verify failed: ")


def test_an_expired_certificate_is_refused(tmp_path, authority, ca_file):
    past = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
    with TLSUpstream(authority.issue_cert("localhost", not_after=past)) as server, \
            Router(tmp_path, spec_of(server, ca_file)) as router:
        assert refusal(router) == (502, "upstream_tls_failed")
        assert reason(router).startswith("certificate verify failed: ")


def test_an_old_protocol_is_refused(tmp_path, authority, ca_file):
    certificate = authority.issue_cert("localhost")
    with TLSUpstream(certificate, newest=ssl.TLSVersion.TLSv1_1) as server, \
            Router(tmp_path, spec_of(server, ca_file)) as router:
        assert refusal(router) == (502, "upstream_tls_failed")
        assert reason(router) == "the upstream speaks neither TLS 1.2 nor TLS 1.3"


def test_a_server_without_tls_is_refused(tmp_path, ca_file):
    def behave(connection):
        # All of it: an end with bytes unread is a reset, and may overtake the answer.
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")

    with RawUpstream(behave) as server, Router(tmp_path, spec_of(server, ca_file)) as router:
        assert refusal(router) == (502, "upstream_tls_failed")
        assert reason(router) == "the upstream speaks no TLS"


def test_a_server_that_closes_in_the_handshake_is_refused(tmp_path, ca_file):
    with RawUpstream(lambda connection: connection.recv(65536)) as server, \
            Router(tmp_path, spec_of(server, ca_file)) as router:
        assert refusal(router) == (502, "upstream_tls_failed")
        assert reason(router) == "the upstream closed the connection in the handshake"


def test_a_handshake_that_hangs_is_within_the_connect_timeout(tmp_path, ca_file):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        class Silent:
            port = listener.getsockname()[1]

        with Router(tmp_path, spec_of(Silent, ca_file, timeouts="connect: 300ms")) as router:
            began = time.monotonic()
            assert refusal(router) == (504, "upstream_connect_timeout")
            assert 0.25 < time.monotonic() - began < 3
            # The connection that came to nothing does not live on.
            deadline = time.monotonic() + 5
            while router.status()["upstream_connections"] and time.monotonic() < deadline:
                time.sleep(0.05)
            assert router.status()["upstream_connections"] == 0


def test_an_end_with_close_notify_is_an_end(tmp_path, authority, ca_file):
    with TLSUpstream(authority.issue_cert("localhost"), close_notified) as server, \
            Router(tmp_path, spec_of(server, ca_file)) as router:
        assert router.ask(post(CHAT, chat())).body == b"begun"


def test_an_end_without_close_notify_is_a_truncation(tmp_path, authority, ca_file):
    with TLSUpstream(authority.issue_cert("localhost"), cut) as server, \
            Router(tmp_path, spec_of(server, ca_file)) as router, \
            RawClient(router.address) as client:
        with pytest.raises(Truncated):
            client.ask(post(CHAT, chat()))


def test_a_missing_or_empty_authority_refuses_the_table(tmp_path, authority, ca_file):
    with TLSUpstream(authority.issue_cert("localhost")) as server, \
            Router(tmp_path, spec_of(server, ca_file)) as router:
        for content, problem in [(None, "cannot be read"), (b"no certificate", "PEM")]:
            ca_file.unlink(missing_ok=True)
            if content is not None:
                ca_file.write_bytes(content)
            record = router.hup()
            assert record["message"] == "table refused"
            assert str(ca_file) in record["reason"] and problem in record["reason"]
        assert router.ask(post(CHAT, chat())).body == b"ok"


def test_the_authority_is_read_anew_at_a_reload(tmp_path, authority, ca_file):
    new = trustme.CA()
    with TLSUpstream(new.issue_cert("localhost")) as server, \
            Router(tmp_path, spec_of(server, ca_file)) as router:
        assert refusal(router) == (502, "upstream_tls_failed")
        new.cert_pem.write_to_path(ca_file)
        assert router.hup()["message"] == "table swapped"
        assert router.ask(post(CHAT, chat())).body == b"ok"


def test_serve_says_which_authority_is_missing(tmp_path):
    class Nobody:
        port = 9

    spec = tmp_path / "spec.yaml"
    spec.write_text("listen: { address: 127.0.0.1:0 }\n"
                    + spec_of(Nobody, tmp_path / "none.pem"))
    done = run("serve", spec, check=3)
    assert str(tmp_path / "none.pem") in done.stderr
