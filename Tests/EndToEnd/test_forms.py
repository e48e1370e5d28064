"""Multipart forms: routed by their part `model`, streamed once it is known, read to the end."""

import io
import threading

import pytest

from processes import wait_for
from raw_http import RawClient, chunked, head
from raw_upstream import RawUpstream
from routerc import Router
from specs import ALICE, fingerprint

TRANSCRIPTIONS = "/v1/audio/transcriptions"
BOUNDARY = b"----form-of-a-test"
MIB = 1 << 20
ANSWER = b'{"text":"hello"}'


def part(name, value, filename=None, fields=b""):
    file = b'; filename="%s"' % filename if filename else b""
    return (b"--" + BOUNDARY + b'\r\nContent-Disposition: form-data; name="' + name + b'"' + file
            + b"\r\n" + fields + b"\r\n" + value + b"\r\n")


def form(*parts):
    return b"".join(parts) + b"--" + BOUNDARY + b"--\r\n"


MODEL = part(b"model", b"whisper")
FILE = part(b"file", b"RIFF", b"a.wav", b"Content-Type: audio/wav\r\n")


def request(body, fields=(), target=TRANSCRIPTIONS, length=None):
    fields = [("Authorization", f"Bearer {ALICE}"),
              ("Content-Type", f"multipart/form-data; boundary={BOUNDARY.decode()}"),
              ("Content-Length", len(body) if length is None else length), *fields]
    return head("POST", target, fields) + body


class Server:
    """Keeps what came over each connection, and answers a body that is complete."""

    def __init__(self):
        self.seen = []
        self.more = threading.Condition()
        self.ended = 0

    def behave(self, connection):
        data = b""
        while True:
            try:
                piece = connection.recv(65536)
            except ConnectionResetError:
                piece = b""
            with self.more:
                self.ended += not piece
                self.more.notify_all()
            if not piece:
                return
            data += piece
            with self.more:
                if data == piece:
                    self.seen.append(b"")
                self.seen[-1] = data
                self.more.notify_all()
            if self.is_whole(data):
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                                   b"Content-Length: %d\r\n\r\n" % len(ANSWER) + ANSWER)
                data = b""

    @staticmethod
    def is_whole(data):
        top, mark, body = data.partition(b"\r\n\r\n")
        for line in top.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                return bool(mark) and len(body) >= int(line.split(b":")[1])
            if line == b"transfer-encoding: chunked":
                return body.endswith(b"0\r\n\r\n")
        return False

    def wait_for(self, condition, seconds=5):
        with self.more:
            assert self.more.wait_for(condition, seconds), [data[:300] for data in self.seen]

    @property
    def body(self):
        return self.seen[-1].partition(b"\r\n\r\n")[2]


@pytest.fixture
def server():
    return Server()


@pytest.fixture
def router(tmp_path, server):
    with RawUpstream(server.behave) as upstream:
        spec = f"""
endpoints: [{{ name: one, url: "{upstream.url}" }}]
pools: [{{ name: ears, endpoints: [one] }}]
models:
  - {{ match: whisper, pool: ears }}
  - {{ match: renamed, pool: ears, send_as: 'a "real" name' }}
  - {{ match: "*/ear", pool: ears, send_as: "*" }}
  - {{ match: dashed, pool: ears, send_as: "org--b" }}
keys:
  - name: alice
    secret: "{fingerprint(ALICE)}"
    models: [whisper, renamed, dashed, "*/ear"]
"""
        with Router(tmp_path, spec) as running:
            yield running


def test_the_official_client_transcribes(router, server):
    client = router.openai(ALICE)
    told = client.audio.transcriptions.create(
        model="whisper", file=("a.wav", io.BytesIO(b"RIFF" * 10), "audio/wav"))
    assert told.text == "hello"
    assert b"RIFF" * 10 in server.body


@pytest.mark.parametrize("body", [form(MODEL, FILE), form(FILE, MODEL)], ids=["first", "last"])
def test_the_model_may_stand_before_or_behind_the_file(router, server, body):
    assert router.ask(request(body)).body == ANSWER
    assert server.body == body


@pytest.mark.parametrize("model, sent", [(b"renamed", b'a "real" name'), (b"big/ear", b"big")])
@pytest.mark.parametrize("length", [b"", b"Content-Length: 7\r\n"], ids=["bare", "with length"])
def test_the_model_is_renamed(router, server, model, sent, length):
    body = form(FILE, part(b"model", model, fields=length), part(b"language", b"en"))
    assert router.ask(request(body)).status == 200
    length = length.replace(b"7", b"%d" % len(sent))
    assert server.body == form(
        FILE, part(b"model", sent, fields=length), part(b"language", b"en"))
    told = int(server.seen[-1].lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    assert told == len(server.body)


def test_a_chunked_form_is_put_together_or_streamed(router, server):
    fields = [("Authorization", f"Bearer {ALICE}"), ("Transfer-Encoding", "chunked"),
              ("Content-Type", f"multipart/form-data; boundary={BOUNDARY.decode()}")]
    body = form(MODEL, FILE)
    answer = router.ask(head("POST", TRANSCRIPTIONS, fields) + chunked([body[:50], body[50:]]))
    assert answer.body == ANSWER and server.body == body
    large = form(MODEL, part(b"file", b"x" * MIB, b"a.wav"))
    pieces = [large[start:start + 70_000] for start in range(0, len(large), 70_000)]
    assert router.ask(head("POST", TRANSCRIPTIONS, fields) + chunked(pieces)).body == ANSWER
    assert server.body.count(b"x") >= MIB


def test_a_large_file_is_sent_on_before_it_is_complete(router, server):
    whole = form(part(b"model", b"renamed"), part(b"file", b"x" * 4 * MIB, b"a.wav"))
    with RawClient(router.address) as client:
        client.send(request(whole[:100_000], length=len(whole)))
        server.wait_for(lambda: server.seen and b'a "real" name' in server.seen[-1])
        status = router.status()
        assert 0 < status["buffered_bytes"] <= 256 * 1024
        client.send(whole[100_000:])
        assert client.read_answer().body == ANSWER
    assert server.body == whole.replace(b"renamed", b'a "real" name')


def test_a_second_model_behind_a_large_file_never_arrives_whole(router, server):
    body = form(MODEL, part(b"file", b"x" * MIB, b"a.wav"), part(b"Model", b"other"))
    with RawClient(router.address) as client:
        try:
            client.send(request(body))
        except OSError:
            pass
        answer = client.read_answer()
        assert (answer.status, answer.error_code) == (400, "ambiguous_model")
    server.wait_for(lambda: server.ended)
    assert all(b"other" not in seen for seen in server.seen)
    assert not any(Server.is_whole(seen) for seen in server.seen)


def test_a_form_without_its_end_never_arrives_whole(router, server):
    body = form(MODEL, part(b"file", b"x" * MIB, b"a.wav"))[:-6]
    answer = router.ask(request(body))
    assert (answer.status, answer.error_code) == (400, "invalid_form")
    server.wait_for(lambda: server.ended or not server.seen)
    assert not any(Server.is_whole(seen) for seen in server.seen)


@pytest.mark.parametrize("body, status, code", [
    (form(FILE), 400, "model_required"),
    (form(MODEL, MODEL), 400, "ambiguous_model"),
    (form(MODEL, part(b"MODEL", b"whisper")), 400, "ambiguous_model"),
    (form(part(b"model", b"whisper", b"m.txt")), 400, "ambiguous_model"),
    (form(part(b"model", b"")), 400, "model_invalid"),
    (form(part(b"model", b"m" * 257)), 400, "model_invalid"),
    (form(part(b"model", b"a\x00b")), 400, "model_invalid"),
    (form(part(b"model", b"nobody-knows-it")), 404, "model_not_found"),
    (form(MODEL, part(b"stream", b"perhaps")), 400, "stream_invalid"),
    (b"preamble\r\n" + form(MODEL), 400, "invalid_form"),
    (form(MODEL).replace(b"\r\n", b"\n"), 400, "invalid_form"),
    (form(MODEL)[:-10], 400, "invalid_form"),
    (b"", 400, "invalid_form"),
])
def test_what_is_refused(router, server, body, status, code):
    answer = router.ask(request(body))
    assert (answer.status, answer.error_code) == (status, code)
    assert server.seen == []


def test_a_new_model_that_would_end_its_part_is_refused(router, server):
    """The client chose the boundary, and `send_as` holds it."""
    def ask(boundary):
        body = (b'--%s\r\nContent-Disposition: form-data; name="model"\r\n\r\ndashed\r\n--%s--\r\n'
                % (boundary, boundary))
        fields = [("Authorization", f"Bearer {ALICE}"), ("Content-Length", len(body)),
                  ("Content-Type", f"multipart/form-data; boundary={boundary.decode()}")]
        return router.ask(head("POST", TRANSCRIPTIONS, fields) + body)

    answer = ask(b"b")
    assert (answer.status, answer.error_code) == (400, "invalid_form")
    assert server.seen == []
    assert ask(b"c").status == 200
    assert b"org--b\r\n" in server.body


@pytest.mark.parametrize("kind, target, status", [
    ("multipart/form-data; boundary=x", "/v1/chat/completions", 415),
    ("multipart/mixed; boundary=x", TRANSCRIPTIONS, 400),
    ("multipart/form-data", TRANSCRIPTIONS, 400),
    ("multipart/form-data; boundary=a; boundary=b", TRANSCRIPTIONS, 400),
    ("text/plain", TRANSCRIPTIONS, 415),
])
def test_types_that_are_refused(router, kind, target, status):
    fields = [("Authorization", f"Bearer {ALICE}"), ("Content-Type", kind),
              ("Content-Length", 1)]
    assert router.ask(head("POST", target, fields) + b"x").status == status


def test_paths_for_forms_take_json_too(router, server):
    body = b'{"model":"whisper","url":"x"}'
    fields = [("Authorization", f"Bearer {ALICE}"), ("Content-Type", "application/json"),
              ("Content-Length", len(body))]
    assert router.ask(head("POST", TRANSCRIPTIONS, fields) + body).body == ANSWER


def test_the_access_record_names_the_model(router):
    router.ask(request(form(FILE, MODEL)))
    large = form(MODEL, part(b"file", b"x" * MIB, b"a.wav"))
    router.ask(request(large))

    def both():
        records = [one for one in router.log_records() if one.get("path") == TRANSCRIPTIONS]
        return records if len(records) == 2 else None
    records = wait_for(both, 5, "two access records")
    assert [record["model"] for record in records] == ["whisper", "whisper"]
    assert records[1]["bytes_in"] > MIB
