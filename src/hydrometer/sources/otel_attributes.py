"""OpenTelemetry JSON → attributes, and the attributes of a model call → an exchange, in three dialects.

The dialects differ in names only, so one look-up serves them: the current `gen_ai.*` names, the older ones
(`gen_ai.system`, `gen_ai.prompt`, one event a message) and OpenInference's (`llm.*`, flattened lists).
"""

from __future__ import annotations

import re
from typing import Any

from hydrometer.sources.chat_messages import (
    extract_tool_names,
    normalise_stop_reason,
    parse_if_json,
    parse_object,
    read_conversation,
)
from hydrometer.sources.format_reader import pick_first

Attributes = dict[str, Any]

DEEPEST = 32
"""Levels of nesting that an attribute's value may have."""

_NOT_EXCHANGES = (
    "embeddings",
    "execute_tool",
    "create_agent",
    "invoke_agent",
    "invoke_workflow",
    "rerank",
    "retrieval",
)
_CHANNELS = {
    "aws.bedrock": "bedrock",
    "aws_bedrock": "bedrock",
    "gcp.vertex_ai": "vertex",
    "vertex_ai": "vertex",
    "azure.ai.openai": "azure",
    "azure.ai.inference": "azure",
    "az.ai.openai": "azure",
    "az.ai.inference": "azure",
    "azure": "azure",
}
MESSAGE_EVENTS = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}
CHOICE_EVENT = "gen_ai.choice"
WHOLE_EVENTS = ("gen_ai.client.inference.operation.details", "gen_ai.content.prompt", "gen_ai.content.completion")
"""Events whose attributes are those that a span would carry."""
_FLAT = re.compile(
    r"(llm\.input_messages|llm\.output_messages|llm\.tools|gen_ai\.prompt|gen_ai\.completion|llm\.request\.functions)"
    r"\.(\d+)\.(.+)"
)
_PART = re.compile(r"contents\.(\d+)\.message_content\.(.+)")


def decode_value(value: Any, depth: int = 0) -> Any:
    """Return an OTLP `AnyValue` as a plain value; numbers that came as strings become numbers.

    What lies below `DEEPEST` levels is absent: no message is nested so, and a parser must not run out of stack.
    """
    if not isinstance(value, dict):
        return value
    if depth > DEEPEST:
        return None
    for kind, content in value.items():
        if kind == "stringValue":
            return content
        if kind == "intValue":
            try:
                return int(content)
            except (TypeError, ValueError):
                return content
        if kind in ("boolValue", "doubleValue", "bytesValue"):
            return content
        if kind == "arrayValue":
            entries = parse_object(content).get("values")
            return [decode_value(entry, depth + 1) for entry in entries] if isinstance(entries, list) else []
        if kind == "kvlistValue":
            return decode_attributes(parse_object(content).get("values"), depth + 1)
    return None


def decode_attributes(pairs: Any, depth: int = 0) -> Attributes:
    """Return a list of `{key, value}` as a dictionary."""
    if not isinstance(pairs, list):
        return {}
    return {
        pair["key"]: decode_value(pair.get("value"), depth)
        for pair in pairs
        if isinstance(pair, dict) and isinstance(pair.get("key"), str)
    }


def is_model_call(attributes: Attributes) -> bool:
    """Return whether a span's attributes are those of one request to a model."""
    kind = attributes.get("openinference.span.kind")
    if kind is not None:
        return bool(kind == "LLM")
    if attributes.get("gen_ai.operation.name") in _NOT_EXCHANGES:
        return False
    return any(name in attributes for name in ("gen_ai.request.model", "gen_ai.response.model", "llm.model_name"))


class CallTexts:
    """The texts of one call, gathered from its span, its events and its log records."""

    __slots__ = ("event_attributes", "finish", "messages")

    def __init__(self) -> None:
        self.event_attributes: Attributes = {}
        self.messages: list[dict[str, Any]] = []
        self.finish: Any = None

    def add(self, name: str, attributes: Attributes, body: Any) -> bool:
        """Take an event or a log record in; False where it is no message of a model call."""
        if name in WHOLE_EVENTS:
            self.event_attributes |= attributes
            if isinstance(body, dict):
                self.event_attributes |= body
            return True
        if name not in MESSAGE_EVENTS and name != CHOICE_EVENT:
            return False
        fields = body if isinstance(body, dict) else parse_object(attributes.get("gen_ai.event.content"))
        fields = {**attributes, **fields}
        if name == CHOICE_EVENT:
            self.finish = pick_first(fields.get("finish_reason"), self.finish)
        else:
            content = fields.get("content", body if isinstance(body, str) else None)
            self.messages.append({"role": fields.get("role") or MESSAGE_EVENTS[name], "content": content})
        return True

    @property
    def has_request(self) -> bool:
        """Whether any of the request's texts is known."""
        return bool(self.messages) or any(
            name in self.event_attributes
            for name in ("gen_ai.input.messages", "gen_ai.prompt", "gen_ai.system_instructions")
        )


def has_request_texts(attributes: Attributes) -> bool:
    """Return whether a span carries its request's texts itself."""
    if "gen_ai.input.messages" in attributes or "gen_ai.prompt" in attributes:
        return True
    return any(name.startswith(("llm.input_messages.", "gen_ai.prompt.")) for name in attributes)


def make_exchange(attributes: Attributes, started_at: Any, span_key: str, texts: CallTexts) -> dict[str, Any]:
    """Return the columns of one call; `attributes` are its own, those of its resource behind them."""
    if texts.event_attributes:
        attributes = {**texts.event_attributes, **attributes}
    flat = _unflatten_lists(attributes)
    get = attributes.get
    messages = pick_first(
        parse_if_json(get("gen_ai.input.messages")),
        _build_messages(flat.get("llm.input_messages")),
        _build_messages(flat.get("gen_ai.prompt")),
        get("gen_ai.prompt"),
        texts.messages,
        _read_openinference_input(attributes),
    )
    talk = read_conversation(messages, get("gen_ai.system_instructions"))
    completions = flat.get("gen_ai.completion") or [{}]
    usage = "gen_ai.usage."
    return {
        "exchange_id": pick_first(get("gen_ai.response.id"), span_key),
        "started_at": started_at,
        "account_id": find_account_id(attributes),
        "model": pick_first(get("gen_ai.request.model"), get("gen_ai.response.model"), get("llm.model_name")),
        "channel": pick_first(
            get("hydrometer.channel"),
            _resolve_channel(
                pick_first(get("gen_ai.provider.name"), get("gen_ai.system"), get("llm.provider"), get("llm.system"))
            ),
        ),
        "client_ip": pick_first(
            get("client.address"),
            get("metadata.requester_ip_address"),
            get("http.client_ip"),
            get("http.request.header.x-forwarded-for"),
        ),
        "client_asn": pick_first(get("client.as.number"), _unwrap_header(get("http.request.header.x-client-asn"))),
        "user_agent": pick_first(get("user_agent.original"), get("http.user_agent")),
        "ja4": pick_first(get("tls.client.ja4"), _unwrap_header(get("http.request.header.x-ja4"))),
        "end_user_id": pick_first(get("enduser.id"), get("enduser.pseudo.id"), get("litellm.end_user.id")),
        "session_id": pick_first(get("gen_ai.conversation.id"), get("session.id")),
        "tool_names": _read_tool_names(attributes, flat),
        "input_tokens": pick_first(
            get(usage + "input_tokens"), get(usage + "prompt_tokens"), get("llm.token_count.prompt")
        ),
        "output_tokens": pick_first(
            get(usage + "output_tokens"), get(usage + "completion_tokens"), get("llm.token_count.completion")
        ),
        "reasoning_tokens": pick_first(
            get(usage + "reasoning.output_tokens"),
            get(usage + "reasoning_tokens"),
            get("llm.token_count.completion_details.reasoning"),
        ),
        "stop_reason": normalise_stop_reason(
            pick_first(
                get("gen_ai.response.finish_reasons"),
                get("llm.finish_reason"),
                completions[0].get("finish_reason"),
                texts.finish,
            )
        ),
        **talk._asdict(),
    }


def find_account_id(attributes: Attributes) -> Any:
    """Return the paying identity: a key's hash before a user."""
    return pick_first(
        attributes.get("litellm.api_key.hash"),
        attributes.get("metadata.user_api_key_hash"),
        attributes.get("user.id"),
        attributes.get("user.hash"),
    )


def find_org_id(attributes: Attributes) -> Any:
    """Return the declared customer."""
    return pick_first(
        attributes.get("metadata.user_api_key_org_id"),
        attributes.get("litellm.team.id"),
        attributes.get("metadata.user_api_key_team_id"),
        attributes.get("organization.id"),
    )


def find_email(attributes: Attributes) -> Any:
    """Return the account's e-mail address."""
    return pick_first(
        attributes.get("user.email"), attributes.get("metadata.user_api_key_user_email"), attributes.get("user.id")
    )


def _resolve_channel(provider: Any) -> Any:
    return _CHANNELS.get(provider, "api") if isinstance(provider, str) else None


def _unwrap_header(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else value


def _unflatten_lists(attributes: Attributes) -> dict[str, list[dict[str, Any]]]:
    """Return lists that were written as `name.N.field`, in the order of N."""
    lists: dict[str, dict[int, dict[str, Any]]] = {}
    for key, value in attributes.items():
        # The search is cheap only when most keys never reach it.
        if key.startswith(("llm.", "gen_ai.prompt.", "gen_ai.completion.")) and (match := _FLAT.fullmatch(key)):
            name, index, field = match.groups()
            entry = lists.setdefault(name, {}).setdefault(int(index), {})
            entry[field.removeprefix("message.").removeprefix("tool.")] = value
    return {name: [entries[index] for index in sorted(entries)] for name, entries in lists.items()}


def _build_messages(flat: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    for entry in flat or []:
        parts: dict[int, dict[str, Any]] = {}
        for field, value in entry.items():
            if match := _PART.fullmatch(field):
                parts.setdefault(int(match[1]), {})[match[2]] = value
        content = entry.get("content") or [parts[index] for index in sorted(parts)]
        messages.append({"role": entry.get("role"), "content": content})
    return messages


def _read_openinference_input(attributes: Attributes) -> Any:
    """Return the whole request as OpenInference keeps it, where its messages were not kept one by one."""
    if attributes.get("openinference.span.kind") != "LLM":
        return None
    value = parse_if_json(attributes.get("input.value"))
    return value.get("messages") if isinstance(value, dict) else value


def _read_tool_names(attributes: Attributes, flat: dict[str, list[dict[str, Any]]]) -> list[str] | None:
    tools = attributes.get("gen_ai.tool.definitions")
    if tools is None and "llm.tools" in flat:
        tools = [entry.get("json_schema") or entry for entry in flat["llm.tools"]]
    if tools is None and "llm.request.functions" in flat:
        tools = flat["llm.request.functions"]
    if tools is None:
        parameters = parse_object(attributes.get("llm.invocation_parameters"))
        tools = parameters.get("tools")
    return extract_tool_names(tools)
