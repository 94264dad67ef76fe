"""The relational core by the ledger's kernels or by the named steps on DuckDB, in a process of its own.

    python -m speed.relational ledger|duckdb WORLD

prints JSON: CPU and wall seconds of the work without start-up, seconds by piece, peak memory, and a digest of what came
out, by which two systems are held to the same work. The work, from sketch rows in Parquet: every exchange once, numbered
by account and time; the facts of every account; which account shows which value of each kind of entity how often, and by
how many organisations each value is shown; wordings that different prompts of different organisations share, the
exchanges that carry them, and the accounts.

DuckDB runs the named steps on views of the Parquet files, as tables of a database file within the same memory, and
besides what `signals.measure` does with arrays: counting organisations and the wordings of accounts. It does no more.
The ledger does what `hydrometer detect` does: it checks each row against the contract, spills, and makes a Population of
arrays, with which exchanges lean to demands.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from hydrometer.contract.progress import SilentProgress
from hydrometer.contract.settings import Settings
from hydrometer.contract.sql_step import SqlStep
from hydrometer.detection.backend_selection import measure_traffic, open_backend
from hydrometer.detection.ingestion.fingerprinted_traffic import ReadRequest, open_reading
from hydrometer.detection.population.entity_steps import TRAFFIC_KINDS
from hydrometer.detection.population.population_assembly import list_measuring_steps
from hydrometer.detection.run_recorder import RunRecorder, read_peak_memory_mb
from hydrometer.engines.duckdb_engine import DuckEngine
from hydrometer.sources import Rejects

if TYPE_CHECKING:
    from hydrometer.detection.population.population import Population

Figures = dict[str, Any]
Digest = dict[str, float]

COUNTED = (
    "exchanges", "first_seen", "last_seen", "active_days", "active_hours", "hours_of_day", "addresses", "networks",
    "user_agents", "end_users", "languages", "prompts", "sessions", "with_address",
)  # fmt: skip
"""Facts that are whole numbers: their sums over accounts must be equal."""
SHARES = ("single_turn", "output_tokens", "input_tokens", "reasoning_tokens", "refused", "contradictions")
"""Facts that are means: their sums must be equal to nine digits."""
ENTITY_PIECE, FACT_PIECE, WORDING_PIECE = "entities", "facts", "wordings"
COUNTS = [
    *(
        SqlStep(
            f"degree_{kind}",
            f"SELECT value_no, count(DISTINCT org_no) AS orgs FROM entity_{kind} GROUP BY value_no",
            "how many organisations show each value",
        )
        for kind in TRAFFIC_KINDS
    ),
    SqlStep(
        "account_fragment",
        """SELECT account_no, fragment_no, count(*) AS uses FROM exchange_fragment JOIN exchange USING (exchange_no)
GROUP BY account_no, fragment_no""",
        "which accounts carry which fragments, and in how many exchanges",
    ),
]
"""What `signals.measure` counts in arrays, as steps."""


def asked(world: Path, work: Path) -> ReadRequest:
    """A world of fingerprints to be read; its key is not needed."""
    return ReadRequest(world, work / "site.key", None, None)


def by_kernels(world: Path, work: Path) -> Figures:
    """Measure with the ledger."""
    account = RunRecorder(Settings(), SilentProgress())
    wall, cpu = time.perf_counter(), time.process_time()
    with open_backend(asked(world, work), work, work / "rejected.jsonl", account) as (engine, reading):
        population = measure_traffic(engine, reading, account).population
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    parts = {stage.name: stage.cpu_seconds for stage in account.build_run("done").stages}
    return {"wall_s": wall, "cpu_s": cpu, "parts": parts, "digest": digest_of(population)}


def digest_of(population: Population) -> Digest:
    """Sums over everything that was measured."""
    facts, fragments = population.facts, population.fragments
    digest: Digest = {"accounts": population.size, "organisations": len(population.orgs)}
    digest |= {name: float(facts[name].sum()) for name in COUNTED}
    digest |= {name: float(np.nansum(facts[name])) for name in SHARES}
    digest["successions"] = float(facts["successions"].sum())
    for kind, entities in population.entities.items():
        digest |= {f"{kind} pairs": entities.account.size, f"{kind} values": len(entities.names)}
        digest |= {f"{kind} uses": float(entities.uses.sum()), f"{kind} degrees": float(entities.orgs.sum())}
    digest |= {
        "fragments": fragments.orgs.size,
        "fragment organisations": float(fragments.orgs.sum()),
        "fragment prompts": float(fragments.prompts.sum()),
        "fragment exchanges": float(fragments.exchanges.sum()),
        "carried": fragments.carried.size,
        "owned": fragments.own.size,
    }
    return digest


def by_sql(world: Path, work: Path) -> Figures:
    """Measure with the named steps on DuckDB."""
    settings = Settings()
    reading = open_reading(asked(world, work), work, work / "rejected.jsonl", settings)
    with Rejects(None) as rejects:
        accounts = reading.traffic.accounts(rejects)
    parts = dict.fromkeys(("exchanges in order", FACT_PIECE, ENTITY_PIECE, WORDING_PIECE), 0.0)
    begun, spent = time.perf_counter(), time.process_time()
    with DuckEngine(work, memory=settings.memory, threads=settings.cores) as engine:
        engine.view("traffic", world / "exchanges*.parquet")
        engine.add_table("accounts", accounts)
        for step in list_measuring_steps(settings) + COUNTS:
            before = time.process_time()
            engine.run([step], SilentProgress())
            parts[_piece(step.name)] += time.process_time() - before
        wall, cpu = time.perf_counter() - begun, time.process_time() - spent
        return {"wall_s": wall, "cpu_s": cpu, "parts": parts, "digest": _tables_digest(engine)}


def _piece(step: str) -> str:
    if step.startswith(("entity_", "degree_")):
        return ENTITY_PIECE
    if step in ("client_pair", "account_facts", "succession"):
        return FACT_PIECE
    return WORDING_PIECE if step.endswith(("shingle", "fragment")) else "exchanges in order"


def _tables_digest(engine: DuckEngine) -> Digest:
    sums = [f"(SELECT sum({name}) FROM account_facts) AS {name}" for name in (*COUNTED, *SHARES)]
    sums += [
        "(SELECT count(*) FROM account) AS accounts",
        "(SELECT count(DISTINCT org_no) FROM account) AS organisations",
        "(SELECT sum(successions) FROM succession) AS successions",
        "(SELECT count(*) FROM fragment) AS fragments",
        "(SELECT count(*) FROM exchange_fragment) AS carried",
        "(SELECT count(*) FROM account_fragment) AS owned",
        *(f'(SELECT sum({n}) FROM fragment) AS "fragment {n}"' for n in ("prompts", "exchanges")),
        '(SELECT sum(orgs) FROM fragment) AS "fragment organisations"',
    ]
    for kind in TRAFFIC_KINDS:
        table = f"entity_{kind}"
        sums += [
            f'(SELECT count(*) FROM {table}) AS "{kind} pairs"',
            f'(SELECT count(*) FROM degree_{kind}) AS "{kind} values"',
            f'(SELECT sum(uses) FROM {table}) AS "{kind} uses"',
            f'(SELECT sum(orgs) FROM degree_{kind}) AS "{kind} degrees"',
        ]
    (row,) = engine.arrow(f"SELECT {', '.join(sums)}").to_pylist()
    return {name: float(value or 0) for name, value in row.items()}


def differing(first: Digest, second: Digest) -> list[str]:
    """Names of what both digests tell differently, to nine digits; kinds without any value may be missing from one."""
    names = sorted(first.keys() | second.keys())
    return [name for name in names if not np.isclose(first.get(name, 0), second.get(name, 0), rtol=1e-9, atol=1e-6)]


def main() -> None:
    """Measure one way and print the figures."""
    way, world = sys.argv[1], Path(sys.argv[2])
    with tempfile.TemporaryDirectory(dir=sys.argv[3] if len(sys.argv) > 3 else None) as held:
        figures = {"ledger": by_kernels, "duckdb": by_sql}[way](world, Path(held))
    print(orjson.dumps({**figures, "peak_mb": read_peak_memory_mb()}).decode())


if __name__ == "__main__":
    main()
