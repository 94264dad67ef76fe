"""What conditions may read, made of a request and of what is held against its account.

Texts from clients are cut here, so that whatever remembers a fact stays bounded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydrometer.contract.policy import FACTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydrometer.contract.decisions import KnownCampaign, Request

Facts = dict[str, dict[str, Any]]
"""By variable, the value of each field."""

MOST_LETTERS = 256
"""Letters that are kept of a text from a client."""
MOST_TOOLS, MOST_TOOL_LETTERS = 64, 64
"""Names of tools that are kept of a request, and letters of each."""

_EMPTY: dict[str, object] = {"string": "", "double": 0.0, "int": 0, "bool": False, "list(string)": ()}


def empty(variable: str) -> dict[str, Any]:
    """Return the fields of a variable of which nothing is known."""
    return {name: _EMPTY[kind] for name, kind in FACTS[variable].items()}


def complete(given: Mapping[str, Mapping[str, object]]) -> Facts:
    """Return `given` with everything else not known: what the tests of a policy are judged by."""
    facts = {variable: {**empty(variable), **given.get(variable, {})} for variable in FACTS}
    for fields in facts.values():
        for name, value in fields.items():
            if isinstance(value, list):
                fields[name] = tuple(value)
    return facts


def cut(text: str) -> str:
    """Return a client's text, no longer than is kept."""
    return text if len(text) <= MOST_LETTERS else text[:MOST_LETTERS]


def network_of(address: str) -> str:
    """Return the block of an address that is in its canonical spelling, as detection names it: /24 for v4, /48 for v6.

    What is no address has none.
    """
    if ":" in address:
        groups = [*(address.partition("::")[0] or "0").split(":"), "0", "0"]
        return f"{groups[0]}:{groups[1]}:{groups[2]}::/48" if len(address) <= 45 else ""
    block, dot, _ = address.rpartition(".")
    return f"{block}.0/24" if dot and len(address) <= 15 and block.count(".") == 2 else ""


def campaign_facts(campaign: KnownCampaign) -> dict[str, Any]:
    """Return the variable `campaign`."""
    return {
        "id": campaign.id,
        "probability": campaign.probability,
        "accounts": campaign.accounts,
        "harvested": campaign.harvested,
        "active": campaign.active,
        "actor": campaign.actor,
    }


def request_facts(
    request: Request, network: str, template: str, resembles: float, indicators: tuple[str, ...], replayed_from: str
) -> dict[str, Any]:
    """Return the variable `request`.

    network: of its address. template: id of the template that it carries; resembles: share of the most resembled
    template. indicators: kinds of value that it shares with campaigns. replayed_from: see contract.policy.FACTS.
    """
    system, prompt, tools = request.system_prompt, request.prompt, request.tools
    if len(tools) > MOST_TOOLS:
        tools = tools[:MOST_TOOLS]
    return {
        "model": cut(request.model),
        "channel": cut(request.channel),
        "address": cut(request.client_ip),
        "network": network,
        "asn": request.asn,
        "user_agent": cut(request.user_agent),
        "ja4": cut(request.ja4),
        "turns": request.turns,
        # Blanks tell words well enough to compare sizes, at a tenth of what words would cost.
        "words": (system.count(" ") + 1 if system else 0) + (prompt.count(" ") + 1 if prompt else 0) or request.words,
        "n": request.n,
        "max_tokens": request.max_tokens,
        "logprobs": request.logprobs,
        "stream": request.stream,
        "batch": request.batch,
        "reasoning": request.reasoning,
        "tools": tuple([name[:MOST_TOOL_LETTERS] for name in tools]) if tools else (),
        "template": template,
        "resembles": resembles,
        "indicators": indicators,
        "replayed": replayed_from != "",
        "replayed_from": replayed_from,
    }
