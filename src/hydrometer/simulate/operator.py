"""Operators: one hand behind many accounts, with every knob of `OperatorSpec`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.simulate import clock, networks
from hydrometer.simulate.clients import draw_clients
from hydrometer.simulate.clock import DAY, HOUR
from hydrometer.simulate.demands.wordings import Wording, make_wordings
from hydrometer.simulate.draft import constant, ids
from hydrometer.simulate.identity import make_pool
from hydrometer.simulate.networks import CARRIER, HOST, VPN, Addresses
from hydrometer.simulate.templates import HARNESS, HARNESS_TOOLS, OLD_HARNESS

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft
    from hydrometer.simulate.networks import IntArray, ObjectArray
    from hydrometer.simulate.scenario import OperatorSpec

_OUTPUT = {
    "reasoning": 950.0,
    "finished_answer": 800.0,
    "grading": 120.0,
    "trace_cleaning": 600.0,
    "agentic": 900.0,
    "tools": 420.0,
    "search": 300.0,
}
_STICKY = HOUR // 2
"""How long a proxy keeps an account on one address."""


def populate(draft: Draft, spec: OperatorSpec) -> None:
    """Add the operator's accounts and all that they send: search, harvest, innocent customers, warming up."""
    pool = make_pool(draft, spec)
    start, stop = draft.start + int(spec.start_day * DAY), min(draft.stop, draft.start + int(spec.stop_day * DAY))
    begins, ends = _shifts(draft, spec, pool, start, stop)
    draft.adopts[pool] = (
        draft.release + (draft.rng.random(len(pool)) * 20 * HOUR).astype(np.int64) if spec.pivot else draft.stop
    )
    exits = _Exits(draft, spec, pool)
    users = _Customers(draft, spec)
    if spec.search_days:
        _search(draft, spec, pool, exits, start)
    sent = _harvest(draft, spec, pool, exits, users, begins, ends)
    if spec.innocent:
        _resell(draft, spec, pool, exits, users, begins, ends, sent)
    if spec.warmup:
        _warm_up(draft, spec, pool, exits, begins)


def _shifts(draft: Draft, spec: OperatorSpec, pool: IntArray, start: int, stop: int) -> tuple[IntArray, IntArray]:
    """Return when each account begins and ends; with a ban, some end there and a sleeping part begins after it."""
    rng, count = draft.rng, len(pool)
    begins = start + (rng.random(count) * spec.start_spread_hours * HOUR).astype(np.int64)
    ends = stop - (rng.random(count) * spec.stop_spread_hours * HOUR).astype(np.int64)
    if spec.ban_day is not None:
        ban = draft.start + int(spec.ban_day * DAY)
        order = rng.permutation(count)
        sleepers = order[: round(count * spec.dormant)]
        awake = order[len(sleepers) :]
        banned = awake[: round(len(awake) * spec.ban_share)]
        ends[banned] = np.minimum(ends[banned], ban)
        begins[sleepers] = ban + (rng.random(len(sleepers)) * spec.wake_hours * HOUR).astype(np.int64)
    return begins, np.maximum(ends, begins + HOUR)


class _Exits:
    """Where the pool's traffic comes out."""

    def __init__(self, draft: Draft, spec: OperatorSpec, pool: IntArray) -> None:
        self._draft, self._spec, self._first = draft, spec, int(pool[0])
        rng, internet = draft.rng, draft.internet
        self._salt = int(rng.integers(1 << 40))
        if spec.network == "shared":
            self._hosts = internet.fresh(rng, spec.addresses, HOST)
        elif spec.network == "subnet":
            self._hosts = internet.subnet(rng, min(254, max(spec.addresses, len(pool))))
        elif spec.network == "vpn":
            self._hosts = internet.hub(rng, 4_000, VPN)
        else:
            self._hosts = residential(draft, max(400, len(pool) * 8))
        each = {"shared": 1, "subnet": 2, "vpn": 6, "residential": spec.networks_per_account}[spec.network]
        self._own = rng.integers(0, len(self._hosts), (len(pool), max(1, each)))

    def take(self, account: IntArray, at: IntArray) -> Addresses:
        """Return the address of each exchange; an account changes it every half hour, within its own set."""
        slots = self._own.shape[1]
        mixed = (account * 1_000_003 + (at // _STICKY) * 7_919 + self._salt) * 2_654_435_761 % (1 << 31)
        return self._hosts.take(self._own[account - self._first, (mixed >> 7) % slots])

    def client(self, account: IntArray) -> IntArray | None:
        """Return the client of each exchange, or None where each account keeps its own."""
        changes = self._spec.client in ("mixed", "forged")
        return draw_clients(self._draft.rng, len(account)) if changes else None

    def tls(self, account: IntArray) -> IntArray | None:
        """Return the client behind each handshake: the account's own one, where the header is forged."""
        return self._draft.client[account] if self._spec.client == "forged" else None

    def channel(self, account: IntArray) -> ObjectArray:
        """Return the way in of each exchange: an account keeps to one."""
        return np.array(self._spec.channels, dtype=object)[account % len(self._spec.channels)]


def residential(draft: Draft, size: int) -> Addresses:
    """Return a pool of home addresses; a seventh belongs to honest persons of this world, a tenth lies behind
    carriers."""
    rng = draft.rng
    pool = draft.internet.fresh(rng, size)
    people = networks.join(draft.shared.people) if draft.shared.people else pool
    borrowed = rng.choice(size, size // 7, replace=False)
    owners = people.take(rng.integers(0, len(people), len(borrowed)))
    pool.ip[borrowed], pool.asn[borrowed] = owners.ip, owners.asn
    behind = rng.choice(size, size // 10, replace=False)
    hubs = draft.internet.hub(rng, len(behind), CARRIER)
    pool.ip[behind], pool.asn[behind] = hubs.ip, hubs.asn
    return pool


class _Customers:
    """The innocent customers of a reseller: instructions of their own, favourites, and perhaps an end_user_id."""

    def __init__(self, draft: Draft, spec: OperatorSpec) -> None:
        self._rng, self._named = draft.rng, spec.end_users and spec.innocent > 0
        self.count = spec.customers
        self.names = ids(draft.rng, "u_", spec.customers, 8)
        roll = draft.rng.random(spec.customers)
        self.systems = [
            HARNESS if r < 0.2 else OLD_HARNESS if r < 0.25 else draft.template("persona") if r < 0.6 else None
            for r in roll
        ]
        self._weight = draft.rng.pareto(1.1, spec.customers) + 0.1

    def draw(self, count: int) -> IntArray:
        """Return `count` customers, some far busier than others."""
        return self._rng.choice(self.count, size=count, p=self._weight / self._weight.sum()).astype(np.int64)

    def end_users(self, who: IntArray) -> ObjectArray:
        """Return their ids, or nulls if the reseller hides them."""
        return self.names[who] if self._named else constant(None, len(who))


def _times(
    draft: Draft, spec: OperatorSpec, pool: IntArray, begins: IntArray, ends: IntArray, rate: float
) -> tuple[IntArray, IntArray]:
    """Return (place in the pool, time) of the work: each account's quota inside its shift, in the operator's rhythm."""
    rng = draft.rng
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
    owner = np.repeat(np.arange(len(pool)), quota)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(quota) - quota, quota)
    turn = (place + rng.random(len(pool))[owner] + rng.normal(0, 0.1, len(owner))) / np.maximum(1, quota[owner])
    wanted = begins[owner] + np.clip(turn, 0, 1) * (ends - begins)[owner]
    order = np.argsort(wanted, kind="stable")
    owner, wanted = owner[order], wanted[order]
    if len(owner) == 0:
        return owner.astype(np.int64), owner.astype(np.int64)
    if spec.rhythm == "bursts":
        return owner.astype(np.int64), clock.burst_times(rng, len(owner), int(begins.min()), int(ends.max()))
    knots = np.linspace(0, len(owner) - 1, min(len(owner), 60)).astype(np.int64)
    step = clock.queue_times(rng, len(owner), 0, 1_000_000_000, spec.jitter) / 1e9 * (len(owner) - 1)
    return owner.astype(np.int64), np.interp(step, knots, wanted[knots]).astype(np.int64)


def _wordings(spec: OperatorSpec) -> list[tuple[str, Wording]]:
    """Return the operator's demands with their kinds; the number is split evenly among the kinds."""
    tool = spec.tool or f"own tool of {spec.name}"
    each = max(1, spec.wordings // len(spec.kinds))
    return [
        (kind, w)
        for kind in spec.kinds
        for w in make_wordings(kind, each, tool=tool, reworded=spec.reworded, system=spec.system)
    ]


def _harvest(
    draft: Draft, spec: OperatorSpec, pool: IntArray, exits: _Exits, users: _Customers, begins: IntArray, ends: IntArray
) -> IntArray:
    """Send the harvest and return how many exchanges each account sent."""
    owner, at = _times(draft, spec, pool, begins, ends, spec.rate)
    demands = _wordings(spec)
    which = draft.rng.integers(0, len(demands), len(owner))
    slots = _work_list(draft, len(owner), once=spec.sweep)
    who = users.draw(len(owner))
    for number, (kind, wording) in enumerate(demands):
        rows = np.flatnonzero(which == number)
        account = pool[owner[rows]]
        acting = kind in ("agentic", "tools")
        system: list[str | None] | str | None = wording.system
        if kind == "relay" and wording.system is None:
            system = [users.systems[c] for c in who[rows]]
        tasks = [slots[i] for i in rows]
        draft.exchanges(
            account,
            at[rows],
            [wording.fill(task, draft.corpus) for task in tasks],
            slot=tasks,
            system=system,
            addresses=exits.take(account, at[rows]),
            client=exits.client(account),
            tls=exits.tls(account),
            channel=exits.channel(account),
            end_user=users.end_users(who[rows]),
            session=ids(draft.rng, "s_", len(rows), 12) if spec.sessions else None,
            turns=_turns(draft, spec, kind, len(rows)),
            tools=HARNESS_TOOLS if acting else (),
            output=_OUTPUT.get(kind, 650.0),
            reasoning=0.5,
            refused=spec.refused,
            campaign=spec.name,
            beneficiary=spec.beneficiaries[number % len(spec.beneficiaries)],
        )
    return np.bincount(owner, minlength=len(pool)).astype(np.int64)


def _turns(draft: Draft, spec: OperatorSpec, kind: str, count: int) -> IntArray | int:
    """Return the messages of each request: many in an agent's episode, else about `spec.turns`, an odd number."""
    if kind == "agentic":
        return draft.rng.integers(3, 40, count)
    return 1 + 2 * draft.rng.poisson((spec.turns - 1) / 2, count) if spec.turns > 1 else 1


def _work_list(draft: Draft, count: int, *, once: bool) -> list[str]:
    """Return the tasks; with `once` no task twice."""
    if not once:
        seeds = draft.corpus.tasks(max(20, count // 6))
        return [draft.dice.pick(seeds) for _ in range(count)]
    seen: dict[str, None] = {}
    while len(seen) < count:
        seen[draft.corpus.task()] = None
    return list(seen)


def _search(draft: Draft, spec: OperatorSpec, pool: IntArray, exits: _Exits, start: int) -> None:
    """Try many different techniques before the harvest; most are refused."""
    taking = pool[draft.rng.permutation(len(pool))[: max(1, round(len(pool) * spec.search_accounts))]]
    begin = np.full(len(taking), max(draft.start, start - int(spec.search_days * DAY)), dtype=np.int64)
    owner, at = _times(draft, spec, taking, begin, np.full(len(taking), start, dtype=np.int64), spec.search_rate)
    techniques = make_wordings("search", max(1, len(owner)), tool=f"search of {spec.name}", reworded=1.0)
    slots, account = draft.corpus.tasks(len(owner)), taking[owner]
    draft.exchanges(
        account,
        at,
        [t.fill(s, draft.corpus) for t, s in zip(techniques, slots, strict=False)],
        slot=slots,
        addresses=exits.take(account, at),
        client=exits.client(account),
        tls=exits.tls(account),
        channel=exits.channel(account),
        output=_OUTPUT["search"],
        refused=spec.search_refused,
        campaign=spec.name,
        beneficiary=spec.beneficiaries[0],
    )


def _resell(
    draft: Draft,
    spec: OperatorSpec,
    pool: IntArray,
    exits: _Exits,
    users: _Customers,
    begins: IntArray,
    ends: IntArray,
    sent: IntArray,
) -> None:
    """Send what the reseller's innocent customers ask, in their own hours, over whichever account is at hand."""
    total = round(sent.sum() * spec.innocent / (1 - spec.innocent))
    if not total:
        return
    volumes = np.bincount(users.draw(total), minlength=users.count).astype(np.int64)
    offsets = draft.rng.choice(np.array([hours for _, hours, _ in networks.COUNTRIES.values()]), users.count)
    tongues = np.array([draft.corpus.tongue() for _ in range(users.count)], dtype=object)
    begin, end = int(begins.min()), int(ends.max())
    who, at, number = clock.human_times(draft.rng, volumes, offsets, start=begin, days=(end - begin) / DAY)
    place = draft.rng.choice(len(pool), len(who), p=sent / sent.sum()).astype(np.int64)
    at = np.where(
        (at >= begins[place]) & (at < ends[place]),
        at,
        begins[place] + (draft.rng.random(len(who)) * (ends - begins)[place]).astype(np.int64),
    )
    account = pool[place]
    harness = [users.systems[c] for c in who]
    draft.exchanges(
        account,
        at,
        draft.corpus.prompts(tongues[who]),
        system=harness,
        addresses=exits.take(account, at),
        client=exits.client(account),
        tls=exits.tls(account),
        channel=exits.channel(account),
        end_user=users.end_users(who),
        session=_session_ids(draft, number) if spec.sessions else None,
        turns=1 + 2 * draft.rng.integers(0, 5, len(who)),
        refused=0.006,
    )


def _warm_up(draft: Draft, spec: OperatorSpec, pool: IntArray, exits: _Exits, begins: IntArray) -> None:
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
        session=_session_ids(draft, number),
        turns=1 + 2 * draft.rng.integers(0, 4, len(account)),
    )


def _session_ids(draft: Draft, number: IntArray) -> ObjectArray:
    """Return one id per session number."""
    return ids(draft.rng, "s_", int(number.max(initial=0)) + 1, 12)[number]
