"""Union of shared identifiers: accounts that share a card, an address block or a client are one cluster, fused and cut.

The open tool that does this unions over payment method, organisation, /24 and TLS fingerprint, raises fixed weights for
what a cluster shares, adds them and acts above fixed thresholds; its timing test fires at five accounts within one
second. It ignores nothing for being common. Here that is one row of the grid; the others let the idea do better, by
fewer identifiers and by ignoring values that too many accounts share. Its uplift for the country of an account is left
out: geography is no evidence. The weights are not the tool's, many of whose parts read what a log does not hold (HTTP/2
settings, pauses between keystrokes); what they stand for and the threshold of 0.55 are.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from quality.baselines.groups import Group, Units, read_units, through_values
from quality.baselines.traffic import ABSENT, MICROS_A_SECOND, distinct_pairs, most_used, read_traffic, subnets

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

NAME = "union"
SOURCE = "Glasswally (github.com/m0rs3c0d3/Glasswally): cluster graph and fusion, from its description"
CARD = ("payment_fingerprint",)
IDENTIFIERS = (CARD, (*CARD, "device_id", "phone_hash", "client_subnet"), (*CARD, "org_id", "client_subnet", "ja4"))
"""The last is what the tool unions over."""
GRID: list[dict[str, Any]] = [
    {"identifiers": list(identifiers), "most": most, "least_score": score, "least_asking": asking}
    for identifiers, most, score, asking in product(IDENTIFIERS, (None, 60), (0.0, 0.55), (0.0, 0.4))
]
SMALLEST = 5
WEIGHTS = {"size": 0.20, "card": 0.20, "subnet": 0.15, "client": 0.10, "timing": 0.10, "elicitation": 0.25}
LARGE, AT_ONCE = 25, 5
"""Accounts at which a cluster's size counts in full; accounts within one second at which the timing test fires."""


@dataclass(frozen=True, slots=True)
class State:
    """Who holds which identifier, and what a cluster is scored by."""

    units: Units
    holders: dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]]
    """By identifier the accounts and values that go together, each pair once."""
    client: NDArray[np.int64]
    second: tuple[NDArray[np.int64], NDArray[np.int64]]
    """The accounts and seconds that go together."""


def prepare(world: Path, _: Path) -> State:
    """Read who holds which identifier; the benign history is not used."""
    traffic = read_traffic(world)
    accounts = len(traffic.account_ids)
    holders = {
        name: distinct_pairs(np.arange(accounts), traffic.trait(name).codes)[:2]
        for name in (*CARD, "org_id", "device_id", "phone_hash")
    }
    for name, used in (("client_subnet", subnets(traffic.column("client_ip"))), ("ja4", traffic.column("ja4"))):
        holders[name] = distinct_pairs(traffic.account, used.codes)[:2]
    return State(
        units=read_units(traffic),
        holders=holders,
        client=most_used(traffic, traffic.column("ja4")).codes,
        second=distinct_pairs(traffic.account, traffic.started_at // MICROS_A_SECOND)[:2],
    )


def detect(state: State, parameters: dict[str, Any]) -> list[Group]:
    """Return the clusters that shared values make, without values of more than `most` accounts, fused and cut."""
    accounts = len(state.units.account_ids)
    holder, value, base = [], [], 0
    for name in parameters["identifiers"]:
        who, what = state.holders[name]
        shared = np.bincount(what)[what] if len(what) else what
        keep = shared > 1
        if parameters["most"] is not None:
            keep &= shared <= parameters["most"]
        holder.append(who[keep])
        value.append(what[keep] + base)
        base += int(what.max(initial=0)) + 1
    found = []
    for members in through_values(np.concatenate(holder), np.concatenate(value), accounts):
        score = fused(state, members)
        group = state.units.group(members.tolist(), score, smallest=SMALLEST, least_asking=parameters["least_asking"])
        if group is not None and score >= parameters["least_score"]:
            found.append(group)
    return found


def fused(state: State, members: NDArray[np.int64]) -> float:
    """Return the weighted sum of what a cluster shows, 0 to 1."""
    inside = np.zeros(len(state.units.account_ids), dtype=bool)
    inside[members] = True
    at, when = state.second
    busy, together = np.unique(when[inside[at]], return_counts=True)
    crowded = np.isin(when[inside[at]], busy[together >= AT_ONCE])
    client = state.client[members]
    parts = {
        "size": min(1.0, len(members) / LARGE),
        "card": _sharing(state, CARD[0], inside),
        "subnet": _sharing(state, "client_subnet", inside),
        "client": float(np.bincount(client[client != ABSENT]).max(initial=0)) / len(members),
        "timing": len(np.unique(at[inside[at]][crowded])) / len(members),
        "elicitation": float(state.units.asking[members].mean()),
    }
    return sum(WEIGHTS[name] * part for name, part in parts.items())


def _sharing(state: State, name: str, inside: NDArray[np.bool_]) -> float:
    """Return the share of a cluster's accounts that share a value of an identifier with another of them."""
    who, what = state.holders[name]
    who, what = who[inside[who]], what[inside[who]]
    shared = np.bincount(what)[what] > 1 if len(what) else np.zeros(0, dtype=bool)
    return len(np.unique(who[shared])) / int(inside.sum())
