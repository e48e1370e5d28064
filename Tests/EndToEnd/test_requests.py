"""Decisions as data: every line of specs/requests, answered by `routerc route`."""

import json
import re

import pytest

from routerc import REPOSITORY, run

FOLDER = REPOSITORY / "specs" / "requests"
LINE = re.compile(r"(\S+)\s+([A-Z]+)\s+(\S+)\s+(\S+)\s+=> (.+)")


def cases():
    """(file and line, spec, key, method, path, model, what is expected)"""
    found = []
    for path in sorted(FOLDER.glob("*.txt")):
        spec = None
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if not line or line.startswith("#"):
                continue
            if line.startswith("spec "):
                spec = REPOSITORY / "specs" / line[5:]
                continue
            match = LINE.fullmatch(line)
            assert match, f"{path.name}:{number} is no request"
            found.append(pytest.param(spec, *match.groups(), id=f"{path.stem}:{number}"))
    return found


def told(decision):
    """A decision as the files say it."""
    if "status" in decision:
        return f"{decision['status']} {decision['code']}"
    if decision["served_by"] == "router":
        return "router"
    text = f"{decision['pool']} {decision['endpoint']}"
    return f"{text} as {decision['send_as']}" if decision["send_as"] else text


def test_there_are_requests():
    assert len(cases()) > 20


@pytest.mark.parametrize("spec, key, method, path, model, expected", cases())
def test_decision(spec, key, method, path, model, expected):
    arguments = ["--method", method, "--path", path, "--format", "json"]
    arguments += [] if key == "-" else ["--key-name", key]
    arguments += [] if model == "-" else ["--model", model]
    done = run("route", spec, *arguments)
    assert done.returncode == (1 if expected[:3].isdigit() else 0), done.stderr
    assert told(json.loads(done.stdout)) == expected
