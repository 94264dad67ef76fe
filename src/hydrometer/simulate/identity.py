"""Who an operator's accounts pretend to be: cards, e-mails, devices, ages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.simulate.clients import draw_clients
from hydrometer.simulate.clock import DAY
from hydrometer.simulate.networks import VPN
from hydrometer.simulate.populace import card_numbers, ids
from hydrometer.simulate.texts.words import GIVEN

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft
    from hydrometer.simulate.networks import IntArray, ObjectArray
    from hydrometer.simulate.scenario import OperatorSpec

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def make_pool(draft: Draft, spec: OperatorSpec, count: int) -> IntArray:
    """Add `count` of the operator's accounts, those from `draft.place` on, and return their rows."""
    rng, shared = draft.rng, draft.commons.draws(f"identity of {spec.name}")
    number = draft.place + np.arange(count)
    bins = card_numbers(shared, spec.bins)
    columns: dict[str, object] = {}
    if spec.card == "shared":
        card = number // max(1, spec.accounts_per_card)
        columns["payment_fingerprint"] = _numbered(draft, spec, "pm_", card)
        columns["payment_bin"] = bins[card % spec.bins]
    elif spec.card == "bin":
        columns["payment_bin"] = rng.choice(bins, count)
    if spec.email != "ordinary":
        columns["email_local"] = np.array([_local(draft, spec.email) for _ in range(count)], dtype=object)
    if spec.email_domain == "throwaway":
        columns["email_domain"] = rng.choice(
            np.array(["inboxkit.example", "postlet.example", "mailhop.example"], dtype=object), count
        )
    if spec.devices == "shared":
        columns["device_id"] = _numbered(draft, spec, "dv_", number // 15)
    start = draft.start + spec.start_day * DAY - spec.search_days * DAY
    fresh = (start - rng.random(count) * spec.signup_days * DAY - 0.05 * DAY).astype(np.int64)
    aged = (draft.start - (20 + rng.random(count) * 700) * DAY).astype(np.int64)
    one = draw_clients(shared, 1)
    homes = draft.internet.hub(rng, count, VPN) if spec.network == "vpn" else draft.internet.homes(rng, count)
    return draft.accounts(
        count,
        "operator",
        operator=spec.name,
        homes=homes,
        created_at=fresh if spec.age == "fresh" else aged,
        clients_at=np.repeat(one, count) if spec.client == "one" else draw_clients(rng, count),
        large=0.95,
        columns=columns,
    )


def _numbered(draft: Draft, spec: OperatorSpec, prefix: str, number: IntArray) -> ObjectArray:
    """Return the identifiers of the operator's cards or devices by their numbers."""
    shared = draft.commons.draws(f"{prefix} of {spec.name}")
    return ids(shared, prefix, int(number[-1]) + 1)[number]


def _local(draft: Draft, shape: str) -> str:
    dice = draft.dice
    if shape == "digits":
        return f"{dice.pick(GIVEN).lower()}{dice.below(1000):03d}"
    return "".join(dice.pick(_LETTERS) for _ in range(8)) + f"{dice.below(10_000):04d}"
