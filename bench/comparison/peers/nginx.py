"""nginx: a map of keys; it has no look into bodies."""

from __future__ import annotations

import os
from pathlib import Path

from ..settings import Missing, program
from ..work import Work
from .base import Peer, output_of

_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


class Nginx(Peer):
    """One worker, no buffering of answers, connections to upstreams kept."""

    name = family = "nginx"
    does = frozenset({"key"})
    what = "key in a map; the body is passed on"

    def missing(self) -> str | None:
        try:
            program("nginx")
        except Missing as error:
            return str(error)
        return None

    def write(self, folder: Path, work: Work, port: int) -> None:
        (folder / "tmp").mkdir(exist_ok=True)
        self.write_keys(folder, work)
        with (folder / "nginx.conf").open("w") as file:
            file.write(self._head(folder, work))
            for index in range(1, work.models + 1):
                servers = " ".join(f"server {host}:{at};" for host, at in work.endpoints(index))
                file.write(
                    f"  upstream be{index} {{ {servers} keepalive 512;"
                    " keepalive_requests 1000000000; }\n"
                )
            file.write(self._server(port))

    def write_keys(self, folder: Path, work: Work) -> None:
        with (folder / "keys.conf").open("w") as file:
            for index in range(1, work.keys + 1):
                file.write(f'"Bearer {work.key(index)}" be{work.model_of_key(index)};\n')

    def _head(self, folder: Path, work: Work) -> str:
        temporary = " ".join(f"{name}_temp_path {folder}/tmp/{name};" for name in _TEMPORARY)
        size = max(2048, 4 * max(work.keys, work.models))
        return f"""daemon off; worker_processes 1; pid {folder}/nginx.pid;
error_log {folder}/error.log warn; worker_rlimit_nofile 20000;
{_user()}
events {{ worker_connections 19000; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; tcp_nodelay on;
  default_type application/json; server_tokens off;
  client_max_body_size 256m; client_body_buffer_size 1m; {temporary}
  map_hash_max_size {size}; map_hash_bucket_size 128;
  map $http_authorization $up {{ default ""; include {folder}/keys.conf; }}
"""

    def _server(self, port: int) -> str:
        return f"""  server {{ listen 127.0.0.1:{port} backlog=4096;
    location / {{
      if ($up = "") {{ return 404 '{{"error":{{"message":"no route","code":404}}}}'; }}
      proxy_pass http://$up; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host $host; proxy_buffering off; proxy_request_buffering on;
      proxy_read_timeout 600s; proxy_send_timeout 600s; proxy_connect_timeout 5s;
    }}
  }}
}}
"""

    def argv(self, folder: Path, port: int) -> list[str]:
        configuration, log = str(folder / "nginx.conf"), str(folder / "error.log")
        return [program("nginx"), "-c", configuration, "-p", f"{folder}/", "-e", log]

    def version(self) -> str:
        return output_of([program("nginx"), "-v"]).removeprefix("nginx version: ")


def _user() -> str:
    """The workers of a master that is root run as somebody else, who cannot read our files."""
    return "user root;" if os.geteuid() == 0 else ""
