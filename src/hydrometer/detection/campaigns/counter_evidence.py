"""What speaks against a group: honest explanations that the data themselves offer.

Each takes bits off one axis. A campaign that survives them carries them in its report.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.contract import CounterEvidence
from hydrometer.detection.campaigns.kernels.harvest_kernels import count_clockwork_accounts

if TYPE_CHECKING:
    from hydrometer.detection.campaigns.seed_expansion import GroupLikeness
    from hydrometer.detection.population.account_group import AccountGroup

HOUR = 3_600_000_000
LEANING = 0.3
"""Share of the traffic in templates that lean to demands from which it is not said that nothing is asked."""
FEWEST_DEMANDS = 20
SAME_TASKS = 0.2
"""Share of the other members that send a demand's content too, on average, from which the members have the same tasks."""
COMMUNITY_BITS = 24.0
"""What a group loses that is a vanishing part of its crowd."""


@dataclass(frozen=True, slots=True)
class Objection:
    """Counter-evidence, and the axis from which its bits are taken."""

    evidence: CounterEvidence
    axis: str
    explains: tuple[str, ...] = ()
    """Signals whose evidence it explains away altogether."""


def find_objections(group: AccountGroup) -> list[Objection]:
    """Return all that applies to a group and shows in the group alone; `check_community` looks at everybody."""
    checks = (
        _check_unknown_agreements,
        _check_known_customers,
        _check_release_crowd,
        _check_short_event,
        _check_own_rhythm,
        _check_same_tasks,
        _check_unequal_loads,
        _check_conversations,
        _check_few_demands,
    )
    outcomes = [check(group) for check in checks]
    return [objection for objection in outcomes if objection is not None]


def check_community(group: AccountGroup, likeness: GroupLikeness) -> Objection | None:
    """Others who are just as much alike but ask for nothing: a class, an office, a town behind one carrier.

    Whoever resembles the group as its members do, content apart, belongs to the same crowd. An operator's accounts all
    harvest; of a community only some do.

    Args:
        likeness: every account's resemblance to the group, without content.
    """
    population, facts = group.population, group.population.facts
    apart = np.zeros(population.size)
    for bits in likeness.families.values():
        apart += np.maximum(bits, 0.0)
    level = float(np.quantile(apart[group.accounts], 0.25))
    alike = (apart >= level) & ~group.members
    if population.excluded is not None:
        alike &= ~population.excluded
    idle = int(np.count_nonzero(alike & (facts["demand"] * facts["exchanges"] < 1)))
    # Bits are a likelihood ratio: of strangers, so many are as much alike by chance.
    chance = population.size * 2.0 ** -max(0.0, level)
    beyond = max(0.0, idle - chance - 3.0 * np.sqrt(chance + 1.0))
    share = group.accounts.size / (group.accounts.size + beyond)
    if share > 0.7:
        return None
    return _build_objection(
        "community",
        "coordination",
        COMMUNITY_BITS * (1 - share),
        f"{idle:,} more accounts are as much alike as the members and ask for no training material; by chance {chance:,.0f} would be.",
    )


def _build_objection(signal: str, axis: str, bits: float, statement: str, explains: tuple[str, ...] = ()) -> Objection:
    return Objection(CounterEvidence(signal=signal, statement=statement, bits=round(float(bits), 3)), axis, explains)


def _check_unknown_agreements(group: AccountGroup) -> Objection | None:
    """Only the accounts tell who may train on outputs; where nobody's agreement is known, a reader must ask."""
    if "accounts.agreements" in group.population.columns:
        return None
    return _build_objection(
        "unknown_agreements",
        "harvest",
        0.0,
        "No agreements are known: a customer who may train on outputs would look the same.",
    )


def _check_known_customers(group: AccountGroup) -> Objection | None:
    share = float(np.mean(group.population.verified[group.accounts]))
    if share < 0.2:
        return None
    return _build_objection(
        "known_customers",
        "coordination",
        16.0 * share,
        f"{share:.0%} of the accounts are known by contract or single sign-on.",
    )


def _check_release_crowd(group: AccountGroup) -> Objection | None:
    """Object that a model's release brings unrelated evaluators together, who leave when they are done."""
    population, events = group.population, group.population.events
    time, model = events.time[group.events], events.model[group.events]
    for number, released in sorted(population.releases.items()):
        near = (time >= released - 12 * HOUR) & (time <= released + 72 * HOUR)
        crowd = float(np.mean(near & (model == number)))
        if crowd >= 0.6:
            name = population.models[number]
            return _build_objection(
                "release_crowd",
                "coordination",
                14.0,
                f"{crowd:.0%} of the traffic tries {name} within 72 hours of its release.",
            )
    return None


def _check_short_event(group: AccountGroup) -> Objection | None:
    """Object that it may be a class, a hackathon or a launch: everybody is there for a day or three, and each comes and goes."""
    facts = group.population.facts
    lived = (facts["last_seen"] - facts["first_seen"])[group.accounts] / (24 * HOUR)
    span = (group.population.end - group.population.start) / (24 * HOUR)
    if span < 7 or float(np.quantile(lived, 0.9)) > 3.0:
        return None
    return _build_objection(
        "short_event",
        "operation",
        0.0,
        f"Nine in ten accounts were active for {np.quantile(lived, 0.9):.1f} days or less: whoever comes for an event works through it.",
        explains=("no_sittings", "quotas"),
    )


def _check_own_rhythm(group: AccountGroup) -> Objection | None:
    """Accounts that are each their own clock: monitors, nightly jobs, quotas."""
    population = group.population
    regular = compute_clockwork_share(group)
    if regular < 0.5:
        return None
    prompts = np.sort(population.events.prompt[group.events])
    repeated = np.count_nonzero(prompts[1:] == prompts[:-1]) / max(1, prompts.size)
    return _build_objection(
        "own_rhythm",
        "operation",
        0.0,
        f"{regular:.0%} of the accounts keep a fixed schedule of their own ({repeated:.0%} of the prompts repeat).",
        explains=("no_sittings", "quotas", "no_night", "plan_use"),
    )


def compute_clockwork_share(group: AccountGroup) -> float:
    """Share of members whose exchanges fall into two hours of the day, or keep even gaps."""
    events = group.population.events
    return int(count_clockwork_accounts(events.starts, events.counts, group.accounts, events.time)) / max(
        1, group.accounts.size
    )


def _check_same_tasks(group: AccountGroup) -> Objection | None:
    """Object that the members do the same tasks: a class, a course, a benchmark; a list that is worked off is dealt out."""
    events, chosen = group.population.events, group.elicitation_events
    if chosen.size < FEWEST_DEMANDS or group.size < 4:
        return None
    demands = events.demand[group.events]
    org, prompt = group.population.org[group.owners[demands]], events.prompt[group.events[demands]]
    pairs = np.unique(np.stack([prompt, org], axis=1), axis=0)
    tasks, orgs = np.unique(pairs[:, 0], return_counts=True)
    others = (orgs[np.searchsorted(tasks, prompt)] - 1) / (group.size - 1)
    share = float(np.mean(others))
    if share < SAME_TASKS:
        return None
    return _build_objection(
        "same_tasks",
        "operation",
        0.0,
        f"A demand's content is sent by {share:.0%} of the other members too: whoever has the same tasks works alike.",
        explains=("no_sittings", "quotas", "single_purpose"),
    )


def _check_unequal_loads(group: AccountGroup) -> Objection | None:
    """Return loads as unequal as honest customers'."""
    volume = group.population.facts["exchanges"][group.accounts]
    if volume.size < 6:
        return None
    spread = float(np.std(np.log(volume)))
    if spread < 0.8:
        return None
    return _build_objection(
        "unequal_loads",
        "coordination",
        min(6.0, 6.0 * (spread - 0.6)),
        f"Volumes run from {np.quantile(volume, 0.1):.0f} to {np.quantile(volume, 0.9):.0f} exchanges an account, as among unrelated customers.",
    )


def _check_conversations(group: AccountGroup) -> Objection | None:
    """People talking: most of what is demanded comes in the middle of conversations."""
    single = group.population.facts["single_turn"][group.accounts]
    if not np.isfinite(single).any() or float(np.nanmedian(single)) >= 0.5:
        return None
    return _build_objection(
        "conversations", "harvest", 3.0, f"Only {np.nanmedian(single):.0%} of an account's exchanges are single turns."
    )


def _check_few_demands(group: AccountGroup) -> Objection | None:
    share = group.elicitation_events.size / max(1, group.events.size)
    if share >= 0.1 or float(np.mean(group.population.events.leans[group.events])) >= LEANING:
        return None
    return _build_objection(
        "few_demands", "harvest", 4.0, f"Only {share:.1%} of the traffic asks for training material."
    )
