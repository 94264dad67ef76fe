"""A guardrail that runs inside the LiteLLM proxy, registered by the dotted path of its class.

LiteLLM is taken as it is installed and never imported by us: this module is imported by the proxy, and takes its base class and
its exception from what the proxy has already loaded. What was learnt of its ways (1.109):

- A hook is called only if the class itself defines it, so a class is made for each use, with the hook in it.
- The proxy makes two instances of a guardrail. Both must decide through one enforcement point, or every budget would be doubled.
- Hooks are called with keywords that change from release to release.
- An exception that is no HTTPException becomes a 500.
- `/v1/messages` drops the headers of errors, and so `x-should-retry`: a 429 or 503 there would be tried again by the
  client's library. It is made a 403.
- `requester_ip_address` may be all of X-Forwarded-For, written by the client. The header is read here instead.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec
import orjson

from hydrometer.enforcement.guard.client_identity import make_identity_reader, truncate_value
from hydrometer.enforcement.guard.error_responses import build_error_body, build_error_headers, choose_error_shape

if TYPE_CHECKING:
    from collections.abc import Callable

    from hydrometer.enforcement.guard.client_identity import ClientIdentity
    from hydrometer.enforcement.guard.enforcement_point import EnforcementPoint
    from hydrometer.enforcement.guard.error_responses import Refusal

NAME = "litellm"
_ACCOUNT = ("api_key", "user_id", "key_alias", "team_id")
"""In the order in which the reader of LiteLLM's logs takes them, or verdicts would be of other ids."""
_LEFT_OUT = frozenset(
    {"api_key", "cache", "litellm_logging_obj", "litellm_metadata", "metadata", "proxy_server_request", "secret_fields"}
)
"""What the proxy adds to the body; it may hold keys."""


class HttpRefusalError(Exception):
    """A stand-in for the proxy's HTTPException where there is no proxy, as in tests; has the same attributes."""

    def __init__(self, status_code: int, detail: object, headers: dict[str, str] | None = None) -> None:
        super().__init__(status_code)
        self.status_code, self.detail, self.headers = status_code, detail, headers


def make_guardrail_class(open_enforcement_point: Callable[[], EnforcementPoint]) -> type:
    """Return a class for `guardrail:` in the proxy's configuration; `open_enforcement_point` returns the one
    of the process."""
    base: type = _find_loaded("litellm.integrations.custom_guardrail", "CustomGuardrail", object)
    exception_class: Callable[..., Exception] = _find_loaded("fastapi", "HTTPException", HttpRefusalError)

    class Guardrail(base):  # type: ignore[misc]  # determined at run time
        """A guardrail that asks the guard before a model is called."""

        def __init__(self, **kwargs: Any) -> None:
            if base is object:
                super().__init__()
            else:
                super().__init__(**kwargs)
            self._enforcement_point = open_enforcement_point()
            self._read_identity = make_identity_reader(self._enforcement_point.settings)

        async def async_pre_call_hook(
            self,
            user_api_key_dict: Any,
            cache: Any,  # noqa: ARG002 -- the proxy's
            data: Any,
            call_type: Any,
            **_: Any,
        ) -> None:
            """Refuse a request by raising, or return None and let it pass unchanged."""
            outcome = self._enforcement_point.parse_and_ask(
                NAME, lambda: _parse_call(data, user_api_key_dict, self._read_identity)
            )
            if outcome.refusal is not None:
                raise _make_exception(
                    outcome.refusal, anthropic=_is_messages(call_type, data), exception_class=exception_class
                )

    return Guardrail


def _find_loaded(module: str, name: str, otherwise: Any) -> Any:
    return getattr(sys.modules.get(module), name, otherwise)


def _parse_call(
    data: dict[str, Any], key: Any, read_identity: Callable[..., tuple[ClientIdentity, str]]
) -> tuple[bytes, ClientIdentity]:
    """Return body and sender of a call, as the enforcement point takes them."""
    proxy_request = data.get("proxy_server_request")
    proxy_request = proxy_request if isinstance(proxy_request, dict) else {}
    body = proxy_request.get("body")
    if not isinstance(body, dict) or not any(name in body for name in ("messages", "input", "prompt")):
        body = {name: value for name, value in data.items() if name not in _LEFT_OUT}
    given = proxy_request.get("headers")
    headers = [
        (str(name).lower().encode("latin-1", "replace"), str(value).encode("latin-1", "replace"))
        for name, value in (given.items() if isinstance(given, dict) else ())
    ]
    peer = next(
        (
            address
            for metadata_field in ("metadata", "litellm_metadata")
            if isinstance(metadata := data.get(metadata_field), dict)
            and isinstance(address := metadata.get("requester_ip_address"), str)
        ),
        "",
    )
    identity, _ = read_identity(headers, peer)
    account = next((value for name in _ACCOUNT if (value := _read_text(key, name))), "")
    identity = msgspec.structs.replace(
        identity,
        account_id=account or identity.account_id,
        organisation=_read_text(key, "org_id") or identity.organisation,
    )
    return orjson.dumps(body, default=_omit_object, option=orjson.OPT_NON_STR_KEYS), identity


def _make_exception(refusal: Refusal, *, anthropic: bool, exception_class: Callable[..., Exception]) -> Exception:
    shape = choose_error_shape("/messages" if anthropic else "")
    detail = build_error_body(refusal, shape)
    error = detail["error"]
    detail = {**error} if isinstance(error, dict) else detail  # the proxy puts `error` around it
    status = 403 if anthropic and refusal.retry_after is not None else refusal.status
    return exception_class(status_code=status, detail=detail, headers=dict(build_error_headers(refusal)))


def _is_messages(call_type: Any, data: Any) -> bool:
    if getattr(call_type, "value", call_type) == "anthropic_messages":
        return True
    proxy_request = data.get("proxy_server_request") if isinstance(data, dict) else None
    return isinstance(proxy_request, dict) and urlsplit(str(proxy_request.get("url", ""))).path.endswith("/messages")


def _read_text(record: Any, name: str) -> str:
    return truncate_value(getattr(record, name, None))


def _omit_object(_: object) -> None:
    """Leave an object of the proxy's out of a body: it is no part of what the client sent."""
