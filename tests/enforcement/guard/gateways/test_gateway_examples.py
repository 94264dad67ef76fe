"""The configurations under examples/ are what the gateways take."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import openai
import pytest
import yaml

from fixtures.gateway_parts import Stand, free_port, process
from fixtures.project import ROOT
from fixtures.serving_parts import Files
from hydrometer.contract.gateway import GatewaySettings
from hydrometer.enforcement.guard.gateway_routes import collect_routes
from hydrometer.files.settings_files import load_gateway_settings

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLES = ROOT / "examples"


def loaded(name: str) -> Any:
    return yaml.safe_load((EXAMPLES / name).read_text())


def test_the_settings_of_the_example_are_the_defaults() -> None:
    assert load_gateway_settings(EXAMPLES / "gateways.toml") == GatewaySettings()


def test_the_addresses_of_the_examples_are_served() -> None:
    served = {route.path for route in collect_routes(Stand().gate)}
    addresses = (
        loaded("traefik/dynamic.yaml")["http"]["middlewares"]["guard"]["forwardAuth"]["address"],
        loaded("apisix/route.yaml")["routes"][0]["plugins"]["forward-auth"]["uri"],
    )
    for address in addresses:
        assert address.removeprefix("http://127.0.0.1:8787") in served
    assert "proxy_pass http://guard/forward-auth/nginx;" in (EXAMPLES / "nginx" / "nginx.conf").read_text()


def test_envoys_example_is_what_envoy_declares() -> None:
    json_format = pytest.importorskip("google.protobuf.json_format")
    bootstrap = pytest.importorskip("envoy.config.bootstrap.v3.bootstrap_pb2")
    manager = "envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2"
    for module in (
        manager,
        "envoy.extensions.filters.http.ext_authz.v3.ext_authz_pb2",
        "envoy.extensions.filters.http.router.v3.router_pb2",
        "envoy.extensions.upstreams.http.v3.http_protocol_options_pb2",
    ):
        pytest.importorskip(module)  # what the configuration names by its type must be known to be read
    config = json_format.ParseDict(loaded("envoy/envoy.yaml"), bootstrap.Bootstrap())
    assert [cluster.name for cluster in config.static_resources.clusters] == ["models", "guard"]


def test_litellms_examples_name_what_there_is() -> None:
    [inside] = loaded("litellm/config.yaml")["guardrails"]
    assert inside["litellm_params"]["guardrail"] == "hydrometer.LiteLLMGuardrail"
    [asked] = loaded("litellm/config-http.yaml")["guardrails"]
    assert asked["litellm_params"]["guardrail"] == "generic_guardrail_api"


def test_an_own_server_refuses_whom_it_knows(tmp_path: Path) -> None:
    pytest.importorskip("uvicorn")
    files = Files(tmp_path)
    files.write(blocked=("acct-1",))
    port = free_port()
    command = [
        *("env", f"HYDROMETER_SNAPSHOT={files.snapshot}", f"HYDROMETER_PUBLIC_KEY={files.public}"),
        *(sys.executable, "-m", "uvicorn", "app:app", "--app-dir", str(EXAMPLES / "own_server")),
        *("--port", str(port), "--lifespan", "off"),
    ]
    with process(command, tmp_path, port):
        with pytest.raises(openai.PermissionDeniedError, match="Refused by policy"):
            ask(port, "sk-example")
        assert ask(port, "sk-other").choices[0].message.content == "Hello"


def ask(port: int, key: str) -> Any:
    with openai.OpenAI(api_key=key, base_url=f"http://127.0.0.1:{port}/v1") as client:
        return client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hello?"}])
