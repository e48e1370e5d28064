"""HAProxy: the equal-work anchor, and two lighter configurations."""

from __future__ import annotations

from pathlib import Path

from ..settings import Missing, program
from ..work import CREDENTIAL, Work
from .base import Peer, output_of

_NO_ROUTE = '{"error":{"message":"no route","code":404}}'
_NO_KEY = '{"error":{"message":"invalid key","code":401}}'


def _global(socket: Path) -> str:
    return f"""global
  nbthread 1
  maxconn 9000
  log /dev/null local0 emerg
  stats socket {socket} level admin
  tune.bufsize 65536
defaults
  mode http
  timeout connect 5s
  timeout client 600s
  timeout server 600s
  timeout http-request 30s
  timeout http-keep-alive 120s
  option http-keep-alive
  option http-no-delay
  http-reuse always
  no log
"""


class HAProxy(Peer):
    """One thread; `tune.bufsize` 64 KiB, which is as much of a body as it looks at."""

    family = "haproxy"
    _kinds = {
        "full": (
            "haproxy",
            {"key", "hash", "model", "credential"},
            "SHA-256 of the key in a map, model by json_query in a map, credential set",
        ),
        "key": ("haproxy-key", {"key"}, "key in a map; the body is passed on"),
        "body": ("haproxy-body", {"model"}, "model by json_query in a map; no key is checked"),
    }

    def __init__(self, kind: str = "full") -> None:
        self.kind = kind
        self.name, does, self.what = self._kinds[kind]
        self.does = frozenset(does)

    def missing(self) -> str | None:
        try:
            program("haproxy")
        except Missing as error:
            return str(error)
        return None

    def socket(self, folder: Path) -> Path:
        return folder / "admin.sock"

    def write_keys(self, folder: Path, work: Work) -> None:
        """The map that changes when keys do. HAProxy writes digests in upper case."""
        with (folder / "keys.map").open("w") as file:
            for index in range(1, work.keys + 1):
                if self.kind == "full":
                    file.write(f"{work.key_digest(index).upper()} key{index}\n")
                else:
                    file.write(f"{work.key(index)} be{work.model_of_key(index)}\n")

    def _rules(self, folder: Path) -> str:
        keys, models = folder / "keys.map", folder / "models.map"
        model = f"req.body,json_query('$.model'),map_str({models},be_none)"
        wait = "  http-request wait-for-body time 10s if METH_POST\n"
        if self.kind == "key":
            return f"  use_backend %[http_auth_bearer,map_str({keys},be_none)]\n"
        if self.kind == "body":
            return f"{wait}  use_backend %[{model}]\n"
        digest = f"http_auth_bearer,sha2(256),hex,map_str({keys})"
        refusal = f"status 401 content-type application/json string '{_NO_KEY}'"
        return (
            f"  http-request set-var(txn.key) {digest}\n"
            f"  http-request return {refusal} unless {{ var(txn.key) -m found }}\n{wait}"
            "  http-request del-header authorization\n"
            f'  http-request set-header authorization "Bearer {CREDENTIAL}"\n'
            f"  use_backend %[{model}]\n"
        )

    def write(self, folder: Path, work: Work, port: int) -> None:
        self.write_keys(folder, work)
        with (folder / "models.map").open("w") as file:
            for index in range(1, work.models + 1):
                file.write(f"{work.model(index)} be{index}\n")
        with (folder / "haproxy.cfg").open("w") as file:
            file.write(_global(self.socket(folder)))
            file.write(f"frontend f\n  bind 127.0.0.1:{port}\n  default_backend be_none\n")
            file.write(self._rules(folder))
            for index in range(1, work.models + 1):
                file.write(f"backend be{index}\n")
                for turn, (host, backend) in enumerate(work.endpoints(index), 1):
                    file.write(f"  server s{turn} {host}:{backend}\n")
            refusal = f"status 404 content-type application/json string '{_NO_ROUTE}'"
            file.write(f"backend be_none\n  http-request return {refusal}\n")

    def argv(self, folder: Path, port: int) -> list[str]:
        return [program("haproxy"), "-db", "-q", "-f", str(folder / "haproxy.cfg")]

    def version(self) -> str:
        return output_of([program("haproxy"), "-v"]).split(" - ")[0]
