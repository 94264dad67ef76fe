"""The facts of an account, each declared once: what it means, the SQL that measures it, the tallies that kernels count for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from hydrometer.detection.population.population import Floats

RARE_SHARE, MANY_ORGS = 0.02, 50
"""A TLS fingerprint so rare among the organisations of a client, where there are so many, is foreign to it."""


@dataclass(frozen=True, slots=True)
class AccountFact:
    """A number of each account, and how it is measured.

    Attributes:
        name: its key in `Population.facts`.
        meaning: what it says, with its unit.
        sql: its column in the step `account_facts`, over an account's rows of `exchange`; empty where another step or
            function measures it.
        tally: the int64 field of TALLIES that kernels fill for it; empty for what follows from more than one account.
        divisor: the tally that `tally` is divided by; empty where the tally is the fact.
        distinct: the column of `SortedExchanges` whose distinct values are counted into `tally`; empty for other tallies.
    """

    name: str
    meaning: str
    sql: str = ""
    tally: str = ""
    divisor: str = ""
    distinct: str = ""


def _count(name: str, sql: str, meaning: str) -> AccountFact:
    """Declare a fact that is its tally."""
    return AccountFact(name, meaning, sql, tally=name)


def _mean(name: str, tally: str, divisor: str, sql: str, meaning: str) -> AccountFact:
    """Declare a fact that is one tally for each of another; NaN where that is 0."""
    return AccountFact(name, meaning, f"avg({sql})", tally, divisor)


def _distinct(name: str, column: str, source: str, meaning: str) -> AccountFact:
    """Declare a fact that counts the distinct values of a column (`source` in SQL)."""
    return AccountFact(name, meaning, f"count(DISTINCT {source})", name, distinct=column)


ACCOUNT_FACTS = (
    _count("exchanges", "count(*)", "exchanges"),
    _count("first_seen", "epoch_us(min(started_at))", "time of the first exchange, µs since 1970"),
    _count("last_seen", "epoch_us(max(started_at))", "time of the last exchange, µs since 1970"),
    _count("active_days", "count(DISTINCT date_trunc('day', started_at))", "days (UTC) with exchanges"),
    _count("active_hours", "count(DISTINCT date_trunc('hour', started_at))", "hours with exchanges"),
    _count(
        "hours_of_day", "count(DISTINCT date_part('hour', started_at))", "hours of the day (UTC) with exchanges, to 24"
    ),
    _count("with_address", "count(client_ip)", "exchanges whose address is known"),
    _count("successions", "", "exchanges that follow the account's last one within ten minutes"),
    _mean(
        "single_turn",
        "single_turns",
        "turns_known",
        "CASE WHEN turns = 1 THEN 1.0 WHEN turns > 1 THEN 0.0 END",
        "share of exchanges of one turn, of those whose turns are known",
    ),
    _mean("output_tokens", "output", "output_known", "output_tokens", "mean tokens of an answer"),
    _mean("input_tokens", "input", "input_known", "input_tokens", "mean tokens of a request"),
    _mean("reasoning_tokens", "reasoning", "reasoning_known", "reasoning_tokens", "mean tokens of reasoning"),
    _mean("refused", "refusals", "exchanges", "CASE WHEN refused THEN 1.0 ELSE 0.0 END", "share of exchanges refused"),
    _distinct("addresses", "address", "client_ip", "distinct addresses"),
    _distinct("networks", "network", "network", "distinct blocks of addresses"),
    _distinct("user_agents", "user_agent", "user_agent", "distinct client software"),
    _distinct("end_users", "end_user", "end_user_id", "distinct end users"),
    _distinct("languages", "language", "language", "distinct languages of prompts"),
    _distinct("prompts", "prompt", "prompt_hash", "distinct prompts"),
    _distinct("sessions", "session", "session_id", "distinct sessions"),
    AccountFact(
        "contradictions",
        "share of exchanges whose TLS fingerprint is foreign to their client, of those with both",
        f"""avg(CASE WHEN pair.agent_orgs IS NULL THEN NULL
    WHEN pair.share < {RARE_SHARE} AND pair.agent_orgs >= {MANY_ORGS} THEN 1.0 ELSE 0.0 END)""",
    ),
    AccountFact("created", "time of sign-up, µs since 1970"),
    AccountFact("demand", "share of exchanges that ask for training material"),
    AccountFact("leaning", "share of exchanges that carry a fragment which leans to elicitation"),
    AccountFact("asking", "-log10 p that the account asks for training material no more often than ordinary ones"),
)
"""Every fact of an account; those that have no SQL and no tally are worked out when a population is assembled."""
TALLIES = np.dtype(
    [
        (name, np.int64)
        for name in dict.fromkeys(name for fact in ACCOUNT_FACTS for name in (fact.tally, fact.divisor) if name)
    ]
)
"""What kernels count of an account: whole numbers by name, means as sum and count."""
DISTINCT_TALLIES = {fact.distinct: fact.tally for fact in ACCOUNT_FACTS if fact.distinct}
"""The tally of each column of `SortedExchanges` whose distinct values are counted."""


def write_fact_columns() -> str:
    """Return the columns of the step `account_facts`."""
    return ",\n  ".join(f"{fact.sql} AS {fact.name}" for fact in ACCOUNT_FACTS if fact.sql)


def finish_facts(tallies: npt.NDArray[Any]) -> dict[str, Floats]:
    """Return the facts that follow from tallies, by name; NaN for the mean of nothing.

    Args:
        tallies: TALLIES of each account.
    """
    facts: dict[str, Floats] = {}
    with np.errstate(invalid="ignore"):
        for fact in ACCOUNT_FACTS:
            if fact.tally:
                whole = tallies[fact.tally].astype(np.float64)
                facts[fact.name] = whole / tallies[fact.divisor].astype(np.float64) if fact.divisor else whole
    return facts
