"""`accounts`: what is known of each account."""

from __future__ import annotations

import pyarrow as pa

from hydrometer.contract.table_spec import TIMESTAMP, ColumnSpec, TableSpec

ACCOUNTS = TableSpec(
    "accounts",
    "what is known of each account; an account that is in no row is still an account",
    (
        ColumnSpec("account_id", pa.string(), "the paying identity or key", needed=True),
        ColumnSpec("created_at", TIMESTAMP, "when the account was made", unit="µs since 1970, UTC"),
        ColumnSpec("org_id", pa.string(), "the declared customer"),
        ColumnSpec("email_domain", pa.string(), "part of the e-mail address after the @"),
        ColumnSpec("email_local", pa.string(), "part of the e-mail address before the @"),
        ColumnSpec("payment_fingerprint", pa.string(), "digest of the payment instrument"),
        ColumnSpec("payment_bin", pa.string(), "first six to eight digits of the card"),
        ColumnSpec("phone_hash", pa.string(), "digest of the telephone number"),
        ColumnSpec("device_id", pa.string(), "device seen at sign-up"),
        ColumnSpec("signup_ip", pa.string(), "address at sign-up"),
        ColumnSpec("country", pa.string(), "declared country, ISO 3166-1 alpha-2"),
        ColumnSpec("plan", pa.string(), "plan or tier"),
        ColumnSpec("verification", pa.string(), "none, email, phone, card, edu, sso, contract"),
        ColumnSpec("agreements", pa.list_(pa.string()), "`distillation`: this customer may train on outputs"),
    ),
)
