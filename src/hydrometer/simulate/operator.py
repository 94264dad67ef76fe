"""Operators: one hand behind many accounts, with every knob of `OperatorSpec`.

An operator that is too large for one part of a world works in squads: accounts of their own, everything else in common.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.simulate import clock, networks
from hydrometer.simulate.clock import DAY, HOUR
from hydrometer.simulate.exits import Exits
from hydrometer.simulate.identity import make_pool
from hydrometer.simulate.networks import TONGUES
from hydrometer.simulate.populace import constant, ids
from hydrometer.simulate.supplies import NONE
from hydrometer.simulate.templates import HARNESS, HARNESS_TOOLS, OLD_HARNESS

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft
    from hydrometer.simulate.networks import FloatArray, IntArray, ObjectArray
    from hydrometer.simulate.scenario import OperatorSpec

TECHNIQUES = 1_500
"""Most wordings that a search phase tries."""
_GRID = 500
"""Moments at which it is told how much of an operator's work is done."""

_OUTPUT = {
    "reasoning": 950.0,
    "finished_answer": 800.0,
    "grading": 120.0,
    "trace_cleaning": 600.0,
    "agentic": 900.0,
    "tools": 420.0,
    "search": 300.0,
}


def populate(draft: Draft, spec: OperatorSpec, count: int) -> None:
    """Add `count` of the operator's accounts and all that they send: search, harvest, innocent customers, warming up."""
    pool = make_pool(draft, spec, count)
    shifts = _shifts(draft, spec, count)
    draft.adopts[pool] = (
        draft.release + (draft.rng.random(len(pool)) * 20 * HOUR).astype(np.int64) if spec.pivot else draft.stop
    )
    exits = Exits(draft, spec, pool)
    users = _Customers(draft, spec)
    if spec.search_days:
        _search(draft, spec, pool, exits)
    sent = _harvest(draft, spec, pool, exits, users, shifts)
    if spec.innocent:
        _resell(draft, spec, pool, exits, users, shifts, sent)
    if spec.warmup:
        _warm_up(draft, spec, pool, exits, shifts.begins)


@dataclass(frozen=True, slots=True)
class _Shifts:
    """When each account of a squad works, and how the work of the whole operator grows with time."""

    begins: IntArray
    ends: IntArray
    done: FloatArray
    """Share of all work that is done at each of `times`, from 0 to 1."""
    times: FloatArray


def _worked(begins: IntArray, ends: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return (done, times) of accounts that work evenly from their beginning to their end."""
    times = np.linspace(begins.min(), ends.max(), _GRID)
    done = np.array([np.clip(time - begins, 0, ends - begins).sum() for time in times], dtype=np.float64)
    return done / max(float(done[-1]), 1.0), times


def _shifts(draft: Draft, spec: OperatorSpec, count: int) -> _Shifts:
    """Return the shifts; with a ban, some accounts end there and a sleeping part begins after it."""
    start, stop = draft.start + int(spec.start_day * DAY), min(draft.stop, draft.start + int(spec.stop_day * DAY))

    def drawn(rng: np.random.Generator) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
        begins = start + (rng.random(spec.accounts) * spec.start_spread_hours * HOUR).astype(np.int64)
        ends = stop - (rng.random(spec.accounts) * spec.stop_spread_hours * HOUR).astype(np.int64)
        if spec.ban_day is not None:
            ban = draft.start + int(spec.ban_day * DAY)
            order = rng.permutation(spec.accounts)
            sleepers, awake = np.split(order, [round(spec.accounts * spec.dormant)])
            banned = awake[: round(len(awake) * spec.ban_share)]
            ends[banned] = np.minimum(ends[banned], ban)
            begins[sleepers] = ban + (rng.random(len(sleepers)) * spec.wake_hours * HOUR).astype(np.int64)
        ends = np.maximum(ends, begins + HOUR)
        return begins, ends, *_worked(begins, ends)

    begins, ends, done, times = draft.commons.kept(f"shifts of {spec.name}", drawn)
    mine = slice(draft.place, draft.place + count)
    return _Shifts(begins[mine], ends[mine], done, times)


class _Customers:
    """The innocent customers of a reseller: instructions of their own, favourites, and perhaps an end_user_id."""

    def __init__(self, draft: Draft, spec: OperatorSpec) -> None:
        self._rng, self._named = draft.rng, spec.end_users and spec.innocent > 0
        shared, count = draft.commons.draws(f"customers of {spec.name}"), spec.customers
        self.count = count
        self.names = ids(shared, "u_", count, 8)
        roll = shared.random(count)
        harness, old = draft.repertoire.fixed(HARNESS), draft.repertoire.fixed(OLD_HARNESS)
        own = draft.templates("persona", count, shared)
        self.systems = np.select([roll < 0.2, roll < 0.25, roll < 0.6], [np.full(count, harness), old, own], NONE)
        weight = shared.pareto(1.1, count) + 0.1
        self._weight = weight / weight.sum()
        self.offset = shared.choice(np.array([hours for _, hours, _ in networks.COUNTRIES.values()]), count)
        shares = np.array([share for share, _, _ in networks.COUNTRIES.values()])
        spoken = np.array([TONGUES.index(tongue) for _, _, tongue in networks.COUNTRIES.values()])
        self.tongue = shared.choice(spoken, count, p=shares / shares.sum())

    def draw(self, count: int) -> IntArray:
        """Return `count` customers, some far busier than others."""
        return self._rng.choice(self.count, size=count, p=self._weight).astype(np.int64)

    def end_users(self, who: IntArray) -> ObjectArray:
        """Return their ids, or nulls if the reseller hides them."""
        return self.names[who] if self._named else constant(None, len(who))


def _times(draft: Draft, spec: OperatorSpec, pool: IntArray, shifts: _Shifts, rate: float) -> tuple[IntArray, IntArray]:
    """Return (place in the pool, time) of the work: each account's quota inside its shift, in the operator's rhythm."""
    rng, begins, ends = draft.rng, shifts.begins, shifts.ends
    load = rng.lognormal(0.0, spec.unequal, len(pool)) if spec.unequal else np.ones(len(pool))
    exact = rate * (ends - begins) / DAY * load
    quota = np.floor(exact + rng.random(len(pool))).astype(np.int64)
    if spec.rhythm == "human":
        owner, at, _ = clock.human_times(
            rng,
            quota,
            draft.offset[pool],
            start=int(begins.min()),
            days=float(ends.max() - begins.min()) / DAY,
            session=5.0,
            first=begins,
        )
        keep = at < ends[owner]
        return owner[keep], at[keep]
    owner = np.repeat(np.arange(len(pool), dtype=np.int64), quota)
    if len(owner) == 0:
        return owner, owner
    place = np.arange(len(owner)) - np.repeat(np.cumsum(quota) - quota, quota)
    turn = (place + rng.random(len(pool))[owner] + rng.normal(0, 0.1, len(owner))) / np.maximum(1, quota[owner])
    owner = owner[np.argsort(begins[owner] + np.clip(turn, 0, 1) * (ends - begins)[owner], kind="stable")]
    if spec.rhythm == "bursts":
        common = draft.commons.draws(f"bursts of {spec.name}")
        first, last = (int(shifts.times[end]) for end in (0, -1))
        at = clock.burst_times(rng, len(owner), first, last, common=common)
    else:
        at = np.interp(_turns_of_queue(draft, spec, len(owner)), shifts.done, shifts.times).astype(np.int64)
    return _dealt(rng, owner, at, begins, ends)


def _dealt(
    rng: np.random.Generator, owner: IntArray, at: IntArray, begins: IntArray, ends: IntArray
) -> tuple[IntArray, IntArray]:
    """Return (place in the pool, time) with the work of accounts off shift dealt to others, or dropped if all are."""
    for _ in range(40):
        off = np.flatnonzero((at < begins[owner]) | (at >= ends[owner]))
        owner[off] = rng.integers(0, len(begins), len(off))
    on = (at >= begins[owner]) & (at < ends[owner])
    return owner[on], at[on]


def _turns_of_queue(draft: Draft, spec: OperatorSpec, count: int) -> FloatArray:
    """Return where in the queue, from 0 to 1, each of `count` exchanges stands; squads take every so manieth turn."""
    if draft.parts == 1:
        return clock.queue_steps(draft.rng, count, spec.jitter)
    total = max(draft.parts, round(spec.accounts * spec.rate * (spec.stop_day - spec.start_day)))
    queue: FloatArray = draft.commons.kept(
        f"queue of {spec.name}", lambda draws: clock.queue_steps(draws, total, spec.jitter)
    )
    own = queue[draft.part :: draft.parts]
    more = max(0, count - len(own))
    taken = draft.rng.choice(len(own), count - more, replace=False)
    return np.sort(np.concatenate([own[taken], draft.rng.random(more)]))


def _wordings(draft: Draft, spec: OperatorSpec) -> list[tuple[str, IntArray, IntArray]]:
    """Return (kind, prompts, system prompts) of the operator's demands; their number is split evenly among the kinds."""
    tool = spec.tool or f"own tool of {spec.name}"
    each = max(1, spec.wordings // len(spec.kinds))
    return [
        (
            kind,
            *draft.repertoire.wordings(
                kind,
                each,
                tool=tool,
                reworded=spec.reworded,
                system=spec.system,
                book=spec.phrasebook,
                frame=spec.frame,
            ),
        )
        for kind in spec.kinds
    ]


def _harvest(
    draft: Draft, spec: OperatorSpec, pool: IntArray, exits: Exits, users: _Customers, shifts: _Shifts
) -> IntArray:
    """Send the harvest and return how many exchanges each account sent."""
    owner, at = _times(draft, spec, pool, shifts, spec.rate)
    demands = _wordings(draft, spec)
    sizes = np.cumsum([0, *(len(prompts) for _, prompts, _ in demands)])
    which = draft.rng.integers(0, sizes[-1], len(owner))
    tasks = _work_list(draft, spec, len(owner), len(pool))
    who = users.draw(len(owner))
    served = np.array([draft.commons.codes["beneficiary"](name) for name in spec.beneficiaries])
    for (kind, prompts, personas), first in zip(demands, sizes[:-1], strict=True):
        rows = np.flatnonzero((which >= first) & (which < first + len(prompts)))
        account, number = pool[owner[rows]], which[rows]
        relayed = kind == "relay" and not spec.system
        draft.exchanges(
            account,
            at[rows],
            tasks[rows],
            wording=prompts[number - first],
            system=users.systems[who[rows]] if relayed else personas[number - first],
            addresses=exits.take(account, at[rows]),
            client=exits.client(account),
            tls=exits.tls(account),
            channel=exits.channel(account),
            end_user=users.end_users(who[rows]),
            session=ids(draft.rng, "s_", len(rows), 12) if spec.sessions else None,
            turns=_turns(draft, spec, kind, len(rows)),
            tools=HARNESS_TOOLS if kind in ("agentic", "tools") else (),
            output=_OUTPUT.get(kind, 650.0),
            reasoning=0.5,
            refused=spec.refused,
            campaign=spec.name,
            beneficiary=served[number % len(served)],
        )
    return np.bincount(owner, minlength=len(pool)).astype(np.int64)


def _turns(draft: Draft, spec: OperatorSpec, kind: str, count: int) -> IntArray | int:
    """Return the messages of each request: many in an agent's episode, else about `spec.turns`, an odd number."""
    if kind == "agentic":
        return draft.rng.integers(3, 40, count)
    return 1 + 2 * draft.rng.poisson((spec.turns - 1) / 2, count) if spec.turns > 1 else 1


def _work_list(draft: Draft, spec: OperatorSpec, count: int, accounts: int) -> IntArray:
    """Return the tasks; if they are swept, no task twice, else each about six times."""
    if spec.sweep:
        return draft.repertoire.draw(draft.repertoire.tasks(sweep=spec.name), draft.rng, count)
    seeds = max(20, round(count * spec.accounts / accounts / 6))
    return draft.rng.choice(draft.tasks(seeds, rng=draft.commons.draws(f"seeds of {spec.name}")), count)


def _search(draft: Draft, spec: OperatorSpec, pool: IntArray, exits: Exits) -> None:
    """Try many different techniques before the harvest; most are refused."""
    taking = pool[draft.rng.permutation(len(pool))[: max(1, round(len(pool) * spec.search_accounts))]]
    start = draft.start + int(spec.start_day * DAY)
    ends = np.full(len(taking), start, dtype=np.int64)
    begins = np.full(len(taking), max(draft.start, start - int(spec.search_days * DAY)), dtype=np.int64)
    shifts = _Shifts(begins, ends, *_worked(begins, ends))
    owner, at = _times(draft, spec, taking, shifts, spec.search_rate)
    if not len(owner):
        return
    expected = spec.accounts * spec.search_accounts * spec.search_rate * spec.search_days
    techniques, _ = draft.repertoire.wordings(
        "search",
        max(1, min(TECHNIQUES, round(expected))),
        tool=f"search of {spec.name}",
        reworded=1.0,
        book=spec.phrasebook,
        frame=spec.frame,
    )
    chosen = draft.rng.permutation(np.resize(techniques, len(owner)))
    account = taking[owner]
    draft.exchanges(
        account,
        at,
        draft.tasks(len(owner)),
        wording=chosen,
        addresses=exits.take(account, at),
        client=exits.client(account),
        tls=exits.tls(account),
        channel=exits.channel(account),
        output=_OUTPUT["search"],
        refused=spec.search_refused,
        campaign=spec.name,
        beneficiary=np.full(len(owner), draft.commons.codes["beneficiary"](spec.beneficiaries[0])),
    )


def _resell(
    draft: Draft,
    spec: OperatorSpec,
    pool: IntArray,
    exits: Exits,
    users: _Customers,
    shifts: _Shifts,
    sent: IntArray,
) -> None:
    """Send what the reseller's innocent customers ask, in their own hours, over whichever account is at hand."""
    total = round(sent.sum() * spec.innocent / (1 - spec.innocent))
    if not total:
        return
    begins, ends = shifts.begins, shifts.ends
    volumes = np.bincount(users.draw(total), minlength=users.count).astype(np.int64)
    begin, end = int(begins.min()), int(ends.max())
    who, at, number = clock.human_times(draft.rng, volumes, users.offset, start=begin, days=(end - begin) / DAY)
    place = draft.rng.choice(len(pool), len(who), p=sent / sent.sum()).astype(np.int64)
    at = np.where(
        (at >= begins[place]) & (at < ends[place]),
        at,
        begins[place] + (draft.rng.random(len(who)) * (ends - begins)[place]).astype(np.int64),
    )
    account = pool[place]
    draft.exchanges(
        account,
        at,
        draft.spoken(users.tongue[who]),
        system=users.systems[who],
        addresses=exits.take(account, at),
        client=exits.client(account),
        tls=exits.tls(account),
        channel=exits.channel(account),
        end_user=users.end_users(who),
        session=draft.session_ids(number) if spec.sessions else None,
        turns=1 + 2 * draft.rng.integers(0, 5, len(who)),
        refused=0.006,
    )


def _warm_up(draft: Draft, spec: OperatorSpec, pool: IntArray, exits: Exits, begins: IntArray) -> None:
    """Send ordinary exchanges from accounts that are to look lived in, until each one's shift begins."""
    days = (begins - draft.start) / DAY
    counts = draft.rng.poisson(np.maximum(0.0, days * spec.warmup)).astype(np.int64)
    owner, at, number = clock.human_times(
        draft.rng, counts, draft.offset[pool], start=draft.start, days=max(0.1, float(days.max()))
    )
    keep = at < begins[owner]
    account, at, number = pool[owner[keep]], at[keep], number[keep]
    draft.exchanges(
        account,
        at,
        draft.prompts(account),
        addresses=exits.take(account, at),
        client=exits.client(account),
        tls=exits.tls(account),
        channel=exits.channel(account),
        session=draft.session_ids(number),
        turns=1 + 2 * draft.rng.integers(0, 4, len(account)),
    )
