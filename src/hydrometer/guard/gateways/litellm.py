"""A guardrail that runs inside the LiteLLM proxy, registered by the dotted path of its class.

LiteLLM is met as it is found and never imported by us: this module is imported by the proxy, and takes its base class and
its exception from what the proxy has already loaded. What was learnt of its ways (1.109):

- A hook is called only if the class itself defines it, so a class is made for each use, with the hook in it.
- The proxy makes two instances of a guardrail. Both must decide through one gate, or every budget would be doubled.
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

from hydrometer.guard.refusals import body_of, headers_of, shape_of
from hydrometer.guard.senders import MOST, sender_reader

if TYPE_CHECKING:
    from collections.abc import Callable

    from hydrometer.guard.bodies import Sender
    from hydrometer.guard.gate import Gate
    from hydrometer.guard.refusals import Refusal

NAME = "litellm"
_ACCOUNT = ("api_key", "user_id", "key_alias", "team_id")
"""In the order in which the reader of LiteLLM's logs takes them, or verdicts would be of other ids."""
_LEFT_OUT = frozenset(
    {"api_key", "cache", "litellm_logging_obj", "litellm_metadata", "metadata", "proxy_server_request", "secret_fields"}
)
"""What the proxy adds to the body; it may hold keys."""


class Refused(Exception):  # noqa: N818 -- named for what it says
    """Stands for the proxy's HTTPException where there is no proxy, as in tests; has the same attributes."""

    def __init__(self, status_code: int, detail: object, headers: dict[str, str] | None = None) -> None:
        super().__init__(status_code)
        self.status_code, self.detail, self.headers = status_code, detail, headers


def guardrail_class(opened: Callable[[], Gate]) -> type:
    """Return a class for `guardrail:` in the proxy's configuration; `opened` returns the one gate of the process."""
    base: type = _loaded("litellm.integrations.custom_guardrail", "CustomGuardrail", object)
    refused: Callable[..., Exception] = _loaded("fastapi", "HTTPException", Refused)

    class Guardrail(base):  # type: ignore[misc]  # known when it runs
        """Asks the guard before a model is called."""

        def __init__(self, **kwargs: Any) -> None:
            if base is object:
                super().__init__()
            else:
                super().__init__(**kwargs)
            self._gate = opened()
            self._read_sender = sender_reader(self._gate.settings)

        async def async_pre_call_hook(
            self,
            user_api_key_dict: Any,
            cache: Any,  # noqa: ARG002 -- the proxy's
            data: Any,
            call_type: Any,
            **_: Any,
        ) -> None:
            """Refuse a request by raising, or return None and let it pass unchanged."""
            outcome = self._gate.ask_made(NAME, lambda: _made(data, user_api_key_dict, self._read_sender))
            if outcome.refusal is not None:
                raise _raised(outcome.refusal, anthropic=_is_messages(call_type, data), refused=refused)

    return Guardrail


def _loaded(module: str, name: str, otherwise: Any) -> Any:
    return getattr(sys.modules.get(module), name, otherwise)


def _made(data: dict[str, Any], key: Any, read_sender: Callable[..., tuple[Sender, str]]) -> tuple[bytes, Sender]:
    """Return body and sender of a call, as the gate takes them."""
    asked = data.get("proxy_server_request")
    asked = asked if isinstance(asked, dict) else {}
    body = asked.get("body")
    if not isinstance(body, dict) or not any(name in body for name in ("messages", "input", "prompt")):
        body = {name: value for name, value in data.items() if name not in _LEFT_OUT}
    given = asked.get("headers")
    headers = [
        (str(name).lower().encode("latin-1", "replace"), str(value).encode("latin-1", "replace"))
        for name, value in (given.items() if isinstance(given, dict) else ())
    ]
    peer = next(
        (
            address
            for place in ("metadata", "litellm_metadata")
            if isinstance(held := data.get(place), dict)
            and isinstance(address := held.get("requester_ip_address"), str)
        ),
        "",
    )
    sender, _ = read_sender(headers, peer)
    account = next((value for name in _ACCOUNT if (value := _text(key, name))), "")
    sender = msgspec.structs.replace(
        sender, account_id=account or sender.account_id, organisation=_text(key, "org_id") or sender.organisation
    )
    return orjson.dumps(body, default=_nothing, option=orjson.OPT_NON_STR_KEYS), sender


def _raised(refusal: Refusal, *, anthropic: bool, refused: Callable[..., Exception]) -> Exception:
    shape = shape_of("/messages" if anthropic else "")
    detail = body_of(refusal, shape)
    error = detail["error"]
    detail = {**error} if isinstance(error, dict) else detail  # the proxy puts `error` around it
    status = 403 if anthropic and refusal.retry_after is not None else refusal.status
    return refused(status_code=status, detail=detail, headers=dict(headers_of(refusal)))


def _is_messages(call_type: Any, data: Any) -> bool:
    if getattr(call_type, "value", call_type) == "anthropic_messages":
        return True
    asked = data.get("proxy_server_request") if isinstance(data, dict) else None
    return isinstance(asked, dict) and urlsplit(str(asked.get("url", ""))).path.endswith("/messages")


def _text(held: Any, name: str) -> str:
    value = getattr(held, name, None)
    return value[:MOST] if isinstance(value, str) else ""


def _nothing(_: object) -> None:
    """Stands for an object of the proxy's in a body; it is no part of what the client sent."""
