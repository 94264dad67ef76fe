"""Decides on requests at a gateway by a published snapshot; opens no connection to do so."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hydrometer.enforcement.guard.client_identity import ClientIdentity as ClientIdentity
    from hydrometer.enforcement.guard.client_identity import make_identity_reader as make_identity_reader
    from hydrometer.enforcement.guard.decision_point import DecisionPoint as DecisionPoint
    from hydrometer.enforcement.guard.enforcement_point import EnforcementOutcome as EnforcementOutcome
    from hydrometer.enforcement.guard.enforcement_point import EnforcementPoint as EnforcementPoint
    from hydrometer.enforcement.guard.gateway_routes import GatewayAnswer as GatewayAnswer
    from hydrometer.enforcement.guard.gateway_routes import GatewayRequest as GatewayRequest
    from hydrometer.enforcement.guard.gateway_routes import GatewayRoute as GatewayRoute
    from hydrometer.enforcement.guard.gateway_routes import make_json_answer as make_json_answer
    from hydrometer.enforcement.guard.gateways.asgi import GuardMiddleware as GuardMiddleware
    from hydrometer.enforcement.guard.guard_runtime import GuardConfig as GuardConfig
    from hydrometer.enforcement.guard.guard_runtime import GuardRuntime as GuardRuntime
    from hydrometer.enforcement.guard.guard_runtime import serve_gateways as serve_gateways
    from hydrometer.enforcement.guard.litellm_guardrail import LiteLLMGuardrail as LiteLLMGuardrail
else:
    from hydrometer.exports import export_lazily

    __getattr__, __dir__, __all__ = export_lazily(__name__, __file__)
