"""Writers: canonical tables → the logs that gateways and clouds keep, holding whatever each format can hold.

`WRITERS` names them; `EXACT` tells which columns of exchanges and accounts come back exactly as they were.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import orjson
import pyarrow as pa

from hydrometer.contract.table_spec import TIMESTAMP

if TYPE_CHECKING:
    from pathlib import Path

Row = dict[str, Any]
FINISH = {"end_turn": "stop", "max_tokens": "length", "tool_use": "tool_calls", "refusal": "content_filter"}
PROVIDERS = {"api": "anthropic", "bedrock": "bedrock", "vertex": "vertex_ai", "azure": "azure"}
OTEL_PROVIDERS = {"api": "anthropic", "bedrock": "aws.bedrock", "vertex": "gcp.vertex_ai", "azure": "azure.ai.openai"}


class Writer(Protocol):
    """Writes both tables into `folder` as logs and returns the file."""

    def __call__(self, exchanges: pa.Table, accounts: pa.Table, folder: Path) -> Path: ...


def _rows(table: pa.Table) -> list[Row]:
    """Rows with times as µs since 1970."""
    for index, field in enumerate(table.schema):
        if field.type == TIMESTAMP:
            table = table.set_column(index, field.name, table.column(index).cast(pa.int64()))
    rows: list[Row] = table.to_pylist()
    return rows


def _lines(folder: Path, name: str, records: list[Row]) -> Path:
    path = folder / name
    path.write_bytes(b"".join(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE) for record in records))
    return path


def _accounts(accounts: pa.Table) -> dict[str, Row]:
    return {row["account_id"]: row for row in _rows(accounts)}


def _email(account: Row) -> str | None:
    if account.get("email_local") is None or account.get("email_domain") is None:
        return None
    return f"{account['email_local']}@{account['email_domain']}"


def _talk(row: Row) -> list[Row]:
    """Messages, the user's last: as many as the row counts; earlier ones hold no texts that the contract keeps."""
    if row["prompt"] is None:
        return []
    before = max(0, (row["turns"] or 1) - 1)
    roles = ["assistant", "user"]
    earlier = [{"role": roles[(before - index - 1) % 2], "content": "…"} for index in range(before)]
    return [*earlier, {"role": "user", "content": row["prompt"]}]


def _with_system(row: Row) -> list[Row]:
    system = [{"role": "system", "content": row["system_prompt"]}] if row["system_prompt"] is not None else []
    return [*system, *_talk(row)]


def _functions(names: list[str]) -> list[Row]:
    return [{"type": "function", "function": {"name": name, "parameters": {}}} for name in names]


def _iso(micros: int) -> str:
    seconds, rest = divmod(micros, 1_000_000)
    return f"{pa.scalar(seconds, pa.timestamp('s')).as_py().isoformat()}.{rest:06d}"


def _usage(row: Row) -> Row:
    details = {"reasoning_tokens": row["reasoning_tokens"]}
    return {"completion_tokens": row["output_tokens"], "completion_tokens_details": details}


def _response(row: Row) -> Row:
    reason = row["stop_reason"]
    return {"choices": [{"index": 0, "finish_reason": FINISH.get(reason, reason), "message": {"role": "assistant"}}]}


def write_litellm(exchanges: pa.Table, accounts: pa.Table, folder: Path) -> Path:
    known = _accounts(accounts)
    records = [_litellm(row, known.get(row["account_id"], {})) for row in _rows(exchanges)]
    return _lines(folder, "litellm.jsonl", records)


def _litellm(row: Row, account: Row) -> Row:
    headers = {"x-ja4": row["ja4"], "x-client-asn": str(row["client_asn"]) if row["client_asn"] is not None else None}
    return {
        "id": row["exchange_id"],
        "call_type": "acompletion",
        "status": "success",
        "custom_llm_provider": PROVIDERS.get(row["channel"], "openai"),
        "startTime": row["started_at"] / 1_000_000,
        "model": row["model"],
        "end_user": row["end_user_id"] or "",
        "session_id": row["session_id"],
        "requester_ip_address": row["client_ip"],
        "user_agent": row["user_agent"],
        "messages": _with_system(row),
        "prompt_tokens": row["input_tokens"],
        "completion_tokens": row["output_tokens"],
        "response": _response(row),
        "model_parameters": {"tools": _functions(row["tool_names"])} if row["tool_names"] is not None else {},
        "metadata": {
            "user_api_key_hash": row["account_id"],
            "user_api_key_user_email": _email(account),
            "user_api_key_org_id": account.get("org_id"),
            "requester_custom_headers": {name: value for name, value in headers.items() if value is not None},
            "usage_object": _usage(row),
        },
    }


def write_spendlogs(exchanges: pa.Table, accounts: pa.Table, folder: Path) -> Path:
    known = _accounts(accounts)
    records = [_spendlog(row, known.get(row["account_id"], {})) for row in _rows(exchanges)]
    return _lines(folder, "spendlogs.jsonl", records)


def _spendlog(row: Row, account: Row) -> Row:
    body: Row = {"model": row["model"], "messages": _with_system(row)}
    if row["tool_names"] is not None:
        body["tools"] = _functions(row["tool_names"])
    agent = row["user_agent"]
    return {
        "request_id": row["exchange_id"],
        "call_type": "acompletion",
        "api_key": row["account_id"],
        "user": _email(account) or "",
        "organization_id": account.get("org_id"),
        "startTime": _iso(row["started_at"]),
        "model": row["model"],
        "custom_llm_provider": PROVIDERS.get(row["channel"], "openai"),
        "prompt_tokens": row["input_tokens"],
        "completion_tokens": row["output_tokens"],
        "requester_ip_address": row["client_ip"],
        "end_user": row["end_user_id"],
        "session_id": row["session_id"],
        "request_tags": [f"User-Agent: {agent.split('/')[0]}", f"User-Agent: {agent}"] if agent else [],
        "metadata": orjson.dumps({"usage_object": _usage(row)}).decode(),
        "messages": {},
        "proxy_server_request": orjson.dumps(body).decode(),
        "response": _response(row),
    }


def _any(value: Any) -> Row:
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, str):
        return {"stringValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [_any(entry) for entry in value]}}
    return {"kvlistValue": {"values": _pairs(value)}}


def _pairs(found: Row) -> list[Row]:
    return [{"key": name, "value": _any(value)} for name, value in found.items() if value is not None]


def _span(index: int, row: Row, found: Row, events: list[Row]) -> Row:
    return {
        "traceId": f"{index + 1:032x}",
        "spanId": f"{index + 1:016x}",
        "name": f"chat {row['model']}",
        "startTimeUnixNano": str(row["started_at"] * 1_000),
        "attributes": _pairs(found),
        "events": [{"name": event["name"], "attributes": _pairs(event["attributes"])} for event in events],
    }


def _export(spans: list[Row]) -> Row:
    resource = {"attributes": _pairs({"service.name": "gateway"})}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": {"name": "gateway"}, "spans": spans}]}]}


def _exports(folder: Path, name: str, spans: list[Row]) -> Path:
    """As a collector writes them: some spans an export, an export a line."""
    return _lines(folder, name, [_export(spans[start : start + 50]) for start in range(0, len(spans), 50)])


def _identity(row: Row, account: Row) -> Row:
    return {
        "user.id": row["account_id"],
        "user.email": _email(account),
        "organization.id": account.get("org_id"),
        "client.address": row["client_ip"],
        "client.as.number": row["client_asn"],
        "user_agent.original": row["user_agent"],
        "tls.client.ja4": row["ja4"],
        "enduser.id": row["end_user_id"],
        "hydrometer.channel": row["channel"],
    }


def write_otlp(exchanges: pa.Table, accounts: pa.Table, folder: Path) -> Path:
    """Today's `gen_ai.*` names, messages as JSON strings."""
    known = _accounts(accounts)
    rows = enumerate(_rows(exchanges))
    return _exports(folder, "otlp.jsonl", [_today(i, row, known.get(row["account_id"], {})) for i, row in rows])


def _today(index: int, row: Row, account: Row) -> Row:
    def parts(text: str) -> list[Row]:
        return [{"type": "text", "content": text}]

    messages = [{"role": message["role"], "parts": parts(message["content"])} for message in _talk(row)]
    system, tools = row["system_prompt"], row["tool_names"]
    found = {
        **_identity(row, account),
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": OTEL_PROVIDERS.get(row["channel"], "anthropic"),
        "gen_ai.request.model": row["model"],
        "gen_ai.response.id": row["exchange_id"],
        "gen_ai.conversation.id": row["session_id"],
        "gen_ai.usage.input_tokens": row["input_tokens"],
        "gen_ai.usage.output_tokens": row["output_tokens"],
        "gen_ai.usage.reasoning.output_tokens": row["reasoning_tokens"],
        "gen_ai.response.finish_reasons": [FINISH.get(row["stop_reason"], row["stop_reason"])]
        if row["stop_reason"]
        else None,
        "gen_ai.input.messages": orjson.dumps(messages).decode() if messages else None,
        "gen_ai.system_instructions": parts(system) if system is not None else None,
        "gen_ai.tool.definitions": orjson.dumps([{"type": "function", "name": name} for name in tools]).decode()
        if tools is not None
        else None,
    }
    return _span(index, row, found, [])


def write_otlp_older(exchanges: pa.Table, accounts: pa.Table, folder: Path) -> Path:
    """The older names: one event a message, token counts of prompt and completion."""
    known = _accounts(accounts)
    rows = enumerate(_rows(exchanges))
    return _exports(folder, "otlp-older.jsonl", [_older(i, row, known.get(row["account_id"], {})) for i, row in rows])


def _older(index: int, row: Row, account: Row) -> Row:
    found = {
        **_identity(row, account),
        "gen_ai.system": OTEL_PROVIDERS.get(row["channel"], "anthropic"),
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": row["model"],
        "gen_ai.response.id": row["exchange_id"],
        "session.id": row["session_id"],
        "gen_ai.usage.prompt_tokens": row["input_tokens"],
        "gen_ai.usage.completion_tokens": row["output_tokens"],
        "gen_ai.usage.reasoning_tokens": row["reasoning_tokens"],
    }
    for number, name in enumerate(row["tool_names"] or ()):
        found[f"llm.request.functions.{number}.name"] = name
    events = [
        {"name": f"gen_ai.{message['role']}.message", "attributes": {"content": message["content"]}}
        for message in _with_system(row)
    ]
    if row["stop_reason"] is not None:
        reason = FINISH.get(row["stop_reason"], row["stop_reason"])
        events.append({"name": "gen_ai.choice", "attributes": {"finish_reason": reason}})
    return _span(index, row, found, events)


def write_openinference(exchanges: pa.Table, accounts: pa.Table, folder: Path) -> Path:
    """OpenInference's flattened names."""
    known = _accounts(accounts)
    rows = enumerate(_rows(exchanges))
    spans = [_openinference(i, row, known.get(row["account_id"], {})) for i, row in rows]
    return _exports(folder, "openinference.jsonl", spans)


def _openinference(index: int, row: Row, account: Row) -> Row:
    found = {
        **_identity(row, account),
        "openinference.span.kind": "LLM",
        "gen_ai.response.id": row["exchange_id"],
        "llm.model_name": row["model"],
        "llm.provider": "anthropic",
        "session.id": row["session_id"],
        "llm.token_count.prompt": row["input_tokens"],
        "llm.token_count.completion": row["output_tokens"],
        "llm.token_count.completion_details.reasoning": row["reasoning_tokens"],
        "llm.finish_reason": FINISH.get(row["stop_reason"], row["stop_reason"]),
        "llm.invocation_parameters": '{"tools": []}' if row["tool_names"] == [] else "{}",
    }
    for number, message in enumerate(_with_system(row)):
        found[f"llm.input_messages.{number}.message.role"] = message["role"]
        found[f"llm.input_messages.{number}.message.content"] = message["content"]
    for number, name in enumerate(row["tool_names"] or ()):
        schema = {"type": "function", "function": {"name": name}}
        found[f"llm.tools.{number}.tool.json_schema"] = orjson.dumps(schema).decode()
    return _span(index, row, found, [])


def write_bedrock(exchanges: pa.Table, accounts: pa.Table, folder: Path) -> Path:
    """InvokeModel and Converse by turns; whole seconds, as the log keeps them."""
    known = _accounts(accounts)
    records = [_bedrock(i, row, known.get(row["account_id"], {})) for i, row in enumerate(_rows(exchanges))]
    return _lines(folder, "bedrock.jsonl", records)


def _bedrock(index: int, row: Row, account: Row) -> Row:
    converse = bool(index % 2)
    user, reason, tools = row["end_user_id"], row["stop_reason"], row["tool_names"]
    if converse:
        messages = [{"role": message["role"], "content": [{"text": message["content"]}]} for message in _talk(row)]
        body: Row = {"messages": messages}
        if row["system_prompt"] is not None:
            body["system"] = [{"text": row["system_prompt"]}]
        if tools is not None:
            body["toolConfig"] = {"tools": [{"toolSpec": {"name": name}} for name in tools]}
        answer: Any = {"stopReason": reason}
    else:
        body = {"anthropic_version": "bedrock-2023-05-31", "messages": _talk(row)}
        if row["system_prompt"] is not None:
            body["system"] = row["system_prompt"]
        if tools is not None:
            body["tools"] = [{"name": name, "input_schema": {}} for name in tools]
        answer = [{"type": "message_start"}, {"type": "message_delta", "delta": {"stop_reason": reason}}]
    if user is not None:
        body["metadata"] = {"user_id": user}
    return {
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        "timestamp": _iso(row["started_at"])[:19] + "Z",
        "accountId": account.get("org_id"),
        "identity": {"arn": row["account_id"]},
        "region": "us-east-1",
        "requestId": row["exchange_id"],
        "operation": "Converse" if converse else "InvokeModelWithResponseStream",
        "modelId": f"arn:aws:bedrock:us-east-1:1:inference-profile/{row['model']}" if converse else row["model"],
        "input": {"inputBodyJson": body, "inputTokenCount": row["input_tokens"]},
        "output": {"outputBodyJson": answer, "outputTokenCount": row["output_tokens"]},
    }


WRITERS: dict[str, Writer] = {
    "litellm": write_litellm,
    "litellm-spendlogs": write_spendlogs,
    "otlp": write_otlp,
    "otlp-older": write_otlp_older,
    "openinference": write_openinference,
    "bedrock": write_bedrock,
}

_KEYS = frozenset(["exchange_id", "account_id", "model", "end_user_id", "org_id"])
_EVERYWHERE = _KEYS | {"turns", "system_prompt", "prompt", "input_tokens", "output_tokens", "stop_reason"}
_GATEWAY = _EVERYWHERE | frozenset(
    ["started_at", "client_ip", "user_agent", "session_id", "reasoning_tokens", "email_local", "email_domain"]
)
EXACT: dict[str, frozenset[str]] = {
    "litellm": _GATEWAY | {"ja4", "client_asn", "tool_names"},
    "litellm-spendlogs": _GATEWAY | {"tool_names"},
    "otlp": _GATEWAY | {"ja4", "client_asn", "tool_names", "channel"},
    "otlp-older": _GATEWAY | {"ja4", "client_asn", "channel"},
    "openinference": _GATEWAY | {"ja4", "client_asn", "tool_names", "channel"},
    "bedrock": _EVERYWHERE | {"tool_names"},
}
"""Columns that a log of the format gives back as they were. SpendLogs hold no TLS fingerprint, the older names cannot
tell no tools from unknown tools, gateways do not know the channels `web` and `aggregator`, Bedrock keeps whole
seconds."""
