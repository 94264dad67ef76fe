"""Who an operator's accounts pretend to be: cards, e-mails, devices, ages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.simulate.clients import draw_clients
from hydrometer.simulate.clock import DAY
from hydrometer.simulate.draft import ids
from hydrometer.simulate.networks import VPN
from hydrometer.simulate.texts.words import GIVEN

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft
    from hydrometer.simulate.networks import IntArray, ObjectArray
    from hydrometer.simulate.scenario import OperatorSpec

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def make_pool(draft: Draft, spec: OperatorSpec) -> IntArray:
    """Add the operator's accounts and return their rows."""
    rng, count = draft.rng, spec.accounts
    columns: dict[str, object] = {}
    if spec.card == "shared":
        card = np.arange(count) // max(1, spec.accounts_per_card)
        columns["payment_fingerprint"] = ids(rng, "pm_", int(card[-1]) + 1)[card]
        columns["payment_bin"] = _bins(draft, spec)[card % spec.bins]
    elif spec.card == "bin":
        columns["payment_bin"] = rng.choice(_bins(draft, spec), count)
    if spec.email != "ordinary":
        columns["email_local"] = np.array([_local(draft, spec.email) for _ in range(count)], dtype=object)
    if spec.email_domain == "throwaway":
        columns["email_domain"] = rng.choice(
            np.array(["inboxkit.example", "postlet.example", "mailhop.example"], dtype=object), count
        )
    if spec.devices == "shared":
        device = np.arange(count) // 15
        columns["device_id"] = ids(rng, "dv_", int(device[-1]) + 1)[device]
    start = draft.start + spec.start_day * DAY - spec.search_days * DAY
    fresh = (start - rng.random(count) * spec.signup_days * DAY - 0.05 * DAY).astype(np.int64)
    aged = (draft.start - (20 + rng.random(count) * 700) * DAY).astype(np.int64)
    library = draw_clients(rng, count)
    if spec.client == "one":
        library[:] = library[0]
    homes = draft.internet.hub(rng, count, VPN) if spec.network == "vpn" else draft.internet.homes(rng, count)
    return draft.accounts(
        count,
        "operator",
        operator=spec.name,
        homes=homes,
        created_at=fresh if spec.age == "fresh" else aged,
        clients_at=library,
        large=0.95,
        columns=columns,
    )


def _bins(draft: Draft, spec: OperatorSpec) -> ObjectArray:
    return np.array([str(b) for b in draft.rng.integers(430_000, 560_000, spec.bins)], dtype=object)


def _local(draft: Draft, shape: str) -> str:
    dice = draft.dice
    if shape == "digits":
        return f"{dice.pick(GIVEN).lower()}{dice.below(1000):03d}"
    return "".join(dice.pick(_LETTERS) for _ in range(8)) + f"{dice.below(10_000):04d}"
