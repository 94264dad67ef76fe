"""Where a server listens, and what makes that safe."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import msgspec

from hydrometer.contract import InputError


class ServerAddress(msgspec.Struct, frozen=True, kw_only=True):
    """An address, and how what goes over it is kept from others."""

    host: str = "127.0.0.1"
    port: int = 0
    """0 for any that is free."""
    certificate: Path | None = None
    key: Path | None = None
    plain: bool = False
    """Whether TLS ends in front of this process, so that it may listen beyond this machine without."""

    def check(self) -> None:
        """Raise InputError when tokens would go in the clear to other machines."""
        if (self.certificate is None) != (self.key is None):
            raise InputError("a certificate and a key go together", mend="Give both or none.")
        if self.certificate is None and not self.plain and not is_loopback(self.host):
            raise InputError(
                f"tokens would go in the clear to {self.host}",
                mend="Give a certificate and a key, or say that TLS ends in front of this server.",
            )


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine and no other."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
