"""Rare addresses that unrelated accounts meet at, against hubs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from signals.populations import Draft, members, people, showing
from signals.signal_case import Case

if TYPE_CHECKING:
    import numpy as np


def at(draft: Draft, *addresses: str) -> Draft:
    """The draft at other addresses, and in their networks."""
    networks = [address.rpartition(".")[0] + ".0/24" for address in addresses]
    return showing(showing(draft, "address", *addresses), "network", *networks)


def one_server(rng: np.random.Generator) -> list[Draft]:
    crowd = people(rng)
    return members(crowd[:14], lambda n, d: at(d, "198.51.100.4") if n < 10 else d) + crowd[14:]


def proxy_pool(rng: np.random.Generator) -> list[Draft]:
    """Forty exits in as many networks, of which each account uses six."""
    crowd = people(rng)
    pool = [f"198.51.{exit_}.4" for exit_ in range(40)]
    return members(crowd[:20], lambda _, d: at(d, *rng.choice(pool, 6, replace=False))) + crowd[20:]


def carrier(rng: np.random.Generator) -> list[Draft]:
    """Three addresses of a carrier that half of everybody comes from."""
    crowd = [at(d, f"192.0.2.{rng.integers(3)}") if rng.random() < 0.5 else d for d in people(rng)]
    carried = [at(d, f"192.0.2.{rng.integers(3)}") for d in crowd[:20]]
    return members(carried) + crowd[20:]


def vpn(rng: np.random.Generator) -> list[Draft]:
    """Users of a VPN with thirty exits, of whom the members are a few."""
    exits = [f"203.0.{exit_}.9" for exit_ in range(30)]
    crowd = people(rng)
    tunnelled = [at(d, *rng.choice(exits, 4, replace=False)) for d in crowd[:140]]
    return members(tunnelled[:15]) + tunnelled[15:] + crowd[140:]


def office(rng: np.random.Generator) -> list[Draft]:
    crowd = people(rng)
    company = [replace(at(d, "198.51.100.4"), org="company") for d in crowd[:14]]
    return members(company + crowd[14:18]) + crowd[18:]


def strangers(rng: np.random.Generator) -> list[Draft]:
    crowd = people(rng)
    return members(crowd[:25]) + crowd[25:]


CASES = (
    Case("ten of fourteen behind one server", True, one_server),
    Case("a pool of rotating exits", True, proxy_pool),
    Case("a carrier", False, carrier),
    Case("a VPN with many customers", False, vpn),
    Case("an office of one organisation", False, office),
    Case("strangers", False, strangers),
)
