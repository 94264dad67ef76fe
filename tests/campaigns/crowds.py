"""Crowds made by hand: people with what they sent and what they show, measured without any engine."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from hydrometer.contract.account_columns import ACCOUNTS
from hydrometer.contract.exchange_columns import EXCHANGES
from hydrometer.contract.result_records import Evidence
from hydrometer.detection.campaigns.comparison_features import (
    CodedFeature,
    ComparisonFeatures,
    build_coded_feature,
    build_comparison_features,
)
from hydrometer.detection.campaigns.counter_evidence import Objection, check_community, find_objections
from hydrometer.detection.campaigns.kernels.code_kernels import count_orgs_by_code
from hydrometer.detection.campaigns.multi_valued_features import MultiValuedFeature, keep_shared_values
from hydrometer.detection.campaigns.seed_expansion import measure_likeness
from hydrometer.detection.population.account_group import AccountGroup
from hydrometer.detection.population.elicitation_exchanges import (
    compute_account_shares,
    mask_leaning_exchanges,
    measure_lean,
)
from hydrometer.detection.population.population import (
    Bools,
    EntityPairs,
    ExchangeArrays,
    Floats,
    FragmentIndex,
    Ints,
    Population,
    StringColumn,
)
from hydrometer.detection.population.population_assembly import build_fragments, compute_turn_shares

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HOUR = 3_600_000_000
DAY = 24 * HOUR
BEGIN = 20_550 * DAY
SPAN = 14 * DAY
EVERY_COLUMN = frozenset(f"{table.name}.{name}" for table in (EXCHANGES, ACCOUNTS) for name in table.names)
FAMILY = {
    "payment": "identity",
    "bin": "identity",
    "device": "identity",
    "phone": "identity",
    "email_domain": "identity",
    "email_shape": "identity",
    "signup_day": "identity",
    "end_user": "identity",
    "session": "identity",
    "signup_network": "infrastructure",
    "address": "infrastructure",
    "network": "infrastructure",
}
MANY_VALUED = frozenset({"address", "network", "end_user", "session"})


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One exchange."""

    at: int
    demand: bool = False
    vague: float = 0.0
    """Confidence, where it is no demand (of a demand it is 0.9)."""
    refused: bool = False
    prompt: int = -1
    """-1: a prompt that nobody else sends."""
    wording: Sequence[str] = ()
    """Fragments of boilerplate that it carries."""
    model: str = "atlas"
    capability: int = 0


@dataclass(frozen=True, kw_only=True)
class Person:
    """One account."""

    sent: Sequence[Sent]
    org: str = ""
    """Empty: a customer of its own."""
    values: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    facts: Mapping[str, float] = field(default_factory=dict)
    """Facts that do not follow from what was sent."""
    authorised: bool = False
    verified: bool = False


def population(people: Sequence[Person], *, releases: Mapping[str, int] | None = None) -> Population:
    """Measure some people; account n is the n-th of them."""
    names = [f"acct_{number:04d}" for number in range(len(people))]
    orgs, org = np.unique([p.org or name for p, name in zip(people, names, strict=True)], return_inverse=True)
    org = org.astype(np.int64)
    sent = [sorted(person.sent, key=lambda s: s.at) for person in people]
    flat = [s for mine in sent for s in mine]
    account = np.repeat(np.arange(len(people)), [len(mine) for mine in sent]).astype(np.int64)
    models = sorted({s.model for s in flat})
    demand = np.array([s.demand for s in flat], dtype=np.bool_)
    events = ExchangeArrays(
        starts=np.searchsorted(account, np.arange(len(people))).astype(np.int64),
        counts=np.bincount(account, minlength=len(people)).astype(np.int64),
        time=np.array([s.at for s in flat], dtype=np.int64),
        demand=demand,
        confidence=np.array([0.9 if s.demand else s.vague for s in flat], dtype=np.float32),
        leans=np.zeros(demand.size, dtype=np.bool_),
        kind=demand.astype(np.int8),
        model=np.array([models.index(s.model) for s in flat], dtype=np.int32),
        prompt=np.array([s.prompt if s.prompt >= 0 else 10**9 + n for n, s in enumerate(flat)], dtype=np.int64),
        refused=np.array([s.refused for s in flat], dtype=np.bool_),
        capability=np.array([s.capability for s in flat], dtype=np.int8),
    )
    fragments = _fragments(flat, events, org)
    fragments = replace(fragments, lean=measure_lean(events, fragments))
    events = replace(events, leans=mask_leaning_exchanges(events, fragments))
    rows = [_facts(person, mine) for person, mine in zip(people, sent, strict=True)]
    facts = {name: np.array([row[name] for row in rows], dtype=np.float64) for name in rows[0]}
    told = {models.index(model): moment for model, moment in (releases or {}).items()}
    return Population(
        accounts=names,
        org=org,
        orgs=orgs.tolist(),
        facts={**facts, "leaning": compute_account_shares(events, events.leans)},
        entities=_entities(people, org),
        events=events,
        fragments=fragments,
        models=models,
        turned={number: compute_turn_shares(events, number, moment) for number, moment in told.items()},
        releases=told,
        authorised=np.array([person.authorised for person in people], dtype=np.bool_),
        verified=np.array([person.verified for person in people], dtype=np.bool_),
        start=int(events.time.min()),
        end=int(events.time.max()),
        columns=EVERY_COLUMN,
    )


def _facts(person: Person, sent: Sequence[Sent]) -> dict[str, float]:
    demand = float(np.mean([s.demand for s in sent]))
    return {
        "exchanges": float(len(sent)),
        "first_seen": float(sent[0].at),
        "last_seen": float(sent[-1].at),
        "active_days": float(len({s.at // DAY for s in sent})),
        "networks": float(len(person.values.get("network", ()))),
        "with_address": float(len(sent)),
        "single_turn": 1.0,
        "output_tokens": float("nan"),
        "reasoning_tokens": float("nan"),
        "refused": float(np.mean([s.refused for s in sent])),
        "demand": demand,
        "asking": 10.0 * demand,
        **person.facts,
    }


def _entities(people: Sequence[Person], org: Ints) -> dict[str, EntityPairs]:
    found = {}
    for kind in sorted({kind for person in people for kind in person.values}):
        pairs = [(number, value) for number, person in enumerate(people) for value in _shown(person, kind)]
        names, value = np.unique([name for _, name in pairs], return_inverse=True)
        account = np.array([number for number, _ in pairs], dtype=np.int64)
        found[kind] = EntityPairs(
            kind=kind,
            family=FAMILY[kind],
            account=account,
            value=value.astype(np.int64),
            names=StringColumn(pa.array(names.tolist(), pa.string())),
            orgs=distinct(value.astype(np.int64), org[account], names.size),
            single=kind not in MANY_VALUED,
            uses=np.ones(account.size, dtype=np.int64),
        )
    return found


def _shown(person: Person, kind: str) -> list[str]:
    values = person.values.get(kind, ())
    return [values] if isinstance(values, str) else sorted(set(values))


def _fragments(flat: Sequence[Sent], events: ExchangeArrays, org: Ints) -> FragmentIndex:
    names = sorted({name for s in flat for name in s.wording})
    pairs = [(n, names.index(name)) for n, s in enumerate(flat) for name in sorted(set(s.wording))]
    exchange = np.array([n for n, _ in pairs], dtype=np.int64)
    fragment = np.array([code for _, code in pairs], dtype=np.int64)
    account = np.repeat(np.arange(events.counts.size), events.counts)
    return build_fragments(
        events,
        exchange,
        fragment,
        orgs=distinct(fragment, org[account[exchange]], len(names)),
        prompts=distinct(fragment, events.prompt[exchange], len(names)),
        exchanges=np.bincount(fragment, minlength=len(names)).astype(np.int64),
    )


def distinct(of: Ints, what: Ints, wide: int) -> Ints:
    """How many different `what` stand beside each value of `of`."""
    counts = np.zeros(wide, dtype=np.int64)
    for value, _ in {(int(a), int(b)) for a, b in zip(of, what, strict=True)}:
        counts[value] += 1
    return counts


def at_random(rng: np.random.Generator, count: int, *, begin: float = 0.0, end: float = 14.0) -> list[int]:
    """Moments between two days of the span."""
    return sorted((BEGIN + (begin + (end - begin) * rng.random(count)) * DAY).astype(np.int64).tolist())


def strangers(rng: np.random.Generator, count: int, *, demand: float = 0.0) -> list[Person]:
    """Honest customers who share nothing but what everybody may: common banks, providers and days."""
    people = []
    for number in range(count):
        begin = float(rng.uniform(0, 9))
        moments = at_random(rng, int(rng.integers(8, 60)), begin=begin, end=float(rng.uniform(begin + 2, 14)))
        tag = f"{rng.integers(1 << 40)}.{number}"
        values = {
            "payment": f"card {tag}",
            "bin": f"bank {rng.integers(60)}",
            "phone": f"phone {tag}",
            "email_domain": f"provider {rng.integers(8)}",
            "email_shape": f"shape {rng.integers(12)}",
            "signup_day": f"day {rng.integers(400)}",
            "signup_network": f"net {rng.integers(5_000)}",
            "address": [f"host {rng.integers(20_000)}" for _ in range(3)],
            "network": [f"block {rng.integers(5_000)}" for _ in range(3)],
        }
        people.append(Person(sent=[Sent(at=at, demand=bool(rng.random() < demand)) for at in moments], values=values))
    return people


def operator(
    rng: np.random.Generator,
    count: int,
    *,
    name: str,
    bins: int = 1,
    begin: float = 2.0,
    end: float = 12.0,
    exchanges: int = 30,
    wording: str = "",
) -> list[Person]:
    """Accounts of one hand: cards of few batches, machine-made names, one sign-up day, one shift, one demand."""
    people = []
    for number in range(count):
        moments = at_random(rng, exchanges + int(rng.integers(-2, 3)), begin=begin, end=end)
        values = {
            "payment": f"{name} card {number}",
            "bin": f"{name} bank {number % bins}",
            "phone": f"{name} phone {number}",
            "email_domain": f"provider {rng.integers(8)}",
            "email_shape": f"{name} shape",
            "signup_day": f"{name} day",
            "signup_network": f"net {rng.integers(5_000)}",
            "address": [f"{name} host {number % 3}", f"host {rng.integers(20_000)}"],
            "network": [f"{name} block", f"block {rng.integers(5_000)}"],
        }
        sent = [Sent(at=at, demand=True, wording=(wording or f"{name} wording",)) for at in moments]
        people.append(Person(sent=sent, values=values))
    return people


def mask(size: int, chosen: Sequence[int] | range) -> Bools:
    """Those numbers among so many."""
    found = np.zeros(size, dtype=np.bool_)
    found[list(chosen)] = True
    return found


def group(people: Population, chosen: Sequence[int] | range) -> AccountGroup:
    return AccountGroup(people, mask(people.size, chosen))


def everything_against(one: AccountGroup) -> list[Objection]:
    """What the group itself tells, and what a look at everybody does."""
    crowd = check_community(one, measure_likeness(build_comparison_features(one.population, ["content"]), one.members))
    return [*find_objections(one), *([crowd] if crowd else [])]


def coded(
    name: str, code: Sequence[int], org: Sequence[int], *, family: str = "identity", facet: str = "", near: bool = False
) -> CodedFeature:
    """A trait by its codes, one an account."""
    codes, orgs = np.asarray(code, dtype=np.int64), np.asarray(org, dtype=np.int64)
    counts = count_orgs_by_code(np.argsort(orgs, kind="stable"), orgs, codes, int(codes.max()) + 1)
    return build_coded_feature(name, family, facet or name, codes, counts, near=near)


def linked(
    name: str, pairs: Sequence[tuple[int, int]], org: Sequence[int], *, family: str = "infrastructure", facet: str = ""
) -> MultiValuedFeature:
    """A link by its (account, value) pairs."""
    account, value = (np.array(column, dtype=np.int64) for column in zip(*sorted(set(pairs)), strict=True))
    orgs = np.asarray(org, dtype=np.int64)
    order = np.argsort(orgs, kind="stable")
    offsets = np.searchsorted(account, np.arange(orgs.size + 1))
    cells = np.zeros((int(value.max()) + 1, 2), dtype=np.int32)
    counts: Floats = distinct(value, orgs[account], int(value.max()) + 1).astype(np.float64)
    return keep_shared_values(name, family, facet or name, orgs, order, np.diff(offsets), offsets, value, counts, cells)


def traits(
    org: Sequence[int], coded_traits: Sequence[CodedFeature] = (), links: Sequence[MultiValuedFeature] = ()
) -> ComparisonFeatures:
    orgs = np.asarray(org, dtype=np.int64)
    return ComparisonFeatures(orgs, int(orgs.max()) + 1, list(coded_traits), list(links), np.arange(orgs.size))


def compared(people: Population) -> ComparisonFeatures:
    """All traits of everybody, with their wordings."""
    return build_comparison_features(people).beside(np.ones(people.size, dtype=np.bool_))


def evidence(family: str, bits: float, *, axis: str = "coordination", log10_p: float = -12.0) -> Evidence:
    """A finding of some weight."""
    return Evidence(
        family=family,
        signal=f"{family} signal",
        statement=f"The {family} agrees.",
        statistic=1.0,
        null="chance",
        p_value=10.0**log10_p,
        log10_p=log10_p,
        bits=bits,
        axis=axis,
    )
