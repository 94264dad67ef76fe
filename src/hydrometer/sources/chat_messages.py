"""The messages of a request, as the gateways and clouds write them, → the few columns that stay of them."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import orjson

STOP_REASONS = {
    "stop": "end_turn",
    "end_turn": "end_turn",
    "completed": "end_turn",
    "length": "max_tokens",
    "max_tokens": "max_tokens",
    "max_output_tokens": "max_tokens",
    "tool_calls": "tool_use",
    "tool_call": "tool_use",
    "function_call": "tool_use",
    "tool_use": "tool_use",
    "content_filter": "refusal",
    "content_filtered": "refusal",
    "guardrail_intervened": "refusal",
    "safety": "refusal",
    "refusal": "refusal",
}
"""Names of why an answer ended → the contract's; others stay as they are, in lower case."""

_TEXT_PARTS = (None, "text", "input_text", "output_text")
_SYSTEM = ("system", "developer")


class Conversation(NamedTuple):
    """What stays of a request's messages; `turns` counts the messages that are not the system's."""

    system_prompt: str | None
    prompt: str | None
    turns: int | None


def parse_if_json(value: Any) -> Any:
    """Return a JSON object or array that came as a string, parsed; anything else as it is."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            pass
        try:
            # The standard parser also takes halves of surrogate pairs, which `values` mends.
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def read_conversation(messages: Any, system: Any = None) -> Conversation:
    """Read a request's messages: role and content, the content a string or a list of parts.

    `system` is a system prompt that is kept beside the messages. The prompt is the last user message that holds text,
    so that an agent's tool results do not hide what the user asked. A bare string is one user message.
    """
    systems = [_read_system_prompt(system)]
    if isinstance(messages, str):
        parsed = parse_if_json(messages)
        if not _are_messages(parsed):
            return Conversation(_join_texts(systems), messages or None, 1)
        messages = parsed
    if isinstance(messages, dict):
        messages = messages.get("messages") or ([messages] if _are_messages(messages) else None)
    if not isinstance(messages, list):
        return Conversation(_join_texts(systems), None, None)
    prompt, turns = None, 0
    for message in messages:
        if isinstance(message, str):
            message = {"role": "user", "content": message}
        if not isinstance(message, dict):
            continue
        role = message.get("role")
        if role in _SYSTEM:
            systems.append(_read_content(message))
            continue
        turns += 1
        if role in ("user", "human", None):
            prompt = _read_content(message) or prompt
    return Conversation(_join_texts(systems), prompt, turns or None)


def _are_messages(value: Any) -> bool:
    """Return whether what a string held as JSON is messages; a prompt may be JSON, too."""
    if isinstance(value, dict):
        return "messages" in value or "content" in value or "parts" in value
    return isinstance(value, list) and any(isinstance(entry, dict) and "role" in entry for entry in value)


def _read_system_prompt(system: Any) -> str | None:
    """Return a system prompt: text, parts, or parts as JSON; JSON that is no parts is text."""
    text = extract_text(parse_if_json(system))
    return system if text is None and isinstance(system, str) and system not in ("[]", "{}", "") else text


def _read_content(message: dict[str, Any]) -> str | None:
    content = message.get("content")
    return extract_text(content if content is not None else message.get("parts"))


def _join_texts(texts: list[str | None]) -> str | None:
    return "\n\n".join(text for text in texts if text) or None


def extract_text(content: Any) -> str | None:
    """Return the text of a message's content: a string, or text parts joined by line ends; other kinds of part hold none."""
    if isinstance(content, str):
        return content or None
    if isinstance(content, dict):
        content = content.get("parts") if isinstance(content.get("parts"), list) else [content]
    if not isinstance(content, list):
        return None
    texts: list[str] = []
    for part in content:
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, dict) and part.get("type") in _TEXT_PARTS:
            text = part.get("text", part.get("content"))
            if isinstance(text, str):
                texts.append(text)
    return "\n".join(texts) or None


def extract_tool_names(tools: Any) -> list[str] | None:
    """Return the names of the tools that a request offers; an empty list says none, None says unknown."""
    tools = parse_if_json(tools)
    if isinstance(tools, dict):
        tools = tools.get("tools")
    if not isinstance(tools, list):
        return None
    names: list[str] = []
    for tool in tools:
        tool = parse_if_json(tool)
        if isinstance(tool, str):
            names.append(tool)
        elif isinstance(tool, dict):
            inner = tool.get("function") or tool.get("toolSpec") or tool
            name = inner.get("name") if isinstance(inner, dict) else None
            # Built-in tools are told apart by their type alone.
            name = name or tool.get("type")
            if isinstance(name, str):
                names.append(name)
    return names


def normalise_stop_reason(value: Any) -> Any:
    """Return why the answer ended, in the contract's words; the first of a list."""
    value = parse_if_json(value)
    if isinstance(value, list):
        value = value[0] if value else None
    return STOP_REASONS.get(value.lower(), value.lower()) if isinstance(value, str) else value


def parse_object(value: Any) -> dict[str, Any]:
    """Return the value where it is an object, or a string that holds one; else an empty one."""
    value = parse_if_json(value)
    return value if isinstance(value, dict) else {}
