"""The kinds of value that accounts can share: every table of kinds in the house is keyed by this list."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from hydrometer.contract.canonical_forms import (
    AS_IT_STANDS,
    DAY,
    GLOBAL_ID,
    NETWORK_BLOCK,
    SHAPE,
    SHAPE_BY_LETTER,
    SMALL_LETTERS,
    SORTED_SET,
    CanonicalForm,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydrometer.contract.evidence_families import Family


class EntityKind(StrEnum):
    """A kind of value, spelled as results, snapshots and dossiers spell it; the rarer and harder to fake first."""

    PAYMENT = "payment"
    BIN = "bin"
    DEVICE = "device"
    PHONE = "phone"
    EMAIL_DOMAIN = "email_domain"
    EMAIL_SHAPE = "email_shape"
    EMAIL_LENGTH = "email_length"
    SIGNUP_DAY = "signup_day"
    SIGNUP_NETWORK = "signup_network"
    ADDRESS = "address"
    NETWORK = "network"
    ASN = "asn"
    JA4 = "ja4"
    USER_AGENT = "user_agent"
    END_USER = "end_user"
    SESSION = "session"
    TOOLS = "tools"
    DOMAIN = "domain"
    TEMPLATE = "template"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityKindSpec:
    """What is declared of one kind of value."""

    label: str
    """What one value is called in a sentence."""
    plural: str
    family: Family
    meaning: str
    """What accounts that share a value have in common."""
    table: Literal["accounts", "exchanges", ""]
    """Table of traffic whose column holds it; an account has one value of a column of `accounts`, and any number of one of
    `exchanges`. Empty: no column holds it."""
    column: str
    form: CanonicalForm = AS_IT_STANDS
    convicts: bool
    """Whether sharing a value may make an account a member of a campaign; what half the world shows may not."""
    indicates: bool
    """Whether a value may point to somebody, and so be an indicator. End users and conversations are the customers' own; a day
    is nobody's."""

    @property
    def single(self) -> bool:
        """Whether an account has one value at most."""
        return self.table == "accounts"

    @property
    def qualified_column(self) -> str:
        """The column with its table, such as `accounts.device_id`."""
        return f"{self.table}.{self.column}"


ENTITY_KINDS: Mapping[EntityKind, EntityKindSpec] = {
    EntityKind.PAYMENT: EntityKindSpec(
        label="payment instrument",
        plural="payment instruments",
        family="identity",
        meaning="accounts that pay with one instrument",
        table="accounts",
        column="payment_fingerprint",
        convicts=True,
        indicates=True,
    ),
    EntityKind.BIN: EntityKindSpec(
        label="card batch (BIN)",
        plural="card batches",
        family="identity",
        meaning="accounts whose cards come from one batch",
        table="accounts",
        column="payment_bin",
        convicts=True,
        indicates=True,
    ),
    EntityKind.DEVICE: EntityKindSpec(
        label="device",
        plural="devices",
        family="identity",
        meaning="accounts signed up on one device",
        table="accounts",
        column="device_id",
        convicts=True,
        indicates=True,
    ),
    EntityKind.PHONE: EntityKindSpec(
        label="telephone number",
        plural="telephone numbers",
        family="identity",
        meaning="accounts with one telephone number",
        table="accounts",
        column="phone_hash",
        convicts=True,
        indicates=True,
    ),
    EntityKind.EMAIL_DOMAIN: EntityKindSpec(
        label="e-mail domain",
        plural="e-mail domains",
        family="identity",
        meaning="accounts with e-mail at one domain",
        table="accounts",
        column="email_domain",
        form=SMALL_LETTERS,
        convicts=True,
        indicates=True,
    ),
    EntityKind.EMAIL_SHAPE: EntityKindSpec(
        label="e-mail shape",
        plural="e-mail shapes",
        family="identity",
        meaning="accounts whose e-mail names have one shape: letters as a, digits as 9",
        table="accounts",
        column="email_local",
        form=SHAPE,
        convicts=True,
        indicates=True,
    ),
    EntityKind.EMAIL_LENGTH: EntityKindSpec(
        label="e-mail shape",
        plural="e-mail shapes",
        family="identity",
        meaning="accounts whose e-mail names have one shape, letter by letter",
        table="accounts",
        column="email_local",
        form=SHAPE_BY_LETTER,
        convicts=True,
        indicates=False,
    ),
    EntityKind.SIGNUP_DAY: EntityKindSpec(
        label="sign-up day",
        plural="sign-up days",
        family="identity",
        meaning="accounts made on one day",
        table="accounts",
        column="created_at",
        form=DAY,
        convicts=True,
        indicates=False,
    ),
    EntityKind.SIGNUP_NETWORK: EntityKindSpec(
        label="sign-up network",
        plural="sign-up networks",
        family="infrastructure",
        meaning="accounts signed up from one network",
        table="accounts",
        column="signup_ip",
        form=NETWORK_BLOCK,
        convicts=True,
        indicates=True,
    ),
    EntityKind.ADDRESS: EntityKindSpec(
        label="address",
        plural="addresses",
        family="infrastructure",
        meaning="accounts seen at one address",
        table="exchanges",
        column="client_ip",
        convicts=True,
        indicates=True,
    ),
    EntityKind.NETWORK: EntityKindSpec(
        label="network",
        plural="networks",
        family="infrastructure",
        meaning="accounts seen in one /24 or /48",
        table="exchanges",
        column="client_ip",
        form=NETWORK_BLOCK,
        convicts=True,
        indicates=True,
    ),
    EntityKind.ASN: EntityKindSpec(
        label="autonomous system",
        plural="autonomous systems",
        family="infrastructure",
        meaning="accounts seen in one autonomous system",
        table="exchanges",
        column="client_asn",
        convicts=False,
        indicates=True,
    ),
    EntityKind.JA4: EntityKindSpec(
        label="TLS fingerprint",
        plural="TLS fingerprints",
        family="infrastructure",
        meaning="accounts with one TLS fingerprint",
        table="exchanges",
        column="ja4",
        convicts=False,
        indicates=True,
    ),
    EntityKind.USER_AGENT: EntityKindSpec(
        label="client",
        plural="clients",
        family="infrastructure",
        meaning="accounts with one client software",
        table="exchanges",
        column="user_agent",
        convicts=False,
        indicates=True,
    ),
    EntityKind.END_USER: EntityKindSpec(
        label="end user",
        plural="end users",
        family="identity",
        meaning="accounts that serve one end user",
        table="exchanges",
        column="end_user_id",
        form=GLOBAL_ID,
        convicts=True,
        indicates=False,
    ),
    EntityKind.SESSION: EntityKindSpec(
        label="conversation",
        plural="conversations",
        family="identity",
        meaning="accounts that carry one conversation",
        table="exchanges",
        column="session_id",
        form=GLOBAL_ID,
        convicts=True,
        indicates=False,
    ),
    EntityKind.TOOLS: EntityKindSpec(
        label="set of tools",
        plural="sets of tools",
        family="content",
        meaning="accounts that offer one set of tools",
        table="exchanges",
        column="tool_names",
        form=SORTED_SET,
        convicts=False,
        indicates=True,
    ),
    EntityKind.DOMAIN: EntityKindSpec(
        label="domain",
        plural="domains",
        family="infrastructure",
        meaning="servers of one domain: known from dossiers alone",
        table="",
        column="",
        form=SMALL_LETTERS,
        convicts=False,
        indicates=True,
    ),
    EntityKind.TEMPLATE: EntityKindSpec(
        label="wording",
        plural="wordings",
        family="content",
        meaning="accounts whose exchanges carry one template; the value is its id, and what is compared are its hashes",
        table="",
        column="",
        convicts=True,
        indicates=True,
    ),
}
"""Every kind, in the order of the enum."""

INDICATOR_KINDS = tuple(kind for kind, spec in ENTITY_KINDS.items() if spec.indicates)
"""Kinds that an indicator may be of."""
