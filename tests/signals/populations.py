"""Populations written by hand: accounts with what they show, without any engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from hydrometer.contract.account_columns import ACCOUNTS
from hydrometer.contract.exchange_columns import EXCHANGES
from hydrometer.detection.population.account_group import AccountGroup
from hydrometer.detection.population.elicitation_exchanges import (
    compute_account_shares,
    mask_leaning_exchanges,
    measure_lean,
    score_elicitation_rate,
)
from hydrometer.detection.population.entity_kinds import ENTITY_KINDS
from hydrometer.detection.population.population import (
    EntityPairs,
    ExchangeArrays,
    Floats,
    FragmentIndex,
    Ints,
    Population,
)
from hydrometer.detection.population.population_assembly import build_fragments, compute_turn_shares

T = TypeVar("T", bool, str)

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NEW_YEAR = 20_454 * DAY
"""2026-01-01, midnight UTC."""
SPAN = 28 * DAY
ALL_COLUMNS = frozenset(f"{table.name}.{column.name}" for table in (EXCHANGES, ACCOUNTS) for column in table.columns)
UNKNOWN = ("created", "single_turn", "output_tokens", "input_tokens", "reasoning_tokens", "contradictions")
"""Facts that may be unknown (NaN) of an account."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """One account to be: when it sent something, and what it shows. A scalar stands for all of its exchanges."""

    times: Sequence[int]
    org: str = ""
    """Empty: an organisation of its own."""
    member: bool = False
    """Whether it belongs to the group under test."""
    demand: bool | Sequence[bool] = False
    vague: float = 0.0
    """Confidence of the exchanges that are no demands (of a demand it is 0.9)."""
    model: str | Sequence[str] = "model-a"
    prompt: Sequence[int] = ()
    """Empty: every exchange has a prompt of its own."""
    refused: bool | Sequence[bool] = False
    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Values by kind of entity."""
    wordings: Sequence[str] = ()
    """Fragments that each of its exchanges carries."""
    facts: Mapping[str, float] = field(default_factory=dict)
    """Facts that do not follow from the rest."""


def population(
    drafts: Sequence[Draft], *, releases: Mapping[str, int] | None = None
) -> tuple[Population, AccountGroup]:
    """The population of some drafts, numbered in their order, and the group of its members.

    Args:
        releases: release times in µs by model.
    """
    drafts = [replace(draft, times=sorted(draft.times)) for draft in drafts]
    names = [f"account-{number:05d}" for number in range(len(drafts))]
    orgs, org = np.unique([draft.org or name for draft, name in zip(drafts, names, strict=True)], return_inverse=True)
    org = org.astype(np.int64)
    models = sorted({model for draft in drafts for model in _each(draft.model, draft)})
    events = _events(drafts, models)
    fragments = _fragments(drafts, events, org)
    fragments = replace(fragments, lean=measure_lean(events, fragments))
    events = replace(events, leans=mask_leaning_exchanges(events, fragments))
    share = compute_account_shares(events, events.demand)
    facts = _facts(drafts)
    facts["leaning"] = compute_account_shares(events, events.leans)
    facts["demand"], facts["asking"] = share, score_elicitation_rate(facts["exchanges"], share)
    told = {models.index(model): moment for model, moment in (releases or {}).items()}
    made = Population(
        accounts=names,
        org=org,
        orgs=orgs.tolist(),
        facts=facts,
        entities=_entities(drafts, org),
        events=events,
        fragments=fragments,
        models=models,
        turned={number: compute_turn_shares(events, number, moment) for number, moment in told.items()},
        releases=told,
        authorised=np.zeros(len(drafts), dtype=np.bool_),
        verified=np.zeros(len(drafts), dtype=np.bool_),
        start=int(events.time.min(initial=NEW_YEAR)),
        end=int(events.time.max(initial=NEW_YEAR)),
        columns=ALL_COLUMNS,
    )
    return made, AccountGroup(made, np.array([draft.member for draft in drafts], dtype=np.bool_))


def _each(value: T | Sequence[T], draft: Draft) -> Sequence[T]:
    if isinstance(value, Sequence) and not isinstance(value, str):
        assert len(value) == len(draft.times)
        return value
    return [value] * len(draft.times)


def _events(drafts: Sequence[Draft], models: Sequence[str]) -> ExchangeArrays:
    sizes = np.array([len(draft.times) for draft in drafts], dtype=np.int64)
    total = int(sizes.sum())
    fresh = iter(range(10**9, 10**9 + total))
    demand = np.array([flag for draft in drafts for flag in _each(draft.demand, draft)], dtype=np.bool_)
    prompts = [draft.prompt or [next(fresh) for _ in draft.times] for draft in drafts]
    return ExchangeArrays(
        starts=np.cumsum(sizes) - sizes,
        counts=sizes,
        time=np.array([moment for draft in drafts for moment in draft.times], dtype=np.int64),
        demand=demand,
        confidence=np.where(demand, 0.9, np.repeat([draft.vague for draft in drafts], sizes)).astype(np.float32),
        leans=np.zeros(demand.size, dtype=np.bool_),
        kind=demand.astype(np.int8),
        model=np.array([models.index(m) for draft in drafts for m in _each(draft.model, draft)], dtype=np.int32),
        prompt=np.array([p for some in prompts for p in some], dtype=np.int64),
        refused=np.array([flag for draft in drafts for flag in _each(draft.refused, draft)], dtype=np.bool_),
        capability=np.zeros(total, dtype=np.int8),
    )


def _facts(drafts: Sequence[Draft]) -> dict[str, Floats]:
    rows = [_facts_of(draft) for draft in drafts]
    return {
        name: np.array([row[name] for row in rows], dtype=np.float64) for name in _facts_of(Draft(times=[NEW_YEAR]))
    }


def _facts_of(draft: Draft) -> dict[str, float]:
    times = np.asarray(draft.times, dtype=np.int64)
    found = {
        "exchanges": float(times.size),
        "first_seen": float(times[0]),
        "last_seen": float(times[-1]),
        "active_days": float(np.unique(times // DAY).size),
        "successions": float(np.sum(np.diff(times) <= 10 * MINUTE)),
        "active_hours": float(np.unique(times // HOUR).size),
        "hours_of_day": float(np.unique(times // HOUR % 24).size),
        "refused": float(np.mean(_each(draft.refused, draft))),
        "prompts": float(len(set(draft.prompt)) if draft.prompt else times.size),
        "sessions": float(len(draft.values.get("session", ()))),
        "addresses": float(len(draft.values.get("address", ()))),
        "networks": float(len(draft.values.get("network", ()))),
        "user_agents": float(len(draft.values.get("user_agent", ()))),
        "end_users": float(len(draft.values.get("end_user", ()))),
        "with_address": float(times.size),
        "languages": 1.0,
        **dict.fromkeys(UNKNOWN, float("nan")),
    }
    assert found.keys() >= draft.facts.keys()
    return found | dict(draft.facts)


def _entities(drafts: Sequence[Draft], org: Ints) -> dict[str, EntityPairs]:
    found = {}
    for kind in ENTITY_KINDS:
        pairs = sorted(
            {(number, value) for number, draft in enumerate(drafts) for value in draft.values.get(kind.name, ())}
        )
        names, value = np.unique([shown for _, shown in pairs], return_inverse=True)
        account = np.array([number for number, _ in pairs], dtype=np.int64)
        held = {(int(org[number]), int(code)) for number, code in zip(account, value, strict=True)}
        found[kind.name] = EntityPairs(
            kind=kind.name,
            family=kind.family,
            account=account,
            value=value.astype(np.int64),
            names=names.tolist(),
            orgs=np.bincount([code for _, code in held], minlength=names.size).astype(np.int64),
            single=kind.single,
            uses=np.ones(account.size, dtype=np.int64),
        )
    return found


def _fragments(drafts: Sequence[Draft], events: ExchangeArrays, org: Ints) -> FragmentIndex:
    names = sorted({wording for draft in drafts for wording in draft.wordings})
    exchange, fragment = [], []
    for number, draft in enumerate(drafts):
        for at in range(int(events.starts[number]), int(events.starts[number] + events.counts[number])):
            codes = sorted(names.index(wording) for wording in draft.wordings)
            exchange += [at] * len(codes)
            fragment += codes
    pairs, codes_of = np.array(exchange, dtype=np.int64), np.array(fragment, dtype=np.int64)
    account = np.repeat(np.arange(len(drafts)), events.counts)
    return build_fragments(
        events,
        pairs,
        codes_of,
        orgs=_distinct(codes_of, org[account[pairs]], len(names)),
        prompts=_distinct(codes_of, events.prompt[pairs], len(names)),
        exchanges=np.bincount(codes_of, minlength=len(names)).astype(np.int64),
    )


def _distinct(of: Ints, what: Ints, wide: int) -> Ints:
    held = np.unique(np.stack([of, what]), axis=1)[0]
    return np.bincount(held, minlength=wide).astype(np.int64)


def sittings(
    rng: np.random.Generator, exchanges: int, *, begin: int = NEW_YEAR, end: int = NEW_YEAR + SPAN, length: float = 4.0
) -> list[int]:
    """Moments of one person: sittings of a few exchanges, minutes apart, on days and hours of its own."""
    wakes, awake = int(rng.integers(24)), 15
    days = max(1, (end - begin) // DAY)
    habit = rng.dirichlet(np.full(days, 0.7))
    times: list[int] = []
    while len(times) < exchanges:
        day = int(rng.choice(days, p=habit))
        moment = begin + day * DAY + ((wakes + int(rng.integers(awake))) % 24) * HOUR + int(rng.integers(HOUR))
        for _ in range(1 + int(rng.poisson(length - 1))):
            if begin <= moment < end and len(times) < exchanges:
                times.append(moment)
            moment += 20 * SECOND + int(rng.exponential(3 * MINUTE))
    return sorted(times)


def volume(rng: np.random.Generator) -> int:
    """Exchanges of an honest account: few of most, many of some."""
    return int(np.clip(rng.lognormal(3.0, 0.9), 3, 400))


def person(
    rng: np.random.Generator, number: int, *, begin: int = NEW_YEAR, end: int = NEW_YEAR + SPAN, member: bool = False
) -> Draft:
    """An honest account with a start, an end, an address, a card, an e-mail name and habits of its own."""
    exchanges = volume(rng)
    first = begin + int(rng.integers(0, max(1, (end - begin) // 2)))
    last = first + int(rng.integers(3 * DAY, max(3 * DAY + 1, end - first + 5 * DAY)))
    networks = sorted({f"10.{rng.integers(200)}.{rng.integers(250)}.0/24" for _ in range(1 + int(rng.poisson(1.5)))})
    name = "".join(
        rng.choice(
            ["a", "a.a", "a9", "a99", "a.a9", "a_a", "a999", "aa9a"], p=[0.3, 0.2, 0.12, 0.12, 0.1, 0.06, 0.06, 0.04]
        )
    )
    return Draft(
        times=sittings(rng, exchanges, begin=first, end=min(end, last)),
        member=member,
        refused=(rng.random(exchanges) < 0.02).tolist(),
        values={
            "address": [network.replace(".0/24", ".7") for network in networks],
            "network": networks,
            "signup_network": networks[:1],
            "bin": [f"bin-{min(int(rng.pareto(0.8) * 3), 400)}"],
            "payment": [f"card-{number}"],
            "device": [f"device-{number}"],
            "phone": [f"phone-{number}"],
            "email_shape": [name],
            "email_length": [name + "a" * int(rng.integers(12))],
            "email_domain": [
                str(rng.choice(["gmail.example", "mail.example", "own.example"], p=[0.6, 0.3, 0.1]))
                + ("" if rng.random() < 0.8 else str(number))
            ],
            "user_agent": [f"client-{int(rng.integers(4))}" for _ in range(1 + int(rng.poisson(0.3)))],
            "end_user": [f"end-user-of-{number}-{at}" for at in range(int(rng.geometric(0.6)) - 1)],
            "session": [f"session-of-{number}-{at}" for at in range(exchanges // 4)],
        },
        wordings=[f"wording-{min(int(rng.pareto(0.8) * 3), 300)}" for _ in range(int(rng.poisson(1.0)))],
        facts={
            "created": float(first - int(rng.exponential(30 * DAY))),
            "single_turn": float(rng.beta(2, 2)),
            "output_tokens": float(rng.lognormal(6, 0.6)),
            "input_tokens": float(rng.lognormal(6, 0.6)),
            "contradictions": float(rng.random() < 0.02) * 0.5,
        },
    )


def people(
    rng: np.random.Generator, count: int = 240, *, begin: int = NEW_YEAR, end: int = NEW_YEAR + SPAN
) -> list[Draft]:
    """So many honest accounts that have nothing to do with each other."""
    return [person(rng, number, begin=begin, end=end) for number in range(count)]


def showing(draft: Draft, kind: str, *values: str) -> Draft:
    """The draft with other values of one kind."""
    return replace(draft, values={**draft.values, kind: values})


def knowing(draft: Draft, **facts: float) -> Draft:
    """The draft with other facts."""
    return replace(draft, facts={**draft.facts, **facts})


def members(drafts: Iterable[Draft], change: Callable[[int, Draft], Draft] = lambda _, draft: draft) -> list[Draft]:
    """The drafts as the group under test, each changed with its number."""
    return [replace(change(number, draft), member=True) for number, draft in enumerate(drafts)]
