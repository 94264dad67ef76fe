"""What a hydra still harvests once it was found: with limits for each account, with bans, and with the guard.

    python benchmarks/hydra_guard.py --worlds 4 --out docs/guard-hydra.svg

In each world one operator runs a pool of accounts and lets another pool sleep. On the evening of day 7 the traffic so far
is searched for campaigns, a snapshot is made of what was found, and every account that was found is banned; within six
hours the second pool wakes and goes on. What is counted is what the second pool, and whatever of the first was not found,
sends from then on, and how many requests of honest accounts were touched. Nothing is detected anew.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from nacl.signing import SigningKey

from hydrometer import api
from hydrometer.contract.decisions import ModelRequest, SnapshotContent
from hydrometer.contract.policy_schema import Budget, Policy, Rule
from hydrometer.contract.progress import SilentProgress
from hydrometer.contract.settings import Settings
from hydrometer.enforcement.guard.decision_point import DecisionPoint
from hydrometer.enforcement.snapshots.snapshot_build import SnapshotOptions, build_verdicts
from hydrometer.enforcement.snapshots.snapshot_file import pack_snapshot, unpack_snapshot
from hydrometer.lab.simulate.scenario import OperatorSpec, Scenario
from hydrometer.report import draw_rectangle, draw_text, frame_figure
from hydrometer.result import ResultFolder

if TYPE_CHECKING:
    from collections.abc import Callable

DAY = 7
"""The day whose evening is the end of what detection sees."""
LIMIT = 100
"""Requests an hour that each account may send: no account of the pool comes near it."""
SHARED = 30
"""Requests an hour that a campaign's suspected successors may send together."""

SOLD = OperatorSpec(
    name="bazaar",
    accounts=600,
    card="bin",
    bins=2,
    email="machine",
    email_domain="throwaway",
    networks_per_account=30,
    jitter=0.4,
    rate=20,
    wordings=10,
    reworded=0.2,
    ban_day=float(DAY),
    ban_share=1.0,
    dormant=0.5,
    wake_hours=6,
)
HOME = OperatorSpec(
    name="fog",
    accounts=400,
    card="unique",
    email="ordinary",
    network="residential",
    networks_per_account=40,
    rhythm="human",
    jitter=0.7,
    rate=12,
    age="aged",
    client="mixed",
    sessions=True,
    kinds=("reasoning", "finished_answer"),
    wordings=3,
    reworded=0.2,
    ban_day=float(DAY),
    ban_share=1.0,
    dormant=0.5,
    wake_hours=6,
)
OPERATORS = {
    "pool with a batch of cards and machine-made addresses": SOLD,
    "pool with own cards and home addresses": HOME,
}
"""What they share beyond the wording: much, and next to nothing."""

MEMBERS = Rule(name="members", when="verdict.member", action="block", reason="on hold", person=True)
VERIFY = Rule(name="successors", when="verdict.successor", action="verify", reason="please verify this account")
TOGETHER = [
    Budget(name="campaign", over="campaign", when="verdict.successor", requests=SHARED, seconds=3600),
    Budget(name="wording", over="template", requests=SHARED, seconds=3600),
]


@dataclass
class Arm:
    """A way to act: its policy, and what of the verdicts it knows."""

    name: str
    rules: list[Rule]
    budgets: list[Budget]
    known: Callable[[SnapshotContent], dict[str, Any]] = field(default=lambda _: {})


def _members_only(found: SnapshotContent) -> dict[str, Any]:
    held = [verdict for verdict in found.verdicts if not verdict.successor]
    return {"verdicts": held, "templates": [], "entities": []}


ARMS = [
    Arm(
        f"{LIMIT} requests an hour for each account",
        [],
        [Budget(name="account", over="account", requests=LIMIT, seconds=3600)],
        lambda _: {"verdicts": [], "templates": [], "entities": []},
    ),
    Arm("the accounts that were found are banned", [MEMBERS], [], _members_only),
    Arm(f"and suspected successors share {SHARED} an hour", [MEMBERS], TOGETHER),
    Arm("and suspected successors are asked to verify", [MEMBERS, VERIFY], TOGETHER),
]


@dataclass
class Count:
    """What one way of acting came to."""

    sent: int = 0
    harvested: int = 0
    honest: int = 0
    touched: int = 0
    touched_accounts: set[str] = field(default_factory=set)
    by_rule: Counter[str] = field(default_factory=Counter)
    stopped_by: Counter[str] = field(default_factory=Counter)


def world(spec: OperatorSpec, seed: int, honest: int, folder: Path, other_key: int = 0) -> Path:
    """Make a world of fingerprints and return its folder; the truth lies beside it."""
    # Which shingles are sampled depends on the key: the same seed is the same run.
    key = folder / "site.key"
    key.touch(0o600)
    key.write_bytes((seed + other_key).to_bytes(16, "little"))
    recipe = folder / "recipe.json"
    recipe.write_bytes(msgspec.json.encode(Scenario(name="hydra", honest=honest, operators=(spec,))))
    made = folder / "world"
    api.simulate(
        recipe,
        made,
        seed=seed,
        sketches_only=True,
        site_key=key,
        settings=Settings(threads=1),
    )
    return made


def found_by(made: Path, folder: Path) -> tuple[SnapshotContent, pa.Table]:
    """Search the days before the ban; return the verdicts on that evening, and the exchanges that follow."""
    exchanges = pq.read_table(sorted(made.glob("exchanges*.parquet")))
    accounts = pq.read_table(sorted(made.glob("accounts*.parquet")))
    begin = pc.min(exchanges["started_at"]).as_py().replace(hour=0, minute=0, second=0, microsecond=0)
    evening = begin + timedelta(days=DAY)
    past = folder / "past"
    past.mkdir()
    pq.write_table(exchanges.filter(pc.less(exchanges["started_at"], evening)), past / "exchanges.parquet")
    accounts = accounts.filter(pc.less(accounts["created_at"], evening))
    pq.write_table(accounts, past / "accounts.parquet")
    settings = Settings(threads=1, exhibits=False)
    api.detect(
        past,
        folder / "result",
        settings,
        site_key=folder / "site.key",
        mapping=None,
        source=None,
        progress=SilentProgress(),
    )
    verdicts, built = build_verdicts(
        ResultFolder.read(folder / "result"),
        Policy(version=1),
        now=evening,
        accounts=accounts,
        options=SnapshotOptions(hours=24 * 30),
    )
    print(json.dumps({"holds": built.holds, "left_out": built.left_out}), flush=True)
    return verdicts, exchanges.filter(pc.greater_equal(exchanges["started_at"], evening)).sort_by("started_at")


def requests_of(table: pa.Table) -> list[tuple[str, ModelRequest, float, Any]]:
    """Each exchange as the gateway would have seen it: id, request, time, sketch."""
    names = (
        "exchange_id",
        "account_id",
        "model",
        "client_ip",
        "client_asn",
        "user_agent",
        "ja4",
        "tool_names",
        "turns",
    )
    columns = [table[name].to_pylist() for name in names]
    times = table["started_at"].cast("int64").to_numpy() / 1e6
    sketches = table["sketch"]
    made = []
    for row, (exchange, account, model, address, asn, agent, ja4, tools, turns) in enumerate(
        zip(*columns, strict=True)
    ):
        held = sketches[row].values
        sketch = np.asarray(held, np.int64) if held is not None else np.zeros(0, np.int64)
        asked = ModelRequest(
            account_id=account,
            model=model or "",
            client_ip=address or "",
            asn=asn or 0,
            user_agent=agent or "",
            ja4=ja4 or "",
            tools=tuple(tools or ()),
            turns=turns or 1,
        )
        made.append((exchange, asked, float(times[row]), sketch))
    return made


def measure(
    arm: Arm, verdicts: SnapshotContent, asked: list[tuple[str, ModelRequest, float, Any]], truth: Truth
) -> Count:
    """Decide on everything that was sent, and count by who sent it."""
    key = SigningKey.generate()
    policy = Policy(version=1, mode="enforce", appeal="https://provider.example", rules=arm.rules, budgets=arm.budgets)
    known = msgspec.structs.replace(verdicts, policy=policy, **arm.known(verdicts))
    guard = DecisionPoint(
        unpack_snapshot(pack_snapshot(known, key), [key.verify_key]), lambda _system, _prompt: np.zeros(0, np.int64)
    )
    count = Count()
    for exchange, request, now, sketch in asked:
        decision = guard.decide(request, now, sketch)
        through = decision.action in ("allow", "observe")
        if exchange in truth.harvest:
            count.sent += 1
            count.harvested += through
            count.stopped_by[decision.why if not through else "through: " + decision.why] += 1
        elif request.account_id not in truth.operated:
            count.honest += 1
            if not through:
                count.touched += 1
                count.touched_accounts.add(request.account_id)
                count.by_rule[f"{decision.rule}: {decision.why}"] += 1
    return count


@dataclass(frozen=True)
class Truth:
    """Exchanges that are harvest, and accounts that an operator runs."""

    harvest: frozenset[str]
    operated: frozenset[str]


def truth_of(made: Path) -> Truth:
    """Read the truth beside a world."""
    folder = made.with_name(made.name + ".truth")
    exchanges = pq.read_table(sorted(folder.glob("exchanges*.parquet")))
    accounts = pq.read_table(sorted(folder.glob("accounts*.parquet")))
    harvest = exchanges.filter(pc.is_valid(exchanges["campaign"]))["exchange_id"].to_pylist()
    operated = accounts.filter(pc.not_equal(accounts["operator"], ""))["account_id"].to_pylist()
    return Truth(frozenset(harvest), frozenset(operated))


def draw(totals: dict[str, dict[str, Count]]) -> str:
    """Return the drawing: the share of the harvest that is let through, by operator and way of acting."""
    width, left, row, top = 860, 340, 26, 34
    height = top + sum(row * (len(arms) + 2) for arms in totals.values()) + 10
    parts = [draw_text(10, 18, "Share of a hydra's requests let through after it was found", "strong")]
    y = top
    for operator, arms in totals.items():
        parts.append(draw_text(10, y + 18, operator, "small"))
        y += row
        for name, count in arms.items():
            share = count.harvested / max(1, count.sent)
            length = share * (width - left - 90)
            parts += [
                draw_text(left - 8, y + 17, name, "end"),
                draw_rectangle(
                    left, y + 4, max(1.0, length), row - 8, "together" if name.startswith("and") else "alone"
                ),
                draw_text(left + length + 6, y + 17, f"{100 * share:.1f} %"),
            ]
            y += row
        y += row
    label = "Share of a hydra's requests that are let through after it was found, by way of acting"
    style = ".together { fill: var(--accent); } .alone { fill: var(--faint); }"
    return f"{frame_figure(width, height, label, *parts, style=style)}\n"


def main() -> None:
    """Make the worlds, act in each way, and print and draw what came out."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--worlds", type=int, default=2, help="worlds for each operator")
    options.add_argument("--honest", type=int, default=6_000, help="honest accounts of a world")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument(
        "--other-key", type=int, default=0, help="another site key: added to what the seed makes it of"
    )
    options.add_argument("--out", type=Path, help="the drawing")
    asked = options.parse_args()
    totals: dict[str, dict[str, Count]] = {name: {arm.name: Count() for arm in ARMS} for name in OPERATORS}
    for name, spec in OPERATORS.items():
        for number in range(asked.worlds):
            begun = time.process_time()
            with tempfile.TemporaryDirectory(prefix="hydrometer-hydra-") as place:
                folder = Path(place)
                made = world(spec, asked.seed + number, asked.honest, folder, asked.other_key)
                truth = truth_of(made)
                verdicts, later = found_by(made, folder)
            sent = requests_of(later)
            for arm in ARMS:
                count, total = measure(arm, verdicts, sent, truth), totals[name][arm.name]
                total.sent += count.sent
                total.harvested += count.harvested
                total.honest += count.honest
                total.touched += count.touched
                total.touched_accounts |= count.touched_accounts
                total.by_rule += count.by_rule
                total.stopped_by += count.stopped_by
            print(f"{spec.name}, seed {asked.seed + number}: {time.process_time() - begun:.0f} CPU seconds", flush=True)
    for name, arms in totals.items():
        print(name)
        for way, count in arms.items():
            print(
                f"  {way:52} {100 * count.harvested / max(1, count.sent):5.1f} % of {count.sent:,}; honest touched "
                f"{count.touched:,} of {count.honest:,} ({len(count.touched_accounts)} accounts) {dict(count.by_rule.most_common(3))}\n      {dict(count.stopped_by.most_common(8))}"
            )
    if asked.out is not None:
        asked.out.write_text(draw(totals), "utf-8")


if __name__ == "__main__":
    main()
