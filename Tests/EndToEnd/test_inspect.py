"""`routerc inspect`: a table in short, and what it would move."""

import json
import re

import pytest

from routerc import DIGEST, run

ENDPOINT = '      - { name: gpu%d, url: "http://127.0.0.1:900%d"%s }'


def spec(numbers, extra="", sticky="{ by: [body:user] }", canary=5, top=""):
    """A sticky pool with these endpoints, and a split; `extra` is said of the last endpoint."""
    members = [ENDPOINT % (number, number, extra if number == numbers[-1] else "")
               for number in numbers]
    return f"""{top}
pools:
  - name: chat
    sticky: {sticky}
    endpoints:
{chr(10).join(members)}
  - {{ name: aside, endpoints: ["http://127.0.0.1:9100"] }}
models:
  - {{ match: llama3, split: {{ chat: {100 - canary}, aside: {canary} }} }}
  - {{ match: "qwen*", pool: chat }}
"""


@pytest.fixture
def write(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.write_text(text)
        return path
    return write


def table(spec_path):
    path = spec_path.with_suffix(".table")
    digest = run("compile", spec_path, "-o", path, check=0).stdout.strip()
    return path, digest


def test_a_table_in_short(write):
    path, digest = table(write("a.yaml", spec([1, 2, 3, 4])))
    text = run("inspect", path, check=0).stdout
    assert digest in text and f"bytes      {path.stat().st_size}\n" in text
    assert "endpoints  5 on 5 servers, 0 draining\n" in text
    assert "pool 'chat': sessions by [body:user], when_down move, 8009 places" in text
    assert text.count("  25.0 %  'gpu") == 4
    assert "split 'llama3' (exact): sessions by [body:user]" in text
    assert "  95.0 %  pool 'chat'\n   5.0 %  pool 'aside'" in text
    assert re.search(r"biggest sections\n +\d+\.\d %  indices, \d+ bytes", text)
    assert "against" not in text and "\x1b" not in text


def test_endpoints_without_sessions_are_shown(write):
    path = write("a.yaml", spec([1, 2, 3], ", weight: 3, tier: 2, drain: true"))
    text = run("inspect", path, check=0).stdout
    assert "  50.0 %  'gpu2'\n   0.0 %  'gpu3', weight 3, tier 2, drains\n" in text
    assert "endpoints  4 on 4 servers, 1 draining" in text


def test_a_spec_is_as_good_as_its_table(write):
    source = write("a.yaml", spec([1, 2, 3, 4]))
    path, _ = table(source)
    for arguments in [(), ("--format", "json")]:
        assert run("inspect", source, *arguments, check=0).stdout == run(
            "inspect", path, *arguments, check=0).stdout


def test_a_table_in_json(write):
    path, digest = table(write("a.yaml", spec([1, 2, 3, 4])))
    found = json.loads(run("inspect", path, "--format", "json", check=0).stdout)
    assert found["digest"] == digest and DIGEST.fullmatch(found["digest"])
    assert found["bytes"] == path.stat().st_size
    assert {name: found["counts"][name] for name in (
        "pools", "pools_sticky", "endpoints", "rules", "rules_split", "keys")} == {
            "pools": 2, "pools_sticky": 1, "endpoints": 5, "rules": 2, "rules_split": 1, "keys": 0}
    [pool] = found["pools"]
    assert pool["pool"] == "chat" and pool["by"] == ["body:user"] and pool["places"] == 8009
    assert sum(member["share"] for member in pool["endpoints"]) == pytest.approx(1)
    # The directory's sections and what lies between them are the file.
    sizes = [section["bytes"] for section in found["sections"]]
    assert sizes == sorted(sizes, reverse=True) and sum(sizes) < found["bytes"]
    assert "against" not in found


def test_who_moves_and_why(write):
    old, old_digest = table(write("old.yaml", spec([1, 2, 3, 4])))
    new = write("new.yaml", spec([1, 2, 4], canary=10))
    text = run("inspect", new, "--against", old, check=0).stdout
    assert f"against {old_digest}" in text
    headline = re.search(r"pool 'chat': (\d+\.\d) % of sessions move \('gpu3' is gone\)", text)
    assert 24.9 <= float(headline.group(1)) <= 27
    assert re.search(r"'gpu3' +loses 25\.0 % \(25\.0 % -> 0\.0 %\)", text)
    assert re.search(r"'gpu1' .*gains \d\.\d % \(25\.0 % -> 33\.3 %\)", text)
    assert "split 'llama3' (exact): 5.0 % of sessions change sides" in text
    assert re.search(r"pool 'aside' +gains 5\.0 % \(5\.0 % -> 10\.0 %\)", text)
    found = json.loads(run(
        "inspect", new, "--against", old, "--format", "json", check=0).stdout)["against"]
    assert found["digest"] == old_digest
    [pool], [split] = found["pools"], found["splits"]
    assert pool["change"] == "kept" and pool["causes"] == ["'gpu3' is gone"]
    assert found["most"] == pool["moved"]
    assert pool["moved"] == pytest.approx(sum(one["lost"] for one in pool["endpoints"]))
    gone = [one for one in pool["endpoints"] if one["endpoint"] == "gpu3"][0]
    assert gone["now"] is None and gone["was"] == {"weight": 1, "tier": 1, "drains": False}
    assert gone["lost"] == gone["before"] and gone["after"] == 0
    assert split["moved"] == pytest.approx(0.05, abs=1e-9)


def test_the_moves_are_those_of_route(write):
    """The share is the one that `routerc route` shows, session by session."""
    tables = [table(write(name, spec([1, 2, 3], extra)))[0]
              for name, extra in [("old.yaml", ""), ("new.yaml", ", drain: true")]]
    found = json.loads(run(
        "inspect", tables[1], "--against", tables[0], "--format", "json", check=0).stdout)
    count = 60
    moved = 0
    for number in range(count):
        owners = [json.loads(run(
            "route", path, "--model", "qwen3", "--user", f"u{number}", "--format", "json",
            check=0).stdout)["endpoint"] for path in tables]
        # Who drains loses all of its own, and nobody else moves.
        assert (owners[0] == "gpu3") == (owners[0] != owners[1])
        moved += owners[0] != owners[1]
    assert abs(moved / count - found["against"]["most"]) < 0.2


@pytest.mark.parametrize("change, said", [
    ({"extra": ", drain: true"}, "'gpu3' drains"),
    ({"extra": ", weight: 3"}, "'gpu3' has weight 3, not 1"),
    ({"extra": ", tier: 2"}, "'gpu3' is in tier 2, not 1"),
    ({"sticky": "{ by: [key] }"}, "all sessions move (they are named otherwise, by [key])"),
    ({"sticky": "none"}, "all sessions move (it keeps none any more)"),
])
def test_what_is_said_of_a_change(write, change, said):
    old, new = write("old.yaml", spec([1, 2, 3])), write("new.yaml", spec([1, 2, 3], **change))
    assert said in run("inspect", new, "--against", old, check=0).stdout


def test_another_address_moves_nobody_and_is_said(write):
    old = write("old.yaml", spec([1, 2]))
    new = write("new.yaml", spec([1, 2]).replace("127.0.0.1:9002", "127.0.0.1:9502"))
    text = run("inspect", new, "--against", old, check=0).stdout
    assert "pool 'chat': no session moves ('gpu2' is at another address)" in text


def test_a_limit_for_ci(write):
    old = write("old.yaml", spec([1, 2, 3, 4]))
    less = write("less.yaml", spec([1, 2, 4]))
    canary = write("canary.yaml", spec([1, 2, 3, 4], canary=10))
    refused = run("inspect", less, "--against", old, "--max-moved", "20%", check=1)
    assert "error: 2" in refused.stderr and "of the sessions of pool 'chat' move" in refused.stderr
    assert "against" in refused.stdout, "what moves is shown all the same"
    run("inspect", less, "--against", old, "--max-moved", "30%", check=0)
    # A split that is changed by 5 % is within 5 %, and pools and splits both count.
    run("inspect", canary, "--against", old, "--max-moved", "5%", check=0)
    refused = run("inspect", canary, "--against", old, "--max-moved", "4.9%", check=1)
    assert "of the draws of split 'llama3' change sides" in refused.stderr
    run("inspect", old, "--against", old, "--max-moved", "0%", check=0)


@pytest.mark.parametrize("arguments", [
    [], ["--max-moved", "5%"], ["--against", "SPEC", "--max-moved", "5"],
    ["--against", "SPEC", "--max-moved", "101%"], ["--against", "SPEC", "--max-moved", "%"],
    ["--against", "SPEC", "--max-moved", "-1%"], ["--format", "xml"], ["--nonsense"],
])
def test_usage_is_2(write, arguments):
    path = write("a.yaml", spec([1]))
    given = [path if word == "SPEC" else word for word in arguments]
    done = run("inspect", *([path] if arguments else []), *given, check=2)
    assert done.stdout == "" and done.stderr != ""


def test_what_cannot_be_read_is_3_and_errors_are_1(write, tmp_path):
    good = write("good.yaml", spec([1]))
    bad = write("bad.yaml", spec([1]).replace("endpoints", "endpiont", 1))
    garbage = tmp_path / "garbage.table"
    garbage.write_bytes(b"\x00garbage" * 100)
    for other, status in [("/nowhere/a.yaml", 3), (garbage, 3), (bad, 1)]:
        for arguments in [(other,), (good, "--against", other), (other, "--against", good)]:
            done = run("inspect", *arguments, check=status)
            assert done.stdout == "" and done.stderr != ""


def test_nothing_is_sticky(write):
    text = 'pools:\n  - { name: a, endpoints: ["http://127.0.0.1:1"], models: ["*"] }\n'
    path = write("a.yaml", text)
    shown = run("inspect", path, "--against", path, check=0).stdout
    assert "nothing keeps or draws sessions" in shown


def test_help_and_completion():
    help_text = run("inspect", "--help", check=0).stdout
    assert "routerc inspect router.table" in help_text and "Examples:" in help_text
    assert "--max-moved <percent%>" in help_text
    assert "inspect" in run("--generate-completion-script", "bash", check=0).stdout
