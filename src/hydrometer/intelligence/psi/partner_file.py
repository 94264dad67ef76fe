"""The file of a partner: the key that both share, and how much it may ask."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Annotated

import msgspec

from hydrometer.contract import InputError
from hydrometer.files import read_secret, write_secret
from hydrometer.intelligence.exchange.party_names import PARTY_NAME, check_party_name
from hydrometer.intelligence.psi.item_list import MOST

if TYPE_CHECKING:
    from pathlib import Path


class Partner(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody to match with."""

    name: Annotated[str, msgspec.Meta(pattern=f"^{PARTY_NAME.pattern}$")]
    key: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    """32 random bytes in hexadecimal, the same in both sites' files."""
    most_items: Annotated[int, msgspec.Meta(ge=0, le=MOST)] = 100_000
    """Of theirs in a session."""
    most_in_period: Annotated[int, msgspec.Meta(ge=0)] = 200_000
    """Of theirs in all sessions of a period in which they learn."""
    period_days: Annotated[int, msgspec.Meta(ge=1, le=3_650)] = 30

    @property
    def secret(self) -> bytes:
        """The key's bytes."""
        return bytes.fromhex(self.key)

    def __repr__(self) -> str:
        return f"Partner({self.name!r})"


def read_partner(path: Path) -> Partner:
    """Read a partner's file; raises InputError."""
    content = read_secret(path, "the partner's file")
    try:
        return msgspec.toml.decode(content, type=Partner)
    except msgspec.ValidationError as error:
        raise InputError(f"no partner's file: {error}", file=str(path), mend="See docs/matching.md.") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        # The decoder's message may quote the line with the key.
        raise InputError("no TOML", file=str(path), mend="See docs/matching.md.") from None


def make_partner(name: str, path: Path) -> Partner:
    """Write the file of a new partner with a new key; raises InputError."""
    check_party_name(name, "name for a partner")
    partner = Partner(name=name, key=secrets.token_hex(32))
    lines = [f'name = "{partner.name}"', f'key = "{partner.key}"']
    lines += [f"{field} = {getattr(partner, field)}" for field in ("most_items", "most_in_period", "period_days")]
    write_secret(path, ("\n".join(lines) + "\n").encode(), "a partner's file", new=True)
    return partner
