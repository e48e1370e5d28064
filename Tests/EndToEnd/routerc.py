"""routerc as the tests run it: the real binary, a real spec, real signals."""

import json
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

from openai import OpenAI

from processes import end, wait_for
from raw_http import RawClient, ask, head

REPOSITORY = Path(__file__).resolve().parents[2]
DIGEST = re.compile(r"[0-9a-f]{64}")


def binary():
    path = Path(os.environ.get("ROUTERC_BINARY") or REPOSITORY / ".build/release/routerc")
    if not path.is_file():
        raise AssertionError(f"no binary at {path}; run `make build`, or set ROUTERC_BINARY")
    return str(path)


def run(*arguments, stdin="", check=None, **options):
    """Runs a command of routerc to its end; `check` is the exit status it must have."""
    done = subprocess.run(
        [binary(), *map(str, arguments)], input=stdin, capture_output=True, text=True,
        timeout=60, **options)
    if check is not None:
        assert done.returncode == check, (
            f"routerc {arguments} left with {done.returncode}, not {check}\n"
            f"stdout: {done.stdout}\nstderr: {done.stderr}")
    return done


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def yaml_block(name, values):
    lines = [f"{name}:"]
    for key, value in values.items():
        text = f"[{', '.join(value)}]" if isinstance(value, list) else value
        lines.append(f"  {key}: {text}")
    return "\n".join(lines) + "\n"


def asking_nobody(spec):
    """The spec without discovery and probes, unless it says otherwise: most tests count
    requests."""
    for key in ("discovery", "health"):
        if f"{key}:" in spec:
            continue
        if "\ndefaults: {" in spec:
            spec = spec.replace("\ndefaults: {", f"\ndefaults: {{ {key}: none,", 1)
        else:
            spec += f"\ndefaults: {{ {key}: none }}\n"
    return spec


class Router:
    """A running router. `spec` is a spec without `listen` and `admin`, which are added here.

    Endpoints are asked for their models only where the spec has `discovery`, and whether they are
    well only where it has `health`.

        with Router(tmp_path, spec, listen={"max_body": "1MiB"}) as router:
            router.reload(other_spec)

    `descriptors` is how many files it may have open, as `ulimit -n` says it. `admin` is where its
    admin address is bound, where not on the loopback address: an IP address, or unix:/PATH.
    """

    def __init__(self, folder, spec, listen=None, arguments=(), environment=None, address=None,
                 descriptors=None, admin=None):
        self.folder = Path(folder)
        self.address = address or f"127.0.0.1:{free_port()}"
        self.admin = self.address
        while self.admin == self.address:
            # The system may give a port again that it has just given.
            self.admin = f"127.0.0.1:{free_port()}"
        self._admin_bind = admin
        if admin is not None and not admin.startswith("unix:"):
            self._admin_bind = f"{admin}:{self.admin.rsplit(':', 1)[1]}"
        elif admin is not None:
            self.admin = admin
        self.table = self.folder / "router.table"
        self.log_path = self.folder / "serve.log"
        self.out_path = self.folder / "serve.out"
        self.process = None
        self._listen = listen or {}
        self._arguments = list(arguments)
        self._environment = environment or {}
        self._prefix = [] if descriptors is None else [
            "prlimit", f"--nofile={descriptors}:{descriptors}"]
        self._has_ended = False
        self._log_records = []
        self._log_offset = 0
        self.digest = self.compile(spec)

    # Tables

    def spec_text(self, spec):
        listen = {"address": self.address, **self._listen}
        admin = f'"{self._admin_bind or self.admin}"'
        top = yaml_block("listen", listen) + yaml_block("admin", {"address": admin})
        return top + asking_nobody(spec)

    def compile(self, spec, table=None, name="router.yaml"):
        """Writes the spec and compiles it; the digest."""
        path = self.folder / name
        path.write_text(self.spec_text(spec))
        done = run("compile", path, "-o", table or self.table, check=0)
        digest = done.stdout.strip()
        assert DIGEST.fullmatch(digest), f"compile prints the digest alone, not {done.stdout!r}"
        return digest

    def publish(self, table):
        """Puts another table in the place of the one that is served, by rename."""
        new = self.table.with_suffix(".new")
        new.write_bytes(Path(table).read_bytes())
        new.rename(self.table)

    # Life

    def __enter__(self):
        with open(self.log_path, "wb") as log, open(self.out_path, "wb") as out:
            self.process = subprocess.Popen(
                [*self._prefix, binary(), "serve", str(self.table), "--log-format", "json",
                 *self._arguments],
                stdin=subprocess.DEVNULL, stdout=out, stderr=log,
                env={**os.environ, **self._environment})
        wait_for(self._is_ready, 10, "the router's /ready")
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            end(self.process)
        elif not self._has_ended:
            self.stop()

    def _is_ready(self):
        if self.process.poll() is not None:
            raise AssertionError(
                f"serve left with {self.process.returncode}:\n{self.log_text()[-4000:]}")
        try:
            # The admin address is bound ahead of the listener.
            return ask(self.address, head("GET", "/ready")).status == 200
        except OSError:
            return False

    def signal(self, number):
        os.kill(self.process.pid, number)

    def wait_for_end(self, seconds=10):
        self._has_ended = True
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"serve did not end within {seconds} s") from None

    def stop(self, seconds=10):
        """SIGTERM, and a clean end."""
        self.signal(signal.SIGTERM)
        code = self.wait_for_end(seconds)
        assert code == 0, f"serve left with {code}:\n{self.log_text()[-4000:]}"

    # Reload

    def hup(self, seconds=10):
        """SIGHUP; the log record that says what came of it."""
        seen = len(self.reload_records())
        self.signal(signal.SIGHUP)
        wait_for(lambda: len(self.reload_records()) > seen, seconds, "a record of the reload")
        return self.reload_records()[seen]

    def reload(self, spec, listen=None):
        """Takes over another spec; `listen` replaces what was given at the start."""
        if listen is not None:
            self._listen = listen
        digest = self.compile(spec)
        record = self.hup()
        assert record["message"] == "table swapped", record
        assert record["digest"] == digest, record
        self.digest = digest
        return digest

    def reload_records(self):
        return [record for record in self.log_records()
                if record.get("message") in ("table swapped", "table refused")]

    # Observation

    def log_text(self):
        return self.log_path.read_text(errors="replace")

    def log_records(self):
        """Every whole line of the log; metadata stands beside the message."""
        with open(self.log_path, "rb") as log:
            log.seek(self._log_offset)
            fresh = log.read()
        whole = fresh[:fresh.rfind(b"\n") + 1]
        self._log_offset += len(whole)
        for line in whole.splitlines():
            record = json.loads(line)
            self._log_records.append({**record, **record.get("metadata", {})})
        return self._log_records

    def status(self):
        answer = ask(self.admin, head("GET", "/status"))
        assert answer.status == 200, answer.body
        return answer.json

    def ask_admin(self, method, target, fields=(), body=b"", **options):
        """The answer of the admin address; `body` gets its length."""
        if body or method == "POST":
            fields = [*fields, ("Content-Length", len(body))]
        return ask(self.admin, head(method, target, fields) + body, **options)

    def fd_count(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def thread_count(self):
        return len(os.listdir(f"/proc/{self.process.pid}/task"))

    def cpu_seconds(self):
        """What it has used of the processors, user and system."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_kib(self):
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", text).group(1))

    def wait_until_idle(self, seconds=5):
        """Waits until nothing of any request is left; the status that says so."""
        def idle():
            status = self.status()
            left = [status[name] for name in ("in_flight", "buffered_bytes", "client_connections")]
            return status if not any(left) else None
        return wait_for(idle, seconds, "an idle router")

    # Clients

    def client(self, **options):
        return RawClient(self.address, **options)

    def ask(self, data, **options):
        return ask(self.address, data, **options)

    def openai(self, key):
        return OpenAI(base_url=f"http://{self.address}/v1", api_key=key, max_retries=0,
                      timeout=30)


def is_sanitized():
    """Whether the binary is one of `scripts/sanitize`."""
    return "ROUTERC_SANITIZER" in os.environ


def assert_grown_less(kib, most):
    """Memory has a bound; a sanitizer keeps what is freed, so that nobody can say under one."""
    assert is_sanitized() or kib < most, f"{kib} KiB, and {most} are the bound"


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)]


def milliseconds_since(start_ns):
    return (time.monotonic_ns() - start_ns) / 1e6
