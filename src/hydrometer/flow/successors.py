"""Accounts made since a detection that share what a campaign's accounts have: suspected before their first request."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from hydrometer.contract.addresses import network_of
from hydrometer.contract.decisions import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    import pyarrow as pa

    from hydrometer.guard.recognition import Recogniser, Shared

_LETTERS, _RUNS, _DIGITS = re.compile(r"[^\W\d_]"), re.compile(r"[^\W\d_]+"), re.compile(r"[0-9]")


def _network(address: str) -> str:
    try:
        return network_of(str(ipaddress.ip_address(address)))
    except ValueError:
        return ""


VALUES: dict[str, tuple[str, Callable[[str], str]]] = {
    "payment": ("payment_fingerprint", str),
    "bin": ("payment_bin", str),
    "device": ("device_id", str),
    "phone": ("phone_hash", str),
    "email_domain": ("email_domain", str.lower),
    "email_shape": ("email_local", lambda name: _DIGITS.sub("9", _RUNS.sub("a", name))),
    "email_length": ("email_local", lambda name: _DIGITS.sub("9", _LETTERS.sub("a", name))),
    "signup_network": ("signup_ip", _network),
}
"""Kinds of value that are known of an account before it sends anything: its column, and how detection spells the value."""


EARLY = 0.1
"""Share of a campaign's accounts that may be older than its pool: bought or stolen ones tell nothing of when it was made."""


LEAST_MEMBERS, NEARLY_ALL = 3, 0.8
"""Members of an organisation, and their share of its accounts, from which on its next accounts are suspected too."""


def made_since(accounts: pa.Table, members: Sequence[Verdict], seen: Sequence[datetime]) -> list[datetime]:
    """Return, by campaign, when its operator began to make accounts, `seen` at the latest.

    A pool that sleeps is made with the one that works, before the campaign's first exchange.
    """
    campaign = {verdict.subject: verdict.campaign for verdict in members}
    made: dict[int, list[datetime]] = {}
    for name, when in zip(accounts["account_id"].to_pylist(), accounts["created_at"].to_pylist(), strict=True):
        if name in campaign and when is not None:
            made.setdefault(campaign[name], []).append(when)
    since = list(seen)
    for place, times in made.items():
        since[place] = min(since[place], sorted(times)[int(EARLY * len(times))])
    return since


def organisations(accounts: pa.Table, members: Sequence[Verdict], most: float) -> list[Verdict]:
    """Return suspicions against organisations that are nearly all members, for the accounts that they may make next.

    most: greatest probability of a suspicion.
    """
    held = {verdict.subject: verdict for verdict in members}
    known: dict[str, int] = {}
    of: dict[tuple[str, int], list[float]] = {}
    for name, organisation in zip(accounts["account_id"].to_pylist(), accounts["org_id"].to_pylist(), strict=True):
        if organisation:
            known[organisation] = known.get(organisation, 0) + 1
            if verdict := held.get(name):
                of.setdefault((organisation, verdict.campaign), []).append(verdict.probability)
    return [
        Verdict(
            subject=organisation,
            scope="organisation",
            campaign=campaign,
            probability=min(most, sum(found) / known[organisation]),
            successor=True,
            why="successor: organisation",
        )
        for (organisation, campaign), found in sorted(of.items())
        if len(found) >= LEAST_MEMBERS and len(found) >= NEARLY_ALL * known[organisation]
    ]


def successors(
    accounts: pa.Table, recogniser: Recogniser, since: Sequence[datetime], known: AbstractSet[str]
) -> list[Verdict]:
    """Return suspicions against accounts that detection has not weighed yet.

    since: by campaign, when its operator began to make accounts; an older one is not its successor. known: accounts that were
    weighed, or are cleared.
    """
    shared: dict[int, list[Shared]] = {}
    for kind in recogniser.kinds:
        if kind in VALUES:
            column, spelt = VALUES[kind]
            for row, value in enumerate(accounts[column].to_pylist()):
                if value is not None and (found := recogniser.shared(kind, spelt(value))):
                    shared.setdefault(row, []).extend(found)
    names, created = accounts["account_id"], accounts["created_at"]
    verdicts = []
    for row, found in sorted(shared.items()):
        name, made = names[row].as_py(), created[row].as_py()
        if name in known or made is None:
            continue
        judged = recogniser.judge([one for one in found if made >= since[one.campaign]])
        if judged is not None:
            verdicts.append(
                Verdict(
                    subject=name,
                    scope="account",
                    campaign=judged.campaign,
                    probability=judged.probability,
                    successor=True,
                    why=f"successor: {judged.why}",
                )
            )
    return verdicts
