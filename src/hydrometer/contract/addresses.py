"""How addresses and their blocks are spelled wherever a result, a snapshot or a dossier names one."""

from __future__ import annotations

MOST_ADDRESS = 45
"""Letters of the longest address."""


def derive_network_block(address: str) -> str:
    """Return the block of an address that is in its canonical spelling, as detection names it: /24 for v4, /48 for v6.

    What is no address has none.
    """
    if ":" in address:
        groups = [*(address.partition("::")[0] or "0").split(":"), "0", "0"]
        return f"{groups[0]}:{groups[1]}:{groups[2]}::/48" if len(address) <= MOST_ADDRESS else ""
    block, dot, _ = address.rpartition(".")
    return f"{block}.0/24" if dot and len(address) <= 15 and block.count(".") == 2 else ""
