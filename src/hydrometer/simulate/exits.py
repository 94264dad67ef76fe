"""Where an operator's traffic comes out, and what it says it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.simulate import networks
from hydrometer.simulate.clients import draw_clients
from hydrometer.simulate.clock import HOUR
from hydrometer.simulate.networks import CARRIER, HOST, VPN, Addresses

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft
    from hydrometer.simulate.networks import IntArray
    from hydrometer.simulate.scenario import OperatorSpec

_STICKY = HOUR // 2
"""How long a proxy keeps an account on one address."""


class Exits:
    """Where the pool's traffic comes out; the hosts are the operator's, the same for its accounts in all parts."""

    def __init__(self, draft: Draft, spec: OperatorSpec, pool: IntArray) -> None:
        self._draft, self._spec, self._first = draft, spec, int(pool[0])
        rng, internet, name = draft.rng, draft.internet, f"exits of {spec.name}"
        self._salt = int(rng.integers(1 << 40))
        if spec.network == "shared":
            self._hosts = internet.fresh(draft.commons.draws(name), spec.addresses, HOST)
        elif spec.network == "subnet":
            size = min(254, max(spec.addresses, spec.accounts))
            self._hosts = internet.subnet(draft.commons.draws(name), size)
        elif spec.network == "vpn":
            self._hosts = internet.hub(rng, 4_000, VPN)
        else:
            size = max(400, spec.accounts * 8)
            self._hosts = residential(draft, draft.commons.kept(name, lambda draws: internet.fresh(draws, size)), name)
        each = {"shared": 1, "subnet": 2, "vpn": 6, "residential": spec.networks_per_account}[spec.network]
        self._own = rng.integers(0, len(self._hosts), (len(pool), max(1, each)))

    def take(self, account: IntArray, at: IntArray) -> Addresses:
        """Return the address of each exchange; an account changes it every half hour, within its own set."""
        slots = self._own.shape[1]
        mixed = (account * 1_000_003 + (at // _STICKY) * 7_919 + self._salt) * 2_654_435_761 % (1 << 31)
        return self._hosts.take(self._own[account - self._first, (mixed >> 7) % slots])

    def client(self, account: IntArray) -> IntArray | None:
        """Return the client of each exchange, or None where each account keeps its own."""
        changes = self._spec.client in ("mixed", "forged")
        return draw_clients(self._draft.rng, len(account)) if changes else None

    def tls(self, account: IntArray) -> IntArray | None:
        """Return the client behind each handshake: the account's own one, where the header is forged."""
        return self._draft.client[account] if self._spec.client == "forged" else None

    def channel(self, account: IntArray) -> IntArray:
        """Return the way in of each exchange, as a code: an account keeps to one."""
        codes = np.array([self._draft.commons.codes["channel"](name) for name in self._spec.channels])
        return codes[(account - self._first + self._draft.place) % len(codes)]


def residential(draft: Draft, pool: Addresses, name: str) -> Addresses:
    """Return a pool of home addresses of which a seventh belongs to honest persons of this world, a tenth lies behind
    carriers."""
    ip, asn, size = pool.ip.copy(), pool.asn.copy(), len(pool)
    draws = draft.commons.draws(f"borrowed {name}")
    borrowed = draws.choice(size, size // 7, replace=False)
    if draft.commons.people:
        people = networks.join(draft.commons.people)
        owners = people.take(draft.rng.integers(0, len(people), len(borrowed)))
        ip[borrowed], asn[borrowed] = owners.ip, owners.asn
    behind = draws.choice(size, size // 10, replace=False)
    hubs = draft.internet.hub(draws, len(behind), CARRIER)
    ip[behind], asn[behind] = hubs.ip, hubs.asn
    return Addresses(ip, asn)
