"""What accounts can share: each kind of entity, its family and the step that finds it."""

from __future__ import annotations

from dataclasses import dataclass

from hydrometer.contract import SqlStep
from hydrometer.detection.population.measuring_steps import write_network_sql


@dataclass(frozen=True, slots=True)
class EntityKind:
    """A kind of value; `select` yields (account_no, value[, uses]) and may repeat pairs."""

    name: str
    family: str
    needs: tuple[str, ...]
    select: str
    single: bool
    meaning: str

    @property
    def step(self) -> SqlStep:
        """The step that makes the table `entity_<name>`."""
        return SqlStep(
            f"entity_{self.name}",
            f"""WITH pair AS (SELECT account_no, CAST(value AS VARCHAR) AS value, count(*) AS uses
  FROM ({self.select}) WHERE value IS NOT NULL AND CAST(value AS VARCHAR) <> '' GROUP BY ALL)
SELECT account_no, org_no, value, dense_rank() OVER (ORDER BY value) - 1 AS value_no, uses
FROM pair JOIN (SELECT account_no, org_no FROM account) USING (account_no)""",
            self.meaning,
        )


def _make_account_kind(name: str, family: str, column: str, meaning: str, expression: str | None = None) -> EntityKind:
    select = f"SELECT account_no, {expression or column} AS value FROM account"
    return EntityKind(name, family, (f"accounts.{column}",), select, True, meaning)


def _make_exchange_kind(name: str, family: str, column: str, meaning: str, expression: str | None = None) -> EntityKind:
    select = f"SELECT account_no, {expression or column} AS value FROM exchange"
    return EntityKind(name, family, (f"exchanges.{column}",), select, False, meaning)


def write_lowercase_sql(column: str) -> str:
    """Return SQL for a text in small letters, the same on every engine: they differ over the dotted İ and the final Σ."""
    return f"lower(translate({column}, 'İΣ', 'iσ'))"


GLOBAL = "CASE WHEN length({0}) >= 20 THEN {0} END"

ENTITY_KINDS = (
    _make_account_kind("payment", "identity", "payment_fingerprint", "accounts that pay with one instrument"),
    _make_account_kind("bin", "identity", "payment_bin", "accounts whose cards come from one batch"),
    _make_account_kind("device", "identity", "device_id", "accounts signed up on one device"),
    _make_account_kind("phone", "identity", "phone_hash", "accounts with one telephone number"),
    _make_account_kind(
        "email_domain",
        "identity",
        "email_domain",
        "accounts with e-mail at one domain",
        write_lowercase_sql("email_domain"),
    ),
    _make_account_kind(
        "email_shape",
        "identity",
        "email_local",
        "accounts whose e-mail names have one shape: letters as a, digits as 9",
        "regexp_replace(regexp_replace(email_local, '\\p{L}+', 'a', 'g'), '[0-9]', '9', 'g')",
    ),
    _make_account_kind(
        "email_length",
        "identity",
        "email_local",
        "accounts whose e-mail names have one shape, letter by letter",
        "regexp_replace(regexp_replace(email_local, '\\p{L}', 'a', 'g'), '[0-9]', '9', 'g')",
    ),
    _make_account_kind("signup_day", "identity", "created_at", "accounts made on one day", "CAST(created_at AS DATE)"),
    _make_account_kind(
        "signup_network",
        "infrastructure",
        "signup_ip",
        "accounts signed up from one network",
        write_network_sql("signup_ip"),
    ),
    _make_exchange_kind("address", "infrastructure", "client_ip", "accounts seen at one address"),
    _make_exchange_kind("network", "infrastructure", "client_ip", "accounts seen in one /24 or /48", "network"),
    _make_exchange_kind("asn", "infrastructure", "client_asn", "accounts seen in one autonomous system"),
    _make_exchange_kind("ja4", "infrastructure", "ja4", "accounts with one TLS fingerprint"),
    _make_exchange_kind("user_agent", "infrastructure", "user_agent", "accounts with one client software"),
    # Short ids are a customer's own numbering and meet by chance; long ones (UUIDs, digests) do not.
    _make_exchange_kind(
        "end_user", "identity", "end_user_id", "accounts that serve one end user", GLOBAL.format("end_user_id")
    ),
    _make_exchange_kind(
        "session", "identity", "session_id", "accounts that carry one conversation", GLOBAL.format("session_id")
    ),
    _make_exchange_kind(
        "tools",
        "content",
        "tool_names",
        "accounts that offer one set of tools",
        "nullif(array_to_string(list_sort(tool_names), ' '), '')",
    ),
)
"""Kinds of entity, the rarer and harder to fake first."""
