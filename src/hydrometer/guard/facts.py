"""What conditions may read, made of a request and of what is held against its account.

Texts from clients are cut here, so that whatever remembers a fact stays bounded.
"""

from __future__ import annotations

from operator import attrgetter, itemgetter
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


Found = tuple[str, tuple[str, ...], str, float, bool, str]
"""What the guard itself found of a request, in the order of FOUND: the network of its address, the kinds of value that it
shares with campaigns, the id of the template that it carries, the share that it has of the template that it resembles most,
whether an envelope is replayed, and from where."""
FOUND = ("network", "indicators", "template", "resembles", "replayed", "replayed_from")


class RequestFacts:
    """Reads of a request those fields of the variable `request` that some condition reads."""

    def __init__(self, reads: AbstractSet[str]) -> None:
        """reads: facts as `variable.field`."""
        wanted = [name for name in FACTS["request"] if f"request.{name}" in reads]
        plain = [name for name in wanted if name in _PLAIN]
        found = [name for name in wanted if name in FOUND]
        made = [name for name in wanted if name in _MADE]
        self.names = (*plain, *found, *made)
        self._plain: Callable[[Request], tuple[Any, ...]] = picking(attrgetter, plain)
        self._found: Callable[[Found], tuple[Any, ...]] = picking(itemgetter, [FOUND.index(name) for name in found])
        self._made = [_MADE[name] for name in made]

    def values(self, request: Request, found: Found) -> tuple[Any, ...]:
        """Return the values of `names`."""
        values = self._plain(request) + self._found(found)
        return (*values, *[make(request) for make in self._made]) if self._made else values


def picking(getter: Callable[..., Callable[[Any], Any]], names: Sequence[Any]) -> Callable[[Any], tuple[Any, ...]]:
    """Return what reads these attributes or items at once, as a tuple; `getter`: attrgetter or itemgetter."""
    if len(names) > 1:
        return getter(*names)
    one = getter(*names) if names else None
    return lambda given: (one(given),) if one else ()


def _text(name: str) -> Callable[[Request], str]:
    get = attrgetter(name)
    return lambda request: cut(get(request))


def _words(request: Request) -> int:
    """Blanks tell words well enough to compare sizes, at a tenth of what words would cost."""
    texts = (request.system_prompt, request.prompt)
    return sum(text.count(" ") + 1 for text in texts if text) or request.words


def _tools(request: Request) -> tuple[str, ...]:
    return tuple([name[:MOST_TOOL_LETTERS] for name in request.tools[:MOST_TOOLS]])


TOO_MUCH = frozenset({"words", "tools"})
"""Facts that are made of what is too long to be remembered."""
ATTRIBUTES = {"address": "client_ip"}
"""What other facts are called in a request, where it is not by the same name."""
_PLAIN = frozenset({"asn", "turns", "n", "max_tokens", "logprobs", "stream", "batch", "reasoning"})
_MADE: dict[str, Callable[[Request], Any]] = {
    **{name: _text(name) for name in ("model", "channel", "user_agent", "ja4", "unread")},
    "address": _text("client_ip"),
    "words": _words,
    "tools": _tools,
}
