"""Bedrock's model invocation log: InvokeModel and Converse, streamed or not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hydrometer.sources.messages import Conversation, conversation, mapping, stop_reason, structured, tool_names
from hydrometer.sources.reader import Draft, account_of, first

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hydrometer.contract.settings import ReadSettings
    from hydrometer.sources.rejects import Rejects
    from hydrometer.sources.stream import Record

TEXTS_ELSEWHERE = "texts only in S3, not read"
OTHER_CALL = "call that is no exchange (embedding, image, …)"
_REGIONS = re.compile(r"^(?:us|us-gov|eu|apac|ap|jp|au|ca|sa|global)\.(?=[^.]+\.)")
_OTHER_BODY = ("texts", "embeddingTypes", "taskType", "inputImage")
"""Fields that only bodies of embedding and image models have."""


class Bedrock:
    """Reads the invocation log."""

    name = "bedrock"

    def recognises(self, record: Mapping[str, Any]) -> bool:
        return record.get("schemaType") == "ModelInvocationLog"

    def read(
        self,
        records: Iterable[Record],
        rejects: Rejects,
        settings: ReadSettings,  # noqa: ARG002 -- the protocol's
    ) -> Iterator[Draft]:
        for line, entry, size in records:
            asked, answered = mapping(entry.get("input")), mapping(entry.get("output"))
            body = mapping(asked.get("inputBodyJson"))
            if "embed" in str(entry.get("modelId")) or any(field in body for field in _OTHER_BODY):
                rejects.note(OTHER_CALL)
                continue
            if not body and asked.get("inputBodyS3Path"):
                rejects.note(TEXTS_ELSEWHERE)
            account_id = first(mapping(entry.get("identity")).get("arn"), entry.get("accountId"))
            answer = _answer(answered.get("outputBodyJson"))
            usage = answer["usage"]
            exchange = {
                "exchange_id": entry.get("requestId"),
                "started_at": entry.get("timestamp"),
                "account_id": account_id,
                "model": model_name(entry.get("modelId")),
                "channel": "bedrock",
                "end_user_id": mapping(body.get("metadata")).get("user_id"),
                "tool_names": _tools(body),
                "input_tokens": first(
                    asked.get("inputTokenCount"), usage.get("input_tokens"), usage.get("inputTokens")
                ),
                "output_tokens": first(
                    answered.get("outputTokenCount"), usage.get("output_tokens"), usage.get("outputTokens")
                ),
                "reasoning_tokens": mapping(usage.get("output_tokens_details")).get("reasoning_tokens"),
                "stop_reason": stop_reason(answer["stop_reason"]),
                **_talk(body)._asdict(),
            }
            yield Draft(line, exchange, account_of(account_id, org_id=entry.get("accountId")), size)


def model_name(value: Any) -> Any:
    """The model of a `modelId`: a plain id, or the ARN of a model or of an inference profile, less its region."""
    if not isinstance(value, str):
        return value
    return _REGIONS.sub("", value.rsplit("/", 1)[-1])


def _talk(body: dict[str, Any]) -> Conversation:
    if "messages" in body:
        return conversation(body.get("messages"), body.get("system"))
    prompt = first(body.get("prompt"), body.get("inputText"))
    return conversation([{"role": "user", "content": prompt}] if prompt is not None else None, body.get("system"))


def _tools(body: dict[str, Any]) -> list[str] | None:
    if "toolConfig" in body:
        return tool_names(body["toolConfig"])
    return tool_names(body.get("tools"))


def _answer(output: Any) -> dict[str, Any]:
    """Why the answer ended and what it used: of one body, or of the chunks of a stream."""
    output = structured(output)
    chunks = output if isinstance(output, list) else [output]
    reason: Any = None
    usage: dict[str, Any] = {}
    for chunk in chunks:
        if not isinstance(chunk, dict):
            continue
        for holder in (chunk, *(mapping(chunk.get(key)) for key in ("message", "delta", "messageStop", "metadata"))):
            reason = first(holder.get("stop_reason"), holder.get("stopReason"), holder.get("completionReason"), reason)
            usage |= mapping(holder.get("usage"))
    return {"stop_reason": reason, "usage": usage}


READER = Bedrock()
