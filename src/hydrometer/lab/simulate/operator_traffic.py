"""Operators: one hand behind many accounts, with every knob of `OperatorSpec`.

An operator that is too large for one shard works in squads: accounts of their own, everything else in common.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate import arrival_times, networks
from hydrometer.lab.simulate.account_attributes import draw_ids, repeat_value
from hydrometer.lab.simulate.arrival_times import DAY, HOUR, HumanRhythm
from hydrometer.lab.simulate.cohort_batches import ExchangeBatch
from hydrometer.lab.simulate.demands.demand_templates import DemandStyle
from hydrometer.lab.simulate.egress import OperatorEgress
from hydrometer.lab.simulate.honest_templates import HARNESS, HARNESS_TOOLS, OLD_HARNESS
from hydrometer.lab.simulate.networks import TONGUES
from hydrometer.lab.simulate.operator_identity import add_operator_accounts
from hydrometer.lab.simulate.text_sources import NONE

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder
    from hydrometer.lab.simulate.networks import FloatArray, IntArray, ObjectArray
    from hydrometer.lab.simulate.scenario import OperatorSpec

TECHNIQUES = 1_500
"""Most templates that a search phase tries."""
_GRID = 500
"""Moments at which it is measured how much of an operator's work is done."""

_OUTPUT = {
    "reasoning": 950.0,
    "finished_answer": 800.0,
    "grading": 120.0,
    "trace_cleaning": 600.0,
    "agentic": 900.0,
    "tools": 420.0,
    "search": 300.0,
}


def populate_operator(cohort: CohortBuilder, spec: OperatorSpec, count: int) -> None:
    """Add `count` of the operator's accounts and all that they send: search, harvest, innocent customers, warming up."""
    pool = add_operator_accounts(cohort, spec, count)
    shifts = _draw_shifts(cohort, spec, count)
    cohort.adopts_at[pool] = (
        cohort.release + (cohort.rng.random(len(pool)) * 20 * HOUR).astype(np.int64) if spec.pivot else cohort.stop
    )
    squad = _OperatorSquad(cohort, spec, pool, OperatorEgress(cohort, spec, pool), shifts)
    users = _ResellerCustomers(cohort, spec)
    if spec.search_days:
        _send_search(squad)
    sent = _send_harvest(squad, users)
    if spec.innocent:
        _send_resold(squad, users, sent)
    if spec.warmup:
        _send_warm_up(squad)


@dataclass(frozen=True, slots=True)
class _WorkShifts:
    """When each account of a squad works, and how the work of the whole operator grows with time."""

    begins: IntArray
    ends: IntArray
    done: FloatArray
    """Share of all work that is done at each of `times`, from 0 to 1."""
    times: FloatArray


@dataclass(frozen=True, slots=True)
class _OperatorSquad:
    """The accounts of an operator that are in one shard, and what they work with."""

    cohort: CohortBuilder
    spec: OperatorSpec
    pool: IntArray
    """Rows of the accounts in the cohort."""
    egress: OperatorEgress
    shifts: _WorkShifts


def _measure_progress(begins: IntArray, ends: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return (done, times) of accounts that work evenly from their beginning to their end."""
    times = np.linspace(begins.min(), ends.max(), _GRID)
    done = np.array([np.clip(time - begins, 0, ends - begins).sum() for time in times], dtype=np.float64)
    return done / max(float(done[-1]), 1.0), times


def _draw_shifts(cohort: CohortBuilder, spec: OperatorSpec, count: int) -> _WorkShifts:
    """Return the shifts; with a ban, some accounts end there and a sleeping part begins after it."""
    start, stop = cohort.start + int(spec.start_day * DAY), min(cohort.stop, cohort.start + int(spec.stop_day * DAY))

    def drawn(rng: np.random.Generator) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
        begins = start + (rng.random(spec.accounts) * spec.start_spread_hours * HOUR).astype(np.int64)
        ends = stop - (rng.random(spec.accounts) * spec.stop_spread_hours * HOUR).astype(np.int64)
        if spec.ban_day is not None:
            ban = cohort.start + int(spec.ban_day * DAY)
            order = rng.permutation(spec.accounts)
            sleepers, awake = np.split(order, [round(spec.accounts * spec.dormant)])
            banned = awake[: round(len(awake) * spec.ban_share)]
            ends[banned] = np.minimum(ends[banned], ban)
            begins[sleepers] = ban + (rng.random(len(sleepers)) * spec.wake_hours * HOUR).astype(np.int64)
        ends = np.maximum(ends, begins + HOUR)
        return begins, ends, *_measure_progress(begins, ends)

    begins, ends, done, times = cohort.context.make_once(f"shifts of {spec.name}", drawn)
    mine = slice(cohort.accounts_before, cohort.accounts_before + count)
    return _WorkShifts(begins[mine], ends[mine], done, times)


class _ResellerCustomers:
    """The innocent customers of a reseller: instructions of their own, favourites, and perhaps an end_user_id."""

    def __init__(self, cohort: CohortBuilder, spec: OperatorSpec) -> None:
        self._rng, self._named = cohort.rng, spec.end_users and spec.innocent > 0
        shared, count = cohort.context.shared_generator(f"customers of {spec.name}"), spec.customers
        self.count = count
        self.names = draw_ids(shared, "u_", count, 8)
        roll = shared.random(count)
        harness, old = cohort.catalogue.fixed_text(HARNESS), cohort.catalogue.fixed_text(OLD_HARNESS)
        own = cohort.draw_templates("persona", count, shared)
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
        return self.names[who] if self._named else repeat_value(None, len(who))


def _draw_work_times(squad: _OperatorSquad, rate: float) -> tuple[IntArray, IntArray]:
    """Return (index into the pool, time) of the work: each account's quota inside its shift, in the operator's rhythm."""
    cohort, spec, pool, shifts = squad.cohort, squad.spec, squad.pool, squad.shifts
    rng, begins, ends = cohort.rng, shifts.begins, shifts.ends
    load = rng.lognormal(0.0, spec.unequal, len(pool)) if spec.unequal else np.ones(len(pool))
    exact = rate * (ends - begins) / DAY * load
    quota = np.floor(exact + rng.random(len(pool))).astype(np.int64)
    if spec.rhythm == "human":
        owner, at, _ = arrival_times.draw_human_times(
            rng,
            quota,
            cohort.offset[pool],
            HumanRhythm(int(begins.min()), float(ends.max() - begins.min()) / DAY, session=5.0),
            first=begins,
        )
        keep = at < ends[owner]
        return owner[keep], at[keep]
    owner = np.repeat(np.arange(len(pool), dtype=np.int64), quota)
    if len(owner) == 0:
        return owner, owner
    ordinal = np.arange(len(owner)) - np.repeat(np.cumsum(quota) - quota, quota)
    turn = (ordinal + rng.random(len(pool))[owner] + rng.normal(0, 0.1, len(owner))) / np.maximum(1, quota[owner])
    owner = owner[np.argsort(begins[owner] + np.clip(turn, 0, 1) * (ends - begins)[owner], kind="stable")]
    if spec.rhythm == "bursts":
        common = cohort.context.shared_generator(f"bursts of {spec.name}")
        first, last = (int(shifts.times[end]) for end in (0, -1))
        at = arrival_times.draw_burst_times(rng, len(owner), first, last, common=common)
    else:
        at = np.interp(_draw_queue_turns(cohort, spec, len(owner)), shifts.done, shifts.times).astype(np.int64)
    return _reassign_off_shift(rng, owner, at, begins, ends)


def _reassign_off_shift(
    rng: np.random.Generator, owner: IntArray, at: IntArray, begins: IntArray, ends: IntArray
) -> tuple[IntArray, IntArray]:
    """Return (index into the pool, time) with the work of accounts off shift dealt to others, or dropped if all are."""
    for _ in range(40):
        off = np.flatnonzero((at < begins[owner]) | (at >= ends[owner]))
        owner[off] = rng.integers(0, len(begins), len(off))
    on = (at >= begins[owner]) & (at < ends[owner])
    return owner[on], at[on]


def _draw_queue_turns(cohort: CohortBuilder, spec: OperatorSpec, count: int) -> FloatArray:
    """Return where in the queue, from 0 to 1, each of `count` exchanges stands; squads take every so manieth turn."""
    if cohort.shards == 1:
        return arrival_times.draw_queue_steps(cohort.rng, count, spec.jitter)
    total = max(cohort.shards, round(spec.accounts * spec.rate * (spec.stop_day - spec.start_day)))
    queue: FloatArray = cohort.context.make_once(
        f"queue of {spec.name}", lambda draws: arrival_times.draw_queue_steps(draws, total, spec.jitter)
    )
    own = queue[cohort.shard :: cohort.shards]
    more = max(0, count - len(own))
    drawn = cohort.rng.choice(len(own), count - more, replace=False)
    return np.sort(np.concatenate([own[drawn], cohort.rng.random(more)]))


def _make_demands(cohort: CohortBuilder, spec: OperatorSpec) -> list[tuple[str, IntArray, IntArray]]:
    """Return (kind, prompts, system prompts) of the operator's demands; their number is split evenly among the kinds."""
    tool = spec.tool or f"own tool of {spec.name}"
    each = max(1, spec.wordings // len(spec.kinds))
    return [
        (
            kind,
            *cohort.catalogue.make_demands(
                kind,
                each,
                tool,
                DemandStyle(reworded=spec.reworded, system=spec.system, book=spec.phrasebook, frame=spec.frame),
            ),
        )
        for kind in spec.kinds
    ]


def _send_harvest(squad: _OperatorSquad, users: _ResellerCustomers) -> IntArray:
    """Send the harvest and return how many exchanges each account sent."""
    cohort, spec, pool, egress = squad.cohort, squad.spec, squad.pool, squad.egress
    owner, at = _draw_work_times(squad, spec.rate)
    demands = _make_demands(cohort, spec)
    sizes = np.cumsum([0, *(len(prompts) for _, prompts, _ in demands)])
    which = cohort.rng.integers(0, sizes[-1], len(owner))
    tasks = _draw_work_list(cohort, spec, len(owner), len(pool))
    who = users.draw(len(owner))
    served = np.array([cohort.codes["beneficiary"](name) for name in spec.beneficiaries])
    for (kind, prompts, personas), first in zip(demands, sizes[:-1], strict=True):
        rows = np.flatnonzero((which >= first) & (which < first + len(prompts)))
        account, number = pool[owner[rows]], which[rows]
        relayed = kind == "relay" and not spec.system
        cohort.add_exchanges(
            ExchangeBatch(
                account,
                at[rows],
                tasks[rows],
                template=prompts[number - first],
                system=users.systems[who[rows]] if relayed else personas[number - first],
                addresses=egress.addresses(account, at[rows]),
                client=egress.clients(account),
                tls=egress.tls_clients(account),
                channel=egress.channels(account),
                end_user=users.end_users(who[rows]),
                session=draw_ids(cohort.rng, "s_", len(rows), 12) if spec.sessions else None,
                turns=_draw_turn_counts(cohort, spec, kind, len(rows)),
                tools=HARNESS_TOOLS if kind in ("agentic", "tools") else (),
                output=_OUTPUT.get(kind, 650.0),
                reasoning=0.5,
                refused=spec.refused,
                campaign=spec.name,
                beneficiary=served[number % len(served)],
            )
        )
    return np.bincount(owner, minlength=len(pool)).astype(np.int64)


def _draw_turn_counts(cohort: CohortBuilder, spec: OperatorSpec, kind: str, count: int) -> IntArray | int:
    """Return the messages of each request: many in an agent's episode, else about `spec.turns`, an odd number."""
    if kind == "agentic":
        return cohort.rng.integers(3, 40, count)
    return 1 + 2 * cohort.rng.poisson((spec.turns - 1) / 2, count) if spec.turns > 1 else 1


def _draw_work_list(cohort: CohortBuilder, spec: OperatorSpec, count: int, accounts: int) -> IntArray:
    """Return the tasks; if they are swept, no task twice, else each about six times."""
    if spec.sweep:
        return cohort.catalogue.draw(cohort.catalogue.tasks(sweep=spec.name), cohort.rng, count)
    seeds = max(20, round(count * spec.accounts / accounts / 6))
    return cohort.rng.choice(
        cohort.draw_tasks(seeds, rng=cohort.context.shared_generator(f"seeds of {spec.name}")), count
    )


def _send_search(squad: _OperatorSquad) -> None:
    """Try many different techniques before the harvest; most are refused."""
    cohort, spec, pool, egress = squad.cohort, squad.spec, squad.pool, squad.egress
    searchers = pool[cohort.rng.permutation(len(pool))[: max(1, round(len(pool) * spec.search_accounts))]]
    start = cohort.start + int(spec.start_day * DAY)
    ends = np.full(len(searchers), start, dtype=np.int64)
    begins = np.full(len(searchers), max(cohort.start, start - int(spec.search_days * DAY)), dtype=np.int64)
    shifts = _WorkShifts(begins, ends, *_measure_progress(begins, ends))
    owner, at = _draw_work_times(replace(squad, pool=searchers, shifts=shifts), spec.search_rate)
    if not len(owner):
        return
    expected = spec.accounts * spec.search_accounts * spec.search_rate * spec.search_days
    techniques, _ = cohort.catalogue.make_demands(
        "search",
        max(1, min(TECHNIQUES, round(expected))),
        f"search of {spec.name}",
        DemandStyle(reworded=1.0, book=spec.phrasebook, frame=spec.frame),
    )
    chosen = cohort.rng.permutation(np.resize(techniques, len(owner)))
    account = searchers[owner]
    cohort.add_exchanges(
        ExchangeBatch(
            account,
            at,
            cohort.draw_tasks(len(owner)),
            template=chosen,
            addresses=egress.addresses(account, at),
            client=egress.clients(account),
            tls=egress.tls_clients(account),
            channel=egress.channels(account),
            output=_OUTPUT["search"],
            refused=spec.search_refused,
            campaign=spec.name,
            beneficiary=np.full(len(owner), cohort.codes["beneficiary"](spec.beneficiaries[0])),
        )
    )


def _send_resold(squad: _OperatorSquad, users: _ResellerCustomers, sent: IntArray) -> None:
    """Send what the reseller's innocent customers ask, in their own hours, over whichever account is at hand."""
    cohort, spec, pool, egress = squad.cohort, squad.spec, squad.pool, squad.egress
    total = round(sent.sum() * spec.innocent / (1 - spec.innocent))
    if not total:
        return
    begins, ends = squad.shifts.begins, squad.shifts.ends
    volumes = np.bincount(users.draw(total), minlength=users.count).astype(np.int64)
    begin, end = int(begins.min()), int(ends.max())
    who, at, number = arrival_times.draw_human_times(
        cohort.rng, volumes, users.offset, HumanRhythm(begin, (end - begin) / DAY)
    )
    position = cohort.rng.choice(len(pool), len(who), p=sent / sent.sum()).astype(np.int64)
    at = np.where(
        (at >= begins[position]) & (at < ends[position]),
        at,
        begins[position] + (cohort.rng.random(len(who)) * (ends - begins)[position]).astype(np.int64),
    )
    account = pool[position]
    cohort.add_exchanges(
        ExchangeBatch(
            account,
            at,
            cohort.draw_prompts_of_speakers(users.tongue[who]),
            system=users.systems[who],
            addresses=egress.addresses(account, at),
            client=egress.clients(account),
            tls=egress.tls_clients(account),
            channel=egress.channels(account),
            end_user=users.end_users(who),
            session=cohort.draw_session_ids(number) if spec.sessions else None,
            turns=1 + 2 * cohort.rng.integers(0, 5, len(who)),
            refused=0.006,
        )
    )


def _send_warm_up(squad: _OperatorSquad) -> None:
    """Send ordinary exchanges from accounts that are to look lived in, until each one's shift begins."""
    cohort, spec, pool, egress, begins = squad.cohort, squad.spec, squad.pool, squad.egress, squad.shifts.begins
    days = (begins - cohort.start) / DAY
    counts = cohort.rng.poisson(np.maximum(0.0, days * spec.warmup)).astype(np.int64)
    owner, at, number = arrival_times.draw_human_times(
        cohort.rng, counts, cohort.offset[pool], HumanRhythm(cohort.start, max(0.1, float(days.max())))
    )
    keep = at < begins[owner]
    account, at, number = pool[owner[keep]], at[keep], number[keep]
    cohort.add_exchanges(
        ExchangeBatch(
            account,
            at,
            cohort.draw_prompts(account),
            addresses=egress.addresses(account, at),
            client=egress.clients(account),
            tls=egress.tls_clients(account),
            channel=egress.channels(account),
            session=cohort.draw_session_ids(number),
            turns=1 + 2 * cohort.rng.integers(0, 4, len(account)),
        )
    )
