"""Exports of LiteLLM's SpendLogs table: JSON, or CSV whose cells hold JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydrometer.sources.formats.litellm import OTHER_CALL, channel, finish, is_exchange, reasoning_tokens, texts
from hydrometer.sources.messages import conversation, mapping, structured, tool_names
from hydrometer.sources.reader import Draft, account_of, first

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hydrometer.contract.settings import ReadSettings
    from hydrometer.sources.rejects import Rejects
    from hydrometer.sources.stream import Record

_AGENT_TAG = "User-Agent: "


class SpendLogs:
    """Reads rows of the table of spending."""

    name = "litellm-spendlogs"

    def recognises(self, record: Mapping[str, Any]) -> bool:
        return "request_id" in record and "startTime" in record

    def read(
        self,
        records: Iterable[Record],
        rejects: Rejects,
        settings: ReadSettings,  # noqa: ARG002 -- the protocol's
    ) -> Iterator[Draft]:
        for line, row, size in records:
            if not is_exchange(row.get("call_type")):
                rejects.note(OTHER_CALL)
                continue
            metadata = mapping(row.get("metadata"))
            request = mapping(row.get("proxy_server_request"))
            body = mapping(request.get("body")) or request
            headers = mapping(request.get("headers"))
            account_id = first(
                row.get("api_key"), row.get("user"), metadata.get("user_api_key_alias"), row.get("team_id")
            )
            # The column of messages holds {} unless the proxy is told to store prompts.
            messages = first(structured(row.get("messages")), body.get("messages"), body.get("input"))
            talk = conversation(messages, first(body.get("system"), body.get("instructions")))
            tools = body.get("tools") if "tools" in body else body.get("functions")
            exchange = {
                "exchange_id": row.get("request_id"),
                "started_at": row.get("startTime"),
                "account_id": account_id,
                "model": first(row.get("model"), row.get("model_group")),
                "channel": channel(row.get("custom_llm_provider")),
                "client_ip": first(row.get("requester_ip_address"), metadata.get("requester_ip_address")),
                "client_asn": headers.get("x-client-asn"),
                "user_agent": first(
                    metadata.get("user_agent"), _agent(row.get("request_tags")), headers.get("user-agent")
                ),
                "ja4": headers.get("x-ja4"),
                "end_user_id": row.get("end_user"),
                "session_id": row.get("session_id"),
                "tool_names": tool_names(tools),
                "input_tokens": row.get("prompt_tokens"),
                "output_tokens": row.get("completion_tokens"),
                "reasoning_tokens": reasoning_tokens(metadata),
                "stop_reason": finish(row.get("response")),
                **texts(talk, rejects),
            }
            org_id = first(row.get("organization_id"), metadata.get("user_api_key_org_id"), row.get("team_id"))
            email = first(metadata.get("user_api_key_user_email"), row.get("user"))
            yield Draft(line, exchange, account_of(account_id, org_id=org_id, email=email), size)


def _agent(tags: Any) -> str | None:
    """The client software among the tags: the proxy adds its family and, longer, its full name."""
    tags = structured(tags)
    if not isinstance(tags, list):
        return None
    agents = [tag.removeprefix(_AGENT_TAG) for tag in tags if isinstance(tag, str) and tag.startswith(_AGENT_TAG)]
    return max(agents, key=len, default=None)


READER = SpendLogs()
