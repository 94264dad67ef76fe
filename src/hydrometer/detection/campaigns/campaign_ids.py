"""Names that last: a campaign keeps its id over re-runs.

A campaign that shares members with one of an earlier result is that campaign; else its id comes from its first member,
so that the same traffic in any order, or a few more days of it, gives the same id.
"""

from __future__ import annotations

import hashlib

OVERLAP = 0.3
"""Least Jaccard overlap of members with an earlier campaign."""


def assign_campaign_ids(groups: list[list[str]], firsts: list[str], earlier: dict[str, set[str]]) -> list[str]:
    """Return an id for each group, in order.

    Args:
        groups: account ids of each campaign.
        firsts: of each, the account that was seen first.
        earlier: account ids by campaign id of the result that came before.
    """
    names: list[str] = [""] * len(groups)
    claims = []
    for number, members in enumerate(groups):
        mine = set(members)
        for name, others in earlier.items():
            overlap = len(mine & others) / max(1, len(mine | others))
            if overlap >= OVERLAP:
                claims.append((-overlap, name, number))
    used: set[str] = set()
    for _, name, number in sorted(claims):
        if not names[number] and name not in used:
            names[number] = name
            used.add(name)
    for number, first in enumerate(firsts):
        if not names[number]:
            names[number] = _make_fresh_id(first, used)
            used.add(names[number])
    return names


def _make_fresh_id(first: str, used: set[str]) -> str:
    attempt = 0
    while True:
        digest = hashlib.blake2b(f"{first}\0{attempt}".encode(), digest_size=4).hexdigest()
        if f"HY-{digest}" not in used:
            return f"HY-{digest}"
        attempt += 1
