"""LiteLLM's StandardLoggingPayload: what its callbacks log of each call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydrometer.sources.messages import Conversation, conversation, mapping, stop_reason, structured, tool_names
from hydrometer.sources.reader import Draft, account_of, first

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hydrometer.contract.settings import ReadSettings
    from hydrometer.sources.rejects import Rejects
    from hydrometer.sources.stream import Record

REDACTED = "redacted-by-litellm"
"""Stands in every message where the proxy logs no texts; taken for a text, it would tie all accounts together."""
NO_TEXTS = "texts withheld by the proxy"
OTHER_CALL = "call that is no exchange (embedding, image, audio, …)"
_EXCHANGES = ("completion", "responses", "messages", "generate_content", "pass_through", "passthrough")
_CHANNELS = {"bedrock": "bedrock", "vertex_ai": "vertex", "azure": "azure"}


class LiteLLM:
    """Reads logging payloads."""

    name = "litellm"

    def recognises(self, record: Mapping[str, Any]) -> bool:
        return "startTime" in record and "id" in record and "metadata" in record

    def read(
        self,
        records: Iterable[Record],
        rejects: Rejects,
        settings: ReadSettings,  # noqa: ARG002 -- the protocol's
    ) -> Iterator[Draft]:
        for line, payload, size in records:
            if not is_exchange(payload.get("call_type")):
                rejects.note(OTHER_CALL)
                continue
            metadata = mapping(payload.get("metadata"))
            parameters = mapping(payload.get("model_parameters"))
            headers = mapping(metadata.get("requester_custom_headers"))
            account_id = first(
                metadata.get("user_api_key_hash"),
                metadata.get("user_api_key_user_id"),
                metadata.get("user_api_key_alias"),
                metadata.get("user_api_key_team_id"),
            )
            talk = conversation(
                payload.get("messages"), first(parameters.get("system"), parameters.get("instructions"))
            )
            exchange = {
                "exchange_id": first(payload.get("id"), payload.get("litellm_call_id")),
                "started_at": payload.get("startTime"),
                "account_id": account_id,
                "model": first(payload.get("model"), payload.get("model_group")),
                "channel": channel(payload.get("custom_llm_provider")),
                "client_ip": first(payload.get("requester_ip_address"), metadata.get("requester_ip_address")),
                "client_asn": headers.get("x-client-asn"),
                "user_agent": first(payload.get("user_agent"), metadata.get("user_agent")),
                "ja4": headers.get("x-ja4"),
                "end_user_id": first(payload.get("end_user"), metadata.get("user_api_key_end_user_id")),
                "session_id": payload.get("session_id"),
                "tool_names": tool_names(first(parameters.get("tools"), parameters.get("functions"))),
                "input_tokens": payload.get("prompt_tokens"),
                "output_tokens": payload.get("completion_tokens"),
                "reasoning_tokens": reasoning_tokens(metadata),
                "stop_reason": finish(payload.get("response")),
                **texts(talk, rejects),
            }
            if exchange["tool_names"] is None and parameters.get("tools") == []:
                exchange["tool_names"] = []
            org_id = first(metadata.get("user_api_key_org_id"), metadata.get("user_api_key_team_id"))
            email = first(metadata.get("user_api_key_user_email"), metadata.get("user_api_key_user_id"))
            yield Draft(line, exchange, account_of(account_id, org_id=org_id, email=email), size)


def is_exchange(call_type: Any) -> bool:
    """Whether a kind of call asks a model for text; an unnamed kind does."""
    return not isinstance(call_type, str) or not call_type or any(kind in call_type for kind in _EXCHANGES)


def channel(provider: Any) -> str:
    """The way in that a provider's name tells of."""
    if isinstance(provider, str):
        for start, name in _CHANNELS.items():
            if provider.startswith(start):
                return name
    return "api"


def texts(talk: Conversation, rejects: Rejects) -> dict[str, Any]:
    """The columns of a conversation; withheld texts are absent ones."""
    if talk.prompt == REDACTED:
        rejects.note(NO_TEXTS)
        return {"turns": None, "system_prompt": None, "prompt": None}
    return talk._asdict()


def reasoning_tokens(metadata: dict[str, Any]) -> Any:
    """Tokens of hidden reasoning in a call's usage."""
    usage = mapping(metadata.get("usage_object"))
    details = first(usage.get("completion_tokens_details"), usage.get("output_tokens_details"))
    return mapping(details).get("reasoning_tokens")


def finish(response: Any) -> Any:
    """Why the answer ended: chat completions, Anthropic messages, or responses."""
    response = structured(response)
    if not isinstance(response, dict):
        return None
    choices = response.get("choices")
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        return stop_reason(choices[0].get("finish_reason"))
    incomplete = mapping(response.get("incomplete_details")).get("reason")
    return stop_reason(first(response.get("stop_reason"), incomplete, response.get("status")))


READER = LiteLLM()
