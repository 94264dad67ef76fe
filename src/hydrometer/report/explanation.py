"""Why a campaign or an account is in, or why not, in plain words.

Written for two readers: the analyst who must be able to defend a decision, and whoever looks at an appeal.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from hydrometer.contract import FAMILIES, InputError, describe_probability
from hydrometer.report.kit.formatting import (
    VERDICTS,
    format_bits,
    format_count,
    format_minute,
    format_probability,
    format_quantity,
    format_share,
)
from hydrometer.report.kit.markup import reveal_hidden
from hydrometer.report.result.appeal_advice import advise_appeal, describe_weak_points
from hydrometer.report.result.attribution_section import describe_attribution
from hydrometer.report.result.evidence_words import (
    NOBODY_ACCUSED,
    describe_evidence,
    describe_innocence,
    describe_kinds,
    phrase_suspicion,
    sort_by_bits,
)
from hydrometer.report.result_view import select_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from hydrometer.contract import Campaign, CandidateGroup, CounterEvidence, Evidence
    from hydrometer.report.result_view import ResultView

    Row = dict[str, Any]

MOST_NEAR = 5
SEARCHED = 50_000
"""Most ids among which the nearest are sought in full; beyond, only those that begin or end alike."""


@dataclass(frozen=True)
class ExplanationSection:
    """A heading and its statements."""

    title: str
    items: list[str]


@dataclass(frozen=True)
class Explanation:
    """Plain words on one campaign, candidate group or account."""

    subject: str
    """account, campaign, watch or candidate."""
    id: str
    verdict: str
    """One sentence."""
    probability: float | None
    """Of the campaign, or of the account belonging to the group it most likely belongs to; None where there is none."""
    sections: list[ExplanationSection] = field(default_factory=list)

    @property
    def likelihood(self) -> str | None:
        """The term of ICD 203, or None where there is no probability."""
        return None if self.probability is None else describe_probability(self.probability)

    def lines(self) -> list[str]:
        """Return lines for a terminal; nothing in them can move the cursor or hide text."""
        lines = [reveal_hidden(f"{self.subject.capitalize()} {self.id}"), reveal_hidden(self.verdict)]
        for section in self.sections:
            lines += ["", reveal_hidden(section.title), *(reveal_hidden(f"  - {item}") for item in section.items)]
        return lines

    def to_dict(self) -> dict[str, object]:
        """Return the same as plain values, for JSON; texts as they are."""
        return {**asdict(self), "likelihood": self.likelihood}


def explain_campaign(result: ResultView, group_id: str) -> Explanation:
    """Explain a campaign, a watch, or a candidate group that became neither.

    Raises:
        InputError: no campaign, watch or candidate has this id.
    """
    for campaign in result.campaigns:
        if campaign.id == group_id:
            return _build_campaign_explanation(campaign, result)
    for watch in result.watches:
        if watch.id == group_id:
            return _build_watch_explanation(watch)
    for candidate in result.candidates:
        if candidate.id == group_id and candidate.campaign_id:
            return explain_campaign(result, candidate.campaign_id)
        if candidate.id == group_id:
            return _build_candidate_explanation(candidate)
    group_ids = [campaign.id for campaign in (*result.campaigns, *result.watches)]
    group_ids += [candidate.id for candidate in result.candidates]
    raise _build_unknown_id_error("campaign or candidate group", group_id, group_ids)


def explain_account(result: ResultView, account_id: str) -> Explanation:
    """Explain why an account is in a campaign, or why not.

    A result does not hold the accounts of the traffic: an account that was in no candidate group and an account that
    never was cannot be told apart, and the explanation says so.

    Raises:
        InputError: the id is empty.
    """
    considered = select_rows(result.considered, "account_id", account_id).to_pylist()
    memberships = select_rows(result.members, "account_id", account_id).to_pylist()
    if considered or memberships:
        return _build_account_explanation(
            result, account_id, sorted(memberships, key=_certainty_key), sorted(considered, key=_certainty_key)
        )
    if not account_id:
        raise _build_unknown_id_error("account", account_id, _list_accounts(result))
    return _explain_absence(result, account_id)


def names_account(result: ResultView, account_id: str) -> bool:
    """Return whether a result holds anything of an account."""
    tables = (result.considered, result.members)
    return any(select_rows(table, "account_id", account_id).num_rows for table in tables)


def build_unknown_account_error(result: ResultView, account_id: str) -> InputError:
    """Return the error that neither the result nor its traffic has an account, with the ids that look most like it."""
    near = [reveal_hidden(name) for name in find_nearest_ids(account_id, _list_accounts(result))]
    mend = f"Did you mean {', '.join(near)}?" if near else "See that it is written as in the traffic."
    problem = f"no account has the id “{reveal_hidden(account_id)}”, neither in this result nor in its traffic"
    return InputError(problem, mend=mend)


def _build_campaign_explanation(campaign: Campaign, result: ResultView) -> Explanation:
    verdict = (
        f"{_phrase_probability(campaign.probability).capitalize()}: {format_quantity(campaign.accounts, 'account')} harvested "
        f"{format_quantity(campaign.harvested, 'exchange')} ({format_share(campaign.harvested, campaign.exchanges)} of theirs) "
        f"from {format_minute(campaign.first_seen)} to {format_minute(campaign.last_seen)}."
    )
    probabilities = select_rows(result.members, "campaign_id", campaign.id).column("probability").to_pylist()
    sections = [
        ExplanationSection("What happened", campaign.story),
        ExplanationSection(
            "Why it is a campaign, the strongest of each family first", _describe_families(campaign.evidence)
        ),
        *_title_sections(describe_kinds(campaign.evidence)),
        *_title_sections(describe_innocence(campaign.innocent_explanation)),
        ExplanationSection("What speaks against it", _describe_counter_evidence(campaign.counter_evidence)),
        ExplanationSection("Who may be behind it", describe_attribution(campaign.attribution)),
        ExplanationSection("What an appeal should look at", describe_weak_points(campaign.evidence, probabilities)),
    ]
    return Explanation("campaign", campaign.id, verdict, campaign.probability, _drop_empty_sections(sections))


def _build_watch_explanation(watch: Campaign) -> Explanation:
    evidence = describe_kinds(watch.evidence) or [
        ("What was found", [describe_evidence(each) for each in sort_by_bits(watch.evidence)])
    ]
    sections = [
        ExplanationSection("What happened", watch.story),
        ExplanationSection("What would decide it", watch.would_decide),
        *_title_sections(describe_innocence(watch.innocent_explanation)),
        *_title_sections(evidence),
        ExplanationSection("What speaks against it", _describe_counter_evidence(watch.counter_evidence)),
        ExplanationSection("What follows from it", [NOBODY_ACCUSED]),
    ]
    verdict = f"Suspected, nobody accused. {phrase_suspicion(watch)}"
    return Explanation("watch", watch.id, verdict, None, _drop_empty_sections(sections))


def _title_sections(titled: Iterable[tuple[str, list[str]]]) -> list[ExplanationSection]:
    return [ExplanationSection(title, statements) for title, statements in titled]


def _build_candidate_explanation(candidate: CandidateGroup) -> Explanation:
    verdict_name = VERDICTS.get(candidate.verdict, candidate.verdict)
    verdict = (
        f"No campaign ({verdict_name}): {format_quantity(candidate.accounts, 'account')} of "
        f"{format_quantity(candidate.organisations, 'organisation')} with {format_quantity(candidate.exchanges, 'exchange')}; "
        f"likelihood of a campaign: {_phrase_probability(candidate.probability)}."
    )
    sections = [
        ExplanationSection("What brought the group to attention", [candidate.seed]),
        ExplanationSection("Why it is no campaign", candidate.reasons),
        ExplanationSection("What speaks for it all the same", _describe_families(candidate.evidence)),
        ExplanationSection(
            "What was missing",
            _describe_missing_evidence({e.family for e in candidate.evidence if e.bits > 0}, "the group"),
        ),
        ExplanationSection("What speaks against it", [_format_counter_evidence(c) for c in candidate.counter_evidence]),
    ]
    return Explanation("candidate", candidate.id, verdict, candidate.probability, _drop_empty_sections(sections))


def _build_account_explanation(
    result: ResultView, account: str, memberships: list[Row], considered: list[Row]
) -> Explanation:
    campaigns = {campaign.id: campaign for campaign in result.campaigns}
    candidates = {candidate.id: candidate for candidate in result.candidates}
    sections: list[ExplanationSection] = []
    for row in memberships:
        sections += _explain_membership(row, campaigns[row["campaign_id"]])
    joined = {row["campaign_id"] for row in memberships}
    for row in considered:
        candidate = candidates.get(row["candidate_id"])
        if candidate is not None and candidate.campaign_id in joined:
            continue
        exclusion = _explain_exclusion(row, candidate)
        # Of a member only why it is not of the other group: what that group lacks is not about its own campaign.
        sections += exclusion[:1] if joined else exclusion
    for row in memberships:
        sections.append(ExplanationSection("What an appeal should look at", advise_appeal(_read_family_bits(row))))
    if memberships:
        best = memberships[0]
        verdict = f"Member of campaign {best['campaign_id']}: {_phrase_probability(best['probability'])}."
        if len(memberships) > 1:
            verdict += f" Also in {', '.join(row['campaign_id'] for row in memberships[1:])}."
    else:
        return _explain_nonmember(account, considered, candidates, _drop_empty_sections(sections))
    return Explanation("account", account, verdict, best["probability"], _drop_empty_sections(sections))


def _explain_nonmember(
    account: str, considered: list[Row], candidates: dict[str, CandidateGroup], sections: list[ExplanationSection]
) -> Explanation:
    """Explain an account of candidate groups only; how well it fits a watch is not said, since a watch names nobody."""
    watched = [row for row in considered if _is_watched(candidates.get(row["candidate_id"]))]
    others = [row for row in considered if row not in watched]
    verdict = f"Member of no campaign. Looked at in {format_quantity(len(considered), 'candidate group')}"
    if watched:
        verdict += f", of which {format_count(len(watched))} became a watch that accuses nobody"
    probability = others[0]["probability"] if others else None
    if probability is not None:
        verdict += f"; belongs, at best: {_phrase_probability(probability)}"
    return Explanation("account", account, f"{verdict}.", probability, sections)


def _is_watched(candidate: CandidateGroup | None) -> bool:
    return candidate is not None and candidate.verdict == "watch"


def _explain_membership(row: Row, campaign: Campaign) -> list[ExplanationSection]:
    own = _read_family_bits(row)
    rest = row["exchanges"] - row["harvested"]
    silent = [family for family in FAMILIES if own[family] <= 0]
    against = [f"nothing in {', '.join(silent)} speaks for it"] if silent else []
    if rest > 0:
        part = f"{format_count(rest)} of its {format_quantity(row['exchanges'], 'exchange')} ({format_share(rest, row['exchanges'])})"
        against.append(f"{part} carry no demand of the campaign: other people may use the account too")
    against += [f"of the campaign as a whole: {_format_counter_evidence(c)}" for c in campaign.counter_evidence]
    active = (
        f"seen from {format_minute(row['first_seen'])} to {format_minute(row['last_seen'])}, "
        f"{format_count(row['harvested'])} of {format_quantity(row['exchanges'], 'exchange')} harvested"
    )
    return [
        ExplanationSection(f"Facts that convict this account of {campaign.id}", row["facts"] or []),
        ExplanationSection(f"Why it is in {campaign.id}, the strongest reason first", [*row["reasons"], active]),
        ExplanationSection("How much each family says of this account", _describe_bits(own)),
        ExplanationSection("What speaks against it", against),
    ]


def _explain_exclusion(row: Row, candidate: CandidateGroup | None) -> list[ExplanationSection]:
    own = _read_family_bits(row)
    if candidate is None:
        return [ExplanationSection(f"In group {row['candidate_id']}", row["reasons"])]
    if candidate.verdict == "watch":
        title = f"In group {candidate.id} ({format_quantity(candidate.accounts, 'account')}, {candidate.seed})"
        became = f"the group became watch {candidate.campaign_id}" if candidate.campaign_id else "the group is watched"
        return [ExplanationSection(title, [f"{became}. {NOBODY_ACCUSED}"])]
    verdict_name = VERDICTS.get(candidate.verdict, candidate.verdict)
    outcome = (
        f"the group became campaign {candidate.campaign_id}"
        if candidate.campaign_id
        else f"the group was {verdict_name}"
    )
    if candidate.verdict == "single_customer":
        outcome = "the group is accounts of one customer"
    statements = [
        f"{outcome}; that the account belongs to it: {_phrase_probability(row['probability'])}",
        *row["reasons"],
        *([] if candidate.campaign_id else (f"of the group: {reason}" for reason in candidate.reasons)),
    ]
    return [
        ExplanationSection(
            f"Why not, in group {candidate.id} ({format_quantity(candidate.accounts, 'account')}, {candidate.seed})",
            statements,
        ),
        ExplanationSection("What linked it to the group", _describe_bits({f: b for f, b in own.items() if b > 0})),
        ExplanationSection(
            "What was missing", _describe_missing_evidence({f for f, b in own.items() if b > 0}, "the account")
        ),
    ]


def _explain_absence(result: ResultView, account: str) -> Explanation:
    statements = [
        "It shared nothing rare with accounts of other customers, or sent too little to tell.",
        "A result keeps the accounts of candidate groups only: see that the id is written as in the traffic.",
    ]
    near = find_nearest_ids(account, _list_accounts(result))
    statements += [f"Nearest ids in this result: {', '.join(near)}"] if near else []
    if result.run.signals_off:
        off = ", ".join(each.signal for each in result.run.signals_off)
        statements.append(f"Signals that were off and could have seen more: {off}")
    return Explanation(
        "account", account, "Never in any candidate group.", None, [ExplanationSection("Why not", statements)]
    )


def _describe_families(evidence: Sequence[Evidence]) -> list[str]:
    """Return a family a line: its bits and its strongest statement, the strongest family first."""
    groups = {f: sorted((e for e in evidence if e.family == f), key=lambda e: (-e.bits, e.signal)) for f in FAMILIES}
    family_totals = [(sum(e.bits for e in each), family, each) for family, each in groups.items() if each]
    lines = []
    for total, family, each in sorted(family_totals, key=lambda entry: (-entry[0], entry[1])):
        more = f" (and {format_count(len(each) - 1)} more)" if len(each) > 1 else ""
        lines.append(f"{family} {format_bits(total)} bits: {each[0].statement}{more}")
    return lines


def _describe_counter_evidence(counter: Sequence[CounterEvidence]) -> list[str]:
    return [_format_counter_evidence(c) for c in counter] or [
        "nothing was found that does; that is not the same as nothing there"
    ]


def _format_counter_evidence(counter: CounterEvidence) -> str:
    return counter.statement + (f" ({format_bits(-abs(counter.bits))} bits)" if counter.bits else "")


def _describe_missing_evidence(present: set[str], whose: str) -> list[str]:
    absent = [family for family in FAMILIES if family not in present]
    statements = [f"no evidence of {', '.join(absent)} on {whose}"] if absent else []
    if len(present) < 2:
        statements.append("independent evidence: at least two causes must agree, and one of operation among them")
    return statements


def _describe_bits(own: dict[str, float]) -> list[str]:
    ordered = sorted(own.items(), key=lambda item: (-item[1], item[0]))
    return [f"{family} {format_bits(value)} bits" for family, value in ordered]


def _read_family_bits(row: Row) -> dict[str, float]:
    return {family: float(row[f"bits_{family}"]) for family in FAMILIES}


def _phrase_probability(value: float) -> str:
    return f"{describe_probability(round(value, 3))} ({format_probability(value)})"


def _certainty_key(row: Row) -> tuple[float, str]:
    return -row["probability"], row.get("campaign_id") or row.get("candidate_id") or ""


def _drop_empty_sections(sections: Iterable[ExplanationSection]) -> list[ExplanationSection]:
    return [section for section in sections if section.items]


def _list_accounts(result: ResultView) -> list[str]:
    tables = (result.considered, result.members)
    return sorted({name for table in tables for name in pc.unique(table.column("account_id")).to_pylist()})


def find_nearest_ids(wanted: str, candidate_ids: Collection[str]) -> list[str]:
    """Return the ids that look most like `wanted`."""
    pool: Iterable[str] = candidate_ids
    if len(candidate_ids) > SEARCHED:
        half = max(3, len(wanted) // 2)
        pool = (name for name in candidate_ids if name[:half] == wanted[:half] or name[-half:] == wanted[-half:])
    return get_close_matches(wanted, sorted(pool), n=MOST_NEAR, cutoff=0.6)


def _build_unknown_id_error(what: str, wanted: str, candidate_ids: Collection[str]) -> InputError:
    near = [reveal_hidden(name) for name in find_nearest_ids(wanted, candidate_ids)]
    mend = f"Did you mean {', '.join(near)}?" if near else "`hydrometer explain` takes an id of the result."
    return InputError(f"no {what} has the id “{reveal_hidden(wanted)}”", mend=mend)
