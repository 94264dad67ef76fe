"""Measures what answering takes: backtests by verdicts of their day, and the audit log.

usage: python benchmarks/response.py [--accounts 5000] [--exchanges 250000] [--days 28] [--every 4] [--seed 5] [--json]

A labelled world of the scenario `mixed_pool` is made, its traffic up to every few days is detected, and the example policy
is replayed over the whole of it by what was known at each time; beside it, with the last result as if it had been known
from the middle on. Rates are of one processor (CPU seconds); of the audit log by the clock, since it waits for the disk.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hydrometer import api
from hydrometer.contract.progress import SilentProgress
from hydrometer.contract.settings import Settings
from hydrometer.enforcement.audit.audit_log import AuditLog
from hydrometer.enforcement.audit.chain_verification import verify_log
from hydrometer.enforcement.backtest.policy_backtest import BacktestRequest, run_backtest
from hydrometer.enforcement.policy.condition_facts import complete_facts
from hydrometer.enforcement.policy.expressions import compile_condition
from hydrometer.enforcement.policy.policy_reader import read_example_policy, read_policy

if TYPE_CHECKING:
    from hydrometer.contract.backtest_records import Backtest

LINE = {
    "account": "acct_7d3f0a91c24be856",
    "action": "verify",
    "rule": "verify-likely-members",
    "case": "J4QK2MZP7RTA",
    "campaign": "HY-1a3eea7c",
    "probability": 0.97,
    "why": "member",
    "snapshot": "20260301T090000.000000Z",
}


def main() -> None:
    """Measure, and print what was measured."""
    parser = argparse.ArgumentParser(description="Measures backtests and the audit log.")
    for name, default in (("accounts", 5_000), ("exchanges", 250_000), ("days", 28), ("every", 4), ("seed", 5)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        told = {
            "condition_us": conditions(),
            "backtest": backtested(Path(made), chosen),
            "audit": audited(Path(made) / "audit"),
        }
    print(json.dumps(told, indent=None if chosen.json else 2))


def conditions(*, times: int = 5_000) -> float:
    """CPU µs of evaluating one condition of the example policy, all of them in turn, without remembering."""
    policy, _ = read_policy(read_example_policy())
    if policy is None:
        raise ValueError("the example policy cannot be used")
    compiled = [compile_condition(rule.when) for rule in policy.rules]
    facts = complete_facts({"verdict": {"member": True, "probability": 0.95}})
    begun = time.process_time()
    for _ in range(times):
        for condition in compiled:
            condition.outcome(facts)
    return round((time.process_time() - begun) / times / len(compiled) * 1e6, 1)


def backtested(folder: Path, chosen: argparse.Namespace) -> dict[str, Any]:
    """Make a world, detect as days go by, and replay the example policy."""
    world, key = folder / "world", folder / "site.key"
    api.simulate(
        "mixed_pool",
        world,
        seed=chosen.seed,
        accounts=chosen.accounts,
        exchanges=chosen.exchanges,
        days=chosen.days,
        sketches_only=True,
        site_key=key,
    )
    policy = folder / "policy.yaml"
    policy.write_text(read_example_policy(), encoding="utf-8")
    traffic = _read(world)
    begun = pc.min(traffic["started_at"]).as_py().replace(hour=0, minute=0, second=0, microsecond=0)
    for day in range(chosen.every, chosen.days + 1, chosen.every):
        part = folder / "part"
        part.mkdir(exist_ok=True)
        pq.write_table(traffic.filter(pc.field("started_at") < begun + timedelta(days=day)), part / "exchanges.parquet")
        (part / "accounts.parquet").write_bytes((world / "accounts.parquet").read_bytes())
        _detect(part, folder / "results" / f"{begun + timedelta(days=day - 1):%Y-%m-%d}", key)
    last = max((folder / "results").iterdir())
    half = begun + timedelta(days=chosen.days / 2)
    common: dict[str, Any] = {"policy": policy, "traffic": world, "truth": world, "site_key": key}
    by_day = run_backtest(
        BacktestRequest(result=folder / "results", thresholds=False, **common), SilentProgress()
    ).record
    as_if = run_backtest(
        BacktestRequest(result=last, known_from=half, thresholds=False, **common), SilentProgress()
    ).record
    return {
        "exchanges": traffic.num_rows,
        "results": len(by_day.results),
        "by_day": _told(by_day),
        "as_if_known_from_the_middle": _told(as_if),
    }


def _read(world: Path) -> pa.Table:
    return pa.concat_tables([pq.read_table(file) for file in sorted(world.glob("exchanges*.parquet"))])


def _detect(traffic: Path, out: Path, key: Path) -> None:
    out.parent.mkdir(exist_ok=True)
    api.detect(traffic, out, Settings(), site_key=key, mapping=None, source=None, progress=SilentProgress())


def _told(record: Backtest) -> dict[str, Any]:
    harvest, honest = record.harvest, record.honest
    return {
        "requests_per_cpu_second": record.requests_per_second,
        "harvest": harvest.requests,
        "stopped": harvest.stopped,
        "weakened": harvest.weakened,
        "before_anything_was_known": record.unknown,
        "honest_accounts": honest.accounts,
        "honest_accounts_touched": honest.touched_accounts,
        "honest_requests": honest.requests,
        "honest_requests_touched": honest.stopped + honest.weakened,
    }


def audited(folder: Path, *, seconds: float = 2.0) -> dict[str, Any]:
    """Write lines from so many threads at once, then verify them."""
    told: dict[str, Any] = {}
    with AuditLog(folder) as log:
        for threads in (1, 8, 64):
            told[f"lines_per_second_of_{threads}_threads"] = round(_written(log, threads, seconds))
        begun = time.perf_counter()
        for _ in range(200):
            log.append_all([("decision", LINE)] * 256)
        told["lines_per_second_in_batches_of_256"] = round(200 * 256 / (time.perf_counter() - begun))
    begun = time.process_time()
    found = verify_log(folder)
    if not found.whole:
        raise ValueError(f"the log is not whole: {found.faults[0]}")
    told["verified_lines_per_cpu_second"] = round(found.lines / (time.process_time() - begun))
    return told


def _written(log: AuditLog, threads: int, seconds: float) -> float:
    until, lines = time.monotonic() + seconds, [0] * threads

    def write(place: int) -> None:
        while time.monotonic() < until:
            log.append("decision", LINE)
            lines[place] += 1

    workers = [threading.Thread(target=write, args=(place,)) for place in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(lines) / seconds


if __name__ == "__main__":
    main()
