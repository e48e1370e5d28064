"""Answers of upstreams that could be read in two ways, or end where they should not."""

from smuggling import AnswerCase as Case
from smuggling import relayed

OK = "HTTP/1.1 200 OK"
FIVE = "Content-Length: 5"
CHUNKED = "Transfer-Encoding: chunked"
CHUNKS = b"5\r\nhello\r\n0\r\n\r\n"
POISON = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"
EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"


def answer(*fields, body=b"hello", line=OK, end="\r\n"):
    return (end.join([line, *fields]) + end * 2).encode("latin-1") + body


def chunks(data):
    return (answer(CHUNKED, body=data),)


def with_line(line):
    return (answer(FIVE, line=line),)


def with_field(*texts):
    return (answer(*texts, FIVE),)


UNFRAMED = "MUST be a 502, close"
GONE = {"code": "upstream_closed"}
SLOW = {"status": 504, "code": "upstream_timeout"}
CUT = {"status": 200, "code": None, "breaks": True}

LENGTHS = [
    Case("r-both", "a length and chunks", "9112, 6.3", "ought to be an error",
         (answer("Content-Length: 5", CHUNKED, body=CHUNKS),)),
    Case("r-cl-two", "two lengths", "9112, 6.3", UNFRAMED,
         (answer(FIVE, "Content-Length: 7", body=b"hello++"),)),
    Case("r-cl-two-equal", "the same length twice", "9110, 8.6", "reject, or take one",
         (answer(FIVE, FIVE),)),
    Case("r-cl-list", "`5, 5`", "9110, 8.6", "reject, or take one",
         (answer("Content-Length: 5, 5"),)),
    Case("r-cl-plus", "`+5`", "9112, 6.3", UNFRAMED, (answer("Content-Length: +5"),)),
    Case("r-cl-minus", "`-5`", "9112, 6.3", UNFRAMED, (answer("Content-Length: -5"),)),
    Case("r-cl-hex", "`0x5`", "9112, 6.3", UNFRAMED, (answer("Content-Length: 0x5"),)),
    Case("r-cl-empty", "an empty length", "9112, 6.3", UNFRAMED, (answer("Content-Length:"),)),
    Case("r-cl-tab", "5 and a tab", "9112, 5", "not part of the value",
         (answer("Content-Length: 5\t"),), note="stricter"),
    Case("r-cl-2-64", "2^64 + 5", "9110, 8.6", "beware of overflow",
         (answer(f"Content-Length: {2**64 + 5}"),)),
    Case("r-te-gzip", "`gzip, chunked`", "9112, 6.1", "never asked for",
         (answer("Transfer-Encoding: gzip, chunked", body=CHUNKS),)),
    Case("r-te-identity", "`identity`", "9112, 6.3", "read until the end",
         (answer("Transfer-Encoding: identity"),), ends=True, note="stricter"),
    Case("r-te-last", "`chunked, identity`", "9112, 6.3", "read until the end",
         (answer("Transfer-Encoding: chunked, identity", body=CHUNKS),), ends=True,
         note="stricter"),
    Case("r-te-two", "`chunked` in two fields", "9112, 6.1", "MUST NOT come twice",
         (answer(CHUNKED, CHUNKED, body=CHUNKS),)),
    Case("r-te-old", "chunks with HTTP/1.0", "9112, 6.1", "MUST treat the framing as faulty",
         (answer(CHUNKED, body=CHUNKS, line="HTTP/1.0 200 OK"),)),
    Case("r-te-vtab", "`chunked` and 0x0B", "9110, 5.5", "MAY be kept where safe",
         (answer("Transfer-Encoding: chunked\x0b", body=CHUNKS),)),
    Case("r-te-tab", "`chunked` and a tab", "9112, 5", "not part of the value",
         (answer("Transfer-Encoding: chunked\t", body=CHUNKS),), note="stricter"),
    Case("r-te-blank-name", "`Transfer-Encoding : chunked`", "9112, 5.1",
         "MUST remove the blank", (answer("Transfer-Encoding : chunked", body=CHUNKS),),
         note="stricter"),
    Case("r-listed", "`Connection: Content-Length`", "9110, 7.6.1", "MUST NOT be sent",
         (answer("Connection: content-length", FIVE),), **relayed(reused=True)),
    Case("r-long", "another answer behind the length", "9112, 6.3",
         "MUST NOT be an answer of its own", (answer(FIVE, body=b"hello" + POISON),), **relayed()),
    Case("r-long-later", "the same, 100 ms later", "9112, 9.2", "MUST NOT be taken; SHOULD close",
         (answer(FIVE), 100, POISON), **relayed()),
    Case("r-short", "the end ahead of the length", "9112, 8", "incomplete",
         (answer("Content-Length: 50"),), ends=True, **CUT),
    Case("r-none", "no length, then the end", "9112, 6.3", "read until the end",
         (answer(),), ends=True, **relayed(has=("transfer-encoding",), note="as chunks")),
    Case("r-none-old", "HTTP/1.0, no length, then the end", "9112, 6.3", "read until the end",
         (answer(line="HTTP/1.0 200 OK"),), ends=True, **relayed(note="as chunks")),
    Case("r-old", "HTTP/1.0 with a length", "9112, 9.3", "closes", with_line("HTTP/1.0 200 OK"),
         **relayed()),
    Case("r-old-kept", "HTTP/1.0, a length, `keep-alive`", "9112, 9.3", "stays",
         (answer("Connection: keep-alive", FIVE, line="HTTP/1.0 200 OK"),),
         **relayed(reused=True)),
    Case("r-close", "`Connection: close` on an open connection", "9112, 9.6",
         "MUST NOT be used again", (answer("Connection: close", FIVE),),
         **relayed(lacks=("connection",))),
]

CHUNK_CASES = [
    Case("r-chunks", "chunks", "9112, 7.1", "decode, or pass on", chunks(CHUNKS),
         **relayed(reused=True)),
    Case("r-chunk-letters", "size `zz`", "9112, 7.1", "an error",
         chunks(b"5\r\nhello\r\nzz\r\n"), **CUT),
    Case("r-chunk-minus", "size `-5`", "9112, 7.1", "an error", chunks(b"-5\r\nhello\r\n"), **CUT),
    Case("r-chunk-0x", "size `0x5`", "9112, 7.1", "an error", chunks(b"0x5\r\nhello\r\n"), **CUT),
    Case("r-chunk-overflow", "size 2^64 + 5", "9112, 7.1", "MUST prevent overflow",
         chunks(b"10000000000000005\r\nhello\r\n0\r\n\r\n"), **CUT),
    Case("r-chunk-lf", "a bare LF behind the size", "9112, 7.1", "an error",
         chunks(b"5\nhello\r\n0\r\n\r\n"), **CUT),
    Case("r-chunk-data", "data longer than its size", "9112, 7.1", "an error",
         chunks(b"5\r\nhello+\r\n0\r\n\r\n"), **CUT),
    Case("r-chunk-cut", "the end inside a chunk", "9112, 8", "incomplete",
         chunks(b"64\r\nhello"), ends=True, **CUT),
    Case("r-chunk-no-last", "the end ahead of `0`", "9112, 8", "incomplete",
         chunks(b"5\r\nhello\r\n"), ends=True, **CUT),
    Case("r-chunk-no-end", "the end behind `0`", "9112, 8", "incomplete",
         chunks(b"5\r\nhello\r\n0\r\n"), ends=True, **CUT),
    Case("r-chunk-extension", "an extension", "9112, 7.1.1", "MUST ignore",
         chunks(b"5;a=b\r\nhello\r\n0\r\n\r\n"), **relayed(reused=True)),
    Case("r-chunk-extension-lf", "a bare LF in an extension", "9112, 7.1.1", "an error",
         chunks(b"5;a\nb\r\nhello\r\n0\r\n\r\n"), **CUT),
    Case("r-chunk-extension-endless", "20 KiB of one extension", "9112, 7.1.1",
         "ought to limit them", chunks(b"5;" + b"a" * 20_480 + b"\r\nhello\r\n0\r\n\r\n"), **CUT),
    Case("r-trailer", "a trailer", "9110, 6.5.1", "MAY be passed on",
         chunks(b"5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n"), **relayed(lacks=("x-sum",), reused=True)),
    Case("r-trailers-endless", "20 KiB of trailers", "9110, 5.4", "limits are ours to set",
         chunks(b"5\r\nhello\r\n0\r\n" + b"A: b\r\n" * 3500), **CUT),
    Case("r-chunk-long", "another answer behind the last chunk", "9112, 9.2",
         "no answer to any request", chunks(CHUNKS + POISON), **relayed()),
]

LINES = [
    Case("r-garbage", "no HTTP at all", "9112, 4", "an error", (b"this is no HTTP\r\n\r\n",)),
    Case("r-tls", "a TLS alert, then the end", "9112, 4", "an error",
         (b"\x15\x03\x01\x00\x02\x02\x28",),
         ends=True, **GONE),
    Case("r-0-9", "HTTP/0.9: a body, then the end", "9112, 2.3", "no HTTP/1.1", (b"hello",),
         ends=True, **GONE),
    Case("r-http2", "a frame of HTTP/2, then the end", "9113, 3.4", "no HTTP/1.1",
         (b"\x00\x00\x00\x04\x00\x00\x00\x00\x00",), ends=True, **GONE),
    Case("r-version-2", "`HTTP/2.0 200`", "9112, 2.3", "not what we speak",
         with_line("HTTP/2.0 200 OK")),
    Case("r-version-1-2", "`HTTP/1.2 200`", "9110, 2.5", "like 1.1",
         with_line("HTTP/1.2 200 OK"), note="stricter"),
    Case("r-version-case", "`http/1.1 200`", "9112, 2.3", "case counts",
         with_line("http/1.1 200 OK")),
    Case("r-icy", "`ICY 200 OK`", "9112, 4", "an error", with_line("ICY 200 OK")),
    Case("r-status-letters", "`HTTP/1.1 2OO`", "9112, 4", "three digits",
         with_line("HTTP/1.1 2OO OK")),
    Case("r-status-two", "`HTTP/1.1 20`", "9112, 4", "three digits", with_line("HTTP/1.1 20 OK")),
    Case("r-status-four", "`HTTP/1.1 2000`", "9112, 4", "three digits",
         with_line("HTTP/1.1 2000 OK")),
    Case("r-status-099", "`HTTP/1.1 099`", "9110, 15", "invalid", with_line("HTTP/1.1 099 No")),
    Case("r-status-600", "`HTTP/1.1 600`", "9110, 15", "like a 5xx",
         with_line("HTTP/1.1 600 No"), note="stricter"),
    Case("r-reason-none", "`HTTP/1.1 200` and no blank", "9112, 4", "the blank MUST be there",
         with_line("HTTP/1.1 200"), **relayed(reused=True, note="many servers do so")),
    Case("r-reason-empty", "`HTTP/1.1 200 `", "9112, 4", "may be empty",
         with_line("HTTP/1.1 200 "), **relayed(reused=True)),
    Case("r-line-blanks", "two blanks behind the version", "9112, 4", "an error",
         with_line("HTTP/1.1  200 OK")),
    Case("r-reason-control", "0x01 in the reason", "9112, 4", "an error",
         with_line("HTTP/1.1 200 O\x01K")),
    Case("r-empty-line", "an empty line ahead", "9112, 2.2", "for servers only",
         (b"\r\n" + answer(FIVE),)),
]

HEADS = [
    Case("r-lf", "a head of bare LFs", "9112, 2.2", "MAY be taken",
         (answer(FIVE, end="\n"),), ends=True, **GONE, note="its end never comes"),
    Case("r-split-lf", "a bare LF inside a value", "9112, 2.2", "MAY end the line",
         with_field("X: a\nX-Injected: b")),
    Case("r-split-cr", "a bare CR inside a value", "9112, 2.2", "invalid, or a blank",
         with_field("X: a\rX-Injected: b")),
    Case("r-split", "CR LF twice inside a value: a second answer", "9112, 11.1",
         "the first ends there", (answer("X: a", "Content-Length: 0", body=POISON),),
         **relayed(body=b"", note="the second is dropped")),
    Case("r-nul", "NUL inside a value", "9110, 5.5", "MUST reject or replace",
         with_field("X: a\0b")),
    Case("r-fold", "a folded line", "9112, 5.2", "502, or unfold", with_field("X: a", " b")),
    Case("r-colon-blank", "`X : a`", "9112, 5.1", "MUST remove the blank",
         with_field("X : a"), note="stricter"),
    Case("r-name-empty", "`: a`", "9110, 5.1", "a name is a token", with_field(": a")),
    Case("r-name-none", "a line without a colon", "9112, 5", "no field", with_field("nothing")),
    Case("r-name-8bit", "0xE9 inside a name", "9110, 5.1", "a name is a token",
         with_field("X\xe9: a")),
    Case("r-fields-130", "130 fields", "9110, 5.4", "limits are ours to set",
         with_field(*["A: b"] * 130)),
    Case("r-head-large", "a head of 70 KiB that does not end", "9110, 5.4",
         "limits are ours to set", (b"HTTP/1.1 200 OK\r\n" + b"A: " + b"b" * 70_000,)),
    Case("r-head-stall", "half a head, then nothing", "-", "nothing",
         (b"HTTP/1.1 200 OK\r\nA: b", 1500), **SLOW),
    Case("r-head-drip", "a head, a byte every 100 ms", "-", "nothing",
         (b"HTTP/1.1 200 OK\r\n", *[part for _ in range(15) for part in (b"A", 100)]), **SLOW),
    Case("r-head-cut", "half a head, then the end", "9112, 8", "incomplete",
         (b"HTTP/1.1 200 OK\r\nContent-Le",), ends=True, **GONE),
    Case("r-nothing", "the end ahead of an answer", "9112, 9.3.1", "no retry of a POST", (),
         ends=True, **GONE),
    Case("r-hop", "`Keep-Alive`, `Proxy-Authenticate`, `Upgrade`, and what `Connection` lists",
         "9110, 7.6.1", "MUST be removed",
         with_field("Keep-Alive: timeout=5", "Proxy-Authenticate: Basic", "Upgrade: h2c",
                    "Connection: x-private", "X-Private: 1"),
         **relayed(reused=True, lacks=("keep-alive", "proxy-authenticate", "upgrade",
                                       "x-private", "connection"))),
]

BODILESS = [
    Case("r-204", "204", "9110, 15.3.5", "no body", (answer(body=b"", line="HTTP/1.1 204 No"),),
         **relayed(204, b"", reused=True)),
    Case("r-204-length", "204 with a length", "9110, 8.6", "MUST NOT be sent",
         (answer(FIVE, line="HTTP/1.1 204 No"),)),
    Case("r-204-chunks", "204 with chunks", "9112, 6.1", "MUST NOT be sent",
         (answer(CHUNKED, body=CHUNKS, line="HTTP/1.1 204 No"),)),
    Case("r-204-body", "204, and an answer behind it", "9112, 6.3", "ends with its head",
         (answer(body=POISON, line="HTTP/1.1 204 No"),), **relayed(204, b"")),
    Case("r-304-length", "304 with the length of what is not sent", "9110, 15.4.5",
         "a length of nothing", (answer(FIVE, body=b"", line="HTTP/1.1 304 No"),),
         **relayed(304, b"", reused=True)),
    Case("r-304-body", "304 with a length and a body", "9112, 6.3", "ends with its head",
         (answer(FIVE, line="HTTP/1.1 304 No"),), **relayed(304, b"")),
    Case("r-304-chunks", "304 with chunks", "9112, 6.3", "ends with its head",
         (answer(CHUNKED, body=CHUNKS, line="HTTP/1.1 304 No"),), **relayed(304, b"")),
    Case("r-head-length", "to HEAD, a length", "9112, 6.3", "ends with its head",
         (answer(FIVE, body=b""),), method="HEAD",
         **relayed(200, b"", reused=True, has=("content-length",))),
    Case("r-head-body", "to HEAD, a length and a body", "9112, 6.3", "ends with its head",
         (answer(FIVE),), method="HEAD", **relayed(200, b"")),
    Case("r-head-chunks", "to HEAD, chunks", "9112, 6.3", "ends with its head",
         (answer(CHUNKED, body=CHUNKS),), method="HEAD", **relayed(200, b"")),
    Case("r-100", "100 ahead of the answer", "9110, 15.2", "MAY be dropped",
         (b"HTTP/1.1 100 Continue\r\n\r\n" + answer(FIVE),), **relayed(reused=True)),
    Case("r-103-many", "32 answers 103", "9110, 15.2", "MUST be parsed",
         (EARLY * 32 + answer(FIVE),), **relayed(reused=True, note="dropped")),
    Case("r-103-flood", "33 answers 103", "9110, 15.2", "MUST be parsed",
         (EARLY * 33 + answer(FIVE),), note="stricter"),
    Case("r-103-slow", "an answer 103 every 100 ms", "-", "nothing",
         tuple(part for _ in range(15) for part in (EARLY, 100)), **SLOW),
    Case("r-103-length", "103 with a length and a body", "9110, 8.6", "MUST NOT be sent",
         (answer(FIVE, line="HTTP/1.1 103 Early") + answer(FIVE),)),
    Case("r-103-body", "103, and a body", "9112, 6.3", "ends with its head",
         (EARLY + b"hello" + answer(FIVE),)),
    Case("r-101", "101, unasked", "9110, 15.2.2", "only on request",
         (answer("Upgrade: x", "Connection: upgrade", body=b"", line="HTTP/1.1 101 Yes"),)),
]

CASES = [*LENGTHS, *CHUNK_CASES, *LINES, *HEADS, *BODILESS]
