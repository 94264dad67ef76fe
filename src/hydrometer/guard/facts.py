"""What conditions may read, made of a request and of what is held against its account.

Texts from clients are cut here, so that whatever remembers a fact stays bounded.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

from hydrometer.contract.policy import FACTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

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


class RequestFacts:
    """Makes the variable `request`, of those fields alone that some condition reads."""

    def __init__(self, reads: AbstractSet[str]) -> None:
        """reads: facts as `variable.field`."""
        wanted = [name for name in FACTS["request"] if f"request.{name}" in reads]
        self._plain = [name for name in wanted if name in _PLAIN]
        self._values = _values(self._plain)
        self._texts = [(name, attrgetter(_TEXTS[name])) for name in wanted if name in _TEXTS]
        self._words, self._tools = "words" in wanted, "tools" in wanted
        self._found = not _FOUND.isdisjoint(wanted)

    def __call__(
        self,
        request: Request,
        network: str,
        carried: tuple[str, float],
        indicators: tuple[str, ...],
        replayed_from: str,
    ) -> dict[str, Any]:
        """Return the fields.

        network: of the request's address. carried: id of the template that it carries, and the share that it has of the
        template that it resembles most. indicators: kinds of value that it shares with campaigns. replayed_from: see
        contract.policy.FACTS.
        """
        facts = dict(zip(self._plain, self._values(request), strict=True))
        for name, get in self._texts:
            facts[name] = cut(get(request))
        if self._words:
            facts["words"] = _words(request.system_prompt) + _words(request.prompt) or request.words
        if self._tools:
            facts["tools"] = tuple([name[:MOST_TOOL_LETTERS] for name in request.tools[:MOST_TOOLS]])
        if self._found:
            facts["network"], facts["indicators"] = network, indicators
            facts["template"], facts["resembles"] = carried
            facts["replayed"], facts["replayed_from"] = replayed_from != "", replayed_from
        return facts


_PLAIN = frozenset({"asn", "turns", "n", "max_tokens", "logprobs", "stream", "batch", "reasoning"})
_FOUND = frozenset({"network", "indicators", "template", "resembles", "replayed", "replayed_from"})
_TEXTS = {name: name for name in ("model", "channel", "user_agent", "ja4", "unread")} | {"address": "client_ip"}


def _values(names: Sequence[str]) -> Callable[[Request], tuple[Any, ...]]:
    """Return what reads these attributes at once."""
    if len(names) > 1:
        found: Callable[[Request], tuple[Any, ...]] = attrgetter(*names)
        return found
    one = attrgetter(*names) if names else None
    return lambda request: (one(request),) if one else ()


def _words(text: str) -> int:
    """Blanks tell words well enough to compare sizes, at a tenth of what words would cost."""
    return text.count(" ") + 1 if text else 0
