"""The body of a request to a model → what the guard reads of it.

Shapes: OpenAI's chat completions, responses and completions; Anthropic's messages and batches of them. Texts are chosen as
`sources/` chooses them from logs, so that both make the same sketch. A body that is malformed, oversized or of no known
shape is no error: what could be read is read, and `ModelRequest.unread` says what could not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from hydrometer.contract import ModelRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hydrometer.enforcement.guard.client_identity import ClientIdentity

MOST_BYTES = 8 << 20
"""A greater body is not read: its account is judged without it."""
MOST_BATCH = 1_000
"""Requests that are read of one batch, evenly over it."""
MOST_TOOLS, MOST_NAME = 128, 64
MOST_ENVELOPES = 1_024
MOST_COUNT = 2**31 - 1
OVERSIZED, MALFORMED, UNKNOWN, FIELD = "oversized", "malformed", "unknown shape", "field"
_TEXT_PARTS = (None, "text", "input_text", "output_text")
_SYSTEM, _USER = ("system", "developer"), ("user", "human", None)
_MISSING: Any = object()


def make_bodiless_request(identity: ClientIdentity) -> ModelRequest:
    """Return the request of a sender without a body."""
    return _make_unread_request(identity, 0, "")


def parse_bodies(
    body: bytes | bytearray | memoryview,
    identity: ClientIdentity,
    *,
    most_bytes: int = MOST_BYTES,
    most_batch: int = MOST_BATCH,
) -> list[ModelRequest]:
    """Return the request of a body, or those of a batch, at most `most_batch`; there is always one at least."""
    size = len(body)
    if size > most_bytes:
        return [_make_unread_request(identity, size, OVERSIZED)]
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        return [_make_unread_request(identity, size, MALFORMED)]
    if type(data) is not dict:
        return [_make_unread_request(identity, size, UNKNOWN)]
    batch = data.get("requests")
    if type(batch) is not list:
        return [_build_request(data, identity, size, in_batch=False)]
    if not batch:
        return [_make_unread_request(identity, size, UNKNOWN)]
    step = -(-len(batch) // most_batch)
    return [_parse_batch_entry(entry, identity, size // len(batch)) for entry in batch[::step]]


def _parse_batch_entry(entry: Any, identity: ClientIdentity, size: int) -> ModelRequest:
    """Return the request of an entry of a batch: Anthropic's has `params`, OpenAI's a `body`."""
    data = entry.get("params") or entry.get("body") if type(entry) is dict else None
    if type(data) is not dict:
        return _make_unread_request(identity, size, UNKNOWN, in_batch=True)
    return _build_request(data, identity, size, in_batch=True)


def _make_unread_request(identity: ClientIdentity, size: int, unread: str, *, in_batch: bool = False) -> ModelRequest:
    return ModelRequest(
        account_id=identity.account_id,
        organisation=identity.organisation,
        channel=identity.channel,
        client_ip=identity.client_ip,
        asn=identity.asn,
        user_agent=identity.user_agent,
        ja4=identity.ja4,
        conversation=identity.conversation,
        batch=in_batch,
        bytes=size,
        unread=unread,
    )


class _MessageCollector:
    """A collector of texts, turns and envelopes while the messages of a body are walked through."""

    __slots__ = ("envelopes", "malformed", "prompt", "systems", "turns")

    def __init__(self) -> None:
        self.systems: list[str] = []
        self.prompt = ""
        self.turns = 0
        self.envelopes: list[str] = []
        self.malformed = False

    def collect_messages(self, messages: Any) -> None:
        if type(messages) is str:
            self.turns, self.prompt = 1, messages
            return
        if type(messages) is not list:
            self.malformed = True
            return
        for message in messages:
            if type(message) is str:
                self.turns += 1
                self.prompt = message or self.prompt
            elif type(message) is dict:
                self._collect_message(message)
            else:
                self.malformed = True

    def _collect_message(self, message: dict[str, Any]) -> None:
        role, content = message.get("role"), message.get("content")
        if type(content) is not str and content is not None:
            content = self.collect_text(content)
        if role in _SYSTEM if type(role) is str else False:
            if content:
                self.systems.append(content)
            return
        self.turns += 1
        if content and (role is None or role in _USER):
            self.prompt = content
        if role is None or len(message) > 2:
            self._collect_envelopes(message)
            for beside in ("reasoning_details", "tool_calls"):
                inner = message.get(beside)
                if type(inner) is list:
                    for entry in inner:
                        if type(entry) is dict:
                            self._collect_envelopes(entry)

    def collect_text(self, content: Any) -> str:
        """Return the text of a content in parts, and keep its envelopes."""
        if type(content) is str:
            return content
        if type(content) is dict:
            content = [content]
        if type(content) is not list:
            self.malformed = True
            return ""
        texts: list[str] = []
        for part in content:
            if type(part) is str:
                texts.append(part)
            elif type(part) is dict:
                kind = part.get("type")
                if kind is None or (type(kind) is str and kind in _TEXT_PARTS):
                    text = part.get("text", part.get("content"))
                    if type(text) is str:
                        texts.append(text)
                    else:
                        self.malformed = True
                else:
                    self._collect_envelopes(part)
            else:
                self.malformed = True
        return "\n".join(texts)

    def _collect_envelopes(self, entry: dict[str, Any]) -> None:
        """Keep encrypted or signed reasoning: thinking blocks, reasoning items and details, thoughts of tool calls."""
        for name in ("signature", "encrypted_content", "thought_signature", "data"):
            value = entry.get(name)
            if type(value) is str and value and len(self.envelopes) < MOST_ENVELOPES:
                if name == "data" and entry.get("type") not in ("redacted_thinking", "reasoning.encrypted"):
                    continue
                self.envelopes.append(value)
        inner = entry.get("extra_content")
        if type(inner) is dict and type(inner.get("google")) is dict:
            self._collect_envelopes(inner["google"])


def _build_request(data: dict[str, Any], identity: ClientIdentity, size: int, *, in_batch: bool) -> ModelRequest:
    collector, get = _MessageCollector(), data.get
    for name in ("system", "instructions"):
        system = get(name)
        if system is not None and (text := collector.collect_text(system)):
            collector.systems.append(text)
    messages = get("messages", _MISSING)
    if messages is _MISSING:
        messages = get("input", _MISSING)
    if messages is _MISSING:
        messages = get("prompt", _MISSING)
        if type(messages) is list:  # several prompts, or numbers of tokens, which no text can be made of
            collector.malformed = any(type(entry) is not str for entry in messages)
            messages = "\n".join([entry for entry in messages if type(entry) is str])
    unread = ""
    if messages is _MISSING:
        unread = UNKNOWN
    else:
        collector.collect_messages(messages)
    model, stream, tools = get("model"), get("stream"), get("tools")
    malformed = collector.malformed or (model is not None and type(model) is not str)
    limit = get("max_tokens")
    if limit is None:
        limit = get("max_completion_tokens", get("max_output_tokens"))
    n, include = get("n"), get("include")
    conversation = get("conversation")
    if type(conversation) is dict:
        conversation = conversation.get("id")
    for number in (n, limit):
        malformed = malformed or (number is not None and type(number) is not int)
    return ModelRequest(
        account_id=identity.account_id,
        organisation=identity.organisation,
        model=model[: 2 * MOST_NAME] if type(model) is str else "",
        channel=identity.channel,
        client_ip=identity.client_ip,
        asn=identity.asn,
        user_agent=identity.user_agent,
        ja4=identity.ja4,
        conversation=conversation if type(conversation) is str and conversation else identity.conversation,
        system_prompt="\n\n".join(collector.systems) if collector.systems else "",
        prompt=collector.prompt,
        turns=collector.turns,
        tools=_list_tool_names(tools) if tools else (),
        n=_clamp_count(n, 1),
        max_tokens=_clamp_count(limit, 0),
        logprobs=_wants_logprobs(data, include),
        stream=stream is True,
        batch=in_batch,
        reasoning=_wants_reasoning(data),
        envelopes=tuple(collector.envelopes),
        bytes=size,
        unread=unread or (FIELD if malformed else ""),
    )


def _clamp_count(value: Any, otherwise: int) -> int:
    return min(max(value, 0), MOST_COUNT) if type(value) is int else otherwise


def _wants_logprobs(data: dict[str, Any], include: Any) -> bool:
    requested, top = data.get("logprobs"), data.get("top_logprobs")
    if requested is True or (type(requested) is int and requested >= 0) or (type(top) is int and top > 0):
        return True
    return type(include) is list and "message.output_text.logprobs" in include


def _wants_reasoning(data: dict[str, Any]) -> bool:
    thinking, reasoning, effort = data.get("thinking"), data.get("reasoning"), data.get("reasoning_effort")
    if type(thinking) is dict:
        return bool(thinking.get("type") != "disabled")
    if type(reasoning) is dict:
        effort = reasoning.get("effort", "unsaid")
    return effort is not None and effort != "none"


def _list_tool_names(tools: Any) -> tuple[str, ...]:
    """Return the names of the tools offered; built-in tools have a type alone."""
    if type(tools) is not list:
        return ()
    return tuple([name[:MOST_NAME] for name in _iterate_tool_names(tools[:MOST_TOOLS])])


def _iterate_tool_names(tools: Iterable[Any]) -> Iterable[str]:
    for tool in tools:
        if type(tool) is dict:
            inner = tool.get("function")
            name = inner.get("name") if type(inner) is dict else tool.get("name")
            name = name or tool.get("type")
            if type(name) is str:
                yield name
