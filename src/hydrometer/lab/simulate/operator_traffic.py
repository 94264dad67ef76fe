"""Operators: one hand behind many accounts, with every knob of `OperatorSpec`.

An operator that is too large for one shard works in squads: accounts of their own, everything else in common.
"""

from __future__ import annotations

from dataclasses import replace
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
from hydrometer.lab.simulate.operator_demands import draw_turn_counts, draw_work_list, make_demand_groups
from hydrometer.lab.simulate.operator_identity import add_operator_accounts
from hydrometer.lab.simulate.operator_rhythm import OperatorSquad, draw_harvest_work, draw_work_times
from hydrometer.lab.simulate.operator_shifts import draw_shifts, measure_shifts
from hydrometer.lab.simulate.text_sources import NONE

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder
    from hydrometer.lab.simulate.networks import IntArray, ObjectArray
    from hydrometer.lab.simulate.scenario import OperatorSpec

TECHNIQUES = 1_500
"""Most templates that a search phase tries."""

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
    shifts = draw_shifts(cohort, spec, count)
    pool = add_operator_accounts(cohort, spec, shifts.begins)
    cohort.adopts_at[pool] = (
        cohort.release + (cohort.rng.random(len(pool)) * 20 * HOUR).astype(np.int64) if spec.pivot else cohort.stop
    )
    squad = OperatorSquad(cohort, spec, pool, OperatorEgress(cohort, spec, pool), shifts)
    users = _ResellerCustomers(cohort, spec)
    if spec.search_days:
        _send_search(squad)
    sent = _send_harvest(squad, users)
    if spec.innocent:
        _send_resold(squad, users, sent)
    if spec.warmup:
        _send_warm_up(squad)


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


def _send_harvest(squad: OperatorSquad, users: _ResellerCustomers) -> IntArray:
    """Send the harvest and return how many exchanges each account sent."""
    cohort, spec, pool, egress = squad.cohort, squad.spec, squad.pool, squad.egress
    work = draw_harvest_work(squad)
    owner, at = work.owner, work.at
    demands = make_demand_groups(cohort, spec)
    sizes = np.cumsum([0, *(len(group.prompts) for group in demands)])
    which = cohort.rng.integers(0, sizes[-1], len(owner))
    # Tasks in a language are drawn for its demands, all others at once.
    tasks = draw_work_list(cohort, spec, len(owner), len(pool), "")
    sittings = None if work.sitting is None else cohort.draw_session_ids(work.sitting)
    public = cohort.catalogue.fixed_text(HARNESS)
    who = users.draw(len(owner))
    served = np.array([cohort.codes["beneficiary"](name) for name in spec.beneficiaries])
    for group, first in zip(demands, sizes[:-1], strict=True):
        rows = np.flatnonzero((which >= first) & (which < first + len(group.prompts)))
        account, number, kind = pool[owner[rows]], which[rows], group.kind
        relayed = kind == "relay" and not spec.system
        if group.language:
            tasks[rows] = draw_work_list(cohort, spec, len(rows), len(pool), group.language)
        output = _OUTPUT.get(kind, 650.0)
        cohort.add_exchanges(
            ExchangeBatch(
                account,
                at[rows],
                tasks[rows],
                template=group.draw_templates(cohort, spec, number - first),
                system=public
                if spec.harness
                else users.systems[who[rows]]
                if relayed
                else group.personas[number - first],
                addresses=egress.addresses(account, at[rows]),
                client=egress.clients(account),
                tls=egress.tls_clients(account),
                channel=egress.channels(account),
                end_user=users.end_users(who[rows]),
                session=_choose_sessions(cohort, spec, sittings, rows),
                turns=draw_turn_counts(cohort, spec, kind, len(rows)),
                tools=HARNESS_TOOLS if kind in ("agentic", "tools") or spec.harness else (),
                output=output if work.effort is None else output * work.effort[rows],
                reasoning=0.5,
                refused=spec.refused,
                campaign=spec.name,
                beneficiary=served[number % len(served)],
            )
        )
    return np.bincount(owner, minlength=len(pool)).astype(np.int64)


def _choose_sessions(
    cohort: CohortBuilder, spec: OperatorSpec, sittings: ObjectArray | None, rows: IntArray
) -> ObjectArray | None:
    """Return the session ids of exchanges: that of the sitting, or one each, if the operator sends any."""
    if not spec.sessions and not spec.harness:
        return None
    return draw_ids(cohort.rng, "s_", len(rows), 12) if sittings is None else sittings[rows]


def _send_search(squad: OperatorSquad) -> None:
    """Try many different techniques before the harvest; most are refused."""
    cohort, spec, pool, egress = squad.cohort, squad.spec, squad.pool, squad.egress
    searchers = pool[cohort.rng.permutation(len(pool))[: max(1, round(len(pool) * spec.search_accounts))]]
    start = cohort.start + int(spec.start_day * DAY)
    ends = np.full(len(searchers), start, dtype=np.int64)
    begins = np.full(len(searchers), max(cohort.start, start - int(spec.search_days * DAY)), dtype=np.int64)
    shifts = measure_shifts(begins, ends)
    owner, at = draw_work_times(replace(squad, pool=searchers, shifts=shifts), spec.search_rate)
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


def _send_resold(squad: OperatorSquad, users: _ResellerCustomers, sent: IntArray) -> None:
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


def _send_warm_up(squad: OperatorSquad) -> None:
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
