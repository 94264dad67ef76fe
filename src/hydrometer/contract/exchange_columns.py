"""`exchanges`: one request to a model and its answer."""

from __future__ import annotations

import pyarrow as pa

from hydrometer.contract.table_spec import TIMESTAMP, ColumnSpec, TableSpec

EXCHANGES = TableSpec(
    "exchanges",
    "one request to a model and its answer",
    (
        ColumnSpec(
            "exchange_id", pa.string(), "unique; a repeat is the same exchange", needed=True, otel="gen_ai.response.id"
        ),
        ColumnSpec("started_at", TIMESTAMP, "when the request came", needed=True, unit="µs since 1970, UTC"),
        ColumnSpec("account_id", pa.string(), "the paying identity or key", needed=True, otel="user.id"),
        ColumnSpec("model", pa.string(), "the model asked for", needed=True, otel="gen_ai.request.model"),
        ColumnSpec("channel", pa.string(), "the way in: api, bedrock, vertex, azure, web, aggregator"),
        ColumnSpec("client_ip", pa.string(), "address of the client, v4 or v6", otel="client.address"),
        ColumnSpec("client_asn", pa.int32(), "autonomous system of client_ip"),
        ColumnSpec("user_agent", pa.string(), "client software", otel="user_agent.original"),
        ColumnSpec("ja4", pa.string(), "TLS client fingerprint, from a trusted edge only"),
        ColumnSpec("end_user_id", pa.string(), "the customer's customer", otel="enduser.id"),
        ColumnSpec("session_id", pa.string(), "conversation", otel="gen_ai.conversation.id"),
        ColumnSpec("turns", pa.int32(), "messages in the request", unit="messages"),
        ColumnSpec("system_prompt", pa.string(), "text of the system message", otel="gen_ai.system_instructions"),
        ColumnSpec("prompt", pa.string(), "text of the last user message", otel="gen_ai.input.messages"),
        ColumnSpec("tool_names", pa.list_(pa.string()), "tools offered", otel="gen_ai.tool.definitions"),
        ColumnSpec("input_tokens", pa.int64(), "tokens read", unit="tokens", otel="gen_ai.usage.input_tokens"),
        ColumnSpec("output_tokens", pa.int64(), "tokens written", unit="tokens", otel="gen_ai.usage.output_tokens"),
        ColumnSpec(
            "reasoning_tokens",
            pa.int64(),
            "tokens of hidden reasoning",
            unit="tokens",
            otel="gen_ai.usage.reasoning.output_tokens",
        ),
        ColumnSpec(
            "stop_reason",
            pa.string(),
            "end_turn, max_tokens, tool_use, refusal, …",
            otel="gen_ai.response.finish_reasons",
        ),
    ),
)

TEXTS = ("system_prompt", "prompt")
"""The columns that stop at `fingerprint/`."""
