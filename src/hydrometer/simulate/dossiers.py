"""Dossiers of simulated actors."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network


def shape_of(local: str) -> str:
    """The shape of an e-mail name, as results have it: letters as a, each digit as 9."""
    return re.sub(r"[0-9]", "9", re.sub(r"[^\W\d_]+", "a", local))


def network_of(address: str) -> str:
    """The /24 or /48 of an address, as results spell it."""
    return str(ip_network(f"{address}/{24 if ip_address(address).version == 4 else 48}", strict=False))
