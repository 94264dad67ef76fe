"""Linking accounts, ours or Splink's, in a process of its own: `python -m speed.links hydrometer|splink WORLD WORK`.

Both begin with what was measured of the same world, and that is not timed. Splink gets one row an account with one value
of each kind (the most used one), and trains, scores and clusters them as the baseline of the quality benchmark does: its
comparisons, blocks and caps. Hydrometer's stage `link and test` takes every value that an account shows, proposes and
grows groups, puts them to all statistical tests, judges them and describes the campaigns: far more than links.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import orjson

from hydrometer.contract.canonical_forms import write_network_sql
from hydrometer.contract.progress import SilentProgress
from hydrometer.contract.settings import Settings
from hydrometer.detection.backend_selection import measure_traffic, open_backend
from hydrometer.detection.campaigns.campaign_findings import find_campaigns
from hydrometer.detection.campaigns.group_scoring import ScoringRules
from hydrometer.detection.campaigns.score_calibration import load_calibration
from hydrometer.detection.run_recorder import RunRecorder, read_peak_memory_mb
from hydrometer.detection.signals.signal import SignalSet, find_signals
from quality.baselines.groups import components
from quality.baselines.splink_accounts import BLOCKS, MOST_SHARED, scored
from speed.relational import asked

if TYPE_CHECKING:
    import pyarrow as pa

    from hydrometer.detection.population.population import Population
    from speed.relational import Figures

LEAST_WEIGHT = 6.0
"""Bits from which two accounts are clustered."""
OWN = {
    "card": "payment_fingerprint", "bin": "payment_bin", "device": "device_id", "phone": "phone_hash",
    "local": "lower(email_local)", "domain": "lower(email_domain)", "signup_ip": "signup_ip",
}  # fmt: skip
USED = {"address": "client_ip", "ja4": "ja4", "agent": "user_agent", "wording": "CAST(lead_hash AS VARCHAR)"}


def population_of(world: Path, work: Path, account: RunRecorder) -> Population:
    """Measure a world; its arrays lie in `work`."""
    with open_backend(asked(world, work), work, work / "rejected.jsonl", account) as (engine, reading):
        return measure_traffic(engine, reading, account).population


def by_hydrometer(world: Path, work: Path) -> Figures:
    """Link and test."""
    account = RunRecorder(Settings(), SilentProgress())
    population = population_of(world, work, account)
    selection = account.select_signals(find_signals(), population.columns)

    before = read_peak_memory_mb()
    wall, cpu = time.perf_counter(), time.process_time()
    findings = find_campaigns(
        population,
        SignalSet(selection.active),
        ScoringRules(account.settings.campaigns, load_calibration(), selection.attainable),
        SilentProgress(),
    )
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    found = {"accounts": population.size, "candidates": len(findings.candidates), "campaigns": len(findings.campaigns)}
    return {"wall_s": wall, "cpu_s": cpu, "parts": found, "before_mb": before}


def by_splink(world: Path, _: Path) -> Figures:
    """Train, score and cluster."""
    table = records(world)
    before = read_peak_memory_mb()
    wall, cpu = time.perf_counter(), time.process_time()
    first, second, weight = scored(table)
    linked = weight >= LEAST_WEIGHT
    clusters = components(first[linked], second[linked], table.num_rows)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    found = {"accounts": table.num_rows, "pairs": int(np.sum(linked)), "clusters": len(clusters)}
    return {"wall_s": wall, "cpu_s": cpu, "parts": found, "before_mb": before}


def records(world: Path) -> pa.Table:
    """One row an account with the columns that the baseline compares, and `hold_…` without what too many share."""
    own = ", ".join(f"{value} AS {name}" for name, value in OWN.items())
    used = ", ".join(f"mode({value}) AS {name}" for name, value in USED.items())
    threshold = Settings().fingerprint.elicitation_threshold
    held = ", ".join(
        f"CASE WHEN count({name}) OVER (PARTITION BY {name}) <= {MOST_SHARED} THEN {name} END AS hold_{name}"
        for name in BLOCKS
    )
    sql = f"""WITH used AS (
  SELECT account_id, {used}, epoch_us(min(started_at)) // 1000000 AS begun,
    avg(CASE WHEN elicitation <> 'none' AND elicitation_confidence >= {threshold} THEN 1.0 ELSE 0.0 END) AS asking
  FROM read_parquet($exchanges) GROUP BY account_id
), account AS (
  SELECT row_number() OVER (ORDER BY account_id) - 1 AS place,
    dense_rank() OVER (ORDER BY coalesce('o:' || org_id, 'a:' || account_id)) AS unit, {own}, address, ja4, wording,
    {write_network_sql("signup_ip")} AS signup_subnet, {write_network_sql("address")} AS subnet, ja4 || ' ' || agent AS client,
    epoch_us(created_at) // 1000000 AS created, asking, begun
  FROM used LEFT JOIN read_parquet($accounts) USING (account_id)
) SELECT *, {held} FROM account ORDER BY place"""
    files = {"exchanges": str(world / "exchanges*.parquet"), "accounts": str(world / "accounts.parquet")}
    with duckdb.connect() as connection:
        table: pa.Table = connection.sql(sql, params=files).to_arrow_table()
    return table


def main() -> None:
    """Measure one way and print the figures."""
    way, world = sys.argv[1], Path(sys.argv[2])
    with tempfile.TemporaryDirectory(dir=sys.argv[3]) as held:
        figures = {"hydrometer": by_hydrometer, "splink": by_splink}[way](world, Path(held))
    print(orjson.dumps({**figures, "peak_mb": read_peak_memory_mb()}).decode())


if __name__ == "__main__":
    main()
