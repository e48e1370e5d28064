"""The tables of docs/threat-model.md, from the cases that the tests run."""

import ast
import re
from functools import cache
from pathlib import Path

import smuggling_answers
import smuggling_heads
import smuggling_lengths
from routerc import REPOSITORY

DOCUMENT = REPOSITORY / "docs/threat-model.md"
TESTS = Path(__file__).resolve().parent

CASE_TABLES = {
    "codings": smuggling_lengths.CODINGS,
    "lengths": smuggling_lengths.LENGTHS,
    "chunks": smuggling_lengths.CHUNK_CASES,
    "lines": smuggling_heads.LINES,
    "targets": smuggling_heads.TARGETS,
    "hosts": smuggling_heads.HOSTS,
    "hops": smuggling_heads.HOPS,
    "keys": smuggling_heads.KEYS,
    "answer-lengths": smuggling_answers.LENGTHS,
    "answer-chunks": smuggling_answers.CHUNK_CASES,
    "answer-lines": smuggling_answers.LINES,
    "answer-heads": smuggling_answers.HEADS,
    "answer-bodiless": smuggling_answers.BODILESS,
}

# What a peer, a file or a signal does; what becomes of it; the test that does it.
FAULTS = {
    "slow-clients": [
        ("stalls inside a head", "408 after `head`", "slow_peers::head_that_stalls_is_408"),
        ("sends a head byte by byte", "408 after `head`, from the first byte on",
         "slow_peers::head_that_drips_is_408"),
        ("sends empty lines without end", "400",
         "slow_peers::empty_lines_without_end_are_refused"),
        ("stalls inside a body, a chunk, a chunk extension", "408 after `body_stall`",
         "slow_peers::body_that_stalls_is_408"),
        ("sends a body byte by byte", "waited for, 5 minutes in all",
         "slow_peers::body_that_drips_is_waited_for"),
        ("connects and says nothing, or nothing more", "closed after `head`, or `keep_alive`",
         "slow_peers::connection_that_waits_is_closed"),
        ("does not read its answer", "reset after `write_stall`, its endpoint let go",
         "slow_peers::client_that_reads_nothing_is_reset"),
        ("200 slow heads at once", "others are served; nothing is left",
         "slow_peers::crowd_of_slow_heads_keeps_nobody_else_out"),
        ("many read a byte a second", "about 320 KiB each: the endpoints wait",
         "slow_peers::slow_readers_of_large_answers_cost_little"),
        ("does not read a stream", "the endpoint waits", "faults::client_that_does_not_read_is"),
        ("sends many large bodies and ends none", "503 beyond 256 MiB together",
         "slow_peers::bodies_in_memory_have_a_budget"),
        ("only asks, and reads nothing", "not read from any more",
         "hostile::client_that_only_asks_is_no_longer_answered"),
        ("sends behind its last request", "thrown away",
         "hostile::bytes_after_the_last_answer_are_not_kept"),
        ("goes on sending after a 413", "reads its 413",
         "limits::client_that_goes_on_sending_still_reads_its_413"),
        ("sends chunks beyond `max_body` of a streamed upload",
         "413; the endpoint's request never ends whole",
         "uploads::too_many_bytes_in_chunks_are_413"),
        ("hides a second `model` behind a large file",
         "400; the endpoint's request never ends whole",
         "forms::second_model_behind_a_large_file_never_arrives_whole"),
        ("picks a boundary that the table's `send_as` holds", "400",
         "forms::new_model_that_would_end_its_part_is_refused"),
        ("leaves inside an upload", "the endpoint's request ends",
         "uploads::client_that_leaves_ends_the_upstreams_request"),
        ("leaves inside a stream", "its endpoint is let go within a second",
         "faults::endpoint_sees_a_client_that_leaves"),
        ("leaves ahead of its answer", "the same",
         "faults::client_that_leaves_before_the_answer_is_seen"),
        ("holds half a head over reloads", "holds no table", "hostile::half_a_head_holds_no_table"),
        ("sends a megabyte of `X-Forwarded-For`, or thousands", "at most 32 elements are read",
         "client_address::client_is_whom_trusted_proxies_name"),
        ("claims the address of somebody else", "believed of trusted proxies only",
         "client_address::who_is_not_trusted_is_not_believed"),
        ("claims an address that is trusted", "it opens nothing",
         "client_address::it_lets_nobody_in"),
        ("claims an origin that is listed", "it is no key: 401",
         "cors::every_answer_to_a_listed_origin_says_so"),
    ],
    "slow-endpoints": [
        ("drips", "waited for while each byte is within `idle`",
         "slow_peers::endpoint_that_drips_is_waited_for"),
        ("stalls behind its head", "a reset after `answer`",
         "slow_peers::stall_behind_the_head_is_no_answer"),
        ("stalls inside a stream", "a reset after `idle`", "faults::stall_breaks_the_stream"),
        ("says nothing", "504 after `answer` or `first_token`", "faults::hang_is_504"),
        ("closes or resets behind its head", "a reset",
         "slow_peers::end_behind_the_head_is_no_answer"),
        ("closes or resets inside a stream", "a reset",
         "faults::stream_that_breaks_upstream_breaks_downstream"),
        ("breaks an answer to a client of HTTP/1.0", "a reset, no clean end",
         "smuggling_upstream::client_of_http_1_0_sees_a_reset"),
        ("resets an answer that ends with the connection", "a reset",
         "hostile::reset_is_no_end_of_an_answer"),
        ("closes or resets ahead of its answer", "502", "faults::no_answer_is_a_bad_gateway"),
        ("closes a reused connection", "one new connection is tried",
         "faults::stale_connection_is_replaced_once"),
        ("closes kept connections unannounced", "no request is lost",
         "faults::endpoint_that_closes_unannounced_costs_no_request"),
        ("is killed", "its streams break, no others",
         "faults::killed_endpoint_breaks_its_streams_and_no_others"),
        ("refuses connections", "502", "faults::connection_refused_is_502"),
        ("accepts no connection", "502 or 504 within `connect`",
         "faults::server_that_accepts_nothing_is_a_failure_within_the_timeout"),
        ("reads nothing of a body", "504 after `answer`",
         "slow_peers::endpoint_that_reads_nothing_is_504"),
        ("reads a body slowly", "gets it all", "slow_peers::endpoint_that_reads_slowly_gets_it"),
        ("takes no more of a streamed upload", "the client waits; 256 KiB are kept",
         "uploads::upstream_that_does_not_read_holds_the_client_back"),
        ("dies under a streamed upload", "502",
         "uploads::upstream_that_dies_under_the_body_is_502"),
        ("has another name, no trusted authority, a date that has passed", "502, and a warning",
         "tls::another_name_is_refused_and_said_once"),
        ("speaks no TLS, or an old one", "502", "tls::server_without_tls_is_refused"),
        ("hangs in its handshake", "504 after `connect`",
         "tls::handshake_that_hangs_is_within_the_connect_timeout"),
        ("ends a TLS answer without close_notify", "a reset",
         "tls::end_without_close_notify_is_a_truncation"),
        ("answers ahead of the body", "answered; the connection is closed",
         "smuggling_upstream::answer_ahead_of_the_body_ends_the_connection"),
        ("answers ahead of the request", "the connection is closed",
         "smuggling_upstream::answer_ahead_of_its_request_is_nobody_elses"),
        ("answers unasked on an idle connection", "the connection is closed",
         "smuggling_upstream::unasked_bytes_on_an_idle_connection_close_it"),
        ("sends another answer behind a large one", "dropped",
         "hostile::bytes_behind_an_answer_are_nobodys_answer"),
        ("breaks in every way of this page, between others' requests", "each has its own answer",
         "smuggling_upstream::answers_of_many_clients_are_never_mixed"),
        ("all of it, many times", "no descriptor, byte or count is left",
         "faults::nothing_is_left_after_many_broken_requests"),
    ],
    "files": [
        ("the table is cut, flipped, emptied, removed", "refused; the old one serves on",
         "swap::bad_table_never_replaces_a_good_one"),
        ("a pipe in the place of the table", "refused",
         "hostile::pipe_in_the_place_of_the_table_is_refused"),
        ("a file of a gigabyte in the place of the table", "refused before it is read",
         "resources::huge_file_in_the_place_of_the_table_is_not_read"),
        ("the file of authorities is missing or empty", "refused; the old table serves on",
         "tls::missing_or_empty_authority_refuses_the_table"),
        ("no descriptor is left", "accepting pauses, those who are in are served",
         "resources::without_descriptors_it_accepts_later"),
        ("no descriptor is left for an upstream", "502 for that request",
         "resources::without_descriptors_one_request_fails_and_no_more"),
        ("the disk is full, or a file may not grow, while a table is compiled",
         "said; the old file stays, nothing beside it",
         "resources::full_disk_leaves_the_old_table"),
        ("the log cannot be written", "requests go on",
         "resources::log_that_cannot_be_written_stops_nothing"),
        ("SIGHUP while a table is loaded", "loaded once more after it",
         "resources::signal_during_a_reload_is_not_lost"),
        ("SIGTERM while a table is loaded", "ends well",
         "resources::sigterm_during_a_swap_ends_well"),
        ("faults of all kinds for ten minutes, with a swap every half second",
         "a verdict: `scripts/soak`", "soak::short_soak_ends_well"),
        ("many SIGHUPs at once", "no request is lost",
         "swap::signals_that_come_together_do_no_harm"),
        ("a swap while streams run", "they end as they began",
         "swap::streams_outlive_swaps_under_load"),
        ("somebody else's socket, or a file, at a `unix:` address", "not taken, not removed",
         "sockets::living_socket_is_not_taken"),
        ("keys in logs, status, table, messages", "stand in none",
         "secrets::nothing_of_a_key_is_ever_written"),
    ],
}


def escaped(text):
    return text.replace("|", "\\|")


def row(*cells):
    return "| " + " | ".join(map(escaped, cells)) + " |"


def case_table(cases):
    lines = [row("test", "what comes", "RFC", "it says", "routerc"), "|---|---|---|---|---|"]
    return lines + [row(f"`{case.id}`", case.sent, case.rfc, case.asks, case.said)
                    for case in cases]


@cache
def names_of_tests(module):
    tree = ast.parse((TESTS / f"test_{module}.py").read_text())
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]


def named_test(short):
    """The one test that a short name stands for."""
    module, _, text = short.partition("::")
    found = [name for name in names_of_tests(module) if text in name]
    assert len(found) == 1, f"{short}: {found}"
    return found[0]


def fault_table(faults):
    lines = [row("what happens", "routerc", "test"), "|---|---|---|"]
    for what, becomes, short in faults:
        lines.append(row(what, becomes, f"`{named_test(short)}`"))
    return lines


def tables():
    """The lines of every table by its name."""
    named = {name: case_table(cases) for name, cases in CASE_TABLES.items()}
    named.update({name: fault_table(faults) for name, faults in FAULTS.items()})
    return named


PLACE = re.compile(r"<!-- table: ([a-z-]+) -->\n(.*?)<!-- end -->", re.DOTALL)


def rendered(text):
    """The document with every table as the cases have it."""
    named = tables()
    places = [match.group(1) for match in PLACE.finditer(text)]
    assert sorted(places) == sorted(named), "a table without a place, or a place without a table"

    def filled(match):
        lines = "\n".join(named[match.group(1)])
        return f"<!-- table: {match.group(1)} -->\n{lines}\n<!-- end -->"

    return PLACE.sub(filled, text)
