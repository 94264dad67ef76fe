"""What a policy would have done: past traffic, the verdicts of their time, the guard's own core."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from nacl.signing import SigningKey

from hydrometer.contract import (
    LADDER,
    Backtest,
    InputError,
    KnownResult,
    ReadSettings,
    SnapshotContent,
    ThresholdEffect,
)
from hydrometer.detection.ingestion import locate_default_site_key
from hydrometer.enforcement.backtest.ground_truth import build_ground_truth
from hydrometer.enforcement.backtest.impact import (
    STOPS,
    WEAKENS,
    mask_honest_requests,
    measure_days,
    measure_effect,
    measure_groups,
    measure_rules,
)
from hydrometer.enforcement.backtest.past_requests import PastRequests, read_past_requests
from hydrometer.enforcement.backtest.replay import (
    DatedSnapshot,
    ReplayedDecisions,
    list_unlogged_facts,
    replace_policy,
    replay_requests,
)
from hydrometer.enforcement.backtest.sensitivity import vary_thresholds
from hydrometer.enforcement.policy.policy_reader import load_policy
from hydrometer.enforcement.snapshots.sketch_settings import parse_sketch_settings
from hydrometer.enforcement.snapshots.snapshot_build import SnapshotOptions, build_verdicts
from hydrometer.enforcement.snapshots.snapshot_file import Snapshot, pack_snapshot, unpack_snapshot
from hydrometer.files import explain_write_errors, write_atomically, write_whole
from hydrometer.fingerprint import OnlineSketcher, SiteKey
from hydrometer.report import render_backtest
from hydrometer.result import RUN_FILE, ResultFolder
from hydrometer.sources import Rejects, open_traffic

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from hydrometer.contract import Policy, Progress
    from hydrometer.enforcement.backtest.impact import GroundTruth

__all__ = ["MOST", "BacktestOutcome", "BacktestRequest", "run_backtest", "write_backtest"]

MOST = 2_000_000
"""Requests of accounts that no result has weighed, from which on they are sampled."""
MOST_MOVED = 2_000_000
"""Requests that are decided on to see what thresholds do; beyond them, accounts with a verdict are sampled too."""
FOREVER_HOURS = 1e6


@dataclass(frozen=True, kw_only=True)
class BacktestRequest:
    """What a backtest is made of."""

    policy: Path
    result: Path
    traffic: Path
    also: Sequence[Path] = ()
    """More results; each is known from the end of its own traffic on."""
    known_from: datetime | None = None
    """When `result` is taken to have been known; by itself, from the end of its traffic on."""
    truth: Path | None = None
    """A labelled world, whose truth lies beside it."""
    site_key: Path | None = None
    source: str | None = None
    mapping: Path | None = None
    upheld: bool = False
    """As if a person had upheld every campaign."""
    snapshot_options: SnapshotOptions = field(default_factory=SnapshotOptions)
    """What of a result goes into a snapshot, as for `guard snapshot`."""
    thresholds: bool = True
    most: int = MOST


@dataclass(frozen=True)
class BacktestOutcome:
    """A backtest, with what it was made from."""

    record: Backtest
    policy: Policy
    requests: PastRequests
    replay_result: ReplayedDecisions


def run_backtest(request: BacktestRequest, progress: Progress) -> BacktestOutcome:
    """Replay past traffic under a policy.

    Raises:
        InputError: an unusable policy, result, traffic, truth or site key.
    """
    original_policy, _ = load_policy(request.policy)
    # Shadow decides as if it were enforced, and says so of every decision.
    policy = msgspec.structs.replace(original_policy, mode="shadow")
    traffic = open_traffic(request.traffic, settings=ReadSettings(), source=request.source, mapping=request.mapping)
    results = [(path, ResultFolder.read(path)) for path in _list_result_folders(request)]
    always = {name for _, each in results for name in pc.unique(each.members["account_id"]).to_pylist()}
    rejects, notes = Rejects(), list[str]()
    sketch = None if traffic.fingerprinted else _make_sketcher(request, results[0][1], notes)
    past = read_past_requests(
        traffic, always=always, most=request.most, sketch=sketch, rejects=rejects, progress=progress
    )
    accounts = traffic.accounts(rejects)
    known_snapshots, known_results = _pack_known_results(request, results, policy, accounts)
    empty_snapshot = _pack_snapshot(
        SnapshotContent(version="nothing known", created_at=0, expires_at=FOREVER_HOURS * 3600, policy=policy)
    )
    progress.stage("replay", past.table.num_rows)
    replay_result = replay_requests(past.table, known_snapshots, empty_snapshot, progress.advance)
    ground = build_ground_truth(past, accounts, [each for _, each in results], request.truth)
    unreadable_rows = sum(rejects.counts.values())
    notes += _list_blind_spots(request, policy, past, known_snapshots, ground, unreadable_rows)
    threshold_effects = (
        _measure_thresholds(policy, past, known_snapshots, empty_snapshot, replay_result, ground, notes, progress)
        if request.thresholds
        else []
    )
    times = past.table["started_at"]
    record = Backtest(
        policy=policy.name,
        mode=original_policy.mode,
        truth="labelled world" if request.truth else "result",
        results=known_results,
        first=times[0].as_py() if len(times) else None,
        last=times[-1].as_py() if len(times) else None,
        read=past.read,
        replayed=past.table.num_rows,
        sampled_share=past.share,
        unknown=_sum_harvest_before_results(known_snapshots, ground),
        harvest=measure_effect(replay_result, ground, ground.harvest),
        honest=measure_effect(replay_result, ground, mask_honest_requests(ground)),
        groups=measure_groups(replay_result, ground),
        rules=measure_rules(replay_result, ground, policy),
        thresholds=threshold_effects,
        days=measure_days(replay_result, ground),
        requests_per_second=round(past.table.num_rows / max(replay_result.seconds, 1e-9)),
        notes=notes,
    )
    return BacktestOutcome(record, policy, past, replay_result)


def _list_result_folders(request: BacktestRequest) -> list[Path]:
    """The results to go by: `result` may be a folder of results, of successive days for instance."""
    days = sorted(run.parent for run in request.result.glob(f"*/{RUN_FILE}"))
    if (request.result / RUN_FILE).exists() or not days:
        return [request.result, *request.also]
    if request.known_from is not None:
        raise InputError(
            f"holds {len(days)} results, each known from the end of its own traffic on",
            file=str(request.result),
            mend="Leave out --as-if-known-from, or name one of them.",
        )
    return [*days, *request.also]


def _make_sketcher(request: BacktestRequest, result: ResultFolder, notes: list[str]) -> OnlineSketcher | None:
    key_path = request.site_key or locate_default_site_key()
    if request.site_key is None and not key_path.exists():
        notes.append("No site key was named, so that no wording was recognised: name that of the detection.")
        return None
    stored_settings = result.run.settings.get("fingerprint", {})
    return OnlineSketcher(
        parse_sketch_settings(dict(stored_settings) if isinstance(stored_settings, dict) else {}),
        SiteKey.load(key_path),
    )


def _pack_known_results(
    request: BacktestRequest, results: Sequence[tuple[Path, ResultFolder]], policy: Policy, accounts: pa.Table
) -> tuple[list[DatedSnapshot], list[KnownResult]]:
    known_snapshots, known_results = [], []
    for path, result in results:
        main = path is request.result
        since = request.known_from if main and request.known_from else result.run.last_exchange
        if since is None:
            raise InputError("does not say when its traffic ended", file=str(path / "run.json"), mend="Detect again.")
        upheld = frozenset(campaign.id for campaign in result.campaigns) if request.upheld else frozenset()
        # Accounts that were made since would be suspected with hindsight: the tables are those of today.
        made = pc.less_equal(pc.fill_null(accounts["created_at"], since), pa.scalar(since, accounts["created_at"].type))
        options = replace(request.snapshot_options, hours=FOREVER_HOURS, upheld=upheld)
        verdicts, _ = build_verdicts(result, policy, now=since, accounts=accounts.filter(made), options=options)
        known_snapshots.append(DatedSnapshot(since.timestamp(), _pack_snapshot(verdicts)))
        known_results.append(
            KnownResult(
                result=str(path),
                known_from=since,
                as_if=main and request.known_from is not None,
                campaigns=len(result.campaigns),
                members=result.members.num_rows,
            )
        )
    order = sorted(range(len(known_snapshots)), key=lambda n: known_snapshots[n].since)
    return [known_snapshots[n] for n in order], [known_results[n] for n in order]


def _pack_snapshot(verdicts: SnapshotContent) -> Snapshot:
    key = SigningKey.generate()
    return unpack_snapshot(pack_snapshot(verdicts, key), [key.verify_key])


def _sum_harvest_before_results(known_snapshots: Sequence[DatedSnapshot], ground: GroundTruth) -> float:
    first = min(each.since for each in known_snapshots)
    return round(float(ground.weight[ground.harvest & (ground.times < first * 1e6)].sum()), 1)


def _measure_thresholds(
    policy: Policy,
    past: PastRequests,
    known_snapshots: Sequence[DatedSnapshot],
    empty_snapshot: Snapshot,
    replay_result: ReplayedDecisions,
    ground: GroundTruth,
    notes: list[str],
    progress: Progress,
) -> list[ThresholdEffect]:
    """What each threshold would do, over the requests of accounts that something is held against."""
    variants = list(vary_thresholds(policy))
    has_verdict = np.isin(ground.account, np.unique(ground.account[replay_result.verdict >= 0]))
    rows = np.flatnonzero(has_verdict)
    if not variants or not rows.size:
        return []
    share = min(1.0, MOST_MOVED / (len(variants) * rows.size))
    if share < 1:
        accounts = np.unique(ground.account[rows])
        sampled = np.random.default_rng(0).random(accounts.size) < share
        rows = rows[np.isin(ground.account[rows], accounts[sampled])]
        notes.append(f"Thresholds were tried on {share:.0%} of the accounts that something is held against.")
    progress.stage("move thresholds", len(variants) * rows.size)
    table = past.table.take(pa.array(rows))
    harvest, honest = ground.harvest[rows], mask_honest_requests(ground)[rows]
    weight, account = ground.weight[rows], ground.account[rows]
    total = float(ground.weight[ground.harvest].sum())
    threshold_effects = []
    for name, threshold, is_current, changed in variants:
        moved_replay = replay_requests(
            table,
            [DatedSnapshot(each.since, replace_policy(each.snapshot, changed)) for each in known_snapshots],
            replace_policy(empty_snapshot, changed),
            progress.advance,
        )
        stopped, weakened = STOPS[moved_replay.action], WEAKENS[moved_replay.action]
        touched = honest & (stopped | weakened)
        _, first = np.unique(account[touched], return_index=True)
        threshold_effects.append(
            ThresholdEffect(
                rule=name,
                threshold=threshold,
                current=is_current,
                stopped=round(float(weight[harvest & stopped].sum()) / share / total, 4) if total else 0.0,
                weakened=round(float(weight[harvest & weakened].sum()) / share / total, 4) if total else 0.0,
                honest_requests=round(float(weight[touched].sum()) / share, 1),
                honest_accounts=round(float(weight[touched][first].sum()) / share, 1),
            )
        )
    return threshold_effects


def _list_blind_spots(
    request: BacktestRequest,
    policy: Policy,
    past: PastRequests,
    known_snapshots: Sequence[DatedSnapshot],
    ground: GroundTruth,
    unreadable_rows: int,
) -> list[str]:
    """What this backtest cannot see."""
    notes = ["Nobody reacts here: operators would move on, honest customers would verify once or slow down."]
    if request.known_from is not None:
        notes.append(
            f"The result is taken as known from {request.known_from.astimezone(UTC):%Y-%m-%d %H:%M} UTC on, with evidence "
            "that came later: what it stops is the most that could have been."
        )
    for fact, names in list_unlogged_facts(policy).items():
        notes.append(f"No log tells request.{fact}; it was taken as empty by {', '.join(names)}.")
    if ground.times.size and ground.times[-1] <= min(each.since for each in known_snapshots) * 1e6:
        notes.append(
            "All of this traffic is from before a result was known; --as-if-known-from DATE tries an earlier day."
        )
    notes.append(
        f"Members below probability {request.snapshot_options.member:g} and campaigns below {request.snapshot_options.campaign:g} are in no snapshot, "
        "whatever a rule's threshold is; --member and --campaign change that."
    )
    if past.share < 1:
        notes.append(
            f"{past.share:.2%} of the accounts that no result has weighed were replayed, and their counts multiplied; "
            "budgets that they share with others filled more slowly than they would have."
        )
    if not request.upheld and any("verdict.reviewed" in rule.when for rule in policy.rules):
        notes.append("No verdict counts as reviewed by a person; --as-if-upheld tries that they were.")
    if unreadable_rows:
        notes.append(f"{unreadable_rows:,} rows of the traffic could not be read.")
    return notes


def write_backtest(outcome: BacktestOutcome, out: Path) -> None:
    """Write backtest.json, backtest.html and decisions.parquet to the folder `out`.

    Raises:
        InputError: they cannot be written.
    """
    with explain_write_errors(out, mend="Name a folder that you may write to."):
        out.mkdir(parents=True, exist_ok=True)
        encoded = msgspec.json.format(msgspec.json.encode(outcome.record, order="deterministic"), indent=1)
        write_whole(out / "backtest.json", encoded + b"\n")
        write_whole(out / "backtest.html", render_backtest(outcome.record).encode())
        with write_atomically(out / "decisions.parquet") as stream:
            pq.write_table(_build_decision_table(outcome), stream, compression="zstd")


def _build_decision_table(outcome: BacktestOutcome) -> pa.Table:
    """Every decision but `allow`, a row each, in the order of time."""
    replay_result = outcome.replay_result
    rows = np.flatnonzero(replay_result.action)
    table = outcome.requests.table.select(["exchange_id", "started_at", "account_id"]).take(pa.array(rows))
    campaigns = [
        replay_result.campaigns[index] if index >= 0 else None for index in replay_result.verdict[rows].tolist()
    ]
    return (
        table.append_column(
            "action", pa.array([LADDER[index] for index in replay_result.action[rows].tolist()], pa.string())
        )
        .append_column(
            "rule", pa.array([replay_result.rules[index] for index in replay_result.rule[rows].tolist()], pa.string())
        )
        .append_column("campaign_id", pa.array(campaigns, pa.string()))
        .append_column("probability", pa.array(replay_result.probability[rows].astype(np.float64)))
        .append_column("successor", pa.array(replay_result.successor[rows]))
    )
