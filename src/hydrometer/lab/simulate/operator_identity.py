"""Who an operator's accounts pretend to be: cards, e-mails, devices, ages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.account_attributes import draw_ids, draw_rare_bins
from hydrometer.lab.simulate.account_suppliers import find_supplier
from hydrometer.lab.simulate.arrival_times import DAY
from hydrometer.lab.simulate.clients import HARNESS_CLIENT, draw_clients
from hydrometer.lab.simulate.cohort_batches import AccountTraits
from hydrometer.lab.simulate.networks import HOME, VPN, join_addresses
from hydrometer.lab.simulate.texts.lexicon import GIVEN

if TYPE_CHECKING:
    from hydrometer.lab.simulate.account_suppliers import AccountSupplier
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder
    from hydrometer.lab.simulate.networks import IntArray, ObjectArray
    from hydrometer.lab.simulate.scenario import OperatorSpec

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_SIGNUP_NETWORKS = 3
"""Networks of 254 addresses from which a supplier signs its accounts up."""
_SIGNUP_SHARE = 0.85
"""Share of a supplier's accounts that sign up from there."""


def add_operator_accounts(cohort: CohortBuilder, spec: OperatorSpec, begins: IntArray) -> IntArray:
    """Add the operator's accounts from `cohort.accounts_before` on, which work from `begins`, and return their rows."""
    count = len(begins)
    supplier = find_supplier(cohort.scenario, spec)
    rng, shared = cohort.rng, cohort.context.shared_generator(f"identity of {supplier.name}")
    traits = supplier.spec
    number = cohort.accounts_before + np.arange(count)
    bins = draw_rare_bins(shared, traits.bins)
    columns: dict[str, object] = {}
    if traits.card == "shared":
        card = number // max(1, traits.accounts_per_card)
        columns["payment_fingerprint"] = _derive_ids(cohort, spec, "pm_", card)
        columns["payment_bin"] = bins[card % traits.bins]
    elif traits.card == "bin":
        columns["payment_bin"] = rng.choice(bins, count)
    if traits.email != "ordinary":
        columns["email_local"] = np.array([_draw_email_name(cohort, traits.email) for _ in range(count)], dtype=object)
    if traits.email_domain == "throwaway":
        columns["email_domain"] = rng.choice(
            np.array(["inboxkit.example", "postlet.example", "mailhop.example"], dtype=object), count
        )
    if traits.devices == "shared":
        columns["device_id"] = _derive_ids(cohort, spec, "dv_", number // 15)
    start = cohort.start + spec.start_day * DAY - spec.search_days * DAY
    fresh = (start - rng.random(count) * traits.signup_days * DAY - 0.05 * DAY).astype(np.int64)
    aged = (cohort.start - (20 + rng.random(count) * 700) * DAY).astype(np.int64)
    one = draw_clients(shared, 1) if not supplier.shared else _draw_own_client(cohort, spec)
    if spec.harness:
        one = np.array([HARNESS_CLIENT])
    homes = (
        cohort.internet.draw_hub_addresses(rng, count, VPN)
        if traits.network == "vpn"
        else cohort.internet.draw_homes(rng, count)
    )
    if supplier.shared:
        fresh = _draw_batch_signups(cohort, supplier, count)
        columns["signup_ip"] = _draw_signup_addresses(cohort, supplier, count)
    if spec.churn_days:
        fresh = begins - ((0.05 + rng.random(count) * traits.signup_days) * DAY).astype(np.int64)
    return cohort.add_accounts(
        count,
        "operator",
        AccountTraits(
            operator=spec.name,
            homes=homes,
            created_at=fresh if traits.age == "fresh" else aged,
            clients_at=np.repeat(one, count) if spec.client == "one" or spec.harness else draw_clients(rng, count),
            large=0.95,
        ),
        **columns,
    )


def _draw_own_client(cohort: CohortBuilder, spec: OperatorSpec) -> IntArray:
    """Return the one client of an operator whose accounts are bought."""
    return draw_clients(cohort.context.shared_generator(f"client of {spec.name}"), 1)


def _draw_batch_signups(cohort: CohortBuilder, supplier: AccountSupplier, count: int) -> IntArray:
    """Return sign-up times in a supplier's few batches, each of some hours, before its first customer begins."""
    shared = cohort.context.shared_generator(f"batches of {supplier.name}")
    batches = shared.random(max(2, round(supplier.spec.signup_days))) * supplier.spec.signup_days
    day = (
        supplier.ready_day - 0.2 - cohort.rng.choice(batches, count) + cohort.rng.normal(0, 0.04, count).clip(-0.1, 0.1)
    )
    return np.asarray(cohort.start + day * DAY, dtype=np.int64)


def _draw_signup_addresses(cohort: CohortBuilder, supplier: AccountSupplier, count: int) -> ObjectArray:
    """Return from where accounts signed up: most from a supplier's few networks."""
    shared = cohort.context.shared_generator(f"sign-up networks of {supplier.name}")
    pool = join_addresses([cohort.internet.draw_subnet(shared, 254, HOME) for _ in range(_SIGNUP_NETWORKS)])
    own = cohort.rng.random(count) < _SIGNUP_SHARE
    chosen = pool.ip[cohort.rng.integers(0, len(pool), count)]
    ips: ObjectArray = np.where(own, chosen, cohort.internet.draw_homes(cohort.rng, count).ip)
    return ips


def _derive_ids(cohort: CohortBuilder, spec: OperatorSpec, prefix: str, number: IntArray) -> ObjectArray:
    """Return the identifiers of the operator's cards or devices by their numbers."""
    shared = cohort.context.shared_generator(f"{prefix} of {spec.name}")
    return draw_ids(shared, prefix, int(number[-1]) + 1)[number]


def _draw_email_name(cohort: CohortBuilder, shape: str) -> str:
    dice = cohort.dice
    if shape == "digits":
        return f"{dice.pick(GIVEN).lower()}{dice.below(1000):03d}"
    return "".join(dice.pick(_LETTERS) for _ in range(8)) + f"{dice.below(10_000):04d}"
