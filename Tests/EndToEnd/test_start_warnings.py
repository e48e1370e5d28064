"""What the log says at start and at a reload of what no compiler can know: who can reach the
address that `--listen` gives, and which keys have ended."""

import pytest

from processes import wait_for
from routerc import Router, free_port
from specs import one_pool

OPEN = "no keys, and whoever reaches the address may do everything"
EXPIRED = "keys have expired"


def keys(*entries):
    lines = [f"  - {{ name: {name}, secret: [{', '.join(secrets)}]{rest} }}\n"
             for name, secrets, rest in entries]
    return "\nkeys:\n" + "".join(lines)


def digest(number):
    return f'"sha256:{number:064x}"'


def warnings(router, message):
    return [each for each in router.log_records() if each["message"] == message]


def overridden(model_server, tmp_path, more="", host="0.0.0.0"):
    port = free_port()
    spec = one_pool(model_server).replace("anonymous: allow\n", "")
    return Router(tmp_path, spec + more, address=f"127.0.0.1:{port}",
                  arguments=("--listen", f"{host}:{port}"))


def test_an_open_router_on_all_interfaces_is_warned_of(first, tmp_path):
    with overridden(first, tmp_path) as router:
        wait_for(lambda: warnings(router, OPEN), what="the warning")
        assert warnings(router, OPEN)[0]["address"].startswith("0.0.0.0:")


@pytest.mark.parametrize("more, host", [
    ("", "127.0.0.1"), ("\nanonymous: allow\n", "0.0.0.0"),
    (keys(("alice", [digest(1)], "")), "0.0.0.0")])
def test_no_other_is(first, tmp_path, more, host):
    with overridden(first, tmp_path, more, host) as router:
        wait_for(lambda: warnings(router, "listening"), what="the listener")
        assert not warnings(router, OPEN)


def test_keys_that_have_ended_are_named(first, tmp_path):
    past, future = ", expires: 2020-01-31", ", expires: 2199-01-31"
    ended = [(f"old-{number}", [digest(number)], past) for number in range(1, 8)]
    rotated = ("rotated", [f"{{ value: {digest(20)}, expires: 2020-01-01 }}", digest(21)], future)
    gone = ("gone", [f"{{ value: {digest(30)}, expires: 2020-01-01 }}"], "")
    good = ("good", [digest(40)], future)
    spec = one_pool(first)
    with Router(tmp_path, spec + keys(*ended, rotated, gone, good)) as router:
        wait_for(lambda: warnings(router, EXPIRED), what="the warning")
        record = warnings(router, EXPIRED)[0]
        assert record["level"] == "warning"
        assert int(record["count"]) == 8
        names = record["keys"].split(", ")
        assert len(names) == 6 and names[-1] == "..."
        assert set(names[:-1]) <= {name for name, _, _ in ended} | {"gone"}
        assert "sha256" not in record["keys"]
        router.reload(spec + keys(good))
        assert len(warnings(router, EXPIRED)) == 1
        router.reload(spec + keys(good, ended[0]))
        wait_for(lambda: len(warnings(router, EXPIRED)) == 2, what="the second warning")
        assert warnings(router, EXPIRED)[1]["keys"] == "old-1"
