"""The facts that conditions may read, made of a request and of the verdict on its account.

Texts from clients are cut here, so that whatever remembers a fact stays bounded.
"""

from __future__ import annotations

from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any

from hydrometer.contract import FACTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from hydrometer.contract import ModelRequest, SnapshotCampaign

Facts = dict[str, dict[str, Any]]
"""By variable, the value of each field."""

MOST_LETTERS = 256
"""Letters that are kept of a text from a client."""
MOST_TOOLS, MOST_TOOL_LETTERS = 64, 64
"""Names of tools that are kept of a request, and letters of each."""

_EMPTY: dict[str, object] = {"string": "", "double": 0.0, "int": 0, "bool": False, "list(string)": ()}


def make_empty_fields(variable: str) -> dict[str, Any]:
    """Return the fields of a variable without facts."""
    return {name: _EMPTY[kind] for name, kind in FACTS[variable].items()}


def complete_facts(given: Mapping[str, Mapping[str, object]]) -> Facts:
    """Return `given` with every other fact empty: what the tests of a policy are judged by."""
    facts = {variable: {**make_empty_fields(variable), **given.get(variable, {})} for variable in FACTS}
    for fields in facts.values():
        for name, value in fields.items():
            if isinstance(value, list):
                fields[name] = tuple(value)
    return facts


def truncate_text(text: str) -> str:
    """Return a client's text, no longer than is kept."""
    return text if len(text) <= MOST_LETTERS else text[:MOST_LETTERS]


def build_campaign_facts(campaign: SnapshotCampaign) -> dict[str, Any]:
    """Return the variable `campaign`."""
    return {
        "id": campaign.id,
        "probability": campaign.probability,
        "accounts": campaign.accounts,
        "harvested": campaign.harvested,
        "active": campaign.active,
        "actor": campaign.actor,
    }


RequestFindings = tuple[str, tuple[str, ...], str, float, bool, str]
"""What the guard itself found of a request, in the order of FINDING_NAMES: the network of its address, the kinds of value that it
shares with campaigns, the id of the template that it carries, the share that it has of the template that it resembles most,
whether an envelope is replayed, and from where."""
FINDING_NAMES = ("network", "indicators", "template", "resembles", "replayed", "replayed_from")


class RequestFacts:
    """A reader of those fields of the variable `request` that some condition reads."""

    def __init__(self, reads: AbstractSet[str]) -> None:
        """Choose the fields; `reads`: facts as `variable.field`."""
        wanted = [name for name in FACTS["request"] if f"request.{name}" in reads]
        attribute_names = [name for name in wanted if name in _ATTRIBUTE_FACTS]
        finding_names = [name for name in wanted if name in FINDING_NAMES]
        derived_names = [name for name in wanted if name in _DERIVED_FACTS]
        self.names = (*attribute_names, *finding_names, *derived_names)
        self._read_attributes: Callable[[ModelRequest], tuple[Any, ...]] = make_tuple_reader(
            attrgetter, attribute_names
        )
        self._read_findings: Callable[[RequestFindings], tuple[Any, ...]] = make_tuple_reader(
            itemgetter, [FINDING_NAMES.index(name) for name in finding_names]
        )
        self._derivations = [_DERIVED_FACTS[name] for name in derived_names]

    def values(self, request: ModelRequest, findings: RequestFindings) -> tuple[Any, ...]:
        """Return the values of `names`."""
        values = self._read_attributes(request) + self._read_findings(findings)
        return (*values, *[make(request) for make in self._derivations]) if self._derivations else values


def make_tuple_reader(
    getter: Callable[..., Callable[[Any], Any]], names: Sequence[Any]
) -> Callable[[Any], tuple[Any, ...]]:
    """Return what reads these attributes or items at once, as a tuple; `getter`: attrgetter or itemgetter."""
    if len(names) > 1:
        return getter(*names)
    one = getter(*names) if names else None
    return lambda given: (one(given),) if one else ()


def _make_text_reader(name: str) -> Callable[[ModelRequest], str]:
    get = attrgetter(name)
    return lambda request: truncate_text(get(request))


def _count_words(request: ModelRequest) -> int:
    """Return roughly how many words a request has: blanks suffice to compare sizes, at a tenth of the cost."""
    texts = (request.system_prompt, request.prompt)
    return sum(text.count(" ") + 1 for text in texts if text) or request.words


def _truncate_tool_names(request: ModelRequest) -> tuple[str, ...]:
    return tuple([name[:MOST_TOOL_LETTERS] for name in request.tools[:MOST_TOOLS]])


UNBOUNDED_FACTS = frozenset({"words", "tools"})
"""Facts that are made of what is too long to be remembered."""
ATTRIBUTE_NAMES = {"address": "client_ip"}
"""What other facts are called in a request, where it is not by the same name."""
_ATTRIBUTE_FACTS = frozenset({"asn", "turns", "n", "max_tokens", "logprobs", "stream", "batch", "reasoning"})
_DERIVED_FACTS: dict[str, Callable[[ModelRequest], Any]] = {
    **{name: _make_text_reader(name) for name in ("model", "channel", "user_agent", "ja4", "unread")},
    "address": _make_text_reader("client_ip"),
    "words": _count_words,
    "tools": _truncate_tool_names,
}
