"""LiteLLM's StandardLoggingPayload: what its callbacks log of each call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydrometer.sources.chat_messages import (
    Conversation,
    extract_tool_names,
    normalise_stop_reason,
    parse_if_json,
    parse_object,
    read_conversation,
)
from hydrometer.sources.format_reader import RawExchange, make_account_facts, pick_first

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hydrometer.contract import ReadSettings
    from hydrometer.sources.record_readers import RawRecord
    from hydrometer.sources.rejects import Rejects

REDACTED = "redacted-by-litellm"
"""Stands in every message where the proxy logs no texts; taken for a text, it would tie all accounts together."""
NO_TEXTS = "texts withheld by the proxy"
OTHER_CALL = "call that is no exchange (embedding, image, audio, …)"
_EXCHANGES = ("completion", "responses", "messages", "generate_content", "pass_through", "passthrough")
_CHANNELS = {"bedrock": "bedrock", "vertex_ai": "vertex", "azure": "azure"}


class LiteLLMReader:
    """Reads logging payloads."""

    name = "litellm"

    def recognises(self, record: Mapping[str, Any]) -> bool:
        return "startTime" in record and "id" in record and "metadata" in record

    def read(
        self,
        records: Iterable[RawRecord],
        rejects: Rejects,
        settings: ReadSettings,  # noqa: ARG002 -- the protocol's
    ) -> Iterator[RawExchange]:
        for line, payload, size in records:
            if not is_text_call(payload.get("call_type")):
                rejects.note(OTHER_CALL)
                continue
            metadata = parse_object(payload.get("metadata"))
            parameters = parse_object(payload.get("model_parameters"))
            headers = parse_object(metadata.get("requester_custom_headers"))
            account_id = pick_first(
                metadata.get("user_api_key_hash"),
                metadata.get("user_api_key_user_id"),
                metadata.get("user_api_key_alias"),
                metadata.get("user_api_key_team_id"),
            )
            talk = read_conversation(
                payload.get("messages"), pick_first(parameters.get("system"), parameters.get("instructions"))
            )
            exchange = {
                "exchange_id": pick_first(payload.get("id"), payload.get("litellm_call_id")),
                "started_at": payload.get("startTime"),
                "account_id": account_id,
                "model": pick_first(payload.get("model"), payload.get("model_group")),
                "channel": resolve_channel(payload.get("custom_llm_provider")),
                "client_ip": pick_first(payload.get("requester_ip_address"), metadata.get("requester_ip_address")),
                "client_asn": headers.get("x-client-asn"),
                "user_agent": pick_first(payload.get("user_agent"), metadata.get("user_agent")),
                "ja4": headers.get("x-ja4"),
                "end_user_id": pick_first(payload.get("end_user"), metadata.get("user_api_key_end_user_id")),
                "session_id": payload.get("session_id"),
                "tool_names": extract_tool_names(pick_first(parameters.get("tools"), parameters.get("functions"))),
                "input_tokens": payload.get("prompt_tokens"),
                "output_tokens": payload.get("completion_tokens"),
                "reasoning_tokens": read_reasoning_tokens(metadata),
                "stop_reason": read_stop_reason(payload.get("response")),
                **make_text_columns(talk, rejects),
            }
            if exchange["tool_names"] is None and parameters.get("tools") == []:
                exchange["tool_names"] = []
            org_id = pick_first(metadata.get("user_api_key_org_id"), metadata.get("user_api_key_team_id"))
            email = pick_first(metadata.get("user_api_key_user_email"), metadata.get("user_api_key_user_id"))
            yield RawExchange(line, exchange, make_account_facts(account_id, org_id=org_id, email=email), size)


def is_text_call(call_type: Any) -> bool:
    """Return whether a kind of call asks a model for text; an unnamed kind does."""
    return not isinstance(call_type, str) or not call_type or any(kind in call_type for kind in _EXCHANGES)


def resolve_channel(provider: Any) -> str:
    """Return the way in that a provider's name tells of."""
    if isinstance(provider, str):
        for start, name in _CHANNELS.items():
            if provider.startswith(start):
                return name
    return "api"


def make_text_columns(talk: Conversation, rejects: Rejects) -> dict[str, Any]:
    """Return the columns of a conversation; withheld texts are absent ones."""
    if talk.prompt == REDACTED:
        rejects.note(NO_TEXTS)
        return {"turns": None, "system_prompt": None, "prompt": None}
    return talk._asdict()


def read_reasoning_tokens(metadata: dict[str, Any]) -> Any:
    """Return the tokens of hidden reasoning in a call's usage."""
    usage = parse_object(metadata.get("usage_object"))
    details = pick_first(usage.get("completion_tokens_details"), usage.get("output_tokens_details"))
    return parse_object(details).get("reasoning_tokens")


def read_stop_reason(response: Any) -> Any:
    """Return why the answer ended: chat completions, Anthropic messages, or responses."""
    response = parse_if_json(response)
    if not isinstance(response, dict):
        return None
    choices = response.get("choices")
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        return normalise_stop_reason(choices[0].get("finish_reason"))
    incomplete = parse_object(response.get("incomplete_details")).get("reason")
    return normalise_stop_reason(pick_first(response.get("stop_reason"), incomplete, response.get("status")))


READER = LiteLLMReader()
