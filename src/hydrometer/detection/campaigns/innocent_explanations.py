"""The honest group that comes nearest to what was found of accounts, and what would decide between it and one hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hydrometer.contract import InnocentExplanation

if TYPE_CHECKING:
    from hydrometer.contract import CounterEvidence, Evidence

JOINED_TOGETHER = "joined together"
ONE_MAKER = "one maker of accounts"
ONE_PAYER = "one payer"
ONE_INSTITUTION = "one institution"
ONE_SITE = "one site"
ONE_TOOL = "one tool"
ONE_QUEUE = "one work queue"
ONE_POOL = "one pool of exits"
HABITS = "habits of use"

LONGEST_STATEMENT = 160
"""Letters of a shortened statement."""
FULL_WEEK = 7.0
"""Days of activity below which a longer window tells more than anything else."""
NOBODY = "none of the honest groups that are looked for"


@dataclass(frozen=True, slots=True, kw_only=True)
class HonestGroup:
    """A kind of honest group, and what it makes accounts show.

    Attributes:
        name: what the group would be.
        causes: causes of evidence that it explains, a plug-in's signals too.
        signals: signals that it explains whatever their cause.
        beyond: signals of its causes that it does not explain.
        objections: signals of counter-evidence that point to it.
    """

    name: str
    causes: frozenset[str] = frozenset()
    signals: frozenset[str] = frozenset()
    beyond: frozenset[str] = frozenset()
    objections: frozenset[str] = frozenset()

    def explains(self, evidence: Evidence) -> bool:
        """Return whether such a group would show what was found."""
        by_cause = evidence.cause in self.causes and evidence.signal not in self.beyond
        return by_cause or evidence.signal in self.signals


HONEST_GROUPS = (
    HonestGroup(
        name="a course or a class",
        causes=frozenset({JOINED_TOGETHER, ONE_INSTITUTION, ONE_TOOL, ONE_SITE, HABITS}),
        # A sheet of exercises has one length for all, and asks for steps.
        signals=frozenset({"elicitation", "leaning", "quotas"}),
        objections=frozenset({"short_event", "community", "conversations"}),
    ),
    HonestGroup(
        name="one employer or office",
        causes=frozenset({ONE_MAKER, ONE_PAYER, ONE_INSTITUTION, ONE_SITE, ONE_TOOL, HABITS}),
        # Colleagues share out one list, and one pack of prompts.
        signals=frozenset({"partitioned_slots", "elicitation", "leaning"}),
        beyond=frozenset({"client_contradiction"}),
        objections=frozenset({"known_customers", "community", "conversations"}),
    ),
    HonestGroup(
        name="a public tool or prompt pack in many hands",
        causes=frozenset({ONE_TOOL, HABITS}),
        signals=frozenset({"elicitation", "leaning", "one_way"}),
        objections=frozenset({"unequal_loads", "community", "few_demands"}),
    ),
    HonestGroup(
        name="a reseller of accounts with many customers",
        causes=frozenset({ONE_MAKER, ONE_PAYER, JOINED_TOGETHER}),
        signals=frozenset({"personas"}),
        objections=frozenset({"unequal_loads"}),
    ),
    HonestGroup(
        name="a shared VPN or carrier",
        causes=frozenset({ONE_SITE, ONE_POOL}),
    ),
    HonestGroup(
        name="a benchmark or the crowd of a release",
        causes=frozenset({JOINED_TOGETHER, ONE_TOOL}),
        signals=frozenset({"elicitation", "leaning", "search_phase", "one_way", "model_turn", "quotas"}),
        objections=frozenset({"release_crowd", "short_event"}),
    ),
    HonestGroup(
        name="a service that works its customers' accounts",
        causes=frozenset({ONE_QUEUE, ONE_POOL, ONE_SITE, ONE_TOOL, HABITS}),
        signals=frozenset({"partitioned_slots", "elicitation", "leaning", "one_way"}),
        objections=frozenset({"known_customers"}),
    ),
    HonestGroup(
        name="independent jobs on a timetable",
        causes=frozenset({HABITS}),
        # Each keeps its own clock: none of them keeps its distance from the others.
        signals=frozenset({"no_sittings", "quotas", "one_way", "synchrony"}),
        objections=frozenset({"own_rhythm"}),
    ),
)
"""Kinds of honest groups; of those that explain as much, the first is named."""


def explain_innocently(evidence: list[Evidence], counter: list[CounterEvidence]) -> InnocentExplanation:
    """Return the honest group that explains most bits of the evidence, and what it fails to explain, operation first.

    Bits of coordination come before those of the harvest: they tell who the accounts are. Counter-evidence that points to a group
    counts for it with the bits that it took off, and is listed among what it explains.
    """
    best = max(HONEST_GROUPS, key=lambda group: _sum_explained_bits(group, evidence, counter))
    if _sum_explained_bits(best, evidence, counter) <= (0.0, 0.0):
        best = HonestGroup(name=NOBODY)
    explained = [each for each in evidence if best.explains(each)]
    unexplained = [each for each in evidence if not best.explains(each)]
    pointing = [each for each in counter if each.signal in best.objections]
    statements = [each.statement for each in sorted(explained, key=lambda each: -each.bits)]
    statements += [each.statement for each in sorted(pointing, key=lambda each: -each.bits)]
    unexplained.sort(key=lambda each: (each.kind != "operation", -each.bits))
    return InnocentExplanation(
        name=best.name,
        explains=[shorten_statement(statement) for statement in statements],
        fails_to_explain=[shorten_statement(each.statement) for each in unexplained],
    )


def _sum_explained_bits(
    group: HonestGroup, evidence: list[Evidence], counter: list[CounterEvidence]
) -> tuple[float, float]:
    """Return the bits of coordination that a group explains, and all; sums that differ by rounding alone are equal."""
    explained = [each for each in evidence if group.explains(each)]
    pointing = sum(each.bits for each in counter if each.signal in group.objections)
    coordination = sum(each.bits for each in explained if each.axis == "coordination")
    return round(coordination + pointing, 6), round(sum(each.bits for each in explained) + pointing, 6)


def shorten_statement(statement: str) -> str:
    """Return what a statement says of the group itself, without what it compares it with."""
    text = statement.partition("; ")[0].rstrip(". ")
    if len(text) > LONGEST_STATEMENT:
        text = f"{text[:LONGEST_STATEMENT].rpartition(' ')[0]} …"
    return text


@dataclass(frozen=True, slots=True)
class _MissingColumns:
    """Columns that would decide, and what to bring; it is asked for when none of them holds anything."""

    columns: frozenset[str]
    step: str


MISSING_COLUMNS = (
    _MissingColumns(
        frozenset({"exchanges.prompt", "exchanges.system_prompt"}),
        "The texts of the exchanges, or their fingerprints: whether one list is worked off across the accounts.",
    ),
    _MissingColumns(
        frozenset({"exchanges.client_ip"}),
        "The addresses of the exchanges: whether the accounts come through one pool of exits, or from places of their own.",
    ),
    _MissingColumns(
        frozenset({"accounts.payment_bin", "accounts.payment_fingerprint"}),
        "The cards of the accounts: whether they come from batches that no bank hands to the public.",
    ),
    _MissingColumns(
        frozenset({"accounts.created_at"}),
        "The times of sign-up: whether the accounts were made for this, or have a life before it.",
    ),
    _MissingColumns(
        frozenset({"accounts.email_local", "accounts.device_id", "accounts.phone_hash", "accounts.signup_ip"}),
        "E-mail names, devices, telephone numbers or networks of the sign-ups: whether one hand made the accounts.",
    ),
    _MissingColumns(
        frozenset({"accounts.agreements"}),
        "The customers' agreements: whether one of them may train on outputs.",
    ),
)
ACCOUNTS_STEP = (
    "The table of accounts, with their cards, sign-ups, e-mail names and agreements: whether the accounts were made for this, "
    "and by one hand."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _DecidingRequest:
    """What people can find out, and the evidence of which any calls for it; with neither signals nor causes, all does."""

    step: str
    signals: frozenset[str] = frozenset()
    causes: frozenset[str] = frozenset()

    def applies(self, evidence: list[Evidence]) -> bool:
        """Return whether anything that was found calls for it."""
        always = not self.signals and not self.causes
        return any(always or each.signal in self.signals or each.cause in self.causes for each in evidence)


REQUESTS = (
    _DecidingRequest(
        step="The bank's answer on the card batch: whether it is sold to the public, to one firm, or to nobody it knows.",
        signals=frozenset({"cards"}),
    ),
    _DecidingRequest(
        step="Whose the shared address or network is: an office, a campus, a carrier or a private network explains it.",
        causes=frozenset({ONE_SITE}),
    ),
    _DecidingRequest(
        step="A search for the shared wording: a published tool, prompt pack or exercise sheet explains it.",
        signals=frozenset({"shared_wording"}),
    ),
    _DecidingRequest(
        step="What brought the accounts together when they began: a course, an event or a release has a date.",
        causes=frozenset({JOINED_TOGETHER}),
    ),
    _DecidingRequest(
        step="A throttle on some of the accounts for a day: a queue hands their work to the others within hours, people wait.",
        causes=frozenset({ONE_QUEUE, ONE_POOL}),
    ),
    _DecidingRequest(
        step="A request to verify, sent to the accounts' owners: people and firms answer one by one, one hand for all or for none.",
    ),
)
"""In the order in which they are listed."""


def list_deciding_steps(
    evidence: list[Evidence], columns: frozenset[str], active_days: float | None = None
) -> list[str]:
    """Return what would decide whether one hand runs a watched group, in plain sentences: data first, then what people can do.

    Args:
        evidence: what was found of the group.
        columns: columns that hold anything, as `exchanges.x` or `accounts.x` (`Population.columns`).
        active_days: days on which a member is active, in the middle (median); None where that was not measured.
    """
    return [
        *_list_missing_data(columns, active_days),
        *(request.step for request in REQUESTS if request.applies(evidence)),
    ]


def _list_missing_data(columns: frozenset[str], active_days: float | None) -> list[str]:
    without_accounts = not any(name.startswith("accounts.") and name != "accounts.account_id" for name in columns)
    steps = [
        missing.step
        for missing in MISSING_COLUMNS
        if missing.columns.isdisjoint(columns)
        and not (without_accounts and all(name.startswith("accounts.") for name in missing.columns))
    ]
    if without_accounts:
        steps.append(ACCOUNTS_STEP)
    if active_days is not None and active_days < FULL_WEEK:
        days = f"{active_days:.0f} day{'' if round(active_days) == 1 else 's'}"
        steps.append(
            f"A longer window: half of the accounts were active on {days} at most, and habits of a person show in weeks."
        )
    return steps
