"""Bodies of requests, as clients write them and as they should not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydrometer.enforcement.guard.client_identity import ClientIdentity
from hydrometer.enforcement.guard.request_parser import parse_bodies

if TYPE_CHECKING:
    from hydrometer.contract.decisions import ModelRequest

WHO = ClientIdentity(
    account_id="a", organisation="o", client_ip="192.0.2.1", user_agent="UA", ja4="j", asn=5, channel="api"
)


def read(body: Any) -> ModelRequest:
    return parse_bodies(json.dumps(body).encode(), WHO, most_batch=1)[0]


def test_a_chat_completion() -> None:
    found = read(
        {
            "model": "m",
            "messages": [
                {"role": "system", "content": "s1"},
                {"role": "developer", "content": [{"type": "text", "text": "s2"}]},
                {"role": "user", "content": "first"},
                {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
                {"role": "tool", "content": "result"},
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "last"},
                        {"type": "image_url"},
                        {"type": "text", "text": "line"},
                    ],
                },
            ],
            "n": 3,
            "max_completion_tokens": 77,
            "logprobs": True,
            "stream": True,
            "reasoning_effort": "high",
            "tools": [{"type": "function", "function": {"name": "run"}}, {"type": "web_search"}],
        }
    )
    assert (found.system_prompt, found.prompt, found.turns) == ("s1\n\ns2", "last\nline", 4)
    assert (found.model, found.n, found.max_tokens, found.tools) == ("m", 3, 77, ("run", "web_search"))
    assert (found.logprobs, found.stream, found.reasoning, found.batch) == (True, True, True, False)
    assert (found.account_id, found.organisation, found.client_ip, found.asn) == ("a", "o", "192.0.2.1", 5)
    assert found.unread == ""


def test_a_response() -> None:
    found = read(
        {
            "model": "m",
            "instructions": "be brief",
            "input": [
                {"role": "user", "content": [{"type": "input_text", "text": "hello"}]},
                {"type": "reasoning", "encrypted_content": "E" * 80},
                {"type": "function_call_output", "output": "42"},
            ],
            "include": ["message.output_text.logprobs", "reasoning.encrypted_content"],
            "conversation": {"id": "conv"},
            "max_output_tokens": 5,
            "reasoning": {"effort": "none"},
        }
    )
    assert (found.system_prompt, found.prompt, found.conversation) == ("be brief", "hello", "conv")
    assert (found.envelopes, found.logprobs, found.max_tokens, found.reasoning) == (("E" * 80,), True, 5, False)
    assert read({"model": "m", "input": "hello", "reasoning": {}}).prompt == "hello"
    assert read({"model": "m", "input": "hello", "reasoning": {}}).reasoning


def test_messages_of_anthropic() -> None:
    found = read(
        {
            "model": "c",
            "system": [{"type": "text", "text": "s"}],
            "max_tokens": 10,
            "thinking": {"type": "enabled", "budget_tokens": 5},
            "messages": [
                {"role": "user", "content": "q"},
                {
                    "role": "assistant",
                    "content": [
                        {"type": "thinking", "thinking": "…", "signature": "S" * 90},
                        {"type": "redacted_thinking", "data": "D" * 90},
                        {"type": "text", "text": "answer"},
                        {"type": "tool_use", "id": "1", "name": "run", "input": {}},
                    ],
                },
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": "out"}]},
            ],
            "tools": [{"name": "run", "input_schema": {}}],
        }
    )
    assert (found.system_prompt, found.prompt, found.turns, found.tools) == ("s", "q", 3, ("run",))
    assert (found.envelopes, found.reasoning, found.unread) == (("S" * 90, "D" * 90), True, "")


def test_other_places_of_envelopes_and_other_data() -> None:
    found = read(
        {
            "model": "m",
            "messages": [
                {"role": "user", "content": [{"type": "image", "data": "I" * 90}]},
                {
                    "role": "assistant",
                    "content": "a",
                    "reasoning_details": [{"type": "reasoning.encrypted", "data": "R" * 90}],
                    "tool_calls": [{"extra_content": {"google": {"thought_signature": "G" * 90}}}],
                },
            ],
        }
    )
    assert found.envelopes == ("R" * 90, "G" * 90)


def test_completions_and_batches() -> None:
    assert read({"model": "m", "prompt": "text", "logprobs": 5}).prompt == "text"
    assert read({"model": "m", "prompt": "text", "logprobs": 5}).logprobs
    assert read({"model": "m", "prompt": ["one", "two"]}).prompt == "one\ntwo"
    assert read({"model": "m", "prompt": [1, 2, 3]}).unread == "field"
    batch = {"requests": [{"custom_id": str(n), "params": {"model": "m", "messages": f"q{n}"}} for n in range(10)]}
    found = parse_bodies(json.dumps(batch).encode(), WHO)
    assert [one.prompt for one in found] == [f"q{n}" for n in range(10)]
    assert all(one.batch for one in found)
    assert [one.prompt for one in parse_bodies(json.dumps(batch).encode(), WHO, most_batch=3)] == ["q0", "q4", "q8"]
    assert [one.prompt for one in parse_bodies(json.dumps(batch).encode(), WHO, most_batch=1)] == ["q0"]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "malformed"),
        (b"{", "malformed"),
        (b"\xff\xfe", "malformed"),
        (b'{"model": "\xff"}', "malformed"),
        (b"[" * 100_000, "malformed"),
        (b"[]", "unknown shape"),
        (b"null", "unknown shape"),
        (b"{}", "unknown shape"),
        (b'{"requests": []}', "unknown shape"),
        (b'{"requests": [5]}', "unknown shape"),
        (b'{"messages": 5}', "field"),
        (b'{"messages": [5, {"role": ["user"], "content": {"a": 1}}]}', "field"),
        (b'{"messages": [], "n": "many"}', "field"),
        (b'{"messages": [], "n": 1e400}', "malformed"),
        (b'{"messages": [], "model": {}}', "field"),
        (b'{"messages": ' + b" " * 2_000 + b"[]}", "oversized"),
    ],
)
def test_what_cannot_be_read_is_said_and_the_rest_is_read(body: bytes, why: str) -> None:
    found = parse_bodies(body, WHO, most_bytes=1_000 if why == "oversized" else 1 << 20)[0]
    assert (found.unread, found.account_id, found.bytes) == (why, "a", len(body))


def test_numbers_are_kept_within_bounds() -> None:
    found = read({"messages": "q", "n": -5, "max_tokens": 2**60})
    assert (found.n, found.max_tokens) == (0, 2**31 - 1)
    assert (read({"messages": "q", "n": True}).n, read({"messages": "q", "n": 2.5}).n) == (1, 1)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["role", "content", "type", "text", "signature", "name", "function"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)
FIELDS = [
    "model",
    "messages",
    "input",
    "prompt",
    "system",
    "instructions",
    "tools",
    "n",
    "include",
    "reasoning",
    "requests",
]


@settings(max_examples=400)
@given(
    st.dictionaries(st.sampled_from([*FIELDS, "thinking", "conversation", "logprobs", "max_tokens", "stream"]), JSON)
)
def test_no_shape_raises(body: dict[str, Any]) -> None:
    for found in parse_bodies(json.dumps(body).encode(), WHO):
        assert found.account_id == "a"
        assert isinstance(found.prompt, str)
        assert isinstance(found.n, int)
        assert all(isinstance(name, str) for name in (*found.tools, *found.envelopes))


@settings(max_examples=200)
@given(st.binary(max_size=300))
def test_no_bytes_raise(body: bytes) -> None:
    assert sum(one.bytes for one in parse_bodies(body, WHO)) <= len(body)
    assert parse_bodies(body, WHO, most_batch=1)[0].bytes == len(body)
