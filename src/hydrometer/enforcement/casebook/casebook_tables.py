"""The tables of the casebook, for SQLite and PostgreSQL alike; `migrations/` makes them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect


class UtcTime(TypeDecorator[datetime]):
    """A time in UTC; SQLite keeps no zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn a time with a zone to UTC."""
        del dialect
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        del dialect
        if not isinstance(value, datetime):
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

cases = Table(
    "cases",
    metadata,
    Column("id", String(200), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("campaign", String(200), nullable=False, index=True),
    Column("action", String(40), nullable=False),
    Column("rule", String(200), nullable=False),
    Column("probability", Float, nullable=False),
    Column("opened_at", UtcTime, nullable=False, index=True),
    Column("state", String(20), nullable=False, index=True),
)

case_accounts = Table(
    "case_accounts",
    metadata,
    Column("case", String(200), ForeignKey("cases.id"), primary_key=True),
    Column("account", String(500), primary_key=True, index=True),
)

evidence = Table(
    "evidence",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case", String(200), ForeignKey("cases.id"), nullable=False, index=True),
    Column("kept_at", UtcTime, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("body", JSON, nullable=False),
    Column("sha256", String(64), nullable=False),
    # The same evidence is kept once for a case, however often it is looked at.
    Index("uq_evidence_case_sha256", "case", "sha256", unique=True),
)

reviews = Table(
    "reviews",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case", String(200), ForeignKey("cases.id"), nullable=False, index=True),
    Column("at", UtcTime, nullable=False),
    Column("by", String(200), nullable=False),
    Column("finding", String(20), nullable=False),
    Column("why", Text, nullable=False),
)

appeals = Table(
    "appeals",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("case", String(200), ForeignKey("cases.id"), nullable=False),
    Column("account", String(500), nullable=False),
    Column("state", String(20), nullable=False, index=True),
    Column("opened_at", UtcTime, nullable=False),
    # A customer has one appeal of a case; once closed, it is reopened with new evidence.
    Index("uq_appeals_case_account", "case", "account", unique=True),
)

appeal_events = Table(
    "appeal_events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("appeal", String(40), ForeignKey("appeals.id"), nullable=False, index=True),
    Column("at", UtcTime, nullable=False),
    Column("by", String(200), nullable=False),
    Column("step", String(20), nullable=False),
    Column("text", Text, nullable=False),
)

constraints = Table(
    "constraints",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("account", String(500), nullable=False, index=True),
    Column("other", String(500), nullable=False),
    Column("campaign", String(200), nullable=False),
    Column("by", String(200), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("why", Text, nullable=False),
    Column("case", String(200), ForeignKey("cases.id"), index=True),
    Column("revoked_at", UtcTime),
    # What holds is there once; what was revoked stays to be read.
    Index(
        "uq_constraints_in_force",
        "kind",
        "account",
        "other",
        "campaign",
        unique=True,
        sqlite_where=text("revoked_at IS NULL"),
        postgresql_where=text("revoked_at IS NULL"),
    ),
)

labels = Table(
    "labels",
    metadata,
    Column("account", String(500), primary_key=True),
    Column("campaign", String(200), primary_key=True),
    Column("operator", Boolean, nullable=False),
    Column("by", String(200), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("case", String(200), ForeignKey("cases.id"), nullable=False),
)
"""The last word on an account in a campaign; the reviews say how it came to that."""
