"""Short names that people give to partners, clients and collections: safe in a file's name and in an address."""

from __future__ import annotations

import re

from hydrometer.contract import InputError

PARTY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)


def check_party_name(name: str, what: str) -> None:
    """Raise InputError where `name` is none that `what` can have."""
    if not PARTY_NAME.fullmatch(name):
        raise InputError(f"no {what}: {name!r}", mend="Use letters, digits, dots, dashes.")
