"""Made-up tables with gaps, for the tests of the readers."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from hydrometer.contract.account_columns import ACCOUNTS
from hydrometer.contract.exchange_columns import EXCHANGES

START = datetime(2026, 3, 2, tzinfo=UTC)
_WORDS = [
    "list",
    "the",
    "steps",
    "of",
    "a",
    "proof",
    "no",
    "“odd”",
    "number",
    "even\nthen",
    "数",
    "🜁",
    "\\",
    "{it}",
    "[1,",
]


def sample_exchanges(rows: int, *, words: int = 12) -> pa.Table:
    """Exchanges of ten accounts, every optional column sometimes null."""
    draw = random.Random(5)

    def maybe(value: Any) -> Any:
        return value if draw.random() < 0.8 else None

    made = [
        {
            "exchange_id": f"ex_{index:06d}",
            "started_at": START + timedelta(microseconds=draw.randrange(10**12)),
            "account_id": f"acct_{draw.randrange(10)}",
            "model": draw.choice(["atlas-large-4", "atlas-small-4"]),
            "channel": draw.choice(["api", "bedrock", "vertex", "azure", "web", "aggregator"]),
            "client_ip": maybe(draw.choice(["203.0.113.7", "2001:db8::17"])),
            "client_asn": maybe(draw.randrange(1, 60_000)),
            "user_agent": maybe(draw.choice(["OpenAI/Python 3.54.0", "Go-http-client/2.0"])),
            "ja4": maybe("t13d1812h1_85036bcba153_375ca2c5e164"),
            "end_user_id": maybe(f"u_{draw.randrange(50)}"),
            "session_id": maybe(f"s_{draw.randrange(50)}"),
            "turns": draw.randrange(1, 6),
            "system_prompt": maybe(" ".join(draw.choices(_WORDS, k=words))),
            "prompt": " ".join(draw.choices(_WORDS, k=words)),
            "tool_names": maybe(draw.choice([[], ["bash"], ["read_file", "edit_file"]])),
            "input_tokens": draw.randrange(5000),
            "output_tokens": draw.randrange(5000),
            "reasoning_tokens": draw.choice([0, 17, 400]),
            "stop_reason": maybe(draw.choice(["end_turn", "max_tokens", "tool_use", "refusal", "stop_sequence"])),
        }
        for index in range(rows)
    ]
    return pa.Table.from_pylist(made, schema=EXCHANGES.schema)


def sample_accounts() -> pa.Table:
    """The ten accounts of `sample_exchanges`, with organisation and e-mail address."""
    made = [
        {
            "account_id": f"acct_{index}",
            "org_id": f"org_{index % 4}",
            "email_local": f"kim.{index}",
            "email_domain": "example.com",
        }
        for index in range(10)
    ]
    return pa.Table.from_pylist(made, schema=ACCOUNTS.schema)
