"""The routers for language models on PyPI: vllm-router, sglang-router and LiteLLM."""

from __future__ import annotations

import json
from pathlib import Path

from ..work import CREDENTIAL, Work
from .base import Peer, package_version, venv_program


class RustRouter(Peer):
    """Round robin over the endpoints of the first two models: neither key nor model decides."""

    does = frozenset()
    what = "round robin over two servers; neither key nor model is looked at"

    def __init__(self, name: str, program: str, arguments: list[str]) -> None:
        self.name = self.family = name
        self._program, self._arguments = program, arguments

    def missing(self) -> str | None:
        found = venv_program(self.name, f"bin/{self._program}")
        return None if found else f"not installed; run bench/setup {self.name}"

    def write(self, folder: Path, work: Work, port: int) -> None:
        addresses = [work.endpoints(index)[0] for index in (1, 2)]
        urls = [f"http://{host}:{backend}" for host, backend in addresses]
        (folder / "urls").write_text("\n".join(urls))

    def argv(self, folder: Path, port: int) -> list[str]:
        program = venv_program(self.name, f"bin/{self._program}")
        return [
            str(program), *self._arguments, "--host", "127.0.0.1", "--port", str(port),
            "--policy", "round_robin", "--prometheus-host", "127.0.0.1",
            "--prometheus-port", str(port + 200), "--log-level", "error",
            "--max-concurrent-requests", "20000", "--disable-retries",
            "--worker-startup-check-interval", "1",
            "--worker-urls", *(folder / "urls").read_text().split(),
        ]  # fmt: skip

    def version(self) -> str:
        return package_version(self.name, self.name)


class LiteLLM(Peer):
    """One worker, no key checked, no retries; it parses and writes bodies anew."""

    name = family = "litellm"
    does = frozenset({"model", "credential"})
    what = "model of the body, credential set; no key is checked"
    needs_warm_up = True

    def missing(self) -> str | None:
        found = venv_program("litellm", "bin/litellm")
        return None if found else "not installed; run bench/setup litellm"

    def write(self, folder: Path, work: Work, port: int) -> None:
        models = []
        for index in range(1, work.models + 1):
            host, backend = work.endpoints(index)[0]
            parameters = {
                "model": f"openai/{work.model(index)}",
                "api_base": f"http://{host}:{backend}/v1",
                "api_key": CREDENTIAL,
            }
            models.append({"model_name": work.model(index), "litellm_params": parameters})
        settings = {
            "model_list": models,
            "litellm_settings": {
                "telemetry": False, "drop_params": True, "num_retries": 0,
                "request_timeout": 600, "set_verbose": False,
            },
            "router_settings": {"num_retries": 0, "disable_cooldowns": True},
            "general_settings": {"disable_spend_logs": True, "background_health_checks": False},
        }  # fmt: skip
        (folder / "config.yaml").write_text(json.dumps(settings))

    def argv(self, folder: Path, port: int) -> list[str]:
        program = str(venv_program("litellm", "bin/litellm"))
        return [
            program, "--config", str(folder / "config.yaml"), "--host", "127.0.0.1",
            "--port", str(port), "--num_workers", "1", "--telemetry", "False",
        ]  # fmt: skip

    def environment(self) -> dict[str, str]:
        return {
            # On loopback, for a measurement: without it LiteLLM does not start without a key.
            "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            "LITELLM_LOG": "ERROR",
            "LITELLM_MODE": "PRODUCTION",
            "LITELLM_TELEMETRY": "False",
            "NO_DOCS": "True",
        }

    def version(self) -> str:
        return package_version("litellm", "litellm")


def rust_routers() -> list[Peer]:
    return [
        RustRouter("vllm-router", "vllm-router", []),
        RustRouter("sglang-router", "smg", ["launch", "--shutdown-grace-period-secs", "1"]),
    ]
