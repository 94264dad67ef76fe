"""Who an operator's accounts pretend to be: cards, e-mails, devices, ages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.account_attributes import draw_ids, draw_rare_bins
from hydrometer.lab.simulate.arrival_times import DAY
from hydrometer.lab.simulate.clients import draw_clients
from hydrometer.lab.simulate.cohort_batches import AccountTraits
from hydrometer.lab.simulate.networks import VPN
from hydrometer.lab.simulate.texts.lexicon import GIVEN

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder
    from hydrometer.lab.simulate.networks import IntArray, ObjectArray
    from hydrometer.lab.simulate.scenario import OperatorSpec

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def add_operator_accounts(cohort: CohortBuilder, spec: OperatorSpec, count: int) -> IntArray:
    """Add `count` of the operator's accounts, those from `cohort.accounts_before` on, and return their rows."""
    rng, shared = cohort.rng, cohort.context.shared_generator(f"identity of {spec.name}")
    number = cohort.accounts_before + np.arange(count)
    bins = draw_rare_bins(shared, spec.bins)
    columns: dict[str, object] = {}
    if spec.card == "shared":
        card = number // max(1, spec.accounts_per_card)
        columns["payment_fingerprint"] = _derive_ids(cohort, spec, "pm_", card)
        columns["payment_bin"] = bins[card % spec.bins]
    elif spec.card == "bin":
        columns["payment_bin"] = rng.choice(bins, count)
    if spec.email != "ordinary":
        columns["email_local"] = np.array([_draw_email_name(cohort, spec.email) for _ in range(count)], dtype=object)
    if spec.email_domain == "throwaway":
        columns["email_domain"] = rng.choice(
            np.array(["inboxkit.example", "postlet.example", "mailhop.example"], dtype=object), count
        )
    if spec.devices == "shared":
        columns["device_id"] = _derive_ids(cohort, spec, "dv_", number // 15)
    start = cohort.start + spec.start_day * DAY - spec.search_days * DAY
    fresh = (start - rng.random(count) * spec.signup_days * DAY - 0.05 * DAY).astype(np.int64)
    aged = (cohort.start - (20 + rng.random(count) * 700) * DAY).astype(np.int64)
    one = draw_clients(shared, 1)
    homes = (
        cohort.internet.draw_hub_addresses(rng, count, VPN)
        if spec.network == "vpn"
        else cohort.internet.draw_homes(rng, count)
    )
    return cohort.add_accounts(
        count,
        "operator",
        AccountTraits(
            operator=spec.name,
            homes=homes,
            created_at=fresh if spec.age == "fresh" else aged,
            clients_at=np.repeat(one, count) if spec.client == "one" else draw_clients(rng, count),
            large=0.95,
        ),
        **columns,
    )


def _derive_ids(cohort: CohortBuilder, spec: OperatorSpec, prefix: str, number: IntArray) -> ObjectArray:
    """Return the identifiers of the operator's cards or devices by their numbers."""
    shared = cohort.context.shared_generator(f"{prefix} of {spec.name}")
    return draw_ids(shared, prefix, int(number[-1]) + 1)[number]


def _draw_email_name(cohort: CohortBuilder, shape: str) -> str:
    dice = cohort.dice
    if shape == "digits":
        return f"{dice.pick(GIVEN).lower()}{dice.below(1000):03d}"
    return "".join(dice.pick(_LETTERS) for _ in range(8)) + f"{dice.below(10_000):04d}"
