"""Addresses: home providers, carriers, VPN exits, clouds and rented hosts, and the pools that people draw from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Mapping

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
ObjectArray = npt.NDArray[np.object_]

COUNTRIES: Mapping[str, tuple[float, int, str]] = {
    "US": (0.31, -6, "en"),
    "GB": (0.06, 0, "en"),
    "DE": (0.06, 1, "de"),
    "FR": (0.05, 1, "fr"),
    "IN": (0.09, 5, "en"),
    "JP": (0.05, 9, "ja"),
    "KR": (0.04, 9, "ko"),
    "BR": (0.05, -3, "pt"),
    "CA": (0.04, -5, "en"),
    "AU": (0.03, 10, "en"),
    "SG": (0.03, 8, "en"),
    "ID": (0.04, 7, "en"),
    "NL": (0.02, 1, "en"),
    "ES": (0.02, 1, "es"),
    "MX": (0.02, -6, "es"),
    "CN": (0.02, 8, "zh"),
    "TW": (0.02, 8, "zh"),
    "NG": (0.01, 1, "en"),
    "IT": (0.02, 1, "it"),
    "TR": (0.01, 3, "tr"),
    "KZ": (0.01, 5, "ru"),
}
"""Country to its share of the customers, its hours from UTC, and the language in which its people write, at times."""
TONGUES = tuple(sorted({tongue for _, _, tongue in COUNTRIES.values()}))
"""The languages of the world's people; an account keeps the index of its own."""

HOME, CARRIER, VPN, CLOUD, HOST, OFFICE = "home", "carrier", "vpn", "cloud", "host", "office"
CLOUDS = (16509, 396982, 8075, 14618, 31898)
_FIRST_OCTETS = tuple(o for o in range(20, 222) if o not in (100, 127, 169, 172, 192, 198, 203))


@dataclass(frozen=True, slots=True)
class Addresses:
    """Addresses (text) and their autonomous systems, row by row."""

    ip: ObjectArray
    asn: IntArray

    def __len__(self) -> int:
        return len(self.ip)

    def take(self, rows: IntArray) -> Addresses:
        """Return the addresses of those rows."""
        return Addresses(self.ip[rows], self.asn[rows])


def join_addresses(parts: list[Addresses]) -> Addresses:
    """Return the addresses of all parts, one after another."""
    return Addresses(np.concatenate([p.ip for p in parts]), np.concatenate([p.asn for p in parts]))


@dataclass(frozen=True, slots=True)
class _AutonomousSystem:
    """A network of a world: its number, its blocks, how often it is drawn, and the first 16 bits of its IPv6 addresses."""

    asn: int
    prefixes: IntArray
    """First 16 bits of each block."""
    weight: float
    v6: int


class Internet:
    """The networks of one world. Address blocks are drawn anew for every world and belong to nobody in particular."""

    def __init__(self, rng: np.random.Generator) -> None:
        blocks = rng.permutation(len(_FIRST_OCTETS) * 256)
        self._blocks = iter(blocks.tolist())
        self._systems: dict[str, list[_AutonomousSystem]] = {
            HOME: [self._make_system(64512 + i, 3, float(rng.pareto(1.2) + 0.3), rng) for i in range(44)],
            CARRIER: [self._make_system(64600 + i, 1, float(rng.random() + 0.3), rng) for i in range(3)],
            VPN: [self._make_system(64650 + i, 1, float(rng.random() + 0.2), rng) for i in range(5)],
            CLOUD: [self._make_system(asn, 6, float(rng.random() + 0.3), rng) for asn in CLOUDS],
            HOST: [self._make_system(64700 + i, 2, float(rng.random() + 0.3), rng) for i in range(14)],
            OFFICE: [self._make_system(64800 + i, 1, 1.0, rng) for i in range(60)],
        }
        self._hubs = {
            CARRIER: self._draw_ipv4(CARRIER, 3, rng),
            VPN: self._draw_ipv4(VPN, 24, rng),
        }
        self.ci_egress = self._draw_ipv4(CLOUD, 3, rng)
        """The egress of shared build machines: nightly jobs of many customers come from these three addresses."""

    def _make_system(self, asn: int, blocks: int, weight: float, rng: np.random.Generator) -> _AutonomousSystem:
        prefixes = [next(self._blocks) for _ in range(blocks)]
        octets = [_FIRST_OCTETS[p // 256] * 256 + p % 256 for p in prefixes]
        return _AutonomousSystem(asn, np.array(octets, dtype=np.int64), weight, int(rng.integers(0x2400, 0x2F00)))

    def _draw_ipv4(self, kind: str, count: int, rng: np.random.Generator) -> Addresses:
        return self.draw_addresses(rng, count, kind, v6=0.0)

    def draw_addresses(self, rng: np.random.Generator, count: int, kind: str = HOME, *, v6: float = 0.12) -> Addresses:
        """Return `count` new addresses in networks of a kind; home ones are IPv6 with chance `v6`."""
        systems = self._systems[kind]
        weights = np.array([s.weight for s in systems])
        choice = rng.choice(len(systems), size=count, p=weights / weights.sum())
        block = rng.random(count)
        third, fourth = rng.integers(0, 256, count), rng.integers(1, 255, count)
        six = rng.random(count) < (v6 if kind == HOME else 0.0)
        low = rng.integers(0, 1 << 48, count)
        prefixes = np.stack([s.prefixes for s in systems])
        prefix = prefixes[choice, (block * prefixes.shape[1]).astype(np.int64)]
        asns = np.array([s.asn for s in systems], dtype=np.int64)[choice]
        heads = np.array([s.v6 for s in systems], dtype=np.int64)[choice]
        numbers = zip(*(a.tolist() for a in (prefix >> 8, prefix & 255, third, fourth)), strict=True)
        ips = np.array([f"{a}.{b}.{c}.{d}" for a, b, c, d in numbers], dtype=object)
        for i in np.flatnonzero(six).tolist():
            ips[i] = f"{heads[i]:x}:{prefix[i]:x}:{int(low[i]) >> 32 | 1:x}:{third[i]:x}::{low[i] & 0xFFFF:x}"
        return Addresses(ips, asns)

    def draw_subnet(self, rng: np.random.Generator, count: int, kind: str = HOST) -> Addresses:
        """Return `count` addresses (at most 254) of one /24."""
        first = self.draw_addresses(rng, 1, kind, v6=0.0)
        base = str(first.ip[0]).rsplit(".", 1)[0]
        hosts = rng.permutation(np.arange(1, 255))[:count]
        return Addresses(
            np.array([f"{base}.{h}" for h in hosts], dtype=object), np.full(len(hosts), first.asn[0], dtype=np.int64)
        )

    def draw_hub_addresses(self, rng: np.random.Generator, count: int, kind: str) -> Addresses:
        """Return `count` draws from the few addresses of the carriers or of the VPN exits."""
        pool = self._hubs[kind]
        weights = 1.0 / np.arange(1, len(pool) + 1) ** 0.7
        return pool.take(rng.choice(len(pool), size=count, p=weights / weights.sum()).astype(np.int64))

    def draw_homes(
        self, rng: np.random.Generator, count: int, *, carrier: float = 0.08, vpn: float = 0.06
    ) -> Addresses:
        """Return where `count` people are: at home, behind a carrier that thousands share, or on a VPN exit."""
        own = self.draw_addresses(rng, count, HOME)
        roll = rng.random(count)
        for kind, low, high in ((CARRIER, 0.0, carrier), (VPN, carrier, carrier + vpn)):
            rows = np.flatnonzero((roll >= low) & (roll < high))
            shared = self.draw_hub_addresses(rng, len(rows), kind)
            own.ip[rows], own.asn[rows] = shared.ip, shared.asn
        return own
