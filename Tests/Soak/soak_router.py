"""The router of the soak: its tables, its process, and what it says of itself."""

import hashlib
import json
import os
import random
import re
import signal
import socket
import subprocess
import threading
import urllib.request
from pathlib import Path

from soak_clients import Keys

REPOSITORY = Path(__file__).resolve().parents[2]
VARIANTS = 4


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fingerprint(key: str) -> str:
    return "sha256:" + hashlib.sha256(key.encode()).hexdigest()


def made_up_keys(source: random.Random) -> Keys:
    return Keys(*(f"sk-soak-{source.getrandbits(128):032x}" for _ in range(8)))


def endpoints(ports: list[int], first_weight: int = 1) -> str:
    """Members of a pool; the first may have another weight than the rest."""
    weights = [first_weight] + [1] * (len(ports) - 1)
    return ", ".join(f'{{ url: "http://127.0.0.1:{port}", weight: {weight} }}'
                     for port, weight in zip(ports, weights))


def spec(variant: int, ports: dict[str, list[int]], keys: Keys, key_file: Path,
         listen: str, admin: str) -> str:
    """One of the tables that are swapped: other members, weights, pools and numbers of keys."""
    calm, wild = ports["calm"], ports["wild"]
    turned = wild[variant:] + wild[:variant]
    strange = range([0, 2000, 10, 300][variant])
    visiting = f'  - {{ name: visiting, secret: "{fingerprint(keys.visiting)}" }}'
    filler = [f'  - {{ name: filler-{number}, secret: "{fingerprint(str(number))}" }}'
              for number in strange]
    extra = [visiting] if variant % 2 == 0 else []
    return f"""
listen: {{ address: "{listen}", max_body: 4MiB, max_head: 16KiB, drain: 5s }}
admin: {{ address: "{admin}" }}
defaults:
  discovery: none
  timeouts: {{ connect: 20s, first_token: 25s, answer: 25s, idle: 25s }}
pools:
  - name: calm
    endpoints: [{endpoints(calm, 1 + variant)}]
  - name: shift
    endpoints: [{endpoints(calm[:2] if variant < 2 else calm[2:])}]
  - name: wild
    endpoints: [{endpoints(turned[:len(turned) - variant])}]
    timeouts: {{ connect: 1s, first_token: 1s, answer: 1s, idle: 500ms, total: 10s }}
  - name: mortal
    endpoints: [{endpoints(ports["mortal"])}]
    timeouts: {{ connect: 500ms, first_token: 2s, answer: 2s, idle: 1s }}
models:
  - {{ match: calm, pool: calm }}
  - {{ match: "re:calm-[0-9]+", pool: calm }}
  - {{ match: shift, pool: shift }}
  - {{ match: renamed, pool: calm, send_as: "real \\"name\\"" }}
  - {{ match: wild, pool: wild }}
  - {{ match: "mortal/*", pool: mortal }}
keys:
  - {{ name: everyone, secret: "{fingerprint(keys.all)}" }}
  - {{ name: calm-only, secret: "{fingerprint(keys.calm_only)}", models: [calm] }}
  - {{ name: pinned, secret: "{fingerprint(keys.pinned)}", pin: calm }}
  - {{ name: wild-pinned, secret: "{fingerprint(keys.wild_pinned)}", pin: wild }}
  - {{ name: expired, secret: "{fingerprint(keys.expired)}", expires: 2020-01-01 }}
  - {{ name: filed, secret: "file:{key_file}" }}
""" + "\n".join(extra + filler) + "\n"


class SoakRouter:
    """A running routerc. Its log is read as it comes; only what is no access record is kept."""

    def __init__(self, folder: Path, ports: dict[str, list[int]], keys: Keys):
        self.folder = folder
        self.binary = os.environ.get("ROUTERC_BINARY") or str(REPOSITORY / ".build/routerc")
        self.address = f"127.0.0.1:{free_port()}"
        self.admin = f"127.0.0.1:{free_port()}"
        self.table = folder / "router.table"
        self.access_records = 0
        self.swapped = 0
        self.refused: dict[str, int] = {}
        self.other_lines: list[str] = []
        key_file = folder / "filed.key"
        key_file.write_text(keys.filed + "\n")
        key_file.chmod(0o600)
        self.tables = [
            self.compile(variant, spec(variant, ports, keys, key_file, self.address, self.admin))
            for variant in range(VARIANTS)]
        self.put(self.tables[0])
        self.process = subprocess.Popen(
            [self.binary, "serve", str(self.table), "--log-format", "json", "--loops", "2"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.log_reader = threading.Thread(target=self.read_log, daemon=True)
        self.log_reader.start()

    def compile(self, variant: int, text: str) -> bytes:
        source, table = self.folder / f"v{variant}.yaml", self.folder / f"v{variant}.table"
        source.write_text(text)
        subprocess.run([self.binary, "compile", source, "-o", table], check=True,
                       stdout=subprocess.DEVNULL, timeout=60)
        return table.read_bytes()

    def put(self, data: bytes) -> None:
        """Puts a table where the router reads it, by rename, as an operator does."""
        new = self.table.with_suffix(".new")
        new.write_bytes(data)
        new.rename(self.table)

    def hup(self) -> None:
        self.process.send_signal(signal.SIGHUP)

    def read_log(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            text = line.decode(errors="replace").rstrip()
            if not (text.startswith("{") and text.endswith("}")):
                self.other_lines.append(text)
            elif '"level":"info"' in text:
                self.access_records += 1
            elif '"table swapped"' in text:
                self.swapped += 1
            elif '"table refused"' in text:
                self.note_refusal(text)
            else:
                self.other_lines.append(text)

    def note_refusal(self, text: str) -> None:
        try:
            reason = re.sub(r"\d+", "N", json.loads(text)["reason"])
        except (ValueError, KeyError):
            self.other_lines.append("no JSON: " + text)
            return
        self.refused[reason] = self.refused.get(reason, 0) + 1

    # What it says of itself

    def status(self) -> dict:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://{self.admin}/status", timeout=10) as answer:
            return json.load(answer)

    def anonymous_kib(self) -> int:
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"RssAnon:\s+(\d+) kB", text)
        return int(found.group(1)) if found else 0

    def fds(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def is_alive(self) -> bool:
        return self.process.poll() is None

    # What is done to it

    def disturb(self, source: random.Random) -> str:
        """Changes the table's file in one of the ways that happen, and signals."""
        roll = source.random()
        if roll < 0.70:
            self.put(self.tables[source.randrange(VARIANTS)])
            what = "good"
        elif roll < 0.78:
            self.table.unlink(missing_ok=True)
            what = "removed"
        elif roll < 0.84:
            self.put(source.randbytes(3000))
            what = "garbage"
        elif roll < 0.89:
            data = bytearray(self.tables[0])
            data[source.randrange(len(data))] ^= 1 << source.randrange(8)
            self.put(bytes(data))
            what = "one bit"
        else:
            self.overwrite(source)
            what = "overwritten"
        for _ in range(source.choice([1, 1, 1, 5])):
            self.hup()
        return what

    def overwrite(self, source: random.Random) -> None:
        """The file that was given, in place: emptied, cut or written over."""
        if not self.table.exists():
            return
        size = self.table.stat().st_size
        with open(self.table, "r+b") as file:
            if source.random() < 0.5:
                file.truncate(source.randrange(size + 1))
            else:
                file.write(source.randbytes(min(size, 4096)))
