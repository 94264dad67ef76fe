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

from hydrometer.contract.backtest import Backtest, KnownResult, ThresholdEffect
from hydrometer.contract.decisions import Verdicts
from hydrometer.contract.errors import InputError
from hydrometer.contract.policy import LADDER
from hydrometer.contract.settings import ReadSettings
from hydrometer.fingerprint import SiteKey
from hydrometer.fingerprint.single import TextSketch
from hydrometer.flow.backtest_ground import ground_of
from hydrometer.flow.past_requests import PastRequests, past_requests
from hydrometer.flow.reading import default_site_key
from hydrometer.flow.sketching import settings_of
from hydrometer.flow.verdicts import Chosen, verdicts_of
from hydrometer.guard.snapshot import Snapshot, pack, unpack
from hydrometer.response.backtest_page import bottom_line, render
from hydrometer.response.effects import STOPS, WEAKENS, days, effect, groups, innocent, rules
from hydrometer.response.policy import load_policy
from hydrometer.response.replay import Known, Replayed, replay, under, unseen
from hydrometer.response.thresholds import moved
from hydrometer.sources import Rejects, open_traffic
from hydrometer.store.result import RUN_FILE, ResultFolder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from hydrometer.contract.policy import Policy
    from hydrometer.contract.progress import Progress
    from hydrometer.response.effects import Ground

__all__ = ["MOST", "Asked", "Tried", "backtest", "bottom_line", "write"]

MOST = 2_000_000
"""Requests of accounts that no result has weighed, from which on they are sampled."""
MOST_MOVED = 2_000_000
"""Requests that are decided on to see what thresholds do; beyond them, accounts with a verdict are sampled too."""
FOREVER_HOURS = 1e6


@dataclass(frozen=True, kw_only=True)
class Asked:
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
    chosen: Chosen = field(default_factory=Chosen)
    """What of a result goes into a snapshot, as for `guard snapshot`."""
    thresholds: bool = True
    most: int = MOST


@dataclass(frozen=True)
class Tried:
    """A backtest, with what it was made from."""

    record: Backtest
    policy: Policy
    requests: PastRequests
    found: Replayed


def backtest(asked: Asked, progress: Progress) -> Tried:
    """Replay past traffic under a policy.

    Raises:
        InputError: an unusable policy, result, traffic, truth or site key.
    """
    written, _ = load_policy(asked.policy)
    # Shadow decides as if it were enforced, and says so of every decision.
    policy = msgspec.structs.replace(written, mode="shadow")
    traffic = open_traffic(asked.traffic, settings=ReadSettings(), source=asked.source, mapping=asked.mapping)
    results = [(path, ResultFolder.read(path)) for path in _folders(asked)]
    always = {name for _, each in results for name in pc.unique(each.members["account_id"]).to_pylist()}
    rejects, notes = Rejects(), list[str]()
    sketch = None if traffic.fingerprinted else _sketch(asked, results[0][1], notes)
    past = past_requests(traffic, always=always, most=asked.most, sketch=sketch, rejects=rejects, progress=progress)
    accounts = traffic.accounts(rejects)
    known, told = _known(asked, results, policy, accounts)
    nothing = _packed(Verdicts(version="nothing known", created_at=0, expires_at=FOREVER_HOURS * 3600, policy=policy))
    progress.stage("replay", past.table.num_rows)
    found = replay(past.table, known, nothing, progress.advance)
    ground = ground_of(past, accounts, [each for _, each in results], asked.truth)
    lost = sum(rejects.counts.values())
    notes += _blind_spots(asked, policy, past, known, ground, lost)
    moves = _moved(policy, past, known, nothing, found, ground, notes, progress) if asked.thresholds else []
    times = past.table["started_at"]
    record = Backtest(
        policy=policy.name,
        mode=written.mode,
        truth="labelled world" if asked.truth else "result",
        results=told,
        first=times[0].as_py() if len(times) else None,
        last=times[-1].as_py() if len(times) else None,
        read=past.read,
        replayed=past.table.num_rows,
        sampled_share=past.share,
        unknown=_before(known, ground),
        harvest=effect(found, ground, ground.harvest),
        honest=effect(found, ground, innocent(ground)),
        groups=groups(found, ground),
        rules=rules(found, ground, policy),
        thresholds=moves,
        days=days(found, ground),
        requests_per_second=round(past.table.num_rows / max(found.seconds, 1e-9)),
        notes=notes,
    )
    return Tried(record, policy, past, found)


def _folders(asked: Asked) -> list[Path]:
    """The results to go by: `result` may be a folder of results, of successive days for instance."""
    days = sorted(run.parent for run in asked.result.glob(f"*/{RUN_FILE}"))
    if (asked.result / RUN_FILE).exists() or not days:
        return [asked.result, *asked.also]
    if asked.known_from is not None:
        raise InputError(
            f"holds {len(days)} results, each known from the end of its own traffic on",
            file=str(asked.result),
            mend="Leave out --as-if-known-from, or name one of them.",
        )
    return [*days, *asked.also]


def _sketch(asked: Asked, result: ResultFolder, notes: list[str]) -> TextSketch | None:
    place = asked.site_key or default_site_key()
    if asked.site_key is None and not place.exists():
        notes.append("No site key was named, so that no wording was recognised: name that of the detection.")
        return None
    told = result.run.settings.get("fingerprint", {})
    return TextSketch(settings_of(dict(told) if isinstance(told, dict) else {}), SiteKey.load(place))


def _known(
    asked: Asked, results: Sequence[tuple[Path, ResultFolder]], policy: Policy, accounts: pa.Table
) -> tuple[list[Known], list[KnownResult]]:
    known, told = [], []
    for path, result in results:
        main = path is asked.result
        since = asked.known_from if main and asked.known_from else result.run.last_exchange
        if since is None:
            raise InputError("does not say when its traffic ended", file=str(path / "run.json"), mend="Detect again.")
        upheld = frozenset(campaign.id for campaign in result.campaigns) if asked.upheld else frozenset()
        # Accounts that were made since would be suspected with hindsight: the tables are those of today.
        made = pc.less_equal(pc.fill_null(accounts["created_at"], since), pa.scalar(since, accounts["created_at"].type))
        chosen = replace(asked.chosen, hours=FOREVER_HOURS, upheld=upheld)
        verdicts, _ = verdicts_of(result, policy, now=since, accounts=accounts.filter(made), chosen=chosen)
        known.append(Known(since.timestamp(), _packed(verdicts)))
        told.append(
            KnownResult(
                result=str(path),
                known_from=since,
                as_if=main and asked.known_from is not None,
                campaigns=len(result.campaigns),
                members=result.members.num_rows,
            )
        )
    order = sorted(range(len(known)), key=lambda n: known[n].since)
    return [known[n] for n in order], [told[n] for n in order]


def _packed(verdicts: Verdicts) -> Snapshot:
    key = SigningKey.generate()
    return unpack(pack(verdicts, key), [key.verify_key])


def _before(known: Sequence[Known], ground: Ground) -> float:
    first = min(each.since for each in known)
    return round(float(ground.weight[ground.harvest & (ground.times < first * 1e6)].sum()), 1)


def _moved(
    policy: Policy,
    past: PastRequests,
    known: Sequence[Known],
    nothing: Snapshot,
    found: Replayed,
    ground: Ground,
    notes: list[str],
    progress: Progress,
) -> list[ThresholdEffect]:
    """What each threshold would do, over the requests of accounts that something is held against."""
    variants = list(moved(policy))
    held = np.isin(ground.account, np.unique(ground.account[found.verdict >= 0]))
    rows = np.flatnonzero(held)
    if not variants or not rows.size:
        return []
    share = min(1.0, MOST_MOVED / (len(variants) * rows.size))
    if share < 1:
        accounts = np.unique(ground.account[rows])
        chosen = np.random.default_rng(0).random(accounts.size) < share
        rows = rows[np.isin(ground.account[rows], accounts[chosen])]
        notes.append(f"Thresholds were tried on {share:.0%} of the accounts that something is held against.")
    progress.stage("move thresholds", len(variants) * rows.size)
    table = past.table.take(pa.array(rows))
    harvest, honest = ground.harvest[rows], innocent(ground)[rows]
    weight, account = ground.weight[rows], ground.account[rows]
    total = float(ground.weight[ground.harvest].sum())
    made = []
    for name, threshold, own, changed in variants:
        again = replay(
            table,
            [Known(each.since, under(each.snapshot, changed)) for each in known],
            under(nothing, changed),
            progress.advance,
        )
        stopped, weakened = STOPS[again.action], WEAKENS[again.action]
        touched = honest & (stopped | weakened)
        _, first = np.unique(account[touched], return_index=True)
        made.append(
            ThresholdEffect(
                rule=name,
                threshold=threshold,
                current=own,
                stopped=round(float(weight[harvest & stopped].sum()) / share / total, 4) if total else 0.0,
                weakened=round(float(weight[harvest & weakened].sum()) / share / total, 4) if total else 0.0,
                honest_requests=round(float(weight[touched].sum()) / share, 1),
                honest_accounts=round(float(weight[touched][first].sum()) / share, 1),
            )
        )
    return made


def _blind_spots(
    asked: Asked, policy: Policy, past: PastRequests, known: Sequence[Known], ground: Ground, lost: int
) -> list[str]:
    """What this backtest cannot see."""
    notes = ["Nobody reacts here: operators would move on, honest customers would verify once or slow down."]
    if asked.known_from is not None:
        notes.append(
            f"The result is taken as known from {asked.known_from.astimezone(UTC):%Y-%m-%d %H:%M} UTC on, with evidence "
            "that came later: what it stops is the most that could have been."
        )
    for fact, names in unseen(policy).items():
        notes.append(f"No log tells request.{fact}; it was taken as empty by {', '.join(names)}.")
    if ground.times.size and ground.times[-1] <= min(each.since for each in known) * 1e6:
        notes.append(
            "All of this traffic is from before a result was known; --as-if-known-from DATE tries an earlier day."
        )
    notes.append(
        f"Members below probability {asked.chosen.member:g} and campaigns below {asked.chosen.campaign:g} are in no snapshot, "
        "whatever a rule's threshold is; --member and --campaign change that."
    )
    if past.share < 1:
        notes.append(
            f"{past.share:.2%} of the accounts that no result has weighed were replayed, and their counts multiplied; "
            "budgets that they share with others filled more slowly than they would have."
        )
    if not asked.upheld and any("verdict.reviewed" in rule.when for rule in policy.rules):
        notes.append("No verdict counts as reviewed by a person; --as-if-upheld tries that they were.")
    if lost:
        notes.append(f"{lost:,} rows of the traffic could not be read.")
    return notes


def write(tried: Tried, out: Path) -> None:
    """Write backtest.json, backtest.html and decisions.parquet to the folder `out`.

    Raises:
        InputError: they cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        encoded = msgspec.json.format(msgspec.json.encode(tried.record, order="deterministic"), indent=1)
        (out / "backtest.json").write_bytes(encoded + b"\n")
        (out / "backtest.html").write_text(render(tried.record), encoding="utf-8")
        pq.write_table(_decisions(tried), out / "decisions.parquet", compression="zstd")
    except OSError as error:
        raise InputError(
            f"cannot be written: {error.strerror or error}", file=str(out), mend="Name a folder that you may write to."
        ) from None


def _decisions(tried: Tried) -> pa.Table:
    """Every decision but `allow`, a row each, in the order of time."""
    found = tried.found
    rows = np.flatnonzero(found.action)
    taken = tried.requests.table.select(["exchange_id", "started_at", "account_id"]).take(pa.array(rows))
    campaigns = [found.campaigns[place] if place >= 0 else None for place in found.verdict[rows].tolist()]
    return (
        taken.append_column("action", pa.array([LADDER[place] for place in found.action[rows].tolist()], pa.string()))
        .append_column("rule", pa.array([found.rules[place] for place in found.rule[rows].tolist()], pa.string()))
        .append_column("campaign_id", pa.array(campaigns, pa.string()))
        .append_column("probability", pa.array(found.probability[rows].astype(np.float64)))
        .append_column("successor", pa.array(found.successor[rows]))
    )
