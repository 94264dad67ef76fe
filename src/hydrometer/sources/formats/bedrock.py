"""Bedrock's model invocation log: InvokeModel and Converse, streamed or not."""

from __future__ import annotations

import re
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

TEXTS_ELSEWHERE = "texts only in S3, not read"
OTHER_CALL = "call that is no exchange (embedding, image, …)"
_REGIONS = re.compile(r"^(?:us|us-gov|eu|apac|ap|jp|au|ca|sa|global)\.(?=[^.]+\.)")
_OTHER_BODY = ("texts", "embeddingTypes", "taskType", "inputImage")
"""Fields that only bodies of embedding and image models have."""


class BedrockReader:
    """Reads the invocation log."""

    name = "bedrock"

    def recognises(self, record: Mapping[str, Any]) -> bool:
        return record.get("schemaType") == "ModelInvocationLog"

    def read(
        self,
        records: Iterable[RawRecord],
        rejects: Rejects,
        settings: ReadSettings,  # noqa: ARG002 -- the protocol's
    ) -> Iterator[RawExchange]:
        for line, entry, size in records:
            request, response = parse_object(entry.get("input")), parse_object(entry.get("output"))
            body = parse_object(request.get("inputBodyJson"))
            if "embed" in str(entry.get("modelId")) or any(field in body for field in _OTHER_BODY):
                rejects.note(OTHER_CALL)
                continue
            if not body and request.get("inputBodyS3Path"):
                rejects.note(TEXTS_ELSEWHERE)
            account_id = pick_first(parse_object(entry.get("identity")).get("arn"), entry.get("accountId"))
            answer = _read_answer(response.get("outputBodyJson"))
            usage = answer["usage"]
            exchange = {
                "exchange_id": entry.get("requestId"),
                "started_at": entry.get("timestamp"),
                "account_id": account_id,
                "model": extract_model_name(entry.get("modelId")),
                "channel": "bedrock",
                "end_user_id": parse_object(body.get("metadata")).get("user_id"),
                "tool_names": _read_offered_tools(body),
                "input_tokens": pick_first(
                    request.get("inputTokenCount"), usage.get("input_tokens"), usage.get("inputTokens")
                ),
                "output_tokens": pick_first(
                    response.get("outputTokenCount"), usage.get("output_tokens"), usage.get("outputTokens")
                ),
                "reasoning_tokens": parse_object(usage.get("output_tokens_details")).get("reasoning_tokens"),
                "stop_reason": normalise_stop_reason(answer["stop_reason"]),
                **_read_request_messages(body)._asdict(),
            }
            yield RawExchange(line, exchange, make_account_facts(account_id, org_id=entry.get("accountId")), size)


def extract_model_name(value: Any) -> Any:
    """Return the model of a `modelId`: a plain id, or the ARN of a model or of an inference profile, less its region."""
    if not isinstance(value, str):
        return value
    return _REGIONS.sub("", value.rsplit("/", 1)[-1])


def _read_request_messages(body: dict[str, Any]) -> Conversation:
    if "messages" in body:
        return read_conversation(body.get("messages"), body.get("system"))
    prompt = pick_first(body.get("prompt"), body.get("inputText"))
    return read_conversation([{"role": "user", "content": prompt}] if prompt is not None else None, body.get("system"))


def _read_offered_tools(body: dict[str, Any]) -> list[str] | None:
    if "toolConfig" in body:
        return extract_tool_names(body["toolConfig"])
    return extract_tool_names(body.get("tools"))


def _read_answer(output: Any) -> dict[str, Any]:
    """Return why the answer ended and what it used: of one body, or of the chunks of a stream."""
    output = parse_if_json(output)
    chunks = output if isinstance(output, list) else [output]
    reason: Any = None
    usage: dict[str, Any] = {}
    for chunk in chunks:
        if not isinstance(chunk, dict):
            continue
        for holder in (
            chunk,
            *(parse_object(chunk.get(key)) for key in ("message", "delta", "messageStop", "metadata")),
        ):
            reason = pick_first(
                holder.get("stop_reason"), holder.get("stopReason"), holder.get("completionReason"), reason
            )
            usage |= parse_object(holder.get("usage"))
    return {"stop_reason": reason, "usage": usage}


READER = BedrockReader()
