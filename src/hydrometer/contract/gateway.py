"""How gateways are set up: whom they trust, what they name a sender by, what they do when they cannot decide."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Failing = Literal["open", "closed"]
"""What is done with a request that cannot be decided on: `open` lets it pass, `closed` refuses it."""

Shape = Literal["openai", "anthropic"]
"""Whose error a client expects."""


class SenderHeaders(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which header of a trusted proxy says what of the sender; an empty name is read by nobody."""

    account: str = "x-account-id"
    """Account id, as the logs name it."""
    organisation: str = "x-organisation-id"
    """Organisation id."""
    conversation: str = "x-conversation-id"
    """Conversation id."""
    channel: str = "x-channel"
    """Way by which the account came."""
    ja4: str = "x-ja4"
    """JA4 fingerprint of the client's TLS."""
    asn: str = "x-client-asn"
    """Number of the client's network."""


class GatewaySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the gateways, as a TOML file holds them."""

    trusted_hops: Annotated[int, Meta(ge=0, le=16)] = 1
    """Proxies between client and guard that append to X-Forwarded-For. The client's address is the entry so many from the right;
    0 takes the address that connects."""
    account_from: Literal["header", "key"] = "header"
    """`header`: the account is in the header that `headers` names. `key`: it is the SHA-256 of the API key in hexadecimal, as
    LiteLLM logs it."""
    max_body: Annotated[int, Meta(ge=1024, le=1 << 30)] = 32 << 20
    """Bytes of a body that are read; a larger one is refused with 413."""
    failing: Failing = "open"
    """What gateways do when they cannot decide: `open` lets pass, `closed` refuses."""
    failing_by: dict[str, Failing] = {}
    """The same for single gateways, by name, over `failing`."""
    reload_seconds: Annotated[float, Meta(gt=0, le=3600)] = 2.0
    """How often the file of the snapshot is looked at."""
    audit_head_seconds: Annotated[float, Meta(gt=0, le=86400)] = 60.0
    """Time from a line of the audit to a head that covers it. Lines after the last head can be cut off unseen; a head costs two
    fsyncs, for which no request waits."""
    headers: SenderHeaders = SenderHeaders()
    """Which headers name the sender."""

    def failing_of(self, gateway: str) -> Failing:
        """Return what the gateway of that name does when it cannot decide."""
        return self.failing_by.get(gateway, self.failing)
