"""`accounts`: what is known of each account."""

from __future__ import annotations

import pyarrow as pa

from hydrometer.contract.table import TIMESTAMP, Column, Table

ACCOUNTS = Table(
    "accounts",
    "what is known of each account; an account that is in no row is still an account",
    (
        Column("account_id", pa.string(), "the paying identity or key", needed=True),
        Column("created_at", TIMESTAMP, "when the account was made", unit="µs since 1970, UTC"),
        Column("org_id", pa.string(), "the declared customer"),
        Column("email_domain", pa.string(), "part of the e-mail address after the @"),
        Column("email_local", pa.string(), "part of the e-mail address before the @"),
        Column("payment_fingerprint", pa.string(), "digest of the payment instrument"),
        Column("payment_bin", pa.string(), "first six to eight digits of the card"),
        Column("phone_hash", pa.string(), "digest of the telephone number"),
        Column("device_id", pa.string(), "device seen at sign-up"),
        Column("signup_ip", pa.string(), "address at sign-up"),
        Column("country", pa.string(), "declared country, ISO 3166-1 alpha-2"),
        Column("plan", pa.string(), "plan or tier"),
        Column("verification", pa.string(), "none, email, phone, card, edu, sso, contract"),
        Column("agreements", pa.list_(pa.string()), "`distillation`: this customer may train on outputs"),
    ),
)
