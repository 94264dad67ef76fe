"""Cases, the evidence they rest on, reviews, appeals, constraints and labels."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _create_case_tables()
    _create_constraint_table()
    _create_finding_tables()


def _create_case_tables() -> None:
    """Make the tables of cases, their appeals and accounts."""
    op.create_table(
        "cases",
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("campaign", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("rule", sa.String(length=200), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
    )
    op.create_index(op.f("ix_cases_campaign"), "cases", ["campaign"], unique=False)
    op.create_index(op.f("ix_cases_opened_at"), "cases", ["opened_at"], unique=False)
    op.create_index(op.f("ix_cases_state"), "cases", ["state"], unique=False)
    op.create_table(
        "appeals",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case", sa.String(length=200), nullable=False),
        sa.Column("account", sa.String(length=500), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["cases.id"], name=op.f("fk_appeals_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeals")),
    )
    op.create_index(op.f("ix_appeals_state"), "appeals", ["state"], unique=False)
    op.create_index("uq_appeals_case_account", "appeals", ["case", "account"], unique=True)
    op.create_table(
        "case_accounts",
        sa.Column("case", sa.String(length=200), nullable=False),
        sa.Column("account", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["cases.id"], name=op.f("fk_case_accounts_case")),
        sa.PrimaryKeyConstraint("case", "account", name=op.f("pk_case_accounts")),
    )
    op.create_index(op.f("ix_case_accounts_account"), "case_accounts", ["account"], unique=False)


def _create_constraint_table() -> None:
    """Make the table of constraints."""
    op.create_table(
        "constraints",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("account", sa.String(length=500), nullable=False),
        sa.Column("other", sa.String(length=500), nullable=False),
        sa.Column("campaign", sa.String(length=200), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("case", sa.String(length=200), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case"], ["cases.id"], name=op.f("fk_constraints_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_constraints")),
    )
    op.create_index(op.f("ix_constraints_account"), "constraints", ["account"], unique=False)
    op.create_index(op.f("ix_constraints_case"), "constraints", ["case"], unique=False)
    op.create_index(
        "uq_constraints_in_force",
        "constraints",
        ["kind", "account", "other", "campaign"],
        unique=True,
        sqlite_where=sa.text("revoked_at IS NULL"),
        postgresql_where=sa.text("revoked_at IS NULL"),
    )


def _create_finding_tables() -> None:
    """Make the tables of evidence, labels, reviews and the steps of appeals."""
    op.create_table(
        "evidence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case", sa.String(length=200), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["cases.id"], name=op.f("fk_evidence_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
    )
    op.create_index(op.f("ix_evidence_case"), "evidence", ["case"], unique=False)
    op.create_index("uq_evidence_case_sha256", "evidence", ["case", "sha256"], unique=True)
    op.create_table(
        "labels",
        sa.Column("account", sa.String(length=500), nullable=False),
        sa.Column("campaign", sa.String(length=200), nullable=False),
        sa.Column("operator", sa.Boolean(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["cases.id"], name=op.f("fk_labels_case")),
        sa.PrimaryKeyConstraint("account", "campaign", name=op.f("pk_labels")),
    )
    op.create_table(
        "reviews",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("finding", sa.String(length=20), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["cases.id"], name=op.f("fk_reviews_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
    )
    op.create_index(op.f("ix_reviews_case"), "reviews", ["case"], unique=False)
    op.create_table(
        "appeal_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("appeal", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("step", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["appeal"], ["appeals.id"], name=op.f("fk_appeal_events_appeal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal_events")),
    )
    op.create_index(op.f("ix_appeal_events_appeal"), "appeal_events", ["appeal"], unique=False)


def downgrade() -> None:
    """Drop them, with all that is in them."""
    for table in ("appeal_events", "reviews", "labels", "evidence", "constraints", "case_accounts", "appeals", "cases"):
        op.drop_table(table)
