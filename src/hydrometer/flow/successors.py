"""Accounts made since a detection that share what a campaign's accounts have: suspected before their first request."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from hydrometer.contract.decisions import Verdict
from hydrometer.guard.facts import network_of

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
