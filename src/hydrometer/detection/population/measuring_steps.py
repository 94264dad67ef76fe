"""Named steps from traffic to what the signals read: exchanges in order, facts of accounts, shared fragments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.contract import ENTITY_KINDS, EntityKind, SqlStep
from hydrometer.detection.population.account_facts import write_fact_columns

if TYPE_CHECKING:
    from hydrometer.contract import Settings


TRAFFIC_ONCE = SqlStep(
    "traffic_once",
    """SELECT * FROM traffic QUALIFY row_number() OVER (
  PARTITION BY exchange_id ORDER BY started_at, account_id, model, prompt_hash, system_hash, output_tokens, client_ip,
    user_agent, ja4, session_id, end_user_id, channel, stop_reason, input_tokens, reasoning_tokens) = 1""",
    "each exchange once: a repeated exchange_id counts once, the earliest stays",
)
"""The step that says which of the rows with one exchange id stays."""


def write_set_hash_sql(number: str) -> str:
    """Return SQL for a 62-bit hash of a set of whole numbers below 4.6e18, the same on every engine.

    Each number goes through a cubic polynomial modulo each of two primes near 2³¹, so that no product passes 63 bits; the
    two residues side by side are combined by exclusive or. Two sets of one size meet by chance once in some 10¹⁸ pairs.
    """
    low, high = (
        f"(({number} % {prime}) * ({number} % {prime}) % {prime}) * ({number} % {prime} + {shift}) % {prime}"
        for prime, shift in ((2_147_483_629, 98_765), (2_147_483_647, 12_345))
    )
    return f"bit_xor(({high}) * 2147483648 + {low})"


def build_exchange_steps(settings: Settings) -> list[SqlStep]:
    """Return the steps that number distinct exchanges by account and time, and accounts by their ids."""
    threshold = settings.fingerprint.elicitation_threshold
    return [
        TRAFFIC_ONCE,
        SqlStep(
            "account",
            """SELECT row_number() OVER (ORDER BY account_id) - 1 AS account_no,
  dense_rank() OVER (ORDER BY coalesce('o:' || org_id, 'a:' || account_id)) - 1 AS org_no,
  coalesce(org_id, account_id) AS org_name, seen.*, accounts.* EXCLUDE (account_id)
FROM (SELECT DISTINCT account_id FROM traffic_once) AS seen LEFT JOIN accounts USING (account_id)""",
            "every account with traffic, numbered in the order of its id, with its organisation",
        ),
        SqlStep(
            "model_name",
            "SELECT model, row_number() OVER (ORDER BY model) - 1 AS model_no FROM (SELECT DISTINCT model FROM traffic_once)",
            "models, numbered by name",
        ),
        SqlStep(
            "exchange",
            f"""SELECT row_number() OVER (ORDER BY account_no, started_at, exchange_id) - 1 AS exchange_no, account_no, org_no,
  model_no, traffic_once.* EXCLUDE (account_id), {ENTITY_KINDS[EntityKind.NETWORK].form.sql("client_ip")} AS network,
  elicitation <> 'none' AND elicitation_confidence >= CAST({threshold} AS FLOAT) AS demand,
  coalesce(stop_reason = 'refusal', false) AS refused
FROM traffic_once JOIN account USING (account_id) JOIN model_name USING (model)""",
            "exchanges, numbered by account and time",
        ),
    ]


def build_fact_steps() -> list[SqlStep]:
    """Return the steps that measure the facts of accounts."""
    return [
        SqlStep(
            "client_pair",
            """SELECT user_agent, ja4, count(DISTINCT org_no) AS orgs,
  count(DISTINCT org_no) / sum(count(DISTINCT org_no)) OVER (PARTITION BY user_agent) AS share,
  sum(count(DISTINCT org_no)) OVER (PARTITION BY user_agent) AS agent_orgs
FROM exchange WHERE user_agent IS NOT NULL AND ja4 IS NOT NULL GROUP BY user_agent, ja4""",
            "which TLS fingerprints each client software shows in the whole population",
        ),
        SqlStep(
            "account_facts",
            f"""SELECT account_no,
  {write_fact_columns()}
FROM exchange LEFT JOIN client_pair AS pair USING (user_agent, ja4) GROUP BY account_no""",
            "facts of each account's traffic",
        ),
        SqlStep(
            "succession",
            """SELECT account_no, count(*) AS successions
FROM (SELECT account_no, epoch_us(started_at) - lag(epoch_us(started_at)) OVER (PARTITION BY account_no ORDER BY started_at)
    AS pause FROM exchange)
WHERE pause <= 600000000 GROUP BY account_no""",
            "exchanges that follow their account's last one within ten minutes",
        ),
    ]


def build_fragment_steps() -> list[SqlStep]:
    """Return the steps that gather the fragments that different prompts of different organisations share."""
    return [
        SqlStep(
            "shingle",
            "SELECT exchange_no, org_no, prompt_hash, unnest(list_distinct(sketch)) AS shingle FROM exchange",
            "one row a sampled shingle of an exchange",
        ),
        SqlStep(
            "shared_shingle",
            f"""SELECT shingle, count(*) AS exchanges, count(DISTINCT org_no) AS orgs, count(DISTINCT prompt_hash) AS prompts,
  {write_set_hash_sql("exchange_no")} AS exchange_set
FROM shingle GROUP BY shingle HAVING count(DISTINCT org_no) >= 2 AND count(DISTINCT prompt_hash) >= 3""",
            "boilerplate: shingles that several organisations use around different prompts",
        ),
        SqlStep(
            "fragment",
            """SELECT min(shingle) AS shingle, row_number() OVER (ORDER BY min(shingle)) - 1 AS fragment_no,
  max(orgs) AS orgs, max(prompts) AS prompts, max(exchanges) AS exchanges, count(*) AS shingles
FROM shared_shingle GROUP BY exchange_set, exchanges""",
            "shingles that occur in exactly the same exchanges are one fragment of wording",
        ),
        SqlStep(
            "exchange_fragment",
            "SELECT exchange_no, fragment_no FROM shingle JOIN fragment USING (shingle)",
            "which exchanges carry which fragments",
        ),
    ]
