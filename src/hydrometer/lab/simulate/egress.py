"""Where an operator's traffic comes out, and what it says it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate import networks
from hydrometer.lab.simulate.account_suppliers import find_supplier
from hydrometer.lab.simulate.arrival_times import HOUR
from hydrometer.lab.simulate.clients import draw_clients
from hydrometer.lab.simulate.networks import CARRIER, HOST, VPN, Addresses

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder
    from hydrometer.lab.simulate.networks import IntArray
    from hydrometer.lab.simulate.scenario import OperatorSpec

_STICKY = HOUR // 2
"""How long a proxy keeps an account on one address."""


class OperatorEgress:
    """Where a pool's traffic comes out; the hosts are the operator's or its supplier's, the same in all shards."""

    def __init__(self, cohort: CohortBuilder, spec: OperatorSpec, pool: IntArray) -> None:
        self._cohort, self._spec, self._first = cohort, spec, int(pool[0])
        supplier = find_supplier(cohort.scenario, spec)
        rng, internet, name = cohort.rng, cohort.internet, f"exits of {supplier.name}"
        traits = supplier.spec
        self._salt = int(rng.integers(1 << 40))
        if traits.network == "shared":
            self._hosts = internet.draw_addresses(cohort.context.shared_generator(name), traits.addresses, HOST)
        elif traits.network == "subnet":
            size = min(254, max(traits.addresses, supplier.accounts))
            self._hosts = internet.draw_subnet(cohort.context.shared_generator(name), size)
        elif traits.network == "vpn":
            self._hosts = internet.draw_hub_addresses(rng, 4_000, VPN)
        else:
            size = max(400, supplier.accounts * 8)
            self._hosts = build_residential_pool(
                cohort, cohort.context.make_once(name, lambda draws: internet.draw_addresses(draws, size)), name
            )
        each = {"shared": 1, "subnet": 2, "vpn": 6, "residential": spec.networks_per_account}[traits.network]
        self._own = rng.integers(0, len(self._hosts), (len(pool), max(1, each)))

    def addresses(self, account: IntArray, at: IntArray) -> Addresses:
        """Return the address of each exchange; an account changes it every half hour, within its own set."""
        slots = self._own.shape[1]
        mixed = (account * 1_000_003 + (at // _STICKY) * 7_919 + self._salt) * 2_654_435_761 % (1 << 31)
        return self._hosts.take(self._own[account - self._first, (mixed >> 7) % slots])

    def clients(self, account: IntArray) -> IntArray | None:
        """Return the client of each exchange, or None where each account keeps its own."""
        changes = self._spec.client in ("mixed", "forged")
        return draw_clients(self._cohort.rng, len(account)) if changes else None

    def tls_clients(self, account: IntArray) -> IntArray | None:
        """Return the client behind each handshake: the account's own one, where the header is forged."""
        return self._cohort.client[account] if self._spec.client == "forged" else None

    def channels(self, account: IntArray) -> IntArray:
        """Return the way in of each exchange, as a code: an account keeps to one."""
        codes = np.array([self._cohort.codes["channel"](name) for name in self._spec.channels])
        return codes[(account - self._first + self._cohort.accounts_before) % len(codes)]


def build_residential_pool(cohort: CohortBuilder, pool: Addresses, name: str) -> Addresses:
    """Return a pool of home addresses of which a seventh belongs to honest persons of this world, a tenth lies behind
    carriers."""
    ip, asn, size = pool.ip.copy(), pool.asn.copy(), len(pool)
    draws = cohort.context.shared_generator(f"borrowed {name}")
    borrowed = draws.choice(size, size // 7, replace=False)
    if cohort.honest_homes:
        people = networks.join_addresses(cohort.honest_homes)
        owners = people.take(cohort.rng.integers(0, len(people), len(borrowed)))
        ip[borrowed], asn[borrowed] = owners.ip, owners.asn
    behind = draws.choice(size, size // 10, replace=False)
    hubs = cohort.internet.draw_hub_addresses(draws, len(behind), CARRIER)
    ip[behind], asn[behind] = hubs.ip, hubs.asn
    return Addresses(ip, asn)
