"""The answers to refused clients: status, headers and a body in the shape of the errors that its library reads.

Every refusal is final for the libraries: they repeat 429 and 5xx by themselves, twice and more, unless
`x-should-retry: false` forbids it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec
import orjson

if TYPE_CHECKING:
    from hydrometer.contract import Decision, FeatureLimits, ModelRequest, Shape

Kind = Literal["permission", "rate_limit", "unavailable", "too_large", "invalid"]
Pairs = list[tuple[str, str]]

_STATUS: dict[Kind, int] = {"permission": 403, "rate_limit": 429, "unavailable": 503, "too_large": 413, "invalid": 400}
_OPENAI_TYPE: dict[Kind, str] = {
    "permission": "permission_error",
    "rate_limit": "rate_limit_error",
    "unavailable": "server_error",
    "too_large": "invalid_request_error",
    "invalid": "invalid_request_error",
}
_ANTHROPIC_TYPE: dict[Kind, str] = {
    "permission": "permission_error",
    "rate_limit": "rate_limit_error",
    "unavailable": "overloaded_error",
    "too_large": "request_too_large",
    "invalid": "invalid_request_error",
}
_WORDS = {"n": "n", "max_tokens": "max_tokens", "logprobs": "logprobs", "batch": "batches"}

RETRY_AFTER = 60
"""Seconds that a throttled client is to wait where neither rule nor budget says."""
UNAVAILABLE_AFTER = 5
"""Seconds that a client is to wait where a gateway that fails closed cannot decide."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """One refusal, before it takes the shape of a client's errors."""

    kind: Kind
    code: str
    """Machine-readable: `blocked`, `rate_limited`, `verification_required`, `feature_limited`, `reasoning_withheld`,
    `guard_unavailable`, `request_too_large`."""
    reason: str
    retry_after: int | None = None
    """Seconds."""
    case: str = ""
    appeal: str = ""

    @property
    def status(self) -> int:
        """HTTP status."""
        return _STATUS[self.kind]

    @property
    def message(self) -> str:
        """One sentence for a person, with the case and where to appeal."""
        parts = [part for part in (self.case and f"case {self.case}", self.appeal and f"appeal: {self.appeal}") if part]
        return f"{self.reason} ({'; '.join(parts)})" if parts else self.reason


UNAVAILABLE = Refusal(
    kind="unavailable",
    code="guard_unavailable",
    reason="Requests cannot be checked at present.",
    retry_after=UNAVAILABLE_AFTER,
)


def make_too_large_refusal(most: int) -> Refusal:
    """Return the refusal of a body of more than `most` bytes."""
    return Refusal(kind="too_large", code="request_too_large", reason=f"The body has more than {most} bytes.")


def derive_refusal(decision: Decision, request: ModelRequest) -> Refusal | None:
    """Return what the client is refused with, None where the request passes.

    Nothing is taken out of a request in silence: what limits do not leave is refused by name, and the client can send the
    request again without it. Limits of other rules hold beside the hardest action.
    """
    action = decision.done
    if action == "block":
        return _build_refusal(decision, "permission", "blocked", "This request is not allowed.")
    if action == "verify":
        return _build_refusal(decision, "permission", "verification_required", "This account must be verified first.")
    if action == "throttle":
        wait = decision.retry_after or RETRY_AFTER
        return _build_refusal(decision, "rate_limit", "rate_limited", "Too many requests.", retry_after=wait)
    if action == "withhold_reasoning" and request.reasoning:
        reason = "Reasoning is not available to this account; send the request without it."
        return _build_refusal(decision, "permission", "reasoning_withheld", reason)
    if decision.limits is not None and not decision.shadow and (excesses := list_excesses(decision.limits, request)):
        reason = f"Not available to this account: {', '.join(excesses)}. Send the request without."
        return _build_refusal(decision, "permission", "feature_limited", reason, append_default=True)
    return None


def list_excesses(limits: FeatureLimits, request: ModelRequest) -> list[str]:
    """Return what a request asks for beyond its limits, in words for its sender."""
    excesses = []
    if limits.n is not None and request.n > limits.n:
        excesses.append(f"n above {limits.n}")
    if limits.max_tokens is not None and not 0 < request.max_tokens <= limits.max_tokens:
        excesses.append(f"max_tokens above {limits.max_tokens}" if request.max_tokens else "output without max_tokens")
    if limits.logprobs is False and request.logprobs:
        excesses.append("logprobs")
    if limits.batch is False and request.batch:
        excesses.append("batches")
    return excesses


def build_marks(decision: Decision) -> Pairs:
    """Return headers for the model server, on a request that passes: what it is to withhold, and the case."""
    if decision.shadow or (decision.action != "withhold_reasoning" and decision.limits is None):
        return []
    marks: Pairs = []
    if decision.action == "withhold_reasoning":
        marks.append(("x-hydrometer-withhold", "reasoning"))
    if (limits := decision.limits) is not None:
        left = [f"{name}={_format_limit(value)}" for name in _WORDS if (value := getattr(limits, name)) is not None]
        marks.append(("x-hydrometer-limits", ", ".join(left)))
    if decision.case:
        marks.append(("x-hydrometer-case", sanitise_header_value(decision.case)))
    return marks


def build_error_headers(refusal: Refusal) -> Pairs:
    """Return the headers of a refusal, but those of its body."""
    headers: Pairs = [("x-should-retry", "false")]
    if refusal.retry_after is not None:
        headers.append(("retry-after", str(refusal.retry_after)))
    if refusal.case:
        headers.append(("x-hydrometer-case", sanitise_header_value(refusal.case)))
    if refusal.appeal:
        headers.append(("x-hydrometer-appeal", sanitise_header_value(refusal.appeal)))
    return headers


def build_error_body(refusal: Refusal, shape: Shape) -> dict[str, object]:
    """Return the body of a refusal in the shape of a client's errors."""
    beside = {
        key: value for key, value in (("case", refusal.case), ("appeal_url", refusal.appeal)) if value
    }  # fields of ours, which the libraries leave alone
    if shape == "anthropic":
        error = {"type": _ANTHROPIC_TYPE[refusal.kind], "message": refusal.message, "code": refusal.code, **beside}
        return {"type": "error", "error": error, "request_id": refusal.case or None}
    return {
        "error": {
            "message": refusal.message,
            "type": _OPENAI_TYPE[refusal.kind],
            "param": None,
            "code": refusal.code,
            **beside,
        }
    }


def encode_error_body(refusal: Refusal, shape: Shape) -> bytes:
    """Return the body of a refusal as JSON."""
    return orjson.dumps(build_error_body(refusal, shape))


def choose_error_shape(path: str, *, anthropic_version: bool = False) -> Shape:
    """Return whose errors the client of a path reads: Anthropic's of its messages, OpenAI's of all else."""
    return "anthropic" if anthropic_version or "/messages" in path else "openai"


def sanitise_header_value(text: str) -> str:
    """Return text as the value of a header: printable ASCII, all else as `?`; it cannot begin another header."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(character if " " <= character <= "~" else "?" for character in text)


def _build_refusal(
    decision: Decision,
    kind: Kind,
    code: str,
    default: str,
    *,
    retry_after: int | None = None,
    append_default: bool = False,
) -> Refusal:
    reason = decision.reason or default
    if append_default and decision.reason:
        reason = f"{decision.reason.rstrip('.')}. {default}"
    return Refusal(
        kind=kind, code=code, reason=reason, retry_after=retry_after, case=decision.case, appeal=decision.appeal
    )


def _format_limit(value: object) -> str:
    return str(value).lower()
