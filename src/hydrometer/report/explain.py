"""Why a campaign or an account is in, or why not, in plain words.

Written for two readers: the analyst who must be able to defend a decision, and whoever looks at an appeal.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from hydrometer.contract.errors import InputError
from hydrometer.contract.likelihood import likelihood
from hydrometer.contract.results import FAMILIES
from hydrometer.report.attribution import told
from hydrometer.report.markup import visible
from hydrometer.report.pieces import rows_of
from hydrometer.report.words import (
    VERDICTS,
    bits,
    count,
    counted,
    minute,
    probability,
    share,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from hydrometer.contract.results import Campaign, Candidate, CounterEvidence, Evidence
    from hydrometer.report.pieces import Pieces

    Row = dict[str, Any]

INNOCENT = {
    "content": "a framework's default prompt, a published template or an assignment would give the same wordings",
    "identity": "an agency's card, a shared office device or a company's e-mail pattern would link honest accounts",
    "infrastructure": "a carrier, a VPN, a campus or a cloud address is shared by strangers",
    "timing": "nightly jobs and working hours make strangers start and stop together",
    "economics": "a legitimate batch job uses a plan to its limit too",
    "intelligence": "a partner's indicator may be old, or may have passed to another owner",
}
"""What an appeal may bring forward against each family, and where to look first."""

ONE_LEG = 0.7
"""From this share of its bits on, an account's case rests on one family."""
MOST_NEAR = 5
SEARCHED = 50_000
"""Most ids among which the nearest are sought in full; beyond, only those that begin or end alike."""


@dataclass(frozen=True)
class Section:
    """A heading and its statements."""

    title: str
    items: list[str]


@dataclass(frozen=True)
class Explanation:
    """Plain words on one campaign, candidate group or account."""

    subject: str
    """account, campaign or candidate."""
    id: str
    verdict: str
    """One sentence."""
    probability: float | None
    """Of the campaign, or of the account belonging to the group it most likely belongs to; None where there is none."""
    sections: list[Section] = field(default_factory=list)

    @property
    def likelihood(self) -> str | None:
        """The term of ICD 203, or None where there is no probability."""
        return None if self.probability is None else likelihood(self.probability)

    def lines(self) -> list[str]:
        """Return lines for a terminal; nothing in them can move the cursor or hide text."""
        written = [visible(f"{self.subject.capitalize()} {self.id}"), visible(self.verdict)]
        for section in self.sections:
            written += ["", visible(section.title), *(visible(f"  - {item}") for item in section.items)]
        return written

    def to_dict(self) -> dict[str, object]:
        """Return the same as plain values, for JSON; texts as they are."""
        return {**asdict(self), "likelihood": self.likelihood}


def explain_campaign(pieces: Pieces, group_id: str) -> Explanation:
    """Explain a campaign, or a candidate group that became none.

    Raises:
        InputError: no campaign and no candidate has this id.
    """
    for campaign in pieces.campaigns:
        if campaign.id == group_id:
            return _campaign(campaign, pieces)
    for candidate in pieces.candidates:
        if candidate.id == group_id and candidate.campaign_id:
            return explain_campaign(pieces, candidate.campaign_id)
        if candidate.id == group_id:
            return _candidate(candidate)
    known = [campaign.id for campaign in pieces.campaigns] + [candidate.id for candidate in pieces.candidates]
    raise _unknown("campaign or candidate group", group_id, known)


def explain_account(pieces: Pieces, account_id: str, known: Collection[str] | None = None) -> Explanation:
    """Explain why an account is in a campaign, or why not.

    `known` holds the accounts of the traffic. A result does not: without `known`, an account that was in no candidate
    group and an account that never was cannot be told apart, and the explanation says so.

    Raises:
        InputError: the id is empty, or `known` is given and lacks it.
    """
    seen = rows_of(pieces.considered, "account_id", account_id).to_pylist()
    member_of = rows_of(pieces.members, "account_id", account_id).to_pylist()
    if seen or member_of:
        return _account(pieces, account_id, sorted(member_of, key=_surest), sorted(seen, key=_surest))
    if not account_id or (known is not None and account_id not in known):
        raise _unknown("account", account_id, known if known is not None else _accounts(pieces))
    return _never(pieces, account_id, known is not None)


def _campaign(campaign: Campaign, pieces: Pieces) -> Explanation:
    verdict = (
        f"{_chance(campaign.probability).capitalize()}: {counted(campaign.accounts, 'account')} harvested "
        f"{counted(campaign.harvested, 'exchange')} ({share(campaign.harvested, campaign.exchanges)} of theirs) "
        f"from {minute(campaign.first_seen)} to {minute(campaign.last_seen)}."
    )
    probabilities = rows_of(pieces.members, "campaign_id", campaign.id).column("probability").to_pylist()
    sections = [
        Section("What happened", campaign.story),
        Section("Why it is a campaign, the strongest of each family first", _by_family(campaign.evidence)),
        Section("What speaks against it", _against(campaign.counter_evidence)),
        Section("What an appeal should look at", _weak_points(campaign.evidence, probabilities)),
    ]
    sections.insert(3, Section("Who may be behind it", told(campaign.attribution)))
    return Explanation("campaign", campaign.id, verdict, campaign.probability, _filled(sections))


def _candidate(candidate: Candidate) -> Explanation:
    named = VERDICTS.get(candidate.verdict, candidate.verdict)
    verdict = (
        f"No campaign ({named}): {counted(candidate.accounts, 'account')} of "
        f"{counted(candidate.organisations, 'organisation')} with {counted(candidate.exchanges, 'exchange')}; "
        f"likelihood of a campaign: {_chance(candidate.probability)}."
    )
    sections = [
        Section("What brought the group to attention", [candidate.seed]),
        Section("Why it is no campaign", candidate.reasons),
        Section("What speaks for it all the same", _by_family(candidate.evidence)),
        Section("What was missing", _missing({e.family for e in candidate.evidence if e.bits > 0}, "the group")),
        Section("What speaks against it", [_counter(c) for c in candidate.counter_evidence]),
    ]
    return Explanation("candidate", candidate.id, verdict, candidate.probability, _filled(sections))


def _account(pieces: Pieces, account: str, member_of: list[Row], seen: list[Row]) -> Explanation:
    campaigns = {campaign.id: campaign for campaign in pieces.campaigns}
    candidates = {candidate.id: candidate for candidate in pieces.candidates}
    sections: list[Section] = []
    for row in member_of:
        sections += _membership(row, campaigns[row["campaign_id"]])
    joined = {row["campaign_id"] for row in member_of}
    outside = [row for row in seen if getattr(candidates.get(row["candidate_id"]), "campaign_id", None) not in joined]
    for row in outside if joined else seen:
        sections += _considered(row, candidates.get(row["candidate_id"]))
    if member_of:
        best = member_of[0]
        verdict = f"Member of campaign {best['campaign_id']}: {_chance(best['probability'])}."
        if len(member_of) > 1:
            verdict += f" Also in {', '.join(row['campaign_id'] for row in member_of[1:])}."
    else:
        best = seen[0]
        groups = counted(len(seen), "candidate group")
        verdict = f"Member of no campaign. Looked at in {groups}; belongs, at best: {_chance(best['probability'])}."
    return Explanation("account", account, verdict, best["probability"], _filled(sections))


def _membership(row: Row, campaign: Campaign) -> list[Section]:
    own = _family_bits(row)
    rest = row["exchanges"] - row["harvested"]
    against = [
        f"nothing in {', '.join(silent)} speaks for it" for silent in [[f for f in FAMILIES if own[f] <= 0]] if silent
    ]
    if rest > 0:
        part = f"{count(rest)} of its {counted(row['exchanges'], 'exchange')} ({share(rest, row['exchanges'])})"
        against.append(f"{part} carry no demand of the campaign: other people may use the account too")
    against += [f"of the campaign as a whole: {_counter(c)}" for c in campaign.counter_evidence]
    active = (
        f"seen from {minute(row['first_seen'])} to {minute(row['last_seen'])}, "
        f"{count(row['harvested'])} of {counted(row['exchanges'], 'exchange')} harvested"
    )
    return [
        Section(f"Why it is in {campaign.id}, the strongest reason first", [*row["reasons"], active]),
        Section("How much each family says of this account", _told_bits(own)),
        Section("What speaks against it", against),
        Section("What an appeal should look at", _appeal(own)),
    ]


def _considered(row: Row, candidate: Candidate | None) -> list[Section]:
    own = _family_bits(row)
    if candidate is None:
        return [Section(f"In group {row['candidate_id']}", row["reasons"])]
    named = VERDICTS.get(candidate.verdict, candidate.verdict)
    outcome = (
        f"the group became campaign {candidate.campaign_id}" if candidate.campaign_id else f"the group was {named}"
    )
    if candidate.verdict == "single_customer":
        outcome = "the group is accounts of one customer"
    told = [
        f"{outcome}; that the account belongs to it: {_chance(row['probability'])}",
        *row["reasons"],
        *([] if candidate.campaign_id else (f"of the group: {reason}" for reason in candidate.reasons)),
    ]
    return [
        Section(f"Why not, in group {candidate.id} ({counted(candidate.accounts, 'account')}, {candidate.seed})", told),
        Section("What linked it to the group", _told_bits({f: b for f, b in own.items() if b > 0})),
        Section("What was missing", _missing({f for f, b in own.items() if b > 0}, "the account")),
    ]


def _never(pieces: Pieces, account: str, certain: bool) -> Explanation:
    told = ["It shared nothing rare with accounts of other customers, or sent too little to tell."]
    if not certain:
        near = nearest(account, _accounts(pieces))
        told.append(
            "A result keeps the accounts of candidate groups only: see that the id is written as in the traffic."
        )
        told += [f"Nearest ids in this result: {', '.join(near)}"] if near else []
    if pieces.run.signals_off:
        off = ", ".join(each.signal for each in pieces.run.signals_off)
        told.append(f"Signals that were off and could have seen more: {off}")
    return Explanation("account", account, "Never in any candidate group.", None, [Section("Why not", told)])


def _by_family(evidence: Sequence[Evidence]) -> list[str]:
    """Return a family a line: its bits and its strongest statement, the strongest family first."""
    groups = {f: sorted((e for e in evidence if e.family == f), key=lambda e: (-e.bits, e.signal)) for f in FAMILIES}
    found = [(sum(e.bits for e in each), family, each) for family, each in groups.items() if each]
    lines = []
    for total, family, each in sorted(found, key=lambda entry: (-entry[0], entry[1])):
        more = f" (and {count(len(each) - 1)} more)" if len(each) > 1 else ""
        lines.append(f"{family} {bits(total)} bits: {each[0].statement}{more}")
    return lines


def _against(counter: Sequence[CounterEvidence]) -> list[str]:
    return [_counter(c) for c in counter] or ["nothing was found that does; that is not the same as nothing there"]


def _counter(counter: CounterEvidence) -> str:
    return counter.statement + (f" ({bits(-abs(counter.bits))} bits)" if counter.bits else "")


def _weak_points(evidence: Sequence[Evidence], probabilities: list[float]) -> list[str]:
    """Return where a campaign is weakest: the family that carries most, and the least certain members."""
    totals = {f: sum(max(0.0, e.bits) for e in evidence if e.family == f) for f in FAMILIES}
    whole = sum(totals.values())
    strongest = max(totals, key=lambda family: totals[family])
    told = []
    if whole > 0:
        rest = bits(whole - totals[strongest])
        told.append(f"without {strongest}, its strongest family, {rest} bits are left: {INNOCENT[strongest]}")
    doubtful = sum(value < 0.8 for value in probabilities)
    if doubtful:
        told.append(f"{count(doubtful)} of {counted(len(probabilities), 'member')} are under 80 % likely: start there")
    told.append("an account can be a neighbour of the campaign without being of it: explain the account itself")
    return told


def _appeal(own: dict[str, float]) -> list[str]:
    positive = {family: value for family, value in own.items() if value > 0}
    whole = sum(positive.values())
    ordered = sorted(positive, key=lambda family: (-positive[family], family))
    told = []
    if ordered and positive[ordered[0]] >= ONE_LEG * whole:
        told.append(
            f"the case rests on {ordered[0]} alone ({share(positive[ordered[0]], whole)} of its bits): be careful"
        )
    told += [f"{family}: {INNOCENT[family]}" for family in ordered[:3]]
    return told or ["the account itself shows no evidence of its own: it is in by its neighbours only"]


def _missing(present: set[str], whose: str) -> list[str]:
    absent = [family for family in FAMILIES if family not in present]
    told = [f"no evidence of {', '.join(absent)} on {whose}"] if absent else []
    if len(present) < 2:
        told.append("independent evidence: at least two families must agree")
    return told


def _told_bits(own: dict[str, float]) -> list[str]:
    ordered = sorted(own.items(), key=lambda item: (-item[1], item[0]))
    return [f"{family} {bits(value)} bits" for family, value in ordered]


def _family_bits(row: Row) -> dict[str, float]:
    return {family: float(row[f"bits_{family}"]) for family in FAMILIES}


def _chance(value: float) -> str:
    return f"{likelihood(value)} ({probability(value)})"


def _surest(row: Row) -> tuple[float, str]:
    return -row["probability"], row.get("campaign_id") or row.get("candidate_id") or ""


def _filled(sections: Iterable[Section]) -> list[Section]:
    return [section for section in sections if section.items]


def _accounts(pieces: Pieces) -> list[str]:
    tables = (pieces.considered, pieces.members)
    return sorted({name for table in tables for name in pc.unique(table.column("account_id")).to_pylist()})


def nearest(wanted: str, known: Collection[str]) -> list[str]:
    """Return the known ids that look most like `wanted`."""
    pool: Iterable[str] = known
    if len(known) > SEARCHED:
        half = max(3, len(wanted) // 2)
        pool = (name for name in known if name[:half] == wanted[:half] or name[-half:] == wanted[-half:])
    return get_close_matches(wanted, sorted(pool), n=MOST_NEAR, cutoff=0.6)


def _unknown(what: str, wanted: str, known: Collection[str]) -> InputError:
    near = [visible(name) for name in nearest(wanted, known)]
    mend = f"Did you mean {', '.join(near)}?" if near else "`hydrometer explain` takes an id of the result."
    return InputError(f"no {what} has the id “{visible(wanted)}”", mend=mend)
