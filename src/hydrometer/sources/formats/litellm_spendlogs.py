"""Exports of LiteLLM's SpendLogs table: JSON, or CSV whose cells hold JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydrometer.sources.chat_messages import extract_tool_names, parse_if_json, parse_object, read_conversation
from hydrometer.sources.format_reader import RawExchange, make_account_facts, pick_first
from hydrometer.sources.formats.litellm import (
    OTHER_CALL,
    is_text_call,
    make_text_columns,
    read_reasoning_tokens,
    read_stop_reason,
    resolve_channel,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hydrometer.contract import ReadSettings
    from hydrometer.sources.record_readers import RawRecord
    from hydrometer.sources.rejects import Rejects

_AGENT_TAG = "User-Agent: "


class SpendLogsReader:
    """Reads rows of the table of spending."""

    name = "litellm-spendlogs"

    def recognises(self, record: Mapping[str, Any]) -> bool:
        return "request_id" in record and "startTime" in record

    def read(
        self,
        records: Iterable[RawRecord],
        rejects: Rejects,
        settings: ReadSettings,  # noqa: ARG002 -- the protocol's
    ) -> Iterator[RawExchange]:
        for line, row, size in records:
            if not is_text_call(row.get("call_type")):
                rejects.note(OTHER_CALL)
                continue
            metadata = parse_object(row.get("metadata"))
            request = parse_object(row.get("proxy_server_request"))
            body = parse_object(request.get("body")) or request
            headers = parse_object(request.get("headers"))
            account_id = pick_first(
                row.get("api_key"), row.get("user"), metadata.get("user_api_key_alias"), row.get("team_id")
            )
            # The column of messages holds {} unless the proxy is told to store prompts.
            messages = pick_first(parse_if_json(row.get("messages")), body.get("messages"), body.get("input"))
            talk = read_conversation(messages, pick_first(body.get("system"), body.get("instructions")))
            tools = body.get("tools") if "tools" in body else body.get("functions")
            exchange = {
                "exchange_id": row.get("request_id"),
                "started_at": row.get("startTime"),
                "account_id": account_id,
                "model": pick_first(row.get("model"), row.get("model_group")),
                "channel": resolve_channel(row.get("custom_llm_provider")),
                "client_ip": pick_first(row.get("requester_ip_address"), metadata.get("requester_ip_address")),
                "client_asn": headers.get("x-client-asn"),
                "user_agent": pick_first(
                    metadata.get("user_agent"), _choose_user_agent(row.get("request_tags")), headers.get("user-agent")
                ),
                "ja4": headers.get("x-ja4"),
                "end_user_id": row.get("end_user"),
                "session_id": row.get("session_id"),
                "tool_names": extract_tool_names(tools),
                "input_tokens": row.get("prompt_tokens"),
                "output_tokens": row.get("completion_tokens"),
                "reasoning_tokens": read_reasoning_tokens(metadata),
                "stop_reason": read_stop_reason(row.get("response")),
                **make_text_columns(talk, rejects),
            }
            org_id = pick_first(row.get("organization_id"), metadata.get("user_api_key_org_id"), row.get("team_id"))
            email = pick_first(metadata.get("user_api_key_user_email"), row.get("user"))
            yield RawExchange(line, exchange, make_account_facts(account_id, org_id=org_id, email=email), size)


def _choose_user_agent(tags: Any) -> str | None:
    """Return the client software among the tags: the proxy adds its family and, longer, its full name."""
    tags = parse_if_json(tags)
    if not isinstance(tags, list):
        return None
    agents = [tag.removeprefix(_AGENT_TAG) for tag in tags if isinstance(tag, str) and tag.startswith(_AGENT_TAG)]
    return max(agents, key=len, default=None)


READER = SpendLogsReader()
